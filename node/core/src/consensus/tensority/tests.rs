//! Chains under proof of work, driven in simulated time. The hash of a work is a quick one, but it is really searched.

mod any;
mod committee;
mod floods;
mod forge;
mod forks;
mod host;
mod mining;
mod restarts;
mod rules;
mod world;

use super::*;
use tenon_types::work::Bits;
use tenon_types::{Address, Hash, blake2b_256};

/// A stream of numbers that a seed decides.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
}

/// Stands in for the hash of a work.
pub(super) fn digest(hash: &Hash, seed: &Hash) -> Hash {
    blake2b_256(&[hash.0, seed.0].concat())
}

pub(super) fn account(who: u8) -> Address {
    Address([who; 32])
}

/// A target that so many hashes meet on average.
pub(super) fn bits_of(hashes: u64) -> Bits {
    let easiest = tenon_types::work::Target::EASIEST;
    let mut bytes = easiest.to_le_bytes();
    let mut rest = 0_u128;
    for byte in bytes.iter_mut().rev() {
        let value = rest << 8 | u128::from(*byte);
        *byte = (value / u128::from(hashes)) as u8;
        rest = value % u128::from(hashes);
    }
    tenon_types::work::Target::from_le_bytes(bytes).expect("a target").bits()
}

/// Rules of a chain that is quick to mine.
pub(super) fn quick_rules() -> WorkRules {
    WorkRules {
        first_bits: bits_of(4),
        spacing_ms: 10_000,
        retarget_blocks: 16,
        seed_blocks: 8,
        max_ahead_ms: 3_600_000,
        window: 12,
        committee: None,
    }
}
