//! An event's time as text in ISO 8601, and back: `2026-01-31T23:59:59.999Z`, always so many digits, always UTC.
//!
//! Pure, for clients and brokers. The module itself uses milliseconds alone.

use crate::format::MAX_TIMESTAMP_MS;
use tenon_contract::prelude::*;

/// Bytes of the text.
const TEXT_BYTES: usize = 24;
/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;
/// Days of 400 years, after which the calendar repeats.
const ERA_DAYS: u64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_1970: u64 = 719_468;

/// The text of a time; nothing after the year 9999.
#[must_use]
pub fn to_text(timestamp_ms: u64) -> Option<String> {
    if timestamp_ms > MAX_TIMESTAMP_MS {
        return None;
    }
    let (year, month, day) = date(timestamp_ms / DAY_MS);
    let rest = timestamp_ms % DAY_MS;
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, milli) = (rest / 1_000 % 60, rest % 1_000);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"))
}

/// The time of a text; nothing if it is not exactly what [`to_text`] gives for some time.
#[must_use]
pub fn from_text(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.len() != TEXT_BYTES {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = bytes.get(from..to)?;
        digits.iter().try_fold(0u64, |sum, digit| {
            digit.is_ascii_digit().then(|| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
        })
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second, milli) = (number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 23)?);
    if year < 1970 || month > 12 || day > 31 {
        return None;
    }
    let time = ((hour * 60 + minute) * 60 + second) * 1_000 + milli;
    let timestamp_ms = days(year, month, day).checked_mul(DAY_MS)?.checked_add(time)?;
    // Days and hours that do not exist, and other separators, give another text.
    (to_text(timestamp_ms)? == text).then_some(timestamp_ms)
}

/// Year, month and day of a day since 1970. Years are counted from March here, so that a leap day is the last of one.
fn date(days_since_1970: u64) -> (u64, u64, u64) {
    let days = days_since_1970 + DAYS_TO_1970;
    let (era, day_of_era) = (days / ERA_DAYS, days % ERA_DAYS);
    // Without the leap days of 4, 100 and 400 years an era has years of 365 days.
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Five months from March on have 153 days, and so have the next five.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (400 * era + year_of_era + u64::from(month <= 2), month, day)
}

/// The day since 1970 of a date from then on. Months of zero and days that do not exist give some other day.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = ((153 * month_from_march + 2) / 5 + day).saturating_sub(1);
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * ERA_DAYS + day_of_era).saturating_sub(DAYS_TO_1970)
}
