//! One key and one signature: signing, proving possession, and the check of each.

use std::fmt;

use blst::min_sig::{PublicKey, SecretKey, Signature};

use super::{MESSAGE_TAG, POSSESSION_TAG, PUBLIC_KEY_BYTES, SIGNATURE_BYTES, equation, point, point::BlsPointError};

/// A secret key with its public key. The secret is wiped from memory on drop.
#[derive(Clone)]
pub struct BlsSecretKey {
    // In a box, so that moving the key leaves no copy of the secret behind.
    secret: Box<SecretKey>,
    public: BlsPublicKey,
}

/// A public key: a point of G2, decoded and checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BlsPublicKey(PublicKey);

/// One signature: a point of G1, decoded and checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BlsSignature(Signature);

impl BlsSecretKey {
    /// Derives the key of a 32-byte seed by the draft's KeyGen without key information. The seed must be secret and
    /// have 256 bits of entropy; every seed has a key.
    ///
    /// # Panics
    /// Never: the derivation takes every seed of at least 32 bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let secret = Box::new(SecretKey::key_gen(seed, &[]).expect("the seed is long enough"));
        let public = BlsPublicKey(secret.sk_to_pk());
        Self { secret, public }
    }

    /// Returns the public key.
    #[must_use]
    pub const fn public_key(&self) -> BlsPublicKey {
        self.public
    }

    /// Signs `message`. The same key and message give the same signature; no entropy is needed.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> BlsSignature {
        BlsSignature(self.secret.sign(message, MESSAGE_TAG, &[]))
    }

    /// Signs the public key itself, under a tag of its own: the proof that its owner did not make it out of the keys of
    /// others.
    #[must_use]
    pub fn prove_possession(&self) -> BlsSignature {
        BlsSignature(self.secret.sign(&self.public.to_bytes(), POSSESSION_TAG, &[]))
    }
}

impl fmt::Debug for BlsSecretKey {
    /// Shows the public part alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlsSecretKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl BlsPublicKey {
    /// Decodes and checks a compressed key.
    ///
    /// # Errors
    /// Where the bytes are no canonical encoding, or the point is off the curve, outside the subgroup or infinity.
    pub fn from_bytes(bytes: &[u8; PUBLIC_KEY_BYTES]) -> Result<Self, BlsPointError> {
        point::public_key(bytes).map(Self)
    }

    /// Returns the compressed key.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; PUBLIC_KEY_BYTES] {
        self.0.compress()
    }

    /// Checks a signature of `message`.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &BlsSignature) -> bool {
        equation::holds(&self.0, message, MESSAGE_TAG, &signature.0)
    }

    /// Checks the proof that the key's owner holds its secret.
    #[must_use]
    pub fn verify_possession(&self, proof: &BlsSignature) -> bool {
        equation::holds(&self.0, &self.to_bytes(), POSSESSION_TAG, &proof.0)
    }

    /// Takes a point that is a sum of checked ones and not infinity.
    pub(super) const fn from_point(point: PublicKey) -> Self {
        Self(point)
    }

    pub(super) const fn point(&self) -> &PublicKey {
        &self.0
    }
}

impl BlsSignature {
    /// Decodes and checks a compressed signature.
    ///
    /// # Errors
    /// Where the bytes are no canonical encoding, or the point is off the curve, outside the subgroup or infinity.
    pub fn from_bytes(bytes: &[u8; SIGNATURE_BYTES]) -> Result<Self, BlsPointError> {
        point::signature(bytes).map(Self)
    }

    /// Returns the compressed signature.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; SIGNATURE_BYTES] {
        self.0.compress()
    }

    pub(super) const fn point(&self) -> &Signature {
        &self.0
    }
}

impl fmt::Debug for BlsPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlsPublicKey({})", hex::encode(self.to_bytes()))
    }
}

impl fmt::Debug for BlsSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlsSignature({})", hex::encode(self.to_bytes()))
    }
}

/// Decodes a key and a proof, and checks the proof: what registering a key asks for. Bytes that are no point prove
/// nothing.
#[must_use]
pub fn verify_possession(public_key: &[u8; PUBLIC_KEY_BYTES], proof: &[u8; SIGNATURE_BYTES]) -> bool {
    let Ok(proof) = BlsSignature::from_bytes(proof) else { return false };
    BlsPublicKey::from_bytes(public_key).is_ok_and(|key| key.verify_possession(&proof))
}
