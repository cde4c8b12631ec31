//! The rows that describe the store itself: its format, its genesis and the finalized height.

use crate::{Hash, StoreError, columns::Column};

/// The format that this release writes, and the only one that it reads.
pub const FORMAT: u32 = 4;

/// The key of the format, 4 bytes big-endian.
pub(crate) const FORMAT_KEY: &[u8] = b"format";
/// The key of the hash of the genesis block.
pub(crate) const GENESIS_KEY: &[u8] = b"genesis";
/// The key of the height whose import was begun, there until it is finished.
pub(crate) const IMPORT_KEY: &[u8] = b"import";
/// The key of [`Finalized`].
pub(crate) const FINALIZED_KEY: &[u8] = b"finalized";

const FINALIZED_BYTES: usize = 8 + 32 + 8 + 8 + 8;

/// The newest block in the store, and how far back the store goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finalized {
    /// The finalized height.
    pub height: u64,
    /// The hash of the block at that height.
    pub hash: Hash,
    /// The oldest height whose block and receipts can be read.
    pub oldest: u64,
    /// The oldest height whose state can be read: not below the oldest block's.
    pub oldest_state: u64,
    /// The oldest height whose block hash can be read.
    pub oldest_hash: u64,
}

impl Finalized {
    pub(crate) fn encode(&self) -> [u8; FINALIZED_BYTES] {
        let mut out = [0; FINALIZED_BYTES];
        out[..8].copy_from_slice(&self.height.to_be_bytes());
        out[8..40].copy_from_slice(&self.hash);
        out[40..48].copy_from_slice(&self.oldest.to_be_bytes());
        out[48..56].copy_from_slice(&self.oldest_state.to_be_bytes());
        out[56..].copy_from_slice(&self.oldest_hash.to_be_bytes());
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let parts = || {
            let (height, rest) = bytes.split_first_chunk::<8>()?;
            let (hash, rest) = rest.split_first_chunk::<32>()?;
            let (oldest, rest) = rest.split_first_chunk::<8>()?;
            let (oldest_state, rest) = rest.split_first_chunk::<8>()?;
            let oldest_hash: [u8; 8] = rest.try_into().ok()?;
            let finalized = Self {
                height: u64::from_be_bytes(*height),
                hash: *hash,
                oldest: u64::from_be_bytes(*oldest),
                oldest_state: u64::from_be_bytes(*oldest_state),
                oldest_hash: u64::from_be_bytes(oldest_hash),
            };
            [finalized.oldest_hash, finalized.oldest, finalized.oldest_state, finalized.height]
                .is_sorted()
                .then_some(finalized)
        };
        parts().ok_or_else(|| damaged(Column::Meta, "a finalized height"))
    }

    /// Checks that block and receipts of `height` are kept.
    pub(crate) fn check_kept(&self, height: u64) -> Result<(), StoreError> {
        self.check_from(height, self.oldest)
    }

    /// Checks that the state of `height` is kept.
    pub(crate) fn check_state_kept(&self, height: u64) -> Result<(), StoreError> {
        self.check_from(height, self.oldest_state)
    }

    fn check_from(&self, height: u64, oldest: u64) -> Result<(), StoreError> {
        if height > self.height {
            return Err(StoreError::NotFinalized { found: height, expected: self.height });
        }
        if height < oldest { Err(StoreError::Pruned { found: height, expected: oldest }) } else { Ok(()) }
    }
}

/// The error for a row that is not as it was written.
pub(crate) fn damaged(column: Column, expected: &'static str) -> StoreError {
    StoreError::Corrupt { found: format!("a missing or malformed row in column {}", column.name()), expected }
}
