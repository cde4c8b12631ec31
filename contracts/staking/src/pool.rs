//! Arithmetic of pools: who gets which part of a reward, what a share is worth, and what a fault costs. Pure.
//!
//! Rewards are divided in parts of 10^-18 of a unit. What cannot be divided is carried: by the accumulator until the
//! next reward, by each holder until it makes a unit. So no unit is paid twice, and none is lost while its holder
//! stays.

use tenon_contract::prelude::*;

/// Parts of a unit that are counted.
pub const SCALE: u128 = 1_000_000_000_000_000_000;
/// What basis points are parts of.
pub const BASIS_POINTS: u128 = 10_000;

/// What one unit of weight has earned since the beginning.
#[module_type]
#[derive(Copy, Default)]
pub struct Accumulator {
    /// In parts of a unit. It never falls.
    pub per_unit: u128,
    /// Parts of a unit that could not be divided yet, for all.
    pub carry: u128,
}

/// Where a holder of weight stands in an accumulator.
#[module_type]
#[derive(Copy, Default)]
pub struct Progress {
    /// What one unit of weight had earned when it was last looked at.
    pub at: u128,
    /// Parts of a unit that are the holder's and make no unit yet.
    pub carry: u128,
}

/// Quotient and remainder of `a * b / c`; nothing if `c` is zero or the quotient does not fit.
fn mul_div(a: u128, b: u128, c: u128) -> Option<(u128, u128)> {
    let quotient = math::mul_div_floor(a, b, c)?;
    // The difference is below `c`, so it is the same modulo 2^128.
    Some((quotient, a.wrapping_mul(b).wrapping_sub(quotient.wrapping_mul(c))))
}

impl Accumulator {
    /// Divides an amount among a weight. Nothing, and no change, if there is no weight or a number does not fit.
    pub fn add(&mut self, amount: Amount, weight: Amount) -> Option<()> {
        let (each, rest) = mul_div(amount, SCALE, weight)?;
        let carry = rest.checked_add(self.carry)?;
        let per_unit = self.per_unit.checked_add(each)?.checked_add(carry.checked_div(weight)?)?;
        *self = Self { per_unit, carry: carry.checked_rem(weight)? };
        Some(())
    }
}

impl Progress {
    /// Takes the whole units that a weight has earned since the last time.
    ///
    /// # Panics
    /// If the weight was never part of what the accumulator was divided among.
    pub fn take(&mut self, from: &Accumulator, weight: Amount) -> Amount {
        if weight == 0 {
            self.at = from.per_unit;
            return 0;
        }
        let earned = mul_div(weight, from.per_unit - self.at, SCALE);
        let (whole, part) = earned.expect("a part of what was divided fits");
        let carry = self.carry + part;
        *self = Self { at: from.per_unit, carry: carry % SCALE };
        whole + carry / SCALE
    }
}

/// So many basis points of an amount, rounded down.
#[must_use]
pub fn part(amount: Amount, basis_points: u16) -> Amount {
    let points = Amount::from(basis_points).min(BASIS_POINTS);
    math::mul_div_floor(amount, points, BASIS_POINTS).expect("a part of a whole fits")
}

/// The shares that an amount buys, rounded down. Nothing if everything in the pool was slashed, or it does not fit.
#[must_use]
pub const fn shares_for(amount: Amount, bonded: Amount, shares: Amount) -> Option<Amount> {
    if shares == 0 { Some(amount) } else { math::mul_div_floor(amount, shares, bonded) }
}

/// The shares that must go for an amount to leave, rounded up. Nothing if the pool does not have it.
#[must_use]
pub const fn shares_of(amount: Amount, bonded: Amount, shares: Amount) -> Option<Amount> {
    if amount > bonded { None } else { math::mul_div_ceil(amount, shares, bonded) }
}

/// What some shares of a pool are worth, rounded down.
#[must_use]
pub fn worth(own: Amount, bonded: Amount, shares: Amount) -> Amount {
    math::mul_div_floor(bonded, own, shares).unwrap_or_default()
}

/// What a fault takes from those who left after the set that committed it was fixed.
///
/// A candidate counts the coin that leaves. The coin that was there for the fault has places from `from` on, and what
/// left after the slashing has places from `until` on.
#[module_type]
#[derive(Copy)]
pub struct Slash {
    /// Coin that had left when the set was fixed.
    pub from: Amount,
    /// Coin that had left when the fault was punished.
    pub until: Amount,
    /// How much of what left in between was exposed: never more than the weight in the set.
    pub exposed: Amount,
    /// The part of it that is taken.
    pub basis_points: u16,
}

