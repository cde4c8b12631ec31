//! Random numbers that a seed decides, the same on every machine. Not for secrets.

/// A generator: `SplitMix64` (Steele, Lea and Flood, 2014), which passes the usual tests of randomness.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// Starts from a seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Any number of 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound; 0 if the bound is 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        // The upper half of a product is even enough: the bias is below the bound divided by 2^64.
        ((self.next_u64() as u128 * bound as u128) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub const fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.below((high - low).saturating_add(1))
    }

    /// True in so many of a hundred cases.
    pub const fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several values.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        let index = self.below(values.len() as u64);
        &values[usize::try_from(index).expect("an index of a list")]
    }

    /// An amount: mostly below `usual`, at times zero, one, or at the end of a number's range.
    pub fn amount(&mut self, usual: u64) -> u128 {
        match self.below(16) {
            0 => *self.pick(&crate::rules::BOUNDARIES),
            1 => u128::from(self.next_u64()) << self.below(65),
            _ => u128::from(self.below(usual)),
        }
    }
}
