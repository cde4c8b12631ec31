//! What the module tells the world.

use crate::types::{BurnRight, MintRight};
use tenon_contract::prelude::*;

/// An amount moved. Issued and minted amounts come from nobody, burnt ones go to nobody.
#[event]
pub struct Transfer {
    /// Which asset.
    #[topic]
    pub asset: u64,
    /// From whom.
    #[topic]
    pub from: Option<Address>,
    /// To whom.
    #[topic]
    pub to: Option<Address>,
    /// How much.
    pub amount: Amount,
}

/// An owner set what a spender may take.
#[event]
pub struct Approval {
    /// Which asset.
    #[topic]
    pub asset: u64,
    /// Whose balance.
    #[topic]
    pub owner: Address,
    /// Who may take.
    #[topic]
    pub spender: Address,
    /// How much in all.
    pub amount: Amount,
    /// Until when, in milliseconds; that millisecond is excluded.
    pub expires_at_ms: Option<u64>,
}

/// An asset came to exist.
#[event]
pub struct Issued {
    /// Its id.
    #[topic]
    pub asset: u64,
    /// By whom.
    #[topic]
    pub issuer: Address,
    /// Of which kind.
    #[topic]
    pub kind: u8,
    /// Its symbol.
    pub symbol: String,
}

/// The sender of the transfer before this event gave a reference with it.
#[event]
pub struct Memo {
    /// Which asset.
    #[topic]
    pub asset: u64,
    /// From whom.
    #[topic]
    pub from: Address,
    /// To whom.
    #[topic]
    pub to: Address,
    /// The reference.
    pub memo: String,
}

/// The owner of an asset changed, or who mints or burns it.
#[event]
pub struct RightsChanged {
    /// Which asset.
    #[topic]
    pub asset: u64,
    /// Its owner from now on.
    pub owner: Option<Address>,
    /// Who mints from now on.
    pub mint: MintRight,
    /// Who burns from now on.
    pub burn: BurnRight,
}
