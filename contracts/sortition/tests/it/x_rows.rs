//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::{PERIOD_MS, RICH, STAKE, STREAM, World, account, brokers, code, value, world};
use sortition::MAX_PERIOD_MS;
use std::ops::Range;
use tenon_contract::{Address, Hash};
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, alice, bob, by, charlie, dave, eve, ferdie};

/// Period 3 runs, which has a seed; Bob, Charlie and Dave have committed to values for the next one's.
fn sealed() -> World {
    let mut world = world();
    world.next_period();
    for who in [bob(), charlie(), dave()] {
        world.commit(who).expect_ok();
    }
    world
}

/// The same in the second half of that period.
fn opening() -> World {
    let mut world = sealed();
    world.reach_opening();
    world
}

/// The same when it is over, and Dave has not opened.
fn late() -> World {
    let mut world = opening();
    for who in [bob(), charlie()] {
        world.open(who).expect_ok();
    }
    world.reach_period(4);
    world
}

fn subject() -> Subject {
    let (sealed, opening, late) = (sealed(), opening(), late());
    let (chain, sortition) = (&sealed.chain, sealed.sortition);
    let mut empty = sealed.clone();
    let found = sortition.found(STAKE, PERIOD_MS, 2);
    assert_eq!(empty.chain.from(alice()).call(found).expect_ok(), 2);
    Subject::new(sortition.address(), &code())
        .call(chain, alice(), sortition.found(STAKE, PERIOD_MS, 7))
        .call(chain, ferdie(), sortition.register(1).with_value(STAKE))
        .call(chain, alice(), sortition.leave(1, Some(ferdie())))
        .call(chain, eve(), sortition.commit(1, Hash::new([5; 32])))
        .call(&opening.chain, bob(), sortition.open(1, value(bob(), 3)))
        .call(&late.chain, ferdie(), sortition.expel(1, dave()))
        .call(&late.chain, ferdie(), sortition.forget(1, 3))
        .call(&empty.chain, alice(), sortition.dissolve(2))
        .query(chain, sortition.pool(1))
        .query(chain, sortition.pools(Some(0), Some(5)))
        .query(chain, sortition.member(1, bob()))
        .query(chain, sortition.slots(1, Some(1), Some(5)))
        .query(chain, sortition.period_of(1))
        .query(chain, sortition.may_commit(1, eve()))
        .query(chain, sortition.seed(1, 3))
        .query(chain, sortition.drawn(1, STREAM, 2, Some(3)))
        .query(chain, sortition.commitment(1, 3, bob(), Hash::ZERO))
        .query(chain, sortition.owed())
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_each_party_these_powers_and_no_others() {
    let subject = subject();
    let stranger = Address::new([9; 32]);
    rules::has_only_these_powers(&subject, alice(), stranger, &["leave", "commit", "dissolve"]);
    rules::has_only_these_powers(&subject, eve(), stranger, &["leave", "commit"]);
    rules::has_only_these_powers(&subject, bob(), stranger, &["open"]);
    rules::has_only_these_powers(&subject, ferdie(), stranger, &[]);
}

#[test]
fn counts_each_time_to_what_begins_at_it() {
    let (sealed, late) = (sealed(), late());
    let sortition = sealed.sortition;
    let (start, half) = (sealed.start_ms(), PERIOD_MS / 2);
    let three = start + 3 * PERIOD_MS;
    rules::closes_at(&sealed.chain, three + half, &by(eve(), sortition.commit(1, Hash::new([5; 32]))));
    rules::opens_at(&sealed.chain, three + half, &by(bob(), sortition.open(1, value(bob(), 3))));
    rules::closes_at(&sealed.chain, three + PERIOD_MS, &by(bob(), sortition.open(1, value(bob(), 3))));
    rules::opens_at(&sealed.chain, three + PERIOD_MS, &by(ferdie(), sortition.expel(1, bob())));
    rules::opens_at(&sealed.chain, three + PERIOD_MS, &by(ferdie(), sortition.forget(1, 3)));
    assert!(late.period() == 4);
}

#[test]
fn costs_the_same_among_crowds_of_pools_and_brokers() {
    const BLOCK: u64 = 100;
    let mut world = world();
    let sortition = world.sortition;
    // In this pool values are still committed to when the crowd has come.
    let slow = sortition.found(STAKE, MAX_PERIOD_MS, 7);
    assert_eq!(world.chain.from(alice()).call(slow).expect_ok(), 2);
    world.chain.from(eve()).call(sortition.register(2).with_value(STAKE)).expect_ok();
    let operations = vec![
        by(ferdie(), sortition.register(1).with_value(STAKE)),
        by(alice(), sortition.leave(1, None)),
        by(eve(), sortition.commit(2, Hash::new([5; 32]))),
        by(alice(), sortition.found(STAKE, PERIOD_MS, 7)),
    ];
    // Each number is a pool, and somebody who is in that of five before.
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        for start in numbers.clone().step_by(usize::try_from(BLOCK).expect("it is small")) {
            let mut block = Vec::new();
            for number in start..numbers.end.min(start + BLOCK) {
                chain.set_coin(account(number), RICH);
                block.push(by(account(number), sortition.found(1, PERIOD_MS, 7)));
                if number % 20 == 0 {
                    block.push(by(account(number), sortition.register(1).with_value(STAKE)));
                }
            }
            chain.block(&block).into_iter().for_each(|outcome| assert!(outcome.is_ok()));
        }
    };
    let dust = Dust { many: 10_000, ..Dust::HUNDRED_THOUSAND };
    rules::is_unmoved_by_dust(&world.chain, dust, grow, |_| operations.clone());
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    let mut world = world();
    let sortition = world.sortition;
    let stored = |chain: &TestChain| {
        let instance = sortition.address();
        (chain.stored_entries(instance), chain.stored_bytes(instance), chain.deposit_of(instance))
    };
    let before = stored(&world.chain);
    let pool = world.chain.from(ferdie()).call(sortition.found(STAKE, PERIOD_MS, 7)).expect_ok();
    let (start, members) = (world.chain.query(sortition.pool(pool)).expect("it exists").start_ms, brokers());
    for who in members {
        world.chain.from(who).call(sortition.register(pool).with_value(STAKE)).expect_ok();
    }
    world.chain.set_time_ms(start + PERIOD_MS);
    let committed = sortition.commitment(pool, 1, bob(), Hash::ZERO);
    let committed = world.chain.query(committed).expect("a query");
    world.chain.from(bob()).call(sortition.commit(pool, committed)).expect_ok();
    world.chain.set_time_ms(start + PERIOD_MS + PERIOD_MS / 2);
    world.chain.from(bob()).call(sortition.open(pool, Hash::ZERO)).expect_ok();
    assert!(stored(&world.chain).2 > before.2, "something was locked");
    world.chain.set_time_ms(start + 3 * PERIOD_MS);
    world.chain.from(eve()).call(sortition.forget(pool, 2)).expect_ok();
    for who in members {
        world.chain.from(who).call(sortition.leave(pool, None)).expect_ok();
    }
    assert!(world.chain.from(ferdie()).call(sortition.dissolve(pool)).expect_ok());
    assert_eq!(stored(&world.chain), before, "X-14: all of it came back");
}

