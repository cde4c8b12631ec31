//! Finality over proof of work: a committee that votes by BBFT on ballots, each of which names a block of the chain.
//!
//! ```text
//! ballot    view, parent ballot, number, and a block with its height; its hash is what BBFT votes on
//! build     upon the leader's turn: the block that lies sigma below the head, if it is or extends the parent ballot's
//! judge     a ballot is notarized by whom it is, too, sigma deep on the chain that they follow; else they wait
//! prefer    upon a notarization: branches without that block are not followed, so that the next ballot can extend it
//! final     upon a finalization: the block and its ancestors are final, and everybody is told, with the certificate
//! rest      while no block is deep enough above the last final one, this engine's clock stands still
//! ```
//!
//! The machine, the collector and the overlay are those of [`super::super::bbft`]; a candidate is a ballot, and its height
//! the ballot's number, since both grow by one. Who has no seat, or lost their record, follows by certificates alone. There
//! is one epoch: this leaves out electing other validators.

mod ballot;
mod io;
mod saved;
mod step;

pub use ballot::{Ballot, WorkFinality};
pub use io::{FinalizerEffect, FinalizerInput};

use super::chain::WorkChain;
use crate::consensus::bbft::{
    Candidate, Epoch, EpochRules, Event, Overlay, Place, Record, Replica, Restored, Schedule, Scheme, Setup, Timing,
    ValidatorIndex, ValidatorSet, View,
};
use crate::consensus::clock::Clock;
use saved::Saved;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tenon_types::Hash;

/// Ballots that are known and not below the last final one.
pub const MAX_BALLOTS: usize = 1_024;
/// Events that the replica handles before the driver gets its turn again.
const MAX_EVENTS: usize = 1 << 12;

/// What a finalizer is made of.
pub struct FinalizerSetup {
    /// The hash of the genesis block.
    pub chain: Hash,
    /// How deep a block has to lie.
    pub sigma: u64,
    /// The committee.
    pub set: Arc<ValidatorSet>,
    /// This node's place in it.
    pub seat: Option<ValidatorIndex>,
    /// Signs with this node's key, and checks the others'.
    pub scheme: Arc<dyn Scheme>,
    /// How long to wait.
    pub timing: Timing,
    /// Whether this node's key never voted, though nothing was persisted.
    pub fresh: bool,
}

/// The committee's part in a node, or what follows it.
pub struct Finalizer {
    chain: Hash,
    sigma: u64,
    set: Arc<ValidatorSet>,
    scheme: Arc<dyn Scheme>,
    /// Whether this node is one of the committee, though it may not vote.
    seated: bool,
    /// Its place, if it votes.
    seat: Option<ValidatorIndex>,
    replica: Replica,
    /// By their hashes.
    ballots: BTreeMap<Hash, Ballot>,
    queue: VecDeque<Event>,
    /// The proposal that is being judged.
    judging: Option<Candidate>,
    /// The ballot that is to be made, and on which.
    building: Option<(View, Candidate)>,
    /// The place that a candidate is looked for.
    fetching: Option<Place>,
    preferred: Option<Hash>,
    saved: Saved,
    unsaved: bool,
    /// Goes on only while there is something to finalize.
    clock: Clock,
    /// For how long it stood still, and since when it does.
    rested_ms: u64,
    resting_ms: Option<u64>,
    replica_ms: Option<u64>,
    timer_ms: Option<u64>,
    started: bool,
    halted: bool,
    effects: Vec<FinalizerEffect>,
}

