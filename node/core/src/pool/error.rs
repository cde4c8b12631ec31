//! Why the pool refuses a transaction.

use super::Price;
use crate::refusal::{
    CODE_ALREADY_IMPORTED, CODE_BANNED, CODE_IMMEDIATELY_DROPPED, CODE_INVALID, CODE_TOO_LOW_PRIORITY, Refusal,
    RefusalKind,
};
use tenon_types::{BlockNumber, Hash};
use thiserror::Error;

/// Why the pool refuses a transaction. A refused transaction changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PoolError {
    /// It is in the pool.
    #[error("transaction {hash} is in the pool already")]
    AlreadyPooled {
        /// The transaction.
        hash: Hash,
    },
    /// It was in a block lately.
    #[error("transaction {hash} was included in a block already")]
    AlreadyIncluded {
        /// The transaction.
        hash: Hash,
    },
    /// The nonce was used.
    #[error("nonce {found} was used already, expected {expected} or above")]
    Stale {
        /// The transaction's.
        found: u32,
        /// The account's next.
        expected: u64,
    },
    /// It cannot be in the next block any more.
    #[error("transaction is valid below height {valid_until}, the next block has height {next_height}")]
    Expired {
        /// The first height at which it is not valid.
        valid_until: BlockNumber,
        /// The height of the next block.
        next_height: BlockNumber,
    },
    /// It has the nonce of another one and does not offer enough more.
    #[error("nonce {nonce} is taken by {other}: tip for a million gas is {found}, expected {expected} to replace it")]
    Underpriced {
        /// The nonce.
        nonce: u32,
        /// The transaction that holds it.
        other: Hash,
        /// The price offered.
        found: Price,
        /// The least that replaces it.
        expected: Price,
    },
    /// Its account has as many transactions in the pool as it may.
    #[error("account has {found} transactions in the pool, at most {max}")]
    AccountFull {
        /// How many it has.
        found: usize,
        /// How many it may have.
        max: usize,
    },
    /// The pool is full of transactions that are worth at least as much.
    #[error("pool holds {transactions} transactions and {bytes} bytes, at most {max_transactions} and {max_bytes}")]
    Full {
        /// Transactions held.
        transactions: usize,
        /// Bytes held.
        bytes: usize,
        /// Transactions that may be held.
        max_transactions: usize,
        /// Bytes that may be held.
        max_bytes: usize,
    },
}

impl PoolError {
    /// The number that clients know, as `Substrate` has it.
    pub const fn code(&self) -> i32 {
        match self {
            Self::AlreadyPooled { .. } => CODE_ALREADY_IMPORTED,
            Self::AlreadyIncluded { .. } => CODE_BANNED,
            Self::Stale { .. } | Self::Expired { .. } => CODE_INVALID,
            Self::Underpriced { .. } => CODE_TOO_LOW_PRIORITY,
            Self::AccountFull { .. } | Self::Full { .. } => CODE_IMMEDIATELY_DROPPED,
        }
    }

    /// The stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AlreadyPooled { .. } => "AlreadyPooled",
            Self::AlreadyIncluded { .. } => "AlreadyIncluded",
            Self::Stale { .. } => "Stale",
            Self::Expired { .. } => "Expired",
            Self::Underpriced { .. } => "Underpriced",
            Self::AccountFull { .. } => "AccountFull",
            Self::Full { .. } => "PoolFull",
        }
    }

    /// What to do.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::AlreadyPooled { .. } => "wait until it is included, or send it again with a higher tip",
            Self::AlreadyIncluded { .. } => "look the transaction up; a new one needs the next nonce",
            Self::Stale { .. } => "sign again with the next nonce (system_accountNextIndex)",
            Self::Expired { .. } => "sign again with a newer era",
            Self::Underpriced { .. } => "raise the tip, or use the next nonce (system_accountNextIndex)",
            Self::AccountFull { .. } => "wait for a block, or send from another account",
            Self::Full { .. } => "wait for a block, or offer a higher tip",
        }
    }

    /// The class.
    pub const fn kind(&self) -> RefusalKind {
        match self {
            Self::Stale { .. } => RefusalKind::Stale,
            Self::Expired { .. } => RefusalKind::AncientBirthBlock,
            _ => RefusalKind::Pool,
        }
    }
}

impl From<PoolError> for Refusal {
    fn from(error: PoolError) -> Self {
        Self {
            code: error.code(),
            name: error.name(),
            message: error.to_string(),
            hint: error.hint(),
            kind: error.kind(),
        }
    }
}