#[test]
fn nobody_gains_by_going_round() {
    let world = sealed();
    let sortition = world.sortition;
    let worth = |chain: &TestChain| {
        let is_in = chain.query(sortition.member(1, bob())).expect("a query").is_some();
        chain.coin(bob()) + if is_in { STAKE } else { 0 }
    };
    let cycle = [
        by(bob(), sortition.leave(1, None)),
        by(bob(), sortition.register(1).with_value(STAKE)),
        by(bob(), sortition.expel(1, bob())),
        by(bob(), sortition.open(1, value(bob(), 3))),
        by(bob(), sortition.leave(1, None)),
        by(bob(), sortition.leave(1, None)),
    ];
    rules::gains_nothing(&world.chain, worth, &cycle);
}

#[test]
fn stays_within_its_size_and_gas() {
    /// What a change may add before somebody looks at it again.
    const MAX_WASM_BYTES: usize = 39 * 1024;
    /// The most gas of committing to a value, which brokers do once in a period at most.
    const MAX_COMMIT_GAS: u64 = 120_000;
    let mut world = sealed();
    let found = world.commit(eve());
    let (gas, size) = (found.method_gas, code().len());
    found.expect_ok();
    assert!(size <= MAX_WASM_BYTES && gas <= MAX_COMMIT_GAS, "{size} bytes; {gas} gas to commit");
}
