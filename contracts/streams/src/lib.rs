//! Streams: the registry of data streams. What is published stands elsewhere; here stands whose a stream is, who may
//! publish and subscribe, into how many partitions it is spread, and under which name it is found.
//!
//! Rules:
//! - A stream's id is the hash of chain, instance and a number: an event that names it is meant for no other stream on
//!   any chain. Ids are never used again, and how many partitions a stream has never changes.
//! - The owner may do everything. Others may do what they were granted: edit, delete, publish, subscribe, or grant. Each
//!   right is one stream's, one account's and one level's, and has an end of its own, if any.
//! - Who may grant can give and take, besides, only what they hold themselves by a right of their own, and nothing that
//!   reaches beyond its end. What they granted stays when they lose their right; the owner can revoke it.
//! - A grant takes nothing away: one that ends earlier than what is there is refused. Anyone can give up a right.
//! - Everybody may publish or subscribe if that was granted to everybody. Revoking it leaves the rights of single
//!   accounts as they are.
//! - What is revoked is void from that transaction on. The owner can revoke all rights at once.
//! - Rights that are void can be removed by anyone, who receives the deposit: those that expired, and all those of a
//!   stream that was deleted.
//! - A name is the first one's who commits to it, waits ten seconds, and says it. It stands for any stream that its owner
//!   says, until it expires; then it is kept for its owner for 30 days, and then anybody can have it. Of names that look
//!   alike only one is given out. A name proves nothing about the stream's owner.
//!
//! Left out: events, which are checked and stored off chain; keys of subscribers and prices, which are the business of
//! licences; a list of the streams that an account may read, which follows from the events.

#![no_std]

mod checks;
mod error;
mod events;
mod names;
pub mod partition;
mod rights;
mod types;

pub use self::streams::*;
pub use checks::MAX_CHECKED_ENTRIES;
pub use error::Error;
pub use events::{
    AllRevoked, CommitmentRemoved, Created, Deleted, Edited, NameCommitted, NamePointed, NameRegistered, NameReleased,
    NameRenewed, NameTransferred, OwnerChanged, OwnerProposed, RightGranted, RightRemoved, RightRevoked,
};
pub use names::{MAX_REGISTERED_BYTES, MIN_REGISTERED_BYTES, appearance, is_canonical};
pub use types::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, hash), upgrade = "admin")]
pub mod streams {
    use crate::error::Error;
    use crate::events::{
        AllRevoked, Created, Deleted, Edited, NameCommitted, NamePointed, NameTransferred, OwnerChanged, OwnerProposed,
    };
    use crate::types::{
        Level, MAX_KEY_BYTES, MAX_NETWORK_PARTITIONS, NameRecord, Right, RightInfo, StreamInfo, StreamState, Texts,
    };
    use crate::{names, partition};
    use core::ops::Bound;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;

    /// What the instance keeps.
    #[storage]
    pub struct Streams {
        /// How many streams were created.
        pub(crate) created: Value<u64>,
        /// What decides about a stream.
        pub(crate) streams: OrderedMap<Hash, StreamState>,
        /// What a stream says of itself.
        pub(crate) texts: Map<Hash, Texts>,
        /// Streams by owner.
        pub(crate) by_owner: Set<(Address, Hash)>,
        /// To whom a stream's ownership was offered.
        pub(crate) proposed_owner: Map<Hash, Address>,
        /// Rights by stream, account (nothing is everybody) and level. Those that are void stay until they are removed.
        pub(crate) rights: OrderedMap<(Hash, Option<Address>, Level), Right>,
        /// Names by what they look like.
        pub(crate) names: OrderedMap<String, NameRecord>,
        /// Names by owner.
        pub(crate) names_by_owner: Set<(Address, String)>,
        /// When somebody committed to a name.
        pub(crate) commitments: Map<(Address, Hash), u64>,
    }

    impl Streams {
        /// Starts without streams and names.
        #[init]
        pub fn init(&mut self) {}

        /// Creates a stream and returns its id. The caller owns it.
        ///
        /// Optional: `description` and `metadata` (default empty), `partitions`, from 1 to 1,000 (default 1).
        #[call]
        pub fn create(
            &mut self,
            name: String,
            description: Option<String>,
            metadata: Option<String>,
            partitions: Option<u16>,
        ) -> Result<Hash, Error> {
            let (description, metadata) = (description.unwrap_or_default(), metadata.unwrap_or_default());
            let texts = Texts { name, description, metadata };
            texts.check()?;
            let (owner, partitions) = (env().caller(), partitions.unwrap_or(1));
            let state = StreamState { owner, partitions, generation: 0 };
            ensure!(state.is_sound(), Error::InvalidPartitions);
            let number = self.created.update(|created| created + 1);
            let stream = partition::stream_id(crypto::blake2b_256, &env().chain_id(), &env().self_address(), number);
            self.streams.set(&stream, &state);
            self.texts.set(&stream, &texts);
            self.by_owner.insert(&(owner, stream));
            emit(Created { stream, owner, name: texts.name, partitions });
            Ok(stream)
        }

