//! The chain as this node knows it: final blocks in the store, newer ones as layers in memory.

use super::state::{LatestPages, LatestState, StateAfter};
use crate::backend::{BlockEntry, HeadEvent, Unavailable};
use crate::telemetry::Metrics;
use parity_scale_codec::Decode;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, RwLock};
use tenon_core::rules::Outcome;
use tenon_host::tree::PageDiff;
use tenon_host::{Diff, Environment, LayeredState, StateReader};
use tenon_store::{Store, StoreError};
use tenon_types::mmr::Accumulator;
use tenon_types::proof::TreeHash;
use tenon_types::{Block, BlockNumber, Genesis, Hash, Receipt, Seal, Validator, next_base_fee};
use tokio::sync::broadcast;

/// Final blocks kept decoded, and the transactions in them.
const MAX_RECENT_BLOCKS: usize = 64;
const MAX_RECENT_TRANSACTIONS: usize = 50_000;
/// Head events that a slow subscriber may lag behind before it misses some.
const MAX_HEAD_EVENTS: usize = 256;

/// How often a thread that waits for a block to be written looks whether it is.
const WAIT_FINAL: std::time::Duration = std::time::Duration::from_millis(1);

/// A block that is not final yet.
pub(crate) struct Layer {
    pub(crate) entry: Arc<BlockEntry>,
    pub(crate) diff: Arc<Diff>,
    /// The accumulator over it and all before it.
    pub(crate) accumulator: Arc<Accumulator>,
    /// The nodes of the accumulator that it completes.
    pub(crate) nodes: Vec<TreeHash>,
    /// What shows that it is final, if something of its own does.
    proof: OnceLock<Vec<u8>>,
    /// Who validates the next epoch, if it is the last of its own.
    elected: OnceLock<Vec<Validator>>,
    settled: Mutex<Option<Arc<Settled>>>,
    arrived: Condvar,
}

/// What follows from a block's execution and is computed beside the next block's.
pub(crate) struct Settled {
    pub(crate) outcome: Outcome,
    pub(crate) pages: Arc<PageDiff>,
    pub(crate) receipts: Vec<u8>,
}

impl Layer {
    /// A block on those over which there is this accumulator.
    pub(crate) fn new(entry: BlockEntry, diff: Diff, before: &Accumulator) -> Self {
        let mut accumulator = before.clone();
        let nodes = accumulator.append(&entry.hash);
        Self {
            entry: Arc::new(entry),
            diff: Arc::new(diff),
            accumulator: Arc::new(accumulator),
            nodes,
            proof: OnceLock::new(),
            elected: OnceLock::new(),
            settled: Mutex::new(None),
            arrived: Condvar::new(),
        }
    }

    /// What shows that it is final; empty if the proof of a later block does.
    pub(crate) fn proof(&self) -> &[u8] {
        self.proof.get().map_or(&[], Vec::as_slice)
    }

    /// Takes note of who validates the next epoch.
    pub(crate) fn elect(&self, validators: Vec<Validator>) {
        drop(self.elected.set(validators));
    }

    pub(crate) fn elected(&self) -> Option<&[Validator]> {
        self.elected.get().map(Vec::as_slice)
    }

