//! Why what a peer sent of a block is refused.

use crate::wire::WireError;
use tenon_types::Hash;
use thiserror::Error;

/// Why what a peer sent of a block is refused. Nothing of it was taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RelayError {
    /// The bytes are no block.
    #[error("bytes are no block: {0}")]
    Wire(#[from] WireError),
    /// Of another block.
    #[error("found something of block {found}, expected of {expected}")]
    Block {
        /// The block that it is of.
        found: Hash,
        /// The block that was asked for.
        expected: Hash,
    },
    /// The transactions are not those of the header.
    #[error("root of the transactions is {found}, expected {expected}")]
    Root {
        /// The root of what came.
        found: Hash,
        /// The header's.
        expected: Hash,
    },
    /// Too many transactions.
    #[error("found {found} transactions, expected at most {max}")]
    TooMany {
        /// How many.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// Too many bytes.
    #[error("found {found} bytes of transactions, expected at most {max}")]
    TooLong {
        /// How many.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// A transaction that stands elsewhere, or nowhere, in the block.
    #[error("found transaction {found} for place {place}, expected one with the short id of that place")]
    Transaction {
        /// The place.
        place: u32,
        /// The transaction's hash.
        found: Hash,
    },
}
