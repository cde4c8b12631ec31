//! What goes beyond ERC-1155: compare-and-set allowances, expiry, batches, self-transfers, size and gas.

use crate::{UNITS, coffee, issued};
use tenon_testkit::{alice, bob, charlie, module_code};
use vouchers::{Error, MAX_BALANCES, MAX_BATCH, MAX_SWEPT, Transfer};

#[test]
fn never_lets_a_change_from_five_to_three_be_spent_as_eight() {
    let (mut chain, vouchers) = issued(coffee());
    chain.from(alice()).call(vouchers.approve(1, bob(), 0, 5, None)).expect_ok();
    // Bob sees Alice's change coming and takes the five first.
    chain.from(bob()).call(vouchers.transfer_from(1, alice(), bob(), 5)).expect_ok();
    chain.from(alice()).call(vouchers.approve(1, bob(), 5, 3, None)).expect_error(Error::AllowanceChanged);
    let more = chain.from(bob()).call(vouchers.transfer_from(1, alice(), bob(), 1));
    more.expect_error(Error::InsufficientAllowance);
    assert_eq!(chain.query(vouchers.balance_of(1, bob())), Ok(5));
}

#[test]
fn ends_an_allowance_at_its_millisecond() {
    let (mut chain, vouchers) = issued(coffee());
    let end = chain.time_ms() + 10_000;
    chain.from(alice()).call(vouchers.approve(1, bob(), 0, 10, Some(end))).expect_ok();
    assert_eq!(chain.query(vouchers.allowance_expiry(1, alice(), bob())), Ok(Some(end)));
    chain.set_time_ms(end - 1);
    chain.from(bob()).call(vouchers.transfer_from(1, alice(), bob(), 1)).expect_ok();
    for _ in 0..2 {
        let late = chain.from(bob()).call(vouchers.transfer_from(1, alice(), bob(), 1));
        late.expect_error(Error::InsufficientAllowance);
        assert_eq!(chain.query(vouchers.allowance(1, alice(), bob())), Ok(0));
    }
    // What has expired counts as nothing, and does not give its end to the next.
    chain.from(alice()).call(vouchers.approve(1, bob(), 0, 4, None)).expect_ok();
    assert_eq!(chain.query(vouchers.allowance_expiry(1, alice(), bob())), Ok(None));
}

#[test]
fn refuses_an_allowance_that_has_ended_already() {
    let (mut chain, vouchers) = issued(coffee());
    let now = chain.time_ms();
    chain.from(alice()).call(vouchers.approve(1, bob(), 0, 1, Some(now))).expect_error(Error::ExpiryPassed);
    let next = chain.time_ms() + 1;
    chain.from(alice()).call(vouchers.approve(1, bob(), 0, 1, Some(next))).expect_ok();
}

#[test]
fn returns_the_deposit_of_an_allowance_that_is_used_up() {
    let (mut chain, vouchers) = issued(coffee());
    let entries = chain.stored_entries(vouchers.address());
    chain.from(alice()).call(vouchers.approve(1, bob(), 0, 2, None)).expect_ok();
    chain.from(bob()).call(vouchers.transfer_from(1, alice(), alice(), 2)).expect_ok();
    assert_eq!(chain.stored_entries(vouchers.address()), entries);
}

#[test]
fn changes_nothing_when_somebody_pays_themselves() {
    let (mut chain, vouchers) = issued(coffee());
    let outcome = chain.from(alice()).call(vouchers.transfer(1, alice(), UNITS));
    assert!(outcome.has(&Transfer { kind: 1, from: Some(alice()), to: Some(alice()), units: UNITS }));
    assert_eq!(chain.query(vouchers.balance_of(1, alice())), Ok(UNITS));
    let more = chain.from(alice()).call(vouchers.transfer(1, alice(), UNITS + 1));
    more.expect_error(Error::InsufficientUnits);
}

#[test]
fn bounds_lists() {
    let (mut chain, vouchers) = issued(coffee());
    let full = vec![(1, bob(), 0); MAX_BATCH];
    chain.from(alice()).call(vouchers.transfer_batch(full.clone())).expect_ok();
    let long = chain.from(alice()).call(vouchers.transfer_batch([full, vec![(1, bob(), 0)]].concat()));
    long.expect_error(Error::BatchTooLong);
    chain.from(alice()).call(vouchers.transfer_batch(vec![])).expect_ok();
    let pairs = vec![(1, alice()); MAX_BALANCES];
    assert_eq!(chain.query(vouchers.balances_of(pairs.clone())), Ok(vec![UNITS; MAX_BALANCES]));
    let long = chain.query(vouchers.balances_of([pairs, vec![(1, bob())]].concat())).expect_err("too long");
    assert_eq!(long.module_error(), Some(Error::BatchTooLong));
    let swept = chain.from(alice()).call(vouchers.sweep_orders(vec![(bob(), 1); MAX_SWEPT]));
    assert_eq!(swept.expect_ok(), 0);
    let long = chain.from(alice()).call(vouchers.sweep_orders(vec![(bob(), 1); MAX_SWEPT + 1]));
    long.expect_error(Error::BatchTooLong);
}

#[test]
fn allows_a_batch_to_spend_what_it_has_received() {
    let (mut chain, vouchers) = issued(coffee());
    chain.from(alice()).call(vouchers.transfer(1, bob(), 1)).expect_ok();
    let over = chain.from(bob()).call(vouchers.transfer_batch(vec![(1, charlie(), 1), (1, charlie(), 1)]));
    over.expect_error(Error::InsufficientUnits);
    let round = vec![(1, bob(), 1), (1, bob(), 1), (1, charlie(), 1)];
    chain.from(bob()).call(vouchers.transfer_batch(round)).expect_ok();
    assert_eq!(chain.query(vouchers.balance_of(1, charlie())), Ok(1));
}

#[test]
fn stays_within_its_size_and_gas() {
    /// What a change may add before somebody looks at it again.
    const MAX_WASM_BYTES: usize = 64 * 1024;
    /// Gas of a method, its host calls included.
    const MAX_GAS: u64 = 60_000;
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let (mut chain, vouchers) = issued(coffee());
    let first = chain.from(alice()).call(vouchers.transfer(1, bob(), 1)).method_gas;
    let second = chain.from(alice()).call(vouchers.transfer(1, bob(), 1)).method_gas;
    let redeem = chain.from(alice()).call(vouchers.redeem(1, 1, None)).method_gas;
    let found = format!("{} bytes; transfer {first} and {second} gas, redeem {redeem}", code.len());
    assert!(code.len() <= MAX_WASM_BYTES && first.max(second).max(redeem) <= MAX_GAS, "{found}");
}
