//! Parts of the state: the tree cut at one depth, so that each piece is checked by itself against the root.
//!
//! A tree cut at depth d has 2^d parts; part i holds the keys whose hash begins with the d bits of i. The hash of a
//! part is that of the tree of its rows alone, whose first d bits are skipped: [`EMPTY_HASH`] without rows, the leaf's
//! hash with one. The hashes of all parts give the root, so whoever knows the root can check them, and then each part
//! as it comes:
//!
//! ```text
//! root -> verify_parts: the hash of every part -> verify_part: the rows of one part, all of them and no other
//! ```
//!
//! The bytes of a part are its rows in the order of their key hashes: a compact count, then key and value of each with
//! their compact lengths. So one part has one form. It leaves out where parts come from and how a tree is cut: that is
//! `tree` in tenon-host.

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::fmt;

use parity_scale_codec::{Compact, CompactLen, Decode, Encode};

use super::{EMPTY_HASH, Hex, TreeHash, internal_hash, key_bit, key_hash, leaf_hash, value_hash};

/// The greatest depth at which a tree is cut.
pub const MAX_PART_DEPTH: u8 = 12;
/// The most bytes of a part. A state whose parts would be larger at [`MAX_PART_DEPTH`] cannot be cut.
pub const MAX_PART_BYTES: usize = 16 << 20;

/// The hash of one part, as far as the root needs it: so one state cut at one depth has one list of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum PartHash {
    /// No row.
    #[codec(index = 0)]
    Empty,
    /// One row, beside a part without rows: a lone leaf, which rises in the tree as it is.
    #[codec(index = 1)]
    Leaf(TreeHash),
    /// Rows that have a node above them.
    #[codec(index = 2)]
    Node(TreeHash),
}

impl PartHash {
    /// Returns the hash.
    #[must_use]
    pub fn hash(&self) -> TreeHash {
        match self {
            Self::Empty => EMPTY_HASH,
            Self::Leaf(hash) | Self::Node(hash) => *hash,
        }
    }

    /// Returns what lies above two halves.
    fn join(left: Self, right: Self) -> Self {
        match (left, right) {
            (Self::Empty, Self::Empty) => Self::Empty,
            (Self::Empty, leaf @ Self::Leaf(_)) | (leaf @ Self::Leaf(_), Self::Empty) => leaf,
            _ => Self::Node(internal_hash(&left.hash(), &right.hash())),
        }
    }
}

/// Why hashes of parts, or the rows of one, are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartError {
    /// The depth is too great.
    Depth {
        /// The depth.
        found: u8,
    },
    /// The number of parts does not fit the depth.
    Count {
        /// How many hashes there are.
        found: usize,
        /// How many the depth calls for.
        expected: usize,
    },
    /// A part with rows has the hash of one without.
    NoHash {
        /// The part.
        part: usize,
    },
    /// A part is said to rise alone and has another part with rows beside it, or no part at all.
    NotAlone {
        /// The part.
        part: usize,
    },
    /// The hashes of the parts lead to another root.
    WrongRoot {
        /// The root asked about.
        expected: TreeHash,
        /// The root that they lead to.
        found: TreeHash,
    },
    /// There is no such part at that depth.
    NoSuchPart {
        /// The part.
        found: u32,
        /// How many there are.
        expected: usize,
    },
    /// The bytes are not the rows of a part, or bytes follow them.
    Malformed,
    /// The part has too many bytes.
    TooLarge {
        /// How many it has.
        found: usize,
    },
    /// The rows are not in strictly ascending order of their key hashes, or a key is there twice.
    Unordered {
        /// The index of the first row that is not above the one before.
        row: usize,
    },
    /// A row belongs to another part.
    Elsewhere {
        /// The index of the row.
        row: usize,
        /// The part to which it belongs.
        found: u32,
        /// The part asked about.
        expected: u32,
    },
    /// The rows are not those of the part: one is missing, surplus or changed.
    WrongHash {
        /// The part.
        part: u32,
        /// Its hash under the root.
        expected: TreeHash,
        /// The hash of the rows.
        found: TreeHash,
    },
}

