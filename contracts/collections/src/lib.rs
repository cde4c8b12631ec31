//! BAP-03: unique, indivisible items. One instance, created with the chain, holds as many collections as people make.
//!
//! Rules that hold for every item:
//! - It has one owner and one id in its collection. Ids are issued upwards, each once: a burnt id never returns.
//! - What it stands for is said by a hash and a URI at its issue, and by the collection's document; none ever changes.
//! - It moves only by its owner, by the one whom the owner approved for it, or by an operator of the owner. An
//!   approval for one item ends when the item moves and when its use is granted, so that nobody who was approved to
//!   sell it hands over less than was offered.
//! - Nobody can seize it. A transfer policy may be attached when a collection is created, and only then: it says who may
//!   receive items, how many persons may hold them, and who may freeze. It does not concern uses. The owner of a collection decides who mints, and may give that and the ownership up for good;
//!   that is the whole list of powers.
//! - Its use can be granted apart from owning it, until a time. The user keeps the use until then: the owner cannot cut
//!   it short, a sale does not end it, and the item is not burnt meanwhile. It ends by itself, and after ten years at
//!   the latest.
//!
//! Collection 0 holds notarised resources: whoever registers a hash first gets an item for it, with the time. A
//! notarisation is never undone. Take as hash what `notary_commitment` makes of your address, a salt and the document's
//! hash: who copies it from the pool gets an item, but cannot show a document for their own address, while you can
//! register again with another salt.
//!
//! Left out: callbacks to receivers. A receiver that could refuse would hold up settlements of others, and one that is
//! called in the middle of a method could act on a state that is half done; so a transfer asks nobody, and who receives
//! an item finds it by its own queries. Also left out: royalties, and metadata that changes.

#![no_std]

mod checks;
mod error;
mod events;
mod items;
mod types;
mod uses;

pub use self::collections::*;
pub use checks::MAX_CHECKED_ITEMS;
pub use error::Error;
pub use events::{Approval, Created, Notarised, OperatorSet, RightsChanged, Transfer, UseChanged};
pub use types::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, hash, call), calls("policies"), upgrade = "admin")]
pub mod collections {
    use crate::error::Error;
    use crate::events::{Approval, OperatorSet};
    use crate::types::{
        CollectionInfo, Details, ItemInfo, ItemState, Kind, MintRight, NOTARISED, NewCollection, Notarisation,
        ResourceKind, Supply, Terms, UseRight,
    };
    use crate::uses;
    use core::ops::Bound;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;

    /// What the instance keeps.
    #[storage]
    pub struct Collections {
        /// The number of collections that were created, which is the highest id.
        pub(crate) count: Value<u64>,
        /// Whether the instance was made for one collection.
        pub(crate) closed: Value<bool>,
        /// What is known of a collection.
        pub(crate) info: Map<u64, CollectionInfo>,
        /// How many items a collection has.
        pub(crate) supply: Map<u64, Supply>,
        /// Who owns an item, by collection and id.
        pub(crate) items: OrderedMap<(u64, u64), ItemState>,
        /// What never changes about an item, by collection and id.
        pub(crate) details: Map<(u64, u64), Details>,
        /// Items by owner, collection and id.
        pub(crate) by_owner: Set<(Address, u64, u64)>,
        /// How many items of a collection an owner has.
        pub(crate) held: OrderedMap<(u64, Address), u64>,
        /// Who acts for an owner in a collection, or in all.
        pub(crate) operators: Set<(Address, Option<u64>, Address)>,
        /// Uses that were granted, by collection and id.
        pub(crate) uses: Map<(u64, u64), UseRight>,
        /// Who may take a collection's ownership over.
        pub(crate) proposed_owner: Map<u64, Address>,
        /// What is known of a notarised hash.
        pub(crate) notarised: Map<Hash, Notarisation>,
    }

    impl Collections {
        /// Starts without collections but that of notarised resources; or with a first one that stays the only one.
        #[init]
        pub fn init(&mut self, first: Option<NewCollection>) -> Result<(), Error> {
            match first {
                Some(new) => {
                    self.closed.set(&true);
                    self.found(new)?;
                }
                None => self.info.set(&NOTARISED, &CollectionInfo::notarised(env().self_address())),
            }
            Ok(())
        }

