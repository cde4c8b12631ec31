//! The state machine of one epoch: takes proposals, certificates and timeouts, and says what to persist, sign and send.
//!
//! ```text
//! N(v,d)   upon a valid proposal of the current view whose parent is final or notarized, every view between nullified
//! X(v)     upon the leader's timer, the advance timer, or an invalid proposal
//! advance  upon C_N, C_X or C_F at u >= cur: keep it, enter u + 1, forward it once
//! F(v,d)   upon C_N(v,d), if v is behind and neither v nor a later view was nullified or finalized
//! commit   upon C_F(v,d): d and its ancestors are final, whatever views failed between
//! stuck    again and again: send X(v), the last F, the certificate that led here, and ask for what is missing
//! ```
//!
//! The votes' own conditions are in [`Record`], what else they rest on in [`Held`]. The machine has no clock: it names
//! the timers that it wants, and is told when they are due. It leaves out signing and checking signatures, collecting
//! votes into certificates, and the way of messages, which others do around it.

#[cfg(test)]
mod flaw;
#[cfg(not(test))]
mod sound;
mod step;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use flaw::Flaw;

use super::held::Held;
use super::{Candidate, Certificate, Epoch, Place, Record, Schedule, Statement, ValidatorIndex, View};
use std::collections::BTreeMap;
use tenon_types::Hash;

/// How far ahead of the current view a proposal is kept.
pub const MAX_VIEWS_AHEAD: u64 = 64;
/// Views without a final block, after which the machine votes no more: at the longest delay that is weeks, and each
/// keeps a certificate in memory.
pub const MAX_UNFINALIZED_VIEWS: u64 = 1 << 16;
/// Consecutive nullified views that lengthen the delay.
pub const MAX_BACKOFF: u32 = 16;

/// What is the same for a whole epoch.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EpochRules {
    /// The epoch.
    pub epoch: Epoch,
    /// The last block of the epoch before, or genesis: view 0.
    pub start: Candidate,
    /// The height of the epoch's last block. Blocks above it are empty and never final.
    pub last_height: u64,
    /// Who leads.
    pub schedule: Schedule,
    /// Who this is in the epoch's set; absent for who only follows, or whose safety record is lost.
    pub me: Option<ValidatorIndex>,
}

/// A timer, always of one view.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// When a leader may propose: the block interval.
    Propose,
    /// When a proposal should have come.
    Leader,
    /// When the view should be over.
    Advance,
    /// When to send again what may be lost.
    Resend,
}

/// What happened. Messages are verified: signatures, the set, the chain, the epoch; a candidate's digest binds its fields.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Input {
    /// The machine was made or restored: it enters its view.
    Start,
    /// The leader of its view proposed this.
    Proposal(Candidate),
    /// A certificate came or was made.
    Certificate(Certificate),
    /// A candidate that was fetched.
    Candidate(Candidate),
    /// The block of a candidate, and what it is built upon, is here and valid, or is not.
    Validated {
        /// Which.
        place: Place,
        /// Whether it may become part of the chain.
        valid: bool,
    },
    /// The block that this leader asked for.
    Built(Candidate),
    /// The block that this leader asked for cannot be made.
    BuildFailed {
        /// In which view.
        view: View,
    },
    /// A timer is due.
    Timeout {
        /// Which.
        timer: Timer,
        /// Of which view.
        view: View,
    },
}

/// What has to outlive a crash. A later one of an epoch adds to it: certificates accumulate. Only who votes has any: an
/// observer who lost theirs would, after a restart, take a new one for what they said.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Saved {
    /// The record.
    pub record: Record,
    /// Certificates that the record rests on and that were not in an earlier one.
    pub certificates: Vec<Certificate>,
    /// Certificates below this view are of no use any more.
    pub keep_from: View,
}

/// What is to be done, in the order given. Whoever performs it does not go on after an effect that failed: so nothing is
/// sent that was not persisted.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// Write, synced. At most one a step, and the first.
    Persist(Saved),
    /// Sign this and send it to who collects votes.
    Vote(Statement),
    /// Send this candidate with its block to all, with the leader's N vote.
    Propose(Candidate),
    /// Send this certificate to all, once.
    Forward(Certificate),
    /// Send this certificate again: nobody seems to have it.
    Repeat(Certificate),
    /// Make a block, answered once its parent and what that is built upon are here: by [`Input::Built`], or by
    /// [`Input::BuildFailed`] if none can be made. What is not here, whoever performs this asks for: nobody else does.
    Build {
        /// For which view.
        view: View,
        /// On which block.
        parent: Candidate,
        /// Whether it must have no transactions, because the epoch is over.
        empty: bool,
    },
    /// Check a block, answered by [`Input::Validated`] once it and its ancestors are here.
    Validate(Candidate),
    /// Find out the candidate of a certified place, answered by [`Input::Candidate`].
    Fetch(Place),
    /// Ask others for their certificates of these views, first and last included.
    Request {
        /// The first.
        first: View,
        /// The last.
        last: View,
    },
    /// This block and its ancestors are final.
    Commit {
        /// The block.
        candidate: Candidate,
        /// The proof: of this block, or of one that descends from it if this is the epoch's last.
        certificate: Certificate,
    },
    /// Give [`Input::Timeout`] in time; how long each timer is, [`super::Timing`] says. One of a kind replaces the one
    /// before it.
    SetTimer {
        /// Which.
        timer: Timer,
        /// Of which view.
        view: View,
        /// How often the delay was lengthened by half.
        backoff: u32,
    },
    /// Two certificates that contradict each other: more than a third is faulty. Stop and tell people.
    Conflict {
        /// What was held.
        held: Certificate,
        /// What came.
        found: Certificate,
    },
}

