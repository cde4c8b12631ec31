//! How much credit a network grants, in a block and on a day, and how long lists may be.

use crate::{ALICES, HELD, PER_BLOCK, PER_DAY, credits, founded, order, pay, sign, sources, step, value, village};
use credit::{
    DAY_MS, Error, Layer, MAX_INPUTS, MAX_OUTPUTS, MAX_SECRET_BYTES, MAX_SECRETS, MAX_STEPS, MAX_WITNESSES, NewNetwork,
    Terms,
};
use tenon_testkit::{alice, bob, by};

#[test]
fn grants_up_to_the_limit_of_a_block_and_again_in_the_next() {
    let (mut chain, credit) = founded(village());
    let call = |amount| by(alice(), pay(credit, &sources(amount), &[credits(amount, bob())]));
    let [first, full, over] = chain.block(&[call(PER_BLOCK - 1), call(1), call(1)]).try_into().expect("three");
    first.expect_ok();
    full.expect_ok();
    over.expect_error(Error::BlockLimit);
    chain
        .from(alice())
        .call(pay(credit, &sources(PER_BLOCK + 1), &[credits(PER_BLOCK + 1, bob())]))
        .expect_error(Error::BlockLimit);
    chain.from(alice()).call(pay(credit, &sources(PER_BLOCK), &[credits(PER_BLOCK, bob())])).expect_ok();
    assert_eq!(chain.query(credit.statistics(1)).expect("a query").granted, 2 * PER_BLOCK);
}

#[test]
fn grants_up_to_the_limit_of_a_day_and_again_on_the_next() {
    let (mut chain, credit) = founded(village());
    chain.set_time_ms((chain.time_ms() / DAY_MS + 1) * DAY_MS);
    let call = |amount| pay(credit, &sources(amount), &[credits(amount, bob())]);
    chain.from(alice()).call(call(PER_BLOCK)).expect_ok();
    chain.from(alice()).call(call(PER_BLOCK)).expect_ok();
    let rest = PER_DAY - 2 * PER_BLOCK;
    chain.from(alice()).call(call(rest + 1)).expect_error(Error::DayLimit);
    chain.from(alice()).call(call(rest)).expect_ok();
    chain.from(alice()).call(call(1)).expect_error(Error::DayLimit);
    let next = (chain.time_ms() / DAY_MS + 1) * DAY_MS;
    chain.set_time_ms(next - 1);
    chain.clone().from(alice()).call(call(1)).expect_error(Error::DayLimit);
    chain.set_time_ms(next);
    chain.from(alice()).call(call(PER_BLOCK)).expect_ok();
    let grants = chain.query(credit.grants(1)).expect("a query");
    assert_eq!((grants.in_block, grants.on_day), (PER_BLOCK, PER_BLOCK));
}

#[test]
fn limits_grants_alone_and_not_credit_that_goes_on() {
    let (mut chain, credit) = founded(village());
    let given = crate::grant(&mut chain, credit, PER_BLOCK, bob());
    let split: Vec<_> = [PER_BLOCK / 2; 2].map(|half| credits(half, bob())).to_vec();
    let made = chain.from(bob()).call(pay(credit, &[given], &split)).expect_ok();
    chain.from(bob()).call(pay(credit, &made, &[credits(PER_BLOCK, alice())])).expect_ok();
    assert_eq!(chain.query(credit.statistics(1)).expect("a query").granted, PER_BLOCK);
}

#[test]
fn a_hostile_group_harms_no_more_than_the_limit() {
    // Whoever has all sources borrows all they can within a block, and has no more than the limit of it.
    let (mut chain, credit) = founded(village());
    let expires_at_ms = chain.time_ms() + crate::DEBT_MS;
    let call = |amount| {
        let outputs = [value(amount, alice()), crate::debt(amount, alice(), expires_at_ms)];
        by(alice(), pay(credit, &sources(amount), &outputs))
    };
    let outcomes = chain.block(&[call(5_000), call(5_000), call(3_000), call(1)]);
    assert_eq!(outcomes.iter().map(|outcome| outcome.is_ok()).collect::<Vec<_>>(), [true, false, true, false]);
    let totals = chain.query(credit.statistics(1)).expect("a query");
    assert_eq!(totals.value, 3 * HELD + PER_BLOCK);
}

