//! Freezing: only by a freezer who was declared at issue, both ways, and not for ever.

use crate::{ASSET, World, holder, ledger, stranger, verified};
use policies::{AddressFrozen, AddressUnfrozen, Error, FreezerRenounced, Terms};
use tenon_contract::{Address, ModuleError};
use tenon_testkit::bob;

/// A world in which Bob may freeze, and holders 1 and 2 have five each.
fn freezable() -> World {
    let mut world = World::with(verified(None, Some(bob())));
    for number in 1..=2 {
        world.attest(holder(number), number);
        world.create(holder(number), 5).expect_ok();
    }
    world
}

fn freeze(world: &mut World, who: Address) {
    let call = world.policies.freeze(ledger(), ASSET, who);
    let outcome = world.chain.from(bob()).call(call);
    assert!(outcome.has(&AddressFrozen { module: ledger(), asset: ASSET, who }));
}

fn is_frozen(world: &World, who: Address) -> bool {
    world.chain.query(world.policies.is_frozen(ledger(), ASSET, who)).expect("a query without errors")
}

#[test]
fn stops_an_address_from_sending_and_receiving() {
    let mut world = freezable();
    freeze(&mut world, holder(1));
    assert!(is_frozen(&world, holder(1)) && !is_frozen(&world, holder(2)));
    for amount in [0, 1, 5] {
        world.shift(holder(1), holder(2), amount).expect_error(Error::Frozen);
        world.shift(holder(2), holder(1), amount).expect_error(Error::Frozen);
        world.shift(holder(1), holder(1), amount).expect_error(Error::Frozen);
        world.create(holder(1), amount).expect_error(Error::Frozen);
        world.destroy(holder(1), amount).expect_error(Error::Frozen);
    }
    let expected = Some(u32::from(Error::Frozen.number()));
    assert_eq!(world.refusal(Some(holder(1)), Some(holder(2)), 1), expected);
    assert_eq!((world.amount(holder(1)), world.count()), (5, 2));
    world.shift(holder(2), holder(2), 5).expect_ok();
    let call = world.policies.unfreeze(ledger(), ASSET, holder(1));
    let outcome = world.chain.from(bob()).call(call);
    assert!(outcome.has(&AddressUnfrozen { module: ledger(), asset: ASSET, who: holder(1) }));
    world.shift(holder(1), holder(2), 5).expect_ok();
}

#[test]
fn freezes_an_address_before_it_holds_anything() {
    let mut world = freezable();
    world.attest(holder(3), 3);
    freeze(&mut world, holder(3));
    world.shift(holder(1), holder(3), 1).expect_error(Error::Frozen);
}

#[test]
fn concerns_one_asset_alone() {
    let mut world = freezable();
    let policies = world.policies;
    world.by_ledger(policies.attach(2, verified(None, Some(bob())))).expect_ok();
    world.by_ledger(policies.moved(2, None, Some(holder(1)), 5)).expect_ok();
    freeze(&mut world, holder(1));
    world.by_ledger(policies.moved(2, Some(holder(1)), Some(holder(2)), 5)).expect_ok();
}

#[test]
fn is_the_freezers_alone() {
    let mut world = freezable();
    let policies = world.policies;
    freeze(&mut world, holder(2));
    for who in [ledger(), stranger(), crate::issuer()] {
        world.chain.from(who).call(policies.freeze(ledger(), ASSET, holder(1))).expect_error(Error::NotFreezer);
        world.chain.from(who).call(policies.unfreeze(ledger(), ASSET, holder(2))).expect_error(Error::NotFreezer);
        world.chain.from(who).call(policies.renounce_freezer(ledger(), ASSET)).expect_error(Error::NotFreezer);
    }
}

#[test]
fn does_not_exist_unless_declared_at_issue() {
    let mut world = World::with(verified(Some(200), None));
    let policies = world.policies;
    for who in [ledger(), stranger(), bob()] {
        world.chain.from(who).call(policies.freeze(ledger(), ASSET, holder(1))).expect_error(Error::NotFreezer);
    }
    assert!(!is_frozen(&world, holder(1)));
}

#[test]
fn ends_with_the_right_to_freeze() {
    let mut world = freezable();
    let policies = world.policies;
    freeze(&mut world, holder(1));
    let outcome = world.chain.from(bob()).call(policies.renounce_freezer(ledger(), ASSET));
    assert!(outcome.has(&FreezerRenounced { module: ledger(), asset: ASSET }));
    assert!(!is_frozen(&world, holder(1)));
    world.shift(holder(1), holder(2), 5).expect_ok();
    for call in [policies.freeze(ledger(), ASSET, holder(2)), policies.renounce_freezer(ledger(), ASSET)] {
        world.chain.from(bob()).call(call).expect_error(Error::NotFreezer);
    }
    // What is left of a freeze does nothing, and anyone may remove it.
    world.chain.from(bob()).call(policies.unfreeze(ledger(), ASSET, holder(1))).expect_ok();
    world.chain.from(bob()).call(policies.unfreeze(ledger(), ASSET, holder(1))).expect_error(Error::NotFrozen);
    // The other terms stay.
    assert_eq!(world.chain.query(policies.terms(ledger(), ASSET)), Ok(Some(verified(None, None))));
    world.shift(holder(2), holder(3), 1).expect_error(Error::NotEligible);
}

#[test]
fn refuses_what_changes_nothing() {
    let mut world = freezable();
    let policies = world.policies;
    freeze(&mut world, holder(1));
    world.chain.from(bob()).call(policies.freeze(ledger(), ASSET, holder(1))).expect_error(Error::AlreadyFrozen);
    world.chain.from(bob()).call(policies.unfreeze(ledger(), ASSET, holder(2))).expect_error(Error::NotFrozen);
    world.chain.from(bob()).call(policies.freeze(ledger(), ASSET, Address::ZERO)).expect_error(Error::ZeroAddress);
}

#[test]
fn freezes_without_any_other_rule() {
    let mut world = World::with(Terms { credential: None, holder_limit: None, freezer: Some(bob()) });
    world.create(holder(1), 5).expect_ok();
    freeze(&mut world, holder(1));
    world.shift(holder(1), holder(2), 1).expect_error(Error::Frozen);
    world.shift(holder(2), holder(3), 0).expect_ok();
}
