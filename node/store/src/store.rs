//! The open store: its handles, its one writer, and what poisons it.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock},
};

use rocksdb::{ColumnFamily, DB, DBPinnableSlice, WriteBatch, WriteOptions};

use crate::{
    Change, Direction, EventPosition, Finalized, Hash, Options, Row, Scan, Snapshot, StateAt, StoreError,
    TransactionPosition,
    columns::{Column, Reclaim},
    keys, meta, open,
};

/// The longest record that [`Store::put_record`] takes, in bytes: a genesis with the code of all its modules is one.
pub const MAX_RECORD_BYTES: usize = 64 << 20;

/// The durable store of one chain.
///
/// Any number of threads may read; writes take turns. After a failed write the store is poisoned: it still reads, and
/// refuses every later write until it is opened again.
pub struct Store {
    // Fields drop in this order: the database closes before the lock goes.
    pub(crate) db: DB,
    pub(crate) options: Options,
    pub(crate) path: PathBuf,
    /// Rows below these heights may already be gone.
    pub(crate) reclaim: Reclaim,
    writer: Mutex<()>,
    poison: OnceLock<String>,
    _lock: File,
}

/// How much the store uses, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Table files on disk.
    pub table_bytes: u64,
    /// Write buffers in memory.
    pub write_buffer_bytes: u64,
    /// Blocks in the cache.
    pub cache_bytes: u64,
}

impl Store {
    /// Opens the store in the directory `path`, and creates it when the directory is absent or empty.
    ///
    /// # Errors
    /// When the directory holds something else, another chain, a newer format or damaged files, or is in use.
    pub fn open(path: impl AsRef<Path>, options: &Options) -> Result<Self, StoreError> {
        open::open(path.as_ref(), options)
    }

    pub(crate) fn new(db: DB, options: Options, path: PathBuf, reclaim: Reclaim, lock: File) -> Self {
        Self { db, options, path, reclaim, writer: Mutex::new(()), poison: OnceLock::new(), _lock: lock }
    }

    /// The finalized block, or `None` before genesis.
    ///
    /// # Errors
    /// When the database fails.
    pub fn finalized(&self) -> Result<Option<Finalized>, StoreError> {
        match self.read(Column::Meta, meta::FINALIZED_KEY)? {
            Some(bytes) => Ok(Some(Finalized::decode(&bytes)?)),
            None => Ok(None),
        }
    }

    /// The hash of the genesis block, or `None` before it was committed.
    ///
    /// # Errors
    /// When the database fails.
    pub fn genesis(&self) -> Result<Option<Hash>, StoreError> {
        match self.read(Column::Meta, meta::GENESIS_KEY)? {
            Some(bytes) => {
                Ok(Some(bytes.as_ref().try_into().map_err(|_| meta::damaged(Column::Meta, "a genesis hash"))?))
            }
            None => Ok(None),
        }
    }

