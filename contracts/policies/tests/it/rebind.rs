//! An issuer gives an address another identity while it holds something: what that can and cannot do to the count.

use crate::{ASSET, TOPIC, World, holder, identity, issuer, ledger, stranger, verified};
use policies::{Error, Held};
use tenon_contract::Address;

/// Two seats: identity 1 holds five with addresses 1 and 11, identity 2 holds five with address 2.
fn world(limit: u32) -> World {
    let mut world = World::with(verified(Some(limit), None));
    for (address, number) in [(1, 1), (11, 1), (2, 2)] {
        world.attest(holder(address), number);
        world.create(holder(address), 5).expect_ok();
    }
    assert_eq!(world.count(), 2);
    world
}

fn counts_as(world: &World, who: Address) -> Option<Held> {
    world.chain.query(world.policies.held(ledger(), ASSET, who)).expect("a query without errors")
}

#[test]
fn counts_anew_at_the_next_receipt() {
    let mut world = world(3);
    world.attest(holder(11), 3);
    // Nothing changes by itself, nor by sending.
    world.shift(holder(11), holder(1), 1).expect_ok();
    assert_eq!((world.count(), counts_as(&world, holder(11))), (2, Some(Held { amount: 4, identity: identity(1) })));
    world.shift(holder(1), holder(11), 1).expect_ok();
    assert_eq!((world.count(), counts_as(&world, holder(11))), (3, Some(Held { amount: 5, identity: identity(3) })));
}

#[test]
fn smuggles_no_identity_past_the_limit() {
    let mut world = world(2);
    world.attest(holder(11), 3);
    world.create(holder(11), 1).expect_error(Error::HolderLimitReached);
    world.shift(holder(1), holder(11), 1).expect_error(Error::HolderLimitReached);
    let recount = world.policies.recount(ledger(), ASSET, holder(11));
    world.chain.from(stranger()).call(recount).expect_error(Error::HolderLimitReached);
    // The seat of identity 1 is free once all of address 1 moved on: then address 11 alone takes the next.
    world.shift(holder(1), holder(11), 5).expect_ok();
    assert_eq!((world.count(), counts_as(&world, holder(11))), (2, Some(Held { amount: 10, identity: identity(3) })));
}

#[test]
fn leaves_as_the_identity_as_whom_it_was_counted() {
    let mut world = world(2);
    world.attest(holder(2), 1);
    world.destroy(holder(2), 5).expect_ok();
    assert_eq!(world.count(), 1);
    world.create(holder(2), 5).expect_ok();
    assert_eq!(world.count(), 1);
    for address in [1, 11] {
        world.destroy(holder(address), 5).expect_ok();
    }
    assert_eq!(world.count(), 1);
    world.destroy(holder(2), 5).expect_ok();
    assert_eq!(world.count(), 0);
}

#[test]
fn takes_another_seat_where_the_old_one_ends_with_it() {
    let mut world = world(2);
    world.attest(holder(2), 3);
    world.shift(holder(1), holder(2), 1).expect_ok();
    assert_eq!((world.count(), counts_as(&world, holder(2))), (2, Some(Held { amount: 6, identity: identity(3) })));
}

#[test]
fn is_recounted_by_anyone_where_the_limit_allows() {
    let mut world = world(3);
    world.attest(holder(11), 2);
    let policies = world.policies;
    let recount = |who| policies.recount(ledger(), ASSET, who);
    world.chain.from(stranger()).call(recount(holder(11))).expect_ok();
    assert_eq!((world.count(), counts_as(&world, holder(11))), (2, Some(Held { amount: 5, identity: identity(2) })));
    // The last of identity 1 merges too: one seat is free.
    world.attest(holder(1), 2);
    world.chain.from(stranger()).call(recount(holder(1))).expect_ok();
    world.chain.from(stranger()).call(recount(holder(1))).expect_ok();
    assert_eq!(world.count(), 1);
    world.chain.from(stranger()).call(recount(holder(9))).expect_error(Error::NotHeld);
    world.chain.from(issuer()).call(world.credentials.revoke(holder(1), TOPIC)).expect_ok();
    world.chain.from(stranger()).call(recount(holder(1))).expect_error(Error::NotEligible);
    assert_eq!(world.count(), 1);
}
