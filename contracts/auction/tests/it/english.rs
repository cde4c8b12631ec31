//! English auctions: bids rise, and the highest at the end gets the goods.

use crate::{BOTTLES, GOLD, HOUR_MS, RICH, market};
use auction::{BidPlaced, Currency, Error, MAX_TOTAL_EXTENSION_MS, NotSold, Sold, State};
use tenon_testkit::{alice, bob, charlie, dave};

#[test]
fn the_highest_bid_at_the_end_gets_the_goods() {
    let mut market = market();
    let auction = market.sell_english(None);
    let end = market.end_of(auction);
    let first = market.bid(bob(), auction, 100);
    assert!(first.has(&BidPlaced { auction, bidder: bob(), amount: 100, end_ms: end }));
    market.bid(charlie(), auction, 500).expect_ok();
    assert_eq!(market.coin_credit(bob()), 100, "who is outbid takes the money back");
    market.chain.set_time_ms(end);
    let settled = market.settle(auction);
    assert!(settled.has(&Sold { auction, seller: alice(), buyer: charlie(), price: 500, cut: 0 }));
    assert_eq!((market.wine(charlie()), market.coin_credit(alice())), (BOTTLES, 500));
    assert_eq!(market.withdraw(bob(), Currency::Coin).expect_ok(), 100);
    assert_eq!(market.withdraw(alice(), Currency::Coin).expect_ok(), 500);
    assert_eq!(market.coin_held(), 0);
    market.settle(auction).expect_error(Error::Closed);
}

#[test]
fn bids_rise_by_the_least_increment_rounded_up() {
    let mut market = market();
    let auction = market.sell_english(None);
    let least = |market: &crate::Market| market.chain.query(market.auction.min_bid(auction)).expect("a query");
    assert_eq!(least(&market), Some(100));
    market.bid(bob(), auction, 99).expect_error(Error::BidTooLow);
    market.bid(bob(), auction, 0).expect_error(Error::BidTooLow);
    market.bid(bob(), auction, 100).expect_ok();
    assert_eq!(least(&market), Some(110));
    market.bid(charlie(), auction, 109).expect_error(Error::BidTooLow);
    market.bid(charlie(), auction, 111).expect_ok();
    assert_eq!(least(&market), Some(111 + 12), "10 percent of 111, rounded up");
    market.bid(bob(), auction, 122).expect_error(Error::BidTooLow);
    market.bid(bob(), auction, 123).expect_ok();
}

#[test]
fn an_increment_is_never_nothing() {
    let mut market = market();
    let call = market.auction.sell_english(market.goods(), 5, HOUR_MS, None, None, Some(0), Some(0), Some(0));
    let auction = market.chain.from(alice()).call(call).expect_ok();
    market.bid(bob(), auction, 5).expect_ok();
    market.bid(charlie(), auction, 5).expect_error(Error::BidTooLow);
    market.bid(charlie(), auction, 6).expect_ok();
    // Without a word of the seller it is 5 percent.
    let call = market.auction.sell_english(market.goods(), 1_000, HOUR_MS, None, None, None, None, None);
    let auction = market.chain.from(alice()).call(call).expect_ok();
    market.bid(bob(), auction, 1_000).expect_ok();
    assert_eq!(market.chain.query(market.auction.min_bid(auction)), Ok(Some(1_050)));
}

#[test]
fn who_leads_raises_by_the_difference_alone() {
    let mut market = market();
    let (coin, gold) = (market.sell_english(None), Some(market.gold()));
    market.bid(bob(), coin, 100).expect_ok();
    let raise = market.chain.from(bob()).call(market.auction.bid(coin, 200).with_value(99));
    raise.expect_error(Error::Underpaid);
    market.chain.from(bob()).call(market.auction.bid(coin, 200).with_value(100)).expect_ok();
    assert_eq!((market.coin_held(), market.coin_credit(bob())), (200, 0));
    // More than the difference waits for the bidder.
    market.chain.from(bob()).call(market.auction.bid(coin, 300).with_value(150)).expect_ok();
    assert_eq!((market.coin_held(), market.coin_credit(bob())), (350, 50));
    let paid = market.sell_english(gold);
    market.bid(bob(), paid, 100).expect_ok();
    market.bid(bob(), paid, 250).expect_ok();
    assert_eq!(market.gold_of(bob()), RICH - 250);
}

