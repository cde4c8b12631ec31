//! What of a participant outlives a crash.
//!
//! ```text
//! bytes    version, state, checksum
//! state    chain and key, the epoch with its validators and start, the validators before, the safety record,
//!          certificates since the last final block, that block with its proof, the adopted line, pending blocks,
//!          proven faults that wait for a block
//! record   absent if it is lost: then this key may have said in the epoch what nobody here knows any more
//! ```

use super::term::{Rules, Term, as_start};
use crate::consensus::bbft::{
    Candidate, Certificate, Epoch, Phase, Record, Restored, Saved as SavedRecord, Validator, View,
};
use crate::consensus::{Finality, Received};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::collections::BTreeMap;
use tenon_types::{Evidence, Hash, blake2b_256};

/// The version of the form.
const VERSION: u8 = 2;
/// Bytes of the checksum at the end.
const CHECKSUM_BYTES: usize = 32;
/// Adopted blocks that are remembered with their proofs, for a store that has not written them yet.
pub(super) const MAX_LINE: usize = 128;

/// The certificates that a record rests on.
pub(super) type Certificates = BTreeMap<(View, Phase), Certificate>;

/// What of a participant outlives a crash.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Saved {
    /// The hash of the genesis block.
    pub(super) chain: Hash,
    /// With which key this node votes.
    pub(super) key: Option<[u8; 96]>,
    pub(super) epoch: Epoch,
    /// On what the epoch's machine began.
    pub(super) start: Candidate,
    /// The hash of the last block before the epoch.
    pub(super) seed: Hash,
    pub(super) validators: Vec<Validator>,
    /// The validators of the epoch before, whose faults may be reported still.
    pub(super) previous: Option<Vec<Validator>>,
    pub(super) record: Option<Record>,
    /// Since when all that was said with this key is known here, by the wall clock; 0 for ever, absent before the first
    /// input. Who has a record all the same began with an empty store: as far as can be known, the chain was new.
    pub(super) since_ms: Option<u64>,
    /// The time of the last final block; 0 if it was not seen here.
    pub(super) head_ms: u64,
    pub(super) certificates: Certificates,
    /// The last final block of the epoch, with what makes it so.
    pub(super) committed: Option<(Candidate, Certificate)>,
    /// Adopted blocks, oldest first, the head last, as far as the store may lack them; and why they are final.
    pub(super) line: Vec<(Hash, Option<Finality>)>,
    /// Blocks above an epoch's last one that are part of its proof, oldest first, as far as the line has it.
    pub(super) beyond: Vec<Candidate>,
    /// Blocks that may still become final, each after its parent.
    pub(super) pending: Vec<Received>,
    /// Proven faults that no final block reports yet: whoever proved them may have been the only one to hear both votes.
    pub(super) faults: Vec<Evidence>,
}

impl Saved {
    /// The state of who enters an epoch.
    pub(super) fn enter(rules: &Rules, term: &Term, record: Option<Record>, since_ms: Option<u64>) -> Self {
        let Term { epoch, start, .. } = *term;
        Self {
            chain: rules.chain,
            key: rules.keys.public(),
            epoch,
            start,
            seed: term.seed(),
            validators: term.set.validators().to_vec(),
            previous: None,
            record,
            since_ms,
            head_ms: 0,
            certificates: Certificates::new(),
            committed: None,
            line: vec![(start.place.digest, None)],
            beyond: Vec::new(),
            pending: Vec::new(),
            faults: Vec::new(),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        self.encode_to(&mut bytes);
        bytes.extend_from_slice(&blake2b_256(&bytes).0);
        bytes
    }

    /// Reads what was persisted; absent if it is damaged or of another form.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (body, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_BYTES)?)?;
        if checksum != blake2b_256(body).0 {
            return None;
        }
        let (version, mut rest) = body.split_first()?;
        let saved = Self::decode_all(&mut rest).ok().filter(|_| *version == VERSION)?;
        let fits = saved.record.is_none_or(|record| record.epoch == saved.epoch);
        (fits && !saved.line.is_empty()).then_some(saved)
    }

    /// The last final block, as its epoch numbers it.
    pub(super) fn head(&self) -> Candidate {
        self.committed.as_ref().map_or(self.start, |(candidate, _)| *candidate)
    }

    /// Whether nothing can have been said with this key in an epoch that begins after the last final block, but what is
    /// known here.
    pub(super) fn knows_next(&self) -> bool {
        self.since_ms.is_some_and(|since_ms| since_ms == 0 || self.head_ms > since_ms)
    }

    /// The last final block as the one on which the next epoch begins.
    pub(super) fn next_start(&self) -> Candidate {
        let head = self.head();
        as_start(head.place.digest, head.height)
    }

    /// The adopted blocks above the store's last one; absent if that is none of them.
    pub(super) fn above(&self, stored: Hash) -> Option<Vec<(Hash, Option<Finality>)>> {
        let at = self.line.iter().position(|(hash, _)| *hash == stored)?;
        self.line.get(at.saturating_add(1)..).map(<[_]>::to_vec)
    }

    /// Takes note of what a machine must not forget.
    pub(super) fn update(&mut self, saved: SavedRecord) {
        self.record = Some(saved.record);
        for certificate in saved.certificates {
            self.certificates.insert((certificate.statement.view, certificate.statement.phase), certificate);
        }
    }

    /// Takes note of the last final block. Certificates below it are of no use any more.
    pub(super) fn commit(&mut self, candidate: Candidate, certificate: Certificate) {
        self.committed = Some((candidate, certificate));
        self.certificates.retain(|(view, _), _| *view >= candidate.place.view);
    }

    /// Takes note of an adopted block. Returns the blocks that were part of a proof which is in the store by now.
    pub(super) fn adopt(&mut self, hash: Hash, finality: Option<Finality>) -> Vec<Hash> {
        self.line.push((hash, finality));
        let excess = self.line.len().saturating_sub(MAX_LINE);
        let old = self.line.drain(..excess).filter_map(|(_, finality)| finality);
        let dropped: Vec<Hash> = old.flat_map(|finality| finality.descendants).collect();
        self.beyond.retain(|candidate| !dropped.contains(&candidate.place.digest));
        dropped
    }

    /// What the epoch's machine goes on from.
    pub(super) fn restore(&self) -> Restored {
        Restored {
            record: self.record.unwrap_or_else(|| Record::new(self.epoch)),
            certificates: self.certificates.values().cloned().collect(),
            committed: self.committed.clone(),
        }
    }
}
