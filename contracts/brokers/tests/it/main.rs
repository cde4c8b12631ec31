//! Tests of the module on the in-memory chain, with its real code. Invariants are checked after every step.

mod agreement;
mod brokers_of;
mod histories;
mod hostile;
mod lifecycle;
mod lots;
mod money;
mod progress;
mod rolling;
mod windows;
mod x_rows;

use assets::{AssetsRef, UNLIMITED};
use brokers::{BrokersRef, Currency, Progress, Reward};
use sortition::SortitionRef;
use streams::StreamsRef;
use tenon_contract::{Address, Amount, Call, Hash};
use tenon_testkit::{Outcome, TestChain, Transaction, account, alice, by, eve, module_code};

/// How long a round lasts, and both of its windows.
const INTERVAL_MS: u64 = 60_000;
const COMMIT_MS: u64 = 20_000;
const REVEAL_MS: u64 = 30_000;
/// How long before its first round a coordination is opened: time to name every broker.
const AHEAD_MS: u64 = 200_000;
/// The asset that some pots are paid in.
const GOLD: u64 = 1;
/// What people have of it.
const RICH: Amount = 1_000_000;
/// The salt of every commitment.
const SALT: Hash = Hash::new([9; 32]);
/// What a round pays.
const REWARD: Amount = 1_000;
/// Enough coin for every fee and deposit.
const PLENTY: Amount = 1_000_000_000_000_000;

/// A chain with assets, streams and brokers. Alice owns a stream.
#[derive(Clone)]
struct World {
    chain: TestChain,
    brokers: BrokersRef,
    streams: StreamsRef,
    assets: AssetsRef,
    stream: Hash,
    start_ms: u64,
}

fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

fn code_of(name: &str) -> Vec<u8> {
    module_code(&format!("{}/../{name}", env!("CARGO_MANIFEST_DIR")))
}

/// The broker of a number.
fn broker(number: usize) -> Address {
    account(&format!("Broker{number}"))
}

/// A rolling hash, as good as any for who does not look into it.
fn rolling(byte: u8) -> Hash {
    Hash::new([byte; 32])
}

/// A stream that is not coordinated.
fn bare() -> World {
    let chain = TestChain::with_modules(&[
        ("assets", &code_of("assets"), AssetsRef::init(None)),
        ("streams", &code_of("streams"), StreamsRef::init()),
        ("sortition", &code_of("sortition"), SortitionRef::init(None)),
        ("brokers", &code(), BrokersRef::init(None)),
    ]);
    let at = TestChain::module_address;
    let (assets, streams) = (AssetsRef::at(at("assets")), StreamsRef::at(at("streams")));
    let brokers = BrokersRef::at(at("brokers"));
    let mut world = World { chain, brokers, streams, assets, stream: Hash::ZERO, start_ms: 0 };
    let issue = assets.issue("GOLD".into(), "GOLD".into(), 0, RICH, None, None, None, None, None, None, None);
    assert_eq!(world.by(alice(), issue).expect_ok(), GOLD);
    world.by(alice(), assets.approve(GOLD, brokers.address(), 0, UNLIMITED, None)).expect_ok();
    world.stream = world.by(alice(), streams.create("Weather".into(), None, None, None)).expect_ok();
    world
}

/// A stream with so many brokers from round 0 on, and a pot of so many rewards in coin.
fn world(count: usize, threshold_bps: Option<u16>, rewards: Amount) -> World {
    let mut world = opened(Some(Reward::Amount(REWARD)), None, threshold_bps);
    world.designate(0..count);
    if rewards > 0 {
        world.fund(rewards * REWARD).expect_ok();
    }
    world
}

/// A stream that is coordinated and has no brokers.
fn opened(reward: Option<Reward>, currency: Option<Currency>, threshold_bps: Option<u16>) -> World {
    let mut world = bare();
    world.start_ms = world.chain.time_ms() + AHEAD_MS;
    let call = world.open_call(reward, currency, threshold_bps);
    world.by(alice(), call).expect_ok();
    world
}

impl World {
    fn by<R: tenon_contract::parity_scale_codec::Decode>(&mut self, who: Address, call: Call<R>) -> Outcome<R> {
        self.chain.from(who).call(call)
    }

