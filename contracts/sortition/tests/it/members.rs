//! Who is in: stakes, waiting, leaving, and being expelled.

use crate::{PERIOD_MS, RICH, STAKE, STREAM, World, brokers, code, pool, world};
use sortition::{Error, Expelled, Left, MAX_SEATS, Registered, SortitionRef};
use tenon_contract::{Address, Amount};
use tenon_testkit::{alice, bob, charlie, eve, ferdie};

impl World {
    fn expelled(&self) -> Self {
        let mut world = self.clone();
        world.commit(bob()).expect_ok();
        world.reach_period(world.period() + 1);
        world
    }
}

#[test]
fn a_lot_costs_its_stake_which_comes_back() {
    let mut world = world();
    assert_eq!((world.owed(), world.held()), (5 * STAKE, 5 * STAKE));
    for wrong in [0, STAKE - 1, STAKE + 1] {
        let call = world.sortition.register(1).with_value(wrong);
        world.chain.from(ferdie()).call(call).expect_error(Error::WrongValue);
    }
    world.register(bob()).expect_error(Error::AlreadyRegistered);
    let outcome = world.register(ferdie());
    assert!(outcome.has(&Registered { pool: 1, broker: ferdie(), slot: 5, from_period: 4 }));
    assert_eq!(outcome.expect_ok(), 4);
    let before = world.chain.coin(eve());
    for to in [Address::ZERO, world.sortition.address()] {
        let call = world.sortition.leave(1, Some(to));
        world.chain.from(ferdie()).call(call).expect_error(Error::InvalidReceiver);
    }
    let left = world.chain.from(ferdie()).call(world.sortition.leave(1, Some(eve())));
    assert!(left.has(&Left { pool: 1, broker: ferdie(), to: eve() }));
    left.expect_ok();
    assert_eq!(world.chain.coin(eve()) - before, STAKE);
    world.leave(ferdie()).expect_error(Error::NotRegistered);
    // The lot that was left is the next one's.
    world.register(ferdie()).expect_ok();
    let member = world.chain.query(world.sortition.member(1, ferdie())).expect("a query");
    assert_eq!(member.expect("is in").slot, 5);
}

#[test]
fn who_registers_waits_until_a_seed_is_made_that_nobody_had_begun() {
    let mut world = world();
    world.register(ferdie()).expect_ok();
    let two = world.clone();
    for period in [3, 4] {
        assert_eq!(world.next_period(), period);
        let ever = (0..200).any(|partition| world.drawn(partition).contains(&ferdie()));
        assert_eq!(ever, period == 4, "in period {period}");
    }
    // To leave and come back costs the waiting again.
    let mut back = two;
    assert_eq!(back.next_period(), 3);
    back.leave(ferdie()).expect_ok();
    assert_eq!(back.register(ferdie()).expect_ok(), 5);
    assert_eq!(back.next_period(), 4);
    assert!((0..200).all(|partition| !back.drawn(partition).contains(&ferdie())));
    assert_eq!(back.next_period(), 5);
    assert!((0..200).any(|partition| back.drawn(partition).contains(&ferdie())));
}

#[test]
fn who_registers_once_values_are_committed_to_changes_no_draw() {
    let world = world();
    let (mut alone, mut joined) = (world.clone(), world);
    joined.commit(alice()).expect_ok();
    joined.register(ferdie()).expect_ok();
    alone.commit(alice()).expect_ok();
    for world in [&mut alone, &mut joined] {
        for who in [bob(), charlie()] {
            world.commit(who).expect_ok();
        }
        world.reach_opening();
        for who in [alice(), bob(), charlie()] {
            world.open(who).expect_ok();
        }
        world.reach_period(3);
    }
    for partition in 0..50 {
        assert_eq!(alone.drawn(partition), joined.drawn(partition));
    }
}

#[test]
fn who_leaves_gains_no_seat() {
    let mut world = world();
    world.next_period();
    for partition in 0..20 {
        let drawn = world.drawn(partition);
        for who in brokers() {
            let mut without = world.clone();
            without.leave(who).expect_ok();
            let kept: Vec<_> = drawn.iter().filter(|broker| **broker != who).collect();
            let found = without.drawn(partition);
            assert!(found.iter().collect::<Vec<_>>().starts_with(&kept), "the others keep their seats");
            assert!(!found.contains(&who));
        }
    }
}

