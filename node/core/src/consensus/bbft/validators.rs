//! An epoch's set of validators: who they are, what they weigh, and the hash by which a header commits to them.

use super::{Signers, ValidatorIndex, quorum_weight};
use parity_scale_codec::Encode;
use tenon_types::{Address, Hash, MAX_VALIDATORS, Validator};
use thiserror::Error;

/// Bytes of a validator's public key, a point of G2 in compressed form.
pub const KEY_BYTES: usize = 96;

/// Why validators are no set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValidatorsError {
    /// There are none, or too many.
    #[error("a set of {found} validators, expected 1 to {MAX_VALIDATORS}")]
    Count {
        /// How many.
        found: usize,
    },
    /// One weighs nothing.
    #[error("validator {account} has no weight")]
    Weight {
        /// Which.
        account: Address,
    },
    /// The weights do not fit.
    #[error("the weights of {validators} validators together exceed 2^128 - 1")]
    Total {
        /// How many there are.
        validators: usize,
    },
    /// Two are the same.
    #[error("validator {account} is in the set twice, by account or by key")]
    Twice {
        /// Which.
        account: Address,
    },
}

/// The validators of an epoch, in the order of their indices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValidatorSet {
    validators: Vec<Validator>,
    total: u128,
}

impl ValidatorSet {
    /// Makes a set of elected validators, in the order of the election.
    ///
    /// # Errors
    /// [`ValidatorsError`].
    pub fn new(validators: Vec<Validator>) -> Result<Self, ValidatorsError> {
        if validators.is_empty() || validators.len() > MAX_VALIDATORS {
            return Err(ValidatorsError::Count { found: validators.len() });
        }
        let mut total = 0_u128;
        let (mut accounts, mut keys) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
        for validator in &validators {
            let account = validator.account;
            if validator.weight == 0 {
                return Err(ValidatorsError::Weight { account });
            }
            if !accounts.insert(account) || !keys.insert(validator.bls_key) {
                return Err(ValidatorsError::Twice { account });
            }
            let sum = total.checked_add(validator.weight);
            total = sum.ok_or(ValidatorsError::Total { validators: validators.len() })?;
        }
        Ok(Self { validators, total })
    }

    /// The validators by index.
    pub fn validators(&self) -> &[Validator] {
        &self.validators
    }

    /// How many there are.
    #[expect(clippy::len_without_is_empty, reason = "no set is empty")]
    pub fn len(&self) -> usize {
        self.validators.len()
    }

    /// The validator of an index.
    pub fn get(&self, index: ValidatorIndex) -> Option<&Validator> {
        self.validators.get(usize::from(index))
    }

    /// The index of who votes with a key.
    pub fn index_of(&self, key: &[u8; KEY_BYTES]) -> Option<ValidatorIndex> {
        let index = self.validators.iter().position(|validator| validator.bls_key == *key)?;
        ValidatorIndex::try_from(index).ok()
    }

    /// The weight of all.
    pub fn total(&self) -> u128 {
        self.total
    }

    /// The weight of some. Bits beyond the set weigh nothing.
    pub fn weight_of(&self, signers: &Signers) -> u128 {
        let weights = self.validators.iter().zip(0_u16..).filter(|(_, index)| signers.contains(*index));
        weights.fold(0, |sum, (validator, _)| sum.saturating_add(validator.weight))
    }

    /// Whether some weigh enough to decide.
    pub fn is_quorum(&self, signers: &Signers) -> bool {
        self.weight_of(signers) >= quorum_weight(self.total)
    }

    /// What the last header of the epoch before commits to: the hash of the encoded validators in their order.
    pub fn hash(&self) -> Hash {
        Validator::set_hash(&self.validators.encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validator(index: u8, weight: u128) -> Validator {
        Validator { account: Address([index; 32]), bls_key: [index; KEY_BYTES], weight }
    }

    #[test]
    fn refuses_what_is_no_set() {
        let of = |weights: &[u128]| {
            ValidatorSet::new((1..).zip(weights).map(|(index, weight)| validator(index, *weight)).collect())
        };
        assert_eq!(of(&[]), Err(ValidatorsError::Count { found: 0 }));
        assert_eq!(of(&[1, 0]), Err(ValidatorsError::Weight { account: Address([2; 32]) }));
        assert_eq!(of(&[u128::MAX, 1]), Err(ValidatorsError::Total { validators: 2 }));
        let twice = [validator(1, 1), Validator { account: Address([9; 32]), ..validator(1, 1) }];
        let error = ValidatorsError::Twice { account: Address([9; 32]) };
        assert_eq!(ValidatorSet::new(twice.to_vec()), Err(error));
        let many = vec![validator(1, 1); MAX_VALIDATORS + 1];
        assert_eq!(ValidatorSet::new(many), Err(ValidatorsError::Count { found: MAX_VALIDATORS + 1 }));
    }

    #[test]
    fn a_quorum_weighs_more_than_two_thirds() {
        let set = ValidatorSet::new(vec![validator(1, 5), validator(2, 1), validator(3, 3)]).expect("a set");
        let signers = |indices: &[u16]| {
            let mut signers = Signers::none(3);
            indices.iter().for_each(|index| assert!(signers.insert(*index)));
            signers
        };
        assert!(!set.is_quorum(&signers(&[0, 1])), "6 of 9 is two thirds");
        assert!(set.is_quorum(&signers(&[0, 2])));
        assert_eq!(set.weight_of(&signers(&[1, 2])), 4);
    }

    #[test]
    fn the_hash_depends_on_order_and_weight() {
        let set = |validators: &[Validator]| ValidatorSet::new(validators.to_vec()).expect("a set").hash();
        let (one, two) = (validator(1, 5), validator(2, 5));
        let hashes = [set(&[one.clone(), two.clone()]), set(&[two.clone(), one.clone()]), set(&[one, validator(2, 6)])];
        assert!(hashes[0] != hashes[1] && hashes[0] != hashes[2] && hashes[1] != hashes[2]);
    }
}
