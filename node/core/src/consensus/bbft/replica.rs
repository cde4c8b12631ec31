//! A validator of one epoch: the machine, the collector of votes and the overlay together, driven by time and messages.
//!
//! ```text
//! proposal   leader -> super-nodes -> their nodes; who has none after d asks two others and the leader
//! N, F vote  to one's super-node; without a certificate after d to two more, after 2d to all, after 3d to everybody
//! X vote     to all super-nodes at once; from the advance timer on, again and again, to everybody
//! sum        when all below have voted, or d/2 after the first of them
//! down       a certificate goes to one's children and to who voted here; who is behind is answered with what they lack
//! late       an F vote from below that comes after its certificate goes on to the next leader, in a wider one
//! ```
//!
//! d is half of the machine's delay D, which covers the overlay's hops. The driver performs the actions in order and
//! goes no further after one that failed. Messages come from authenticated validators of the epoch, and what a
//! proposal says of its candidate is what the header of that digest states: nobody signs more than view and digest, so
//! the driver drops a proposal that differs, which whoever passed it on may have changed. It leaves out blocks, the
//! network and the disk.

mod act;
mod late;
mod receive;
#[cfg(test)]
mod tests;

use super::{
    Candidate, Certificate, Collector, Effect, EpochRules, Evidence, Input, Machine, Message, Overlay, Partial, Phase,
    Place, Proposal, Record, Saved, Scheme, Signature, Signers, Statement, Timer, Timing, ValidatorIndex, ValidatorSet,
    View,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenon_types::Hash;

/// What a replica is made of.
pub struct Setup {
    /// The hash of the genesis block.
    pub chain: Hash,
    /// The rules of the epoch.
    pub rules: EpochRules,
    /// Its validators.
    pub set: Arc<ValidatorSet>,
    /// Who passes votes on.
    pub overlay: Overlay,
    /// How long to wait.
    pub timing: Timing,
    /// Signatures.
    pub scheme: Arc<dyn Scheme>,
}

/// What is left of an epoch's machine after a stop.
pub struct Restored {
    /// The record.
    pub record: Record,
    /// Every certificate that was persisted with it.
    pub certificates: Vec<Certificate>,
    /// The last block that was committed in the epoch, with its certificate.
    pub committed: Option<(Candidate, Certificate)>,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The replica begins, or begins again.
    Start,
    /// A timer is due.
    Tick,
    /// A validator of this epoch sent something.
    Message {
        /// Who.
        from: ValidatorIndex,
        /// What.
        message: Message,
    },
    /// The driver's answer to an action: [`Input::Validated`], [`Input::Built`], [`Input::BuildFailed`] or
    /// [`Input::Candidate`].
    Answer(Input),
}

/// What is to be done, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Write, synced.
    Persist(Saved),
    /// Send to each of these.
    Send {
        /// To whom.
        to: Vec<ValidatorIndex>,
        /// What.
        message: Message,
    },
    /// Make a block; see [`Effect::Build`].
    Build {
        /// For which view.
        view: View,
        /// On which block.
        parent: Candidate,
        /// Whether it must be empty.
        empty: bool,
    },
    /// Check a block; see [`Effect::Validate`]. The one who proposed it has it.
    Validate(Candidate),
    /// Find out a candidate; see [`Effect::Fetch`].
    Fetch(Place),
    /// A block and its ancestors are final; see [`Effect::Commit`].
    Commit {
        /// Which.
        candidate: Candidate,
        /// The proof.
        certificate: Certificate,
    },
    /// The epoch's last block is final: begin the next one. This replica only answers who is behind.
    EpochEnded,
    /// Give [`Event::Tick`] at this time. A new one replaces the last.
    SetTimer {
        /// When.
        at_ms: u64,
    },
    /// Put this on chain. Once for each offender.
    Report(Box<Evidence>),
    /// Stop and tell people; see [`Effect::Conflict`].
    Conflict {
        /// What was held.
        held: Certificate,
        /// What came.
        found: Certificate,
    },
}

/// What was received and refused, by reason, since the start.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Refusals {
    /// Lists too long, bitmaps or statements that cannot be, senders that are none.
    pub malformed: u64,
    /// Certificates, votes or evidence whose signature is wrong.
    pub forged: u64,
    /// Views that are final or too far ahead.
    pub stale: u64,
    /// What was here already.
    pub known: u64,
}

impl Refusals {
    /// The sum of two counts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            malformed: self.malformed.saturating_add(other.malformed),
            forged: self.forged.saturating_add(other.forged),
            stale: self.stale.saturating_add(other.stale),
            known: self.known.saturating_add(other.known),
        }
    }
}

