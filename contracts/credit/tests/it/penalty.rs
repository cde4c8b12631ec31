//! The penalty: who runs from an expired debt loses what they would have moved, and nobody else loses anything.

use crate::{
    ALICES, BOBS, DEBT_MS, HELD, PER_BLOCK, borrow, credits, debt, default_of_bob, founded, grant, order, output, pay,
    sign, sources, step, value, village,
};
use credit::{CreditRef, Error, Layer, Lock, NewNetwork, NewOutput, Order, Penalised, Several, Terms, Witness};
use tenon_contract::Amount;
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve};

/// Bob's order to send all that he had to Eve, and his signature.
fn flight(chain: &TestChain, credit: CreditRef) -> (Order, Vec<Witness>) {
    let order = order(chain, &[step(Layer::Circulation, &[BOBS], &[value(HELD, eve())])]);
    let witness = sign(chain, credit, "Bob", &order);
    (order, vec![witness])
}

#[test]
fn takes_exactly_what_the_order_would_have_moved() {
    let (mut chain, credit, cash, owed) = default_of_bob();
    let (order, witnesses) = flight(&chain, credit);
    let refused = chain.from(eve()).call(credit.submit(order.clone(), witnesses.clone(), vec![], false));
    refused.expect_error(Error::Frozen);
    let id = chain.query(credit.order_id(order.clone())).expect("a query");
    let outcome = chain.from(dave()).call(credit.penalise(owed, order.clone(), witnesses.clone(), vec![]));
    let (network, debtor, reporter, value, reward) = (1, bob(), dave(), HELD, HELD / 10);
    let event = Penalised { network, debtor, reporter, debt: owed, order: id, taken: vec![BOBS], value, reward };
    assert!(outcome.has(&event));
    assert_eq!(outcome.expect_ok(), HELD);
    assert_eq!(output(&chain, credit, BOBS), None);
    assert!(output(&chain, credit, cash).is_some() && output(&chain, credit, owed).is_some());
    let rewards = chain.query(credit.outputs_of(1, dave(), None, None)).expect("a query");
    assert_eq!(rewards.iter().map(|(_, output)| output.amount).collect::<Vec<_>>(), [HELD / 10]);
    let totals = chain.query(credit.statistics(1)).expect("a query");
    assert_eq!((totals.fees, totals.debt, totals.penalised), (HELD - HELD / 10, 100, HELD));
    // Once: what it would have moved is gone. The debt stays, and so does the freeze.
    let again = chain.from(dave()).call(credit.penalise(owed, order, witnesses, vec![]));
    again.expect_error(Error::UnknownOutput);
    assert_eq!(chain.query(credit.is_frozen(1, bob())), Ok(true));
    // Another flight from the same debt is another offence.
    let second = crate::order(&chain, &[step(Layer::Circulation, &[cash], &[crate::value(100, eve())])]);
    let witness = sign(&chain, credit, "Bob", &second);
    assert_eq!(chain.from(eve()).call(credit.penalise(owed, second, vec![witness], vec![])).expect_ok(), 100);
}

#[test]
fn needs_a_debt_that_has_expired() {
    let (mut chain, credit) = founded(village());
    let (_, owed) = borrow(&mut chain, credit, 100, bob());
    let (order, witnesses) = flight(&chain, credit);
    for no_bad_debt in [owed, BOBS, 0, u64::MAX] {
        let outcome = chain.from(dave()).call(credit.penalise(no_bad_debt, order.clone(), witnesses.clone(), vec![]));
        outcome.expect_error(Error::NotBadDebt);
    }
    assert!(output(&chain, credit, BOBS).is_some());
}

#[test]
fn spares_orders_that_were_made_before_the_expiry() {
    let (mut chain, credit) = founded(village());
    let (_, owed) = borrow(&mut chain, credit, 100, bob());
    chain.advance_ms(DEBT_MS - 30_000);
    let (in_flight, witnesses) = flight(&chain, credit);
    chain.advance_ms(30_000);
    let outcome = chain.from(dave()).call(credit.penalise(owed, in_flight.clone(), witnesses.clone(), vec![]));
    outcome.expect_error(Error::MadeBefore);
    // It is refused all the same.
    chain.from(dave()).call(credit.submit(in_flight, witnesses, vec![], false)).expect_error(Error::Frozen);
}

