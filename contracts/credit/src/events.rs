//! What the module tells the world.

use crate::types::Output;
use tenon_contract::prelude::*;

/// A network was founded.
#[event]
pub struct Founded {
    /// Its number.
    #[topic]
    pub network: u64,
    /// Who founded it.
    #[topic]
    pub founder: Address,
    /// Its name.
    pub name: String,
}

/// An output came to be.
#[event]
pub struct Created {
    /// Which network.
    #[topic]
    pub network: u64,
    /// Whose key it is locked to; nothing if more than one stand in its lock.
    #[topic]
    pub owner: Option<Address>,
    /// Its number.
    pub id: u64,
    /// What it is.
    pub output: Output,
}

/// An order was carried out. The outputs that it created are told one by one.
#[event]
pub struct Recorded {
    /// Which network.
    #[topic]
    pub network: u64,
    /// The order's id, which no signature changes.
    #[topic]
    pub order: Hash,
    /// Outputs that it spent.
    pub spent: Vec<u64>,
    /// Credit that the administration granted with it.
    pub granted: Amount,
    /// The fee.
    pub fee: Amount,
}

/// A debtor signed an order that runs from an expired debt, and lost what it would have moved.
#[event]
pub struct Penalised {
    /// Which network.
    #[topic]
    pub network: u64,
    /// Who.
    #[topic]
    pub debtor: Address,
    /// Who reported it.
    #[topic]
    pub reporter: Address,
    /// The debt that had expired.
    pub debt: u64,
    /// The order's id.
    pub order: Hash,
    /// Outputs that were taken.
    pub taken: Vec<u64>,
    /// The value in them.
    pub value: Amount,
    /// What the reporter got of it.
    pub reward: Amount,
}

/// Fees were handed out as an output of the debt layer.
#[event]
pub struct Collected {
    /// Which network.
    #[topic]
    pub network: u64,
    /// To whom.
    #[topic]
    pub to: Address,
    /// How much.
    pub amount: Amount,
}

/// Somebody wrote or removed a record of their own.
#[event]
pub struct RecordWritten {
    /// Whose it is.
    #[topic]
    pub writer: Address,
    /// In which table.
    pub table: String,
    /// Under which key.
    pub key: String,
    /// What; empty if it was removed.
    pub value: Vec<u8>,
}
