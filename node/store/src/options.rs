//! What a caller chooses, and how that becomes RocksDB's options. Every memory and disk bound has its name here.

use crate::Hash;

/// How many blocks back bodies and receipts are kept, unless told otherwise.
pub const DEFAULT_HISTORY_BLOCKS: u64 = 1_024;
/// How many blocks back the state is kept, unless told otherwise.
pub const DEFAULT_HISTORY_STATES: u64 = 1_024;
/// The block cache, unless told otherwise. Index and filter blocks are charged to it.
pub const DEFAULT_CACHE_BYTES: usize = 128 << 20;
/// All write buffers together, unless told otherwise.
pub const DEFAULT_WRITE_BUFFER_BYTES: usize = 128 << 20;
/// How many block hashes a pruning node keeps, about 130 bytes each: more than any transaction's lifetime.
pub const HASH_BLOCKS: u64 = 1 << 20;
/// The most write-ahead log before buffers are flushed.
pub const MAX_WAL_BYTES: u64 = 256 << 20;
/// The most table files open at once, well below the usual limit of 1,024 descriptors.
pub const MAX_OPEN_FILES: i32 = 512;

/// RocksDB's own diagnostic log: at most this many files of this size.
const LOG_FILES: usize = 2;
const LOG_FILE_BYTES: usize = 1 << 20;
const MANIFEST_BYTES: usize = 16 << 20;
const BACKGROUND_JOBS: i32 = 2;
/// Bytes between hints to the kernel to start writing a table file out, so that a sync does not wait for all of it.
const BYTES_PER_SYNC: u64 = 1 << 20;

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// The genesis hash that the store must have, or `None` to take what is there.
    pub genesis: Option<Hash>,
    /// Keeps every height; otherwise only `history_blocks` and `history_states` of them.
    pub archive: bool,
    /// How many blocks before the finalized one stay readable: bodies, receipts and their indexes.
    pub history_blocks: u64,
    /// How many blocks before the finalized one the state and its pages stay readable: at most as many as blocks.
    pub history_states: u64,
    /// Has each commit wait until the disk has it. Without it a killed process loses nothing, a power cut may.
    pub sync: bool,
    /// The size of the block cache in bytes.
    pub cache_bytes: usize,
    /// The size of all write buffers together in bytes.
    pub write_buffer_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            genesis: None,
            archive: false,
            history_blocks: DEFAULT_HISTORY_BLOCKS,
            history_states: DEFAULT_HISTORY_STATES,
            sync: true,
            cache_bytes: DEFAULT_CACHE_BYTES,
            write_buffer_bytes: DEFAULT_WRITE_BUFFER_BYTES,
        }
    }
}

impl Options {
    /// The oldest height to keep when `height` is finalized.
    pub(crate) const fn oldest(&self, height: u64) -> u64 {
        if self.archive { 0 } else { height.saturating_sub(self.history_blocks) }
    }

    /// The oldest height whose state to keep when `height` is finalized.
    pub(crate) const fn oldest_state(&self, height: u64) -> u64 {
        let fewer = self.history_states < self.history_blocks;
        let kept = if fewer { self.history_states } else { self.history_blocks };
        if self.archive { 0 } else { height.saturating_sub(kept) }
    }

    /// The oldest height whose hash to keep when `height` is finalized.
    pub(crate) const fn oldest_hash(&self, height: u64) -> u64 {
        let kept = if self.history_blocks > HASH_BLOCKS { self.history_blocks } else { HASH_BLOCKS };
        if self.archive { 0 } else { height.saturating_sub(kept) }
    }
}

/// Options of the whole database.
pub(crate) fn database(options: &Options) -> rocksdb::Options {
    let mut db = rocksdb::Options::default();
    db.create_if_missing(true);
    db.create_missing_column_families(true);
    db.set_paranoid_checks(true);
    // A torn tail is what a kill leaves behind; whatever else is amiss shows when the columns are compared on open.
    db.set_wal_recovery_mode(rocksdb::DBRecoveryMode::PointInTime);
    db.set_track_and_verify_wals_in_manifest(true);
    db.set_db_write_buffer_size(options.write_buffer_bytes);
    db.set_max_total_wal_size(MAX_WAL_BYTES.min(4 * options.write_buffer_bytes as u64));
    db.set_max_open_files(MAX_OPEN_FILES);
    db.set_max_background_jobs(BACKGROUND_JOBS);
    db.set_bytes_per_sync(BYTES_PER_SYNC);
    db.set_keep_log_file_num(LOG_FILES);
    db.set_max_log_file_size(LOG_FILE_BYTES);
    db.set_max_manifest_file_size(MANIFEST_BYTES);
    db.set_log_level(rocksdb::LogLevel::Warn);
    db.set_stats_dump_period_sec(0);
    db.set_stats_persist_period_sec(0);
    db
}
