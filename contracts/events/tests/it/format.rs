//! Events as bytes: eleven fields, one encoding, and everything else refused by number.

use crate::{ethereum_key, plain, signed};
use events::format::{MAX_CONTENT_BYTES, MAX_TIMESTAMP_MS};
use events::time_text::{from_text, to_text};
use events::{Error, Event, StreamId};
use tenon_contract::parity_scale_codec::{DecodeAll, Encode};
use tenon_contract::{Address, Hash};
use tenon_testkit::{Random, keypair};

const CHAIN: Hash = Hash::new([7; 32]);
const STREAM: StreamId = StreamId { module: Address::new([1; 32]), id: Hash::new([2; 32]) };
/// Where the content's length stands, behind version, stream, partition, time and two types.
const CONTENT_AT: usize = 1 + 64 + 2 + 8 + 2;

fn sample() -> Event {
    signed(plain(STREAM, 1_704_972_511_765, "{\"foo\":\"bar\"}"), &CHAIN, &keypair("Bob"))
}

#[test]
fn decodes_all_eleven_fields_from_the_wire() {
    let mut bytes = vec![1];
    bytes.extend([1; 32]);
    bytes.extend([2; 32]);
    bytes.extend([0x34, 0x12]);
    bytes.extend(1_704_972_511_765u64.to_le_bytes());
    bytes.extend([2, 5, 3 << 2, b'a', 0, b'c', 1, 20 << 2]);
    bytes.extend([3; 20]);
    bytes.extend([1, 0x05, 0x01]);
    bytes.extend([4; 65]);
    let expected = Event {
        version: 1,
        stream: STREAM,
        partition: 0x1234,
        timestamp_ms: 1_704_972_511_765,
        content_type: 2,
        encryption_type: 5,
        content: b"a\0c".to_vec(),
        origin_type: 1,
        origin: vec![3; 20],
        signature_type: 1,
        signature: vec![4; 65],
    };
    assert_eq!(Event::decode(&bytes), Ok(expected.clone()));
    assert_eq!(expected.to_bytes(), bytes);
    // Any library of SCALE reads and writes it.
    assert_eq!(expected.encode(), bytes);
    assert_eq!(Event::decode_all(&mut bytes.as_slice()), Ok(expected));
}

#[test]
fn carries_content_of_every_kind_and_size() {
    let bytes: Vec<u8> = (0..=255).collect();
    let contents = [Vec::new(), vec![0; 63], vec![0; 64], bytes, vec![7; 1 << 14], vec![0xff; MAX_CONTENT_BYTES]];
    for content in contents {
        let event = Event { content, ..sample() };
        assert_eq!(Event::decode(&event.to_bytes()), Ok(event));
    }
    let large = Event { content: vec![0; MAX_CONTENT_BYTES + 1], ..sample() };
    assert_eq!(Event::decode(&large.to_bytes()), Err(Error::TooLong));
}

#[test]
fn passes_types_on_that_it_does_not_know_and_refuses_other_versions() {
    for number in 0..=u8::MAX {
        let event = Event {
            content_type: number,
            encryption_type: number,
            origin_type: number,
            signature_type: number,
            ..sample()
        };
        assert_eq!(Event::decode(&event.to_bytes()), Ok(event.clone()));
        let decoded = Event::decode(&Event { version: number, ..event.clone() }.to_bytes());
        assert_eq!(decoded, if number == 1 { Ok(event) } else { Err(Error::UnknownVersion) });
    }
}

