//! Orders that members sign and anybody hands in: whose signatures suffice, and where and when they are good.

use crate::{
    GROUP, add, code, consents, founded, hand_in, members, order, remove, resolve, sign_bytes, three, topic, update,
    version,
};
use group::{Consent, Error, GroupRef, MemberAdded, Order, OwnerSignature};
use tenon_contract::Address;
use tenon_crypto::{Keypair, Scheme};
use tenon_testkit::{alice, bob, charlie, dave, eve, ferdie, keypair};

#[test]
fn adds_a_member_by_the_signatures_of_all_and_not_of_all_but_one() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    let order = order(&chain, group, add(dave()));
    for names in [&["Alice", "Bob"][..], &["Bob", "Charlie"], &["Alice"], &[]] {
        hand_in(&mut chain, group, &order, names).expect_error(Error::ConsentMissing);
    }
    let outcome = hand_in(&mut chain, group, &order, &["Charlie", "Alice", "Bob"]);
    assert!(outcome.has(&MemberAdded { group: GROUP, key: dave(), version: 2 }));
    assert_eq!(members(&chain, group), [alice(), bob(), charlie(), dave()]);
}

#[test]
fn removes_a_member_without_that_ones_signature() {
    let (mut chain, group) = founded(&[bob(), charlie(), dave()], None);
    let order = order(&chain, group, remove(dave()));
    hand_in(&mut chain, group, &order, &["Alice", "Bob", "Dave"]).expect_error(Error::ConsentMissing);
    hand_in(&mut chain, group, &order, &["Alice", "Bob", "Charlie"]).expect_ok();
    assert_eq!(members(&chain, group), [alice(), bob(), charlie()]);
}

#[test]
fn changes_a_key_only_with_the_signature_of_the_old_one() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    let order = order(&chain, group, update(bob(), eve()));
    hand_in(&mut chain, group, &order, &["Alice", "Charlie"]).expect_error(Error::ConsentMissing);
    hand_in(&mut chain, group, &order, &["Alice", "Charlie", "Eve"]).expect_error(Error::NotMember);
    hand_in(&mut chain, group, &order, &["Alice", "Bob", "Charlie"]).expect_ok();
    assert_eq!(members(&chain, group), [alice(), eve(), charlie()]);
}

#[test]
fn adopts_a_resolution_by_the_threshold() {
    let (mut chain, group) = founded(&[bob(), charlie()], Some(2));
    let order = order(&chain, group, resolve(topic(1)));
    hand_in(&mut chain, group, &order, &["Bob"]).expect_error(Error::ConsentMissing);
    hand_in(&mut chain, group, &order, &["Bob", "Charlie"]).expect_ok();
    assert_eq!(chain.query(group.approved(GROUP, topic(1))), Ok(true));
    hand_in(&mut chain, group, &order, &["Bob", "Charlie"]).expect_error(Error::AlreadyResolved);
}

#[test]
fn takes_members_who_sign_with_ed25519() {
    let keys = Keypair::from_suri(Scheme::Ed25519, "//Safe").expect("a plain name derives a key");
    let member = Address::new(keys.account());
    let (mut chain, group) = founded(&[bob(), member], None);
    let order = order(&chain, group, add(dave()));
    let mut list = consents(&chain, group, &order, &["Alice", "Bob"]);
    let message = chain.query(group.order_message(order.clone())).expect("a query");
    list.push(Consent { member, signature: sign_bytes(&keys, &message) });
    chain.from(ferdie()).call(group.decide(order, list)).expect_ok();
    assert_eq!(members(&chain, group).len(), 4);
}

#[test]
fn counts_no_signature_twice_and_none_of_a_stranger() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    let order = order(&chain, group, add(dave()));
    hand_in(&mut chain, group, &order, &["Alice", "Bob", "Bob"]).expect_error(Error::DuplicateConsent);
    hand_in(&mut chain, group, &order, &["Alice", "Bob", "Eve"]).expect_error(Error::NotMember);
    let many = vec!["Alice"; 65];
    hand_in(&mut chain, group, &order, &many).expect_error(Error::BatchTooLong);
}

#[test]
fn refuses_signatures_that_are_forged_or_of_another_order() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    let order = order(&chain, group, add(dave()));
    let good = consents(&chain, group, &order, &["Alice", "Bob", "Charlie"]);
    let mut refused = |order: &Order, list: Vec<Consent>| {
        chain.from(ferdie()).call(group.decide(order.clone(), list)).expect_error(Error::InvalidSignature);
    };
    let others = [
        Order { decision: add(eve()), ..order.clone() },
        Order { decision: update(alice(), dave()), ..order.clone() },
        Order { deadline_ms: order.deadline_ms + 1, ..order.clone() },
    ];
    for other in &others {
        refused(other, good.clone());
    }
    // Alice's signature under Bob's name, one of the other scheme, and one with a bit turned.
    let with = |signature: OwnerSignature| {
        let mut list = good.clone();
        list[1].signature = signature;
        list
    };
    refused(&order, with(good[0].signature.clone()));
    let OwnerSignature::Sr25519(bytes) = good[1].signature else { panic!("development accounts have sr25519 keys") };
    refused(&order, with(OwnerSignature::Ed25519(bytes)));
    for place in [0, 31, 32, 63] {
        let mut bytes = bytes;
        bytes[place] ^= 1;
        refused(&order, with(OwnerSignature::Sr25519(bytes)));
    }
    refused(&order, with(OwnerSignature::Sr25519([0; 64])));
    chain.from(ferdie()).call(group.decide(order, good)).expect_ok();
}

