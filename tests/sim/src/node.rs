//! A whole node without a network: the replica of its epoch, chain, pool and disk, driven by inputs.
//!
//! It performs a replica's actions in order and stops at the first that fails, as every driver must. What it sends and
//! what an invariant has to know comes out as data. It leaves out time, faults and who is honest.

mod act;
mod recover;
mod sync;

use crate::block::Wire;
use crate::chain::{Chain, MAX_OPEN, Verdict};
use crate::disk::{Disk, DiskError, Proof};
use crate::epoch::{Params, Plan};
use crate::faults::{Fault, Tally};
use crate::ledger::Packed;
use crate::oracle::Note;
use crate::random::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use tenon_core::consensus::bbft::{
    Candidate, Certificate, Epoch, Event, Input as Answer, Message, Place, Record, Refusals, Replica, ValidatorIndex,
    View,
};
use tenon_core::pool::{Pool, PoolLimits};
use tenon_types::Hash;

/// Blocks asked for and not here yet.
pub(crate) const MAX_WANTED: usize = 64;
/// Certified places whose candidates are looked for.
pub(crate) const MAX_FETCHING: usize = 64;
/// Transactions that a leader looks at for a block.
const MAX_CONSIDERED: usize = 64;
/// How often a node looks whether it lacks something.
pub(crate) const POLL_MS: u64 = 100;
/// After how long without a final block a validator asks whether others have one.
const STALL_MS: u64 = 400;
/// The least time between two questions because of a message from a later epoch.
const ASK_AGAIN_MS: u64 = 30;

/// What a node is given.
pub(crate) enum Input {
    /// The timer that was set to this time.
    Tick(u64),
    /// The answer to an action.
    Answer(Answer),
    /// Somebody sent something.
    Wire { from: u8, wire: Rc<Wire> },
    /// Time to look whether something is missing.
    Poll,
}

impl Input {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Tick(_) => "tick",
            Self::Answer(_) => "answer",
            Self::Wire { wire, .. } => wire.kind(),
            Self::Poll => "poll",
        }
    }
}

/// What a node gives.
pub(crate) enum Out {
    /// Send to a participant.
    Send { to: u8, wire: Rc<Wire> },
    /// Give [`Input::Tick`] at this time by the node's clock.
    Timer(u64),
    /// Give [`Input::Answer`] soon.
    Answer(Answer),
    /// For the invariants.
    Note(Note),
}

/// Why a node stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    /// It lost power.
    Crash,
    /// Its disk failed; it does nothing more before it is started again.
    Disk(DiskError),
}

/// A message that the node itself refused, before the replica saw it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    /// From who is no validator of the epoch.
    pub(crate) stranger: u64,
    /// A proposal that does not say what its block says.
    pub(crate) unbound: u64,
    /// Final blocks without a proof.
    pub(crate) unproven: u64,
    /// A transaction that its account did not sign.
    pub(crate) unsigned: u64,
    /// A transaction that the pool did not take.
    pub(crate) unpooled: u64,
    /// A block that nobody asked for.
    pub(crate) unwanted: u64,
}

/// A node that runs.
pub(crate) struct Node {
    pub(crate) params: Rc<Params>,
    pub(crate) identity: u8,
    pub(crate) disk: Disk,
    pub(crate) chain: Chain,
    pub(crate) plan: Plan,
    pub(crate) me: Option<ValidatorIndex>,
    pub(crate) replica: Replica,
    previous: Option<(Plan, Replica)>,
    pool: Pool,
    /// The proof of the last final block of each epoch.
    proofs: BTreeMap<Epoch, Proof>,
    waiting: Option<Candidate>,
    /// The block that is to be made: its view, its parent, whether it must be empty.
    building: Option<(View, Candidate, bool)>,
    fetching: Vec<Place>,
    pending: Option<(Candidate, Certificate)>,
    ended: bool,
    wanted: BTreeSet<Hash>,
    timer_at: Option<u64>,
    last_final_ms: u64,
    last_asked_ms: u64,
    last_farewell_ms: u64,
    /// The record that is certain to be on disk.
    pub(crate) last_record: Option<Record>,
    now_ms: u64,
    random: Random,
    pub(crate) out: Vec<Out>,
    /// After how many more points between actions it loses power.
    pub(crate) points_left: Option<u64>,
    /// Points passed so far.
    pub(crate) points: u64,
    /// Whether it votes for blocks without a look.
    pub(crate) blind: bool,
    pub(crate) tally: Tally,
    pub(crate) refused: Refused,
    /// What the replicas of earlier epochs refused.
    earlier: Refusals,
    /// Events that the replicas handled.
    pub(crate) steps: u64,
}

