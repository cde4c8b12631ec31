//! Taking finalized blocks back: for a development chain's time travel, and for an operator's recovery.

use rocksdb::WriteBatch;

use crate::{
    Finalized, Store, StoreError,
    columns::Column,
    keys, meta,
    undo::{self, Undo},
};

impl Store {
    /// Takes back every block above `height`, newest first, one write for each: a kill in between leaves a whole
    /// store at a height on the way.
    ///
    /// # Errors
    /// When the height is pruned or not finalized, the store is poisoned, or the database fails.
    pub fn rollback_to(&self, height: u64) -> Result<(), StoreError> {
        self.exclusively(|| {
            let mut finalized = self.finalized()?.ok_or(StoreError::Empty)?;
            finalized.check_state_kept(height)?;
            while finalized.height > height {
                finalized = self.take_back(&finalized)?;
            }
            Ok(())
        })
    }

    /// Takes back the finalized block and returns the one before it.
    fn take_back(&self, finalized: &Finalized) -> Result<Finalized, StoreError> {
        let (height, key) = (finalized.height, finalized.height.to_be_bytes());
        let undo = self.read(Column::Undo, &key)?.ok_or_else(|| meta::damaged(Column::Undo, "what a block changed"))?;
        let undo = Undo::from_bytes(&undo)?;
        let mut out = WriteBatch::default();
        self.restore(&mut out, (Column::State, Column::StateHistory), height, &undo.state)?;
        self.restore(&mut out, (Column::Pages, Column::PageHistory), height, &undo.pages)?;
        for hash in &undo.transactions {
            let position = self.read(Column::TxIndex, hash)?;
            // The same bytes may have been included before; the index then names another height.
            if position.and_then(|value| keys::split_position(&value)).is_some_and(|(at, _)| at == height) {
                out.delete_cf(self.column(Column::TxIndex), hash);
            }
        }
        for (topic, index) in &undo.events {
            out.delete_cf(self.column(Column::Events), keys::event(topic, height, *index));
        }
        for column in Column::BY_HEIGHT.into_iter().chain([Column::Hashes]) {
            out.delete_cf(self.column(column), key);
        }
        let nodes = (keys::node(height, 0), keys::node(height, u8::MAX));
        out.delete_range_cf(self.column(Column::Accumulator), nodes.0, nodes.1);
        out.delete_cf(self.column(Column::BlockIndex), finalized.hash);
        let below = height.checked_sub(1).expect("a kept height lies below, so this one is not 0");
        let hash = self.read(Column::Hashes, &below.to_be_bytes())?;
        let hash = hash.and_then(|hash| hash.as_ref().try_into().ok());
        let hash = hash.ok_or_else(|| meta::damaged(Column::Hashes, "the hash of the block before"))?;
        let before = Finalized { height: below, hash, ..*finalized };
        self.put_finalized(&mut out, &before);
        self.write(out, self.options.sync)?;
        Ok(before)
    }

    /// Puts back the values that `changed` keys had before `height`.
    fn restore(
        &self,
        out: &mut WriteBatch,
        (current, history): (Column, Column),
        height: u64,
        changed: &[Vec<u8>],
    ) -> Result<(), StoreError> {
        for key in changed {
            let row = keys::history(key, height);
            let old = self.read(history, &row)?.ok_or_else(|| meta::damaged(history, "the value before a block"))?;
            match undo::split_old_value(&old)? {
                Some(value) => out.put_cf(self.column(current), key, value),
                None => out.delete_cf(self.column(current), key),
            }
            out.delete_cf(self.column(history), row);
        }
        Ok(())
    }
}
