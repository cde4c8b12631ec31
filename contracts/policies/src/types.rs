//! What a policy says, and what is kept of a holder.

use crate::error::Error;
use tenon_contract::prelude::*;

/// Which credentials a policy trusts.
#[module_type]
pub use credentials::Requirement;

/// What a policy asks for. It is fixed when the asset is issued, except that the freezer can be given up.
#[module_type]
pub struct Terms {
    /// Which credential a receiver needs.
    pub credential: Option<Requirement>,
    /// How many identities may hold the asset at a time. It needs a credential, which states the identities.
    pub holder_limit: Option<u32>,
    /// Who may freeze addresses. Without one nobody can, ever.
    pub freezer: Option<Address>,
}

/// What an address holds of an asset.
#[module_type]
pub struct Held {
    /// How much.
    pub amount: Amount,
    /// The identity as whose the address counts; the address itself under a policy without credential.
    pub identity: Hash,
}

impl Default for Held {
    fn default() -> Self {
        Self { amount: 0, identity: Hash::ZERO }
    }
}

impl Terms {
    /// Checks what an issuer gave.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Self { credential, holder_limit, freezer } = self;
        ensure!(credential.is_some() || holder_limit.is_some() || freezer.is_some(), Error::EmptyTerms);
        ensure!(holder_limit.is_none() || credential.is_some(), Error::LimitWithoutCredential);
        ensure!(*holder_limit != Some(0), Error::ZeroLimit);
        ensure!(credential.as_ref().is_none_or(|required| !required.issuer.is_zero()), Error::ZeroAddress);
        ensure!(freezer.is_none_or(|freezer| !freezer.is_zero()), Error::ZeroAddress);
        Ok(())
    }
}
