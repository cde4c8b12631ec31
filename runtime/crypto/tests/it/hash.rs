//! Hashes against published values.

use tenon_crypto::hash::{
    blake2b_128, blake2b_128_concat, blake2b_256, blake2b_512, blake3_256, keccak_256, sha2_256, sha3_256, sm3_256,
    twox_64, twox_64_concat, twox_128,
};

#[test]
fn sm3_agrees_with_the_standard_and_with_botan() {
    let file = crate::vectors("sm3.json");
    let rows = file["rows"].as_array().expect("rows");
    assert!(rows.len() > 100, "found {} rows", rows.len());
    for row in rows {
        assert_eq!(sm3_256(&crate::bytes(&row[0])).to_vec(), crate::bytes(&row[1]), "message {}", row[0]);
    }
}

#[test]
fn hashes_of_the_empty_string_are_the_published_ones() {
    for (found, expected) in [
        (blake2b_256(b""), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"),
        (blake3_256(b""), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        (sha2_256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (sha3_256(b""), "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"),
        (keccak_256(b""), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
    ] {
        assert_eq!(hex::encode(found), expected);
    }
    assert_eq!(hex::encode(blake2b_128(b"")), "cae66941d9efbd404e4d88758ea67670");
    assert!(
        hex::encode(blake2b_512(b"")).starts_with("786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419")
    );
}

#[test]
fn storage_prefixes_are_those_that_wallets_compute() {
    assert_eq!(hex::encode(twox_128(b"System")), "26aa394eea5630e07c48ae0c9558cef7");
    assert_eq!(hex::encode(twox_128(b"Account")), "b99d880ec681799c0cf30e8886371da9");
    assert_eq!(twox_64(b"System"), twox_128(b"System")[..8]);
    assert_eq!(twox_64_concat(b"key")[8..], *b"key");
    assert_eq!(blake2b_128_concat(b"key"), [&blake2b_128(b"key")[..], b"key"].concat());
}
