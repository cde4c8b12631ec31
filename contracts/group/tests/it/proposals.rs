//! Proposals: who may make, approve and withdraw, how long they last, how many there are, and what is left of them.

use crate::{GROUP, add, founded, members, remove, topic};
use group::{
    ApprovalWithdrawn, Approved, DEFAULT_PROPOSAL_MS, Decision, Error, GroupRef, MAX_OPEN_PROPOSALS, MAX_PAGE,
    MAX_PROPOSAL_MS, Proposal, ProposalRemoved, Proposed, Standing,
};
use tenon_contract::{Address, Call};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve};

fn propose(group: GroupRef) -> Call<u64> {
    group.propose(GROUP, add(dave()), None)
}

#[test]
fn states_what_is_proposed_and_who_approves() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    let until_ms = chain.time_ms() + DEFAULT_PROPOSAL_MS;
    let outcome = chain.from(bob()).call(propose(group));
    assert!(outcome.has(&Proposed { group: GROUP, proposal: 1, by: bob(), decision: add(dave()), until_ms }));
    let expected = Proposal { proposer: bob(), decision: add(dave()), version: 1, until_ms, approvals: 0b10 };
    assert_eq!(chain.query(group.proposal(GROUP, 1)), Ok(Some(expected)));
    let outcome = chain.from(alice()).call(group.approve(GROUP, 1));
    assert!(outcome.has(&Approved { group: GROUP, proposal: 1, by: alice() }) && !outcome.expect_ok());
    let expected = Standing { approved: vec![alice(), bob()], waiting: vec![charlie()], missing: 1 };
    assert_eq!(chain.query(group.standing(GROUP, 1)), Ok(expected));
    assert!(chain.from(charlie()).call(group.approve(GROUP, 1)).expect_ok());
    assert_eq!(chain.query(group.proposal(GROUP, 1)), Ok(None));
    assert!(chain.query(group.standing(GROUP, 1)).is_err());
    assert_eq!(chain.from(alice()).call(group.propose(GROUP, add(eve()), None)).expect_ok(), 2);
}

#[test]
fn does_not_count_the_consent_of_who_is_to_go() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], None);
    chain.from(dave()).call(group.propose(GROUP, remove(dave()), None)).expect_ok();
    let expected = Standing { approved: vec![], waiting: vec![alice(), bob(), charlie()], missing: 3 };
    assert_eq!(chain.query(group.standing(GROUP, 1)), Ok(expected));
}

#[test]
fn listens_to_members_alone() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    chain.from(eve()).call(propose(group)).expect_error(Error::NotMember);
    chain.from(alice()).call(propose(group)).expect_ok();
    for stranger in [eve(), dave()] {
        chain.from(stranger).call(group.approve(GROUP, 1)).expect_error(Error::NotMember);
        chain.from(stranger).call(group.withdraw_approval(GROUP, 1)).expect_error(Error::NotMember);
    }
    for unknown in [0, 2, u64::MAX] {
        chain.from(bob()).call(group.approve(GROUP, unknown)).expect_error(Error::UnknownProposal);
        chain.from(bob()).call(group.withdraw_approval(GROUP, unknown)).expect_error(Error::UnknownProposal);
    }
}

#[test]
fn counts_nobody_twice() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    chain.from(alice()).call(propose(group)).expect_ok();
    chain.from(alice()).call(group.approve(GROUP, 1)).expect_error(Error::AlreadyApproved);
    chain.from(bob()).call(group.approve(GROUP, 1)).expect_ok();
    chain.from(bob()).call(group.approve(GROUP, 1)).expect_error(Error::AlreadyApproved);
    assert_eq!(members(&chain, group).len(), 3);
}

#[test]
fn lets_a_member_take_an_approval_back() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    chain.from(alice()).call(propose(group)).expect_ok();
    chain.from(charlie()).call(group.withdraw_approval(GROUP, 1)).expect_error(Error::NotApproved);
    chain.from(bob()).call(group.approve(GROUP, 1)).expect_ok();
    let outcome = chain.from(bob()).call(group.withdraw_approval(GROUP, 1));
    assert!(outcome.has(&ApprovalWithdrawn { group: GROUP, proposal: 1, by: bob() }));
    assert!(!chain.from(charlie()).call(group.approve(GROUP, 1)).expect_ok());
    assert!(chain.from(bob()).call(group.approve(GROUP, 1)).expect_ok());
}

#[test]
fn removes_a_proposal_that_nobody_approves_any_more() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    chain.from(alice()).call(propose(group)).expect_ok();
    chain.from(bob()).call(group.approve(GROUP, 1)).expect_ok();
    chain.from(alice()).call(group.withdraw_approval(GROUP, 1)).expect_ok();
    assert!(chain.query(group.proposal(GROUP, 1)).expect("a query").is_some());
    let outcome = chain.from(bob()).call(group.withdraw_approval(GROUP, 1));
    assert!(outcome.has(&ProposalRemoved { group: GROUP, proposal: 1 }));
    assert_eq!(chain.query(group.proposal(GROUP, 1)), Ok(None));
    chain.from(charlie()).call(group.approve(GROUP, 1)).expect_error(Error::UnknownProposal);
}