#[test]
fn times_are_half_open() {
    let bounds = [
        (true, -1, Some(Error::TooEarly)),
        (true, 0, None),
        (true, 1, None),
        (false, -1, None),
        (false, 0, Some(Error::TooLate)),
        (false, 1, Some(Error::TooLate)),
    ];
    for (at_start, offset, expected) in bounds {
        let mut market = market();
        let start = market.chain.time_ms() + 10_000;
        let goods = market.goods();
        let call = market.auction.sell_english(goods, 1, HOUR_MS, None, Some(start), Some(1), None, Some(0));
        let auction = market.chain.from(alice()).call(call).expect_ok();
        let bound = if at_start { start } else { start + HOUR_MS };
        market.chain.set_time_ms(bound.checked_add_signed(offset).expect("small"));
        let found = market.bid(bob(), auction, 1).result.err().and_then(|failure| failure.module_error());
        assert_eq!(found, expected, "start {at_start}, {offset}");
    }
    for (offset, expected) in [(-1, Some(Error::TooEarly)), (0, None), (1, None)] {
        let mut market = market();
        let auction = market.sell_english(None);
        market.chain.set_time_ms(market.end_of(auction).checked_add_signed(offset).expect("small"));
        let found = market.settle(auction).result.err().and_then(|failure| failure.module_error());
        assert_eq!(found, expected, "end {offset}");
    }
}

#[test]
fn a_late_bid_leaves_time_for_another() {
    let mut market = market();
    let auction = market.sell_english(None);
    let end = market.end_of(auction);
    market.chain.set_time_ms(end - 60_000);
    market.bid(bob(), auction, 100).expect_ok();
    assert_eq!(market.end_of(auction), end, "just enough is left");
    market.chain.set_time_ms(end - 59_000);
    market.bid(charlie(), auction, 200).expect_ok();
    assert_eq!(market.end_of(auction), end + 1_000);
    market.chain.set_time_ms(end + 999);
    market.settle(auction).expect_error(Error::TooEarly);
    market.chain.set_time_ms(end + 2_000);
    market.bid(bob(), auction, 300).expect_error(Error::TooLate);
    market.settle(auction).expect_ok();
    assert_eq!(market.wine(charlie()), BOTTLES);
}

#[test]
fn late_bids_move_the_end_by_a_week_at_most() {
    let mut market = market();
    let hour = auction::MAX_EXTENSION_MS;
    let call = market.auction.sell_english(market.goods(), 1, 60_000, None, None, Some(1), None, Some(hour));
    let auction = market.chain.from(alice()).call(call).expect_ok();
    let latest = market.end_of(auction) + MAX_TOTAL_EXTENSION_MS;
    let mut amount = 1;
    loop {
        let end = market.end_of(auction);
        market.chain.set_time_ms(end - 2_000);
        let who = if amount % 2 == 0 { bob() } else { charlie() };
        market.bid(who, auction, amount).expect_ok();
        amount += 1;
        let moved = market.end_of(auction);
        assert!(moved <= latest, "{moved} is after {latest}");
        if moved == end {
            assert_eq!(moved, latest);
            break;
        }
        assert!(moved - end <= hour && amount < 200);
    }
    market.chain.set_time_ms(latest);
    market.bid(bob(), auction, amount + 100).expect_error(Error::TooLate);
    market.settle(auction).expect_ok();
}

#[test]
fn without_a_bid_the_goods_go_back() {
    let mut market = market();
    let before = market.wine(alice());
    let auction = market.sell_english(None);
    market.bid(bob(), auction, 99).expect_error(Error::BidTooLow);
    market.chain.advance_ms(HOUR_MS);
    let settled = market.settle(auction);
    assert!(settled.has(&NotSold { auction, state: State::Unsold }));
    assert_eq!((market.state(auction), market.wine(alice())), (State::Unsold, before));
    market.settle(auction).expect_error(Error::Closed);
    market.chain.from(alice()).call(market.auction.cancel(auction)).expect_error(Error::Closed);
}

