//! Short ids are those of the vectors, and a compact block is small.

use super::super::testing::block;
use super::*;
use std::collections::BTreeSet;

fn vectors() -> serde_json::Value {
    serde_json::from_str(include_str!("../../../../../tests/vectors/siphash24.json")).expect("the vectors are JSON")
}

/// The ids under the key of the vectors, and their outputs for the messages 00, 01, .. of each length from 0.
fn of_vectors() -> (ShortIds, Vec<u64>) {
    let vectors = vectors();
    let key = hex::decode(vectors["key"].as_str().expect("a key")).expect("hex");
    let number = |output: &serde_json::Value| u64::from_str_radix(output.as_str().expect("text"), 16).expect("hex");
    let outputs = vectors["outputs"].as_array().expect("a list").iter().map(number).collect();
    (ShortIds::with_key(&key.try_into().expect("16 bytes")), outputs)
}

#[test]
fn sip_hash_is_that_of_the_vectors() {
    let (ids, outputs) = of_vectors();
    assert_eq!(outputs.len(), 64);
    let message: Vec<u8> = (0..64).collect();
    for (length, output) in outputs.into_iter().enumerate() {
        assert_eq!(ids.sip_hash(&message[..length]), output, "of {length} bytes");
    }
}

#[test]
fn short_id_is_the_low_six_bytes_of_the_hash_of_the_hash() {
    let (ids, outputs) = of_vectors();
    let hash = Hash(std::array::from_fn(|index| index as u8));
    let ShortId(id) = ids.of(&hash);
    let low = id.into_iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(byte));
    assert_eq!(low, outputs[32] & 0xffff_ffff_ffff);
}

#[test]
fn key_follows_from_header_and_salt() {
    let (one, other) = (block(1, 10), block(2, 10));
    let ids = [(&one, 1), (&one, 2), (&other, 1)].map(|(block, salt)| ShortIds::new(&block.header, salt));
    let of_zero: BTreeSet<ShortId> = ids.iter().map(|ids| ids.of(&Hash::ZERO)).collect();
    assert_eq!(of_zero.len(), 3);
    let Hash(hash) = blake2b_256(&[one.header.encode(), 1_u64.to_le_bytes().to_vec()].concat());
    let key: [u8; 16] = hash[..16].try_into().expect("16 bytes");
    assert_eq!(ShortIds::with_key(&key).of(&Hash::ZERO), ids[0].of(&Hash::ZERO));
}

#[test]
fn is_below_eight_percent_of_a_block_of_transfers() {
    let block = block(2_500, 200);
    let compact = CompactBlock::new(&block, 7, |_, _| false).expect("the block is within the bounds");
    let (found, full) = (compact.to_bytes().len(), block.to_bytes().len());
    assert!(full > 2_500 * 200 && found * 100 < full * 8, "{found} bytes for {full}");
    assert!(found < 2_500 * 6 + 250, "{found} bytes: six for each transaction and what stands around them");
}

#[test]
fn what_is_picked_is_sent_along() {
    let block = block(10, 50);
    let compact = CompactBlock::new(&block, 7, |_, bytes| bytes == &block.extrinsics[3][..]).expect("it is small");
    assert_eq!(compact.transactions(), 10);
    let (_, short_ids, prefilled) = compact.into_parts();
    assert_eq!(prefilled, [Prefilled { place: 3, bytes: block.extrinsics[3].clone() }]);
    assert_eq!(short_ids.len(), 9);
}

#[test]
fn refuses_what_is_sent_along_beyond_the_block() {
    let block = block(2, 50);
    let with = |place: u32| {
        let prefilled = vec![Prefilled { place, bytes: block.extrinsics[0].clone() }];
        let compact = CompactBlock { header: block.header.clone(), salt: 1, short_ids: Vec::new(), prefilled };
        CompactBlock::from_bytes(&compact.to_bytes()).map(|compact| compact.transactions())
    };
    assert_eq!(with(0), Ok(1));
    let what = "place of a transaction sent along";
    assert_eq!(with(1), Err(WireError::OutOfRange { what, found: 1, bound: 1 }));
}

#[test]
fn refuses_more_transactions_than_a_block_has() {
    let mut block = block(1, 1);
    block.extrinsics = vec![Vec::new(); MAX_BLOCK_TRANSACTIONS + 1];
    let error = CompactBlock::new(&block, 1, |_, _| false).expect_err("one too many");
    assert_eq!(error, RelayError::TooMany { found: MAX_BLOCK_TRANSACTIONS + 1, max: MAX_BLOCK_TRANSACTIONS });
    let one = Prefilled { place: 0, bytes: Vec::new() };
    let short_ids = vec![ShortId([0; 6]); MAX_BLOCK_TRANSACTIONS];
    let compact = CompactBlock { header: block.header, salt: 1, short_ids, prefilled: vec![one] };
    let found = MAX_BLOCK_TRANSACTIONS + 1;
    let what = "transactions of a compact block";
    let error = CompactBlock::from_bytes(&compact.to_bytes()).expect_err("one too many");
    assert_eq!(error, WireError::TooMany { what, found, max: MAX_BLOCK_TRANSACTIONS });
}
