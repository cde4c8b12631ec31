//! What somebody might try who has left, who has come back, whose key was changed, or who is one of many.

use crate::{
    GROUP, add, consents, decide, founded, hand_in, members, order, remove, rescind, resolve, topic, update, version,
};
use group::{Error, Order};
use tenon_testkit::{alice, bob, charlie, dave, eve, ferdie};

#[test]
fn voids_open_proposals_with_each_change_of_members() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], Some(2));
    // Dave approves a resolution, and is removed before another member approves it.
    let stale = chain.from(dave()).call(group.propose(GROUP, resolve(topic(1)), None)).expect_ok();
    assert_eq!(decide(&mut chain, group, alice(), remove(dave()), &[bob(), charlie()]), Some(true));
    for who in [alice(), bob()] {
        chain.from(who).call(group.approve(GROUP, stale)).expect_error(Error::ProposalVoid);
    }
    chain.from(dave()).call(group.withdraw_approval(GROUP, stale)).expect_error(Error::NotMember);
    assert!(chain.query(group.standing(GROUP, stale)).is_err());
    assert_eq!(chain.query(group.approved(GROUP, topic(1))), Ok(false));
    assert_eq!(chain.from(ferdie()).call(group.sweep(GROUP, vec![stale])).expect_ok(), 1);
}

#[test]
fn gives_a_member_who_came_back_none_of_the_old_approvals() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], Some(2));
    let stale = chain.from(dave()).call(group.propose(GROUP, resolve(topic(1)), None)).expect_ok();
    let signed = order(&chain, group, resolve(topic(2)));
    let list = consents(&chain, group, &signed, &["Bob", "Dave"]);
    decide(&mut chain, group, alice(), remove(dave()), &[bob(), charlie()]);
    decide(&mut chain, group, alice(), add(dave()), &[bob(), charlie()]);
    assert_eq!(members(&chain, group), [alice(), bob(), charlie(), dave()]);
    chain.from(alice()).call(group.approve(GROUP, stale)).expect_error(Error::ProposalVoid);
    chain.from(ferdie()).call(group.decide(signed.clone(), list.clone())).expect_error(Error::OtherVersion);
    let renewed = Order { version: version(&chain, group), ..signed };
    chain.from(ferdie()).call(group.decide(renewed, list)).expect_error(Error::InvalidSignature);
}

#[test]
fn gives_an_old_key_no_power_from_its_change_on() {
    let (mut chain, group) = founded(&[bob(), charlie()], Some(1));
    let signed = order(&chain, group, resolve(topic(1)));
    let list = consents(&chain, group, &signed, &["Bob"]);
    assert_eq!(decide(&mut chain, group, alice(), update(bob(), eve()), &[bob(), charlie()]), Some(true));
    // In the same block already, and for good; the new key can do all that the old one could.
    chain.from(bob()).call(group.propose(GROUP, resolve(topic(1)), None)).expect_error(Error::NotMember);
    chain.from(ferdie()).call(group.decide(signed, list)).expect_error(Error::OtherVersion);
    let fresh = order(&chain, group, resolve(topic(1)));
    hand_in(&mut chain, group, &fresh, &["Bob"]).expect_error(Error::NotMember);
    hand_in(&mut chain, group, &fresh, &["Eve"]).expect_ok();
    let memberships = [bob(), eve()].map(|who| chain.query(group.is_member(GROUP, who)));
    assert_eq!(memberships, [Ok(false), Ok(true)]);
}

