//! Where events belong: the rule, that module and clients agree on it, and that it spreads.

use crate::{chain, create};
use serde_json::Value;
use streams::{Error, MAX_KEY_BYTES, MAX_NETWORK_PARTITIONS, MAX_PARTITIONS, partition};
use tenon_contract::Hash;
use tenon_testkit::{Random, alice};

/// Keys and partitions of Streamr's own clients, whose rule is another one.
const VECTORS: &str = include_str!("../../../../tests/vectors/streamr.json");

/// The hash as a client has it.
fn blake2b(bytes: &[u8]) -> Hash {
    Hash::new(tenon_crypto::hash::blake2b_256(bytes))
}

#[test]
fn takes_the_first_eight_hex_digits_of_the_hash_and_what_a_division_leaves() {
    // Worked out by another implementation of BLAKE2b (Python's hashlib).
    let rows = [
        (1, "foo", 0),
        (1, "0xabc", 0),
        (2, "foo", 1),
        (2, "device-1", 0),
        (2, "123456", 0),
        (3, "foo", 1),
        (3, "device-1", 2),
        (3, "0xabc", 2),
        (3, "123456", 2),
        (10, "foo", 9),
        (10, "device-1", 0),
        (10, "0xabc", 0),
        (10, "123456", 2),
        (100, "foo", 19),
        (100, "device-1", 20),
        (100, "0xabc", 10),
        (100, "123456", 2),
    ];
    for (partitions, key, expected) in rows {
        let found = partition::stream_partition(blake2b, key.as_bytes(), partitions);
        assert_eq!(found, Some(expected), "{key} in {partitions}");
    }
    let stream = Hash::new([7; 32]);
    for (of, expected) in [(1, 0), (2, 0), (10, 0), (100, 80)] {
        assert_eq!(partition::network_partition(blake2b, &stream, 1, 0, of), Some(expected));
    }
    for (number, expected) in [(0, 36), (1, 15), (2, 49), (3, 36), (4, 64)] {
        assert_eq!(partition::network_partition(blake2b, &stream, 1_000, number, 100), Some(expected));
    }
}

#[test]
fn has_no_place_where_there_is_no_partition() {
    let stream = Hash::new([7; 32]);
    assert_eq!(partition::stream_partition(blake2b, b"foo", 0), None);
    assert_eq!(partition::network_partition(blake2b, &stream, 1, 0, 0), None);
    assert_eq!(partition::network_partition(blake2b, &stream, 0, 0, 5), None);
    for (partitions, number) in [(1, 1), (4, 4), (4, u16::MAX)] {
        assert_eq!(partition::network_partition(blake2b, &stream, partitions, number, 5), None);
    }
}

#[test]
fn agrees_in_client_and_contract_on_the_keys_of_streamr_whose_own_rule_is_another() {
    let all: Value = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    let rows = all["partition_of_key"]["rows"].as_array().expect("there are rows");
    assert_eq!(rows.len(), 20);
    let (mut chain, streams) = chain();
    let mut different = 0;
    for row in rows {
        let partitions = u16::try_from(row[0].as_u64().expect("a number")).expect("at most 100");
        // A number is a key as its digits.
        let key = row[1].as_str().map_or_else(|| row[1].to_string(), str::to_owned);
        let theirs = u16::try_from(row[2].as_u64().expect("a number")).expect("at most 100");
        let stream = create(&mut chain, streams, alice(), partitions);
        let ours = partition::stream_partition(blake2b, key.as_bytes(), partitions);
        let found = chain.query(streams.partition_of(stream, key.clone().into_bytes())).expect("a query");
        assert_eq!(Some(found), ours, "{key} in {partitions}");
        assert!(found < partitions && theirs < partitions);
        different += u32::from(found != theirs);
    }
    assert!(different > 0, "one partition is always 0; the others mostly differ");
}

#[test]
fn agrees_in_broker_and_contract() {
    let (mut chain, streams) = chain();
    let mut random = Random::new(49);
    for partitions in [1, 2, 7, MAX_PARTITIONS] {
        let stream = create(&mut chain, streams, alice(), partitions);
        for _ in 0..16 {
            let of = u32::try_from(random.within(1, u64::from(MAX_NETWORK_PARTITIONS))).expect("small");
            let number = u16::try_from(random.below(u64::from(partitions))).expect("small");
            let key = random.next_u64().to_le_bytes();
            let found = chain.query(streams.network_partition(stream, number, of)).expect("a query");
            assert_eq!(Some(found), partition::network_partition(blake2b, &stream, partitions, number, of));
            let found = chain.query(streams.partition_of(stream, key.to_vec())).expect("a query");
            assert_eq!(Some(found), partition::stream_partition(blake2b, &key, partitions));
        }
    }
}

