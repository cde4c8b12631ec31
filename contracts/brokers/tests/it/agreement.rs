//! How many must agree, and who is paid (SR-60 to SR-62).

use crate::{REWARD, World, broker, opened, rolling, world};
use brokers::{
    Agreed, BASIS_POINTS, Error, MIN_THRESHOLD_BPS, NotAgreed, Report, Reward, SHA2_256_CHAIN, each, needed,
};
use serde_json::Value;
use tenon_testkit::{alice, bob, eve};

const VECTORS: &str = include_str!("../../../../tests/vectors/whitepaper_rules.json");

#[test]
fn needs_as_many_as_the_vectors_say() {
    let vectors: Value = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    let rows = vectors["streamr_checksum_threshold"].as_array().expect("a table");
    assert_eq!(rows.len(), 5);
    let number = |row: &Value, name: &str| u32::try_from(row[name].as_u64().expect("a number")).expect("small");
    for row in rows {
        assert_eq!(needed(number(row, "assigned"), 9_000), number(row, "agree_needed_at_90_percent"), "{row}");
    }
    // What the text says besides: nine of ten, and all of seven.
    assert_eq!((needed(10, 9_000), needed(7, 9_000)), (9, 7));
}

#[test]
fn never_needs_more_than_there_are_nor_half_or_fewer() {
    for assigned in 1..=64 {
        for bps in [MIN_THRESHOLD_BPS, 6_667, 9_000, 9_999, BASIS_POINTS] {
            let needed = needed(assigned, bps);
            assert!(needed <= assigned && 2 * needed > assigned, "{needed} of {assigned} at {bps}");
        }
    }
    assert_eq!((each(10, 3), each(2, 3), each(7, 0)), (3, 0, 0));
}

#[test]
fn pays_nine_of_ten_who_agree_and_nobody_of_eight() {
    let mut nine = world(10, None, 1);
    let settled = nine.agree(0, 9, 5);
    let report = Report { algorithm: SHA2_256_CHAIN, events: 5, rolling_hash: rolling(1) };
    let agreed = Agreed { stream: nine.stream, round: 0, report, agreed: 9, assigned: 10, each: REWARD / 9 };
    assert!(settled.has(&agreed));
    settled.expect_ok();
    assert_eq!(nine.credits(0..10), [[111; 9].as_slice(), &[0]].concat());
    assert_eq!((nine.events(), nine.pot()), (5, REWARD - 9 * 111), "what cannot be divided stays in the pot");

    let mut eight = world(10, None, 1);
    let settled = eight.agree(0, 8, 5);
    assert!(settled.has(&NotAgreed { stream: eight.stream, round: 0, agreed: 8, needed: 9 }));
    settled.expect_ok();
    assert_eq!((eight.credits(0..10), eight.pot()), (vec![0; 10], REWARD));
    assert_eq!(eight.progress(), None);
}

#[test]
fn needs_all_of_seven() {
    let mut seven = world(7, None, 1);
    seven.agree(0, 7, 5).expect_ok();
    assert_eq!((seven.events(), seven.credits(0..7)), (5, vec![142; 7]));
    let mut six = world(7, None, 1);
    six.agree(0, 6, 5).expect_ok();
    assert_eq!((six.progress(), six.credits(0..7)), (None, vec![0; 7]));
}

/// Of ten, the last three send something wrong, nothing, and try to send two different reports.
fn three_who_fail(threshold_bps: u16) -> World {
    let mut world = world(10, Some(threshold_bps), 1);
    world.reach_commit(0);
    let honest: Vec<_> = (0..7).map(|number| world.commit_call(broker(number), 0, 5, rolling(1))).collect();
    world.all_succeed(&honest);
    let wrong = [world.commit_call(broker(7), 0, 6, rolling(2)), world.commit_call(broker(9), 0, 5, rolling(3))];
    world.all_succeed(&wrong);
    let second = world.commit_call(broker(9), 0, 5, rolling(1));
    world.chain.run(&second).expect_error(Error::AlreadyCommitted);
    world.reach_reveal(0);
    let honest: Vec<_> = (0..7).map(|number| world.reveal_call(broker(number), 0, 5, rolling(1))).collect();
    world.all_succeed(&honest);
    let reveal = world.reveal_call(broker(7), 0, 6, rolling(2));
    world.all_succeed(&[reveal]);
    let other = world.reveal_call(broker(9), 0, 5, rolling(1));
    world.chain.run(&other).expect_error(Error::WrongReveal);
    let own = world.reveal_call(broker(9), 0, 5, rolling(3));
    world.chain.run(&own).expect_ok();
    world.chain.run(&own).expect_error(Error::NoCommitment);
    world.settle(0).expect_ok();
    world
}

