//! An equity: every holder known, at most so many of them, counted as persons. What the paper asks for (BY-131), and
//! what somebody may try against it.

use crate::{ASSET, TOPIC, World, holder, identity, issuer, ledger, stranger, verified};
use policies::Error;
use tenon_contract::ModuleError;

/// The number of holders that an equity may have.
const LIMIT: u16 = 200;

/// A world in which as many identities hold the asset as may, each with one address and five units.
fn full() -> World {
    let mut world = World::with(verified(Some(u32::from(LIMIT)), None));
    world.chain.set_invariant_checks(false);
    for number in 1..=LIMIT {
        world.attest(holder(number), number);
        world.create(holder(number), 5).expect_ok();
    }
    world.chain.set_invariant_checks(true);
    assert_eq!(world.count(), u32::from(LIMIT));
    world
}

/// The same with two holders of five units, so that tests are quick.
fn pair() -> World {
    let mut world = World::with(verified(Some(2), None));
    for number in 1..=2 {
        world.attest(holder(number), number);
        world.create(holder(number), 5).expect_ok();
    }
    world.attest(holder(3), 3);
    world
}

#[test]
fn refuses_the_201st_holder_until_one_sells_all() {
    let mut world = full();
    let (last, newcomer) = (holder(LIMIT), holder(LIMIT + 1));
    world.attest(newcomer, LIMIT + 1);
    world.create(newcomer, 1).expect_error(Error::HolderLimitReached);
    world.shift(last, newcomer, 1).expect_error(Error::HolderLimitReached);
    assert_eq!(world.amount(last), 5);
    // A part sold does not free the seat, all sold does.
    world.shift(last, holder(1), 4).expect_ok();
    world.shift(holder(2), newcomer, 1).expect_error(Error::HolderLimitReached);
    world.shift(last, holder(1), 1).expect_ok();
    assert_eq!(world.count(), u32::from(LIMIT) - 1);
    world.shift(holder(2), newcomer, 1).expect_ok();
    assert_eq!(world.count(), u32::from(LIMIT));
    world.shift(holder(1), last, 1).expect_error(Error::HolderLimitReached);
}

#[test]
fn counts_addresses_of_one_identity_once() {
    let mut world = full();
    let second = holder(1_001);
    world.attest(second, 1);
    world.shift(holder(1), second, 2).expect_ok();
    world.create(second, 1).expect_ok();
    assert_eq!((world.count(), world.amount(second)), (u32::from(LIMIT), 3));
    // One address of the identity empties: the other one keeps the seat.
    world.destroy(holder(1), 3).expect_ok();
    world.attest(holder(LIMIT + 1), LIMIT + 1);
    world.create(holder(LIMIT + 1), 1).expect_error(Error::HolderLimitReached);
    world.destroy(second, 3).expect_ok();
    world.create(holder(LIMIT + 1), 1).expect_ok();
}

#[test]
fn lets_the_last_unit_pass_a_seat_on_in_one_step() {
    let mut world = pair();
    world.shift(holder(1), holder(3), 4).expect_error(Error::HolderLimitReached);
    world.shift(holder(1), holder(3), 5).expect_ok();
    assert_eq!((world.count(), world.amount(holder(1)), world.amount(holder(3))), (2, 0, 5));
    world.shift(holder(3), holder(1), 5).expect_ok();
    assert_eq!(world.count(), 2);
}

#[test]
fn moves_within_one_identity_at_the_limit() {
    let mut world = pair();
    world.attest(holder(11), 1);
    for (from, to, amount) in [(1, 11, 2), (1, 11, 3), (11, 1, 5), (1, 11, 5)] {
        world.shift(holder(from), holder(to), amount).expect_ok();
        assert_eq!(world.count(), 2);
    }
}

#[test]
fn does_not_count_transfers_to_oneself_and_of_nothing() {
    let mut world = pair();
    for amount in [0, 1, 5] {
        world.shift(holder(1), holder(1), amount).expect_ok();
        assert_eq!((world.count(), world.amount(holder(1))), (2, 5));
    }
    // Nothing, sent to a newcomer at the limit, takes no seat; of one who holds nothing it frees none.
    world.shift(holder(1), holder(3), 0).expect_ok();
    world.shift(holder(3), holder(1), 0).expect_ok();
    world.create(holder(3), 0).expect_ok();
    world.destroy(holder(3), 0).expect_ok();
    assert_eq!((world.count(), world.amount(holder(1)), world.amount(holder(3))), (2, 5, 0));
    world.create(holder(3), 1).expect_error(Error::HolderLimitReached);
}

