//! The check of one signature: the reference that batches must agree with.
//!
//! Leaves out batches (see [`crate::batch`]) and whose turn it is to sign.

use std::{borrow::Cow, sync::LazyLock};

use schnorrkel::context::SigningContext;

use crate::{Scheme, ecdsa::recover_secp256k1, hash::blake2b_256};

/// The longest payload that is signed as it is; a longer one is hashed first. Substrate's rule for `SignedPayload`.
pub const MAX_PLAIN_PAYLOAD: usize = 256;

/// The signing context of sr25519 in Substrate; absorbing it once saves two Keccak permutations a signature.
pub(crate) static SUBSTRATE_CONTEXT: LazyLock<SigningContext> =
    LazyLock::new(|| schnorrkel::signing_context(b"substrate"));

/// Returns what is signed for a transaction's payload: the payload, or where that is longer than
/// [`MAX_PLAIN_PAYLOAD`] its BLAKE2b-256.
#[must_use]
pub fn signing_message(payload: &[u8]) -> Cow<'_, [u8]> {
    if payload.len() > MAX_PLAIN_PAYLOAD { Cow::Owned(blake2b_256(payload).to_vec()) } else { Cow::Borrowed(payload) }
}

/// Checks that the owner of `account` signed `message`.
///
/// A signature of the wrong length is refused. So is every signature for the all-zero account: as an sr25519 key that is
/// the identity and as an Ed25519 key a point of order 4, for which anybody can sign, yet people burn coins there.
#[must_use]
pub fn verify(scheme: Scheme, signature: &[u8], account: &[u8; 32], message: &[u8]) -> bool {
    if is_weak(account) {
        return false;
    }
    match scheme {
        Scheme::Ed25519 => signature.try_into().is_ok_and(|bytes| verify_ed25519(bytes, account, message)),
        Scheme::Sr25519 => signature.try_into().is_ok_and(|bytes| verify_sr25519(bytes, account, message)),
        Scheme::Secp256k1 => signature
            .try_into()
            .ok()
            .and_then(|bytes| recover_secp256k1(bytes, &blake2b_256(message)))
            .is_some_and(|key| blake2b_256(&key) == *account),
    }
}

/// Returns whether anybody can sign for `account`, whatever the scheme.
pub(crate) fn is_weak(account: &[u8; 32]) -> bool {
    *account == [0; 32]
}

/// Checks an sr25519 signature with signing context `substrate`.
#[must_use]
pub fn verify_sr25519(signature: &[u8; 64], public: &[u8; 32], message: &[u8]) -> bool {
    let Ok(signature) = schnorrkel::Signature::from_bytes(signature) else { return false };
    let Ok(public) = schnorrkel::PublicKey::from_bytes(public) else { return false };
    public.verify(SUBSTRATE_CONTEXT.bytes(message), &signature).is_ok()
}

/// Checks an Ed25519 signature under the rules of ZIP-215, on which all conforming verifiers agree, in batches or not.
#[must_use]
pub fn verify_ed25519(signature: &[u8; 64], public: &[u8; 32], message: &[u8]) -> bool {
    let Ok(public) = ed25519_zebra::VerificationKey::try_from(*public) else { return false };
    public.verify(&ed25519_zebra::Signature::from_bytes(signature), message).is_ok()
}
