//! Committing finalized blocks: one write batch holds everything, with the reverse diff read beforehand.

use std::{
    collections::HashMap,
    panic,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use rocksdb::{DBPinnableSlice, WriteBatch};

use crate::{
    Finalized, Hash, Store, StoreError,
    columns::Column,
    keys, meta, open,
    undo::{self, UndoRef},
};
use parity_scale_codec::Encode;

/// A key and its new value, or `None` when the key goes.
pub type Change = (Vec<u8>, Option<Vec<u8>>);

/// The longest row key, page id or topic in bytes.
pub const MAX_KEY_BYTES: usize = 4 << 10;
/// The most changes, transactions and events of one block together.
pub const MAX_BATCH_ROWS: usize = 4 << 20;
/// The most that one commit writes, in bytes.
pub const MAX_BATCH_BYTES: usize = 1 << 30;
/// The most blocks that one commit takes.
pub const MAX_COMMIT_BLOCKS: usize = 1_024;

/// The most nodes of the header accumulator that one block completes, or that one import begins with.
pub const MAX_NODES: usize = 64;

/// From so many keys on, old values are read by several threads.
const PARALLEL_KEYS: usize = 2_048;
const MAX_READERS: usize = 4;
/// How many blocks are pruned before their space is given back.
const RECLAIM_BLOCKS: u64 = 64;
/// How many block hashes one commit prunes at most: more than one, so that a shortened history catches up.
const PRUNED_HASHES: u64 = 16;

/// A finalized block with everything that follows from it. The bytes are opaque to the store.
#[derive(Clone, Copy, Debug)]
pub struct FinalizedBatch<'a> {
    /// The height: 0 for genesis, else one more than the finalized height.
    pub height: u64,
    /// The hash of the block.
    pub hash: Hash,
    /// The hash of its parent; zeros for genesis.
    pub parent_hash: Hash,
    /// The encoded block.
    pub block: &'a [u8],
    /// The encoded receipts.
    pub receipts: &'a [u8],
    /// What shows that the block is final; empty if the proof of a later block shows it, or nothing does.
    pub proof: &'a [u8],
    /// The nodes of the header accumulator that the block completes: its leaf, then level by level. Never pruned.
    pub nodes: &'a [Hash],
    /// What the block changes in the state, each key once. Sorted by key is quickest.
    pub state_changes: &'a [Change],
    /// What the block changes in the pages of the state tree, each page once.
    pub page_changes: &'a [Change],
    /// The hashes of its transactions, in order.
    pub tx_hashes: &'a [Hash],
    /// Under which topics its events are found: a topic, and the event's index in the block.
    pub events: &'a [(Vec<u8>, u32)],
}

/// New values of earlier blocks in the same commit, which the database does not have yet.
type Pending<'a> = HashMap<&'a [u8], Option<&'a [u8]>>;

/// The write batch of one commit while it is put together.
struct Building<'a> {
    batch: WriteBatch,
    state: Pending<'a>,
    pages: Pending<'a>,
    several: bool,
}

impl Store {
    /// Commits a finalized block: all of it, or nothing.
    ///
    /// # Errors
    /// When the block does not follow the finalized one or breaks a bound, which changes nothing; when the store is
    /// poisoned; or when the database fails, which poisons the store.
    pub fn commit(&self, batch: &FinalizedBatch<'_>) -> Result<(), StoreError> {
        self.commit_many(std::slice::from_ref(batch))
    }

