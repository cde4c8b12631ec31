//! Importing a state: the rows and pages of a snapshot in place of the chain that the store holds.
//!
//! ```text
//! begin   one write: every row of the chain is dropped, and a mark says which height is being imported
//! put     rows and pages, in any order and any number of writes; readers see what is there so far
//! finish  one synced write: the block, the finalized height, and the mark goes
//! ```
//!
//! A process that is killed in between leaves the mark: the store then has no finalized block, refuses commits, and
//! [`Store::unfinished_import`] says so until an import begins anew, or is given up. Records stay as they are, whatever happens: what a
//! validator has signed is no part of the chain. It leaves out checking the rows, which the caller has done.

use parity_scale_codec::Encode;
use rocksdb::WriteBatch;

use crate::{
    Change, Finalized, FinalizedBatch, HASH_BLOCKS, Hash, MAX_BATCH_BYTES, Store, StoreError,
    columns::Column,
    commit::{MAX_NODES, check_bound, check_key},
    keys, meta, open,
    undo::UndoRef,
};

/// The most block hashes that come with an import.
pub const MAX_IMPORT_HASHES: usize = 1 << 16;

const _: () = assert!(MAX_IMPORT_HASHES as u64 <= HASH_BLOCKS, "the hashes that come with an import are kept");

/// A node of the header accumulator: the height of the block that completed it, its level, and its hash.
pub type Node = (u64, u8, Hash);

/// An import under way; dropped, it stays unfinished.
#[derive(Debug)]
#[must_use]
pub struct Import<'a> {
    store: &'a Store,
    height: u64,
}

impl Store {
    /// The height whose import was begun and not finished, if there is one. The store then holds no chain.
    ///
    /// # Errors
    /// When the database fails.
    pub fn unfinished_import(&self) -> Result<Option<u64>, StoreError> {
        let Some(mark) = self.read(Column::Meta, meta::IMPORT_KEY)? else { return Ok(None) };
        keys::height(&mark).map(Some).ok_or_else(|| meta::damaged(Column::Meta, "the height of an import"))
    }

    /// Drops the chain that the store holds, if any, and begins to import the state after the block at `height` of the
    /// chain with this genesis. One at a time, and nothing else may be at work on the chain meanwhile.
    ///
    /// # Errors
    /// When the store belongs to another chain or has a finalized block at that height or above, which changes nothing;
    /// when the store is poisoned, or the database fails.
    pub fn begin_import(&self, genesis: &Hash, height: u64) -> Result<Import<'_>, StoreError> {
        self.exclusively(|| {
            for found in [self.genesis()?, self.options.genesis].into_iter().flatten() {
                if found != *genesis {
                    return Err(StoreError::WrongGenesis { found, expected: *genesis });
                }
            }
            let finalized = self.finalized()?;
            if let Some(finalized) = finalized
                && finalized.height >= height
            {
                return Err(StoreError::StaleImport { found: height, expected: finalized.height.saturating_add(1) });
            }
            let is_empty = finalized.is_none() && self.unfinished_import()?.is_none();
            self.mark_import(genesis, height, is_empty)?;
            open::write_genesis(&self.path, genesis)?;
            if !is_empty {
                self.drop_files()?;
            }
            Ok(Import { store: self, height })
        })
    }

    /// Gives an unfinished import up, if there is one: the store is then empty, save for its records, and takes a chain
    /// from its genesis on.
    ///
    /// # Errors
    /// When the store is poisoned, or the database fails.
    pub fn abandon_import(&self) -> Result<(), StoreError> {
        self.exclusively(|| {
            if self.unfinished_import()?.is_none() {
                return Ok(());
            }
            // The file goes first: while the database has the mark, opening it writes the file again.
            open::remove_genesis(&self.path)?;
            let mut batch = WriteBatch::default();
            self.drop_rows(&mut batch);
            let meta = self.column(Column::Meta);
            batch.delete_cf(meta, meta::GENESIS_KEY);
            batch.delete_cf(meta, meta::IMPORT_KEY);
            self.write(batch, true)?;
            self.reclaim.set(0, 0);
            self.drop_files()
        })
    }

    fn drop_rows(&self, batch: &mut WriteBatch) {
        for column in Column::CHAIN {
            batch.delete_range_cf(self.column(column), keys::STAMP.to_vec(), keys::above_all());
        }
    }

    /// One write after which the store holds no chain.
    fn mark_import(&self, genesis: &Hash, height: u64, is_empty: bool) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        if !is_empty {
            self.drop_rows(&mut batch);
        }
        let meta = self.column(Column::Meta);
        batch.delete_cf(meta, meta::FINALIZED_KEY);
        batch.put_cf(meta, meta::GENESIS_KEY, genesis);
        batch.put_cf(meta, meta::IMPORT_KEY, height.to_be_bytes());
        self.write(batch, true)
    }

    /// Gives back the space of what was dropped, as far as whole files hold nothing else.
    fn drop_files(&self) -> Result<(), StoreError> {
        for column in Column::CHAIN {
            self.db.delete_file_in_range_cf(self.column(column), keys::STAMP, &keys::above_all())?;
        }
        Ok(())
    }

    /// Refuses what needs a chain while the store holds half of one.
    pub(crate) fn check_no_import(&self) -> Result<(), StoreError> {
        match self.unfinished_import()? {
            Some(height) => Err(StoreError::UnfinishedImport { height }),
            None => Ok(()),
        }
    }
}