#[test]
fn counts_an_order_from_the_millisecond_of_the_expiry_on() {
    let (mut chain, credit) = founded(village());
    let (_, owed) = borrow(&mut chain, credit, 100, bob());
    let expires_at_ms = chain.query(credit.bad_debts(1, u64::MAX, None, None)).expect("a query");
    let credit::Element::Debt(credit::Debt { expires_at_ms, .. }) = expires_at_ms[0].1.element else {
        panic!("a debt")
    };
    chain.set_time_ms(expires_at_ms);
    for (offset, offence) in [(-1, false), (0, true)] {
        let made = Order {
            valid_from_ms: expires_at_ms.checked_add_signed(offset).expect("in range"),
            ..flight(&chain, credit).0
        };
        let witness = sign(&chain, credit, "Bob", &made);
        let outcome = chain.clone().from(dave()).call(credit.penalise(owed, made, vec![witness], vec![]));
        if offence {
            outcome.expect_ok();
        } else {
            outcome.expect_error(Error::MadeBefore);
        }
    }
}

#[test]
fn needs_an_order_that_is_good_but_for_the_debt() {
    let (mut chain, credit, _, owed) = default_of_bob();
    let (good, witnesses) = flight(&chain, credit);
    let now = chain.time_ms();
    let windows = [
        (
            Order { valid_from_ms: now + 1_000_000, valid_until_ms: now + 2_000_000, ..good.clone() },
            Error::OrderNotYetValid,
        ),
        (Order { valid_until_ms: now, ..good.clone() }, Error::OrderExpired),
        (Order { valid_until_ms: u64::MAX, ..good.clone() }, Error::OrderTooLong),
        (Order { network: 2, ..good.clone() }, Error::UnknownNetwork),
    ];
    let changed = |outputs: &[NewOutput]| order(&chain, &[step(Layer::Circulation, &[BOBS], outputs)]);
    let others = [
        (changed(&[value(HELD + 1, eve())]), Error::ValueCreated),
        (changed(&[credits(1, eve())]), Error::CreditCreated),
        (order(&chain, &[step(Layer::Circulation, &[BOBS, ALICES], &[value(HELD, eve())])]), Error::NotAuthorised),
        (order(&chain, &[step(Layer::Circulation, &[ALICES], &[value(HELD, eve())])]), Error::NotAuthorised),
        (order(&chain, &[]), Error::EmptyStep),
    ];
    for (order, error) in windows.into_iter().chain(others) {
        let witness = sign(&chain, credit, "Bob", &order);
        chain.clone().from(dave()).call(credit.penalise(owed, order, vec![witness], vec![])).expect_error(error);
    }
    // Another's signature, none, and that of the debtor over something else.
    let forged = Witness { who: bob(), ..sign(&chain, credit, "Dave", &good) };
    let other = sign(&chain, credit, "Bob", &changed(&[value(1, eve())]));
    for bad in [forged, other] {
        let outcome = chain.from(dave()).call(credit.penalise(owed, good.clone(), vec![bad], vec![]));
        outcome.expect_error(Error::InvalidSignature);
    }
    let unsigned = chain.from(bob()).call(credit.penalise(owed, good.clone(), vec![], vec![]));
    unsigned.expect_error(Error::NotAuthorised);
    chain.from(dave()).call(credit.penalise(owed, good, witnesses, vec![])).expect_ok();
}

