//! What the module tells the world. Moves of an asset are told by the module that holds it.

use crate::types::Terms;
use tenon_contract::prelude::*;

/// An asset got its policy.
#[event]
pub struct Attached {
    /// The instance that holds the asset.
    #[topic]
    pub module: Address,
    /// Its number there.
    #[topic]
    pub asset: u64,
    /// What the policy asks for.
    pub terms: Terms,
}

/// An address can neither send nor receive an asset from now on.
#[event]
pub struct AddressFrozen {
    /// The instance that holds the asset.
    #[topic]
    pub module: Address,
    /// Its number there.
    #[topic]
    pub asset: u64,
    /// Which address.
    #[topic]
    pub who: Address,
}

/// A freeze ended.
#[event]
pub struct AddressUnfrozen {
    /// The instance that holds the asset.
    #[topic]
    pub module: Address,
    /// Its number there.
    #[topic]
    pub asset: u64,
    /// Which address.
    #[topic]
    pub who: Address,
}

/// The freezer gave the right to freeze up for good. Every freeze of the asset ended with it.
#[event]
pub struct FreezerRenounced {
    /// The instance that holds the asset.
    #[topic]
    pub module: Address,
    /// Its number there.
    #[topic]
    pub asset: u64,
}