impl Finalizer {
    /// Makes a finalizer that goes on from what was persisted. Where that is damaged, or missing though the key may have
    /// voted, it only follows.
    pub fn new(setup: FinalizerSetup, persisted: Option<&[u8]>) -> Self {
        let FinalizerSetup { chain, sigma, set, seat, scheme, timing, fresh } = setup;
        let begin = Ballot::genesis(chain);
        let read = persisted.and_then(|bytes| Saved::read(bytes, chain, set.hash()));
        let known = read.is_some() || (persisted.is_none() && fresh);
        let mut saved = read.unwrap_or_else(|| Saved::begin(chain, set.hash()));
        saved.votes &= known;
        let votes = saved.votes;
        let me = seat.filter(|_| votes);
        let validators = ValidatorIndex::try_from(set.len()).expect("a set has at most MAX_VALIDATORS");
        let schedule = Schedule::all(validators);
        let start = begin.as_start();
        let rules = EpochRules { epoch: Epoch(0), start, last_height: u64::MAX, schedule: schedule.clone(), me };
        let overlay = Overlay::new(validators, &schedule, &[], chain);
        let restored = Restored {
            record: saved.record.unwrap_or_else(|| Record::new(Epoch(0))),
            certificates: saved.certificates.values().cloned().collect(),
            committed: saved.committed.clone(),
        };
        let replica = Replica::new(
            Setup { chain, rules, set: set.clone(), overlay, timing, scheme: scheme.clone() },
            Some(restored),
        );
        let mut ballots: BTreeMap<Hash, Ballot> = saved.ballots.iter().map(|ballot| (ballot.hash(), *ballot)).collect();
        ballots.insert(chain, begin);
        Self {
            chain,
            sigma,
            set,
            scheme,
            seated: seat.is_some(),
            seat: me,
            replica,
            ballots,
            queue: VecDeque::from([Event::Start]),
            judging: None,
            building: None,
            fetching: None,
            preferred: None,
            saved,
            unsaved: false,
            clock: Clock::default(),
            rested_ms: 0,
            resting_ms: None,
            replica_ms: None,
            timer_ms: None,
            started: false,
            halted: false,
            effects: Vec::new(),
        }
    }

    /// Takes an input at a time by the wall clock, beside the chain that this node follows, and says what is to be done, in
    /// order. Whoever performs it does not go on after an effect that failed.
    pub fn handle(&mut self, now_ms: u64, input: FinalizerInput, chain: &WorkChain) -> Vec<FinalizerEffect> {
        if self.halted {
            return Vec::new();
        }
        self.clock.set(now_ms);
        self.rest(chain);
        if !std::mem::replace(&mut self.started, true) {
            self.tell_again();
        }
        match input {
            FinalizerInput::Tick => self.tick(),
            FinalizerInput::Chain => {}
            FinalizerInput::Message { from, message, ballot } => self.message(from, message, ballot),
            FinalizerInput::Ballot(ballot) => self.learn(ballot),
            FinalizerInput::Finality(finality) => self.finality(&finality),
        }
        for _ in 0..MAX_EVENTS {
            self.reconsider(chain);
            match self.queue.pop_front() {
                Some(event) if !self.halted => self.give(event),
                _ => break,
            }
        }
        self.rest(chain);
        self.finish()
    }

    /// Whether this node votes.
    pub fn votes(&self) -> bool {
        self.seat.is_some()
    }

    /// The last block that the committee made final, as far as is known here, and why it is.
    pub fn last_final(&self) -> Option<WorkFinality> {
        let (candidate, certificate) = self.saved.committed.as_ref()?;
        let ballot = self.ballots.get(&candidate.place.digest)?;
        Some(WorkFinality { ballot: *ballot, certificate: certificate.clone() })
    }

    /// A ballot that others may ask for.
    pub fn ballot(&self, hash: &Hash) -> Option<&Ballot> {
        self.ballots.get(hash)
    }

    /// Whether there is a block to finalize.
    fn has_work(&self, chain: &WorkChain) -> bool {
        let (_, height) = chain.head();
        height.saturating_sub(self.sigma) > self.final_ballot().height
    }

    fn final_ballot(&self) -> Ballot {
        let of = |(candidate, _): &(Candidate, _)| self.ballots.get(&candidate.place.digest).copied();
        self.saved.committed.as_ref().and_then(of).unwrap_or_else(|| Ballot::genesis(self.chain))
    }
}
