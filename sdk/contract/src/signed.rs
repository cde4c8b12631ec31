//! Orders that an owner signs off chain and anyone may hand in: what is signed, and whether the signature is the
//! owner's.
//!
//! The signed bytes name purpose, chain and instance, so that they are good nowhere else. How often an order is good,
//! and until when, stands in its body and is the module's to check. Needs the capability `verify`.

use crate::prelude::*;
use crate::{Wire, module_type};

/// What wallets put around bytes that they sign, so that those are never a transaction.
const WRAPPING: (&[u8], &[u8]) = (b"<Bytes>", b"</Bytes>");

/// An owner's signature. The owner's address is the public key.
#[module_type]
pub enum OwnerSignature {
    /// sr25519 with context `substrate`, as wallets sign.
    Sr25519([u8; 64]) = 0,
    /// ed25519.
    Ed25519([u8; 64]) = 1,
}

impl OwnerSignature {
    /// Whether it is the owner's over the message. The zero address signs nothing: as a key it is one whose signatures
    /// anyone can make.
    #[must_use]
    pub fn is_valid(&self, owner: &Address, message: &[u8]) -> bool {
        !owner.is_zero()
            && match self {
                Self::Sr25519(signature) => crypto::sr25519_verify(signature, owner.as_bytes(), message),
                Self::Ed25519(signature) => crypto::ed25519_verify(signature, owner.as_bytes(), message),
            }
    }
}

/// The bytes that an owner signs: purpose, chain, this instance and the body, with the wrapping that wallets put around
/// bytes. A purpose is the module's and the order's name: `tenon/assets/permit`.
pub fn message<T: Wire>(purpose: &str, body: &T) -> Vec<u8> {
    let mut message = WRAPPING.0.to_vec();
    String::from(purpose).put(&mut message);
    env().chain_id().put(&mut message);
    env().self_address().put(&mut message);
    body.put(&mut message);
    message.extend_from_slice(WRAPPING.1);
    message
}
