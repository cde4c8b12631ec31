//! What is agreed on: a count that never falls (SR-80), and rounds that nobody reported on.

use crate::{INTERVAL_MS, broker, rolling, world};
use brokers::{Error, Progress};
use tenon_testkit::{bob, eve};

#[test]
fn tells_round_count_hash_and_the_time_up_to_which_is_counted() {
    let mut world = world(2, None, 0);
    assert_eq!(world.progress(), None);
    world.agree(0, 2, 5).expect_ok();
    let at_ms = world.end_of(0);
    assert_eq!(world.progress(), Some(Progress { round: 0, events: 5, rolling_hash: rolling(1), at_ms }));
    // Whoever asks is told the same.
    let call = world.brokers.coordination(world.stream);
    assert_eq!(world.chain.query(call).expect("it is coordinated").progress, world.progress());
}

#[test]
fn never_falls() {
    let mut world = world(2, None, 2);
    world.agree(0, 2, 5).expect_ok();
    world.reach_commit(1);
    let commits = [world.commit_call(broker(0), 1, 4, rolling(1)), world.commit_call(broker(1), 1, 5, rolling(2))];
    world.all_succeed(&commits);
    world.reach_reveal(1);
    let fewer = world.reveal_call(broker(0), 1, 4, rolling(1));
    world.chain.run(&fewer).expect_error(Error::Regression);
    let another = world.reveal_call(broker(1), 1, 5, rolling(2));
    world.chain.run(&another).expect_error(Error::Regression);
    world.settle(1).expect_ok();
    assert_eq!((world.events(), world.progress().map(|progress| progress.round)), (5, Some(0)));
    // A round without events is agreed on all the same.
    world.agree(2, 2, 5).expect_ok();
    assert_eq!((world.events(), world.progress().map(|progress| progress.round)), (5, Some(2)));
}

#[test]
fn does_not_fall_by_a_report_that_was_opened_before_the_round_before_was_settled() {
    let mut world = world(2, None, 2);
    world.report(0, &[(0, 5, 1), (1, 5, 1)]);
    // Round 0 is not settled yet, so nothing is known against four events.
    world.report(1, &[(0, 4, 1), (1, 4, 1)]);
    world.reach_settle(1);
    let call = world.brokers.settle(world.stream, 1);
    world.by(eve(), call).expect_error(Error::EarlierRoundOpen);
    world.settle(0).expect_ok();
    world.settle(1).expect_ok();
    assert_eq!((world.events(), world.credits(0..2)), (5, vec![500; 2]), "the second is worth nothing");
}

#[test]
fn pays_each_round_in_its_order_however_late() {
    let mut world = world(2, None, 5);
    for round in [0, 1, 3] {
        world.report(round, &[(0, 5 + round, 1), (1, 5 + round, 1)]);
    }
    world.reach(world.start_ms + 100 * INTERVAL_MS);
    let open = world.brokers.open_rounds(world.stream, None, None);
    assert_eq!(world.chain.query(open), Ok(vec![0, 1, 3]));
    for (round, error) in [(3, Error::EarlierRoundOpen), (2, Error::EarlierRoundOpen)] {
        world.settle(round).expect_error(error);
    }
    for round in [0, 1, 3] {
        world.settle(round).expect_ok();
        world.settle(round).expect_error(Error::NothingToSettle);
    }
    assert_eq!((world.events(), world.credits(0..2)), (8, vec![1_500; 2]));
}

#[test]
fn skips_rounds_that_nobody_reported_on_at_no_cost() {
    let mut world = world(2, None, 2);
    let first = world.agree(0, 2, 5);
    world.settle(1).expect_error(Error::NothingToSettle);
    let late = world.agree(1_000_000, 2, 6);
    assert!(
        late.method_gas <= first.method_gas + first.method_gas / 50,
        "{} and {}",
        late.method_gas,
        first.method_gas
    );
    assert_eq!(world.progress().map(|progress| progress.round), Some(1_000_000));
    let round_of = |time_ms: u64| world.brokers.round_of(world.stream, Some(time_ms));
    let asked = [world.start_ms - 1, world.start_ms, world.start_ms + INTERVAL_MS - 1, world.start_ms + INTERVAL_MS];
    let found = asked.map(|time_ms| world.chain.query(round_of(time_ms)).expect("it is coordinated"));
    assert_eq!(found, [None, Some(0), Some(0), Some(1)]);
}

#[test]
fn refuses_to_settle_what_nobody_committed_to_and_settles_what_nobody_opened() {
    let mut world = world(2, None, 1);
    world.reach_commit(0);
    let commit = world.commit_call(broker(0), 0, 5, rolling(1));
    world.all_succeed(&[commit]);
    world.settle(0).expect_ok();
    assert_eq!((world.progress(), world.pot()), (None, 1_000));
    world.settle(1).expect_error(Error::NothingToSettle);
    world.settle(0).expect_error(Error::NothingToSettle);
    let unknown = world.brokers.settle(world.stream, u64::MAX);
    world.by(bob(), unknown).expect_error(Error::UnknownRound);
}
