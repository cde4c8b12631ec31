//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::{BOTTLES, HOUR_MS, Market, issue, market, salt};
use auction::{AuctionRef, Currency, Error, Goods};
use std::ops::Range;
use tenon_contract::parity_scale_codec::Encode;
use tenon_testkit::hostile::{self, Behaviour};
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, Transaction, alice, bob, by, charlie, dave, eve};

const DUTCH: u64 = 1;
const ENGLISH: u64 = 2;
const SEALED: u64 = 3;

/// Alice sells by each kind of auction. Bob was outbid by Charlie, and both committed to sealed bids.
fn fair() -> Market {
    let mut market = market();
    assert_eq!(
        (market.sell_dutch(None), market.sell_english(None), market.sell_sealed(None)),
        (DUTCH, ENGLISH, SEALED)
    );
    market.bid(bob(), ENGLISH, 100).expect_ok();
    market.bid(charlie(), ENGLISH, 200).expect_ok();
    market.commit(bob(), SEALED, 200, 200).expect_ok();
    market.commit(charlie(), SEALED, 300, 300).expect_ok();
    market
}

/// The fair when nobody can commit any more, and when everything is over.
fn later() -> (Market, Market) {
    let ends = [1, 2].map(|hours| {
        let mut market = fair();
        market.reach(market.start_of(SEALED) + hours * HOUR_MS);
        market
    });
    let [opening, over] = ends;
    (opening, over)
}

/// Bob won goods that were not handed over, and which he can collect now as auction 1.
fn undelivered() -> TestChain {
    let mut market = market();
    let module = hostile::deploy(&mut market.chain);
    market.chain.from(hostile::director()).call(module.give_item(1, 1, alice())).expect_ok();
    let goods = Goods::Item { module: module.address(), collection: 1, item: 1 };
    let call = market.auction.sell_english(goods, 100, HOUR_MS, None, None, None, None, None);
    let auction = market.chain.from(alice()).call(call).expect_ok();
    market.bid(bob(), auction, 100).expect_ok();
    market.chain.advance_ms(HOUR_MS);
    hostile::behave(&mut market.chain, module, Behaviour::Refuse);
    market.settle(auction).expect_ok();
    hostile::behave(&mut market.chain, module, Behaviour::Honest);
    market.chain
}

fn subject() -> Subject {
    let (market, (opening, over)) = (fair(), later());
    let (chain, auction, goods) = (&market.chain, market.auction, market.goods());
    let gold = Some(market.gold());
    let now = chain.time_ms();
    Subject::new(auction.address(), &crate::code())
        .call(chain, alice(), auction.sell_dutch(goods, 9, 0, 9, None, gold, Some(now), Some(now + 9), Some(true)))
        .call(chain, alice(), auction.sell_english(goods, 9, 9, gold, Some(now), Some(1), Some(1), Some(1)))
        .call(chain, alice(), auction.sell_sealed(goods, 9, 9, 9, 9, Some(9), gold, Some(now)))
        .call(chain, bob(), auction.buy(DUTCH, 1_000).with_value(1_000))
        .call(chain, bob(), auction.bid(ENGLISH, 300).with_value(300))
        .call(chain, dave(), auction.commit(SEALED, salt(7), 150).with_value(150))
        .call(&opening.chain, bob(), auction.reveal(SEALED, 200, salt(1)))
        .call(&over.chain, dave(), auction.forfeit(SEALED, bob()))
        .call(&over.chain, dave(), auction.settle(ENGLISH))
        .call(chain, alice(), auction.cancel(DUTCH))
        .call(&undelivered(), bob(), auction.collect(1, Some(charlie())))
        .call(chain, bob(), auction.withdraw(Currency::Coin, Some(dave())))
        .query(chain, auction.auction_count())
        .query(chain, auction.auction(ENGLISH))
        .query(chain, auction.price_now(DUTCH))
        .query(chain, auction.price_at(DUTCH, now))
        .query(chain, auction.min_bid(ENGLISH))
        .query(chain, auction.sealed_bid(SEALED, bob(), 200, salt(1)))
        .query(chain, auction.commitment(SEALED, bob()))
        .query(chain, auction.credit_of(bob(), Currency::Coin))
        .query(chain, auction.owed(Currency::Coin))
        .query(chain, auction.house())
        .query(chain, auction.open_auctions(Some(1), Some(9)))
        .query(chain, auction.auctions_of(alice(), Some(1), Some(9)))
}

#[test]
fn holds_the_rules_of_every_module() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn nobody_has_a_power_but_over_what_is_theirs() {
    let subject = subject();
    rules::has_only_these_powers(&subject, eve(), dave(), &[]);
    let of_a_seller = ["cancel", "sell_dutch", "sell_english", "sell_sealed"];
    rules::has_only_these_powers(&subject, alice(), eve(), &of_a_seller);
}