    pub(crate) fn settle(&self, settled: Settled) {
        *self.settled.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(settled));
        self.arrived.notify_all();
    }

    /// What was settled, if it was.
    pub(crate) fn settled(&self) -> Option<Arc<Settled>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the block is settled, or the node failed.
    pub(crate) fn wait(&self, chain: &Chain) -> Option<Arc<Settled>> {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(settled) = settled.as_ref() {
                return Some(settled.clone());
            }
            if chain.failure().is_some() {
                return None;
            }
            let patience = std::time::Duration::from_millis(100);
            settled = self.arrived.wait_timeout(settled, patience).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

struct Inner {
    finalized: Arc<BlockEntry>,
    finalized_outcome: Outcome,
    /// The accumulator over all final blocks.
    accumulator: Arc<Accumulator>,
    /// Oldest first.
    layers: VecDeque<Arc<Layer>>,
    /// Final blocks, oldest first.
    recent: VecDeque<Arc<BlockEntry>>,
}

/// The chain as this node knows it.
pub(crate) struct Chain {
    pub(crate) genesis: Genesis,
    pub(crate) genesis_hash: Hash,
    pub(crate) store: Arc<Store>,
    pub(crate) pages: LatestPages,
    inner: RwLock<Inner>,
    heads: broadcast::Sender<HeadEvent>,
    /// What is counted, where somebody looks.
    metrics: OnceLock<Arc<Metrics>>,
    failure: OnceLock<String>,
}

/// The head on which the next block stands.
pub(crate) struct Head {
    pub(crate) entry: Arc<BlockEntry>,
    /// The newest layer; absent if the head is final.
    pub(crate) layer: Option<Arc<Layer>>,
    /// What the newest final block gave, used if there is no layer.
    pub(crate) finalized_outcome: Outcome,
    /// The accumulator over the head and all before it.
    pub(crate) accumulator: Arc<Accumulator>,
}

impl Chain {
    pub(crate) fn new(
        genesis: Genesis,
        genesis_hash: Hash,
        store: Arc<Store>,
        finalized: BlockEntry,
        finalized_outcome: Outcome,
        accumulator: Accumulator,
    ) -> Self {
        let finalized = Arc::new(finalized);
        let inner = Inner {
            finalized: finalized.clone(),
            finalized_outcome,
            accumulator: Arc::new(accumulator),
            layers: VecDeque::new(),
            recent: VecDeque::from([finalized]),
        };
        Self {
            genesis,
            genesis_hash,
            pages: LatestPages::new(store.clone()),
            store,
            inner: RwLock::new(inner),
            heads: broadcast::channel(MAX_HEAD_EVENTS).0,
            metrics: OnceLock::new(),
            failure: OnceLock::new(),
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has figures counted from now on.
    pub(crate) fn measure(&self, metrics: Arc<Metrics>) {
        drop(self.metrics.set(metrics));
    }

    /// What is counted, where somebody looks.
    pub(crate) fn metrics(&self) -> Option<&Metrics> {
        self.metrics.get().map(Arc::as_ref)
    }

    /// Takes note that the node cannot go on.
    pub(crate) fn fail(&self, reason: String) {
        tracing::error!(target: "tenon::chain", reason, "the node cannot go on");
        drop(self.failure.set(reason));
    }

    /// Why the node cannot go on, if so.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<HeadEvent> {
        self.heads.subscribe()
    }

    pub(crate) fn head(&self) -> Head {
        let inner = self.read();
        let layer = inner.layers.back().cloned();
        let entry = layer.as_ref().map_or_else(|| inner.finalized.clone(), |layer| layer.entry.clone());
        let accumulator = layer.as_ref().map_or_else(|| inner.accumulator.clone(), |layer| layer.accumulator.clone());
        Head { entry, layer, finalized_outcome: inner.finalized_outcome, accumulator }
    }

    pub(crate) fn best(&self) -> Arc<BlockEntry> {
        self.head().entry
    }

    pub(crate) fn finalized(&self) -> Arc<BlockEntry> {
        self.read().finalized.clone()
    }

    /// The state at the head, for what follows the head alone: it reads the store as it is.
    pub(crate) fn head_state(&self) -> Arc<dyn StateReader> {
        self.head_state_below(Vec::new())
    }

    /// The same below the diffs of pending blocks, newest first.
    pub(crate) fn head_state_below(&self, mut diffs: Vec<Arc<Diff>>) -> Arc<dyn StateReader> {
        diffs.extend(self.read().layers.iter().rev().map(|layer| layer.diff.clone()));
        Arc::new(LayeredState::new(diffs, Arc::new(LatestState { store: self.store.clone() })))
    }

    /// The state after a block, whatever becomes final meanwhile.
    pub(crate) fn state_after(&self, hash: &Hash) -> Result<(Arc<dyn StateReader>, Arc<BlockEntry>), Unavailable> {
        let (layers, finalized) = {
            let inner = self.read();
            let position = inner.layers.iter().position(|layer| layer.entry.hash == *hash);
            let layers: Option<Vec<_>> =
                position.map(|position| inner.layers.iter().take(position + 1).rev().cloned().collect());
            (layers, inner.finalized.clone())
        };
        let height = |entry: &BlockEntry| u64::from(entry.block.header.number);
        if let Some(layers) = layers {
            let base = StateAfter { store: self.store.clone(), height: height(&finalized) };
            let entry = layers.first().map_or_else(|| finalized.clone(), |layer| layer.entry.clone());
            let diffs = layers.iter().map(|layer| layer.diff.clone()).collect();
            return Ok((Arc::new(LayeredState::new(diffs, Arc::new(base))), entry));
        }
        let entry = self.block(hash).ok_or(Unavailable::UnknownBlock(*hash))?;
        let height = height(&entry);
        self.store.state_at(height).map_err(|error| unavailable(height, &error))?;
        Ok((Arc::new(StateAfter { store: self.store.clone(), height }), entry))
    }

    /// Page diffs of the layers below a block, newest first.
    pub(crate) fn pages_below(&self, hash: &Hash) -> Vec<Arc<PageDiff>> {
        let inner = self.read();
        let below = inner.layers.iter().take_while(|layer| layer.entry.hash != *hash);
        let mut pages: Vec<_> =
            below.filter_map(|layer| layer.settled().map(|settled| settled.pages.clone())).collect();
        pages.reverse();
        pages
    }

    /// Page diffs of all layers, newest first. All are there once the newest layer is settled.
    pub(crate) fn settled_pages(&self) -> Vec<Arc<PageDiff>> {
        let inner = self.read();
        inner.layers.iter().rev().filter_map(|layer| layer.settled().map(|settled| settled.pages.clone())).collect()
    }

    /// The blocks that are not in the store yet, oldest first.
    pub(crate) fn unfinalized(&self) -> Vec<Arc<Layer>> {
        self.read().layers.iter().cloned().collect()
    }

    pub(crate) fn block(&self, hash: &Hash) -> Option<Arc<BlockEntry>> {
        {
            let inner = self.read();
            let layers = inner.layers.iter().map(|layer| &layer.entry);
            if let Some(entry) = layers.chain(&inner.recent).find(|entry| entry.hash == *hash) {
                return Some(entry.clone());
            }
        }
        let height = self.store.height_of(&hash.0).ok().flatten()?;
        load_block(&self.store, height).ok().flatten().map(Arc::new)
    }

    pub(crate) fn hash_at(&self, height: BlockNumber) -> Option<Hash> {
        let layered =
            self.read().layers.iter().find(|layer| layer.entry.block.header.number == height).map(|l| l.entry.hash);
        layered.or_else(|| self.store.hash_of(u64::from(height)).ok().flatten().map(Hash))
    }

    pub(crate) fn transaction(&self, hash: &Hash) -> Option<(Hash, u32)> {
        let position = {
            let inner = self.read();
            inner.layers.iter().rev().find_map(|layer| {
                let index = layer.entry.transactions.iter().position(|other| other == hash)?;
                Some((layer.entry.hash, u32::try_from(index).ok()?))
            })
        };
        position.or_else(|| {
            let found = self.store.transaction(&hash.0).ok().flatten()?;
            Some((self.store.hash_of(found.height).ok().flatten().map(Hash)?, found.index))
        })
    }

    /// Makes a block the head and announces it.
    pub(crate) fn extend(&self, layer: Arc<Layer>) {
        let entry = layer.entry.clone();
        self.write().layers.push_back(layer);
        drop(self.heads.send(HeadEvent::Best(entry)));
    }

    /// Keeps what shows that a block, which is no older than the last final one, is final.
    pub(crate) fn prove(&self, hash: &Hash, proof: Vec<u8>) {
        if let Some(layer) = self.read().layers.iter().find(|layer| layer.entry.hash == *hash) {
            drop(layer.proof.set(proof));
        }
    }

    /// Whether a block is final or the head, and one of the last.
    pub(crate) fn is_in_memory(&self, hash: &Hash) -> bool {
        let inner = self.read();
        inner.layers.iter().map(|layer| &layer.entry).chain(&inner.recent).any(|entry| entry.hash == *hash)
    }

    /// Waits until the block of a height is in the store, or the node failed.
    pub(crate) fn wait_final(&self, height: u64) {
        while self.failure().is_none() && u64::from(self.finalized().block.header.number) < height {
            std::thread::sleep(WAIT_FINAL);
        }
    }

    /// The oldest layers up to a block.
    pub(crate) fn layers_up_to(&self, hash: &Hash) -> Vec<Arc<Layer>> {
        let inner = self.read();
        let last = inner.layers.iter().position(|layer| layer.entry.hash == *hash);
        last.map(|last| inner.layers.iter().take(last + 1).cloned().collect()).unwrap_or_default()
    }

    /// Takes note that the oldest layers are in the store now, and announces them.
    pub(crate) fn finalize(&self, layers: &[Arc<Layer>]) {
        for layer in layers {
            let settled = layer.settled().expect("a block is settled before it is final");
            self.pages.committed(&settled.pages);
            let mut inner = self.write();
            let first = inner.layers.pop_front().expect("a final block was a layer");
            assert!(first.entry.hash == layer.entry.hash, "blocks become final in order");
            inner.finalized = layer.entry.clone();
            inner.finalized_outcome = settled.outcome;
            inner.accumulator = layer.accumulator.clone();
            inner.recent.push_back(layer.entry.clone());
            let mut transactions: usize = inner.recent.iter().map(|entry| entry.transactions.len()).sum();
            while inner.recent.len() > 1
                && (inner.recent.len() > MAX_RECENT_BLOCKS || transactions > MAX_RECENT_TRANSACTIONS)
            {
                let dropped = inner.recent.pop_front().map_or(0, |entry| entry.transactions.len());
                transactions -= dropped;
            }
            drop(inner);
            drop(self.heads.send(HeadEvent::Finalized(layer.entry.clone())));
        }
    }

    /// The environment of the block after another. Who makes a block leads it; what else consensus says is not here.
    pub(crate) fn environment_after(
        &self,
        parent: &BlockEntry,
        time_ms: u64,
        producer: tenon_types::Address,
    ) -> Environment {
        let parameters = &self.genesis.parameters;
        let height = parent.block.header.number.saturating_add(1);
        Environment {
            genesis_hash: self.genesis_hash,
            height,
            time_ms: time_ms.max(parent.info.time_ms.saturating_add(1)),
            producer,
            base_fee: next_base_fee(parameters, parent.info.base_fee, parent.gas_used),
            parameters: parameters.clone(),
            seal: Seal::of_leader(parameters.hooks.epoch(height), producer),
        }
    }
}

/// Why the state after a height is not to be had.
pub(crate) fn unavailable(height: u64, error: &StoreError) -> Unavailable {
    match error {
        StoreError::Pruned { expected, .. } => Unavailable::Pruned { height, from: *expected },
        other => Unavailable::Stopped(other.to_string()),
    }
}

/// Reads a block of the store with what its execution gave.
pub(crate) fn load_block(store: &Store, height: u64) -> Result<Option<BlockEntry>, StoreError> {
    let (Some(block), Some(receipts)) = (store.block(height)?, store.receipts(height)?) else { return Ok(None) };
    let (Ok(block), Ok(receipts)) = (Block::decode(&mut &block[..]), Vec::<Receipt>::decode(&mut &receipts[..])) else {
        panic!("the store holds a damaged block at height {height}");
    };
    Ok(Some(entry_of(block, receipts)))
}

/// Puts a block and its receipts together. Those beyond its transactions are of hooks.
pub(crate) fn entry_of(block: Block, mut receipts: Vec<Receipt>) -> BlockEntry {
    let hook_receipts = receipts.split_off(block.extrinsics.len().min(receipts.len()));
    BlockEntry {
        hash: block.header.hash(),
        info: block.header.info().expect("a block of this chain carries its info"),
        transactions: receipts.iter().map(|receipt| receipt.transaction).collect(),
        gas_used: receipts.iter().map(|receipt| receipt.gas_used).sum(),
        block,
        receipts,
        hook_receipts,
    }
}
