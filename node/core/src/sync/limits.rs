//! The bounds and times of synchronisation.

use super::{MAX_ANSWER_BLOCKS, MAX_ANSWER_BYTES, MAX_FINALITY_BYTES};
use tenon_types::BlockNumber;

/// Peers that are known at once, connected or remembered.
pub const MAX_SYNC_PEERS: usize = 256;
/// Requests under way at once, of all peers together.
pub const MAX_REQUESTS: usize = 32;
/// Ranges that are asked for or held at once.
pub const MAX_RANGES: usize = 128;
/// Empty answers in a row after which a peer is punished. An honest one may give one, for blocks that it just pruned.
pub const MAX_EMPTY: u32 = 3;
/// What one answer may take: that much is kept free for each request under way.
pub(super) const RESERVED_BYTES: usize = MAX_ANSWER_BYTES + MAX_FINALITY_BYTES;

/// How a node synchronises.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SyncRules {
    /// By how many blocks somebody must be ahead for synchronisation to begin at once; 1 for who only follows. Who
    /// votes has the newest blocks from consensus.
    pub lag: BlockNumber,
    /// How long a height that somebody announced may stay out of reach until synchronisation begins all the same.
    pub patience_ms: u64,
    /// How far above the last applied block blocks are asked for.
    pub window_blocks: BlockNumber,
    /// Bytes of blocks and proofs that are held, delivered or on the way. At least two answers are.
    pub max_held_bytes: usize,
    /// Ranges that are delivered and not applied yet.
    pub max_deliveries: usize,
    /// Blocks of the first request to a peer.
    pub first_batch: u32,
    /// Blocks of a request to a quick peer, at most [`MAX_ANSWER_BLOCKS`].
    pub max_batch: u32,
    /// Requests under way to one peer.
    pub max_per_peer: usize,
    /// How long an answer may take; twice and four times that for a peer that was too slow before.
    pub timeout_ms: u64,
    /// After how long a peer is slow: its next request is shorter, and what is needed first is asked of another too.
    pub slow_ms: u64,
    /// How long a peer that did not answer is left aside; doubles each time, up to [`Self::max_aside_ms`].
    pub aside_ms: u64,
    /// How long a peer is left aside at most for what may be bad luck.
    pub max_aside_ms: u64,
    /// How long a peer that lied is left aside.
    pub ban_ms: u64,
    /// After how long blocks that were refused through nobody's fault are asked for again.
    pub retry_ms: u64,
}

impl Default for SyncRules {
    /// For a node that follows.
    fn default() -> Self {
        Self {
            lag: 1,
            patience_ms: 3_000,
            window_blocks: 2_048,
            max_held_bytes: 160 << 20,
            max_deliveries: 4,
            first_batch: 16,
            max_batch: 128,
            max_per_peer: 2,
            timeout_ms: 5_000,
            slow_ms: 1_500,
            aside_ms: 1_000,
            max_aside_ms: 30_000,
            ban_ms: 600_000,
            retry_ms: 1_000,
        }
    }
}

impl SyncRules {
    /// For a validator: it begins when consensus alone would not catch up.
    pub fn validator() -> Self {
        Self { lag: 16, ..Self::default() }
    }

    /// The rules with each number in its bounds.
    pub(super) fn bounded(self) -> Self {
        let most = u32::try_from(MAX_ANSWER_BLOCKS).unwrap_or(u32::MAX);
        let max_batch = self.max_batch.clamp(1, most);
        Self {
            lag: self.lag.max(1),
            window_blocks: self.window_blocks.max(1),
            max_held_bytes: self.max_held_bytes.max(RESERVED_BYTES.saturating_mul(2)),
            max_deliveries: self.max_deliveries.max(1),
            first_batch: self.first_batch.clamp(1, max_batch),
            max_batch,
            max_per_peer: self.max_per_peer.max(1),
            timeout_ms: self.timeout_ms.max(1),
            slow_ms: self.slow_ms.max(1),
            aside_ms: self.aside_ms.max(1),
            max_aside_ms: self.max_aside_ms.max(1),
            retry_ms: self.retry_ms.max(1),
            ..self
        }
    }
}
