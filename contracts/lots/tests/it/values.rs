//! Lots: how they come, split, merge, move and go. A class's value is constant in all of it but minting and burning.

use crate::{COMMON, PREFERRED, state, with_lots};
use lots::{Burnt, Created, Error, Lot, LotsRef, Removed, Transfer, ValueTransfer};
use tenon_testkit::{TestChain, alice, bob, charlie};

fn lot(chain: &TestChain, lots: LotsRef, lot: u64) -> Lot {
    chain.query(lots.lot(lot)).expect("it exists")
}

/// Supplies of both classes and the number of lots.
fn sums(chain: &TestChain, lots: LotsRef) -> (u128, u128, u64) {
    let supply = |class| chain.query(lots.class_supply(1, class)).expect("the class exists");
    (supply(COMMON), supply(PREFERRED), chain.query(lots.count_of(1)).expect("a query without errors"))
}

#[test]
fn mints_a_lot_of_a_class() {
    let (mut chain, lots) = with_lots(&[]);
    let outcome = chain.from(alice()).call(lots.mint(1, PREFERRED, bob(), 30));
    let event = Created { lot: 1, asset: 1, owner: bob(), class: PREFERRED, value: 30, parent: None };
    assert!(outcome.has(&event), "{:?}", outcome.emitted());
    let expected =
        Lot { asset: 1, class: PREFERRED, owner: bob(), value: 30, parent: None, restricted: false, approvals: vec![] };
    assert_eq!(lot(&chain, lots, 1), expected);
    assert_eq!(sums(&chain, lots), (0, 30, 1));
    chain.from(alice()).call(lots.mint(1, PREFERRED, bob(), 0)).expect_error(Error::ZeroAmount);
}

#[test]
fn keeps_the_class_and_names_the_parent_when_a_lot_is_split() {
    let (mut chain, lots) = with_lots(&[(bob(), PREFERRED, 100)]);
    let outcome = chain.from(bob()).call(lots.split(1, 30));
    let event = Created { lot: 2, asset: 1, owner: bob(), class: PREFERRED, value: 30, parent: Some(1) };
    assert!(outcome.has(&event) && outcome.count_of::<Removed>() == 0);
    assert_eq!(outcome.expect_ok(), 2);
    assert_eq!(chain.from(bob()).call(lots.split(2, 10)).expect_ok(), 3);
    let parts = [1, 2, 3].map(|id| lot(&chain, lots, id));
    assert!(parts.iter().all(|part| (part.asset, part.class, part.owner) == (1, PREFERRED, bob())));
    assert_eq!(parts.each_ref().map(|part| part.value), [70, 20, 10]);
    assert_eq!(parts.map(|part| part.parent), [None, Some(1), Some(2)]);
    assert_eq!(sums(&chain, lots), (0, 100, 3));
}

#[test]
fn leaves_something_in_both_parts_of_a_split() {
    let (mut chain, lots) = with_lots(&[(bob(), COMMON, 10)]);
    chain.from(bob()).call(lots.split(1, 0)).expect_error(Error::ZeroAmount);
    chain.from(bob()).call(lots.split(1, 10)).expect_error(Error::WholeLot);
    chain.from(bob()).call(lots.split(1, 11)).expect_error(Error::InsufficientValue);
    chain.from(bob()).call(lots.split(1, u128::MAX)).expect_error(Error::InsufficientValue);
    assert_eq!(chain.from(bob()).call(lots.split(1, 9)).expect_ok(), 2);
}

#[test]
fn merges_lots_of_one_class_and_counts_one_less() {
    let (mut chain, lots) = with_lots(&[(bob(), COMMON, 10), (bob(), COMMON, 20), (bob(), PREFERRED, 30)]);
    let outcome = chain.from(bob()).call(lots.merge(1, 2));
    assert!(outcome.has(&ValueTransfer { from_lot: 1, to_lot: 2, amount: 10 }));
    assert!(outcome.has(&Removed { lot: 1, owner: bob() }));
    assert_eq!([1, 2].map(|id| state(&chain, lots, id)), [None, Some((bob(), 30))]);
    assert_eq!(sums(&chain, lots), (30, 30, 2));
    assert_eq!(chain.query(lots.lots_of(bob(), None, None)), Ok(vec![2, 3]));
    assert_eq!(chain.query(lots.lots_of_class(1, COMMON, None, None)), Ok(vec![2]));
}

