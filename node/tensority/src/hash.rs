//! One hash: four chains of products, their sum, and what is folded from it.
//!
//! Source: section 3 of Tensority's specification.

use crate::Matrices;
use crate::kernel::{Scratch, chain};
use crate::matrices::{BYTES, SIZE};
use sha3::{Digest, Sha3_256};
use tenon_types::Hash;

/// Multiplications and additions of signed bytes in one hash, the first product of each chain, which needs none, left out.
pub const MULTIPLY_ADDS: u64 = 4 * 63 * 256 * 256 * 256;

/// Chains of a hash.
const CHAINS: usize = 4;
/// Passes of a chain over its 32 steps.
const PASSES: usize = 2;
/// Words of a folded row.
const WORDS: usize = SIZE / 4;
/// What a word is multiplied with before another is mixed in: the prime of the 32-bit FNV hash.
const FOLD_PRIME: u32 = 0x0100_0193;

/// Computes hashes. It owns the memory that a chain needs, so one serves a thread for any number of hashes.
pub struct Hasher {
    scratch: Scratch,
    sums: Box<[u8; BYTES]>,
    folded: Box<[[u32; WORDS]; SIZE]>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { scratch: Scratch::default(), sums: Box::new([0; BYTES]), folded: Box::new([[0; WORDS]; SIZE]) }
    }
}

impl core::fmt::Debug for Hasher {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Hasher")
    }
}

impl Hasher {
    /// The hash of the work of a header, by the kernel that the matrices were built for.
    pub fn hash(&mut self, header: &Hash, matrices: &Matrices) -> Hash {
        self.sums.fill(0);
        for part in header.0.as_chunks::<{ 32 / CHAINS }>().0 {
            chain(matrices.kernel(), matrices.packed(), &steps(part), &mut self.scratch);
            // A kernel may add the same number to each entry; four times 128 are nothing modulo 256.
            for (sum, entry) in self.sums.iter_mut().zip(&self.scratch.state.0) {
                *sum = sum.wrapping_add(*entry);
            }
        }
        fold(&self.sums, &mut self.folded)
    }
}

/// The matrices that a chain multiplies with, in order.
pub(crate) fn steps(part: &[u8; 32 / CHAINS]) -> [u8; 32 * PASSES] {
    let sequence: [u8; 32] = Sha3_256::digest(part).into();
    let mut steps = [0; 32 * PASSES];
    for pass in steps.as_chunks_mut::<32>().0 {
        *pass = sequence;
    }
    steps
}

/// Folds the rows of a sum, each of its bytes taken four at a time from its quarters, into one row, and hashes that.
fn fold(sums: &[u8; BYTES], folded: &mut [[u32; WORDS]; SIZE]) -> Hash {
    for (words, row) in folded.iter_mut().zip(sums.as_chunks::<SIZE>().0) {
        for (index, word) in words.iter_mut().enumerate() {
            *word = u32::from_le_bytes([0, 1, 2, 3].map(|quarter| row[index + quarter * WORDS]));
        }
    }
    let mut half = SIZE / 2;
    while half > 0 {
        let (kept, other) = folded.split_at_mut(half);
        for (kept, other) in kept.as_flattened_mut().iter_mut().zip(other.as_flattened()) {
            *kept = kept.wrapping_mul(FOLD_PRIME) ^ other;
        }
        half /= 2;
    }
    let mut hash = Sha3_256::new();
    for word in &folded[0] {
        hash.update(word.to_le_bytes());
    }
    Hash(hash.finalize().into())
}
