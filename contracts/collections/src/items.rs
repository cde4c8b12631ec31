//! How items come to exist, move and end: the rules below the methods.

use crate::collections::Collections;
use crate::error::Error;
use crate::events::{Created, RightsChanged, Transfer};
use crate::types::{CollectionInfo, Details, ItemState, NewCollection};
use core::convert::Infallible;
use policies::client;
use tenon_contract::prelude::*;

/// What a policy counts an item as.
const ONE: Amount = 1;

impl Collections {
    /// Creates a collection that the caller owns.
    pub(crate) fn found(&mut self, new: NewCollection) -> Result<u64, Error> {
        let issuer = env().caller();
        let info = CollectionInfo::new(&new, issuer)?;
        let collection = self.count.update(|count| count + 1);
        self.info.set(&collection, &info);
        emit(Created { collection, issuer, kind: info.kind as u8, symbol: info.symbol });
        if let Some(terms) = new.policy {
            client::attach(collection, terms)?;
        }
        Ok(collection)
    }

    pub(crate) fn known(&self, collection: u64) -> Result<CollectionInfo, Error> {
        self.info.get(&collection).ok_or(Error::UnknownCollection)
    }

    /// The collection if the caller owns it.
    pub(crate) fn owned_by_caller(&self, collection: u64) -> Result<CollectionInfo, Error> {
        let info = self.known(collection)?;
        ensure!(info.owner == Some(env().caller()), Error::NotOwner);
        Ok(info)
    }

    pub(crate) fn change_rights(&mut self, collection: u64, info: &CollectionInfo) {
        self.info.set(&collection, info);
        emit(RightsChanged { collection, owner: info.owner, mint: info.mint.clone() });
    }

    /// An item that exists, which proves that its collection does.
    pub(crate) fn existing(&self, collection: u64, item: u64) -> Result<ItemState, Error> {
        let missing = || if self.info.contains(&collection) { Error::UnknownItem } else { Error::UnknownCollection };
        self.items.get(&(collection, item)).ok_or_else(missing)
    }

    /// An item that the caller may move: as its owner, as the one approved for it, or as the owner's operator.
    pub(crate) fn movable(&self, collection: u64, item: u64) -> Result<ItemState, Error> {
        let state = self.existing(collection, item)?;
        ensure!(self.may_move(collection, &state, env().caller()), Error::NotApproved);
        Ok(state)
    }

    pub(crate) fn may_move(&self, collection: u64, state: &ItemState, who: Address) -> bool {
        state.owner == who || state.approved == Some(who) || self.operates(collection, state.owner, who)
    }

    pub(crate) fn operates(&self, collection: u64, owner: Address, who: Address) -> bool {
        self.operators.contains(&(owner, Some(collection), who)) || self.operators.contains(&(owner, None, who))
    }

    /// Brings an item into being. Its id is above all that were issued before.
    pub(crate) fn create_item(
        &mut self,
        collection: u64,
        info: &CollectionInfo,
        to: Address,
        chosen: Option<u64>,
        details: &Details,
    ) -> Result<u64, Error> {
        ensure!(!to.is_zero(), Error::ZeroAddress);
        details.check()?;
        let mut supply = self.supply.get_or_default(&collection);
        let next = supply.highest.checked_add(1);
        let item = match chosen {
            Some(item) => {
                ensure!(item > supply.highest, Error::IdUsed);
                item
            }
            None => next.ok_or(Error::CapReached)?,
        };
        supply.highest = item;
        supply.items += 1;
        ensure!(info.cap.is_none_or(|cap| supply.items <= cap), Error::CapReached);
        self.supply.set(&collection, &supply);
        let state = ItemState { owner: to, approved: None, restricted: info.restricted };
        self.items.set(&(collection, item), &state);
        self.details.set_or_clear(&(collection, item), details);
        self.add_to(to, collection, item);
        emit(Transfer { collection, from: None, to: Some(to), item });
        if info.restricted {
            client::moved(collection, None, Some(to), ONE)?;
        }
        Ok(item)
    }

    /// Moves an item. What was approved for it ends, and its use goes on.
    pub(crate) fn send(&mut self, collection: u64, item: u64, mut state: ItemState, to: Address) -> Result<(), Error> {
        ensure!(!to.is_zero(), Error::ZeroAddress);
        let from = state.owner;
        state.owner = to;
        state.approved = None;
        self.items.set(&(collection, item), &state);
        if from != to {
            self.remove_from(from, collection, item);
            self.add_to(to, collection, item);
        }
        emit(Transfer { collection, from: Some(from), to: Some(to), item });
        if state.restricted {
            client::moved(collection, Some(from), Some(to), ONE)?;
        }
        Ok(())
    }

    /// Ends an item.
    pub(crate) fn destroy(&mut self, collection: u64, item: u64, state: &ItemState) -> Result<(), Error> {
        let key = (collection, item);
        self.items.remove(&key);
        self.details.remove(&key);
        self.uses.remove(&key);
        self.remove_from(state.owner, collection, item);
        let mut supply = self.supply.get_or_default(&collection);
        supply.items -= 1;
        self.supply.set(&collection, &supply);
        emit(Transfer { collection, from: Some(state.owner), to: None, item });
        if state.restricted {
            client::moved(collection, Some(state.owner), None, ONE)?;
        }
        Ok(())
    }

    fn add_to(&mut self, owner: Address, collection: u64, item: u64) {
        self.by_owner.insert(&(owner, collection, item));
        self.count_held(owner, collection, |held| held + 1);
    }

    fn remove_from(&mut self, owner: Address, collection: u64, item: u64) {
        self.by_owner.remove(&(owner, collection, item));
        self.count_held(owner, collection, |held| held - 1);
    }

    fn count_held(&mut self, owner: Address, collection: u64, change: fn(u64) -> u64) {
        let Ok(_) = self.held.try_update(&(collection, owner), |held| Ok::<_, Infallible>(change(held)));
    }
}
