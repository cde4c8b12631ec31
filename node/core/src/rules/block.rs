//! The rules of a block's body, as far as they need no state.

use tenon_types::{Block, Hash, MAX_EXTRINSIC_BYTES, Parameters, extrinsics_root};
use thiserror::Error;

/// Transactions of one block.
pub const MAX_BLOCK_TRANSACTIONS: usize = 131_072;

/// Why a body does not fit its header or the chain's bounds.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BlockError {
    /// Too many transactions.
    #[error("block has {found} transactions, expected at most {max}")]
    TooMany {
        /// How many.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// Too many bytes.
    #[error("block's transactions have {found} bytes, expected at most {max}")]
    TooLong {
        /// How many.
        found: u64,
        /// The bound.
        max: u32,
    },
    /// One transaction is too long.
    #[error("transaction {index} has {found} bytes, expected at most {max}")]
    TransactionTooLong {
        /// Its place.
        index: usize,
        /// Its length.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// The transactions are not those of the header.
    #[error("extrinsics root is {found}, expected {expected}")]
    Root {
        /// The header's.
        found: Hash,
        /// The body's.
        expected: Hash,
    },
}

impl BlockError {
    /// The stable number.
    pub const fn code(&self) -> u32 {
        match self {
            Self::TooMany { .. } => 21,
            Self::TooLong { .. } => 22,
            Self::TransactionTooLong { .. } => 23,
            Self::Root { .. } => 24,
        }
    }

    /// What to do.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Root { .. } => "fetch the block again, from another peer",
            _ => "the producer has other parameters, or lies",
        }
    }
}

/// Checks a block's body against its header and the chain's bounds. The cheap bounds come first.
///
/// # Errors
/// [`BlockError`] for the first rule broken.
pub fn check_block(block: &Block, parameters: &Parameters) -> Result<(), BlockError> {
    let found = block.extrinsics.len();
    if found > MAX_BLOCK_TRANSACTIONS {
        return Err(BlockError::TooMany { found, max: MAX_BLOCK_TRANSACTIONS });
    }
    let mut bytes = 0_u64;
    for (index, transaction) in block.extrinsics.iter().enumerate() {
        let found = transaction.len();
        if found > MAX_EXTRINSIC_BYTES {
            return Err(BlockError::TransactionTooLong { index, found, max: MAX_EXTRINSIC_BYTES });
        }
        bytes = bytes.saturating_add(u64::try_from(found).unwrap_or(u64::MAX));
    }
    if bytes > u64::from(parameters.block_bytes) {
        return Err(BlockError::TooLong { found: bytes, max: parameters.block_bytes });
    }
    let expected = extrinsics_root(&block.extrinsics);
    if block.header.extrinsics_root != expected {
        return Err(BlockError::Root { found: block.header.extrinsics_root, expected });
    }
    Ok(())
}
