//! What the module tells the world.

use crate::types::{MintRight, ResourceKind};
use tenon_contract::prelude::*;

/// An item moved. A minted item comes from nobody, a burnt one goes to nobody. Any approval for it has ended.
#[event]
pub struct Transfer {
    /// Which collection.
    #[topic]
    pub collection: u64,
    /// From whom.
    #[topic]
    pub from: Option<Address>,
    /// To whom.
    #[topic]
    pub to: Option<Address>,
    /// Which item.
    pub item: u64,
}

/// Somebody may move an item, or nobody but its owner and the owner's operators may any more.
#[event]
pub struct Approval {
    /// Which collection.
    #[topic]
    pub collection: u64,
    /// Whose item.
    #[topic]
    pub owner: Address,
    /// Who may move it.
    #[topic]
    pub spender: Option<Address>,
    /// Which item.
    pub item: u64,
}

/// An owner let an operator act for all of their items, or ended that.
#[event]
pub struct OperatorSet {
    /// Whose items.
    #[topic]
    pub owner: Address,
    /// Who acts.
    #[topic]
    pub operator: Address,
    /// In which collection; nothing is in all.
    pub collection: Option<u64>,
    /// Whether they may.
    pub allowed: bool,
}

/// The use of an item was granted, passed on, given back, or cleared after its end.
#[event]
pub struct UseChanged {
    /// Which collection.
    #[topic]
    pub collection: u64,
    /// Which item.
    #[topic]
    pub item: u64,
    /// Who has the use from now on; nobody is the owner.
    #[topic]
    pub user: Option<Address>,
    /// Until when, in milliseconds; that millisecond is excluded.
    pub until_ms: u64,
}

/// A collection came to exist.
#[event]
pub struct Created {
    /// Its id.
    #[topic]
    pub collection: u64,
    /// By whom.
    #[topic]
    pub issuer: Address,
    /// Of which kind.
    #[topic]
    pub kind: u8,
    /// Its symbol.
    pub symbol: String,
}

/// The owner of a collection changed, or who mints in it.
#[event]
pub struct RightsChanged {
    /// Which collection.
    #[topic]
    pub collection: u64,
    /// Its owner from now on.
    pub owner: Option<Address>,
    /// Who mints from now on.
    pub mint: MintRight,
}

/// A hash was notarised, at the time of this block.
#[event]
pub struct Notarised {
    /// Which hash.
    #[topic]
    pub document_hash: Hash,
    /// By whom.
    #[topic]
    pub by: Address,
    /// Which item of collection 0 stands for it.
    pub item: u64,
    /// What it is the hash of.
    pub kind: ResourceKind,
}
