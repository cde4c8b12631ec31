//! Allowances on a lot and operators of an owner: what they cover, how they are used up, and when they end.

use crate::{COMMON, PREFERRED, state, with_lots};
use lots::{Allowance, Approval, Error, LotsRef, MAX_APPROVALS, OperatorSet, UNLIMITED};
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, charlie, dave};

/// Lot 1 is Alice's 100, lot 2 Bob's 1, of one class. Bob may take `allowed` of lot 1.
fn approved(allowed: u128) -> (TestChain, LotsRef) {
    let (mut chain, lots) = with_lots(&[(alice(), COMMON, 100), (bob(), COMMON, 1)]);
    chain.from(alice()).call(lots.approve(1, bob(), 0, allowed)).expect_ok();
    (chain, lots)
}

fn allowance(chain: &TestChain, lots: LotsRef, lot: u64) -> u128 {
    chain.query(lots.allowance(lot, bob())).expect("a query without errors")
}

#[test]
fn tells_an_approval() {
    let (mut chain, lots) = approved(5);
    let outcome = chain.from(alice()).call(lots.approve(1, bob(), 5, 7));
    assert!(outcome.has(&Approval { lot: 1, owner: alice(), operator: bob(), amount: 7 }));
    let stored = chain.query(lots.lot(1)).expect("it exists");
    assert_eq!(stored.approvals, [Allowance { operator: bob(), amount: 7 }]);
}

#[test]
fn lets_an_approved_operator_move_as_much_and_no_more() {
    let (mut chain, lots) = approved(10);
    chain.from(bob()).call(lots.transfer_value(1, 2, 11)).expect_error(Error::InsufficientAllowance);
    chain.from(bob()).call(lots.transfer_value(1, 2, 4)).expect_ok();
    assert_eq!(allowance(&chain, lots, 1), 6);
    assert_eq!(chain.from(bob()).call(lots.transfer_value_to(1, charlie(), 4)).expect_ok(), 3);
    assert_eq!(allowance(&chain, lots, 1), 2);
    chain.from(bob()).call(lots.burn(1, 2)).expect_ok();
    assert_eq!(allowance(&chain, lots, 1), 0);
    chain.from(bob()).call(lots.burn(1, 1)).expect_error(Error::InsufficientAllowance);
    assert_eq!(chain.query(lots.lot(1)).map(|lot| lot.approvals), Ok(vec![]));
    assert_eq!([1, 2, 3].map(|id| state(&chain, lots, id).map(|(_, value)| value)), [Some(90), Some(5), Some(4)]);
}

#[test]
fn allows_nothing_on_other_lots_and_to_nobody_else() {
    let (mut chain, lots) = approved(100);
    assert_eq!(chain.from(alice()).call(lots.split(1, 50)).expect_ok(), 3);
    chain.from(bob()).call(lots.transfer_value(3, 2, 1)).expect_error(Error::InsufficientAllowance);
    chain.from(charlie()).call(lots.transfer_value(1, 2, 1)).expect_error(Error::InsufficientAllowance);
    // An allowance is for taking: it splits, merges and approves nothing.
    chain.from(bob()).call(lots.split(1, 1)).expect_error(Error::NotAuthorised);
    chain.from(bob()).call(lots.merge(1, 3)).expect_error(Error::NotAuthorised);
    chain.from(bob()).call(lots.approve(1, charlie(), 0, 1)).expect_error(Error::NotAuthorised);
}

#[test]
fn needs_an_allowance_for_all_of_a_lot_to_hand_it_on() {
    let (mut chain, lots) = approved(99);
    chain.from(bob()).call(lots.transfer_lot(1, bob())).expect_error(Error::InsufficientAllowance);
    chain.from(alice()).call(lots.approve(1, bob(), 99, 100)).expect_ok();
    chain.from(bob()).call(lots.transfer_lot(1, charlie())).expect_ok();
    assert_eq!(state(&chain, lots, 1), Some((charlie(), 100)));
    assert_eq!(allowance(&chain, lots, 1), 0);
}

