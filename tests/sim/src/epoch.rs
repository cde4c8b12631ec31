//! What every node of a run agrees on beforehand, and what follows from a state: the validators of each epoch.
//!
//! The set of an epoch is elected by the state at the start of the epoch before, so that it is final long before it is
//! needed, and the last block of the epoch before commits to it.

use crate::block::{Block, Body};
use crate::keys::{Keys, secret};
use crate::ledger::{Stake, State};
use crate::random::mix;
use std::rc::Rc;
use std::sync::Arc;
use tenon_core::consensus::bbft::{
    Candidate, Epoch, EpochRules, KEY_BYTES, Overlay, Place, Schedule, Setup, Standing, Timing, Validator,
    ValidatorIndex, ValidatorSet, View, choose_supers,
};
use tenon_types::{Address, Call, Era, Extra, Extrinsic, Hash, MultiAddress, Signature, SignedPart, SystemCall};

/// What is the same for all nodes of a run.
pub(crate) struct Params {
    pub(crate) seed: u64,
    /// Validators of an epoch.
    pub(crate) validators: usize,
    /// Blocks of an epoch.
    pub(crate) epoch_blocks: u64,
    /// Super-nodes of an epoch.
    pub(crate) supers: usize,
    /// Relays of an epoch.
    pub(crate) relays: usize,
    pub(crate) timing: Timing,
    pub(crate) stakes: Vec<Stake>,
    /// Whether nodes believe that what they wrote is on disk without a sync.
    pub(crate) careless: bool,
    /// What stands for every call in the pool.
    pub(crate) extrinsic: Arc<Extrinsic>,
}

/// A call that does nothing.
pub(crate) fn extrinsic() -> Arc<Extrinsic> {
    let extra = Extra { era: Era::Immortal, nonce: 0, tip: 0, metadata_mode: 0 };
    let signed = SignedPart { signer: MultiAddress::Id(Address::ZERO), signature: Signature::Sr25519([0; 64]), extra };
    Arc::new(Extrinsic { signed, call: Call::System(SystemCall::remark { remark: Vec::new() }) })
}

impl Params {
    /// The hash of the genesis block, which every vote signs.
    pub(crate) fn chain(&self) -> Hash {
        Hash([7; 32])
    }

    pub(crate) fn genesis(&self) -> (Rc<Block>, State) {
        let state = State::new(self.stakes.clone());
        let nowhere = Place { view: View(0), digest: Hash::ZERO };
        let body = Body {
            epoch: Epoch(0),
            view: View(0),
            parent: nowhere,
            height: 0,
            transactions: Vec::new(),
            state: state.hash(),
            next_set: None,
            salt: self.seed,
        };
        (Rc::new(Block::new(body)), state)
    }

    /// Who is elected to an epoch, with what weight: those with the most coin, weighed anew in each epoch.
    fn elect(&self, state: &State, epoch: Epoch) -> Vec<(u8, u64)> {
        let luck = |identity: u8| 64 + mix(self.seed ^ mix(epoch.0.wrapping_mul(256) + u64::from(identity))) % 64;
        let rank =
            |(identity, stake): (u8, &Stake)| (stake.bound.saturating_mul(luck(identity)), identity, stake.bound);
        let mut ranks: Vec<_> = (0_u8..).zip(&state.stakes).map(rank).collect();
        ranks.sort_unstable_by(|a, b| b.cmp(a));
        ranks.into_iter().take(self.validators).map(|(_, identity, weight)| (identity, weight)).collect()
    }

    fn set(&self, members: &[(u8, u64)]) -> ValidatorSet {
        let validator = |(identity, weight): &(u8, u64)| Validator {
            account: Address([*identity; 32]),
            bls_key: [*identity; KEY_BYTES],
            weight: u128::from(*weight),
        };
        ValidatorSet::new(members.iter().map(validator).collect()).expect("elected validators are distinct")
    }
}

/// An epoch as a node sees it.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) epoch: Epoch,
    pub(crate) start: Candidate,
    pub(crate) last_height: u64,
    /// Who the validators are, by index.
    pub(crate) members: Vec<u8>,
    pub(crate) set: Arc<ValidatorSet>,
    pub(crate) schedule: Schedule,
    overlay: Overlay,
    /// The validators of the epoch after it, and the hash to which its last block commits.
    next: Vec<(u8, u64)>,
    pub(crate) next_hash: Hash,
}

impl Plan {
    /// The first epoch.
    pub(crate) fn first(params: &Params) -> Self {
        let (genesis, state) = params.genesis();
        let members = params.elect(&state, Epoch(0));
        Self::new(params, Epoch(0), &genesis, members, &state)
    }

    /// The epoch after this one, which ends with a block and the state after it.
    pub(crate) fn after(&self, params: &Params, last: &Block, state: &State) -> Self {
        Self::new(params, Epoch(self.epoch.0 + 1), last, self.next.clone(), state)
    }

    fn new(params: &Params, epoch: Epoch, start: &Block, elected: Vec<(u8, u64)>, state: &State) -> Self {
        let set = params.set(&elected);
        let validators = ValidatorIndex::try_from(elected.len()).expect("a run has few validators");
        let latency_ms = |identity: u8| u32::try_from(mix(params.seed ^ u64::from(identity)) % 60).unwrap_or(0);
        let standing = |(identity, weight): &(u8, u64)| Standing {
            weight: u128::from(*weight),
            latency_ms: latency_ms(*identity),
        };
        let standings: Vec<_> = elected.iter().map(standing).collect();
        let supers = choose_supers(&standings, params.supers);
        let schedule = Schedule::new(validators, &supers);
        let relays: Vec<_> = (0..validators).filter(|index| !supers.contains(index)).take(params.relays).collect();
        let overlay = Overlay::new(validators, &schedule, &relays, start.digest);
        let next = params.elect(state, Epoch(epoch.0 + 1));
        Self {
            epoch,
            start: start.as_start(),
            last_height: start.body.height + params.epoch_blocks,
            members: elected.iter().map(|(identity, _)| *identity).collect(),
            set: Arc::new(set),
            schedule,
            overlay,
            next_hash: params.set(&next).hash(),
            next,
        }
    }

    pub(crate) fn index_of(&self, identity: u8) -> Option<ValidatorIndex> {
        let index = self.members.iter().position(|member| *member == identity)?;
        ValidatorIndex::try_from(index).ok()
    }

    pub(crate) fn member(&self, index: ValidatorIndex) -> Option<u8> {
        self.members.get(usize::from(index)).copied()
    }

    /// The signatures of the epoch, made by one of its validators or by nobody.
    pub(crate) fn keys(&self, params: &Params, me: Option<ValidatorIndex>) -> Keys {
        Keys { secrets: self.members.iter().map(|identity| secret(params.seed, *identity)).collect(), me }
    }

    /// What a replica is made of.
    pub(crate) fn setup(&self, params: &Params, me: Option<ValidatorIndex>) -> Setup {
        let rules = EpochRules {
            epoch: self.epoch,
            start: self.start,
            last_height: self.last_height,
            schedule: self.schedule.clone(),
            me,
        };
        Setup {
            chain: params.chain(),
            rules,
            set: Arc::clone(&self.set),
            overlay: self.overlay.clone(),
            timing: params.timing,
            scheme: Arc::new(self.keys(params, me)),
        }
    }
}
