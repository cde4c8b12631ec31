//! `sortition`: forty brokers register, make a seed, are drawn by it, and leave.

use crate::profile::Stage;
use sortition::{NewPool, SortitionRef};
use tenon_contract::{Address, Amount, Hash};
use tenon_testkit::{TestChain, account, alice, bob, eve};
use tenon_types::Parameters;

/// What a lot costs.
const STAKE: Amount = 10 * Parameters::COIN;
/// How long a period lasts.
const PERIOD_MS: u64 = 3_600_000;
/// How many serve a partition.
const SEATS: u32 = 31;
/// How many are in.
const BROKERS: usize = 40;
/// What is drawn for.
const STREAM: Hash = Hash::new([7; 32]);
/// The value of everybody.
const VALUE: Hash = Hash::new([5; 32]);

fn broker(number: usize) -> Address {
    account(&format!("Broker{number}"))
}

pub(super) fn scenario(stage: &mut Stage) {
    let sortition = SortitionRef::at(TestChain::module_address("sortition"));
    let first = NewPool { stake: STAKE, period_ms: PERIOD_MS, seats: SEATS };
    stage.create("without a pool", alice(), SortitionRef::init(None));
    stage.create("with its only pool", alice(), SortitionRef::init(Some(first)));
    let pool = stage.measure("", alice(), sortition.found(STAKE, PERIOD_MS, SEATS));
    let start_ms = stage.chain().query(sortition.pool(pool)).expect("it was founded").start_ms;
    for number in 0..BROKERS {
        stage.chain().set_coin(broker(number), 1_000 * Parameters::COIN);
        let register = sortition.register(pool).with_value(STAKE);
        match number {
            0 => stage.measure("the first of all", broker(number), register),
            39 => stage.measure("the fortieth", broker(number), register),
            _ => stage.prepare(broker(number), register),
        };
    }
    reach(stage, start_ms + PERIOD_MS);
    seed(stage, sortition, pool, start_ms);
    queries(stage, sortition, pool);
    endings(stage, sortition, pool, start_ms);
}

fn reach(stage: &mut Stage, time_ms: u64) {
    let now = stage.chain().time_ms();
    stage.chain().set_time_ms(time_ms.max(now));
}

/// All make the seed of period 2, but one, who commits and does not open.
fn seed(stage: &mut Stage, sortition: SortitionRef, pool: u64, start_ms: u64) {
    for number in 0..BROKERS {
        let who = broker(number);
        let commitment = stage.chain().query(sortition.commitment(pool, 1, who, VALUE)).expect("a query");
        let commit = sortition.commit(pool, commitment);
        match number {
            0 => stage.measure("the first of a period", who, commit),
            39 => stage.measure("", who, commit),
            _ => stage.prepare(who, commit),
        }
    }
    reach(stage, start_ms + PERIOD_MS + PERIOD_MS / 2);
    for number in 0..BROKERS - 1 {
        let open = sortition.open(pool, VALUE);
        if number == 0 { stage.measure("", broker(number), open) } else { stage.prepare(broker(number), open) }
    }
    reach(stage, start_ms + 2 * PERIOD_MS);
}

fn queries(stage: &mut Stage, sortition: SortitionRef, pool: u64) {
    let who = broker(0);
    stage.ask("", bob(), sortition.pool(pool));
    stage.ask("one", bob(), sortition.pools(None, None));
    stage.ask("", bob(), sortition.member(pool, who));
    stage.ask("forty", bob(), sortition.slots(pool, None, None));
    stage.ask("", bob(), sortition.period_of(pool));
    stage.ask("by a seed", bob(), sortition.may_commit(pool, who));
    stage.ask("", bob(), sortition.seed(pool, 2));
    stage.ask("31 of forty", bob(), sortition.drawn(pool, STREAM, 0, None));
    stage.ask("", bob(), sortition.commitment(pool, 2, who, VALUE));
    stage.ask("", bob(), sortition.owed());
}

fn endings(stage: &mut Stage, sortition: SortitionRef, pool: u64, start_ms: u64) {
    stage.measure("", eve(), sortition.expel(pool, broker(BROKERS - 1)));
    reach(stage, start_ms + 3 * PERIOD_MS);
    stage.measure("", eve(), sortition.forget(pool, 2));
    stage.measure("", broker(0), sortition.leave(pool, None));
    for number in 1..BROKERS - 1 {
        stage.prepare(broker(number), sortition.leave(pool, None));
    }
    stage.measure("of forty lots", alice(), sortition.dissolve(pool));
}