#[test]
fn never_wraps_the_limits() {
    let terms = Terms { credit_per_block: u128::MAX, credit_per_day: u128::MAX, ..village().terms };
    let unit = u128::MAX / 65_535;
    let (mut chain, credit) = founded(NewNetwork { unit, terms, ..village() });
    let amount = unit * 32_768;
    chain.from(alice()).call(pay(credit, &[16], &[credits(amount, bob())])).expect_ok();
    chain.from(alice()).call(pay(credit, &[15], &[credits(unit * 16_384, bob())])).expect_ok();
    let over = chain.from(alice()).call(pay(credit, &[16], &[credits(amount, bob())]));
    over.expect_error(Error::DayLimit);
    chain.advance_ms(DAY_MS);
    let over = chain.from(alice()).call(pay(credit, &[16], &[credits(amount, bob())]));
    over.expect_error(Error::AmountOverflow);
}

#[test]
fn makes_no_debt_beyond_what_the_sums_can_hold() {
    let new = NewNetwork { holders: vec![(alice(), u128::MAX - 1)], ..village() };
    let (mut chain, credit) = founded(new);
    let expires_at_ms = chain.time_ms() + crate::DEBT_MS;
    // The value that comes with the debt goes to the fees, so that no other sum grows too large.
    let owe = pay(credit, &[1], &[crate::debt(1, alice(), expires_at_ms)]);
    chain.from(alice()).call(owe.clone()).expect_ok();
    assert_eq!(chain.query(credit.circulating(1)), Ok(u128::MAX - 1));
    chain.from(alice()).call(owe).expect_error(Error::AmountOverflow);
    assert_eq!(chain.query(credit.statistics(1)).expect("a query").debt, 1);
}

#[test]
fn takes_lists_up_to_their_bounds() {
    let (mut chain, credit) = founded(village());
    let many: Vec<_> = (0..MAX_OUTPUTS).map(|_| value(1, alice())).collect();
    let rest = HELD - 32;
    let full = [&many[1..], &[value(rest + 1, alice())]].concat();
    let made = chain.from(alice()).call(pay(credit, &[ALICES], &full)).expect_ok();
    assert_eq!(made.len(), MAX_OUTPUTS);
    let over = [&many[..], &[value(1, alice())]].concat();
    chain.from(alice()).call(pay(credit, &[made[31]], &over)).expect_error(Error::TooLong);
    let again =
        chain.from(alice()).call(pay(credit, &[made[31]], &[value(1, alice()), value(rest, alice())])).expect_ok();
    let inputs = [&made[..31], &again[..1]].concat();
    assert_eq!(inputs.len(), MAX_INPUTS);
    let too_many = [&inputs[..], &again[1..]].concat();
    chain.from(alice()).call(pay(credit, &too_many, &[value(HELD, alice())])).expect_error(Error::TooLong);
    chain.from(alice()).call(pay(credit, &inputs, &[value(32, alice())])).expect_ok();
    chain.from(alice()).call(pay(credit, &[], &[])).expect_error(Error::EmptyStep);
    let steps = vec![step(Layer::Circulation, &again[1..], &[value(rest, alice())]); MAX_STEPS + 1];
    let long = order(&chain, &steps);
    chain.from(alice()).call(credit.submit(long, vec![], vec![], true)).expect_error(Error::TooLong);
    let plain = order(&chain, &steps[..1]);
    let witnesses = vec![sign(&chain, credit, "Alice", &plain); MAX_WITNESSES + 1];
    let outcome = chain.from(bob()).call(credit.submit(plain.clone(), witnesses.clone(), vec![], false));
    outcome.expect_error(Error::TooLong);
    for secrets in [vec![vec![]; MAX_SECRETS + 1], vec![vec![0; MAX_SECRET_BYTES + 1]]] {
        let outcome = chain.from(bob()).call(credit.submit(plain.clone(), witnesses[..1].to_vec(), secrets, false));
        outcome.expect_error(Error::TooLong);
    }
    let most = vec![vec![0; MAX_SECRET_BYTES]; MAX_SECRETS];
    let outcome = chain.from(bob()).call(credit.submit(plain, witnesses[1..].to_vec(), most, false));
    outcome.expect_ok();
}