        /// Creates a collection and returns its id; the first is 1. The caller owns it.
        ///
        /// Optional: `base_uri`, with which the URIs of its items begin (default empty), `kind` (default custom),
        /// `mint` (default owner), `cap` on the items that exist at a time (default none), `burnable` by who owns an
        /// item (default yes), `document_hash` of what the collection stands for, `policy` that every transfer is held
        /// against (default none; it is fixed here).
        #[call]
        #[allow(clippy::too_many_arguments, reason = "one transaction states everything about the collection")]
        pub fn create(
            &mut self,
            name: String,
            symbol: String,
            base_uri: Option<String>,
            kind: Option<Kind>,
            mint: Option<MintRight>,
            cap: Option<u64>,
            burnable: Option<bool>,
            document_hash: Option<Hash>,
            policy: Option<Terms>,
        ) -> Result<u64, Error> {
            ensure!(!self.closed.get(), Error::Closed);
            self.found(NewCollection { name, symbol, base_uri, kind, mint, cap, burnable, document_hash, policy })
        }

        /// Issues an item to somebody and returns its id. Only who may mint in the collection.
        ///
        /// Optional: `item`, an id above all that were issued before (default the next one; ids that are left out are
        /// never issued), `metadata_hash` of what the item stands for, `uri` behind the collection's (default the id).
        #[call]
        pub fn mint(
            &mut self,
            collection: u64,
            to: Address,
            item: Option<u64>,
            metadata_hash: Option<Hash>,
            uri: Option<String>,
        ) -> Result<u64, Error> {
            let info = self.known(collection)?;
            info.check_minter(env().caller())?;
            let details = Details { metadata_hash, uri: uri.unwrap_or_default() };
            self.create_item(collection, &info, to, item, &details)
        }

        /// Sends an item of the caller to somebody.
        #[call]
        pub fn transfer(&mut self, collection: u64, item: u64, to: Address) -> Result<(), Error> {
            let state = self.existing(collection, item)?;
            ensure!(state.owner == env().caller(), Error::NotItemOwner);
            self.send(collection, item, state, to)
        }

        /// Sends an item of `from`, who owns it, by who was approved for it or acts for its owner.
        #[call]
        pub fn transfer_from(&mut self, collection: u64, item: u64, from: Address, to: Address) -> Result<(), Error> {
            let state = self.movable(collection, item)?;
            ensure!(state.owner == from, Error::NotItemOwner);
            self.send(collection, item, state, to)
        }

        /// Lets somebody move an item, burn it or grant its use, once; nobody ends that. By the owner or an operator.
        #[call]
        pub fn approve(&mut self, collection: u64, item: u64, spender: Option<Address>) -> Result<(), Error> {
            let mut state = self.existing(collection, item)?;
            let (owner, caller) = (state.owner, env().caller());
            ensure!(owner == caller || self.operates(collection, owner, caller), Error::NotApproved);
            ensure!(spender != Some(Address::ZERO), Error::ZeroAddress);
            state.approved = spender;
            self.items.set(&(collection, item), &state);
            emit(Approval { collection, owner, spender, item });
            Ok(())
        }

        /// Lets an operator act for all items of the caller in a collection, or, without one, in all collections; or
        /// ends that. Both are apart: ending one leaves the other.
        #[call]
        pub fn set_operator(&mut self, collection: Option<u64>, operator: Address, allowed: bool) -> Result<(), Error> {
            ensure!(!operator.is_zero(), Error::ZeroAddress);
            if let Some(collection) = collection {
                ensure!(self.info.contains(&collection), Error::UnknownCollection);
            }
            let owner = env().caller();
            if allowed {
                self.operators.insert(&(owner, collection, operator));
            } else {
                self.operators.remove(&(owner, collection, operator));
            }
            emit(OperatorSet { owner, operator, collection, allowed });
            Ok(())
        }

        /// Ends an item for good, by who may move it. Nobody may have its use.
        #[call]
        pub fn burn(&mut self, collection: u64, item: u64) -> Result<(), Error> {
            let state = self.movable(collection, item)?;
            ensure!(self.known(collection)?.burnable, Error::BurnNotAllowed);
            ensure!(self.use_now(collection, item).is_none(), Error::InUse);
            self.destroy(collection, item, &state)
        }