#[test]
fn pays_nothing_for_wrong_missing_and_second_reports() {
    let held = three_who_fail(7_000);
    assert_eq!(held.credits(0..10), [[142; 7].as_slice(), &[0; 3]].concat(), "seven of ten still agree");
    assert_eq!((held.events(), held.pot()), (5, REWARD - 7 * 142));
    let missed = three_who_fail(7_001);
    assert_eq!((missed.credits(0..10), missed.pot(), missed.progress()), (vec![0; 10], REWARD, None));
}

#[test]
fn counts_those_who_are_assigned_and_not_those_who_report() {
    let mut world = world(10, None, 1);
    // All who report agree, and they are eight.
    world.report(0, &[0, 1, 2, 3, 4, 5, 6, 7].map(|number| (number, 5, 1)));
    let info = world.chain.query(world.brokers.round(world.stream, 0)).expect("it was reported on");
    assert_eq!((info.assigned, info.needed, info.committed), (10, 9, 8));
    assert_eq!(info.reports.len(), 1);
    world.settle(0).expect_ok();
    assert_eq!(world.progress(), None);
}

#[test]
fn keeps_the_reward_of_a_round_without_agreement_for_later_rounds() {
    let mut world = world(2, None, 1);
    world.report(0, &[(0, 5, 1), (1, 6, 1)]);
    world.settle(0).expect_ok();
    assert_eq!(world.pot(), REWARD);
    world.agree(1, 2, 7).expect_ok();
    assert_eq!((world.credits(0..2), world.pot()), (vec![500; 2], 0));
}

#[test]
fn pays_what_the_pot_has_if_that_is_less_and_agrees_without_any() {
    let mut world = world(3, None, 0);
    world.fund(100).expect_ok();
    world.agree(0, 3, 5).expect_ok();
    assert_eq!((world.credits(0..3), world.pot()), (vec![33; 3], 1));
    world.agree(1, 3, 6).expect_ok();
    assert_eq!((world.credits(0..3), world.pot(), world.events()), (vec![33; 3], 1, 6));
}

#[test]
fn pays_a_share_of_the_pot() {
    let mut world = opened(Some(Reward::Share(2_500)), None, None);
    world.designate(0..2);
    world.fund(1_001).expect_ok();
    let reward = |world: &World| world.chain.query(world.brokers.reward(world.stream)).expect("it is coordinated");
    assert_eq!(reward(&world), 250, "rounded down");
    world.agree(0, 2, 5).expect_ok();
    assert_eq!((world.credits(0..2), world.pot(), reward(&world)), (vec![125; 2], 751, 187));
}

#[test]
fn lets_a_fifth_of_the_brokers_pass_nothing() {
    for assigned in 1..=64 {
        let fifth = assigned / 5;
        assert!(fifth < needed(assigned, MIN_THRESHOLD_BPS) && 2 * fifth < assigned, "{fifth} of {assigned}");
    }
    // Two of ten agree on something false; the others do not answer.
    let mut world = world(10, Some(MIN_THRESHOLD_BPS), 1);
    world.report(0, &[(0, 999, 2), (1, 999, 2)]);
    world.settle(0).expect_ok();
    assert_eq!((world.progress(), world.pot()), (None, REWARD));
}

#[test]
fn lets_nobody_name_themselves() {
    let mut world = world(3, None, 0);
    for who in [bob(), eve(), broker(0)] {
        let call = world.brokers.designate(world.stream, who);
        world.by(who, call).expect_error(Error::NotAllowed);
    }
    // To leave and come back gives no second place and no other one.
    let (remove, again) =
        (world.brokers.remove(world.stream, broker(0)), world.brokers.designate(world.stream, broker(0)));
    world.by(broker(0), remove).expect_ok();
    world.by(broker(0), again.clone()).expect_error(Error::NotAllowed);
    world.by(alice(), again.clone()).expect_ok();
    world.by(alice(), again).expect_error(Error::AlreadyBroker);
    let all = world.chain.query(world.brokers.brokers(world.stream, 0)).expect("it is coordinated");
    assert_eq!(all.len(), 3);
}
