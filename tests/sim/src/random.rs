//! The generator behind every choice of a run: a counter and a mixing function, so that a seed decides everything.

/// The odd constant by which the counter goes on: the golden ratio in 64 bits.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes the bits of a number, so that close numbers come out far apart. A bijection.
pub(crate) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: mix(seed ^ STEP) }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// A number below a bound that is above zero.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        debug_assert!(bound > 0, "nothing is below zero");
        let wide = u128::from(self.next()).wrapping_mul(u128::from(bound));
        u64::try_from(wide >> 64).expect("the upper half of a product has 64 bits")
    }

    /// A number from one to another, both included.
    pub(crate) fn within(&mut self, least: u64, most: u64) -> u64 {
        least.saturating_add(self.below(most.saturating_sub(least).saturating_add(1)))
    }

    /// An index of a list of so many, which is not empty.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("an index fits")
    }

    /// Whether something happens that does so many times in a thousand.
    pub(crate) fn chance(&mut self, permille: u32) -> bool {
        permille > 0 && self.below(1_000) < u64::from(permille)
    }

    /// One of a list, unless it is empty.
    pub(crate) fn pick<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        if list.is_empty() { None } else { list.get(self.index(list.len())).copied() }
    }

    /// A delay whose tail is heavy: half of all are below twice the least, one in a thousand is near the most.
    pub(crate) fn heavy_tail(&mut self, least: u64, most: u64) -> u64 {
        let part = self.below(1_000).saturating_add(1);
        least.saturating_mul(1_000).checked_div(part).unwrap_or(least).min(most)
    }

    /// A list in another order.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.index(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_the_stream_and_numbers_stay_within_bounds() {
        let stream = |seed| {
            let mut random = Random::new(seed);
            (0..100).map(|_| random.next()).collect::<Vec<_>>()
        };
        assert_eq!(stream(7), stream(7));
        assert_ne!(stream(7), stream(8));
        let mut random = Random::new(1);
        let mut seen = [0_u32; 7];
        for _ in 0..7_000 {
            seen[random.index(7)] += 1;
            assert!((3..=5).contains(&random.within(3, 5)));
            assert!((2..=500).contains(&random.heavy_tail(2, 500)));
        }
        assert!(seen.iter().all(|count| (700..1_300).contains(count)), "{seen:?}");
        assert!(!random.chance(0) && random.chance(1_000));
    }
}
