//! The hashes of the state tree and the proofs against its root.
//!
//! The tree is a compact binary sparse Merkle tree over 256-bit hashed keys:
//!
//! ```text
//! key_hash   = blake3(key)             value_hash = blake3(value)
//! leaf       = blake3_keyed(32 bytes 0x01, key_hash || value_hash)
//! internal   = blake3_keyed(32 bytes 0x02, left || right)
//! empty      = 32 zero bytes
//! ```
//!
//! Bit 0 of a key hash is the highest bit of its first byte; 0 goes left. A subtree with exactly one leaf is that
//! leaf's hash, whatever its depth, so an internal node exists only where at least two leaves lie below it.
//!
//! A light client and `tenon proof check` need this module and [`crate::mmr`] alone. It leaves out how the tree is kept, updated and how
//! proofs are made: that is `tree` in tenon-host. Proofs are canonical: one key set has one proof, and a surplus,
//! missing or reordered sibling is refused.

mod inclusion;
mod list;
mod multi;
mod parts;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::fmt;

use parity_scale_codec::{Compact, Decode, DecodeAll, Encode, Error as CodecError, Input};

pub use inclusion::{Ancestor, Commitments, Inclusion, InclusionError, MAX_INCLUSION_BYTES, Part};
pub use list::{ListError, ListProof, MAX_LIST_PATH, list_root};
pub use multi::{MAX_MULTIPROOF_KEYS, MAX_MULTIPROOF_SIBLINGS, MultiProof, MultiTerminal};
pub use parts::{
    HashedRow, MAX_PART_BYTES, MAX_PART_DEPTH, PartError, PartHash, PartRow, compact_bytes, decode_part, encode_part,
    hashed_rows, part_count, part_of, row_bytes, settle_leaves, verify_hashed_part, verify_part, verify_parts,
};

/// A 256-bit hash as the tree keeps it.
pub type TreeHash = [u8; 32];

/// The hash of a subtree without leaves, and so the root of the empty state.
pub const EMPTY_HASH: TreeHash = [0; 32];

/// The most internal nodes above a leaf: one for each bit of a key hash.
pub const MAX_PROOF_DEPTH: usize = 256;

/// Sets a leaf's hash apart from an internal node's.
const LEAF_TAG: u8 = 1;
/// Sets an internal node's hash apart from a leaf's.
const INTERNAL_TAG: u8 = 2;

/// Hashes a storage key to its place in the tree.
#[must_use]
pub fn key_hash(key: &[u8]) -> TreeHash {
    *blake3::hash(key).as_bytes()
}

/// Hashes a stored value.
#[must_use]
pub fn value_hash(value: &[u8]) -> TreeHash {
    *blake3::hash(value).as_bytes()
}

/// Hashes a leaf.
#[must_use]
pub fn leaf_hash(key_hash: &TreeHash, value_hash: &TreeHash) -> TreeHash {
    tagged_hash(LEAF_TAG, key_hash, value_hash)
}

/// Hashes an internal node of two children, at most one of them [`EMPTY_HASH`].
#[must_use]
pub fn internal_hash(left: &TreeHash, right: &TreeHash) -> TreeHash {
    tagged_hash(INTERNAL_TAG, left, right)
}

/// Tells on which side of an internal node at `depth` a key lies: `true` is right.
///
/// # Panics
/// If `depth` is 256 or more: no internal node lies there.
#[must_use]
pub fn key_bit(key_hash: &TreeHash, depth: usize) -> bool {
    let byte = key_hash.get(depth / 8).expect("an internal node lies above depth 256");
    byte & (0x80 >> (depth % 8)) != 0
}

/// Tells kinds of nodes apart by the key, so that the two hashes fill exactly one block of BLAKE3.
fn tagged_hash(tag: u8, first: &TreeHash, second: &TreeHash) -> TreeHash {
    let mut input = [0; 64];
    let (head, tail) = input.split_at_mut(32);
    head.copy_from_slice(first);
    tail.copy_from_slice(second);
    *blake3::keyed_hash(&[tag; 32], &input).as_bytes()
}

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofError {
    /// The bytes are not the SCALE encoding of a proof within its bounds, or bytes follow it.
    Malformed,
    /// More siblings than a key hash has bits.
    TooDeep {
        /// How many siblings the proof holds.
        found: usize,
    },
    /// The proof leads to another root.
    WrongRoot {
        /// The root asked about.
        expected: TreeHash,
        /// The root that the proof leads to.
        found: TreeHash,
    },
    /// A leaf that cannot lie on the path of the key.
    LeafOffPath {
        /// The depth at which the proof places the leaf.
        depth: usize,
    },
    /// A shape that no tree has: a lone leaf or nothing below an internal node.
    NotCompact {
        /// The depth of the internal node.
        depth: usize,
    },
    /// A multiproof was checked against no keys.
    NoKeys,
    /// A multiproof was checked against more keys than [`MAX_MULTIPROOF_KEYS`].
    TooManyKeys {
        /// How many keys were given.
        found: usize,
    },
    /// The key hashes are not in strictly ascending order, or a key is given twice.
    KeysUnordered,
    /// The proof ends before every key is covered.
    Incomplete,
    /// The proof goes on after every key is covered.
    Surplus,
}

