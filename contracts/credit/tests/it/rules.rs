//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::{
    ALICES, BOBS, CHARLIES, DEBT_MS, HELD, act, borrow, code, credits, debt, default_of_bob, found, founded, order,
    pay, sign, step, value, village,
};
use credit::{CreditRef, Layer, Lock, NewNetwork, Several};
use std::ops::Range;
use tenon_contract::Address;
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, alice, bob, by, charlie, dave, eve, ferdie};

/// Bob has a bad debt and value, a fee waits, Charlie has stake, Dave wrote a record.
fn world() -> (TestChain, CreditRef, u64) {
    let (mut chain, credit, _, owed) = default_of_bob();
    chain.from(charlie()).call(act(credit, Layer::Debt, &[CHARLIES], &[value(HELD - 5, charlie())])).expect_ok();
    chain.from(dave()).call(credit.record("rates".into(), "2026".into(), vec![1, 2])).expect_ok();
    (chain, credit, owed)
}

fn subject() -> Subject {
    let (chain, credit, owed) = world();
    let several = Lock::Several(Several { members: vec![alice(), bob()], threshold: 2 });
    let new = NewNetwork { large_sources: Some(several), ..village() };
    let until = chain.time_ms() + DEBT_MS;
    let grant = step(Layer::Circulation, &[11, ALICES], &[credits(1000, eve()), value(HELD, alice())]);
    let granting = order(&chain, &[grant]);
    let alices = sign(&chain, credit, "Alice", &granting);
    let flight = order(&chain, &[step(Layer::Circulation, &[BOBS], &[value(HELD, eve())])]);
    let bobs = sign(&chain, credit, "Bob", &flight);
    let lend = [value(5, alice()), debt(5, alice(), until)];
    Subject::new(credit.address(), &code())
        .call(&chain, eve(), found(credit, new))
        .call(&chain, alice(), pay(credit, &[1, 3], &lend))
        .call(&chain, alice(), credit.act(1, Layer::Circulation, vec![ALICES], vec![value(HELD, eve())], Some(vec![7])))
        .call(&chain, eve(), credit.submit(granting, vec![alices], vec![vec![1, 2]], true))
        .call(&chain, eve(), credit.penalise(owed, flight.clone(), vec![bobs], vec![]))
        .call(&chain, eve(), credit.collect_fees(1))
        .call(&chain, eve(), credit.record("rates".into(), "2026".into(), vec![1, 2]))
        .query(&chain, credit.network_count())
        .query(&chain, credit.network(1))
        .query(&chain, credit.terms(1))
        .query(&chain, credit.statistics(1))
        .query(&chain, credit.grants(1))
        .query(&chain, credit.circulating(1))
        .query(&chain, credit.output(1, owed))
        .query(&chain, credit.outputs(1, Some(1), Some(5)))
        .query(&chain, credit.outputs_of(1, bob(), Some(1), Some(5)))
        .query(&chain, credit.bad_debts(1, until, Some((1, 1)), Some(5)))
        .query(&chain, credit.is_frozen(1, bob()))
        .query(&chain, credit.order_message(flight.clone()))
        .query(&chain, credit.order_id(flight))
        .query(&chain, credit.record_of(dave(), "rates".into(), "2026".into()))
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_nobody_a_power_over_what_others_own() {
    // Alice acts with what is locked to her, sources and value. The founder has no right, nor has who gets the fees.
    rules::has_only_these_powers(&subject(), alice(), ferdie(), &["act"]);
    rules::has_only_these_powers(&subject(), ferdie(), eve(), &[]);
}

#[test]
fn takes_nothing_twice_that_was_signed() {
    let (mut chain, credit, owed) = world();
    let other = CreditRef::at(chain.from(charlie()).deploy(&code(), CreditRef::init(Some(village()))));
    let flight = order(&chain, &[step(Layer::Circulation, &[BOBS], &[value(HELD, eve())])]);
    let bobs = sign(&chain, credit, "Bob", &flight);
    let report = by(eve(), credit.penalise(owed, flight, vec![bobs], vec![]));
    rules::refuses_replay(&chain, &report, Some(other.address()));
}

#[test]
fn counts_each_time_to_what_begins_at_it() {
    let (mut chain, credit) = founded(village());
    let (_, owed) = borrow(&mut chain, credit, 100, bob());
    let start = chain.time_ms() + DEBT_MS / 2;
    let pays = order(&chain, &[step(Layer::Circulation, &[BOBS], &[value(HELD, eve())])]);
    let pays = credit::Order { valid_from_ms: start, valid_until_ms: start + 500, ..pays };
    let witness = sign(&chain, credit, "Bob", &pays);
    let submit = by(eve(), credit.submit(pays, vec![witness], vec![], false));
    rules::opens_at(&chain, start, &submit);
    rules::closes_at(&chain, start + 500, &submit);
    let bad = chain.query(credit.bad_debts(1, u64::MAX, None, None)).expect("a query");
    let credit::Element::Debt(credit::Debt { expires_at_ms, .. }) = bad[0].1.element else { panic!("a debt") };
    rules::closes_at(&chain, expires_at_ms, &by(bob(), pay(credit, &[BOBS], &[value(HELD, eve())])));
    let help = pay(credit, &[ALICES, owed], &[value(HELD - 100, alice())]);
    rules::opens_at(&chain, expires_at_ms, &by(alice(), help));
}

#[test]
fn costs_the_same_among_a_hundred_thousand_outputs() {
    const BATCH: u64 = 32;
    let (chain, credit) = founded(NewNetwork { holders: vec![(alice(), 1 << 40), (bob(), HELD)], ..village() });
    let purse = |chain: &TestChain| {
        let own = chain.query(credit.outputs_of(1, alice(), Some(16), Some(1))).expect("a query");
        (own[0].0, own[0].1.amount)
    };
    let operations = |chain: &TestChain| {
        let (id, held) = purse(chain);
        vec![
            by(alice(), pay(credit, &[id], &[value(held - 1, alice()), value(1, bob())])),
            by(alice(), pay(credit, &[1], &[credits(1, bob())])),
            by(bob(), pay(credit, &[BOBS], &[value(HELD, bob())])),
        ]
    };
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        for start in numbers.clone().step_by(32) {
            let (id, held) = purse(chain);
            let count = numbers.end.min(start + BATCH) - start;
            let dust = (1..count).map(|number| {
                let mut bytes = [0xaa; 32];
                bytes[..8].copy_from_slice(&(start + number).to_be_bytes());
                value(1, Address::new(bytes))
            });
            let outputs: Vec<_> = dust.chain([value(held - u128::from(count) + 1, alice())]).collect();
            assert!(chain.run(&by(alice(), pay(credit, &[id], &outputs))).is_ok());
        }
    };
    rules::is_unmoved_by_dust(&chain, Dust::HUNDRED_THOUSAND, grow, operations);
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    let (mut chain, credit) = founded(village());
    // So that the network's newest grant is there before: it stays.
    let (cash, owed) = borrow(&mut chain, credit, 1, bob());
    chain.from(bob()).call(pay(credit, &[cash, owed], &[])).expect_ok();
    let totals = chain.query(credit.statistics(1)).expect("a query");
    let (next, until) = (totals.outputs + 1, chain.time_ms() + DEBT_MS);
    let store = [
        by(alice(), pay(credit, &[7], &[value(64, alice()), debt(64, alice(), until)])),
        by(dave(), credit.record("rates".into(), "2026".into(), vec![1, 2])),
    ];
    let clean = [
        by(alice(), pay(credit, &[next, next + 1], &[])),
        by(dave(), credit.record("rates".into(), "2026".into(), vec![])),
    ];
    rules::returns_deposits(&chain, credit.address(), &store, &clean);
}

