//! BBFT in a process of its own: one validator, or a follower, among others whom it knows by messages alone.
//!
//! ```text
//! message    upon one of this epoch: to the replica; of the last one: who is behind is told; of a later one: nothing,
//!            what is synced leads there
//! block      upon a block that came: keep it if it is wanted or of a view that matters, else drop it
//! validate   upon a proposal: every ancestor is here and executed, its header says of the votes what all know, and the
//!            driver finds it valid
//! build      upon the leader's turn: on a parent that is here and executed
//! commit     upon a certificate that finalizes: the blocks up to it are executed, persisted with the proof, adopted
//!            oldest first, and made final after the gap that clients need
//! persist    in front of all that rests on it: no vote is sent that is not written, with the block that it is for
//! epoch      upon the adoption of its last block: the elected set, a new overlay, a fresh replica
//! synced     upon final blocks from others: the replica begins anew above them, with the record that it had
//! fault      upon proof that somebody contradicted themselves: into the blocks that are made here, until one is final;
//!            upon proof against this very key: stop, it runs twice
//! ```
//!
//! Whether it votes:
//!
//! ```text
//! persisted                         in the epoch of the store's next block   in later ones
//! whole, of this key                as its record says                       yes
//! nothing, the store is new         yes                                      if begun since the start
//! nothing, the store is not         no                                       if begun since the start
//! damaged, or of another key        no                                       if begun since the start
//! as the last three, but fresh      yes, unless damaged                      yes, unless damaged
//! ```
//!
//! The start is the first one since what was said is known; restarts in between do not count. Who has a seat and
//! observes still follows by messages; who has none follows by what is synced. It leaves out the network, the disk, and
//! executing blocks.

mod advance;
mod begin;
mod blocks;
mod epochs;
mod faults;
mod judge;
mod saved;
mod setup;
mod status;
mod step;
mod term;
#[cfg(test)]
mod tests;

pub use blocks::MAX_OPEN;
pub use faults::{EvidenceError, MAX_FAULTS_KEPT};
pub use judge::SealError;
pub use setup::{LastFinal, ParticipantError, ParticipantSetup, Supers};
pub use status::{Part, ParticipantStatus};

use super::bbft::{Candidate, Certificate, Event, Place, Refusals, Replica, View};
use super::clock::Clock;
use super::finality::Unfinalized;
use super::{BlockPlan, Effect, Engine, Finality, Input};
use begin::Begun;
use blocks::Blocks;
use faults::Faults;
use saved::Saved;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tenon_types::Hash;
use term::{BlsKey, Keys, Rules, Term};

/// Blocks that others were asked for and that are not here yet.
pub const MAX_WANTED: usize = 64;
/// Certified places whose candidates are looked for.
const MAX_FETCHING: usize = 64;
/// Events that the replica handles before the driver gets its turn again.
const MAX_EVENTS: usize = 1 << 12;
/// Certificates above the last final block. A machine votes no more after 2^16 views, each of which has one or two.
const MAX_CERTIFICATES_HELD: usize = 1 << 17;

/// A block that this node makes as a leader.
#[derive(Clone, Debug)]
struct Request {
    view: View,
    parent: Candidate,
    plan: BlockPlan,
}

/// A final block whose ancestors are not all executed here.
#[derive(Clone, Debug)]
struct Commit {
    candidate: Candidate,
    certificate: Certificate,
    /// How often one of them was refused, and when it is checked again.
    refused: u32,
    again_ms: Option<u64>,
}

/// The epoch before, for those who are still in it.
struct Past {
    term: Term,
    replica: Option<Replica>,
}

/// What was counted since the start.
#[derive(Clone, Debug, Default)]
struct Counts {
    /// Views that failed below final blocks.
    failed_views: u64,
    /// What the replicas before this one refused.
    earlier: Refusals,
    /// Proposals whose header says wrong things of the votes, and what was wrong with the last.
    false_seals: u64,
    last_false_seal: Option<SealError>,
    /// Blocks that were dropped, and messages of other epochs or that differ from their block.
    blocks_dropped: u64,
    messages_dropped: u64,
}

