//! Creating, editing, handing on, deleting and listing streams, and what is refused.

use crate::{LEVELS, chain, create, created, may};
use streams::{
    Created, Deleted, Edited, Error, MAX_DESCRIPTION_BYTES, MAX_METADATA_BYTES, MAX_NAME_BYTES, MAX_PAGE,
    MAX_PARTITIONS, OwnerChanged, OwnerProposed, StreamInfo, StreamsRef, partition,
};
use tenon_contract::{Address, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie};

fn blake2b(bytes: &[u8]) -> Hash {
    Hash::new(tenon_crypto::hash::blake2b_256(bytes))
}

fn info(chain: &TestChain, streams: StreamsRef, stream: Hash) -> StreamInfo {
    chain.query(streams.stream(stream)).expect("the stream exists")
}

#[test]
fn creates_a_stream_that_its_creator_owns() {
    let (mut chain, streams) = chain();
    let call = streams.create("Weather".into(), Some("Oslo".into()), Some("{\"unit\":\"C\"}".into()), Some(7));
    let outcome = chain.from(alice()).call(call);
    let stream = outcome.result.clone().expect("created");
    assert!(outcome.has(&Created { stream, owner: alice(), name: "Weather".into(), partitions: 7 }));
    let expected = StreamInfo {
        owner: alice(),
        name: "Weather".into(),
        description: "Oslo".into(),
        metadata: "{\"unit\":\"C\"}".into(),
        partitions: 7,
        proposed_owner: None,
    };
    assert_eq!(info(&chain, streams, stream), expected);
    for level in LEVELS {
        assert!(may(&chain, streams, stream, alice(), level) && !may(&chain, streams, stream, bob(), level));
    }
}

#[test]
fn leaves_texts_empty_and_makes_one_partition_unless_told() {
    let (mut chain, streams) = chain();
    let stream = chain.from(alice()).call(streams.create("W".into(), None, None, None)).expect_ok();
    let found = info(&chain, streams, stream);
    assert_eq!((found.description.as_str(), found.metadata.as_str(), found.partitions), ("", "", 1));
}

#[test]
fn names_a_stream_by_chain_instance_and_number_and_never_again() {
    let (mut chain, streams) = chain();
    let id = |chain: &TestChain, number| {
        partition::stream_id(blake2b, &chain.chain_id(), &TestChain::module_address("streams"), number)
    };
    let first = create(&mut chain, streams, alice(), 1);
    assert_eq!(first, id(&chain, 1));
    chain.from(alice()).call(streams.delete(first)).expect_ok();
    assert_eq!(create(&mut chain, streams, alice(), 1), id(&chain, 2));
    assert_ne!(id(&chain, 1), id(&chain.elsewhere(), 1));
    let other = partition::stream_id(blake2b, &chain.chain_id(), &bob(), 1);
    assert_ne!(other, first);
}

#[test]
fn holds_texts_and_partitions_up_to_their_bounds() {
    let (mut chain, streams) = chain();
    let text = |bytes: usize| "x".repeat(bytes);
    let (name, description, metadata) = (text(MAX_NAME_BYTES), text(MAX_DESCRIPTION_BYTES), text(MAX_METADATA_BYTES));
    let whole = streams.create(name.clone(), Some(description.clone()), Some(metadata), Some(MAX_PARTITIONS));
    let stream = chain.from(alice()).call(whole).expect_ok();
    let (long_name, long_description, long_metadata) =
        (text(MAX_NAME_BYTES + 1), text(MAX_DESCRIPTION_BYTES + 1), text(MAX_METADATA_BYTES + 1));
    for bad in [long_name.as_str(), "", "a\nb", "\0"] {
        let call = streams.create(bad.into(), None, None, None);
        chain.from(alice()).call(call).expect_error(Error::InvalidName);
        let call = streams.edit(stream, Some(bad.into()), None, None);
        chain.from(alice()).call(call).expect_error(Error::InvalidName);
    }
    for bad in [long_description.as_str(), "a\tb"] {
        let call = streams.create(name.clone(), Some(bad.into()), None, None);
        chain.from(alice()).call(call).expect_error(Error::InvalidDescription);
        let call = streams.edit(stream, None, Some(bad.into()), None);
        chain.from(alice()).call(call).expect_error(Error::InvalidDescription);
    }
    for bad in [long_metadata.as_str(), "{\n}"] {
        let call = streams.create(name.clone(), None, Some(bad.into()), None);
        chain.from(alice()).call(call).expect_error(Error::InvalidMetadata);
        let call = streams.edit(stream, None, None, Some(bad.into()));
        chain.from(alice()).call(call).expect_error(Error::InvalidMetadata);
    }
    for bad in [0, MAX_PARTITIONS + 1, u16::MAX] {
        let call = streams.create(name.clone(), None, None, Some(bad));
        chain.from(alice()).call(call).expect_error(Error::InvalidPartitions);
    }
    assert_eq!(info(&chain, streams, stream).description, description);
}

