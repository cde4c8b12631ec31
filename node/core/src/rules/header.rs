//! The rules of headers: how one follows from its parent.

use parity_scale_codec::Encode;
use tenon_types::{
    Address, Amount, BlockInfo, BlockNumber, Digest, DigestItem, ENGINE_ID, Gas, Hash, Header, Parameters, Seal,
    next_base_fee,
};
use thiserror::Error;

/// How far a block's time may lie ahead of the clock of who checks it.
pub const MAX_FUTURE_MS: u64 = 15_000;

/// What executing a block gave, as its child's header states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Root of the state after it.
    pub state_root: Hash,
    /// Gas used.
    pub gas_used: Gas,
    /// Root of its receipts.
    pub receipts_root: Hash,
}

/// What a producer puts into a header beside what follows from the parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Production {
    /// The producer's clock.
    pub now_ms: u64,
    /// Who makes the block.
    pub producer: Address,
    /// What consensus says of it.
    pub seal: Seal,
    /// In the last block of an epoch, the hash of the next one's validators by the state after the parent.
    pub next_validators: Option<Hash>,
    /// Root of the accumulator over the parent and all before it.
    pub ancestors: Hash,
}

/// Why a header does not follow its parent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// The parent is another block.
    #[error("parent hash is {found}, expected {expected}")]
    Parent {
        /// The header's.
        found: Hash,
        /// The parent's.
        expected: Hash,
    },
    /// The height does not follow.
    #[error("number is {found}, expected {expected}")]
    Number {
        /// The header's.
        found: BlockNumber,
        /// The parent's and one.
        expected: u64,
    },
    /// The digest is something else than one well-formed item of ours.
    #[error("digest has {found} items, expected exactly one, pre-runtime, of engine `tnon` and well formed")]
    Digest {
        /// How many items it has.
        found: usize,
    },
    /// The parent's digest cannot be read.
    #[error("parent {parent} has no well-formed digest item")]
    ParentDigest {
        /// The parent.
        parent: Hash,
    },
    /// The time does not rise.
    #[error("time is {found} ms, expected above the parent's {parent} ms")]
    TimeNotAbove {
        /// The header's.
        found: u64,
        /// The parent's.
        parent: u64,
    },
    /// The time lies too far ahead.
    #[error("time is {found} ms, expected at most {max} ms")]
    TimeAhead {
        /// The header's.
        found: u64,
        /// The clock and [`MAX_FUTURE_MS`].
        max: u64,
    },
    /// The base fee does not follow from the parent's.
    #[error("base fee is {found}, expected {expected}")]
    BaseFee {
        /// The header's.
        found: Amount,
        /// By [`next_base_fee`].
        expected: Amount,
    },
    /// The state root is not that after the parent.
    #[error("state root is {found}, expected {expected}")]
    StateRoot {
        /// The header's.
        found: Hash,
        /// By execution.
        expected: Hash,
    },
    /// The gas is not what the parent used.
    #[error("parent's gas is {found}, expected {expected}")]
    GasUsed {
        /// The header's.
        found: Gas,
        /// By execution.
        expected: Gas,
    },
    /// The receipts root is not the parent's.
    #[error("parent's receipts root is {found}, expected {expected}")]
    ReceiptsRoot {
        /// The header's.
        found: Hash,
        /// By execution.
        expected: Hash,
    },
    /// The epoch does not follow from the height.
    #[error("seal says epoch {found}, expected {expected}")]
    SealEpoch {
        /// The header's.
        found: u64,
        /// By the height.
        expected: u64,
    },
    /// A part of the seal is too long.
    #[error("seal has {found} {what}, expected at most {max}")]
    SealBound {
        /// What is bounded.
        what: &'static str,
        /// How many.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// The seal is not what consensus says.
    #[error("seal is {found:?}, expected {expected:?}")]
    Seal {
        /// The header's.
        found: Box<Seal>,
        /// By consensus.
        expected: Box<Seal>,
    },
    /// The hash of the next validators is another one, or stands where none belongs, or is missing.
    #[error("hash of the next validators is {}, expected {}", hash_or_none(.found), hash_or_none(.expected))]
    NextValidators {
        /// The header's.
        found: Option<Hash>,
        /// By the state after the parent; none but in the last block of an epoch.
        expected: Option<Hash>,
    },
    /// The root over the block's ancestors is another one.
    #[error("root over the ancestors is {found}, expected {expected}")]
    Ancestors {
        /// The header's.
        found: Hash,
        /// That of the accumulator over the parent and all before it.
        expected: Hash,
    },
}

