//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::{GROUP, add, code, consents, founded, order, remove, rescind, resolve, three, topic, update};
use group::{GroupRef, NewGroup, Order};
use std::ops::Range;
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, Transaction, alice, bob, by, charlie, dave, eve, ferdie};

/// How long proposals of these tests last.
const LIFE_MS: u64 = 2_000_000;
/// The proposals that wait in [`world`].
const ADD: u64 = 5;
const RESOLVE: u64 = 6;

/// A group of four, two of whom adopt a resolution. It has adopted topic 1. Two proposals wait: a fifth member, which
/// Alice alone approves, and topic 2, which Bob alone approves; both could be approved. Version 1 is over, at which topic 9
/// was adopted and taken back.
fn world() -> (TestChain, GroupRef) {
    let (mut chain, group) = founded(&[bob(), charlie()], Some(2));
    crate::decide(&mut chain, group, alice(), resolve(topic(9)), &[bob()]);
    crate::decide(&mut chain, group, alice(), rescind(topic(9)), &[bob()]);
    crate::decide(&mut chain, group, alice(), add(dave()), &[bob(), charlie()]);
    crate::decide(&mut chain, group, alice(), resolve(topic(1)), &[bob()]);
    let until = Some(chain.time_ms() + LIFE_MS);
    assert_eq!(chain.from(alice()).call(group.propose(GROUP, add(eve()), until)).expect_ok(), ADD);
    assert_eq!(chain.from(bob()).call(group.propose(GROUP, resolve(topic(2)), until)).expect_ok(), RESOLVE);
    (chain, group)
}

/// An order that is signed, as a transaction.
fn signed(chain: &TestChain, group: GroupRef, order: &Order, names: &[&str]) -> Transaction {
    by(ferdie(), group.decide(order.clone(), consents(chain, group, order, names)))
}