#[test]
fn edits_what_is_given_and_leaves_the_rest() {
    let (mut chain, streams, stream) = created();
    let outcome = chain.from(alice()).call(streams.edit(stream, None, Some("Bergen".into()), None));
    assert!(outcome.has(&Edited { stream, by: alice() }));
    let found = info(&chain, streams, stream);
    assert_eq!((found.name.as_str(), found.description.as_str(), found.metadata.as_str()), ("Weather", "Bergen", "{}"));
    chain.from(alice()).call(streams.edit(stream, Some("Rain".into()), None, Some(String::new()))).expect_ok();
    let found = info(&chain, streams, stream);
    assert_eq!((found.name.as_str(), found.description.as_str(), found.metadata.as_str()), ("Rain", "Bergen", ""));
}

#[test]
fn hands_ownership_on_in_two_steps() {
    let (mut chain, streams, stream) = created();
    chain.from(bob()).call(streams.propose_owner(stream, bob())).expect_error(Error::NotOwner);
    chain.from(alice()).call(streams.propose_owner(stream, Address::ZERO)).expect_error(Error::ZeroAddress);
    chain.from(bob()).call(streams.accept_owner(stream)).expect_error(Error::NotProposed);
    chain.from(alice()).call(streams.propose_owner(stream, charlie())).expect_ok();
    let outcome = chain.from(alice()).call(streams.propose_owner(stream, bob()));
    assert!(outcome.has(&OwnerProposed { stream, to: bob() }));
    assert_eq!(info(&chain, streams, stream).proposed_owner, Some(bob()));
    assert!(LEVELS.iter().all(|level| !may(&chain, streams, stream, bob(), *level)));
    chain.from(charlie()).call(streams.accept_owner(stream)).expect_error(Error::NotProposed);
    let outcome = chain.from(bob()).call(streams.accept_owner(stream));
    assert!(outcome.has(&OwnerChanged { stream, from: alice(), to: bob() }));
    for level in LEVELS {
        assert!(may(&chain, streams, stream, bob(), level) && !may(&chain, streams, stream, alice(), level));
    }
    assert_eq!(chain.query(streams.streams_of(alice(), None, None)), Ok(vec![]));
    assert_eq!(chain.query(streams.streams_of(bob(), None, None)), Ok(vec![stream]));
    chain.from(bob()).call(streams.accept_owner(stream)).expect_error(Error::NotProposed);
    chain.from(alice()).call(streams.propose_owner(stream, alice())).expect_error(Error::NotOwner);
}

#[test]
fn lets_an_owner_offer_a_stream_to_themselves_and_so_withdraw_an_offer() {
    let (mut chain, streams, stream) = created();
    chain.from(alice()).call(streams.propose_owner(stream, bob())).expect_ok();
    chain.from(alice()).call(streams.propose_owner(stream, alice())).expect_ok();
    chain.from(bob()).call(streams.accept_owner(stream)).expect_error(Error::NotProposed);
    chain.from(alice()).call(streams.accept_owner(stream)).expect_ok();
    assert_eq!(chain.query(streams.streams_of(alice(), None, None)), Ok(vec![stream]));
}

