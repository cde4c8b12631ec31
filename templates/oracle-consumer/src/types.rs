//! What the oracle is told to do, what it knows, and what it says.

use crate::oracle::Error;
use tenon_contract::prelude::*;

#[module_type]
pub use events::Event;
#[module_type]
pub use events::Origin;
#[module_type]
pub use events::StreamId;

/// Sources that an oracle listens to.
pub const MAX_SOURCES: usize = 15;
/// The oldest that values may be: 30 days, as the module `events` has it.
pub const MAX_AGE_MS: u64 = events::MAX_AGE_MS;
/// Digits of a value.
pub const MAX_DIGITS: usize = 39;
/// Parts of a value that a spread is counted in.
const BASIS_POINTS: u128 = 10_000;

/// What is fixed about the oracle.
#[module_type]
pub struct Settings {
    /// Who subscribes.
    pub owner: Address,
    /// Where the sources publish.
    pub stream: StreamId,
    /// Who they are.
    pub sources: Vec<Origin>,
    /// From how many of them there must be a fresh value.
    pub quorum: u8,
    /// From which age on a value does not count.
    pub max_age_ms: u64,
    /// The least value that is taken.
    pub least: u128,
    /// The greatest value that is taken.
    pub most: u128,
    /// How far the highest fresh value may be above the lowest, in hundredths of a percent of the lowest.
    pub max_spread_bps: Option<u16>,
}

/// The last value of a source.
#[module_type]
#[derive(Copy)]
pub struct Reading {
    /// The value.
    pub value: u128,
    /// When it was published.
    pub timestamp_ms: u64,
}

/// What the oracle says.
#[module_type]
#[derive(Copy)]
pub struct Answer {
    /// The median of the fresh values; of two in the middle the lower.
    pub value: u128,
    /// When the oldest of them was published.
    pub timestamp_ms: u64,
    /// How many there are.
    pub sources: u8,
}

impl Settings {
    /// Checks what was given.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let count = self.sources.len();
        ensure!((1..=MAX_SOURCES).contains(&count), Error::InvalidSources);
        let is_first =
            |(index, source): (usize, &Origin)| !self.sources.iter().take(index).any(|other| other == source);
        ensure!(self.sources.iter().enumerate().all(is_first), Error::InvalidSources);
        ensure!((1..=count).contains(&usize::from(self.quorum)), Error::InvalidQuorum);
        ensure!((1..=MAX_AGE_MS).contains(&self.max_age_ms), Error::InvalidAge);
        ensure!(self.least > 0 && self.least <= self.most, Error::InvalidBounds);
        Ok(())
    }

    /// The place of an event's source in the list.
    pub(crate) fn source(&self, event: &Event) -> Result<u8, Error> {
        let origin = Origin::of(event).map_err(|_| Error::UnknownSource)?;
        let place = self.sources.iter().position(|source| *source == origin);
        place.and_then(|place| u8::try_from(place).ok()).ok_or(Error::UnknownSource)
    }

    /// The value that an event says: decimal digits alone, within the bounds.
    pub(crate) fn value(&self, event: &Event) -> Result<u128, Error> {
        let digits = event.content.as_slice();
        let is_plain = event.encryption_type == events::format::ENCRYPTION_NONE;
        ensure!(is_plain && (1..=MAX_DIGITS).contains(&digits.len()), Error::NotANumber);
        let value = digits.iter().try_fold(0u128, |sum, digit| {
            let digit = digit.is_ascii_digit().then(|| u128::from(digit - b'0'))?;
            sum.checked_mul(10)?.checked_add(digit)
        });
        let value = value.ok_or(Error::NotANumber)?;
        ensure!((self.least..=self.most).contains(&value), Error::OutOfBounds);
        Ok(value)
    }

    /// What the readings say at a time.
    pub(crate) fn answer(&self, readings: impl Iterator<Item = Reading>, now_ms: u64) -> Result<Answer, Error> {
        let is_fresh = |reading: &Reading| now_ms.saturating_sub(reading.timestamp_ms) < self.max_age_ms;
        let mut fresh: Vec<Reading> = readings.filter(is_fresh).collect();
        sort(&mut fresh);
        let (Some(lowest), Some(highest)) = (fresh.first(), fresh.last()) else { return Err(Error::NoQuorum) };
        ensure!(fresh.len() >= usize::from(self.quorum), Error::NoQuorum);
        if let Some(spread) = self.max_spread_bps {
            // Rounded down, so against an answer; a product beyond all numbers is no bound.
            let most = lowest.value.checked_mul(BASIS_POINTS + u128::from(spread)).map(|most| most / BASIS_POINTS);
            ensure!(most.is_none_or(|most| highest.value <= most), Error::Conflicting);
        }
        let middle = fresh.get((fresh.len() - 1) / 2).ok_or(Error::NoQuorum)?;
        let timestamp_ms = fresh.iter().map(|reading| reading.timestamp_ms).min().ok_or(Error::NoQuorum)?;
        let sources = u8::try_from(fresh.len()).expect("at most 15");
        Ok(Answer { value: middle.value, timestamp_ms, sources })
    }
}

/// Puts readings in the order of their values. There are few, and the standard library's sort is larger than the rest.
fn sort(readings: &mut [Reading]) {
    for end in 1..readings.len() {
        for place in (1..=end).rev() {
            if readings[place - 1].value <= readings[place].value {
                break;
            }
            readings.swap(place - 1, place);
        }
    }
}
