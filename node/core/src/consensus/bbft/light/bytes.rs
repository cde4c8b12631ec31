//! How proofs and clients are written: a byte for the version, then SCALE, and nothing after it.
//!
//! Bytes are bounded before they are read, so that what is read is bounded too.

use super::{
    Checkpoint, EpochProof, FinalityProof, HeaderProof, LightClient, LightError, LightProof, LightRules,
    MAX_PROOF_BYTES,
};
use crate::consensus::bbft::{KEY_BYTES, MAX_VALIDATORS};
use parity_scale_codec::{Decode, Encode};

/// The version that is written and read.
const VERSION: u8 = 1;
/// Bytes of a validator: account, key, weight.
const VALIDATOR_BYTES: usize = 32 + KEY_BYTES + 16;
/// Bytes of a client: version, rules, epoch, start, its time and the validators', and the most of them with their count.
pub const MAX_LIGHT_CLIENT_BYTES: usize = 1 + (32 + 4 + 8) + (8 + 32 + 8 + 8) + 4 + MAX_VALIDATORS * VALIDATOR_BYTES;

impl FinalityProof {
    /// Writes the proof, in plain SCALE: the store and the messages that carry it have versions of their own.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode()
    }

    /// Reads a proof of at most [`MAX_PROOF_BYTES`].
    ///
    /// # Errors
    /// [`LightError::Length`], [`LightError::Malformed`], [`LightError::Trailing`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LightError> {
        check_length(bytes, MAX_PROOF_BYTES)?;
        read_all(bytes, "certificate and descendants")
    }
}

impl HeaderProof {
    /// Writes the proof.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(self)
    }

    /// Reads a proof of at most [`MAX_PROOF_BYTES`].
    ///
    /// # Errors
    /// [`LightError::Length`], [`LightError::Version`], [`LightError::Malformed`], [`LightError::Trailing`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LightError> {
        read(bytes, MAX_PROOF_BYTES, "header, descendants and certificate")
    }
}

impl EpochProof {
    /// Writes the proof.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(self)
    }

    /// Reads a proof of at most [`MAX_PROOF_BYTES`].
    ///
    /// # Errors
    /// [`LightError::Length`], [`LightError::Version`], [`LightError::Malformed`], [`LightError::Trailing`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LightError> {
        read(bytes, MAX_PROOF_BYTES, "the proof of a header, and validators")
    }
}

impl LightProof {
    /// Writes the proof.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(self)
    }

    /// Reads a proof of at most [`MAX_PROOF_BYTES`].
    ///
    /// # Errors
    /// [`LightError::Length`], [`LightError::Version`], [`LightError::Malformed`], [`LightError::Trailing`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LightError> {
        read(bytes, MAX_PROOF_BYTES, "the proof of a header, and what lies under it")
    }
}

impl LightClient {
    /// Writes what the client knows. Whoever can change these bytes decides what is believed.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(&(self.rules, self.checkpoint()))
    }

    /// Reads a client of at most [`MAX_LIGHT_CLIENT_BYTES`].
    ///
    /// # Errors
    /// Those of reading, and those of [`LightClient::new`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LightError> {
        let (rules, checkpoint): (LightRules, Checkpoint) =
            read(bytes, MAX_LIGHT_CLIENT_BYTES, "rules and a checkpoint")?;
        Self::new(rules, checkpoint)
    }
}

fn write(value: &impl Encode) -> Vec<u8> {
    (VERSION, value).encode()
}

fn read<T: Decode>(bytes: &[u8], max: usize, expected: &'static str) -> Result<T, LightError> {
    check_length(bytes, max)?;
    let Some((&VERSION, rest)) = bytes.split_first() else {
        return Err(LightError::Version { found: bytes.first().copied(), expected: VERSION });
    };
    read_all(rest, expected)
}

fn check_length(bytes: &[u8], max: usize) -> Result<(), LightError> {
    if bytes.len() > max { Err(LightError::Length { found: bytes.len(), max }) } else { Ok(()) }
}

fn read_all<T: Decode>(mut bytes: &[u8], expected: &'static str) -> Result<T, LightError> {
    let malformed = |error: parity_scale_codec::Error| LightError::Malformed { reason: error.to_string(), expected };
    let value = T::decode(&mut bytes).map_err(malformed)?;
    if bytes.is_empty() { Ok(value) } else { Err(LightError::Trailing { found: bytes.len() }) }
}
