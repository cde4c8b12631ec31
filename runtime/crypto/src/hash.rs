//! The hash functions that the chain, its modules and its wallets use.
//!
//! Leaves out incremental interfaces: every input is in memory and bounded by its caller.

use sha2::Digest;

/// Hashes `data` with BLAKE2b to 32 bytes: the chain's own hash, of headers and transactions.
#[must_use]
pub fn blake2b_256(data: &[u8]) -> [u8; 32] {
    blake2b(data)
}

/// Hashes `data` with BLAKE2b to 16 bytes.
#[must_use]
pub fn blake2b_128(data: &[u8]) -> [u8; 16] {
    blake2b(data)
}

/// Hashes `data` with BLAKE2b to 64 bytes.
#[must_use]
pub fn blake2b_512(data: &[u8]) -> [u8; 64] {
    blake2b(data)
}

/// Hashes `data` with BLAKE3 to 32 bytes.
#[must_use]
pub fn blake3_256(data: &[u8]) -> [u8; 32] {
    *blake3::hash(data).as_bytes()
}

/// Hashes `data` with SHA-256.
#[must_use]
pub fn sha2_256(data: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(data).into()
}

/// Hashes `data` with SHA3-256 (FIPS 202).
#[must_use]
pub fn sha3_256(data: &[u8]) -> [u8; 32] {
    sha3::Sha3_256::digest(data).into()
}

/// Hashes `data` with Keccak-256, the padding from before FIPS 202 that Ethereum uses.
#[must_use]
pub fn keccak_256(data: &[u8]) -> [u8; 32] {
    sha3::Keccak256::digest(data).into()
}

/// Hashes `data` with SM3 (GB/T 32905-2016).
#[must_use]
pub fn sm3_256(data: &[u8]) -> [u8; 32] {
    sm3::Sm3::digest(data).into()
}

/// Hashes `data` with xxHash64 to 8 bytes. Not collision resistant: for names that the host chooses, never for a user's.
#[must_use]
pub fn twox_64(data: &[u8]) -> [u8; 8] {
    twox(data, 0)
}

/// Hashes `data` with xxHash64 under seeds 0 and 1 to 16 bytes: the prefix of storage keys that wallets compute.
#[must_use]
pub fn twox_128(data: &[u8]) -> [u8; 16] {
    let mut digest = [0; 16];
    let (low, high) = digest.split_at_mut(8);
    low.copy_from_slice(&twox(data, 0));
    high.copy_from_slice(&twox(data, 1));
    digest
}

/// Returns [`twox_64`] of `data` followed by `data`: a storage key from which the original can be read back.
#[must_use]
pub fn twox_64_concat(data: &[u8]) -> Vec<u8> {
    [&twox_64(data), data].concat()
}

/// Returns [`blake2b_128`] of `data` followed by `data`: a storage key from which the original can be read back.
#[must_use]
pub fn blake2b_128_concat(data: &[u8]) -> Vec<u8> {
    [&blake2b_128(data), data].concat()
}

fn blake2b<const N: usize>(data: &[u8]) -> [u8; N] {
    let hash = blake2b_simd::Params::new().hash_length(N).hash(data);
    hash.as_bytes().try_into().expect("the hash has the length asked for")
}

fn twox(data: &[u8], seed: u64) -> [u8; 8] {
    twox_hash::XxHash64::oneshot(seed, data).to_le_bytes()
}
