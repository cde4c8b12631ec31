//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::{DAY_MS, Market, PRICE, ROUND_MS, code, judge, key, market};
use licence::{Arbiter, Currency, FLAG_MS, Fee, Mode, Offer, Requirement, Terms};
use std::ops::Range;
use tenon_contract::{Address, Amount, Hash};
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, alice, bob, by, charlie, eve, ferdie};

/// Products of [`world`].
const DAILY: u64 = 1;
const COUNTED: u64 = 2;
const VESTING: u64 = 3;
const COIN: u64 = 4;
/// Licences of [`world`]: Bob's of each product but the last.
const OF_DAYS: u64 = 1;
const OF_EVENTS: u64 = 2;
const OF_TIME: u64 = 3;

/// Bob has a licence of each kind, and offers that of days.
fn world() -> Market {
    let mut market = market();
    let daily = Terms { arbitration: Some(market.arbitration()), ..market.daily() };
    let per_event = Mode::PerEvent { valid_ms: DAY_MS, wait_ms: ROUND_MS };
    let list = [
        daily.clone(),
        market.terms(per_event),
        market.terms(Mode::Vesting { period_ms: DAY_MS }),
        Terms { currency: Currency::Coin, ..daily },
    ];
    for (number, terms) in (1..).zip(list) {
        assert_eq!(market.publish(terms), number);
    }
    for product in [DAILY, COUNTED, VESTING] {
        assert_eq!(market.buy(bob(), product, 10), product);
    }
    let offer = Offer { price: 600, to: None, until_ms: None };
    market.chain.from(bob()).call(market.licence.offer(OF_DAYS, Some(offer))).expect_ok();
    market.count_to(3);
    market
}

/// The same when days have passed, and nothing can be flagged any more.
fn later() -> Market {
    let mut market = world();
    market.chain.advance_ms(10 * DAY_MS + FLAG_MS);
    market
}

/// The same when nothing counts any more.
fn much_later() -> Market {
    let mut market = later();
    for licence in [OF_DAYS, OF_EVENTS, OF_TIME] {
        market.close(eve(), licence).expect_ok();
    }
    let stop = market.licence.set_on_sale(COIN, false);
    market.chain.from(alice()).call(stop).expect_ok();
    market
}

/// Terms in which every option is there.
fn full(market: &Market) -> Terms {
    let credential = Some(Requirement { issuer: ferdie(), topic: 7 });
    let arbiter = Arbiter::Group { instance: TestChain::module_address("group"), group: 1 };
    let arbitration = Some(licence::Arbitration { arbiter, ..market.arbitration() });
    let mode = Mode::Locked { period_ms: DAY_MS, events: 5, wait_ms: ROUND_MS };
    Terms { credential, arbitration, fee: Some(Fee { receiver: eve(), bps: 1 }), ..market.terms(mode) }
}

