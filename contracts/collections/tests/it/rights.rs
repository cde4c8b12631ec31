//! Who may do what with a collection: the powers of its owner are these and no others.

use crate::{create, created, issued, mint, owner, plain};
use collections::{CollectionsRef, Error, MintRight, NewCollection, RightsChanged};
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, charlie};

fn with(right: MintRight) -> (TestChain, CollectionsRef) {
    created(NewCollection { mint: Some(right), ..plain() })
}

#[test]
fn lets_mint_whom_the_collection_names() {
    let cases = [(MintRight::Owner, [true, false]), (MintRight::Account(bob()), [false, true])];
    for (right, allowed) in cases {
        let (mut chain, items) = with(right);
        for (who, allowed) in [alice(), bob()].into_iter().zip(allowed) {
            let outcome = chain.from(who).call(mint(items, charlie()));
            assert_eq!(outcome.result.is_ok(), allowed);
            if !allowed {
                outcome.expect_error(Error::MintNotAllowed);
            }
        }
    }
}

#[test]
fn seals_minting_for_good() {
    let (mut chain, items) = issued();
    chain.from(bob()).call(items.seal(1)).expect_error(Error::NotOwner);
    let outcome = chain.from(alice()).call(items.seal(1));
    assert!(outcome.has(&RightsChanged { collection: 1, owner: Some(alice()), mint: MintRight::Nobody }));
    chain.from(alice()).call(mint(items, alice())).expect_error(Error::Sealed);
    chain.from(alice()).call(items.set_mint_right(1, MintRight::Owner)).expect_error(Error::Sealed);
    chain.from(alice()).call(items.seal(1)).expect_error(Error::Sealed);
    chain.from(alice()).call(items.transfer(1, 1, bob())).expect_ok();
}

#[test]
fn changes_who_mints() {
    let (mut chain, items) = with(MintRight::Owner);
    let right = MintRight::Account(bob());
    chain.from(bob()).call(items.set_mint_right(1, right.clone())).expect_error(Error::NotOwner);
    let outcome = chain.from(alice()).call(items.set_mint_right(1, right.clone()));
    assert!(outcome.has(&RightsChanged { collection: 1, owner: Some(alice()), mint: right }));
    chain.from(alice()).call(mint(items, alice())).expect_error(Error::MintNotAllowed);
    chain.from(bob()).call(mint(items, alice())).expect_ok();
    let zero = MintRight::Account(Address::ZERO);
    chain.from(alice()).call(items.set_mint_right(1, zero)).expect_error(Error::ZeroAddress);
}

#[test]
fn hands_ownership_over_in_two_steps() {
    let (mut chain, items) = with(MintRight::Owner);
    chain.from(bob()).call(items.propose_owner(1, bob())).expect_error(Error::NotOwner);
    chain.from(bob()).call(items.accept_owner(1)).expect_error(Error::NotOwner);
    chain.from(alice()).call(items.propose_owner(1, Address::ZERO)).expect_error(Error::ZeroAddress);
    chain.from(alice()).call(items.propose_owner(1, bob())).expect_ok();
    chain.from(alice()).call(mint(items, alice())).expect_ok();
    chain.from(charlie()).call(items.accept_owner(1)).expect_error(Error::NotOwner);
    chain.from(bob()).call(items.accept_owner(1)).expect_ok();
    chain.from(bob()).call(mint(items, bob())).expect_ok();
    chain.from(alice()).call(mint(items, alice())).expect_error(Error::MintNotAllowed);
    chain.from(bob()).call(items.accept_owner(1)).expect_error(Error::NotOwner);
}

#[test]
fn ends_the_owners_powers_when_ownership_is_renounced() {
    let (mut chain, items) = issued();
    chain.from(alice()).call(items.propose_owner(1, bob())).expect_ok();
    chain.from(bob()).call(items.renounce_owner(1)).expect_error(Error::NotOwner);
    chain.from(alice()).call(items.renounce_owner(1)).expect_ok();
    chain.from(bob()).call(items.accept_owner(1)).expect_error(Error::NotOwner);
    chain.from(alice()).call(mint(items, alice())).expect_error(Error::MintNotAllowed);
    chain.from(alice()).call(items.set_mint_right(1, MintRight::Owner)).expect_error(Error::NotOwner);
    chain.from(alice()).call(items.transfer(1, 1, bob())).expect_ok();
    assert_eq!(chain.query(items.info(1)).expect("it exists").owner, None);
}

#[test]
fn lets_no_collection_owner_touch_items_of_others() {
    let (mut chain, items) = issued();
    chain.from(alice()).call(items.transfer(1, 1, bob())).expect_ok();
    chain.from(alice()).call(items.transfer(1, 1, alice())).expect_error(Error::NotItemOwner);
    chain.from(alice()).call(items.transfer_from(1, 1, bob(), alice())).expect_error(Error::NotApproved);
    chain.from(alice()).call(items.approve(1, 1, Some(alice()))).expect_error(Error::NotApproved);
    chain.from(alice()).call(items.burn(1, 1)).expect_error(Error::NotApproved);
    let until_ms = chain.time_ms() + 1_000_000;
    let granted = chain.from(alice()).call(items.grant_use(1, 1, alice(), until_ms, None));
    granted.expect_error(Error::NotApproved);
    assert_eq!(owner(&chain, items, 1), Some(bob()));
}

#[test]
fn lets_an_operator_act_in_one_collection_or_in_all() {
    let (mut chain, items) = issued();
    chain.from(alice()).call(create(items, plain())).expect_ok();
    for _ in 0..2 {
        chain.from(alice()).call(items.mint(2, alice(), None, None, None)).expect_ok();
    }
    let take = |collection, item| items.transfer_from(collection, item, alice(), bob());
    chain.from(alice()).call(items.set_operator(Some(1), bob(), true)).expect_ok();
    chain.from(bob()).call(take(2, 1)).expect_error(Error::NotApproved);
    chain.from(bob()).call(take(1, 1)).expect_ok();
    chain.from(alice()).call(items.set_operator(None, bob(), true)).expect_ok();
    chain.from(alice()).call(items.set_operator(Some(2), bob(), false)).expect_ok();
    assert_eq!(chain.query(items.is_operator(2, alice(), bob())), Ok(true), "the right in all is apart");
    chain.from(bob()).call(take(2, 1)).expect_ok();
    chain.from(alice()).call(items.set_operator(None, bob(), false)).expect_ok();
    chain.from(bob()).call(take(2, 2)).expect_error(Error::NotApproved);
    assert_eq!(chain.query(items.is_operator(1, alice(), bob())), Ok(true), "the right in collection 1 is apart");
}

#[test]
fn gives_an_operator_no_right_over_what_the_owner_sold() {
    let (mut chain, items) = issued();
    chain.from(alice()).call(items.set_operator(None, bob(), true)).expect_ok();
    chain.from(alice()).call(items.transfer(1, 1, charlie())).expect_ok();
    chain.from(bob()).call(items.transfer_from(1, 1, charlie(), bob())).expect_error(Error::NotApproved);
    chain.from(bob()).call(items.approve(1, 1, Some(bob()))).expect_error(Error::NotApproved);
}
