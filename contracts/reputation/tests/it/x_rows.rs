//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::{DAY_MS, DECISION_MS, EVENT, Market, PRICE, STAKE, code, judge, market};
use licence::{Currency, Terms};
use reputation::WINDOW_MS;
use std::ops::Range;
use tenon_contract::{Address, Amount, Hash};
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, alice, bob, by, charlie, eve, ferdie};

/// Events of [`world`]: one on which nobody decided yet, one that was not bad, and one that nobody has flagged.
const OPEN: Hash = EVENT;
const GOOD: Hash = Hash::new([5; 32]);
const OTHER: Hash = Hash::new([6; 32]);
/// Bob's licences of [`world`], paid in gold and in coin.
const IN_GOLD: u64 = 1;
const IN_COIN: u64 = 2;

/// Bob has two licences and has flagged two events; the stake of one waits for Alice.
fn world() -> Market {
    let mut market = market();
    let in_gold = Terms { arbitration: Some(market.arbitration()), ..market.daily() };
    let in_coin = Terms { currency: Currency::Coin, ..in_gold.clone() };
    let (in_gold, in_coin) = (market.publish(in_gold), market.publish(in_coin));
    assert_eq!(market.buy(bob(), in_gold, 10), IN_GOLD);
    let buy = market.buy_call(in_coin, 10).with_value(10 * PRICE);
    assert_eq!(market.chain.from(bob()).call(buy).expect_ok(), IN_COIN);
    let now = market.chain.time_ms();
    for event in [OPEN, GOOD] {
        let call = market.flag_call(IN_GOLD, event, now);
        market.chain.from(bob()).call(call).expect_ok();
    }
    let decide = market.reputation.decide(IN_GOLD, GOOD, false, None);
    market.chain.from(judge()).call(decide).expect_ok();
    market
}

/// The same when the arbiter's time has passed.
fn later() -> Market {
    let mut market = world();
    market.chain.advance_ms(DECISION_MS);
    market
}

/// The same when nothing counts any more.
fn much_later() -> Market {
    let mut market = later();
    market.lapse(IN_GOLD).expect_ok();
    market.chain.advance_ms(13 * WINDOW_MS);
    market.close(eve(), IN_GOLD).expect_ok();
    market
}

fn subject() -> Subject {
    let (market, later, much_later) = (world(), later(), much_later());
    let (chain, reputation, gold) = (&market.chain, market.reputation, market.gold());
    let (now, place) = (chain.time_ms(), Some(market.licence.address()));
    let in_coin = reputation.flag(IN_COIN, OTHER, now, STAKE, place).with_value(STAKE);
    let calls = Subject::new(reputation.address(), &code())
        .call(chain, eve(), reputation.count_trade(alice(), bob(), gold, 100, 5))
        .call(chain, bob(), reputation.flag(IN_GOLD, OTHER, now - 1, STAKE, None))
        .call(chain, bob(), in_coin)
        .call(chain, judge(), reputation.decide(IN_GOLD, OPEN, true, None))
        .call(chain, judge(), reputation.decide(IN_GOLD, OPEN, false, place))
        .call(&later.chain, eve(), reputation.lapse(IN_GOLD, OPEN, place))
        .call(&much_later.chain, eve(), reputation.remove_flag(IN_GOLD, OPEN, place))
        .call(&much_later.chain, eve(), reputation.remove_score(bob(), gold, place))
        .call(chain, alice(), reputation.withdraw(gold, Some(eve())));
    calls
        .query(chain, reputation.flag_on(IN_GOLD, OPEN, place))
        .query(chain, reputation.verdict(IN_GOLD, OPEN, true, place))
        .query(chain, reputation.seller_score(alice(), gold, place))
        .query(chain, reputation.buyer_score(bob(), gold, place))
        .query(chain, reputation.credit_of(alice(), gold))
        .query(chain, reputation.owed(gold))
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_each_party_these_powers_and_no_others() {
    let subject = subject();
    rules::has_only_these_powers(&subject, bob(), ferdie(), &["flag"]);
    rules::has_only_these_powers(&subject, judge(), ferdie(), &["decide"]);
    rules::has_only_these_powers(&subject, alice(), ferdie(), &["withdraw"]);
    rules::has_only_these_powers(&subject, eve(), Address::new([9; 32]), &[]);
}

#[test]
fn counts_each_time_to_what_begins_at_it() {
    let market = world();
    let (chain, reputation) = (&market.chain, market.reputation);
    let (now, end) = (chain.time_ms(), market.get(IN_GOLD).end_ms);
    rules::closes_at(chain, end + licence::FLAG_MS, &by(bob(), market.flag_call(IN_GOLD, OTHER, now)));
    let flag = chain.query(reputation.flag_on(IN_GOLD, OPEN, None)).expect("a query").expect("it was raised");
    rules::closes_at(chain, flag.until_ms, &by(judge(), reputation.decide(IN_GOLD, OPEN, true, None)));
    rules::opens_at(chain, flag.until_ms, &by(eve(), reputation.lapse(IN_GOLD, OPEN, None)));
    rules::opens_at(chain, end + licence::FLAG_MS, &by(eve(), reputation.remove_flag(IN_GOLD, GOOD, None)));
    let void = (now / WINDOW_MS + reputation::SCORE_WINDOWS) * WINDOW_MS;
    rules::opens_at(chain, void, &by(eve(), reputation.remove_score(bob(), market.gold(), None)));
}

#[test]
fn costs_the_same_among_crowds_of_scores_and_flags() {
    const BLOCK: u64 = 100;
    let market = world();
    let (reputation, gold, now) = (market.reputation, market.gold(), market.chain.time_ms());
    let operations = vec![
        by(charlie(), market.buy_call(1, 1)),
        by(eve(), reputation.count_trade(alice(), bob(), gold, 100, 5)),
        by(bob(), market.flag_call(IN_GOLD, OTHER, now)),
        by(judge(), reputation.decide(IN_GOLD, OPEN, true, None)),
        by(alice(), reputation.withdraw(gold, None)),
    ];
    // Each number is a buyer of Alice's, and an event that Bob has flagged.
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        for start in numbers.clone().step_by(usize::try_from(BLOCK).expect("it is small")) {
            let mut block = Vec::new();
            for number in start..numbers.end.min(start + BLOCK) {
                let mut bytes = [0xaa; 32];
                bytes[..8].copy_from_slice(&number.to_be_bytes());
                block.push(by(eve(), reputation.count_trade(alice(), Address::new(bytes), gold, 100, 5)));
                let flag = reputation.flag(IN_COIN, Hash::new(bytes), now, STAKE, None).with_value(STAKE);
                block.push(by(bob(), flag));
            }
            chain.block(&block).into_iter().for_each(|outcome| assert!(outcome.is_ok()));
        }
    };
    let dust = Dust { many: 10_000, ..Dust::HUNDRED_THOUSAND };
    rules::is_unmoved_by_dust(&market.chain, dust, grow, |_| operations.clone());
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    // The seller's score and what waits for people are there before, and stay.
    let mut market = later();
    let (reputation, gold) = (market.reputation, market.gold());
    let licence = market.buy(charlie(), 1, 1);
    let now = market.chain.time_ms();
    market.lapse(IN_GOLD).expect_ok();
    let stored = |chain: &TestChain| {
        let instance = reputation.address();
        (chain.stored_entries(instance), chain.stored_bytes(instance), chain.deposit_of(instance))
    };
    let mut after = market.clone();
    let trade = reputation.count_trade(alice(), ferdie(), gold, 100, 5);
    market.chain.from(eve()).call(reputation.count_trade(alice(), bob(), gold, 100, 5)).expect_ok();
    for transaction in [
        by(eve(), reputation.count_trade(alice(), bob(), gold, 100, 5)),
        by(eve(), trade),
        by(charlie(), market.flag_call(licence, EVENT, now)),
    ] {
        drop(after.chain.run(&transaction).expect_ok());
    }
    let before = stored(&market.chain);
    assert!(stored(&after.chain).2 > before.2, "something was locked");
    after.decide(judge(), licence, true).expect_ok();
    after.chain.from(charlie()).call(reputation.withdraw(gold, None)).expect_ok();
    after.chain.advance_ms(DAY_MS);
    after.close(charlie(), licence).expect_ok();
    after.chain.from(ferdie()).call(reputation.remove_flag(licence, EVENT, None)).expect_ok();
    after.chain.advance_ms(13 * WINDOW_MS);
    let coin = after.chain.coin(ferdie());
    let removed = after.chain.from(ferdie()).call(reputation.remove_score(ferdie(), gold, Some(eve())));
    let fee = removed.fee;
    removed.expect_ok();
    assert!(after.chain.coin(ferdie()) + fee > coin, "who cleans up receives the deposit");
    assert_eq!(stored(&after.chain), before, "X-14: all of it came back");
}

