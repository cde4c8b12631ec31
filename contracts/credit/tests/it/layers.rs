//! The three layers: what is read, what is spent, and what never comes down.

use crate::{
    ALICES, BOBS, CHARLIES, DEBT_MS, HELD, SOURCE_1024, act, borrow, credits, debt, founded, grant, output, pay, value,
    village,
};
use credit::{CreditRef, Error, Layer, NewOutput};
use tenon_testkit::{TestChain, alice, bob, by, charlie};

/// Bob has locked all his value.
fn locked() -> (TestChain, CreditRef, u64) {
    let (mut chain, credit) = founded(village());
    let made = chain.from(bob()).call(act(credit, Layer::Debt, &[BOBS], &[value(HELD, bob())])).expect_ok();
    (chain, credit, made[0])
}

#[test]
fn reads_a_source_any_number_of_times_and_diminishes_nothing() {
    let (mut chain, credit) = founded(village());
    let before = output(&chain, credit, SOURCE_1024);
    let call = || by(alice(), pay(credit, &[SOURCE_1024], &[credits(1024, bob())]));
    for outcome in chain.block(&[call(), call(), call()]) {
        outcome.expect_ok();
    }
    assert_eq!(output(&chain, credit, SOURCE_1024), before);
    assert_eq!(chain.query(credit.statistics(1)).expect("a query").credit, 3 * 1024);
}

#[test]
fn reads_a_source_once_in_one_order() {
    let (mut chain, credit) = founded(village());
    let twice = pay(credit, &[SOURCE_1024, SOURCE_1024], &[credits(2048, bob())]);
    chain.from(alice()).call(twice).expect_error(Error::NamedTwice);
    let spent = pay(credit, &[ALICES, ALICES], &[value(2 * HELD, alice())]);
    chain.from(alice()).call(spent).expect_error(Error::NamedTwice);
}

#[test]
fn grants_nothing_without_the_owner_of_the_source() {
    let (mut chain, credit) = founded(village());
    for thief in [bob(), charlie()] {
        let call = pay(credit, &[SOURCE_1024], &[credits(1, thief)]);
        chain.from(thief).call(call).expect_error(Error::NotAuthorised);
    }
}

#[test]
fn spends_an_output_of_the_same_or_a_lower_layer_once() {
    let (mut chain, credit, locked) = locked();
    let again = act(credit, Layer::Debt, &[BOBS], &[value(HELD, bob())]);
    chain.from(bob()).call(again).expect_error(Error::UnknownOutput);
    let moved = act(credit, Layer::Debt, &[locked], &[value(HELD, charlie())]);
    chain.from(bob()).call(moved.clone()).expect_ok();
    chain.from(bob()).call(moved).expect_error(Error::UnknownOutput);
}

#[test]
fn lets_locked_value_out_by_clearing_debt_alone() {
    let (mut chain, credit, locked) = locked();
    let out = pay(credit, &[locked], &[value(HELD, bob())]);
    chain.from(bob()).call(out).expect_error(Error::ValueCreated);
    let with_more = pay(credit, &[locked, CHARLIES], &[value(HELD + 1, charlie())]);
    chain.from(charlie()).call(with_more).expect_error(Error::ValueCreated);
    // It is read without leave, counts nothing, and stays.
    let read = pay(credit, &[locked, CHARLIES], &[value(HELD, charlie())]);
    chain.from(charlie()).call(read).expect_ok();
    assert!(output(&chain, credit, locked).is_some());
    let (_, owed) = borrow(&mut chain, credit, 100, bob());
    let clear = act(credit, Layer::Debt, &[locked, owed], &[value(HELD - 100, bob())]);
    chain.from(bob()).call(clear).expect_ok();
    let totals = chain.query(credit.statistics(1)).expect("a query");
    assert_eq!((totals.locked, totals.debt), (HELD - 100, 0));
}

#[test]
fn counts_a_debt_of_a_higher_layer_as_nothing() {
    let (mut chain, credit) = founded(village());
    let given = grant(&mut chain, credit, 100, bob());
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let outputs = [value(100, bob()), debt(100, bob(), expires_at_ms)];
    let made = chain.from(bob()).call(act(credit, Layer::Debt, &[given], &outputs)).expect_ok();
    let fee_only = pay(credit, &[BOBS, made[1]], &[value(HELD - 100, bob())]);
    chain.from(bob()).call(fee_only).expect_ok();
    let totals = chain.query(credit.statistics(1)).expect("a query");
    assert_eq!((totals.debt, totals.fees), (100, 100));
    assert!(output(&chain, credit, made[1]).is_some());
}

#[test]
fn hands_a_source_over_inside_the_administration() {
    let (mut chain, credit) = founded(village());
    let made = chain.from(alice()).call(act(credit, Layer::Admin, &[SOURCE_1024], &[credits(1024, bob())])).expect_ok();
    let old = pay(credit, &[SOURCE_1024], &[credits(1, alice())]);
    chain.from(alice()).call(old).expect_error(Error::UnknownOutput);
    let new = pay(credit, &made, &[credits(1000, charlie())]);
    chain.from(alice()).call(new.clone()).expect_error(Error::NotAuthorised);
    chain.from(bob()).call(new).expect_ok();
    // A grant counts as one; handing a source over does not.
    assert_eq!(chain.query(credit.statistics(1)).expect("a query").granted, 1000);
}

#[test]
fn makes_no_source_of_anything_below() {
    let (mut chain, credit) = founded(village());
    let given = grant(&mut chain, credit, 100, bob());
    for lower in [given, BOBS] {
        let call = act(credit, Layer::Admin, &[lower], &[credits(100, bob())]);
        chain.from(bob()).call(call).expect_error(Error::NotInLayer);
    }
    let more = act(credit, Layer::Admin, &[SOURCE_1024], &[credits(1025, bob())]);
    chain.from(alice()).call(more).expect_error(Error::CreditCreated);
}

#[test]
fn holds_in_each_layer_what_belongs_there() {
    let (mut chain, credit) = founded(village());
    let given = grant(&mut chain, credit, 1, alice());
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let misplaced: [(Layer, u64, NewOutput); 3] = [
        (Layer::Admin, SOURCE_1024, value(1, alice())),
        (Layer::Admin, SOURCE_1024, debt(1, alice(), expires_at_ms)),
        (Layer::Debt, given, credits(1, alice())),
    ];
    for (layer, input, made) in misplaced {
        chain.from(alice()).call(act(credit, layer, &[input], &[made])).expect_error(Error::NotInLayer);
    }
}