#[test]
fn never_mixes_classes() {
    let (mut chain, lots) = with_lots(&[(bob(), COMMON, 10), (bob(), PREFERRED, 10)]);
    for (from, to) in [(1, 2), (2, 1)] {
        chain.from(bob()).call(lots.merge(from, to)).expect_error(Error::DifferentClass);
        chain.from(bob()).call(lots.transfer_value(from, to, 1)).expect_error(Error::DifferentClass);
    }
    assert_eq!(sums(&chain, lots), (10, 10, 2));
}

#[test]
fn merges_only_what_one_owner_has() {
    let (mut chain, lots) = with_lots(&[(bob(), COMMON, 10), (charlie(), COMMON, 20)]);
    chain.from(bob()).call(lots.merge(1, 2)).expect_error(Error::DifferentOwner);
    chain.from(bob()).call(lots.merge(2, 1)).expect_error(Error::NotAuthorised);
    chain.from(bob()).call(lots.merge(1, 1)).expect_error(Error::SameLot);
    assert_eq!(sums(&chain, lots), (30, 0, 2));
}

#[test]
fn hands_a_whole_lot_on_under_its_number() {
    let (mut chain, lots) = with_lots(&[(bob(), PREFERRED, 10)]);
    let part = chain.from(bob()).call(lots.split(1, 4)).expect_ok();
    let outcome = chain.from(bob()).call(lots.transfer_lot(part, charlie()));
    assert!(outcome.has(&Transfer { lot: part, from: bob(), to: charlie(), value: 4 }));
    let moved = lot(&chain, lots, part);
    assert_eq!((moved.owner, moved.class, moved.value, moved.parent), (charlie(), PREFERRED, 4, Some(1)));
    assert_eq!(chain.query(lots.lots_of(bob(), None, None)), Ok(vec![1]));
    assert_eq!(chain.query(lots.lots_of(charlie(), None, None)), Ok(vec![part]));
    chain.from(bob()).call(lots.transfer_lot(part, bob())).expect_error(Error::InsufficientAllowance);
}

#[test]
fn changes_nothing_when_a_lot_goes_to_its_owner() {
    let (mut chain, lots) = with_lots(&[(bob(), COMMON, 10)]);
    let entries = chain.stored_entries(lots.address());
    let outcome = chain.from(bob()).call(lots.transfer_lot(1, bob()));
    assert!(outcome.has(&Transfer { lot: 1, from: bob(), to: bob(), value: 10 }));
    assert_eq!(state(&chain, lots, 1), Some((bob(), 10)));
    assert_eq!(chain.query(lots.lots_of(bob(), None, None)), Ok(vec![1]));
    let itself = chain.from(bob()).call(lots.transfer_value(1, 1, 4));
    itself.expect_error(Error::SameLot);
    // Value that goes to its owner's new lot is a split.
    assert_eq!(chain.from(bob()).call(lots.transfer_value_to(1, bob(), 4)).expect_ok(), 2);
    chain.from(bob()).call(lots.merge(2, 1)).expect_ok();
    assert_eq!((state(&chain, lots, 1), chain.stored_entries(lots.address())), (Some((bob(), 10)), entries));
}

#[test]
fn moves_value_to_somebody_elses_lot_of_the_class() {
    let (mut chain, lots) = with_lots(&[(bob(), COMMON, 10), (charlie(), COMMON, 5)]);
    let outcome = chain.from(bob()).call(lots.transfer_value(1, 2, 4));
    assert!(outcome.has(&ValueTransfer { from_lot: 1, to_lot: 2, amount: 4 }));
    assert_eq!(outcome.count_of::<Removed>(), 0);
    assert_eq!([1, 2].map(|id| state(&chain, lots, id)), [Some((bob(), 6)), Some((charlie(), 9))]);
    chain.from(bob()).call(lots.transfer_value(1, 2, 0)).expect_error(Error::ZeroAmount);
    chain.from(bob()).call(lots.transfer_value(1, 2, 7)).expect_error(Error::InsufficientValue);
    chain.from(bob()).call(lots.transfer_value(2, 1, 1)).expect_error(Error::InsufficientAllowance);
    assert_eq!(sums(&chain, lots), (15, 0, 2));
}

#[test]
fn moves_value_into_a_new_lot_of_somebody() {
    let (mut chain, lots) = with_lots(&[(bob(), PREFERRED, 10)]);
    let outcome = chain.from(bob()).call(lots.transfer_value_to(1, charlie(), 4));
    let event = Created { lot: 2, asset: 1, owner: charlie(), class: PREFERRED, value: 4, parent: Some(1) };
    assert!(outcome.has(&event));
    assert_eq!(outcome.expect_ok(), 2);
    assert_eq!([1, 2].map(|id| state(&chain, lots, id)), [Some((bob(), 6)), Some((charlie(), 4))]);
    chain.from(bob()).call(lots.transfer_value_to(1, charlie(), 0)).expect_error(Error::ZeroAmount);
    chain.from(bob()).call(lots.transfer_value_to(1, charlie(), 7)).expect_error(Error::InsufficientValue);
    assert_eq!(sums(&chain, lots), (0, 10, 2));
}

