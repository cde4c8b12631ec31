//! The hashes of transactions that were in a block lately, so that a resubmission costs no signature check.

use std::collections::{BTreeSet, VecDeque};
use tenon_types::Hash;

/// Hashes remembered; the oldest is forgotten first.
pub const MAX_REMEMBERED: usize = 262_144;

#[derive(Clone, Debug)]
pub(super) struct Remembered {
    set: BTreeSet<Hash>,
    order: VecDeque<Hash>,
}

impl Remembered {
    pub(super) const fn new() -> Self {
        Self { set: BTreeSet::new(), order: VecDeque::new() }
    }

    pub(super) fn insert(&mut self, hash: Hash) {
        if !self.set.insert(hash) {
            return;
        }
        self.order.push_back(hash);
        if self.order.len() > MAX_REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.set.remove(&oldest);
        }
    }

    pub(super) fn contains(&self, hash: &Hash) -> bool {
        self.set.contains(hash)
    }
}
