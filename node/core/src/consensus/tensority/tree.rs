//! The headers that may be part of the chain: final ones in a row, and above them a tree.
//!
//! ```text
//! trunk   final headers, oldest first, as far back as the rules look; the last is the root
//! tree    every block above the root whose parent's work was checked; the head is one of them, or the root
//! best    of the branches whose work was checked, the one with most; among equals the one that was seen first
//! ```

use super::{Facts, Past, WorkRules};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tenon_types::Hash;
use tenon_types::work::{Bits, FIRST_SEED, MEDIAN_TIMES, Work, median_time, seed_height};

/// Blocks above the last final one that are known.
pub const MAX_NODES: usize = 4_096;
/// Blocks that are remembered because this chain cannot have them.
pub const MAX_INVALID: usize = 4_096;

/// How far a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// The hash of its work was asked for.
    Checking,
    /// Its work meets its target.
    Worked,
    /// It was executed and breaks no rule.
    Executed,
}

/// A block above the root.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<P> {
    pub(super) facts: Facts,
    pub(super) state: State,
    /// The work of the branch up to here, counted from where this engine began.
    pub(super) total: Work,
    /// The how many-th block it was.
    seen: u64,
    pub(super) from: Option<P>,
}

impl<P> Node<P> {
    /// The how many-th block it was.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }
}

/// The headers that may be part of the chain.
#[derive(Clone, Debug)]
pub(super) struct Tree<P> {
    trunk: VecDeque<Past>,
    root_height: u64,
    root_total: Work,
    nodes: BTreeMap<Hash, Node<P>>,
    head: Hash,
    seen: u64,
    history: usize,
    /// Whether whoever sends one, or what stands on it, is to blame.
    invalid: BTreeMap<Hash, bool>,
    invalid_order: VecDeque<Hash>,
}

impl<P: Copy> Tree<P> {
    /// A tree above final headers, which are not empty.
    pub(super) fn new(trunk: VecDeque<Past>, root_height: u64, history: usize) -> Self {
        let head = trunk.back().expect("there is always a final block").hash;
        Self {
            trunk,
            root_height,
            root_total: Work::ZERO,
            nodes: BTreeMap::new(),
            head,
            seen: 0,
            history,
            invalid: BTreeMap::new(),
            invalid_order: VecDeque::new(),
        }
    }

    pub(super) fn root(&self) -> &Past {
        self.trunk.back().expect("there is always a final block")
    }

    pub(super) fn root_height(&self) -> u64 {
        self.root_height
    }

    pub(super) fn head(&self) -> Hash {
        self.head
    }