#[test]
fn lasts_no_longer_than_it_says_and_ninety_days() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    let at = |chain: &TestChain, after_ms: u64| Some(chain.time_ms() + after_ms);
    let until = |chain: &mut TestChain, until_ms| chain.from(alice()).call(group.propose(GROUP, add(dave()), until_ms));
    until(&mut chain, Some(0)).expect_error(Error::ExpiryPassed);
    let now = at(&chain, 0);
    until(&mut chain, now).expect_error(Error::ExpiryPassed);
    let next = at(&chain, 1);
    until(&mut chain, next).expect_ok();
    for far in [at(&chain, MAX_PROPOSAL_MS + 1), Some(u64::MAX)] {
        until(&mut chain, far).expect_error(Error::ExpiryTooFar);
    }
    let farthest = at(&chain, MAX_PROPOSAL_MS);
    until(&mut chain, farthest).expect_ok();
}

#[test]
fn expires_at_its_millisecond() {
    for (late_ms, open) in [(-1, true), (0, false), (1, false)] {
        let (mut chain, group) = founded(&[bob(), charlie()], Some(2));
        let until = chain.time_ms() + 60_000;
        let decision = Decision::Resolve { topic: topic(1) };
        chain.from(alice()).call(group.propose(GROUP, decision, Some(until))).expect_ok();
        chain.set_time_ms(until.checked_add_signed(late_ms).expect("in range"));
        let outcome = chain.from(bob()).call(group.approve(GROUP, 1));
        if open {
            assert!(outcome.expect_ok());
        } else {
            outcome.expect_error(Error::ProposalExpired);
            let withdrawn = chain.from(alice()).call(group.withdraw_approval(GROUP, 1));
            withdrawn.expect_error(Error::ProposalExpired);
        }
    }
}

#[test]
fn is_removed_by_anyone_when_it_is_over_who_receives_the_deposit() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    let until = chain.time_ms() + 60_000;
    chain.from(alice()).call(group.propose(GROUP, add(dave()), Some(until))).expect_ok();
    chain.from(bob()).call(group.propose(GROUP, add(dave()), None)).expect_ok();
    chain.set_time_ms(until - 1);
    assert_eq!(chain.from(eve()).call(group.sweep(GROUP, vec![1, 2, 3])).expect_ok(), 0);
    chain.set_time_ms(until.max(chain.time_ms()));
    let before = chain.coin(eve());
    let outcome = chain.from(eve()).call(group.sweep(GROUP, vec![0, 1, 1, 2, 3, u64::MAX]));
    assert!(outcome.has(&ProposalRemoved { group: GROUP, proposal: 1 }));
    let fee = outcome.fee;
    assert_eq!(outcome.expect_ok(), 1);
    assert!(chain.coin(eve()) > before - fee);
    assert_eq!(chain.query(group.proposals(GROUP, None, None)).expect("a query").len(), 1);
    let most = vec![1; MAX_PAGE as usize];
    assert_eq!(chain.from(eve()).call(group.sweep(GROUP, most.clone())).expect_ok(), 0);
    let more = [most, vec![1]].concat();
    chain.from(eve()).call(group.sweep(GROUP, more)).expect_error(Error::BatchTooLong);
}

#[test]
fn lets_a_member_have_four_at_a_time_and_others_their_own() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    let until = chain.time_ms() + 60_000;
    let propose = |chain: &mut TestChain, who: Address, byte: u8| {
        chain.from(who).call(group.propose(GROUP, add(Address::new([byte; 32])), Some(until)))
    };
    for byte in 1..=4 {
        propose(&mut chain, alice(), byte).expect_ok();
    }
    assert_eq!(MAX_OPEN_PROPOSALS, 4);
    propose(&mut chain, alice(), 5).expect_error(Error::TooManyProposals);
    assert_eq!(propose(&mut chain, bob(), 5).expect_ok(), 5);
    chain.from(alice()).call(group.withdraw_approval(GROUP, 2)).expect_ok();
    assert_eq!(propose(&mut chain, alice(), 6).expect_ok(), 6);
    propose(&mut chain, alice(), 7).expect_error(Error::TooManyProposals);
    let page = |after, limit| {
        let page = chain.query(group.proposals(GROUP, after, limit)).expect("a query");
        page.into_iter().map(|(number, _)| number).collect::<Vec<u64>>()
    };
    assert_eq!((page(None, None), page(Some(3), Some(2))), (vec![1, 3, 4, 5, 6], vec![4, 5]));
    assert!(page(Some(6), None).is_empty() && page(None, Some(0)).is_empty());
    // Those that have expired count until somebody removes them.
    chain.set_time_ms(until);
    let late = chain.from(alice()).call(group.propose(GROUP, add(dave()), None));
    late.expect_error(Error::TooManyProposals);
    assert_eq!(chain.from(eve()).call(group.sweep(GROUP, vec![1])).expect_ok(), 1);
    chain.from(alice()).call(group.propose(GROUP, add(dave()), None)).expect_ok();
}

#[test]
fn executes_once_and_frees_the_proposers_place() {
    let (mut chain, group) = founded(&[bob(), charlie()], Some(2));
    for number in 1..=10 {
        let decision = Decision::Resolve { topic: topic(number) };
        let proposal = chain.from(alice()).call(group.propose(GROUP, decision, None)).expect_ok();
        assert_eq!(proposal, u64::from(number));
        assert!(chain.from(bob()).call(group.approve(GROUP, proposal)).expect_ok());
        chain.from(charlie()).call(group.approve(GROUP, proposal)).expect_error(Error::UnknownProposal);
    }
}