fn hash_or_none(hash: &Option<Hash>) -> String {
    hash.map_or_else(|| "none".to_string(), |hash| hash.to_string())
}

impl HeaderError {
    /// The stable number.
    pub const fn code(&self) -> u32 {
        match self {
            Self::Parent { .. } => 1,
            Self::Number { .. } => 2,
            Self::Digest { .. } => 3,
            Self::ParentDigest { .. } => 4,
            Self::TimeNotAbove { .. } => 5,
            Self::TimeAhead { .. } => 6,
            Self::BaseFee { .. } => 7,
            Self::StateRoot { .. } => 8,
            Self::GasUsed { .. } => 9,
            Self::ReceiptsRoot { .. } => 10,
            Self::SealEpoch { .. } => 11,
            Self::SealBound { .. } => 12,
            Self::Seal { .. } => 13,
            Self::NextValidators { .. } => 14,
            Self::Ancestors { .. } => 15,
        }
    }

    /// What to do.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Parent { .. } | Self::Number { .. } => "give the block after its parent",
            Self::Ancestors { .. } => "the producer has another history, or lies",
            Self::Digest { .. } | Self::ParentDigest { .. } => "the producer runs another version",
            Self::TimeNotAbove { .. } => "the producer's clock went back",
            Self::TimeAhead { .. } => "compare both clocks; the block becomes acceptable as time passes",
            Self::BaseFee { .. } | Self::SealEpoch { .. } | Self::SealBound { .. } => {
                "the producer has other parameters, or lies"
            }
            Self::Seal { .. } => "the producer saw other votes, or lies",
            Self::StateRoot { .. } | Self::GasUsed { .. } | Self::ReceiptsRoot { .. } | Self::NextValidators { .. } => {
                "execution differs: the producer runs another version, or lies"
            }
        }
    }
}

/// Checks that a header follows its parent's, as far as headers tell. `ancestors` is the root of the accumulator over the
/// parent and all before it. Returns what is ours in it.
///
/// # Errors
/// [`HeaderError`] for the first rule broken.
pub fn check_header(
    parent: &Header,
    header: &Header,
    ancestors: Hash,
    now_ms: u64,
    parameters: &Parameters,
) -> Result<BlockInfo, HeaderError> {
    let parent_hash = parent.hash();
    if header.parent_hash != parent_hash {
        return Err(HeaderError::Parent { found: header.parent_hash, expected: parent_hash });
    }
    let number = u64::from(parent.number).saturating_add(1);
    if u64::from(header.number) != number {
        return Err(HeaderError::Number { found: header.number, expected: number });
    }
    let items = header.digest.logs.len();
    let info = header.info().filter(|_| items == 1).ok_or(HeaderError::Digest { found: items })?;
    let parent_info = parent.info().ok_or(HeaderError::ParentDigest { parent: parent_hash })?;
    if info.time_ms <= parent_info.time_ms {
        return Err(HeaderError::TimeNotAbove { found: info.time_ms, parent: parent_info.time_ms });
    }
    let max = now_ms.saturating_add(MAX_FUTURE_MS);
    if info.time_ms > max {
        return Err(HeaderError::TimeAhead { found: info.time_ms, max });
    }
    let base_fee = next_base_fee(parameters, parent_info.base_fee, info.parent_gas_used);
    if info.base_fee != base_fee {
        return Err(HeaderError::BaseFee { found: info.base_fee, expected: base_fee });
    }
    check_hook_items(header.number, &info, parameters)?;
    if info.ancestors != ancestors {
        return Err(HeaderError::Ancestors { found: info.ancestors, expected: ancestors });
    }
    Ok(info)
}