fn subject() -> Subject {
    let (market, later, much_later) = (world(), later(), much_later());
    let (chain, licence, gold) = (&market.chain, market.licence, market.gold());
    let offer = Some(Offer { price: 5, to: Some(charlie()), until_ms: Some(chain.time_ms() + 5_000) });
    let deadline = Some(chain.time_ms() + 5_000);
    let now = chain.time_ms();
    let calls = Subject::new(licence.address(), &code())
        .call(chain, alice(), licence.publish(market.stream, "Rain".into(), full(&market)))
        .call(chain, alice(), licence.revise(DAILY, full(&market)))
        .call(chain, alice(), licence.set_on_sale(DAILY, false))
        .call(&much_later.chain, alice(), licence.remove_terms(COIN, 1))
        .call(chain, charlie(), licence.buy(DAILY, 1, 2, key(2), 2 * PRICE, deadline))
        .call(chain, charlie(), licence.buy(COUNTED, 1, 2, key(2), 2 * PRICE, deadline))
        .call(chain, charlie(), licence.buy(COIN, 1, 2, key(2), 2 * PRICE, None).with_value(2 * PRICE))
        .call(chain, bob(), licence.extend(OF_DAYS, 2, 2 * PRICE))
        .call(chain, bob(), licence.set_key(OF_DAYS, key(5)))
        .call(chain, eve(), licence.settle(OF_EVENTS))
        .call(chain, bob(), licence.cancel(OF_TIME))
        .call(&later.chain, eve(), licence.close(OF_EVENTS))
        .call(chain, bob(), licence.offer(OF_DAYS, offer))
        .call(chain, charlie(), licence.take(OF_DAYS, key(6), 600))
        .call(chain, eve(), licence.fund_brokers(DAILY, gold))
        .call(chain, alice(), licence.withdraw(gold, Some(eve())));
    calls
        .query(chain, licence.product(DAILY))
        .query(chain, licence.terms(DAILY, 1))
        .query(chain, licence.products(Some(1), Some(5)))
        .query(chain, licence.products_of(alice(), Some(1), Some(5)))
        .query(chain, licence.products_on(market.stream, Some(1), Some(5)))
        .query(chain, licence.licence(OF_DAYS))
        .query(chain, licence.licences_of(bob(), Some((Hash::ZERO, 1)), Some(5)))
        .query(chain, licence.has_access(market.stream, bob()))
        .query(chain, licence.key_of(OF_EVENTS))
        .query(chain, licence.readers(DAILY, Some((now, 0)), Some(5)))
        .query(chain, licence.key_epoch(DAILY))
        .query(chain, licence.offered(OF_DAYS))
        .query(chain, licence.coverage(OF_DAYS))
        .query(chain, licence.credit_of(alice(), gold))
        .query(chain, licence.broker_share(DAILY, gold))
        .query(chain, licence.owed(gold))
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
    let of_a_seller = ["publish", "revise", "set_on_sale", "remove_terms", "cancel", "withdraw"];
    rules::has_only_these_powers(&subject, alice(), ferdie(), &of_a_seller);
    rules::has_only_these_powers(&subject, bob(), ferdie(), &["extend", "set_key", "cancel", "offer"]);
    rules::has_only_these_powers(&subject, judge(), ferdie(), &[]);
    rules::has_only_these_powers(&subject, eve(), Address::new([9; 32]), &["withdraw"]);
}

#[test]
fn counts_each_time_to_what_begins_at_it() {
    let market = world();
    let (chain, licence) = (&market.chain, market.licence);
    let end = market.get(OF_DAYS).end_ms;
    rules::closes_at(chain, end, &by(bob(), licence.extend(OF_DAYS, 1, PRICE)));
    rules::closes_at(chain, end, &by(charlie(), licence.take(OF_DAYS, key(6), 600)));
    rules::closes_at(chain, end, &by(bob(), licence.set_key(OF_DAYS, key(5))));
    rules::opens_at(chain, end, &by(bob(), licence.close(OF_DAYS)));
    rules::opens_at(chain, end + FLAG_MS, &by(eve(), licence.close(OF_DAYS)));
    rules::closes_at(chain, market.get(OF_TIME).end_ms, &by(bob(), licence.cancel(OF_TIME)));
    let deadline = chain.time_ms() + 5_000;
    let buy = licence.buy(DAILY, 1, 1, key(2), PRICE, Some(deadline));
    rules::closes_at(chain, deadline, &by(charlie(), buy));
}

