//! What the module tells the world. Every change of a balance is told by exactly one of `Transfer`, `Redeemed`,
//! `Packed`, `Opened` and `Unpacked`.

use crate::types::{BurnRight, MintRight};
use tenon_contract::prelude::*;

/// Units moved. Issued and minted ones come from nobody, burnt ones go to nobody.
#[event]
pub struct Transfer {
    /// Which kind.
    #[topic]
    pub kind: u64,
    /// From whom.
    #[topic]
    pub from: Option<Address>,
    /// To whom.
    #[topic]
    pub to: Option<Address>,
    /// How many.
    pub units: u64,
}

/// Units were redeemed, and are gone.
#[event]
pub struct Redeemed {
    /// Which kind.
    #[topic]
    pub kind: u64,
    /// Whose units.
    #[topic]
    pub holder: Address,
    /// Who sent the transaction: the holder, or the redeemer with the holder's order.
    #[topic]
    pub by: Address,
    /// The number of the first one; the others have the numbers after it. The kind's first redemption is number 1.
    pub number: u64,
    /// How many.
    pub units: u64,
    /// What the holder said with it.
    pub reference: Option<String>,
}

/// A holder made an order void before it was used.
#[event]
pub struct OrderCancelled {
    /// Who.
    #[topic]
    pub holder: Address,
    /// The order's number.
    pub id: u64,
}

/// Units were put into a packet.
#[event]
pub struct Packed {
    /// Which kind.
    #[topic]
    pub kind: u64,
    /// Which packet of this kind.
    #[topic]
    pub packet: u64,
    /// Whose units.
    #[topic]
    pub packer: Address,
    /// How many.
    pub units: u64,
    /// For how many receivers.
    pub parts: u32,
    /// From which millisecond on it cannot be opened.
    pub until_ms: u64,
}

/// Somebody received a part of a packet.
#[event]
pub struct Opened {
    /// Which kind.
    #[topic]
    pub kind: u64,
    /// Which packet of this kind.
    #[topic]
    pub packet: u64,
    /// Who.
    #[topic]
    pub receiver: Address,
    /// How many units.
    pub units: u64,
}

/// What was left in a packet went back.
#[event]
pub struct Unpacked {
    /// Which kind.
    #[topic]
    pub kind: u64,
    /// Which packet of this kind.
    #[topic]
    pub packet: u64,
    /// To whom.
    #[topic]
    pub packer: Address,
    /// How many units.
    pub units: u64,
}

/// An owner set what a spender may take.
#[event]
pub struct Approval {
    /// Which kind.
    #[topic]
    pub kind: u64,
    /// Whose balance.
    #[topic]
    pub owner: Address,
    /// Who may take.
    #[topic]
    pub spender: Address,
    /// How many in all.
    pub units: u64,
    /// Until when, in milliseconds; that millisecond is excluded.
    pub expires_at_ms: Option<u64>,
}

/// A kind came to exist.
#[event]
pub struct Issued {
    /// Its id.
    #[topic]
    pub kind: u64,
    /// By whom.
    #[topic]
    pub issuer: Address,
    /// Its symbol.
    pub symbol: String,
}

/// The owner of a kind changed, or who mints or burns it.
#[event]
pub struct RightsChanged {
    /// Which kind.
    #[topic]
    pub kind: u64,
    /// Its owner from now on.
    pub owner: Option<Address>,
    /// Who mints from now on.
    pub mint: MintRight,
    /// Who burns from now on.
    pub burn: BurnRight,
}
