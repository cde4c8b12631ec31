//! A light client: follows a chain by one certificate an epoch, from a set of validators that it trusts.
//!
//! ```text
//! upon receiving a proof that header h of the current epoch is final
//!     h is of this epoch by what it says and by its height; it stands on the epoch's start if it is the first
//!     each descendant's parent is the one before it; the certificate finalizes the last one's hash
//!     more than two thirds of this epoch's weight signed it, for this chain and this epoch
//! upon receiving such a proof of the epoch's last header, and a set
//!     the set's hash is what the header commits to: it is the next epoch's, and this header its start
//! upon receiving such a proof, of a header that commits to no set
//!     nobody was elected: the same validators go on, trusted no longer than before
//! ```
//!
//! Where blocks do not belong to epochs there is one, epoch 0, that does not end: its validators are those of genesis.
//!
//! Trust has an end. Validators who took their stake back lose nothing by signing another history of the epochs in
//! which they voted, and anybody may have bought their keys. So a set counts only while those who were in it can still
//! be slashed: [`LightRules::trust_period_ms`] from its start on, by the clock of who asks. Who is in a set is fixed one
//! epoch before its start, and may ask for their stake back at once. So the period must be shorter than the time for
//! which stake then stays bound, by that epoch and by what it takes to put evidence on chain. Whoever was away for
//! longer, or begins anew, takes a [`Checkpoint`] from somebody they trust. A set that goes on because nobody was elected
//! gets no new time: its stake may be free by then. On a chain that elects nobody no stake is ever given back; a period of
//! 2^64 - 1 fits there.
//!
//! More than a third of the weight in faulty hands can show two final headers; no client can tell which one is meant.
//! It leaves out where proofs come from, and keeping what it knows: that is [`LightClient::to_bytes`] for the caller.

mod bytes;
mod error;
mod proof;
#[cfg(test)]
mod tests;

pub use bytes::MAX_LIGHT_CLIENT_BYTES;
pub use error::LightError;
pub use proof::{EpochProof, FinalHeader, FinalityProof, HeaderProof, LightProof, MAX_DESCENDANTS, MAX_PROOF_BYTES};

use super::{
    BlsScheme, Certificate, Epoch, Phase, Scheme, Statement, Validator, ValidatorSet, quorum_weight, signed_bytes,
};
use crate::rules::MAX_FUTURE_MS;
use parity_scale_codec::{Decode, Encode};
use std::ops::RangeInclusive;
use tenon_types::proof::Commitments;
use tenon_types::{BlockInfo, Hash};

/// What never changes of a chain, and how long its validators are trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LightRules {
    /// The hash of the genesis block.
    pub chain: Hash,
    /// Blocks of an epoch; 0 if epoch 0 does not end.
    pub epoch_blocks: u32,
    /// For how many milliseconds from the start of its first epoch a set is trusted.
    pub trust_period_ms: u64,
}

/// What is trusted: the validators of an epoch and the block that it starts from.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Checkpoint {
    /// The epoch.
    pub epoch: Epoch,
    /// The hash of the last block of the epoch before; for epoch 0 that of the genesis block.
    pub start: Hash,
    /// That block's time in milliseconds since 1970-01-01 UTC.
    pub start_ms: u64,
    /// The time of the last block before the first epoch of these validators: `start_ms`, or less if they stayed because
    /// nobody was elected.
    pub since_ms: u64,
    /// The validators of the epoch, by their indices.
    pub validators: Vec<Validator>,
}

/// Follows a chain; see the module's text.
#[derive(Debug)]
pub struct LightClient {
    rules: LightRules,
    epoch: Epoch,
    start: Hash,
    start_ms: u64,
    since_ms: u64,
    set: ValidatorSet,
    scheme: BlsScheme,
}

impl LightClient {
    /// Begins at a checkpoint. Its age is looked at with each proof.
    ///
    /// # Errors
    /// [`LightError::Endless`], [`LightError::Start`], [`LightError::Since`], [`LightError::Validators`],
    /// [`LightError::Keys`].
    pub fn new(rules: LightRules, checkpoint: Checkpoint) -> Result<Self, LightError> {
        let Checkpoint { epoch, start, start_ms, since_ms, validators } = checkpoint;
        if rules.epoch_blocks == 0 && epoch != Epoch(0) {
            return Err(LightError::Endless { found: epoch });
        }
        if epoch == Epoch(0) && start != rules.chain {
            return Err(LightError::Start { found: start, expected: rules.chain });
        }
        if since_ms > start_ms {
            return Err(LightError::Since { found: since_ms, start_ms });
        }
        let set = ValidatorSet::new(validators)?;
        let scheme = BlsScheme::observer(&set)?;
        Ok(Self { rules, epoch, start, start_ms, since_ms, set, scheme })
    }

    /// What this client trusts now; another may begin here if it trusts this one.
    pub fn checkpoint(&self) -> Checkpoint {
        let validators = self.set.validators().to_vec();
        let Self { epoch, start, start_ms, since_ms, .. } = *self;
        Checkpoint { epoch, start, start_ms, since_ms, validators }
    }

    /// The rules.
    pub fn rules(&self) -> &LightRules {
        &self.rules
    }

    /// The epoch whose blocks can be checked.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Its validators.
    pub fn set(&self) -> &ValidatorSet {
        &self.set
    }

    /// The heights of its blocks.
    pub fn heights(&self) -> RangeInclusive<u64> {
        if self.rules.epoch_blocks == 0 {
            return 1..=u64::MAX;
        }
        // Saturating by intent: there are no blocks at such heights.
        let blocks = u64::from(self.rules.epoch_blocks);
        let start = self.epoch.0.saturating_mul(blocks);
        start.saturating_add(1)..=start.saturating_add(blocks)
    }

