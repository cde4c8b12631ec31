//! The pool itself: adding, blocks, invalid transactions. Eviction is in `evict`, the order of inclusion in `best`.

use super::account::Account;
use super::entry::{Checked, Entry, HeadRank, Included, Notice, Status, TailRank, Worth};
use super::remembered::Remembered;
use super::slots::{Slot, Slots};
use super::{Best, Budget, PoolError, PoolLimits, Price};
use core::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tenon_types::{Address, Amount, BlockNumber, Hash};

/// The transaction pool.
#[derive(Clone, Debug)]
pub struct Pool {
    pub(super) limits: PoolLimits,
    pub(super) entries: Slots<Entry>,
    pub(super) accounts: Slots<Account>,
    by_hash: BTreeMap<Hash, Slot>,
    pub(super) by_address: BTreeMap<Address, Slot>,
    pub(super) heads: BTreeSet<HeadRank>,
    pub(super) tails: BTreeSet<TailRank>,
    expiry: BTreeSet<(BlockNumber, Slot)>,
    included: Remembered,
    bytes: usize,
    ready: usize,
    sequence: u64,
}

/// Where the pool knows a transaction from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is in the pool.
    Pooled,
    /// It was in one of the latest blocks.
    Included,
}

impl Pool {
    /// Makes an empty pool.
    pub const fn new(limits: PoolLimits) -> Self {
        Self {
            limits,
            entries: Slots::new(),
            accounts: Slots::new(),
            by_hash: BTreeMap::new(),
            by_address: BTreeMap::new(),
            heads: BTreeSet::new(),
            tails: BTreeSet::new(),
            expiry: BTreeSet::new(),
            included: Remembered::new(),
            bytes: 0,
            ready: 0,
            sequence: 0,
        }
    }

    /// Adds a transaction. `account_nonce` is its sender's next nonce at the head, `head` the head's height.
    ///
    /// The notices tell the new transaction's status and what it changed for others.
    ///
    /// # Errors
    /// [`PoolError`]; then nothing has changed.
    pub fn add(
        &mut self,
        transaction: Checked,
        account_nonce: u32,
        head: BlockNumber,
    ) -> Result<Vec<Notice>, PoolError> {
        self.refuse_known(&transaction.hash)?;
        let next_height = head.saturating_add(1);
        if transaction.valid_until <= next_height {
            return Err(PoolError::Expired { valid_until: transaction.valid_until, next_height });
        }
        let account = self.by_address.get(&transaction.sender).copied();
        let held = account.map_or(0, |account| self.accounts.get(account).next);
        let next = held.max(u64::from(account_nonce));
        if u64::from(transaction.nonce) < next {
            return Err(PoolError::Stale { found: transaction.nonce, expected: next });
        }
        let entry = Entry {
            price: transaction.price(),
            sequence: self.sequence,
            expires: transaction.valid_until.min(next_height.saturating_add(self.limits.lifetime_blocks)),
            transaction: Arc::new(transaction),
        };
        let mut notices = Vec::with_capacity(1);
        let other =
            account.and_then(|account| self.accounts.get(account).nonces.get(&entry.transaction.nonce).copied());
        match other {
            Some(other) => self.replace(other, &entry, &mut notices)?,
            None => self.make_room(account, &entry, next, &mut notices)?,
        }
        self.sequence = self.sequence.saturating_add(1);
        self.admit(entry, next, other.is_some(), &mut notices);
        Ok(notices)
    }

    /// Tells where the pool knows a transaction from, so that one sent again costs no signature check.
    pub fn knows(&self, hash: &Hash) -> Option<Known> {
        if self.by_hash.contains_key(hash) {
            Some(Known::Pooled)
        } else if self.included.contains(hash) {
            Some(Known::Included)
        } else {
            None
        }
    }

