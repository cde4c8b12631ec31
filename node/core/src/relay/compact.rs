//! Compact blocks: a header, six bytes for each transaction, and the transactions that nobody is likely to have.
//!
//! The short ids are those of BIP-152: SipHash-2-4 of a transaction's hash under a key that follows from the header and
//! a salt, of which the low six bytes are kept. Whoever makes transactions does not know the salt, so that nobody can
//! prepare two with the same short id. It leaves out rebuilding ([`super::Rebuild`]).

use super::RelayError;
use crate::rules::MAX_BLOCK_TRANSACTIONS;
use crate::wire::{Reader, Wire, WireError, write_length, write_places};
use parity_scale_codec::{Decode, Encode};
use siphasher::sip::SipHasher24;
use std::fmt;
use tenon_types::{Block, Hash, Header, MAX_EXTRINSIC_BYTES, blake2b_256};

#[cfg(test)]
mod tests;

/// What a transaction is called in one compact block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub struct ShortId(pub [u8; 6]);

/// Gives the short ids of one compact block.
#[derive(Clone, Copy)]
pub struct ShortIds(SipHasher24);

impl ShortIds {
    /// Those of a header and a salt: the key is the first half of the BLAKE2b of both.
    pub fn new(header: &Header, salt: u64) -> Self {
        let mut bytes = header.encode();
        salt.encode_to(&mut bytes);
        let Hash([key @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _]) = blake2b_256(&bytes);
        Self::with_key(&key)
    }

    fn with_key(key: &[u8; 16]) -> Self {
        Self(SipHasher24::new_with_key(key))
    }

    fn sip_hash(&self, bytes: &[u8]) -> u64 {
        self.0.hash(bytes)
    }

    /// The short id of a transaction with this hash.
    pub fn of(&self, hash: &Hash) -> ShortId {
        let [id @ .., _, _] = self.sip_hash(&hash.0).to_le_bytes();
        ShortId(id)
    }
}

impl fmt::Debug for ShortIds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ShortIds").finish_non_exhaustive()
    }
}

/// A transaction that is sent along.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prefilled {
    /// Its place in the block.
    pub place: u32,
    /// Its bytes, length prefix included.
    pub bytes: Vec<u8>,
}

/// A block without most of its transactions. Those that are sent along are in rising places within the block, which has
/// at most [`MAX_BLOCK_TRANSACTIONS`] transactions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompactBlock {
    header: Header,
    salt: u64,
    short_ids: Vec<ShortId>,
    prefilled: Vec<Prefilled>,
}

impl CompactBlock {
    /// Makes one with a salt that nobody could know before, and sends along the transactions that are picked by their
    /// hash and bytes.
    ///
    /// # Errors
    /// [`RelayError::TooMany`] for a block that no rules allow.
    pub fn new(block: &Block, salt: u64, mut pick: impl FnMut(&Hash, &[u8]) -> bool) -> Result<Self, RelayError> {
        let found = block.extrinsics.len();
        if found > MAX_BLOCK_TRANSACTIONS {
            return Err(RelayError::TooMany { found, max: MAX_BLOCK_TRANSACTIONS });
        }
        let ids = ShortIds::new(&block.header, salt);
        let (mut short_ids, mut prefilled) = (Vec::with_capacity(found), Vec::new());
        for (place, bytes) in (0_u32..).zip(&block.extrinsics) {
            let hash = blake2b_256(bytes);
            if pick(&hash, bytes) {
                prefilled.push(Prefilled { place, bytes: bytes.clone() });
            } else {
                short_ids.push(ids.of(&hash));
            }
        }
        Ok(Self { header: block.header.clone(), salt, short_ids, prefilled })
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What gives this block's short ids.
    pub fn ids(&self) -> ShortIds {
        ShortIds::new(&self.header, self.salt)
    }

    /// How many transactions the block has.
    pub fn transactions(&self) -> usize {
        self.short_ids.len().saturating_add(self.prefilled.len())
    }

    /// The header, the short ids of what is not sent along in order, and what is sent along.
    pub fn into_parts(self) -> (Header, Vec<ShortId>, Vec<Prefilled>) {
        (self.header, self.short_ids, self.prefilled)
    }
}

impl Wire for CompactBlock {
    const WHAT: &'static str = "compact block";

    fn write(&self, output: &mut Vec<u8>) {
        self.header.encode_to(output);
        self.salt.encode_to(output);
        write_length(self.short_ids.len(), output);
        self.short_ids.iter().for_each(|id| id.encode_to(output));
        write_places(self.prefilled.iter().map(|prefilled| prefilled.place), output);
        self.prefilled.iter().for_each(|prefilled| prefilled.bytes.encode_to(output));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let header = reader.header()?;
        let salt = reader.value("salt")?;
        let short_ids = reader.list("short ids", MAX_BLOCK_TRANSACTIONS, |reader| reader.value("short id"))?;
        // The last of k rising places is at least k - 1, so that this bounds their number as well.
        let places = reader.places("transactions sent along", MAX_BLOCK_TRANSACTIONS)?;
        let transactions = short_ids.len().saturating_add(places.len());
        if transactions > MAX_BLOCK_TRANSACTIONS {
            let (what, max) = ("transactions of a compact block", MAX_BLOCK_TRANSACTIONS);
            return Err(WireError::TooMany { what, found: transactions, max });
        }
        let bound = u64::try_from(transactions).unwrap_or(u64::MAX);
        let mut prefilled = Vec::with_capacity(places.len());
        for place in places {
            if u64::from(place) >= bound {
                let what = "place of a transaction sent along";
                return Err(WireError::OutOfRange { what, found: place.into(), bound });
            }
            prefilled.push(Prefilled { place, bytes: reader.bytes("transaction", MAX_EXTRINSIC_BYTES)? });
        }
        Ok(Self { header, salt, short_ids, prefilled })
    }
}
