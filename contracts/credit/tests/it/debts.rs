//! Debts from their beginning to their end: borrowed, repaid, handed on, swapped, expired.

use crate::{
    ALICES, BOBS, CHARLIES, DEBT_MS, HELD, LONGEST_MS, act, borrow, credits, debt, default_of_bob, founded, grant,
    order, output, pay, sign, sources, step, value, village,
};
use credit::{CreditRef, Debt, Element, Error, Layer, Lock, NewOutput, Recorded};
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve};

#[test]
fn borrows_by_the_table() {
    let (mut chain, credit) = founded(village());
    let given = grant(&mut chain, credit, 100, bob());
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let outputs = [value(99, bob()), debt(100, bob(), expires_at_ms)];
    let outcome = chain.from(bob()).call(pay(credit, &[given], &outputs));
    let spent = outcome.count_of::<Recorded>();
    let made = outcome.expect_ok();
    assert_eq!((spent, made.len()), (1, 2));
    let totals = chain.query(credit.statistics(1)).expect("a query");
    assert_eq!((totals.fees, totals.debt, totals.credit, totals.granted), (1, 100, 0, 100));
    assert_eq!(totals.value, 3 * HELD + 99);
    let owed = output(&chain, credit, made[1]).expect("the debt");
    assert_eq!(owed.element, Element::Debt(Debt { debtor: bob(), expires_at_ms, renormaliser: None }));
}

#[test]
fn repays_by_the_table_in_both_layers() {
    for layer in [Layer::Circulation, Layer::Debt] {
        let (mut chain, credit) = founded(village());
        let (cash, owed) = borrow(&mut chain, credit, 100, bob());
        // One more of debt than of value is refused.
        let short = chain.from(bob()).call(pay(credit, &[cash], &[value(99, bob()), value(1, bob())])).expect_ok();
        chain.from(bob()).call(act(credit, layer, &[short[0], owed], &[])).expect_error(Error::ValueCreated);
        let split =
            chain.from(bob()).call(pay(credit, &[BOBS], &[value(2, bob()), value(HELD - 2, bob())])).expect_ok();
        chain.from(bob()).call(act(credit, layer, &[short[0], split[0], owed], &[])).expect_ok();
        let totals = chain.query(credit.statistics(1)).expect("a query");
        assert_eq!((totals.debt, totals.fees), (0, 1));
        assert_eq!(chain.query(credit.bad_debts(1, u64::MAX, None, None)), Ok(vec![]));
    }
}

#[test]
fn makes_no_debt_without_credit_or_beyond_it() {
    let (mut chain, credit) = founded(village());
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let outputs = [value(HELD + 1, bob()), debt(1, bob(), expires_at_ms)];
    chain.from(bob()).call(pay(credit, &[BOBS], &outputs)).expect_error(Error::DebtWithoutCredit);
    let given = grant(&mut chain, credit, 100, bob());
    let beyond = [value(101, bob()), debt(101, bob(), expires_at_ms)];
    chain.from(bob()).call(pay(credit, &[given], &beyond)).expect_error(Error::DebtWithoutCredit);
    // Credit that is kept does not count.
    let kept = [value(100, bob()), debt(100, bob(), expires_at_ms), credits(1, bob())];
    chain.from(bob()).call(pay(credit, &[given], &kept)).expect_error(Error::DebtWithoutCredit);
    let more = [credits(101, bob())];
    chain.from(bob()).call(pay(credit, &[given], &more)).expect_error(Error::CreditCreated);
    let exact = [value(60, bob()), debt(60, bob(), expires_at_ms), credits(40, bob())];
    chain.from(bob()).call(pay(credit, &[given], &exact)).expect_ok();
}

