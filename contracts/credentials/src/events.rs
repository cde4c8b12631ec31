//! What the module tells the world.

use tenon_contract::prelude::*;

/// An issuer stated that an address belongs to an identity.
#[event]
pub struct Attested {
    /// Who states it.
    #[topic]
    pub issuer: Address,
    /// Of which address.
    #[topic]
    pub subject: Address,
    /// For which topic.
    #[topic]
    pub topic: u32,
    /// Whom the address belongs to.
    pub identity: Hash,
    /// From which millisecond on the statement is void.
    pub expires_at_ms: Option<u64>,
}

/// An issuer took a statement back.
#[event]
pub struct Revoked {
    /// Who stated it.
    #[topic]
    pub issuer: Address,
    /// Of which address.
    #[topic]
    pub subject: Address,
    /// For which topic.
    #[topic]
    pub topic: u32,
}

/// A credential that had expired was removed.
#[event]
pub struct Removed {
    /// Who stated it.
    #[topic]
    pub issuer: Address,
    /// Of which address.
    #[topic]
    pub subject: Address,
    /// For which topic.
    #[topic]
    pub topic: u32,
}