        /// Grants the use of an item until a millisecond, which is excluded. By who may move the item, if nobody has
        /// its use. It cannot be taken back. An approval for the item ends.
        ///
        /// Optional: `transferable`, whether the user may pass the use on (default no).
        #[call]
        pub fn grant_use(
            &mut self,
            collection: u64,
            item: u64,
            user: Address,
            until_ms: u64,
            transferable: Option<bool>,
        ) -> Result<(), Error> {
            let transferable = transferable.unwrap_or(false);
            self.start_use(collection, item, &UseRight { user, until_ms, transferable })
        }

        /// Passes the use of an item on to somebody, by who has it, if it was granted so. Its end stays.
        #[call]
        pub fn pass_use(&mut self, collection: u64, item: u64, to: Address) -> Result<(), Error> {
            let right = self.use_now(collection, item).filter(|right| right.user == env().caller());
            let right = right.ok_or(Error::NotUser)?;
            ensure!(right.transferable, Error::UseNotTransferable);
            ensure!(!to.is_zero(), Error::ZeroAddress);
            self.set_use(collection, item, &UseRight { user: to, ..right });
            Ok(())
        }

        /// Gives the use of an item back to its owner, by who has it; by anyone once it has ended, which frees its
        /// deposit and changes nothing else.
        #[call]
        pub fn give_back_use(&mut self, collection: u64, item: u64) -> Result<(), Error> {
            self.end_use(collection, item)
        }

        /// Registers a hash for the first time, and returns the item of collection 0 that stands for it, which the
        /// caller owns. Optional: `uri`, where the resource is found.
        #[call]
        pub fn notarise(&mut self, document_hash: Hash, kind: ResourceKind, uri: Option<String>) -> Result<u64, Error> {
            self.register(document_hash, kind, uri.unwrap_or_default())
        }

        /// Changes who may mint, by the collection's owner. Nobody is for good.
        #[call]
        pub fn set_mint_right(&mut self, collection: u64, right: MintRight) -> Result<(), Error> {
            let mut info = self.owned_by_caller(collection)?;
            ensure!(info.mint != MintRight::Nobody, Error::Sealed);
            ensure!(!right.is_void(), Error::ZeroAddress);
            info.mint = right;
            self.change_rights(collection, &info);
            Ok(())
        }

        /// Ends minting for good, by the collection's owner.
        #[call]
        pub fn seal(&mut self, collection: u64) -> Result<(), Error> {
            self.set_mint_right(collection, MintRight::Nobody)
        }

        /// Offers the ownership of a collection to somebody, who takes it with `accept_owner`. Until then nothing
        /// changes.
        #[call]
        pub fn propose_owner(&mut self, collection: u64, to: Address) -> Result<(), Error> {
            self.owned_by_caller(collection)?;
            ensure!(!to.is_zero(), Error::ZeroAddress);
            self.proposed_owner.set(&collection, &to);
            Ok(())
        }

        /// Takes an ownership that was offered to the caller.
        #[call]
        pub fn accept_owner(&mut self, collection: u64) -> Result<(), Error> {
            let mut info = self.known(collection)?;
            let caller = env().caller();
            ensure!(self.proposed_owner.take(&collection) == Some(caller), Error::NotOwner);
            info.owner = Some(caller);
            self.change_rights(collection, &info);
            Ok(())
        }

        /// Gives the ownership of a collection up for good: who mints stays as it is, and if the owner did, nobody
        /// does.
        #[call]
        pub fn renounce_owner(&mut self, collection: u64) -> Result<(), Error> {
            let mut info = self.owned_by_caller(collection)?;
            info.owner = None;
            self.proposed_owner.remove(&collection);
            self.change_rights(collection, &info);
            Ok(())
        }

        /// The number of collections that were created; ids run from 1 to it.
        #[query]
        pub fn collection_count(&self) -> u64 {
            self.count.get()
        }

        /// Everything that is fixed or decided about a collection.
        #[query]
        pub fn info(&self, collection: u64) -> Result<CollectionInfo, Error> {
            self.known(collection)
        }

        /// How many items a collection has, and the highest id that was issued.
        #[query]
        pub fn supply(&self, collection: u64) -> Result<Supply, Error> {
            self.known(collection)?;
            Ok(self.supply.get_or_default(&collection))
        }

        /// Everything about an item, the use that runs now included.
        #[query]
        pub fn item(&self, collection: u64, item: u64) -> Result<ItemInfo, Error> {
            let info = self.known(collection)?;
            let ItemState { owner, approved, .. } = self.existing(collection, item)?;
            let Details { metadata_hash, uri } = self.details.get_or_default(&(collection, item));
            let (uri, use_right) = (info.uri_of(item, &uri), self.use_now(collection, item));
            Ok(ItemInfo { owner, approved, metadata_hash, uri, use_right })
        }