#[test]
fn deletes_a_stream_for_good_and_refuses_its_id_everywhere() {
    let (mut chain, streams, stream) = created();
    chain.from(alice()).call(streams.propose_owner(stream, bob())).expect_ok();
    let outcome = chain.from(alice()).call(streams.delete(stream));
    assert!(outcome.has(&Deleted { stream, by: alice() }));
    // What remains is how many streams were created.
    assert_eq!(chain.stored_entries(streams.address()), 1);
    refuses_an_id(&mut chain, streams, stream);
    assert_eq!(chain.query(streams.streams(None, None)), Ok(vec![]));
}

#[test]
fn refuses_an_id_that_was_never_given() {
    let (mut chain, streams, _) = created();
    for unknown in [Hash::ZERO, Hash::new([0xff; 32])] {
        refuses_an_id(&mut chain, streams, unknown);
    }
}

/// Every method that names a stream refuses this one.
fn refuses_an_id(chain: &mut TestChain, streams: StreamsRef, stream: Hash) {
    let calls = [
        streams.edit(stream, None, None, None),
        streams.delete(stream),
        streams.propose_owner(stream, bob()),
        streams.accept_owner(stream),
        streams.grant(stream, bob(), LEVELS[0], None),
        streams.grant_public(stream, LEVELS[2], None),
        streams.revoke(stream, bob(), LEVELS[0]),
        streams.revoke_public(stream, LEVELS[2]),
        streams.revoke_all(stream),
    ];
    for call in calls {
        chain.from(alice()).call(call).expect_error(Error::UnknownStream);
    }
    let refused = |error: Option<Error>| assert_eq!(error, Some(Error::UnknownStream));
    refused(chain.query(streams.stream(stream)).expect_err("unknown").module_error());
    refused(chain.query(streams.may(stream, alice(), LEVELS[2])).expect_err("unknown").module_error());
    refused(chain.query(streams.check_publish(stream, alice(), 0)).expect_err("unknown").module_error());
    refused(chain.query(streams.rights_of(stream, alice())).expect_err("unknown").module_error());
    refused(chain.query(streams.partition_of(stream, vec![1])).expect_err("unknown").module_error());
    refused(chain.query(streams.network_partition(stream, 0, 1)).expect_err("unknown").module_error());
}

#[test]
fn lists_streams_and_those_of_an_owner_page_by_page() {
    const STREAMS: u16 = 120;
    let (mut chain, streams) = chain();
    let mut ids: Vec<Hash> = (0..STREAMS).map(|_| create(&mut chain, streams, alice(), 1)).collect();
    let bobs = create(&mut chain, streams, bob(), 1);
    ids.sort();
    let page = |after, limit| chain.query(streams.streams_of(alice(), after, limit)).expect("a query");
    let first = page(None, None);
    assert_eq!(first, ids[..MAX_PAGE as usize]);
    assert_eq!(page(None, Some(u32::MAX)), first);
    assert_eq!(page(first.last().copied(), None), ids[MAX_PAGE as usize..]);
    assert_eq!(page(None, Some(1)), ids[..1]);
    assert!(page(None, Some(0)).is_empty() && page(ids.last().copied(), None).is_empty());
    let all = |after, limit| chain.query(streams.streams(after, limit)).expect("a query");
    let first = all(None, None);
    let rest = all(first.last().map(|(stream, _)| *stream), Some(u32::MAX));
    let listed: Vec<_> = first.iter().chain(&rest).copied().collect();
    assert!(listed.len() == usize::from(STREAMS) + 1 && listed.is_sorted() && listed.contains(&(bobs, bob())));
    assert!(ids.iter().all(|stream| listed.contains(&(*stream, alice()))));
}