/// A validator or follower.
pub struct Participant {
    rules: Rules,
    term: Term,
    past: Option<Past>,
    /// Absent without a seat.
    replica: Option<Replica>,
    queue: VecDeque<Event>,
    /// When the replica wants its next tick.
    replica_ms: Option<u64>,
    blocks: Blocks,
    /// The proposal that is being checked.
    judging: Option<Candidate>,
    /// The block that is to be made once its parent is executed: its view, its parent, whether it must be empty.
    building: Option<(View, Candidate, bool)>,
    /// Blocks that are being made, in the order in which they were asked for; none where nobody wants it any more.
    requests: VecDeque<Option<Request>>,
    commit: Option<Commit>,
    fetching: BTreeSet<Place>,
    /// Blocks that others were asked for, and when to ask again.
    wanted: BTreeMap<Hash, u64>,
    faults: Faults,
    /// What is persisted next.
    saved: Saved,
    /// Whether that differs from what was persisted last, and whether it has to be written at once.
    unsaved: bool,
    must_save: bool,
    unfinalized: Unfinalized,
    /// What was persisted as final and is not in the store yet, each after its parent.
    to_adopt: Vec<(Hash, Option<Finality>)>,
    /// Whether the store lacks blocks below the head that only others have. Nothing is done before they are synced.
    behind: bool,
    started: bool,
    /// The view of which old blocks were dropped last.
    shed: View,
    halted: Option<String>,
    clock: Clock,
    timer_ms: Option<u64>,
    counts: Counts,
    effects: Vec<Effect>,
}

impl Participant {
    /// Makes a participant that goes on from what was persisted, or begins on the store's last block. It acts from the
    /// first [`Input::Tick`] on.
    ///
    /// # Errors
    /// [`ParticipantError`].
    pub fn new(mut setup: ParticipantSetup, persisted: Option<&[u8]>) -> Result<Self, ParticipantError> {
        let keys = Box::new(BlsKey(setup.key.take()));
        Self::with(setup, keys, persisted)
    }

    fn with(setup: ParticipantSetup, keys: Box<dyn Keys>, persisted: Option<&[u8]>) -> Result<Self, ParticipantError> {
        let Begun { rules, term, past, mut saved, to_adopt, must_save, behind } = begin::begin(setup, keys, persisted)?;
        let votes = saved.record.is_some();
        let seat = term.seat.filter(|_| !behind);
        let replica = seat.map(|_| rules.replica(&term, votes, Some(saved.restore())));
        if behind {
            // What they stand on has to come first.
            (saved.beyond, saved.pending) = (Vec::new(), Vec::new());
        }
        let mut blocks = Blocks::default();
        begin::reopen(&saved, &mut blocks);
        let faults = Faults::restore(&saved.faults, term.epoch);
        Ok(Self {
            rules,
            term,
            past: past.map(|term| Past { term, replica: None }),
            replica,
            queue: VecDeque::new(),
            replica_ms: None,
            blocks,
            judging: None,
            building: None,
            requests: VecDeque::new(),
            commit: None,
            fetching: BTreeSet::new(),
            wanted: BTreeMap::new(),
            faults,
            saved,
            unsaved: false,
            must_save,
            unfinalized: Unfinalized::default(),
            to_adopt,
            behind,
            started: false,
            shed: View(0),
            halted: None,
            clock: Clock::default(),
            timer_ms: None,
            counts: Counts::default(),
            effects: Vec::new(),
        })
    }
}

impl Engine for Participant {
    fn awaited(&self) -> Vec<Hash> {
        let line = self.to_adopt.iter().map(|(hash, _)| *hash);
        let beyond = self.saved.beyond.iter().map(|candidate| candidate.place.digest);
        let pending = self.saved.pending.iter().map(|block| block.candidate.place.digest);
        line.chain(beyond).chain(pending).collect()
    }

    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        self.clock.set(now_ms);
        if self.halted.is_some() {
            return Vec::new();
        }
        // A clock that is set back was ahead before.
        self.saved.since_ms = Some(self.saved.since_ms.map_or(now_ms, |since_ms| since_ms.min(now_ms)));
        if !std::mem::replace(&mut self.started, true) {
            self.start();
        }
        match input {
            Input::Tick => self.tick(),
            Input::Message { epoch, from, message } => self.message(epoch, from, message),
            Input::Received(block) => self.received(*block),
            Input::Built { hash } => self.built(hash),
            Input::BuildFailed => self.build_failed(),
            Input::Validated { hash, valid } => self.validated(hash, valid),
            Input::Adopted { hash, elected, .. } => self.adopted(hash, elected),
            Input::Synced { head, time_ms, finality, elected } => self.synced(head, time_ms, finality, elected),
            // Blocks are made by the clock.
            Input::PoolChanged { .. } | Input::MakeBlock => {}
        }
        self.run();
        self.finish()
    }
}