impl fmt::Display for PartError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Depth { found } => write!(out, "state cut at depth {found}, expected at most {MAX_PART_DEPTH}"),
            Self::Count { found, expected } => write!(out, "found the hashes of {found} parts, expected {expected}"),
            Self::NoHash { part } => write!(out, "part {part} is said to have rows and has the hash of none"),
            Self::NotAlone { part } => write!(out, "part {part} is said to rise alone, expected a node above it"),
            Self::WrongRoot { expected, found } => {
                write!(out, "wrong root of parts: expected 0x{}, found 0x{}", Hex(expected), Hex(found))
            }
            Self::NoSuchPart { found, expected } => write!(out, "found part {found}, expected one below {expected}"),
            Self::Malformed => write!(out, "malformed part: expected a count and so many rows, and nothing after them"),
            Self::TooLarge { found } => write!(out, "part of {found} bytes, expected at most {MAX_PART_BYTES}"),
            Self::Unordered { row } => {
                write!(out, "row {row} is not above the one before, by the hashes of their keys")
            }
            Self::Elsewhere { row, found, expected } => {
                write!(out, "row {row} belongs to part {found}, expected part {expected}")
            }
            Self::WrongHash { part, expected, found } => {
                write!(out, "wrong hash of part {part}: expected 0x{}, found 0x{}", Hex(expected), Hex(found))
            }
        }
    }
}

impl core::error::Error for PartError {}

/// A key and its value, borrowed from the bytes of a part.
pub type PartRow<'a> = (&'a [u8], &'a [u8]);

/// The hash of a key and that of its value.
pub type HashedRow = (TreeHash, TreeHash);

/// Returns how many parts a tree cut at `depth` has.
///
/// # Errors
/// [`PartError::Depth`] above [`MAX_PART_DEPTH`].
pub fn part_count(depth: u8) -> Result<usize, PartError> {
    if depth > MAX_PART_DEPTH { Err(PartError::Depth { found: depth }) } else { Ok(1 << depth) }
}

/// Returns the part to which a key belongs in a tree cut at `depth`, which counts as [`MAX_PART_DEPTH`] at most.
#[must_use]
pub fn part_of(key_hash: &TreeHash, depth: u8) -> u32 {
    let [first, second, ..] = *key_hash;
    let unused = 16_u32.saturating_sub(u32::from(depth.min(MAX_PART_DEPTH)));
    u32::from(u16::from_be_bytes([first, second])) >> unused
}

/// Checks that these are the hashes of all parts of the state with that `root`, cut at `depth`.
///
/// # Errors
/// If they are not, or the depth is too great.
pub fn verify_parts(root: &TreeHash, depth: u8, parts: &[PartHash]) -> Result<(), PartError> {
    let expected = part_count(depth)?;
    if parts.len() != expected {
        return Err(PartError::Count { found: parts.len(), expected });
    }
    let said_to_have_rows = |part: &PartHash| *part != PartHash::Empty && part.hash() == EMPTY_HASH;
    if let Some(part) = parts.iter().position(said_to_have_rows) {
        return Err(PartError::NoHash { part });
    }
    let mut canonical = parts.to_vec();
    settle_leaves(&mut canonical);
    if let Some(part) = parts.iter().zip(&canonical).position(|(found, expected)| found != expected) {
        return Err(PartError::NotAlone { part });
    }
    let mut level = canonical;
    while level.len() > 1 {
        level = level.as_chunks::<2>().0.iter().map(|[left, right]| PartHash::join(*left, *right)).collect();
    }
    let found = level.first().map_or(EMPTY_HASH, PartHash::hash);
    if found == *root { Ok(()) } else { Err(PartError::WrongRoot { expected: *root, found }) }
}

/// Turns leaves that do not rise, since the other part of their pair has rows or there is none, into nodes.
pub fn settle_leaves(parts: &mut [PartHash]) {
    let settle =
        |part: &mut PartHash| *part = if let PartHash::Leaf(hash) = *part { PartHash::Node(hash) } else { *part };
    if let [part] = parts {
        settle(part);
    }
    for [left, right] in parts.as_chunks_mut::<2>().0 {
        if *left != PartHash::Empty && *right != PartHash::Empty {
            settle(left);
            settle(right);
        }
    }
}