impl Node {
    /// Takes an input at a time by its own clock.
    ///
    /// # Errors
    /// [`Stop`], after which it is to be booted anew from its disk.
    pub(crate) fn take(&mut self, now_ms: u64, input: Input) -> Result<(), Stop> {
        self.now_ms = now_ms;
        match input {
            Input::Tick(at_ms) if self.timer_at != Some(at_ms) => {}
            Input::Tick(at_ms) if now_ms < at_ms => self.out.push(Out::Timer(at_ms)),
            Input::Tick(_) => {
                self.timer_at = None;
                self.feed(Event::Tick)?;
            }
            Input::Answer(answer) => self.feed(Event::Answer(answer))?,
            Input::Wire { from, wire } => self.receive(from, wire)?,
            Input::Poll => self.poll()?,
        }
        self.enter_next_if_ended()?;
        self.check_bounds();
        Ok(())
    }

    /// What is always so of a node that runs: it waits for a time, and holds no more than it may.
    fn check_bounds(&mut self) {
        if self.timer_at.is_none() && !self.replica.machine().is_over() {
            let text = format!("no timer in epoch {}, {:?}", self.plan.epoch, self.replica.machine().record());
            self.out.push(Out::Note(Note::Broken { text }));
        }
        if self.chain.open_count() > MAX_OPEN {
            let text = format!("{} open blocks, expected at most {MAX_OPEN}", self.chain.open_count());
            self.out.push(Out::Note(Note::Broken { text }));
        }
    }

    /// Begins, or begins again after a boot.
    pub(crate) fn start(&mut self, now_ms: u64) -> Result<(), Stop> {
        self.now_ms = now_ms;
        self.last_final_ms = now_ms;
        self.log_epoch_if_new()?;
        self.feed(Event::Start)?;
        self.enter_next_if_ended()
    }

    /// The clock was set: what is due has to be planned anew.
    pub(crate) fn clock_changed(&mut self) {
        self.out.extend(self.timer_at.map(Out::Timer));
    }

    /// What was refused since the boot.
    pub(crate) fn refusals(&self) -> Refusals {
        add(self.earlier, self.replica.refusals())
    }

    /// What it waits for, for a failure.
    pub(crate) fn lacks(&self) -> String {
        let due_ms = self.timer_at.map(|at_ms| at_ms.cast_signed().wrapping_sub(self.now_ms.cast_signed()));
        let lacks = format!("waits to check {:?}, to commit {:?}, for {:?}", self.waiting, self.pending, self.fetching);
        format!("{lacks}, to build {:?}, timer in {due_ms:?} ms", self.building)
    }

