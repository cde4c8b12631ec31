//! The tree over a block's transactions or receipts, and the proof that one of them is in it.
//!
//! ```text
//! leaf = blake3(0x00 || item)      node = blake3(0x01 || left || right)      no items = 32 zero bytes
//! ```
//!
//! An odd node is carried up as it is, so the shape is that of RFC 6962. The root does not say how many items there are.
//! So a proof shows that an item is in the list; its place is only what who made the proof says. A receipt names its
//! transaction, and a transaction its sender and nonce: nobody needs the place to tell two of them apart.

use alloc::vec::Vec;

use parity_scale_codec::{Decode, Encode, Error as CodecError, Input};

use super::{EMPTY_HASH, TreeHash, decode_bounded};
use crate::Hash;
use crate::mmr::{climb, path_length};

/// The most hashes of a path: a list has fewer than 2^32 items.
pub const MAX_LIST_PATH: usize = 32;

/// The root of a list of transactions or receipts.
pub fn list_root<T: AsRef<[u8]>>(items: &[T]) -> Hash {
    let mut level: Vec<TreeHash> = items.iter().map(|item| item_hash(item.as_ref())).collect();
    while level.len() > 1 {
        level = above(&level);
    }
    Hash(level.first().copied().unwrap_or(EMPTY_HASH))
}

/// Why a proof that an item is in a list is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListError {
    /// The list has no such place, or the path is of another length than one from there.
    Place {
        /// The place.
        index: u32,
        /// How many items there are said to be.
        count: u32,
        /// How many hashes the path has.
        path: usize,
    },
    /// The path leads to another root.
    WrongRoot {
        /// The root asked about.
        expected: Hash,
        /// The root that the path leads to.
        found: Hash,
    },
}

impl core::fmt::Display for ListError {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Place { index, count, path } => match path_length(u64::from(*count), u64::from(*index)) {
                Some(expected) => write!(out, "found a path of {path} hashes, expected {expected}"),
                None => write!(out, "found item {index} of {count}, expected one that is there"),
            },
            Self::WrongRoot { expected, found } => {
                write!(out, "found a path to the root {found}, expected one to {expected}")
            }
        }
    }
}

impl core::error::Error for ListError {}

/// Proof that an item is in a list.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct ListProof {
    /// The item's place.
    pub index: u32,
    /// How many items there are.
    pub count: u32,
    /// The hashes beside the path, from the item up; at most [`MAX_LIST_PATH`].
    pub path: Vec<TreeHash>,
}

impl ListProof {
    /// Makes the proof of the item at a place; nothing if there is none.
    pub fn make<T: AsRef<[u8]>>(items: &[T], index: u32) -> Option<Self> {
        let count = u32::try_from(items.len()).ok()?;
        let mut place = usize::try_from(index).ok().filter(|place| *place < items.len())?;
        let mut path = Vec::new();
        let mut level: Vec<TreeHash> = items.iter().map(|item| item_hash(item.as_ref())).collect();
        while level.len() > 1 {
            path.extend(level.get(place ^ 1));
            level = above(&level);
            place /= 2;
        }
        Some(Self { index, count, path })
    }

    /// Checks that `item` is in the list with this root.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn verify(&self, root: &Hash, item: &[u8]) -> Result<(), ListError> {
        let Self { index, count, path } = self;
        let place = ListError::Place { index: *index, count: *count, path: path.len() };
        if path.len() > MAX_LIST_PATH {
            return Err(place);
        }
        let found = climb(u64::from(*count), u64::from(*index), item_hash(item), path, node);
        let found = Hash(found.ok_or(place)?);
        if found == *root { Ok(()) } else { Err(ListError::WrongRoot { expected: *root, found }) }
    }
}

impl Decode for ListProof {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        let (index, count) = Decode::decode(input)?;
        Ok(Self { index, count, path: decode_bounded(input, MAX_LIST_PATH)? })
    }
}

/// The next level up.
fn above(level: &[TreeHash]) -> Vec<TreeHash> {
    let (pairs, odd) = level.as_chunks::<2>();
    pairs.iter().map(|[left, right]| node(left, right)).chain(odd.iter().copied()).collect()
}

fn item_hash(item: &[u8]) -> TreeHash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[0]).update(item);
    *hasher.finalize().as_bytes()
}

fn node(left: &TreeHash, right: &TreeHash) -> TreeHash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[1]).update(left).update(right);
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn items(count: u8) -> Vec<Vec<u8>> {
        (0..count).map(|item| vec![item; usize::from(item) % 70]).collect()
    }

    #[test]
    fn every_item_is_proved_and_no_other() {
        for count in 1..40 {
            let items = items(count);
            let root = list_root(&items);
            for (index, item) in (0..).zip(&items) {
                let proof = ListProof::make(&items, index).unwrap();
                assert_eq!(Some(proof.path.len()), path_length(u64::from(count), u64::from(index)));
                assert_eq!(proof.verify(&root, item), Ok(()));
                assert_eq!(ListProof::decode(&mut &proof.encode()[..]), Ok(proof.clone()));
                let other = [&item[..], &[0]].concat();
                assert!(matches!(proof.verify(&root, &other), Err(ListError::WrongRoot { .. })));
                let long = ListProof { path: [&proof.path[..], &[[0; 32]]].concat(), ..proof.clone() };
                assert!(matches!(long.verify(&root, item), Err(ListError::Place { .. })));
                let beyond = ListProof { index: count.into(), ..proof.clone() };
                assert!(beyond.verify(&root, item).is_err());
            }
            assert_eq!(ListProof::make(&items, count.into()), None);
        }
        assert_eq!(list_root::<Vec<u8>>(&[]), Hash::ZERO);
        let nothing = ListProof { index: 0, count: 0, path: vec![] };
        assert!(matches!(nothing.verify(&Hash::ZERO, &[]), Err(ListError::Place { .. })));
    }

    #[test]
    fn an_item_of_64_bytes_passes_for_no_node_and_none_is_doubled() {
        let items = items(3);
        let hashes: Vec<TreeHash> = items.iter().map(|item| item_hash(item)).collect();
        let root = list_root(&items);
        // What lies under a node, as an item: a list of two items of which the first has 64 bytes.
        let inner = [hashes[0], hashes[1]].concat();
        let forged = ListProof { index: 0, count: 2, path: vec![hashes[2]] };
        assert!(matches!(forged.verify(&root, &inner), Err(ListError::WrongRoot { .. })));
        let doubled = [&items[..], &items[2..]].concat();
        assert_ne!(list_root(&doubled), root);
    }
}
