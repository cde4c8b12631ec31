//! Random histories: people buy, extend, settle, cancel, resell and flag while brokers count and time passes. After
//! each step the invariants hold, the parts of all prices add up, and access is what the licences say.

use crate::{DAY_MS, Market, ROUND_MS, judge, key, market};
use licence::{Arbitration, Mode, Offer, Terms};
use tenon_contract::{Address, Amount, Hash};
use tenon_testkit::{Plan, Random, alice, bob, by, charlie, dave, eve, ferdie, histories};

const BUYERS: [fn() -> Address; 3] = [bob, charlie, ferdie];
const PRODUCTS: u64 = 5;

struct World {
    market: Market,
    events: u64,
    /// All the gold that people and modules have.
    gold: Amount,
}

fn everybody(market: &Market) -> Amount {
    let at = tenon_testkit::TestChain::module_address;
    let people = [alice(), bob(), charlie(), dave(), eve(), ferdie(), judge(), at("licence")];
    let modules = [at("brokers"), at("reputation")];
    people.iter().chain(&modules).map(|who| market.gold_of(*who)).sum()
}

fn world(random: &mut Random) -> World {
    let mut market = market();
    let minute = 60_000;
    let modes = [
        Mode::Time { period_ms: minute },
        Mode::Count { valid_ms: 5 * minute },
        Mode::Vesting { period_ms: minute },
        Mode::Locked { period_ms: 4 * minute, events: 3, wait_ms: 2 * ROUND_MS },
        Mode::PerEvent { valid_ms: 5 * minute, wait_ms: 2 * ROUND_MS },
    ];
    for mode in modes {
        let arbitration = Arbitration { decision_ms: minute, ..market.arbitration() };
        let broker_bps = u16::try_from(random.below(9_000)).expect("small");
        let terms = Terms {
            price: Amount::from(random.within(1, 97)),
            broker_bps: Some(broker_bps),
            arbitration: Some(arbitration),
            ..market.terms(mode)
        };
        market.publish(terms);
    }
    let gold = everybody(&market);
    World { market, events: 0, gold }
}

fn step(world: &mut World, random: &mut Random) {
    let market = &mut world.market;
    let (calls, reputation, gold) = (market.licence, market.reputation, market.gold());
    let who = random.pick(&BUYERS)();
    let known = market.chain.query(calls.licences_of(who, None, None)).expect("a query");
    let licence = if known.is_empty() { random.within(1, 20) } else { random.pick(&known).1 };
    let event = Hash::new([u8::try_from(random.below(3)).expect("small"); 32]);
    let units = random.within(1, 6);
    let product = random.within(1, PRODUCTS);
    let now = market.chain.time_ms();
    let offer = Offer { price: random.amount(300), to: None, until_ms: None };
    let action = random.below(16);
    if action < 2 {
        // What is counted is only sold while the brokers keep up.
        world.events += random.below(2);
        market.count_to(world.events);
    }
    let transaction = match action {
        0..=3 => by(who, calls.buy(product, 1, units, key(1), Amount::MAX, None)),
        4 => by(who, calls.extend(licence, units, Amount::MAX)),
        5 => by(eve(), calls.settle(licence)),
        6 => by(if random.chance(20) { alice() } else { who }, calls.cancel(licence)),
        7 => by(who, calls.close(licence)),
        8 => by(who, calls.offer(licence, Some(offer))),
        9 => by(who, calls.take(random.within(1, 20), key(2), 300)),
        10 => by(who, reputation.flag(licence, event, now.saturating_sub(random.below(90_000)), Amount::MAX, None)),
        11 => by(judge(), reputation.decide(licence, event, random.chance(50), None)),
        12 => by(eve(), reputation.lapse(licence, event, None)),
        13 => by(eve(), calls.fund_brokers(product, gold)),
        14 => by(*random.pick(&[alice(), eve(), who]), calls.withdraw(gold, None)),
        _ => {
            if random.chance(50) {
                world.events += random.below(4);
                market.count_to(world.events);
            } else {
                market.chain.advance_ms(random.below(3 * ROUND_MS));
            }
            return;
        }
    };
    drop(market.chain.run(&transaction));
    check(world);
}

/// No gold comes to be or goes; who may read is who has a licence that runs.
fn check(world: &World) {
    let market = &world.market;
    assert_eq!(everybody(market), world.gold, "gold is only moved");
    let owed = market.chain.query(market.licence.owed(market.gold())).expect("a query");
    assert_eq!(market.gold_of(market.licence.address()), owed, "the module holds what it owes");
    let now = market.chain.time_ms();
    for who in BUYERS {
        let held = market.chain.query(market.licence.licences_of(who(), None, None)).expect("a query");
        let runs = |(_, licence): &(Hash, u64)| market.key_of(*licence).is_some();
        assert_eq!(market.has_access(who()), held.iter().any(runs));
        let lasts = held.iter().map(|(_, licence)| market.get(*licence).end_ms).max().unwrap_or(0);
        // One whose events are used up does not run, though its time does until somebody settles it.
        assert!(!market.has_access(who()) || market.may_subscribe(who()), "a licence that runs has its right");
        assert!(lasts > now || !market.may_subscribe(who()), "and none that is over");
    }
}

#[test]
fn agrees_in_any_history() {
    histories(Plan { cases: 3, steps: 250 }, world, step);
}

#[test]
fn pays_the_price_of_a_licence_to_the_unit_in_any_history_of_settlements() {
    histories(Plan { cases: 3, steps: 40 }, one_licence, settle_somehow);
}

struct OneLicence {
    market: Market,
    terms: Terms,
    licence: u64,
    paid: Amount,
}

fn one_licence(random: &mut Random) -> OneLicence {
    let mut market = market();
    let price = Amount::from(random.within(1, 5_000));
    let broker_bps = Some(u16::try_from(random.below(9_700)).expect("small"));
    let mode = Mode::Vesting { period_ms: DAY_MS };
    let terms = Terms { price, broker_bps, ..market.terms(mode) };
    let product = market.publish(terms.clone());
    let licence = market.buy(bob(), product, 1);
    OneLicence { market, terms, licence, paid: price }
}

/// Time passes and somebody settles; a copy of the world at the end, or cancelled now, has paid all of it.
fn settle_somehow(world: &mut OneLicence, random: &mut Random) {
    let OneLicence { market, terms, licence, paid } = world;
    let licence = *licence;
    market.chain.advance_ms(random.below(DAY_MS / 50));
    market.settle(licence);
    let end = market.get(licence).end_ms;
    let mut over = market.at(end.max(market.chain.time_ms()));
    over.settle(licence);
    let parts = terms.split(*paid);
    assert_eq!(over.split(), [parts.seller, parts.brokers, parts.fee, 0]);
    if market.chain.time_ms() < end {
        let mut cancelled = market.clone();
        cancelled.cancel(bob(), licence).expect_ok();
        assert_eq!(cancelled.split().iter().sum::<Amount>(), *paid, "nothing is lost");
        let used = cancelled.get(licence).settled;
        let parts = terms.split(used);
        assert_eq!(cancelled.split(), [parts.seller, parts.brokers, parts.fee, *paid - used]);
    }
}
