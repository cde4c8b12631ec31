//! Random histories: people register, commit, open, forget to open, leave and are expelled while time passes. After
//! each step stakes and memberships are those of a plain model.

use crate::{PERIOD_MS, SEATS, STAKE, World, brokers, world};
use std::collections::{BTreeMap, BTreeSet};
use tenon_contract::{Address, Amount};
use tenon_testkit::{Plan, Random, ferdie, histories};

struct Model {
    world: World,
    /// From which period on each can be drawn who is in.
    members: BTreeMap<Address, u64>,
    /// In which period each committed who has not opened.
    sealed: BTreeMap<Address, u64>,
    /// Stakes of those who were expelled.
    lost: Amount,
}

fn people() -> Vec<Address> {
    brokers().into_iter().chain([ferdie()]).collect()
}

fn begin(_: &mut Random) -> Model {
    let members = brokers().into_iter().map(|who| (who, 2)).collect();
    Model { world: world(), members, sealed: BTreeMap::new(), lost: 0 }
}

fn step(model: &mut Model, random: &mut Random) {
    let Model { world, members, sealed, lost } = model;
    let who = *random.pick(&people());
    let period = world.period();
    match random.below(12) {
        0 => {
            let expected = !members.contains_key(&who);
            let done = world.register(who);
            assert_eq!(done.is_ok(), expected);
            if let Ok(from) = done.result {
                members.insert(who, from);
                assert_eq!(from, period + 2);
            }
        }
        1 => {
            let expected = members.contains_key(&who) && !sealed.contains_key(&who);
            assert_eq!(world.leave(who).is_ok(), expected);
            if expected {
                members.remove(&who);
            }
        }
        2..=6 => {
            if world.commit(who).is_ok() {
                assert!(members.contains_key(&who));
                assert_eq!(sealed.insert(who, period), None, "one at a time");
            }
        }
        7..=9 => {
            let expected = sealed.get(&who) == Some(&period);
            if world.open(who).is_ok() {
                assert!(expected);
                sealed.remove(&who);
            }
        }
        10 => {
            let expected = sealed.get(&who).is_some_and(|sealed| *sealed < period);
            assert_eq!(world.expel(who).is_ok(), expected);
            if expected {
                sealed.remove(&who);
                members.remove(&who);
                *lost += STAKE;
            }
        }
        _ => world.chain.advance_ms(random.below(PERIOD_MS / 2)),
    }
    check(model);
}

fn check(model: &Model) {
    let Model { world, members, lost, .. } = model;
    let stakes = STAKE * Amount::try_from(members.len()).expect("small");
    assert_eq!((world.owed(), world.held()), (stakes, stakes + lost));
    let found = world.chain.query(world.sortition.pool(1)).expect("the pool exists");
    assert_eq!(usize::try_from(found.members), Ok(members.len()));
    for who in people() {
        let member = world.chain.query(world.sortition.member(1, who)).expect("a query");
        assert_eq!(member.map(|member| member.from_period), members.get(&who).copied());
    }
    let slots = world.chain.query(world.sortition.slots(1, None, None)).expect("a query");
    let holders: BTreeSet<_> = slots.iter().map(|(_, slot)| slot.broker).collect();
    assert_eq!(holders, members.keys().copied().collect(), "each has one lot");
    let Ok(drawn) = world.chain.query(world.sortition.drawn(1, crate::STREAM, 0, None)) else { return };
    let period = world.period();
    let able = members.values().filter(|from| **from <= period).count();
    assert!(drawn.iter().all(|who| members.get(who).is_some_and(|from| *from <= period)));
    assert!(drawn.len() <= able.min(usize::try_from(SEATS).expect("small")));
}

#[test]
fn agrees_with_a_model_in_any_history() {
    histories(Plan { cases: 4, steps: 250 }, begin, step);
}
