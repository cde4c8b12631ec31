//! A page: six levels of the tree, packed, immutable and shared; and its bytes in a store.
//!
//! A page has slots numbered like a heap: 1 is the root of the page, 2n and 2n + 1 lie below n, 64 to 127 are the
//! bottom, whose subtrees live in pages of their own. Slot 1 is kept in the root page alone; elsewhere it is known
//! from the page above.
//!
//! The bytes hold only what cannot be computed, so that no page can contradict itself:
//!
//! ```text
//! u64  little-endian   which bottom slots are internal nodes
//! u128 little-endian   which slots are leaves
//! 32 bytes             for each internal bottom slot, in order: its hash
//! 64 bytes             for each leaf, in order: key hash, value hash
//! ```
//!
//! Leaves out the changing of pages, which is done in a `Scratch`.

use tenon_types::proof::{EMPTY_HASH, TreeHash, internal_hash, key_bit};
use thiserror::Error;

use super::node::Node;
use super::page_id::{MAX_PAGE_DEPTH, PAGE_LEVELS, PageId};
use super::scratch::Scratch;

/// One past the highest slot.
pub(super) const SLOTS: usize = 128;
/// The first slot of the bottom level.
pub(super) const BOTTOM: usize = 64;
/// The slots of a bottom page that lie at bit 256 or above it: deeper there are no bits.
const LAST_PAGE_SLOTS: usize = 32;
/// The bytes before the hashes: the two bit sets.
const HEADER_BYTES: usize = 8 + 16;

/// The most bytes of an encoded page: a full bottom level of leaves.
pub const MAX_PAGE_BYTES: usize = HEADER_BYTES + BOTTOM * 64;

/// Why bytes are not the page that their id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PageError {
    /// The number of bytes does not fit the bit sets.
    #[error("wrong page length: expected {expected} bytes, found {found}")]
    Length {
        /// What the bit sets call for, or the header's length if even that is missing.
        expected: usize,
        /// How many bytes there are.
        found: usize,
    },
    /// A node where none may be.
    #[error("misplaced node in slot {slot}")]
    Misplaced {
        /// The slot.
        slot: usize,
    },
    /// A leaf whose key does not lead to its slot.
    #[error("leaf off its path in slot {slot}")]
    OffPath {
        /// The slot.
        slot: usize,
    },
    /// Fewer than two leaves below a node that exists only above two.
    #[error("not compact: expected at least two leaves below slot {slot}")]
    NotCompact {
        /// The slot.
        slot: usize,
    },
}

/// Six levels of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The hash of slot 1, kept here even where slot 1 is not.
    root: TreeHash,
    /// One bit for each slot that holds an internal node.
    internal: u128,
    /// One bit for each slot that holds a leaf.
    leaf: u128,
    /// The hash of each node in slot order, then key hash and value hash of each leaf in slot order.
    cells: Box<[TreeHash]>,
}

impl Page {
    /// Returns the hash of the subtree whose top this page is.
    #[must_use]
    pub fn root(&self) -> &TreeHash {
        &self.root
    }

    /// Returns how many leaves are kept in this page itself.
    #[must_use]
    pub fn leaf_count(&self) -> usize {
        count(self.leaf)
    }

