//! Attesting, renewing, revoking, expiry and listing, and what is refused.

use crate::{TOPIC, chain, identity};
use credentials::{Attested, Credential, CredentialsRef, Error, MAX_PAGE, Removed, Revoked};
use tenon_contract::{Address, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie};

fn stated(chain: &TestChain, credentials: CredentialsRef, issuer: Address, subject: Address) -> Option<Hash> {
    let found: Option<Credential> =
        chain.query(credentials.credential(issuer, TOPIC, subject)).expect("a query without errors");
    found.map(|credential| credential.identity)
}

#[test]
fn states_whom_an_address_belongs_to() {
    let (mut chain, credentials) = chain();
    let (now, end) = (chain.time_ms(), Some(chain.time_ms() + 5_000));
    let outcome = chain.from(alice()).call(credentials.attest(bob(), TOPIC, identity(1), end));
    let event = Attested { issuer: alice(), subject: bob(), topic: TOPIC, identity: identity(1), expires_at_ms: end };
    assert!(outcome.has(&event));
    let expected = Credential { identity: identity(1), issued_at_ms: now, expires_at_ms: end };
    assert_eq!(chain.query(credentials.credential(alice(), TOPIC, bob())), Ok(Some(expected)));
}

#[test]
fn concerns_the_issuers_own_topic_and_subject_alone() {
    let (mut chain, credentials) = chain();
    chain.from(alice()).call(credentials.attest(bob(), TOPIC, identity(1), None)).expect_ok();
    for (issuer, topic, subject) in [(bob(), TOPIC, bob()), (alice(), TOPIC + 1, bob()), (alice(), TOPIC, charlie())] {
        assert_eq!(chain.query(credentials.credential(issuer, topic, subject)), Ok(None));
    }
}

#[test]
fn is_replaced_by_the_issuers_next_statement() {
    let (mut chain, credentials) = chain();
    chain.from(alice()).call(credentials.attest(bob(), TOPIC, identity(1), Some(u64::MAX))).expect_ok();
    chain.from(charlie()).call(credentials.attest(bob(), TOPIC, identity(3), None)).expect_ok();
    let now = chain.time_ms();
    chain.from(alice()).call(credentials.attest(bob(), TOPIC, identity(2), None)).expect_ok();
    let expected = Credential { identity: identity(2), issued_at_ms: now, expires_at_ms: None };
    assert_eq!(chain.query(credentials.credential(alice(), TOPIC, bob())), Ok(Some(expected)));
    assert_eq!(stated(&chain, credentials, charlie(), bob()), Some(identity(3)));
    assert_eq!(chain.stored_entries(credentials.address()), 2);
}

#[test]
fn refuses_nobody_no_identity_and_a_time_that_has_passed() {
    let (mut chain, credentials) = chain();
    let refused = |chain: &mut TestChain, subject, identity, end, error| {
        chain.from(alice()).call(credentials.attest(subject, TOPIC, identity, end)).expect_error(error);
    };
    refused(&mut chain, Address::ZERO, identity(1), None, Error::ZeroSubject);
    refused(&mut chain, bob(), Hash::ZERO, None, Error::ZeroIdentity);
    for end in [0, chain.time_ms() - 1] {
        refused(&mut chain, bob(), identity(1), Some(end), Error::ExpiryPassed);
    }
    let now = chain.time_ms();
    refused(&mut chain, bob(), identity(1), Some(now), Error::ExpiryPassed);
    assert_eq!(chain.stored_entries(credentials.address()), 0);
    let next = chain.time_ms() + 1;
    chain.from(alice()).call(credentials.attest(bob(), TOPIC, identity(1), Some(next))).expect_ok();
}

#[test]
fn is_valid_before_the_millisecond_of_its_expiry_and_not_from_it_on() {
    for (late_ms, valid) in [(-1, true), (0, false), (1, false)] {
        let (mut chain, credentials) = chain();
        let end = chain.time_ms() + 60_000;
        chain.from(alice()).call(credentials.attest(bob(), TOPIC, identity(1), Some(end))).expect_ok();
        chain.set_time_ms(end.checked_add_signed(late_ms).expect("in range"));
        assert_eq!(stated(&chain, credentials, alice(), bob()), valid.then(|| identity(1)), "{late_ms}");
    }
}

