//! Who may do what: the powers of an owner are these and no others.

use crate::{SUPPLY, Terms, issued};
use assets::{AssetsRef, BurnRight, Error, MintRight, RightsChanged};
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, charlie};

fn with(mint: MintRight, burn: BurnRight) -> (TestChain, AssetsRef) {
    let (mut chain, assets) = issued(Terms { mint: Some(mint), burn: Some(burn), ..Terms::default() });
    chain.from(alice()).call(assets.transfer(1, bob(), 10)).expect_ok();
    chain.from(alice()).call(assets.transfer(1, charlie(), 10)).expect_ok();
    (chain, assets)
}

#[test]
fn lets_mint_whom_the_terms_name() {
    let cases = [
        (MintRight::Nobody, [false, false]),
        (MintRight::Owner, [true, false]),
        (MintRight::Account(bob()), [false, true]),
    ];
    for (right, allowed) in cases {
        let (mut chain, assets) = with(right, BurnRight::Holder);
        for (who, allowed) in [alice(), bob()].into_iter().zip(allowed) {
            let outcome = chain.from(who).call(assets.mint(1, charlie(), 1));
            if allowed { outcome.expect_ok() } else { outcome.expect_error(Error::MintNotAllowed) }
        }
    }
}

#[test]
fn lets_burn_whom_the_terms_name() {
    let cases = [
        (BurnRight::Nobody, [false, false, false]),
        (BurnRight::Owner, [true, false, false]),
        (BurnRight::Account(bob()), [false, true, false]),
        (BurnRight::Holder, [true, true, true]),
    ];
    for (right, allowed) in cases {
        let (mut chain, assets) = with(MintRight::Nobody, right);
        for (who, allowed) in [alice(), bob(), charlie()].into_iter().zip(allowed) {
            let outcome = chain.from(who).call(assets.burn(1, 1));
            if allowed { outcome.expect_ok() } else { outcome.expect_error(Error::BurnNotAllowed) }
        }
    }
}

#[test]
fn lets_no_owner_touch_what_others_hold() {
    let (mut chain, assets) = with(MintRight::Owner, BurnRight::Owner);
    chain.from(alice()).call(assets.burn_from(1, bob(), 1)).expect_error(Error::InsufficientAllowance);
    let taken = chain.from(alice()).call(assets.transfer_from(1, bob(), alice(), 1));
    taken.expect_error(Error::InsufficientAllowance);
    assert_eq!(chain.query(assets.balance_of(1, bob())), Ok(10));
}

#[test]
fn gives_rights_up_for_good() {
    let (mut chain, assets) = with(MintRight::Owner, BurnRight::Holder);
    let outcome = chain.from(alice()).call(assets.set_mint_right(1, MintRight::Nobody));
    let event = RightsChanged { asset: 1, owner: Some(alice()), mint: MintRight::Nobody, burn: BurnRight::Holder };
    assert!(outcome.has(&event));
    chain.from(alice()).call(assets.set_mint_right(1, MintRight::Owner)).expect_error(Error::Renounced);
    chain.from(alice()).call(assets.set_burn_right(1, BurnRight::Account(bob()))).expect_ok();
    chain.from(alice()).call(assets.burn(1, 1)).expect_error(Error::BurnNotAllowed);
    chain.from(bob()).call(assets.burn(1, 1)).expect_ok();
    chain.from(alice()).call(assets.set_burn_right(1, BurnRight::Nobody)).expect_ok();
    chain.from(alice()).call(assets.set_burn_right(1, BurnRight::Holder)).expect_error(Error::Renounced);
}

#[test]
fn refuses_rights_of_nobody_in_particular() {
    let (mut chain, assets) = with(MintRight::Owner, BurnRight::Holder);
    let zero = Address::ZERO;
    chain.from(alice()).call(assets.set_mint_right(1, MintRight::Account(zero))).expect_error(Error::ZeroAddress);
    chain.from(alice()).call(assets.set_burn_right(1, BurnRight::Account(zero))).expect_error(Error::ZeroAddress);
    chain.from(alice()).call(assets.propose_owner(1, zero)).expect_error(Error::ZeroAddress);
    chain.from(alice()).call(assets.mint(1, zero, 1)).expect_error(Error::ZeroAddress);
}

#[test]
fn hands_ownership_over_in_two_steps() {
    let (mut chain, assets) = with(MintRight::Owner, BurnRight::Holder);
    chain.from(bob()).call(assets.propose_owner(1, bob())).expect_error(Error::NotOwner);
    chain.from(bob()).call(assets.accept_owner(1)).expect_error(Error::NotOwner);
    chain.from(alice()).call(assets.propose_owner(1, bob())).expect_ok();
    chain.from(alice()).call(assets.mint(1, alice(), 1)).expect_ok();
    chain.from(charlie()).call(assets.accept_owner(1)).expect_error(Error::NotOwner);
    chain.from(bob()).call(assets.accept_owner(1)).expect_ok();
    chain.from(bob()).call(assets.mint(1, bob(), 1)).expect_ok();
    chain.from(alice()).call(assets.mint(1, alice(), 1)).expect_error(Error::MintNotAllowed);
    chain.from(bob()).call(assets.accept_owner(1)).expect_error(Error::NotOwner);
}

#[test]
fn ends_the_owners_powers_when_ownership_is_renounced() {
    let (mut chain, assets) = with(MintRight::Owner, BurnRight::Owner);
    chain.from(alice()).call(assets.propose_owner(1, bob())).expect_ok();
    chain.from(alice()).call(assets.renounce_owner(1)).expect_ok();
    chain.from(bob()).call(assets.accept_owner(1)).expect_error(Error::NotOwner);
    chain.from(alice()).call(assets.mint(1, alice(), 1)).expect_error(Error::MintNotAllowed);
    chain.from(alice()).call(assets.burn(1, 1)).expect_error(Error::BurnNotAllowed);
    chain.from(alice()).call(assets.set_mint_right(1, MintRight::Account(bob()))).expect_error(Error::NotOwner);
    chain.from(alice()).call(assets.transfer(1, bob(), 1)).expect_ok();
    assert_eq!(chain.query(assets.total_supply(1)), Ok(SUPPLY));
}
