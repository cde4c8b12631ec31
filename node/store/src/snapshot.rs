//! Consistent reads: a snapshot holds the store as it was at one finalized height.

use std::{
    ops::{ControlFlow, RangeInclusive},
    sync::atomic::{AtomicU64, Ordering},
};

use rocksdb::{DBPinnableSlice, DBRawIterator, ReadOptions};

use crate::{
    Direction, Finalized, Hash, MAX_SCAN_ROWS, Row, Scan, StateAt, Store, StoreError, columns::Column, keys, meta,
};

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionPosition {
    /// The height of its block.
    pub height: u64,
    /// Its index in the block.
    pub index: u32,
}

/// Where an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPosition {
    /// The height of its block.
    pub height: u64,
    /// Its index in the block.
    pub index: u32,
}

/// The store as it was at one finalized height. Commits do not change it, though pruning may take old blocks away.
pub struct Snapshot<'a> {
    pub(crate) store: &'a Store,
    inner: rocksdb::Snapshot<'a>,
    finalized: Option<Finalized>,
}

impl<'a> Snapshot<'a> {
    pub(crate) fn new(store: &'a Store) -> Result<Self, StoreError> {
        let inner = store.db.snapshot();
        let finalized = match inner.get_pinned_cf(store.column(Column::Meta), meta::FINALIZED_KEY)? {
            Some(bytes) => Some(Finalized::decode(&bytes)?),
            None => None,
        };
        Ok(Self { store, inner, finalized })
    }

    /// The finalized block of this snapshot, or `None` before genesis.
    #[must_use]
    pub const fn finalized(&self) -> Option<Finalized> {
        self.finalized
    }

