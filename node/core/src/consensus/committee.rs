//! BBFT among validators who all live in one process: each has a key, a machine and a safety record of their own, and
//! the network between them is a queue.
//!
//! ```text
//! block     upon the leader's turn: have a block made; the others notarize it once it was checked
//! adopt     upon the first certificate that finalizes it: the block and its ancestors become the head, oldest first
//! final     upon an adopted block: make it final after the gap that clients need
//! discard   upon an adopted block: drop what stands beside it
//! persist   before anything that can be seen from outside: all records and certificates, in one write
//! restart   go on from what was persisted, with the blocks above the store's last one executed again
//! ```
//!
//! A notarized block is not adopted before it is final: a view that was notarized may still be passed over, and a head
//! that is announced is never taken back. As no message leaves the process, a vote that was not persisted was seen by
//! nobody: one write a block is enough, and it holds the records of all, so that no vote outlives another that it rests
//! on. There is one epoch without end. Blocks that another engine made since are its beginning: then a new term begins,
//! which counts as an epoch of its own in all that is signed.
//!
//! The clock may jump: time here only goes on. It leaves out elected validators, and messages from other processes.

mod blocks;
mod saved;
mod step;
#[cfg(test)]
mod tests;

use super::bbft::{
    Candidate, Certificate, Epoch, EpochRules, Event, Overlay, Place, Record, Replica, Restored, Schedule, Scheme,
    Setup, Signers, Timing, ValidatorIndex, ValidatorSet, View, quorum_weight,
};
use super::clock::Clock;
use super::finality::Unfinalized;
use super::{Effect, Engine, Input};
use blocks::Blocks;
use saved::{Saved, SavedSeat};
use std::collections::VecDeque;
use std::sync::Arc;
use tenon_types::Hash;
use thiserror::Error;

/// Events between validators that wait. A message beyond is lost, as it may be in any network.
const MAX_QUEUED: usize = 1 << 16;
/// Events that are handled before the driver gets its turn again.
const MAX_EVENTS: usize = 1 << 16;
/// Certificates of one validator above the last final block. A chain that fails so often stops.
const MAX_CERTIFICATES_HELD: usize = 1 << 12;

/// A validator's place.
pub struct Seat {
    /// Signs with the validator's key.
    pub scheme: Arc<dyn Scheme>,
    /// Whether the validator takes part. One that does not only listens.
    pub votes: bool,
}

/// What a committee is made of.
pub struct CommitteeSetup {
    /// The hash of the genesis block.
    pub chain: Hash,
    /// The validators.
    pub set: Arc<ValidatorSet>,
    /// Their places, by index.
    pub seats: Vec<Seat>,
    /// How long to wait.
    pub timing: Timing,
    /// Hash and height of the last final block of the store.
    pub last_final: (Hash, u64),
}

/// Why there is no committee.
#[derive(Debug, Error)]
pub enum CommitteeError {
    /// The number of places is not that of the validators.
    #[error("found {found} places, expected one for each of {expected} validators")]
    Seats {
        /// How many places there are.
        found: usize,
        /// How many validators.
        expected: usize,
    },
    /// The persisted bytes are none of a committee's.
    #[error("found {found} bytes that are no state of a committee, expected what was persisted last")]
    Damaged {
        /// How many bytes.
        found: usize,
    },
    /// The persisted state is of other validators.
    #[error("found the state of validators {found}, expected that of {expected}")]
    OtherValidators {
        /// Hash of their set.
        found: Hash,
        /// Hash of this set.
        expected: Hash,
    },
    /// The store has another chain than the committee, or has lost final blocks.
    #[error(
        "found block {found} of height {height} in the store, expected an ancestor of {expected}, the last final one"
    )]
    OtherChain {
        /// The store's last block.
        found: Hash,
        /// Its height.
        height: u64,
        /// The committee's last final block.
        expected: Hash,
    },
    /// Too many validators do not vote, or have lost their records.
    #[error("found weight {found} of validators that may vote, expected at least {expected}")]
    Quorum {
        /// Their weight.
        found: u128,
        /// What decides.
        expected: u128,
    },
}

/// A block that a leader asked for.
#[derive(Clone, Copy, Debug)]
struct Request {
    leader: ValidatorIndex,
    view: View,
    parent: Candidate,
}

