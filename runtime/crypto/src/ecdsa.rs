//! Recoverable ECDSA over secp256k1, by libsecp256k1: the sole place that calls it.
//!
//! Signatures are `r`, `s` and the recovery id. Leaves out hashing: a digest that its signer did not compute from a
//! message proves nothing.

use secp256k1::{
    Message, PublicKey, SecretKey,
    ecdsa::{RecoverableSignature, RecoveryId},
};

/// A secret key, wiped from memory on drop.
#[derive(Clone)]
pub(crate) struct Secret(SecretKey);

impl Secret {
    /// Returns the secret that 32 bytes are, highest first; none unless they are a number from 1 to the group's order less
    /// one.
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        SecretKey::from_secret_bytes(*seed).ok().map(Self)
    }

    /// Returns the 32 bytes.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_secret_bytes()
    }

    /// Returns the compressed public key.
    pub(crate) fn public(&self) -> [u8; 33] {
        self.0.public_key().serialize()
    }

    /// Signs a digest with the nonce of RFC 6979 and the lower `s`.
    pub(crate) fn sign(&self, digest: &[u8; 32]) -> [u8; 65] {
        let signature = RecoverableSignature::sign_ecdsa_recoverable(Message::from_digest(*digest), &self.0);
        let (recovery, parts) = signature.serialize_compact();
        let mut bytes = [recovery.to_u8(); 65];
        bytes[..64].copy_from_slice(&parts);
        bytes
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        // The library's name warns of copies that the compiler made. This one is overwritten.
        self.0.non_secure_erase();
    }
}

/// Recovers the compressed public key that made a 65-byte recoverable signature (`r`, `s`, recovery id 0 to 3) of a
/// digest; none where there is no such key.
///
/// A signature with the higher of the two possible `s` is refused, so that nobody can make a second signature out of
/// one (BIP-62, EIP-2). The digest must be a hash computed by the caller: a chosen one proves nothing.
#[must_use]
pub fn recover_secp256k1(signature: &[u8; 65], digest: &[u8; 32]) -> Option<[u8; 33]> {
    recover(signature, digest).map(|key| key.serialize())
}

/// The same, but returns both coordinates of the key, highest byte first, `x` before `y`: what an address of Ethereum is
/// the hash of.
#[must_use]
pub fn recover_secp256k1_uncompressed(signature: &[u8; 65], digest: &[u8; 32]) -> Option<[u8; 64]> {
    recover(signature, digest).as_ref().map(both_coordinates)
}

/// Returns both coordinates of a compressed public key; none if it is no key.
pub(crate) fn decompress(public: &[u8; 33]) -> Option<[u8; 64]> {
    PublicKey::from_byte_array_compressed(*public).ok().as_ref().map(both_coordinates)
}

fn recover(signature: &[u8; 65], digest: &[u8; 32]) -> Option<PublicKey> {
    let (parts, recovery) = signature.split_at(64);
    let recovery = RecoveryId::try_from(i32::from(*recovery.first()?)).ok()?;
    let signature = RecoverableSignature::from_compact(parts, recovery).ok()?;
    let mut lower = signature.to_standard();
    lower.normalize_s();
    if lower != signature.to_standard() {
        return None;
    }
    signature.recover_ecdsa(Message::from_digest(*digest)).ok()
}

fn both_coordinates(key: &PublicKey) -> [u8; 64] {
    let [_, both @ ..] = key.serialize_uncompressed();
    both
}
