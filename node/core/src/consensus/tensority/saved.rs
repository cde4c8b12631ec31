//! What of the engine outlives a crash: the blocks above the store's last one whose work was checked, and the books of
//! miners who are paid together. Losing it costs time, and shares: no safety rests on it.

use super::Facts;
use super::shares::Books;
use parity_scale_codec::{Decode, DecodeAll, Encode};
use tenon_types::{Hash, blake2b_256};

/// The version of the form.
const VERSION: u8 = 1;
/// Bytes of the checksum at the end.
const CHECKSUM_BYTES: usize = 32;

/// What of the engine outlives a crash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Saved {
    version: u8,
    chain: Hash,
    /// Each after its parent, those of a height as they were first seen.
    pub(super) blocks: Vec<Facts>,
    pub(super) pool: Books,
}

impl Saved {
    pub(super) fn new(chain: Hash, blocks: Vec<Facts>, pool: Books) -> Self {
        Self { version: VERSION, chain, blocks, pool }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.encode();
        bytes.extend_from_slice(&blake2b_256(&bytes).0);
        bytes
    }

    /// Reads what was persisted on a chain; absent if it is damaged, of another form, or of another chain.
    pub(super) fn read(bytes: &[u8], chain: Hash) -> Option<Self> {
        let (body, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_BYTES)?)?;
        if checksum != blake2b_256(body).0 {
            return None;
        }
        let saved = Self::decode_all(&mut &body[..]).ok()?;
        (saved.version == VERSION && saved.chain == chain).then_some(saved)
    }
}
