//! Large blocks in pieces: an erasure code (Reed and Solomon's), so that any k of n pieces give the block.
//!
//! ```text
//! upon making a block   cut it in k pieces, add n - k of parity, hash all n into a tree; the root is over the block's
//!                       hash, k, n, the length and the tree, so that each piece proves by itself what it is part of
//! upon a piece          check it against its root before it is kept; of a root only so many bytes can be kept
//! upon the kth          rebuild, code again, compare the root: whoever coded wrongly is found by everybody alike,
//!                       whichever pieces they have
//! ```
//!
//! A root is nobody's word: a liar can make pieces of anything. So what is rebuilt is compared with the block's hash,
//! and what a sender can open at once is bounded ([`ShardSets`]). Who sends what to whom is in [`ShardPlan`].

mod code;
mod plan;
mod sets;
#[cfg(test)]
mod tests;
mod tree;

pub use code::{Code, MAX_SHARD_BYTES, Shard, ShardError};
pub use plan::ShardPlan;
pub use sets::{Collected, MAX_FINISHED, MAX_OPEN_BYTES, MAX_OPEN_PER_SENDER, ShardSets};