    /// The state as it was after the block at `height`, seen from this snapshot.
    ///
    /// # Errors
    /// When the height is pruned or not finalized.
    pub fn into_state_at(self, height: u64) -> Result<StateAt<'a>, StoreError> {
        self.finalized.ok_or(StoreError::Empty)?.check_state_kept(height)?;
        Ok(StateAt::new(self, height))
    }

    /// The value of `key`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.row(Column::State, key)
    }

    /// The values of `keys`, in the order of the keys.
    ///
    /// # Errors
    /// When the database fails.
    pub fn multi_get(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let mut options = ReadOptions::default();
        options.set_snapshot(&self.inner);
        let column = self.store.column(Column::State);
        let values = self.store.db.batched_multi_get_cf_opt(column, keys.iter().copied(), false, &options);
        let mut out = Vec::with_capacity(keys.len());
        for (key, value) in keys.iter().zip(values) {
            out.push(value?.filter(|_| *key != keys::STAMP).map(|value| value.to_vec()));
        }
        Ok(out)
    }

    /// The page `id` of the state tree.
    ///
    /// # Errors
    /// When the database fails.
    pub fn page(&self, id: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.row(Column::Pages, id)
    }

    /// Rows of the state, at most `limit` and [`MAX_SCAN_ROWS`] of them.
    ///
    /// # Errors
    /// When the database fails.
    pub fn scan(&self, scan: &Scan<'_>, limit: usize) -> Result<Vec<Row>, StoreError> {
        collect(limit, |visit| self.scan_each(scan, visit))
    }

    /// Shows each row of the range to `visit` until that breaks.
    ///
    /// # Errors
    /// When the database fails.
    pub fn scan_each(&self, scan: &Scan<'_>, visit: Visit<'_>) -> Result<(), StoreError> {
        let (low, high) = scan.bounds();
        let mut rows = self.iterate(Column::State, low, high);
        start(&mut rows, scan.direction);
        while let Some((key, value)) = rows.item() {
            if visit(key, value).is_break() {
                break;
            }
            step(&mut rows, scan.direction);
        }
        Ok(rows.status()?)
    }

    /// The block at `height`, or `None` when the height is not finalized.
    ///
    /// # Errors
    /// When the height is pruned, or the database fails.
    pub fn block(&self, height: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.by_height(Column::Blocks, height)
    }

    /// The receipts of the block at `height`, or `None` when the height is not finalized.
    ///
    /// # Errors
    /// When the height is pruned, or the database fails.
    pub fn receipts(&self, height: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.by_height(Column::Receipts, height)
    }

    /// What shows that the block at `height` is final, or `None` when the height is not finalized or was committed
    /// without a proof of its own.
    ///
    /// # Errors
    /// When the height is pruned, or the database fails.
    pub fn proof(&self, height: u64) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.by_height(Column::Proofs, height)?.filter(|proof| !proof.is_empty()))
    }

    /// The first proof at heights `height` to `last`, at most [`MAX_SCAN_ROWS`] of them, with its height: it shows that
    /// the blocks below are final too. `None` when there is none, or `height` is not finalized.
    ///
    /// # Errors
    /// When `height` is pruned, or the database fails.
    pub fn first_proof_from(&self, height: u64, last: u64) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        let Some(finalized) = self.finalized.filter(|finalized| height <= finalized.height) else { return Ok(None) };
        finalized.check_kept(height)?;
        let bound = last.min(finalized.height).saturating_add(1).to_be_bytes().to_vec();
        let mut rows = self.iterate(Column::Proofs, height.to_be_bytes().to_vec(), Some(bound));
        rows.seek_to_first();
        let (mut found, mut seen) = (None, 0);
        while let Some((key, proof)) = rows.item().filter(|_| found.is_none() && seen < MAX_SCAN_ROWS) {
            if !proof.is_empty() {
                let at = keys::height(key).ok_or_else(|| meta::damaged(Column::Proofs, "a height"))?;
                found = Some((at, proof.to_vec()));
            }
            seen += 1;
            rows.next();
        }
        rows.status()?;
        self.check_not_reclaimed(height)?;
        Ok(found)
    }

    /// The hash of the block at `height`, or `None` when the height is not finalized.
    ///
    /// # Errors
    /// When the height is older than the hashes that are kept, or the database fails.
    pub fn hash_of(&self, height: u64) -> Result<Option<Hash>, StoreError> {
        let Some(finalized) = self.finalized.filter(|finalized| height <= finalized.height) else { return Ok(None) };
        if height < finalized.oldest_hash {
            return Err(StoreError::Pruned { found: height, expected: finalized.oldest_hash });
        }
        let hash = self.read(Column::Hashes, &height.to_be_bytes())?;
        let hash = hash.and_then(|hash| hash.as_ref().try_into().ok());
        hash.map(Some).ok_or_else(|| meta::damaged(Column::Hashes, "the hash of a block"))
    }

    /// The height of the block `hash`, or `None` when no finalized block that is still indexed has it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn height_of(&self, hash: &Hash) -> Result<Option<u64>, StoreError> {
        let Some(height) = self.read(Column::BlockIndex, hash)? else { return Ok(None) };
        keys::height(&height).map(Some).ok_or_else(|| meta::damaged(Column::BlockIndex, "a height"))
    }

    /// Where the transaction `hash` is, or `None` when it is unknown or its block was pruned.
    ///
    /// # Errors
    /// When the database fails.
    pub fn transaction(&self, hash: &Hash) -> Result<Option<TransactionPosition>, StoreError> {
        let Some(value) = self.read(Column::TxIndex, hash)? else { return Ok(None) };
        let (height, index) =
            keys::split_position(&value).ok_or_else(|| meta::damaged(Column::TxIndex, "a height and an index"))?;
        let kept = self.finalized.is_some_and(|finalized| height >= finalized.oldest);
        Ok(kept.then_some(TransactionPosition { height, index }))
    }

    /// The events under `topic` in blocks of `heights` that are kept, at most `limit` and [`MAX_SCAN_ROWS`] of them.
    ///
    /// # Errors
    /// When the database fails.
    pub fn events(
        &self,
        topic: &[u8],
        heights: RangeInclusive<u64>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<EventPosition>, StoreError> {
        let (Some(finalized), limit) = (self.finalized, limit.min(MAX_SCAN_ROWS)) else { return Ok(Vec::new()) };
        let first = (*heights.start()).max(finalized.oldest);
        let last = (*heights.end()).min(finalized.height);
        let mut found = Vec::new();
        if topic.is_empty() || first > last {
            return Ok(found);
        }
        // One byte more than the last row's key is the least key above it.
        let high = [keys::event(topic, last, u32::MAX), vec![0]].concat();
        let mut rows = self.iterate(Column::Events, keys::event(topic, first, 0), Some(high));
        start(&mut rows, direction);
        while let Some(key) = rows.key().filter(|_| found.len() < limit) {
            let (_, height, index) = keys::split_event(key)
                .ok_or_else(|| meta::damaged(Column::Events, "a topic, a height and an index"))?;
            found.push(EventPosition { height, index });
            step(&mut rows, direction);
        }
        rows.status()?;
        Ok(found)
    }

    /// A row of a column that has one for each kept height.
    fn by_height(&self, column: Column, height: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(finalized) = self.finalized.filter(|finalized| height <= finalized.height) else { return Ok(None) };
        finalized.check_kept(height)?;
        match self.row(column, &height.to_be_bytes())? {
            Some(row) => Ok(Some(row)),
            None => {
                self.check_not_reclaimed(height)?;
                Err(meta::damaged(column, "a row for each kept height"))
            }
        }
    }

    /// Checks, after a read, that rows of `height` were still there while it was read: their space is given back
    /// without regard to snapshots.
    pub(crate) fn check_not_reclaimed(&self, height: u64) -> Result<(), StoreError> {
        not_below(height, &self.store.reclaim.blocks)
    }

    /// The same for the rows of a state.
    pub(crate) fn check_state_not_reclaimed(&self, height: u64) -> Result<(), StoreError> {
        not_below(height, &self.store.reclaim.states)
    }

    pub(crate) fn row(&self, column: Column, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if key == keys::STAMP {
            return Ok(None);
        }
        Ok(self.read(column, key)?.map(|value| value.to_vec()))
    }

    fn read(&self, column: Column, key: &[u8]) -> Result<Option<DBPinnableSlice<'_>>, StoreError> {
        Ok(self.inner.get_pinned_cf(self.store.column(column), key)?)
    }

    /// An iterator over the keys from `low` up to but without `high`.
    pub(crate) fn iterate(&self, column: Column, low: Vec<u8>, high: Option<Vec<u8>>) -> DBRawIterator<'_> {
        let mut options = ReadOptions::default();
        if let Some(high) = high {
            // RocksDB asserts that the bounds are in order; an empty range is one that ends where it starts.
            options.set_iterate_upper_bound(high.max(low.clone()));
        }
        options.set_iterate_lower_bound(low);
        self.inner.raw_iterator_cf_opt(self.store.column(column), options)
    }
}

fn not_below(height: u64, oldest: &AtomicU64) -> Result<(), StoreError> {
    let expected = oldest.load(Ordering::SeqCst);
    if height < expected { Err(StoreError::Pruned { found: height, expected }) } else { Ok(()) }
}

/// What a scan shows each row to.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>;

/// Collects at most `limit` rows of a scan.
pub(crate) fn collect(
    limit: usize,
    scan: impl FnOnce(Visit<'_>) -> Result<(), StoreError>,
) -> Result<Vec<Row>, StoreError> {
    let limit = limit.min(MAX_SCAN_ROWS);
    let mut rows = Vec::new();
    if limit > 0 {
        scan(&mut |key, value| {
            rows.push((key.to_vec(), value.to_vec()));
            if rows.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
    }
    Ok(rows)
}

pub(crate) fn start(rows: &mut DBRawIterator<'_>, direction: Direction) {
    match direction {
        Direction::Ascending => rows.seek_to_first(),
        Direction::Descending => rows.seek_to_last(),
    }
}

pub(crate) fn step(rows: &mut DBRawIterator<'_>, direction: Direction) {
    match direction {
        Direction::Ascending => rows.next(),
        Direction::Descending => rows.prev(),
    }
}
