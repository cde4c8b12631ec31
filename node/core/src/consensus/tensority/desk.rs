//! Where miners get work and hand nonces in.
//!
//! ```text
//! template  one on each new head; anew when transactions came and a while has passed, and when its time is old
//! work      the encoded header whose last 8 bytes are the nonce, the seed, the target, and a range of nonces of one's own
//! nonce     unknown or stale template, tried before: refused at once; else its hash is made, and tells what it is worth
//! ```

use super::facts::set_nonce;
use super::{Facts, TemplatePlan};
use std::collections::{BTreeMap, BTreeSet};
use tenon_types::work::Target;
use tenon_types::{Address, Hash, blake2b_256};
use thiserror::Error;

/// Templates on the head that miners may still be at.
pub const MAX_TEMPLATES: usize = 16;
/// Nonces of one template that are remembered; then no more are taken.
pub const MAX_NONCES: usize = 1 << 16;
/// Nonces whose hashes are being made.
pub const MAX_NONCES_CHECKING: usize = 64;
/// The nonces of one range, which one miner searches: hours at a million hashes a second.
pub const RANGE: u64 = 1 << 36;
/// The time from one template to the next while transactions come.
pub const REFRESH_MS: u64 = 5_000;
/// The time after which a template is made anew for the time in it alone.
pub const RENEW_MS: u64 = 60_000;
/// The time after which a template that could not be made is asked for again.
const RETRY_MS: u64 = 1_000;

/// What a miner needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkUnit {
    /// The template's number.
    pub template: u64,
    /// The encoded header. The nonce is its last 8 bytes, the lowest first; the work is over the BLAKE2b hash of all.
    pub header: Vec<u8>,
    /// The seed.
    pub seed: Hash,
    /// What a block has to meet.
    pub target: Target,
    /// What a share has to meet, where miners are paid together.
    pub share_target: Option<Target>,
    /// The first nonce of a range of [`RANGE`] that nobody else was given.
    pub first_nonce: u64,
    /// The height.
    pub height: u64,
}

/// A nonce that somebody found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonceFound {
    /// A number by which the answer is known.
    pub request: u64,
    /// Of which template.
    pub template: u64,
    /// The nonce.
    pub nonce: u64,
    /// Who is to be paid for a share; absent for this node itself.
    pub miner: Option<Address>,
}

/// What a nonce was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceTaken {
    /// A block.
    Block(Hash),
    /// A share.
    Share,
}

/// Why a nonce is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NonceRefused {
    /// The head is another one since, or nobody was ever given this template.
    #[error("template {found} is not on the head, expected one of those that are: ask for work again")]
    Stale {
        /// Which.
        found: u64,
    },
    /// It was handed in before.
    #[error("nonce {0} was handed in before")]
    Duplicate(u64),
    /// Its hash is above what is asked for.
    #[error("hash is {found}, expected one that meets {}", .expected.bits())]
    AboveTarget {
        /// The hash.
        found: Hash,
        /// The target of a share, or else of the block.
        expected: Target,
    },
    /// There is no room for more: it can be handed in again.
    #[error("found {found} {what}, expected fewer than {max}")]
    Busy {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// The bound.
        max: usize,
    },
}

impl NonceRefused {
    /// The stable number.
    pub const fn code(&self) -> u32 {
        match self {
            Self::Stale { .. } => 1,
            Self::Duplicate(_) => 2,
            Self::AboveTarget { .. } => 3,
            Self::Busy { .. } => 4,
        }
    }
}

/// A block to mine on.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// The header with a nonce of zero.
    pub(super) facts: Facts,
    header: Vec<u8>,
    pub(super) seed: Hash,
    pub(super) target: Target,
    tried: BTreeSet<u64>,
    ranges: u64,
    made_ms: u64,
}

impl Template {
    /// A template of an encoded header.
    pub(super) fn new(facts: Facts, header: Vec<u8>, seed: Hash, target: Target, made_ms: u64) -> Self {
        Self { facts, header, seed, target, tried: BTreeSet::new(), ranges: 0, made_ms }
    }

    /// The hash of the header with a nonce.
    fn hash_with(&self, nonce: u64) -> Hash {
        let mut header = self.header.clone();
        set_nonce(&mut header, nonce);
        blake2b_256(&header)
    }

    /// What the block of a nonce says.
    pub(super) fn facts_with(&self, nonce: u64, hash: Hash) -> Facts {
        let mut facts = self.facts;
        (facts.hash, facts.seal.nonce) = (hash, nonce);
        facts
    }
}

/// Where miners get work and hand nonces in.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    producer: Option<Address>,
    templates: BTreeMap<u64, Template>,
    making: Option<TemplatePlan>,
    next_id: u64,
    /// Whether transactions came since the last template.
    changed: bool,
    retry_ms: Option<u64>,
    checking: BTreeMap<Hash, NonceFound>,
}