        /// Who owns an item; nobody if there is no such item.
        #[query]
        pub fn owner_of(&self, collection: u64, item: u64) -> Option<Address> {
            self.items.get(&(collection, item)).map(|state| state.owner)
        }

        /// How many items of a collection somebody has.
        #[query]
        pub fn balance_of(&self, collection: u64, owner: Address) -> u64 {
            self.held.get_or_default(&(collection, owner))
        }

        /// Whether somebody may move an item now: as its owner, as approved for it, or as an operator.
        #[query]
        pub fn can_move(&self, collection: u64, item: u64, who: Address) -> bool {
            let state = self.items.get(&(collection, item));
            state.is_some_and(|state| self.may_move(collection, &state, who))
        }

        /// Whether somebody acts for all items of an owner in a collection.
        #[query]
        pub fn is_operator(&self, collection: u64, owner: Address, operator: Address) -> bool {
            self.operates(collection, owner, operator)
        }

        /// Who has the use of an item now: whom it was granted to until the end, and otherwise its owner.
        #[query]
        pub fn user_of(&self, collection: u64, item: u64) -> Option<Address> {
            let owner = self.owner_of(collection, item);
            self.use_now(collection, item).map(|right| right.user).or(owner)
        }

        /// The use of an item that was granted and runs now.
        #[query]
        pub fn use_of(&self, collection: u64, item: u64) -> Option<UseRight> {
            self.use_now(collection, item)
        }

        /// Items of a collection with their owners, by id, after `after`. At most 100.
        #[query]
        pub fn items(&self, collection: u64, after: Option<u64>, limit: Option<u32>) -> Vec<(u64, Address)> {
            let after = after.map(|item| (collection, item));
            let page = self.items.page_within(&collection, after.as_ref(), page_size(limit));
            page.into_iter().map(|((_, item), state)| (item, state.owner)).collect()
        }

        /// Items of a collection that somebody has, by id, after `after`. At most 100.
        #[query]
        pub fn items_of(&self, collection: u64, owner: Address, after: Option<u64>, limit: Option<u32>) -> Vec<u64> {
            let after = after.map(|item| (owner, collection, item));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let entries = self.by_owner.iter_within(&(owner, collection), from, Direction::Ascending);
            entries.limit(page_size(limit)).map(|((_, _, item), ())| item).collect()
        }

        /// Items that somebody has in all collections, by collection and id, after `after`. At most 100.
        #[query]
        pub fn all_items_of(&self, owner: Address, after: Option<(u64, u64)>, limit: Option<u32>) -> Vec<(u64, u64)> {
            let after = after.map(|(collection, item)| (owner, collection, item));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let entries = self.by_owner.iter_within(&owner, from, Direction::Ascending);
            entries.limit(page_size(limit)).map(|((_, collection, item), ())| (collection, item)).collect()
        }

        /// What is known of a notarised hash: by whom, when, and which item of collection 0 stands for it.
        #[query]
        pub fn notarised(&self, document_hash: Hash) -> Option<Notarisation> {
            self.notarised.get(&document_hash)
        }

        /// The hash that stands for a document and says whose it is, and shows neither as long as the salt is secret:
        /// BLAKE2b-256 of `tenon/collections/notary`, the address, the salt and the document's hash, joined.
        #[query]
        pub fn notary_commitment(&self, owner: Address, salt: Hash, document_hash: Hash) -> Hash {
            uses::commitment(&owner, &salt, &document_hash)
        }

        /// A collection has as many items as it counts, within its cap, and each stands in its owner's index alone.
        ///
        /// One check reads about 1,000 items, beginning at the collection that the block's height points to, so that
        /// consecutive heights cover all. Of a larger collection one check takes a part of the ids, and asks only
        /// whether each item there stands in its owner's index.
        #[invariant]
        pub fn every_item_has_one_owner(&self) -> bool {
            self.check_collections()
        }

        /// Each notarised item carries a hash whose notarisation names that item. A check reads at most 1,000.
        #[invariant]
        pub fn notarised_items_carry_their_hash(&self) -> bool {
            self.check_notarised()
        }
    }

    fn page_size(limit: Option<u32>) -> u32 {
        limit.unwrap_or(MAX_PAGE).min(MAX_PAGE)
    }
}
