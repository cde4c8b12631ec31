//! Who may do what: the powers of an owner are these and no others.

use crate::{UNITS, coffee, issued};
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, charlie};
use vouchers::{BurnRight, Error, MintRight, NewKind, RightsChanged, VouchersRef};

fn with(mint: MintRight, burn: BurnRight) -> (TestChain, VouchersRef) {
    let (mut chain, vouchers) = issued(NewKind { mint: Some(mint), burn: Some(burn), ..coffee() });
    chain.from(alice()).call(vouchers.transfer_batch(vec![(1, bob(), 10), (1, charlie(), 10)])).expect_ok();
    (chain, vouchers)
}

#[test]
fn lets_mint_whom_the_terms_name() {
    let cases = [
        (MintRight::Nobody, [false, false]),
        (MintRight::Owner, [true, false]),
        (MintRight::Account(bob()), [false, true]),
    ];
    for (right, allowed) in cases {
        let (mut chain, vouchers) = with(right, BurnRight::Holder);
        for (who, allowed) in [alice(), bob()].into_iter().zip(allowed) {
            let outcome = chain.from(who).call(vouchers.mint(1, charlie(), 1));
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
        let (mut chain, vouchers) = with(MintRight::Nobody, right);
        for (who, allowed) in [alice(), bob(), charlie()].into_iter().zip(allowed) {
            let outcome = chain.from(who).call(vouchers.burn(1, 1));
            if allowed { outcome.expect_ok() } else { outcome.expect_error(Error::BurnNotAllowed) }
        }
    }
}

#[test]
fn lets_no_owner_touch_what_others_hold() {
    let (mut chain, vouchers) = with(MintRight::Owner, BurnRight::Owner);
    chain.from(alice()).call(vouchers.burn_from(1, bob(), 1)).expect_error(Error::InsufficientAllowance);
    let taken = chain.from(alice()).call(vouchers.transfer_from(1, bob(), alice(), 1));
    taken.expect_error(Error::InsufficientAllowance);
    assert_eq!(chain.query(vouchers.balance_of(1, bob())), Ok(10));
}

#[test]
fn burns_of_others_what_they_allowed() {
    let (mut chain, vouchers) = with(MintRight::Nobody, BurnRight::Account(charlie()));
    chain.from(bob()).call(vouchers.approve(1, charlie(), 0, 11, None)).expect_ok();
    chain.from(charlie()).call(vouchers.burn_from(1, bob(), 4)).expect_ok();
    chain.from(charlie()).call(vouchers.burn_from(1, bob(), 7)).expect_error(Error::InsufficientUnits);
    chain.from(charlie()).call(vouchers.burn_from(1, bob(), 8)).expect_error(Error::InsufficientAllowance);
    chain.from(charlie()).call(vouchers.burn_from(1, Address::ZERO, 0)).expect_error(Error::ZeroAddress);
    assert_eq!(chain.query(vouchers.totals(1)).map(|totals| totals.burnt), Ok(4));
}

#[test]
fn gives_rights_up_for_good() {
    let (mut chain, vouchers) = with(MintRight::Owner, BurnRight::Holder);
    let outcome = chain.from(alice()).call(vouchers.set_mint_right(1, MintRight::Nobody));
    let event = RightsChanged { kind: 1, owner: Some(alice()), mint: MintRight::Nobody, burn: BurnRight::Holder };
    assert!(outcome.has(&event));
    chain.from(alice()).call(vouchers.set_mint_right(1, MintRight::Owner)).expect_error(Error::Renounced);
    chain.from(alice()).call(vouchers.set_burn_right(1, BurnRight::Account(bob()))).expect_ok();
    chain.from(alice()).call(vouchers.burn(1, 1)).expect_error(Error::BurnNotAllowed);
    chain.from(bob()).call(vouchers.burn(1, 1)).expect_ok();
    chain.from(alice()).call(vouchers.set_burn_right(1, BurnRight::Nobody)).expect_ok();
    chain.from(alice()).call(vouchers.set_burn_right(1, BurnRight::Holder)).expect_error(Error::Renounced);
}

#[test]
fn refuses_rights_of_nobody_in_particular() {
    let (mut chain, vouchers) = with(MintRight::Owner, BurnRight::Holder);
    let zero = Address::ZERO;
    chain.from(alice()).call(vouchers.set_mint_right(1, MintRight::Account(zero))).expect_error(Error::ZeroAddress);
    chain.from(alice()).call(vouchers.set_burn_right(1, BurnRight::Account(zero))).expect_error(Error::ZeroAddress);
    chain.from(alice()).call(vouchers.propose_owner(1, zero)).expect_error(Error::ZeroAddress);
    chain.from(alice()).call(vouchers.mint(1, zero, 1)).expect_error(Error::ZeroAddress);
}

#[test]
fn hands_ownership_over_in_two_steps() {
    let (mut chain, vouchers) = with(MintRight::Owner, BurnRight::Holder);
    chain.from(bob()).call(vouchers.propose_owner(1, bob())).expect_error(Error::NotOwner);
    chain.from(bob()).call(vouchers.accept_owner(1)).expect_error(Error::NotOwner);
    chain.from(alice()).call(vouchers.propose_owner(1, bob())).expect_ok();
    chain.from(charlie()).call(vouchers.accept_owner(1)).expect_error(Error::NotOwner);
    chain.from(alice()).call(vouchers.mint(1, alice(), 1)).expect_ok();
    chain.from(bob()).call(vouchers.accept_owner(1)).expect_ok();
    chain.from(bob()).call(vouchers.mint(1, bob(), 1)).expect_ok();
    chain.from(alice()).call(vouchers.mint(1, alice(), 1)).expect_error(Error::MintNotAllowed);
    chain.from(bob()).call(vouchers.accept_owner(1)).expect_error(Error::NotOwner);
}

#[test]
fn ends_the_owners_powers_when_ownership_is_renounced() {
    let (mut chain, vouchers) = with(MintRight::Owner, BurnRight::Owner);
    chain.from(alice()).call(vouchers.propose_owner(1, bob())).expect_ok();
    chain.from(alice()).call(vouchers.renounce_owner(1)).expect_ok();
    chain.from(bob()).call(vouchers.accept_owner(1)).expect_error(Error::NotOwner);
    chain.from(alice()).call(vouchers.mint(1, alice(), 1)).expect_error(Error::MintNotAllowed);
    chain.from(alice()).call(vouchers.burn(1, 1)).expect_error(Error::BurnNotAllowed);
    chain.from(alice()).call(vouchers.set_mint_right(1, MintRight::Account(bob()))).expect_error(Error::NotOwner);
    chain.from(alice()).call(vouchers.transfer(1, bob(), 1)).expect_ok();
    assert_eq!(chain.query(vouchers.total_units(1)), Ok(UNITS));
}

#[test]
fn leaves_sending_to_the_issuer_if_holders_may_not() {
    let (mut chain, vouchers) = issued(NewKind { transferable: Some(false), ..coffee() });
    chain.from(alice()).call(vouchers.transfer(1, bob(), 10)).expect_ok();
    for units in [0, 1, 10] {
        chain.from(bob()).call(vouchers.transfer(1, charlie(), units)).expect_error(Error::NotTransferable);
    }
    chain.from(bob()).call(vouchers.transfer(1, alice(), 1)).expect_error(Error::NotTransferable);
    chain.from(bob()).call(vouchers.transfer(1, bob(), 1)).expect_error(Error::NotTransferable);
    chain.from(bob()).call(vouchers.approve(1, charlie(), 0, 5, None)).expect_ok();
    let taken = chain.from(charlie()).call(vouchers.transfer_from(1, bob(), charlie(), 1));
    taken.expect_error(Error::NotTransferable);
    let until = chain.time_ms() + 60_000;
    chain.from(bob()).call(vouchers.pack(1, 1, 1, [1; 32], until)).expect_error(Error::NotTransferable);
    // Whoever sells for the issuer is allowed to by the issuer. Owning the kind is not issuing it.
    chain.from(alice()).call(vouchers.approve(1, charlie(), 0, 5, None)).expect_ok();
    chain.from(charlie()).call(vouchers.transfer_from(1, alice(), bob(), 5)).expect_ok();
    assert_eq!(chain.from(bob()).call(vouchers.redeem(1, 15, None)).expect_ok(), 1);
}
