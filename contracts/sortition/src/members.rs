//! Pools, and who is in them.

use crate::error::Error;
use crate::events::{Dissolved, Expelled, Founded, Left, Registered};
use crate::sortition::{MAX_PAGE, Sortition};
use crate::types::{MAX_PERIOD_MS, MAX_SEATS, MAX_SLOTS, MIN_PERIOD_MS, Member, NewPool, Pool, Slot, WAIT_PERIODS};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

impl Sortition {
    pub(crate) fn known(&self, pool: u64) -> Result<Pool, Error> {
        self.pools.get(&pool).ok_or(Error::UnknownPool)
    }

    pub(crate) fn membership(&self, pool: u64, who: Address) -> Result<Member, Error> {
        self.members.get(&(pool, who)).ok_or(Error::NotRegistered)
    }

    /// Founds a pool, whose period 0 begins now.
    pub(crate) fn add_pool(&mut self, new: NewPool) -> Result<u64, Error> {
        let NewPool { stake, period_ms, seats } = new;
        let lasts = (MIN_PERIOD_MS..=MAX_PERIOD_MS).contains(&period_ms);
        ensure!(stake > 0 && lasts && (1..=MAX_SEATS).contains(&seats), Error::InvalidPool);
        let (founder, start_ms) = (env().caller(), env().block_time_ms());
        let pool = self.pool_count.update(|count| count + 1);
        let record = Pool { founder, stake, start_ms, period_ms, seats, slots: 0, members: 0 };
        self.pools.set(&pool, &record);
        emit(Founded { pool, founder, stake, period_ms, seats });
        Ok(pool)
    }

    /// Takes the caller's stake, and gives the caller a lot.
    pub(crate) fn add_member(&mut self, pool: u64) -> Result<u64, Error> {
        let mut record = self.known(pool)?;
        let broker = env().caller();
        ensure!(!self.members.contains(&(pool, broker)), Error::AlreadyRegistered);
        ensure!(env().value() == record.stake, Error::WrongValue);
        let owed = self.owed.get().checked_add(record.stake).ok_or(Error::AmountOverflow)?;
        self.owed.set(&owed);
        let slot = self.take_slot(pool, &mut record)?;
        record.members += 1;
        self.pools.set(&pool, &record);
        let from_period = record.now().period.saturating_add(WAIT_PERIODS);
        let member = Member { slot, from_period, sealed: None, sealed_period: None };
        self.members.set(&(pool, broker), &member);
        self.slots.set(&(pool, slot), &Slot { broker, from_period });
        emit(Registered { pool, broker, slot, from_period });
        Ok(from_period)
    }

    /// A lot that is nobody's: the lowest that was left, or a new one.
    fn take_slot(&mut self, pool: u64, record: &mut Pool) -> Result<u32, Error> {
        let mut left = self.free.iter_within(&pool, Bound::Unbounded, Direction::Ascending).limit(1);
        if let Some(((_, slot), ())) = left.next() {
            self.free.remove(&(pool, slot));
            return Ok(slot);
        }
        ensure!(record.slots < MAX_SLOTS, Error::PoolFull);
        let slot = record.slots;
        record.slots += 1;
        Ok(slot)
    }

    /// Takes somebody and the stake out of what is kept.
    fn remove_member(&mut self, pool: u64, broker: Address, slot: u32) -> Result<Amount, Error> {
        let mut record = self.known(pool)?;
        record.members -= 1;
        self.pools.set(&pool, &record);
        self.members.remove(&(pool, broker));
        self.slots.remove(&(pool, slot));
        self.free.insert(&(pool, slot));
        let owed = self.owed.get() - record.stake;
        self.owed.set(&owed);
        Ok(record.stake)
    }

    /// Lets the caller out, with the stake.
    pub(crate) fn part(&mut self, pool: u64, to: Option<Address>) -> Result<(), Error> {
        let broker = env().caller();
        let to = to.unwrap_or(broker);
        ensure!(!to.is_zero() && to != env().self_address(), Error::InvalidReceiver);
        let Member { slot, sealed, .. } = self.membership(pool, broker)?;
        ensure!(sealed.is_none(), Error::SealPending);
        let stake = self.remove_member(pool, broker, slot)?;
        coin::transfer(&to, stake).map_err(|_| Error::StakeRefused)?;
        emit(Left { pool, broker, to });
        Ok(())
    }

    /// Takes somebody out who did not open what they committed to. The stake stays with the instance, for nobody.
    pub(crate) fn cast_out(&mut self, pool: u64, broker: Address) -> Result<(), Error> {
        let period = self.known(pool)?.now().period;
        let Member { slot, sealed, .. } = self.membership(pool, broker)?;
        let has_missed = sealed.is_some_and(|sealed| sealed.period < period);
        ensure!(has_missed, Error::NothingMissed);
        let stake = self.remove_member(pool, broker, slot)?;
        emit(Expelled { pool, broker, stake });
        Ok(())
    }

    /// Removes a pool in which nobody is, and up to 100 lots that were left: with more of them it takes several calls.
    pub(crate) fn remove_pool(&mut self, pool: u64) -> Result<bool, Error> {
        let record = self.known(pool)?;
        ensure!(record.founder == env().caller(), Error::NotFounder);
        ensure!(record.members == 0, Error::PoolInUse);
        let mut removed = 0;
        while removed < MAX_PAGE {
            let mut left = self.free.iter_within(&pool, Bound::Unbounded, Direction::Ascending).limit(1);
            let Some((slot, ())) = left.next() else {
                self.pools.remove(&pool);
                emit(Dissolved { pool });
                return Ok(true);
            };
            self.free.remove(&slot);
            removed += 1;
        }
        Ok(false)
    }
}
