//! Who was a member: at a version, and at a height.

use crate::{GROUP, add, decide, founded, hand_in, members, order, remove, update, version};
use group::MAX_PAST_VERSIONS;
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, by, charlie, dave, eve};

fn height(chain: &TestChain, group: group::GroupRef) -> u64 {
    chain.query(group.roster(GROUP)).expect("it exists").since_height
}

#[test]
fn says_who_was_a_member_at_each_version_and_height() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    let mut seen = vec![(height(&chain, group), members(&chain, group))];
    let steps = [
        (add(dave()), &[bob(), charlie()][..]),
        (update(bob(), eve()), &[bob(), charlie(), dave()]),
        (remove(dave()), &[eve(), charlie()]),
    ];
    for (decision, approvers) in steps {
        chain.advance_blocks(3);
        assert_eq!(decide(&mut chain, group, alice(), decision, approvers), Some(true));
        seen.push((height(&chain, group), members(&chain, group)));
    }
    chain.advance_blocks(3);
    for (version, (since, expected)) in (1..).zip(&seen) {
        assert_eq!(chain.query(group.members_at(GROUP, version)), Ok(Some(expected.clone())));
        assert_eq!(chain.query(group.members_at_height(GROUP, *since)), Ok(Some(expected.clone())));
        let before = seen.iter().rev().find(|(other, _)| other < since).map(|(_, members)| members.clone());
        assert_eq!(chain.query(group.members_at_height(GROUP, since - 1)), Ok(before));
        assert_eq!(chain.query(group.members_at_height(GROUP, since + 1)), Ok(Some(expected.clone())));
    }
    for unknown in [0, 5, u64::MAX] {
        assert_eq!(chain.query(group.members_at(GROUP, unknown)), Ok(None));
    }
    for unknown in [0, u64::MAX] {
        assert_eq!(chain.query(group.members_at_height(GROUP, unknown)), Ok(None));
    }
}

#[test]
fn counts_a_block_of_several_changes_by_its_end() {
    let (mut chain, group) = founded(&[], None);
    let before = height(&chain, group);
    chain.advance_blocks(2);
    let block = [
        by(alice(), group.propose(GROUP, add(bob()), None)),
        by(alice(), group.propose(GROUP, add(charlie()), None)),
        by(bob(), group.approve(GROUP, 2)),
    ];
    assert!(chain.block(&block).iter().all(|outcome| outcome.is_ok()));
    let now = height(&chain, group);
    assert_eq!(version(&chain, group), 3);
    assert_eq!(chain.query(group.members_at_height(GROUP, now)), Ok(Some(vec![alice(), bob(), charlie()])));
    assert_eq!(chain.query(group.members_at_height(GROUP, now - 1)), Ok(Some(vec![alice()])));
    assert_eq!(chain.query(group.members_at_height(GROUP, before)), Ok(Some(vec![alice()])));
    assert_eq!(chain.query(group.members_at(GROUP, 2)), Ok(Some(vec![alice(), bob()])));
}

#[test]
fn keeps_the_last_thirty_two_versions_that_are_over() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    let first = height(&chain, group);
    let mut entries = 0;
    for step in 0..MAX_PAST_VERSIONS + 3 {
        let [old, new] = if step % 2 == 0 { [alice(), dave()] } else { [dave(), alice()] };
        let name = if step % 2 == 0 { "Alice" } else { "Dave" };
        let order = order(&chain, group, update(old, new));
        hand_in(&mut chain, group, &order, &[name, "Bob", "Charlie"]).expect_ok();
        let now = chain.stored_entries(group.address());
        assert_eq!(now > entries, step < MAX_PAST_VERSIONS, "after step {step}");
        entries = now;
    }
    let last = version(&chain, group);
    let has = |version: u64| chain.query(group.members_at(GROUP, version)).expect("a query").is_some();
    assert!((last - MAX_PAST_VERSIONS..=last).all(has) && !has(last - MAX_PAST_VERSIONS - 1) && !has(last + 1));
    assert_eq!(chain.query(group.members_at_height(GROUP, first)), Ok(None));
    let expected: Vec<Address> = vec![dave(), bob(), charlie()];
    assert_eq!(members(&chain, group), expected);
}