#[test]
fn one_of_two_buyers_in_a_block_pays_in_every_order() {
    let mut market = market();
    let auction = market.sell_dutch(None);
    let buy = |who| by(who, market.auction.buy(auction, 1_000).with_value(1_000));
    let wealth = |chain: &TestChain| [bob(), charlie()].map(|who| chain.coin(who));
    let before = wealth(&market.chain);
    market.chain.every_order(&[buy(bob()), buy(charlie())], |chain, order, outcomes| {
        let (first, second) = (order[0], order[1]);
        assert!(outcomes[first].is_ok());
        let failure = outcomes[second].result.as_ref().expect_err("the goods are gone");
        assert_eq!(failure.module_error(), Some(Error::Closed));
        assert_eq!(wealth(chain)[second], before[second] - outcomes[second].fee, "only the fee is gone");
        let who = [bob(), charlie()][first];
        assert_eq!(chain.query(market.assets.balance_of(crate::WINE, who)), Ok(BOTTLES));
    });
}

#[test]
fn a_bidder_pays_no_more_than_the_bid_in_every_order() {
    let mut market = market();
    let auction = market.sell_english(None);
    let bid = |who, amount: u128| by(who, market.auction.bid(auction, amount).with_value(amount));
    let bids = [bid(bob(), 150), bid(charlie(), 300), bid(dave(), 200)];
    market.chain.every_order(&bids, |chain, order, _| {
        let info = chain.query(market.auction.auction(auction)).expect("a query");
        let best = info.progress.best.map(|best| (best.bidder, best.price));
        assert_eq!(best, Some((charlie(), 300)), "{order:?}");
        assert_eq!(chain.query(market.auction.credit_of(charlie(), Currency::Coin)), Ok(0));
    });
}

/// Alice lists ever more goods that nobody wants.
fn pile_up(chain: &mut TestChain, auction: AuctionRef, goods: Goods, numbers: Range<u64>) {
    const BLOCK: usize = 500;
    let numbers: Vec<_> = numbers.collect();
    for part in numbers.chunks(BLOCK) {
        let sell = auction.sell_dutch(goods, 9, 9, HOUR_MS, None, None, None, None, None);
        let listings: Vec<Transaction> = part.iter().map(|_| by(alice(), sell.clone())).collect();
        assert!(chain.block(&listings).iter().all(tenon_testkit::Outcome::is_ok));
    }
}

#[test]
fn dust_costs_nobody_else_anything() {
    let mut market = market();
    let plenty = market.chain.from(alice()).call(issue(market.assets, "DUST", u128::MAX)).expect_ok();
    market.approve(plenty, alice());
    market.chain.set_coin(alice(), 1 << 100);
    let goods = Goods::Amount { module: market.assets.address(), asset: plenty, amount: 1 };
    let (dutch, english) = (market.sell_dutch(None), market.sell_english(None));
    market.bid(charlie(), english, 100).expect_ok();
    let auction = market.auction;
    let grow = |chain: &mut TestChain, numbers| pile_up(chain, auction, goods, numbers);
    rules::is_unmoved_by_dust(&market.chain, Dust::HUNDRED_THOUSAND, grow, |_| {
        let sell = auction.sell_dutch(goods, 9, 9, HOUR_MS, None, None, None, None, None);
        vec![
            by(alice(), sell),
            by(bob(), auction.buy(dutch, 1_000).with_value(1_000)),
            by(bob(), auction.bid(english, 200).with_value(200)),
        ]
    });
}

#[test]
fn a_currency_cannot_claim_more_than_an_amount_holds() {
    let mut market = market();
    let module = hostile::deploy(&mut market.chain);
    let currency = Currency::Asset { module: module.address(), asset: 5 };
    for (who, amount) in [(bob(), u128::MAX), (charlie(), 1_000)] {
        market.chain.from(hostile::director()).call(module.give(5, who, amount)).expect_ok();
    }
    let (first, second) = (market.sell_english(Some(currency)), market.sell_english(Some(currency)));
    market.bid(bob(), first, u128::MAX).expect_ok();
    // The module takes it away again, as it allows everything to everybody.
    let arguments = (5u64, market.auction.address(), dave(), u128::MAX).encode();
    let take = tenon_contract::Call::<()>::new(module.address(), "transfer_from", arguments, false);
    market.chain.from(dave()).call(take).expect_ok();
    market.bid(charlie(), second, 100).expect_error(Error::AmountOverflow);
    assert_eq!(market.info(second).progress.best, None);
}