        /// Changes what a stream says of itself, by who may edit it. What is left out stays as it is.
        #[call]
        pub fn edit(
            &mut self,
            stream: Hash,
            name: Option<String>,
            description: Option<String>,
            metadata: Option<String>,
        ) -> Result<(), Error> {
            self.allowed(stream, Level::Edit)?;
            let before = self.texts.get(&stream).ok_or(Error::UnknownStream)?;
            let texts = Texts {
                name: name.unwrap_or(before.name),
                description: description.unwrap_or(before.description),
                metadata: metadata.unwrap_or(before.metadata),
            };
            texts.check()?;
            self.texts.set(&stream, &texts);
            emit(Edited { stream, by: env().caller() });
            Ok(())
        }

        /// Deletes a stream for good, by who may delete it. Every right on it ends, and names stand for it no longer.
        #[call]
        pub fn delete(&mut self, stream: Hash) -> Result<(), Error> {
            let StreamState { owner, .. } = self.allowed(stream, Level::Delete)?;
            self.streams.remove(&stream);
            self.texts.remove(&stream);
            self.by_owner.remove(&(owner, stream));
            self.proposed_owner.remove(&stream);
            emit(Deleted { stream, by: env().caller() });
            Ok(())
        }

        /// Offers the ownership of a stream to somebody, who takes it with `accept_owner`. Until then nothing changes.
        #[call]
        pub fn propose_owner(&mut self, stream: Hash, to: Address) -> Result<(), Error> {
            self.owned_by_caller(stream)?;
            ensure!(!to.is_zero(), Error::ZeroAddress);
            self.proposed_owner.set(&stream, &to);
            emit(OwnerProposed { stream, to });
            Ok(())
        }

        /// Takes an ownership that was offered to the caller. Rights that were granted before stay.
        #[call]
        pub fn accept_owner(&mut self, stream: Hash) -> Result<(), Error> {
            let mut state = self.known(stream)?;
            let (from, to) = (state.owner, env().caller());
            ensure!(self.proposed_owner.take(&stream) == Some(to), Error::NotProposed);
            state.owner = to;
            self.streams.set(&stream, &state);
            self.by_owner.remove(&(from, stream));
            self.by_owner.insert(&(to, stream));
            emit(OwnerChanged { stream, from, to });
            Ok(())
        }

        /// Grants a right to an account, or lets it end later than it would. By the owner; or by who may grant and holds
        /// that right too, no longer than both last.
        ///
        /// Optional: `expires_at_ms`, from which millisecond on the right is void (default: never).
        #[call]
        pub fn grant(
            &mut self,
            stream: Hash,
            who: Address,
            level: Level,
            expires_at_ms: Option<u64>,
        ) -> Result<(), Error> {
            self.give(stream, Some(who), level, expires_at_ms)
        }

        /// Lets everybody publish or subscribe. By who could grant that to an account.
        ///
        /// Optional: `expires_at_ms`, from which millisecond on the right is void (default: never).
        #[call]
        pub fn grant_public(&mut self, stream: Hash, level: Level, expires_at_ms: Option<u64>) -> Result<(), Error> {
            ensure!(level.can_be_public(), Error::NotPublicLevel);
            self.give(stream, None, level, expires_at_ms)
        }

        /// Takes a right back, from now on: by who could grant it until its end, or by who has it.
        #[call]
        pub fn revoke(&mut self, stream: Hash, who: Address, level: Level) -> Result<(), Error> {
            self.take_back(stream, Some(who), level)
        }

        /// Ends what everybody may, from now on: by who could grant it until its end. The rights of accounts stay.
        #[call]
        pub fn revoke_public(&mut self, stream: Hash, level: Level) -> Result<(), Error> {
            self.take_back(stream, None, level)
        }

        /// Ends every right on a stream, from now on, those of everybody too. Only the owner.
        #[call]
        pub fn revoke_all(&mut self, stream: Hash) -> Result<(), Error> {
            let mut state = self.owned_by_caller(stream)?;
            state.generation += 1;
            self.streams.set(&stream, &state);
            emit(AllRevoked { stream });
            Ok(())
        }