impl Import<'_> {
    /// Writes rows of the state, and changed pages of its tree.
    ///
    /// # Errors
    /// When a key or the write breaks a bound, or there is no such import under way; when the store is poisoned, or the
    /// database fails.
    pub fn put(&self, rows: &[(&[u8], &[u8])], pages: &[Change]) -> Result<(), StoreError> {
        self.store.exclusively(|| {
            self.check()?;
            let mut batch = WriteBatch::default();
            let state = self.store.column(Column::State);
            for (key, value) in rows {
                check_key(key)?;
                batch.put_cf(state, key, value);
            }
            self.put_pages(&mut batch, pages)?;
            check_bound("the write of an import in bytes", batch.size_in_bytes(), MAX_BATCH_BYTES)?;
            self.store.write(batch, false)
        })
    }

    /// Writes the peaks of the header accumulator over the blocks before the one with which the import ends.
    ///
    /// # Errors
    /// As [`Import::put`].
    pub fn put_peaks(&self, peaks: &[Node]) -> Result<(), StoreError> {
        self.store.exclusively(|| {
            self.check()?;
            check_bound("the peaks of an import", peaks.len(), MAX_NODES)?;
            let mut batch = WriteBatch::default();
            for (height, level, node) in peaks {
                batch.put_cf(self.store.column(Column::Accumulator), keys::node(*height, *level), node);
            }
            self.store.write(batch, false)
        })
    }

    /// Ends the import with the block after which the state was so, and the last pages. `older` are the hashes of the
    /// blocks before it, the newest first. The block's own changes of the state are in the rows, so it has none.
    ///
    /// # Errors
    /// As [`Import::put`], and when the block is another than was announced, or does not follow the first hash.
    pub fn finish(self, block: &FinalizedBatch<'_>, older: &[Hash]) -> Result<Finalized, StoreError> {
        self.store.exclusively(|| {
            self.check()?;
            self.check_block(block, older)?;
            let (store, height) = (self.store, self.height);
            let mut batch = WriteBatch::default();
            self.put_pages(&mut batch, block.page_changes)?;
            let key = height.to_be_bytes();
            check_bound("the nodes that the block completes", block.nodes.len(), MAX_NODES)?;
            store.append_index(&mut batch, block)?;
            store.append_nodes(&mut batch, block);
            batch.put_cf(store.column(Column::Blocks), key, block.block);
            batch.put_cf(store.column(Column::Receipts), key, block.receipts);
            batch.put_cf(store.column(Column::Proofs), key, block.proof);
            let undo =
                UndoRef { state: Vec::new(), pages: Vec::new(), transactions: block.tx_hashes, events: block.events };
            batch.put_cf(store.column(Column::Undo), key, undo.encode());
            let mut oldest_hash = height;
            self.put_hash(&mut batch, height, &block.hash);
            for hash in older {
                oldest_hash = oldest_hash.saturating_sub(1);
                self.put_hash(&mut batch, oldest_hash, hash);
            }
            let finalized = Finalized { height, hash: block.hash, oldest: height, oldest_state: height, oldest_hash };
            batch.delete_cf(store.column(Column::Meta), meta::IMPORT_KEY);
            store.put_finalized(&mut batch, &finalized);
            check_bound("the write of an import in bytes", batch.size_in_bytes(), MAX_BATCH_BYTES)?;
            // Whatever was put before lies before this in the log, so syncing this syncs it all.
            store.write(batch, true)?;
            store.reclaim.set(height, height);
            Ok(finalized)
        })
    }

    fn put_pages(&self, batch: &mut WriteBatch, pages: &[Change]) -> Result<(), StoreError> {
        let column = self.store.column(Column::Pages);
        for (key, page) in pages {
            check_key(key)?;
            match page {
                Some(page) => batch.put_cf(column, key, page),
                None => batch.delete_cf(column, key),
            }
        }
        Ok(())
    }

    fn put_hash(&self, batch: &mut WriteBatch, height: u64, hash: &Hash) {
        batch.put_cf(self.store.column(Column::Hashes), height.to_be_bytes(), hash);
        batch.put_cf(self.store.column(Column::BlockIndex), hash, height.to_be_bytes());
    }

    fn check(&self) -> Result<(), StoreError> {
        match self.store.unfinished_import()? {
            Some(height) if height == self.height => Ok(()),
            found => Err(StoreError::NoImport { found, expected: self.height }),
        }
    }

    fn check_block(&self, block: &FinalizedBatch<'_>, older: &[Hash]) -> Result<(), StoreError> {
        if block.height != self.height {
            return Err(StoreError::WrongHeight { found: block.height, expected: self.height });
        }
        check_bound("the changes of an imported block", block.state_changes.len(), 0)?;
        let below = usize::try_from(self.height).unwrap_or(usize::MAX);
        check_bound("the hashes of an import", older.len(), MAX_IMPORT_HASHES.min(below))?;
        match older.first() {
            Some(expected) if block.parent_hash != *expected => {
                Err(StoreError::WrongParent { found: block.parent_hash, expected: *expected })
            }
            _ => Ok(()),
        }
    }
}
