//! Sealed bids: commit, reveal, and the highest pays the second highest price.

use crate::{BOTTLES, HOUR_MS, Market, RICH, market, salt};
use auction::{Commitment, Committed, Currency, Error, Forfeited, Revealed, Sold, State};
use tenon_contract::{Address, Amount};
use tenon_testkit::{alice, bob, charlie, dave};

/// A market with an auction in its phase of opening, and these bids committed to: bidder, price, deposit.
fn committed(bids: &[(Address, Amount, Amount)]) -> (Market, u64) {
    let mut market = market();
    let auction = market.sell_sealed(None);
    for (who, price, deposit) in bids {
        market.commit(*who, auction, *price, *deposit).expect_ok();
    }
    let reveal = market.start_of(auction) + HOUR_MS;
    market.chain.set_time_ms(reveal);
    (market, auction)
}

fn settle(market: &mut Market, auction: u64) {
    market.reach(market.end_of(auction));
    market.settle(auction).expect_ok();
}

#[test]
fn the_highest_pays_the_second_highest_price() {
    let (mut market, auction) = committed(&[(bob(), 300, 400), (charlie(), 500, 600), (dave(), 200, 200)]);
    for (who, price) in [(bob(), 300), (charlie(), 500), (dave(), 200)] {
        let opened = market.reveal(who, auction, price);
        assert!(opened.has(&Revealed { auction, bidder: who, price }));
        opened.expect_ok();
    }
    assert_eq!((market.coin_credit(bob()), market.coin_credit(dave())), (400, 200), "who cannot win is free at once");
    market.chain.set_time_ms(market.end_of(auction));
    let settled = market.settle(auction);
    assert!(settled.has(&Sold { auction, seller: alice(), buyer: charlie(), price: 300, cut: 0 }));
    assert_eq!(
        (market.wine(charlie()), market.coin_credit(charlie()), market.coin_credit(alice())),
        (BOTTLES, 300, 300)
    );
    assert_eq!(market.info(auction).progress.best.map(|best| best.price), Some(300));
    for (who, amount) in [(alice(), 300), (bob(), 400), (charlie(), 300), (dave(), 200)] {
        assert_eq!(market.withdraw(who, Currency::Coin).expect_ok(), amount);
    }
    assert_eq!(market.coin_held(), 0);
}

#[test]
fn the_order_of_opening_does_not_matter() {
    let bids = [(bob(), 300, 400), (charlie(), 500, 600), (dave(), 300, 300)];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let (mut market, auction) = committed(&bids);
        for index in order {
            let (who, price, _) = bids[index];
            market.reveal(who, auction, price).expect_ok();
        }
        settle(&mut market, auction);
        let best = market.info(auction).progress.best.map(|best| (best.bidder, best.price));
        assert_eq!(best, Some((charlie(), 300)), "{order:?}");
    }
}

#[test]
fn of_equal_bids_the_earliest_commitment_wins() {
    for order in [[bob(), charlie()], [charlie(), bob()]] {
        let (mut market, auction) = committed(&[(bob(), 300, 400), (charlie(), 300, 600)]);
        for who in order {
            market.reveal(who, auction, 300).expect_ok();
        }
        settle(&mut market, auction);
        let best = market.info(auction).progress.best.map(|best| (best.bidder, best.price));
        assert_eq!(best, Some((bob(), 300)));
        assert_eq!((market.coin_credit(bob()), market.coin_credit(charlie())), (100, 600));
    }
}

#[test]
fn a_single_bidder_pays_the_reserve_price() {
    let (mut market, auction) = committed(&[(bob(), 900, 900)]);
    market.reveal(bob(), auction, 900).expect_ok();
    settle(&mut market, auction);
    assert_eq!((market.coin_credit(alice()), market.coin_credit(bob()), market.wine(bob())), (100, 800, BOTTLES));
}

#[test]
fn a_bid_below_the_reserve_price_cannot_win_and_costs_nothing() {
    let (mut market, auction) = committed(&[(bob(), 99, 150), (charlie(), 100, 150)]);
    market.reveal(bob(), auction, 99).expect_ok();
    assert_eq!(market.coin_credit(bob()), 150);
    assert_eq!(market.info(auction).progress.best, None);
    market.reveal(charlie(), auction, 100).expect_ok();
    settle(&mut market, auction);
    assert_eq!((market.wine(charlie()), market.coin_credit(charlie())), (BOTTLES, 50));
}