#[test]
fn grants_credit_of_an_agent_without_value() {
    // The group gives to an agent, who has no value, the agent to a user.
    let (mut chain, credit) = founded(village());
    let agents = grant(&mut chain, credit, 500, dave());
    let parts = [credits(100, eve()), credits(400, dave())];
    let made = chain.from(dave()).call(pay(credit, &[agents], &parts)).expect_ok();
    let too_much = [credits(401, eve())];
    chain.from(dave()).call(pay(credit, &[made[1]], &too_much)).expect_error(Error::CreditCreated);
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let outputs = [value(100, eve()), debt(100, eve(), expires_at_ms)];
    chain.from(eve()).call(pay(credit, &[made[0]], &outputs)).expect_ok();
    let totals = chain.query(credit.statistics(1)).expect("a query");
    assert_eq!((totals.credit, totals.debt, totals.granted), (400, 100, 500));
}

#[test]
fn asks_whoever_comes_to_owe() {
    let (mut chain, credit) = founded(village());
    let given = grant(&mut chain, credit, 100, charlie());
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let outputs = [value(100, charlie()), debt(100, bob(), expires_at_ms)];
    chain.from(charlie()).call(pay(credit, &[given], &outputs)).expect_error(Error::DebtorNotAsked);
    let signed = order(&chain, &[step(Layer::Circulation, &[given], &outputs)]);
    let witness = sign(&chain, credit, "Bob", &signed);
    chain.from(charlie()).call(credit.submit(signed, vec![witness], vec![], true)).expect_ok();
}

#[test]
fn limits_the_time_of_a_debt() {
    let (mut chain, credit) = founded(village());
    let given = grant(&mut chain, credit, 1, bob());
    let now = chain.time_ms();
    for (expires_at_ms, accepted) in [
        (0, false),
        (now, false),
        (now + 1, true),
        (now + LONGEST_MS, true),
        (now + LONGEST_MS + 1, false),
        (u64::MAX, false),
    ] {
        let outputs = [value(1, bob()), debt(1, bob(), expires_at_ms)];
        let outcome = chain.clone().from(bob()).call(pay(credit, &[given], &outputs));
        if accepted {
            outcome.expect_ok();
        } else {
            outcome.expect_error(Error::InvalidExpiry);
        }
    }
}

#[test]
fn hands_a_debt_on_with_fresh_credit_alone() {
    let (mut chain, credit) = founded(village());
    let (_, owed) = borrow(&mut chain, credit, 100, bob());
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let to_charlie = [debt(100, charlie(), expires_at_ms)];
    let without = order(&chain, &[step(Layer::Circulation, &[owed], &to_charlie)]);
    let witness = sign(&chain, credit, "Bob", &without);
    let outcome = chain.from(charlie()).call(credit.submit(without, vec![witness], vec![], true));
    outcome.expect_error(Error::DebtWithoutCredit);
    let given = grant(&mut chain, credit, 100, charlie());
    let with = order(&chain, &[step(Layer::Circulation, &[owed, given], &to_charlie)]);
    let witness = sign(&chain, credit, "Bob", &with);
    let made = chain.from(charlie()).call(credit.submit(with, vec![witness], vec![], true)).expect_ok();
    chain.advance_ms(DEBT_MS);
    assert_eq!(chain.query(credit.is_frozen(1, bob())), Ok(false));
    assert_eq!(chain.query(credit.is_frozen(1, charlie())), Ok(true));
    let bad = chain.query(credit.bad_debts(1, chain.time_ms(), None, None)).expect("a query");
    assert_eq!(bad.iter().map(|(id, _)| *id).collect::<Vec<_>>(), made);
    assert_eq!(chain.query(credit.statistics(1)).expect("a query").granted, 200);
}

