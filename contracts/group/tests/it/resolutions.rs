//! Resolutions: by the consent of all or of as many as the threshold says, asked for by others, and taken back.

use crate::{GROUP, add, decide, founded, refused, rescind, resolve, topic, version};
use group::{Error, Rescinded, Resolution, Resolved};
use tenon_contract::Hash;
use tenon_testkit::{alice, bob, charlie, dave, eve};

#[test]
fn adopts_a_resolution_by_the_consent_of_all() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    assert_eq!(decide(&mut chain, group, alice(), resolve(topic(1)), &[bob()]), Some(false));
    assert_eq!(chain.query(group.approved(GROUP, topic(1))), Ok(false));
    let time_ms = chain.time_ms();
    let outcome = chain.from(charlie()).call(group.approve(GROUP, 1));
    assert!(outcome.has(&Resolved { group: GROUP, topic: topic(1), version: 1 }));
    assert_eq!(chain.query(group.approved(GROUP, topic(1))), Ok(true));
    let found: Option<Resolution> = chain.query(group.resolution(GROUP, topic(1))).expect("a query");
    let found = found.expect("it was adopted");
    assert_eq!((found.version, found.time_ms), (1, time_ms));
    for (other_group, other_topic) in [(GROUP, 2), (GROUP + 1, 1)] {
        assert_eq!(chain.query(group.approved(other_group, topic(other_topic))), Ok(false));
    }
    assert_eq!(version(&chain, group), 1);
}

#[test]
fn adopts_a_resolution_by_as_many_as_the_threshold_says() {
    for threshold in 1..=4 {
        let (mut chain, group) = founded(&[bob(), charlie(), dave()], Some(threshold));
        let proposal = chain.from(alice()).call(group.propose(GROUP, resolve(topic(1)), None)).expect_ok();
        for (who, count) in [bob(), charlie(), dave()].into_iter().zip(2..) {
            assert_eq!(chain.query(group.approved(GROUP, topic(1))), Ok(count > threshold));
            let outcome = chain.from(who).call(group.approve(GROUP, proposal));
            if count > threshold {
                outcome.expect_error(Error::UnknownProposal);
            } else {
                assert_eq!(outcome.expect_ok(), count == threshold);
            }
        }
        assert_eq!(chain.query(group.approved(GROUP, topic(1))), Ok(true));
    }
}

#[test]
fn adopts_nothing_while_there_are_fewer_members_than_three_or_than_the_threshold() {
    let (mut chain, group) = founded(&[bob()], Some(1));
    refused(&mut chain, group, alice(), resolve(topic(1)), Error::TooFewMembers);
    decide(&mut chain, group, alice(), add(charlie()), &[bob()]);
    decide(&mut chain, group, alice(), resolve(topic(1)), &[]);
    assert_eq!(chain.query(group.approved(GROUP, topic(1))), Ok(true));
    let (mut chain, group) = founded(&[bob(), charlie()], Some(4));
    assert_eq!(decide(&mut chain, group, alice(), resolve(topic(1)), &[bob(), charlie()]), Some(false));
    assert_eq!(chain.query(group.standing(GROUP, 1)).expect("it is open").missing, 1);
}

#[test]
fn refuses_no_topic_one_that_is_adopted_and_one_that_is_not() {
    let (mut chain, group) = founded(&[bob(), charlie()], Some(1));
    refused(&mut chain, group, alice(), resolve(Hash::ZERO), Error::ZeroTopic);
    refused(&mut chain, group, alice(), rescind(topic(1)), Error::NotResolved);
    decide(&mut chain, group, alice(), resolve(topic(1)), &[]);
    refused(&mut chain, group, bob(), resolve(topic(1)), Error::AlreadyResolved);
}

