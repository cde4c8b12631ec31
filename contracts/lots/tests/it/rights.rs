//! Who may do what: the powers of an asset's owner are these and no others.

use crate::{COMMON, PREFERRED, Rights, issued};
use lots::{BurnRight, Error, LotsRef, MintRight, RightsChanged};
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, charlie};

/// Lots 1 and 2 of 10 belong to Bob and Charlie, lot 3 to Alice, who owns the asset.
fn with(mint: MintRight, burn: BurnRight) -> (TestChain, LotsRef) {
    let (mut chain, lots) = issued(Rights { mint: None, burn: Some(burn), policy: None });
    for to in [bob(), charlie(), alice()] {
        chain.from(alice()).call(lots.mint(1, COMMON, to, 10)).expect_ok();
    }
    if mint != MintRight::Owner {
        chain.from(alice()).call(lots.set_mint_right(1, mint)).expect_ok();
    }
    (chain, lots)
}

#[test]
fn lets_mint_whom_the_terms_name() {
    let cases = [
        (MintRight::Nobody, [false, false]),
        (MintRight::Owner, [true, false]),
        (MintRight::Account(bob()), [false, true]),
    ];
    for (right, allowed) in cases {
        let (mut chain, lots) = with(right, BurnRight::Holder);
        for (who, allowed) in [alice(), bob()].into_iter().zip(allowed) {
            let outcome = chain.from(who).call(lots.mint(1, PREFERRED, charlie(), 1));
            if allowed {
                outcome.expect_ok();
            } else {
                outcome.expect_error(Error::MintNotAllowed);
            }
        }
    }
}

#[test]
fn lets_burn_whom_the_terms_name() {
    let cases = [
        (BurnRight::Nobody, [false, false, false]),
        (BurnRight::Owner, [false, false, true]),
        (BurnRight::Account(bob()), [true, false, false]),
        (BurnRight::Holder, [true, true, true]),
    ];
    for (right, allowed) in cases {
        let (mut chain, lots) = with(MintRight::Owner, right);
        for ((lot, who), allowed) in (1..).zip([bob(), charlie(), alice()]).zip(allowed) {
            let outcome = chain.from(who).call(lots.burn(lot, 1));
            if allowed { outcome.expect_ok() } else { outcome.expect_error(Error::BurnNotAllowed) }
        }
    }
}

#[test]
fn lets_no_owner_of_an_asset_touch_what_others_hold() {
    let (mut chain, lots) = with(MintRight::Owner, BurnRight::Owner);
    chain.from(alice()).call(lots.burn(1, 1)).expect_error(Error::InsufficientAllowance);
    chain.from(alice()).call(lots.transfer_lot(1, alice())).expect_error(Error::InsufficientAllowance);
    chain.from(alice()).call(lots.transfer_value(1, 3, 1)).expect_error(Error::InsufficientAllowance);
    let taken = chain.from(alice()).call(lots.transfer_value_to(1, alice(), 1));
    taken.expect_error(Error::InsufficientAllowance);
    chain.from(alice()).call(lots.split(1, 1)).expect_error(Error::NotAuthorised);
    chain.from(alice()).call(lots.merge(1, 2)).expect_error(Error::NotAuthorised);
    chain.from(alice()).call(lots.approve(1, alice(), 0, 1)).expect_error(Error::NotAuthorised);
    assert_eq!(crate::state(&chain, lots, 1), Some((bob(), 10)));
}

#[test]
fn lets_the_burner_destroy_only_what_is_theirs_or_was_allowed() {
    let (mut chain, lots) = with(MintRight::Owner, BurnRight::Account(charlie()));
    chain.from(bob()).call(lots.burn(1, 1)).expect_error(Error::BurnNotAllowed);
    chain.from(charlie()).call(lots.burn(1, 1)).expect_error(Error::InsufficientAllowance);
    chain.from(bob()).call(lots.approve(1, charlie(), 0, 4)).expect_ok();
    chain.from(charlie()).call(lots.burn(1, 5)).expect_error(Error::InsufficientAllowance);
    chain.from(charlie()).call(lots.burn(1, 4)).expect_ok();
    assert_eq!(crate::state(&chain, lots, 1), Some((bob(), 6)));
}