#[test]
fn is_taken_back_by_its_issuer_at_once() {
    let (mut chain, credentials) = chain();
    chain.from(alice()).call(credentials.attest(bob(), TOPIC, identity(1), None)).expect_ok();
    let outcome = chain.from(alice()).call(credentials.revoke(bob(), TOPIC));
    assert!(outcome.has(&Revoked { issuer: alice(), subject: bob(), topic: TOPIC }));
    assert_eq!(stated(&chain, credentials, alice(), bob()), None);
    chain.from(alice()).call(credentials.revoke(bob(), TOPIC)).expect_error(Error::NotAttested);
    chain.from(alice()).call(credentials.attest(bob(), TOPIC, identity(1), None)).expect_ok();
    assert_eq!(stated(&chain, credentials, alice(), bob()), Some(identity(1)));
}

#[test]
fn is_not_taken_back_by_others_nor_by_its_subject() {
    let (mut chain, credentials) = chain();
    chain.from(alice()).call(credentials.attest(bob(), TOPIC, identity(1), None)).expect_ok();
    for who in [bob(), charlie()] {
        chain.from(who).call(credentials.revoke(bob(), TOPIC)).expect_error(Error::NotAttested);
        chain.from(who).call(credentials.attest(bob(), TOPIC, identity(9), None)).expect_ok();
        chain.from(who).call(credentials.revoke(bob(), TOPIC)).expect_ok();
        let early = chain.from(who).call(credentials.remove_expired(alice(), TOPIC, bob()));
        early.expect_error(Error::NotExpired);
    }
    assert_eq!(stated(&chain, credentials, alice(), bob()), Some(identity(1)));
}

#[test]
fn is_removed_by_anyone_after_its_end_who_receives_the_deposit() {
    let (mut chain, credentials) = chain();
    let end = chain.time_ms() + 60_000;
    chain.from(alice()).call(credentials.attest(bob(), TOPIC, identity(1), Some(end))).expect_ok();
    chain.set_time_ms(end - 1);
    let early = chain.from(charlie()).call(credentials.remove_expired(alice(), TOPIC, bob()));
    early.expect_error(Error::NotExpired);
    chain.set_time_ms(end.max(chain.time_ms()));
    let before = chain.coin(charlie());
    let outcome = chain.from(charlie()).call(credentials.remove_expired(alice(), TOPIC, bob()));
    assert!(outcome.has(&Removed { issuer: alice(), subject: bob(), topic: TOPIC }));
    assert!(chain.coin(charlie()) > before - outcome.fee);
    assert_eq!(chain.stored_entries(credentials.address()), 0);
    let again = chain.from(charlie()).call(credentials.remove_expired(alice(), TOPIC, bob()));
    again.expect_error(Error::NotAttested);
}

#[test]
fn lists_what_an_issuer_stated_page_by_page() {
    let (mut chain, credentials) = chain();
    let subject = |number: u8| Address::new([number; 32]);
    for number in 1..=120 {
        let call = credentials.attest(subject(number), u32::from(number % 2), identity(number), None);
        chain.from(alice()).call(call).expect_ok();
    }
    chain.from(bob()).call(credentials.attest(subject(1), 0, identity(1), None)).expect_ok();
    let page = |after, limit| chain.query(credentials.issued_by(alice(), after, limit)).expect("a query");
    let first = page(None, None);
    assert_eq!(first.len(), MAX_PAGE as usize);
    assert_eq!(page(None, Some(u32::MAX)), first);
    let (topic, last, _) = first[first.len() - 1].clone();
    let rest = page(Some((topic, last)), None);
    assert_eq!(rest.len(), 20);
    let all: Vec<_> = first.iter().chain(&rest).map(|(topic, subject, _)| (*topic, *subject)).collect();
    assert!(all.is_sorted() && all.len() == 120);
    assert_eq!(page(None, Some(1)), first[..1]);
    assert!(page(None, Some(0)).is_empty() && page(Some((1, subject(u8::MAX))), None).is_empty());
}
