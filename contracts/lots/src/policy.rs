//! The asset's transfer policy, which the policies module keeps. Assets without one never go there.

use crate::error::Error;
use crate::types::Lot;
use policies::client::{self, Refusal};
use tenon_contract::prelude::*;

/// Asks whether value of a lot may move between owners, and has it counted. Nobody means created or destroyed.
pub(crate) fn moved(lot: &Lot, from: Option<Address>, to: Option<Address>, amount: Amount) -> Result<(), Error> {
    if lot.restricted && from != to {
        client::moved(lot.asset, from, to, amount)?;
    }
    Ok(())
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotEligible => Self::NotEligible,
            Refusal::HolderLimitReached => Self::HolderLimitReached,
            Refusal::Frozen => Self::Frozen,
            Refusal::InvalidTerms => Self::InvalidPolicy,
        }
    }
}
