//! What the store keeps of finality, put together for those who were not there: proofs of headers and of epochs, and who
//! validates an epoch.

use super::Node;
use super::chain::{Chain, unavailable};
use super::engine::EpochView;
use super::epochs;
use crate::backend::{EpochSet, Unavailable};
use parity_scale_codec::Decode;
use std::ops::RangeInclusive;
use tenon_core::consensus::bbft::{
    Checkpoint, EpochProof, FinalityProof, HeaderProof, LightClient, LightError, LightRules, MAX_DESCENDANTS,
};
use tenon_host::{Environment, query_validators};
use tenon_types::{BlockNumber, Hash, Header, Validator};

/// Epochs without an election that are looked through for the last one.
const MAX_EPOCHS_BACK: u64 = 65_536;

impl Node {
    /// What shows that the block at a height is final, by the first certificate from there on.
    pub(super) fn find_header_proof(&self, height: BlockNumber) -> Result<HeaderProof, Unavailable> {
        self.chain.header_proof(height)
    }

    /// What shows that an epoch is over.
    pub(super) fn find_epoch_proof(&self, epoch: u64) -> Result<EpochProof, Unavailable> {
        if let Some(proof) = epochs::proof(&self.chain.store, epoch) {
            return Ok(proof);
        }
        let next = epoch.saturating_add(1);
        let height = self.start_of(next)?;
        let last = self.find_header_proof(height)?;
        let elected = last.header.info().is_some_and(|info| info.next_validators.is_some());
        let next_validators = if elected { self.find_validators(next)?.validators } else { Vec::new() };
        Ok(EpochProof { last, next_validators })
    }

    /// Who validates an epoch: those whom the state had when its start was made, or, if nobody was elected, those before.
    pub(super) fn find_validators(&self, epoch: u64) -> Result<EpochSet, Unavailable> {
        let start = self.start_of(epoch)?;
        let unknown = || Unavailable::Unproven(format!("found no final block {start}, where epoch {epoch} starts"));
        if start > self.chain.finalized().block.header.number {
            return Err(unknown());
        }
        let start = self.chain.hash_at(start).and_then(|hash| self.chain.block(&hash)).ok_or_else(unknown)?;
        let (since_ms, validators) = match self.last_election(epoch)? {
            None => (self.chain.genesis.time_ms, self.chain.genesis.validators.clone()),
            Some((header, elected)) => {
                let since_ms = header.info().map_or(0, |info| info.time_ms);
                (since_ms, self.elected(&header, elected)?)
            }
        };
        if validators.is_empty() {
            return Err(Unavailable::Unproven("found a chain without validators".into()));
        }
        Ok(EpochSet { epoch, start, since_ms, validators })
    }

    /// The last header at which an epoch up to this one got new validators, with that epoch; nothing if those of genesis
    /// are still there.
    fn last_election(&self, epoch: u64) -> Result<Option<(Header, u64)>, Unavailable> {
        if self.chain.genesis.parameters.hooks.staking.is_none() {
            return Ok(None);
        }
        for back in 0..=epoch.min(MAX_EPOCHS_BACK) {
            let epoch = epoch.saturating_sub(back);
            if epoch == 0 {
                return Ok(None);
            }
            let start = self.start_of(epoch)?;
            let header = self.chain.headers(start..=start)?.into_iter().next();
            if let Some(header) = header.filter(|it| it.info().is_some_and(|info| info.next_validators.is_some())) {
                return Ok(Some((header, epoch)));
            }
        }
        Err(Unavailable::Unproven(format!("found no election in {MAX_EPOCHS_BACK} epochs up to {epoch}")))
    }

    /// The validators of an epoch to whom the header before its first block commits, as the state before it has them.
    fn elected(&self, header: &Header, epoch: u64) -> Result<Vec<Validator>, Unavailable> {
        let kept = epoch.checked_sub(1).and_then(|before| epochs::proof(&self.chain.store, before));
        if let Some(kept) = kept.filter(|kept| kept.last.header == *header && !kept.next_validators.is_empty()) {
            return Ok(kept.next_validators);
        }
        let (state, parent) = self.chain.state_after(&header.parent_hash)?;
        let stopped = |reason: String| Unavailable::Stopped(format!("the validators of epoch {epoch}: {reason}"));
        let info = header.info().ok_or_else(|| stopped("found a header without what is ours".into()))?;
        let (time_ms, producer, seal) = (info.time_ms, info.producer, info.seal);
        let environment = Environment { time_ms, producer, seal, ..self.environment_at(&parent) };
        let set = query_validators(state, &environment, self.engine.clone(), epoch);
        let set = set.map_err(|error| stopped(error.to_string()))?;
        let (found, expected) = (Validator::set_hash(&set), info.next_validators.unwrap_or(Hash::ZERO));
        if found != expected {
            return Err(stopped(format!("found {found}, expected {expected}")));
        }
        Validator::read_set(&set).ok_or_else(|| stopped("found bytes that are no set".into()))
    }

