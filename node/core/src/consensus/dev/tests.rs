//! The engine driven in simulated time.

use super::*;
use crate::consensus::FINALITY_GAP_MS;
use tenon_types::blake2b_256;

const GENESIS: Hash = Hash([1; 32]);
const PRODUCER: Address = Address([2; 32]);

fn engine_at(mode: DevMode, start_ms: u64) -> DevEngine {
    DevEngine::new(mode, start_ms, GENESIS, PRODUCER)
}

fn build(parent: Hash, time_ms: u64) -> Effect {
    let (parent_signers, missed) = (Vec::new(), Vec::new());
    let (view, parent_view, evidence) = (0, 0, Vec::new());
    let producer = PRODUCER;
    Effect::Build(BlockPlan {
        parent,
        time_ms,
        producer,
        parent_signers,
        view,
        parent_view,
        missed,
        evidence,
        empty: false,
    })
}

/// A driver without a chain: it keeps the timer, makes blocks in a given time, and writes down what happened when.
struct Driver {
    engine: DevEngine,
    now_ms: u64,
    timer_ms: Option<u64>,
    /// A block being made: when it is announced.
    building_ms: Option<u64>,
    build_ms: u64,
    /// Transactions that can be included, and how many of them a block takes.
    ready: usize,
    room: usize,
    built_ms: Vec<u64>,
    announced: Vec<(u64, Hash)>,
    finalized: Vec<(u64, Hash)>,
}

impl Driver {
    fn new(mode: DevMode, build_ms: u64) -> Self {
        let mut driver = Self {
            engine: engine_at(mode, 1_000),
            now_ms: 1_000,
            timer_ms: None,
            building_ms: None,
            build_ms,
            ready: 0,
            room: usize::MAX,
            built_ms: Vec::new(),
            announced: Vec::new(),
            finalized: Vec::new(),
        };
        driver.give(Input::Tick);
        driver
    }

    fn give(&mut self, input: Input) {
        for effect in self.engine.handle(self.now_ms, input) {
            match effect {
                Effect::Build(plan) => {
                    assert!(self.building_ms.is_none(), "a block is asked for while one is being made");
                    assert_eq!(plan.time_ms, self.now_ms);
                    assert_eq!(plan.parent, self.announced.last().map_or(GENESIS, |(_, hash)| *hash));
                    self.built_ms.push(plan.time_ms);
                    self.building_ms = Some(self.now_ms + self.build_ms);
                }
                Effect::Finalize { hash, .. } => self.finalized.push((self.now_ms, hash)),
                Effect::SetTimer { at_ms } => self.timer_ms = Some(at_ms),
                Effect::Adopt { hash } => self.announced.push((self.now_ms, hash)),
                other => panic!("{other:?} of one producer"),
            }
        }
    }

    fn submit(&mut self, transactions: usize) {
        self.ready += transactions;
        self.give(Input::PoolChanged { has_ready: self.ready > 0 });
    }

    /// Lets time pass, giving what becomes due.
    fn run_until(&mut self, end_ms: u64) {
        while let Some(at_ms) = self.timer_ms.into_iter().chain(self.building_ms).min().filter(|at_ms| *at_ms <= end_ms)
        {
            self.now_ms = self.now_ms.max(at_ms);
            if self.building_ms.is_some_and(|building_ms| building_ms <= self.now_ms) {
                self.building_ms = None;
                let transactions = self.ready.min(self.room);
                self.ready -= transactions;
                let hash = blake2b_256(&self.announced.len().to_le_bytes());
                self.give(Input::Built { hash });
                assert_eq!(self.announced.last(), Some(&(self.now_ms, hash)), "one's own block is adopted at once");
                self.give(Input::Adopted { hash, transactions, has_ready: self.ready > 0, elected: None });
            } else {
                self.timer_ms = None;
                self.give(Input::Tick);
            }
        }
        self.now_ms = end_ms;
    }

    fn check_finality(&self) {
        for ((announced_ms, announced), (finalized_ms, finalized)) in self.announced.iter().zip(&self.finalized) {
            assert_eq!(announced, finalized, "blocks become final in order");
            assert!(finalized_ms - announced_ms >= FINALITY_GAP_MS, "final {} ms later", finalized_ms - announced_ms);
        }
    }
}

const INTERVAL: DevMode = DevMode::Interval { interval_ms: 500 };

#[test]
fn makes_empty_blocks_at_the_interval_and_finalizes_them_after_the_gap() {
    let mut driver = Driver::new(INTERVAL, 7);
    driver.run_until(3_100);
    assert_eq!(driver.built_ms, [1_500, 2_000, 2_500, 3_000]);
    assert_eq!(driver.finalized.iter().map(|(at_ms, _)| *at_ms).collect::<Vec<_>>(), [1_557, 2_057, 2_557, 3_057]);
    driver.check_finality();
}