#[test]
fn takes_a_resolution_back_by_the_same_threshold() {
    let (mut chain, group) = founded(&[bob(), charlie()], Some(2));
    assert_eq!(decide(&mut chain, group, alice(), resolve(topic(1)), &[bob()]), Some(true));
    let proposal = chain.from(charlie()).call(group.propose(GROUP, rescind(topic(1)), None)).expect_ok();
    assert_eq!(chain.query(group.approved(GROUP, topic(1))), Ok(true));
    let outcome = chain.from(alice()).call(group.approve(GROUP, proposal));
    assert!(outcome.has(&Rescinded { group: GROUP, topic: topic(1), version: 1 }));
    assert_eq!(chain.query(group.approved(GROUP, topic(1))), Ok(false));
    assert_eq!(chain.query(group.rescinded(GROUP, topic(1))), Ok(Some(1)));
    refused(&mut chain, group, bob(), rescind(topic(1)), Error::NotResolved);
    assert_eq!(version(&chain, group), 1);
}

#[test]
fn adopts_again_what_was_taken_back_only_after_its_members_have_changed() {
    let (mut chain, group) = founded(&[bob(), charlie()], Some(1));
    decide(&mut chain, group, alice(), resolve(topic(1)), &[]);
    decide(&mut chain, group, bob(), rescind(topic(1)), &[]);
    refused(&mut chain, group, alice(), resolve(topic(1)), Error::RescindedBefore);
    decide(&mut chain, group, alice(), resolve(topic(2)), &[]);
    decide(&mut chain, group, alice(), add(dave()), &[bob(), charlie()]);
    decide(&mut chain, group, alice(), resolve(topic(1)), &[]);
    assert_eq!(chain.query(group.approved(GROUP, topic(1))), Ok(true));
    assert_eq!(chain.query(group.rescinded(GROUP, topic(1))), Ok(None));
}

#[test]
fn forgets_what_was_taken_back_when_its_members_have_changed() {
    let (mut chain, group) = founded(&[bob(), charlie()], Some(1));
    for number in 1..=2 {
        decide(&mut chain, group, alice(), resolve(topic(number)), &[]);
    }
    decide(&mut chain, group, bob(), rescind(topic(1)), &[]);
    let list = vec![topic(1), topic(1), topic(2), topic(3)];
    assert_eq!(chain.from(eve()).call(group.sweep_rescinded(GROUP, list.clone())).expect_ok(), 0);
    assert_eq!(chain.query(group.rescinded(GROUP, topic(1))), Ok(Some(1)));
    decide(&mut chain, group, alice(), add(dave()), &[bob(), charlie()]);
    let entries = chain.stored_entries(group.address());
    let before = chain.coin(eve());
    let outcome = chain.from(eve()).call(group.sweep_rescinded(GROUP, list));
    assert!(chain.coin(eve()) > before - outcome.fee);
    assert_eq!(outcome.expect_ok(), 1);
    assert_eq!(chain.stored_entries(group.address()), entries - 1);
    let most = vec![topic(1); group::MAX_PAGE as usize];
    assert_eq!(chain.from(eve()).call(group.sweep_rescinded(GROUP, most.clone())).expect_ok(), 0);
    let more = [most, vec![topic(1)]].concat();
    chain.from(eve()).call(group.sweep_rescinded(GROUP, more)).expect_error(Error::BatchTooLong);
    chain.from(eve()).call(group.sweep_rescinded(9, vec![])).expect_error(Error::UnknownGroup);
}

#[test]
fn stands_although_members_come_and_go() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], None);
    decide(&mut chain, group, alice(), resolve(topic(1)), &[bob(), charlie(), dave()]);
    decide(&mut chain, group, alice(), crate::remove(dave()), &[bob(), charlie()]);
    decide(&mut chain, group, alice(), add(eve()), &[bob(), charlie()]);
    assert_eq!(chain.query(group.approved(GROUP, topic(1))), Ok(true));
    assert_eq!(chain.query(group.resolution(GROUP, topic(1))).expect("a query").expect("it stands").version, 1);
}

#[test]
fn adopts_once_what_was_proposed_twice() {
    let (mut chain, group) = founded(&[bob(), charlie()], Some(2));
    chain.from(alice()).call(group.propose(GROUP, resolve(topic(1)), None)).expect_ok();
    chain.from(bob()).call(group.propose(GROUP, resolve(topic(1)), None)).expect_ok();
    assert!(chain.from(charlie()).call(group.approve(GROUP, 1)).expect_ok());
    chain.from(charlie()).call(group.approve(GROUP, 2)).expect_error(Error::AlreadyResolved);
}
