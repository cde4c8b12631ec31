//! Committees driven in simulated time, whose blocks are hashes, and what is left of them after crashes.

use super::*;
use crate::consensus::bbft::testing::{Sums, equal_set};
use crate::consensus::{BlockPlan, FINALITY_GAP_MS};
use std::collections::{BTreeMap, BTreeSet};
use tenon_types::{Address, blake2b_256};

const GENESIS: Hash = Hash([1; 32]);
const VALIDATORS: ValidatorIndex = 4;
const INTERVAL_MS: u64 = 500;

fn setup(silent: &[ValidatorIndex], last_final: (Hash, u64)) -> CommitteeSetup {
    let seat = |me| Seat { scheme: Arc::new(Sums { me }), votes: !silent.contains(&me) };
    CommitteeSetup {
        chain: GENESIS,
        set: Arc::new(equal_set(VALIDATORS)),
        seats: (0..VALIDATORS).map(seat).collect(),
        timing: Timing { delay_ms: 500, interval_ms: INTERVAL_MS, max_delay_ms: 5_000 },
        last_final,
    }
}

/// A driver without execution. What it has on disk is apart from what is lost in a crash.
struct World {
    committee: Committee,
    silent: Vec<ValidatorIndex>,
    now_ms: u64,
    timer_ms: Option<u64>,
    /// How long a block takes to be made.
    build_ms: u64,
    /// Whose blocks break the rules, and whose cannot be made.
    invalid: Option<Address>,
    failing: Option<Address>,
    /// Effects that are performed before a crash.
    effects_left: Option<usize>,
    plans: BTreeMap<Hash, BlockPlan>,
    pending: BTreeSet<Hash>,
    discarded: Vec<Hash>,
    /// The chain as it was announced, genesis first, each block with its time.
    adopted: Vec<(Hash, u64)>,
    // On disk.
    persisted: Option<Vec<u8>>,
    kept: BTreeSet<Hash>,
    /// How many blocks of the chain are final.
    finalized: usize,
    finalized_ms: Vec<u64>,
}

impl World {
    fn new(silent: &[ValidatorIndex]) -> Self {
        let mut world = Self {
            committee: Committee::new(setup(silent, (GENESIS, 0)), None).expect("enough vote"),
            silent: silent.to_vec(),
            now_ms: 1_000_000,
            timer_ms: None,
            build_ms: 0,
            invalid: None,
            failing: None,
            effects_left: None,
            plans: BTreeMap::new(),
            pending: BTreeSet::new(),
            discarded: Vec::new(),
            adopted: vec![(GENESIS, 0)],
            persisted: None,
            kept: BTreeSet::new(),
            finalized: 0,
            finalized_ms: Vec::new(),
        };
        world.give(Input::Tick);
        world
    }

    fn head(&self) -> Hash {
        self.adopted.last().expect("genesis").0
    }

    fn crashed(&self) -> bool {
        self.effects_left == Some(0)
    }

    fn give(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let effects = self.committee.handle(self.now_ms, input);
            let seen = effects.iter().position(|effect| matches!(effect, Effect::Adopt { .. }));
            let written = effects.iter().position(|effect| matches!(effect, Effect::Persist { .. }));
            assert!(
                written.is_none_or(|place| place == 0)
                    && (seen.is_none() || written.is_some() || self.timer_ms.is_none())
            );
            for effect in effects {
                if self.crashed() {
                    return;
                }
                inputs.extend(self.perform(effect));
                self.effects_left = self.effects_left.map(|left| left - 1);
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Build(plan) => return Some(self.build(plan)),
            Effect::Validate { hash } => {
                let valid = self.pending.contains(&hash) && Some(self.plans[&hash].producer) != self.invalid;
                return Some(Input::Validated { hash, valid });
            }
            Effect::Persist { bytes } => {
                self.persisted = Some(bytes);
                self.kept = self.pending.iter().chain(self.adopted.iter().map(|(hash, _)| hash)).copied().collect();
            }
            Effect::Adopt { hash } => {
                assert_eq!(self.plans[&hash].parent, self.head(), "what is adopted stands on the head");
                assert!(self.pending.remove(&hash));
                self.adopted.push((hash, self.now_ms));
                return Some(Input::Adopted { hash, transactions: 0, has_ready: false, elected: None });
            }
            Effect::Discard { hash } => {
                assert!(self.pending.remove(&hash), "only what is pending is discarded");
                self.discarded.push(hash);
            }
            Effect::Send { .. } | Effect::Want { .. } => panic!("found {effect:?}, expected nothing for others"),
            Effect::Finalize { hash, .. } => {
                self.finalized += 1;
                assert_eq!(self.adopted[self.finalized].0, hash, "blocks become final in order");
                self.finalized_ms.push(self.now_ms);
            }
            Effect::SetTimer { at_ms } => self.timer_ms = Some(at_ms),
            Effect::Halt { reason } => panic!("{reason}"),
        }
        None
    }

