//! The rules of transactions before they are executed.

use crate::pool::Checked;
use crate::refusal::{CODE_INVALID, CODE_MALFORMED, Refusal, RefusalKind};
use std::sync::Arc;
use tenon_types::{
    AccountInfo, Address, Amount, BlockNumber, Era, Extrinsic, Gas, Hash, MultiAddress, Parameters, Signature,
    TransactionError, blake2b_256, max_gas, signing_payload,
};
use thiserror::Error;

/// How far a transaction's nonce may lie ahead of its sender's on chain.
pub const MAX_NONCE_AHEAD: u32 = 65_536;

/// What a transaction is checked against: the head, on which the next block will stand.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The chain's parameters.
    pub parameters: &'a Parameters,
    /// Hash of block 0.
    pub genesis: Hash,
    /// The head's height.
    pub height: BlockNumber,
    /// The next block's base fee.
    pub base_fee: Amount,
}

/// A transaction that decodes and names an account that may send it.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its hash.
    pub hash: Hash,
    /// Its bytes, length prefix included.
    pub bytes: Arc<[u8]>,
    /// Who sends it.
    pub sender: Address,
    /// The transaction, decoded.
    pub extrinsic: Arc<Extrinsic>,
}

/// A transaction that is valid if its signature is.
#[derive(Clone, Debug)]
pub struct Unverified {
    /// What the pool takes once the signature is checked.
    pub checked: Checked,
    /// What was signed, by `checked.sender`.
    pub message: Vec<u8>,
    /// The signature.
    pub signature: Signature,
}

/// Why a transaction is invalid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Invalid {
    /// The bytes are no transaction of this chain.
    #[error("{0}")]
    Malformed(#[from] TransactionError),
    /// The signer is not in the form `Id`.
    #[error("signer has the form {found}, expected Id")]
    SignerForm {
        /// The form found.
        found: &'static str,
    },
    /// The signer is the system, for which nobody has a key.
    #[error("signer is the system's address, expected an account")]
    SystemSigner,
    /// A metadata hash was signed.
    #[error("metadata hash mode is {found}, expected 0")]
    MetadataMode {
        /// The mode found.
        found: u8,
    },
    /// The signature is wrong.
    #[error("signature of {sender} is wrong for nonce {nonce} on the chain with genesis {genesis}")]
    BadSignature {
        /// Who should have signed.
        sender: Address,
        /// The nonce.
        nonce: u32,
        /// The chain's genesis hash.
        genesis: Hash,
    },
    /// The nonce was used.
    #[error("nonce {found} was used already, expected {expected} or above")]
    Stale {
        /// The transaction's.
        found: u32,
        /// The account's next.
        expected: u32,
    },
    /// The nonce lies too far ahead.
    #[error("nonce {found} lies too far ahead, expected at most {max} while the account's next is {next}")]
    TooFarAhead {
        /// The transaction's.
        found: u32,
        /// The highest accepted now.
        max: u32,
        /// The account's next.
        next: u32,
    },
    /// The era does not cover the next block, or its first block is unknown.
    #[error("era begins at height {birth}, expected from {oldest} to {newest}")]
    Era {
        /// The first height of the era.
        birth: BlockNumber,
        /// The oldest that the chain remembers.
        oldest: BlockNumber,
        /// The head's height.
        newest: BlockNumber,
    },
    /// It may use more gas than a block has.
    #[error("transaction may use {} gas, expected at most {max}", .found.map_or_else(|| "more than 2^64".into(), |gas| gas.to_string()))]
    Gas {
        /// The most that it may use; none if that overflows.
        found: Option<Gas>,
        /// The gas of a block.
        max: Gas,
    },
    /// It is longer than a block may be.
    #[error("transaction has {found} bytes, expected at most {max}")]
    Length {
        /// Its length.
        found: usize,
        /// The bytes of a block.
        max: u32,
    },
    /// The account cannot pay the worst case.
    #[error(
        "account can pay fees of {found}, expected at least {expected} (fee at most {fee}, other pending {committed})"
    )]
    Payment {
        /// What it can spend and still exist.
        found: Amount,
        /// What is needed.
        expected: Amount,
        /// The most that this transaction costs, tip included.
        fee: Amount,
        /// The most that its other transactions in the pool cost.
        committed: Amount,
    },
    /// The chain has reached its last height.
    #[error("head has height {height}, the last one")]
    LastHeight {
        /// The head's height.
        height: BlockNumber,
    },
}