#[test]
fn spares_repayments_and_orders_of_others() {
    let (mut chain, credit, _, owed) = default_of_bob();
    let repayment = order(&chain, &[step(Layer::Circulation, &[BOBS, owed], &[value(HELD - 100, bob())])]);
    let witness = sign(&chain, credit, "Bob", &repayment);
    let outcome = chain.from(dave()).call(credit.penalise(owed, repayment.clone(), vec![witness.clone()], vec![]));
    outcome.expect_error(Error::NoOffence);
    let others = order(&chain, &[step(Layer::Circulation, &[ALICES], &[value(HELD, eve())])]);
    let alices = sign(&chain, credit, "Alice", &others);
    let outcome = chain.from(dave()).call(credit.penalise(owed, others, vec![alices], vec![]));
    outcome.expect_error(Error::NoOffence);
    chain.from(dave()).call(credit.submit(repayment, vec![witness], vec![], false)).expect_ok();
    // After the repayment nothing is left to punish.
    let (order, witnesses) = flight(&chain, credit);
    let outcome = chain.from(dave()).call(credit.penalise(owed, order, witnesses, vec![]));
    outcome.expect_error(Error::NotBadDebt);
}

#[test]
fn takes_nothing_of_whoever_signed_with_the_debtor_or_owns_with_him() {
    let (mut chain, credit) = founded(village());
    let shared = Lock::Several(Several { members: vec![bob(), charlie()], threshold: 1 });
    let joint = NewOutput { element: credit::Element::Value, amount: HELD, lock: shared };
    let joint = chain.from(charlie()).call(pay(credit, &[crate::CHARLIES], &[joint])).expect_ok()[0];
    let (cash, owed) = borrow(&mut chain, credit, 100, bob());
    chain.advance_ms(DEBT_MS);
    let mixed = order(&chain, &[step(Layer::Circulation, &[ALICES, joint, cash], &[value(2 * HELD + 100, eve())])]);
    let both = ["Bob", "Alice"].map(|who| sign(&chain, credit, who, &mixed)).to_vec();
    assert_eq!(chain.from(dave()).call(credit.penalise(owed, mixed, both, vec![])).expect_ok(), 100);
    assert!(output(&chain, credit, ALICES).is_some() && output(&chain, credit, joint).is_some());
    assert_eq!(output(&chain, credit, cash), None);
}

#[test]
fn destroys_credit_and_leaves_locked_value_locked() {
    let (mut chain, credit) = founded(village());
    let given = grant(&mut chain, credit, 50, bob());
    let stake = chain.from(bob()).call(crate::act(credit, Layer::Debt, &[BOBS], &[value(HELD, bob())])).expect_ok()[0];
    let (_, owed) = borrow(&mut chain, credit, 100, bob());
    chain.advance_ms(DEBT_MS);
    let steps =
        [step(Layer::Circulation, &[given], &[credits(50, eve())]), step(Layer::Debt, &[stake], &[value(HELD, eve())])];
    let order = order(&chain, &steps);
    let witness = sign(&chain, credit, "Bob", &order);
    assert_eq!(chain.from(dave()).call(credit.penalise(owed, order, vec![witness], vec![])).expect_ok(), HELD);
    let totals = chain.query(credit.statistics(1)).expect("a query");
    assert_eq!((totals.credit, totals.locked, totals.fees), (0, HELD / 10, HELD - HELD / 10));
}

#[test]
fn pays_no_reporter_where_the_network_gives_nothing() {
    let new = village();
    let (mut chain, credit) = founded(NewNetwork { terms: Terms { reporter_percent: 0, ..new.terms.clone() }, ..new });
    let (_, owed) = borrow(&mut chain, credit, 100, bob());
    chain.advance_ms(DEBT_MS);
    let (order, witnesses) = flight(&chain, credit);
    chain.from(dave()).call(credit.penalise(owed, order, witnesses, vec![])).expect_ok();
    assert_eq!(chain.query(credit.outputs_of(1, dave(), None, None)), Ok(vec![]));
    assert_eq!(chain.query(credit.statistics(1)).expect("a query").fees, HELD);
}