        /// Removes a right that is void: it expired, all were revoked since, or the stream is gone. Anyone may, and
        /// receives the deposit. Without `who` that of everybody.
        #[call]
        pub fn remove_right(&mut self, stream: Hash, who: Option<Address>, level: Level) -> Result<(), Error> {
            self.clear(stream, who, level)
        }

        /// Commits to a name without showing it: `name_commitment` says to what. The name can be registered from ten
        /// seconds later on, for a day.
        #[call]
        pub fn commit_name(&mut self, commitment: Hash) {
            let by = env().caller();
            self.commitments.set(&(by, commitment), &env().block_time_ms());
            emit(NameCommitted { by, commitment });
        }

        /// Gives the name to which the caller committed to the caller, for 1 to 10 years of 365 days. It stands for a
        /// stream, whoever owns that.
        #[call]
        pub fn register_name(&mut self, name: String, stream: Hash, years: u32, salt: Hash) -> Result<(), Error> {
            self.register(name, stream, years, salt)
        }

        /// Lets a name expire 1 to 10 years later than it would, at most ten years from now. By its owner, until 30 days
        /// after it has expired.
        #[call]
        pub fn renew_name(&mut self, name: String, years: u32) -> Result<(), Error> {
            self.renew(&name, years)
        }

        /// Lets a name stand for another stream, whoever owns that. By its owner.
        #[call]
        pub fn point_name(&mut self, name: String, stream: Hash) -> Result<(), Error> {
            let record = self.own_name(&name)?;
            self.known(stream)?;
            let record = NameRecord { stream, ..record };
            self.names.set(&names::appearance(&name), &record);
            emit(NamePointed { owner: record.owner, stream, name });
            Ok(())
        }

        /// Sends a name to somebody. What it stands for stays until they change it. By its owner.
        #[call]
        pub fn transfer_name(&mut self, name: String, to: Address) -> Result<(), Error> {
            let mut record = self.own_name(&name)?;
            ensure!(!to.is_zero(), Error::ZeroAddress);
            let from = record.owner;
            record.owner = to;
            self.names.set(&names::appearance(&name), &record);
            self.names_by_owner.remove(&(from, name.clone()));
            self.names_by_owner.insert(&(to, name.clone()));
            emit(NameTransferred { from, to, name });
            Ok(())
        }

        /// Gives a name up: by its owner, or by anyone from 30 days after it has expired. Who does receives the deposit.
        #[call]
        pub fn release_name(&mut self, name: String) -> Result<(), Error> {
            self.release(&name)
        }

        /// Removes a commitment that is not used: by who made it, or by anyone from a day later on. Who does receives
        /// the deposit.
        #[call]
        pub fn remove_commitment(&mut self, by: Address, commitment: Hash) -> Result<(), Error> {
            self.forget_commitment(by, commitment)
        }

        /// Everything about a stream.
        #[query]
        pub fn stream(&self, stream: Hash) -> Result<StreamInfo, Error> {
            let StreamState { owner, partitions, .. } = self.known(stream)?;
            let Texts { name, description, metadata } = self.texts.get(&stream).ok_or(Error::UnknownStream)?;
            let proposed_owner = self.proposed_owner.get(&stream);
            Ok(StreamInfo { owner, name, description, metadata, partitions, proposed_owner })
        }

        /// Streams with their owners, by id, after `after`. At most 100.
        #[query]
        pub fn streams(&self, after: Option<Hash>, limit: Option<u32>) -> Vec<(Hash, Address)> {
            let page = self.streams.page(after.as_ref(), page_size(limit));
            page.into_iter().map(|(stream, state)| (stream, state.owner)).collect()
        }

        /// Streams that somebody owns, by id, after `after`. At most 100.
        #[query]
        pub fn streams_of(&self, owner: Address, after: Option<Hash>, limit: Option<u32>) -> Vec<Hash> {
            let after = after.map(|stream| (owner, stream));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let entries = self.by_owner.iter_within(&owner, from, Direction::Ascending);
            entries.limit(page_size(limit)).map(|((_, stream), ())| stream).collect()
        }

        /// Whether an account may do something with a stream now: as its owner, by a right of its own, or as everybody.
        #[query]
        pub fn may(&self, stream: Hash, who: Address, level: Level) -> Result<bool, Error> {
            let state = self.known(stream)?;
            Ok(self.allows(stream, &state, who, level))
        }

