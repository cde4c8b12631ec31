//! How a coordination begins, ends and goes on; and streams that are gone.

use crate::{COMMIT_MS, INTERVAL_MS, REVEAL_MS, World, bare, broker, opened, rolling, world};
use brokers::{
    BrokersRef, Closed, Currency, DEFAULT_THRESHOLD_BPS, Error, Forgotten, KEPT_MS, MAX_AHEAD_MS, MAX_INTERVAL_MS,
    MIN_THRESHOLD_BPS, Opened, Reward, SHA2_256_CHAIN, Stopped,
};
use tenon_contract::{Address, Call};
use tenon_testkit::{alice, bob, eve, rules};

fn stop(world: &World) -> Call<()> {
    world.brokers.stop(world.stream)
}

fn close(world: &World) -> Call<()> {
    world.brokers.close(world.stream)
}

#[test]
fn states_everything_at_the_opening_and_never_changes_it() {
    let mut world = bare();
    let (brokers, stream, now) = (world.brokers, world.stream, world.chain.time_ms());
    let outcome = world.by(alice(), brokers.open(stream, 10, 4, 6, None, None, None, None, None));
    let event = Opened { stream, opener: alice(), first_round: 0, start_ms: now, interval_ms: 10 };
    assert!(outcome.has(&event));
    outcome.expect_ok();
    let terms = world.chain.query(brokers.coordination(stream)).expect("it is coordinated").terms;
    assert_eq!((terms.threshold_bps, terms.algorithm), (DEFAULT_THRESHOLD_BPS, SHA2_256_CHAIN));
    assert_eq!((terms.currency, terms.reward, terms.end_round), (Currency::Coin, Reward::Amount(0), None));
    assert_eq!((terms.opener, terms.start_ms, terms.first_round), (alice(), now, 0));
    let again = world.by(alice(), brokers.open(stream, 20, 4, 6, None, None, None, None, None));
    again.expect_error(Error::AlreadyCoordinated);
    assert_eq!(world.chain.query(brokers.coordinations(None, None)), Ok(vec![stream]));
}

#[test]
fn refuses_terms_that_make_no_sense() {
    let mut world = bare();
    let (brokers, stream, now) = (world.brokers, world.stream, world.chain.time_ms());
    let times =
        |interval, commit, reveal, start| brokers.open(stream, interval, commit, reveal, None, None, None, start, None);
    let wrong = [
        times(0, 0, 0, None),
        times(10, 0, 5, None),
        times(10, 5, 0, None),
        times(10, 5, 6, None),
        times(10, u64::MAX, 1, None),
        times(MAX_INTERVAL_MS + 1, 5, 5, None),
        times(10, 5, 5, Some(now - 1)),
        times(10, 5, 5, Some(u64::MAX)),
    ];
    for call in wrong {
        world.by(alice(), call).expect_error(Error::InvalidTimes);
    }
    let others = |reward, currency, threshold| brokers.open(stream, 10, 5, 5, reward, currency, threshold, None, None);
    for threshold in [0, MIN_THRESHOLD_BPS - 1, 10_001] {
        world.by(alice(), others(None, None, Some(threshold))).expect_error(Error::InvalidThreshold);
    }
    world.by(alice(), others(Some(Reward::Share(10_001)), None, None)).expect_error(Error::InvalidReward);
    let nowhere = Currency::Asset { module: Address::ZERO, asset: 1 };
    world.by(alice(), others(None, Some(nowhere), None)).expect_error(Error::WrongCurrency);
    let mut longest = world.clone();
    let furthest = longest.chain.time_ms() + MAX_AHEAD_MS;
    longest.by(alice(), times(MAX_INTERVAL_MS, 5, MAX_INTERVAL_MS - 5, Some(furthest))).expect_ok();
}

