//! The bounds of the pool.

use tenon_types::BlockNumber;

/// The bounds of a pool. They hold after every operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// Transactions held.
    pub max_transactions: usize,
    /// Bytes of the transactions held.
    pub max_bytes: usize,
    /// Transactions held of one account.
    pub max_per_account: usize,
    /// Blocks after which a transaction leaves, if its era has not ended before.
    pub lifetime_blocks: BlockNumber,
    /// By how much more tip per gas a transaction replaces another with the same nonce, in percent; at least by 1.
    pub replacement_bump_percent: u32,
}

impl Default for PoolLimits {
    /// Room for four seconds at 50,000 transfers a second, and for long chains of a few busy senders.
    fn default() -> Self {
        Self {
            max_transactions: 200_000,
            max_bytes: 256 * 1024 * 1024,
            max_per_account: 32_768,
            lifetime_blocks: 7_200,
            replacement_bump_percent: 10,
        }
    }
}
