//! The header accumulator: a Merkle mountain range over the hashes of a chain's blocks, by their heights.
//!
//! ```text
//! leaf  = blake3_keyed(32 bytes 0x03, height u64 || block hash)
//! node  = blake3_keyed(32 bytes 0x04, left || right)
//! root  = blake3_keyed(32 bytes 0x05, size u64 || head)       head of nothing = 32 zero bytes
//! ```
//!
//! The tree has the shape of RFC 6962: complete trees side by side, the largest first, whose heads, the **peaks**, are
//! joined from the right. So an append changes at most as many hashes as there are peaks, one for each bit of the size
//! that is set, and every node below a peak stays as it is for ever. A leaf says its height and the root its size: no
//! path proves another place than its own, no block stands twice, and no node passes for a leaf.
//!
//! It leaves out where nodes are kept: [`AncestorProof::make`] asks for them.

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::fmt;

use parity_scale_codec::{Decode, DecodeAll, Encode, Error as CodecError, Input, Output};

use crate::Hash;
use crate::proof::{EMPTY_HASH, TreeHash, decode_bounded};

/// The most peaks: one for each bit of a size.
pub const MAX_PEAKS: usize = 64;
/// The most hashes of a path: no tree of a size that has 64 bits is deeper.
pub const MAX_PATH: usize = 64;

/// Sets a leaf's hash apart from all others. The state tree has 1 and 2.
const LEAF_TAG: u8 = 3;
/// Sets a node's hash apart.
const NODE_TAG: u8 = 4;
/// Sets a root apart.
const ROOT_TAG: u8 = 5;

/// Hashes a node of its two children.
pub(crate) type Join = fn(&TreeHash, &TreeHash) -> TreeHash;

/// Where a node lies that changes no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The height of the last block below it: the one that completed it.
    pub last: u64,
    /// How many levels of nodes lie below it; 0 for a leaf.
    pub level: u8,
}

/// Why something of an accumulator is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MmrError {
    /// The bytes are no encoding within the bounds, or bytes follow it.
    Malformed,
    /// There are more peaks, or fewer, than the size has bits that are set.
    Peaks {
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: u32,
    },
    /// The accumulator has no such block.
    Position {
        /// The height asked for.
        found: u64,
        /// How many blocks there are.
        size: u64,
    },
    /// The path is of another length than one from that place in a tree of that size.
    Length {
        /// How many hashes it has.
        found: usize,
        /// How many it must have.
        expected: usize,
    },
    /// The path leads to another root.
    WrongRoot {
        /// The root asked about.
        expected: Hash,
        /// The root that the path leads to.
        found: Hash,
    },
    /// A node that the path needs is not at hand.
    Missing {
        /// Where it lies.
        place: Place,
    },
}

impl fmt::Display for MmrError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => write!(out, "malformed: expected one encoding within its bounds and nothing after it"),
            Self::Peaks { found, expected } => write!(out, "found {found} peaks, expected {expected}"),
            Self::Position { found, size } => write!(out, "found height {found}, expected one below {size}"),
            Self::Length { found, expected } => write!(out, "found a path of {found} hashes, expected {expected}"),
            Self::WrongRoot { expected, found } => {
                write!(out, "found a path to the root {found}, expected one to {expected}")
            }
            Self::Missing { place: Place { last, level } } => {
                write!(out, "found no node of level {level} that block {last} completed, expected it to be kept")
            }
        }
    }
}

impl core::error::Error for MmrError {}

/// An accumulator as a chain carries it: how many blocks there are, and the peaks over them.
///
/// Encoded, the peaks follow the size without a count of their own, which the size tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accumulator {
    size: u64,
    /// The largest tree's first.
    peaks: Vec<TreeHash>,
}

impl Accumulator {
    /// The accumulator of no block.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// Puts an accumulator together from its parts. Whether they are those of a chain, its root tells.
    ///
    /// # Errors
    /// [`MmrError::Peaks`] unless there is a peak for each bit of the size that is set.
    pub fn from_peaks(size: u64, peaks: Vec<TreeHash>) -> Result<Self, MmrError> {
        let expected = size.count_ones();
        if usize::try_from(expected).is_ok_and(|expected| expected == peaks.len()) {
            return Ok(Self { size, peaks });
        }
        Err(MmrError::Peaks { found: peaks.len(), expected })
    }

