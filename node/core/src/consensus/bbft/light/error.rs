//! Why a light client refuses something.

use super::{MAX_DESCENDANTS, MAX_FUTURE_MS};
use crate::consensus::bbft::{BlsSchemeError, Epoch, Phase, ValidatorsError, View};
use tenon_types::Hash;
use tenon_types::proof::{InclusionError, ProofError};
use thiserror::Error;

/// Why a light client refuses a proof, a checkpoint or bytes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LightError {
    /// Too many bytes.
    #[error("found {found} bytes, expected at most {max}")]
    Length {
        /// How many.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// The bytes are of another version, or there are none.
    #[error("found version {found:?}, expected {expected}")]
    Version {
        /// The first byte.
        found: Option<u8>,
        /// The version that this code reads.
        expected: u8,
    },
    /// The bytes end early, or a part of them is no value of its type.
    #[error("found bytes that cannot be read ({reason}), expected {expected}")]
    Malformed {
        /// What was found wrong.
        reason: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The bytes go on.
    #[error("found {found} bytes after the end, expected none")]
    Trailing {
        /// How many.
        found: usize,
    },
    /// There is no epoch but the first one.
    #[error("found epoch {found}, expected epoch 0: it does not end on this chain")]
    Endless {
        /// The checkpoint's, or the one to go on to.
        found: Epoch,
    },
    /// A checkpoint of epoch 0 does not start from genesis.
    #[error("epoch 0 starts from {found}, expected the genesis block {expected}")]
    Start {
        /// The checkpoint's.
        found: Hash,
        /// The chain's.
        expected: Hash,
    },
    /// The validators of a checkpoint began after the epoch.
    #[error("found validators since {found} ms, expected at most {start_ms} ms, when the epoch started")]
    Since {
        /// The checkpoint's.
        found: u64,
        /// When the epoch started.
        start_ms: u64,
    },
    /// Validators are no set.
    #[error("validators: {0}")]
    Validators(#[from] ValidatorsError),
    /// A validator has a key that is none.
    #[error("validators: {0}")]
    Keys(#[from] BlsSchemeError),
    /// The validators are not trusted any more.
    #[error(
        "the validators are those since {since_ms} ms, expected a start less than {period_ms} ms before {now_ms} ms"
    )]
    Expired {
        /// The caller's clock.
        now_ms: u64,
        /// When the first epoch of these validators started.
        since_ms: u64,
        /// For how long a set is trusted.
        period_ms: u64,
    },
    /// The caller's clock is behind what is final.
    #[error(
        "the clock says {now_ms} ms, expected at most {MAX_FUTURE_MS} ms before {start_ms} ms, when the epoch started"
    )]
    Clock {
        /// The clock.
        now_ms: u64,
        /// When the epoch started.
        start_ms: u64,
    },
    /// Too many headers between the one that is shown and the one that has a certificate.
    #[error("found {found} descendants, expected at most {MAX_DESCENDANTS}")]
    Descendants {
        /// How many.
        found: usize,
    },
    /// A header does not stand on the one before.
    #[error("parent of the header at height {height} is {found}, expected {expected}")]
    Parent {
        /// The header's height.
        height: u64,
        /// What it says.
        found: Hash,
        /// The hash of the one before.
        expected: Hash,
    },
    /// A descendant has another height than the next one.
    #[error("height of a descendant is {found}, expected {expected}")]
    Number {
        /// What it says.
        found: u64,
        /// One more than the one before.
        expected: u64,
    },
    /// A header does not have what is ours.
    #[error("found no well-formed digest item in header {block}, expected exactly one")]
    Info {
        /// The header's hash.
        block: Hash,
    },
    /// A header of an earlier epoch, or with a gap to this one.
    #[error("header is of epoch {found}, expected {expected}")]
    Epoch {
        /// What it says.
        found: Epoch,
        /// The client's.
        expected: Epoch,
    },
    /// A header at a height that the epoch does not have, or that is not its last.
    #[error("header is at height {found}, expected {first} to {last}")]
    Height {
        /// What it says.
        found: u64,
        /// The lowest.
        first: u64,
        /// The highest.
        last: u64,
    },
    /// A header that is not later than the epoch's start.
    #[error("time of the header is {found} ms, expected above {start_ms} ms, when the epoch started")]
    TimeNotAbove {
        /// What it says.
        found: u64,
        /// When the epoch started.
        start_ms: u64,
    },
    /// A header from the future.
    #[error("time of the header is {found} ms, expected at most {max} ms")]
    TimeAhead {
        /// What it says.
        found: u64,
        /// The clock and what clocks may differ by.
        max: u64,
    },
    /// A certificate that finalizes nothing.
    #[error("certificate says {phase:?} of view {view}, expected Finalize of a view above 0 and a digest above zero")]
    Statement {
        /// Its view.
        view: View,
        /// Its phase.
        phase: Phase,
    },
    /// A certificate of another block.
    #[error("certificate finalizes {found}, expected {expected}")]
    Digest {
        /// What it finalizes.
        found: Hash,
        /// The hash of the last header shown.
        expected: Hash,
    },
    /// A bitmap of another set.
    #[error(
        "found a bitmap that does not fit the set, expected a bit for each of {validators} validators and no other"
    )]
    Signers {
        /// How many validators there are.
        validators: usize,
    },
    /// Too few signed.
    #[error("weight of the signers is {found}, expected at least {expected}")]
    Quorum {
        /// Theirs.
        found: u128,
        /// More than two thirds of the whole.
        expected: u128,
    },
    /// The signature is not that of the signers, on this chain and in this epoch.
    #[error(
        "found another signature, expected that of {signers} signers of the validators of epoch {epoch} on this chain"
    )]
    Signature {
        /// How many there are by the bitmap.
        signers: usize,
        /// The client's.
        epoch: Epoch,
    },
    /// The last header of an epoch commits to no validators, and some were given.
    #[error("found {found} next validators, expected none: the header at height {height} says that the same go on")]
    NobodyElected {
        /// How many were given.
        found: usize,
        /// The header's height.
        height: u64,
    },
    /// Other validators than those that the header commits to.
    #[error("hash of the next validators is {found}, expected {expected}")]
    NextValidators {
        /// That of those who were given.
        found: Hash,
        /// The header's.
        expected: Hash,
    },
    /// A proof of state is wrong.
    #[error("state: {0}")]
    State(#[from] ProofError),
    /// The state has something else under a key.
    #[error("state: hash of the value is {}, expected {}", hash_or_none(.found), hash_or_none(.expected))]
    Value {
        /// The hash of what is there.
        found: Option<Hash>,
        /// The hash of what was claimed.
        expected: Option<Hash>,
    },
    /// What is shown does not lie under the header.
    #[error("{0}")]
    Inclusion(#[from] InclusionError),
}

fn hash_or_none(hash: &Option<Hash>) -> String {
    hash.map_or_else(|| "none".to_string(), |hash| hash.to_string())
}

impl LightError {
    /// The stable number.
    pub const fn code(&self) -> u32 {
        match self {
            Self::Length { .. } => 1,
            Self::Version { .. } => 2,
            Self::Malformed { .. } => 3,
            Self::Trailing { .. } => 4,
            Self::Endless { .. } => 5,
            Self::Start { .. } => 6,
            Self::Validators(_) => 7,
            Self::Keys(_) => 8,
            Self::Expired { .. } => 9,
            Self::Clock { .. } => 10,
            Self::Descendants { .. } => 11,
            Self::Parent { .. } => 12,
            Self::Number { .. } => 13,
            Self::Info { .. } => 14,
            Self::Epoch { .. } => 15,
            Self::Height { .. } => 16,
            Self::TimeNotAbove { .. } => 17,
            Self::TimeAhead { .. } => 18,
            Self::Statement { .. } => 19,
            Self::Digest { .. } => 20,
            Self::Signers { .. } => 21,
            Self::Quorum { .. } => 22,
            Self::Signature { .. } => 23,
            Self::NobodyElected { .. } => 24,
            Self::NextValidators { .. } => 25,
            Self::State(_) => 26,
            Self::Value { .. } => 27,
            Self::Since { .. } => 28,
            Self::Inclusion(_) => 29,
        }
    }

    /// What to do.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Length { .. } | Self::Version { .. } | Self::Malformed { .. } | Self::Trailing { .. } => {
                "ask a node of the same version"
            }
            Self::Endless { .. } | Self::Start { .. } => "compare the rules with the chain's genesis",
            Self::Since { .. } | Self::Validators(_) | Self::Keys(_) => "take a checkpoint from somebody you trust",
            Self::Expired { .. } => "take a fresh checkpoint from somebody you trust",
            Self::Clock { .. } | Self::TimeAhead { .. } => "set the clock",
            Self::Epoch { .. } | Self::Height { .. } => "ask for the proofs of the epochs in their order",
            Self::State(_) | Self::Value { .. } => "ask for a proof under this header's state root",
            Self::Inclusion(_) => "ask for the proof again, under this header",
            _ => "ask another node; this one lies, or serves another chain",
        }
    }
}
