//! What goes beyond ERC-20: compare-and-set approvals, expiry, memos, batches, and the limits of numbers.

use crate::{SUPPLY, Terms, chain, issue, issued};
use assets::{Error, MAX_BATCH, MAX_MEMO_BYTES, Memo, MintRight, Transfer};
use tenon_contract::abi::find_host_function;
use tenon_testkit::{alice, bob, charlie, module_code};

#[test]
fn never_lets_a_change_from_five_to_three_be_spent_as_eight() {
    let (mut chain, assets) = issued(Terms::default());
    chain.from(alice()).call(assets.approve(1, bob(), 0, 5, None)).expect_ok();
    // Bob sees Alice's change coming and takes the five first.
    chain.from(bob()).call(assets.transfer_from(1, alice(), bob(), 5)).expect_ok();
    chain.from(alice()).call(assets.approve(1, bob(), 5, 3, None)).expect_error(Error::AllowanceChanged);
    chain.from(bob()).call(assets.transfer_from(1, alice(), bob(), 1)).expect_error(Error::InsufficientAllowance);
    assert_eq!(chain.query(assets.balance_of(1, bob())), Ok(5));
}

#[test]
fn raises_and_lowers_allowances_within_their_range() {
    let (mut chain, assets) = issued(Terms::default());
    chain.from(alice()).call(assets.increase_allowance(1, bob(), 5)).expect_ok();
    chain.from(alice()).call(assets.decrease_allowance(1, bob(), 2)).expect_ok();
    assert_eq!(chain.query(assets.allowance(1, alice(), bob())), Ok(3));
    let below = chain.from(alice()).call(assets.decrease_allowance(1, bob(), 4));
    below.expect_error(Error::InsufficientAllowance);
    let above = chain.from(alice()).call(assets.increase_allowance(1, bob(), u128::MAX));
    above.expect_error(Error::AllowanceOverflow);
    let entries = chain.stored_entries(assets.address());
    chain.from(alice()).call(assets.decrease_allowance(1, bob(), 3)).expect_ok();
    assert_eq!(chain.stored_entries(assets.address()), entries - 1);
}

#[test]
fn ends_an_allowance_at_its_millisecond() {
    let (mut chain, assets) = issued(Terms::default());
    let end = chain.time_ms() + 10_000;
    chain.from(alice()).call(assets.approve(1, bob(), 0, 10, Some(end))).expect_ok();
    chain.from(alice()).call(assets.increase_allowance(1, bob(), 10)).expect_ok();
    assert_eq!(chain.query(assets.allowance_expiry(1, alice(), bob())), Ok(Some(end)));
    chain.set_time_ms(end - 1);
    chain.from(bob()).call(assets.transfer_from(1, alice(), bob(), 1)).expect_ok();
    assert!(chain.time_ms() >= end);
    // What has expired is not raised: that would give the rise without an end.
    chain.from(alice()).call(assets.increase_allowance(1, bob(), 5)).expect_error(Error::ExpiryPassed);
    for _ in 0..2 {
        let late = chain.from(bob()).call(assets.transfer_from(1, alice(), bob(), 1));
        late.expect_error(Error::InsufficientAllowance);
        assert_eq!(chain.query(assets.allowance(1, alice(), bob())), Ok(0));
    }
    // What has expired counts as nothing, and does not give its end to the next.
    chain.from(alice()).call(assets.approve(1, bob(), 0, 4, None)).expect_ok();
    assert_eq!(chain.query(assets.allowance_expiry(1, alice(), bob())), Ok(None));
}

#[test]
fn refuses_an_allowance_that_has_ended_already() {
    let (mut chain, assets) = issued(Terms::default());
    let now = chain.time_ms();
    chain.from(alice()).call(assets.approve(1, bob(), 0, 1, Some(now))).expect_error(Error::ExpiryPassed);
    let next = chain.time_ms() + 1;
    chain.from(alice()).call(assets.approve(1, bob(), 0, 1, Some(next))).expect_ok();
}

#[test]
fn allows_per_asset() {
    let (mut chain, assets) = issued(Terms::default());
    chain.from(alice()).call(issue(assets, SUPPLY, Terms::default())).expect_ok();
    chain.from(alice()).call(assets.approve(1, bob(), 0, 5, None)).expect_ok();
    let other = chain.from(bob()).call(assets.transfer_from(2, alice(), bob(), 5));
    other.expect_error(Error::InsufficientAllowance);
}

#[test]
fn changes_nothing_when_somebody_pays_themselves() {
    let (mut chain, assets) = issued(Terms::default());
    let outcome = chain.from(alice()).call(assets.transfer(1, alice(), SUPPLY));
    assert!(outcome.has(&Transfer { asset: 1, from: Some(alice()), to: Some(alice()), amount: SUPPLY }));
    assert_eq!(chain.query(assets.balance_of(1, alice())), Ok(SUPPLY));
    chain.from(alice()).call(assets.transfer(1, alice(), SUPPLY + 1)).expect_error(Error::InsufficientBalance);
}

