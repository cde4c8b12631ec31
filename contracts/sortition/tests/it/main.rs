//! Tests of the module on the in-memory chain, with its real code. Invariants are checked after every step.

mod draws;
mod histories;
mod members;
mod odds;
mod seeds;
mod x_rows;

use sortition::{NewPool, SortitionRef};
use std::sync::OnceLock;
use tenon_contract::{Address, Amount, Hash};
use tenon_testkit::{Outcome, TestChain, alice, bob, charlie, dave, eve, ferdie, module_code};

/// What a lot costs.
const STAKE: Amount = 1_000_000_000_000;
/// How long a period lasts.
const PERIOD_MS: u64 = 60_000;
/// How many serve a partition.
const SEATS: u32 = 3;
/// What is drawn for.
const STREAM: Hash = Hash::new([7; 32]);
/// What everybody has at first.
const RICH: Amount = 1_000_000_000_000_000_000;

/// A chain with the module and a pool of Alice's, number 1.
#[derive(Clone)]
struct World {
    chain: TestChain,
    sortition: SortitionRef,
}

fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

/// An account of a number.
fn account(number: u64) -> Address {
    let mut bytes = [0xbb; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Address::new(bytes)
}

/// A value that somebody commits to in a period.
fn value(who: Address, period: u64) -> Hash {
    let mut bytes = *who.as_bytes();
    bytes[24..].copy_from_slice(&period.to_be_bytes());
    Hash::new(bytes)
}

/// Five brokers are in, and can be drawn. It is the beginning of period 2.
fn world() -> World {
    static MADE: OnceLock<World> = OnceLock::new();
    MADE.get_or_init(build).clone()
}

fn build() -> World {
    let chain = TestChain::with_modules(&[("sortition", &code(), SortitionRef::init(None))]);
    let sortition = SortitionRef::at(TestChain::module_address("sortition"));
    let mut world = World { chain, sortition };
    for who in [alice(), bob(), charlie(), dave(), eve(), ferdie()] {
        world.chain.set_coin(who, RICH);
    }
    let NewPool { stake, period_ms, seats } = pool();
    assert_eq!(world.chain.from(alice()).call(sortition.found(stake, period_ms, seats)).expect_ok(), 1);
    for who in brokers() {
        world.register(who).expect_ok();
    }
    world.reach_period(2);
    world
}

const fn pool() -> NewPool {
    NewPool { stake: STAKE, period_ms: PERIOD_MS, seats: SEATS }
}

fn brokers() -> [Address; 5] {
    [alice(), bob(), charlie(), dave(), eve()]
}

impl World {
    fn start_ms(&self) -> u64 {
        self.chain.query(self.sortition.pool(1)).expect("the pool exists").start_ms
    }

    fn period(&self) -> u64 {
        self.chain.query(self.sortition.period_of(1)).expect("the pool exists")
    }

    /// Lets time pass until a period begins, if it has not yet.
    fn reach_period(&mut self, period: u64) {
        let time_ms = self.start_ms() + period * PERIOD_MS;
        self.chain.set_time_ms(time_ms.max(self.chain.time_ms()));
    }

    /// Lets time pass until the second half of the period that runs.
    fn reach_opening(&mut self) {
        let time_ms = self.start_ms() + self.period() * PERIOD_MS + PERIOD_MS / 2;
        self.chain.set_time_ms(time_ms.max(self.chain.time_ms()));
    }

    fn register(&mut self, who: Address) -> Outcome<u64> {
        self.chain.from(who).call(self.sortition.register(1).with_value(STAKE))
    }

    fn leave(&mut self, who: Address) -> Outcome<()> {
        self.chain.from(who).call(self.sortition.leave(1, None))
    }

    fn commit_to(&mut self, who: Address, value: Hash) -> Outcome<()> {
        let commitment = self.sortition.commitment(1, self.period(), who, value);
        let commitment = self.chain.query(commitment).expect("a query");
        self.chain.from(who).call(self.sortition.commit(1, commitment))
    }

    fn commit(&mut self, who: Address) -> Outcome<()> {
        let value = value(who, self.period());
        self.commit_to(who, value)
    }

    fn open(&mut self, who: Address) -> Outcome<()> {
        let value = value(who, self.period());
        self.chain.from(who).call(self.sortition.open(1, value))
    }

    fn expel(&mut self, who: Address) -> Outcome<()> {
        self.chain.from(ferdie()).call(self.sortition.expel(1, who))
    }

    /// The five make the seed of the next period, which begins then.
    fn next_period(&mut self) -> u64 {
        let (period, all) = (self.period(), brokers());
        for who in all {
            self.commit(who).expect_ok();
        }
        self.reach_opening();
        for who in all {
            self.open(who).expect_ok();
        }
        self.reach_period(period + 1);
        period + 1
    }

    fn drawn(&self, partition: u16) -> Vec<Address> {
        let drawn = self.sortition.drawn(1, STREAM, partition, None);
        self.chain.query(drawn).expect("there is a seed")
    }

    fn owed(&self) -> Amount {
        self.chain.query(self.sortition.owed()).expect("a query")
    }

    fn held(&self) -> Amount {
        self.chain.coin(self.sortition.address())
    }
}