    /// Refuses what the pool knows.
    ///
    /// # Errors
    /// [`PoolError::AlreadyPooled`] or [`PoolError::AlreadyIncluded`].
    pub fn refuse_known(&self, hash: &Hash) -> Result<(), PoolError> {
        match self.knows(hash) {
            Some(Known::Pooled) => Err(PoolError::AlreadyPooled { hash: *hash }),
            Some(Known::Included) => Err(PoolError::AlreadyIncluded { hash: *hash }),
            None => Ok(()),
        }
    }

    /// A transaction of the pool.
    pub fn get(&self, hash: &Hash) -> Option<&Arc<Checked>> {
        self.by_hash.get(hash).map(|slot| &self.entries.get(*slot).transaction)
    }

    /// Takes note of a new head: what it includes leaves without a notice, what it makes impossible with one.
    pub fn on_block(&mut self, included: &[Included], height: BlockNumber) -> Vec<Notice> {
        let mut notices = Vec::new();
        let mut touched = BTreeSet::new();
        for transaction in included {
            self.included.insert(transaction.hash);
            if let Some(account) = self.by_address.get(&transaction.sender).copied() {
                self.advance(account, transaction, &mut notices);
                touched.insert(account);
            }
        }
        self.expire(height.saturating_add(1), &mut touched, &mut notices);
        touched.into_iter().for_each(|account| self.settle(account, &mut notices));
        notices
    }

    /// Takes out a transaction that could not be included after all. What follows it waits as future.
    pub fn on_invalid(&mut self, hash: &Hash) -> Vec<Notice> {
        let mut notices = Vec::new();
        if let Some(slot) = self.by_hash.get(hash).copied() {
            let account = self.remove(slot, Status::Invalid, &mut notices);
            self.settle(account, &mut notices);
        }
        notices
    }