#[test]
fn costs_the_same_among_crowds_of_products_and_licences() {
    const BLOCK: u64 = 50;
    let mut market = world();
    // Something is due of what vests, for the seller and for the brokers, however few blocks the crowd takes.
    market.chain.advance_ms(DAY_MS / 48);
    let licence = market.licence;
    let operations = vec![
        by(alice(), licence.publish(market.stream, "Rain".into(), full(&market))),
        by(charlie(), market.buy_call(DAILY, 1)),
        by(bob(), licence.extend(OF_DAYS, 1, PRICE)),
        by(charlie(), licence.take(OF_DAYS, key(6), 600)),
        by(bob(), licence.cancel(OF_TIME)),
        by(eve(), licence.settle(OF_EVENTS)),
        by(alice(), licence.withdraw(market.gold(), None)),
    ];
    // Each number is a product, and a licence of it by an account of its own.
    let free = Terms { price: 0, currency: Currency::Coin, arbitration: None, ..market.daily() };
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        for start in numbers.clone().step_by(usize::try_from(BLOCK).expect("it is small")) {
            let mut block = Vec::new();
            for number in start..numbers.end.min(start + BLOCK) {
                let mut bytes = [0xaa; 32];
                bytes[..8].copy_from_slice(&number.to_be_bytes());
                chain.set_coin(Address::new(bytes), 10_000_000_000_000);
                block.push(by(alice(), licence.publish(market.stream, "Dust".into(), free.clone())));
                // World's four come first, and each number before this one has its own.
                block.push(by(Address::new(bytes), licence.buy(number + 5, 1, 1, key(1), 0, None)));
            }
            chain.block(&block).into_iter().for_each(|outcome| assert!(outcome.is_ok()));
        }
    };
    let dust = Dust { many: 25_000, ..Dust::HUNDRED_THOUSAND };
    rules::is_unmoved_by_dust(&market.chain, dust, grow, |_| operations.clone());
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    // Counts, what waits for people and their scores are there before, and stay.
    let market = world();
    let licence = market.licence;
    let free = Terms { price: 0, ..market.daily() };
    let free = Terms { arbitration: Some(market.arbitration()), ..free };
    let store = [
        by(alice(), licence.publish(market.stream, "Rain".into(), free.clone())),
        by(alice(), licence.revise(5, free)),
        by(bob(), licence.buy(5, 2, 1, key(2), 0, None)),
        by(bob(), licence.offer(4, Some(Offer { price: 0, to: None, until_ms: None }))),
    ];
    let mut after = market.clone();
    for transaction in &store {
        drop(after.chain.run(transaction).expect_ok());
    }
    let end = after.get(4).end_ms;
    let clean = |chain: &mut TestChain| {
        let run = |chain: &mut TestChain, who, call| chain.run(&by(who, call)).expect_ok();
        drop(run(chain, alice(), licence.remove_terms(5, 1)));
        drop(run(chain, alice(), licence.set_on_sale(5, false)));
        chain.set_time_ms(end);
        drop(run(chain, bob(), licence.close(4)));
        drop(run(chain, alice(), licence.remove_terms(5, 2)));
    };
    let stored = |chain: &TestChain| {
        let instance = licence.address();
        (chain.stored_entries(instance), chain.stored_bytes(instance), chain.deposit_of(instance))
    };
    let before = stored(&market.chain);
    assert!(stored(&after.chain).2 > before.2, "something was locked");
    clean(&mut after.chain);
    assert_eq!(stored(&after.chain), before, "X-14: all of it came back");
}

#[test]
fn nobody_gains_by_going_round() {
    let market = world();
    let licence = market.licence;
    // What Bob has of gold, what waits for him, and what is held for him.
    let worth = |chain: &TestChain| {
        let gold: Amount = chain.query(market.assets.balance_of(crate::GOLD, bob())).expect("a query");
        let credit = chain.query(licence.credit_of(bob(), market.gold())).expect("a query");
        let held = [OF_EVENTS, OF_TIME].map(|id| {
            let found = chain.query(licence.licence(id)).expect("a query");
            found.map_or(0, |found| if found.is_settled { 0 } else { found.paid - found.settled })
        });
        gold + credit + held.iter().sum::<Amount>()
    };
    let cycle = [
        by(bob(), licence.settle(OF_EVENTS)),
        by(bob(), licence.cancel(OF_EVENTS)),
        by(bob(), licence.settle(OF_EVENTS)),
        by(bob(), licence.cancel(OF_TIME)),
        by(bob(), licence.settle(OF_TIME)),
        by(bob(), licence.close(OF_TIME)),
        by(bob(), licence.close(OF_EVENTS)),
        by(bob(), licence.withdraw(market.gold(), None)),
        by(bob(), licence.withdraw(market.gold(), None)),
    ];
    rules::gains_nothing(&market.chain, worth, &cycle);
}

#[test]
fn stays_within_its_size_and_gas() {
    /// What a change may add before somebody looks at it again.
    const MAX_WASM_BYTES: usize = 90 * 1024;
    /// The most gas of a purchase in the chain's own asset, with all that other modules do for it.
    const MAX_BUY_GAS: u64 = 480_000;
    let mut market = world();
    let found = market.try_buy(charlie(), DAILY, 1);
    let (gas, size) = (found.method_gas, code().len());
    found.expect_ok();
    assert!(size <= MAX_WASM_BYTES && gas <= MAX_BUY_GAS, "{size} bytes; {gas} gas to buy");
}
