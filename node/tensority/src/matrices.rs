//! The 256 matrices of a seed, in the order of bytes that a kernel wants. Building them takes longer than a hash and is
//! serial by design, so they are built once and shared ([`crate::SeedCache`]).

use crate::Kernel;
use crate::kernel::pack;
use crate::salsa::{WORDS, mix};
use sha3::{Digest, Sha3_256};
use tenon_types::Hash;

/// Rows, and columns, of a matrix.
pub(crate) const SIZE: usize = 256;
/// Bytes of a matrix.
pub(crate) const BYTES: usize = SIZE * SIZE;
/// Matrices of a seed.
pub(crate) const COUNT: usize = 256;
/// ROMix's N: rows of the table that it fills and then reads at random.
const ROMIX_ROWS: usize = 1024;
/// How often ROMix runs; each run gives two matrices.
const ROMIX_RUNS: usize = COUNT / 2;

/// 256 by 256 bytes, aligned to a line of the processor's cache.
#[derive(Clone)]
#[repr(C, align(64))]
pub(crate) struct Square(pub(crate) [u8; BYTES]);

impl Square {
    /// All zeros, on the heap.
    pub(crate) fn boxed() -> Box<Self> {
        Box::new(Self([0; BYTES]))
    }
}

/// One matrix as its kernel wants it.
#[repr(C, align(64))]
pub(crate) struct Matrix {
    /// The entries in the kernel's order.
    pub(crate) entries: [u8; BYTES],
    /// For each column, in the kernel's order, what its sums begin with.
    pub(crate) starts: [i32; SIZE],
}

/// The matrices of a seed: 16 MiB and a little, packed for one kernel.
pub struct Matrices {
    seed: Hash,
    kernel: Kernel,
    packed: Box<[Matrix]>,
}

impl core::fmt::Debug for Matrices {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Matrices").field("seed", &self.seed).field("kernel", &self.kernel).finish()
    }
}

impl Matrices {
    /// Bytes that the matrices of one seed take in memory.
    pub const MEMORY_BYTES: usize = COUNT * size_of::<Matrix>();

    /// Builds the matrices of a seed for a kernel, on the calling thread.
    ///
    /// Source: section 2 of Tensority's specification.
    pub fn build(seed: &Hash, kernel: Kernel) -> Self {
        let mut packed = Vec::with_capacity(COUNT);
        generate(seed, |plain| packed.push(pack(kernel, plain)));
        assert_eq!(packed.len(), COUNT, "a seed has 256 matrices");
        Self { seed: *seed, kernel, packed: packed.into_boxed_slice() }
    }

    /// The seed that they were built from.
    pub fn seed(&self) -> &Hash {
        &self.seed
    }

    /// The kernel that they were built for.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    pub(crate) fn packed(&self) -> &[Matrix] {
        &self.packed
    }
}

/// Generates the matrices of a seed in their order, row by row, each entry a signed byte.
pub(crate) fn generate(seed: &Hash, mut take: impl FnMut(&Square)) {
    let mut state = extend(seed);
    let mut table = vec![[0u32; WORDS]; ROMIX_ROWS];
    let mut plain = Square::boxed();
    for _ in 0..ROMIX_RUNS {
        romix(&mut state, &mut table);
        for parity in 0..2 {
            let words = table.iter().skip(parity).step_by(2).flatten();
            for (bytes, word) in plain.0.as_chunks_mut::<4>().0.iter_mut().zip(words) {
                *bytes = word.to_le_bytes();
            }
            take(&plain);
        }
    }
}

/// The seed, its hash, the hash of that, and the hash of that: the first state.
fn extend(seed: &Hash) -> [u32; WORDS] {
    let mut bytes = [0; WORDS * 4];
    let mut link = seed.0;
    for place in bytes.as_chunks_mut::<32>().0 {
        *place = link;
        link = Sha3_256::digest(link).into();
    }
    let mut state = [0; WORDS];
    for (word, bytes) in state.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    state
}

/// scrypt's ROMix with r = 1: fills the table, then walks through it by the state's own words.
fn romix(state: &mut [u32; WORDS], table: &mut [[u32; WORDS]]) {
    let mut x = *state;
    for row in table.iter_mut() {
        *row = x;
        mix(&mut x);
    }
    for _ in 0..ROMIX_ROWS {
        let row = &table[x[WORDS / 2] as usize % ROMIX_ROWS];
        for (word, other) in x.iter_mut().zip(row) {
            *word ^= other;
        }
        mix(&mut x);
    }
    *state = x;
}
