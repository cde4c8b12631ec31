//! What goes into the pool, what comes out, and how transactions are ranked.

use super::slots::Slot;
use core::cmp::Reverse;
use std::sync::Arc;
use tenon_types::{Address, Amount, BlockNumber, Extrinsic, Gas, Hash};

/// Tip for a million gas.
pub type Price = u64;

/// A transaction whose validity and signature were checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Its hash.
    pub hash: Hash,
    /// Its bytes, length prefix included.
    pub bytes: Arc<[u8]>,
    /// Who sends it.
    pub sender: Address,
    /// Its nonce.
    pub nonce: u32,
    /// What the producer receives.
    pub tip: Amount,
    /// The most gas that it may use.
    pub gas_limit: Gas,
    /// The most that it may cost at the base fee for which it was checked, tip included.
    pub max_fee: Amount,
    /// The first height at which it is no longer valid.
    pub valid_until: BlockNumber,
    /// The transaction, decoded.
    pub extrinsic: Arc<Extrinsic>,
}

impl Checked {
    /// The price offered: tip for a million gas, rounded down; what is above the greatest price counts as that.
    pub fn price(&self) -> Price {
        let gas = Amount::from(self.gas_limit.max(1));
        let price = self.tip.saturating_mul(1_000_000).checked_div(gas).unwrap_or_default();
        Price::try_from(price).unwrap_or(Price::MAX)
    }
}

/// A transaction that is in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Included {
    /// Who sent it.
    pub sender: Address,
    /// Its nonce.
    pub nonce: u32,
    /// Its hash.
    pub hash: Hash,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It can be included.
    Ready,
    /// It waits for earlier transactions of its sender.
    Future,
    /// Another transaction with the same sender and nonce took its place; it left the pool.
    Usurped(Hash),
    /// It can no longer be included; it left the pool.
    Invalid,
    /// It left the pool for lack of room or time.
    Dropped,
}

/// A transaction's new status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which.
    pub hash: Hash,
    /// What became of it.
    pub status: Status,
}

/// A transaction as the pool holds it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) transaction: Arc<Checked>,
    pub(super) price: Price,
    pub(super) sequence: u64,
    pub(super) expires: BlockNumber,
}

impl Entry {
    pub(super) const fn rank(&self, slot: Slot) -> HeadRank {
        HeadRank { price: Reverse(self.price), sequence: self.sequence, slot }
    }
}

/// The order of inclusion: the least comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HeadRank {
    price: Reverse<Price>,
    sequence: u64,
    /// The transaction. Sequence numbers are unique, so it decides nothing.
    pub(super) slot: Slot,
}

/// How much a tail is worth keeping: the least leaves first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Worth {
    pub(super) ready: bool,
    /// The lowest price of the tail's account.
    pub(super) price: Price,
}

/// The order of eviction: the least leaves first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TailRank {
    pub(super) worth: Worth,
    pub(super) sequence: Reverse<u64>,
    /// The transaction. Sequence numbers are unique, so it decides nothing.
    pub(super) slot: Slot,
}
