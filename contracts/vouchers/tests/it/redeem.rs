//! Redeeming by the holder's own transaction: once, numbered, within the kind's time.

use crate::{UNITS, chain, coffee, issue, issued};
use tenon_testkit::{alice, bob};
use vouchers::{BurnRight, Error, MAX_REFERENCE_BYTES, MintRight, NewKind, Redeemed, Totals};

#[test]
fn redeems_each_unit_once_under_a_number_of_its_own() {
    let (mut chain, vouchers) = issued(coffee());
    chain.from(alice()).call(vouchers.transfer(1, bob(), 3)).expect_ok();
    assert_eq!(chain.from(alice()).call(vouchers.redeem(1, 1, None)).expect_ok(), 1);
    let outcome = chain.from(bob()).call(vouchers.redeem(1, 3, Some("table 4".into())));
    let reference = Some("table 4".into());
    assert!(outcome.has(&Redeemed { kind: 1, holder: bob(), by: bob(), number: 2, units: 3, reference }));
    assert_eq!((outcome.emitted().len(), outcome.expect_ok()), (1, 2));
    chain.from(bob()).call(vouchers.redeem(1, 1, None)).expect_error(Error::InsufficientUnits);
    assert_eq!(chain.from(alice()).call(vouchers.redeem(1, 1, None)).expect_ok(), 5);
    assert_eq!(chain.query(vouchers.redeemed_units(1)), Ok(5));
    assert_eq!(chain.query(vouchers.total_units(1)), Ok(UNITS - 5));
}

#[test]
fn numbers_each_kind_apart() {
    let (mut chain, vouchers) = issued(coffee());
    chain.from(alice()).call(issue(vouchers, coffee())).expect_ok();
    chain.from(alice()).call(vouchers.redeem(1, 9, None)).expect_ok();
    assert_eq!(chain.from(alice()).call(vouchers.redeem(2, 1, None)).expect_ok(), 1);
}

#[test]
fn leaves_nothing_stored_of_units_that_were_redeemed() {
    let (mut chain, vouchers) = issued(coffee());
    let entries = chain.stored_entries(vouchers.address());
    chain.from(alice()).call(vouchers.redeem(1, UNITS, None)).expect_ok();
    assert_eq!(chain.stored_entries(vouchers.address()), entries - 1);
}

#[test]
fn refuses_to_redeem_nothing_and_more_than_there_is() {
    let (mut chain, vouchers) = issued(coffee());
    chain.from(alice()).call(vouchers.redeem(1, 0, None)).expect_error(Error::ZeroUnits);
    for units in [UNITS + 1, u64::MAX] {
        chain.from(alice()).call(vouchers.redeem(1, units, None)).expect_error(Error::InsufficientUnits);
    }
    chain.from(bob()).call(vouchers.redeem(1, 1, None)).expect_error(Error::InsufficientUnits);
    assert_eq!(chain.query(vouchers.redeemed_units(1)), Ok(0));
}

#[test]
fn bounds_the_reference() {
    let (mut chain, vouchers) = issued(coffee());
    let longest = "r".repeat(MAX_REFERENCE_BYTES);
    chain.from(alice()).call(vouchers.redeem(1, 1, Some(longest.clone()))).expect_ok();
    chain.from(alice()).call(vouchers.redeem(1, 1, Some(String::new()))).expect_ok();
    for reference in [longest + "r", "a\tb".into()] {
        chain.from(alice()).call(vouchers.redeem(1, 1, Some(reference))).expect_error(Error::InvalidReference);
    }
}

#[test]
fn redeems_from_the_first_millisecond_on_and_before_the_last() {
    let (chain, _) = issued(coffee());
    let (start, end) = (chain.time_ms() + 50_000, chain.time_ms() + 150_000);
    let cases = [
        (start - 1, Some(Error::NotYetValid)),
        (start, None),
        (start + 1, None),
        (end - 1, None),
        (end, Some(Error::Expired)),
        (end + 1, Some(Error::Expired)),
    ];
    for (time_ms, error) in cases {
        let new = NewKind { valid_from_ms: Some(start), valid_until_ms: Some(end), ..coffee() };
        let (mut chain, vouchers) = issued(new);
        chain.set_time_ms(time_ms);
        let outcome = chain.from(alice()).call(vouchers.redeem(1, 1, None));
        match error {
            Some(error) => outcome.expect_error(error),
            None => assert_eq!(outcome.expect_ok(), 1),
        }
    }
}

#[test]
fn redeems_within_the_shortest_time_there_is() {
    let (mut chain, vouchers) = chain();
    let start = chain.time_ms() + 50_000;
    let new = NewKind { valid_from_ms: Some(start), valid_until_ms: Some(start + 1), ..coffee() };
    chain.from(alice()).call(issue(vouchers, new)).expect_ok();
    chain.set_time_ms(start);
    assert_eq!(chain.from(alice()).call(vouchers.redeem(1, 1, None)).expect_ok(), 1);
    chain.from(alice()).call(vouchers.redeem(1, 1, None)).expect_error(Error::Expired);
    // What has expired can still be given away and burnt.
    chain.from(alice()).call(vouchers.transfer(1, bob(), 1)).expect_ok();
    chain.from(bob()).call(vouchers.burn(1, 1)).expect_ok();
}

#[test]
fn makes_no_room_under_the_cap_by_redeeming_or_burning() {
    let new = NewKind { cap: Some(UNITS), mint: Some(MintRight::Owner), burn: Some(BurnRight::Holder), ..coffee() };
    let (mut chain, vouchers) = issued(new);
    chain.from(alice()).call(vouchers.redeem(1, 60, None)).expect_ok();
    chain.from(alice()).call(vouchers.burn(1, 40)).expect_ok();
    chain.from(alice()).call(vouchers.mint(1, alice(), 1)).expect_error(Error::CapExceeded);
    let totals = Totals { issued: UNITS, redeemed: 60, burnt: 40, packets: 0 };
    assert_eq!(chain.query(vouchers.totals(1)), Ok(totals));
    assert_eq!(chain.query(vouchers.total_units(1)), Ok(0));
}

#[test]
fn counts_as_far_as_a_number_goes() {
    let new = NewKind { units: u64::MAX, mint: Some(MintRight::Owner), ..coffee() };
    let (mut chain, vouchers) = issued(new);
    chain.from(alice()).call(vouchers.transfer(1, bob(), u64::MAX)).expect_ok();
    chain.from(alice()).call(vouchers.mint(1, alice(), 1)).expect_error(Error::CapExceeded);
    chain.from(bob()).call(vouchers.transfer(1, bob(), u64::MAX)).expect_ok();
    assert_eq!(chain.from(bob()).call(vouchers.redeem(1, u64::MAX, None)).expect_ok(), 1);
    chain.from(bob()).call(vouchers.redeem(1, 1, None)).expect_error(Error::InsufficientUnits);
    chain.from(alice()).call(vouchers.mint(1, alice(), u64::MAX)).expect_error(Error::CapExceeded);
}
