//! Addresses: known values, both prefix forms, and what is refused.

use proptest::prelude::*;
use tenon_crypto::ss58::{MAX_PREFIX, Ss58Error, decode, encode};

const ALICE: [u8; 32] = [
    0xd4, 0x35, 0x93, 0xc7, 0x15, 0xfd, 0xd3, 0x1c, 0x61, 0x14, 0x1a, 0xbd, 0x04, 0xa9, 0x9f, 0xd6, 0x82, 0x2c, 0x85,
    0x58, 0x85, 0x4c, 0xcd, 0xe3, 0x9a, 0x56, 0x84, 0xe7, 0xa5, 0x6d, 0xa2, 0x7d,
];

#[test]
fn writes_the_known_addresses_of_alice() {
    for (prefix, address) in [
        (42, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"),
        (0, "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5"),
        (2, "HNZata7iMYWmk5RvZRTiAsSDhV8366zq2YGb3tLH5Upf74F"),
    ] {
        assert_eq!(encode(&ALICE, prefix).as_deref(), Ok(address));
        assert_eq!(decode(address), Ok((ALICE, prefix)));
    }
}

#[test]
fn tells_a_wrong_checksum() {
    let error = decode("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ").expect_err("the last letter is wrong");
    let Ss58Error::Checksum { found, expected } = error else { panic!("{error}") };
    assert_ne!(found, expected);
}

#[test]
fn refuses_other_lengths_prefixes_and_letters() {
    assert!(matches!(decode(""), Err(Ss58Error::Length { found: 0, .. })));
    assert!(matches!(decode("5GrwvaEF"), Err(Ss58Error::Length { .. })));
    assert!(matches!(decode("0OIl"), Err(Ss58Error::Base58(_))));
    assert_eq!(decode(&"5".repeat(65)), Err(Ss58Error::TooLong { found: 65 }));
    assert_eq!(encode(&ALICE, MAX_PREFIX + 1), Err(Ss58Error::Prefix { found: MAX_PREFIX + 1 }));
    // 42 written over two bytes: its low six bits shifted as the long form has it.
    let mut long = vec![0x40 | (42 >> 2), 42 << 6];
    long.extend_from_slice(&ALICE);
    long.extend_from_slice(&[0, 0]);
    assert_eq!(decode(&bs58::encode(long).into_string()), Err(Ss58Error::Prefix { found: 42 }));
    let mut reserved = vec![128];
    reserved.extend_from_slice(&ALICE);
    reserved.extend_from_slice(&[0, 0]);
    assert_eq!(decode(&bs58::encode(reserved).into_string()), Err(Ss58Error::Prefix { found: 128 }));
}

proptest! {
    #[test]
    fn every_account_and_prefix_round_trips(account: [u8; 32], prefix in 0..=MAX_PREFIX) {
        let address = encode(&account, prefix).expect("in range");
        prop_assert!(address.len() <= 50);
        prop_assert_eq!(decode(&address), Ok((account, prefix)));
    }

    #[test]
    fn decoding_never_panics(text in "\\PC{0,70}") {
        let _ = decode(&text);
    }
}