    /// Checks that a header of this epoch is final, at this time of the caller's clock.
    ///
    /// # Errors
    /// [`LightError`] for the first rule broken.
    pub fn check_header<'a>(&self, proof: &'a HeaderProof, now_ms: u64) -> Result<FinalHeader<'a>, LightError> {
        self.check_within(proof, self.heights(), now_ms)
    }

    /// Checks that a header of this epoch is final, and that what is shown lies under it or under an ancestor of it, at
    /// this time of the caller's clock. Returns what the header commits to in which it lies.
    ///
    /// # Errors
    /// [`LightError`] for the first rule broken.
    pub fn check_inclusion(&self, proof: &LightProof, now_ms: u64) -> Result<Commitments, LightError> {
        let FinalHeader { header, hash, .. } = self.check_header(&proof.finality, now_ms)?;
        let trusted = Commitments::of(header).ok_or(LightError::Info { block: hash })?;
        Ok(proof.inclusion.check(&trusted)?)
    }

    /// Goes on to the next epoch, given the proof of this one's last header and the next validators, at this time of
    /// the caller's clock. After an error the client is as it was.
    ///
    /// # Errors
    /// [`LightError`] for the first rule broken.
    pub fn advance(&mut self, proof: &EpochProof, now_ms: u64) -> Result<(), LightError> {
        if self.rules.epoch_blocks == 0 {
            return Err(LightError::Endless { found: self.epoch.next() });
        }
        let last = *self.heights().end();
        let header = self.check_within(&proof.last, last..=last, now_ms)?;
        let (start, start_ms) = (header.hash, header.info.time_ms);
        if let Some(expected) = header.info.next_validators {
            let set = ValidatorSet::new(proof.next_validators.clone())?;
            if set.hash() != expected {
                return Err(LightError::NextValidators { found: set.hash(), expected });
            }
            let scheme = BlsScheme::observer(&set)?;
            (self.set, self.scheme, self.since_ms) = (set, scheme, start_ms);
        } else if !proof.next_validators.is_empty() {
            return Err(LightError::NobodyElected { found: proof.next_validators.len(), height: last });
        }
        (self.epoch, self.start, self.start_ms) = (self.epoch.next(), start, start_ms);
        Ok(())
    }

    /// What costs nothing is checked first, the signature last.
    fn check_within<'a>(
        &self,
        proof: &'a HeaderProof,
        heights: RangeInclusive<u64>,
        now_ms: u64,
    ) -> Result<FinalHeader<'a>, LightError> {
        self.check_trust(now_ms)?;
        let header = &proof.header;
        let hash = header.hash();
        let info = header.info().ok_or(LightError::Info { block: hash })?;
        let (found, expected) = (Epoch(info.seal.epoch), self.epoch);
        if found != expected {
            return Err(LightError::Epoch { found, expected });
        }
        let height = u64::from(header.number);
        if !heights.contains(&height) {
            return Err(LightError::Height { found: height, first: *heights.start(), last: *heights.end() });
        }
        if height == *self.heights().start() && header.parent_hash != self.start {
            return Err(LightError::Parent { height, found: header.parent_hash, expected: self.start });
        }
        self.check_time(&info, now_ms)?;
        self.check_certificate(&proof.certificate, proof.tip(hash)?)?;
        Ok(FinalHeader { header, hash, info })
    }

    /// Whether the validators are still trusted, half-open: at the end of the period they are not.
    fn check_trust(&self, now_ms: u64) -> Result<(), LightError> {
        let (since_ms, start_ms, period_ms) = (self.since_ms, self.start_ms, self.rules.trust_period_ms);
        // A clock that was set back would trust for ever.
        if now_ms.saturating_add(MAX_FUTURE_MS) < start_ms {
            return Err(LightError::Clock { now_ms, start_ms });
        }
        if now_ms.saturating_sub(since_ms) >= period_ms {
            return Err(LightError::Expired { now_ms, since_ms, period_ms });
        }
        Ok(())
    }

    /// Times rise, and none lies ahead of the clock: a start in the future would be trusted for longer.
    fn check_time(&self, info: &BlockInfo, now_ms: u64) -> Result<(), LightError> {
        let (found, max) = (info.time_ms, now_ms.saturating_add(MAX_FUTURE_MS));
        if found <= self.start_ms {
            return Err(LightError::TimeNotAbove { found, start_ms: self.start_ms });
        }
        if found > max {
            return Err(LightError::TimeAhead { found, max });
        }
        Ok(())
    }

    fn check_certificate(&self, certificate: &Certificate, tip: Hash) -> Result<(), LightError> {
        let Certificate { statement, signers, signature } = certificate;
        let Statement { view, phase, digest } = *statement;
        if phase != Phase::Finalize || !statement.is_well_formed() {
            return Err(LightError::Statement { view, phase });
        }
        if digest != tip {
            return Err(LightError::Digest { found: digest, expected: tip });
        }
        if !signers.fits(self.set.len()) {
            return Err(LightError::Signers { validators: self.set.len() });
        }
        if !self.set.is_quorum(signers) {
            let (found, expected) = (self.set.weight_of(signers), quorum_weight(self.set.total()));
            return Err(LightError::Quorum { found, expected });
        }
        let message = signed_bytes(self.rules.chain, self.epoch, statement);
        if self.scheme.verify(&message, signers, signature) {
            return Ok(());
        }
        Err(LightError::Signature { signers: signers.count(), epoch: self.epoch })
    }
}