#[test]
fn who_does_not_open_a_bid_loses_the_bond_alone() {
    let (mut market, auction) = committed(&[(bob(), 300, 400), (charlie(), 500, 600)]);
    market.reveal(bob(), auction, 300).expect_ok();
    let forfeit = market.auction.forfeit(auction, charlie());
    let end = market.end_of(auction);
    market.chain.set_time_ms(end - 1);
    market.chain.from(dave()).call(forfeit.clone()).expect_error(Error::TooEarly);
    settle(&mut market, auction);
    assert_eq!((market.wine(bob()), market.coin_credit(alice())), (BOTTLES, 100), "the missing bid counts for nothing");
    let ended = market.chain.from(dave()).call(forfeit.clone());
    assert!(ended.has(&Forfeited { auction, bidder: charlie(), bond: 20 }));
    assert_eq!((market.coin_credit(alice()), market.coin_credit(charlie())), (120, 580));
    market.chain.from(dave()).call(forfeit).expect_error(Error::NoCommitment);
    market.reveal(charlie(), auction, 500).expect_error(Error::Closed);
}

#[test]
fn without_an_opened_bid_the_goods_go_back() {
    let (mut market, auction) = committed(&[(bob(), 300, 400)]);
    let before = market.wine(alice());
    market.chain.from(alice()).call(market.auction.cancel(auction)).expect_error(Error::HasBids);
    market.chain.set_time_ms(market.end_of(auction));
    // A deposit can be freed before anybody settles.
    market.chain.from(bob()).call(market.auction.forfeit(auction, bob())).expect_ok();
    market.settle(auction).expect_ok();
    assert_eq!((market.state(auction), market.wine(alice())), (State::Unsold, before + BOTTLES));
    assert_eq!((market.coin_credit(alice()), market.coin_credit(bob())), (20, 380));
}

#[test]
fn a_copied_commitment_is_good_for_nobody() {
    let mut market = market();
    let auction = market.sell_sealed(None);
    market.commit(bob(), auction, 300, 400).expect_ok();
    let seen = market.chain.query(market.auction.commitment(auction, bob())).expect("a query");
    let Some(Commitment { hash, .. }) = seen else { panic!("Bob has committed") };
    market.chain.from(charlie()).call(market.auction.commit(auction, hash, 400).with_value(400)).expect_ok();
    market.chain.set_time_ms(market.start_of(auction) + HOUR_MS);
    market.reveal(bob(), auction, 300).expect_ok();
    market.reveal(charlie(), auction, 300).expect_error(Error::WrongReveal);
    let other = market.chain.query(market.auction.sealed_bid(auction + 1, bob(), 300, salt(1)));
    assert_ne!(other, Ok(hash), "nor is it good for another auction");
}

#[test]
fn a_bid_opens_with_its_price_and_salt_alone() {
    let (mut market, auction) = committed(&[(bob(), 300, 400), (charlie(), 601, 600)]);
    market.reveal(bob(), auction, 301).expect_error(Error::WrongReveal);
    let other_salt = market.chain.from(bob()).call(market.auction.reveal(auction, 300, salt(2)));
    other_salt.expect_error(Error::WrongReveal);
    market.reveal(dave(), auction, 300).expect_error(Error::NoCommitment);
    market.reveal(charlie(), auction, 601).expect_error(Error::DepositTooSmall);
    market.reveal(bob(), auction, 300).expect_ok();
    market.reveal(bob(), auction, 300).expect_error(Error::NoCommitment);
}

#[test]
fn each_phase_has_its_time() {
    let mut market = market();
    let start = market.chain.time_ms() + 60_000;
    let call = market.auction.sell_sealed(market.goods(), 100, 20, HOUR_MS, HOUR_MS, Some(150), None, Some(start));
    let auction = market.chain.from(alice()).call(call).expect_ok();
    let (reveal, end) = (start + HOUR_MS, start + 2 * HOUR_MS);
    market.chain.set_time_ms(start - 1);
    market.commit(bob(), auction, 200, 200).expect_error(Error::TooEarly);
    market.chain.set_time_ms(start + 999);
    market.commit(bob(), auction, 200, 200).expect_ok();
    market.reveal(bob(), auction, 200).expect_error(Error::TooEarly);
    market.chain.set_time_ms(reveal - 1);
    market.commit(charlie(), auction, 200, 200).expect_ok();
    market.chain.set_time_ms(reveal + 999);
    market.commit(dave(), auction, 200, 200).expect_error(Error::TooLate);
    market.reveal(bob(), auction, 200).expect_ok();
    market.chain.set_time_ms(end - 1);
    market.settle(auction).expect_error(Error::TooEarly);
    market.reveal(charlie(), auction, 200).expect_error(Error::TooLate);
    market.settle(auction).expect_ok();
}