#[test]
fn finality_lags_without_holding_up_short_intervals() {
    let mut driver = Driver::new(DevMode::Interval { interval_ms: 10 }, 2);
    driver.run_until(2_000);
    assert_eq!(driver.built_ms.len(), 100);
    assert_eq!(driver.announced.len() - driver.finalized.len(), 5, "what was announced in the last 50 ms");
    driver.check_finality();
}

#[test]
fn does_not_make_up_for_intervals_lost_to_a_long_block() {
    let mut driver = Driver::new(INTERVAL, 1_700);
    driver.run_until(6_000);
    assert_eq!(driver.built_ms, [1_500, 3_200, 4_900]);
    driver.check_finality();
}

#[test]
fn on_demand_makes_a_block_for_ready_transactions_only() {
    let mut driver = Driver::new(DevMode::OnDemand, 3);
    driver.run_until(5_000);
    assert!(driver.built_ms.is_empty() && driver.timer_ms.is_none());
    driver.submit(0);
    assert!(driver.built_ms.is_empty());
    driver.submit(1);
    driver.submit(1);
    driver.run_until(6_000);
    assert_eq!((driver.built_ms.as_slice(), driver.finalized.len()), (&[5_000][..], 1));
    driver.check_finality();
}

#[test]
fn on_demand_goes_on_while_the_pool_has_more_than_a_block_takes() {
    let mut driver = Driver::new(DevMode::OnDemand, 3);
    driver.room = 10;
    driver.submit(35);
    driver.run_until(2_000);
    assert_eq!(driver.built_ms, [1_000, 1_003, 1_006, 1_009]);
    assert_eq!(driver.finalized.len(), 4);
}

#[test]
fn on_demand_does_not_spin_on_what_no_block_takes() {
    let mut driver = Driver::new(DevMode::OnDemand, 3);
    driver.room = 0;
    driver.submit(1);
    driver.run_until(10_000);
    assert_eq!(driver.built_ms.len(), 1);
    driver.submit(1);
    driver.run_until(20_000);
    assert_eq!(driver.built_ms.len(), 2);
}

#[test]
fn each_request_makes_a_block() {
    for mode in [DevMode::OnDemand, DevMode::Interval { interval_ms: 100_000 }] {
        let mut driver = Driver::new(mode, 3);
        (0..3).for_each(|_| driver.give(Input::MakeBlock));
        driver.run_until(2_000);
        assert_eq!(driver.built_ms, [1_000, 1_003, 1_006]);
        driver.check_finality();
    }
}

#[test]
fn a_failed_block_is_tried_again_at_the_next_occasion() {
    let mut engine = engine_at(INTERVAL, 0);
    assert_eq!(engine.handle(0, Input::Tick), [Effect::SetTimer { at_ms: 500 }]);
    assert_eq!(engine.handle(500, Input::Tick), [build(GENESIS, 500)]);
    assert_eq!(engine.handle(510, Input::BuildFailed), [Effect::SetTimer { at_ms: 1_000 }]);
    let mut engine = engine_at(DevMode::OnDemand, 0);
    let changed = Input::PoolChanged { has_ready: true };
    assert_eq!(engine.handle(1, changed.clone()), [build(GENESIS, 1)]);
    assert_eq!(engine.handle(2, Input::BuildFailed), []);
    assert_eq!(engine.handle(3, changed), [build(GENESIS, 3)]);
}

#[test]
fn a_clock_that_goes_back_does_not_stop_the_chain() {
    let mut engine = engine_at(INTERVAL, 1_000_000);
    engine.handle(1_000_000, Input::Tick);
    assert_eq!(engine.handle(5_000, Input::Tick), [Effect::SetTimer { at_ms: 5_500 }]);
    assert_eq!(engine.handle(5_500, Input::Tick)[0], build(GENESIS, 5_500));
    let executed = Input::Adopted { hash: Hash::ZERO, transactions: 0, has_ready: false, elected: None };
    assert_eq!(engine.handle(5_500, executed), [Effect::SetTimer { at_ms: 5_550 }]);
    assert_eq!(engine.handle(100, Input::Tick), [Effect::SetTimer { at_ms: 150 }]);
    assert_eq!(engine.handle(150, Input::Tick)[0], Effect::Finalize { hash: Hash::ZERO, finality: None });
}

#[test]
fn stops_at_the_bound_of_unfinalized_blocks_until_one_is_final() {
    let mut driver = Driver::new(DevMode::OnDemand, 0);
    driver.room = 1;
    driver.submit(MAX_UNFINALIZED + 10);
    driver.run_until(1_049);
    assert_eq!(driver.announced.len(), MAX_UNFINALIZED);
    driver.run_until(1_200);
    assert_eq!(driver.announced.len(), MAX_UNFINALIZED + 10);
    assert_eq!(driver.finalized.len(), MAX_UNFINALIZED + 10);
    driver.check_finality();
}