    /// Decodes an accumulator from exactly `bytes`.
    ///
    /// # Errors
    /// [`MmrError::Malformed`] if the bytes are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MmrError> {
        Self::decode_all(&mut &*bytes).map_err(|_| MmrError::Malformed)
    }

    /// How many blocks there are: the height of the next one.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The peaks, the largest tree's first; [`peaks_of`] tells where they lie.
    #[must_use]
    pub fn peaks(&self) -> &[TreeHash] {
        &self.peaks
    }

    /// The root, which the header at the height [`Self::size`] carries.
    #[must_use]
    pub fn root(&self) -> Hash {
        root_of(self.size, &head(&self.peaks, node))
    }

    /// Adds the block at the height [`Self::size`], and returns the nodes that it completes: its leaf, then level by
    /// level. These are all that ever has to be kept of it.
    ///
    /// # Panics
    /// At 2^64 - 1 blocks, which no chain has: heights have 32 bits.
    pub fn append(&mut self, block: &Hash) -> Vec<TreeHash> {
        let nodes = append(self.size, &mut self.peaks, leaf(self.size, block), node);
        self.size = self.size.checked_add(1).expect("a chain has fewer than 2^64 blocks");
        nodes
    }
}

impl Encode for Accumulator {
    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        self.size.encode_to(output);
        self.peaks.iter().for_each(|peak| output.write(peak));
    }
}

impl Decode for Accumulator {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        let size = u64::decode(input)?;
        let peaks = (0..size.count_ones()).map(|_| TreeHash::decode(input)).collect::<Result<_, _>>()?;
        Ok(Self { size, peaks })
    }
}

/// Where the peaks over so many blocks lie, the largest tree's first.
#[must_use]
pub fn peaks_of(size: u64) -> Vec<Place> {
    let mut places = Vec::with_capacity(MAX_PEAKS);
    let mut before = 0_u64;
    for level in (0..64_u8).rev() {
        let blocks = 1_u64 << level;
        if size & blocks != 0 {
            before |= blocks;
            // There is a block at least, so the sum of the trees is not 0.
            places.push(Place { last: before.saturating_sub(1), level });
        }
    }
    places
}

/// Proof that a block is the one at its height under a root: the hashes beside the path of its leaf, from there up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode)]
pub struct AncestorProof {
    /// The hashes; at most [`MAX_PATH`].
    pub path: Vec<TreeHash>,
}

impl AncestorProof {
    /// Makes the proof of the block at a height among the first `size`, of nodes that were kept.
    ///
    /// # Errors
    /// [`MmrError::Position`], and [`MmrError::Missing`] for the first node that is not there.
    pub fn make(size: u64, height: u64, find: &dyn Fn(Place) -> Option<TreeHash>) -> Result<Self, MmrError> {
        let found = |place: Place| find(place).ok_or(MmrError::Missing { place });
        let peaks = peaks_of(size);
        let own = peaks.iter().position(|peak| height <= peak.last);
        let own = own.ok_or(MmrError::Position { found: height, size })?;
        let (left, rest) = peaks.split_at(own);
        let (mountain, right) = rest.split_first().ok_or(MmrError::Position { found: height, size })?;
        let mut path = Vec::with_capacity(MAX_PATH);
        for level in 0..mountain.level {
            // The sibling at this level; shifted back, it does not pass the mountain's end.
            let beside = (height >> level) ^ 1;
            let last = (beside << level) | ((1_u64 << level).wrapping_sub(1));
            path.push(found(Place { last, level })?);
        }
        if !right.is_empty() {
            let right = right.iter().map(|peak| found(*peak)).collect::<Result<Vec<_>, _>>()?;
            path.push(head(&right, node));
        }
        for peak in left.iter().rev() {
            path.push(found(*peak)?);
        }
        Ok(Self { path })
    }

