//! Hashes (capability `hash`) and signatures (capability `verify`), computed by the host.

use crate::{Hash, sys};

macro_rules! hashes {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])*
        pub fn $name(data: &[u8]) -> Hash {
            // SAFETY: the data is a live slice, and the host writes 32 bytes, the size of the buffer.
            #[allow(unsafe_code, reason = "host call")]
            Hash::new(sys::read_array(|out| unsafe { sys::$name(sys::pointer(data.as_ptr()), sys::length(data), out) }))
        })*
    };
}

hashes! {
    /// BLAKE2b with 32 bytes of output.
    blake2b_256;
    /// BLAKE3 with 32 bytes of output.
    blake3_256;
    /// SHA-256.
    sha2_256;
    /// SHA3-256.
    sha3_256;
    /// Keccak-256, as Ethereum uses it.
    keccak_256;
    /// SM3.
    sm3_256;
}

macro_rules! verifiers {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(signature: &[u8; 64], public_key: &[u8; 32], message: &[u8]) -> bool {
            // SAFETY: signature, key and message are live and of the lengths that the host reads.
            #[allow(unsafe_code, reason = "host call")]
            let valid = unsafe {
                sys::$name(
                    sys::pointer(signature.as_ptr()),
                    sys::pointer(public_key.as_ptr()),
                    sys::pointer(message.as_ptr()),
                    sys::length(message),
                )
            };
            valid == 1
        })*
    };
}

verifiers! {
    /// Whether the signature is the key's, by sr25519 with context `substrate`.
    sr25519_verify;
    /// Whether the signature is the key's, by ed25519 (ZIP-215 rules).
    ed25519_verify;
}

macro_rules! recoveries {
    ($($(#[$doc:meta])* $name:ident -> $bytes:literal;)*) => {
        $($(#[$doc])*
        pub fn $name(signature: &[u8; 65], digest: &Hash) -> Option<[u8; $bytes]> {
            let mut key = [0; $bytes];
            // SAFETY: signature and digest are live and of the lengths that the host reads; it writes the key's length.
            #[allow(unsafe_code, reason = "host call")]
            let found = unsafe {
                sys::$name(
                    sys::pointer(signature.as_ptr()),
                    sys::pointer(digest.as_bytes().as_ptr()),
                    sys::pointer(key.as_mut_ptr()),
                )
            };
            (found == 1).then_some(key)
        })*
    };
}

recoveries! {
    /// The compressed public key that made the signature (r, s, recovery id) over the digest; nothing if there is none or
    /// `s` is high.
    secp256k1_recover -> 33;
    /// The same key, uncompressed: its two coordinates, highest byte first, without a prefix. The last 20 bytes of their
    /// [`keccak_256`] are its address in Ethereum.
    secp256k1_recover_uncompressed -> 64;
}

/// Whether the 48-byte proof shows possession of the secret of a 96-byte BLS12-381 public key, with which validators vote.
///
/// A key that has not proven it must never count: it could be made out of the keys of others, so that their owner votes
/// for them. A key or proof that is not canonical, outside the subgroup or infinity proves nothing.
#[must_use]
pub fn bls_verify_possession(public_key: &[u8; 96], proof: &[u8; 48]) -> bool {
    // SAFETY: key and proof are live and of the lengths that the host reads.
    #[allow(unsafe_code, reason = "host call")]
    let valid = unsafe { sys::bls_verify_possession(sys::pointer(public_key.as_ptr()), sys::pointer(proof.as_ptr())) };
    valid == 1
}