#[test]
fn does_not_let_a_gift_of_value_hinder_an_unlimited_allowance() {
    let (mut chain, lots) = approved(100);
    // Somebody gives one more, so that an allowance of exactly the value no longer covers the lot.
    chain.from(bob()).call(lots.transfer_value_to(2, dave(), 1)).expect_ok();
    chain.from(dave()).call(lots.transfer_value(3, 1, 1)).expect_ok();
    chain.from(bob()).call(lots.transfer_lot(1, bob())).expect_error(Error::InsufficientAllowance);
    chain.from(alice()).call(lots.approve(1, bob(), 100, UNLIMITED)).expect_ok();
    assert_eq!(chain.from(bob()).call(lots.transfer_value_to(1, bob(), 1)).expect_ok(), 4);
    assert_eq!(allowance(&chain, lots, 1), UNLIMITED);
    chain.from(bob()).call(lots.transfer_lot(1, bob())).expect_ok();
    assert_eq!((state(&chain, lots, 1), allowance(&chain, lots, 1)), (Some((bob(), 100)), 0));
}

#[test]
fn ends_allowances_when_the_lot_changes_its_owner_and_when_it_comes_back() {
    let (mut chain, lots) = approved(100);
    chain.from(alice()).call(lots.transfer_lot(1, charlie())).expect_ok();
    assert_eq!(allowance(&chain, lots, 1), 0);
    chain.from(bob()).call(lots.transfer_lot(1, bob())).expect_error(Error::InsufficientAllowance);
    chain.from(bob()).call(lots.transfer_value(1, 2, 1)).expect_error(Error::InsufficientAllowance);
    chain.from(charlie()).call(lots.transfer_lot(1, alice())).expect_ok();
    assert_eq!(allowance(&chain, lots, 1), 0);
    chain.from(bob()).call(lots.transfer_lot(1, bob())).expect_error(Error::InsufficientAllowance);
    assert_eq!(state(&chain, lots, 1), Some((alice(), 100)));
}

#[test]
fn ends_allowances_also_when_an_operator_hands_the_lot_on_or_to_its_owner() {
    let (mut chain, lots) = approved(100);
    chain.from(alice()).call(lots.set_operator(dave(), true)).expect_ok();
    chain.from(dave()).call(lots.transfer_lot(1, alice())).expect_ok();
    assert_eq!(allowance(&chain, lots, 1), 0);
    chain.from(alice()).call(lots.approve(1, bob(), 0, 100)).expect_ok();
    chain.from(dave()).call(lots.transfer_lot(1, charlie())).expect_ok();
    assert_eq!(allowance(&chain, lots, 1), 0);
}

#[test]
fn ends_allowances_with_the_lot() {
    let (mut chain, lots) = approved(UNLIMITED);
    let part = chain.from(alice()).call(lots.transfer_value_to(1, alice(), 100)).expect_ok();
    assert_eq!((state(&chain, lots, 1), allowance(&chain, lots, 1), allowance(&chain, lots, part)), (None, 0, 0));
    chain.from(bob()).call(lots.transfer_value(part, 2, 1)).expect_error(Error::InsufficientAllowance);
    chain.from(bob()).call(lots.transfer_value(1, 2, 1)).expect_error(Error::UnknownLot);
}

#[test]
fn keeps_the_allowances_of_the_lot_that_others_merge_into() {
    let (mut chain, lots) = approved(100);
    chain.from(alice()).call(lots.mint(1, COMMON, alice(), 50)).expect_ok();
    chain.from(alice()).call(lots.approve(3, charlie(), 0, 50)).expect_ok();
    chain.from(alice()).call(lots.merge(3, 1)).expect_ok();
    assert_eq!((state(&chain, lots, 1), allowance(&chain, lots, 1)), (Some((alice(), 150)), 100));
    assert_eq!(chain.query(lots.allowance(1, charlie())), Ok(0));
}

#[test]
fn never_lets_a_change_from_five_to_three_be_spent_as_eight() {
    let (mut chain, lots) = approved(5);
    // Bob sees Alice's change coming and takes the five first.
    chain.from(bob()).call(lots.transfer_value(1, 2, 5)).expect_ok();
    chain.from(alice()).call(lots.approve(1, bob(), 5, 3)).expect_error(Error::AllowanceChanged);
    chain.from(bob()).call(lots.transfer_value(1, 2, 1)).expect_error(Error::InsufficientAllowance);
    assert_eq!(state(&chain, lots, 1), Some((alice(), 95)));
}