#[test]
fn clears_others_debts_once_they_have_expired() {
    let (mut chain, credit) = founded(village());
    let (_, owed) = borrow(&mut chain, credit, 100, bob());
    let rest = [value(HELD - 100, charlie())];
    let help = pay(credit, &[CHARLIES, owed], &rest);
    chain.clone().from(charlie()).call(pay(credit, &[CHARLIES, owed], &rest)).expect_error(Error::NotAuthorised);
    chain.advance_ms(DEBT_MS);
    assert_eq!(chain.query(credit.is_frozen(1, bob())), Ok(true));
    chain.from(charlie()).call(help).expect_ok();
    assert_eq!(chain.query(credit.is_frozen(1, bob())), Ok(false));
    assert_eq!(chain.query(credit.statistics(1)).expect("a query").debt, 0);
}

#[test]
fn freezes_from_the_millisecond_of_the_expiry_on() {
    let (mut chain, credit) = founded(village());
    let (_, owed) = borrow(&mut chain, credit, 100, bob());
    let Some(Element::Debt(Debt { expires_at_ms, .. })) = output(&chain, credit, owed).map(|output| output.element)
    else {
        panic!("a debt")
    };
    for (offset, frozen) in [(-1, false), (0, true), (1, true)] {
        let mut chain = chain.clone();
        chain.set_time_ms(expires_at_ms.checked_add_signed(offset).expect("in range"));
        assert_eq!(chain.query(credit.is_frozen(1, bob())), Ok(frozen));
        let outcome = chain.from(bob()).call(pay(credit, &[BOBS], &[value(HELD, charlie())]));
        if frozen {
            outcome.expect_error(Error::Frozen);
        } else {
            outcome.expect_ok();
        }
    }
}

#[test]
fn lets_a_debtor_in_default_repay_and_nothing_else() {
    let (mut chain, credit, cash, owed) = default_of_bob();
    let refused: [(Layer, Vec<u64>, Vec<NewOutput>); 5] = [
        (Layer::Circulation, vec![BOBS], vec![value(HELD, charlie())]),
        (Layer::Circulation, vec![BOBS], vec![value(HELD, bob())]),
        (Layer::Debt, vec![BOBS], vec![value(HELD, bob())]),
        (Layer::Circulation, vec![BOBS], vec![]),
        (Layer::Circulation, vec![BOBS, cash], vec![value(100, charlie()), value(HELD, bob())]),
    ];
    for (layer, inputs, outputs) in refused {
        chain.from(bob()).call(act(credit, layer, &inputs, &outputs)).expect_error(Error::Frozen);
    }
    // What clears all that has expired may pay others too.
    let all = pay(credit, &[BOBS, owed], &[value(HELD - 200, bob()), value(100, charlie())]);
    chain.clone().from(bob()).call(all).expect_ok();
    chain.from(bob()).call(pay(credit, &[cash, owed], &[])).expect_ok();
    assert_eq!(chain.query(credit.is_frozen(1, bob())), Ok(false));
    chain.from(bob()).call(pay(credit, &[BOBS], &[value(HELD, charlie())])).expect_ok();
}

#[test]
fn lets_one_of_two_bad_debts_be_repaid_without_moving_anything_else() {
    let (mut chain, credit) = founded(village());
    let (_, first) = borrow(&mut chain, credit, 100, bob());
    let (_, second) = borrow(&mut chain, credit, 50, bob());
    chain.advance_ms(DEBT_MS);
    let leaks = [
        vec![value(HELD - 100, charlie())],
        vec![value(HELD - 101, bob())],
        vec![value(HELD - 101, bob()), value(1, charlie())],
    ];
    for outputs in leaks {
        chain.from(bob()).call(pay(credit, &[BOBS, first], &outputs)).expect_error(Error::Frozen);
    }
    let rest = chain.from(bob()).call(pay(credit, &[BOBS, first], &[value(HELD - 100, bob())])).expect_ok();
    chain.from(bob()).call(pay(credit, &rest, &[value(HELD - 100, charlie())])).expect_error(Error::Frozen);
    chain.from(bob()).call(pay(credit, &[rest[0], second], &[value(HELD - 150, charlie())])).expect_ok();
}

