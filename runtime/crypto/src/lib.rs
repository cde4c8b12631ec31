//! Signature schemes, key derivation, addresses, key files and hashes.
//!
//! The sole user of schnorrkel, ed25519-zebra, libsecp256k1 and blst. Every function here is a pure function of its
//! arguments, save those of [`os`], which the application alone calls. It leaves out what a signature is *about*: the bytes of a
//! transaction are assembled elsewhere, and arrive here as a message and a 32-byte account.

pub mod batch;
pub mod bls;
pub mod ethereum;
pub mod hash;
pub mod keystore;
pub mod mnemonic;
pub mod os;
pub mod ss58;
pub mod suri;

mod ecdsa;
mod keypair;
mod rng;
mod scheme;
mod verify;

pub use ecdsa::{recover_secp256k1, recover_secp256k1_uncompressed};
pub use keypair::{KeyError, Keypair};
pub use scheme::{PublicKey, Scheme, Signature, UnknownScheme};
pub use verify::{MAX_PLAIN_PAYLOAD, signing_message, verify, verify_ed25519, verify_sr25519};
