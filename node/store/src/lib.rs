//! The durable store: finalized blocks, state, tree pages and reverse diffs in RocksDB.
//!
//! One [`Store::commit`] is one write batch: a finalized block with everything that follows from it is there
//! completely or not at all, so a process killed at any instant reopens at the last finalized height. Readers take a
//! [`Snapshot`] and never see half of a commit; [`StateAt`] reads an older height through the reverse diffs.
//!
//! Deliberately left out: what the bytes mean (keys, pages, blocks and receipts are opaque here), unfinalized blocks
//! (they are layers in memory above this store), and hashing. No other crate of the workspace uses RocksDB.

mod columns;
mod commit;
mod error;
mod history;
mod import;
mod keys;
mod meta;
mod open;
mod options;
mod rollback;
mod scan;
mod snapshot;
mod store;
mod undo;

pub use commit::{
    Change, FinalizedBatch, MAX_BATCH_BYTES, MAX_BATCH_ROWS, MAX_COMMIT_BLOCKS, MAX_KEY_BYTES, MAX_NODES,
};
pub use error::StoreError;
pub use history::StateAt;
pub use import::{Import, MAX_IMPORT_HASHES, Node};
pub use meta::{FORMAT, Finalized};
pub use options::{
    DEFAULT_CACHE_BYTES, DEFAULT_HISTORY_BLOCKS, DEFAULT_HISTORY_STATES, DEFAULT_WRITE_BUFFER_BYTES, HASH_BLOCKS,
    MAX_OPEN_FILES, MAX_WAL_BYTES, Options,
};
pub use scan::{Direction, MAX_SCAN_ROWS, Row, Scan};
pub use snapshot::{EventPosition, Snapshot, TransactionPosition};
pub use store::{MAX_RECORD_BYTES, Store, Usage};

/// A 32-byte hash: of a block or of a transaction.
pub type Hash = [u8; 32];
