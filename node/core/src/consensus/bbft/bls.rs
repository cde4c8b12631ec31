//! BLS12-381 behind [`Scheme`]: the votes of an epoch's validators, who have their keys decoded and prepared once.
//!
//! ```text
//! set       each key decoded, checked and prepared when the epoch begins; one that is no point is an error
//! verify    the keys of the bitmap added up, one check, whoever and however many they are
//! wrong sum halved with the sums of the keys of each part, until the wrong parts are left
//! ```
//!
//! Every key of a set has proven possession: the chain checks that upon registering. So no signer can be forged, and
//! yet some who work together can have keys that add up to infinity; the sum of their votes is infinity too. It counts
//! as right, here alone: it is what honest super-nodes then send, and they must not be blamed for it. It gains nobody
//! anything, since such signers could have signed as well.
//!
//! It leaves out weights and what is signed.

use super::{KEY_BYTES, MAX_VALIDATORS, SIGNATURE_BYTES, Scheme, Signature, Signers, ValidatorSet};
use std::fmt;
use tenon_crypto::bls::{
    BlsAggregate, BlsKeys, BlsKeysError, BlsPointError, BlsPublicKey, BlsSecretKey, BlsSignature, MAX_KEYS,
    PUBLIC_KEY_BYTES, find_invalid,
};
use tenon_types::Address;
use thiserror::Error;

#[cfg(test)]
mod tests;

const _: () = assert!(MAX_VALIDATORS <= MAX_KEYS, "the keys of every set can be prepared");
const _: () = assert!(KEY_BYTES == PUBLIC_KEY_BYTES && SIGNATURE_BYTES == tenon_crypto::bls::SIGNATURE_BYTES);

/// Infinity in compressed form: the sum of signatures by keys that cancel.
const INFINITY: Signature = {
    let mut bytes = [0; SIGNATURE_BYTES];
    bytes[0] = 0xc0;
    Signature(bytes)
};
/// What who has no key signs: no point, so that everybody refuses it.
const NOBODYS: Signature = Signature([0; SIGNATURE_BYTES]);

/// Why there is no scheme for a set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BlsSchemeError {
    /// A validator's key is no point.
    #[error("validator {index}, {account}: {source}")]
    Key {
        /// Its index in the set.
        index: usize,
        /// Its account.
        account: Address,
        /// What is wrong with the key.
        source: BlsPointError,
    },
    /// This validator is not in the set.
    #[error("found the secret of key {found:?}, expected that of one of the {validators} validators of the set")]
    Stranger {
        /// The public key of the secret.
        found: Box<BlsPublicKey>,
        /// How many validators there are.
        validators: usize,
    },
}

/// The signatures of one epoch's validators.
pub struct BlsScheme {
    keys: BlsKeys,
    /// The key that this validator votes with; an observer has none.
    secret: Option<BlsSecretKey>,
}

/// A point that was decoded; `None` is infinity.
type Sum<T> = Option<T>;

/// Bytes or bits that stand for no sum.
struct Malformed;

impl BlsScheme {
    /// Prepares the keys of a set for who only checks. Its [`Scheme::sign`] gives what everybody refuses.
    ///
    /// # Errors
    /// [`BlsSchemeError::Key`].
    pub fn observer(set: &ValidatorSet) -> Result<Self, BlsSchemeError> {
        let decode = |(index, validator): (usize, &super::Validator)| {
            let account = validator.account;
            BlsPublicKey::from_bytes(&validator.bls_key).map_err(|source| BlsSchemeError::Key {
                index,
                account,
                source,
            })
        };
        let keys = set.validators().iter().enumerate().map(decode).collect::<Result<Vec<_>, _>>()?;
        let keys = BlsKeys::new(&keys).expect("a set has 1 to MAX_VALIDATORS validators, no more than MAX_KEYS");
        Ok(Self { keys, secret: None })
    }

    /// Prepares the keys of a set for one of its validators.
    ///
    /// # Errors
    /// [`BlsSchemeError`].
    pub fn validator(set: &ValidatorSet, secret: BlsSecretKey) -> Result<Self, BlsSchemeError> {
        let found = secret.public_key();
        if set.index_of(&found.to_bytes()).is_none() {
            return Err(BlsSchemeError::Stranger { found: Box::new(found), validators: set.len() });
        }
        Ok(Self { secret: Some(secret), ..Self::observer(set)? })
    }

    /// The sum of the keys of some.
    fn key_of(&self, signers: &Signers) -> Result<Sum<BlsPublicKey>, Malformed> {
        if !signers.fits(self.keys.len()) {
            return Err(Malformed);
        }
        let mut bitmap = vec![0_u8; self.keys.bitmap_bytes()];
        for signer in signers.iter() {
            *bitmap.get_mut(usize::from(signer >> 3)).ok_or(Malformed)? |= 1 << (signer & 7);
        }
        match self.keys.sum(&bitmap) {
            Ok(key) => Ok(Some(key)),
            Err(BlsKeysError::Cancelled { .. }) => Ok(None),
            Err(_) => Err(Malformed),
        }
    }
}

impl Scheme for BlsScheme {
    fn sign(&self, message: &[u8]) -> Signature {
        self.secret.as_ref().map_or(NOBODYS, |secret| Signature(secret.sign(message).to_bytes()))
    }

    fn verify(&self, message: &[u8], signers: &Signers, signature: &Signature) -> bool {
        match (self.key_of(signers), decode(signature)) {
            (Ok(Some(key)), Ok(Some(sum))) => key.verify(message, &sum),
            (Ok(None), Ok(None)) => true,
            _ => false,
        }
    }

    fn sum(&self, signatures: &[Signature]) -> Option<Signature> {
        let mut sum = BlsAggregate::empty();
        for signature in signatures {
            if let Some(signature) = decode(signature).ok()? {
                sum.add(&signature);
            }
        }
        Some(Signature(sum.to_bytes()))
    }

    fn find_invalid(&self, message: &[u8], sums: &[(Signers, Signature)]) -> Vec<usize> {
        let (mut places, mut votes, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
        for (place, (signers, signature)) in sums.iter().enumerate() {
            match (self.key_of(signers), decode(signature)) {
                (Ok(Some(key)), Ok(Some(sum))) => {
                    places.push(place);
                    votes.push((key, sum));
                }
                (Ok(None), Ok(None)) => {}
                _ => wrong.push(place),
            }
        }
        let found = find_invalid(message, &votes);
        wrong.extend(found.into_iter().filter_map(|index| places.get(index)));
        wrong.sort_unstable();
        wrong
    }
}

impl fmt::Debug for BlsScheme {
    /// Shows how many keys there are, and nothing of the secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let public = self.secret.as_ref().map(BlsSecretKey::public_key);
        formatter.debug_struct("BlsScheme").field("keys", &self.keys.len()).field("public", &public).finish()
    }
}

fn decode(signature: &Signature) -> Result<Sum<BlsSignature>, Malformed> {
    if *signature == INFINITY {
        return Ok(None);
    }
    BlsSignature::from_bytes(&signature.0).map(Some).map_err(|_| Malformed)
}
