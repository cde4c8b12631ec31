//! What the engine tells of itself.

use super::{MAX_LOCATOR, WorkChain};
use crate::consensus::tensority::WorkRules;
use crate::consensus::tensority::shares::SharePool;
use tenon_types::Hash;
use tenon_types::work::{Bits, Work};

/// What the engine tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkStatus {
    /// The head.
    pub head: Hash,
    /// Its height.
    pub height: u64,
    /// The last final block.
    pub final_hash: Hash,
    /// Its height.
    pub final_height: u64,
    /// The work above it on the head's branch.
    pub work_above_final: Work,
    /// The target of the next block.
    pub next_bits: Bits,
    /// Blocks above the last final one that are known.
    pub blocks: usize,
    /// Blocks whose parents are missing.
    pub orphans: usize,
    /// Blocks that others were asked for.
    pub wanted: usize,
    /// Templates that miners may be at.
    pub templates: usize,
    /// How often blocks were taken back, and how many at most.
    pub reorganizations: u64,
    /// The most blocks that were taken back at once.
    pub deepest: u64,
    /// Blocks that were refused because they fork off below the last final one.
    pub deep_forks: u64,
    /// Blocks that were refused.
    pub refused: u64,
    /// Whether the engine stopped.
    pub halted: bool,
}

impl WorkChain {
    /// How it stands.
    pub fn status(&self) -> WorkStatus {
        let (head, root) = (self.tree.head(), self.tree.root().hash);
        let total = |hash| self.tree.total_of(&hash).unwrap_or_default();
        WorkStatus {
            head,
            height: self.tree.head_height(),
            final_hash: root,
            final_height: self.tree.root_height(),
            work_above_final: total(head).minus(total(root)),
            next_bits: self.tree.demanded_bits(&head, &self.rules).unwrap_or_default(),
            blocks: self.tree.len(),
            orphans: self.orphans.len(),
            wanted: self.wanted.len(),
            templates: self.desk.len(),
            reorganizations: self.counts.reorganizations,
            deepest: self.counts.deepest,
            deep_forks: self.counts.deep_forks,
            refused: self.counts.refused,
            halted: self.halted,
        }
    }

    /// The chain's rules.
    pub fn rules(&self) -> &WorkRules {
        &self.rules
    }

    /// The head's hash and height.
    pub fn head(&self) -> (Hash, u64) {
        (self.tree.head(), self.tree.head_height())
    }

    /// The last final block's hash and height.
    pub fn last_final(&self) -> (Hash, u64) {
        (self.tree.root().hash, self.tree.root_height())
    }

    /// The hash at a height of the head's branch, as far back as final headers are remembered.
    pub fn hash_at(&self, height: u64) -> Option<Hash> {
        let head = self.tree.head();
        (height <= self.tree.head_height()).then(|| self.tree.ancestor_hash(&head, height)).flatten()
    }

    /// The height of a block of the head's branch, as far back as final headers are remembered.
    pub fn height_on_chain(&self, hash: &Hash) -> Option<u64> {
        let height = self.tree.height_of(hash).or_else(|| self.tree.final_height_of(hash))?;
        (self.hash_at(height) == Some(*hash)).then_some(height)
    }

    /// Hashes of the head's branch, newest first, ever further apart.
    pub fn locator(&self) -> Vec<Hash> {
        self.tree.locator(MAX_LOCATOR)
    }

    /// The height of the last block of another node's locator that is on the head's branch: what comes after it is what that
    /// node lacks. Absent if none is remembered: then the store knows, or nobody.
    pub fn common_height(&self, locator: &[Hash]) -> Option<u64> {
        locator.iter().take(MAX_LOCATOR).find_map(|hash| self.height_on_chain(hash))
    }

    /// The miners who are paid together, if this node has any.
    pub fn pool(&self) -> Option<&SharePool> {
        self.pool.as_ref()
    }
}
