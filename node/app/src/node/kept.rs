//! What a node must not forget of consensus: what its engine wrote last, and every block that this speaks of and that is
//! not final in the store. One synced write; a block is written once, not with every vote.

use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tenon_store::{Store, StoreError};
use tenon_types::{Block, Hash};

/// The record of the store that holds what an engine must not forget.
const RECORD: &[u8] = b"consensus";
/// What the names of blocks' records begin with; then comes the hash.
const BLOCK_RECORD: &[u8] = b"consensus/block/";

/// What was written last.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// The engine's part; empty if none was written.
    pub(crate) engine: Vec<u8>,
    /// The blocks that it speaks of.
    pub(crate) blocks: BTreeMap<Hash, Block>,
}

/// Writes what must not be forgotten.
pub(crate) struct Keeper {
    store: Arc<Store>,
    /// Blocks that are written.
    written: BTreeSet<Hash>,
}

#[derive(Encode, Decode)]
struct Record {
    engine: Vec<u8>,
    blocks: Vec<Hash>,
}

fn name_of(hash: &Hash) -> Vec<u8> {
    [BLOCK_RECORD, &hash.0].concat()
}

impl Kept {
    /// Reads what was written last.
    pub(crate) fn read(store: &Store) -> anyhow::Result<Self> {
        let Some(bytes) = store.record(RECORD)? else { return Ok(Self::default()) };
        let damaged = |what: &str, found: usize| anyhow::anyhow!("found a damaged {what} of {found} bytes");
        let record = Record::decode_all(&mut &bytes[..]).map_err(|_| damaged("consensus record", bytes.len()))?;
        let mut blocks = BTreeMap::new();
        for hash in record.blocks {
            // One that is missing is missed where the engine needs it.
            let Some(bytes) = store.record(&name_of(&hash))? else { continue };
            let block = Block::decode_all(&mut &bytes[..]).map_err(|_| damaged("kept block", bytes.len()))?;
            blocks.insert(hash, block);
        }
        Ok(Self { engine: record.engine, blocks })
    }
}

impl Keeper {
    /// Goes on from what was written.
    pub(crate) fn new(store: Arc<Store>, kept: &Kept) -> Self {
        Self { store, written: kept.blocks.keys().copied().collect() }
    }

    /// Writes the engine's part, and the blocks in place of those that were written before.
    pub(crate) fn write<'a>(
        &mut self,
        engine: Vec<u8>,
        blocks: impl Iterator<Item = (Hash, &'a Block)>,
    ) -> Result<(), StoreError> {
        let mut wanted = BTreeSet::new();
        let mut rows = Vec::new();
        for (hash, block) in blocks {
            wanted.insert(hash);
            if !self.written.contains(&hash) {
                rows.push((name_of(&hash), Some(block.encode())));
            }
        }
        rows.extend(self.written.difference(&wanted).map(|hash| (name_of(hash), None)));
        let record = Record { engine, blocks: wanted.iter().copied().collect() };
        rows.push((RECORD.to_vec(), Some(record.encode())));
        self.store.put_records(&rows)?;
        self.written = wanted;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_store::Options;
    use tenon_types::{Digest, Header};

    fn block(number: u32) -> Block {
        let (parent_hash, state_root, extrinsics_root) = (Hash::ZERO, Hash::ZERO, Hash::ZERO);
        let header = Header { parent_hash, number, state_root, extrinsics_root, digest: Digest::default() };
        Block { header, extrinsics: vec![vec![7; 9]] }
    }

    #[test]
    fn what_was_written_last_is_read_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path(), &Options::default()).unwrap());
        let blocks: Vec<(Hash, Block)> = (1..4).map(|number| (block(number).header.hash(), block(number))).collect();
        let none = Kept::read(&store).unwrap();
        assert!(none.engine.is_empty() && none.blocks.is_empty());
        let mut keeper = Keeper::new(store.clone(), &none);
        let some = |range: std::ops::Range<usize>| blocks[range].iter().map(|(hash, block)| (*hash, block));
        keeper.write(vec![1], some(0..2)).unwrap();
        keeper.write(vec![2], some(1..3)).unwrap();
        let kept = Kept::read(&store).unwrap();
        assert_eq!(kept.engine, [2]);
        assert_eq!(kept.blocks, some(1..3).map(|(hash, block)| (hash, block.clone())).collect());
        assert_eq!(store.record(&name_of(&blocks[0].0)).unwrap(), None, "what is not spoken of any more is gone");
        let mut keeper = Keeper::new(store.clone(), &kept);
        keeper.write(vec![3], some(0..0)).unwrap();
        assert!(Kept::read(&store).unwrap().blocks.is_empty());
        assert_eq!(store.record(&name_of(&blocks[2].0)).unwrap(), None);
    }
}