#[test]
fn has_one_encoding_and_refuses_every_other() {
    let bytes = sample().to_bytes();
    for end in 0..bytes.len() {
        assert_eq!(Event::decode(&bytes[..end]), Err(Error::Truncated), "{end} bytes");
    }
    for byte in [0, 1, 0xff] {
        assert_eq!(Event::decode(&[&bytes[..], &[byte]].concat()), Err(Error::TrailingBytes));
    }
    // The content has 13 bytes: the same length in each longer form.
    let longer: [&[u8]; 4] = [&[13 << 2 | 1, 0], &[13 << 2 | 2, 0, 0, 0], &[3, 13, 0, 0, 0], &[7, 13, 0, 0, 0, 0]];
    let expected = [Error::LengthNotShortest, Error::LengthNotShortest, Error::LengthNotShortest, Error::TooLong];
    assert_eq!(bytes[CONTENT_AT], 13 << 2);
    for (length, error) in longer.into_iter().zip(expected) {
        let other = [&bytes[..CONTENT_AT], length, &bytes[CONTENT_AT + 1..]].concat();
        assert_eq!(Event::decode(&other), Err(error), "{length:?}");
    }
    let huge = [&bytes[..CONTENT_AT], &[0xfe, 0xff, 0xff, 0xff], &bytes[CONTENT_AT + 1..]].concat();
    assert_eq!(Event::decode(&huge), Err(Error::TooLong));
    let late = Event { timestamp_ms: MAX_TIMESTAMP_MS + 1, ..sample() };
    assert_eq!(Event::decode(&late.to_bytes()), Err(Error::InvalidTimestamp));
    let long = Event { origin: vec![1; 65], ..sample() };
    assert_eq!(Event::decode(&long.to_bytes()), Err(Error::TooLong));
    let long = Event { signature: vec![1; 1_025], ..sample() };
    assert_eq!(Event::decode(&long.to_bytes()), Err(Error::TooLong));
}

#[test]
fn whatever_decodes_encodes_to_the_same_bytes() {
    let mut random = Random::new(18);
    let samples = [sample().to_bytes(), signed(plain(STREAM, 0, ""), &CHAIN, &ethereum_key(1)).to_bytes()];
    let mut decoded = 0;
    for _ in 0..20_000 {
        let mut bytes = random.pick(&samples).clone();
        for _ in 0..random.within(1, 3) {
            let at = usize::try_from(random.below(bytes.len() as u64)).expect("small");
            match random.below(3) {
                0 => bytes[at] = random.next_u64().to_le_bytes()[0],
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, random.next_u64().to_le_bytes()[0]),
            }
        }
        if let Ok(event) = Event::decode(&bytes) {
            assert_eq!(event.to_bytes(), bytes);
            assert_eq!(Event::decode_all(&mut bytes.as_slice()), Ok(event));
            decoded += 1;
        }
    }
    assert!(decoded > 1_000, "most changes of a byte give another event, found {decoded}");
}

#[test]
fn tells_times_as_iso_8601_and_back() {
    let known = [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (951_868_799_999, "2000-02-29T23:59:59.999Z"),
        (1_704_972_511_765, "2024-01-11T11:28:31.765Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (MAX_TIMESTAMP_MS, "9999-12-31T23:59:59.999Z"),
    ];
    for (timestamp_ms, text) in known {
        assert_eq!(to_text(timestamp_ms).as_deref(), Some(text));
        assert_eq!(from_text(text), Some(timestamp_ms));
    }
    assert_eq!(to_text(MAX_TIMESTAMP_MS + 1), None);
    let refused = [
        "",
        "1969-12-31T23:59:59.999Z",
        "2023-02-29T00:00:00.000Z",
        "2024-13-01T00:00:00.000Z",
        "2024-00-01T00:00:00.000Z",
        "2024-01-00T00:00:00.000Z",
        "2024-04-31T00:00:00.000Z",
        "2024-01-01T24:00:00.000Z",
        "2024-01-01T00:60:00.000Z",
        "2024-01-01T00:00:60.000Z",
        "2024-01-01 00:00:00.000Z",
        "2024-01-01T00:00:00.000z",
        "2024-01-01T00:00:00,000Z",
        "2024-01-01T00:00:00.00Z",
        "2024-01-01T00:00:00.0000Z",
        "+024-01-01T00:00:00.000Z",
        "2024-01-01T00:00:00.000é",
    ];
    for text in refused {
        assert_eq!(from_text(text), None, "{text}");
    }
    let mut random = Random::new(27);
    for _ in 0..20_000 {
        let timestamp_ms = random.within(0, MAX_TIMESTAMP_MS);
        let text = to_text(timestamp_ms).expect("it is before the year 10000");
        assert_eq!(from_text(&text), Some(timestamp_ms), "{text}");
    }
}
