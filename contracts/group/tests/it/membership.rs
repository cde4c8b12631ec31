//! Who must consent to what: to a new member, to the end of a membership, and to a key that takes another's place.

use crate::{GROUP, add, decide, founded, members, refused, remove, update, version};
use group::{Error, KeyUpdated, MemberAdded, MemberRemoved};
use tenon_contract::Address;
use tenon_testkit::{alice, bob, charlie, dave, eve};

#[test]
fn adds_a_member_by_the_consent_of_all_and_not_of_all_but_one() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], None);
    assert_eq!(decide(&mut chain, group, alice(), add(eve()), &[bob(), charlie()]), Some(false));
    assert_eq!(chain.query(group.is_member(GROUP, eve())), Ok(false));
    let outcome = chain.from(dave()).call(group.approve(GROUP, 1));
    assert!(outcome.has(&MemberAdded { group: GROUP, key: eve(), version: 2 }));
    assert!(outcome.expect_ok());
    assert_eq!(members(&chain, group), [alice(), bob(), charlie(), dave(), eve()]);
    // The new one is asked from now on.
    let seventh = Address::new([7; 32]);
    assert_eq!(decide(&mut chain, group, alice(), add(seventh), &[bob(), charlie(), dave()]), Some(false));
    assert!(chain.from(eve()).call(group.approve(GROUP, 2)).expect_ok());
}

#[test]
fn removes_a_member_whatever_that_one_thinks() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], None);
    assert_eq!(decide(&mut chain, group, alice(), remove(dave()), &[bob()]), Some(false));
    let outcome = chain.from(charlie()).call(group.approve(GROUP, 1));
    assert!(outcome.has(&MemberRemoved { group: GROUP, key: dave(), version: 2 }));
    assert!(outcome.expect_ok());
    assert_eq!(members(&chain, group), [alice(), bob(), charlie()]);
    assert_eq!(chain.query(group.is_member(GROUP, dave())), Ok(false));
}

#[test]
fn removes_nobody_against_the_will_of_another() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], None);
    // The consent of the one to be removed does not count in place of another's.
    assert_eq!(decide(&mut chain, group, alice(), remove(dave()), &[bob(), dave()]), Some(false));
    assert_eq!(members(&chain, group).len(), 4);
    assert!(chain.from(charlie()).call(group.approve(GROUP, 1)).expect_ok());
}

#[test]
fn lets_a_member_ask_to_leave() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], None);
    assert_eq!(decide(&mut chain, group, dave(), remove(dave()), &[alice(), bob()]), Some(false));
    assert!(chain.from(charlie()).call(group.approve(GROUP, 1)).expect_ok());
    assert_eq!(members(&chain, group), [alice(), bob(), charlie()]);
}

#[test]
fn changes_a_key_by_the_consent_of_all_that_member_included() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    assert_eq!(decide(&mut chain, group, alice(), update(bob(), eve()), &[charlie()]), Some(false));
    assert_eq!(chain.query(group.is_member(GROUP, eve())), Ok(false));
    let outcome = chain.from(bob()).call(group.approve(GROUP, 1));
    assert!(outcome.has(&KeyUpdated { group: GROUP, old: bob(), new: eve(), version: 2 }));
    assert!(outcome.expect_ok());
    assert_eq!(members(&chain, group), [alice(), eve(), charlie()]);
    // Another's consent is needed as well.
    assert_eq!(decide(&mut chain, group, eve(), update(eve(), dave()), &[alice()]), Some(false));
}

#[test]
fn grows_from_one_founder_to_three_keys_and_never_falls_below() {
    let (mut chain, group) = founded(&[], None);
    // The founder alone adds the second key, both add the third.
    assert_eq!(decide(&mut chain, group, alice(), add(bob()), &[]), None);
    assert_eq!(members(&chain, group), [alice(), bob()]);
    refused(&mut chain, group, alice(), remove(bob()), Error::TooFewMembers);
    assert_eq!(decide(&mut chain, group, alice(), add(charlie()), &[bob()]), Some(true));
    assert_eq!(members(&chain, group).len(), 3);
    refused(&mut chain, group, alice(), remove(charlie()), Error::TooFewMembers);
    assert_eq!(decide(&mut chain, group, alice(), add(dave()), &[bob(), charlie()]), Some(true));
    assert_eq!(decide(&mut chain, group, alice(), remove(alice()), &[bob(), charlie(), dave()]), Some(true));
    refused(&mut chain, group, bob(), remove(charlie()), Error::TooFewMembers);
    assert_eq!((version(&chain, group), members(&chain, group)), (5, vec![bob(), charlie(), dave()]));
}

#[test]
fn keeps_as_many_members_as_the_threshold_asks_for() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], Some(4));
    refused(&mut chain, group, alice(), remove(dave()), Error::TooFewMembers);
    assert_eq!(decide(&mut chain, group, alice(), add(eve()), &[bob(), charlie(), dave()]), Some(true));
    assert_eq!(decide(&mut chain, group, alice(), remove(dave()), &[bob(), charlie(), eve()]), Some(true));
}

#[test]
fn asks_all_for_members_whatever_the_threshold_for_resolutions_is() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], Some(1));
    assert_eq!(decide(&mut chain, group, alice(), add(eve()), &[bob(), charlie()]), Some(false));
    assert_eq!(decide(&mut chain, group, alice(), remove(dave()), &[bob()]), Some(false));
    assert_eq!(decide(&mut chain, group, alice(), update(alice(), eve()), &[bob(), charlie()]), Some(false));
    assert_eq!(version(&chain, group), 1);
}

#[test]
fn refuses_decisions_that_no_consent_could_bring_about() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], None);
    let cases = [
        (add(Address::ZERO), Error::ZeroAddress),
        (add(bob()), Error::AlreadyMember),
        (remove(eve()), Error::UnknownMember),
        (remove(Address::ZERO), Error::UnknownMember),
        (update(eve(), Address::new([7; 32])), Error::UnknownMember),
        (update(bob(), Address::ZERO), Error::ZeroAddress),
        (update(bob(), charlie()), Error::AlreadyMember),
        (update(bob(), bob()), Error::AlreadyMember),
    ];
    for (decision, error) in cases {
        refused(&mut chain, group, alice(), decision, error);
    }
    assert_eq!(chain.query(group.proposals(GROUP, None, None)), Ok(vec![]));
}

#[test]
fn does_not_grow_beyond_sixty_four() {
    let others: Vec<Address> = (1..63).map(|byte| Address::new([byte; 32])).collect();
    let (mut chain, group) = founded(&[&others[..], &[bob()]].concat(), None);
    assert_eq!(members(&chain, group).len(), 64);
    refused(&mut chain, group, bob(), add(eve()), Error::TooManyMembers);
    // The last of 64 is asked like the first.
    let number = chain.from(bob()).call(group.propose(GROUP, update(bob(), eve()), None)).expect_ok();
    let standing = chain.query(group.standing(GROUP, number)).expect("it is open");
    assert_eq!((standing.approved, standing.waiting.len(), standing.missing), (vec![bob()], 63, 63));
}