/// What a leader's candidate is known to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Judgement {
    /// It is being checked.
    Asked,
    /// It may be notarized.
    Valid,
    /// It may not.
    Invalid,
}

/// The state machine of one epoch.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Machine {
    rules: EpochRules,
    record: Record,
    held: Held,
    /// What the leaders proposed, from the current view on: the first in each view.
    proposals: BTreeMap<View, Candidate>,
    /// What is known of the proposal of the current view.
    judgement: Option<Judgement>,
    /// Whether the time to propose in the current view has come.
    due_to_build: bool,
    /// Whether the block of the current view was asked for and is being made.
    building: bool,
    /// Whether the epoch's last block is final.
    over: bool,
    #[cfg(test)]
    flaw: Option<Flaw>,
}

impl Machine {
    /// Makes the machine of who has not voted in the epoch yet.
    pub fn new(rules: EpochRules) -> Self {
        let record = Record::new(rules.epoch);
        Self::with(rules, record)
    }

    fn with(rules: EpochRules, record: Record) -> Self {
        let held = Held::new(rules.start);
        Self {
            rules,
            record,
            held,
            proposals: BTreeMap::new(),
            judgement: None,
            due_to_build: false,
            building: false,
            over: false,
            #[cfg(test)]
            flaw: None,
        }
    }

    /// Makes the machine again as it was at the last [`Effect::Persist`]: with that record, every certificate persisted
    /// and not below `keep_from`, and the last block that was committed in this epoch, if any was.
    ///
    /// # Panics
    /// If the record is of another epoch.
    pub fn restore(
        rules: EpochRules,
        record: Record,
        certificates: impl IntoIterator<Item = Certificate>,
        committed: Option<Candidate>,
    ) -> Self {
        assert_eq!(record.epoch, rules.epoch, "the record of an epoch belongs to its machine");
        let mut machine = Self::with(rules, record);
        for certificate in certificates {
            // What was written once contradicted nothing then.
            let _ = machine.held.insert(certificate);
        }
        // After the certificates: those of the block's own view led to the next one, and others may need them.
        if let Some(committed) = committed {
            machine.held.commit(committed);
            machine.over = committed.height >= machine.rules.last_height;
        }
        if machine.rules.me.is_none() {
            // Such a record is of nobody's votes, and may be new.
            machine.record.cur = machine.record.cur.max(machine.held.root().place.view.next());
        }
        machine
    }

    /// The safety record.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The rules of the epoch.
    pub fn rules(&self) -> &EpochRules {
        &self.rules
    }

    /// The last final block.
    pub fn committed(&self) -> &Candidate {
        self.held.root()
    }

    /// Whether the epoch's last block is final. Such a machine votes no more.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// The certificates held from one view to another, at most so many, the lowest views first.
    pub fn certificates(&self, first: View, last: View, limit: usize) -> Vec<Certificate> {
        self.held.certificates(first, last).take(limit).cloned().collect()
    }

    /// The certificate by which the current view was entered, if one is held.
    pub fn entry(&self) -> Option<&Certificate> {
        self.held.entry(self.record.cur)
    }

    /// The digest that was notarized in a view, if its certificate is held.
    pub fn notarized(&self, view: View) -> Option<Hash> {
        self.held.notarized(view)
    }

    /// Whether a certificate of a statement is held.
    pub fn holds(&self, statement: &Statement) -> bool {
        self.held.holds(statement)
    }

    /// Takes an input and says what is to be done, in order.
    pub fn step(&mut self, input: Input) -> Vec<Effect> {
        let before = self.record;
        let mut effects = Vec::new();
        self.take(input, &mut effects);
        assert!(before.may_become(&self.record), "the safety record fell from {before:?} to {:?}", self.record);
        if self.record != before {
            let certificates = self.held.take_unsaved();
            if self.rules.me.is_none() {
                return effects;
            }
            let saved = Saved { record: self.persisted(), certificates, keep_from: self.held.root().place.view };
            effects.insert(0, Effect::Persist(saved));
        }
        effects
    }
}
