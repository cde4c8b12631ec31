//! Fees of mediators. A mediator earns by the imbalance that a transfer makes on the line by which it comes: what
//! repays a debt to the mediator's neighbour costs nothing. The rule is that of `credit_trustlines.json` among the
//! vectors.
//!
//! Fees are rounded up, which is never for who sends. They are balances between neighbours like all else, so they
//! change no sum.

use tenon_contract::prelude::*;

/// How much of an amount makes the payer of a line owe more: all of it but what the payer is owed there.
#[must_use]
pub fn imbalance(amount: u64, claim: Amount) -> u64 {
    amount.saturating_sub(u64::try_from(claim).unwrap_or(u64::MAX))
}

/// The fee that is added to what a mediator passes on, by the imbalance of that: `imbalance / (divisor - 1)`, rounded
/// up. No fee if the divisor is zero.
#[must_use]
pub fn added_fee(imbalance: u64, divisor: u32) -> u64 {
    if divisor < 2 { 0 } else { imbalance.div_ceil(u64::from(divisor) - 1) }
}

/// The fee that is taken out of what comes to a mediator, by the imbalance of that: `imbalance / divisor`, rounded up.
/// No fee if the divisor is zero.
#[must_use]
pub fn contained_fee(imbalance: u64, divisor: u32) -> u64 {
    if divisor < 2 { 0 } else { imbalance.div_ceil(u64::from(divisor)) }
}
