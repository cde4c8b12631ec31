//! How seeds come to be: who commits and opens when, and what of it counts.

use crate::{PERIOD_MS, STREAM, World, account, brokers, value, world};
use sortition::{Committed, Error, MIN_OPENED, Opened};
use tenon_contract::{Address, Hash};
use tenon_testkit::{alice, bob, charlie, dave, eve, ferdie};

impl World {
    fn seed(&self, period: u64) -> Result<Hash, tenon_testkit::Failure> {
        self.chain.query(self.sortition.seed(1, period))
    }

    fn may_commit(&self, who: Address) -> bool {
        self.chain.query(self.sortition.may_commit(1, who)).expect("a query")
    }
}

#[test]
fn a_value_is_committed_to_in_the_first_half_of_a_period_and_opened_in_the_second() {
    let mut world = world();
    let outcome = world.commit(bob());
    assert!(outcome.has(&Committed { pool: 1, broker: bob(), period: 2 }));
    outcome.expect_ok();
    world.open(bob()).expect_error(Error::TooEarly);
    world.commit(bob()).expect_error(Error::SealPending);
    let half = world.start_ms() + 2 * PERIOD_MS + PERIOD_MS / 2;
    world.chain.set_time_ms(half - 1);
    assert!(world.clone().commit(eve()).is_ok());
    world.chain.set_time_ms(half);
    world.commit(eve()).expect_error(Error::TooLate);
    world.open(eve()).expect_error(Error::NoCommitment);
    let outcome = world.open(bob());
    assert!(outcome.has(&Opened { pool: 1, broker: bob(), period: 2, value: value(bob(), 2) }));
    outcome.expect_ok();
    world.open(bob()).expect_error(Error::NoCommitment);
    world.commit(ferdie()).expect_error(Error::NotRegistered);
    world.open(ferdie()).expect_error(Error::NotRegistered);
}

#[test]
fn a_value_is_committed_to_once_in_a_period() {
    let mut world = world();
    // A block takes time: the halves of the period are long enough for these three.
    world.commit(bob()).expect_ok();
    world.reach_opening();
    world.open(bob()).expect_ok();
    let member = world.chain.query(world.sortition.member(1, bob())).expect("a query").expect("is in");
    assert_eq!((member.sealed, member.sealed_period), (None, Some(2)));
    world.reach_period(3);
    world.commit(bob()).expect_ok();
}

#[test]
fn only_what_was_committed_to_is_opened_and_a_copied_commitment_is_worth_nothing() {
    let mut world = world();
    world.commit(bob()).expect_ok();
    // Eve copies what Bob committed to, and later what he opens.
    let copied = world.sortition.commitment(1, 2, bob(), value(bob(), 2));
    let copied = world.chain.query(copied).expect("a query");
    world.chain.from(eve()).call(world.sortition.commit(1, copied)).expect_ok();
    world.reach_opening();
    world.chain.from(bob()).call(world.sortition.open(1, Hash::ZERO)).expect_error(Error::WrongOpening);
    world.open(bob()).expect_ok();
    let open = world.sortition.open(1, value(bob(), 2));
    world.chain.from(eve()).call(open).expect_error(Error::WrongOpening);
    // What was committed to in one period is not opened in another.
    world.reach_period(3);
    world.reach_opening();
    world.open(eve()).expect_error(Error::TooLate);
}

#[test]
fn the_seed_does_not_depend_on_the_order_and_on_every_value() {
    let world = world();
    let made = |openers: &[Address]| {
        let mut world = world.clone();
        for who in brokers() {
            world.commit(who).expect_ok();
        }
        world.reach_opening();
        for who in openers {
            world.open(*who).expect_ok();
        }
        assert_eq!(world.seed(3).expect_err("it has not begun").module_error(), Some(Error::TooEarly));
        world.reach_period(3);
        world.seed(3).expect("three opened")
    };
    let all = made(&[alice(), bob(), charlie(), dave(), eve()]);
    assert_eq!(made(&[eve(), charlie(), alice(), bob(), dave()]), all);
    for left_out in brokers() {
        let others: Vec<_> = brokers().into_iter().filter(|who| *who != left_out).collect();
        assert_ne!(made(&others), all);
    }
}

#[test]
fn a_seed_of_fewer_than_three_values_is_none() {
    for opened in 0..=MIN_OPENED {
        let mut world = world();
        for who in brokers() {
            world.commit(who).expect_ok();
        }
        world.reach_opening();
        for who in brokers().into_iter().take(usize::try_from(opened).expect("small")) {
            world.open(who).expect_ok();
        }
        world.reach_period(3);
        assert_eq!(world.seed(3).is_ok(), opened == MIN_OPENED, "{opened} values");
        if opened < MIN_OPENED {
            let drawn = world.chain.query(world.sortition.drawn(1, STREAM, 0, None));
            assert_eq!(drawn.expect_err("nobody is drawn").module_error(), Some(Error::NoSeed));
            // So that there is one again, everybody may commit who is in.
            assert!(brokers().into_iter().all(|who| world.may_commit(who)));
        }
    }
}

#[test]
fn only_those_whom_a_seed_selects_commit_where_many_are_in() {
    let mut world = world();
    for number in 0..195 {
        let who = account(number);
        world.chain.set_coin(who, crate::RICH);
        world.register(who).expect_ok();
        // Registering takes blocks, and so time.
        let start = world.start_ms() + 2 * PERIOD_MS;
        world.chain.set_time_ms(start.max(world.chain.time_ms()));
    }
    let period = world.period();
    world.reach_period(period + 1);
    world.next_period();
    let selected = (0..195).map(account).chain(brokers()).filter(|who| world.may_commit(*who));
    let selected: Vec<_> = selected.collect();
    // Of 200, 31 on average, give or take 5.
    assert!((12..=50).contains(&selected.len()), "{}", selected.len());
    let other = (0..195).map(account).find(|who| !selected.contains(who)).expect("most are not");
    world.commit(other).expect_error(Error::NotSelected);
    world.commit(selected[0]).expect_ok();
    assert!(!world.may_commit(ferdie()));
}

#[test]
fn what_a_seed_was_made_of_goes_once_its_period_is_over() {
    let mut world = world();
    world.next_period();
    let forget = |period| world.sortition.forget(1, period);
    let (now, none) = (forget(3), forget(2));
    world.chain.from(ferdie()).call(none).expect_error(Error::NoSeed);
    world.chain.from(ferdie()).call(now.clone()).expect_error(Error::TooEarly);
    world.reach_period(4);
    world.chain.from(ferdie()).call(now).expect_ok();
    assert_eq!(world.seed(3).expect_err("it is gone").module_error(), Some(Error::NoSeed));
}
