//! The signature schemes, and the shapes of their signatures and public keys.
//!
//! Leaves out all arithmetic: these are bytes with a name.

use std::{fmt, str::FromStr};

use crate::hash::blake2b_256;

/// A signature scheme; the number is its variant in the wire format's `MultiSignature`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Scheme {
    /// Ed25519 under the rules of ZIP-215.
    Ed25519 = 0,
    /// Schnorr over Ristretto, with signing context `substrate`.
    Sr25519 = 1,
    /// Recoverable ECDSA over secp256k1, on the BLAKE2b-256 of the message.
    Secp256k1 = 2,
}

impl Scheme {
    /// Every scheme, in the order of the wire format.
    pub const ALL: [Self; 3] = [Self::Ed25519, Self::Sr25519, Self::Secp256k1];

    /// Returns the scheme of a `MultiSignature` variant, or none where there is no such variant.
    #[must_use]
    pub const fn from_index(index: u8) -> Option<Self> {
        match index {
            0 => Some(Self::Ed25519),
            1 => Some(Self::Sr25519),
            2 => Some(Self::Secp256k1),
            _ => None,
        }
    }

    /// Returns the variant of `MultiSignature`.
    #[must_use]
    pub const fn index(self) -> u8 {
        self as u8
    }

    /// Returns the length of a signature in bytes, without the variant.
    #[must_use]
    pub const fn signature_len(self) -> usize {
        match self {
            Self::Ed25519 | Self::Sr25519 => 64,
            Self::Secp256k1 => 65,
        }
    }

    /// Returns the name that wallets and key files use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Sr25519 => "sr25519",
            Self::Secp256k1 => "ecdsa",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no scheme's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown signature scheme: found {found:?}, expected sr25519, ed25519 or ecdsa")]
pub struct UnknownScheme {
    /// The name given.
    pub found: String,
}

impl FromStr for Scheme {
    type Err = UnknownScheme;

    fn from_str(name: &str) -> Result<Self, UnknownScheme> {
        Self::ALL
            .into_iter()
            .find(|scheme| scheme.name() == name)
            .ok_or_else(|| UnknownScheme { found: name.to_owned() })
    }
}

/// A public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PublicKey {
    /// A compressed Edwards point.
    Ed25519([u8; 32]),
    /// A compressed Ristretto point.
    Sr25519([u8; 32]),
    /// A compressed secp256k1 point.
    Secp256k1([u8; 33]),
}

impl PublicKey {
    /// Returns the key's bytes: 33 for secp256k1, else 32.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Ed25519(bytes) | Self::Sr25519(bytes) => bytes,
            Self::Secp256k1(bytes) => bytes,
        }
    }

    /// Returns the account that the key controls: itself, or for secp256k1 its BLAKE2b-256.
    #[must_use]
    pub fn account(&self) -> [u8; 32] {
        match self {
            Self::Ed25519(bytes) | Self::Sr25519(bytes) => *bytes,
            Self::Secp256k1(bytes) => blake2b_256(bytes),
        }
    }
}

/// A signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signature {
    /// `R` and `s`.
    Ed25519([u8; 64]),
    /// `R` and `s`, with schnorrkel's mark in the highest bit.
    Sr25519([u8; 64]),
    /// `r`, `s` (the lower of the two) and the recovery id, 0 to 3.
    Secp256k1([u8; 65]),
}

impl Signature {
    /// Returns the signature's bytes, without the variant.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Ed25519(bytes) | Self::Sr25519(bytes) => bytes,
            Self::Secp256k1(bytes) => bytes,
        }
    }

    /// Returns the scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        match self {
            Self::Ed25519(_) => Scheme::Ed25519,
            Self::Sr25519(_) => Scheme::Sr25519,
            Self::Secp256k1(_) => Scheme::Secp256k1,
        }
    }
}
