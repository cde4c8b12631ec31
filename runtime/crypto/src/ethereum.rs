//! Messages as Ethereum's wallets sign them: EIP-191 over keccak, by a secp256k1 key that is known by its address.
//!
//! For what is published off chain. No transaction of this chain is signed so.

use crate::ecdsa::decompress;
use crate::hash::keccak_256;
use crate::keypair::Secret;
use crate::{Keypair, recover_secp256k1};

/// What stands before a message and its length, so that it is never a transaction (EIP-191, version `E`).
const PREFIX: &[u8] = b"\x19Ethereum Signed Message:\n";
/// What wallets add to the recovery id.
const RECOVERY_OFFSET: u8 = 27;

/// The digest of a message: keccak-256 of prefix, length in decimal, and message.
#[must_use]
pub fn digest(message: &[u8]) -> [u8; 32] {
    keccak_256(&[PREFIX, message.len().to_string().as_bytes(), message].concat())
}

/// The address of a compressed public key: the last 20 bytes of keccak-256 of its two coordinates. None if it is no key.
#[must_use]
pub fn address(public: &[u8; 33]) -> Option<[u8; 20]> {
    keccak_256(&decompress(public)?).last_chunk().copied()
}

/// The compressed public key that signed a message; the signature is r, s and 27 or 28. None if there is no such key, or
/// `s` is the higher of the two.
#[must_use]
pub fn recover(signature: &[u8; 65], message: &[u8]) -> Option<[u8; 33]> {
    let mut signature = *signature;
    signature[64] = signature[64].checked_sub(RECOVERY_OFFSET).filter(|recovery| *recovery < 2)?;
    recover_secp256k1(&signature, &digest(message))
}

impl Keypair {
    /// Signs a message as a wallet of Ethereum does: r, s and 27 or 28. None if this is no secp256k1 key.
    #[must_use]
    pub fn sign_ethereum(&self, message: &[u8]) -> Option<[u8; 65]> {
        let Secret::Secp256k1(key) = self.secret() else { return None };
        let mut bytes = key.sign(&digest(message));
        bytes[64] = bytes[64].saturating_add(RECOVERY_OFFSET);
        Some(bytes)
    }
}
