//! What can be wrong with a piece of a snapshot.

use tenon_types::proof::PartError;
use tenon_types::{BlockNumber, Gas, Hash};
use thiserror::Error;

/// Why a piece is not what the target calls for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// No snapshot lies below this header.
    #[error("found header {number}, expected one above 0 that carries this chain's info")]
    Header {
        /// Its height.
        number: BlockNumber,
    },
    /// Too many bytes.
    #[error("{what} has {found} bytes, expected at most {max}")]
    TooLong {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// Bytes that are nothing, or not in the one form in which it is written.
    #[error("found {bytes} bytes that are no {what} in canonical form")]
    Malformed {
        /// What was expected.
        what: &'static str,
        /// How many bytes.
        bytes: usize,
    },
    /// The manifest is of another state.
    #[error("manifest is of height {found} or of another root, expected height {expected} and the root asked for")]
    Other {
        /// The manifest's height.
        found: BlockNumber,
        /// The target's.
        expected: BlockNumber,
    },
    /// The manifest is cut otherwise than the peer said.
    #[error("manifest is cut at depth {found}, expected {expected} as its peer offered")]
    Depth {
        /// The manifest's.
        found: u8,
        /// The offer's.
        expected: u8,
    },
    /// The parts are not those of the root, or the rows not those of the part.
    #[error(transparent)]
    Part(#[from] PartError),
    /// Something of the anchor is not what a trusted header says.
    #[error("{what} is {found}, expected {expected}")]
    Differs {
        /// What.
        what: &'static str,
        /// The anchor's.
        found: Hash,
        /// The trusted header's.
        expected: Hash,
    },
    /// The block used other gas.
    #[error("the block used {found} gas by its receipts, expected {expected}")]
    Gas {
        /// By its receipts.
        found: Gas,
        /// By the header after it.
        expected: Gas,
    },
    /// Too many blocks before, or too few.
    #[error("found {found} hashes of blocks before, expected {expected}")]
    Older {
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// The accumulator is over other blocks.
    #[error("found an accumulator of {found} blocks, expected one of {expected}")]
    Start {
        /// Of how many it is.
        found: u64,
        /// Of how many it must be.
        expected: u64,
    },
}
