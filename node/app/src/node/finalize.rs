//! Writes final blocks to the store: one atomic write for all that are due.

use super::chain::{Chain, Layer, Settled};
use super::epochs;
use super::state::page_key;
use crate::backend::BlockEntry;
use parity_scale_codec::Encode;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;
use tenon_host::tree::PageDiff;
use tenon_host::{Changes, Diff};
use tenon_store::{FinalizedBatch, Store, StoreError};
use tenon_types::mmr::Accumulator;
use tenon_types::proof::TreeHash;
use tenon_types::{Event, Hash, ModulesEvent};

/// Blocks that one write takes, so that the oldest does not wait for many.
const MAX_BLOCKS_PER_WRITE: usize = 16;

/// Makes blocks final in the order in which their hashes arrive, until the sender is gone or the node failed.
pub(crate) fn finalize_blocks(chain: &Chain, due: &Receiver<Hash>, told: &dyn Fn(&[Arc<Layer>])) {
    while let Ok(first) = due.recv() {
        let last = due.try_iter().take(MAX_BLOCKS_PER_WRITE - 1).last().unwrap_or(first);
        let layers = chain.layers_up_to(&last);
        let Some(settled) = layers.iter().map(|layer| layer.wait(chain)).collect::<Option<Vec<_>>>() else { return };
        let ended = epochs::records(&layers, chain.genesis.parameters.hooks.epoch_blocks);
        // Before the blocks are: what was pruned by then could not be put together again.
        if !ended.is_empty()
            && let Err(error) = chain.store.put_records(&ended)
        {
            return chain.fail(format!("store: {error}"));
        }
        let rows: Vec<Rows> = layers.iter().zip(&settled).map(|(layer, settled)| Rows::new(layer, settled)).collect();
        let batches: Vec<FinalizedBatch<'_>> = rows.iter().map(Rows::batch).collect();
        let began = Instant::now();
        if let Err(error) = chain.store.commit_many(&batches) {
            return chain.fail(format!("store: {error}"));
        }
        if let Some(metrics) = chain.metrics() {
            metrics.commit_seconds.observe(began.elapsed().as_secs_f64());
        }
        chain.finalize(&layers);
        told(&layers);
    }
}

/// Writes block 0.
pub(crate) fn commit_genesis(
    store: &Store,
    entry: &BlockEntry,
    diff: &Diff,
    settled: &Settled,
) -> Result<(), StoreError> {
    let nodes = Accumulator::new().append(&entry.hash);
    store.commit(&Rows { nodes: &nodes, ..Rows::of(entry, diff.changes(), settled) }.batch())
}

/// A block's rows in the form that the store takes.
struct Rows<'a> {
    entry: &'a BlockEntry,
    block: Vec<u8>,
    receipts: &'a [u8],
    proof: &'a [u8],
    nodes: &'a [TreeHash],
    state: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    pages: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    transactions: Vec<[u8; 32]>,
    events: Vec<(Vec<u8>, u32)>,
}

impl<'a> Rows<'a> {
    fn new(layer: &'a Layer, settled: &'a Settled) -> Self {
        Self { proof: layer.proof(), nodes: &layer.nodes, ..Self::of(&layer.entry, layer.diff.changes(), settled) }
    }

    fn of(entry: &'a BlockEntry, changes: &Changes, settled: &'a Settled) -> Self {
        Self {
            entry,
            block: entry.block.encode(),
            receipts: &settled.receipts,
            proof: &[],
            nodes: &[],
            state: changes
                .iter()
                .map(|(key, value)| (key.to_vec(), value.as_ref().map(|value| value.to_vec())))
                .collect(),
            pages: page_rows(&settled.pages),
            transactions: entry.transactions.iter().map(|hash| hash.0).collect(),
            events: event_rows(entry),
        }
    }

    fn batch(&self) -> FinalizedBatch<'_> {
        let header = &self.entry.block.header;
        FinalizedBatch {
            height: u64::from(header.number),
            hash: self.entry.hash.0,
            parent_hash: header.parent_hash.0,
            block: &self.block,
            receipts: self.receipts,
            proof: self.proof,
            nodes: self.nodes,
            state_changes: &self.state,
            page_changes: &self.pages,
            tx_hashes: &self.transactions,
            events: &self.events,
        }
    }
}

fn page_rows(pages: &PageDiff) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    pages.iter().map(|(id, page)| (page_key(id), page.as_ref().map(|page| page.encode()))).collect()
}

/// Under which topics the events of modules are found: the instance, and the instance with each topic. The number of an
/// event counts all events of the block.
pub(super) fn event_rows(entry: &BlockEntry) -> Vec<(Vec<u8>, u32)> {
    let mut rows = Vec::new();
    for (index, event) in entry.all_receipts().flat_map(|receipt| &receipt.events).enumerate() {
        let Event::Modules(ModulesEvent::Emitted { instance, topics, .. }) = event else { continue };
        let Ok(index) = u32::try_from(index) else { break };
        rows.push((instance.0.to_vec(), index));
        rows.extend(topics.iter().map(|topic| ([instance.0, topic.0].concat(), index)));
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}
