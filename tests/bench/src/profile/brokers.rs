//! `brokers`: ten brokers report on a stream, then sixty-four, and are paid in coin.

use crate::profile::Stage;
use assets::AssetsRef;
use brokers::{BrokersRef, Currency, MAX_BROKERS, Reward, rolling};
use sortition::SortitionRef;
use streams::StreamsRef;
use tenon_contract::{Address, Amount, Call, Hash};
use tenon_testkit::{TestChain, account, alice, bob, eve};
use tenon_types::Parameters;

/// How long a round lasts, and both of its windows.
const INTERVAL_MS: u64 = 300_000;
const COMMIT_MS: u64 = 120_000;
const REVEAL_MS: u64 = 150_000;
/// How long before its first round a coordination is opened.
const AHEAD_MS: u64 = 200_000;
/// What a round pays.
const REWARD: Amount = Parameters::COIN;
/// The salt of commitments.
const SALT: Hash = Hash::new([9; 32]);
/// Brokers of the stream at first.
const FEW: usize = 10;

/// What stands on the stage.
#[derive(Clone, Copy)]
struct Coordinated {
    brokers: BrokersRef,
    stream: Hash,
    start_ms: u64,
}

pub(super) fn scenario(stage: &mut Stage) {
    let at = TestChain::module_address;
    let (brokers, streams) = (BrokersRef::at(at("brokers")), StreamsRef::at(at("streams")));
    stage.create("for the chain's own registry", alice(), BrokersRef::init(None));
    let stream = stage.prepare(alice(), streams.create("Weather".into(), None, None, None));
    let start_ms = stage.chain().time_ms() + AHEAD_MS;
    let coordinated = Coordinated { brokers, stream, start_ms };
    stage.measure("", alice(), coordinated.open(start_ms));
    for number in 0..FEW - 1 {
        stage.prepare(alice(), brokers.designate(stream, broker(number)));
    }
    stage.measure("the tenth", alice(), brokers.designate(stream, broker(FEW - 1)));
    fund(stage, coordinated);
    round(stage, coordinated, 0, FEW, "ten brokers");
    for number in FEW..MAX_BROKERS {
        stage.prepare(alice(), brokers.designate(stream, broker(number)));
    }
    // They were named while rounds 1 and 2 ran.
    round(stage, coordinated, 3, MAX_BROKERS, "64 brokers");
    queries(stage, coordinated);
    stage.measure("", broker(0), brokers.claim(Currency::Coin, None));
    stage.measure("by a broker, one of 64", broker(0), brokers.remove(stream, broker(0)));
    end(stage, coordinated, streams);
    lots(stage, brokers, streams);
}

fn broker(number: usize) -> Address {
    account(&format!("Broker{number}"))
}

impl Coordinated {
    fn open(&self, start_ms: u64) -> Call<()> {
        let reward = Some(Reward::Amount(REWARD));
        let Self { brokers, stream, .. } = *self;
        brokers.open(stream, INTERVAL_MS, COMMIT_MS, REVEAL_MS, reward, None, None, Some(start_ms), None)
    }

    fn reach(&self, stage: &mut Stage, round: u64, after_ms: u64) {
        let time_ms = self.start_ms + (round + 1) * INTERVAL_MS + after_ms;
        let now = stage.chain().time_ms();
        stage.chain().set_time_ms(time_ms.max(now));
    }
}

fn fund(stage: &mut Stage, Coordinated { brokers, stream, .. }: Coordinated) {
    let coin = |amount| brokers.fund(stream, Currency::Coin, amount).with_value(amount);
    stage.prepare(alice(), coin(100 * REWARD));
    stage.measure("in coin", bob(), coin(REWARD));
    let assets = AssetsRef::at(TestChain::module_address("assets"));
    let issue = assets.issue("Gold".into(), "GOLD".into(), 2, 1_000, None, None, None, None, None, None, None);
    let asset = stage.prepare(alice(), issue);
    let gold = Currency::Asset { module: assets.address(), asset };
    stage.prepare(alice(), assets.approve(asset, brokers.address(), 0, 1_000, None));
    let streams = StreamsRef::at(TestChain::module_address("streams"));
    let golden = stage.prepare(alice(), streams.create("Traffic".into(), None, None, None));
    let open = brokers.open(golden, INTERVAL_MS, COMMIT_MS, REVEAL_MS, None, Some(gold), None, None, None);
    stage.prepare(alice(), open);
    stage.measure("in an asset", alice(), brokers.fund(golden, gold, 500));
}

