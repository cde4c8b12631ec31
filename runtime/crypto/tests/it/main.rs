//! The tests of this crate, in one binary. Vectors of others lie in the repository's `tests/vectors`.
#![allow(clippy::indexing_slicing, reason = "a test fails loudly")]

mod batch;
mod bls;
mod bls_aggregates;
mod ecdsa;
mod hash;
mod keys;
mod keystore;
mod ss58;

/// Reads a file of `tests/vectors`.
fn vectors(name: &str) -> serde_json::Value {
    let path = format!("{}/../../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the vector file is in the repository");
    serde_json::from_str(&text).expect("the vector file is json")
}

/// Returns a string out of a vector.
fn text(value: &serde_json::Value) -> &str {
    value.as_str().expect("a string")
}

/// Returns bytes out of a vector.
fn bytes(value: &serde_json::Value) -> Vec<u8> {
    hex::decode(text(value)).expect("hexadecimal")
}
