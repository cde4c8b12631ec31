//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::{TOPIC, chain, identity};
use credentials::CredentialsRef;
use std::ops::Range;
use tenon_contract::Address;
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, Transaction, alice, bob, by, charlie, dave, eve, module_code};

/// Alice has stated something of Bob, for good, and of Charlie, until the time that is returned.
fn world() -> (TestChain, CredentialsRef, u64) {
    let (mut chain, credentials) = chain();
    let end = chain.time_ms() + 60_000;
    chain.from(alice()).call(credentials.attest(bob(), TOPIC, identity(1), None)).expect_ok();
    chain.from(alice()).call(credentials.attest(charlie(), TOPIC, identity(2), Some(end))).expect_ok();
    (chain, credentials, end)
}

fn subject() -> Subject {
    let (chain, credentials, end) = world();
    let mut late = chain.clone();
    late.set_time_ms(end);
    Subject::new(credentials.address(), &module_code(env!("CARGO_MANIFEST_DIR")))
        .call(&chain, alice(), credentials.attest(dave(), TOPIC, identity(3), Some(end)))
        .call(&chain, alice(), credentials.attest(bob(), TOPIC, identity(3), None))
        .call(&chain, alice(), credentials.revoke(bob(), TOPIC))
        .call(&late, eve(), credentials.remove_expired(alice(), TOPIC, charlie()))
        .query(&chain, credentials.credential(alice(), TOPIC, charlie()))
        .query(&chain, credentials.issued_by(alice(), Some((TOPIC, bob())), Some(5)))
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_an_issuer_power_over_their_own_statements_alone() {
    rules::has_only_these_powers(&subject(), alice(), eve(), &["revoke"]);
    rules::has_only_these_powers(&subject(), bob(), eve(), &[]);
}

#[test]
fn ends_a_statement_at_its_time() {
    let (chain, credentials, end) = world();
    let is_valid =
        |chain: &TestChain| chain.query(credentials.credential(alice(), TOPIC, charlie())).expect("a query").is_some();
    rules::at_boundary(&chain, end, |chain, offset| assert_eq!(is_valid(chain), offset < 0));
    rules::opens_at(&chain, end, &by(eve(), credentials.remove_expired(alice(), TOPIC, charlie())));
    rules::closes_at(&chain, end, &by(alice(), credentials.attest(dave(), TOPIC, identity(3), Some(end))));
}

#[test]
fn costs_the_same_among_a_hundred_thousand_statements() {
    const BLOCK: u64 = 100;
    let (chain, credentials, _) = world();
    let operations = vec![
        by(alice(), credentials.attest(dave(), TOPIC, identity(3), None)),
        by(alice(), credentials.revoke(bob(), TOPIC)),
        by(eve(), credentials.credential(alice(), TOPIC, bob())),
        by(eve(), credentials.issued_by(alice(), None, None)),
    ];
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        for start in numbers.clone().step_by(usize::try_from(BLOCK).expect("it is small")) {
            let state = |number: u64| {
                let mut bytes = [0xaa; 32];
                bytes[..8].copy_from_slice(&number.to_be_bytes());
                by(alice(), credentials.attest(Address::new(bytes), TOPIC, identity(9), None))
            };
            let block: Vec<Transaction> = (start..numbers.end.min(start + BLOCK)).map(state).collect();
            assert!(chain.block(&block).iter().all(|outcome| outcome.is_ok()));
        }
    };
    rules::is_unmoved_by_dust(&chain, Dust::HUNDRED_THOUSAND, grow, |_| operations.clone());
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    let (chain, credentials, end) = world();
    let store = [
        by(alice(), credentials.attest(dave(), TOPIC, identity(3), Some(chain.time_ms() + 1_500))),
        by(alice(), credentials.attest(eve(), TOPIC, identity(4), Some(end))),
    ];
    let clean =
        [by(bob(), credentials.remove_expired(alice(), TOPIC, dave())), by(alice(), credentials.revoke(eve(), TOPIC))];
    rules::returns_deposits(&chain, credentials.address(), &store, &clean);
}