#[test]
fn gives_rights_up_for_good() {
    let (mut chain, lots) = with(MintRight::Owner, BurnRight::Holder);
    let outcome = chain.from(alice()).call(lots.set_mint_right(1, MintRight::Nobody));
    let event = RightsChanged { asset: 1, owner: Some(alice()), mint: MintRight::Nobody, burn: BurnRight::Holder };
    assert!(outcome.has(&event));
    chain.from(alice()).call(lots.set_mint_right(1, MintRight::Owner)).expect_error(Error::Renounced);
    chain.from(alice()).call(lots.set_burn_right(1, BurnRight::Account(bob()))).expect_ok();
    chain.from(alice()).call(lots.burn(3, 1)).expect_error(Error::BurnNotAllowed);
    chain.from(bob()).call(lots.burn(1, 1)).expect_ok();
    chain.from(alice()).call(lots.set_burn_right(1, BurnRight::Nobody)).expect_ok();
    chain.from(alice()).call(lots.set_burn_right(1, BurnRight::Holder)).expect_error(Error::Renounced);
}

#[test]
fn refuses_rights_of_nobody_in_particular() {
    let (mut chain, lots) = with(MintRight::Owner, BurnRight::Holder);
    let zero = Address::ZERO;
    let calls = [
        lots.set_mint_right(1, MintRight::Account(zero)),
        lots.set_burn_right(1, BurnRight::Account(zero)),
        lots.propose_owner(1, zero),
        lots.set_operator(zero, true),
        lots.approve(3, zero, 0, 1),
        lots.transfer_lot(3, zero),
    ];
    for call in calls {
        chain.from(alice()).call(call).expect_error(Error::ZeroAddress);
    }
    chain.from(alice()).call(lots.mint(1, COMMON, zero, 1)).expect_error(Error::ZeroAddress);
    chain.from(alice()).call(lots.transfer_value_to(3, zero, 1)).expect_error(Error::ZeroAddress);
}

#[test]
fn hands_ownership_over_in_two_steps() {
    let (mut chain, lots) = with(MintRight::Owner, BurnRight::Holder);
    let mint = |to| lots.mint(1, COMMON, to, 1);
    chain.from(bob()).call(lots.propose_owner(1, bob())).expect_error(Error::NotOwner);
    chain.from(bob()).call(lots.set_mint_right(1, MintRight::Nobody)).expect_error(Error::NotOwner);
    chain.from(bob()).call(lots.set_burn_right(1, BurnRight::Nobody)).expect_error(Error::NotOwner);
    chain.from(bob()).call(lots.renounce_owner(1)).expect_error(Error::NotOwner);
    chain.from(bob()).call(lots.accept_owner(1)).expect_error(Error::NotOwner);
    chain.from(alice()).call(lots.propose_owner(1, bob())).expect_ok();
    chain.from(alice()).call(mint(alice())).expect_ok();
    chain.from(charlie()).call(lots.accept_owner(1)).expect_error(Error::NotOwner);
    chain.from(bob()).call(lots.accept_owner(1)).expect_ok();
    chain.from(bob()).call(mint(bob())).expect_ok();
    chain.from(alice()).call(mint(alice())).expect_error(Error::MintNotAllowed);
    chain.from(alice()).call(lots.open_class(1, "Late".into(), None)).expect_error(Error::NotOwner);
    chain.from(bob()).call(lots.accept_owner(1)).expect_error(Error::NotOwner);
}

#[test]
fn ends_the_owners_powers_when_ownership_is_renounced() {
    let (mut chain, lots) = with(MintRight::Owner, BurnRight::Owner);
    chain.from(alice()).call(lots.propose_owner(1, bob())).expect_ok();
    chain.from(alice()).call(lots.renounce_owner(1)).expect_ok();
    chain.from(bob()).call(lots.accept_owner(1)).expect_error(Error::NotOwner);
    chain.from(alice()).call(lots.mint(1, COMMON, alice(), 1)).expect_error(Error::MintNotAllowed);
    chain.from(alice()).call(lots.burn(3, 1)).expect_error(Error::BurnNotAllowed);
    chain.from(alice()).call(lots.open_class(1, "Late".into(), None)).expect_error(Error::NotOwner);
    chain.from(alice()).call(lots.close_class(1, COMMON)).expect_error(Error::NotOwner);
    chain.from(alice()).call(lots.set_mint_right(1, MintRight::Account(bob()))).expect_error(Error::NotOwner);
    // What people hold stays theirs to move.
    chain.from(alice()).call(lots.transfer_lot(3, bob())).expect_ok();
}