    fn open_call(&self, reward: Option<Reward>, currency: Option<Currency>, threshold_bps: Option<u16>) -> Call<()> {
        let start_ms = Some(self.start_ms);
        let (stream, brokers) = (self.stream, self.brokers);
        brokers.open(stream, INTERVAL_MS, COMMIT_MS, REVEAL_MS, reward, currency, threshold_bps, start_ms, None)
    }

    fn gold(&self) -> Currency {
        Currency::Asset { module: self.assets.address(), asset: GOLD }
    }

    /// Names brokers, who get coin for their fees.
    fn designate(&mut self, numbers: std::ops::Range<usize>) {
        let stream = self.stream;
        numbers.clone().for_each(|number| self.chain.set_coin(broker(number), PLENTY));
        let calls: Vec<_> = numbers.map(|number| by(alice(), self.brokers.designate(stream, broker(number)))).collect();
        self.all_succeed(&calls);
    }

    fn all_succeed(&mut self, transactions: &[Transaction]) {
        for outcome in self.chain.block(transactions) {
            drop(outcome.expect_ok());
        }
    }

    fn fund(&mut self, amount: Amount) -> Outcome<()> {
        let call = self.brokers.fund(self.stream, Currency::Coin, amount).with_value(amount);
        self.by(alice(), call)
    }

    /// Lets time pass until a moment, if it has not come yet.
    fn reach(&mut self, time_ms: u64) {
        self.chain.set_time_ms(time_ms.max(self.chain.time_ms()));
    }

    fn end_of(&self, round: u64) -> u64 {
        self.start_ms + (round + 1) * INTERVAL_MS
    }

    fn reach_commit(&mut self, round: u64) {
        self.reach(self.end_of(round));
    }

    fn reach_reveal(&mut self, round: u64) {
        self.reach(self.end_of(round) + COMMIT_MS);
    }

    fn reach_settle(&mut self, round: u64) {
        self.reach(self.end_of(round) + COMMIT_MS + REVEAL_MS);
    }

    fn commitment(&self, who: Address, round: u64, events: u64, hash: Hash) -> Hash {
        let call = self.brokers.commitment(self.stream, round, who, events, hash, SALT, None);
        self.chain.query(call).expect("a query")
    }

    fn commit_call(&self, who: Address, round: u64, events: u64, hash: Hash) -> Transaction {
        by(who, self.brokers.commit(self.stream, round, self.commitment(who, round, events, hash)))
    }

    fn reveal_call(&self, who: Address, round: u64, events: u64, hash: Hash) -> Transaction {
        by(who, self.brokers.reveal(self.stream, round, events, hash, SALT, None))
    }

    /// Lets brokers commit to reports and open them: who, how many events, and the byte of the rolling hash.
    fn report(&mut self, round: u64, reports: &[(usize, u64, u8)]) {
        self.reach_commit(round);
        let of = |(number, events, byte): &(usize, u64, u8)| (broker(*number), *events, rolling(*byte));
        let commits: Vec<_> =
            reports.iter().map(of).map(|(who, events, hash)| self.commit_call(who, round, events, hash)).collect();
        self.all_succeed(&commits);
        self.reach_reveal(round);
        let reveals: Vec<_> =
            reports.iter().map(of).map(|(who, events, hash)| self.reveal_call(who, round, events, hash)).collect();
        self.all_succeed(&reveals);
    }

    fn settle(&mut self, round: u64) -> Outcome<()> {
        self.reach_settle(round);
        let call = self.brokers.settle(self.stream, round);
        self.by(eve(), call)
    }

    /// The same reports of the first so many brokers, settled.
    fn agree(&mut self, round: u64, count: usize, events: u64) -> Outcome<()> {
        let reports: Vec<_> = (0..count).map(|number| (number, events, 1)).collect();
        self.report(round, &reports);
        self.settle(round)
    }

    fn progress(&self) -> Option<Progress> {
        self.chain.query(self.brokers.progress(self.stream)).expect("a query")
    }

    fn events(&self) -> u64 {
        self.progress().map_or(0, |progress| progress.events)
    }

    fn pot(&self) -> Amount {
        self.chain.query(self.brokers.coordination(self.stream)).expect("it is coordinated").pot
    }

    fn credit(&self, number: usize) -> Amount {
        self.chain.query(self.brokers.credit_of(broker(number), Currency::Coin)).expect("a query")
    }

    fn credits(&self, numbers: std::ops::Range<usize>) -> Vec<Amount> {
        numbers.map(|number| self.credit(number)).collect()
    }
}
