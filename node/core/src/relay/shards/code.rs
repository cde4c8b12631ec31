//! The code, and one piece.

use super::tree::{MAX_BRANCH, Tree, leaf, root_of};
use crate::relay::MAX_BLOCK_BYTES;
use crate::wire::{Reader, Wire, WireError, write_list};
use parity_scale_codec::{Decode, Encode};
use std::collections::BTreeMap;
use tenon_types::{Hash, MAX_VALIDATORS};
use thiserror::Error;

/// Bytes of one piece: a whole block, where one of the pieces suffices.
pub const MAX_SHARD_BYTES: usize = MAX_BLOCK_BYTES;
/// What the hash of a root begins with, beside those of leaves and nodes.
const ROOT: u8 = 2;

/// Why pieces are refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ShardError {
    /// No such code.
    #[error("found a code of {data} in {total} pieces, expected 1 or more in more than that, up to {MAX_VALIDATORS}")]
    Code {
        /// Pieces that suffice.
        data: u16,
        /// Pieces in all.
        total: u16,
    },
    /// A block of no bytes, or of too many.
    #[error("found {found} bytes to cut in pieces, expected 1 to {max}")]
    Length {
        /// How many.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// A piece beyond the last.
    #[error("piece {found} of {total}, expected one below")]
    Index {
        /// Its index.
        found: u16,
        /// Pieces in all.
        total: u16,
    },
    /// A piece of another size than all pieces of its block have.
    #[error("piece has {found} bytes, expected {expected}")]
    Size {
        /// Its bytes.
        found: usize,
        /// What they must be.
        expected: usize,
    },
    /// A piece that is none of its root.
    #[error("piece {index} does not belong to root {root}, expected one with a branch that leads there")]
    Foreign {
        /// Its index.
        index: u16,
        /// The root that it states.
        root: Hash,
    },
    /// Pieces that are no code words: their maker lied.
    #[error("pieces of root {root} were coded wrongly, expected what coding their block again gives")]
    Encoder {
        /// The root.
        root: Hash,
        /// The block that they were said to be of.
        block: Hash,
    },
    /// The code's library refused what the checks here let through.
    #[error("pieces cannot be coded: {0}")]
    Library(String),
}

/// How many pieces there are, and how many suffice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Code {
    data: u16,
    total: u16,
}

impl Code {
    /// Of `total` pieces any `data` give the block.
    ///
    /// # Errors
    /// [`ShardError::Code`].
    pub fn new(data: u16, total: u16) -> Result<Self, ShardError> {
        if data == 0 || data >= total || usize::from(total) > MAX_VALIDATORS {
            return Err(ShardError::Code { data, total });
        }
        Ok(Self { data, total })
    }

    /// Pieces that suffice.
    pub fn data(&self) -> usize {
        usize::from(self.data)
    }

    /// Pieces in all.
    pub fn total(&self) -> usize {
        usize::from(self.total)
    }

    fn parity(&self) -> usize {
        self.total().saturating_sub(self.data())
    }

    /// Bytes of each piece of a block of so many: even, as the code wants them.
    pub fn shard_bytes(&self, length: usize) -> usize {
        length.div_ceil(self.data().max(1)).next_multiple_of(2)
    }
}

/// One piece of a block. Its fields are as its sender states them until it was checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shard {
    /// The block that it is said to be of.
    pub block: Hash,
    /// What all pieces of one coding have in common, and what proves them.
    pub root: Hash,
    /// How many pieces there are.
    pub code: Code,
    /// Bytes of the block.
    pub length: u32,
    /// Which piece this is.
    pub index: u16,
    /// The piece.
    pub bytes: Vec<u8>,
    /// What leads from the piece to the root.
    pub branch: Vec<Hash>,
}

impl Shard {
    /// Cuts a block in pieces.
    ///
    /// # Errors
    /// [`ShardError::Length`].
    pub fn encode(block: Hash, bytes: &[u8], code: Code) -> Result<Vec<Self>, ShardError> {
        let (length, pieces) = cut(bytes, code)?;
        let tree = Tree::new(pieces.iter().map(|piece| leaf(piece)).collect());
        let root = root(block, code, length, tree.root());
        let shard = |(index, bytes): (u16, Vec<u8>)| {
            let branch = tree.branch(usize::from(index));
            Self { block, root, code, length, index, bytes, branch }
        };
        Ok((0_u16..).zip(pieces).map(shard).collect())
    }

