//! What the node asks of a consensus engine beside its effects.

use std::sync::Arc;
use tenon_core::consensus::bbft::{Epoch, Schedule, ValidatorSet};
use tenon_core::consensus::{Committee, DevEngine, Engine, Participant, ParticipantStatus};

/// The epoch that runs.
#[derive(Clone)]
pub(crate) struct EpochView {
    /// Its number.
    pub(crate) epoch: Epoch,
    /// Its validators.
    pub(crate) set: Arc<ValidatorSet>,
    /// Who leads which view.
    pub(crate) schedule: Schedule,
}

/// An engine of a node.
pub(crate) trait Running: Engine {
    /// The epoch that runs, where nodes agree by votes.
    fn epoch(&self) -> Option<EpochView> {
        None
    }

    /// What it tells of itself, where nodes agree by votes.
    fn status(&self) -> Option<ParticipantStatus> {
        None
    }
}

impl Running for DevEngine {}
impl Running for Committee {}

impl Running for Participant {
    fn epoch(&self) -> Option<EpochView> {
        let status = Self::status(self);
        Some(EpochView { epoch: status.epoch, set: status.set, schedule: status.schedule })
    }

    fn status(&self) -> Option<ParticipantStatus> {
        Some(Self::status(self))
    }
}