    /// Encodes the page.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let bottom = u64::try_from(self.internal >> BOTTOM).expect("64 slots lie on the bottom level");
        let inner = count(self.internal) - count(u128::from(bottom));
        let mut bytes = Vec::with_capacity(MAX_PAGE_BYTES.min(HEADER_BYTES + self.cells.len() * 32 - inner * 32));
        bytes.extend_from_slice(&bottom.to_le_bytes());
        bytes.extend_from_slice(&self.leaf.to_le_bytes());
        for slot in slots(self.internal & !below(BOTTOM)) {
            bytes.extend_from_slice(&self.cells[self.rank(slot)]);
        }
        bytes.extend_from_slice(self.cells[self.node_count()..].as_flattened());
        bytes
    }

    /// Decodes the page that `id` names and computes its hashes.
    ///
    /// # Errors
    /// If the bytes are not exactly what [`Page::encode`] gives for some page of that id. Bottom hashes cannot be
    /// told from others here: whoever reads a page compares [`Page::root`] with what the page above says.
    pub fn decode(id: &PageId, bytes: &[u8]) -> Result<Self, PageError> {
        let short = PageError::Length { expected: HEADER_BYTES, found: bytes.len() };
        let (bottom, rest) = bytes.split_first_chunk::<8>().ok_or(short)?;
        let (leaf, rest) = rest.split_first_chunk::<16>().ok_or(short)?;
        let bottom = u128::from(u64::from_le_bytes(*bottom)) << BOTTOM;
        let leaf = u128::from_le_bytes(*leaf);
        let expected = HEADER_BYTES + count(bottom) * 32 + count(leaf) * 64;
        let (cells, []) = rest.as_chunks::<32>() else {
            return Err(PageError::Length { expected, found: bytes.len() });
        };
        if expected != bytes.len() {
            return Err(PageError::Length { expected, found: bytes.len() });
        }
        let mut scratch = Box::new(Scratch::new());
        let (hashes, leaves) = cells.split_at(count(bottom));
        for (slot, hash) in slots(bottom).zip(hashes) {
            if *hash == EMPTY_HASH || leaf >> slot & 1 == 1 {
                return Err(PageError::Misplaced { slot });
            }
            scratch.set(slot, Node::Internal { hash: *hash });
        }
        for (slot, pair) in slots(leaf).zip(leaves.as_chunks::<2>().0) {
            let [key, value] = *pair;
            check_leaf(id, slot, &key)?;
            scratch.set(slot, Node::leaf(key, value));
        }
        if id.page_depth() == MAX_PAGE_DEPTH
            && let Some(slot) = slots(bottom | (leaf & !below(LAST_PAGE_SLOTS))).next()
        {
            return Err(PageError::Misplaced { slot });
        }
        fill_inner(&mut scratch)?;
        match scratch.node(1) {
            Node::Internal { hash } => Ok(scratch.pack(id, hash)),
            Node::Leaf { hash, .. } if id.is_root() => Ok(scratch.pack(id, hash)),
            _ => Err(PageError::NotCompact { slot: 1 }),
        }
    }

    /// Returns the node in a slot.
    pub(super) fn node(&self, slot: usize) -> Node {
        let bit = 1_u128 << slot;
        if self.internal & bit != 0 {
            Node::Internal { hash: self.cells[self.rank(slot)] }
        } else if self.leaf & bit != 0 {
            let pair = self.node_count() + 2 * count(self.leaf & below(slot));
            Node::Leaf { hash: self.cells[self.rank(slot)], key: self.cells[pair], value: self.cells[pair + 1] }
        } else {
            Node::Empty
        }
    }

    /// Puts a page together from parts that already agree.
    pub(super) fn from_parts(root: TreeHash, internal: u128, leaf: u128, cells: Box<[TreeHash]>) -> Self {
        debug_assert_eq!(internal & leaf, 0, "a slot holds one node");
        debug_assert_eq!(cells.len(), count(internal) + 3 * count(leaf), "each node has its cells");
        Self { root, internal, leaf, cells }
    }

    pub(super) fn internal_slots(&self) -> u128 {
        self.internal
    }

    pub(super) fn leaf_slots(&self) -> u128 {
        self.leaf
    }

    pub(super) fn cells(&self) -> &[TreeHash] {
        &self.cells
    }

    fn node_count(&self) -> usize {
        count(self.internal | self.leaf)
    }

    fn rank(&self, slot: usize) -> usize {
        count((self.internal | self.leaf) & below(slot))
    }
}

/// Returns the set slots in ascending order.
pub(super) fn slots(mut set: u128) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let slot = usize::try_from(set.trailing_zeros()).expect("a bit number fits");
        (set != 0).then(|| {
            set &= set - 1;
            slot
        })
    })
}

/// Returns how many slots are set.
pub(super) fn count(set: u128) -> usize {
    usize::try_from(set.count_ones()).expect("at most 128 bits are set")
}

/// Returns the level of a slot below the root of its page: 0 for slot 1, 6 for the bottom.
pub(super) fn level(slot: usize) -> usize {
    usize::try_from(slot.ilog2()).expect("a level is at most six")
}

/// Returns the set of all slots below a number.
fn below(slot: usize) -> u128 {
    (1 << slot) - 1
}

/// Checks that a leaf may lie in a slot and that its key leads there.
fn check_leaf(id: &PageId, slot: usize, key: &TreeHash) -> Result<(), PageError> {
    if slot == 0 || (slot == 1 && !id.is_root()) {
        return Err(PageError::Misplaced { slot });
    }
    let levels = level(slot);
    if id.bit_depth() + levels > 256 {
        return Err(PageError::Misplaced { slot });
    }
    let on_path =
        (0..levels).all(|above| key_bit(key, id.bit_depth() + above) == ((slot >> (levels - 1 - above)) & 1 == 1));
    if id.contains(key) && on_path { Ok(()) } else { Err(PageError::OffPath { slot }) }
}

/// Computes the internal nodes above the bottom, and refuses a shape that no tree has.
fn fill_inner(scratch: &mut Scratch) -> Result<(), PageError> {
    for slot in (1..BOTTOM).rev() {
        let children = (scratch.node(2 * slot), scratch.node(2 * slot + 1));
        match (scratch.node(slot), children) {
            (_, (Node::Empty, Node::Empty)) => {}
            (Node::Leaf { .. }, _) => return Err(PageError::Misplaced { slot }),
            (_, (Node::Leaf { .. }, Node::Empty) | (Node::Empty, Node::Leaf { .. })) => {
                return Err(PageError::NotCompact { slot });
            }
            (_, (left, right)) => {
                scratch.set(slot, Node::Internal { hash: internal_hash(&left.hash(), &right.hash()) });
            }
        }
    }
    Ok(())
}

const _: () = assert!(1 << PAGE_LEVELS == BOTTOM && SLOTS == 2 * BOTTOM, "the slots follow from the levels");
