//! What of a finalizer outlives a crash: the safety record of its key, and what that rests on.

use super::Ballot;
use crate::consensus::bbft::{Candidate, Certificate, Phase, Record, Saved as SavedRecord, View};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::collections::BTreeMap;
use tenon_types::{Hash, blake2b_256};

/// The version of the form.
const VERSION: u8 = 1;
/// Bytes of the checksum at the end.
const CHECKSUM_BYTES: usize = 32;

/// What of a finalizer outlives a crash.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Saved {
    version: u8,
    chain: Hash,
    /// The hash of the committee.
    set: Hash,
    /// Whether all that was ever said with this key is known here.
    pub(super) votes: bool,
    pub(super) record: Option<Record>,
    pub(super) certificates: BTreeMap<(View, Phase), Certificate>,
    /// The last final ballot, with what makes it so.
    pub(super) committed: Option<(Candidate, Certificate)>,
    /// The last final ballot and those above it.
    pub(super) ballots: Vec<Ballot>,
}

impl Saved {
    pub(super) fn begin(chain: Hash, set: Hash) -> Self {
        Self {
            version: VERSION,
            chain,
            set,
            votes: true,
            record: None,
            certificates: BTreeMap::new(),
            committed: None,
            ballots: Vec::new(),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.encode();
        bytes.extend_from_slice(&blake2b_256(&bytes).0);
        bytes
    }

    /// Reads what was persisted on a chain by a member of a committee; absent if it is damaged or of another.
    pub(super) fn read(bytes: &[u8], chain: Hash, set: Hash) -> Option<Self> {
        let (body, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_BYTES)?)?;
        if checksum != blake2b_256(body).0 {
            return None;
        }
        let saved = Self::decode_all(&mut &body[..]).ok()?;
        (saved.version == VERSION && saved.chain == chain && saved.set == set).then_some(saved)
    }

    /// Takes note of what the machine must not forget.
    pub(super) fn update(&mut self, saved: SavedRecord) {
        self.record = Some(saved.record);
        for certificate in saved.certificates {
            self.certificates.insert((certificate.statement.view, certificate.statement.phase), certificate);
        }
        self.certificates.retain(|(view, _), _| *view >= saved.keep_from);
    }
}
