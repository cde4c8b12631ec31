//! Blocks for the tests of this folder.

use tenon_types::{Block, Digest, Hash, Header, blake2b_256, extrinsics_root};

/// Different transactions of so many bytes.
pub(crate) fn transactions(count: usize, bytes: usize) -> Vec<Vec<u8>> {
    let one = |number: usize| {
        let mut seed = blake2b_256(&number.to_le_bytes()).0.to_vec();
        seed.resize(bytes.max(32), 7);
        seed.truncate(bytes.max(8));
        seed
    };
    (0..count).map(one).collect()
}

/// A block whose header fits its transactions.
pub(crate) fn block(count: usize, bytes: usize) -> Block {
    of(transactions(count, bytes))
}

/// A block of these transactions.
pub(crate) fn of(extrinsics: Vec<Vec<u8>>) -> Block {
    let header = Header {
        parent_hash: Hash([1; 32]),
        number: 9,
        state_root: Hash([2; 32]),
        extrinsics_root: extrinsics_root(&extrinsics),
        digest: Digest::default(),
    };
    Block { header, extrinsics }
}
