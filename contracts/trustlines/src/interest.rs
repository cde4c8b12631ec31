//! Interest: what a debt has grown to, in whole numbers alone.
//!
//! A debt grows all the time: after `t` years at the rate `r` it is `e^(r t)` times what it was. The rule is that of
//! `credit_trustlines.json` among the vectors. A debt is counted in parts of 2^-60 of a unit, so that what is below one
//! unit is kept and earns too: how often somebody touches a line changes nothing that anybody sees. Every step rounds
//! down, so a debt is never above the exact one, and below it by less than 2^-59 of a unit and 2^-110 of itself.
//!
//! Left out: rates below zero.

use tenon_contract::math::wide_mul;

/// Binary digits behind the point of a debt.
pub const FRACTION_BITS: u32 = 60;
/// One unit.
pub const UNIT: u128 = 1 << FRACTION_BITS;
/// The largest debt: 2^64 - 1 units, and what is below one unit.
pub const MAX_DEBT: u128 = (1 << 124) - 1;
/// A year of 365 days in milliseconds.
pub const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1_000;

/// Parts of one in a rate: a rate of 10,000 is 100 percent a year.
const RATE_PARTS: u128 = 10_000;
/// From this exponent on a debt of 2^-60 units is the largest one: e^86 is above 2^124.
const MAX_EXPONENT: u128 = 86;
/// Binary digits behind the point of an exponent.
const EXPONENT_BITS: u32 = 120;
/// The natural logarithm of two with as many, rounded up, so that what it leaves of an exponent is rounded down.
const LN_2: u128 = 0x00b1_7217_f7d1_cf79_abc9_e3b3_9803_f2f7;
/// Binary digits behind the point of a factor.
const FACTOR_BITS: u32 = 126;
/// More terms of the series than there can be: the 40th is below 2^-126, and ends it.
const MAX_TERMS: u128 = 40;

/// What a debt has grown to from one time to another, both in milliseconds, at a rate in hundredths of a percent a
/// year. Nothing if the times are the wrong way round, or the debt is above the largest one.
pub fn grown(debt: u128, rate_bps: u16, from_ms: u64, to_ms: u64) -> Option<u128> {
    let elapsed_ms = to_ms.checked_sub(from_ms)?;
    if debt > MAX_DEBT {
        return None;
    }
    if debt == 0 || rate_bps == 0 || elapsed_ms == 0 {
        return Some(debt);
    }
    let (numerator, denominator) = (u128::from(rate_bps) * u128::from(elapsed_ms), RATE_PARTS * u128::from(YEAR_MS));
    if numerator / denominator >= MAX_EXPONENT {
        return Some(MAX_DEBT);
    }
    let exponent = quotient(numerator, denominator);
    let (doublings, rest) = (exponent / LN_2, exponent % LN_2);
    let shift = FACTOR_BITS - u32::try_from(doublings).unwrap_or(FACTOR_BITS);
    let (high, low) = wide_mul(debt, exponential(rest << (FACTOR_BITS - EXPONENT_BITS)));
    // Both factors are below 2^127, so `shift` is 2 to 126 wherever it is used.
    let product = if high >> shift == 0 { high << (u128::BITS - shift) | low >> shift } else { MAX_DEBT };
    Some(product.min(MAX_DEBT))
}

/// A quotient below [`MAX_EXPONENT`] as an exponent, rounded down. The denominator is below 2^64.
const fn quotient(numerator: u128, denominator: u128) -> u128 {
    const STEP: u32 = 64;
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    let (first, rest) = ((rest << STEP) / denominator, (rest << STEP) % denominator);
    let second = (rest << (EXPONENT_BITS - STEP)) / denominator;
    whole << EXPONENT_BITS | first << (EXPONENT_BITS - STEP) | second
}

/// `e^x` by its series, for an `x` below the logarithm of two; both with [`FACTOR_BITS`], rounded down.
fn exponential(x: u128) -> u128 {
    let (mut sum, mut term) = (1 << FACTOR_BITS, 1 << FACTOR_BITS);
    for number in 1..=MAX_TERMS {
        let (high, low) = wide_mul(term, x);
        term = (high << (u128::BITS - FACTOR_BITS) | low >> FACTOR_BITS) / number;
        if term == 0 {
            break;
        }
        sum += term;
    }
    sum
}
