//! Faults of validators: proven here, to be put on chain, and those that blocks report.
//!
//! ```text
//! kind     0 two N of one view, 1 two F of one view, 2 X and F of one view
//! proof    the two votes, encoded
//! epoch    that of the block, or the one before
//! once     a validator is reported once for an epoch
//! ```

use super::term::Term;
use crate::consensus::bbft::{self, Epoch, Phase};
use parity_scale_codec::{DecodeAll, Encode};
use std::collections::{BTreeMap, BTreeSet};
use tenon_types::{Evidence, Hash, MAX_EVIDENCE, MAX_VALIDATORS};
use thiserror::Error;

/// Faults that wait for a block.
pub const MAX_FAULTS_KEPT: usize = 64;
/// Reported faults that are remembered: those of two epochs.
const MAX_REPORTED: usize = 2 * MAX_VALIDATORS;

/// Whose fault, and of which epoch.
pub(super) type Fault = (u64, [u8; 96]);

/// Why a block's evidence is none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EvidenceError {
    /// The proof is not two votes.
    #[error("a proof of {found} bytes that are not two votes")]
    Proof {
        /// Its length.
        found: usize,
    },
    /// It is of an epoch whose validators are not looked at any more, or not yet.
    #[error("evidence of epoch {found}, expected epoch {expected} or the one before, whose validators are known")]
    Epoch {
        /// Its epoch.
        found: u64,
        /// The current one.
        expected: u64,
    },
    /// The votes show another fault, or none.
    #[error("evidence of kind {found}, expected {expected} by the votes in it")]
    Kind {
        /// Its kind.
        found: u8,
        /// That of the votes.
        expected: u8,
    },
    /// The votes are of another view.
    #[error("evidence of view {found}, expected {expected} by the votes in it")]
    View {
        /// Its view.
        found: u64,
        /// That of the votes.
        expected: u64,
    },
    /// The votes are another validator's, or of none.
    #[error("evidence against another key than that of validator {signer}, who signed the votes")]
    Offender {
        /// Who signed.
        signer: u16,
    },
    /// Two votes that do not contradict each other, or are not signed by the offender.
    #[error("votes of validator {signer} that prove no fault")]
    Unproven {
        /// Who is said to have signed.
        signer: u16,
    },
    /// The block or an ancestor reports the same offender.
    #[error("evidence against validator {signer} again")]
    Again {
        /// Who.
        signer: u16,
    },
}

/// By which number a pair of votes is known.
fn kind(evidence: &bbft::Evidence) -> u8 {
    match (evidence.first.statement.phase, evidence.second.statement.phase) {
        (Phase::Notarize, Phase::Notarize) => 0,
        (Phase::Finalize, Phase::Finalize) => 1,
        _ => 2,
    }
}

/// What a block says of a fault that was proven in an epoch; absent if the offender is none of its validators.
pub(super) fn to_report(term: &Term, evidence: &bbft::Evidence) -> Option<Evidence> {
    let offender = term.set.get(evidence.first.signer)?.bls_key;
    let view = evidence.first.statement.view.0;
    Some(Evidence { kind: kind(evidence), offender, epoch: term.epoch.0, view, proof: evidence.encode() })
}

/// Checks what a block says of a fault, given the epochs whose validators are known, the current one first, and what
/// was reported already.
pub(super) fn check(
    chain: Hash,
    terms: &[&Term],
    reported: &BTreeSet<Fault>,
    evidence: &Evidence,
) -> Result<(), EvidenceError> {
    let bytes = &evidence.proof;
    let proof = bbft::Evidence::decode_all(&mut &bytes[..]).map_err(|_| EvidenceError::Proof { found: bytes.len() })?;
    let current = terms.first().map_or(0, |term| term.epoch.0);
    let term = terms.iter().find(|term| term.epoch.0 == evidence.epoch);
    let term = term.ok_or(EvidenceError::Epoch { found: evidence.epoch, expected: current })?;
    let (signer, view) = (proof.first.signer, proof.first.statement.view.0);
    if evidence.kind != kind(&proof) {
        return Err(EvidenceError::Kind { found: evidence.kind, expected: kind(&proof) });
    }
    if evidence.view != view {
        return Err(EvidenceError::View { found: evidence.view, expected: view });
    }
    if term.set.get(signer).is_none_or(|validator| validator.bls_key != evidence.offender) {
        return Err(EvidenceError::Offender { signer });
    }
    if reported.contains(&(evidence.epoch, evidence.offender)) {
        return Err(EvidenceError::Again { signer });
    }
    if !term.collector(chain).verify_evidence(&proof) {
        return Err(EvidenceError::Unproven { signer });
    }
    Ok(())
}

/// Faults that are to be put on chain, and those that are there.
#[derive(Debug, Default)]
pub(super) struct Faults {
    waiting: BTreeMap<Fault, Evidence>,
    reported: BTreeSet<Fault>,
}

impl Faults {
    /// Goes on with the faults that waited at a stop, in an epoch.
    pub(super) fn restore(waiting: &[Evidence], epoch: Epoch) -> Self {
        let mut faults = Self::default();
        waiting.iter().for_each(|evidence| {
            faults.keep(evidence.clone());
        });
        faults.enter(epoch);
        faults
    }

    /// Keeps a fault until a block of the chain reports it. Returns whether it is new.
    pub(super) fn keep(&mut self, evidence: Evidence) -> bool {
        let fault = (evidence.epoch, evidence.offender);
        let known = self.reported.contains(&fault) || self.waiting.contains_key(&fault);
        let keeps = !known && self.waiting.len() < MAX_FAULTS_KEPT;
        if keeps {
            self.waiting.insert(fault, evidence);
        }
        keeps
    }

    /// Takes note of what a block of the chain reports.
    pub(super) fn adopted(&mut self, evidence: &[Evidence]) {
        for evidence in evidence {
            let fault = (evidence.epoch, evidence.offender);
            self.waiting.remove(&fault);
            if self.reported.len() < MAX_REPORTED {
                self.reported.insert(fault);
            }
        }
    }

    /// Forgets faults of epochs before the last one: no block may report them.
    pub(super) fn enter(&mut self, epoch: Epoch) {
        let recent = |fault: &Fault| fault.0.saturating_add(1) >= epoch.0;
        self.waiting.retain(|fault, _| recent(fault));
        self.reported.retain(recent);
    }

    /// What a block reports on top of these.
    pub(super) fn for_block(&self, reported: &BTreeSet<Fault>) -> Vec<Evidence> {
        let open = self.waiting.iter().filter(|(fault, _)| !reported.contains(*fault));
        open.map(|(_, evidence)| evidence.clone()).take(MAX_EVIDENCE).collect()
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Those that wait, to be persisted.
    pub(super) fn to_save(&self) -> Vec<Evidence> {
        self.waiting.values().cloned().collect()
    }
}
