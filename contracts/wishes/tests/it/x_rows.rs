//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::{LIFE_MS, TERMS, World, code, wished, world};
use std::ops::Range;
use tenon_contract::{Address, Hash};
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, alice, bob, by, charlie, dave, eve, ferdie};
use wishes::{Currency, WishesRef};

/// Wishes of [`backed`]: one for coin and one for gold.
const COIN: u64 = 1;
const GOLDEN: u64 = 2;

/// Bob and Charlie back both wishes of Alice; Dave's stream is submitted for both.
fn backed() -> World {
    let mut world = world();
    let gold = world.gold();
    assert_eq!([world.wish(None), world.wish(Some(gold))], [COIN, GOLDEN]);
    for wish in [COIN, GOLDEN] {
        for who in [bob(), charlie()] {
            world.back(who, wish, 100).expect_ok();
        }
        let weather = world.weather;
        world.submit(dave(), wish, weather).expect_ok();
    }
    world
}

/// Alice has accepted it for both.
fn accepted() -> World {
    let mut world = backed();
    let weather = world.weather;
    for wish in [COIN, GOLDEN] {
        world.accept(wish, weather, dave()).expect_ok();
    }
    world
}

/// The deadline has passed without that.
fn late() -> World {
    let mut world = backed();
    world.chain.advance_ms(LIFE_MS);
    world
}

