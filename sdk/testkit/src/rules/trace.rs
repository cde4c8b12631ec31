//! a call that fails leaves nothing but its fee and nonce behind.

use super::subject::{Sample, Subject};
use crate::block::Transaction;
use crate::chain::TestChain;
use crate::outcome::{Emitted, Outcome};
use crate::view::{Change, Place};
use tenon_contract::Address;
use tenon_engine::on_engine_stack;
use tenon_types::{Parameters, keys, max_gas};

/// Limits of gas that are tried for one call, beside those just below what it needs.
const GAS_LIMITS: u64 = 200;
/// Limits just below what a call needs, all of which are tried.
const LAST_LIMITS: u64 = 16;

/// What a call did, apart from its fee and the nonce.
#[derive(Debug, PartialEq, Eq)]
struct Effect {
    output: Vec<u8>,
    emitted: Vec<Emitted>,
    /// The caller's coin with the fee added back.
    coin: u128,
    changes: Vec<Change>,
}

/// runs each sample with limits of gas from nothing to what it needs, and with too little coin for deposits. A run
/// that fails must leave no trace but fee and nonce; one that succeeds must do exactly what it does with plenty.
///
/// # Panics
/// If one leaves something behind, or does something else.
pub fn leaves_no_trace(subject: &Subject) {
    on_engine_stack(|| subject.calls().for_each(|sample| try_sample(subject, sample)));
}

fn try_sample(subject: &Subject, sample: &Sample) {
    let label = subject.label(sample);
    let (plain, used) = run(sample, &sample.transaction, None);
    let plain = plain.unwrap_or_else(|code| panic!("X-02: {label} no longer succeeds: {code:#x}"));
    let succeeds = |gas: u64| run(sample, &sample.transaction.with_gas(gas), None).0.is_ok();
    // A callee gets a share of what is left, so more may be needed than is used.
    let (mut fails, mut enough) = (0, used.max(1));
    while !succeeds(enough) {
        (fails, enough) = (enough, enough.saturating_mul(2).min(sample.transaction.gas_limit));
        assert!(fails < enough, "X-02: {label} needs more gas than its sample has");
    }
    while enough - fails > 1 {
        let middle = fails + (enough - fails) / 2;
        if succeeds(middle) { enough = middle } else { fails = middle }
    }
    let spread = (0..GAS_LIMITS).map(|index| enough * index / GAS_LIMITS);
    for gas in spread.chain(enough.saturating_sub(LAST_LIMITS)..=enough) {
        if let (Ok(effect), _) = run(sample, &sample.transaction.with_gas(gas), None) {
            assert_eq!(effect, plain, "X-02: {label} does something else with {gas} gas, and succeeds");
        }
    }
    // Just enough for the fee and the value: a deposit cannot be paid.
    let exact = sample.transaction.with_gas(enough);
    let (ended, _) = run(sample, &exact, Some(least_coin(&sample.chain, &exact)));
    if let Ok(effect) = ended {
        assert_eq!(effect.emitted, plain.emitted, "X-02: {label} does something else for a poor caller, and succeeds");
    }
}

/// The least coin with which a transaction may stand in a block and send its value.
fn least_coin(chain: &TestChain, transaction: &Transaction) -> u128 {
    let environment = chain.environment();
    let parameters = &environment.parameters;
    let bytes = chain.transaction_bytes(transaction);
    let most = max_gas(&transaction.call(), bytes, parameters).expect("a call has a price");
    Parameters::gas_fee(most, environment.base_fee) + parameters.existential_deposit + transaction.value
}

/// Runs a transaction on a copy. Returns its effect or its error, after checking that an error left no trace; and the
/// gas that the method used.
fn run(sample: &Sample, transaction: &Transaction, coin: Option<u128>) -> (Result<Effect, u32>, u64) {
    let mut chain = sample.quiet_chain();
    let who = transaction.who;
    if let Some(coin) = coin {
        chain.set_coin(who, coin);
    }
    let before = chain.clone();
    let outcome = chain.run(transaction);
    let used = outcome.method_gas;
    if let Err(failure) = &outcome.result {
        let code = failure.code;
        assert_traceless(&sample.method.name, &before, &chain, who, &outcome);
        return (Err(code), used);
    }
    let effect = Effect {
        emitted: outcome.emitted(),
        coin: chain.coin(who) + outcome.fee,
        changes: chain.changes_since(&before).into_iter().filter(|change| !is_fee(change, who)).collect(),
        output: outcome.result.unwrap_or_default(),
    };
    (Ok(effect), used)
}

/// Whether a change is that of the caller's account or of the supply, both of which a fee changes.
fn is_fee(change: &Change, who: Address) -> bool {
    change.place == Place::Account(who) || (change.place == Place::Chain && change.key == keys::chain("supply"))
}

fn assert_traceless(method: &str, before: &TestChain, after: &TestChain, who: Address, outcome: &Outcome<Vec<u8>>) {
    let left: Vec<_> = after.changes_since(before).into_iter().filter(|change| !is_fee(change, who)).collect();
    assert!(left.is_empty(), "X-02: `{method}` failed and left a trace: {left:?}");
    assert_eq!(after.nonce(who), before.nonce(who) + 1, "X-02: `{method}` failed: the nonce");
    assert_eq!(after.coin(who) + outcome.fee, before.coin(who), "X-02: `{method}` failed: the coin of its caller");
    assert!(outcome.emitted().is_empty(), "X-02: `{method}` failed and left events");
}