#[test]
fn removes_a_lot_that_gives_all_and_never_uses_its_number_again() {
    let (mut chain, lots) = with_lots(&[(bob(), COMMON, 10), (charlie(), COMMON, 5)]);
    let outcome = chain.from(bob()).call(lots.transfer_value_to(1, charlie(), 10));
    assert!(outcome.has(&Removed { lot: 1, owner: bob() }));
    assert_eq!(outcome.expect_ok(), 3);
    let kept = lot(&chain, lots, 3);
    assert_eq!((kept.value, kept.parent), (10, Some(1)));
    chain.from(charlie()).call(lots.transfer_value(3, 2, 10)).expect_ok();
    chain.from(charlie()).call(lots.burn(2, 15)).expect_ok();
    assert_eq!(sums(&chain, lots), (0, 0, 0));
    for gone in 1..=3 {
        assert_eq!(state(&chain, lots, gone), None);
        chain.from(bob()).call(lots.transfer_lot(gone, bob())).expect_error(Error::UnknownLot);
    }
    assert_eq!(chain.from(alice()).call(lots.mint(1, COMMON, bob(), 1)).expect_ok(), 4);
}

#[test]
fn burns_value_and_with_the_last_of_it_the_lot() {
    let (mut chain, lots) = with_lots(&[(bob(), COMMON, 10), (bob(), PREFERRED, 10)]);
    let outcome = chain.from(bob()).call(lots.burn(1, 4));
    assert!(outcome.has(&Burnt { lot: 1, owner: bob(), amount: 4 }));
    assert_eq!(sums(&chain, lots), (6, 10, 2));
    chain.from(bob()).call(lots.burn(1, 0)).expect_error(Error::ZeroAmount);
    chain.from(bob()).call(lots.burn(1, 7)).expect_error(Error::InsufficientValue);
    let outcome = chain.from(bob()).call(lots.burn(1, 6));
    assert!(outcome.has(&Removed { lot: 1, owner: bob() }));
    assert_eq!(sums(&chain, lots), (0, 10, 1));
    assert_eq!(chain.query(lots.total_supply(1)), Ok(10));
}

#[test]
fn returns_the_deposit_of_a_lot_that_is_used_up() {
    let (mut chain, lots) = with_lots(&[(bob(), COMMON, 10)]);
    let (entries, coin) = (chain.stored_entries(lots.address()), chain.coin(bob()));
    let split = chain.from(bob()).call(lots.split(1, 4));
    let locked = coin - split.fee - chain.coin(bob());
    assert!(locked > 0 && chain.stored_entries(lots.address()) == entries + 3);
    let before = chain.coin(bob());
    let merge = chain.from(bob()).call(lots.merge(2, 1));
    assert_eq!(chain.coin(bob()) + merge.fee - before, locked);
    assert_eq!(chain.stored_entries(lots.address()), entries);
}

#[test]
fn holds_values_up_to_the_largest_number() {
    let (mut chain, lots) = with_lots(&[(bob(), COMMON, u128::MAX)]);
    chain.from(alice()).call(lots.mint(1, COMMON, bob(), 1)).expect_error(Error::SupplyOverflow);
    // All classes count together, so that a policy can add what a person holds.
    chain.from(alice()).call(lots.mint(1, PREFERRED, bob(), 1)).expect_error(Error::SupplyOverflow);
    assert_eq!(chain.from(bob()).call(lots.split(1, 1)).expect_ok(), 2);
    chain.from(bob()).call(lots.transfer_value(1, 2, u128::MAX)).expect_error(Error::InsufficientValue);
    chain.from(bob()).call(lots.transfer_value(1, 2, u128::MAX - 2)).expect_ok();
    chain.from(bob()).call(lots.merge(1, 2)).expect_ok();
    chain.from(bob()).call(lots.transfer_lot(2, charlie())).expect_ok();
    assert_eq!(state(&chain, lots, 2), Some((charlie(), u128::MAX)));
    chain.from(charlie()).call(lots.burn(2, u128::MAX)).expect_ok();
    chain.from(alice()).call(lots.mint(1, PREFERRED, bob(), u128::MAX)).expect_ok();
}
