//! Random histories: people buy, flag, decide, let lapse, withdraw and clean up while time passes and strangers make up
//! trades. After each step the scores are those of a plain model, and no gold comes to be or goes.

use crate::{DAY_MS, EVENT, Market, PENALTY, STAKE, judge, key, market};
use licence::{Arbitration, FLAG_MS, Terms};
use reputation::{FlagState, SellerScore};
use tenon_contract::{Address, Amount, Hash};
use tenon_testkit::{Plan, Random, TestChain, alice, bob, by, charlie, eve, ferdie, histories};

const BUYERS: [fn() -> Address; 4] = [alice, bob, charlie, ferdie];
const EVENTS: [Hash; 2] = [EVENT, Hash::new([5; 32])];

struct World {
    market: Market,
    /// All the gold that people and modules have.
    gold: Amount,
    /// Alice's score, as the model has it.
    score: SellerScore,
    licences: u64,
}

fn everybody(market: &Market) -> Amount {
    let at = TestChain::module_address;
    let people = [alice(), bob(), charlie(), eve(), ferdie(), judge(), at("licence"), at("reputation"), at("brokers")];
    people.iter().map(|who| market.gold_of(*who)).sum()
}

fn world(_: &mut Random) -> World {
    let mut market = market();
    let arbitration = Arbitration { decision_ms: DAY_MS / 2, ..market.arbitration() };
    let terms = Terms { price: 200, arbitration: Some(arbitration), ..market.daily() };
    market.publish(terms);
    let gold = everybody(&market);
    World { market, gold, score: SellerScore::default(), licences: 0 }
}

fn step(world: &mut World, random: &mut Random) {
    let World { market, score, licences, .. } = world;
    let (reputation, gold) = (market.reputation, market.gold());
    let who = random.pick(&BUYERS)();
    let (licence, event) = (random.within(1, (*licences).max(1)), *random.pick(&EVENTS));
    let now = market.chain.time_ms();
    let is_upheld = random.chance(50);
    let units = random.within(1, 4);
    let action = random.below(12);
    let transaction = match action {
        0 | 1 => by(who, market.licence.buy(1, 1, units, key(1), Amount::MAX, None)),
        2..=4 => by(who, market.flag_call(licence, event, now.saturating_sub(random.below(DAY_MS)))),
        5 | 6 => by(judge(), reputation.decide(licence, event, is_upheld, None)),
        7 => by(eve(), reputation.lapse(licence, event, None)),
        8 => by(who, reputation.withdraw(gold, None)),
        9 => by(eve(), reputation.remove_flag(licence, event, None)),
        10 => by(who, reputation.count_trade(alice(), bob(), gold, random.amount(1_000), 0)),
        _ => {
            market.chain.advance_ms(random.below(DAY_MS));
            let close = market.licence.close(licence);
            drop(market.chain.run(&by(if random.chance(50) { who } else { eve() }, close)));
            return;
        }
    };
    let is_done = market.chain.run(&transaction).is_ok();
    if is_done && action <= 1 {
        *licences += 1;
        if who != alice() {
            score.settled += 200 * Amount::from(units);
            score.shared += 15 * Amount::from(units);
        }
    }
    if is_done && (5..=6).contains(&action) && is_upheld {
        score.penalty += PENALTY;
        score.upheld += 1;
    }
    check(world);
}

fn check(world: &World) {
    let World { market, gold, score, licences } = world;
    assert_eq!(everybody(market), *gold, "gold is only moved");
    let reputation = market.reputation;
    let found = market.chain.query(reputation.seller_score(alice(), market.gold(), None)).expect("a query");
    assert_eq!(found, *score);
    let owed = market.chain.query(reputation.owed(market.gold())).expect("a query");
    assert_eq!(market.gold_of(reputation.address()), owed, "the module holds what it owes");
    let waits: Amount = BUYERS.iter().map(|who| market.stakes(who())).sum();
    let mut open = 0;
    for licence in 1..=*licences {
        for event in EVENTS {
            let flag = market.chain.query(reputation.flag_on(licence, event, None)).expect("a query");
            if let Some(flag) = flag {
                assert!(flag.event_ms <= market.chain.time_ms() && flag.until_ms <= u64::MAX - FLAG_MS);
                open += if flag.state == FlagState::Open { STAKE } else { 0 };
            }
        }
    }
    assert_eq!(waits + open, owed, "each stake is somebody's");
}

#[test]
fn agrees_with_a_model_in_any_history() {
    histories(Plan { cases: 3, steps: 200 }, world, step);
}