impl fmt::Display for ProofError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => write!(out, "malformed proof: expected one SCALE encoded proof and nothing after it"),
            Self::TooDeep { found } => {
                write!(out, "proof too deep: expected at most {MAX_PROOF_DEPTH} siblings, found {found}")
            }
            Self::WrongRoot { expected, found } => {
                write!(out, "wrong root: expected 0x{}, found 0x{}", Hex(expected), Hex(found))
            }
            Self::LeafOffPath { depth } => write!(out, "leaf at depth {depth} does not lie on the path of the key"),
            Self::NotCompact { depth } => {
                write!(out, "not compact: expected at least two leaves below the internal node at depth {depth}")
            }
            Self::NoKeys => write!(out, "expected at least one key, found none"),
            Self::TooManyKeys { found } => {
                write!(out, "too many keys: expected at most {MAX_MULTIPROOF_KEYS}, found {found}")
            }
            Self::KeysUnordered => write!(out, "expected key hashes in strictly ascending order"),
            Self::Incomplete => write!(out, "incomplete proof: it ends before every key is covered"),
            Self::Surplus => write!(out, "surplus in proof: it goes on after every key is covered"),
        }
    }
}

impl core::error::Error for ProofError {}

struct Hex<'a>(&'a TreeHash);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// What lies where the path of a key ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Terminal {
    /// Nothing.
    #[codec(index = 0)]
    Empty,
    /// The only leaf of its subtree: the key's own, or another that shows its absence.
    #[codec(index = 1)]
    Leaf {
        /// The hashed key of the leaf.
        key_hash: TreeHash,
        /// The hashed value of the leaf.
        value_hash: TreeHash,
    },
}

impl Terminal {
    /// Hashes the subtree that the terminal stands for.
    #[must_use]
    pub fn hash(&self) -> TreeHash {
        match self {
            Self::Empty => EMPTY_HASH,
            Self::Leaf { key_hash, value_hash } => leaf_hash(key_hash, value_hash),
        }
    }

    /// Returns the value hash under `key_hash`, if this is its leaf.
    fn value_of(&self, wanted: &TreeHash) -> Option<TreeHash> {
        match self {
            Self::Leaf { key_hash, value_hash } if key_hash == wanted => Some(*value_hash),
            _ => None,
        }
    }

    /// Checks that a leaf placed at `depth` lies on the path of `wanted`.
    fn check_path(&self, wanted: &TreeHash, depth: usize) -> Result<(), ProofError> {
        match self {
            Self::Leaf { key_hash, .. } if !shares_prefix(key_hash, wanted, depth) => {
                Err(ProofError::LeafOffPath { depth })
            }
            _ => Ok(()),
        }
    }
}

/// Proof that one key has a certain value, or none, under a root.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Proof {
    /// What lies where the path of the key ends.
    pub terminal: Terminal,
    /// The hashes beside the path, from the root down; at most [`MAX_PROOF_DEPTH`].
    pub siblings: Vec<TreeHash>,
}

impl Proof {
    /// Decodes a proof from exactly `bytes`.
    ///
    /// # Errors
    /// [`ProofError::Malformed`] if the bytes are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofError> {
        Self::decode_all(&mut &*bytes).map_err(|_| ProofError::Malformed)
    }

    /// Returns the hash of the value that `key` has under `root`, or `None` if it has none.
    ///
    /// # Errors
    /// If the proof does not show that.
    pub fn verify(&self, root: &TreeHash, key: &[u8]) -> Result<Option<TreeHash>, ProofError> {
        self.verify_hashed(root, &key_hash(key))
    }

    /// Does what [`Proof::verify`] does, for a key already hashed.
    ///
    /// # Errors
    /// If the proof does not show that.
    pub fn verify_hashed(&self, root: &TreeHash, key_hash: &TreeHash) -> Result<Option<TreeHash>, ProofError> {
        let depth = self.siblings.len();
        if depth > MAX_PROOF_DEPTH {
            return Err(ProofError::TooDeep { found: depth });
        }
        self.terminal.check_path(key_hash, depth)?;
        // Beside a lone leaf or nothing there are further leaves, or the node above would not exist.
        if self.siblings.last() == Some(&EMPTY_HASH) {
            return Err(ProofError::NotCompact { depth: depth.saturating_sub(1) });
        }
        let mut found = self.terminal.hash();
        for (level, sibling) in self.siblings.iter().enumerate().rev() {
            found =
                if key_bit(key_hash, level) { internal_hash(sibling, &found) } else { internal_hash(&found, sibling) };
        }
        if found != *root {
            return Err(ProofError::WrongRoot { expected: *root, found });
        }
        Ok(self.terminal.value_of(key_hash))
    }
}

impl Decode for Proof {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        let terminal = Terminal::decode(input)?;
        let siblings = decode_bounded(input, MAX_PROOF_DEPTH)?;
        Ok(Self { terminal, siblings })
    }
}

/// Decodes a sequence of at most `max` items, and reserves nothing on the word of its length alone.
pub(crate) fn decode_bounded<T: Decode, I: Input>(input: &mut I, max: usize) -> Result<Vec<T>, CodecError> {
    let Compact(length) = Compact::<u32>::decode(input)?;
    let length = usize::try_from(length).map_err(|_| CodecError::from("length beyond the address space"))?;
    if length > max {
        return Err("more items in a proof than its bound".into());
    }
    let mut items = Vec::new();
    for _ in 0..length {
        items.push(T::decode(input)?);
    }
    Ok(items)
}

/// Tells whether the first `bits` bits of two hashes are equal; `bits` beyond 256 count as 256.
fn shares_prefix(left: &TreeHash, right: &TreeHash, bits: usize) -> bool {
    let mut rest = bits;
    for (a, b) in left.iter().zip(right) {
        if rest < 8 {
            return rest == 0 || (a ^ b).leading_zeros() as usize >= rest;
        }
        if a != b {
            return false;
        }
        rest = rest.saturating_sub(8);
    }
    true
}
