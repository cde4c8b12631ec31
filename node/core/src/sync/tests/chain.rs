//! A chain to be fetched, the proofs of some of its blocks, and random numbers from a seed.

use crate::relay::testing::transactions;
use crate::sync::{BlockReader, BlocksAnswer, BlocksRequest, serve};
use crate::wire::{Status, Wire};
use tenon_types::{Block, BlockNumber, Digest, Hash, Header, extrinsics_root};

/// Numbers from a seed, by the steps of splitmix64.
#[derive(Clone)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// Final blocks from genesis on, of which only some can be proven final.
#[derive(Clone)]
pub(super) struct Chain {
    pub(super) blocks: Vec<Vec<u8>>,
    hashes: Vec<Hash>,
    /// Every how many blocks one can be proven; the last one can be.
    step: usize,
    lowest: BlockNumber,
}

impl Chain {
    pub(super) fn new(length: usize, step: usize, bytes: usize) -> Self {
        let mut chain = Self { blocks: Vec::new(), hashes: Vec::new(), step, lowest: 0 };
        chain.grow(length + 1, Hash::ZERO, bytes);
        chain
    }

    fn grow(&mut self, length: usize, root: Hash, bytes: usize) {
        let mut parent_hash = self.hashes.last().copied().unwrap_or_default();
        let extrinsics = transactions(bytes.div_ceil(1 << 20), bytes.min(1 << 20));
        for number in self.blocks.len()..length {
            let header = Header {
                parent_hash,
                number: number as BlockNumber,
                state_root: root,
                extrinsics_root: extrinsics_root(&extrinsics),
                digest: Digest::default(),
            };
            parent_hash = header.hash();
            self.hashes.push(parent_hash);
            self.blocks.push(Block { header, extrinsics: extrinsics.clone() }.to_bytes());
        }
    }

    /// The same up to a height, then other blocks, each standing on the one before.
    pub(super) fn fork(&self, at: usize) -> Self {
        let mut fork = self.clone();
        fork.blocks.truncate(at);
        fork.hashes.truncate(at);
        fork.grow(self.blocks.len(), Hash([66; 32]), 40);
        fork
    }

    pub(super) fn pruned(&self, lowest: BlockNumber) -> Self {
        Self { lowest, ..self.clone() }
    }

    pub(super) fn height(&self) -> BlockNumber {
        (self.blocks.len() - 1) as BlockNumber
    }

    pub(super) fn status(&self) -> Status {
        Status { lowest: self.lowest, height: self.height(), hash: *self.hashes.last().expect("genesis is there") }
    }

    pub(super) fn answer(&self, request: &BlocksRequest) -> BlocksAnswer {
        serve(request, self)
    }

    /// Whether a proof is the one of a height.
    pub(super) fn is_proof(&self, height: BlockNumber, proof: &[u8]) -> bool {
        self.hashes.get(height as usize).is_some_and(|hash| proof == hash.0)
    }
}

impl BlockReader for Chain {
    fn block(&self, height: BlockNumber) -> Option<Vec<u8>> {
        self.blocks.get(height as usize).filter(|_| height >= self.lowest).cloned()
    }

    fn has_proof(&self, height: BlockNumber) -> bool {
        (height as usize).is_multiple_of(self.step) || height == self.height()
    }

    /// Nobody can make up another: the driver of the tests compares it with the block of the true chain.
    fn proof(&self, height: BlockNumber) -> Option<Vec<u8>> {
        self.hashes.get(height as usize).map(|hash| hash.0.to_vec())
    }
}