    /// A point at which the node may lose power.
    fn point(&mut self) -> Result<(), Stop> {
        self.points += 1;
        match &mut self.points_left {
            Some(0) => Err(Stop::Crash),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn feed(&mut self, event: Event) -> Result<(), Stop> {
        self.steps += 1;
        for action in self.replica.handle(self.now_ms, event) {
            self.point()?;
            self.perform(action)?;
        }
        Ok(())
    }

    fn receive(&mut self, from: u8, wire: Rc<Wire>) -> Result<(), Stop> {
        let owned = match Rc::try_unwrap(wire) {
            Ok(wire) => wire,
            Err(shared) => Wire::clone(&shared),
        };
        match owned {
            Wire::Consensus { epoch, message, block } if epoch == self.plan.epoch => {
                return self.on_message(from, message, block);
            }
            Wire::Consensus { epoch, .. } => self.on_other_epoch(from, epoch),
            Wire::Want(digest) => {
                if let Some(block) = self.chain.get(&digest) {
                    let wire = Wire::Block(Rc::clone(block));
                    self.send(from, wire);
                }
            }
            Wire::Block(block) => {
                if !self.wanted.remove(&block.digest) {
                    self.refused.unwanted += 1;
                } else if self.chain.insert(&block, &self.plan, self.replica.machine().record().cur, true) {
                    return self.reconsider();
                }
            }
            Wire::Behind { epoch, height } => self.serve(from, epoch, height),
            Wire::Final { epoch, blocks, certificate } => return self.on_final(from, epoch, &blocks, certificate),
            Wire::Transaction(packed) => self.on_transaction(&packed),
        }
        Ok(())
    }

    fn on_message(&mut self, from: u8, message: Message, block: Option<Rc<crate::block::Block>>) -> Result<(), Stop> {
        let Some(index) = self.plan.index_of(from) else {
            self.refused.stranger += 1;
            return Ok(());
        };
        if let Message::Proposal(proposal) = &message {
            let Some(block) = block.filter(|block| block.candidate() == proposal.candidate) else {
                self.refused.unbound += 1;
                return Ok(());
            };
            self.chain.insert(&block, &self.plan, self.replica.machine().record().cur, false);
        }
        self.feed(Event::Message { from: index, message })
    }

    /// A message of an epoch that is not the current one: who is behind is told, who is ahead is asked.
    fn on_other_epoch(&mut self, from: u8, epoch: Epoch) {
        if epoch > self.plan.epoch {
            if self.now_ms.saturating_sub(self.last_asked_ms) >= ASK_AGAIN_MS || self.now_ms < self.last_asked_ms {
                self.ask(from);
            }
            return;
        }
        let waited = self.now_ms.saturating_sub(self.last_farewell_ms) >= ASK_AGAIN_MS;
        let farewell = self.previous.as_ref().filter(|(plan, _)| plan.epoch == epoch && plan.index_of(from).is_some());
        if let Some(message) = farewell.filter(|_| waited).and_then(|(_, replica)| replica.farewell()) {
            self.last_farewell_ms = self.now_ms;
            self.send(from, Wire::Consensus { epoch, message, block: None });
        }
    }

    fn on_transaction(&mut self, packed: &Packed) {
        if !packed.transaction.is_authentic(self.params.seed) {
            self.refused.unsigned += 1;
            return;
        }
        let account = self.chain.head().state.accounts.get(usize::from(packed.transaction.account)).copied();
        let nonce = account.map_or(0, |account| account.nonce);
        let height = u32::try_from(self.chain.height()).unwrap_or(u32::MAX);
        if self.pool.add(packed.checked(&self.params.extrinsic), nonce, height).is_err() {
            self.refused.unpooled += 1;
        }
    }

    fn send(&mut self, to: u8, wire: Wire) {
        self.out.push(Out::Send { to, wire: Rc::new(wire) });
    }

    /// Other participants, chosen at random.
    fn some_others(&mut self, count: usize) -> Vec<u8> {
        let participants = self.params.stakes.len();
        let drawn: Vec<u8> = (0..count).filter_map(|_| u8::try_from(self.random.index(participants)).ok()).collect();
        drawn.into_iter().filter(|identity| *identity != self.identity).collect()
    }

    fn want(&mut self, digest: Hash) {
        if self.wanted.len() < MAX_WANTED && self.wanted.insert(digest) {
            for to in self.some_others(2) {
                self.send(to, Wire::Want(digest));
            }
        }
    }

    /// Looks again at what waited for blocks.
    fn reconsider(&mut self) -> Result<(), Stop> {
        self.validate_waiting();
        self.try_build();
        let fetching = std::mem::take(&mut self.fetching);
        let root = self.replica.machine().committed().place.view;
        for place in fetching.into_iter().filter(|place| place.view > root) {
            self.fetch(place);
        }
        self.try_commit()
    }

    fn validate_waiting(&mut self) {
        let Some(candidate) = self.waiting else { return };
        let place = candidate.place;
        let verdict = match self.chain.get(&place.digest) {
            Some(block) if block.candidate() != candidate => Verdict::Invalid,
            _ => self.chain.execute(&self.params, &self.plan, &place.digest),
        };
        let valid = match verdict {
            Verdict::Missing(digest) => return self.want(digest),
            Verdict::Valid(_) => true,
            Verdict::Invalid => {
                if self.blind {
                    self.tally.count(Fault::BlindVote);
                }
                self.blind
            }
        };
        self.waiting = None;
        self.out.push(Out::Answer(Answer::Validated { place, valid }));
    }

    fn fetch(&mut self, place: Place) {
        if let Some(block) = self.chain.get(&place.digest).filter(|block| block.place() == place) {
            let answer = Answer::Candidate(block.candidate());
            self.out.push(Out::Answer(answer));
        } else if self.fetching.len() < MAX_FETCHING && !self.fetching.contains(&place) {
            self.fetching.push(place);
            self.want(place.digest);
        }
    }
}

fn empty_pool() -> Pool {
    Pool::new(PoolLimits { max_transactions: 256, max_per_account: 32, ..PoolLimits::default() })
}

pub(crate) fn add(one: Refusals, other: Refusals) -> Refusals {
    Refusals {
        malformed: one.malformed + other.malformed,
        forged: one.forged + other.forged,
        stale: one.stale + other.stale,
        known: one.known + other.known,
    }
}