#[test]
fn is_good_on_one_chain_group_and_instance_only() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    let found = group.found("Other".into(), String::new(), vec![bob(), charlie()], None);
    assert_eq!(chain.from(alice()).call(found).expect_ok(), 2);
    let own = GroupRef::init(Some(three([bob(), charlie()])));
    let instance = GroupRef::at(chain.from(alice()).deploy(&code(), own));
    let order = order(&chain, group, add(dave()));
    let good = consents(&chain, group, &order, &["Alice", "Bob", "Charlie"]);
    let elsewhere = [(instance, order.clone()), (group, Order { group: 2, ..order.clone() })];
    for (at, order) in elsewhere {
        chain.from(ferdie()).call(at.decide(order, good.clone())).expect_error(Error::InvalidSignature);
    }
    let mut fork = chain.elsewhere();
    let outcome = fork.from(ferdie()).call(group.decide(order.clone(), good.clone()));
    outcome.expect_error(Error::InvalidSignature);
    chain.from(ferdie()).call(group.decide(order, good)).expect_ok();
}

#[test]
fn is_good_for_one_version_only() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    let first = order(&chain, group, add(dave()));
    let second = order(&chain, group, add(eve()));
    let ahead = Order { version: first.version + 1, ..first.clone() };
    hand_in(&mut chain, group, &ahead, &["Alice", "Bob", "Charlie"]).expect_error(Error::OtherVersion);
    let stale = consents(&chain, group, &second, &["Alice", "Bob", "Charlie"]);
    hand_in(&mut chain, group, &first, &["Alice", "Bob", "Charlie"]).expect_ok();
    let again = hand_in(&mut chain, group, &first, &["Alice", "Bob", "Charlie"]);
    again.expect_error(Error::OtherVersion);
    chain.from(ferdie()).call(group.decide(second.clone(), stale.clone())).expect_error(Error::OtherVersion);
    // Nor do the signatures suffice for the same order of the new version.
    let renewed = Order { version: version(&chain, group), ..second };
    chain.from(ferdie()).call(group.decide(renewed, stale)).expect_error(Error::InvalidSignature);
}

#[test]
fn ends_at_its_deadline() {
    for (late_ms, good) in [(-1, true), (0, false), (1, false)] {
        let (mut chain, group) = founded(&[bob(), charlie()], None);
        let order = order(&chain, group, add(dave()));
        let list = consents(&chain, group, &order, &["Alice", "Bob", "Charlie"]);
        chain.set_time_ms(order.deadline_ms.checked_add_signed(late_ms).expect("in range"));
        let outcome = chain.from(ferdie()).call(group.decide(order, list));
        if good {
            outcome.expect_ok();
        } else {
            outcome.expect_error(Error::OrderExpired);
        }
    }
}

#[test]
fn checks_the_decision_itself_as_a_proposal_does() {
    let (mut chain, group) = founded(&[bob(), charlie()], None);
    let all = ["Alice", "Bob", "Charlie"];
    let cases = [
        (add(alice()), Error::AlreadyMember),
        (add(Address::ZERO), Error::ZeroAddress),
        (remove(charlie()), Error::TooFewMembers),
        (remove(eve()), Error::UnknownMember),
        (update(bob(), alice()), Error::AlreadyMember),
        (crate::rescind(topic(1)), Error::NotResolved),
    ];
    for (decision, error) in cases {
        let order = order(&chain, group, decision);
        hand_in(&mut chain, group, &order, &all).expect_error(error);
    }
    let unknown = Order { group: 9, ..order(&chain, group, add(dave())) };
    chain.from(ferdie()).call(group.decide(unknown, vec![])).expect_error(Error::UnknownGroup);
}

#[test]
fn takes_the_signatures_of_sixty_four() {
    let names: Vec<String> = (1..64).map(|number| format!("Member{number}")).collect();
    let others: Vec<Address> = names.iter().map(|name| Address::new(keypair(name).account())).collect();
    let (mut chain, group) = founded(&others, None);
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    let order = order(&chain, group, update(alice(), eve()));
    hand_in(&mut chain, group, &order, &all).expect_error(Error::ConsentMissing);
    all.push("Alice");
    hand_in(&mut chain, group, &order, &all).expect_ok();
    assert_eq!(members(&chain, group)[0], eve());
}
