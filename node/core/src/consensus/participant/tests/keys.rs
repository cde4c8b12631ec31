//! Keys for tests, quick ones and real ones, and the randomness that a seed gives.

use crate::consensus::bbft::{Epoch, SIGNATURE_BYTES, Scheme, Signature, Signers, Validator, ValidatorSet};
use crate::consensus::participant::ParticipantError;
use crate::consensus::participant::term::Keys;
use std::sync::Arc;
use tenon_types::{Address, blake2b_256};

/// The public key of somebody.
pub(super) fn key(who: u8) -> [u8; 96] {
    [who; 96]
}

/// The account of somebody.
pub(super) fn account(who: u8) -> Address {
    Address([who; 32])
}

/// A validator with some weight.
pub(super) fn validator(who: u8, weight: u128) -> Validator {
    Validator { account: account(who), bls_key: key(who), weight }
}

/// Signatures that are keyed hashes, added up: they show everything but that nobody else can make them.
pub(super) struct Quick {
    pub(super) me: Option<[u8; 96]>,
    pub(super) keys: Vec<[u8; 96]>,
}

/// What somebody signs.
pub(super) fn sign(key: &[u8; 96], message: &[u8]) -> Signature {
    let hash = blake2b_256(&[&key[..], message].concat());
    let mut bytes = [0; SIGNATURE_BYTES];
    bytes[..32].copy_from_slice(&hash.0);
    Signature(bytes)
}

impl Scheme for Quick {
    fn sign(&self, message: &[u8]) -> Signature {
        self.me.map_or(Signature([0xff; SIGNATURE_BYTES]), |key| sign(&key, message))
    }

    fn verify(&self, message: &[u8], signers: &Signers, signature: &Signature) -> bool {
        let of = |signer: u16| self.keys.get(usize::from(signer)).map(|key| sign(key, message));
        let parts: Option<Vec<Signature>> = signers.iter().map(of).collect();
        parts.and_then(|parts| self.sum(&parts)) == Some(*signature)
    }

    fn sum(&self, signatures: &[Signature]) -> Option<Signature> {
        let mut sum = [0_u8; SIGNATURE_BYTES];
        for signature in signatures {
            let mut carry = 0_u16;
            for (left, right) in sum.iter_mut().zip(signature.0) {
                let digit = u16::from(*left) + u16::from(right) + carry;
                *left = digit as u8;
                carry = digit >> 8;
            }
        }
        Some(Signature(sum))
    }
}

/// The keys of somebody.
pub(super) struct QuickKeys(pub(super) Option<[u8; 96]>);

impl Keys for QuickKeys {
    fn public(&self) -> Option<[u8; 96]> {
        self.0
    }

    fn scheme(&self, set: &ValidatorSet, _epoch: Epoch) -> Result<Arc<dyn Scheme>, ParticipantError> {
        Ok(scheme(set, self.0))
    }
}

/// The signatures of a set.
pub(super) fn scheme(set: &ValidatorSet, me: Option<[u8; 96]>) -> Arc<dyn Scheme> {
    Arc::new(Quick { me, keys: set.validators().iter().map(|validator| validator.bls_key).collect() })
}

/// What a seed gives: a counter whose bits are mixed.
#[derive(Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(7))
    }

    /// A number below a bound.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 31)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        (mixed ^ (mixed >> 32)) % bound.max(1)
    }

    /// Whether something happens that does so many times in a hundred.
    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}