    /// The height of the block from which an epoch starts.
    fn start_of(&self, epoch: u64) -> Result<BlockNumber, Unavailable> {
        let blocks = self.chain.genesis.parameters.hooks.epoch_blocks;
        let unproven = |expected: &str| Unavailable::Unproven(format!("found epoch {epoch}, expected {expected}"));
        if blocks == 0 && epoch > 0 {
            return Err(unproven("epoch 0, which does not end on this chain"));
        }
        let height = epoch.checked_mul(u64::from(blocks)).and_then(|height| BlockNumber::try_from(height).ok());
        height.ok_or_else(|| unproven("one whose heights are below 2^32"))
    }
}

impl Chain {
    /// The hash of the block from which an epoch starts, also where that is pruned.
    pub(super) fn epoch_start(&self, epoch: u64) -> Option<Hash> {
        let start = epoch.saturating_mul(u64::from(self.genesis.parameters.hooks.epoch_blocks));
        let known = BlockNumber::try_from(start).ok().and_then(|start| self.hash_at(start));
        known.or_else(|| epochs::start_hash(&self.store, epoch, start))
    }

    /// Checks final blocks by the validators of an epoch that runs here. Whoever began at the genesis, and goes on from
    /// there, needs no bound on trust.
    pub(super) fn light_client(&self, view: &EpochView) -> Result<LightClient, LightError> {
        let start = self.epoch_start(view.epoch.0).unwrap_or(Hash::ZERO);
        let epoch_blocks = self.genesis.parameters.hooks.epoch_blocks;
        let rules = LightRules { chain: self.genesis_hash, epoch_blocks, trust_period_ms: u64::MAX };
        let validators: Vec<Validator> = view.set.validators().to_vec();
        LightClient::new(rules, Checkpoint { epoch: view.epoch, start, start_ms: 0, since_ms: 0, validators })
    }

    /// What shows that the block at a height is final, by the first certificate from there on.
    pub(super) fn header_proof(&self, height: BlockNumber) -> Result<HeaderProof, Unavailable> {
        let unproven = || Unavailable::Unproven(format!("found no certificate of block {height} or of one above it"));
        let hooks = &self.genesis.parameters.hooks;
        let first = u64::from(height);
        let last = first.saturating_add(MAX_DESCENDANTS as u64);
        let found = self.store.first_proof_from(first, last).map_err(|error| unavailable(first, &error))?;
        let (at, bytes) = found.ok_or_else(unproven)?;
        let at = BlockNumber::try_from(at).map_err(|_| unproven())?;
        // The validators of another epoch say nothing of this one's blocks.
        if hooks.epoch(at) != hooks.epoch(height) {
            return Err(unproven());
        }
        let proof = FinalityProof::from_bytes(&bytes);
        let proof =
            proof.map_err(|error| Unavailable::Stopped(format!("the proof of block {at} is damaged: {error}")))?;
        let mut headers = self.headers(height..=at)?.into_iter();
        let header = headers.next().ok_or_else(unproven)?;
        Ok(proof.of_header(header, headers.collect()))
    }

    /// Final headers, in order.
    fn headers(&self, heights: RangeInclusive<BlockNumber>) -> Result<Vec<Header>, Unavailable> {
        heights.map(|height| self.header_at(u64::from(height))).collect()
    }

    fn header_at(&self, height: u64) -> Result<Header, Unavailable> {
        let block = self.store.block(height).map_err(|error| unavailable(height, &error))?;
        let block = block.ok_or_else(|| Unavailable::Unproven(format!("block {height} is not final")))?;
        // A block begins with its header.
        Header::decode(&mut &block[..])
            .map_err(|error| Unavailable::Stopped(format!("block {height} is damaged: {error}")))
    }
}