#[test]
fn adopts_nothing_again_by_signatures_from_before_it_was_taken_back() {
    let (mut chain, group) = founded(&[bob(), charlie()], Some(2));
    let signed = order(&chain, group, resolve(topic(1)));
    let list = consents(&chain, group, &signed, &["Alice", "Bob"]);
    let open = chain.from(alice()).call(group.propose(GROUP, resolve(topic(1)), None)).expect_ok();
    chain.from(ferdie()).call(group.decide(signed.clone(), list.clone())).expect_ok();
    let back = order(&chain, group, rescind(topic(1)));
    let back_list = consents(&chain, group, &back, &["Bob", "Charlie"]);
    chain.from(ferdie()).call(group.decide(back.clone(), back_list.clone())).expect_ok();
    let again = chain.from(ferdie()).call(group.decide(signed.clone(), list.clone()));
    again.expect_error(Error::RescindedBefore);
    chain.from(bob()).call(group.approve(GROUP, open)).expect_error(Error::RescindedBefore);
    chain.from(ferdie()).call(group.decide(back.clone(), back_list.clone())).expect_error(Error::NotResolved);
    // Nor when the members have changed, and the resolution may be adopted anew.
    decide(&mut chain, group, alice(), add(dave()), &[bob(), charlie()]);
    chain.from(ferdie()).call(group.sweep_rescinded(GROUP, vec![topic(1)])).expect_ok();
    chain.from(ferdie()).call(group.decide(signed, list)).expect_error(Error::OtherVersion);
    decide(&mut chain, group, alice(), resolve(topic(1)), &[bob()]);
    chain.from(ferdie()).call(group.decide(back, back_list)).expect_error(Error::OtherVersion);
    assert_eq!(chain.query(group.approved(GROUP, topic(1))), Ok(true));
}

#[test]
fn lets_who_adopts_resolutions_void_nothing_that_is_to_decide_about_them() {
    // Dave alone can adopt and take back, and tries whatever that could bring about before the last approval.
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], Some(1));
    let signed = order(&chain, group, add(eve()));
    let list = consents(&chain, group, &signed, &["Alice", "Bob", "Charlie", "Dave"]);
    let removal = chain.from(alice()).call(group.propose(GROUP, remove(dave()), None)).expect_ok();
    chain.from(bob()).call(group.approve(GROUP, removal)).expect_ok();
    for number in 1..=5 {
        decide(&mut chain, group, dave(), resolve(topic(number)), &[]);
        decide(&mut chain, group, dave(), rescind(topic(number)), &[]);
    }
    let mut other = chain.clone();
    other.from(ferdie()).call(group.decide(signed, list)).expect_ok();
    assert!(chain.from(charlie()).call(group.approve(GROUP, removal)).expect_ok());
    assert_eq!(members(&chain, group), [alice(), bob(), charlie()]);
}

#[test]
fn lets_no_member_crowd_out_the_proposal_to_remove_them() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], None);
    let mut flood = 0;
    while chain.from(dave()).call(group.propose(GROUP, update(alice(), eve()), None)).is_ok() {
        flood += 1;
    }
    assert_eq!(flood, 4);
    assert_eq!(decide(&mut chain, group, alice(), remove(dave()), &[bob(), charlie()]), Some(true));
    let all: Vec<u64> = (1..=4).collect();
    assert_eq!(chain.from(alice()).call(group.sweep(GROUP, all)).expect_ok(), 4);
}

#[test]
fn lets_no_founder_do_what_a_member_cannot() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], None);
    assert_eq!(decide(&mut chain, group, bob(), remove(alice()), &[charlie(), dave()]), Some(true));
    chain.from(alice()).call(group.propose(GROUP, add(alice()), None)).expect_error(Error::NotMember);
    let order = order(&chain, group, add(alice()));
    hand_in(&mut chain, group, &order, &["Alice"]).expect_error(Error::NotMember);
    assert_eq!(chain.query(group.info(GROUP)).expect("it exists").founder, alice());
}

#[test]
fn decides_one_of_two_that_exclude_each_other_in_every_order() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], None);
    chain.from(alice()).call(group.propose(GROUP, remove(dave()), None)).expect_ok();
    chain.from(bob()).call(group.propose(GROUP, remove(charlie()), None)).expect_ok();
    chain.from(bob()).call(group.approve(GROUP, 1)).expect_ok();
    chain.from(alice()).call(group.approve(GROUP, 2)).expect_ok();
    let last =
        [tenon_testkit::by(charlie(), group.approve(GROUP, 1)), tenon_testkit::by(dave(), group.approve(GROUP, 2))];
    chain.every_order(&last, |chain, order, outcomes| {
        let done: Vec<usize> = (0..2).filter(|place| outcomes[*place].is_ok()).collect();
        assert_eq!(done, [order[0]]);
        assert_eq!((members(chain, group).len(), version(chain, group)), (3, 2));
    });
}