impl Desk {
    pub(super) fn new(producer: Option<Address>) -> Self {
        Self {
            producer,
            templates: BTreeMap::new(),
            making: None,
            next_id: 1,
            changed: false,
            retry_ms: None,
            checking: BTreeMap::new(),
        }
    }

    pub(super) fn producer(&self) -> Option<Address> {
        self.producer
    }

    pub(super) fn set_producer(&mut self, producer: Option<Address>) {
        self.producer = producer;
        self.changed = true;
    }

    pub(super) fn pool_changed(&mut self) {
        self.changed = true;
    }

    pub(super) fn newest(&self) -> Option<(&u64, &Template)> {
        self.templates.last_key_value()
    }

    pub(super) fn get(&self, id: u64) -> Option<&Template> {
        self.templates.get(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.templates.len()
    }

    // Templates.

    /// Whether a template is to be made now.
    pub(super) fn is_due(&self, now_ms: u64) -> bool {
        self.producer.is_some() && self.making.is_none() && self.next_ms().is_some_and(|at_ms| at_ms <= now_ms)
    }

    /// When the next template is due.
    fn next_ms(&self) -> Option<u64> {
        let after = if self.changed { REFRESH_MS } else { RENEW_MS };
        let renewed = self.newest().map(|(_, newest)| newest.made_ms.saturating_add(after));
        Some(self.retry_ms.or(renewed).unwrap_or_default())
    }

    /// When the engine wants to be asked again for a template's sake.
    pub(super) fn due_ms(&self) -> Option<u64> {
        self.next_ms().filter(|_| self.producer.is_some() && self.making.is_none())
    }

    /// The number of the next template.
    pub(super) fn next_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id = id.saturating_add(1);
        id
    }

    pub(super) fn make(&mut self, plan: TemplatePlan) {
        self.making = Some(plan);
        (self.changed, self.retry_ms) = (false, None);
    }

    /// The plan of a template that was asked for.
    pub(super) fn made(&mut self, id: u64) -> Option<TemplatePlan> {
        self.making.take_if(|plan| plan.id == id)
    }

    pub(super) fn failed(&mut self, id: u64, now_ms: u64) {
        if self.made(id).is_some() {
            self.later(now_ms);
        }
    }

    /// Has the next template wait for a while.
    pub(super) fn later(&mut self, now_ms: u64) {
        self.retry_ms = Some(now_ms.saturating_add(RETRY_MS));
    }

    /// Hands a template out from now on. Returns the one that nobody may be at any more.
    pub(super) fn offer(&mut self, id: u64, template: Template) -> Option<u64> {
        self.templates.insert(id, template);
        (self.templates.len() > MAX_TEMPLATES).then(|| self.templates.pop_first()).flatten().map(|(id, _)| id)
    }

    /// Drops all templates: the head is another one. Returns which.
    pub(super) fn clear(&mut self) -> Vec<u64> {
        self.retry_ms = None;
        let dropped = std::mem::take(&mut self.templates).into_keys();
        // What is being made stands on the old head.
        dropped.chain(self.making.take().map(|plan| plan.id)).collect()
    }

    /// Work for a miner on the newest template; absent without one, and when all nonces are given out.
    pub(super) fn unit(&mut self, share_target: impl Fn(Target) -> Option<Target>) -> Option<WorkUnit> {
        let (id, template) = self.templates.iter_mut().next_back()?;
        let first_nonce = template.ranges.checked_mul(RANGE)?;
        template.ranges = template.ranges.saturating_add(1);
        Some(WorkUnit {
            template: *id,
            header: template.header.clone(),
            seed: template.seed,
            target: template.target,
            share_target: share_target(template.target),
            first_nonce,
            height: template.facts.height,
        })
    }

    // Nonces.

    pub(super) fn is_checking(&self, hash: &Hash) -> bool {
        self.checking.contains_key(hash)
    }

    /// Takes a nonce, and returns the header's hash and the seed, of which the work's hash is to be made.
    pub(super) fn take(&mut self, found: NonceFound) -> Result<(Hash, Hash), NonceRefused> {
        let checking = self.checking.len();
        let template = self.templates.get_mut(&found.template);
        let template = template.ok_or(NonceRefused::Stale { found: found.template })?;
        if template.tried.contains(&found.nonce) {
            return Err(NonceRefused::Duplicate(found.nonce));
        }
        if checking >= MAX_NONCES_CHECKING {
            return Err(NonceRefused::Busy { what: "nonces being checked", found: checking, max: MAX_NONCES_CHECKING });
        }
        let tried = template.tried.len();
        if tried >= MAX_NONCES {
            return Err(NonceRefused::Busy { what: "nonces of one template", found: tried, max: MAX_NONCES });
        }
        template.tried.insert(found.nonce);
        let hash = template.hash_with(found.nonce);
        self.checking.insert(hash, found);
        Ok((hash, template.seed))
    }

    pub(super) fn checked(&mut self, hash: &Hash) -> Option<NonceFound> {
        self.checking.remove(hash)
    }
}
