//! What consensus itself demands of a block: that its header says of the votes what every validator knows.

use super::faults::{EvidenceError, Fault, check};
use super::term::Term;
use crate::consensus::Received;
use crate::consensus::bbft::{Epoch, Signers, View, quorum_weight};
use parity_scale_codec::{Decode, Encode};
use std::collections::BTreeSet;
use tenon_types::{Address, Hash, Seal};
use thiserror::Error;

/// Why a proposed block's header is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// A list is too long.
    #[error("found {found} {what}, expected at most {max}")]
    Bound {
        /// What the bound is of.
        what: &'static str,
        /// What was found.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// The epoch does not follow from the height.
    #[error("found epoch {found}, expected {expected} by the height")]
    Epoch {
        /// The header's.
        found: u64,
        /// What follows.
        expected: Epoch,
    },
    /// Another leads the view.
    #[error("found leader {found:?} of view {view}, expected {expected:?}")]
    Leader {
        /// The view.
        view: View,
        /// The header's.
        found: Option<Address>,
        /// Who leads.
        expected: Option<Address>,
    },
    /// Somebody else than the leader receives the tips.
    #[error("found producer {found}, expected the leader {expected:?}")]
    Producer {
        /// The header's.
        found: Address,
        /// Who leads.
        expected: Option<Address>,
    },
    /// Others led the views that failed.
    #[error("found {found} failed leaders, expected {expected} others since the parent's view")]
    Missed {
        /// How many the header names.
        found: usize,
        /// How many failed.
        expected: usize,
    },
    /// The signers of the parent's certificate are none of this epoch, or there must not be any.
    #[error("found {found} bytes of signers, expected {expected}, a bit for each validator of the parent's epoch")]
    Signers {
        /// How many bytes.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// The signers of the parent's certificate are too few.
    #[error("found signers of weight {found}, expected at least {expected}")]
    Quorum {
        /// Their weight.
        found: u128,
        /// What decides.
        expected: u128,
    },
    /// It has transactions after the epoch's last block.
    #[error("found transactions at height {found}, expected none above {expected}, the epoch's last")]
    NotEmpty {
        /// Its height.
        found: u64,
        /// The epoch's last.
        expected: u64,
    },
    /// A piece of evidence is none.
    #[error("evidence {index}: {source}")]
    Evidence {
        /// Which.
        index: usize,
        /// What is wrong.
        source: EvidenceError,
    },
}

/// What a block is judged by.
pub(super) struct Judge<'a> {
    pub(super) chain: Hash,
    /// The epoch of its height.
    pub(super) epoch: Epoch,
    pub(super) term: &'a Term,
    pub(super) previous: Option<&'a Term>,
    /// What its ancestors above the head report.
    pub(super) reported: BTreeSet<Fault>,
}

impl Judge<'_> {
    /// Checks what a block says of the votes. That it stands where it says, the way to it shows.
    pub(super) fn check(mut self, block: &Received) -> Result<(), SealError> {
        let Received { candidate, producer, seal, .. } = block;
        if let Some((what, found, max)) = seal.excess() {
            return Err(SealError::Bound { what, found, max });
        }
        if seal.epoch != self.epoch.0 {
            return Err(SealError::Epoch { found: seal.epoch, expected: self.epoch });
        }
        let (view, parent_view) = (candidate.place.view, candidate.parent.view);
        let leader = self.term.leader(view);
        if seal.leader.is_none() || seal.leader != leader {
            return Err(SealError::Leader { view, found: seal.leader, expected: leader });
        }
        if Some(*producer) != leader {
            return Err(SealError::Producer { found: *producer, expected: leader });
        }
        let missed = self.term.missed(parent_view, view);
        if seal.missed != missed {
            return Err(SealError::Missed { found: seal.missed.len(), expected: missed.len() });
        }
        if !block.empty && candidate.height > self.term.last_height {
            return Err(SealError::NotEmpty { found: candidate.height, expected: self.term.last_height });
        }
        self.check_signers(seal, parent_view)?;
        self.check_evidence(seal)
    }

    /// The parent's certificate was signed by a quorum. Nobody of this epoch signed one of the block on which it began.
    fn check_signers(&self, seal: &Seal, parent_view: View) -> Result<(), SealError> {
        let (set, bytes) = (&self.term.set, &seal.parent_signers);
        let expected = if parent_view == View(0) { 0 } else { set.len().div_ceil(8) };
        let wrong = SealError::Signers { found: bytes.len(), expected };
        if bytes.len() != expected {
            return Err(wrong);
        }
        if expected == 0 {
            return Ok(());
        }
        let signers = signers_of(bytes).filter(|signers| signers.fits(set.len())).ok_or(wrong)?;
        if !set.is_quorum(&signers) {
            let (found, expected) = (set.weight_of(&signers), quorum_weight(set.total()));
            return Err(SealError::Quorum { found, expected });
        }
        Ok(())
    }

    fn check_evidence(&mut self, seal: &Seal) -> Result<(), SealError> {
        let terms: Vec<&Term> = std::iter::once(self.term).chain(self.previous).collect();
        for (index, evidence) in seal.evidence.iter().enumerate() {
            check(self.chain, &terms, &self.reported, evidence)
                .map_err(|source| SealError::Evidence { index, source })?;
            self.reported.insert((evidence.epoch, evidence.offender));
        }
        Ok(())
    }
}

/// The bitmap of a seal.
fn signers_of(bytes: &[u8]) -> Option<Signers> {
    Signers::decode(&mut &bytes.encode()[..]).ok()
}
