//! What is kept of a credential, and how others name the one that they trust.

use tenon_contract::prelude::*;

/// What an issuer states of an address.
#[module_type]
pub struct Credential {
    /// Whom the address belongs to: a hash that the issuer gives each person.
    pub identity: Hash,
    /// In which millisecond it was stated.
    pub issued_at_ms: u64,
    /// From which millisecond on it is void.
    pub expires_at_ms: Option<u64>,
}

/// Which credentials somebody trusts: those of one issuer for one topic.
#[module_type]
pub struct Requirement {
    /// Who must have stated it.
    pub issuer: Address,
    /// For which topic.
    pub topic: u32,
}

impl Credential {
    /// Whether it is valid in a millisecond. That in which it expires is excluded.
    pub(crate) fn is_valid_at(&self, time_ms: u64) -> bool {
        self.expires_at_ms.is_none_or(|end| time_ms < end)
    }

    /// Whether it is one that could have been issued.
    pub(crate) fn is_complete(&self) -> bool {
        !self.identity.is_zero() && self.expires_at_ms.is_none_or(|end| end > self.issued_at_ms)
    }
}
