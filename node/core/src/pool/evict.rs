//! Making room: the worst tails leave for what is worth more.

use super::entry::{Entry, Notice, Status, Worth};
use super::slots::Slot;
use super::{Pool, PoolError};

/// The most transactions that leave for one that is added. What needs more room than they give is refused.
pub const MAX_EVICTIONS: usize = 1_024;

/// A transaction that left, with what is needed to put it back.
struct Evicted {
    entry: Entry,
    next: u64,
}

impl Pool {
    /// Makes room for a transaction whose nonce is not held. `next` is its sender's next nonce on chain, `account` its
    /// sender's account in the pool.
    ///
    /// An account at its bound gives up its own tail for a lower nonce. If the room cannot be made, all is put back.
    pub(super) fn make_room(
        &mut self,
        account: Option<Slot>,
        entry: &Entry,
        next: u64,
        notices: &mut Vec<Notice>,
    ) -> Result<(), PoolError> {
        let own_tail = self.surplus_tail(account, entry)?;
        let bytes = entry.transaction.bytes.len();
        if own_tail.is_none() && self.has_room(1, bytes) {
            return Ok(());
        }
        let worth = self.worth(account, entry, next);
        let mut evicted: Vec<Evicted> = own_tail.into_iter().map(|tail| self.evict(tail)).collect();
        while !self.has_room(1, bytes) {
            match self.tails.first() {
                Some(tail) if tail.worth < worth && evicted.len() < MAX_EVICTIONS => {
                    let slot = tail.slot;
                    evicted.push(self.evict(slot));
                }
                _ => {
                    self.put_back(evicted);
                    return Err(self.full());
                }
            }
        }
        notices.extend(evicted.iter().map(|out| Notice { hash: out.entry.transaction.hash, status: Status::Dropped }));
        Ok(())
    }

    /// The tail that an account at its bound gives up for a lower nonce; none below the bound.
    fn surplus_tail(&self, account: Option<Slot>, entry: &Entry) -> Result<Option<Slot>, PoolError> {
        let Some(account) = account else { return Ok(None) };
        let queue = self.accounts.get(account);
        if queue.nonces.len() < self.limits.max_per_account {
            return Ok(None);
        }
        match queue.nonces.last_key_value() {
            Some((last, slot)) if *last > entry.transaction.nonce => Ok(Some(*slot)),
            _ => Err(PoolError::AccountFull { found: queue.nonces.len(), max: self.limits.max_per_account }),
        }
    }

    /// What a transaction is worth as long as it is not held: as a tail, it counts as the cheapest of its account.
    ///
    /// So it is never worth more than a predecessor, and never drives one out.
    fn worth(&self, account: Option<Slot>, entry: &Entry, next: u64) -> Worth {
        let queue = account.map(|account| self.accounts.get(account));
        let ready_end = queue.map_or(next, |queue| queue.ready_end.max(next));
        let lowest = queue.and_then(super::account::Account::lowest_price).unwrap_or(entry.price);
        Worth { ready: u64::from(entry.transaction.nonce) <= ready_end, price: entry.price.min(lowest) }
    }

    fn evict(&mut self, tail: Slot) -> Evicted {
        let (entry, account) = self.detach(tail);
        let queue = self.accounts.get_mut(account);
        let next = queue.next;
        let behind = queue.demote(entry.transaction.nonce);
        debug_assert!(behind.is_empty(), "nothing lies behind a tail");
        self.settle(account, &mut Vec::new());
        Evicted { entry, next }
    }

    fn put_back(&mut self, evicted: Vec<Evicted>) {
        for Evicted { entry, next } in evicted.into_iter().rev() {
            let account = self.attach(entry, next);
            self.settle(account, &mut Vec::new());
        }
    }
}
