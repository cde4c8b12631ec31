//! Attempts to take what was not given: rights that have ended, rights of others, orders that are turned round.

use crate::{hash, issued, mint, owner, plain};
use collections::{CollectionsRef, Error, NOTARISED, ResourceKind, Transfer};
use tenon_contract::Call;
use tenon_contract::abi::HostError;
use tenon_contract::parity_scale_codec::Decode;
use tenon_testkit::{TestChain, alice, bob, charlie, dave};

#[test]
fn ends_an_approval_with_any_transfer_for_good() {
    let (mut chain, items) = issued();
    chain.from(alice()).call(items.approve(1, 1, Some(bob()))).expect_ok();
    chain.from(alice()).call(items.transfer(1, 1, charlie())).expect_ok();
    chain.from(bob()).call(items.transfer_from(1, 1, charlie(), bob())).expect_error(Error::NotApproved);
    chain.from(charlie()).call(items.transfer(1, 1, alice())).expect_ok();
    chain.from(bob()).call(items.transfer_from(1, 1, alice(), bob())).expect_error(Error::NotApproved);
    assert_eq!(owner(&chain, items, 1), Some(alice()));
}

/// A seller approves an auction, and takes the approval back before it settles: the sale fails and moves nothing.
#[test]
fn moves_nothing_by_an_approval_that_was_taken_back() {
    let (mut chain, items) = issued();
    assert_eq!(chain.query(items.can_move(1, 1, bob())), Ok(false), "without approval nothing can be listed");
    chain.from(alice()).call(items.approve(1, 1, Some(bob()))).expect_ok();
    assert_eq!(chain.query(items.can_move(1, 1, bob())), Ok(true));
    chain.from(alice()).call(items.approve(1, 1, None)).expect_ok();
    assert_eq!(chain.query(items.can_move(1, 1, bob())), Ok(false));
    let entries = chain.stored_entries(items.address());
    chain.from(bob()).call(items.transfer_from(1, 1, alice(), charlie())).expect_error(Error::NotApproved);
    assert_eq!((owner(&chain, items, 1), chain.stored_entries(items.address())), (Some(alice()), entries));
}

#[test]
fn settles_the_same_item_once() {
    let (mut chain, items) = issued();
    chain.from(alice()).call(items.set_operator(Some(1), bob(), true)).expect_ok();
    chain.from(bob()).call(items.transfer_from(1, 1, alice(), charlie())).expect_ok();
    chain.from(bob()).call(items.transfer_from(1, 1, alice(), dave())).expect_error(Error::NotApproved);
    chain.from(charlie()).call(items.set_operator(Some(1), bob(), true)).expect_ok();
    // Bob acts for both, but names whose item he takes.
    chain.from(bob()).call(items.transfer_from(1, 1, alice(), dave())).expect_error(Error::NotItemOwner);
    assert_eq!(owner(&chain, items, 1), Some(charlie()));
}

/// A transfer asks its receiver nothing, so an instance receives like an account, and cannot refuse or call back.
#[test]
fn calls_no_receiver() {
    let (mut chain, items) = issued();
    let code = crate::code();
    let receiver = chain.from(bob()).deploy(&code, CollectionsRef::init(Some(plain())));
    let outcome = chain.from(alice()).call(items.transfer(1, 1, receiver));
    assert!(outcome.has(&Transfer { collection: 1, from: Some(alice()), to: Some(receiver), item: 1 }));
    assert_eq!(outcome.emitted().len(), 1);
    assert_eq!(owner(&chain, items, 1), Some(receiver));
}

#[test]
fn leaves_nothing_of_a_burnt_item_to_its_next_neighbour() {
    let (mut chain, items) = issued();
    let until_ms = chain.time_ms() + 5_000;
    chain.from(alice()).call(items.grant_use(1, 1, bob(), until_ms, Some(true))).expect_ok();
    chain.from(alice()).call(items.approve(1, 1, Some(bob()))).expect_ok();
    chain.set_time_ms(until_ms);
    chain.from(bob()).call(items.burn(1, 1)).expect_ok();
    assert_eq!(chain.from(alice()).call(mint(items, alice())).expect_ok(), 2);
    assert_eq!(chain.query(items.use_of(1, 1)), Ok(None));
    let next = chain.query(items.item(1, 2)).expect("it exists");
    assert_eq!((next.approved, next.use_right, next.metadata_hash), (None, None, None));
    chain.from(bob()).call(items.give_back_use(1, 1)).expect_error(Error::NotUser);
    chain.from(bob()).call(items.transfer_from(1, 1, alice(), bob())).expect_error(Error::UnknownItem);
}

/// The buyer's transaction and the seller's grant stand in one block in either order: the item is never handed over by
/// approval with a use that the buyer did not see.
#[test]
fn sells_by_approval_only_what_the_buyer_saw() {
    for grant_first in [true, false] {
        let (mut chain, items) = issued();
        chain.from(alice()).call(items.approve(1, 1, Some(bob()))).expect_ok();
        let grant = items.grant_use(1, 1, alice(), chain.time_ms() + 60_000, None);
        let sale = items.transfer_from(1, 1, alice(), charlie());
        if grant_first {
            chain.from(alice()).call(grant).expect_ok();
            chain.from(bob()).call(sale).expect_error(Error::NotApproved);
            assert_eq!(owner(&chain, items, 1), Some(alice()));
        } else {
            chain.from(bob()).call(sale).expect_ok();
            chain.from(alice()).call(grant).expect_error(Error::NotApproved);
            assert_eq!(chain.query(items.user_of(1, 1)), Ok(Some(charlie())));
        }
    }
}

/// What a half-done method would have changed.
fn state(chain: &TestChain, items: CollectionsRef) -> impl PartialEq + std::fmt::Debug + use<> {
    let known = "a query without errors";
    let held = [alice(), bob()].map(|who| {
        let count = chain.query(items.balance_of(1, who)).expect(known);
        (count, chain.query(items.all_items_of(who, None, None)).expect(known))
    });
    let supplies = [1, NOTARISED].map(|collection| chain.query(items.supply(collection)).expect(known));
    let item = chain.query(items.item(1, 1)).ok();
    let record = chain.query(items.notarised(hash(1))).expect(known);
    (held, supplies, item, record, chain.stored_entries(items.address()))
}

/// Calls a method of Alice's with more and more gas: until it is enough, nothing is changed.
fn ends_everywhere<R: Decode>(make: impl Fn(CollectionsRef) -> Call<R>) {
    let (mut chain, items) = issued();
    chain.from(alice()).call(items.approve(1, 1, Some(dave()))).expect_ok();
    let before = state(&chain, items);
    for gas in (1_000..).step_by(2_500) {
        let outcome = chain.from(alice()).with_gas(gas).call(make(items));
        if outcome.result.is_ok() {
            assert_ne!(state(&chain, items), before);
            break;
        }
        outcome.expect_host_error(HostError::OutOfGas);
        assert_eq!(state(&chain, items), before, "with {gas} gas");
    }
}

#[test]
fn completes_or_changes_nothing_wherever_the_gas_ends() {
    let until_ms = issued().0.time_ms() + 60_000_000;
    ends_everywhere(|items| items.transfer(1, 1, bob()));
    ends_everywhere(|items| items.burn(1, 1));
    ends_everywhere(|items| items.approve(1, 1, Some(charlie())));
    ends_everywhere(|items| items.grant_use(1, 1, bob(), until_ms, None));
    ends_everywhere(|items| items.mint(1, bob(), None, Some(hash(2)), Some("uri".into())));
    ends_everywhere(|items| items.notarise(hash(1), ResourceKind::Other, None));
}
