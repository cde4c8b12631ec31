//! Deliveries: who may hand in an event, which events a subscription takes, and what the consumer's call can do.

use crate::check::Primitives;
use crate::error::Error;
use crate::events::Events;
use crate::format::{self, Event};
use crate::notices::{CommitmentRemoved, Committed, Delivered, Pruned};
use crate::types::{Checked, Commitment, MAX_DELIVERED_BYTES, Order, Origin, Progress, Publishers, Terms};
use core::ops::Bound;
use tenon_contract::Wire;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Names the purpose in a commitment.
const COMMITMENT_PURPOSE: &str = "tenon/events/delivery";
/// The call of a consumer that takes events.
const CONSUMER_METHOD: &str = "on_event";
/// The most gas for asking a stream's registry about a publisher.
const MAX_REGISTRY_GAS: u64 = 1_000_000;
/// Gas that a delivery needs beside the consumer's call, from before it to the end.
const GAS_BESIDE_CALLBACK: u64 = 150_000;
/// A callee gets at most all but one of so many parts of the gas that is left.
const GAS_PARTS: u64 = 64;
/// Notes that one call removes.
const MAX_PRUNED: u32 = 100;

/// What who delivers commits to: purpose, chain, instance, deliverer, subscription, event and salt. A commitment that
/// somebody copies is good for nobody else, and nowhere else.
pub(crate) fn commitment(by: Address, subscription: u64, event: &[u8], salt: Hash) -> Hash {
    let mut bytes = Vec::new();
    String::from(COMMITMENT_PURPOSE).put(&mut bytes);
    (env().chain_id(), env().self_address(), by).put(&mut bytes);
    (subscription, crypto::blake2b_256(event), salt).put(&mut bytes);
    crypto::blake2b_256(&bytes)
}

impl Events {
    pub(crate) fn commit_to(&mut self, commitment: Hash) -> Result<(), Error> {
        let key = (env().caller(), commitment);
        ensure!(!self.commitments.contains(&key), Error::AlreadyCommitted);
        self.commitments.set(&key, &Commitment { height: env().block_height(), time_ms: env().block_time_ms() });
        emit(Committed { by: key.0, commitment });
        Ok(())
    }

    /// Removes a commitment: by who made it, or by anyone when it has lapsed.
    pub(crate) fn forget_commitment(&mut self, by: Address, commitment: Hash) -> Result<(), Error> {
        let made = self.commitments.take(&(by, commitment)).ok_or(Error::NoCommitment)?;
        ensure!(by == env().caller() || made.has_lapsed(env().block_time_ms()), Error::CommitmentStands);
        emit(CommitmentRemoved { by, commitment });
        Ok(())
    }

    /// Hands an event in, pays for it, and calls the consumer. Returns whether the consumer took it.
    pub(crate) fn hand_in(&mut self, subscription: u64, bytes: &[u8], salt: Hash) -> Result<bool, Error> {
        let by = env().caller();
        ensure!(by == env().origin(), Error::NotDirect);
        let (terms, mut progress) = self.running(subscription)?;
        self.use_commitment(by, commitment(by, subscription, bytes, salt))?;
        progress.funds = progress.funds.checked_sub(terms.bounty).ok_or(Error::BountyExhausted)?;
        let (event, checked) = Self::accept(&terms, bytes)?;
        self.note(subscription, &terms, &event, &checked)?;
        terms.check_publisher(&event, checked.publisher)?;
        progress.delivered += 1;
        self.progress.set(&subscription, &progress);
        self.credit(terms.currency, by, terms.bounty);
        // Nothing but too little gas can make this fail: who has shown a delivery is paid, whatever the consumer does.
        let consumer_error = terms.call_consumer(subscription, bytes)?;
        let Terms { stream, bounty, .. } = terms;
        let Checked { id, publisher } = checked;
        emit(Delivered { subscription, by, event: id, stream, publisher, bounty, consumer_error });
        Ok(consumer_error == 0)
    }

    /// Uses a commitment that was made in an earlier block and has not lapsed.
    fn use_commitment(&mut self, by: Address, commitment: Hash) -> Result<(), Error> {
        let made = self.commitments.take(&(by, commitment)).ok_or(Error::NoCommitment)?;
        ensure!(env().block_height() > made.height, Error::CommitmentTooYoung);
        ensure!(!made.has_lapsed(env().block_time_ms()), Error::CommitmentLapsed);
        Ok(())
    }

    /// Reads an event and checks that it is one of those that the subscription is about, and signed.
    fn accept(terms: &Terms, bytes: &[u8]) -> Result<(Event, Checked), Error> {
        ensure!(bytes.len() <= MAX_DELIVERED_BYTES, Error::TooLong);
        let (event, signed) = Event::decode_parts(bytes)?;
        ensure!(event.stream == terms.stream, Error::OtherStream);
        ensure!(terms.partition.is_none_or(|partition| partition == event.partition), Error::OtherPartition);
        let now = env().block_time_ms();
        ensure!(event.timestamp_ms <= now, Error::FromFuture);
        ensure!(now - event.timestamp_ms < terms.max_age_ms, Error::TooOld);
        let checked = Primitives::HOST.check_message(&format::message(&env().chain_id(), signed), &event)?;
        Ok((event, checked))
    }