impl Invalid {
    /// The number that clients know, as Substrate has it.
    pub const fn code(&self) -> i32 {
        match self {
            Self::Malformed(_) => CODE_MALFORMED,
            _ => CODE_INVALID,
        }
    }

    /// The stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "Malformed",
            Self::SignerForm { .. } => "SignerForm",
            Self::SystemSigner => "SystemSigner",
            Self::MetadataMode { .. } => "MetadataMode",
            Self::BadSignature { .. } => "BadSignature",
            Self::Stale { .. } => "Stale",
            Self::TooFarAhead { .. } => "NonceTooFarAhead",
            Self::Era { .. } => "AncientBirthBlock",
            Self::Gas { .. } => "ExhaustsGas",
            Self::Length { .. } => "ExhaustsBytes",
            Self::Payment { .. } => "Payment",
            Self::LastHeight { .. } => "LastHeight",
        }
    }

    /// What to do.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "encode a signed extrinsic of version 4 with this chain's metadata",
            Self::SignerForm { .. } => "sign with the signer as MultiAddress::Id",
            Self::SystemSigner => "sign with the key of an account",
            Self::MetadataMode { .. } => "turn the metadata hash off (mode 0) and sign again",
            Self::BadSignature { .. } => {
                "check the key, the genesis hash, spec and transaction version, nonce and era; an era that is over looks so too"
            }
            Self::Stale { .. } => "sign again with the next nonce (system_accountNextIndex)",
            Self::TooFarAhead { .. } => "send the transactions before it first",
            Self::Era { .. } => "sign again with an era that begins at a recent block, or an immortal one",
            Self::Gas { .. } => "lower the gas limits, or split the batch",
            Self::Length { .. } => "split the batch",
            Self::Payment { .. } => "fund the account, lower gas limits or tip, or wait for its other transactions",
            Self::LastHeight { .. } => "the chain has ended; start a new one",
        }
    }

    /// The class.
    pub const fn kind(&self) -> RefusalKind {
        match self {
            Self::Malformed(_) | Self::SignerForm { .. } => RefusalKind::Malformed,
            Self::SystemSigner | Self::MetadataMode { .. } | Self::BadSignature { .. } => RefusalKind::BadProof,
            Self::Stale { .. } => RefusalKind::Stale,
            Self::TooFarAhead { .. } => RefusalKind::Future,
            Self::Era { .. } => RefusalKind::AncientBirthBlock,
            Self::Gas { .. } | Self::Length { .. } | Self::LastHeight { .. } => RefusalKind::ExhaustsResources,
            Self::Payment { .. } => RefusalKind::Payment,
        }
    }
}

impl From<Invalid> for Refusal {
    fn from(error: Invalid) -> Self {
        Self {
            code: error.code(),
            name: error.name(),
            message: error.to_string(),
            hint: error.hint(),
            kind: error.kind(),
        }
    }
}

impl Candidate {
    /// Decodes a transaction's bytes, length prefix included.
    ///
    /// # Errors
    /// [`Invalid::Malformed`], [`Invalid::SignerForm`], [`Invalid::SystemSigner`].
    pub fn decode(bytes: Arc<[u8]>) -> Result<Self, Invalid> {
        let extrinsic = Extrinsic::from_bytes(&bytes)?;
        let sender = extrinsic.signed.signer.address().ok_or_else(|| {
            let found = match extrinsic.signed.signer {
                MultiAddress::Id(_) => "Id",
                MultiAddress::Index(_) => "Index",
                MultiAddress::Raw(_) => "Raw",
                MultiAddress::Address32(_) => "Address32",
                MultiAddress::Address20(_) => "Address20",
            };
            Invalid::SignerForm { found }
        })?;
        if sender == Address::SYSTEM {
            return Err(Invalid::SystemSigner);
        }
        // Only the canonical encoding decodes, so the hash of the bytes is the hash of the transaction.
        Ok(Self { hash: blake2b_256(&bytes), bytes, sender, extrinsic: Arc::new(extrinsic) })
    }
}

