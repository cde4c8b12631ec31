//! The library against the published vectors, and every kernel against the scalar one.

mod reference;
mod sharing;

use super::*;
use crate::kernel::{Scratch, chain, offset, pack};
use crate::matrices::{BYTES, Matrix, Square, generate};
use proptest::prelude::*;
use serde_json::Value;
use sha3::{Digest, Sha3_256};
use std::sync::OnceLock;
use tenon_types::Hash;
use tenon_types::work::FIRST_SEED;

/// Every second row of the published vectors; the file names their source.
pub(crate) fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors/tensority.json")).expect("the vectors are JSON")
}

pub(crate) fn hash_of(row: &Value, name: &str) -> Hash {
    let text = row[name].as_str().unwrap_or_else(|| panic!("{name} of {row}"));
    Hash(hex::decode(text).expect("hex").try_into().expect("32 bytes"))
}

/// The matrices of the first vector's seed, row by row.
fn first_matrices() -> &'static [Square] {
    static MATRICES: OnceLock<Vec<Square>> = OnceLock::new();
    MATRICES.get_or_init(|| {
        let mut all = Vec::new();
        generate(&hash_of(&vectors()["tensority"][0], "seed"), |plain| all.push(plain.clone()));
        all
    })
}

/// What a chain leaves, row by row, without what the kernel adds.
fn state_after(kernel: Kernel, packed: &[Matrix], steps: &[u8]) -> Vec<u8> {
    let mut scratch = Scratch::default();
    chain(kernel, packed, steps, &mut scratch);
    scratch.state.0.iter().map(|entry| entry.wrapping_sub(offset(kernel))).collect()
}

#[test]
fn every_kernel_computes_the_published_hashes() {
    for kernel in Kernel::all() {
        let cache = SeedCache::new(kernel, 2);
        for row in vectors()["tensority"].as_array().expect("rows") {
            let matrices = cache.matrices(&hash_of(row, "seed"));
            let found = Hasher::default().hash(&hash_of(row, "header_hash"), &matrices);
            assert_eq!(found, hash_of(row, "tensority"), "{kernel}: {row}");
        }
    }
}

#[test]
fn matrices_are_those_of_the_published_seed() {
    let expected = &vectors()["intermediate"];
    let mut hash = Sha3_256::new();
    first_matrices().iter().for_each(|matrix| hash.update(matrix.0));
    let found = hex::encode(hash.finalize());
    assert_eq!(expected["sha3_256_of_all_256_matrices_row_major_bytes"], found.as_str());
    let row: Vec<i8> = first_matrices()[1].0[..16].iter().map(|entry| entry.cast_signed()).collect();
    assert_eq!(serde_json::json!(row), expected["matrix1_row0_first16"]);
}

#[test]
fn steps_are_the_published_sequences() {
    let header = hash_of(&vectors()["tensority"][0], "header_hash");
    for (part, expected) in
        header.0.as_chunks::<8>().0.iter().zip(vectors()["intermediate"]["sequences"].as_array().expect("rows"))
    {
        let steps = hash::steps(part);
        assert_eq!(expected, hex::encode(&steps[..32]).as_str());
        assert_eq!(steps[..32], steps[32..]);
    }
}

#[test]
fn chains_of_every_kernel_have_the_published_states() {
    let steps = hash::steps(hash_of(&vectors()["tensority"][0], "header_hash").0.first_chunk().expect("8 bytes"));
    for kernel in Kernel::all() {
        let packed: Vec<Matrix> = first_matrices().iter().map(|plain| pack(kernel, plain)).collect();
        for row in vectors()["intermediate"]["chain0_state_sha3_after_n_multiplications"].as_array().expect("rows") {
            let count = usize::try_from(row[0].as_u64().expect("a number")).expect("at most 64");
            let state = state_after(kernel, &packed, &steps[..count]);
            assert_eq!(row[1], hex::encode(Sha3_256::digest(state)).as_str(), "{kernel} after {count}");
        }
    }
}

#[test]
fn the_first_seed_is_the_hash_of_zeros() {
    assert_eq!(FIRST_SEED, Hash(Sha3_256::digest([0; 32]).into()));
}

/// What the entries of a matrix are: drawn from all bytes, from the ends of what a byte holds, or all the same.
#[derive(Clone, Copy, Debug)]
enum Entries {
    Any(u64),
    Among(u64, &'static [u8]),
    All(u8),
}

impl Entries {
    fn matrix(self) -> Box<Square> {
        let (seed, choices) = match self {
            Self::All(byte) => return Box::new(Square([byte; BYTES])),
            Self::Any(seed) => (seed, &[][..]),
            Self::Among(seed, choices) => (seed, choices),
        };
        let mut square = Square::boxed();
        let mut word = seed | 1;
        for entry in &mut square.0 {
            word ^= word << 13;
            word ^= word >> 7;
            word ^= word << 17;
            let byte = word.to_le_bytes()[4];
            *entry = if choices.is_empty() { byte } else { choices[usize::from(byte) % choices.len()] };
        }
        square
    }
}

fn entries() -> impl Strategy<Value = Entries> {
    prop_oneof![
        any::<u64>().prop_map(Entries::Any),
        any::<u64>().prop_map(|seed| Entries::Among(seed, &[0x80, 0x7f])),
        any::<u64>().prop_map(|seed| Entries::Among(seed, &[0x80, 0x81, 0xff, 0, 1])),
        any::<u8>().prop_map(Entries::All),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_kernel_multiplies_like_the_scalar_one(
        matrices in prop::collection::vec(entries(), 3),
        steps in prop::collection::vec(0u8..3, 1..6),
    ) {
        let state = |kernel| {
            let packed: Vec<Matrix> = matrices.iter().map(|entries| pack(kernel, &entries.matrix())).collect();
            state_after(kernel, &packed, &steps)
        };
        let expected = state(Kernel::SCALAR);
        for kernel in Kernel::all() {
            prop_assert!(state(kernel) == expected, "{kernel} differs from scalar after {steps:?}");
        }
    }
}

#[test]
fn a_kernel_is_found_by_its_name_alone() {
    for kernel in Kernel::all() {
        assert_eq!(Kernel::find(kernel.name()), Ok(kernel));
    }
    let error = Kernel::find("abacus").expect_err("no such kernel");
    assert!(error.to_string().starts_with("found the kernel \"abacus\", expected one that this processor has: scalar"));
    assert_eq!(Kernel::all().last(), Some(&Kernel::best()));
}

#[test]
fn a_hasher_serves_matrices_of_several_kernels() {
    let row = &vectors()["tensority"][0];
    let mut hasher = Hasher::default();
    for kernel in [Kernel::best(), Kernel::SCALAR, Kernel::best()] {
        let matrices = Matrices::build(&hash_of(row, "seed"), kernel);
        assert_eq!(hasher.hash(&hash_of(row, "header_hash"), &matrices), hash_of(row, "tensority"));
    }
}