#[test]
fn who_commits_and_does_not_open_loses_the_stake() {
    let mut world = world();
    world.expel(bob()).expect_error(Error::NothingMissed);
    world.commit(bob()).expect_ok();
    world.leave(bob()).expect_error(Error::SealPending);
    world.reach_opening();
    world.expel(bob()).expect_error(Error::NothingMissed);
    world.leave(bob()).expect_error(Error::SealPending);
    world.reach_period(3);
    world.open(bob()).expect_error(Error::TooLate);
    world.leave(bob()).expect_error(Error::SealPending);
    world.commit(bob()).expect_error(Error::SealPending);
    let held = world.held();
    let expelled = world.expel(bob());
    assert!(expelled.has(&Expelled { pool: 1, broker: bob(), stake: STAKE }));
    expelled.expect_ok();
    assert_eq!((world.owed(), world.held()), (4 * STAKE, held), "it is nobody's");
    world.expel(bob()).expect_error(Error::NotRegistered);
    assert!(world.chain.coin(bob()) < RICH - STAKE);
    assert_eq!(world.register(bob()).expect_ok(), 5, "who comes back pays and waits again");
}

#[test]
fn a_stake_that_cannot_be_sent_stays_in() {
    let mut world = world();
    let tiny = world.sortition.found(5, PERIOD_MS, 1);
    assert_eq!(world.chain.from(alice()).call(tiny).expect_ok(), 2);
    let register = world.sortition.register(2).with_value(5);
    world.chain.from(bob()).call(register).expect_ok();
    // Five units are less than an account may hold at least.
    let to_stranger = world.sortition.leave(2, Some(Address::new([9; 32])));
    world.chain.from(bob()).call(to_stranger).expect_error(Error::StakeRefused);
    assert_eq!(world.owed(), 5 * STAKE + 5);
    world.chain.from(bob()).call(world.sortition.leave(2, None)).expect_ok();
}

#[test]
fn a_pool_is_what_it_was_founded_as_and_goes_when_nobody_is_in() {
    let mut world = world();
    let found = |stake, period_ms, seats| world.sortition.found(stake, period_ms, seats);
    for call in [
        found(0, PERIOD_MS, 3),
        found(1, 9_999, 3),
        found(1, 31 * 86_400_000 + 1, 3),
        found(1, PERIOD_MS, 0),
        found(1, PERIOD_MS, MAX_SEATS + 1),
    ] {
        world.chain.from(eve()).call(call).expect_error(Error::InvalidPool);
    }
    let huge = found(Amount::MAX - 5 * STAKE, PERIOD_MS, 1);
    assert_eq!(world.chain.from(eve()).call(huge).expect_ok(), 2);
    let dissolve = |pool| world.sortition.dissolve(pool);
    let (first, second, third) = (dissolve(1), dissolve(2), dissolve(3));
    world.chain.from(bob()).call(first.clone()).expect_error(Error::NotFounder);
    world.chain.from(alice()).call(first.clone()).expect_error(Error::PoolInUse);
    world.chain.from(eve()).call(third).expect_error(Error::UnknownPool);
    assert!(world.chain.from(eve()).call(second).expect_ok());
    for who in brokers() {
        world.leave(who).expect_ok();
    }
    assert!(world.chain.from(alice()).call(first).expect_ok());
    world.register(bob()).expect_error(Error::UnknownPool);
    assert_eq!(world.chain.query(world.sortition.pools(None, None)), Ok(vec![]));
}

#[test]
fn an_instance_of_ones_own_has_one_pool_alone() {
    let mut world = world();
    let init = SortitionRef::init(Some(pool()));
    let own = SortitionRef::at(world.chain.from(bob()).deploy(&code(), init));
    world.chain.from(bob()).call(own.found(1, PERIOD_MS, 1)).expect_error(Error::Closed);
    world.chain.from(eve()).call(own.register(1).with_value(STAKE)).expect_ok();
    let of_both = |sortition: SortitionRef| world.chain.query(sortition.commitment(1, 0, eve(), STREAM));
    assert_ne!(of_both(own), of_both(world.sortition), "what is committed to in one is worth nothing in the other");
}

#[test]
fn nobody_is_expelled_who_was_not_late() {
    let world = world();
    let mut late = world.expelled();
    for who in [alice(), charlie(), ferdie()] {
        let error = if who == ferdie() { Error::NotRegistered } else { Error::NothingMissed };
        late.expel(who).expect_error(error);
    }
    late.expel(bob()).expect_ok();
}