#[test]
fn the_seller_cannot_cancel_after_a_bid() {
    let mut market = market();
    let (first, second) = (market.sell_english(None), market.sell_english(None));
    market.chain.from(alice()).call(market.auction.cancel(first)).expect_ok();
    market.bid(bob(), second, 100).expect_ok();
    market.chain.from(alice()).call(market.auction.cancel(second)).expect_error(Error::HasBids);
    market.chain.from(bob()).call(market.auction.cancel(second)).expect_error(Error::NotSeller);
    market.bid(bob(), first, 100).expect_error(Error::Closed);
}

#[test]
fn a_bid_that_cannot_be_paid_changes_nothing() {
    let mut market = market();
    let gold = market.gold();
    let auction = market.sell_english(Some(gold));
    market.bid(charlie(), auction, 100).expect_ok();
    let before = market.info(auction);
    market.bid(bob(), auction, RICH + 1).expect_error(Error::PaymentRefused);
    let revoke = market.assets.approve(GOLD, market.auction.address(), u128::MAX, 0, None);
    market.chain.from(bob()).call(revoke).expect_ok();
    market.bid(bob(), auction, 200).expect_error(Error::PaymentRefused);
    market.chain.from(bob()).call(market.auction.bid(auction, 200).with_value(200)).expect_error(Error::CoinNotWanted);
    assert_eq!((market.info(auction), market.gold_of(bob())), (before, RICH));
    assert_eq!(market.credit(charlie(), gold), 0, "nobody is outbid");
}

#[test]
fn no_bid_is_above_the_highest_amount() {
    let mut market = market();
    let call = market.auction.sell_english(market.goods(), u128::MAX, HOUR_MS, None, None, None, None, None);
    let auction = market.chain.from(alice()).call(call).expect_ok();
    market.chain.from(bob()).call(market.auction.bid(auction, u128::MAX)).expect_error(Error::Underpaid);
    let rich = market.chain.from(alice()).call(crate::issue(market.assets, "MANY", u128::MAX)).expect_ok();
    market.approve(rich, alice());
    let currency = Some(Currency::Asset { module: market.assets.address(), asset: rich });
    let call = market.auction.sell_english(market.goods(), u128::MAX, HOUR_MS, currency, None, None, None, None);
    let auction = market.chain.from(alice()).call(call).expect_ok();
    market.bid(alice(), auction, u128::MAX).expect_ok();
    assert_eq!(market.chain.query(market.auction.min_bid(auction)), Ok(None));
    market.bid(bob(), auction, u128::MAX).expect_error(Error::BidTooLow);
    market.bid(alice(), auction, u128::MAX).expect_error(Error::BidTooLow);
}

#[test]
fn refuses_terms_that_make_no_sense() {
    let mut market = market();
    let hour = auction::MAX_EXTENSION_MS;
    let terms = [
        (0, HOUR_MS, None, None, Error::ZeroPrice),
        (1, 0, None, None, Error::InvalidTimes),
        (1, auction::MAX_DURATION_MS + 1, None, None, Error::InvalidTimes),
        (1, HOUR_MS, Some(10_001), None, Error::InvalidIncrement),
        (1, HOUR_MS, None, Some(hour + 1), Error::InvalidIncrement),
    ];
    for (reserve, duration, bps, extension, error) in terms {
        let goods = market.goods();
        let call = market.auction.sell_english(goods, reserve, duration, None, None, None, bps, extension);
        market.chain.from(alice()).call(call).expect_error(error);
    }
    let call = market.auction.sell_english(
        market.goods(),
        1,
        auction::MAX_DURATION_MS,
        None,
        None,
        None,
        Some(auction::MAX_INCREMENT_BPS),
        Some(hour),
    );
    market.chain.from(alice()).call(call).expect_ok();
}

#[test]
fn a_crowd_that_is_outbid_costs_the_next_bidder_nothing_more() {
    let mut market = market();
    let auction = market.sell_english(None);
    let mut gas = Vec::new();
    for round in 0..40u128 {
        let who = [bob(), charlie(), dave()][usize::try_from(round % 3).expect("small")];
        let amount = market.chain.query(market.auction.min_bid(auction)).expect("a query").expect("an amount");
        let placed = market.bid(who, auction, amount);
        gas.push(placed.method_gas);
        placed.expect_ok();
    }
    let (early, late) = (gas[5], gas[39]);
    assert!(late < early + early / 50, "{early} then {late}");
}
