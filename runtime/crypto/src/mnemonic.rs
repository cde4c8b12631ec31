//! BIP-39 phrases (English), and seeds from them by the rule of substrate-bip39.
//!
//! That rule stretches the phrase's entropy, where BIP-39 stretches the phrase itself: so a seed made here differs from
//! the one that, say, a Bitcoin wallet makes of the same phrase. Leaves out other languages, and where the entropy
//! comes from (the application takes it from [`crate::os`]).

use bip39::{Language, Mnemonic};
use zeroize::Zeroizing;

/// The rounds of PBKDF2-HMAC-SHA512, as in BIP-39.
const ROUNDS: u32 = 2048;

/// Why a phrase or entropy is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MnemonicError {
    /// The phrase is not one.
    #[error("invalid mnemonic phrase (expected 12, 15, 18, 21 or 24 English words with their checksum): {0}")]
    Phrase(bip39::Error),
    /// The entropy has a length that no phrase has.
    #[error("wrong entropy length: found {found} bytes, expected 16, 20, 24, 28 or 32")]
    EntropyLength {
        /// The length given.
        found: usize,
    },
}

/// Returns the phrase of `entropy`: 12 words for 16 bytes, up to 24 words for 32.
///
/// # Errors
/// Where the length is none of 16, 20, 24, 28 and 32.
pub fn from_entropy(entropy: &[u8]) -> Result<Zeroizing<String>, MnemonicError> {
    let mnemonic = Mnemonic::from_entropy_in(Language::English, entropy)
        .map_err(|_| MnemonicError::EntropyLength { found: entropy.len() })?;
    Ok(Zeroizing::new(mnemonic.to_string()))
}

/// Returns the entropy of `phrase`.
///
/// # Errors
/// Where a word is unknown, the number of words or the checksum wrong.
pub fn to_entropy(phrase: &str) -> Result<Zeroizing<Vec<u8>>, MnemonicError> {
    let mnemonic = Mnemonic::parse_in_normalized(Language::English, phrase).map_err(MnemonicError::Phrase)?;
    Ok(Zeroizing::new(mnemonic.to_entropy()))
}

/// Returns the 64-byte seed of `phrase` and `password`, of which the first 32 bytes are what keys are made from.
///
/// # Errors
/// As [`to_entropy`].
pub fn to_seed(phrase: &str, password: &str) -> Result<Zeroizing<[u8; 64]>, MnemonicError> {
    let entropy = to_entropy(phrase)?;
    let salt = Zeroizing::new(["mnemonic", password].concat());
    let mut seed = Zeroizing::new([0; 64]);
    pbkdf2::pbkdf2_hmac::<sha2::Sha512>(&entropy, salt.as_bytes(), ROUNDS, seed.as_mut_slice());
    Ok(seed)
}
