//! what others may try against a module.

use crate::block::Transaction;
use crate::chain::TestChain;
use crate::hostile::{Behaviour, HostileRef, Target, behave};
use crate::view::{Change, Place};
use tenon_abi::HostError;
use tenon_contract::Address;

/// after a cycle of transactions, somebody's worth, in whatever the test counts, must not be more than
/// it was. Transactions that fail belong to the cycle.
///
/// # Panics
/// If it is more.
#[track_caller]
pub fn gains_nothing(chain: &TestChain, worth: impl Fn(&TestChain) -> u128, cycle: &[Transaction]) {
    let mut chain = chain.clone();
    let before = worth(&chain);
    for transaction in cycle {
        drop(chain.run(transaction));
    }
    let after = worth(&chain);
    let methods: Vec<_> = cycle.iter().map(|transaction| transaction.method.as_str()).collect();
    assert!(after <= before, "X-03: {methods:?} turned {before} into {after}");
}

/// `trigger` makes the module call a hostile one. While it is being called, that one calls each of `into` in its
/// own name (who signs them does not matter). Each must be refused, and what the module stores must be the same as if
/// the hostile one had not tried; or the whole transaction fails.
///
/// # Panics
/// If one gets in, something else is stored, or the trigger does not call the hostile module at all.
#[track_caller]
pub fn refuses_re_entry(chain: &TestChain, hostile: HostileRef, trigger: &Transaction, into: &[Transaction]) {
    let attempt = |behaviour: Behaviour| {
        let mut chain = chain.clone();
        behave(&mut chain, hostile, behaviour);
        let before = chain.clone();
        let outcome = chain.run(trigger);
        (outcome, stored(&before, &chain, trigger.instance), chain)
    };
    let (honest, expected, after) = attempt(Behaviour::Honest);
    honest.expect_ok();
    let called = after.query(hostile.times_called()).expect("the hostile module counts");
    assert!(called > 0, "X-08: `{}` does not call the hostile module: nothing is tried", trigger.method);
    for target in into {
        let Transaction { instance: address, method, input, value, .. } = target.clone();
        let (outcome, found, after) = attempt(Behaviour::CallBack(Target { address, method, input, value }));
        if !outcome.is_ok() {
            continue;
        }
        let answers = after.query(hostile.answers()).expect("the hostile module notes answers");
        let refused = |code: &u32| *code == HostError::Reentry.code() || *code == HostError::ReadOnly.code();
        let (trigger, method) = (&trigger.method, &target.method);
        assert!(answers.iter().all(refused), "X-08: `{method}` was entered during `{trigger}`: {answers:?}");
        assert_eq!(found, expected, "X-08: `{trigger}` stores something else when `{method}` was tried");
    }
}

fn stored(before: &TestChain, after: &TestChain, instance: Address) -> Vec<Change> {
    let changes = after.changes_since(before).into_iter();
    changes.filter(|change| change.place == Place::Storage(instance)).collect()
}

/// each transaction must end in success with the same output whether or not somebody did something first, such as
/// to let a receiver refuse.
///
/// # Panics
/// If one does not.
#[track_caller]
pub fn is_not_blocked_by(chain: &TestChain, sabotage: impl FnOnce(&mut TestChain), others: &[Transaction]) {
    let mut sabotaged = chain.clone();
    sabotage(&mut sabotaged);
    for transaction in others {
        let undisturbed = chain.clone().run(transaction).expect_ok();
        match sabotaged.clone().run(transaction).result {
            Ok(output) => assert_eq!(output, undisturbed, "X-12: `{}` was changed by others", transaction.method),
            Err(failure) => panic!("X-12: `{}` was blocked by others: {failure}", transaction.method),
        }
    }
}

/// a transaction that hands in something signed, or proof of something, must succeed once. Handed in again, on
/// another chain, or at another instance of the module, it must fail.
///
/// # Panics
/// If it does not succeed at first, or succeeds where it may not.
#[track_caller]
pub fn refuses_replay(chain: &TestChain, transaction: &Transaction, other_instance: Option<Address>) {
    let method = &transaction.method;
    let mut used = chain.clone();
    used.run(transaction).expect_ok();
    assert!(!used.run(transaction).is_ok(), "X-17: `{method}` succeeds twice");
    assert!(!chain.elsewhere().run(transaction).is_ok(), "X-17: `{method}` succeeds on another chain");
    if let Some(other) = other_instance {
        let there = chain.clone().run(&transaction.to(other));
        assert!(!there.is_ok(), "X-17: `{method}` succeeds at another instance");
    }
}