impl Slash {
    /// A slash of what left since a set was fixed, of a validator with a weight in it.
    #[must_use]
    pub fn new(from: Amount, until: Amount, weight: Amount, basis_points: u16) -> Self {
        Self { from, until, exposed: until.saturating_sub(from).min(weight), basis_points }
    }

    /// What is taken from an amount that left at a place, rounded down, so that all of them together lose no more than
    /// the part of what was exposed.
    #[must_use]
    pub fn taken(&self, amount: Amount, place: Amount) -> Amount {
        if place < self.from || place >= self.until {
            return 0;
        }
        let exposed = math::mul_div_floor(amount, self.exposed, self.until - self.from).unwrap_or_default();
        part(exposed, self.basis_points)
    }

    /// What is taken from the coin that stayed.
    #[must_use]
    pub fn taken_of_stayers(&self, bonded: Amount, weight: Amount) -> Amount {
        part(bonded.min(weight.saturating_sub(self.exposed)), self.basis_points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divides_one_to_two_to_seven_without_a_remainder() {
        let mut pool = Accumulator::default();
        let mut holders = [1u128, 2, 7].map(|weight| (weight * 1_000_000, Progress::default()));
        for (reward, expected) in
            [(10, [1, 2, 7]), (1_000, [100, 200, 700]), (7_777_770, [777_777, 1_555_554, 5_444_439])]
        {
            pool.add(reward, 10_000_000).unwrap();
            let found = holders.each_mut().map(|(weight, progress)| progress.take(&pool, *weight));
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn carries_what_cannot_be_divided_and_loses_no_unit() {
        let weights = [3u128, 11, 17, 1_000_003];
        let total: u128 = weights.iter().sum();
        let (mut pool, mut paid) = (Accumulator::default(), 0);
        let mut holders = weights.map(|weight| (weight, Progress::default()));
        for round in 1..=10_000u128 {
            pool.add(round % 5, total).unwrap();
            paid += holders.iter_mut().map(|(weight, progress)| progress.take(&pool, *weight)).sum::<u128>();
        }
        let given: u128 = (1..=10_000u128).map(|round| round % 5).sum();
        assert!(paid <= given && given - paid <= weights.len() as u128, "{paid} of {given}");
        let carried: u128 = holders.iter().map(|(_, progress)| progress.carry).sum::<u128>() + pool.carry;
        assert_eq!(carried, (given - paid) * SCALE);
    }

    #[test]
    fn gives_a_newcomer_nothing_of_the_past() {
        let mut pool = Accumulator::default();
        pool.add(1_000, 10).unwrap();
        let mut late = Progress::default();
        assert_eq!(late.take(&pool, 0), 0);
        assert_eq!(late.take(&pool, 10), 0);
        pool.add(1_000, 20).unwrap();
        assert_eq!(late.take(&pool, 10), 500);
    }

    #[test]
    fn refuses_what_does_not_fit_and_changes_nothing() {
        let mut pool = Accumulator { per_unit: 5, carry: 0 };
        assert_eq!(pool.add(1, 0), None);
        assert_eq!(pool.add(u128::MAX, 1), None);
        assert_eq!(pool, Accumulator { per_unit: 5, carry: 0 });
    }

    #[test]
    fn rounds_shares_against_who_joins_and_who_leaves() {
        // A pool of 1,000 shares that lost one unit.
        assert_eq!(shares_for(10, 999, 1_000), Some(10));
        assert_eq!(worth(10, 999, 1_000), 9);
        assert_eq!(shares_of(9, 999, 1_000), Some(10));
        assert_eq!(shares_of(1_000, 999, 1_000), None);
        assert_eq!(worth(1_000, 999, 1_000), 999);
        assert_eq!((shares_for(5, 0, 0), shares_for(5, 0, 7)), (Some(5), None));
    }

    #[test]
    fn never_takes_more_than_the_part_of_the_exposure() {
        // 100 stood in the set; 300 left since, most of which came later; 500 are there.
        let slash = Slash::new(40, 340, 100, 2_000);
        assert_eq!((slash.taken(30, 39), slash.taken(30, 340)), (0, 0));
        let leavers: Amount = [(40, 100), (140, 200)].iter().map(|(place, amount)| slash.taken(*amount, *place)).sum();
        assert_eq!(leavers + slash.taken_of_stayers(500, 100), 19);
        // 100 stood in the set, 30 left, and 500 are there: the 70 that are left of the exposure are theirs.
        let slash = Slash::new(40, 70, 100, 2_000);
        assert_eq!((slash.taken(30, 40), slash.taken_of_stayers(500, 100)), (6, 14));
        assert_eq!(Slash::new(7, 7, 100, 2_000).taken(5, 7), 0);
    }
}
