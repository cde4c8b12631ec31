//! Collects pieces until a block can be rebuilt, within bounds that no sender can use up for the others.
//!
//! ```text
//! open      a root of which pieces were kept; it counts to the sender of its first piece, who has only so many: for a
//!           new one the sender's oldest is dropped
//! full      when all pieces together are too long, the root with the smallest part of what it needs is dropped, of
//!           equals the oldest
//! finished  a root that was rebuilt, or coded wrongly: remembered for a while, and its late pieces are passed over
//! ```

use super::code::{Shard, ShardError, rebuild};
use crate::consensus::bbft::ValidatorIndex;
use std::collections::{BTreeMap, VecDeque};
use tenon_types::Hash;

/// Roots open at once that count to one sender.
pub const MAX_OPEN_PER_SENDER: usize = 2;
/// Bytes of all pieces that are kept.
pub const MAX_OPEN_BYTES: usize = 128 << 20;
/// Finished roots that are remembered.
pub const MAX_FINISHED: usize = 1_024;

/// What became of a piece that is right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Collected {
    /// It was kept; so many pieces are there, of so many that suffice.
    Kept {
        /// Pieces that are there.
        found: usize,
        /// Pieces that suffice.
        expected: usize,
    },
    /// It was here, or its block is finished.
    Known,
    /// It was the last that was needed.
    Rebuilt {
        /// The block that the pieces were said to be of; compare it with the bytes.
        block: Hash,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

/// What is known of a root.
#[derive(Debug)]
struct Open {
    /// The first piece without its branch: what it says of the others is proven by the root.
    first: Shard,
    shards: BTreeMap<u16, Vec<u8>>,
    sender: ValidatorIndex,
    order: u64,
}

impl Open {
    fn bytes(&self) -> usize {
        self.shards.len().saturating_mul(self.first.bytes.len())
    }

    /// How much of what it needs is there, in thousandths.
    fn part(&self) -> usize {
        self.shards.len().saturating_mul(1_000).checked_div(self.first.code.data()).unwrap_or_default()
    }
}

/// Pieces of several blocks.
#[derive(Debug)]
pub struct ShardSets {
    max_bytes: usize,
    open: BTreeMap<Hash, Open>,
    finished: VecDeque<Hash>,
    order: u64,
}

impl ShardSets {
    /// Keeps nothing yet, and at most so many bytes, or [`MAX_OPEN_BYTES`].
    pub fn new(max_bytes: usize) -> Self {
        let max_bytes = max_bytes.min(MAX_OPEN_BYTES);
        Self { max_bytes, open: BTreeMap::new(), finished: VecDeque::new(), order: 0 }
    }

    /// Bytes of all pieces that are kept.
    pub fn bytes(&self) -> usize {
        self.open.values().fold(0, |sum, open| sum.saturating_add(open.bytes()))
    }

    /// Roots that are open.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes a piece from a sender.
    ///
    /// # Errors
    /// [`ShardError`]. [`ShardError::Encoder`] is the fault of who made the root, every other that of the sender.
    pub fn insert(&mut self, sender: ValidatorIndex, shard: Shard) -> Result<Collected, ShardError> {
        let is_here = self.open.get(&shard.root).is_some_and(|open| {
            // Another piece with this index would be foreign: let the check say so.
            open.shards.get(&shard.index) == Some(&shard.bytes)
        });
        if is_here || self.finished.contains(&shard.root) {
            return Ok(Collected::Known);
        }
        shard.check()?;
        let (root, expected) = (shard.root, shard.code.data());
        let found = self.keep(sender, shard);
        if found < expected {
            return Ok(Collected::Kept { found, expected });
        }
        let Some(open) = self.open.remove(&root) else { return Ok(Collected::Known) };
        self.finished.push_back(root);
        if self.finished.len() > MAX_FINISHED {
            self.finished.pop_front();
        }
        let bytes = rebuild(&open.first, &open.shards)?;
        Ok(Collected::Rebuilt { block: open.first.block, bytes })
    }

    /// Drops every root of a block that is no longer needed.
    pub fn forget(&mut self, block: Hash) {
        self.open.retain(|_, open| open.first.block != block);
    }

    /// Keeps a checked piece and returns how many of its root are there.
    fn keep(&mut self, sender: ValidatorIndex, shard: Shard) -> usize {
        let root = shard.root;
        if !self.open.contains_key(&root) {
            self.make_room_of(sender);
            let open = Open { first: shard.clone(), shards: BTreeMap::new(), sender, order: self.order };
            self.order = self.order.saturating_add(1);
            self.open.insert(root, open);
        }
        let found = self.open.get_mut(&root).map_or(0, |open| {
            open.shards.insert(shard.index, shard.bytes);
            open.shards.len()
        });
        while self.bytes() > self.max_bytes {
            let least = self.open.iter().min_by_key(|(_, open)| (open.part(), open.order)).map(|(root, _)| *root);
            let Some(least) = least else { break };
            self.open.remove(&least);
        }
        found
    }

    fn make_room_of(&mut self, sender: ValidatorIndex) {
        let of_sender = || self.open.iter().filter(|(_, open)| open.sender == sender);
        if of_sender().count() >= MAX_OPEN_PER_SENDER
            && let Some(oldest) = of_sender().min_by_key(|(_, open)| open.order).map(|(root, _)| *root)
        {
            self.open.remove(&oldest);
        }
    }
}