#[test]
fn prolongs_an_expired_debt_with_fresh_credit() {
    let (mut chain, credit, _, owed) = default_of_bob();
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let inputs = [&[owed][..], &sources(100)].concat();
    let longer = order(&chain, &[step(Layer::Circulation, &inputs, &[debt(100, bob(), expires_at_ms)])]);
    let witness = sign(&chain, credit, "Bob", &longer);
    chain.from(alice()).call(credit.submit(longer, vec![witness], vec![], true)).expect_ok();
    assert_eq!(chain.query(credit.is_frozen(1, bob())), Ok(false));
}

/// Charlie has all his value as stake, Bob owes 100.
fn stake() -> (TestChain, CreditRef, u64, u64, u64) {
    let (mut chain, credit) = founded(village());
    let (_, owed) = borrow(&mut chain, credit, 100, bob());
    let outputs = [value(100, charlie()), value(HELD - 100, charlie())];
    let locked = chain.from(charlie()).call(act(credit, Layer::Debt, &[CHARLIES], &outputs)).expect_ok();
    (chain, credit, owed, locked[0], locked[1])
}

#[test]
fn swaps_debt_against_stake_at_any_price_or_not_at_all() {
    for price in [1, 50, 99, 150] {
        let (mut chain, credit, owed, stake, _) = stake();
        let clear = step(Layer::Debt, &[stake, owed], &[]);
        let paid = step(Layer::Circulation, &[BOBS], &[value(price, charlie()), value(HELD - price, bob())]);
        let swap = order(&chain, &[clear, paid]);
        let bobs = sign(&chain, credit, "Bob", &swap);
        // Only one of the two agrees.
        let half = chain.from(dave()).call(credit.submit(swap.clone(), vec![bobs.clone()], vec![], false));
        half.expect_error(Error::NotAuthorised);
        let both = vec![bobs, sign(&chain, credit, "Charlie", &swap)];
        let made = chain.from(dave()).call(credit.submit(swap, both, vec![], false)).expect_ok();
        assert_eq!(
            output(&chain, credit, made[0]).map(|output| (output.layer, output.amount)),
            Some((Layer::Circulation, price))
        );
        let totals = chain.query(credit.statistics(1)).expect("a query");
        assert_eq!((totals.debt, totals.locked), (0, HELD - 100));
    }
}

#[test]
fn does_no_part_of_a_swap_if_the_other_fails() {
    let (mut chain, credit, owed, stake, _) = stake();
    let clear = step(Layer::Debt, &[stake, owed], &[]);
    let unpaid = step(Layer::Circulation, &[ALICES], &[value(50, charlie())]);
    let swap = order(&chain, &[clear, unpaid]);
    let both = ["Bob", "Charlie"].map(|who| sign(&chain, credit, who, &swap));
    let outcome = chain.from(dave()).call(credit.submit(swap, both.to_vec(), vec![], false));
    outcome.expect_error(Error::NotAuthorised);
    assert_eq!(chain.query(credit.statistics(1)).expect("a query").debt, 100);
}

#[test]
fn refuses_debts_in_other_forms_and_of_nobody() {
    let (mut chain, credit) = founded(village());
    let given = grant(&mut chain, credit, 1, bob());
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let form = |debtor, renormaliser, owner| NewOutput {
        element: Element::Debt(Debt { debtor, expires_at_ms, renormaliser }),
        amount: 1,
        lock: Lock::Key(owner),
    };
    let cases = [
        (form(bob(), None, charlie()), Error::NonStandardDebt),
        (form(bob(), Some(alice()), bob()), Error::NonStandardDebt),
        (form(Address::ZERO, None, bob()), Error::ZeroAddress),
        (form(bob(), Some(Address::ZERO), charlie()), Error::ZeroAddress),
    ];
    for (owed, error) in cases {
        chain.from(bob()).call(pay(credit, &[given], &[value(1, bob()), owed])).expect_error(error);
    }
}