/// What a header may say to hooks, as far as its height and the parameters tell.
fn check_hook_items(height: BlockNumber, info: &BlockInfo, parameters: &Parameters) -> Result<(), HeaderError> {
    let hooks = &parameters.hooks;
    let (found, expected) = (info.seal.epoch, hooks.epoch(height));
    if found != expected {
        return Err(HeaderError::SealEpoch { found, expected });
    }
    if let Some((what, found, max)) = info.seal.excess() {
        return Err(HeaderError::SealBound { what, found, max });
    }
    let may_commit = hooks.staking.is_some() && hooks.ends_epoch(height);
    if info.next_validators.is_some() && !may_commit {
        return Err(HeaderError::NextValidators { found: info.next_validators, expected: None });
    }
    Ok(())
}

/// Checks what a header says of the votes: every engine knows what it must be.
///
/// # Errors
/// [`HeaderError::Seal`].
pub fn check_seal(info: &BlockInfo, expected: &Seal) -> Result<(), HeaderError> {
    if info.seal == *expected {
        return Ok(());
    }
    Err(HeaderError::Seal { found: Box::new(info.seal.clone()), expected: Box::new(expected.clone()) })
}

/// Checks the commitment to the next epoch's validators against what the state after the parent says.
///
/// # Errors
/// [`HeaderError::NextValidators`].
pub fn check_next_validators(info: &BlockInfo, expected: Option<Hash>) -> Result<(), HeaderError> {
    let found = info.next_validators;
    if found == expected { Ok(()) } else { Err(HeaderError::NextValidators { found, expected }) }
}

/// Checks what a header states of its parent's execution.
///
/// # Errors
/// [`HeaderError::StateRoot`], [`HeaderError::GasUsed`], [`HeaderError::ReceiptsRoot`].
pub fn check_outcome(header: &Header, info: &BlockInfo, parent: &Outcome) -> Result<(), HeaderError> {
    if header.state_root != parent.state_root {
        return Err(HeaderError::StateRoot { found: header.state_root, expected: parent.state_root });
    }
    if info.parent_gas_used != parent.gas_used {
        return Err(HeaderError::GasUsed { found: info.parent_gas_used, expected: parent.gas_used });
    }
    if info.parent_receipts_root != parent.receipts_root {
        return Err(HeaderError::ReceiptsRoot { found: info.parent_receipts_root, expected: parent.receipts_root });
    }
    Ok(())
}

/// What is ours in the header after a parent: at the producer's time, or just above the parent's if the clock lags.
pub fn next_info(parent: &BlockInfo, outcome: &Outcome, production: Production, parameters: &Parameters) -> BlockInfo {
    let Production { now_ms, producer, seal, next_validators, ancestors } = production;
    BlockInfo {
        time_ms: now_ms.max(parent.time_ms.saturating_add(1)),
        producer,
        base_fee: next_base_fee(parameters, parent.base_fee, outcome.gas_used),
        parent_gas_used: outcome.gas_used,
        parent_receipts_root: outcome.receipts_root,
        ancestors,
        seal,
        next_validators,
    }
}

/// The header after a parent; absent when the chain has reached its last height.
pub fn next_header(parent: &Header, outcome: &Outcome, info: &BlockInfo, extrinsics_root: Hash) -> Option<Header> {
    Some(Header {
        parent_hash: parent.hash(),
        number: parent.number.checked_add(1)?,
        state_root: outcome.state_root,
        extrinsics_root,
        digest: Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, info.encode())] },
    })
}