#[test]
fn is_opened_by_who_may_edit_the_stream_alone() {
    let mut world = bare();
    let open = |stream| world.brokers.open(stream, 10, 5, 5, None, None, None, None, None);
    let (known, unknown) = (open(world.stream), open(rolling(7)));
    world.by(bob(), known.clone()).expect_error(Error::NotAllowed);
    world.by(alice(), unknown).expect_error(Error::UnknownStream);
    let grant = world.streams.grant(world.stream, bob(), streams::Level::Edit, None);
    world.by(alice(), grant).expect_ok();
    world.by(bob(), known).expect_ok();
}

#[test]
fn asks_the_registry_that_it_was_created_with() {
    let mut world = bare();
    let elsewhere = world.chain.from(alice()).deploy(&crate::code_of("streams"), streams::StreamsRef::init());
    let own = BrokersRef::at(world.chain.from(alice()).deploy(&crate::code(), BrokersRef::init(Some(elsewhere))));
    assert_eq!(world.chain.query(own.registry()), Ok(elsewhere));
    assert_eq!(world.chain.query(world.brokers.registry()), Ok(world.streams.address()));
    let open = own.open(world.stream, 10, 5, 5, None, None, None, None, None);
    world.by(alice(), open).expect_error(Error::UnknownStream);
    // An instance without a registry behind it opens nothing.
    let nowhere = Some(Address::new([7; 32]));
    let none = BrokersRef::at(world.chain.from(alice()).deploy(&crate::code(), BrokersRef::init(nowhere)));
    let open = none.open(world.stream, 10, 5, 5, None, None, None, None, None);
    world.by(alice(), open).expect_error(Error::RegistryFailed);
}

#[test]
fn ends_with_the_round_that_runs_and_gives_the_pot_to_its_last_brokers() {
    let mut world = world(3, None, 0);
    world.fund(1_000).expect_ok();
    world.reach(world.start_ms + INTERVAL_MS);
    let (stream, brokers) = (world.stream, world.brokers);
    let remove = brokers.remove(stream, broker(2));
    world.by(alice(), remove).expect_ok();
    world.reach(world.start_ms + 2 * INTERVAL_MS);
    world.by(eve(), stop(&world.clone())).expect_error(Error::NotAllowed);
    world.by(alice(), close(&world.clone())).expect_error(Error::NotStopped);
    let stopped = world.by(alice(), stop(&world.clone()));
    assert!(stopped.has(&Stopped { stream, by: alice(), end_round: 3 }));
    stopped.expect_ok();
    world.by(alice(), stop(&world.clone())).expect_error(Error::Stopped);
    world.by(alice(), brokers.designate(stream, bob())).expect_error(Error::Stopped);
    world.by(alice(), brokers.remove(stream, broker(0))).expect_error(Error::Stopped);
    // The last round is reported on as ever; the next one is none.
    world.report(2, &[(0, 5, 1), (1, 5, 1)]);
    world.by(eve(), close(&world.clone())).expect_error(Error::TooEarly);
    world.reach_settle(2);
    world.by(eve(), close(&world.clone())).expect_error(Error::RoundOpen);
    world.settle(2).expect_ok();
    assert_eq!(world.credits(0..3), [500, 500, 0]);
    world.fund(11).expect_ok();
    let none = brokers.commit(stream, 3, rolling(1));
    world.by(broker(0), none).expect_error(Error::UnknownRound);
    let closed = world.by(eve(), close(&world.clone()));
    assert!(closed.has(&Closed { stream }));
    closed.expect_ok();
    assert_eq!(world.credits(0..3), [505, 505, 0], "the brokers of the last round");
    let opener = world.chain.query(brokers.credit_of(alice(), Currency::Coin));
    assert_eq!(opener, Ok(1), "what cannot be divided");
    world.by(eve(), close(&world.clone())).expect_error(Error::NotCoordinated);
    assert_eq!(world.events(), 5, "the progress stays");
}