    fn build(&mut self, plan: BlockPlan) -> Input {
        self.now_ms += self.build_ms;
        if Some(plan.producer) == self.failing {
            return Input::BuildFailed;
        }
        let hash = blake2b_256(format!("{plan:?} {}", self.plans.len()).as_bytes());
        assert!(plan.parent == self.head() || self.pending.contains(&plan.parent));
        self.plans.insert(hash, plan);
        self.pending.insert(hash);
        Input::Built { hash }
    }

    fn run_for(&mut self, length_ms: u64) {
        let end_ms = self.now_ms + length_ms;
        while let Some(at_ms) = self.timer_ms.filter(|at_ms| *at_ms <= end_ms && !self.crashed()) {
            self.now_ms = self.now_ms.max(at_ms);
            self.timer_ms = None;
            self.give(Input::Tick);
        }
        self.now_ms = self.now_ms.max(end_ms);
    }

    /// Loses all that is not on disk, and starts again.
    fn restart(&mut self) -> Result<(), CommitteeError> {
        let last = (self.adopted[self.finalized].0, self.finalized as u64);
        self.committee = Committee::new(setup(&self.silent, last), self.persisted.as_deref())?;
        let announced = self.adopted.split_off(self.finalized + 1);
        self.pending = self.committee.awaited().into_iter().collect();
        assert!(self.pending.is_subset(&self.kept), "what is awaited was kept");
        (self.effects_left, self.timer_ms) = (None, None);
        self.give(Input::Tick);
        let again: Vec<Hash> = self.adopted[self.finalized + 1..].iter().map(|(hash, _)| *hash).collect();
        assert!(announced.iter().all(|(hash, _)| again.contains(hash)), "what was announced is there again");
        Ok(())
    }

    fn plan_of(&self, height: usize) -> &BlockPlan {
        &self.plans[&self.adopted[height].0]
    }
}

fn account(index: u8) -> Address {
    Address([index; 32])
}

#[test]
fn blocks_come_at_the_interval_and_are_final_after_the_gap() {
    let mut world = World::new(&[]);
    world.run_for(10_000);
    assert!(world.adopted.len() >= 21 && world.discarded.is_empty(), "{} blocks", world.adopted.len());
    assert!(world.finalized + 2 >= world.adopted.len());
    assert!(world.adopted[1..].windows(2).all(|pair| pair[1].1 - pair[0].1 == INTERVAL_MS), "{:?}", world.adopted);
    for ((_, adopted_ms), finalized_ms) in world.adopted[1..].iter().zip(&world.finalized_ms) {
        assert_eq!(finalized_ms - adopted_ms, FINALITY_GAP_MS);
    }
    for height in 1..=20 {
        let plan = world.plan_of(height);
        assert_eq!(plan.producer, account((height % 4) as u8), "everybody leads in turn");
        assert!(plan.missed.is_empty() && !plan.empty);
        let signers: u32 = plan.parent_signers.iter().map(|byte| byte.count_ones()).sum();
        assert!(if height == 1 { signers == 0 } else { (3..=4).contains(&signers) }, "{signers} at {height}");
    }
}

#[test]
fn one_of_four_may_be_silent_whoever_it_is() {
    for silent in 0..VALIDATORS {
        let mut world = World::new(&[silent]);
        world.run_for(60_000);
        assert!(world.adopted.len() > 50, "{} blocks without {silent}", world.adopted.len());
        let plans: Vec<&BlockPlan> = (1..world.adopted.len()).map(|height| world.plan_of(height)).collect();
        let absent = account(silent as u8);
        assert!(plans.iter().all(|plan| plan.producer != absent && plan.missed.iter().all(|who| *who == absent)));
        assert!(plans.iter().filter(|plan| plan.missed == [absent]).count() > 10);
    }
}

#[test]
fn a_block_that_takes_long_is_adopted_all_the_same() {
    let mut world = World::new(&[]);
    world.build_ms = 20_000;
    world.run_for(300_000);
    assert!(world.adopted.len() > 10 && world.discarded.is_empty(), "{} blocks", world.adopted.len());
    assert!((1..world.adopted.len()).all(|height| world.plan_of(height).missed.is_empty()));
}

#[test]
fn an_invalid_block_is_discarded_and_its_leader_missed() {
    let mut world = World::new(&[]);
    world.invalid = Some(account(2));
    world.run_for(60_000);
    assert!(world.adopted.len() > 50 && world.discarded.len() > 10, "{} blocks", world.adopted.len());
    assert!(world.discarded.iter().all(|hash| world.plans[hash].producer == account(2)));
    assert!((1..world.adopted.len()).all(|height| world.plan_of(height).producer != account(2)));
    assert!(world.pending.len() <= 1, "what is beside the chain goes");
}

#[test]
fn a_leader_that_cannot_make_blocks_is_passed_over() {
    let mut world = World::new(&[]);
    world.failing = Some(account(3));
    world.run_for(60_000);
    assert!(world.adopted.len() > 50 && world.discarded.is_empty());
    assert!((1..world.adopted.len()).any(|height| world.plan_of(height).missed == [account(3)]));
}