#[test]
fn lets_one_of_two_win_in_every_order() {
    let (mut chain, credit) = founded(village());
    let (cash, owed) = borrow(&mut chain, credit, 100, bob());
    chain.advance_ms(DEBT_MS);
    let flight = order(&chain, &[step(Layer::Circulation, &[cash], &[value(100, eve())])]);
    let bobs = sign(&chain, credit, "Bob", &flight);
    // Either the debtor repays with it, or it is taken; never both. Alice may clear the debt before.
    let ends = [
        by(bob(), pay(credit, &[cash, owed], &[])),
        by(dave(), credit.penalise(owed, flight.clone(), vec![bobs.clone()], vec![])),
        by(eve(), credit.submit(flight, vec![bobs], vec![], false)),
        by(alice(), pay(credit, &[ALICES, owed], &[value(HELD - 100, alice())])),
    ];
    chain.every_order(&ends, |chain, _, outcomes| {
        let won: Vec<bool> = outcomes.iter().map(|outcome| outcome.result.is_ok()).collect();
        let of_the_cash = won[..3].iter().filter(|won| **won).count();
        assert!(of_the_cash <= 1, "the output is used once");
        assert_eq!(crate::output(chain, credit, cash).is_none(), of_the_cash == 1);
        assert!(!(won[0] && won[3]), "a debt is cleared once");
        assert_eq!(chain.query(credit.is_frozen(1, bob())), Ok(!won[0] && !won[3]));
    });
}

#[test]
fn gains_nothing_by_borrowing_and_repaying() {
    let (chain, credit) = founded(village());
    let people = [alice(), bob(), charlie(), dave(), eve(), ferdie()];
    // What everybody has, less what they owe.
    let worth = |chain: &TestChain| {
        let of = |who: &Address| chain.query(credit.outputs_of(1, *who, Some(16), None)).expect("a query");
        let sum = |wanted: fn(&credit::Element) -> bool| {
            let held = people.iter().flat_map(of).filter(|(_, output)| wanted(&output.element));
            held.map(|(_, output)| output.amount).sum::<u128>()
        };
        sum(|element| *element == credit::Element::Value) - sum(|element| matches!(element, credit::Element::Debt(_)))
    };
    let until = chain.time_ms() + 1_000_000;
    let cycle = [
        by(alice(), pay(credit, &[7], &[credits(64, bob())])),
        by(bob(), pay(credit, &[20], &[value(64, bob()), debt(64, bob(), until)])),
        by(bob(), pay(credit, &[20], &[value(64, bob()), debt(64, bob(), until)])),
        by(bob(), pay(credit, &[21, 22], &[])),
        by(bob(), pay(credit, &[21, 22], &[])),
    ];
    rules::gains_nothing(&chain, worth, &cycle);
}