    /// Checks a piece by itself.
    ///
    /// # Errors
    /// [`ShardError`].
    pub fn check(&self) -> Result<(), ShardError> {
        let Code { data, total } = self.code;
        Code::new(data, total)?;
        let length = checked_length(usize::try_from(self.length).unwrap_or(usize::MAX))?;
        if self.index >= total {
            return Err(ShardError::Index { found: self.index, total });
        }
        let (found, expected) = (self.bytes.len(), self.code.shard_bytes(length));
        if found != expected {
            return Err(ShardError::Size { found, expected });
        }
        let tree = root_of(leaf(&self.bytes), usize::from(self.index), self.code.total(), &self.branch);
        if tree.map(|tree| root(self.block, self.code, self.length, tree)) == Some(self.root) {
            Ok(())
        } else {
            Err(ShardError::Foreign { index: self.index, root: self.root })
        }
    }
}

fn checked_length(found: usize) -> Result<usize, ShardError> {
    if found == 0 || found > MAX_BLOCK_BYTES {
        return Err(ShardError::Length { found, max: MAX_BLOCK_BYTES });
    }
    Ok(found)
}

pub(super) fn root(block: Hash, code: Code, length: u32, tree: Hash) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[ROOT]).update(&(block, code, length, tree).encode());
    Hash(*hasher.finalize().as_bytes())
}

/// All pieces of a block, those of the block itself first, the last of them filled up with zeros.
fn cut(bytes: &[u8], code: Code) -> Result<(u32, Vec<Vec<u8>>), ShardError> {
    let length = checked_length(bytes.len())?;
    let size = code.shard_bytes(length);
    let mut pieces: Vec<Vec<u8>> = bytes.chunks(size).map(<[u8]>::to_vec).collect();
    pieces.resize(code.data(), Vec::new());
    pieces.iter_mut().for_each(|piece| piece.resize(size, 0));
    let parity = reed_solomon_simd::encode(code.data(), code.parity(), &pieces).map_err(library)?;
    pieces.extend(parity);
    let length = u32::try_from(length).map_err(|_| ShardError::Length { found: length, max: MAX_BLOCK_BYTES })?;
    Ok((length, pieces))
}

/// Rebuilds a block from checked pieces of one root, of which there are enough, by their indices.
///
/// # Errors
/// [`ShardError::Encoder`] if the pieces are no code words.
pub(super) fn rebuild(of: &Shard, shards: &BTreeMap<u16, Vec<u8>>) -> Result<Vec<u8>, ShardError> {
    let (code, data) = (of.code, of.code.data());
    let all = || shards.iter().map(|(index, bytes)| (usize::from(*index), bytes));
    let originals: BTreeMap<usize, &Vec<u8>> = all().filter(|(index, _)| *index < data).collect();
    let recovered = if originals.len() == data {
        BTreeMap::new()
    } else {
        let parity = all().filter_map(|(index, bytes)| Some((index.checked_sub(data)?, bytes)));
        let restored = reed_solomon_simd::decode(data, code.parity(), originals.clone(), parity).map_err(library)?;
        restored.into_iter().collect::<BTreeMap<usize, Vec<u8>>>()
    };
    let mut bytes = Vec::with_capacity(data.saturating_mul(of.bytes.len()));
    for index in 0..data {
        let piece = originals.get(&index).copied().or_else(|| recovered.get(&index));
        bytes.extend_from_slice(piece.map(Vec::as_slice).unwrap_or_default());
    }
    bytes.truncate(usize::try_from(of.length).unwrap_or(usize::MAX));
    let again = Shard::encode(of.block, &bytes, code)?;
    if again.first().map(|shard| shard.root) == Some(of.root) {
        Ok(bytes)
    } else {
        Err(ShardError::Encoder { root: of.root, block: of.block })
    }
}

fn library(error: reed_solomon_simd::Error) -> ShardError {
    ShardError::Library(error.to_string())
}

impl Wire for Shard {
    const WHAT: &'static str = "shard";

    fn write(&self, output: &mut Vec<u8>) {
        (self.block, self.root, self.code, self.length, self.index).encode_to(output);
        self.bytes.encode_to(output);
        write_list(&self.branch, output, |hash, output| hash.encode_to(output));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self {
            block: reader.value("hash of a block")?,
            root: reader.value("root of shards")?,
            code: reader.value("code")?,
            length: reader.value("length of a block")?,
            index: reader.value("index of a shard")?,
            bytes: reader.bytes("bytes of a shard", MAX_SHARD_BYTES)?,
            branch: reader.list("hashes of a branch", MAX_BRANCH, |reader| reader.value("hash of a branch"))?,
        })
    }
}
