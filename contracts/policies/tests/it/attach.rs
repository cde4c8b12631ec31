//! Attaching policies: once, by whoever holds the asset, with terms that make sense, and what strangers can do.

use crate::{ASSET, World, holder, identity, ledger, stranger, verified};
use policies::{Attached, Error, Held, MAX_PAGE, Requirement, Terms};
use tenon_contract::{Address, Hash};

const NOTHING: Terms = Terms { credential: None, holder_limit: None, freezer: None };

#[test]
fn states_the_terms_that_were_attached() {
    let mut world = World::new();
    let terms = verified(Some(200), Some(stranger()));
    assert_eq!(world.chain.query(world.policies.terms(ledger(), ASSET)), Ok(None));
    let outcome = world.by_ledger(world.policies.attach(ASSET, terms.clone()));
    assert!(outcome.has(&Attached { module: ledger(), asset: ASSET, terms: terms.clone() }));
    assert_eq!(world.chain.query(world.policies.terms(ledger(), ASSET)), Ok(Some(terms)));
    assert_eq!(world.chain.query(world.policies.terms(ledger(), ASSET + 1)), Ok(None));
    assert_eq!(world.chain.query(world.policies.terms(stranger(), ASSET)), Ok(None));
}

#[test]
fn refuses_a_second_policy_for_an_asset() {
    let mut world = World::with(verified(Some(200), None));
    let looser = world.by_ledger(world.policies.attach(ASSET, verified(None, None)));
    looser.expect_error(Error::AlreadyAttached);
    let same = world.by_ledger(world.policies.attach(ASSET, verified(Some(200), None)));
    same.expect_error(Error::AlreadyAttached);
    world.by_ledger(world.policies.attach(ASSET + 1, verified(None, None))).expect_ok();
}

#[test]
fn refuses_terms_that_contradict_themselves() {
    let mut world = World::new();
    let nobody = Requirement { issuer: Address::ZERO, topic: 1 };
    let cases = [
        (NOTHING, Error::EmptyTerms),
        (Terms { holder_limit: Some(200), ..NOTHING }, Error::LimitWithoutCredential),
        (Terms { holder_limit: Some(2), freezer: Some(stranger()), ..NOTHING }, Error::LimitWithoutCredential),
        (verified(Some(0), None), Error::ZeroLimit),
        (Terms { credential: Some(nobody), ..NOTHING }, Error::ZeroAddress),
        (Terms { freezer: Some(Address::ZERO), ..NOTHING }, Error::ZeroAddress),
    ];
    for (terms, error) in cases {
        world.by_ledger(world.policies.attach(ASSET, terms)).expect_error(error);
    }
    assert_eq!(world.chain.stored_entries(world.policies.address()), 0);
}

#[test]
fn keeps_the_namespaces_of_callers_apart() {
    let mut world = World::with(verified(Some(1), None));
    world.attest(holder(1), 1);
    world.attest(holder(2), 2);
    world.create(holder(1), 5).expect_ok();
    let policies = world.policies;
    // A stranger has no policy here, and an own one changes nothing for the ledger's asset of the same number.
    let call = policies.moved(ASSET, Some(holder(1)), Some(stranger()), 5);
    world.chain.from(stranger()).call(call).expect_error(Error::NoPolicy);
    let own = Terms { freezer: Some(stranger()), ..NOTHING };
    world.chain.from(stranger()).call(policies.attach(ASSET, own)).expect_ok();
    world.chain.from(stranger()).call(policies.moved(ASSET, None, Some(holder(2)), 9)).expect_ok();
    let call = policies.moved(ASSET, Some(holder(1)), None, 5);
    world.chain.from(stranger()).call(call).expect_error(Error::NotHeld);
    let freeze = policies.freeze(ledger(), ASSET, holder(1));
    world.chain.from(stranger()).call(freeze).expect_error(Error::NotFreezer);
    assert_eq!((world.count(), world.amount(holder(1)), world.amount(holder(2))), (1, 5, 0));
    assert_eq!(world.chain.query(policies.holder_count(stranger(), ASSET)), Ok(1));
}

#[test]
fn refuses_moves_of_assets_without_a_policy() {
    let mut world = World::new();
    world.create(holder(1), 1).expect_error(Error::NoPolicy);
    assert_eq!(world.refusal(None, Some(holder(1)), 1), None);
    let recount = world.policies.recount(ledger(), ASSET, holder(1));
    world.chain.from(stranger()).call(recount).expect_error(Error::NoPolicy);
    for call in [
        world.policies.freeze(ledger(), ASSET, holder(1)),
        world.policies.unfreeze(ledger(), ASSET, holder(1)),
        world.policies.renounce_freezer(ledger(), ASSET),
    ] {
        world.chain.from(stranger()).call(call).expect_error(Error::NoPolicy);
    }
}

#[test]
fn counts_addresses_where_no_credential_states_identities() {
    let mut world = World::with(Terms { freezer: Some(stranger()), ..NOTHING });
    world.create(holder(1), 5).expect_ok();
    world.shift(holder(1), holder(2), 2).expect_ok();
    assert_eq!(world.count(), 2);
    let expected = Held { amount: 2, identity: Hash::new(*holder(2).as_bytes()) };
    assert_eq!(world.chain.query(world.policies.held(ledger(), ASSET, holder(2))), Ok(Some(expected)));
    world.shift(holder(1), holder(2), 3).expect_ok();
    assert_eq!(world.count(), 1);
}

#[test]
fn refuses_amounts_that_the_ledger_cannot_have() {
    let mut world = World::with(verified(None, None));
    world.attest(holder(1), 1);
    world.attest(holder(2), 2);
    world.create(holder(1), u128::MAX).expect_ok();
    world.create(holder(1), 1).expect_error(Error::AmountOverflow);
    world.shift(holder(2), holder(1), 1).expect_error(Error::NotHeld);
    world.destroy(holder(2), 1).expect_error(Error::NotHeld);
    world.shift(holder(1), holder(2), u128::MAX).expect_ok();
    assert_eq!((world.amount(holder(1)), world.amount(holder(2))), (0, u128::MAX));
}

#[test]
fn lists_holders_page_by_page() {
    let mut world = World::with(verified(None, None));
    for number in 1..=105 {
        world.attest(holder(number), 1);
        world.create(holder(number), u128::from(number)).expect_ok();
    }
    let page =
        |after, limit| world.chain.query(world.policies.holders(ledger(), ASSET, after, limit)).expect("a query");
    let first = page(None, None);
    assert_eq!((first.len(), page(None, Some(u32::MAX)).len()), (MAX_PAGE as usize, MAX_PAGE as usize));
    assert_eq!(first[0], (holder(1), Held { amount: 1, identity: identity(1) }));
    assert_eq!(page(Some(holder(100)), None).len(), 5);
    assert!(page(Some(holder(105)), None).is_empty());
    assert_eq!(world.count(), 1);
}

#[test]
fn leaves_nothing_behind_when_all_is_gone() {
    let mut world = World::with(verified(Some(2), None));
    let before = world.chain.stored_entries(world.policies.address());
    world.attest(holder(1), 1);
    world.create(holder(1), 5).expect_ok();
    world.destroy(holder(1), 5).expect_ok();
    assert_eq!(world.chain.stored_entries(world.policies.address()), before);
    assert_eq!(world.chain.query(world.policies.held(ledger(), ASSET, holder(1))), Ok(None));
}
