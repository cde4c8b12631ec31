//! What part of the state a scan covers, and in which order.

use std::ops::Bound;

use crate::keys;

/// The most rows that one scan collects.
pub const MAX_SCAN_ROWS: usize = 65_536;

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// The order of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the least key up.
    Ascending,
    /// From the greatest key down.
    Descending,
}

/// A range of keys: those that start with `prefix`, from `start` on in the direction of travel.
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    /// What every key starts with; empty for all keys.
    pub prefix: &'a [u8],
    /// Where the scan starts: with `Excluded(k)`, after the key `k`, which is how a next page is asked for.
    pub start: Bound<&'a [u8]>,
    /// The order.
    pub direction: Direction,
}

impl<'a> Scan<'a> {
    /// All keys that start with `prefix`, ascending.
    #[must_use]
    pub const fn prefix(prefix: &'a [u8]) -> Self {
        Self { prefix, start: Bound::Unbounded, direction: Direction::Ascending }
    }

    /// The same range from `start` on.
    #[must_use]
    pub const fn from(self, start: Bound<&'a [u8]>) -> Self {
        Self { start, ..self }
    }

    /// The same range in descending order.
    #[must_use]
    pub const fn descending(self) -> Self {
        Self { direction: Direction::Descending, ..self }
    }

    /// The least key of the range, and the least key above it.
    pub(crate) fn bounds(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        let after = |key: &[u8]| [key, &[0]].concat();
        // No row has an empty key; the one that does is the column's stamp.
        let mut low = if self.prefix.is_empty() { vec![0] } else { self.prefix.to_vec() };
        let mut high = keys::prefix_end(self.prefix);
        match (self.direction, self.start) {
            (_, Bound::Unbounded) => {}
            (Direction::Ascending, Bound::Included(key)) => low = low.max(key.to_vec()),
            (Direction::Ascending, Bound::Excluded(key)) => low = low.max(after(key)),
            (Direction::Descending, Bound::Included(key)) => high = Some(least(high, after(key))),
            (Direction::Descending, Bound::Excluded(key)) => high = Some(least(high, key.to_vec())),
        }
        (low, high)
    }
}

/// The lesser of two upper bounds.
fn least(high: Option<Vec<u8>>, other: Vec<u8>) -> Vec<u8> {
    match high {
        Some(high) => high.min(other),
        None => other,
    }
}
