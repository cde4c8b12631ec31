//! The use of an item apart from owning it, and notarisation: the rules below the methods.
//!
//! A use is paid for beforehand, so it is the user's until its end: no owner can cut it short, and a sale does not end
//! it. It ends at its time without a transaction. This is the rule of ERC-5501, and not that of ERC-4907.

use crate::collections::Collections;
use crate::error::Error;
use crate::events::{Approval, Notarised, UseChanged};
use crate::types::{Details, MAX_USE_MS, NOTARISED, Notarisation, ResourceKind, UseRight};
use tenon_contract::prelude::*;

/// Names the purpose in a commitment.
const COMMITMENT_PURPOSE: &[u8] = b"tenon/collections/notary";

impl Collections {
    /// The use that runs now: one that has ended counts as none.
    pub(crate) fn use_now(&self, collection: u64, item: u64) -> Option<UseRight> {
        self.uses.get(&(collection, item)).filter(|right| env().block_time_ms() < right.until_ms)
    }

    pub(crate) fn start_use(&mut self, collection: u64, item: u64, right: &UseRight) -> Result<(), Error> {
        let mut state = self.movable(collection, item)?;
        ensure!(!right.user.is_zero(), Error::ZeroAddress);
        let now = env().block_time_ms();
        ensure!(right.until_ms > now, Error::UseEndPassed);
        ensure!(right.until_ms - now <= MAX_USE_MS, Error::UseTooLong);
        ensure!(self.use_now(collection, item).is_none(), Error::InUse);
        self.set_use(collection, item, right);
        if state.approved.take().is_some() {
            self.items.set(&(collection, item), &state);
            emit(Approval { collection, owner: state.owner, spender: None, item });
        }
        Ok(())
    }

    pub(crate) fn set_use(&mut self, collection: u64, item: u64, right: &UseRight) {
        self.uses.set(&(collection, item), right);
        emit(UseChanged { collection, item, user: Some(right.user), until_ms: right.until_ms });
    }

    pub(crate) fn end_use(&mut self, collection: u64, item: u64) -> Result<(), Error> {
        let right = self.uses.take(&(collection, item)).ok_or(Error::NotUser)?;
        let now = env().block_time_ms();
        ensure!(right.user == env().caller() || right.until_ms <= now, Error::NotUser);
        emit(UseChanged { collection, item, user: None, until_ms: now });
        Ok(())
    }

    pub(crate) fn register(&mut self, hash: Hash, kind: ResourceKind, uri: String) -> Result<u64, Error> {
        let info = self.info.get(&NOTARISED).ok_or(Error::Closed)?;
        ensure!(!hash.is_zero(), Error::ZeroHash);
        ensure!(!self.notarised.contains(&hash), Error::AlreadyNotarised);
        let by = env().caller();
        let item = self.create_item(NOTARISED, &info, by, None, &Details { metadata_hash: Some(hash), uri })?;
        let (at_ms, height) = (env().block_time_ms(), env().block_height());
        self.notarised.set(&hash, &Notarisation { item, by, at_ms, height, kind });
        emit(Notarised { document_hash: hash, by, item, kind });
        Ok(item)
    }
}

/// The hash that stands for a document and says whose it is, without showing either.
pub(crate) fn commitment(owner: &Address, salt: &Hash, document_hash: &Hash) -> Hash {
    let mut bytes = COMMITMENT_PURPOSE.to_vec();
    bytes.extend_from_slice(owner.as_bytes());
    bytes.extend_from_slice(salt.as_bytes());
    bytes.extend_from_slice(document_hash.as_bytes());
    crypto::blake2b_256(&bytes)
}
