//! Arithmetic whose intermediate values do not fit 128 bits. Every function says which way it rounds.

/// `a * b / c`, rounded down; nothing if `c` is zero or the result does not fit.
pub const fn mul_div_floor(a: u128, b: u128, c: u128) -> Option<u128> {
    match mul_div(a, b, c) {
        Some((quotient, _)) => Some(quotient),
        None => None,
    }
}

/// `a * b / c`, rounded up; nothing if `c` is zero or the result does not fit.
pub const fn mul_div_ceil(a: u128, b: u128, c: u128) -> Option<u128> {
    match mul_div(a, b, c) {
        Some((quotient, 0)) => Some(quotient),
        Some((quotient, _)) => quotient.checked_add(1),
        None => None,
    }
}

/// The largest number whose square is at most `value`.
pub const fn sqrt_floor(value: u128) -> u128 {
    value.isqrt()
}

/// Compares `a / b` with `c / d` exactly. Both denominators must be positive.
pub const fn ratio_less(a: u128, b: u128, c: u128, d: u128) -> bool {
    let (left, right) = (wide_mul(a, d), wide_mul(c, b));
    left.0 < right.0 || (left.0 == right.0 && left.1 < right.1)
}

/// The product as (high, low).
pub const fn wide_mul(a: u128, b: u128) -> (u128, u128) {
    const HALF: u128 = u64::MAX as u128;
    let (a_high, a_low, b_high, b_low) = (a >> 64, a & HALF, b >> 64, b & HALF);
    let low = a_low * b_low;
    // Neither sum overflows: (2^64 - 1)^2 + 2 (2^64 - 1) is 2^128 - 1.
    let middle = a_high * b_low + (low >> 64);
    let other = a_low * b_high + (middle & HALF);
    (a_high * b_high + (middle >> 64) + (other >> 64), other << 64 | low & HALF)
}

/// Quotient and remainder of `a * b / c`.
const fn mul_div(a: u128, b: u128, c: u128) -> Option<(u128, u128)> {
    if c == 0 {
        return None;
    }
    if let Some(product) = a.checked_mul(b) {
        return Some((product / c, product % c));
    }
    let (high, low) = wide_mul(a, b);
    if high >= c {
        return None;
    }
    // Long division, a bit at a time: `remainder` stays below `c`, and `carry` is its 129th bit after the shift.
    let (mut remainder, mut quotient, mut bit) = (high, 0u128, 128);
    while bit > 0 {
        bit -= 1;
        let carry = remainder >> 127;
        remainder = remainder << 1 | low >> bit & 1;
        quotient <<= 1;
        if carry == 1 || remainder >= c {
            remainder = remainder.wrapping_sub(c);
            quotient |= 1;
        }
    }
    Some((quotient, remainder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divides_products_that_need_256_bits() {
        let max = u128::MAX;
        assert_eq!(mul_div_floor(max, max, max), Some(max));
        assert_eq!(mul_div_floor(max, max - 1, max), Some(max - 1));
        assert_eq!(mul_div_floor(max, 2, max), Some(2));
        assert_eq!(mul_div_floor(1 << 127, 1 << 127, max), Some(1 << 126));
        assert_eq!(mul_div_ceil(1 << 127, 1 << 127, max), Some((1 << 126) + 1));
        assert_eq!(mul_div_ceil(max, max, 1 << 127), None);
        assert_eq!(mul_div_floor(max, max, max - 2), None);
    }

    #[test]
    fn rounds_as_named_and_refuses_zero() {
        assert_eq!((mul_div_floor(7, 3, 2), mul_div_ceil(7, 3, 2)), (Some(10), Some(11)));
        assert_eq!((mul_div_floor(6, 3, 2), mul_div_ceil(6, 3, 2)), (Some(9), Some(9)));
        assert_eq!((mul_div_floor(1, 1, 0), mul_div_ceil(0, 0, 0)), (None, None));
    }

    #[test]
    fn quotient_and_remainder_give_the_product_back() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834u128;
        let mut next = || {
            seed = seed.wrapping_mul(0xda94_2042_e4dd_58b5).wrapping_add(0x1234_5678_9abc_def1).rotate_left(29);
            seed
        };
        for _ in 0..2_000 {
            let (a, b, c) = (next(), next(), next() | 1 << 127);
            let Some((quotient, remainder)) = mul_div(a, b, c) else { continue };
            let (high, low) = wide_mul(quotient, c);
            let (low, carry) = low.overflowing_add(remainder);
            assert_eq!((high + u128::from(carry), low), wide_mul(a, b));
            assert!(remainder < c);
        }
    }

    #[test]
    fn compares_ratios_exactly() {
        let max = u128::MAX;
        assert!(ratio_less(max - 1, max, max, max));
        assert!(!ratio_less(max, max, 1, 1));
        assert!(ratio_less(1, 3, 334, 1000) && !ratio_less(1, 3, 333, 1000));
    }
}
