//! Signatures and sets for tests: sums of keyed hashes, which show everything but that nobody else can make them.

use super::{KEY_BYTES, SIGNATURE_BYTES, Scheme, Signature, Signers, Validator, ValidatorIndex, ValidatorSet};
use tenon_types::{Address, blake2b_256};

/// A signature is the hash of signer and message; a sum adds such hashes up.
pub(crate) struct Sums {
    pub(crate) me: ValidatorIndex,
}

pub(crate) fn sign(signer: ValidatorIndex, message: &[u8]) -> Signature {
    let hash = blake2b_256(&[&signer.to_le_bytes(), message].concat());
    let mut bytes = [0; SIGNATURE_BYTES];
    bytes[..32].copy_from_slice(&hash.0);
    Signature(bytes)
}

fn add(left: &mut [u8; SIGNATURE_BYTES], right: &[u8; SIGNATURE_BYTES]) {
    let mut carry = 0;
    for (left, right) in left.iter_mut().zip(right) {
        let sum = u16::from(*left) + u16::from(*right) + carry;
        *left = sum as u8;
        carry = sum >> 8;
    }
}

impl Scheme for Sums {
    fn sign(&self, message: &[u8]) -> Signature {
        sign(self.me, message)
    }

    fn verify(&self, message: &[u8], signers: &Signers, signature: &Signature) -> bool {
        let expected: Vec<Signature> = signers.iter().map(|signer| sign(signer, message)).collect();
        self.sum(&expected) == Some(*signature)
    }

    fn sum(&self, signatures: &[Signature]) -> Option<Signature> {
        let mut sum = [0; SIGNATURE_BYTES];
        signatures.iter().for_each(|signature| add(&mut sum, &signature.0));
        Some(Signature(sum))
    }
}

/// So many validators of equal weight.
pub(crate) fn equal_set(validators: ValidatorIndex) -> ValidatorSet {
    weighted_set(&vec![1; usize::from(validators)])
}

/// Validators of these weights.
pub(crate) fn weighted_set(weights: &[u128]) -> ValidatorSet {
    let validator = |(index, weight): (u8, &u128)| Validator {
        account: Address([index; 32]),
        bls_key: [index; KEY_BYTES],
        weight: *weight,
    };
    ValidatorSet::new((0..).zip(weights).map(validator).collect()).expect("small sets are sets")
}