    /// Commits finalized blocks in one write: all of them, or none.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn commit_many(&self, batches: &[FinalizedBatch<'_>]) -> Result<(), StoreError> {
        check_bound("the commit in blocks", batches.len(), MAX_COMMIT_BLOCKS)?;
        self.exclusively(|| {
            let mut finalized = self.finalized()?;
            if finalized.is_none() {
                self.check_no_import()?;
            }
            let mut building = Building {
                batch: WriteBatch::with_capacity_bytes(batches.iter().map(expected_bytes).sum()),
                state: Pending::new(),
                pages: Pending::new(),
                several: batches.len() > 1,
            };
            for batch in batches {
                self.check_next(finalized.as_ref(), batch)?;
                finalized = Some(self.append(&mut building, finalized.as_ref(), batch)?);
                check_bound("the commit in bytes", building.batch.size_in_bytes(), MAX_BATCH_BYTES)?;
            }
            let Some(finalized) = finalized else { return Ok(()) };
            self.put_finalized(&mut building.batch, &finalized);
            self.write(building.batch, self.options.sync)?;
            // The commit has happened: what fails from here on concerns the next one.
            if let Err(error) = self.after_commit(batches, &finalized) {
                self.poison(&error);
            }
            Ok(())
        })
    }

    /// Checks that `batch` follows `finalized`.
    fn check_next(&self, finalized: Option<&Finalized>, batch: &FinalizedBatch<'_>) -> Result<(), StoreError> {
        let (height, parent) = finalized.map_or((0, [0; 32]), |block| (block.height.saturating_add(1), block.hash));
        if batch.height != height {
            return Err(StoreError::WrongHeight { found: batch.height, expected: height });
        }
        if batch.parent_hash != parent {
            return Err(StoreError::WrongParent { found: batch.parent_hash, expected: parent });
        }
        match self.options.genesis {
            Some(expected) if height == 0 && batch.hash != expected => {
                Err(StoreError::WrongGenesis { found: batch.hash, expected })
            }
            _ => Ok(()),
        }
    }

    /// Adds all rows of `batch` and returns the finalized block that it makes.
    fn append<'a>(
        &self,
        building: &mut Building<'a>,
        before: Option<&Finalized>,
        batch: &FinalizedBatch<'a>,
    ) -> Result<Finalized, StoreError> {
        let rows = [batch.state_changes.len(), batch.page_changes.len(), batch.tx_hashes.len(), batch.events.len()];
        check_bound("the block in rows", rows.iter().sum(), MAX_BATCH_ROWS)?;
        check_bound("the nodes that the block completes", batch.nodes.len(), MAX_NODES)?;
        let Building { batch: out, state, pages, several } = building;
        let (height, key) = (batch.height, batch.height.to_be_bytes());
        let columns = (Column::State, Column::StateHistory);
        let state = self.append_changes(out, columns, height, batch.state_changes, several.then_some(state))?;
        let columns = (Column::Pages, Column::PageHistory);
        let pages = self.append_changes(out, columns, height, batch.page_changes, several.then_some(pages))?;
        self.append_index(out, batch)?;
        self.append_nodes(out, batch);
        out.put_cf(self.column(Column::Blocks), key, batch.block);
        out.put_cf(self.column(Column::Receipts), key, batch.receipts);
        out.put_cf(self.column(Column::Proofs), key, batch.proof);
        out.put_cf(self.column(Column::Hashes), key, batch.hash);
        out.put_cf(self.column(Column::BlockIndex), batch.hash, key);
        let undo = UndoRef { state, pages, transactions: batch.tx_hashes, events: batch.events };
        out.put_cf(self.column(Column::Undo), key, undo.encode());
        if height == 0 {
            out.put_cf(self.column(Column::Meta), meta::GENESIS_KEY, batch.hash);
        }
        let oldest = self.options.oldest(height).max(before.map_or(0, |block| block.oldest));
        let oldest_state = self.options.oldest_state(height).max(before.map_or(0, |block| block.oldest_state));
        let oldest_hash = self.prune_hashes(out, before.map_or(0, |block| block.oldest_hash), height)?;
        Ok(Finalized { height, hash: batch.hash, oldest, oldest_state, oldest_hash })
    }

    /// Adds the changes of one column with their reverse diff, and returns the keys that really change, in order.
    fn append_changes<'a>(
        &self,
        out: &mut WriteBatch,
        (current, history): (Column, Column),
        height: u64,
        changes: &'a [Change],
        mut pending: Option<&mut Pending<'a>>,
    ) -> Result<Vec<&'a [u8]>, StoreError> {
        let sorted = sorted(changes)?;
        let (current_column, history_column) = (self.column(current), self.column(history));
        let mut changed = Vec::with_capacity(sorted.len());
        let mut history_key = Vec::new();
        for ((key, new), stored) in sorted.iter().zip(self.old_values(current, &sorted)?) {
            let waiting = pending.as_ref().and_then(|pending| pending.get(key.as_slice()).copied());
            let old = waiting.unwrap_or(stored.as_deref());
            if old == new.as_deref() {
                continue;
            }
            match new {
                Some(value) => out.put_cf(current_column, key, value),
                None => out.delete_cf(current_column, key),
            }
            history_key.clear();
            keys::escape_into(key, &mut history_key);
            history_key.extend_from_slice(&height.to_be_bytes());
            out.put_cf(history_column, &history_key, undo::old_value(old));
            changed.push(key.as_slice());
            if let Some(pending) = &mut pending {
                pending.insert(key, new.as_deref());
            }
        }
        Ok(changed)
    }

    /// Adds where transactions and events are found, sorted since that is how the write buffer takes them fastest.
    pub(crate) fn append_index(&self, out: &mut WriteBatch, batch: &FinalizedBatch<'_>) -> Result<(), StoreError> {
        let mut transactions = Vec::with_capacity(batch.tx_hashes.len());
        for (index, hash) in (0_u32..).zip(batch.tx_hashes) {
            transactions.push((hash, index));
        }
        transactions.sort_unstable();
        for (hash, index) in transactions {
            out.put_cf(self.column(Column::TxIndex), hash, keys::position(batch.height, index));
        }
        let mut events = Vec::with_capacity(batch.events.len());
        for (topic, index) in batch.events {
            check_key(topic)?;
            events.push(keys::event(topic, batch.height, *index));
        }
        events.sort_unstable();
        for event in events {
            out.put_cf(self.column(Column::Events), event, []);
        }
        Ok(())
    }

    /// Adds what the header accumulator gains.
    pub(crate) fn append_nodes(&self, out: &mut WriteBatch, batch: &FinalizedBatch<'_>) {
        for (level, node) in (0_u8..).zip(batch.nodes) {
            out.put_cf(self.column(Column::Accumulator), keys::node(batch.height, level), node);
        }
    }

    /// Drops hashes that are older than the window and returns the oldest that stays.
    fn prune_hashes(&self, out: &mut WriteBatch, oldest: u64, height: u64) -> Result<u64, StoreError> {
        let target = self.options.oldest_hash(height).clamp(oldest, oldest.saturating_add(PRUNED_HASHES));
        for height in oldest..target {
            let key = height.to_be_bytes();
            if let Some(hash) = self.read(Column::Hashes, &key)? {
                out.delete_cf(self.column(Column::BlockIndex), &hash);
                out.delete_cf(self.column(Column::Hashes), key);
            }
        }
        Ok(target)
    }

    /// Reads the values before this commit of sorted `changes`.
    fn old_values(&self, column: Column, changes: &[&Change]) -> Result<Vec<Option<DBPinnableSlice<'_>>>, StoreError> {
        let read = |changes: &[&Change]| {
            self.db.batched_multi_get_cf(self.column(column), changes.iter().map(|(key, _)| key.as_slice()), true)
        };
        let threads = if changes.len() < PARALLEL_KEYS {
            1
        } else {
            thread::available_parallelism().map_or(1, |threads| threads.get().min(MAX_READERS))
        };
        let values = if threads == 1 {
            read(changes)
        } else {
            thread::scope(|scope| {
                let chunks = changes.chunks(changes.len().div_ceil(threads));
                let readers: Vec<_> = chunks.map(|chunk| scope.spawn(move || read(chunk))).collect();
                let join = |reader: thread::ScopedJoinHandle<'_, _>| {
                    reader.join().unwrap_or_else(|cause| panic::resume_unwind(cause))
                };
                readers.into_iter().flat_map(join).collect()
            })
        };
        Ok(values.into_iter().collect::<Result<_, _>>()?)
    }

    /// Marks a new chain, and gives pruned space back now and then.
    fn after_commit(&self, batches: &[FinalizedBatch<'_>], finalized: &Finalized) -> Result<(), StoreError> {
        if let Some(genesis) = batches.first().filter(|batch| batch.height == 0) {
            open::write_genesis(&self.path, &genesis.hash)?;
        }
        let Finalized { oldest, oldest_state, .. } = *finalized;
        let is_due =
            |oldest: u64, before: &AtomicU64| oldest >= before.load(Ordering::SeqCst).saturating_add(RECLAIM_BLOCKS);
        if !is_due(oldest, &self.reclaim.blocks) && !is_due(oldest_state, &self.reclaim.states) {
            return Ok(());
        }
        // Rows may only go once the height that prunes them cannot be lost to a power cut.
        self.db.flush_wal(true)?;
        self.reclaim.set(oldest, oldest_state);
        for column in Column::BY_HEIGHT {
            let oldest = if column.is_of_states() { oldest_state } else { oldest };
            let Some(last) = oldest.checked_sub(1) else { continue };
            self.db.delete_file_in_range_cf(self.column(column), 0_u64.to_be_bytes(), last.to_be_bytes())?;
        }
        Ok(())
    }
}

