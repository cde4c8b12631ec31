//! Prices over time, in integers.
//!
//! A share of a price is kept as a binary number with 128 significant bits, so its error is relative: below one part in
//! 2^105 for every curve that can be listed. It is always below the exact share, and a price is rounded up. So a price
//! never lies above the exact price rounded up, and, as long as the first price is below 2^105, at most one unit below
//! it. A share falls by more than its error from one step or millisecond to the next, so a price never rises.
//!
//! Work is bounded: at most 20 squarings for stairs, 32 terms of a series for a half-life.

use crate::types::{Curve, Dutch};
use tenon_contract::Amount;
use tenon_contract::math::{mul_div_ceil, mul_div_floor, wide_mul};

/// The whole, of which a step of stairs takes off a part.
pub const CUT_PARTS: u64 = 1_000_000_000_000;
/// Steps of stairs.
pub const MAX_STEPS: u64 = 1 << 20;

/// One, with 127 binary digits behind the point.
const ONE: u128 = 1 << 127;
/// The natural logarithm of 2, with 127 binary digits behind the point.
const LN_2: u128 = 117_932_881_612_756_647_068_972_071_382_077_242_199;
/// Terms of the series of 2^-y: the next one is below 2^-127.
const TERMS: usize = 33;
/// What the series' 33 terms may be wrong by, in the last binary digit: each by 4 at most.
const SERIES_ERROR: u128 = 256;
/// `ln(2)^k / k!` for each `k`.
const COEFFICIENTS: [u128; TERMS] = coefficients();

/// The price at a time: the first price until the start, the floor from the end of the duration on, and in between
/// what the curve says, rounded up for the seller and never below the floor.
pub fn price_at(dutch: &Dutch, start_ms: u64, time_ms: u64) -> Amount {
    let Dutch { start_price, floor_price, duration_ms, curve, .. } = *dutch;
    let elapsed = time_ms.saturating_sub(start_ms);
    if elapsed >= duration_ms {
        return floor_price;
    }
    let price = match curve {
        Curve::Linear => {
            let fallen = mul_div_floor(start_price - floor_price, elapsed.into(), duration_ms.into());
            start_price - fallen.expect("a part of a price fits")
        }
        Curve::Stairs { step_ms, cut } => {
            Share::ratio(CUT_PARTS - cut, CUT_PARTS).power(elapsed / step_ms).of(start_price)
        }
        Curve::Exponential { half_life_ms } => Share::halved(elapsed, half_life_ms).of(start_price),
    };
    price.max(floor_price)
}

/// A share of at most one: `mantissa * 2^-(127 + halvings)`, where the mantissa's highest bit is set.
#[derive(Clone, Copy)]
struct Share {
    mantissa: u128,
    halvings: u32,
}

impl Share {
    const WHOLE: Self = Self { mantissa: ONE, halvings: 0 };

    /// `part / whole` rounded down, for `0 < part <= whole < 2^63`.
    const fn ratio(part: u64, whole: u64) -> Self {
        let (mut rest, mut halvings) = (part, 0);
        while rest < whole {
            rest <<= 1;
            halvings += 1;
        }
        let (mut mantissa, mut digits) = (1, 127);
        rest -= whole;
        while digits > 0 {
            rest <<= 1;
            mantissa <<= 1;
            if rest >= whole {
                rest -= whole;
                mantissa |= 1;
            }
            digits -= 1;
        }
        Self { mantissa, halvings }
    }

    /// The product, rounded down in its 128th digit.
    const fn times(self, other: Self) -> Self {
        let (high, low) = wide_mul(self.mantissa, other.mantissa);
        let halvings = self.halvings + other.halvings;
        if high >= ONE {
            // Both are below one then, so there is a halving to give back.
            Self { mantissa: high, halvings: halvings - 1 }
        } else {
            Self { mantissa: high << 1 | low >> 127, halvings }
        }
    }

    /// The share multiplied with itself, by squaring. Each of at most 2 * 20 products loses less than a part in 2^127 of
    /// its value, which later squarings double: less than `2 * exponent` such parts in all.
    const fn power(self, exponent: u64) -> Self {
        let (mut result, mut square, mut left) = (Self::WHOLE, self, exponent);
        while left > 0 {
            if left & 1 == 1 {
                result = result.times(square);
            }
            left >>= 1;
            if left > 0 {
                square = square.times(square);
            }
        }
        result
    }

    /// `2^-(elapsed / half_life)`, rounded down.
    fn halved(elapsed: u64, half_life: u64) -> Self {
        let whole = u32::try_from(elapsed / half_life).unwrap_or(u32::MAX - 1);
        let rest = elapsed % half_life;
        if rest == 0 {
            return Self { mantissa: ONE, halvings: whole };
        }
        let y = mul_div_ceil(rest.into(), ONE, half_life.into()).expect("a part of one fits");
        let series = COEFFICIENTS.iter().rev().fold(0, |sum, coefficient| coefficient - multiply(y, sum));
        // Above a half, as `y` is below one by more than the series' error.
        Self { mantissa: (series - SERIES_ERROR) << 1, halvings: whole + 1 }
    }

    /// The share of an amount, rounded up.
    const fn of(self, amount: Amount) -> Amount {
        let (high, low) = wide_mul(amount, self.mantissa);
        let (down, exact) = match self.halvings {
            0 => (high << 1 | low >> 127, low << 1 == 0),
            halvings if halvings > 128 => (0, amount == 0),
            halvings => {
                let shift = halvings - 1;
                let down = high >> shift;
                (down, low == 0 && down << shift == high)
            }
        };
        if exact { down } else { down + 1 }
    }
}

/// The product of two numbers of at most one with 127 binary digits, rounded down.
const fn multiply(a: u128, b: u128) -> u128 {
    let (high, low) = wide_mul(a, b);
    high << 1 | low >> 127
}

const fn coefficients() -> [u128; TERMS] {
    let mut list = [ONE; TERMS];
    let (mut index, mut divisor) = (1, 1);
    while index < TERMS {
        list[index] = multiply(list[index - 1], LN_2) / divisor;
        divisor += 1;
        index += 1;
    }
    list
}