fn subject() -> Subject {
    let (chain, group) = world();
    let mut late = chain.clone();
    late.advance_ms(LIFE_MS);
    let until = Some(chain.time_ms() + LIFE_MS);
    let NewGroup { name, purpose, others, .. } = three([bob(), charlie()]);
    let all = ["Alice", "Bob", "Charlie", "Dave"];
    let decide = |decision, names: &[&str]| {
        let order = order(&chain, group, decision);
        group.decide(order.clone(), consents(&chain, group, &order, names))
    };
    let asked = order(&chain, group, update(bob(), eve()));
    Subject::new(group.address(), &code())
        .call(&chain, eve(), group.found(name, purpose, others, Some(2)))
        .call(&chain, charlie(), group.propose(GROUP, add(eve()), until))
        .call(&chain, charlie(), group.propose(GROUP, remove(dave()), None))
        .call(&chain, charlie(), group.propose(GROUP, update(dave(), eve()), None))
        .call(&chain, charlie(), group.propose(GROUP, rescind(topic(1)), None))
        .call(&chain, charlie(), group.approve(GROUP, ADD))
        .call(&chain, charlie(), group.approve(GROUP, RESOLVE))
        .call(&chain, alice(), group.withdraw_approval(GROUP, ADD))
        .call(&chain, ferdie(), decide(add(eve()), &all))
        .call(&chain, ferdie(), decide(remove(dave()), &all[..3]))
        .call(&chain, ferdie(), decide(update(bob(), eve()), &all))
        .call(&chain, ferdie(), decide(resolve(topic(3)), &all[1..3]))
        .call(&chain, ferdie(), decide(rescind(topic(1)), &all[2..]))
        .call(&late, ferdie(), group.sweep(GROUP, vec![ADD, RESOLVE, 7]))
        .call(&chain, ferdie(), group.sweep_rescinded(GROUP, vec![topic(9), topic(8)]))
        .query(&chain, group.group_count())
        .query(&chain, group.info(GROUP))
        .query(&chain, group.founded_by(alice(), Some(0), Some(5)))
        .query(&chain, group.roster(GROUP))
        .query(&chain, group.version(GROUP))
        .query(&chain, group.members(GROUP))
        .query(&chain, group.is_member(GROUP, dave()))
        .query(&chain, group.members_at(GROUP, 1))
        .query(&chain, group.members_at_height(GROUP, 2))
        .query(&chain, group.approved(GROUP, topic(1)))
        .query(&chain, group.rescinded(GROUP, topic(9)))
        .query(&chain, group.resolution(GROUP, topic(1)))
        .query(&chain, group.proposal(GROUP, ADD))
        .query(&chain, group.proposals(GROUP, Some(ADD), Some(5)))
        .query(&chain, group.standing(GROUP, ADD))
        .query(&chain, group.order_message(asked))
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_members_these_powers_and_nobody_else_any() {
    // Bob has approved what there is to withdraw no more than Charlie has: each only their own.
    rules::has_only_these_powers(&subject(), dave(), ferdie(), &["propose", "approve"]);
    rules::has_only_these_powers(&subject(), alice(), ferdie(), &["propose", "approve", "withdraw_approval"]);
    rules::has_only_these_powers(&subject(), eve(), ferdie(), &[]);
}

#[test]
fn takes_nothing_twice_that_was_signed() {
    let (mut chain, group) = world();
    let own = NewGroup { threshold: Some(2), others: vec![bob(), charlie(), dave()], ..three([bob(), charlie()]) };
    let other = GroupRef::at(chain.from(alice()).deploy(&code(), GroupRef::init(Some(own))));
    let all = ["Alice", "Bob", "Charlie", "Dave"];
    for decision in [add(eve()), remove(dave()), update(dave(), eve()), resolve(topic(3)), rescind(topic(1))] {
        let order = order(&chain, group, decision);
        rules::refuses_replay(&chain, &signed(&chain, group, &order, &all), Some(other.address()));
    }
}

#[test]
fn counts_each_time_to_what_begins_at_it() {
    let (chain, group) = world();
    let until = chain.query(group.proposal(GROUP, RESOLVE)).expect("a query").expect("it is open").until_ms;
    rules::closes_at(&chain, until, &by(charlie(), group.approve(GROUP, RESOLVE)));
    rules::closes_at(&chain, until, &by(bob(), group.withdraw_approval(GROUP, RESOLVE)));
    let later = Some(until);
    rules::closes_at(&chain, until, &by(charlie(), group.propose(GROUP, add(eve()), later)));
    let order = Order { deadline_ms: until, ..order(&chain, group, add(eve())) };
    rules::closes_at(&chain, until, &signed(&chain, group, &order, &["Alice", "Bob", "Charlie", "Dave"]));
    rules::at_boundary(&chain, until, |chain, offset| {
        let swept = chain.from(ferdie()).call(group.sweep(GROUP, vec![RESOLVE])).expect_ok();
        assert_eq!(swept == 1, offset >= 0);
    });
}

#[test]
fn costs_the_same_among_a_hundred_thousand_groups() {
    const BLOCK: u64 = 100;
    let (chain, group) = world();
    let back = Order { deadline_ms: u64::MAX, ..order(&chain, group, rescind(topic(1))) };
    let operations = vec![
        by(ferdie(), group.found("Board".into(), "board".into(), vec![bob(), charlie()], None)),
        by(charlie(), group.propose(GROUP, add(eve()), None)),
        by(charlie(), group.approve(GROUP, RESOLVE)),
        by(alice(), group.withdraw_approval(GROUP, ADD)),
        signed(&chain, group, &back, &["Alice", "Bob"]),
        by(eve(), group.is_member(GROUP, dave())),
        by(eve(), group.members_at_height(GROUP, 2)),
        by(eve(), group.founded_by(ferdie(), None, None)),
    ];
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        for start in numbers.clone().step_by(usize::try_from(BLOCK).expect("it is small")) {
            let found = by(ferdie(), group.found("Board".into(), "board".into(), vec![bob(), charlie()], None));
            let count = usize::try_from(numbers.end.min(start + BLOCK) - start).expect("it is small");
            assert!(chain.block(&vec![found; count]).iter().all(|outcome| outcome.is_ok()));
        }
    };
    rules::is_unmoved_by_dust(&chain, Dust::HUNDRED_THOUSAND, grow, |_| operations.clone());
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    let (chain, group) = world();
    let until = Some(chain.time_ms() + 3_500);
    let [first, second] = [RESOLVE + 1, RESOLVE + 2];
    let store = [
        by(charlie(), group.propose(GROUP, add(eve()), until)),
        by(charlie(), group.propose(GROUP, resolve(topic(3)), None)),
    ];
    let clean = [
        by(charlie(), group.withdraw_approval(GROUP, second)),
        by(eve(), group.sweep(GROUP, vec![RESOLVE])),
        by(eve(), group.sweep(GROUP, vec![first])),
    ];
    rules::returns_deposits(&chain, group.address(), &store, &clean);
}

#[test]
fn decides_once_in_every_order() {
    let (chain, group) = world();
    // Three ways to make the same key a member: it becomes one once, and the version rises by one.
    let order = order(&chain, group, add(eve()));
    let mut ready = chain;
    for who in [bob(), charlie()] {
        ready.from(who).call(group.approve(GROUP, ADD)).expect_ok();
    }
    let all = ["Alice", "Bob", "Charlie", "Dave"];
    let attempts = [
        by(dave(), group.approve(GROUP, ADD)),
        signed(&ready, group, &order, &all),
        signed(&ready, group, &Order { deadline_ms: u64::MAX, ..order.clone() }, &all),
    ];
    ready.every_order(&attempts, |chain, order, outcomes| {
        let done: Vec<usize> = (0..3).filter(|place| outcomes[*place].is_ok()).collect();
        assert_eq!(done, [order[0]]);
        assert_eq!(crate::version(chain, group), 3);
        assert_eq!(crate::members(chain, group).iter().filter(|key| **key == eve()).count(), 1);
    });
}
