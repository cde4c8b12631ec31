//! Names of pages: the path from the root of the tree to the root of the page.
//!
//! Leaves out what a page holds.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use tenon_types::proof::TreeHash;

/// The levels of the tree that one page holds.
pub const PAGE_LEVELS: usize = 6;

/// The most pages above a page: 42 * 6 = 252 bits, so that the last page ends at bit 256.
pub const MAX_PAGE_DEPTH: usize = 42;

/// The children that a page can have: one for each value of [`PAGE_LEVELS`] bits.
pub(super) const FANOUT: u8 = 64;

/// The digits that are compared as one number.
const HEAD_DIGITS: usize = 8;

/// Path of a page: one digit of six bits for each page above it.
///
/// Its key in a store is its digits, a byte each: the empty string for the root page, three bytes for most pages of
/// a million-leaf tree. The order is that of the keys, a page before the pages below it.
#[derive(Clone, Copy, Eq)]
pub struct PageId {
    length: u8,
    digits: [u8; MAX_PAGE_DEPTH],
}

impl PageId {
    /// The page at the top of the tree.
    pub const ROOT: Self = Self { length: 0, digits: [0; MAX_PAGE_DEPTH] };

    /// Returns the key of the page in a store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.digits[..self.page_depth()]
    }

    /// Reads a key that [`PageId::as_bytes`] made, or returns `None` for any other bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_PAGE_DEPTH || bytes.iter().any(|digit| *digit >= FANOUT) {
            return None;
        }
        let mut id = Self::ROOT;
        id.digits[..bytes.len()].copy_from_slice(bytes);
        id.length = u8::try_from(bytes.len()).ok()?;
        Some(id)
    }

    /// Tells whether this is the page at the top of the tree.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.length == 0
    }

    /// Returns how many pages lie above.
    #[must_use]
    pub fn page_depth(&self) -> usize {
        usize::from(self.length)
    }

    /// Returns how many levels of the tree lie above the root of the page.
    #[must_use]
    pub fn bit_depth(&self) -> usize {
        self.page_depth() * PAGE_LEVELS
    }

    /// Returns the page below, on the path of `digit`.
    ///
    /// # Panics
    /// If the page already ends at bit 256 or `digit` has more than six bits.
    #[must_use]
    pub(super) fn child(&self, digit: u8) -> Self {
        assert!(digit < FANOUT, "a digit has six bits");
        let mut child = *self;
        child.digits[self.page_depth()] = digit;
        child.length += 1;
        child
    }

    /// Returns the first [`HEAD_DIGITS`] digits as one number; unused digits are zero.
    fn head(&self) -> u64 {
        self.digits.first_chunk::<HEAD_DIGITS>().map_or(0, |first| u64::from_be_bytes(*first))
    }

    /// Tells whether the path of a key leads through the page.
    pub(super) fn contains(&self, key: &TreeHash) -> bool {
        self.as_bytes().iter().enumerate().all(|(depth, digit)| digit_of(key, depth) == *digit)
    }
}

/// Returns the six bits of a key that lead through the page at `page_depth`; past bit 256 they are zero.
pub(super) fn digit_of(key: &TreeHash, page_depth: usize) -> u8 {
    let bit = page_depth * PAGE_LEVELS;
    let high = key.get(bit / 8).copied().unwrap_or(0);
    let low = key.get(bit / 8 + 1).copied().unwrap_or(0);
    let window = u16::from_be_bytes([high, low]) >> (16 - PAGE_LEVELS - bit % 8);
    window.to_be_bytes()[1] & (FANOUT - 1)
}

impl PartialEq for PageId {
    fn eq(&self, other: &Self) -> bool {
        // Two numbers decide for all but the deepest trees.
        self.length == other.length
            && self.head() == other.head()
            && (self.page_depth() <= HEAD_DIGITS || self.digits == other.digits)
    }
}

impl Hash for PageId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.head() ^ u64::from(self.length));
        if self.page_depth() > HEAD_DIGITS {
            state.write(&self.as_bytes()[HEAD_DIGITS..]);
        }
    }
}

impl Ord for PageId {
    fn cmp(&self, other: &Self) -> Ordering {
        // The head decides most comparisons of a map's search.
        self.head().cmp(&other.head()).then_with(|| self.as_bytes().cmp(other.as_bytes()))
    }
}

impl PartialOrd for PageId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for PageId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "/")?;
        self.as_bytes().iter().try_for_each(|digit| write!(out, "{digit:02x}"))
    }
}

impl fmt::Debug for PageId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PageId({self})")
    }
}