    pub(super) fn head_height(&self) -> u64 {
        self.height_of(&self.head).unwrap_or(self.root_height)
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn get(&self, hash: &Hash) -> Option<&Node<P>> {
        self.nodes.get(hash)
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node<P>> {
        self.nodes.values()
    }

    /// The work of the branch up to a block, counted from where this engine began.
    pub(super) fn total_of(&self, hash: &Hash) -> Option<Work> {
        if *hash == self.root().hash {
            return Some(self.root_total);
        }
        self.nodes.get(hash).map(|node| node.total)
    }

    /// The height of the root or of a block above it.
    pub(super) fn height_of(&self, hash: &Hash) -> Option<u64> {
        if *hash == self.root().hash {
            return Some(self.root_height);
        }
        self.nodes.get(hash).map(|node| node.facts.height)
    }

    /// The height of a final block below the root, if it is one that is remembered.
    pub(super) fn final_height_of(&self, hash: &Hash) -> Option<u64> {
        let back = self.trunk.iter().rev().position(|past| past.hash == *hash)?;
        self.root_height.checked_sub(u64::try_from(back).ok()?)
    }

    fn past_at(&self, height: u64) -> Option<&Past> {
        let back = usize::try_from(self.root_height.checked_sub(height)?).ok()?;
        self.trunk.get(self.trunk.len().checked_sub(back)?.checked_sub(1)?)
    }

    /// The hash of a final block of a height, if it is one that is remembered.
    pub(super) fn final_at(&self, height: u64) -> Option<Hash> {
        self.past_at(height).map(|past| past.hash)
    }

    /// What is known of a block or of one of its ancestors, by height.
    fn ancestor(&self, hash: &Hash, height: u64) -> Option<Past> {
        if height <= self.root_height {
            return self.past_at(height).copied();
        }
        let mut node = self.nodes.get(hash)?;
        while node.facts.height > height {
            node = self.nodes.get(&node.facts.parent)?;
        }
        Some(Past::of(&node.facts))
    }

    /// The ancestor of a block at a height, or the block itself.
    pub(super) fn ancestor_hash(&self, hash: &Hash, height: u64) -> Option<Hash> {
        self.ancestor(hash, height).map(|past| past.hash)
    }

    /// Whether a block descends from another, or is it; both above the root or the root.
    pub(super) fn descends(&self, hash: &Hash, from: &Hash) -> bool {
        let Some(height) = self.height_of(from) else { return false };
        self.height_of(hash).is_some_and(|own| own >= height) && self.ancestor_hash(hash, height) == Some(*from)
    }

    // What the rules demand of the child of a block.

    /// The target that a child of a block has to state.
    pub(super) fn demanded_bits(&self, parent: &Hash, rules: &WorkRules) -> Option<Bits> {
        let height = self.height_of(parent)?;
        let known = self.ancestor(parent, height)?;
        if height == 0 || !height.is_multiple_of(rules.retarget_blocks) {
            return Some(known.bits);
        }
        let first = self.ancestor(parent, height.checked_sub(rules.retarget_blocks)?)?;
        let span = i128::from(known.time_ms).saturating_sub(i128::from(first.time_ms));
        // What was demanded before is a target, and genesis states one.
        known.bits.target().ok().map(|target| target.retarget(span, rules.interval_ms()).bits())
    }

    /// The time above which a child of a block has to be.
    pub(super) fn median_ms(&self, parent: &Hash) -> Option<u64> {
        let (mut times, mut hash) = (Vec::with_capacity(MEDIAN_TIMES), *parent);
        while times.len() < MEDIAN_TIMES
            && let Some(node) = self.nodes.get(&hash)
        {
            times.push(node.facts.time_ms);
            hash = node.facts.parent;
        }
        let below = MEDIAN_TIMES.saturating_sub(times.len());
        times.extend(self.trunk.iter().rev().take(below).map(|past| past.time_ms));
        median_time(&times)
    }

    /// The seed of the work of a child of a block: the hash of an ancestor on its own branch.
    pub(super) fn seed(&self, parent: &Hash, rules: &WorkRules) -> Option<Hash> {
        match seed_height(self.height_of(parent)?.saturating_add(1), rules.seed_blocks) {
            0 => Some(FIRST_SEED),
            height => self.ancestor_hash(parent, height),
        }
    }

    /// The final height that a child of a block must not fall below.
    pub(super) fn stated_final(&self, parent: &Hash) -> u64 {
        self.nodes.get(parent).map_or(self.root().finalized, |node| node.facts.seal.finalized)
    }

    // Growing.

    /// Puts a block on its parent, which is here. Its work is checked or being so.
    pub(super) fn insert(&mut self, facts: Facts, state: State, from: Option<P>) {
        let (Some(parent), Ok(target)) = (self.total_of(&facts.parent), facts.seal.bits.target()) else { return };
        self.seen = self.seen.saturating_add(1);
        let node = Node { facts, state, total: parent.plus(target.work()), seen: self.seen, from };
        self.nodes.insert(facts.hash, node);
    }

    pub(super) fn set_state(&mut self, hash: &Hash, state: State) {
        if let Some(node) = self.nodes.get_mut(hash) {
            node.state = state;
        }
    }

    pub(super) fn set_head(&mut self, head: Hash) {
        self.head = head;
    }

    /// Takes a block and all that stands on it out, and returns them, each after its parent.
    pub(super) fn remove(&mut self, hash: &Hash) -> Vec<Node<P>> {
        let mut gone = Vec::new();
        if let Some(node) = self.nodes.remove(hash) {
            gone.push(node);
        }
        let mut next = 0;
        while let Some(parent) = gone.get(next).map(|node| node.facts.hash) {
            let children = self.nodes.extract_if(.., |_, node| node.facts.parent == parent);
            let children: Vec<Node<P>> = children.map(|(_, node)| node).collect();
            gone.extend(children);
            next = next.saturating_add(1);
        }
        gone
    }

    /// The leaf beside the head's branch whose branch has the least work.
    pub(super) fn weakest_leaf(&self) -> Option<&Node<P>> {
        let parents: BTreeSet<Hash> = self.nodes.values().map(|node| node.facts.parent).collect();
        let leaves = self.nodes.values().filter(|node| !parents.contains(&node.facts.hash));
        let beside = leaves.filter(|node| node.facts.hash != self.head);
        beside.min_by_key(|node| (node.total, std::cmp::Reverse(node.seen)))
    }

    /// Remembers a block that this chain cannot have, and whether nobody honest could.
    pub(super) fn remember_invalid(&mut self, hash: Hash, fault: bool) {
        if self.invalid.insert(hash, fault).is_none() {
            self.invalid_order.push_back(hash);
        }
        while self.invalid_order.len() > MAX_INVALID {
            if let Some(old) = self.invalid_order.pop_front() {
                self.invalid.remove(&old);
            }
        }
    }

    /// Whether a block was refused for good, and if so, whether nobody honest could have it.
    pub(super) fn invalid(&self, hash: &Hash) -> Option<bool> {
        self.invalid.get(hash).copied()
    }

    // Choosing.

    /// The best block that descends from one, of those that state no higher final block than is known here and are not too
    /// high themselves. Without one that has more work the head stays, if it descends from it.
    pub(super) fn best(&self, from: &Hash, final_height: u64, most_height: u64) -> Hash {
        let may = |node: &&Node<P>| {
            let Facts { height, seal, .. } = &node.facts;
            node.state > State::Checking && seal.finalized <= final_height && *height <= most_height
        };
        let keeps = self.descends(&self.head, from);
        let (mut best, mut order) = match self.nodes.get(&self.head) {
            Some(head) if keeps => (self.head, Some((head.total, u64::MAX))),
            _ if keeps => (self.head, Some((self.root_total, u64::MAX))),
            _ => (*from, None),
        };
        for node in self.nodes.values().filter(may) {
            // More work first; of equals, what was seen first, and the head before all.
            let own = (node.total, u64::MAX.saturating_sub(node.seen));
            if order.is_none_or(|order| own > order) && self.descends(&node.facts.hash, from) {
                (best, order) = (node.facts.hash, Some(own));
            }
        }
        best
    }

    /// The way from one block to another: those to be taken back, newest first, and those to be put on, oldest first.
    pub(super) fn way(&self, from: Hash, to: Hash) -> (Vec<Hash>, Vec<Hash>) {
        let (mut back, mut on) = (Vec::new(), Vec::new());
        let (mut low, mut high) = (from, to);
        while low != high {
            let (below, above) = (self.height_of(&low), self.height_of(&high));
            if below >= above {
                let Some(node) = self.nodes.get(&low) else { break };
                back.push(low);
                low = node.facts.parent;
            }
            if above >= below {
                let Some(node) = self.nodes.get(&high) else { break };
                on.push(high);
                high = node.facts.parent;
            }
        }
        on.reverse();
        (back, on)
    }

    /// Makes a block on the head's branch final, with all below it: it becomes the root. Returns those blocks, oldest first,
    /// and the blocks that do not descend from it, which are gone.
    pub(super) fn finalize(&mut self, hash: Hash) -> (Vec<Facts>, Vec<Node<P>>) {
        let (_, way) = self.way(self.root().hash, hash);
        let (mut line, mut beside) = (Vec::new(), Vec::new());
        for hash in way {
            let Some(node) = self.nodes.remove(&hash) else { break };
            line.push(node.facts);
            let parent = self.root().hash;
            self.trunk.push_back(Past::of(&node.facts));
            (self.root_height, self.root_total) = (node.facts.height, node.total);
            let others: Vec<Hash> =
                self.nodes.values().filter(|node| node.facts.parent == parent).map(|node| node.facts.hash).collect();
            for other in others {
                beside.extend(self.remove(&other));
            }
        }
        while self.trunk.len() > self.history {
            self.trunk.pop_front();
        }
        (line, beside)
    }

    /// Hashes of the head's branch and of final blocks, newest first, ever further apart: by these another node finds the
    /// last block that both have.
    pub(super) fn locator(&self, most: usize) -> Vec<Hash> {
        let (mut hashes, mut height, mut step) = (Vec::new(), self.head_height(), 1_u64);
        while hashes.len() < most
            && let Some(hash) = self.ancestor_hash(&self.head, height)
        {
            hashes.push(hash);
            if hashes.len() > 8 {
                step = step.saturating_mul(2);
            }
            let Some(next) = height.checked_sub(step) else { break };
            height = next;
        }
        hashes
    }
}