/// All report the same; the last of them are measured.
fn round(stage: &mut Stage, coordinated: Coordinated, round: u64, count: usize, case: &'static str) {
    let Coordinated { brokers, stream, .. } = coordinated;
    let (events, hash) = (100 * (round + 1), rolling::start(|_| Hash::new([3; 32]), &stream));
    (0..count).for_each(|number| stage.chain().set_coin(broker(number), 1_000 * Parameters::COIN));
    coordinated.reach(stage, round, 0);
    for number in 0..count {
        let who = broker(number);
        let commitment = stage.chain().query(brokers.commitment(stream, round, who, events, hash, SALT, None));
        let commit = brokers.commit(stream, round, commitment.expect("a query"));
        if number + 1 == count { stage.measure(case, who, commit) } else { stage.prepare(who, commit) }
    }
    coordinated.reach(stage, round, COMMIT_MS);
    for number in 0..count {
        let reveal = brokers.reveal(stream, round, events, hash, SALT, None);
        let who = broker(number);
        if number + 1 == count { stage.measure(case, who, reveal) } else { stage.prepare(who, reveal) }
    }
    if round == 0 {
        stage.ask("ten brokers", bob(), brokers.round(stream, round));
        stage.ask("", bob(), brokers.report(stream, round, broker(3)));
        stage.ask("one", bob(), brokers.open_rounds(stream, None, None));
    }
    coordinated.reach(stage, round, COMMIT_MS + REVEAL_MS);
    stage.measure(case, eve(), brokers.settle(stream, round));
}

fn queries(stage: &mut Stage, Coordinated { brokers, stream, start_ms }: Coordinated) {
    stage.ask("", bob(), brokers.progress(stream));
    stage.ask("", bob(), brokers.coordination(stream));
    stage.ask("two", bob(), brokers.coordinations(None, None));
    stage.ask("", bob(), brokers.round_of(stream, Some(start_ms + INTERVAL_MS)));
    stage.ask("", bob(), brokers.times(stream, 7));
    stage.ask("64 brokers", bob(), brokers.brokers(stream, 4));
    stage.ask("", bob(), brokers.reward(stream));
    let hash = Hash::new([3; 32]);
    stage.ask("", bob(), brokers.commitment(stream, 3, broker(1), 500, hash, SALT, None));
    stage.ask("", bob(), brokers.chain_start(stream));
    stage.ask("an event of 200 bytes", bob(), brokers.chain_next(hash, vec![7; 200]));
    stage.ask("", bob(), brokers.credit_of(broker(0), Currency::Coin));
    stage.ask("", bob(), brokers.owed(Currency::Coin));
    stage.ask("", bob(), brokers.registry());
}

fn end(stage: &mut Stage, coordinated: Coordinated, streams: StreamsRef) {
    let Coordinated { brokers, stream, .. } = coordinated;
    stage.measure("", alice(), brokers.stop(stream));
    coordinated.reach(stage, 5, COMMIT_MS + REVEAL_MS);
    stage.measure("64 brokers and a pot", eve(), brokers.close(stream));
    stage.prepare(alice(), streams.delete(stream));
    stage.chain().advance_ms(brokers::KEPT_MS);
    stage.measure("", eve(), brokers.forget(stream));
}

/// Of 40 who are in, 31 are drawn for a stream that had ten brokers.
fn lots(stage: &mut Stage, brokers: BrokersRef, streams: StreamsRef) {
    let sortition = SortitionRef::at(TestChain::module_address("sortition"));
    let (stake, value) = (Parameters::COIN, Hash::new([5; 32]));
    let pool = stage.prepare(eve(), sortition.found(stake, 10 * INTERVAL_MS, 31));
    let start_ms = stage.chain().query(sortition.pool(pool)).expect("it was founded").start_ms;
    let reach = |stage: &mut Stage, halves: u64| {
        let (now, then) = (stage.chain().time_ms(), start_ms + halves * 5 * INTERVAL_MS);
        stage.chain().set_time_ms(then.max(now));
    };
    let stream = stage.prepare(alice(), streams.create("Drawn".into(), None, None, None));
    let open = brokers.open(stream, INTERVAL_MS, COMMIT_MS, REVEAL_MS, None, None, None, None, None);
    stage.prepare(alice(), open);
    for number in 0..FEW {
        stage.prepare(alice(), brokers.designate(stream, broker(number)));
    }
    stage.measure("of ten who were named", alice(), brokers.choose_pool(stream, pool));
    for number in 0..40 {
        stage.prepare(broker(number), sortition.register(pool).with_value(stake));
    }
    reach(stage, 2);
    for number in 0..40 {
        let commitment = sortition.commitment(pool, 1, broker(number), value);
        let commitment = stage.chain().query(commitment).expect("a query");
        stage.prepare(broker(number), sortition.commit(pool, commitment));
    }
    reach(stage, 3);
    for number in 0..40 {
        stage.prepare(broker(number), sortition.open(pool, value));
    }
    reach(stage, 4);
    stage.measure("31 of 40", bob(), brokers.draw(stream));
    stage.ask("", bob(), brokers.lots(stream));
}
