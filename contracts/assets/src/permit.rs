//! Allowances given by signature: what is signed.

use tenon_contract::prelude::*;
use tenon_contract::signed;

/// The owner's signature over a permit.
#[module_type]
pub use tenon_contract::signed::OwnerSignature;

/// Names the purpose in the signed bytes.
const PURPOSE: &str = "tenon/assets/permit";

/// An allowance that its owner signs and anyone may hand in, once.
#[module_type]
pub struct Permit {
    /// Which asset.
    pub asset: u64,
    /// Whose balance.
    pub owner: Address,
    /// Who may take.
    pub spender: Address,
    /// The allowance that is replaced.
    pub current: Amount,
    /// The allowance that takes its place.
    pub new: Amount,
    /// From which millisecond on nothing may be taken.
    pub expires_at_ms: Option<u64>,
    /// The owner's count of permits used so far: each is good once.
    pub number: u64,
    /// From which millisecond on the permit is void.
    pub deadline_ms: u64,
}

impl Permit {
    /// What is signed: purpose, chain, instance and permit, so that it is good nowhere else.
    pub(crate) fn message(&self) -> Vec<u8> {
        signed::message(PURPOSE, self)
    }
}