/// Validators in one process.
pub struct Committee {
    set: Arc<ValidatorSet>,
    schedule: Schedule,
    replicas: Vec<Replica>,
    /// When each replica wants its next tick.
    timers: Vec<Option<u64>>,
    queue: VecDeque<(ValidatorIndex, Event)>,
    /// Blocks that are being made, in the order in which they were asked for.
    requests: VecDeque<Request>,
    blocks: Blocks,
    /// What is persisted next.
    saved: Saved,
    /// Whether that differs from what was persisted last.
    unsaved: bool,
    unfinalized: Unfinalized,
    /// What was persisted as final and is not in the store yet, each after its parent.
    to_adopt: Vec<Hash>,
    started: bool,
    halted: bool,
    clock: Clock,
    timer_ms: Option<u64>,
    effects: Vec<Effect>,
}

impl Committee {
    /// Makes a committee that goes on from what was persisted, or begins on the store's last block. It acts from the
    /// first [`Input::Tick`] on.
    ///
    /// # Errors
    /// [`CommitteeError`].
    pub fn new(setup: CommitteeSetup, persisted: Option<&[u8]>) -> Result<Self, CommitteeError> {
        let CommitteeSetup { chain, set, seats, timing, last_final } = setup;
        if seats.len() != set.len() {
            return Err(CommitteeError::Seats { found: seats.len(), expected: set.len() });
        }
        let saved = persisted.map(|bytes| Saved::read(bytes, &set)).transpose()?;
        let saved = match saved {
            None => Saved::begin(Epoch(0), last_final, &set),
            // Another engine went on since.
            Some(saved) if last_final.1 > saved.adopted.height => Saved::begin(saved.term.next(), last_final, &set),
            Some(saved) => saved,
        };
        let to_adopt = saved.above(last_final)?;
        let voting = may_vote(&seats, &saved);
        let (found, expected) = (set.weight_of(&voting), quorum_weight(set.total()));
        if found < expected {
            return Err(CommitteeError::Quorum { found, expected });
        }
        let validators = ValidatorIndex::try_from(set.len()).expect("a set has at most MAX_VALIDATORS");
        let schedule = Schedule::all(validators);
        let replica = |((me, seat), kept): ((ValidatorIndex, Seat), &SavedSeat)| {
            let rules = EpochRules {
                epoch: saved.term,
                start: saved.start,
                last_height: u64::MAX,
                schedule: schedule.clone(),
                me: voting.contains(me).then_some(me),
            };
            let overlay = Overlay::new(validators, &schedule, &[], chain);
            let setup = Setup { chain, rules, set: set.clone(), overlay, timing, scheme: seat.scheme };
            Replica::new(setup, Some(kept.restore(saved.term)))
        };
        let replicas: Vec<Replica> = (0..validators).zip(seats).zip(&saved.seats).map(replica).collect();
        let timers = vec![None; replicas.len()];
        Ok(Self {
            schedule,
            replicas,
            timers,
            queue: VecDeque::new(),
            requests: VecDeque::new(),
            blocks: Blocks::new(&saved),
            saved,
            unsaved: false,
            unfinalized: Unfinalized::default(),
            to_adopt,
            started: false,
            halted: false,
            clock: Clock::default(),
            timer_ms: None,
            effects: Vec::new(),
            set,
        })
    }
}

/// Who may vote: whoever takes part and still has a record.
fn may_vote(seats: &[Seat], saved: &Saved) -> Signers {
    let mut voting = Signers::none(seats.len());
    for ((index, seat), kept) in (0..).zip(seats).zip(&saved.seats) {
        if seat.votes && kept.record(saved.term).is_some() {
            voting.insert(index);
        }
    }
    voting
}

impl Engine for Committee {
    fn awaited(&self) -> Vec<Hash> {
        self.to_adopt.iter().copied().chain(self.blocks.pending().map(|candidate| candidate.place.digest)).collect()
    }

    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        self.clock.set(now_ms);
        if self.halted {
            return Vec::new();
        }
        match input {
            Input::Tick => self.tick(),
            Input::Built { hash } => self.built(hash),
            Input::BuildFailed => self.build_failed(),
            Input::Validated { hash, valid } => self.validated(hash, valid),
            // Blocks are made by the clock, and what was adopted is known here.
            Input::PoolChanged { .. } | Input::MakeBlock | Input::Adopted { .. } => {}
            // Nothing comes from other processes.
            Input::Message { .. } | Input::Received(_) | Input::Synced { .. } => {}
        }
        self.run();
        self.finish()
    }
}
