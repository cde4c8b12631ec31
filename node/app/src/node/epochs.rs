//! What shows that epochs are over, and who validated next: kept for ever, as records of the store. A node that begins
//! with a snapshot follows the validators by them from the genesis on, and serves them to the next such node.
//!
//! They take the bytes of one set of validators an epoch. It leaves out making them for who asks about a recent epoch:
//! that is [`super::finality`].

use super::chain::Layer;
use std::sync::Arc;
use tenon_core::consensus::bbft::{EpochProof, FinalityProof};
use tenon_store::{Change, Store, StoreError};
use tenon_types::Hash;

/// What the names of the records begin with; then comes the epoch's number.
const RECORD: &[u8] = b"epoch/";

/// The name of an epoch's record.
pub(super) fn record_of(epoch: u64) -> Vec<u8> {
    [RECORD, &epoch.to_be_bytes()].concat()
}

/// The encoded proof that an epoch is over, if it is kept.
pub(super) fn kept(store: &Store, epoch: u64) -> Result<Option<Vec<u8>>, StoreError> {
    store.record(&record_of(epoch))
}

/// The same, decoded. What does not decode counts as missing: it can be asked of others.
pub(super) fn proof(store: &Store, epoch: u64) -> Option<EpochProof> {
    EpochProof::from_bytes(&kept(store, epoch).ok()??).ok()
}

/// The hash of the block from which an epoch starts, also where its own row is pruned.
pub(super) fn start_hash(store: &Store, epoch: u64, start_height: u64) -> Option<Hash> {
    let row = store.hash_of(start_height).ok().flatten().map(Hash);
    row.or_else(|| Some(proof(store, epoch.checked_sub(1)?)?.last.header.hash()))
}

/// The records of the epochs that end with one of these blocks.
pub(super) fn records(layers: &[Arc<Layer>], epoch_blocks: u32) -> Vec<Change> {
    let ends = |layer: &&Arc<Layer>| {
        let number = layer.entry.block.header.number;
        number > 0 && number.checked_rem(epoch_blocks) == Some(0)
    };
    layers.iter().filter(ends).filter_map(|layer| record(layer)).collect()
}

fn record(layer: &Layer) -> Option<Change> {
    let epoch = layer.entry.info.seal.epoch;
    let finality = FinalityProof::from_bytes(layer.proof()).ok();
    let elected = match layer.entry.info.next_validators {
        Some(_) => layer.elected().map(<[_]>::to_vec),
        None => Some(Vec::new()),
    };
    let Some((finality, next_validators)) = finality.zip(elected) else {
        tracing::warn!(target: "tenon::chain", epoch, "an epoch ended, and nothing here shows it");
        return None;
    };
    let last = finality.of_header(layer.entry.block.header.clone(), Vec::new());
    Some((record_of(epoch), Some(EpochProof { last, next_validators }.to_bytes())))
}
