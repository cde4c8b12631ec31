//! Signatures that are quick and add up: a mixed hash of secret and message in 64 bits.
//!
//! Nobody in a simulation signs with a secret that is not theirs, which is all that makes them signatures: a faulty
//! validator can change, replay and invent bytes, and none of it verifies.

use crate::random::mix;
use tenon_core::consensus::bbft::{SIGNATURE_BYTES, Scheme, Signature, Signers, ValidatorIndex};

/// What follows the 64 bits is zero in a well-formed signature.
const WORD_BYTES: usize = 8;

/// The secret of a participant in a run.
pub(crate) fn secret(seed: u64, identity: u8) -> u64 {
    mix(seed ^ mix(u64::from(identity) + 1))
}

/// The secrets of an epoch's validators by index, and who signs.
pub(crate) struct Keys {
    pub(crate) secrets: Vec<u64>,
    pub(crate) me: Option<ValidatorIndex>,
}

/// A quick hash of bytes.
pub(crate) fn digest(message: &[u8]) -> u64 {
    let (words, rest) = message.as_chunks::<WORD_BYTES>();
    let word = |sum: u64, bytes: &[u8; WORD_BYTES]| {
        (sum ^ u64::from_le_bytes(*bytes)).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(29)
    };
    let sum = words.iter().fold(message.len() as u64, word);
    rest.iter().fold(sum, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0xc4ce_b9fe_1a85_ec53).rotate_left(31))
}

fn word(secret: u64, digest: u64) -> u64 {
    mix(secret ^ mix(digest))
}

fn to_signature(word: u64) -> Signature {
    let mut bytes = [0; SIGNATURE_BYTES];
    bytes.iter_mut().zip(word.to_le_bytes()).for_each(|(byte, part)| *byte = part);
    Signature(bytes)
}

fn from_signature(signature: &Signature) -> Option<u64> {
    let (word, rest) = signature.0.split_first_chunk::<WORD_BYTES>()?;
    rest.iter().all(|byte| *byte == 0).then(|| u64::from_le_bytes(*word))
}

impl Scheme for Keys {
    fn sign(&self, message: &[u8]) -> Signature {
        let secret = self.me.and_then(|me| self.secrets.get(usize::from(me)));
        secret.map_or(Signature([0xff; SIGNATURE_BYTES]), |secret| to_signature(word(*secret, digest(message))))
    }

    fn verify(&self, message: &[u8], signers: &Signers, signature: &Signature) -> bool {
        let Some(found) = from_signature(signature) else { return false };
        let digest = digest(message);
        let sum = self
            .secrets
            .iter()
            .zip(0_u16..)
            .filter(|(_, index)| signers.contains(*index))
            .fold(0_u64, |sum, (secret, _)| sum.wrapping_add(word(*secret, digest)));
        found == sum && signers.fits(self.secrets.len())
    }

    fn sum(&self, signatures: &[Signature]) -> Option<Signature> {
        let sum = signatures.iter().try_fold(0_u64, |sum, one| Some(sum.wrapping_add(from_signature(one)?)))?;
        Some(to_signature(sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(me: u16) -> Keys {
        Keys { secrets: (0..5).map(|identity| secret(9, identity)).collect(), me: Some(me) }
    }

    fn signers(indices: &[u16]) -> Signers {
        let mut signers = Signers::none(5);
        indices.iter().for_each(|index| assert!(signers.insert(*index)));
        signers
    }

    #[test]
    fn sums_verify_for_exactly_their_signers_and_message() {
        let sum = keys(0).sum(&[keys(1).sign(b"a"), keys(3).sign(b"a")]).expect("well formed");
        assert!(keys(0).verify(b"a", &signers(&[1, 3]), &sum));
        assert!(!keys(0).verify(b"b", &signers(&[1, 3]), &sum));
        assert!(!keys(0).verify(b"a", &signers(&[1]), &sum));
        assert!(!keys(0).verify(b"a", &signers(&[1, 3, 4]), &sum));
        assert_eq!(keys(0).sum(&[Signature([0xff; SIGNATURE_BYTES])]), None);
    }

    #[test]
    fn every_byte_of_a_message_counts() {
        let message = [7_u8; 97];
        for place in 0..97 {
            let mut other = message;
            other[place] ^= 1;
            assert_ne!(digest(&message), digest(&other), "byte {place}");
        }
    }
}
