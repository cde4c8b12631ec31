//! How many messages a block takes when nothing goes wrong, beside what the overlay's formula allows.
//!
//! With N validators and M super-nodes, proposal and first votes take at most `M^2 + 3N - 2M` messages, and the votes
//! that finalize `2 (N - M) + M (M - 1)` more.

use crate::scenario::{Scenario, Trouble};
use crate::world::World;
use std::collections::BTreeMap;

/// Blocks that are made before messages are counted, and blocks of which they are.
const BLOCKS: (u64, u64) = (5, 20);
/// The longest that this takes, in simulated time.
const MAX_MS: u64 = 60_000;

/// What a block took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Messages {
    /// Validators.
    pub validators: u64,
    /// Super-nodes among them.
    pub supers: u64,
    /// Blocks counted.
    pub blocks: u64,
    /// Messages of all of them, by kind.
    pub kinds: BTreeMap<&'static str, u64>,
}

impl Messages {
    /// Messages that the formula allows for a block.
    pub fn bound(&self) -> u64 {
        let (n, m) = (self.validators, self.supers);
        let first = (m * m + 3 * n).saturating_sub(2 * m);
        first + 2 * n.saturating_sub(m) + m * m.saturating_sub(1)
    }

    /// Messages of all blocks.
    pub fn total(&self) -> u64 {
        self.kinds.values().sum()
    }

    /// Messages of a block on average, in hundredths, rounded down.
    pub fn hundredths(&self) -> u64 {
        (self.total() * 100).checked_div(self.blocks).unwrap_or(0)
    }
}

/// Counts the messages of blocks of so many validators, of whom some are super-nodes.
pub fn messages(validators: usize, supers: usize) -> Messages {
    let mut world = World::new(Scenario::new(1, Trouble::Counted { validators, supers }));
    let (before, counted) = BLOCKS;
    world.run_to_height(before, MAX_MS);
    let (first, from) = (world.sent.clone(), world.oracle.height());
    world.run_to_height(from + counted, MAX_MS);
    let mut kinds = world.sent.clone();
    for (kind, count) in &mut kinds {
        *count = count.saturating_sub(first.get(kind).copied().unwrap_or(0));
    }
    kinds.retain(|_, count| *count > 0);
    let blocks = world.oracle.height().saturating_sub(from);
    Messages { validators: validators as u64, supers: supers as u64, blocks, kinds }
}
