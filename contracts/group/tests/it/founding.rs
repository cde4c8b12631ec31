//! Founding groups: what is stated, what is refused, and finding them by their founder.

use crate::{GROUP, chain, code, founded, members, three};
use group::{Error, Founded, GroupRef, MAX_MEMBERS, MAX_NAME_BYTES, MAX_PAGE, MAX_PURPOSE_BYTES, NewGroup};
use tenon_contract::{Address, Call};
use tenon_testkit::{TestChain, alice, bob, charlie, dave};

/// Keys of nobody, all different.
fn keys(count: usize) -> Vec<Address> {
    (1..=count).map(|number| Address::new([u8::try_from(number).expect("they are few"); 32])).collect()
}

fn found(group: GroupRef, new: NewGroup) -> Call<u64> {
    group.found(new.name, new.purpose, new.others, new.threshold)
}

#[test]
fn states_everything_that_the_founder_said() {
    let (mut chain, group) = chain();
    let new = NewGroup { threshold: Some(2), ..three([bob(), charlie()]) };
    let outcome = chain.from(alice()).call(found(group, new));
    let all = vec![alice(), bob(), charlie()];
    let event =
        Founded { group: GROUP, founder: alice(), name: "Admission".into(), members: all.clone(), threshold: Some(2) };
    assert!(outcome.has(&event));
    let info = chain.query(group.info(GROUP)).expect("it exists");
    assert_eq!((info.name.as_str(), info.purpose.as_str()), ("Admission", "admission"));
    assert_eq!((info.founder, info.threshold), (alice(), Some(2)));
    let roster = chain.query(group.roster(GROUP)).expect("it exists");
    assert_eq!((roster.version, roster.members), (1, all));
    assert_eq!(chain.query(group.group_count()), Ok(1));
}

#[test]
fn founds_groups_of_every_purpose_with_the_same_operations() {
    let (mut chain, group) = chain();
    for (purpose, id) in [("admission", 1), ("treasury", 2), ("", 3)] {
        let new = NewGroup { purpose: purpose.into(), ..three([bob(), charlie()]) };
        assert_eq!(chain.from(alice()).call(found(group, new)).expect_ok(), id);
        let proposal = chain.from(alice()).call(group.propose(id, crate::add(dave()), None)).expect_ok();
        assert_eq!(proposal, 1);
        chain.from(bob()).call(group.approve(id, 1)).expect_ok();
        assert!(chain.from(charlie()).call(group.approve(id, 1)).expect_ok());
        assert_eq!(chain.query(group.is_member(id, dave())), Ok(true));
        assert_eq!(chain.query(group.is_member(id + 1, dave())), Ok(false));
        assert_eq!(chain.query(group.info(id)).expect("it exists").purpose, purpose);
    }
}

#[test]
fn lets_a_node_take_the_groups_of_the_founders_that_it_trusts() {
    let (mut chain, group) = chain();
    for founder in [alice(), bob(), alice()] {
        chain.from(founder).call(found(group, three([charlie(), dave()]))).expect_ok();
    }
    let of = |founder| chain.query(group.founded_by(founder, None, None)).expect("a query");
    assert_eq!((of(alice()), of(bob()), of(charlie())), (vec![1, 3], vec![2], vec![]));
    // Nobody founds in the name of another, and membership is no founding.
    assert_eq!(chain.query(group.info(2)).expect("it exists").founder, bob());
}

#[test]
fn lists_the_groups_of_a_founder_page_by_page() {
    let (mut chain, group) = chain();
    for _ in 0..=MAX_PAGE {
        chain.from(alice()).call(found(group, NewGroup { others: Vec::new(), ..three([bob(), dave()]) })).expect_ok();
    }
    let page = |after, limit| chain.query(group.founded_by(alice(), after, limit)).expect("a query");
    assert_eq!(page(None, None), (1..=u64::from(MAX_PAGE)).collect::<Vec<_>>());
    assert_eq!(page(None, Some(u32::MAX)).len(), MAX_PAGE as usize);
    assert_eq!(page(Some(u64::from(MAX_PAGE)), None), vec![u64::from(MAX_PAGE) + 1]);
    assert_eq!((page(Some(1), Some(2)), page(None, Some(0))), (vec![2, 3], vec![]));
    assert!(page(Some(u64::MAX), None).is_empty());
}

