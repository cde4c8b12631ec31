//! Choices that look random and can be made again: the seed is printed, and `E2E_SEED` sets it.

use std::time::{SystemTime, UNIX_EPOCH};

/// A source of choices (SplitMix64, from Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Seed(u64);

impl Seed {
    /// Takes the seed of `E2E_SEED`, or a new one, and prints it.
    ///
    /// # Panics
    /// If `E2E_SEED` is no number.
    pub fn announced() -> Self {
        let seed = match std::env::var("E2E_SEED") {
            Ok(text) => text.parse().expect("E2E_SEED is a whole number"),
            Err(_) => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(1, |since| u64::from(since.subsec_nanos()) ^ since.as_secs()),
        };
        eprintln!("seed {seed}: E2E_SEED={seed} makes the same choices again");
        Self(seed)
    }

    /// The next choice.
    pub const fn choose(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Another source, whose choices are its own.
    #[must_use]
    pub const fn another(&mut self) -> Self {
        Self(self.choose())
    }

    /// A number from `low` to `high`, both included.
    pub const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.choose() % (high - low + 1)
    }
}