    /// Decodes a proof from exactly `bytes`.
    ///
    /// # Errors
    /// [`MmrError::Malformed`] if the bytes are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MmrError> {
        Self::decode_all(&mut &*bytes).map_err(|_| MmrError::Malformed)
    }

    /// Checks that `block` is the one at `height` among the first `size`, whose root this is: the header at height
    /// `size` carries it.
    ///
    /// # Errors
    /// [`MmrError`] for the first that is wrong.
    pub fn verify(&self, root: &Hash, size: u64, height: u64, block: &Hash) -> Result<(), MmrError> {
        let expected = path_length(size, height).ok_or(MmrError::Position { found: height, size })?;
        let wrong_length = MmrError::Length { found: self.path.len(), expected };
        if self.path.len() != expected {
            return Err(wrong_length);
        }
        let head = climb(size, height, leaf(height, block), &self.path, node).ok_or(wrong_length)?;
        let found = root_of(size, &head);
        if found == *root { Ok(()) } else { Err(MmrError::WrongRoot { expected: *root, found }) }
    }
}

impl Decode for AncestorProof {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        Ok(Self { path: decode_bounded(input, MAX_PATH)? })
    }
}

/// How many hashes lie beside the path of a leaf; nothing if there is no such leaf.
#[must_use]
pub fn path_length(size: u64, index: u64) -> Option<usize> {
    let peaks = peaks_of(size);
    let own = peaks.iter().position(|peak| index <= peak.last)?;
    let above = own.saturating_add(usize::from(own.saturating_add(1) < peaks.len()));
    Some(above.saturating_add(usize::from(peaks.get(own)?.level)))
}

/// Adds a leaf to a tree of `size` leaves, and returns the nodes that it completes.
pub(crate) fn append(size: u64, peaks: &mut Vec<TreeHash>, leaf: TreeHash, join: Join) -> Vec<TreeHash> {
    let mut nodes = Vec::from([leaf]);
    let mut top = leaf;
    // Each peak that is as large as what has just become complete is joined with it.
    for _ in 0..size.trailing_ones() {
        let left = peaks.pop().expect("there is a peak for each bit of the size that is set");
        top = join(&left, &top);
        nodes.push(top);
    }
    peaks.push(top);
    nodes
}

/// The head of a tree, of its peaks.
pub(crate) fn head(peaks: &[TreeHash], join: Join) -> TreeHash {
    peaks.iter().rev().copied().reduce(|right, left| join(&left, &right)).unwrap_or(EMPTY_HASH)
}

/// Climbs from leaf `index` of `size` to the head; nothing if there is no such leaf or the path is of another length.
/// By RFC 9162, 2.1.3.2.
pub(crate) fn climb(size: u64, index: u64, leaf: TreeHash, path: &[TreeHash], join: Join) -> Option<TreeHash> {
    let (mut place, mut last) = (index, size.checked_sub(1)?);
    if place > last {
        return None;
    }
    let mut found = leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        if place & 1 == 1 || place == last {
            found = join(sibling, &found);
            // Where the last node has no sibling it is carried up.
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            found = join(&found, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(found)
}

fn leaf(height: u64, block: &Hash) -> TreeHash {
    numbered(LEAF_TAG, height, &block.0)
}

fn root_of(size: u64, head: &TreeHash) -> Hash {
    Hash(numbered(ROOT_TAG, size, head))
}

/// Hashes a number and a hash.
fn numbered(tag: u8, number: u64, hash: &TreeHash) -> TreeHash {
    let mut input = [0; 40];
    let (head, tail) = input.split_at_mut(8);
    head.copy_from_slice(&number.to_le_bytes());
    tail.copy_from_slice(hash);
    *blake3::keyed_hash(&[tag; 32], &input).as_bytes()
}

fn node(left: &TreeHash, right: &TreeHash) -> TreeHash {
    let mut input = [0; 64];
    let (head, tail) = input.split_at_mut(32);
    head.copy_from_slice(left);
    tail.copy_from_slice(right);
    *blake3::keyed_hash(&[NODE_TAG; 32], &input).as_bytes()
}
