//! What can go wrong in the store, with what was found, what was expected and what to do about it.

use std::path::PathBuf;

use crate::Hash;

/// Says why the store refused or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The directory holds something that this store did not write.
    #[error("{path} is not a tenon store: found {found}, expected an empty directory or a tenon store", path = path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// What lies there.
        found: String,
    },
    /// The store belongs to another chain.
    #[error("the store belongs to another chain: found genesis {}, expected {}", hex(found), hex(expected))]
    WrongGenesis {
        /// The genesis in the store, or of the block that was to be committed.
        found: Hash,
        /// The genesis that the caller asked for.
        expected: Hash,
    },
    /// The store was written by a newer release.
    #[error("the store has a newer format: found {found}, expected at most {expected}")]
    NewerFormat {
        /// The format in the store.
        found: u32,
        /// The newest format that this release reads.
        expected: u32,
    },
    /// The store was written by an older release, and lacks what this one relies on.
    #[error("the store has an older format: found {found}, expected {expected}")]
    OlderFormat {
        /// The format in the store.
        found: u32,
        /// The format of this release.
        expected: u32,
    },
    /// Another process has the store open.
    #[error("the store is locked: found another process using {path}, expected none", path = path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// The files are damaged.
    #[error("the store is damaged: found {found}, expected {expected}")]
    Corrupt {
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The disk, or the quota, is full.
    #[error("the disk is full: {0}")]
    DiskFull(String),
    /// An operation on the directory failed.
    #[error("cannot {action} {path}", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// RocksDB failed in some other way.
    #[error("the database failed")]
    Backend(#[source] rocksdb::Error),
    /// An earlier write failed, so nothing more is written until the store is opened again.
    #[error("the store refuses to write since an earlier write failed: {cause}")]
    Poisoned {
        /// The first failure.
        cause: String,
    },
    /// A block was committed out of order.
    #[error("the block has the wrong height: found {found}, expected {expected}")]
    WrongHeight {
        /// The height of the block.
        found: u64,
        /// The height that comes next.
        expected: u64,
    },
    /// A block does not follow the finalized one.
    #[error("the block has the wrong parent: found {}, expected {}", hex(found), hex(expected))]
    WrongParent {
        /// The parent that the block names.
        found: Hash,
        /// The hash of the finalized block.
        expected: Hash,
    },
    /// The height was pruned.
    #[error("the height is pruned: found {found}, expected at least {expected}")]
    Pruned {
        /// The height that was asked for.
        found: u64,
        /// The oldest height that is kept.
        expected: u64,
    },
    /// The height is not finalized yet.
    #[error("the height is not finalized: found {found}, expected at most {expected}")]
    NotFinalized {
        /// The height that was asked for.
        found: u64,
        /// The finalized height.
        expected: u64,
    },
    /// An import was begun and not finished.
    #[error("the store holds half of a snapshot: found the begun import of height {height}, expected a chain")]
    UnfinishedImport {
        /// The height that is being imported.
        height: u64,
    },
    /// The snapshot is no newer than the chain.
    #[error("the snapshot is too old: found height {found}, expected at least {expected}")]
    StaleImport {
        /// The snapshot's height.
        found: u64,
        /// The height after the finalized one.
        expected: u64,
    },
    /// The import is no longer under way.
    #[error("no such import is under way: found {found:?}, expected height {expected}")]
    NoImport {
        /// The height whose import is under way, if any.
        found: Option<u64>,
        /// The height that was to be imported.
        expected: u64,
    },
    /// Nothing has been committed yet.
    #[error("the store is empty: found no block, expected at least genesis")]
    Empty,
    /// One batch changes a key twice.
    #[error("the batch changes a key twice: found {}, expected each key once", bytes(key))]
    DuplicateKey {
        /// The key.
        key: Vec<u8>,
    },
    /// A key is empty or too long.
    #[error("the key has the wrong length: found {found} bytes, expected 1 to {expected}")]
    KeyLength {
        /// The length of the key.
        found: usize,
        /// The longest key.
        expected: usize,
    },
    /// Something is larger than its bound.
    #[error("{what} is too large: found {found}, expected at most {expected}")]
    TooLarge {
        /// What is too large, with its unit.
        what: &'static str,
        /// Its size.
        found: usize,
        /// The bound.
        expected: usize,
    },
}

impl StoreError {
    /// Says what an operator or a caller can do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Foreign { .. } => "choose another data directory, or move the files in this one away",
            Self::WrongGenesis { .. } => "choose the data directory of this chain, or the chain of this directory",
            Self::NewerFormat { .. } => "run the release that wrote the store, or a newer one",
            Self::OlderFormat { .. } => "run the release that wrote the store, or sync again into another directory",
            Self::Locked { .. } => "stop the other node, or give this one its own data directory",
            Self::Corrupt { .. } => "restore the directory from a copy, or remove it and sync again",
            Self::DiskFull(_) => "free some space, then start the node again: nothing finalized was lost",
            Self::Io { .. } => "check that the directory exists, and who may read and write it",
            Self::Backend(_) => "look at the LOG file in the directory; check the disk",
            Self::Poisoned { .. } => "mend the first failure, then open the store again: nothing finalized was lost",
            Self::WrongHeight { .. } | Self::WrongParent { .. } => "commit finalized blocks in order",
            Self::Pruned { .. } => "ask an archive node, or keep a longer history",
            Self::NotFinalized { .. } => "wait until the height is finalized",
            Self::UnfinishedImport { .. } => "import the snapshot again, or a newer one",
            Self::StaleImport { .. } => "go on from the chain that is there, or import a newer snapshot",
            Self::NoImport { .. } => "begin the import again",
            Self::Empty => "commit the genesis block first",
            Self::DuplicateKey { .. } | Self::KeyLength { .. } | Self::TooLarge { .. } => "mend what built the batch",
        }
    }

    /// Whether the store itself failed, rather than refusing a request.
    pub(crate) const fn is_failure(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::DiskFull(_) | Self::Io { .. } | Self::Backend(_))
    }
}

impl From<rocksdb::Error> for StoreError {
    fn from(error: rocksdb::Error) -> Self {
        let text = error.to_string();
        // RocksDB reports both of these through its text only.
        if text.contains("No space left") || text.contains("Disk quota exceeded") {
            return Self::DiskFull(text);
        }
        match error.kind() {
            rocksdb::ErrorKind::Corruption => Self::Corrupt { found: text, expected: "intact files" },
            _ => Self::Backend(error),
        }
    }
}

/// Writes a hash as text.
fn hex(hash: &Hash) -> String {
    format!("0x{}", bytes(hash))
}

/// Writes bytes as text.
fn bytes(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