    /// Every transaction that is held, by hash.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Checked>> {
        self.by_hash.values().map(|slot| &self.entries.get(*slot).transaction)
    }

    /// The ready transactions in the order of inclusion.
    pub fn best(&self) -> Best<'_> {
        Best::new(self)
    }

    /// The best ready transactions that fit a budget, in the order of inclusion, without those that a block before has
    /// already: it is not in the chain yet, so they are still here.
    pub fn plan(&self, budget: Budget, is_before: impl Fn(&Hash) -> bool) -> Vec<Arc<Checked>> {
        self.best().plan(budget, is_before)
    }

    /// The ready transactions, in the order of inclusion.
    pub fn pending(&self) -> Vec<Arc<Checked>> {
        self.best().cloned().collect()
    }

    /// The nonce that a sender's next transaction should have, those ready in the pool counted.
    pub fn next_nonce(&self, sender: &Address, account_nonce: u32) -> u32 {
        let held = self.by_address.get(sender).map_or(0, |account| self.accounts.get(*account).ready_end);
        u32::try_from(held).unwrap_or(u32::MAX).max(account_nonce)
    }

    /// The most that a sender's transactions in the pool may cost, save the one with a nonce that is to be replaced.
    ///
    /// Who checks that the balance covers this beside a new transaction keeps out chains that nobody pays for.
    pub fn committed(&self, sender: &Address, replaced: u32) -> Amount {
        let Some(account) = self.by_address.get(sender) else { return 0 };
        let queue = self.accounts.get(*account);
        let held = queue.nonces.get(&replaced).map_or(0, |slot| bounded_fee(&self.entries.get(*slot).transaction));
        queue.committed().saturating_sub(held)
    }

    /// Whether a transaction can be included.
    pub fn has_ready(&self) -> bool {
        self.ready > 0
    }

    /// How many transactions can be included.
    pub const fn ready_len(&self) -> usize {
        self.ready
    }

    /// How many transactions are held.
    pub fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Whether no transaction is held.
    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    /// Bytes of the transactions held.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether there is room for as many more bytes of one more transaction.
    pub(super) fn has_room(&self, transactions: usize, bytes: usize) -> bool {
        self.len().saturating_add(transactions) <= self.limits.max_transactions
            && self.bytes.saturating_add(bytes) <= self.limits.max_bytes
    }

    pub(super) fn full(&self) -> PoolError {
        PoolError::Full {
            transactions: self.len(),
            bytes: self.bytes,
            max_transactions: self.limits.max_transactions,
            max_bytes: self.limits.max_bytes,
        }
    }

    /// Takes out a transaction whose place another one takes, if that one pays enough and fits.
    fn replace(&mut self, other: Slot, entry: &Entry, notices: &mut Vec<Notice>) -> Result<(), PoolError> {
        let held = self.entries.get(other);
        let expected = bumped(held.price, self.limits.replacement_bump_percent);
        let nonce = entry.transaction.nonce;
        if expected.is_none_or(|expected| entry.price < expected) {
            let (other, expected) = (held.transaction.hash, expected.unwrap_or(Price::MAX));
            return Err(PoolError::Underpriced { nonce, other, found: entry.price, expected });
        }
        if !self.has_room(0, entry.transaction.bytes.len().saturating_sub(held.transaction.bytes.len())) {
            return Err(self.full());
        }
        let removed = self.detach(other).0;
        notices.push(Notice { hash: removed.transaction.hash, status: Status::Usurped(entry.transaction.hash) });
        Ok(())
    }

    /// Puts a transaction in its place and tells its status.
    fn admit(&mut self, entry: Entry, next: u64, replaces: bool, notices: &mut Vec<Notice>) {
        let (hash, nonce) = (entry.transaction.hash, entry.transaction.nonce);
        let account = self.attach(entry, next);
        let was_ready = replaces && self.accounts.get(account).is_ready(nonce);
        if self.accounts.get(account).next < next {
            self.accounts.get_mut(account).next = next;
            self.prune_stale(account, notices);
        }
        self.settle(account, notices);
        // What settling makes ready, it tells; the rest is told here.
        if was_ready {
            notices.push(Notice { hash, status: Status::Ready });
        } else if !self.accounts.get(account).is_ready(nonce) {
            notices.push(Notice { hash, status: Status::Future });
        }
    }

    /// Moves an account's next nonce past an included transaction.
    fn advance(&mut self, account: Slot, included: &Included, notices: &mut Vec<Notice>) {
        let held = self.accounts.get(account).nonces.get(&included.nonce).copied();
        if let Some(slot) = held {
            let hash = self.entries.get(slot).transaction.hash;
            self.detach(slot);
            if hash != included.hash {
                notices.push(Notice { hash, status: Status::Usurped(included.hash) });
            }
        }
        let queue = self.accounts.get_mut(account);
        queue.next = queue.next.max(u64::from(included.nonce).saturating_add(1));
        self.prune_stale(account, notices);
    }

    /// Takes out what lies below an account's next nonce.
    fn prune_stale(&mut self, account: Slot, notices: &mut Vec<Notice>) {
        loop {
            let queue = self.accounts.get(account);
            let stale = queue.nonces.first_key_value().filter(|(nonce, _)| u64::from(**nonce) < queue.next);
            let Some((_, slot)) = stale else { return };
            let entry = self.detach(*slot).0;
            notices.push(Notice { hash: entry.transaction.hash, status: Status::Invalid });
        }
    }

    /// Takes out what cannot be in a block at `next_height` any more.
    fn expire(&mut self, next_height: BlockNumber, touched: &mut BTreeSet<Slot>, notices: &mut Vec<Notice>) {
        while let Some((_, slot)) = self.expiry.first().copied().filter(|(expires, _)| *expires <= next_height) {
            let ended = self.entries.get(slot).transaction.valid_until <= next_height;
            let status = if ended { Status::Invalid } else { Status::Dropped };
            touched.insert(self.remove(slot, status, notices));
        }
    }

    /// Takes out a transaction and tells so, and what was ready behind it. The account is to be settled.
    pub(super) fn remove(&mut self, slot: Slot, status: Status, notices: &mut Vec<Notice>) -> Slot {
        let (entry, account) = self.detach(slot);
        notices.push(Notice { hash: entry.transaction.hash, status });
        for demoted in self.accounts.get_mut(account).demote(entry.transaction.nonce) {
            notices.push(Notice { hash: self.entries.get(demoted).transaction.hash, status: Status::Future });
        }
        account
    }

    /// Takes a transaction out of all indexes but those that [`Self::settle`] keeps; returns it and its account.
    pub(super) fn detach(&mut self, slot: Slot) -> (Entry, Slot) {
        let entry = self.entries.remove(slot);
        let transaction = &entry.transaction;
        let account = *self.by_address.get(&transaction.sender).expect("who has a transaction has an account");
        self.by_hash.remove(&transaction.hash);
        self.expiry.remove(&(entry.expires, slot));
        self.bytes = self.bytes.saturating_sub(transaction.bytes.len());
        let queue = self.accounts.get_mut(account);
        queue.nonces.remove(&transaction.nonce);
        queue.discount(entry.price, bounded_fee(transaction));
        (entry, account)
    }

    /// Puts a transaction into all indexes but those that [`Self::settle`] keeps; returns its account.
    pub(super) fn attach(&mut self, entry: Entry, next: u64) -> Slot {
        let transaction = Arc::clone(&entry.transaction);
        let account = match self.by_address.get(&transaction.sender) {
            Some(account) => *account,
            None => {
                let account = self.accounts.insert(Account::new(transaction.sender, next));
                self.by_address.insert(transaction.sender, account);
                account
            }
        };
        let (price, expires) = (entry.price, entry.expires);
        let slot = self.entries.insert(entry);
        self.by_hash.insert(transaction.hash, slot);
        self.expiry.insert((expires, slot));
        self.bytes = self.bytes.saturating_add(transaction.bytes.len());
        let queue = self.accounts.get_mut(account);
        queue.nonces.insert(transaction.nonce, slot);
        queue.count(price, bounded_fee(&transaction));
        account
    }

    /// Brings an account's readiness and its place in both orders up to date, and forgets it when nothing is left.
    pub(super) fn settle(&mut self, account: Slot, notices: &mut Vec<Notice>) {
        let queue = self.accounts.get_mut(account);
        for slot in queue.promote() {
            notices.push(Notice { hash: self.entries.get(slot).transaction.hash, status: Status::Ready });
        }
        let ready = usize::try_from(queue.ready_end.saturating_sub(queue.next)).expect("what is ready is held");
        self.ready = self.ready.saturating_sub(queue.ready).saturating_add(ready);
        queue.ready = ready;
        let first = u32::try_from(queue.next).ok().and_then(|next| queue.nonces.get(&next));
        let head = first.map(|slot| self.entries.get(*slot).rank(*slot));
        let tail = queue.nonces.last_key_value().zip(queue.lowest_price()).map(|((nonce, slot), price)| TailRank {
            worth: Worth { ready: queue.is_ready(*nonce), price },
            sequence: Reverse(self.entries.get(*slot).sequence),
            slot: *slot,
        });
        index(&mut self.heads, std::mem::replace(&mut queue.head, head), head);
        index(&mut self.tails, std::mem::replace(&mut queue.tail, tail), tail);
        if queue.nonces.is_empty() {
            let address = queue.address;
            self.accounts.remove(account);
            self.by_address.remove(&address);
        }
    }
}

/// Replaces a rank in an order.
fn index<T: Ord>(order: &mut BTreeSet<T>, old: Option<T>, new: Option<T>) {
    if old == new {
        return;
    }
    if let Some(old) = old {
        order.remove(&old);
    }
    if let Some(new) = new {
        order.insert(new);
    }
}

/// The least price that replaces another, rounded up, and above it in any case; none replaces the greatest.
fn bumped(price: Price, percent: u32) -> Option<Price> {
    let bump = Amount::from(price).saturating_mul(Amount::from(percent)).div_ceil(100).max(1);
    Price::try_from(Amount::from(price).saturating_add(bump)).ok()
}

/// A fee as it is summed up: below 2^96, so that no sum of 2^32 of them overflows. No account holds as much.
fn bounded_fee(transaction: &Checked) -> Amount {
    const MAX_COUNTED_FEE: Amount = (1 << 96) - 1;
    transaction.max_fee.min(MAX_COUNTED_FEE)
}
