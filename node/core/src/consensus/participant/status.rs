//! What a participant tells of itself.

use super::{Participant, SealError};
use crate::consensus::bbft::{Candidate, Epoch, Record, Refusals, Schedule, ValidatorIndex, ValidatorSet, View};
use std::sync::Arc;
use tenon_types::Address;

/// What part a node takes in the current epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It votes.
    Votes,
    /// It has no key.
    NoKey,
    /// Its key is none of the epoch's.
    NotElected,
    /// Its key is one of the epoch's, but what it said before is not known here: it only observes.
    NoRecord,
    /// Its store lacks final blocks that it knew: it waits for them.
    Behind,
    /// It has stopped; [`super::Effect::Halt`] said why.
    Halted,
}

/// What a participant tells of itself.
#[derive(Clone, Debug)]
pub struct ParticipantStatus {
    /// The epoch.
    pub epoch: Epoch,
    /// The view that it is in; 0 without a seat.
    pub view: View,
    /// Who leads that view.
    pub leader: Option<Address>,
    /// What part it takes.
    pub part: Part,
    /// Its index in the epoch's set.
    pub seat: Option<ValidatorIndex>,
    /// The epoch's validators.
    pub set: Arc<ValidatorSet>,
    /// Which of them lead when, and pass votes on.
    pub schedule: Schedule,
    /// The height of the epoch's last block.
    pub last_height: u64,
    /// The last final block.
    pub head: Candidate,
    /// What it said last; absent if it is not known.
    pub record: Option<Record>,
    /// Views since the last final block, the current one left out.
    pub open_views: u64,
    /// Views that failed below final blocks since the start.
    pub failed_views: u64,
    /// What was refused since the start, by reason.
    pub refusals: Refusals,
    /// Proposals whose header said wrong things of the votes, and what the last one said.
    pub false_seals: u64,
    /// What was wrong with the last.
    pub last_false_seal: Option<SealError>,
    /// Blocks that were dropped since the start.
    pub blocks_dropped: u64,
    /// Messages that were dropped since the start: of other epochs, or of another block than they said.
    pub messages_dropped: u64,
    /// Blocks above the head.
    pub open_blocks: usize,
    /// Blocks that others were asked for.
    pub wanted_blocks: usize,
    /// Proven faults that no final block reports yet.
    pub faults: usize,
}

impl Participant {
    /// What part this node takes in the current epoch.
    pub fn part(&self) -> Part {
        match (&self.halted, self.rules.keys.public(), self.term.seat, &self.saved.record) {
            (Some(_), ..) => Part::Halted,
            (_, None, ..) => Part::NoKey,
            (_, _, None, _) => Part::NotElected,
            _ if self.behind => Part::Behind,
            (_, _, _, None) => Part::NoRecord,
            _ => Part::Votes,
        }
    }

    /// Tells of itself, for metrics and whoever asks.
    pub fn status(&self) -> ParticipantStatus {
        let (term, counts, head) = (&self.term, &self.counts, self.saved.head());
        let machine = self.replica.as_ref().map(|replica| replica.machine());
        let view = machine.map_or(View(0), |machine| machine.record().cur);
        let refusals = self.replica.as_ref().map(|replica| replica.refusals()).unwrap_or_default();
        ParticipantStatus {
            epoch: term.epoch,
            view,
            leader: machine.and_then(|_| term.leader(view)),
            part: self.part(),
            seat: term.seat,
            set: term.set.clone(),
            schedule: term.schedule.clone(),
            last_height: term.last_height,
            head,
            record: self.saved.record,
            open_views: view.0.saturating_sub(head.place.view.next().0),
            failed_views: counts.failed_views,
            refusals: counts.earlier.plus(refusals),
            false_seals: counts.false_seals,
            last_false_seal: counts.last_false_seal.clone(),
            blocks_dropped: counts.blocks_dropped,
            messages_dropped: counts.messages_dropped,
            open_blocks: self.blocks.len(),
            wanted_blocks: self.wanted.len(),
            faults: self.faults.waiting(),
        }
    }
}
