//! What follows from a block's execution, computed beside the next block's: state root, receipts' root, tree pages.

use super::chain::{Chain, Layer, Settled};
use parity_scale_codec::{Compact, Encode};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;
use tenon_core::rules::Outcome;
use tenon_host::tree::{self, Change, LayeredPages, PageSource, TreeError};
use tenon_host::{Diff, Key, Value};
use tenon_types::proof::{TreeHash, key_hash, value_hash};
use tenon_types::{Hash, Receipt, extrinsics_root};

/// Threads that hash one block's changes.
const TREE_THREADS: usize = 2;
/// Fewer entries are hashed on one thread.
const MIN_PARALLEL_ENTRIES: usize = 2_048;

/// Settles blocks in the order in which they were made, until the sender is gone or the node failed.
pub(crate) fn settle_blocks(chain: &Chain, blocks: &Receiver<Arc<Layer>>, mut root: Hash) {
    while let Ok(layer) = blocks.recv() {
        // A block may have been settled before it became the head, because another was made on it.
        if let Some(settled) = layer.settled() {
            root = settled.outcome.state_root;
            continue;
        }
        let began = Instant::now();
        let source = LayeredPages::new(chain.pages_below(&layer.entry.hash), &chain.pages);
        let receipts = (&layer.entry.receipts[..], &layer.entry.hook_receipts[..]);
        match settle(&source, root, &layer.diff, receipts) {
            Ok(settled) => {
                if let Some(metrics) = chain.metrics() {
                    metrics.settle_seconds.observe(began.elapsed().as_secs_f64());
                }
                root = settled.outcome.state_root;
                layer.settle(settled);
            }
            Err(error) => return chain.fail(format!("state tree: {error}")),
        }
    }
}

/// Settles one block. The gas of hooks is not the block's.
pub(crate) fn settle(
    source: &dyn PageSource,
    root: Hash,
    diff: &Diff,
    (receipts, of_hooks): (&[Receipt], &[Receipt]),
) -> Result<Settled, TreeError> {
    let update = tree::update(source, root.0, &hashed(diff.changes()), TREE_THREADS)?;
    let encoded: Vec<Vec<u8>> = receipts.iter().chain(of_hooks).map(Encode::encode).collect();
    let receipts_root = extrinsics_root(&encoded);
    let count = u32::try_from(encoded.len()).expect("a block has fewer transactions and hooks");
    let mut bytes = Compact(count).encode();
    encoded.iter().for_each(|receipt| bytes.extend_from_slice(receipt));
    let gas_used = receipts.iter().map(|receipt| receipt.gas_used).sum();
    let outcome = Outcome { state_root: Hash(update.root), gas_used, receipts_root };
    Ok(Settled { outcome, pages: Arc::new(update.pages), receipts: bytes })
}

/// The hashes of changed entries, in the order of the key hashes.
fn hashed(changes: &[(Key, Option<Value>)]) -> Vec<Change> {
    let hash = |(key, value): &(Key, Option<Value>)| -> (TreeHash, Option<TreeHash>) {
        (key_hash(key), value.as_ref().map(|value| value_hash(value)))
    };
    let mut hashes: Vec<Change> = if changes.len() < MIN_PARALLEL_ENTRIES {
        changes.iter().map(hash).collect()
    } else {
        let (left, right) = changes.split_at(changes.len() / 2);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| right.iter().map(hash).collect::<Vec<_>>());
            let mut all: Vec<Change> = left.iter().map(hash).collect();
            all.extend(other.join().expect("hashing does not panic"));
            all
        })
    };
    hashes.sort_unstable_by_key(|(key, _)| *key);
    hashes
}