/// Returns references to `changes` sorted by key, after checking the keys.
fn sorted(changes: &[Change]) -> Result<Vec<&Change>, StoreError> {
    let mut sorted: Vec<&Change> = changes.iter().collect();
    // Stable, so already sorted input costs one pass.
    sorted.sort_by(|(left, _), (right, _)| left.cmp(right));
    for (key, _) in &sorted {
        check_key(key)?;
    }
    match sorted.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(StoreError::DuplicateKey { key: pair[0].0.clone() }),
        None => Ok(sorted),
    }
}

pub(crate) fn check_key(key: &[u8]) -> Result<(), StoreError> {
    if key.is_empty() || key.len() > MAX_KEY_BYTES {
        return Err(StoreError::KeyLength { found: key.len(), expected: MAX_KEY_BYTES });
    }
    Ok(())
}

pub(crate) fn check_bound(what: &'static str, found: usize, expected: usize) -> Result<(), StoreError> {
    if found > expected { Err(StoreError::TooLarge { what, found, expected }) } else { Ok(()) }
}

/// About how many bytes `batch` will take, so that the buffer grows once.
fn expected_bytes(batch: &FinalizedBatch<'_>) -> usize {
    let row = |(key, value): &Change| 3 * key.len() + 2 * value.as_ref().map_or(0, Vec::len) + 32;
    let changes: usize = batch.state_changes.iter().chain(batch.page_changes).map(row).sum();
    let index = batch.tx_hashes.len() * 80 + batch.events.iter().map(|(topic, _)| 2 * topic.len() + 32).sum::<usize>();
    let index = index + batch.nodes.len() * 64;
    (changes + index + batch.block.len() + batch.receipts.len() + batch.proof.len() + 1_024).min(MAX_BATCH_BYTES)
}