#[test]
fn nobody_gains_by_going_round() {
    let market = world();
    let (reputation, now) = (market.reputation, market.chain.time_ms());
    // What Bob has of gold, what waits for him, and his stakes.
    let worth = |chain: &TestChain| {
        let gold: Amount = chain.query(market.assets.balance_of(crate::GOLD, bob())).expect("a query");
        let credit = chain.query(reputation.credit_of(bob(), market.gold())).expect("a query");
        let stakes = [OPEN, OTHER].map(|event| {
            let found = chain.query(reputation.flag_on(IN_GOLD, event, None)).expect("a query");
            found.map_or(0, |flag| if flag.state == reputation::FlagState::Open { STAKE } else { 0 })
        });
        gold + credit + stakes.iter().sum::<Amount>()
    };
    let cycle = [
        by(bob(), market.flag_call(IN_GOLD, OTHER, now)),
        by(bob(), market.flag_call(IN_GOLD, OTHER, now)),
        by(judge(), reputation.decide(IN_GOLD, OTHER, true, None)),
        by(judge(), reputation.decide(IN_GOLD, OTHER, true, None)),
        by(bob(), reputation.lapse(IN_GOLD, OTHER, None)),
        by(bob(), reputation.lapse(IN_GOLD, OPEN, None)),
        by(bob(), reputation.remove_flag(IN_GOLD, OTHER, None)),
        by(bob(), reputation.count_trade(bob(), charlie(), market.gold(), PRICE, 0)),
        by(bob(), reputation.withdraw(market.gold(), None)),
        by(bob(), reputation.withdraw(market.gold(), None)),
    ];
    rules::gains_nothing(&market.chain, worth, &cycle);
}

#[test]
fn stays_within_its_size_and_gas() {
    /// What a change may add before somebody looks at it again.
    const MAX_WASM_BYTES: usize = 42 * 1024;
    /// The most gas of counting a trade, which every settlement of a licence pays.
    const MAX_COUNT_GAS: u64 = 100_000;
    let mut market = world();
    let call = market.reputation.count_trade(alice(), bob(), market.gold(), 100, 5);
    let found = market.chain.from(eve()).call(call);
    let (gas, size) = (found.method_gas, code().len());
    found.expect_ok();
    assert!(size <= MAX_WASM_BYTES && gas <= MAX_COUNT_GAS, "{size} bytes; {gas} gas to count a trade");
}