#[test]
fn puts_a_memo_into_an_event() {
    let (mut chain, assets) = issued(Terms::default());
    let memo = "m".repeat(MAX_MEMO_BYTES);
    let outcome = chain.from(alice()).call(assets.transfer_with_memo(1, bob(), 5, memo.clone()));
    assert!(outcome.has(&Memo { asset: 1, from: alice(), to: bob(), memo: memo.clone() }));
    let long = chain.from(alice()).call(assets.transfer_with_memo(1, bob(), 5, memo + "m"));
    long.expect_error(Error::MemoTooLong);
    assert_eq!(chain.query(assets.balance_of(1, bob())), Ok(5));
}

#[test]
fn transfers_a_batch_as_a_whole_or_not_at_all() {
    let (mut chain, assets) = issued(Terms::default());
    let outcome = chain.from(alice()).call(assets.transfer_batch(1, vec![(bob(), 60), (charlie(), 40)]));
    assert_eq!(outcome.count_of::<Transfer>(), 2);
    outcome.expect_ok();
    let over = chain.from(bob()).call(assets.transfer_batch(1, vec![(alice(), 59), (charlie(), 2)]));
    over.expect_error(Error::InsufficientBalance);
    assert_eq!(chain.query(assets.balance_of(1, bob())), Ok(60));
    let full = vec![(alice(), 0); MAX_BATCH];
    chain.from(bob()).call(assets.transfer_batch(1, full.clone())).expect_ok();
    let long = chain.from(bob()).call(assets.transfer_batch(1, [full, vec![(alice(), 0)]].concat()));
    long.expect_error(Error::BatchTooLong);
}

#[test]
fn holds_amounts_up_to_the_largest_number() {
    let (mut chain, assets) = chain();
    let terms = Terms { mint: Some(MintRight::Owner), ..Terms::default() };
    chain.from(alice()).call(issue(assets, u128::MAX, terms)).expect_ok();
    chain.from(alice()).call(assets.transfer(1, bob(), u128::MAX)).expect_ok();
    assert_eq!(chain.query(assets.balance_of(1, bob())), Ok(u128::MAX));
    chain.from(alice()).call(assets.mint(1, alice(), 1)).expect_error(Error::CapExceeded);
    chain.from(alice()).call(assets.transfer(1, bob(), u128::MAX)).expect_error(Error::InsufficientBalance);
}

#[test]
fn costs_a_fee_also_when_it_fails_and_nothing_to_ask() {
    let (mut chain, assets) = issued(Terms::default());
    for amount in [1, SUPPLY] {
        let before = chain.coin(alice());
        let outcome = chain.from(alice()).call(assets.transfer(1, bob(), amount));
        assert!(outcome.fee > 0 && chain.coin(alice()) <= before - outcome.fee);
        let before = chain.coin(bob());
        let failed = chain.from(bob()).call(assets.transfer(1, alice(), SUPPLY + 1));
        failed.expect_error(Error::InsufficientBalance);
        assert_eq!(chain.coin(bob()), before - failed.fee);
        if amount == 1 {
            chain.from(bob()).call(assets.transfer(1, alice(), 1)).expect_ok();
        }
    }
    let before = chain.coin(alice());
    chain.query(assets.balance_of(1, alice())).expect("free");
    assert_eq!(chain.coin(alice()), before);
}

/// What the host charges for the calls that a transfer cannot do without.
fn host_gas_of_a_transfer() -> u64 {
    const INPUT_BYTES: u64 = 8 + 32 + 16;
    const ENTRY_BYTES: u64 = 1 + 8 + 32 + 16;
    const EVENT_BYTES: u64 = 4 * 32 + 16;
    let price = |name: &str, bytes: u64| {
        let function = find_host_function(name).expect("the table has it");
        function.base_gas + bytes * function.byte_gas
    };
    let balance = price("storage_get", ENTRY_BYTES) + price("storage_set", ENTRY_BYTES);
    price("input", INPUT_BYTES) + price("caller", 0) + 2 * balance + price("emit", EVENT_BYTES)
}

#[test]
fn stays_within_its_size_and_gas() {
    /// What a change may add before somebody looks at it again.
    const MAX_WASM_BYTES: usize = 53 * 1024;
    /// Gas of a transfer beside what the host charges for its calls.
    const MAX_OWN_GAS: u64 = 6_000;
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let (mut chain, assets) = issued(Terms::default());
    let first = chain.from(alice()).call(assets.transfer(1, bob(), 1)).method_gas;
    let second = chain.from(alice()).call(assets.transfer(1, bob(), 1)).method_gas;
    let host = host_gas_of_a_transfer();
    let found = format!("{} bytes; {first} gas to a new holder, {second} gas to a holder, host {host}", code.len());
    assert!(code.len() <= MAX_WASM_BYTES && first.max(second) <= host + MAX_OWN_GAS, "{found}");
}
