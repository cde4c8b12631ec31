//! A page unpacked for change: every slot has its place, so that writing a node moves no other.
//!
//! Leaves out which nodes belong where; that is the update's business.

use tenon_types::proof::{EMPTY_HASH, TreeHash};

use super::node::Node;
use super::page::{Page, SLOTS, count, slots};
use super::page_id::PageId;

/// An unpacked page, meant to be used again: clearing it costs two words.
pub(super) struct Scratch {
    internal: u128,
    leaf: u128,
    hashes: [TreeHash; SLOTS],
    keys: [TreeHash; SLOTS],
    values: [TreeHash; SLOTS],
}

impl Scratch {
    pub(super) fn new() -> Self {
        let none = [EMPTY_HASH; SLOTS];
        Self { internal: 0, leaf: 0, hashes: none, keys: none, values: none }
    }

    pub(super) fn clear(&mut self) {
        self.internal = 0;
        self.leaf = 0;
    }

    /// Unpacks a page.
    pub(super) fn load(&mut self, page: &Page) {
        self.internal = page.internal_slots();
        self.leaf = page.leaf_slots();
        let (hashes, pairs) = page.cells().split_at(count(self.internal | self.leaf));
        for (slot, hash) in slots(self.internal | self.leaf).zip(hashes) {
            self.hashes[slot] = *hash;
        }
        for (slot, [key, value]) in slots(self.leaf).zip(pairs.as_chunks::<2>().0) {
            self.keys[slot] = *key;
            self.values[slot] = *value;
        }
    }

    /// Packs the page that `id` names, whose slot 1 hashes to `root`.
    pub(super) fn pack(&self, id: &PageId, root: TreeHash) -> Page {
        // Slot 1 of any other page is kept in the page above.
        let kept = if id.is_root() { !0 } else { !0 << 2 };
        let (internal, leaf) = (self.internal & kept, self.leaf & kept);
        let mut cells = Vec::with_capacity(count(internal) + 3 * count(leaf));
        cells.extend(slots(internal | leaf).map(|slot| self.hashes[slot]));
        for slot in slots(leaf) {
            cells.push(self.keys[slot]);
            cells.push(self.values[slot]);
        }
        Page::from_parts(root, internal, leaf, cells.into_boxed_slice())
    }

    pub(super) fn node(&self, slot: usize) -> Node {
        let bit = 1 << slot;
        if self.internal & bit != 0 {
            Node::Internal { hash: self.hashes[slot] }
        } else if self.leaf & bit != 0 {
            Node::Leaf { hash: self.hashes[slot], key: self.keys[slot], value: self.values[slot] }
        } else {
            Node::Empty
        }
    }

    pub(super) fn set(&mut self, slot: usize, node: Node) {
        let bit = 1 << slot;
        self.internal &= !bit;
        self.leaf &= !bit;
        match node {
            Node::Empty => {}
            Node::Leaf { hash, key, value } => {
                self.leaf |= bit;
                self.hashes[slot] = hash;
                self.keys[slot] = key;
                self.values[slot] = value;
            }
            Node::Internal { hash } => {
                self.internal |= bit;
                self.hashes[slot] = hash;
            }
        }
    }
}
