//! What of a committee outlives a crash.
//!
//! ```text
//! bytes   version, the term, where it began, the adopted and the pending blocks, each validator's part
//! part    the safety record with its checksum, certificates, the last block that this validator knows as final
//! ```
//!
//! A validator whose record does not read observes until the next term; the others go on if they are enough.

use super::{Candidate, Certificate, CommitteeError, Epoch, Place, Record, Restored, ValidatorSet, View};
use crate::consensus::bbft::{Phase, Saved as SavedRecord};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::collections::BTreeMap;
use tenon_types::Hash;

/// The version of the form.
const VERSION: u8 = 1;

/// What of a committee outlives a crash.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Saved {
    version: u8,
    /// The hash of the validators.
    set: Hash,
    /// What counts as the epoch in all that is signed.
    pub(super) term: Epoch,
    /// The block on which the term began: view 0.
    pub(super) start: Candidate,
    /// The head.
    pub(super) adopted: Candidate,
    /// Adopted blocks, oldest first, the head last.
    pub(super) line: Vec<Candidate>,
    /// Blocks that may still become final, each after its parent.
    pub(super) pending: Vec<Candidate>,
    /// By validator.
    pub(super) seats: Vec<SavedSeat>,
}

/// What of a validator outlives a crash.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct SavedSeat {
    /// The record in its form on disk.
    pub(super) record: Vec<u8>,
    /// The certificates that it rests on.
    pub(super) certificates: BTreeMap<(View, Phase), Certificate>,
    /// The last final block that this validator knows, with its proof.
    pub(super) committed: Option<(Candidate, Certificate)>,
}

impl Saved {
    /// The state of validators who have not voted in a term, which begins on a block.
    pub(super) fn begin(term: Epoch, (digest, height): (Hash, u64), set: &ValidatorSet) -> Self {
        let nowhere = Place { view: View(0), digest: Hash::ZERO };
        let start = Candidate { place: Place { view: View(0), digest }, parent: nowhere, height };
        let seat = SavedSeat { record: Record::new(term).to_bytes(), certificates: BTreeMap::new(), committed: None };
        let (line, seats) = (vec![start], vec![seat; set.len()]);
        Self { version: VERSION, set: set.hash(), term, start, adopted: start, line, pending: Vec::new(), seats }
    }

    /// Reads what was persisted by these validators.
    pub(super) fn read(mut bytes: &[u8], set: &ValidatorSet) -> Result<Self, CommitteeError> {
        let damaged = CommitteeError::Damaged { found: bytes.len() };
        let saved = Self::decode_all(&mut bytes).map_err(|_| damaged)?;
        let whole = saved.version == VERSION && saved.line.last() == Some(&saved.adopted);
        if !whole {
            return Err(CommitteeError::Damaged { found: bytes.len() });
        }
        let (found, expected) = (saved.set, set.hash());
        if found != expected || saved.seats.len() != set.len() {
            return Err(CommitteeError::OtherValidators { found, expected });
        }
        Ok(saved)
    }

    /// The adopted blocks above the store's last one.
    pub(super) fn above(&self, (found, height): (Hash, u64)) -> Result<Vec<Hash>, CommitteeError> {
        let mut line = self.line.iter().map(|candidate| candidate.place.digest);
        line.find(|digest| *digest == found).map(|_| line.collect()).ok_or(CommitteeError::OtherChain {
            found,
            height,
            expected: self.adopted.place.digest,
        })
    }
}

impl SavedSeat {
    /// The record, if it reads and is of this term.
    pub(super) fn record(&self, term: Epoch) -> Option<Record> {
        Record::from_bytes(&self.record).ok().filter(|record| record.epoch == term)
    }

    /// What the replica goes on from. Without its record it is one that only observes.
    pub(super) fn restore(&self, term: Epoch) -> Restored {
        Restored {
            record: self.record(term).unwrap_or_else(|| Record::new(term)),
            certificates: self.certificates.values().cloned().collect(),
            committed: self.committed.clone(),
        }
    }

    /// Takes note of what a replica must not forget. A record that is lost stays so: the one of who only observes since
    /// says nothing about the votes before.
    pub(super) fn update(&mut self, term: Epoch, saved: SavedRecord) {
        if self.record(term).is_none() {
            return;
        }
        self.record = saved.record.to_bytes();
        for certificate in saved.certificates {
            self.certificates.insert((certificate.statement.view, certificate.statement.phase), certificate);
        }
        self.certificates.retain(|(view, _), _| *view >= saved.keep_from);
    }
}
