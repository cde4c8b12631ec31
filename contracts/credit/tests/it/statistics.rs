//! Sums, supply and bad debts, which anybody can count from the outputs; and fees.

use crate::{
    ALICES, BOBS, DEBT_MS, HELD, act, borrow, default_of_bob, founded, grant, order, output, pay, sign, step, value,
    village,
};
use credit::{Collected, CreditRef, Debt, Element, Error, Layer, Lock, Output};
use tenon_contract::Amount;
use tenon_testkit::{TestChain, alice, bob, charlie, dave, ferdie};

fn all(chain: &TestChain, credit: CreditRef) -> Vec<(u64, Output)> {
    let mut found: Vec<(u64, Output)> = Vec::new();
    loop {
        let page = chain.query(credit.outputs(1, found.last().map(|(id, _)| *id), Some(7))).expect("a query");
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

fn sum(outputs: &[(u64, Output)], of: impl Fn(&Output) -> bool) -> Amount {
    outputs.iter().filter(|(_, output)| of(output)).map(|(_, output)| output.amount).sum()
}

/// Bob locks half of his value and borrows 100, Charlie 50; a fee of 3 waits.
fn busy() -> (TestChain, CreditRef) {
    let (mut chain, credit) = founded(village());
    chain.from(alice()).call(pay(credit, &[ALICES], &[value(HELD - 3, alice())])).expect_ok();
    let halves = [value(HELD / 2, bob()), value(HELD / 2, bob())];
    let made = chain.from(bob()).call(pay(credit, &[BOBS], &halves)).expect_ok();
    chain.from(bob()).call(act(credit, Layer::Debt, &made[..1], &halves[..1])).expect_ok();
    borrow(&mut chain, credit, 100, bob());
    chain.advance_ms(10_000);
    borrow(&mut chain, credit, 50, charlie());
    grant(&mut chain, credit, 20, dave());
    (chain, credit)
}

#[test]
fn sums_are_those_that_anybody_counts() {
    let (chain, credit) = busy();
    let (outputs, totals) = (all(&chain, credit), chain.query(credit.statistics(1)).expect("a query"));
    let value = sum(&outputs, |output| output.element == Element::Value);
    let locked = sum(&outputs, |output| output.element == Element::Value && output.layer == Layer::Debt);
    let debt = sum(&outputs, |output| matches!(output.element, Element::Debt(_)));
    let unused = sum(&outputs, |output| output.element == Element::Credit && output.layer != Layer::Admin);
    assert_eq!((totals.value, totals.locked, totals.debt, totals.credit), (value, locked, debt, unused));
    assert_eq!((totals.fees, totals.net_value, totals.granted), (3, 3 * HELD, 170));
    // All net value, less what is locked or waits as a fee, and more by the debt.
    let circulating = chain.query(credit.circulating(1)).expect("a query");
    assert_eq!(circulating, totals.net_value - locked - totals.fees + debt);
    assert_eq!(
        circulating,
        sum(&outputs, |output| output.element == Element::Value && output.layer == Layer::Circulation)
    );
    // No more cash can be there than what there was and what was granted.
    assert!(value + totals.fees <= totals.net_value + totals.granted);
}

#[test]
fn bad_debts_are_those_that_anybody_counts() {
    let (mut chain, credit) = busy();
    let outputs = all(&chain, credit);
    let expiry = |output: &Output| match &output.element {
        Element::Debt(Debt { expires_at_ms, .. }) => Some(*expires_at_ms),
        Element::Value | Element::Credit => None,
    };
    let mut times: Vec<u64> = outputs.iter().filter_map(|(_, output)| expiry(output)).collect();
    times.sort_unstable();
    assert_eq!(times.len(), 2);
    for at_ms in [0, times[0] - 1, times[0], times[1] - 1, times[1], u64::MAX] {
        let counted: Vec<_> = outputs
            .iter()
            .filter(|(_, output)| expiry(output).is_some_and(|expiry| at_ms >= expiry))
            .cloned()
            .collect();
        assert_eq!(chain.query(credit.bad_debts(1, at_ms, None, None)), Ok(counted));
    }
    let first = chain.query(credit.bad_debts(1, u64::MAX, None, Some(1))).expect("a query");
    let next = chain.query(credit.bad_debts(1, u64::MAX, Some((times[0], first[0].0)), None)).expect("a query");
    assert_eq!((first.len(), next.len()), (1, 1));
    // A guarantor clears one of them.
    chain.advance_ms(2 * DEBT_MS);
    let alices = chain.query(credit.outputs_of(1, alice(), Some(16), None)).expect("a query");
    let (purse, held) = (alices[0].0, alices[0].1.amount);
    chain.from(alice()).call(pay(credit, &[purse, first[0].0], &[value(held - 100, alice())])).expect_ok();
    assert_eq!(chain.query(credit.bad_debts(1, u64::MAX, None, None)), Ok(next));
}

#[test]
fn lists_the_outputs_of_whoever_stands_in_the_lock() {
    let (chain, credit) = busy();
    for who in [alice(), bob(), charlie(), dave(), ferdie()] {
        let counted: Vec<_> =
            all(&chain, credit).into_iter().filter(|(_, output)| output.lock == Lock::Key(who)).collect();
        assert_eq!(chain.query(credit.outputs_of(1, who, None, None)), Ok(counted));
    }
    assert_eq!(chain.query(credit.outputs_of(1, alice(), Some(2), Some(3))).map(|page| page.len()), Ok(3));
    assert_eq!(chain.query(credit.outputs_of(2, alice(), None, None)), Ok(vec![]));
}

#[test]
fn hands_fees_to_the_fee_taker_in_the_debt_layer() {
    let (mut chain, credit) = busy();
    let circulating = chain.query(credit.circulating(1));
    let outcome = chain.from(dave()).call(credit.collect_fees(1));
    assert!(outcome.has(&Collected { network: 1, to: ferdie(), amount: 3 }));
    let id = outcome.expect_ok();
    let (layer, element, lock) = (Layer::Debt, Element::Value, Lock::Key(ferdie()));
    assert_eq!(output(&chain, credit, id), Some(Output { layer, element, amount: 3, lock }));
    assert_eq!(chain.query(credit.circulating(1)), circulating);
    chain.from(dave()).call(credit.collect_fees(1)).expect_error(Error::NothingToCollect);
}

#[test]
fn moves_value_debt_and_both() {
    // The three ways of circulation: value for value, value with debt, and debt alone.
    let (mut chain, credit, cash, owed) = default_of_bob();
    chain.from(alice()).call(pay(credit, &[ALICES], &[value(HELD, charlie())])).expect_ok();
    chain.from(bob()).call(pay(credit, &[cash, owed], &[])).expect_ok();
    let (_, owed) = borrow(&mut chain, credit, 30, bob());
    let given = grant(&mut chain, credit, 30, charlie());
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let steps = [step(Layer::Circulation, &[owed, given], &[crate::debt(30, charlie(), expires_at_ms)])];
    let handed = order(&chain, &steps);
    let both = ["Bob", "Charlie"].map(|who| sign(&chain, credit, who, &handed)).to_vec();
    chain.from(dave()).call(credit.submit(handed, both, vec![], false)).expect_ok();
    let totals = chain.query(credit.statistics(1)).expect("a query");
    assert_eq!(totals.value + totals.fees - totals.debt, totals.net_value);
}
