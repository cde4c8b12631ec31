//! A secret key with its public key, in any of the schemes, and signing with it.
//!
//! Signing is deterministic in every scheme: the nonce is a hash of the secret and the message. So the same key and
//! message give the same signature everywhere, and no entropy is needed. Leaves out derivation (see [`crate::suri`]).

use std::fmt;

use schnorrkel::{ExpansionMode, MiniSecretKey};
use zeroize::Zeroizing;

use crate::{PublicKey, Scheme, Signature, ecdsa, hash::blake2b_256, rng::HashRng, verify::SUBSTRATE_CONTEXT};

/// Why bytes are not a secret key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A secp256k1 secret must be a number from 1 to the group's order less one.
    #[error("secret key out of range for {scheme}: found zero or not below the group's order")]
    OutOfRange {
        /// The scheme asked for.
        scheme: Scheme,
    },
}

/// A secret key and its public key. The secret is wiped from memory on drop.
#[derive(Clone)]
pub struct Keypair {
    secret: Secret,
    public: PublicKey,
}

/// The secret part, in the form that its library signs with; each wipes itself on drop.
#[derive(Clone)]
pub(crate) enum Secret {
    Ed25519(Box<Zeroizing<ed25519_zebra::SigningKey>>),
    Sr25519(Box<schnorrkel::Keypair>),
    Secp256k1(Box<ecdsa::Secret>),
}

impl Keypair {
    /// Makes the key pair of a 32-byte seed: an Ed25519 seed, an sr25519 mini secret, or a secp256k1 scalar.
    ///
    /// # Errors
    /// Where the seed is no secp256k1 scalar. The other schemes take every seed.
    pub fn from_seed(scheme: Scheme, seed: &[u8; 32]) -> Result<Self, KeyError> {
        match scheme {
            Scheme::Ed25519 => Ok(Self::from_secret(Secret::Ed25519(Box::new(Zeroizing::new((*seed).into()))))),
            Scheme::Sr25519 => {
                let mini = MiniSecretKey::from_bytes(seed).expect("a mini secret is any 32 bytes");
                Ok(Self::from_sr25519(mini.expand_to_keypair(ExpansionMode::Ed25519)))
            }
            Scheme::Secp256k1 => {
                let key = ecdsa::Secret::from_seed(seed).ok_or(KeyError::OutOfRange { scheme })?;
                Ok(Self::from_secret(Secret::Secp256k1(Box::new(key))))
            }
        }
    }

    pub(crate) fn from_sr25519(pair: schnorrkel::Keypair) -> Self {
        Self::from_secret(Secret::Sr25519(Box::new(pair)))
    }

    fn from_secret(secret: Secret) -> Self {
        let public = match &secret {
            Secret::Ed25519(key) => PublicKey::Ed25519(key.verification_key().into()),
            Secret::Sr25519(pair) => PublicKey::Sr25519(pair.public.to_bytes()),
            Secret::Secp256k1(key) => PublicKey::Secp256k1(key.public()),
        };
        Self { secret, public }
    }

    pub(crate) const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Returns the scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        match self.secret {
            Secret::Ed25519(_) => Scheme::Ed25519,
            Secret::Sr25519(_) => Scheme::Sr25519,
            Secret::Secp256k1(_) => Scheme::Secp256k1,
        }
    }

    /// Returns the public key.
    #[must_use]
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    /// Returns the account that the pair controls.
    #[must_use]
    pub fn account(&self) -> [u8; 32] {
        self.public.account()
    }

    /// Signs `message` as it is; for a transaction's payload apply [`crate::signing_message`] first.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        match &self.secret {
            Secret::Ed25519(key) => Signature::Ed25519(key.sign(message).to_bytes()),
            Secret::Sr25519(pair) => Signature::Sr25519(sign_sr25519(pair, message)),
            Secret::Secp256k1(key) => Signature::Secp256k1(key.sign(&blake2b_256(message))),
        }
    }
}

/// Signs without entropy: schnorrkel derives the nonce from the secret nonce seed, the public key and the message, and
/// mixes in the generator's output, which here is a constant.
fn sign_sr25519(pair: &schnorrkel::Keypair, message: &[u8]) -> [u8; 64] {
    let transcript = SUBSTRATE_CONTEXT.bytes(message);
    pair.sign(schnorrkel::context::attach_rng(transcript, no_entropy())).to_bytes()
}

/// The constant that stands where schnorrkel would mix in fresh entropy.
pub(crate) fn no_entropy() -> HashRng {
    HashRng::new(&blake3::Hasher::new_derive_key("tenon sr25519 without entropy"))
}

impl fmt::Debug for Keypair {
    /// Shows the public part alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keypair").field("public", &self.public).finish_non_exhaustive()
    }
}
