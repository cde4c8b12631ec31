//! The state as it was: the present one, seen through the reverse diffs of later blocks.
//!
//! The history of a key is one row for each block that changed it, holding the value before that block. So the value
//! after height h is in the first row above h, and is the present value when there is none.

use std::cmp::Ordering;

use rocksdb::DBRawIterator;

use crate::{
    Change, Direction, Row, Scan, Snapshot, StoreError,
    columns::Column,
    keys, meta,
    snapshot::{Visit, collect, start, step},
    undo,
};

/// The state as it was after the block at one height.
pub struct StateAt<'a> {
    snapshot: Snapshot<'a>,
    height: u64,
}

impl<'a> StateAt<'a> {
    pub(crate) const fn new(snapshot: Snapshot<'a>, height: u64) -> Self {
        Self { snapshot, height }
    }

    /// The height.
    #[must_use]
    pub const fn height(&self) -> u64 {
        self.height
    }

    /// The value that `key` had.
    ///
    /// # Errors
    /// When the height was pruned meanwhile, or the database fails.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.value(Column::State, Column::StateHistory, key)
    }

    /// The page `id` as it was.
    ///
    /// # Errors
    /// When the height was pruned meanwhile, or the database fails.
    pub fn page(&self, id: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.value(Column::Pages, Column::PageHistory, id)
    }

    /// Rows as they were, at most `limit` and [`crate::MAX_SCAN_ROWS`] of them.
    ///
    /// # Errors
    /// When the height was pruned meanwhile, or the database fails.
    pub fn scan(&self, scan: &Scan<'_>, limit: usize) -> Result<Vec<Row>, StoreError> {
        collect(limit, |visit| self.scan_each(scan, visit))
    }

    /// Shows each row of the range as it was to `visit` until that breaks. What was shown counts only when this
    /// returns `Ok`.
    ///
    /// # Errors
    /// When the height was pruned meanwhile, or the database fails.
    pub fn scan_each(&self, scan: &Scan<'_>, visit: Visit<'_>) -> Result<(), StoreError> {
        let (low, high) = scan.bounds();
        let (old_low, old_high) = (keys::escape(&low), high.as_deref().map(keys::escape));
        let mut rows = self.snapshot.iterate(Column::State, low, high);
        start(&mut rows, scan.direction);
        let mut old = OldRows {
            rows: self.snapshot.iterate(Column::StateHistory, old_low, old_high),
            height: self.height,
            direction: scan.direction,
        };
        start(&mut old.rows, scan.direction);
        let mut changed = old.next()?;
        loop {
            let order = match (rows.key(), &changed) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(key), Some((changed, _))) => match scan.direction {
                    Direction::Ascending => key.cmp(changed),
                    Direction::Descending => changed.as_slice().cmp(key),
                },
            };
            let flow = match (rows.item(), &changed) {
                (Some((key, value)), _) if order.is_lt() => visit(key, value),
                (_, Some((key, Some(value)))) => visit(key, value),
                _ => std::ops::ControlFlow::Continue(()),
            };
            if flow.is_break() {
                break;
            }
            if order.is_le() {
                step(&mut rows, scan.direction);
            }
            if order.is_ge() {
                changed = old.next()?;
            }
        }
        rows.status()?;
        self.snapshot.check_state_not_reclaimed(self.height)
    }

    fn value(&self, current: Column, history: Column, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if self.snapshot.finalized().is_some_and(|finalized| finalized.height > self.height) {
            let low = keys::history(key, self.height.saturating_add(1));
            let high = [keys::history(key, u64::MAX), vec![0]].concat();
            let mut rows = self.snapshot.iterate(history, low, Some(high));
            rows.seek_to_first();
            let old = match rows.value() {
                Some(bytes) => Some(undo::split_old_value(bytes)?.map(<[u8]>::to_vec)),
                None => None,
            };
            rows.status()?;
            self.snapshot.check_state_not_reclaimed(self.height)?;
            if let Some(old) = old {
                return Ok(old);
            }
        }
        self.snapshot.row(current, key)
    }
}

/// The keys that blocks above a height changed, each with its value at that height.
struct OldRows<'a> {
    /// Stands on the first row of the next key, in the direction of travel.
    rows: DBRawIterator<'a>,
    height: u64,
    direction: Direction,
}

impl OldRows<'_> {
    /// The next key that was changed later, with its value before the first such change.
    fn next(&mut self) -> Result<Option<Change>, StoreError> {
        let damaged = || meta::damaged(Column::StateHistory, "a key and a height");
        while let Some(row) = self.rows.key() {
            let (escaped, _) = keys::split_history(row).ok_or_else(damaged)?;
            let escaped = escaped.to_vec();
            self.rows.seek([escaped.as_slice(), &self.height.saturating_add(1).to_be_bytes()].concat());
            let mut found = None;
            if let Some((row, value)) = self.rows.item()
                && keys::split_history(row).ok_or_else(damaged)?.0 == escaped
            {
                let key = keys::unescape(&escaped).ok_or_else(damaged)?;
                found = Some((key, undo::split_old_value(value)?.map(<[u8]>::to_vec)));
            }
            self.rows.status()?;
            self.leave(&escaped);
            if found.is_some() {
                return Ok(found);
            }
        }
        self.rows.status()?;
        Ok(None)
    }

    /// Goes to the next key after `escaped`, past all of its rows.
    fn leave(&mut self, escaped: &[u8]) {
        match self.direction {
            Direction::Ascending => self.rows.seek([escaped, &[0xff; 9]].concat()),
            Direction::Descending => self.rows.seek_for_prev(escaped),
        }
    }
}
