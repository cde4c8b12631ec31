//! The consensus engine of a node among others, made from its settings and the chain in its store.

use super::epochs;
use super::genesis::Begun;
use super::kept::Kept;
use super::state::LatestState;
use crate::config::ConsensusSettings;
use anyhow::Context as _;
use parity_scale_codec::DecodeAll;
use std::collections::BTreeMap;
use std::sync::Arc;
use tenon_core::consensus::bbft::{Candidate, FinalityProof, Timing};
use tenon_core::consensus::{LastFinal, Participant, ParticipantSetup};
use tenon_crypto::bls::BlsSecretKey;
use tenon_host::{Engine, Environment, query_validators};
use tenon_store::Store;
use tenon_types::Validator;

/// What a node's settings say of consensus.
pub(crate) struct Voting {
    pub(crate) settings: ConsensusSettings,
    /// The key to vote with.
    pub(crate) key: Option<BlsSecretKey>,
    /// Whether it has voted on this chain.
    pub(crate) voted: bool,
}

impl Voting {
    /// The engine that goes on from a chain.
    ///
    /// # Errors
    /// If what was persisted does not fit the chain.
    pub(crate) fn participant(
        self,
        begun: &Begun,
        kept: &Kept,
        store: &Arc<Store>,
        engine: Arc<dyn Engine>,
    ) -> anyhow::Result<Participant> {
        let ConsensusSettings { block_interval_ms, delay_ms, max_delay_ms, super_nodes } = self.settings;
        let setup = ParticipantSetup {
            chain: begun.genesis_hash,
            epoch_blocks: u64::from(begun.genesis.parameters.hooks.epoch_blocks),
            initial: begun.genesis.validators.clone(),
            elected: elected(begun, store, engine),
            key: self.key,
            timing: Timing { delay_ms, interval_ms: block_interval_ms, max_delay_ms },
            supers: super_nodes,
            latencies: BTreeMap::new(),
            last_final: last_final(begun, store)?,
            fresh: false,
        };
        // A key that voted, and of which nothing is known, counts as one whose record is damaged: it observes.
        let persisted = (!kept.engine.is_empty() || self.voted).then_some(&kept.engine[..]);
        Participant::new(setup, persisted).context("consensus cannot go on from this store")
    }
}

/// The validators of the next block's epoch, if somebody was elected.
fn elected(begun: &Begun, store: &Arc<Store>, engine: Arc<dyn Engine>) -> Option<Vec<Validator>> {
    let last = &begun.finalized;
    let height = last.block.header.number;
    let epoch = begun.genesis.parameters.hooks.epoch(height.saturating_add(1));
    let environment = Environment {
        genesis_hash: begun.genesis_hash,
        height,
        time_ms: last.info.time_ms,
        ..Environment::genesis(&begun.genesis)
    };
    let state = Arc::new(LatestState { store: store.clone() });
    let set = query_validators(state, &environment, engine, epoch).ok()?;
    Validator::read_set(&set)
}

fn last_final(begun: &Begun, store: &Store) -> anyhow::Result<LastFinal> {
    let last = &begun.finalized;
    let (header, hooks) = (&last.block.header, &begun.genesis.parameters.hooks);
    let epoch = hooks.epoch(header.number.saturating_add(1));
    let start = epoch.saturating_mul(u64::from(hooks.epoch_blocks));
    let epoch_start = epochs::start_hash(store, epoch, start);
    let epoch_start = epoch_start.with_context(|| format!("the store has no hash of block {start}"))?;
    let proof = store.proof(u64::from(header.number))?;
    let certificate = match proof {
        None => None,
        Some(bytes) => {
            let proof = FinalityProof::decode_all(&mut &bytes[..])
                .with_context(|| format!("found {} damaged bytes of finality in the store", bytes.len()))?;
            Some(proof.certificate)
        }
    };
    Ok(LastFinal { candidate: Candidate::of(header, &last.info.seal), certificate, epoch_start })
}
