//! More for the rules than `rules` tries: auctions paid in gold, other curves, an end of each kind; every time; crowds of
//! sellers and bidders; the deposit of money that waits.

use crate::{GOLD, HOUR_MS, Market, code, market, salt};
use auction::{Currency, Curve, Goods};
use std::ops::Range;
use tenon_contract::Address;
use tenon_testkit::hostile::{self, Behaviour};
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, alice, bob, by, charlie, dave, eve, ferdie};

/// Auctions of [`world`]: English, Dutch and sealed for the coin; English and Dutch for gold.
const ENGLISH: u64 = 1;
const DUTCH: u64 = 2;
const SEALED: u64 = 3;
const ENGLISH_GOLD: u64 = 4;
const DUTCH_GOLD: u64 = 5;

/// Bob and then Charlie have bid in the English auctions, so money waits for Bob; both have committed to sealed bids.
fn world() -> Market {
    let mut market = market();
    let gold = Some(market.gold());
    assert_eq!([market.sell_english(None), market.sell_dutch(None), market.sell_sealed(None)], [1, 2, 3]);
    assert_eq!([market.sell_english(gold), market.sell_dutch(gold)], [4, 5]);
    for auction in [ENGLISH, ENGLISH_GOLD] {
        market.bid(bob(), auction, 150).expect_ok();
        market.bid(charlie(), auction, 200).expect_ok();
    }
    market.commit(bob(), SEALED, 160, 200).expect_ok();
    market.commit(charlie(), SEALED, 180, 200).expect_ok();
    market
}

/// The same when sealed bids are opened; the English auctions are over.
fn opening() -> TestChain {
    let mut market = world();
    let reveal = market.start_of(SEALED) + HOUR_MS;
    market.reach(reveal);
    market.chain
}

/// The same when all is over.
fn over() -> TestChain {
    let mut chain = opening();
    chain.advance_ms(HOUR_MS);
    chain
}

/// Bob has bought an item of a hostile module that did not want to go, and does now. The auction is the last.
fn undelivered() -> (TestChain, u64) {
    let mut market = world();
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
    (market.chain, auction)
}

fn subject() -> Subject {
    let market = world();
    let (chain, auction, goods) = (&market.chain, market.auction, market.goods());
    let (gold, later) = (Some(market.gold()), Some(chain.time_ms() + 5_000));
    let stairs = Some(Curve::Stairs { step_ms: 60_000, cut: 50_000_000_000 });
    let halves = Some(Curve::Exponential { half_life_ms: 600_000 });
    let end = Some(chain.time_ms() + 2 * HOUR_MS);
    let (undelivered, item) = undelivered();
    let hash = chain.query(auction.sealed_bid(SEALED, dave(), 170, salt(1))).expect("a query");
    Subject::new(auction.address(), &code())
        .call(chain, alice(), auction.sell_dutch(goods, 900, 90, HOUR_MS, stairs, gold, later, end, Some(false)))
        .call(chain, alice(), auction.sell_dutch(goods, 900, 90, HOUR_MS, halves, None, None, None, None))
        .call(chain, alice(), auction.sell_english(goods, 90, HOUR_MS, gold, later, Some(5), Some(100), Some(9_000)))
        .call(chain, alice(), auction.sell_sealed(goods, 90, 9, HOUR_MS, HOUR_MS, Some(95), gold, later))
        .call(chain, bob(), auction.buy(DUTCH, 1_000).with_value(1_000))
        .call(chain, bob(), auction.buy(DUTCH_GOLD, 1_000))
        .call(chain, dave(), auction.bid(ENGLISH, 300).with_value(310))
        .call(chain, charlie(), auction.bid(ENGLISH_GOLD, 300))
        .call(chain, dave(), auction.bid(ENGLISH_GOLD, 300))
        .call(chain, dave(), auction.commit(SEALED, hash, 200).with_value(200))
        .call(&opening(), bob(), auction.reveal(SEALED, 160, salt(1)))
        .call(&over(), eve(), auction.forfeit(SEALED, charlie()))
        .call(&over(), eve(), auction.settle(ENGLISH))
        .call(&over(), eve(), auction.settle(SEALED))
        .call(&over(), eve(), auction.settle(ENGLISH_GOLD))
        .call(chain, alice(), auction.cancel(DUTCH))
        .call(&undelivered, bob(), auction.collect(item, Some(dave())))
        .call(chain, bob(), auction.withdraw(Currency::Coin, None))
        .call(chain, bob(), auction.withdraw(market.gold(), Some(dave())))
}

