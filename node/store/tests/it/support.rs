//! Deterministic blocks, and a model in memory of what the store must hold after them.

use std::collections::BTreeMap;

use tenon_store::{Change, FinalizedBatch, Hash, Options, Row, Scan, Store, StoreError};

pub(crate) type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// A block that owns what a batch borrows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub(crate) height: u64,
    pub(crate) fork: u8,
    pub(crate) state: Vec<Change>,
    pub(crate) pages: Vec<Change>,
    pub(crate) transactions: Vec<Hash>,
    pub(crate) events: Vec<(Vec<u8>, u32)>,
    pub(crate) proof: Vec<u8>,
    pub(crate) nodes: Vec<Hash>,
}

impl Block {
    pub(crate) fn body(&self) -> Vec<u8> {
        vec![self.fork.wrapping_add(7); 1 + (self.height % 50) as usize * 8]
    }

    pub(crate) fn batch<'a>(&'a self, parent_hash: Hash, body: &'a [u8]) -> FinalizedBatch<'a> {
        FinalizedBatch {
            height: self.height,
            hash: hash(self.height, self.fork),
            parent_hash,
            block: body,
            receipts: &body[1..],
            proof: &self.proof,
            nodes: &self.nodes,
            state_changes: &self.state,
            page_changes: &self.pages,
            tx_hashes: &self.transactions,
            events: &self.events,
        }
    }

    pub(crate) fn commit(&self, store: &Store) -> Result<(), StoreError> {
        let parent = store.finalized()?.map_or([0; 32], |finalized| finalized.hash);
        store.commit(&self.batch(parent, &self.body()))
    }

    pub(crate) fn apply(&self, state: &mut Rows, pages: &mut Rows) {
        for (rows, changes) in [(state, &self.state), (pages, &self.pages)] {
            for (key, value) in changes {
                match value {
                    Some(value) => rows.insert(key.clone(), value.clone()),
                    None => rows.remove(key),
                };
            }
        }
    }
}

/// Small stores whose buffers are flushed and compacted often.
pub(crate) fn options() -> Options {
    Options { sync: false, cache_bytes: 1 << 20, write_buffer_bytes: 1 << 20, ..Options::default() }
}

pub(crate) fn hash(height: u64, fork: u8) -> Hash {
    let mut hash = [fork; 32];
    hash[..8].copy_from_slice(&height.to_be_bytes());
    hash
}

/// The next number of a sequence that `state` determines.
pub(crate) fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The block at `height` of a chain that never differs: up to 60 changes to 500 keys, some of them removals.
pub(crate) fn deterministic(height: u64) -> Block {
    let mut seed = height;
    let mut changes = |prefix: u8, count: u64, bytes: usize| {
        let mut rows = Rows::new();
        for _ in 0..count {
            let key = [&[prefix], &(random(&mut seed) % 500).to_le_bytes()[..2]].concat();
            rows.insert(key, vec![random(&mut seed).to_le_bytes()[0]; 1 + (random(&mut seed) as usize) % bytes]);
        }
        let kept = |(key, value): (Vec<u8>, Vec<u8>)| (key, (value[0] % 4 != 0).then_some(value));
        rows.into_iter().map(kept).collect::<Vec<Change>>()
    };
    let (state, pages) = (changes(b's', 60, 80), changes(b'p', 12, 600));
    let transactions = (0..height % 5).map(|index| transaction(height, index)).collect();
    let events = (0..3).map(|index| (vec![b'e', (height % 3) as u8], index)).collect();
    Block { height, fork: 0, state, pages, transactions, events, proof: proof(height), nodes: nodes(height) }
}

/// As many nodes as a block completes: one more than its height ends in bits that are set.
pub(crate) fn nodes(height: u64) -> Vec<Hash> {
    (0..=height.trailing_ones()).map(|level| hash(height, 100 + u8::try_from(level).unwrap())).collect()
}

/// Every third block has a proof of its own.
pub(crate) fn proof(height: u64) -> Vec<u8> {
    if height.is_multiple_of(3) { height.to_be_bytes().repeat(4) } else { Vec::new() }
}

pub(crate) fn transaction(height: u64, index: u64) -> Hash {
    let mut seed = height.wrapping_mul(1_000_003).wrapping_add(index);
    let mut hash = [0; 32];
    for word in hash.chunks_mut(8) {
        word.copy_from_slice(&random(&mut seed).to_be_bytes());
    }
    hash
}

pub(crate) fn all(scan: impl Fn(&Scan<'_>, usize) -> Result<Vec<Row>, StoreError>) -> Rows {
    scan(&Scan::prefix(b""), usize::MAX).unwrap().into_iter().collect()
}

/// The genesis of a chain whose state is `rows`.
pub(crate) fn genesis(rows: &[(&str, &str)]) -> Block {
    Block { state: changes(rows), ..Block::default() }
}

/// Changes in text; an empty value removes the key.
pub(crate) fn changes(rows: &[(&str, &str)]) -> Vec<Change> {
    let change =
        |(key, value): &(&str, &str)| (key.as_bytes().to_vec(), (!value.is_empty()).then(|| value.as_bytes().to_vec()));
    rows.iter().map(change).collect()
}
