//! What the module tells the world. The history of every lot follows from its events alone.

use crate::types::{BurnRight, MintRight};
use tenon_contract::prelude::*;

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

/// The owner of an asset opened a class.
#[event]
pub struct ClassOpened {
    /// Of which asset.
    #[topic]
    pub asset: u64,
    /// Its id within the asset.
    #[topic]
    pub class: u64,
    /// Its name.
    pub name: String,
    /// The hash of a document that says what rights it gives.
    pub document_hash: Option<Hash>,
}

/// Nothing more is minted into a class, for good.
#[event]
pub struct ClassClosed {
    /// Of which asset.
    #[topic]
    pub asset: u64,
    /// Which class.
    #[topic]
    pub class: u64,
}

/// A lot came to exist. Its value was minted, or taken from its parent.
#[event]
pub struct Created {
    /// Its id.
    #[topic]
    pub lot: u64,
    /// Of which asset.
    #[topic]
    pub asset: u64,
    /// Whose it is.
    #[topic]
    pub owner: Address,
    /// Of which class.
    pub class: u64,
    /// Its value.
    pub value: Amount,
    /// From which lot the value was taken; minted if from none.
    pub parent: Option<u64>,
}

/// A lot changed its owner, with all of its value. Allowances on it ended.
#[event]
pub struct Transfer {
    /// Which lot.
    #[topic]
    pub lot: u64,
    /// From whom.
    #[topic]
    pub from: Address,
    /// To whom.
    #[topic]
    pub to: Address,
    /// Its value.
    pub value: Amount,
}

/// Value moved from one lot to another that existed before.
#[event]
pub struct ValueTransfer {
    /// From which lot.
    #[topic]
    pub from_lot: u64,
    /// To which lot.
    #[topic]
    pub to_lot: u64,
    /// How much.
    pub amount: Amount,
}

/// Value of a lot was destroyed.
#[event]
pub struct Burnt {
    /// Which lot.
    #[topic]
    pub lot: u64,
    /// Whose it is.
    #[topic]
    pub owner: Address,
    /// How much.
    pub amount: Amount,
}

/// A lot was used up: its last value moved on in the same call.
#[event]
pub struct Removed {
    /// Which lot.
    #[topic]
    pub lot: u64,
    /// Whose it was.
    #[topic]
    pub owner: Address,
}

/// It was set what an operator may take of a lot.
#[event]
pub struct Approval {
    /// Which lot.
    #[topic]
    pub lot: u64,
    /// Whose it is.
    #[topic]
    pub owner: Address,
    /// Who may take.
    #[topic]
    pub operator: Address,
    /// How much in all.
    pub amount: Amount,
}

/// An owner said whether an operator may act for all of their lots.
#[event]
pub struct OperatorSet {
    /// Whose lots.
    #[topic]
    pub owner: Address,
    /// Who may act.
    #[topic]
    pub operator: Address,
    /// Whether from now on.
    pub approved: bool,
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
