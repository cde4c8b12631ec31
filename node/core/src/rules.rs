//! The chain's rules as pure functions: what a header, a block and a transaction must be, and what the next header is.
//!
//! They leave out the consensus engine's own rules (what a seal must say is given to [`check_seal`]), executing, and
//! checking signatures: [`validity`] hands back what was signed, so that the caller checks many at once.

mod block;
mod header;
#[cfg(test)]
mod tests;
mod transaction;

pub use block::{BlockError, MAX_BLOCK_TRANSACTIONS, check_block};
pub use header::{
    HeaderError, MAX_FUTURE_MS, Outcome, Production, check_header, check_next_validators, check_outcome, check_seal,
    next_header, next_info,
};
pub use transaction::{Candidate, Head, Invalid, MAX_NONCE_AHEAD, Unverified, standing, validity};
