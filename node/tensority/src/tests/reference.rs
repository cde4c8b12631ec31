//! Headers of the reference network: its published blocks, and bytes that are none.

use super::*;
use tenon_types::work::{Bits, seed_height};

/// Blocks of an epoch of the reference network.
const EPOCH_BLOCKS: u64 = 256;

fn rows() -> Vec<Value> {
    vectors()["headers"].as_array().expect("rows").clone()
}

fn number(row: &Value, name: &str) -> u64 {
    row[name].as_str().unwrap_or_else(|| panic!("{name} of {row}")).parse().expect("a number")
}

fn serialized(row: &Value) -> Vec<u8> {
    hex::decode(row["serialized_header"].as_str().expect("text")).expect("hex")
}

#[test]
fn published_headers_are_read_written_and_hashed() {
    for row in rows() {
        let bytes = serialized(&row);
        let header = ReferenceHeader::parse(&bytes).expect("a header");
        let expected = ReferenceHeader {
            version: number(&row, "version"),
            height: number(&row, "height"),
            previous: hash_of(&row, "previous_block_hash"),
            timestamp: number(&row, "timestamp"),
            transactions: hash_of(&row, "transactions_merkle_root"),
            statuses: hash_of(&row, "transaction_status_hash"),
            nonce: number(&row, "nonce"),
            bits: Bits(number(&row, "bits")),
        };
        assert_eq!(header, expected, "{}", row["name"]);
        assert_eq!(header.serialize(), bytes);
        assert_eq!(header.hash(), hash_of(&row, "hash"));
        assert_eq!(header.hash_with(header.nonce), header.hash());
        assert_ne!(header.hash_with(header.nonce ^ 1), header.hash());
        assert!(bytes.len() <= MAX_HEADER_BYTES);
    }
}

#[test]
fn published_blocks_have_the_published_work_and_meet_their_targets() {
    let cache = SeedCache::new(Kernel::best(), 1);
    let mut checked = 0;
    for row in rows().into_iter().filter(|row| row["tensority"].is_string()) {
        let header = ReferenceHeader::parse(&serialized(&row)).expect("a header");
        assert_eq!(seed_height(header.height, EPOCH_BLOCKS), 0, "{}", row["name"]);
        let work = Hasher::default().hash(&header.hash(), &cache.matrices(&FIRST_SEED));
        assert_eq!(work, hash_of(&row, "tensority"), "{}", row["name"]);
        assert!(header.target().expect("a target").is_met_by(&work));
        let other = Hasher::default().hash(&header.hash_with(header.nonce ^ 1), &cache.matrices(&FIRST_SEED));
        assert!(!header.target().expect("a target").is_met_by(&other), "another nonce does not do");
        checked += 1;
    }
    assert!(checked > 1, "{checked}");
}

#[test]
fn a_header_cut_short_or_drawn_out_is_refused_with_what_is_missing_or_left_over() {
    let bytes = serialized(&rows()[2]);
    for length in 0..bytes.len() {
        let error = ReferenceHeader::parse(&bytes[..length]).expect_err("too short");
        assert!(matches!(error, HeaderError::Short { found, .. } if found == length), "{length}: {error}");
    }
    let longer = [&bytes[..], &[0, 0]].concat();
    assert_eq!(ReferenceHeader::parse(&longer), Err(HeaderError::Long { found: 2 }));
}

#[test]
fn a_header_of_another_kind_or_with_other_roots_is_refused() {
    let mut bytes = serialized(&rows()[2]);
    bytes[0] = 3;
    let error = ReferenceHeader::parse(&bytes).expect_err("with transactions");
    assert_eq!(error.to_string(), "found 0x03 as the first byte, expected 0x01, a header without transactions");
    let mut bytes = serialized(&rows()[2]);
    let place = bytes.iter().position(|byte| *byte == 0x40).expect("the length of the roots");
    bytes[place] = 0x20;
    assert_eq!(ReferenceHeader::parse(&bytes), Err(HeaderError::Roots { found: 32 }));
}

#[test]
fn a_number_has_one_form_below_2_to_63() {
    let with_version = |version: &[u8]| {
        let bytes = serialized(&rows()[2]);
        ReferenceHeader::parse(&[&bytes[..1], version, &bytes[2..]].concat()).map(|header| header.version)
    };
    assert_eq!(with_version(&[0x00]), Ok(0));
    assert_eq!(with_version(&[0x80, 0x01]), Ok(128));
    assert_eq!(with_version(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), Ok(u64::MAX >> 1));
    let refused = |found: &str| Err(HeaderError::Number { found: found.into(), field: "version" });
    assert_eq!(with_version(&[0x81, 0x00]), refused("8100"));
    let too_large = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
    assert_eq!(with_version(&too_large), refused("808080808080808080"));
}

proptest! {
    #[test]
    fn what_is_read_is_written_the_same(bytes in prop::collection::vec(any::<u8>(), 0..40), place in 0usize..200) {
        // A published header with some of its bytes replaced: refused, or read and written back as it was.
        let mut header = serialized(&rows()[2]);
        let place = place % header.len();
        let end = header.len().min(place + bytes.len());
        header[place..end].copy_from_slice(&bytes[..end - place]);
        if let Ok(read) = ReferenceHeader::parse(&header) {
            prop_assert_eq!(read.serialize(), header);
        }
    }
}
