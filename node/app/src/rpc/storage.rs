//! Reads of the state as clients see it. Events, digest, height and block hashes are no entries of the state: they are
//! served under the keys where clients look, from the block itself.

use crate::backend::{Backend, BlockEntry, StateView};
use parity_scale_codec::Encode;
use std::sync::{Arc, LazyLock};
use tenon_types::keys::pallet_prefix;
use tenon_types::{Event, EventRecord, Phase};

/// Bytes between the prefix of `System.BlockHash` and the height: its 64-bit hash.
const TWOX_64_BYTES: usize = 8;

struct VirtualKeys {
    events: [u8; 32],
    digest: [u8; 32],
    number: [u8; 32],
    block_hash: [u8; 32],
}

static KEYS: LazyLock<VirtualKeys> = LazyLock::new(|| VirtualKeys {
    events: pallet_prefix("System", "Events"),
    digest: pallet_prefix("System", "Digest"),
    number: pallet_prefix("System", "Number"),
    block_hash: pallet_prefix("System", "BlockHash"),
});

/// The state after a block, with what the block itself serves. The state is opened at the first read that needs it, so
/// that a block's events can be read when its state is pruned.
pub(super) struct Storage<'a> {
    backend: &'a dyn Backend,
    block: Arc<BlockEntry>,
    state: Option<Box<dyn StateView>>,
}

impl<'a> Storage<'a> {
    pub(super) fn new(backend: &'a dyn Backend, block: Arc<BlockEntry>) -> Self {
        Self { backend, block, state: None }
    }

    /// The value under a key.
    pub(super) fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, crate::backend::Unavailable> {
        if key == KEYS.events {
            return Ok(Some(events(&self.block)));
        }
        if key == KEYS.digest {
            return Ok(Some(self.block.block.header.digest.encode()));
        }
        if key == KEYS.number {
            return Ok(Some(self.block.block.header.number.encode()));
        }
        if let Some(rest) = key.strip_prefix(&KEYS.block_hash) {
            let height =
                rest.get(TWOX_64_BYTES..).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()).map(u32::from_le_bytes);
            let hash = height.filter(|height| *height < self.block.block.header.number);
            return Ok(hash.and_then(|height| self.backend.hash_at(height)).map(|hash| hash.encode()));
        }
        if self.state.is_none() {
            self.state = Some(self.backend.state(&self.block.hash)?);
        }
        Ok(self.state.as_ref().and_then(|state| state.get(key)))
    }
}

/// A block's events as `System.Events` holds them.
fn events(block: &BlockEntry) -> Vec<u8> {
    let applied = (0u32..).zip(&block.receipts).map(|(index, receipt)| (Phase::ApplyExtrinsic(index), receipt));
    let hooks = block.hook_receipts.iter().map(|receipt| (Phase::Finalization, receipt));
    let mut records = Vec::new();
    for (phase, receipt) in applied.chain(hooks) {
        let record = |event: &Event| EventRecord { phase, event: event.clone(), topics: Vec::new() };
        records.extend(receipt.events.iter().map(record));
    }
    records.encode()
}
