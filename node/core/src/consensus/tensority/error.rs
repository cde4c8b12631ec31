//! Why a header says nothing of its work, why a block is not taken, and why an engine does not start.

use super::RulesError;
use tenon_types::work::Bits;
use tenon_types::{Address, Hash};
use thiserror::Error;

/// Why a header says nothing of its work.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// It has none or several items of the work.
    #[error("digest has {found} items of the work, expected exactly one")]
    Items {
        /// How many.
        found: usize,
    },
    /// Something stands behind it.
    #[error("digest ends with another item, expected that of the work")]
    NotLast,
    /// Its bytes are no seal.
    #[error("seal of the work has {found} bytes that do not read, expected bits, final height and nonce")]
    Malformed {
        /// How many.
        found: usize,
    },
    /// What is ours on every chain is missing.
    #[error("header has no well-formed item of engine `tnon`, expected one")]
    NoInfo,
    /// The header is too long.
    #[error("header has {found} bytes, expected at most {max}")]
    TooLong {
        /// How many.
        found: usize,
        /// The bound.
        max: usize,
    },
}

/// Why a block is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It is here already, or is being checked.
    #[error("block {0} is known")]
    Known(Hash),
    /// It, or an ancestor, was found invalid before.
    #[error("block {0} or an ancestor was found invalid")]
    Invalid(Hash),
    /// An ancestor of it was refused, which is of another history than this node's.
    #[error("block {0} is of another history than what is final here")]
    Beside(Hash),
    /// It has too many bytes.
    #[error("block has {found} bytes, expected at most {max}")]
    TooLarge {
        /// How many.
        found: u64,
        /// The bound.
        max: u64,
    },
    /// Its height does not follow its parent's.
    #[error("height is {found}, expected {expected}")]
    Height {
        /// The header's.
        found: u64,
        /// The parent's and one.
        expected: u64,
    },
    /// Its target is another one than its ancestors demand.
    #[error("bits are {found}, expected {expected}")]
    WrongBits {
        /// The header's.
        found: Bits,
        /// By the rules.
        expected: Bits,
    },
    /// Its time is not above the median of the last ones.
    #[error("time is {found} ms, expected above the median of its ancestors, {median} ms")]
    TimeLow {
        /// The header's.
        found: u64,
        /// The median.
        median: u64,
    },
    /// Its time lies too far ahead. It becomes acceptable as time passes.
    #[error("time is {found} ms, expected at most {max} ms")]
    TimeAhead {
        /// The header's.
        found: u64,
        /// The latest now.
        max: u64,
    },
    /// The hash of its work is above the target.
    #[error("work of block {hash} has the hash {found}, expected one that meets {bits}")]
    ForgedWork {
        /// Which block.
        hash: Hash,
        /// What its work comes to.
        found: Hash,
        /// The target.
        bits: Bits,
    },
    /// It would take final blocks back.
    #[error("block forks off at height {fork}, expected at {final_height} or above, which is final")]
    Deep {
        /// The height of its parent.
        fork: u64,
        /// The last final height.
        final_height: u64,
    },
    /// It stands beside a final block.
    #[error("block of height {found}, expected one above {final_height}, which is final")]
    BelowFinal {
        /// Its height.
        found: u64,
        /// The last final height.
        final_height: u64,
    },
    /// Its producer is a validator of the committee.
    #[error("producer is {0}, expected one who does not vote")]
    ProducerVotes(Address),
    /// It states a final height below its parent's, or not below its own.
    #[error("final height is stated as {found}, expected from {min} to below {height}")]
    FinalHeight {
        /// The header's.
        found: u64,
        /// The parent's.
        min: u64,
        /// The block's height.
        height: u64,
    },
    /// It has transactions though the committee is too far behind.
    #[error("block has transactions {found} above the final block that it states, expected none above {max}")]
    NotEmpty {
        /// How far.
        found: u64,
        /// The gap.
        max: u64,
    },
    /// The operator knows another block at its height.
    #[error("block of height {height} is {found}, expected {expected}, the checkpoint")]
    Checkpoint {
        /// The height.
        height: u64,
        /// The block's hash.
        found: Hash,
        /// The checkpoint's.
        expected: Hash,
    },
    /// Executing it showed that it breaks a rule.
    #[error("block {0} breaks the rules of execution")]
    Execution(Hash),
    /// There is no room for more: it can come again.
    #[error("found {found} {what}, expected fewer than {max}")]
    Busy {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// The bound.
        max: usize,
    },
}

impl Refusal {
    /// The stable number.
    pub const fn code(&self) -> u32 {
        match self {
            Self::Known(_) => 1,
            Self::Invalid(_) => 2,
            Self::TooLarge { .. } => 3,
            Self::Height { .. } => 4,
            Self::WrongBits { .. } => 5,
            Self::TimeLow { .. } => 6,
            Self::TimeAhead { .. } => 7,
            Self::ForgedWork { .. } => 8,
            Self::Deep { .. } => 9,
            Self::BelowFinal { .. } => 10,
            Self::ProducerVotes(_) => 11,
            Self::FinalHeight { .. } => 12,
            Self::NotEmpty { .. } => 13,
            Self::Execution(_) => 14,
            Self::Busy { .. } => 15,
            Self::Checkpoint { .. } => 16,
            Self::Beside(_) => 17,
        }
    }

    /// Whether nobody honest sends such a block. One that is known, early, in excess, or of another history is not the
    /// sender's fault.
    pub const fn is_fault(&self) -> bool {
        !matches!(
            self,
            Self::Known(_)
                | Self::Beside(_)
                | Self::TimeAhead { .. }
                | Self::Deep { .. }
                | Self::Checkpoint { .. }
                | Self::BelowFinal { .. }
                | Self::Busy { .. }
        )
    }

    /// Why what stands on a block is refused that was remembered.
    pub(super) const fn of_descendant(hash: Hash, fault: bool) -> Self {
        if fault { Self::Invalid(hash) } else { Self::Beside(hash) }
    }

    /// Whether the block can never be part of this chain, whatever comes: it is remembered.
    pub(super) const fn is_final(&self) -> bool {
        self.is_fault() || matches!(self, Self::Deep { .. } | Self::Checkpoint { .. } | Self::Beside(_))
    }
}

/// Why an engine does not start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StartError {
    /// The rules are none.
    #[error("rules: {0}")]
    Rules(#[from] RulesError),
    /// Who is to be paid for blocks votes in the committee.
    #[error("producer is {0}, expected one who does not vote")]
    ProducerVotes(Address),
    /// There are too few final headers, or more than there can be.
    #[error("found {found} final headers up to height {height}, expected {expected}")]
    History {
        /// How many.
        found: usize,
        /// The last one's height.
        height: u64,
        /// How many the rules look at.
        expected: usize,
    },
    /// The store has another block where the operator knows one.
    #[error(
        "block of height {height} is {found} in the store, expected {expected}, the checkpoint: delete the data, and sync again"
    )]
    Checkpoint {
        /// The height.
        height: u64,
        /// The store's.
        found: Hash,
        /// The checkpoint's.
        expected: Hash,
    },
}