#[test]
fn passes_over_every_bad_debt_that_an_order_clears() {
    let (mut chain, credit) = founded(village());
    let owed: Vec<u64> = (0..40).map(|_| borrow(&mut chain, credit, 1, bob()).1).collect();
    chain.advance_ms(DEBT_MS);
    let clear = |debts: &[u64], kept: u128| {
        let inputs = [&[BOBS][..], debts].concat();
        pay(credit, &inputs, &[value(HELD - 31 - kept, bob()), value(kept, charlie())])
    };
    chain.from(bob()).call(clear(&owed[..31], 5)).expect_error(Error::Frozen);
    let other = chain.from(charlie()).call(pay(
        credit,
        &[&[CHARLIES][..], &owed[31..]].concat(),
        &[value(HELD - 9, charlie())],
    ));
    other.expect_ok();
    chain.from(bob()).call(clear(&owed[..31], 5)).expect_ok();
    assert_eq!(chain.query(credit.is_frozen(1, bob())), Ok(false));
}

#[test]
fn repays_no_debt_of_a_friend_with_what_is_frozen() {
    let (mut chain, credit) = founded(village());
    let (_, small) = borrow(&mut chain, credit, 1, bob());
    let (_, large) = borrow(&mut chain, credit, 50, bob());
    let (_, friends) = borrow(&mut chain, credit, 500, charlie());
    chain.advance_ms(DEBT_MS);
    let both = step(Layer::Circulation, &[BOBS, small, friends], &[value(HELD - 501, bob())]);
    let call = pay(credit, &both.inputs, &both.outputs);
    chain.from(bob()).call(call).expect_error(Error::Frozen);
    // Once all of his own are cleared he pays for whom he likes.
    let all = pay(credit, &[BOBS, small, large, friends], &[value(HELD - 551, bob())]);
    chain.clone().from(bob()).call(all).expect_ok();
    let flight = order(&chain, &[both]);
    let witness = sign(&chain, credit, "Bob", &flight);
    assert_eq!(chain.from(dave()).call(credit.penalise(large, flight, vec![witness], vec![])).expect_ok(), HELD);
}

#[test]
fn grants_nothing_from_sources_of_a_debtor_in_default() {
    let (mut chain, credit) = founded(village());
    let (_, owed) = borrow(&mut chain, credit, 100, alice());
    chain.advance_ms(DEBT_MS);
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let to_bob = pay(credit, &sources(10), &[credits(10, bob())]);
    chain.from(alice()).call(to_bob.clone()).expect_error(Error::Frozen);
    let more = [value(10, alice()), debt(10, alice(), expires_at_ms)];
    chain.from(alice()).call(pay(credit, &sources(10), &more)).expect_error(Error::Frozen);
    // Nobody else's outputs change that; and as nothing of hers would have moved, a penalty takes nothing.
    let inputs = [&[BOBS][..], &sources(10)].concat();
    let lent = order(&chain, &[step(Layer::Circulation, &inputs, &[credits(10, bob()), value(HELD, bob())])]);
    let both = ["Alice", "Bob"].map(|who| sign(&chain, credit, who, &lent)).to_vec();
    chain.from(dave()).call(credit.submit(lent.clone(), both.clone(), vec![], false)).expect_error(Error::Frozen);
    chain.from(dave()).call(credit.penalise(owed, lent, both, vec![])).expect_error(Error::NoOffence);
    // What clears all that has expired may use them.
    let inputs = [&[owed][..], &sources(100)].concat();
    chain.clone().from(alice()).call(pay(credit, &inputs, &[debt(100, alice(), expires_at_ms)])).expect_ok();
    chain.from(alice()).call(pay(credit, &[ALICES, owed], &[value(HELD - 100, alice())])).expect_ok();
    chain.from(alice()).call(to_bob).expect_ok();
}