#[test]
fn can_be_closed_from_the_end_of_the_last_windows_on() {
    let mut world = world(1, None, 1);
    world.reach(world.start_ms);
    world.by(alice(), stop(&world.clone())).expect_ok();
    let over = world.end_of(0) + COMMIT_MS + REVEAL_MS;
    rules::opens_at(&world.chain, over, &tenon_testkit::by(eve(), close(&world)));
    // What is stopped before its start has no round at all, and the pot goes back to who opened it.
    let mut never = opened(None, None, None);
    never.designate(0..1);
    never.fund(50).expect_ok();
    never.by(alice(), stop(&never.clone())).expect_ok();
    never.by(eve(), close(&never.clone())).expect_ok();
    assert_eq!(never.chain.query(never.brokers.credit_of(alice(), Currency::Coin)), Ok(50));
    assert_eq!(never.credit(0), 0);
}

#[test]
fn goes_on_with_its_count_and_rounds_when_it_is_opened_again() {
    let mut world = world(1, None, 0);
    world.agree(0, 1, 5).expect_ok();
    world.by(alice(), stop(&world.clone())).expect_ok();
    world.reach_settle(1);
    world.by(eve(), close(&world.clone())).expect_ok();
    world.start_ms = world.chain.time_ms() + 100_000;
    let open = world.open_call(None, None, None);
    world.by(alice(), open).expect_ok();
    let terms = world.chain.query(world.brokers.coordination(world.stream)).expect("it is coordinated").terms;
    assert_eq!((terms.first_round, world.events()), (2, 5), "round 1 was the last before");
    world.designate(0..1);
    // The helpers count from round 0.
    world.start_ms -= 2 * INTERVAL_MS;
    world.reach_commit(2);
    let commit = world.commit_call(broker(0), 2, 4, rolling(1));
    world.chain.run(&commit).expect_ok();
    world.reach_reveal(2);
    let reveal = world.reveal_call(broker(0), 2, 4, rolling(1));
    world.chain.run(&reveal).expect_error(Error::Regression);
    world.settle(2).expect_ok();
    world.agree(3, 1, 6).expect_ok();
    assert_eq!(world.progress().map(|progress| (progress.round, progress.events)), Some((3, 6)));
}

#[test]
fn is_stopped_by_anyone_once_the_stream_is_gone_and_forgotten_a_year_later() {
    let mut world = world(1, None, 1);
    world.agree(0, 1, 5).expect_ok();
    let (brokers, stream) = (world.brokers, world.stream);
    let forget = brokers.forget(stream);
    world.by(eve(), stop(&world.clone())).expect_error(Error::NotAllowed);
    let delete = world.streams.delete(stream);
    world.by(alice(), delete).expect_ok();
    world.by(alice(), brokers.designate(stream, bob())).expect_error(Error::UnknownStream);
    // Its brokers may still leave, and what they earned is theirs.
    world.by(eve(), stop(&world.clone())).expect_ok();
    world.by(eve(), forget.clone()).expect_error(Error::StillKept);
    world.reach_settle(1);
    world.by(eve(), close(&world.clone())).expect_ok();
    world.by(eve(), forget.clone()).expect_error(Error::StillKept);
    let until = world.progress().expect("it was agreed on").at_ms + KEPT_MS;
    rules::opens_at(&world.chain, until, &tenon_testkit::by(eve(), forget.clone()));
    world.reach(until);
    let forgotten = world.by(eve(), forget.clone());
    assert!(forgotten.has(&Forgotten { stream }));
    forgotten.expect_ok();
    world.by(eve(), forget).expect_error(Error::NotCoordinated);
    assert_eq!((world.progress(), world.credit(0)), (None, 1_000));
}

#[test]
fn keeps_what_was_agreed_on_while_the_stream_is_there() {
    let mut world = world(1, None, 0);
    world.agree(0, 1, 5).expect_ok();
    world.by(alice(), stop(&world.clone())).expect_ok();
    world.reach_settle(1);
    world.by(eve(), close(&world.clone())).expect_ok();
    world.chain.advance_ms(2 * KEPT_MS);
    let forget = world.brokers.forget(world.stream);
    world.by(alice(), forget).expect_error(Error::StillKept);
    assert_eq!(world.events(), 5);
}