    /// A view of the store as it is now, which later commits do not change.
    ///
    /// # Errors
    /// When the database fails.
    pub fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        Snapshot::new(self)
    }

    /// The state as it was after the block at `height`.
    ///
    /// # Errors
    /// When the height is pruned or not finalized.
    pub fn state_at(&self, height: u64) -> Result<StateAt<'_>, StoreError> {
        self.snapshot()?.into_state_at(height)
    }

    /// The value of `key` in the finalized state.
    ///
    /// # Errors
    /// When the database fails.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if key.is_empty() {
            return Ok(None);
        }
        Ok(self.read(Column::State, key)?.map(|value| value.to_vec()))
    }

    /// The values of `keys` in the finalized state, in the order of the keys.
    ///
    /// # Errors
    /// When the database fails.
    pub fn multi_get(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.snapshot()?.multi_get(keys)
    }

    /// Rows of the finalized state, at most `limit` and [`crate::MAX_SCAN_ROWS`] of them.
    ///
    /// # Errors
    /// When the database fails.
    pub fn scan(&self, scan: &Scan<'_>, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.snapshot()?.scan(scan, limit)
    }

    /// The page `id` of the finalized state tree.
    ///
    /// # Errors
    /// When the database fails.
    pub fn page(&self, id: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if id.is_empty() {
            return Ok(None);
        }
        Ok(self.read(Column::Pages, id)?.map(|value| value.to_vec()))
    }

    /// The block at `height`; see [`Snapshot::block`].
    ///
    /// # Errors
    /// When the height is pruned, or the database fails.
    pub fn block(&self, height: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.snapshot()?.block(height)
    }

    /// The receipts of the block at `height`; see [`Snapshot::block`].
    ///
    /// # Errors
    /// When the height is pruned, or the database fails.
    pub fn receipts(&self, height: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.snapshot()?.receipts(height)
    }

    /// What shows that the block at `height` is final; see [`Snapshot::proof`].
    ///
    /// # Errors
    /// When the height is pruned, or the database fails.
    pub fn proof(&self, height: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.snapshot()?.proof(height)
    }

    /// The first proof at heights `height` to `last`; see [`Snapshot::first_proof_from`].
    ///
    /// # Errors
    /// When `height` is pruned, or the database fails.
    pub fn first_proof_from(&self, height: u64, last: u64) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        self.snapshot()?.first_proof_from(height, last)
    }

    /// The hash of the block at `height`; see [`Snapshot::hash_of`].
    ///
    /// # Errors
    /// When the height is pruned, or the database fails.
    pub fn hash_of(&self, height: u64) -> Result<Option<Hash>, StoreError> {
        self.snapshot()?.hash_of(height)
    }

    /// The node of the header accumulator of a level that the block at `height` completed, or `None` if there is none:
    /// of a higher level, above the finalized height, or from before an import.
    ///
    /// # Errors
    /// When the database fails.
    pub fn node(&self, height: u64, level: u8) -> Result<Option<Hash>, StoreError> {
        let Some(node) = self.read(Column::Accumulator, &keys::node(height, level))? else { return Ok(None) };
        node.as_ref().try_into().map(Some).map_err(|_| meta::damaged(Column::Accumulator, "a hash"))
    }

    /// The height of the block `hash`, or `None` when no finalized block that is still indexed has it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn height_of(&self, hash: &Hash) -> Result<Option<u64>, StoreError> {
        self.snapshot()?.height_of(hash)
    }

    /// Where the transaction `hash` is, or `None` when it is unknown or its block was pruned.
    ///
    /// # Errors
    /// When the database fails.
    pub fn transaction(&self, hash: &Hash) -> Result<Option<TransactionPosition>, StoreError> {
        self.snapshot()?.transaction(hash)
    }

    /// The events under `topic` at heights `first` to `last`; see [`Snapshot::events`].
    ///
    /// # Errors
    /// When the database fails.
    pub fn events(
        &self,
        topic: &[u8],
        heights: std::ops::RangeInclusive<u64>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<EventPosition>, StoreError> {
        self.snapshot()?.events(topic, heights, direction, limit)
    }

    /// Keeps a small record that is no part of the chain, such as what a validator has signed. Always synced; neither
    /// pruned nor rolled back.
    ///
    /// # Errors
    /// When the record is too large, the store is poisoned, or the write fails.
    pub fn put_record(&self, name: &[u8], value: &[u8]) -> Result<(), StoreError> {
        if value.len() > MAX_RECORD_BYTES {
            return Err(StoreError::TooLarge {
                what: "the record in bytes",
                found: value.len(),
                expected: MAX_RECORD_BYTES,
            });
        }
        self.exclusively(|| {
            let mut batch = WriteBatch::default();
            batch.put_cf(self.column(Column::Records), name, value);
            self.write(batch, true)
        })
    }

    /// Does what [`Self::put_record`] does, for several at once: all of them are written, or none. One without a value
    /// goes.
    ///
    /// # Errors
    /// As [`Self::put_record`].
    pub fn put_records(&self, records: &[Change]) -> Result<(), StoreError> {
        let values = records.iter().filter_map(|(_, value)| value.as_ref());
        if let Some(found) = values.map(Vec::len).find(|length| *length > MAX_RECORD_BYTES) {
            return Err(StoreError::TooLarge { what: "the record in bytes", found, expected: MAX_RECORD_BYTES });
        }
        self.exclusively(|| {
            let mut batch = WriteBatch::default();
            for (name, value) in records {
                match value {
                    Some(value) => batch.put_cf(self.column(Column::Records), name, value),
                    None => batch.delete_cf(self.column(Column::Records), name),
                }
            }
            self.write(batch, true)
        })
    }

    /// The record `name`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn record(&self, name: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read(Column::Records, name)?.map(|value| value.to_vec()))
    }

    /// Rewrites the tables, which gives pruned space back at once instead of in time. Reads and writes go on.
    pub fn compact(&self) {
        for column in Column::ALL {
            self.db.compact_range_cf(self.column(column), None::<&[u8]>, None::<&[u8]>);
        }
    }

    /// Moves what only the log holds into tables. Done at a clean stop, it leaves nothing that a damaged log could lose.
    ///
    /// # Errors
    /// When the database fails.
    pub fn flush(&self) -> Result<(), StoreError> {
        let columns: Vec<&ColumnFamily> = Column::ALL.iter().map(|column| self.column(*column)).collect();
        Ok(self.db.flush_cfs_opt(&columns, &rocksdb::FlushOptions::default())?)
    }

    /// Copies the store as it is now into the new directory `path`, with hard links where the file system allows.
    ///
    /// # Errors
    /// When the directory exists or cannot be written.
    pub fn checkpoint(&self, path: &Path) -> Result<(), StoreError> {
        rocksdb::checkpoint::Checkpoint::new(&self.db)?.create_checkpoint(path)?;
        open::write_marker(path)?;
        match self.genesis()? {
            Some(genesis) => open::write_genesis(path, &genesis),
            None => Ok(()),
        }
    }

    /// How much disk and memory the store uses.
    ///
    /// # Errors
    /// When the database fails.
    pub fn usage(&self) -> Result<Usage, StoreError> {
        let sum = |property: &str| {
            Column::ALL.iter().try_fold(0_u64, |sum, column| {
                let bytes = self.db.property_int_value_cf(self.column(*column), property)?.unwrap_or(0);
                Ok::<_, StoreError>(sum.saturating_add(bytes))
            })
        };
        let cache = self.db.property_int_value_cf(self.column(Column::State), "rocksdb.block-cache-usage")?;
        Ok(Usage {
            table_bytes: sum("rocksdb.total-sst-files-size")?,
            write_buffer_bytes: sum("rocksdb.cur-size-all-mem-tables")?,
            cache_bytes: cache.unwrap_or(0),
        })
    }

    /// Runs `work` as the only writer. A failure in it poisons the store; a refusal does not.
    pub(crate) fn exclusively<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let poisoned = |cause: &str| StoreError::Poisoned { cause: cause.to_owned() };
        let _writer = self.writer.lock().map_err(|_| poisoned("a writing thread panicked"))?;
        if let Some(cause) = self.poison.get() {
            return Err(poisoned(cause));
        }
        let result = work();
        if let Err(error) = &result
            && error.is_failure()
        {
            self.poison(error);
        }
        result
    }

    /// Refuses every later write because of `error`.
    pub(crate) fn poison(&self, error: &StoreError) {
        let cause = match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        // Only the first cause is kept.
        let _ = self.poison.set(cause);
    }

    pub(crate) fn write(&self, batch: WriteBatch, sync: bool) -> Result<(), StoreError> {
        let mut options = WriteOptions::default();
        options.set_sync(sync);
        Ok(self.db.write_opt(batch, &options)?)
    }

    pub(crate) fn read(&self, column: Column, key: &[u8]) -> Result<Option<DBPinnableSlice<'_>>, StoreError> {
        Ok(self.db.get_pinned_cf(self.column(column), key)?)
    }

    pub(crate) fn column(&self, column: Column) -> &ColumnFamily {
        self.db.cf_handle(column.name()).expect("open() opens every column")
    }

    /// Puts what tells, on the next open, that every column was written up to `finalized`.
    pub(crate) fn put_finalized(&self, batch: &mut WriteBatch, finalized: &Finalized) {
        batch.put_cf(self.column(Column::Meta), meta::FINALIZED_KEY, finalized.encode());
        for column in Column::STAMPED {
            batch.put_cf(self.column(column), keys::STAMP, finalized.height.to_be_bytes());
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Store")
            .field("path", &self.path)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