#[test]
fn after_a_long_pause_the_chain_goes_on() {
    let mut world = World::new(&[]);
    world.run_for(5_250);
    for pause_ms in [3_000, 60_000, 3_600_000, 100_000_000] {
        let before = world.adopted.len();
        world.now_ms += pause_ms;
        world.run_for(10_000);
        assert!(world.adopted.len() >= before + 12, "{} blocks after {pause_ms} ms", world.adopted.len() - before);
    }
}

#[test]
fn a_clock_that_goes_back_does_not_stop_the_chain() {
    let mut world = World::new(&[]);
    for back_ms in [100, 900_000, 0] {
        world.run_for(5_000);
        let before = world.adopted.len();
        world.now_ms -= back_ms;
        // The driver's timer is by the wall clock; something else wakes the engine.
        world.give(Input::PoolChanged { has_ready: true });
        world.run_for(10_000);
        assert!(world.adopted.len() >= before + 18, "{} blocks after {back_ms} ms back", world.adopted.len() - before);
    }
}

#[test]
fn a_crash_after_any_effect_loses_nothing_that_was_announced() {
    for crash_at in 1..60 {
        let mut world = World::new(&[]);
        world.effects_left = Some(crash_at);
        world.run_for(30_000);
        assert!(world.crashed());
        let announced = world.adopted.len();
        world.restart().expect("what was persisted reads");
        world.run_for(10_000);
        assert!(world.adopted.len() >= announced + 15, "crash at {crash_at}: {} blocks", world.adopted.len());
        assert!(world.finalized + 3 >= world.adopted.len());
    }
}

#[test]
fn many_crashes_in_a_row_do_not_stop_the_chain() {
    let mut world = World::new(&[1]);
    for round in 0..100 {
        world.effects_left = Some(7 + round % 23);
        world.run_for(60_000);
        world.restart().expect("what was persisted reads");
        world.run_for(700);
    }
    assert!(world.adopted.len() > 100, "{} blocks", world.adopted.len());
}

#[test]
fn a_validator_whose_record_is_torn_only_observes_and_two_of_them_stop_the_chain() {
    let mut world = World::new(&[]);
    world.run_for(5_000);
    let tear = |bytes: &[u8], index: usize| {
        let mut saved = Saved::read(bytes, &equal_set(VALIDATORS)).expect("it was persisted");
        saved.seats[index].record.pop();
        parity_scale_codec::Encode::encode(&saved)
    };
    world.persisted = world.persisted.as_deref().map(|bytes| tear(bytes, 2));
    for _ in 0..2 {
        let before = world.adopted.len();
        world.restart().expect("three are enough");
        world.run_for(30_000);
        assert!(world.adopted.len() > before + 20, "{} blocks", world.adopted.len());
        assert!((before..world.adopted.len()).all(|height| world.plan_of(height).producer != account(2)));
    }
    world.persisted = world.persisted.as_deref().map(|bytes| tear(bytes, 0));
    assert!(matches!(world.restart(), Err(CommitteeError::Quorum { found: 2, expected: 3 })));
}

#[test]
fn blocks_of_another_engine_begin_a_new_term() {
    let mut world = World::new(&[]);
    world.run_for(5_000);
    let first = Saved::read(world.persisted.as_deref().expect("written"), &equal_set(VALIDATORS)).expect("whole");
    let other = Hash([9; 32]);
    let last = (other, world.finalized as u64 + 50);
    let committee = Committee::new(setup(&[], last), world.persisted.as_deref()).expect("the chain went on");
    assert_eq!((first.term, committee.saved.term), (Epoch(0), Epoch(1)));
    assert_eq!((committee.saved.start.place.digest, committee.saved.start.height), last);
    assert!(committee.awaited().is_empty());
}

#[test]
fn refuses_what_it_cannot_go_on_from() {
    let mut world = World::new(&[]);
    world.run_for(5_000);
    let bytes = world.persisted.clone().expect("written");
    let begin = |setup, bytes: &[u8]| Committee::new(setup, Some(bytes)).err().expect("refused");
    let last = (world.adopted[world.finalized].0, world.finalized as u64);
    for length in [0, 1, bytes.len() - 1] {
        let error = begin(setup(&[], last), &bytes[..length]);
        assert!(matches!(error, CommitteeError::Damaged { found } if found == length), "{error}");
    }
    let error = begin(setup(&[], (Hash([9; 32]), 3)), &bytes);
    assert!(matches!(error, CommitteeError::OtherChain { height: 3, .. }), "{error}");
    let mut fewer = setup(&[], last);
    fewer.seats.pop();
    assert!(matches!(begin(fewer, &bytes), CommitteeError::Seats { found: 3, expected: 4 }));
    let mut others = setup(&[], last);
    others.set = Arc::new(crate::consensus::bbft::testing::weighted_set(&[1, 1, 1, 2]));
    assert!(matches!(begin(others, &bytes), CommitteeError::OtherValidators { .. }));
    assert!(matches!(begin(setup(&[0, 1], last), &bytes), CommitteeError::Quorum { found: 2, expected: 3 }));
}