fn subject() -> Subject {
    let (backed, accepted, late) = (backed(), accepted(), late());
    let mut collected = accepted.clone();
    collected.collect(dave(), COIN).expect_ok();
    let (wishes, weather, traffic) = (backed.wishes, backed.weather, backed.traffic);
    let deadline = backed.chain.time_ms() + LIFE_MS;
    let gold = Some(backed.gold());
    Subject::new(wishes.address(), &code())
        .call(&backed.chain, eve(), wishes.wish("Snow".into(), TERMS, deadline, Some(bob()), gold))
        .call(&backed.chain, eve(), wishes.wish("Snow".into(), TERMS, deadline, None, None))
        .call(&backed.chain, bob(), wishes.back(COIN, 70).with_value(70))
        .call(&backed.chain, bob(), wishes.back(GOLDEN, 70))
        .call(&backed.chain, eve(), wishes.submit(COIN, traffic))
        .call(&backed.chain, alice(), wishes.accept(COIN, weather, dave()))
        .call(&accepted.chain, dave(), wishes.collect(COIN, None))
        .call(&accepted.chain, dave(), wishes.collect(GOLDEN, Some(eve())))
        .call(&late.chain, bob(), wishes.refund(COIN, Some(eve())))
        .call(&late.chain, bob(), wishes.refund(GOLDEN, None))
        .call(&backed.chain, dave(), wishes.remove_submission(COIN, weather))
        .call(&late.chain, ferdie(), wishes.remove_submission(COIN, weather))
        .call(&accepted.chain, ferdie(), wishes.remove_backer(COIN, bob()))
        .call(&collected.chain, ferdie(), wishes.clear(COIN))
        .query(&backed.chain, wishes.wish_count())
        .query(&accepted.chain, wishes.wish_info(COIN))
        .query(&backed.chain, wishes.wishes(Some(0), Some(5)))
        .query(&backed.chain, wishes.backing(COIN, bob()))
        .query(&backed.chain, wishes.backers(COIN, Some(Address::ZERO), Some(5)))
        .query(&backed.chain, wishes.submissions(COIN, Some(Hash::ZERO), Some(5)))
        .query(&backed.chain, wishes.owed(Currency::Coin))
        .query(&backed.chain, wishes.registry())
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_acceptors_publishers_and_backers_these_powers_and_no_others() {
    let subject = subject();
    // Alice and Bob have gold too, and with it the power to give it away.
    rules::has_only_these_powers(&subject, alice(), ferdie(), &["accept", "back"]);
    rules::has_only_these_powers(&subject, bob(), ferdie(), &["back", "refund"]);
    rules::has_only_these_powers(&subject, dave(), ferdie(), &["collect", "remove_submission"]);
    rules::has_only_these_powers(&subject, eve(), ferdie(), &["submit"]);
}

/// An account of a number.
fn stranger(number: u64) -> Address {
    let mut bytes = [0xaa; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Address::new(bytes)
}

#[test]
fn costs_the_same_among_crowds_of_wishes_and_backers() {
    const BLOCK: u64 = 50;
    let world = backed();
    let (wishes, weather, traffic) = (world.wishes, world.weather, world.traffic);
    let deadline = world.chain.time_ms() + LIFE_MS;
    let accept_and_collect = |chain: &TestChain| {
        let mut chain = chain.clone();
        let gas = |outcome: tenon_testkit::Outcome<Vec<u8>>| {
            let gas = outcome.method_gas;
            drop(outcome.expect_ok());
            gas
        };
        [by(alice(), wishes.accept(COIN, weather, dave())), by(dave(), wishes.collect(COIN, None))]
            .map(|transaction| gas(chain.run(&transaction)))
    };
    let few = accept_and_collect(&world.chain);
    let operations = vec![
        by(eve(), wishes.wish("Snow".into(), TERMS, deadline, None, None)),
        by(bob(), wishes.back(COIN, 70).with_value(70)),
        by(eve(), wishes.submit(COIN, traffic)),
        by(alice(), wishes.accept(COIN, weather, dave())),
        by(dave(), wishes.remove_submission(COIN, weather)),
    ];
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        for start in numbers.clone().step_by(usize::try_from(BLOCK).expect("small")) {
            let mut block = Vec::new();
            for number in start..numbers.end.min(start + BLOCK) {
                chain.set_coin(stranger(number), 10_000_000_000_000);
                block.push(by(stranger(number), wishes.back(COIN, 1).with_value(1)));
                block.push(by(alice(), wishes.wish("Dust".into(), TERMS, deadline, None, None)));
            }
            chain.block(&block).into_iter().for_each(|outcome| drop(outcome.expect_ok()));
        }
    };
    // A block is a second later than the one before: the wishes must stand to the end.
    let dust = Dust { many: 50_000, ..Dust::HUNDRED_THOUSAND };
    rules::is_unmoved_by_dust(&world.chain, dust, grow, |_| operations.clone());
    let mut crowded = world.chain.clone();
    crowded.check_invariants_every(0);
    grow(&mut crowded, 0..2_000);
    for (few, many) in few.into_iter().zip(accept_and_collect(&crowded)) {
        assert!(many <= few + few / 50, "{few} gas with two backers, {many} with two thousand");
    }
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    // The count of wishes is there before, and stays.
    let (mut world, first, _) = wished();
    let (wishes, weather, traffic) = (world.wishes, world.weather, world.traffic);
    world.by(alice(), wishes.clear(first)).expect_ok();
    // Coin for something else is owed already, so that the books have their entry.
    let other = world.wish(None);
    world.back(charlie(), other, 5).expect_ok();
    let deadline = world.chain.time_ms() + LIFE_MS;
    let store = [
        by(alice(), wishes.wish("Rain".into(), TERMS, deadline, None, None)),
        by(dave(), wishes.submit(3, weather)),
        by(eve(), wishes.submit(3, traffic)),
    ];
    let clean = [
        by(alice(), wishes.accept(3, weather, dave())),
        by(eve(), wishes.remove_submission(3, traffic)),
        by(bob(), wishes.clear(3)),
    ];
    rules::returns_deposits(&world.chain, wishes.address(), &store, &clean);
    // What is backed and granted, and what is backed and taken back, leaves nothing either.
    let stored = |chain: &TestChain| (chain.stored_entries(wishes.address()), chain.deposit_of(wishes.address()));
    let before = stored(&world.chain);
    for is_granted in [true, false] {
        let wish = world.wish(None);
        world.back(bob(), wish, 100).expect_ok();
        world.submit(dave(), wish, weather).expect_ok();
        if is_granted {
            world.accept(wish, weather, dave()).expect_ok();
            world.collect(dave(), wish).expect_ok();
            world.by(eve(), wishes.remove_backer(wish, bob())).expect_ok();
        } else {
            world.chain.advance_ms(LIFE_MS);
            world.refund(bob(), wish).expect_ok();
            world.by(eve(), wishes.remove_submission(wish, weather)).expect_ok();
        }
        world.by(eve(), wishes.clear(wish)).expect_ok();
        assert_eq!(stored(&world.chain), before);
    }
}

#[test]
fn is_good_on_one_instance_only() {
    let mut world = backed();
    let other = WishesRef::at(world.chain.from(alice()).deploy(&code(), WishesRef::init(None, None)));
    let accept = by(alice(), world.wishes.accept(COIN, world.weather, dave()));
    assert!(!world.chain.run(&accept.to(other.address())).is_ok());
    assert!(world.chain.run(&accept).is_ok());
    assert!(!world.chain.run(&accept).is_ok(), "not twice");
}

#[test]
fn stays_within_its_size_and_gas() {
    /// What a change may add before somebody looks at it again.
    const MAX_WASM_BYTES: usize = 60 * 1024;
    /// Gas of adding to a bounty in coin.
    const MAX_BACK_GAS: u64 = 120_000;
    let mut world = backed();
    let backed = world.back(bob(), COIN, 70);
    let (gas, size) = (backed.method_gas, code().len());
    backed.expect_ok();
    assert!(size <= MAX_WASM_BYTES && gas <= MAX_BACK_GAS, "{size} bytes; {gas} gas to add to a bounty");
}