#[test]
fn refuses_partitions_and_keys_beyond_their_bounds() {
    let (mut chain, streams) = chain();
    let stream = create(&mut chain, streams, alice(), 4);
    for (number, of, expected) in [
        (3, 1, None),
        (3, MAX_NETWORK_PARTITIONS, None),
        (3, 0, Some(Error::InvalidPartitions)),
        (3, MAX_NETWORK_PARTITIONS + 1, Some(Error::InvalidPartitions)),
        (4, 1, Some(Error::UnknownPartition)),
        (u16::MAX, 1, Some(Error::UnknownPartition)),
    ] {
        let failure = chain.query(streams.network_partition(stream, number, of)).err();
        assert_eq!(failure.map(|failure| failure.module_error::<Error>()), expected.map(Some), "{number} of {of}");
    }
    for (bytes, expected) in [(0, None), (MAX_KEY_BYTES, None), (MAX_KEY_BYTES + 1, Some(Error::KeyTooLong))] {
        let failure = chain.query(streams.partition_of(stream, vec![0; bytes])).err();
        assert_eq!(failure.map(|failure| failure.module_error::<Error>()), expected.map(Some), "{bytes} bytes");
    }
}

/// Chi squared of counts against an even distribution, in thousandths.
fn chi_squared(counts: &[u64]) -> u64 {
    let total: u64 = counts.iter().sum();
    let places = u64::try_from(counts.len()).expect("a length");
    let expected = total / places;
    counts.iter().map(|count| count.abs_diff(expected).pow(2) * 1_000 / expected).sum()
}

/// Asserts that counts are neither more uneven nor more even than chance makes them: within five standard deviations,
/// which are the roots of twice the degrees of freedom.
fn assert_spread(counts: &[u64], what: &str) {
    let freedom = u64::try_from(counts.len()).expect("a length") - 1;
    let (found, deviation) = (chi_squared(counts), (2 * freedom).isqrt() + 1);
    let (low, high) = (freedom.saturating_sub(5 * deviation) * 1_000, (freedom + 5 * deviation) * 1_000);
    assert!((low..=high).contains(&found), "{what}: chi squared is {found}/1000 of {freedom} degrees of freedom");
}

#[test]
fn spreads_keys_evenly_over_the_partitions_of_a_stream() {
    const KEYS: u64 = 100_000;
    for partitions in [2, 3, 10, 100, MAX_PARTITIONS] {
        let mut counts = vec![0; usize::from(partitions)];
        let mut counts_of_numbers = counts.clone();
        let mut random = Random::new(50);
        for number in 0..KEYS {
            let place = |key: &[u8]| {
                usize::from(partition::stream_partition(blake2b, key, partitions).expect("there are partitions"))
            };
            counts[place(&random.next_u64().to_le_bytes())] += 1;
            counts_of_numbers[place(format!("device-{number}").as_bytes())] += 1;
        }
        assert_spread(&counts, &format!("random keys over {partitions}"));
        assert_spread(&counts_of_numbers, &format!("numbered devices over {partitions}"));
    }
}

#[test]
fn spreads_streams_and_their_partitions_evenly_over_a_network() {
    const STREAMS: u64 = 50_000;
    let (chain, streams) = chain();
    for of in [2, 10, 100, 1_000] {
        let mut counts = vec![0; usize::try_from(of).expect("small")];
        let mut heavy = counts.clone();
        let place = |stream: &Hash, partitions, number| {
            let found = partition::network_partition(blake2b, stream, partitions, number, of);
            usize::try_from(found.expect("there are partitions")).expect("small")
        };
        for number in 1..=STREAMS {
            let stream = partition::stream_id(blake2b, &chain.chain_id(), &streams.address(), number);
            counts[place(&stream, 1, 0)] += 1;
            heavy[place(&stream, 2, 1)] += 1;
        }
        assert_spread(&counts, &format!("streams over {of}"));
        assert_spread(&heavy, &format!("second partitions over {of}"));
        let one = Hash::new([7; 32]);
        let mut counts = vec![0; usize::try_from(of).expect("small")];
        (0..u16::MAX).for_each(|number| counts[place(&one, u16::MAX, number)] += 1);
        assert_spread(&counts, &format!("partitions of one stream over {of}"));
    }
}
