//! The rolling hash: known answers, that module and clients agree on it, and that it tells lists of events apart.

use crate::bare;
use brokers::{Error, MAX_EVENT_BYTES, rolling};
use std::collections::BTreeSet;
use tenon_contract::Hash;
use tenon_testkit::TestChain;

/// The hash as a client has it.
fn sha2_256(bytes: &[u8]) -> Hash {
    Hash::new(tenon_crypto::hash::sha2_256(bytes))
}

fn chain_of(stream: &Hash, events: &[&[u8]]) -> Hash {
    events.iter().fold(rolling::start(sha2_256, stream), |chain, event| rolling::next(sha2_256, &chain, event))
}

#[test]
fn is_the_chain_that_another_implementation_makes() {
    // Worked out by Python's hashlib.
    let stream = Hash::new([7; 32]);
    let known: [(&[&[u8]], &str); 3] = [
        (&[], "0xdce01d41a3c50a6f92c671841950dc596ffe6917e9557c5fa0e27a7674109acd"),
        (&[b""], "0xbfefd9c557e223126075b8cbba4ab67a060d8116a6524f2b07aac841ced65f8f"),
        (&[b"", b"21.5"], "0x94226940fb3e896b4c6fcdda746b4ae4a333fc089d5c7cdeafd1b8280c5f965c"),
    ];
    for (events, expected) in known {
        assert_eq!(chain_of(&stream, events).to_string(), expected);
    }
}

#[test]
fn is_the_same_in_the_module_and_in_clients() {
    let world = bare();
    let (brokers, stream) = (world.brokers, world.stream);
    let ask = |call| -> Hash { TestChain::query(&world.chain, call).expect("a query") };
    let mut chain = ask(brokers.chain_start(stream));
    assert_eq!(chain, chain_of(&stream, &[]));
    let long = vec![5; MAX_EVENT_BYTES];
    let events: [&[u8]; 4] = [b"a", b"", b"bc", &long];
    for (count, event) in (1..).zip(events) {
        chain = ask(brokers.chain_next(chain, event.to_vec()));
        assert_eq!(chain, chain_of(&stream, &events[..count]));
    }
    let failure = world.chain.query(brokers.chain_next(chain, vec![5; MAX_EVENT_BYTES + 1])).expect_err("too long");
    assert_eq!(failure.module_error(), Some(Error::EventTooLong));
}

#[test]
fn tells_streams_orders_and_cuts_of_events_apart() {
    let (one, other) = (Hash::new([7; 32]), Hash::new([8; 32]));
    let chains = [
        chain_of(&one, &[]),
        chain_of(&other, &[]),
        chain_of(&one, &[b"ab"]),
        chain_of(&one, &[b"a", b"b"]),
        chain_of(&one, &[b"b", b"a"]),
        chain_of(&one, &[b"ab", b""]),
        chain_of(&one, &[b"", b"ab"]),
        chain_of(&other, &[b"ab"]),
    ];
    assert_eq!(chains.iter().map(Hash::as_bytes).collect::<BTreeSet<_>>().len(), chains.len());
}
