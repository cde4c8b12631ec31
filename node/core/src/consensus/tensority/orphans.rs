//! Blocks whose parent is not here. They are few, since nobody has shown yet that work is in them.

use super::{Facts, Peer};
use std::collections::BTreeMap;
use tenon_types::Hash;

/// Blocks that wait for their parents.
pub const MAX_ORPHANS: usize = 128;
/// Of those, blocks of one peer.
pub const MAX_ORPHANS_OF_PEER: usize = 16;

#[derive(Clone, Copy, Debug)]
struct Orphan {
    facts: Facts,
    from: Option<Peer>,
    /// The how many-th it was.
    seen: u64,
}

/// Blocks that wait for their parents.
#[derive(Clone, Debug, Default)]
pub(super) struct Orphans {
    blocks: BTreeMap<Hash, Orphan>,
    seen: u64,
}

impl Orphans {
    pub(super) fn contains(&self, hash: &Hash) -> bool {
        self.blocks.contains_key(hash)
    }

    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Keeps a block. Returns the one that had to go for it: the oldest of a peer that has too many, or the oldest of all.
    pub(super) fn insert(&mut self, facts: Facts, from: Option<Peer>) -> Option<Hash> {
        self.seen = self.seen.saturating_add(1);
        let of_peer = self.blocks.values().filter(|orphan| orphan.from == from).count();
        let oldest = |of: Option<Option<Peer>>| {
            let those = self.blocks.iter().filter(|(_, orphan)| of.is_none_or(|peer| orphan.from == peer));
            those.min_by_key(|(_, orphan)| orphan.seen).map(|(hash, _)| *hash)
        };
        let gone = if of_peer >= MAX_ORPHANS_OF_PEER {
            oldest(Some(from))
        } else if self.blocks.len() >= MAX_ORPHANS {
            oldest(None)
        } else {
            None
        };
        if let Some(gone) = gone {
            self.blocks.remove(&gone);
        }
        self.blocks.insert(facts.hash, Orphan { facts, from, seen: self.seen });
        gone
    }

    /// Takes the blocks out that stand on one, the first seen first.
    pub(super) fn take_children(&mut self, parent: &Hash) -> Vec<(Facts, Option<Peer>)> {
        let children = self.blocks.extract_if(.., |_, orphan| orphan.facts.parent == *parent);
        let mut children: Vec<Orphan> = children.map(|(_, orphan)| orphan).collect();
        children.sort_unstable_by_key(|orphan| orphan.seen);
        children.into_iter().map(|orphan| (orphan.facts, orphan.from)).collect()
    }

    /// Takes the blocks out that are no higher than this.
    pub(super) fn take_up_to(&mut self, height: u64) -> Vec<Hash> {
        self.blocks.extract_if(.., |_, orphan| orphan.facts.height <= height).map(|(hash, _)| hash).collect()
    }

    /// The first block below one that is not here, or the block itself.
    pub(super) fn missing(&self, facts: &Facts) -> Hash {
        let mut parent = facts.parent;
        // No row is longer than all there are, even if hashes went round in a circle.
        for _ in 0..self.blocks.len() {
            let Some(orphan) = self.blocks.get(&parent) else { break };
            parent = orphan.facts.parent;
        }
        parent
    }

    /// Whether some block still waits for this one.
    pub(super) fn wait_for(&self, parent: &Hash) -> bool {
        self.blocks.values().any(|orphan| orphan.facts.parent == *parent)
    }
}