#[test]
fn honest_debtors_are_never_punished() {
    // Whatever Bob signs and repays in time, and whatever he signed before he owed.
    let (mut chain, credit) = founded(village());
    let (early, early_witness) = flight(&chain, credit);
    let (cash, owed) = borrow(&mut chain, credit, 100, bob());
    let repayment = order(&chain, &[step(Layer::Circulation, &[cash, owed], &[])]);
    let witness = sign(&chain, credit, "Bob", &repayment);
    for (order, witnesses) in [(early.clone(), early_witness.clone()), (repayment.clone(), vec![witness.clone()])] {
        let outcome = chain.from(dave()).call(credit.penalise(owed, order, witnesses, vec![]));
        outcome.expect_error(Error::NotBadDebt);
    }
    chain.from(eve()).call(credit.submit(repayment, vec![witness], vec![], false)).expect_ok();
    chain.advance_ms(2 * DEBT_MS);
    let outcome = chain.from(dave()).call(credit.penalise(owed, early, early_witness, vec![]));
    outcome.expect_error(Error::NotBadDebt);
    let (late, _) = flight(&chain, credit);
    let outcome = chain.from(alice()).call(credit.penalise(owed, late, vec![], vec![]));
    outcome.expect_error(Error::NotBadDebt);
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let forced = chain.from(alice()).call(pay(credit, &[1], &[value(1, alice()), debt(1, bob(), expires_at_ms)]));
    forced.expect_error(Error::DebtorNotAsked);
}

#[test]
fn spares_an_order_that_clears_the_debt_and_pays_others_too() {
    let (mut chain, credit, _, owed) = default_of_bob();
    let outputs = [value(HELD - 150, bob()), value(50, eve())];
    let settled = order(&chain, &[step(Layer::Circulation, &[BOBS, owed], &outputs)]);
    let witness = sign(&chain, credit, "Bob", &settled);
    let outcome = chain.from(dave()).call(credit.penalise(owed, settled.clone(), vec![witness.clone()], vec![]));
    outcome.expect_error(Error::NoOffence);
    chain.from(dave()).call(credit.submit(settled, vec![witness], vec![], false)).expect_ok();
}

#[test]
fn names_the_debt_that_an_order_leaves_behind() {
    let (mut chain, credit) = founded(village());
    let (_, first) = borrow(&mut chain, credit, 100, bob());
    let (_, second) = borrow(&mut chain, credit, 50, bob());
    chain.advance_ms(DEBT_MS);
    // One debt is cleared, the other is left, and the rest goes to Eve.
    let half = order(&chain, &[step(Layer::Circulation, &[BOBS, first], &[value(HELD - 100, eve())])]);
    let witness = vec![sign(&chain, credit, "Bob", &half)];
    let cleared = chain.from(dave()).call(credit.penalise(first, half.clone(), witness.clone(), vec![]));
    cleared.expect_error(Error::NoOffence);
    assert_eq!(chain.from(dave()).call(credit.penalise(second, half, witness, vec![])).expect_ok(), HELD);
    // The debt that would have been cleared is not: it is as it was, and so is the other.
    assert!(output(&chain, credit, first).is_some() && output(&chain, credit, second).is_some());
}

#[test]
fn spares_an_order_that_grants_beyond_the_limits() {
    let (mut chain, credit, _, owed) = default_of_bob();
    let with_grant = |chain: &TestChain, amount: Amount| {
        let moved = step(Layer::Circulation, &[BOBS], &[value(HELD, eve())]);
        let order = order(chain, &[moved, step(Layer::Circulation, &sources(amount), &[credits(amount, eve())])]);
        let both = ["Bob", "Alice"].map(|who| sign(chain, credit, who, &order)).to_vec();
        credit.penalise(owed, order, both, vec![])
    };
    let over = with_grant(&chain, PER_BLOCK + 1);
    chain.from(dave()).call(over).expect_error(Error::BlockLimit);
    for _ in 0..2 {
        grant(&mut chain, credit, PER_BLOCK, charlie());
    }
    let over = with_grant(&chain, PER_BLOCK);
    chain.from(dave()).call(over).expect_error(Error::DayLimit);
    // Within the limits it counts, and what it would have granted is not used up.
    let before = chain.query(credit.grants(1)).expect("a query");
    let within = with_grant(&chain, 1_000);
    assert_eq!(chain.from(dave()).call(within).expect_ok(), HELD);
    assert_eq!(chain.query(credit.grants(1)), Ok(before));
}
