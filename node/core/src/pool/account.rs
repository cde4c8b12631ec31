//! The transactions of one account, by nonce.

use super::Price;
use super::entry::{HeadRank, TailRank};
use super::prices::Prices;
use super::slots::Slot;
use std::collections::BTreeMap;
use tenon_types::{Address, Amount};

/// One account's transactions. Nonces are held as `u64`, so that the one after the last has a value.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) address: Address,
    /// The next nonce on chain.
    pub(super) next: u64,
    /// The first nonce from `next` on that is not held: those between are ready. Never below `next` once settled.
    pub(super) ready_end: u64,
    /// What is held, by nonce.
    pub(super) nonces: BTreeMap<u32, Slot>,
    /// The prices of what is held; the lowest is what the tail is worth.
    prices: Prices,
    /// The most that all that is held may cost.
    committed: Amount,
    /// What stands for this account in the pool's order of inclusion.
    pub(super) head: Option<HeadRank>,
    /// What stands for this account in the pool's order of eviction.
    pub(super) tail: Option<TailRank>,
    /// How many were ready when the account was last settled.
    pub(super) ready: usize,
}

impl Account {
    pub(super) const fn new(address: Address, next: u64) -> Self {
        Self {
            address,
            next,
            ready_end: next,
            nonces: BTreeMap::new(),
            prices: Prices::new(),
            committed: 0,
            head: None,
            tail: None,
            ready: 0,
        }
    }

    pub(super) fn is_ready(&self, nonce: u32) -> bool {
        let nonce = u64::from(nonce);
        nonce >= self.next && nonce < self.ready_end
    }

    pub(super) const fn committed(&self) -> Amount {
        self.committed
    }

    pub(super) fn count(&mut self, price: Price, max_fee: Amount) {
        self.committed = self.committed.checked_add(max_fee).expect("a fee is bounded when it is counted");
        self.prices.add(price);
    }

    pub(super) fn discount(&mut self, price: Price, max_fee: Amount) {
        self.committed = self.committed.checked_sub(max_fee).expect("a held transaction's fee is counted");
        self.prices.remove(price);
    }

    /// The lowest price of what is held.
    pub(super) fn lowest_price(&self) -> Option<Price> {
        self.prices.lowest()
    }

    /// Takes in what follows the ready ones without a gap, and returns it.
    pub(super) fn promote(&mut self) -> Vec<Slot> {
        self.ready_end = self.ready_end.max(self.next);
        let mut promoted = Vec::new();
        let Ok(first) = u32::try_from(self.ready_end) else { return promoted };
        for (nonce, slot) in self.nonces.range(first..) {
            if u64::from(*nonce) != self.ready_end {
                break;
            }
            self.ready_end = self.ready_end.saturating_add(1);
            promoted.push(*slot);
        }
        promoted
    }

    /// Makes a gap at a nonce that is no longer held, and returns what was ready behind it.
    pub(super) fn demote(&mut self, gap: u32) -> Vec<Slot> {
        if !self.is_ready(gap) {
            return Vec::new();
        }
        let end = std::mem::replace(&mut self.ready_end, u64::from(gap));
        self.nonces.range(gap..).take_while(|(nonce, _)| u64::from(**nonce) < end).map(|(_, slot)| *slot).collect()
    }
}