/// A vote of this validator that has not had its effect yet.
#[derive(Clone, Copy, Debug)]
struct Outstanding {
    statement: Statement,
    signature: Signature,
    /// When to send it to more.
    due_ms: u64,
    /// To how many it was sent: to one's own super-node, to two more, to all, to everybody.
    stage: u8,
}

/// What became of a sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sum {
    /// Somebody is missing; it is sent at this time at the latest.
    Waiting(u64),
    /// It was sent without somebody.
    Early,
    /// It was sent with everybody from below.
    Whole,
}

/// A validator of one epoch.
pub struct Replica {
    machine: Machine,
    collector: Collector,
    overlay: Overlay,
    timing: Timing,
    me: Option<ValidatorIndex>,
    /// The time of the event that is being handled.
    now_ms: u64,
    /// The view whose timers run; 0 before the start.
    view: View,
    /// The machine's timers, by kind.
    timers: BTreeMap<Timer, (View, u64)>,
    /// When the leader of this view is due to propose: an interval after the one before.
    paced_ms: u64,
    /// When to ask for a proposal that has not come.
    ask_due_ms: Option<u64>,
    outstanding: Vec<Outstanding>,
    /// The sums of what came from below.
    sums: BTreeMap<Statement, Sum>,
    /// The children and whole subtree of this node, by view, as far as asked for lately.
    below: BTreeMap<View, (Vec<ValidatorIndex>, Signers)>,
    /// The proposals that came or were made, to be passed on, by view.
    proposals: BTreeMap<View, Proposal>,
    /// Certificates that went down, and when.
    distributed: BTreeMap<Statement, u64>,
    /// Who was answered with certificates, and when.
    answered: BTreeMap<ValidatorIndex, u64>,
    /// Who was sent a proposal that they asked for, and when.
    served: BTreeMap<ValidatorIndex, u64>,
    /// The proof of the last block that was committed.
    last_final: Option<Certificate>,
    /// What late votes are for of which the next leader is to be told, and when.
    late: Option<(Statement, u64)>,
    /// Who voted for what is certified, as others told this node when it was to lead.
    wider: Option<(Statement, Signers)>,
    timer_ms: Option<u64>,
    refusals: Refusals,
}

impl Replica {
    /// Makes the replica of who has not voted in the epoch, or of who has and restarts.
    pub fn new(setup: Setup, restored: Option<Restored>) -> Self {
        let Setup { chain, rules, set, overlay, timing, scheme } = setup;
        let (epoch, me) = (rules.epoch, rules.me);
        let (machine, last_final) = match restored {
            None => (Machine::new(rules), None),
            Some(Restored { record, certificates, committed }) => {
                let (candidate, certificate) = committed.unzip();
                (Machine::restore(rules, record, certificates, candidate), certificate)
            }
        };
        Self {
            machine,
            collector: Collector::new(chain, epoch, set, scheme),
            overlay,
            timing,
            me,
            now_ms: 0,
            view: View(0),
            timers: BTreeMap::new(),
            paced_ms: 0,
            ask_due_ms: None,
            outstanding: Vec::new(),
            sums: BTreeMap::new(),
            below: BTreeMap::new(),
            proposals: BTreeMap::new(),
            distributed: BTreeMap::new(),
            answered: BTreeMap::new(),
            served: BTreeMap::new(),
            last_final,
            late: None,
            wider: None,
            timer_ms: None,
            refusals: Refusals::default(),
        }
    }

    /// The machine.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The proof of the last final block of this epoch.
    pub fn last_final(&self) -> Option<&Certificate> {
        self.last_final.as_ref()
    }

    /// What was refused so far.
    pub fn refusals(&self) -> Refusals {
        self.refusals
    }

    /// What to send to a validator that still speaks of this epoch after it ended.
    pub fn farewell(&self) -> Option<Message> {
        let certificate = self.last_final.clone().filter(|_| self.machine.is_over())?;
        Some(Message::Certificates(vec![certificate]))
    }

    /// Takes an event at a time and says what is to be done, in order. A clock that is set back delays nothing by more
    /// than its own length; one that is set forward makes timers due.
    pub fn handle(&mut self, now_ms: u64, event: Event) -> Vec<Action> {
        if let Some(by_ms) = self.now_ms.checked_sub(now_ms).filter(|by_ms| *by_ms > 0) {
            self.set_back(by_ms);
        }
        self.now_ms = now_ms;
        let mut actions = Vec::new();
        match event {
            Event::Start => self.give(Input::Start, &mut actions),
            Event::Tick => {
                self.timer_ms = None;
                self.tick(&mut actions);
            }
            Event::Message { from, message } => self.receive(from, message, &mut actions),
            Event::Answer(input) => self.give(input, &mut actions),
        }
        self.set_timer(&mut actions);
        actions
    }
}
