//! What an asset module calls: `policies::client::attach` at issue, `policies::client::moved` after each move.

use crate::error::Error;
use crate::policies::PoliciesRef;
use crate::types::Terms;
use tenon_contract::prelude::*;

/// Where the module stands on every chain.
pub const POLICIES: Address = Address::of_module("policies");

/// Why a policy refused something. An asset module maps each to an error of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The receiver has no valid credential of the issuer and topic that the policy names.
    NotEligible,
    /// One more identity would hold the asset than the policy allows.
    HolderLimitReached,
    /// The sender or the receiver is frozen.
    Frozen,
    /// The terms contradict themselves or name the zero address.
    InvalidTerms,
}

/// Attaches a policy to an asset of the calling instance, before any of it exists.
///
/// # Errors
/// [`Refusal::InvalidTerms`].
///
/// # Panics
/// If the asset has a policy already.
pub fn attach(asset: u64, terms: Terms) -> Result<(), Refusal> {
    judged(PoliciesRef::at(POLICIES).attach(asset, terms).try_invoke())
}

/// Reports a move of an asset of the calling instance, which has a policy. Nobody as sender is a creation, nobody as
/// receiver a destruction.
///
/// # Errors
/// The first three of [`Refusal`].
///
/// # Panics
/// If the asset has no policy, or more was moved than is there.
pub fn moved(asset: u64, from: Option<Address>, to: Option<Address>, amount: Amount) -> Result<(), Refusal> {
    judged(PoliciesRef::at(POLICIES).moved(asset, from, to, amount).try_invoke())
}

fn judged(outcome: Result<(), CallError>) -> Result<(), Refusal> {
    let Err(failure) = outcome else { return Ok(()) };
    Err(match failure.module_error::<Error>() {
        Some(Error::NotEligible) => Refusal::NotEligible,
        Some(Error::HolderLimitReached) => Refusal::HolderLimitReached,
        Some(Error::Frozen) => Refusal::Frozen,
        Some(Error::EmptyTerms | Error::LimitWithoutCredential | Error::ZeroLimit | Error::ZeroAddress) => {
            Refusal::InvalidTerms
        }
        // Its trace says why.
        _ => panic!("the module `policies` failed"),
    })
}
