//! What a header says of its work, and what the engine keeps of a header.
//!
//! ```text
//! digest   .. our item of every chain .., last: Seal("work", bits | final height | nonce)
//! hashed   the hash of the whole header, nonce inside; the nonce is the last 8 bytes of the encoded header
//! ```

use super::SealError;
use crate::rules::{HeaderError, check_header};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use tenon_types::work::Bits;
use tenon_types::{Address, BlockInfo, DigestItem, Hash, Header, Parameters, blake2b_256};

/// Names the item in which a header's work stands.
pub const WORK_ID: [u8; 4] = *b"work";
/// Bytes of a header under proof of work.
pub const MAX_HEADER_BYTES: usize = 4_096;
/// Bytes of a nonce, the last of a header.
const NONCE_BYTES: usize = 8;

/// What a header says of its work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct WorkSeal {
    /// The target, as its ancestors demand it.
    pub bits: Bits,
    /// The height of an ancestor that the committee made final before; 0 where there is none.
    pub finalized: u64,
    /// What was searched.
    pub nonce: u64,
}

impl WorkSeal {
    /// The item of a digest that says so; it has to be the last.
    pub fn item(&self) -> DigestItem {
        DigestItem::Seal(WORK_ID, self.encode())
    }

    /// What a header says.
    ///
    /// # Errors
    /// [`SealError`], unless its last item, and no other, is well formed and of the work.
    pub fn of(header: &Header) -> Result<Self, SealError> {
        let of_work = |item: &&DigestItem| matches!(item, DigestItem::Seal(WORK_ID, _));
        let found = header.digest.logs.iter().filter(of_work).count();
        if found != 1 {
            return Err(SealError::Items { found });
        }
        let Some(DigestItem::Seal(WORK_ID, bytes)) = header.digest.logs.last() else {
            return Err(SealError::NotLast);
        };
        Self::decode_all(&mut &bytes[..]).map_err(|_| SealError::Malformed { found: bytes.len() })
    }
}

/// A header as the rules see it that every engine shares: without the item of its work.
pub fn unsealed(header: &Header) -> Header {
    let mut header = header.clone();
    header.digest.logs.retain(|item| !matches!(item, DigestItem::Seal(WORK_ID, _)));
    header
}

/// A header with what is said of its work, as it is hashed.
pub fn sealed(mut header: Header, seal: &WorkSeal) -> Header {
    header.digest.logs.push(seal.item());
    header
}

/// Checks what every engine's headers must say after their parent's. How far a time may lie ahead, and which target it has to
/// meet, is the engine's to say: its rules are checked before. `ancestors` is as in [`check_header`].
///
/// # Errors
/// [`HeaderError`] for the first rule broken.
pub fn check_shared(
    parent: &Header,
    header: &Header,
    ancestors: Hash,
    parameters: &Parameters,
) -> Result<BlockInfo, HeaderError> {
    check_header(parent, &unsealed(header), ancestors, u64::MAX, parameters)
}

/// Sets the nonce of an encoded header.
pub fn set_nonce(header: &mut [u8], nonce: u64) {
    if let Some(last) = header.last_chunk_mut::<NONCE_BYTES>() {
        *last = nonce.to_le_bytes();
    }
}

/// What the engine keeps of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Facts {
    /// Its hash, over which the work is.
    pub hash: Hash,
    /// The parent's hash.
    pub parent: Hash,
    /// The height.
    pub height: u64,
    /// The time in milliseconds since 1970-01-01 UTC.
    pub time_ms: u64,
    /// Who made it.
    pub producer: Address,
    /// What it says of its work.
    pub seal: WorkSeal,
    /// Whether it has no transactions.
    pub empty: bool,
    /// Bytes of the whole block.
    pub bytes: u64,
}

impl Facts {
    /// Reads a header, of a block of so many bytes.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn of(header: &Header, bytes: u64) -> Result<Self, SealError> {
        let encoded = header.encode();
        if encoded.len() > MAX_HEADER_BYTES {
            return Err(SealError::TooLong { found: encoded.len(), max: MAX_HEADER_BYTES });
        }
        let seal = WorkSeal::of(header)?;
        let info = header.info().ok_or(SealError::NoInfo)?;
        Ok(Self {
            hash: blake2b_256(&encoded),
            parent: header.parent_hash,
            height: u64::from(header.number),
            time_ms: info.time_ms,
            producer: info.producer,
            seal,
            empty: header.extrinsics_root == Hash::ZERO,
            bytes,
        })
    }
}

/// What the engine keeps of a final block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Past {
    /// Its hash.
    pub hash: Hash,
    /// Its time in milliseconds.
    pub time_ms: u64,
    /// Its target; of genesis, the first.
    pub bits: Bits,
    /// The final height that it states.
    pub finalized: u64,
}

impl Past {
    /// What is kept of a block once it is final.
    pub fn of(facts: &Facts) -> Self {
        let WorkSeal { bits, finalized, .. } = facts.seal;
        Self { hash: facts.hash, time_ms: facts.time_ms, bits, finalized }
    }
}
