//! What a participant is made of, and why there is none.

use crate::consensus::bbft::{BlsSchemeError, Candidate, Certificate, Epoch, Timing, Validator, ValidatorsError};
use std::collections::BTreeMap;
use tenon_crypto::bls::BlsSecretKey;
use tenon_types::{Address, Hash};
use thiserror::Error;

/// How many validators of an epoch pass votes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supers {
    /// One: a star.
    One,
    /// The square root of their number, rounded down: the fewest messages.
    Sqrt,
    /// All of them: everybody to everybody.
    All,
    /// So many, but at least one and no more than there are.
    Number(u16),
}

impl Supers {
    /// How many of so many validators.
    pub fn count(self, validators: usize) -> usize {
        let count = match self {
            Self::One => 1,
            Self::Sqrt => validators.isqrt(),
            Self::All => validators,
            Self::Number(number) => usize::from(number),
        };
        count.min(validators).max(1)
    }
}

/// The last block of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastFinal {
    /// Its place, its parent's place and its height, as its header states them; genesis has view 0 and no parent.
    pub candidate: Candidate,
    /// What makes it, or a descendant, final; absent for genesis, and if the store has none.
    pub certificate: Option<Certificate>,
    /// The hash of the last block before the epoch of the next block: genesis in the first epoch, this very block if it
    /// is the last of its epoch.
    pub epoch_start: Hash,
}

/// What a participant is made of.
pub struct ParticipantSetup {
    /// The hash of the genesis block.
    pub chain: Hash,
    /// Blocks of an epoch; 0 for one epoch without end.
    pub epoch_blocks: u64,
    /// The validators of the genesis, who go on until somebody is elected.
    pub initial: Vec<Validator>,
    /// The validators of the epoch of the next block, as the state after the store's last block has them; absent if
    /// nobody was elected.
    pub elected: Option<Vec<Validator>>,
    /// The key to vote with. Without one, this node only follows.
    pub key: Option<BlsSecretKey>,
    /// How long to wait.
    pub timing: Timing,
    /// How many pass votes on. The same for all validators.
    pub supers: Supers,
    /// The latency of validators, in milliseconds, as all agree upon; 0 for whom it does not name.
    pub latencies: BTreeMap<Address, u32>,
    /// The last block of the store.
    pub last_final: LastFinal,
    /// Whether the operator is sure that the key never voted, although nothing was persisted here.
    pub fresh: bool,
}

/// Why there is no participant.
#[derive(Debug, Error)]
pub enum ParticipantError {
    /// The validators are no set.
    #[error("validators of epoch {epoch}: {source}")]
    Validators {
        /// Of which epoch.
        epoch: Epoch,
        /// What is wrong.
        source: ValidatorsError,
    },
    /// A validator's key is none.
    #[error("validators of epoch {epoch}: {source}")]
    Keys {
        /// Of which epoch.
        epoch: Epoch,
        /// What is wrong.
        source: BlsSchemeError,
    },
    /// What was persisted is of another chain.
    #[error("found the state of a validator of chain {found}, expected one of {expected}")]
    OtherChain {
        /// The genesis hash that was persisted.
        found: Hash,
        /// That of this chain.
        expected: Hash,
    },
    /// The store has another history than the validator, or has lost final blocks.
    #[error(
        "found block {found} of height {height} in the store, expected an ancestor of {expected}, the last final one: \
         restore the store that belongs to this validator, or delete both and sync again"
    )]
    OtherHistory {
        /// The store's last block.
        found: Hash,
        /// Its height.
        height: u64,
        /// The validator's last final block.
        expected: Hash,
    },
    /// The store is ahead of what was persisted, and has no proof of its last block.
    #[error("found block {found} of height {height} in the store without its certificate, expected one")]
    Unproven {
        /// The store's last block.
        found: Hash,
        /// Its height.
        height: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_at_least_one_super_node_and_no_more_than_validators() {
        let counts = |supers: Supers| [1, 4, 10, 100].map(|validators| supers.count(validators));
        assert_eq!(counts(Supers::One), [1, 1, 1, 1]);
        assert_eq!(counts(Supers::Sqrt), [1, 2, 3, 10]);
        assert_eq!(counts(Supers::All), [1, 4, 10, 100]);
        assert_eq!(counts(Supers::Number(7)), [1, 4, 7, 7]);
        assert_eq!(counts(Supers::Number(0)), [1, 1, 1, 1]);
    }
}