#[test]
fn the_phases_meet_without_a_gap() {
    for (at, commits, reveals) in [(HOUR_MS - 1, true, false), (HOUR_MS, false, true)] {
        let mut market = market();
        let auction = market.sell_sealed(None);
        market.commit(bob(), auction, 200, 200).expect_ok();
        let time = market.start_of(auction) + at;
        market.chain.set_time_ms(time);
        assert_eq!(market.commit(charlie(), auction, 200, 200).result.is_ok(), commits);
        let mut market = crate::market();
        let auction = market.sell_sealed(None);
        market.commit(bob(), auction, 200, 200).expect_ok();
        market.chain.set_time_ms(market.start_of(auction) + at);
        assert_eq!(market.reveal(bob(), auction, 200).result.is_ok(), reveals);
    }
    for (before_end, reveals) in [(1, true), (0, false)] {
        let (mut market, auction) = committed(&[(bob(), 200, 200)]);
        market.chain.set_time_ms(market.end_of(auction) - before_end);
        assert_eq!(market.reveal(bob(), auction, 200).result.is_ok(), reveals);
    }
}

#[test]
fn a_deposit_backs_the_bid() {
    let mut market = market();
    let auction = market.sell_sealed(None);
    market.commit(bob(), auction, 100, 149).expect_error(Error::DepositTooSmall);
    let hash = salt(9);
    let short = market.chain.from(bob()).call(market.auction.commit(auction, hash, 150).with_value(149));
    short.expect_error(Error::Underpaid);
    let placed = market.chain.from(bob()).call(market.auction.commit(auction, hash, 150).with_value(160));
    assert!(placed.has(&Committed { auction, bidder: bob(), deposit: 150 }));
    assert_eq!((market.coin_held(), market.coin_credit(bob())), (160, 10));
    market.commit(bob(), auction, 100, 150).expect_error(Error::AlreadyCommitted);
    let gold = market.gold();
    let paid = market.sell_sealed(Some(gold));
    market.commit(bob(), paid, 100, RICH + 1).expect_error(Error::PaymentRefused);
    market.commit(bob(), paid, 100, 150).expect_ok();
    assert_eq!(market.gold_of(bob()), RICH - 150);
}

#[test]
fn refuses_terms_that_make_no_sense() {
    let mut market = market();
    let year = auction::MAX_DURATION_MS;
    let terms = [
        (0, 20, HOUR_MS, HOUR_MS, None, Error::ZeroPrice),
        (100, 20, 0, HOUR_MS, None, Error::InvalidTimes),
        (100, 20, HOUR_MS, 0, None, Error::InvalidTimes),
        (100, 20, year + 1, HOUR_MS, None, Error::InvalidTimes),
        (100, 20, HOUR_MS, year + 1, None, Error::InvalidTimes),
        (100, 20, HOUR_MS, HOUR_MS, Some(99), Error::InvalidDeposit),
        (100, 201, HOUR_MS, HOUR_MS, Some(200), Error::InvalidDeposit),
    ];
    for (reserve, bond, commit, reveal, deposit, error) in terms {
        let goods = market.goods();
        let call = market.auction.sell_sealed(goods, reserve, bond, commit, reveal, deposit, None, None);
        market.chain.from(alice()).call(call).expect_error(error);
    }
    for (reserve, bond, least) in [(100, 20, 100), (100, 300, 300)] {
        let goods = market.goods();
        let call = market.auction.sell_sealed(goods, reserve, bond, HOUR_MS, HOUR_MS, None, None, None);
        let auction = market.chain.from(alice()).call(call).expect_ok();
        market.commit(bob(), auction, 100, least - 1).expect_error(Error::DepositTooSmall);
        market.commit(bob(), auction, 100, least).expect_ok();
    }
}