#[test]
fn holds_the_rules_for_gold_and_every_curve() {
    subject().check();
}

#[test]
fn gives_a_bidder_power_over_their_own_alone() {
    // Bob has gold, a commitment, and money and goods that wait.
    let listed = ["bid", "buy", "reveal", "collect", "withdraw"];
    rules::has_only_these_powers(&subject(), bob(), ferdie(), &listed);
}

#[test]
fn counts_each_time_to_what_begins_at_it() {
    let market = world();
    let (chain, auction) = (&market.chain, market.auction);
    let end = market.end_of(ENGLISH);
    rules::closes_at(chain, end, &by(dave(), auction.bid(ENGLISH, 300).with_value(300)));
    rules::opens_at(chain, end, &by(eve(), auction.settle(ENGLISH)));
    let (reveal, over) = (market.start_of(SEALED) + HOUR_MS, market.end_of(SEALED));
    let hash = chain.query(auction.sealed_bid(SEALED, dave(), 170, salt(1))).expect("a query");
    rules::closes_at(chain, reveal, &by(dave(), auction.commit(SEALED, hash, 200).with_value(200)));
    rules::opens_at(chain, reveal, &by(bob(), auction.reveal(SEALED, 160, salt(1))));
    rules::closes_at(chain, over, &by(bob(), auction.reveal(SEALED, 160, salt(1))));
    rules::opens_at(chain, over, &by(eve(), auction.settle(SEALED)));
    rules::opens_at(chain, over, &by(eve(), auction.forfeit(SEALED, bob())));
}

#[test]
fn costs_the_same_among_crowds_of_sellers_and_bidders() {
    const BLOCK: u64 = 50;
    let mut market = world();
    let (auction, goods) = (market.auction, market.goods());
    let call = auction.sell_english(goods, 100, 5_000, None, None, None, None, Some(0));
    let short = market.chain.from(alice()).call(call).expect_ok();
    market.bid(bob(), short, 100).expect_ok();
    market.chain.advance_ms(5_000);
    market.approve(GOLD, alice());
    let hash = market.chain.query(auction.sealed_bid(SEALED, dave(), 170, salt(1))).expect("a query");
    let operations = vec![
        by(alice(), auction.sell_english(goods, 100, HOUR_MS, None, None, None, None, None)),
        by(dave(), auction.bid(ENGLISH, 300).with_value(300)),
        by(dave(), auction.bid(ENGLISH_GOLD, 300)),
        by(bob(), auction.buy(DUTCH, 1_000).with_value(1_000)),
        by(dave(), auction.commit(SEALED, hash, 200).with_value(200)),
        by(eve(), auction.settle(short)),
        by(alice(), auction.cancel(DUTCH_GOLD)),
        by(bob(), auction.withdraw(Currency::Coin, None)),
        by(eve(), auction.open_auctions(None, None)),
        by(eve(), auction.auctions_of(alice(), None, None)),
    ];
    // Each adds three entries of an auction, and one of a commitment by an account of its own.
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        for start in numbers.clone().step_by(usize::try_from(BLOCK).expect("it is small")) {
            let mut block = Vec::new();
            for number in start..numbers.end.min(start + BLOCK) {
                let mut bytes = [0xaa; 32];
                bytes[..8].copy_from_slice(&number.to_be_bytes());
                chain.set_coin(Address::new(bytes), 10_000_000_000_000);
                let one = Goods::Amount { module: market.assets.address(), asset: GOLD, amount: 1 };
                block.push(by(alice(), auction.sell_dutch(one, 9, 9, 9, None, None, None, None, None)));
                block.push(by(Address::new(bytes), auction.commit(SEALED, hash, 150).with_value(150)));
            }
            chain.block(&block).into_iter().for_each(|outcome| drop(outcome.expect_ok()));
        }
    };
    let dust = Dust { many: 25_000, ..Dust::HUNDRED_THOUSAND };
    rules::is_unmoved_by_dust(&market.chain, dust, grow, |_| operations.clone());
}

#[test]
fn returns_the_deposit_of_money_that_waited() {
    let mut market = world();
    let gold = market.gold();
    market.bid(bob(), ENGLISH_GOLD, 250).expect_ok();
    for who in [bob(), charlie()] {
        market.withdraw(who, gold).expect_ok();
    }
    let store = [by(dave(), market.auction.bid(ENGLISH_GOLD, 300))];
    let clean = [by(bob(), market.auction.withdraw(gold, None))];
    rules::returns_deposits(&market.chain, market.auction.address(), &store, &clean);
}