    /// Notes that a subscription has had an event, unless it may not have it.
    fn note(&mut self, subscription: u64, terms: &Terms, event: &Event, checked: &Checked) -> Result<(), Error> {
        match terms.order {
            Order::Any => {
                let key = (subscription, event.timestamp_ms, checked.id);
                ensure!(!self.seen.contains(&key), Error::AlreadyDelivered);
                self.seen.insert(&key);
            }
            Order::Rising => {
                let key = (subscription, checked.publisher, event.partition);
                if let Some((timestamp_ms, id)) = self.newest.get(&key) {
                    ensure!(id != checked.id, Error::AlreadyDelivered);
                    ensure!(timestamp_ms < event.timestamp_ms, Error::OutOfOrder);
                }
                self.newest.set(&key, &(event.timestamp_ms, checked.id));
            }
        }
        Ok(())
    }

    /// Whether a subscription has had an event, as far as that is still known.
    pub(crate) fn had(&self, subscription: u64, order: Order, event: &Event, checked: &Checked) -> bool {
        match order {
            Order::Any => self.seen.contains(&(subscription, event.timestamp_ms, checked.id)),
            Order::Rising => {
                let newest = self.newest.get(&(subscription, checked.publisher, event.partition));
                newest.is_some_and(|(_, id)| id == checked.id)
            }
        }
    }

    /// Removes notes that nothing depends on: the events are too old to be delivered again, or the subscription is gone.
    /// Of the newest events it looks at those behind a publisher and a partition.
    pub(crate) fn prune_notes(&mut self, subscription: u64, after: Option<(Address, u16)>) -> Result<u32, Error> {
        let max_age_ms = self.terms.get(&subscription).map_or(0, |terms| terms.max_age_ms);
        let now = env().block_time_ms();
        let is_over = |timestamp_ms: u64| now.saturating_sub(timestamp_ms) >= max_age_ms;
        let seen = self.seen.iter_within(&subscription, Bound::Unbounded, Direction::Ascending).limit(MAX_PRUNED);
        // Listed by time: behind the first that is needed all are.
        let seen: Vec<_> =
            seen.map(|(key, ())| key).take_while(|(_, timestamp_ms, _)| is_over(*timestamp_ms)).collect();
        let after = after.map(|(publisher, partition)| (subscription, publisher, partition));
        let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let newest = self.newest.iter_within(&subscription, from, Direction::Ascending).limit(MAX_PRUNED);
        let newest: Vec<_> =
            newest.filter(|(_, (timestamp_ms, _))| is_over(*timestamp_ms)).map(|(key, _)| key).collect();
        seen.iter().for_each(|key| {
            self.seen.remove(key);
        });
        newest.iter().for_each(|key| {
            self.newest.remove(key);
        });
        let notes = u32::try_from(seen.len() + newest.len()).expect("at most 200");
        ensure!(notes > 0, Error::NothingToRemove);
        emit(Pruned { subscription, notes });
        Ok(notes)
    }
}

impl Terms {
    /// Succeeds if the subscription takes events of this publisher.
    fn check_publisher(&self, event: &Event, publisher: Address) -> Result<(), Error> {
        let taken = match &self.publishers {
            Publishers::Origins(origins) => {
                let origin = Origin::of(event)?;
                origins.contains(&origin)
            }
            Publishers::Stream => {
                let mut arguments = Vec::new();
                (self.stream.id, publisher, event.partition).put(&mut arguments);
                let asked: Call<()> = Call::new(self.stream.module, "check_publish", arguments, true);
                asked.with_gas(MAX_REGISTRY_GAS).try_execute().is_ok()
            }
        };
        ensure!(taken, Error::NotPublisher);
        Ok(())
    }

    /// Calls the consumer with all the gas that was promised, and returns its error's number, or 0.
    fn call_consumer(&self, subscription: u64, event: &[u8]) -> Result<u32, Error> {
        let left = env().gas_left();
        let most = (left - left / GAS_PARTS).saturating_sub(GAS_BESIDE_CALLBACK);
        ensure!(most >= self.callback_gas, Error::TooLittleGas);
        // An event has one encoding: these are its bytes as an argument.
        let mut arguments = Vec::with_capacity(size_of::<u64>() + event.len());
        subscription.put(&mut arguments);
        arguments.extend_from_slice(event);
        let call: Call<()> = Call::new(self.consumer, CONSUMER_METHOD, arguments, false);
        Ok(call.with_gas(self.callback_gas).try_execute().map_or_else(|error| error.code(), |()| 0))
    }
}

impl Progress {
    /// Whether it has ended. The millisecond in which it ends is included.
    pub(crate) const fn has_ended(&self, now_ms: u64) -> bool {
        now_ms >= self.ends_at_ms
    }
}
