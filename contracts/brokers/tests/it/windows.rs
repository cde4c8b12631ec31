//! When brokers commit and open their reports, and what is refused (SR-59).

use crate::{COMMIT_MS, INTERVAL_MS, REVEAL_MS, SALT, World, broker, rolling, world};
use brokers::{BrokersRef, Committed, Error, Report, Revealed, SHA2_256_CHAIN};
use tenon_contract::Hash;
use tenon_testkit::{alice, by, eve, rules};

/// Two brokers; the first has committed to a report on round 0.
fn committed() -> World {
    let mut world = world(2, None, 1);
    world.reach_commit(0);
    let commit = world.commit_call(broker(0), 0, 5, rolling(1));
    world.all_succeed(&[commit]);
    world
}

#[test]
fn counts_each_time_to_what_begins_at_it() {
    let first = world(2, None, 1);
    let end = first.end_of(0);
    let commit = first.commit_call(broker(0), 0, 5, rolling(1));
    rules::opens_at(&first.chain, end, &commit);
    rules::closes_at(&first.chain, end + COMMIT_MS, &commit);
    let second = committed();
    let reveal = second.reveal_call(broker(0), 0, 5, rolling(1));
    rules::opens_at(&second.chain, end + COMMIT_MS, &reveal);
    rules::closes_at(&second.chain, end + COMMIT_MS + REVEAL_MS, &reveal);
    let settle = by(eve(), second.brokers.settle(second.stream, 0));
    rules::opens_at(&second.chain, end + COMMIT_MS + REVEAL_MS, &settle);
    let times = second.chain.query(second.brokers.times(second.stream, 0)).expect("round 0 is one");
    let found = [times.start_ms, times.end_ms, times.reveal_ms, times.settle_ms];
    assert_eq!(found, [end - INTERVAL_MS, end, end + COMMIT_MS, end + COMMIT_MS + REVEAL_MS]);
}

#[test]
fn tells_of_each_step() {
    let mut world = world(2, None, 1);
    let (stream, broker) = (world.stream, broker(0));
    world.reach_commit(0);
    let commit = world.commit_call(broker, 0, 5, rolling(1));
    assert!(world.chain.run(&commit).has(&Committed { stream, broker, round: 0 }));
    world.reach_reveal(0);
    let reveal = world.reveal_call(broker, 0, 5, rolling(1));
    let report = Report { algorithm: SHA2_256_CHAIN, events: 5, rolling_hash: rolling(1) };
    assert!(world.chain.run(&reveal).has(&Revealed { stream, broker, round: 0, report }));
    let asked = |number| world.chain.query(world.brokers.report(stream, 0, crate::broker(number))).expect("a query");
    assert_eq!((asked(0), asked(1)), (Some(report), None));
}

#[test]
fn says_whether_a_report_is_early_or_late() {
    let mut world = world(2, None, 1);
    let commit = world.commit_call(broker(0), 0, 5, rolling(1));
    world.reach(world.start_ms);
    world.chain.run(&commit).expect_error(Error::TooEarly);
    world.reach_commit(0);
    world.chain.run(&commit).expect_ok();
    let reveal = world.reveal_call(broker(0), 0, 5, rolling(1));
    world.chain.run(&reveal).expect_error(Error::TooEarly);
    world.reach_reveal(0);
    let late = world.commit_call(broker(1), 0, 5, rolling(1));
    world.chain.run(&late).expect_error(Error::TooLate);
    world.reach_settle(0);
    world.chain.run(&reveal).expect_error(Error::TooLate);
    world.settle(0).expect_ok();
    world.chain.run(&reveal).expect_error(Error::TooLate);
}

#[test]
fn takes_one_commitment_of_a_broker_and_opens_it_once() {
    let mut world = committed();
    for events in [5, 6] {
        let again = world.commit_call(broker(0), 0, events, rolling(1));
        world.chain.run(&again).expect_error(Error::AlreadyCommitted);
    }
    world.reach_reveal(0);
    let missing = world.reveal_call(broker(1), 0, 5, rolling(1));
    world.chain.run(&missing).expect_error(Error::NoCommitment);
    let reveal = world.reveal_call(broker(0), 0, 5, rolling(1));
    world.chain.run(&reveal).expect_ok();
    world.chain.run(&reveal).expect_error(Error::NoCommitment);
}

