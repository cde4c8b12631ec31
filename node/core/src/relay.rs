//! How blocks travel without being sent: from what the receiver has already, or in pieces of which any few suffice.
//!
//! ```text
//! compact   a header and six bytes for each transaction; who has the transactions rebuilds the block, and asks for
//!           those that are missing; what does not fit the header's root is fetched whole
//! shards    for large blocks: n pieces, of which any k give the block; the leader sends each validator one, and they
//!           send it on, so that nobody sends the block n times, and lost pieces are not asked for again
//! whole     the block itself
//! ```
//!
//! A rebuilt block has the transactions that its header's root names. Whether it is valid is asked elsewhere
//! ([`crate::rules`], execution). Nothing here sends: what is to be sent is returned.

mod compact;
mod error;
mod parts;
mod rebuild;
mod shards;
#[cfg(test)]
pub(crate) mod testing;
mod whole;

pub use compact::{CompactBlock, Prefilled, ShortId, ShortIds};
pub use error::RelayError;
pub use parts::{MAX_PART_BYTES, PartAnswer, PartRequest};
pub use rebuild::{Progress, Rebuild};
pub use shards::{
    Code, Collected, MAX_FINISHED, MAX_OPEN_BYTES, MAX_OPEN_PER_SENDER, MAX_SHARD_BYTES, Shard, ShardError, ShardPlan,
    ShardSets,
};
pub use whole::{MAX_BLOCK_BYTES, check_body, read_block};
