//! What a header that is trusted shows of its chain: an older header, by the accumulator, and under either a transaction,
//! a receipt or an entry of the state.
//!
//! ```text
//! trusted header --ancestors--> older header --extrinsics root--> transaction of that block
//!                               or the same   --state root------> entry, after the block before
//!                                             --receipts root---> receipt, of the block before
//! ```
//!
//! The proof grows with the logarithm of the chain, of the block and of the state, and with nothing else. It leaves out
//! why the header is trusted: by a certificate, by work, or by somebody's word.

use alloc::vec::Vec;
use core::fmt;

use parity_scale_codec::{Decode, DecodeAll, Encode};

use super::{ListError, ListProof, Proof, ProofError, value_hash};
use crate::mmr::{AncestorProof, MmrError};
use crate::{BlockNumber, Hash, Header};

/// Bytes of an encoded inclusion.
pub const MAX_INCLUSION_BYTES: usize = 4 << 20;

/// What a header commits to, as far as proofs lead to it. It has the same size whatever the chain's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Commitments {
    /// The header's hash.
    pub hash: Hash,
    /// The height.
    pub number: BlockNumber,
    /// The block's time.
    pub time_ms: u64,
    /// Root over all blocks before.
    pub ancestors: Hash,
    /// Root of the state after the block before.
    pub state_root: Hash,
    /// Root of the block's transactions.
    pub extrinsics_root: Hash,
    /// Root of the receipts of the block before.
    pub receipts_root: Hash,
}

impl Commitments {
    /// Those of a header, if it has what is ours.
    pub fn of(header: &Header) -> Option<Self> {
        let info = header.info()?;
        Some(Self {
            hash: header.hash(),
            number: header.number,
            time_ms: info.time_ms,
            ancestors: info.ancestors,
            state_root: header.state_root,
            extrinsics_root: header.extrinsics_root,
            receipts_root: info.parent_receipts_root,
        })
    }
}

/// A header, with the proof that it is an ancestor of another.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Ancestor {
    /// The header.
    pub header: Header,
    /// The path to the root over ancestors of the later one.
    pub proof: AncestorProof,
}

/// What is shown under a header.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Part {
    /// Nothing but itself.
    #[codec(index = 0)]
    Header,
    /// A transaction of the block.
    #[codec(index = 1)]
    Transaction {
        /// The transaction, as it stands in the block.
        bytes: Vec<u8>,
        /// The path to the root of transactions.
        proof: ListProof,
    },
    /// An entry of the state after the block before, or that there is none.
    #[codec(index = 2)]
    Entry {
        /// The key.
        key: Vec<u8>,
        /// The value; none if there is no such entry.
        value: Option<Vec<u8>>,
        /// The path to the state root.
        proof: Proof,
    },
    /// A receipt of the block before: what a transaction or a hook did there.
    #[codec(index = 3)]
    Receipt {
        /// The receipt.
        bytes: Vec<u8>,
        /// The path to the root of receipts.
        proof: ListProof,
    },
}

/// What lies under a header that is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Inclusion {
    /// The header that the part lies under; none if it is the trusted one itself.
    pub ancestor: Option<Ancestor>,
    /// The part.
    pub part: Part,
}

/// Why an inclusion is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InclusionError {
    /// Too many bytes.
    Length {
        /// How many.
        found: usize,
    },
    /// The bytes are no encoding within the bounds, or bytes follow it.
    Malformed,
    /// The header does not have what is ours.
    Info {
        /// Its hash.
        block: Hash,
    },
    /// The header is no ancestor of the trusted one.
    Ancestor(MmrError),
    /// The transaction is not in the block.
    Transaction(ListError),
    /// The receipt is none of the block before.
    Receipt(ListError),
    /// The path of the entry is wrong.
    State(ProofError),
    /// The state has something else under the key.
    Value {
        /// The hash of what is there.
        found: Option<Hash>,
        /// The hash of what was claimed.
        expected: Option<Hash>,
    },
}

impl InclusionError {
    /// The stable number.
    pub const fn code(&self) -> u32 {
        match self {
            Self::Length { .. } => 1,
            Self::Malformed => 2,
            Self::Info { .. } => 3,
            Self::Ancestor(_) => 4,
            Self::Transaction(_) => 5,
            Self::Receipt(_) => 6,
            Self::State(_) => 7,
            Self::Value { .. } => 8,
        }
    }
}

impl fmt::Display for InclusionError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |out: &mut fmt::Formatter<'_>, hash: &Option<Hash>| match hash {
            Some(hash) => write!(out, "{hash}"),
            None => write!(out, "none"),
        };
        match self {
            Self::Length { found } => write!(out, "found {found} bytes, expected at most {MAX_INCLUSION_BYTES}"),
            Self::Malformed => write!(out, "malformed: expected one encoding within its bounds and nothing after it"),
            Self::Info { block } => {
                write!(out, "found no well-formed digest item in header {block}, expected exactly one")
            }
            Self::Ancestor(error) => write!(out, "ancestor: {error}"),
            Self::Transaction(error) => write!(out, "transaction: {error}"),
            Self::Receipt(error) => write!(out, "receipt: {error}"),
            Self::State(error) => write!(out, "state: {error}"),
            Self::Value { found, expected } => {
                write!(out, "state: hash of the value is ")?;
                or_none(out, found)?;
                write!(out, ", expected ")?;
                or_none(out, expected)
            }
        }
    }
}

impl core::error::Error for InclusionError {}

impl Inclusion {
    /// Decodes an inclusion from exactly `bytes`.
    ///
    /// # Errors
    /// [`InclusionError::Length`], [`InclusionError::Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InclusionError> {
        if bytes.len() > MAX_INCLUSION_BYTES {
            return Err(InclusionError::Length { found: bytes.len() });
        }
        Self::decode_all(&mut &*bytes).map_err(|_| InclusionError::Malformed)
    }

    /// Checks that the part lies under a header that is trusted, and returns what the header commits to in which it does.
    ///
    /// # Errors
    /// [`InclusionError`] for the first that is wrong.
    pub fn check(&self, trusted: &Commitments) -> Result<Commitments, InclusionError> {
        let under = match &self.ancestor {
            None => *trusted,
            Some(Ancestor { header, proof }) => {
                let under = Commitments::of(header);
                let under = under.ok_or_else(|| InclusionError::Info { block: header.hash() })?;
                let (size, height) = (u64::from(trusted.number), u64::from(under.number));
                let checked = proof.verify(&trusted.ancestors, size, height, &under.hash);
                checked.map_err(InclusionError::Ancestor)?;
                under
            }
        };
        match &self.part {
            Part::Header => {}
            Part::Transaction { bytes, proof } => {
                proof.verify(&under.extrinsics_root, bytes).map_err(InclusionError::Transaction)?;
            }
            Part::Receipt { bytes, proof } => {
                proof.verify(&under.receipts_root, bytes).map_err(InclusionError::Receipt)?;
            }
            Part::Entry { key, value, proof } => {
                let found = proof.verify(&under.state_root.0, key).map_err(InclusionError::State)?.map(Hash);
                let expected = value.as_ref().map(|value| Hash(value_hash(value)));
                if found != expected {
                    return Err(InclusionError::Value { found, expected });
                }
            }
        }
        Ok(under)
    }
}

#[cfg(test)]
mod tests;
