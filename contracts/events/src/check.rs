//! Whether an event is signed by its origin: the same function for the module, for clients and for brokers.
//!
//! Two schemes. `Ethereum`: secp256k1 over keccak-256 of the prefix of EIP-191 and the message; the key that is recovered
//! must have the address that the event names. `Sr25519`: the message between `<Bytes>` and `</Bytes>`, as wallets sign
//! it; the origin is the public key. A signature has one form: the lower `s`, 27 or 28, 65 or 64 bytes.

use crate::error::Error;
use crate::format::{self, Event, SIGNATURE_ETHEREUM, SIGNATURE_SR25519};
use crate::types::{Checked, Origin};
use tenon_contract::prelude::*;

/// Stands before a message and its length in what a wallet of Ethereum signs (EIP-191, version `E`).
const PREFIX: &[u8] = b"\x19Ethereum Signed Message:\n";
/// What wallets add to the recovery id.
const RECOVERY_OFFSET: u8 = 27;
/// What wallets put around bytes that they sign by sr25519, so that those are never a transaction.
const WRAPPING: (&[u8], &[u8]) = (b"<Bytes>", b"</Bytes>");

/// The functions that a check needs: in a module the host's, in a client its own.
#[derive(Clone, Copy, Debug)]
pub struct Primitives {
    /// BLAKE2b-256.
    pub blake2b_256: fn(&[u8]) -> Hash,
    /// Keccak-256.
    pub keccak_256: fn(&[u8]) -> Hash,
    /// Both coordinates of the key that made a signature (r, s, recovery id) over a digest; nothing if `s` is high.
    pub secp256k1_recover_uncompressed: fn(&[u8; 65], &Hash) -> Option<[u8; 64]>,
    /// Whether a signature over a message is the key's, by sr25519 with context `substrate`.
    pub sr25519_verify: fn(&[u8; 64], &[u8; 32], &[u8]) -> bool,
}

impl Primitives {
    /// The host's, for modules with the capabilities `hash` and `verify`.
    pub const HOST: Self = Self {
        blake2b_256: crypto::blake2b_256,
        keccak_256: crypto::keccak_256,
        secp256k1_recover_uncompressed: crypto::secp256k1_recover_uncompressed,
        sr25519_verify: crypto::sr25519_verify,
    };

    /// The id of an event on a chain.
    #[must_use]
    pub fn id(&self, chain: &Hash, event: &Event) -> Hash {
        (self.blake2b_256)(&event.message(chain))
    }

    /// The bytes that an origin with an sr25519 key signs.
    #[must_use]
    pub fn wrapped(message: &[u8]) -> Vec<u8> {
        [WRAPPING.0, message, WRAPPING.1].concat()
    }

    /// The digest that an origin with a key of Ethereum signs.
    #[must_use]
    pub fn digest(&self, message: &[u8]) -> Hash {
        let mut digits = Vec::new();
        let mut rest = message.len();
        while rest > 0 || digits.is_empty() {
            digits.insert(0, b"0123456789"[rest % 10]);
            rest /= 10;
        }
        (self.keccak_256)(&[PREFIX, &digits, message].concat())
    }

    /// The address of a secp256k1 key in Ethereum, from both its coordinates.
    #[must_use]
    pub fn ethereum_address(&self, key: &[u8; 64]) -> [u8; 20] {
        let mut address = [0; 20];
        address.copy_from_slice(&(self.keccak_256)(key).as_bytes()[12..]);
        address
    }

    /// The account of a secp256k1 key on this chain, from both its coordinates: BLAKE2b-256 of its compressed form.
    #[must_use]
    pub fn account(&self, key: &[u8; 64]) -> Address {
        let mut compressed = [2 | key[63] & 1; 33];
        compressed[1..].copy_from_slice(&key[..32]);
        Address::new(*(self.blake2b_256)(&compressed).as_bytes())
    }

    /// Checks the signature of an event on a chain.
    ///
    /// # Errors
    /// `UnknownOriginType`, `UnknownSignatureType`, `WrongLength`, `WrongSignature`.
    pub fn check(&self, chain: &Hash, event: &Event) -> Result<Checked, Error> {
        self.check_message(&event.message(chain), event)
    }

    /// The same for bytes of an event, read anew.
    ///
    /// # Errors
    /// Those of [`Event::decode`] and of [`Primitives::check`].
    pub fn read(&self, chain: &Hash, bytes: &[u8]) -> Result<(Event, Checked), Error> {
        let (event, signed) = Event::decode_parts(bytes)?;
        let checked = self.check_message(&format::message(chain, signed), &event)?;
        Ok((event, checked))
    }

    pub(crate) fn check_message(&self, message: &[u8], event: &Event) -> Result<Checked, Error> {
        let origin = Origin::of(event)?;
        let id = (self.blake2b_256)(message);
        let signature = event.signature.as_slice();
        let publisher = match (event.signature_type, origin) {
            (SIGNATURE_ETHEREUM, Origin::Ethereum { address }) => {
                let signature = signature.try_into().map_err(|_| Error::WrongLength)?;
                self.recover(signature, address, message)
            }
            (SIGNATURE_SR25519, Origin::Account { address: account }) => {
                let signature = signature.try_into().map_err(|_| Error::WrongLength)?;
                // As a key the zero address is one whose signatures anyone can make.
                let signed =
                    !account.is_zero() && (self.sr25519_verify)(signature, account.as_bytes(), &Self::wrapped(message));
                signed.then_some(account)
            }
            _ => return Err(Error::UnknownSignatureType),
        };
        Ok(Checked { id, publisher: publisher.ok_or(Error::WrongSignature)? })
    }

    /// The account of the key that signed, if it has the address.
    fn recover(&self, signature: &[u8; 65], address: [u8; 20], message: &[u8]) -> Option<Address> {
        let mut signature = *signature;
        signature[64] = signature[64].checked_sub(RECOVERY_OFFSET).filter(|recovery| *recovery < 2)?;
        let key = (self.secp256k1_recover_uncompressed)(&signature, &self.digest(message))?;
        (self.ethereum_address(&key) == address).then(|| self.account(&key))
    }
}
