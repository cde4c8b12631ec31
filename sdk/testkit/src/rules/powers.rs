//! who may do what nobody else may.

use super::subject::{Sample, Subject};
use std::collections::BTreeSet;
use tenon_contract::Address;
use tenon_engine::on_engine_stack;
use tenon_types::Parameters;

/// The coin that accounts have when their powers are tried: enough for every fee and deposit.
const PLENTY: u128 = 1_000_000 * Parameters::COIN;

/// The methods of which a sample succeeds for one account and fails for a stranger: what the account may do that
/// others may not. An account that should show its office alone must hold and own nothing beside.
pub fn powers_of(subject: &Subject, account: Address, stranger: Address) -> BTreeSet<String> {
    on_engine_stack(|| {
        let has_power = |who: Address, sample: &Sample| {
            let mut sample = sample.clone();
            sample.chain.set_coin(who, sample.chain.coin(who).max(PLENTY));
            sample.ends(&sample.transaction.signed_by(who)).0 == 0
        };
        let own = subject.calls().filter(|sample| has_power(account, sample) && !has_power(stranger, sample));
        own.map(|sample| sample.method.name.clone()).collect()
    })
}

/// an account's powers must be those that are listed, no more and no fewer.
///
/// # Panics
/// If they are others.
#[track_caller]
pub fn has_only_these_powers(subject: &Subject, account: Address, stranger: Address, listed: &[&str]) {
    let listed: BTreeSet<String> = listed.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(powers_of(subject, account, stranger), listed, "X-23: powers over {}, found and listed", subject.name);
}