/// Checks whether a transaction can be in the next block, or in a later one once its sender's nonce has come so far.
///
/// `account` is the sender's at the head, `committed` what its other transactions in the pool may cost
/// ([`crate::pool::Pool::committed`]), `checkpoint` gives the hash of the block at a height up to the head's.
///
/// # Errors
/// [`Invalid`] for the first rule broken. The signature is not checked here.
pub fn validity(
    candidate: Candidate,
    account: &AccountInfo,
    committed: Amount,
    head: &Head<'_>,
    checkpoint: impl FnOnce(BlockNumber) -> Option<Hash>,
) -> Result<Unverified, Invalid> {
    check_nonce(candidate.extrinsic.signed.extra.nonce, account.nonce)?;
    let unverified = standing(candidate, head, checkpoint)?;
    let fee = unverified.checked.max_fee;
    let (found, expected) = (payable(account, head.parameters), fee.saturating_add(committed));
    if found < expected {
        return Err(Invalid::Payment { found, expected, fee, committed });
    }
    Ok(unverified)
}

/// Checks whether a transaction can stand in the block after the head, as far as that does not depend on its sender's
/// account: that is found out when it is executed.
///
/// # Errors
/// [`Invalid`] for the first rule broken. The signature is not checked here.
pub fn standing(
    candidate: Candidate,
    head: &Head<'_>,
    checkpoint: impl FnOnce(BlockNumber) -> Option<Hash>,
) -> Result<Unverified, Invalid> {
    let Candidate { hash, bytes, sender, extrinsic } = candidate;
    let extra = &extrinsic.signed.extra;
    if extra.metadata_mode != 0 {
        return Err(Invalid::MetadataMode { found: extra.metadata_mode });
    }
    let gas_limit = checked_gas(&extrinsic, bytes.len(), head.parameters)?;
    let max_fee = Parameters::gas_fee(gas_limit, head.base_fee).saturating_add(extra.tip);
    let (checkpoint, valid_until) = checked_era(extra.era, head, checkpoint)?;
    let Parameters { spec_version, transaction_version, .. } = *head.parameters;
    let message =
        signing_payload(&extrinsic.call, extra, spec_version, transaction_version, &head.genesis, &checkpoint);
    let (nonce, tip, signature) = (extra.nonce, extra.tip, extrinsic.signed.signature);
    let checked = Checked { hash, bytes, sender, nonce, tip, gas_limit, max_fee, valid_until, extrinsic };
    Ok(Unverified { checked, message, signature })
}

/// The nonce must be the account's next or lie ahead by at most [`MAX_NONCE_AHEAD`]. The last `u32` is never accepted:
/// no next nonce would follow it.
const fn check_nonce(found: u32, next: u32) -> Result<(), Invalid> {
    if found < next {
        return Err(Invalid::Stale { found, expected: next });
    }
    let max = next.saturating_add(MAX_NONCE_AHEAD);
    let max = if max == u32::MAX { u32::MAX.saturating_sub(1) } else { max };
    if found > max { Err(Invalid::TooFarAhead { found, max, next }) } else { Ok(()) }
}

/// What an account can pay for fees: the executor refuses a fee that would end it.
fn payable(account: &AccountInfo, parameters: &Parameters) -> Amount {
    account.spendable().min(account.data.free.saturating_sub(parameters.existential_deposit))
}

fn checked_gas(extrinsic: &Extrinsic, length: usize, parameters: &Parameters) -> Result<Gas, Invalid> {
    let max = parameters.block_bytes;
    if usize::try_from(max).is_ok_and(|max| length > max) {
        return Err(Invalid::Length { found: length, max });
    }
    let (found, max) = (max_gas(&extrinsic.call, length, parameters), parameters.block_gas);
    found.filter(|gas| *gas <= max).ok_or(Invalid::Gas { found, max })
}

/// The hash that an era signs, and the first height at which it is over.
///
/// An era whose end has passed is read as one that begins a period later: then the hash differs from what was signed, or
/// is not yet known. So is it in Substrate.
fn checked_era(
    era: Era,
    head: &Head<'_>,
    checkpoint: impl FnOnce(BlockNumber) -> Option<Hash>,
) -> Result<(Hash, BlockNumber), Invalid> {
    let next_height = head.height.checked_add(1).ok_or(Invalid::LastHeight { height: head.height })?;
    let death = era.death(next_height);
    if era == Era::Immortal {
        return Ok((head.genesis, death));
    }
    let birth = era.birth(next_height);
    let oldest = next_height.saturating_sub(head.parameters.checkpoint_window);
    let unknown = Invalid::Era { birth, oldest, newest: head.height };
    if birth < oldest || birth > head.height {
        return Err(unknown);
    }
    checkpoint(birth).map(|hash| (hash, death)).ok_or(unknown)
}