/// Checks that these rows, in the order of their key hashes, are exactly those of one part of a tree cut at `depth`.
///
/// # Errors
/// If a row is missing, surplus, changed, out of order or of another part.
pub fn verify_part(part: u32, depth: u8, expected: &PartHash, rows: &[PartRow<'_>]) -> Result<(), PartError> {
    verify_hashed_part(part, depth, expected, &hashed_rows(rows))
}

/// Hashes keys and values of rows.
#[must_use]
pub fn hashed_rows(rows: &[PartRow<'_>]) -> Vec<HashedRow> {
    rows.iter().map(|(key, value)| (key_hash(key), value_hash(value))).collect()
}

/// Does what [`verify_part`] does, for rows already hashed.
///
/// # Errors
/// If a row is missing, surplus, changed, out of order or of another part.
pub fn verify_hashed_part(part: u32, depth: u8, expected: &PartHash, rows: &[HashedRow]) -> Result<(), PartError> {
    let count = part_count(depth)?;
    if !usize::try_from(part).is_ok_and(|part| part < count) {
        return Err(PartError::NoSuchPart { found: part, expected: count });
    }
    let found = part_hash(part, depth, rows)?;
    let expected = expected.hash();
    if found == expected { Ok(()) } else { Err(PartError::WrongHash { part, expected, found }) }
}

/// Returns the hash of a part that has exactly these rows.
fn part_hash(part: u32, depth: u8, rows: &[HashedRow]) -> Result<TreeHash, PartError> {
    let mut leaves: Vec<(TreeHash, TreeHash)> = Vec::with_capacity(rows.len());
    for (row, (key, value)) in rows.iter().enumerate() {
        if leaves.last().is_some_and(|(before, _)| before >= key) {
            return Err(PartError::Unordered { row });
        }
        let found = part_of(key, depth);
        if found != part {
            return Err(PartError::Elsewhere { row, found, expected: part });
        }
        leaves.push((*key, leaf_hash(key, value)));
    }
    Ok(subtree(&leaves, usize::from(depth)))
}

/// Returns the hash of the tree of sorted leaves that agree in the bits above `depth`. Goes at most 256 levels down,
/// since no two keys are equal.
fn subtree(leaves: &[(TreeHash, TreeHash)], depth: usize) -> TreeHash {
    match leaves {
        [] => EMPTY_HASH,
        [(_, leaf)] => *leaf,
        _ => {
            let below = depth.saturating_add(1);
            let (left, right) = leaves.split_at(leaves.partition_point(|(key, _)| !key_bit(key, depth)));
            internal_hash(&subtree(left, below), &subtree(right, below))
        }
    }
}

/// Returns how many bytes a row takes in a part.
#[must_use]
pub fn row_bytes(key: &[u8], value: &[u8]) -> usize {
    [key, value].iter().map(|bytes| compact_bytes(bytes.len()).saturating_add(bytes.len())).sum()
}

/// Returns how many bytes a count or a length takes in a part.
#[must_use]
pub fn compact_bytes(count: usize) -> usize {
    Compact::<u32>::compact_len(&u32::try_from(count).unwrap_or(u32::MAX))
}

/// Encodes rows as a part. The caller has them in the order of their key hashes.
///
/// # Errors
/// [`PartError::TooLarge`] beyond [`MAX_PART_BYTES`].
pub fn encode_part(rows: &[PartRow<'_>]) -> Result<Vec<u8>, PartError> {
    let found =
        rows.iter().map(|(key, value)| row_bytes(key, value)).fold(compact_bytes(rows.len()), usize::saturating_add);
    if found > MAX_PART_BYTES {
        return Err(PartError::TooLarge { found });
    }
    let mut bytes = Vec::with_capacity(found);
    // Within the bound on bytes, every count and length fits.
    Compact(u32::try_from(rows.len()).map_err(|_| PartError::TooLarge { found })?).encode_to(&mut bytes);
    for (key, value) in rows {
        key.encode_to(&mut bytes);
        value.encode_to(&mut bytes);
    }
    Ok(bytes)
}

/// Reads the rows of a part. Their order and their place are looked at by [`verify_part`].
///
/// # Errors
/// If the bytes are too many or not exactly what [`encode_part`] gives for some rows.
pub fn decode_part(bytes: &[u8]) -> Result<Vec<PartRow<'_>>, PartError> {
    if bytes.len() > MAX_PART_BYTES {
        return Err(PartError::TooLarge { found: bytes.len() });
    }
    let mut rest = bytes;
    let count = decode_length(&mut rest)?;
    // A row has two bytes at least.
    if count > rest.len() / 2 {
        return Err(PartError::Malformed);
    }
    let mut rows = Vec::with_capacity(count);
    for _ in 0..count {
        rows.push((decode_bytes(&mut rest)?, decode_bytes(&mut rest)?));
    }
    if rest.is_empty() { Ok(rows) } else { Err(PartError::Malformed) }
}

fn decode_bytes<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], PartError> {
    let length = decode_length(rest)?;
    let (bytes, after) = rest.split_at_checked(length).ok_or(PartError::Malformed)?;
    *rest = after;
    Ok(bytes)
}

fn decode_length(rest: &mut &[u8]) -> Result<usize, PartError> {
    let Compact(length) = Compact::<u32>::decode(rest).map_err(|_| PartError::Malformed)?;
    usize::try_from(length).map_err(|_| PartError::Malformed)
}
