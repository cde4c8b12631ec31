//! Amounts of the native coin as people write them: `1.5` is coins, `1500u` the smallest unit.

use tenon_types::Amount;

/// Why a text is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found {found:?}, expected an amount of the native coin: {reason}")]
pub struct AmountError {
    /// The text.
    pub found: String,
    /// What is wrong with it.
    pub reason: String,
}

impl AmountError {
    /// What an amount looks like.
    pub const HINT: &'static str = "write coins, such as 1.5 or 1_000, or smallest units with a u: 1500000u";
}

/// Reads an amount of a coin with so many decimals.
///
/// # Errors
/// [`AmountError`] if the text is no amount, too large, or finer than the smallest unit.
pub fn parse_amount(text: &str, decimals: u8) -> Result<Amount, AmountError> {
    let error = |reason: &str| AmountError { found: crate::address::shorten(text), reason: reason.into() };
    let plain: String = text.trim().chars().filter(|letter| *letter != '_').collect();
    let number = |digits: &str| -> Result<Amount, AmountError> {
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(error("not a decimal number"));
        }
        digits.parse().map_err(|_| error("larger than 128 bits"))
    };
    if let Some(units) = plain.strip_suffix('u') {
        return number(units);
    }
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    if plain.ends_with('.') {
        return Err(error("digits missing after the point"));
    }
    if fraction.len() > usize::from(decimals) {
        return Err(error(&format!("{} digits after the point, at most {decimals}", fraction.len())));
    }
    let unit = 10u128.checked_pow(u32::from(decimals)).ok_or_else(|| error("the coin has too many decimals"))?;
    let padded = format!("{fraction:0<width$}", width = usize::from(decimals));
    let fraction = if padded.is_empty() { 0 } else { number(&padded)? };
    let whole = number(whole)?;
    whole.checked_mul(unit).and_then(|whole| whole.checked_add(fraction)).ok_or_else(|| error("larger than 128 bits"))
}

/// Writes an amount in coins, without zeros at the end.
pub fn format_amount(amount: Amount, decimals: u8) -> String {
    let Some(unit) = 10u128.checked_pow(u32::from(decimals)) else { return format!("{amount}u") };
    let (whole, fraction) = (amount / unit, amount % unit);
    if fraction == 0 {
        return whole.to_string();
    }
    let fraction = format!("{fraction:0width$}", width = usize::from(decimals));
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(amount in any::<u128>(), decimals in 0u8..=24) {
            prop_assert_eq!(parse_amount(&format_amount(amount, decimals), decimals), Ok(amount));
            prop_assert_eq!(parse_amount(&format!("{amount}u"), decimals), Ok(amount));
        }

        #[test]
        fn never_panics(text in ".{0,40}", decimals in any::<u8>()) {
            let _ = parse_amount(&text, decimals);
        }
    }

    #[test]
    fn reads_coins_and_units() {
        assert_eq!(parse_amount("1.5", 12), Ok(1_500_000_000_000));
        assert_eq!(parse_amount("1_000", 2), Ok(100_000));
        assert_eq!(parse_amount("7u", 12), Ok(7));
    }

    #[test]
    fn refuses_signs_points_without_digits_and_finer_than_a_unit() {
        for text in ["", "-1", "+1", "1.", ".5", "1.234", "u", "1e3", "0x10", "1.2.3"] {
            assert!(parse_amount(text, 2).is_err(), "{text}");
        }
    }
}