#[test]
fn refuses_receivers_without_the_credential_that_it_asks_for() {
    let mut world = World::with(verified(Some(2), None));
    world.attest(holder(1), 1);
    world.create(holder(1), 5).expect_ok();
    let credentials = world.credentials;
    // Of another issuer, for another topic, revoked.
    world.chain.from(stranger()).call(credentials.attest(holder(2), TOPIC, identity(2), None)).expect_ok();
    world.chain.from(holder_of_none()).call(credentials.attest(holder(2), TOPIC, identity(2), None)).expect_ok();
    world.chain.from(issuer()).call(credentials.attest(holder(2), TOPIC + 1, identity(2), None)).expect_ok();
    world.attest(holder(3), 3);
    world.chain.from(issuer()).call(credentials.revoke(holder(3), TOPIC)).expect_ok();
    for to in [holder(2), holder(3), holder(4)] {
        for amount in [0, 1, 5] {
            world.shift(holder(1), to, amount).expect_error(Error::NotEligible);
            world.create(to, amount).expect_error(Error::NotEligible);
        }
    }
    assert_eq!(world.count(), 1);
}

/// An account that attests for itself.
fn holder_of_none() -> tenon_contract::Address {
    tenon_testkit::bob()
}

#[test]
fn ends_receiving_when_the_credential_ends_but_never_the_exit() {
    for (late_ms, receives) in [(-1, true), (0, false), (1, false)] {
        let mut world = World::with(verified(Some(2), None));
        world.attest(holder(1), 1);
        let end = world.chain.time_ms() + 60_000;
        let call = world.credentials.attest(holder(2), TOPIC, identity(2), Some(end));
        world.chain.from(issuer()).call(call).expect_ok();
        world.create(holder(2), 5).expect_ok();
        world.chain.set_time_ms(end.checked_add_signed(late_ms).expect("in range"));
        let outcome = world.create(holder(2), 1);
        if receives {
            outcome.expect_ok()
        } else {
            outcome.expect_error(Error::NotEligible)
        }
        // Who has lost it still counts, may move to themselves, and leaves as anybody does.
        assert_eq!(world.count(), 1);
        world.shift(holder(2), holder(2), 5).expect_ok();
        let left = world.amount(holder(2));
        world.shift(holder(2), holder(1), left).expect_ok();
        assert_eq!((world.count(), world.amount(holder(2))), (1, 0));
    }
}

#[test]
fn says_what_a_move_would_fail_with() {
    let mut world = pair();
    let number = |error: Error| Some(u32::from(error.number()));
    let (one, two, three, unknown) = (Some(holder(1)), Some(holder(2)), Some(holder(3)), Some(holder(4)));
    assert_eq!(world.refusal(one, two, 5), None);
    assert_eq!(world.refusal(one, three, 5), None);
    assert_eq!(world.refusal(one, three, 4), number(Error::HolderLimitReached));
    assert_eq!(world.refusal(one, unknown, 5), number(Error::NotEligible));
    assert_eq!(world.refusal(one, two, 6), number(Error::NotHeld));
    assert_eq!(world.refusal(one, None, 5), None);
    world.shift(holder(1), holder(3), 5).expect_ok();
    assert_eq!(world.refusal(None, one, 1), number(Error::HolderLimitReached));
}

#[test]
fn holds_the_limit_of_one() {
    let mut world = World::with(verified(Some(1), None));
    world.attest(holder(1), 1);
    world.attest(holder(2), 2);
    world.create(holder(1), 2).expect_ok();
    world.create(holder(2), 1).expect_error(Error::HolderLimitReached);
    world.shift(holder(1), holder(2), 1).expect_error(Error::HolderLimitReached);
    world.shift(holder(1), holder(2), 2).expect_ok();
    assert_eq!(world.chain.query(world.policies.holder_count(ledger(), ASSET)), Ok(1));
}
