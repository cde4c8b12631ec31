//! How a seed comes to be, and who is drawn by it.

use crate::draw::{draw, is_selected};
use crate::error::Error;
use crate::events::{Committed, Opened};
use crate::sortition::Sortition;
use crate::types::{MIN_OPENED, Member, Pool, Sealed, Seed};
use tenon_contract::Wire;
use tenon_contract::prelude::*;

/// Name the purposes in what hashes are of.
const COMMITMENT: &[u8] = b"tenon/sortition/commitment";
const VALUE: &[u8] = b"tenon/sortition/value";
const SEED: &[u8] = b"tenon/sortition/seed";
const SELECTION: &[u8] = b"tenon/sortition/selection";
const PARTITION: &[u8] = b"tenon/sortition/partition";

/// The hash of a purpose, chain, instance, pool and period, and of what else there is. Under one purpose each part has
/// one length.
fn hash_of(purpose: &[u8], pool: u64, period: u64, parts: [&[u8]; 2]) -> Hash {
    let mut bytes = purpose.to_vec();
    env().chain_id().put(&mut bytes);
    env().self_address().put(&mut bytes);
    (pool, period).put(&mut bytes);
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    crypto::blake2b_256(&bytes)
}

/// The hash that somebody commits to in a period. It is good for nobody else, and at no other time.
pub(crate) fn commitment_hash(pool: u64, period: u64, who: Address, value: Hash) -> Hash {
    hash_of(COMMITMENT, pool, period, [who.as_bytes(), value.as_bytes()])
}

/// The first eight bytes of a hash.
fn number(hash: &Hash) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

/// Adds bytes without carry, so that the order in which values are opened does not matter.
fn mix(mixed: &Hash, value: &Hash) -> Hash {
    let mut bytes = *mixed.as_bytes();
    bytes.iter_mut().zip(value.as_bytes()).for_each(|(byte, other)| *byte ^= *other);
    Hash::new(bytes)
}

impl Sortition {
    /// The seed of a period that has begun, with what it is made of.
    pub(crate) fn seed_of(&self, pool: u64, period: u64) -> Result<(Hash, Seed), Error> {
        ensure!(period <= self.known(pool)?.now().period, Error::TooEarly);
        let seed = self.seeds.get(&(pool, period)).filter(|seed| seed.opened >= MIN_OPENED).ok_or(Error::NoSeed)?;
        Ok((hash_of(SEED, pool, period, [seed.mixed.as_bytes(), &[]]), seed))
    }

    /// Whether the seed of the running period lets somebody commit; without a seed everybody may who is in.
    pub(crate) fn is_selected(&self, pool: u64, who: Address) -> Result<bool, Error> {
        let period = self.known(pool)?.now().period;
        if !self.members.contains(&(pool, who)) {
            return Ok(false);
        }
        let Ok((seed, Seed { members, .. })) = self.seed_of(pool, period) else { return Ok(true) };
        let own = hash_of(SELECTION, pool, period, [seed.as_bytes(), who.as_bytes()]);
        Ok(is_selected(number(&own), members))
    }

    /// Notes what the caller committed to for the next period's seed.
    pub(crate) fn seal(&mut self, pool: u64, commitment: Hash) -> Result<(), Error> {
        let record = self.known(pool)?;
        let (Pool { slots, members, .. }, now) = (record, record.now());
        let broker = env().caller();
        let member = self.membership(pool, broker)?;
        ensure!(now.is_sealing, Error::TooLate);
        ensure!(member.sealed.is_none(), Error::SealPending);
        ensure!(member.sealed_period != Some(now.period), Error::AlreadyCommitted);
        ensure!(self.is_selected(pool, broker)?, Error::NotSelected);
        let sealed = Some(Sealed { period: now.period, commitment });
        self.members.set(&(pool, broker), &Member { sealed, sealed_period: Some(now.period), ..member });
        let next = (pool, now.period.saturating_add(1));
        if !self.seeds.contains(&next) {
            self.seeds.set(&next, &Seed { mixed: Hash::ZERO, opened: 0, slots, members });
        }
        emit(Committed { pool, broker, period: now.period });
        Ok(())
    }

    /// Adds the value that the caller committed to.
    pub(crate) fn unseal(&mut self, pool: u64, value: Hash) -> Result<(), Error> {
        let now = self.known(pool)?.now();
        let broker = env().caller();
        let member = self.membership(pool, broker)?;
        let sealed = member.sealed.ok_or(Error::NoCommitment)?;
        ensure!(sealed.period == now.period, Error::TooLate);
        ensure!(!now.is_sealing, Error::TooEarly);
        ensure!(commitment_hash(pool, now.period, broker, value) == sealed.commitment, Error::WrongOpening);
        let next = (pool, now.period.saturating_add(1));
        let seed = self.seeds.get(&next).ok_or(Error::NoSeed)?;
        let own = hash_of(VALUE, pool, now.period, [broker.as_bytes(), value.as_bytes()]);
        let (mixed, opened) = (mix(&seed.mixed, &own), seed.opened.saturating_add(1));
        self.seeds.set(&next, &Seed { mixed, opened, ..seed });
        self.members.set(&(pool, broker), &Member { sealed: None, ..member });
        emit(Opened { pool, broker, period: now.period, value });
        Ok(())
    }

    /// Removes what a seed was made of, once nobody can need it: its period is over.
    pub(crate) fn forget_seed(&mut self, pool: u64, period: u64) -> Result<(), Error> {
        let is_over = self.pools.get(&pool).is_none_or(|pool| period < pool.now().period);
        ensure!(is_over, Error::TooEarly);
        ensure!(self.seeds.remove(&(pool, period)), Error::NoSeed);
        Ok(())
    }

    /// Who serves a partition in a period that has begun.
    pub(crate) fn draw_for(
        &self,
        pool: u64,
        stream: Hash,
        partition: u16,
        period: Option<u64>,
    ) -> Result<Vec<Address>, Error> {
        let record = self.known(pool)?;
        let period = period.unwrap_or(record.now().period);
        let (seed, Seed { slots, .. }) = self.seed_of(pool, period)?;
        let own = hash_of(PARTITION, pool, period, [seed.as_bytes(), stream.as_bytes()]);
        let number = |step: u32| {
            let mut bytes = own.as_bytes().to_vec();
            (partition, step).put(&mut bytes);
            number(&crypto::blake2b_256(&bytes))
        };
        let holder = |slot: u32| {
            let slot = self.slots.get(&(pool, slot))?;
            (slot.from_period <= period).then_some(slot.broker)
        };
        Ok(draw(record.seats, slots, number, holder))
    }
}