#[test]
fn opens_nothing_but_what_was_committed_to() {
    let mut world = committed();
    world.reach_reveal(0);
    let (brokers, stream, hash) = (world.brokers, world.stream, rolling(1));
    let wrong = [
        brokers.reveal(stream, 0, 6, hash, SALT, None),
        brokers.reveal(stream, 0, 5, rolling(2), SALT, None),
        brokers.reveal(stream, 0, 5, hash, Hash::new([8; 32]), None),
        brokers.reveal(stream, 0, 5, hash, SALT, Some(2)),
    ];
    for call in wrong {
        world.by(broker(0), call).expect_error(Error::WrongReveal);
    }
    let info = world.chain.query(brokers.round(stream, 0)).expect("it was reported on");
    assert_eq!((info.committed, info.reports), (1, vec![]));
}

#[test]
fn refuses_a_report_by_another_algorithm() {
    let mut world = world(1, None, 1);
    world.reach_commit(0);
    let commitment = world.brokers.commitment(world.stream, 0, broker(0), 5, rolling(1), SALT, Some(2));
    let commitment = world.chain.query(commitment).expect("a query");
    let commit = world.brokers.commit(world.stream, 0, commitment);
    world.by(broker(0), commit).expect_ok();
    world.reach_reveal(0);
    let reveal = world.brokers.reveal(world.stream, 0, 5, rolling(1), SALT, Some(2));
    world.by(broker(0), reveal).expect_error(Error::WrongAlgorithm);
}

#[test]
fn lets_nobody_use_a_copied_commitment() {
    let mut world = committed();
    let copied = world.commitment(broker(0), 0, 5, rolling(1));
    let commit = world.brokers.commit(world.stream, 0, copied);
    world.by(broker(1), commit).expect_ok();
    world.reach_reveal(0);
    let reveal = world.reveal_call(broker(0), 0, 5, rolling(1));
    world.chain.run(&reveal).expect_ok();
    // The copier knows all that was opened, and still cannot open it.
    let copy = world.reveal_call(broker(1), 0, 5, rolling(1));
    world.chain.run(&copy).expect_error(Error::WrongReveal);
    world.settle(0).expect_ok();
    assert_eq!((world.credits(0..2), world.progress()), (vec![0; 2], None));
}

#[test]
fn binds_a_commitment_to_chain_instance_stream_and_round() {
    let mut world = committed();
    let create = world.streams.create("Another".into(), None, None, None);
    let another = world.by(alice(), create).expect_ok();
    let elsewhere = BrokersRef::at(world.chain.from(alice()).deploy(&crate::code(), BrokersRef::init(None)));
    let of = |brokers: BrokersRef, stream, round| {
        let call = brokers.commitment(stream, round, broker(0), 5, rolling(1), SALT, None);
        world.chain.query(call).expect("a query")
    };
    let here = of(world.brokers, world.stream, 0);
    assert_eq!(here, world.commitment(broker(0), 0, 5, rolling(1)));
    let others = [of(world.brokers, another, 0), of(world.brokers, world.stream, 1), of(elsewhere, world.stream, 0)];
    assert!(others.iter().all(|other| *other != here));
    world.reach_reveal(0);
    rules::refuses_replay(&world.chain, &world.reveal_call(broker(0), 0, 5, rolling(1)), Some(elsewhere.address()));
}

#[test]
fn takes_reports_of_its_brokers_alone_and_on_its_rounds_alone() {
    let mut world = committed();
    for who in [alice(), eve(), broker(2)] {
        world.chain.set_coin(who, crate::PLENTY);
        let commit = world.commit_call(who, 0, 5, rolling(1));
        world.chain.run(&commit).expect_error(Error::NotBroker);
    }
    let nowhere = world.brokers.commit(rolling(7), 0, SALT);
    world.by(broker(0), nowhere).expect_error(Error::NotCoordinated);
    let never = world.brokers.commit(world.stream, u64::MAX, SALT);
    world.by(broker(0), never).expect_error(Error::UnknownRound);
    let early = world.brokers.commit(world.stream, 1, SALT);
    world.by(broker(0), early).expect_error(Error::TooEarly);
}
