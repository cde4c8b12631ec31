//! Who the brokers of a stream are, and from which round on.

use crate::{INTERVAL_MS, World, broker, opened, rolling, world};
use brokers::{Designated, Error, MAX_BROKERS, Removed};
use tenon_contract::Address;
use tenon_testkit::{alice, bob, eve};

fn assigned(world: &World, round: u64) -> Vec<Address> {
    world.chain.query(world.brokers.brokers(world.stream, round)).expect("it is coordinated")
}

#[test]
fn counts_a_change_from_the_next_round_on() {
    let mut world = world(2, None, 0);
    let (stream, middle) = (world.stream, world.start_ms + 3 * INTERVAL_MS + INTERVAL_MS / 2);
    world.reach(middle);
    world.chain.set_coin(broker(2), crate::PLENTY);
    let designate = world.brokers.designate(stream, broker(2));
    let outcome = world.by(alice(), designate);
    assert!(outcome.has(&Designated { stream, broker: broker(2), from_round: 4 }));
    outcome.expect_ok();
    let remove = world.brokers.remove(stream, broker(0));
    let outcome = world.by(alice(), remove);
    assert!(outcome.has(&Removed { stream, broker: broker(0), until_round: 4 }));
    outcome.expect_ok();
    assert_eq!((assigned(&world, 3), assigned(&world, 4)), (vec![broker(0), broker(1)], vec![broker(1), broker(2)]));
    // Both sets agree on the rounds that are theirs.
    world.report(3, &[(0, 5, 1), (1, 5, 1)]);
    world.settle(3).expect_ok();
    world.report(4, &[(1, 6, 1), (2, 6, 1)]);
    world.settle(4).expect_ok();
    assert_eq!(world.events(), 6);
    world.reach_commit(5);
    let gone = world.commit_call(broker(0), 5, 7, rolling(1));
    world.chain.run(&gone).expect_error(Error::NotBroker);
}

#[test]
fn lets_a_round_begin_with_a_new_set_at_its_millisecond() {
    let mut before = opened(None, None, None);
    before.reach(before.start_ms - 1);
    let mut at = before.clone();
    before.designate(0..1);
    at.reach(at.start_ms);
    at.designate(0..1);
    assert_eq!((assigned(&before, 0).len(), assigned(&at, 0).len(), assigned(&at, 1).len()), (1, 0, 1));
}

#[test]
fn lets_a_broker_leave_and_nobody_else_send_one_away() {
    let mut world = world(2, None, 0);
    let remove = |number| world.brokers.remove(world.stream, broker(number));
    let (first, second) = (remove(0), remove(1));
    for who in [eve(), broker(1)] {
        world.by(who, first.clone()).expect_error(Error::NotAllowed);
    }
    world.by(broker(0), first.clone()).expect_ok();
    world.by(broker(0), first.clone()).expect_error(Error::NotBroker);
    world.by(alice(), first).expect_error(Error::NotBroker);
    world.by(alice(), second).expect_ok();
    assert_eq!(assigned(&world, 0), []);
}

#[test]
fn takes_back_a_leave_within_the_same_round() {
    let mut world = world(2, None, 0);
    world.reach(world.start_ms);
    let (remove, designate) =
        (world.brokers.remove(world.stream, broker(0)), world.brokers.designate(world.stream, broker(0)));
    world.by(broker(0), remove).expect_ok();
    assert_eq!((assigned(&world, 0).len(), assigned(&world, 1).len()), (2, 1));
    world.by(alice(), designate).expect_ok();
    assert_eq!((assigned(&world, 0).len(), assigned(&world, 1).len()), (2, 2));
}

#[test]
fn lets_a_broker_come_back_while_an_old_round_of_theirs_waits() {
    let mut world = world(2, None, 0);
    world.report(0, &[(0, 5, 1), (1, 5, 1)]);
    let (remove, designate) =
        (world.brokers.remove(world.stream, broker(0)), world.brokers.designate(world.stream, broker(0)));
    world.by(alice(), remove).expect_ok();
    world.reach(world.start_ms + 4 * INTERVAL_MS);
    world.by(alice(), designate).expect_ok();
    let counts = [0, 1, 2, 4, 5].map(|round| assigned(&world, round).len());
    assert_eq!(counts, [2, 2, 1, 1, 2], "gone for the rounds from 2 to 4");
    // The old round is settled with those who were there.
    world.settle(0).expect_ok();
    assert_eq!(world.events(), 5);
    world.report(5, &[(0, 6, 1), (1, 6, 1)]);
    world.settle(5).expect_ok();
    assert_eq!(world.events(), 6);
}

#[test]
fn has_at_most_sixty_four_brokers_who_all_report_and_are_paid() {
    let mut world = world(MAX_BROKERS, None, 64);
    let one_more = world.brokers.designate(world.stream, bob());
    world.by(alice(), one_more.clone()).expect_error(Error::TooManyBrokers);
    let reports: Vec<_> = (0..MAX_BROKERS).map(|number| (number, 5, if number < 58 { 1 } else { 2 })).collect();
    world.report(0, &reports);
    world.settle(0).expect_ok();
    assert_eq!((world.credit(57), world.credit(58), world.events()), (1_000 / 58, 0, 5), "58 of 64 is 90 percent");
    // Who left keeps the place until the last round of theirs is over: here 1 is reported on until the end of 2.
    let leave = world.brokers.remove(world.stream, broker(63));
    world.by(broker(63), leave).expect_ok();
    world.by(alice(), one_more.clone()).expect_error(Error::TooManyBrokers);
    world.reach(world.start_ms + 3 * INTERVAL_MS - 1);
    world.by(alice(), one_more.clone()).expect_error(Error::TooManyBrokers);
    world.reach(world.start_ms + 3 * INTERVAL_MS);
    world.by(alice(), one_more).expect_ok();
}

#[test]
fn names_nobody_and_itself_no_broker() {
    let mut world = opened(None, None, None);
    for who in [Address::ZERO, world.brokers.address()] {
        let call = world.brokers.designate(world.stream, who);
        world.by(alice(), call).expect_error(Error::InvalidBroker);
    }
    let elsewhere = world.brokers.designate(rolling(7), bob());
    world.by(alice(), elsewhere).expect_error(Error::NotCoordinated);
}

#[test]
fn lets_those_edit_who_may_edit_the_stream_now() {
    let mut world = opened(None, None, None);
    let grant = world.streams.grant(world.stream, bob(), streams::Level::Edit, None);
    world.by(alice(), grant).expect_ok();
    let designate = world.brokers.designate(world.stream, eve());
    world.by(bob(), designate).expect_ok();
    let revoke = world.streams.revoke(world.stream, bob(), streams::Level::Edit);
    world.by(alice(), revoke).expect_ok();
    let remove = world.brokers.remove(world.stream, eve());
    world.by(bob(), remove).expect_error(Error::NotAllowed);
}