#[test]
fn refuses_texts_that_are_too_long_or_not_plain() {
    let (mut chain, group) = chain();
    let plain = || three([bob(), charlie()]);
    for name in ["", "two\nlines", &"n".repeat(MAX_NAME_BYTES + 1)] {
        let call = found(group, NewGroup { name: name.into(), ..plain() });
        chain.from(alice()).call(call).expect_error(Error::InvalidName);
    }
    for purpose in ["two\nlines", &"p".repeat(MAX_PURPOSE_BYTES + 1)] {
        let call = found(group, NewGroup { purpose: purpose.into(), ..plain() });
        chain.from(alice()).call(call).expect_error(Error::InvalidPurpose);
    }
    let longest = NewGroup { name: "n".repeat(MAX_NAME_BYTES), purpose: "p".repeat(MAX_PURPOSE_BYTES), ..plain() };
    chain.from(alice()).call(found(group, longest)).expect_ok();
}

#[test]
fn refuses_members_that_are_nobody_or_there_twice() {
    let (mut chain, group) = chain();
    let refused = |chain: &mut TestChain, others, error| {
        chain.from(alice()).call(found(group, three(others))).expect_error(error);
    };
    refused(&mut chain, [bob(), Address::ZERO], Error::ZeroAddress);
    refused(&mut chain, [bob(), bob()], Error::AlreadyMember);
    refused(&mut chain, [alice(), bob()], Error::AlreadyMember);
    assert_eq!(chain.query(group.group_count()), Ok(0));
}

#[test]
fn holds_sixty_four_members_and_no_more() {
    let (mut chain, group) = chain();
    let many = |count| NewGroup { others: keys(count), ..three([bob(), charlie()]) };
    chain.from(alice()).call(found(group, many(MAX_MEMBERS))).expect_error(Error::TooManyMembers);
    chain.from(alice()).call(found(group, many(MAX_MEMBERS - 1))).expect_ok();
    assert_eq!(members(&chain, group).len(), MAX_MEMBERS);
    for key in keys(MAX_MEMBERS - 1) {
        assert_eq!(chain.query(group.is_member(GROUP, key)), Ok(true));
    }
}

#[test]
fn takes_thresholds_from_one_to_sixty_four() {
    let (mut chain, group) = chain();
    for threshold in [0, 65, u32::MAX] {
        let new = NewGroup { threshold: Some(threshold), ..three([bob(), charlie()]) };
        chain.from(alice()).call(found(group, new)).expect_error(Error::InvalidThreshold);
    }
    for threshold in [1, 64] {
        let new = NewGroup { threshold: Some(threshold), ..three([bob(), charlie()]) };
        chain.from(alice()).call(found(group, new)).expect_ok();
    }
}

#[test]
fn holds_one_group_alone_in_an_instance_of_its_own() {
    let (mut chain, _) = chain();
    let new = three([bob(), charlie()]);
    let group = GroupRef::at(chain.from(alice()).deploy(&code(), GroupRef::init(Some(new.clone()))));
    assert_eq!(members(&chain, group), [alice(), bob(), charlie()]);
    chain.from(alice()).call(found(group, new.clone())).expect_error(Error::Closed);
    let bad = NewGroup { name: String::new(), ..new };
    let outcome = chain.from(alice()).try_deploy(&code(), GroupRef::init(Some(bad)));
    outcome.expect_error(Error::InvalidName);
}

#[test]
fn says_of_a_group_that_does_not_exist_that_it_does_not() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    for unknown in [0, 2, u64::MAX] {
        assert!(chain.query(group.info(unknown)).is_err() && chain.query(group.members(unknown)).is_err());
        assert!(chain.query(group.roster(unknown)).is_err() && chain.query(group.version(unknown)).is_err());
        assert_eq!(chain.query(group.is_member(unknown, alice())), Ok(false));
        assert_eq!(chain.query(group.members_at(unknown, 1)), Ok(None));
        assert_eq!(chain.query(group.members_at_height(unknown, 1)), Ok(None));
        let proposed = chain.from(alice()).call(group.propose(unknown, crate::add(dave()), None));
        proposed.expect_error(Error::UnknownGroup);
        chain.from(alice()).call(group.approve(unknown, 1)).expect_error(Error::UnknownGroup);
        chain.from(alice()).call(group.withdraw_approval(unknown, 1)).expect_error(Error::UnknownGroup);
        chain.from(alice()).call(group.sweep(unknown, vec![1])).expect_error(Error::UnknownGroup);
    }
}
