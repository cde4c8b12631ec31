//! An epoch as a participant sees it: its validators, who leads, and what follows for its machine.

use super::ParticipantError;
use super::setup::Supers;
use crate::consensus::bbft::{
    BlsScheme, Candidate, Collector, Epoch, EpochRules, Overlay, Place, Replica, Restored, Schedule, Scheme, Setup,
    Standing, Timing, Validator, ValidatorIndex, ValidatorSet, View, choose_supers,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenon_crypto::bls::BlsSecretKey;
use tenon_types::{Address, Hash, MAX_MISSED};

/// The key of this node, and the signatures of each epoch's validators.
pub(super) trait Keys: Send {
    /// The key by which the node votes.
    fn public(&self) -> Option<[u8; 96]>;

    /// The signatures of a set, made with the node's key if it is in it.
    fn scheme(&self, set: &ValidatorSet, epoch: Epoch) -> Result<Arc<dyn Scheme>, ParticipantError>;
}

/// BLS12-381.
pub(super) struct BlsKey(pub(super) Option<BlsSecretKey>);

impl Keys for BlsKey {
    fn public(&self) -> Option<[u8; 96]> {
        self.0.as_ref().map(|secret| secret.public_key().to_bytes())
    }

    fn scheme(&self, set: &ValidatorSet, epoch: Epoch) -> Result<Arc<dyn Scheme>, ParticipantError> {
        let seated = self.0.as_ref().filter(|secret| set.index_of(&secret.public_key().to_bytes()).is_some());
        let scheme = match seated {
            Some(secret) => BlsScheme::validator(set, secret.clone()),
            None => BlsScheme::observer(set),
        };
        scheme
            .map(|scheme| Arc::new(scheme) as Arc<dyn Scheme>)
            .map_err(|source| ParticipantError::Keys { epoch, source })
    }
}

/// What is the same for all epochs of a chain.
pub(super) struct Rules {
    pub(super) chain: Hash,
    pub(super) epoch_blocks: u64,
    pub(super) timing: Timing,
    pub(super) supers: Supers,
    pub(super) latencies: BTreeMap<Address, u32>,
    pub(super) keys: Box<dyn Keys>,
}

impl Rules {
    /// The epoch of a height, as [`tenon_types::Hooks::epoch`] has it.
    pub(super) fn epoch_of(&self, height: u64) -> Epoch {
        Epoch(height.saturating_sub(1).checked_div(self.epoch_blocks).unwrap_or_default())
    }

    /// The height of the last block of an epoch.
    pub(super) fn last_height(&self, epoch: Epoch) -> u64 {
        if self.epoch_blocks == 0 { u64::MAX } else { epoch.0.saturating_add(1).saturating_mul(self.epoch_blocks) }
    }

    /// An epoch of these validators. Its machine begins on a block; the seed is the hash of the last block of the epoch
    /// before.
    pub(super) fn term(
        &self,
        epoch: Epoch,
        start: Candidate,
        seed: Hash,
        validators: Vec<Validator>,
    ) -> Result<Term, ParticipantError> {
        let set = ValidatorSet::new(validators).map_err(|source| ParticipantError::Validators { epoch, source })?;
        let scheme = self.keys.scheme(&set, epoch)?;
        let standing = |validator: &Validator| Standing {
            weight: validator.weight,
            latency_ms: self.latencies.get(&validator.account).copied().unwrap_or_default(),
        };
        let standings: Vec<Standing> = set.validators().iter().map(standing).collect();
        let supers = choose_supers(&standings, self.supers.count(set.len()));
        let validators = ValidatorIndex::try_from(set.len()).expect("a set has at most MAX_VALIDATORS");
        let schedule = Schedule::new(validators, &supers);
        let seat = self.keys.public().and_then(|key| set.index_of(&key));
        let last_height = self.last_height(epoch);
        Ok(Term { epoch, start, seed, last_height, set: Arc::new(set), scheme, schedule, seat })
    }

    /// The replica of an epoch, which votes or only observes.
    pub(super) fn replica(&self, term: &Term, votes: bool, restored: Option<Restored>) -> Replica {
        let rules = EpochRules {
            epoch: term.epoch,
            start: term.start,
            last_height: term.last_height,
            schedule: term.schedule.clone(),
            me: term.seat.filter(|_| votes),
        };
        let validators = ValidatorIndex::try_from(term.set.len()).expect("a set has at most MAX_VALIDATORS");
        let overlay = Overlay::new(validators, &term.schedule, &[], term.seed);
        let (set, scheme) = (term.set.clone(), term.scheme.clone());
        Replica::new(Setup { chain: self.chain, rules, set, overlay, timing: self.timing, scheme }, restored)
    }
}

/// An epoch.
#[derive(Clone)]
pub(super) struct Term {
    pub(super) epoch: Epoch,
    /// On what its machine began.
    pub(super) start: Candidate,
    seed: Hash,
    pub(super) last_height: u64,
    pub(super) set: Arc<ValidatorSet>,
    scheme: Arc<dyn Scheme>,
    pub(super) schedule: Schedule,
    /// This node's index in the set.
    pub(super) seat: Option<ValidatorIndex>,
}

impl Term {
    pub(super) fn seed(&self) -> Hash {
        self.seed
    }

    pub(super) fn account(&self, index: ValidatorIndex) -> Option<Address> {
        self.set.get(index).map(|validator| validator.account)
    }

    pub(super) fn leader(&self, view: View) -> Option<Address> {
        self.account(self.schedule.leader(view))
    }

    /// The leaders of the views between a parent's and its child's, oldest first; of many, the last.
    pub(super) fn missed(&self, parent: View, view: View) -> Vec<Address> {
        let most = u64::try_from(MAX_MISSED).unwrap_or(u64::MAX);
        let first = parent.next().0.max(view.0.saturating_sub(most));
        (first..view.0).filter_map(|failed| self.leader(View(failed))).collect()
    }

    /// One that checks this epoch's votes.
    pub(super) fn collector(&self, chain: Hash) -> Collector {
        Collector::new(chain, self.epoch, self.set.clone(), self.scheme.clone())
    }
}

/// A block as the one on which an epoch begins: view 0.
pub(super) fn as_start(digest: Hash, height: u64) -> Candidate {
    let nowhere = Place { view: View(0), digest: Hash::ZERO };
    Candidate { place: Place { view: View(0), digest }, parent: nowhere, height }
}