        /// Succeeds if an account may publish in a partition of a stream now. What brokers ask of each event.
        #[query]
        pub fn check_publish(&self, stream: Hash, who: Address, partition: u16) -> Result<(), Error> {
            let state = self.known(stream)?;
            ensure!(partition < state.partitions, Error::UnknownPartition);
            ensure!(self.allows(stream, &state, who, Level::Publish), Error::NotAllowed);
            Ok(())
        }

        /// What an account may do now by rights of its own, and from when on not any more. The owner needs none.
        #[query]
        pub fn rights_of(&self, stream: Hash, who: Address) -> Result<Vec<(Level, Option<u64>)>, Error> {
            let state = self.known(stream)?;
            let rights = self.rights.iter_within(&(stream, Some(who)), Bound::Unbounded, Direction::Ascending);
            let good = rights.filter(|(_, right)| right.holds(&state, env().block_time_ms()));
            Ok(good.map(|((_, _, level), right)| (level, right.expires_at_ms)).collect())
        }

        /// Rights on a stream, those of everybody first, then by account and level, after `after`. At most 100. Those
        /// that are void and were not removed are among them, also when the stream is gone.
        #[query]
        pub fn rights(
            &self,
            stream: Hash,
            after: Option<(Option<Address>, Level)>,
            limit: Option<u32>,
        ) -> Vec<RightInfo> {
            self.list(stream, after, page_size(limit))
        }

        /// In which partition of a stream the events of a key belong. Clients work it out in the same way.
        #[query]
        pub fn partition_of(&self, stream: Hash, key: Vec<u8>) -> Result<u16, Error> {
            let StreamState { partitions, .. } = self.known(stream)?;
            ensure!(key.len() <= MAX_KEY_BYTES, Error::KeyTooLong);
            partition::stream_partition(crypto::blake2b_256, &key, partitions).ok_or(Error::InvalidPartitions)
        }

        /// In which partition of a network with `of` partitions a stream's partition belongs. Brokers work it out in the
        /// same way.
        #[query]
        pub fn network_partition(&self, stream: Hash, partition: u16, of: u32) -> Result<u32, Error> {
            let StreamState { partitions, .. } = self.known(stream)?;
            ensure!((1..=MAX_NETWORK_PARTITIONS).contains(&of), Error::InvalidPartitions);
            partition::network_partition(crypto::blake2b_256, &stream, partitions, partition, of)
                .ok_or(Error::UnknownPartition)
        }

        /// The stream that a name stands for. Nothing if nobody has the name, it expired, or the stream is gone.
        #[query]
        pub fn resolve(&self, name: String) -> Option<Hash> {
            let record = self.record(&name).filter(|record| record.is_valid_at(env().block_time_ms()))?;
            self.streams.contains(&record.stream).then_some(record.stream)
        }

        /// What is known of a name that is somebody's, also while it has expired and is kept for its owner.
        #[query]
        pub fn name(&self, name: String) -> Option<NameRecord> {
            self.record(&name).filter(|record| !record.is_free_at(env().block_time_ms()))
        }

        /// Names that somebody has, in order, after `after`. At most 100. Those that expired and were not given up are
        /// among them.
        #[query]
        pub fn names_of(&self, owner: Address, after: Option<String>, limit: Option<u32>) -> Vec<String> {
            let after = after.map(|name| (owner, names::shortened(name)));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let entries = self.names_by_owner.iter_within(&owner, from, Direction::Ascending);
            entries.limit(page_size(limit)).map(|((_, name), ())| name).collect()
        }

        /// To what an owner commits who wants a name. Ask a node that you trust, as it learns the name.
        #[query]
        pub fn name_commitment(&self, owner: Address, name: String, salt: Hash) -> Hash {
            names::commitment(owner, &name, salt)
        }

        /// Each stream has an owner, texts and partitions within their bounds, and stands in its owner's index alone.
        ///
        /// One check reads at most 500 entries of each container, beginning where the block's height points to and going
        /// round.
        #[invariant]
        pub fn every_stream_has_one_owner(&self) -> bool {
            self.check_streams()
        }

        /// A right is an account's, or everybody's if it is to publish or subscribe; and none is of a later generation
        /// than its stream. A check reads at most 500.
        #[invariant]
        pub fn rights_are_possible(&self) -> bool {
            self.check_rights()
        }

        /// Each name is canonical, the only one that looks so, and stands in its owner's index alone. A check reads at
        /// most 500 entries of each container.
        #[invariant]
        pub fn every_name_has_one_owner(&self) -> bool {
            self.check_names()
        }
    }

    fn page_size(limit: Option<u32>) -> u32 {
        limit.unwrap_or(MAX_PAGE).min(MAX_PAGE)
    }
}