#[test]
fn gives_a_stale_owners_approval_no_effect_on_the_next_owner() {
    let (mut chain, lots) = approved(0);
    chain.from(alice()).call(lots.transfer_lot(1, charlie())).expect_ok();
    chain.from(alice()).call(lots.approve(1, bob(), 0, 5)).expect_error(Error::NotAuthorised);
    chain.from(charlie()).call(lots.approve(1, bob(), 5, 7)).expect_error(Error::AllowanceChanged);
    assert_eq!(allowance(&chain, lots, 1), 0);
}

#[test]
fn bounds_the_operators_of_a_lot() {
    let (mut chain, lots) = with_lots(&[(alice(), COMMON, 100)]);
    let operators: Vec<_> = (1..=8).map(|byte| Address::new([byte; 32])).collect();
    assert_eq!(operators.len(), MAX_APPROVALS);
    for operator in &operators {
        chain.from(alice()).call(lots.approve(1, *operator, 0, 1)).expect_ok();
    }
    chain.from(alice()).call(lots.approve(1, bob(), 0, 1)).expect_error(Error::TooManyApprovals);
    chain.from(alice()).call(lots.approve(1, bob(), 0, 0)).expect_ok();
    chain.from(alice()).call(lots.approve(1, operators[0], 1, 2)).expect_ok();
    chain.from(alice()).call(lots.approve(1, operators[7], 1, 0)).expect_ok();
    chain.from(alice()).call(lots.approve(1, bob(), 0, 1)).expect_ok();
    assert_eq!(allowance(&chain, lots, 1), 1);
}

#[test]
fn lets_an_operator_act_for_all_lots_of_an_owner() {
    let (mut chain, lots) = with_lots(&[(alice(), COMMON, 100), (alice(), PREFERRED, 50), (charlie(), COMMON, 7)]);
    let outcome = chain.from(alice()).call(lots.set_operator(bob(), true));
    assert!(outcome.has(&OperatorSet { owner: alice(), operator: bob(), approved: true }));
    assert_eq!(chain.query(lots.is_operator(alice(), bob())), Ok(true));
    assert_eq!(chain.query(lots.is_operator(bob(), alice())), Ok(false));
    assert_eq!(chain.from(bob()).call(lots.split(1, 10)).expect_ok(), 4);
    chain.from(bob()).call(lots.merge(4, 1)).expect_ok();
    chain.from(bob()).call(lots.approve(1, dave(), 0, 5)).expect_ok();
    chain.from(bob()).call(lots.transfer_value(1, 3, 5)).expect_ok();
    chain.from(bob()).call(lots.transfer_lot(2, dave())).expect_ok();
    // It ends with the ownership: the next owner has not set this operator.
    chain.from(bob()).call(lots.transfer_lot(2, bob())).expect_error(Error::InsufficientAllowance);
    chain.from(bob()).call(lots.transfer_lot(3, bob())).expect_error(Error::InsufficientAllowance);
    // It holds for lots that come later.
    chain.from(dave()).call(lots.transfer_lot(2, alice())).expect_ok();
    chain.from(bob()).call(lots.transfer_lot(2, dave())).expect_ok();
}

#[test]
fn ends_an_operators_right_when_the_owner_says_so() {
    let (mut chain, lots) = with_lots(&[(alice(), COMMON, 100)]);
    let entries = chain.stored_entries(lots.address());
    for _ in 0..2 {
        chain.from(alice()).call(lots.set_operator(bob(), true)).expect_ok();
    }
    assert_eq!(chain.stored_entries(lots.address()), entries + 1);
    for _ in 0..2 {
        chain.from(alice()).call(lots.set_operator(bob(), false)).expect_ok();
    }
    assert_eq!(chain.stored_entries(lots.address()), entries);
    chain.from(bob()).call(lots.transfer_lot(1, bob())).expect_error(Error::InsufficientAllowance);
    chain.from(bob()).call(lots.split(1, 1)).expect_error(Error::NotAuthorised);
}

#[test]
fn does_not_use_up_an_allowance_of_one_who_is_operator_too() {
    let (mut chain, lots) = approved(5);
    chain.from(alice()).call(lots.set_operator(bob(), true)).expect_ok();
    chain.from(bob()).call(lots.transfer_value(1, 2, 50)).expect_ok();
    assert_eq!(allowance(&chain, lots, 1), 5);
}
