//! The order of inclusion, without taking anything out.

use super::Pool;
use super::entry::{Checked, HeadRank};
use core::cmp::Reverse;
use core::iter::Peekable;
use std::collections::{BinaryHeap, btree_set};
use std::sync::Arc;
use tenon_types::{Gas, Hash};

/// Senders whose next transaction does not fit that [`Best::plan`] passes over before it stops looking.
pub const MAX_SKIPPED_SENDERS: usize = 1_000;

/// What a block has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Gas, against each transaction's limit.
    pub gas: Gas,
    /// Bytes of transactions.
    pub bytes: usize,
    /// Transactions.
    pub transactions: usize,
}

/// The ready transactions in the order of inclusion. Taking `n` of them costs O(n log n), however many are held.
pub struct Best<'a> {
    pool: &'a Pool,
    heads: Peekable<btree_set::Iter<'a, HeadRank>>,
    followers: BinaryHeap<Reverse<HeadRank>>,
    last: Option<&'a Arc<Checked>>,
}

impl<'a> Best<'a> {
    pub(super) fn new(pool: &'a Pool) -> Self {
        Self { pool, heads: pool.heads.iter().peekable(), followers: BinaryHeap::new(), last: None }
    }

    /// Passes over what follows the last transaction in its sender's order, because that one is not included.
    pub const fn skip_sender(&mut self) {
        self.last = None;
    }

    /// The best that fit a budget, without those that a block before has already.
    pub fn plan(mut self, budget: Budget, is_before: impl Fn(&Hash) -> bool) -> Vec<Arc<Checked>> {
        let (mut gas, mut bytes, mut skipped) = (budget.gas, budget.bytes, 0_usize);
        let mut planned = Vec::new();
        while planned.len() < budget.transactions && skipped < MAX_SKIPPED_SENDERS {
            let Some(transaction) = self.next() else { break };
            if is_before(&transaction.hash) {
                continue;
            }
            let left = gas.checked_sub(transaction.gas_limit).zip(bytes.checked_sub(transaction.bytes.len()));
            if let Some(left) = left {
                (gas, bytes) = left;
                planned.push(Arc::clone(transaction));
            } else {
                self.skip_sender();
                skipped = skipped.saturating_add(1);
            }
        }
        planned
    }

    /// The rank of the transaction after the last one of the same sender, if it is ready.
    fn follower(&self, last: &Checked) -> Option<HeadRank> {
        let account = self.pool.accounts.get(*self.pool.by_address.get(&last.sender)?);
        let nonce = last.nonce.checked_add(1)?;
        let slot = *account.nonces.get(&nonce)?;
        Some(self.pool.entries.get(slot).rank(slot))
    }
}

impl<'a> Iterator for Best<'a> {
    type Item = &'a Arc<Checked>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(rank) = self.last.take().and_then(|last| self.follower(last)) {
            self.followers.push(Reverse(rank));
        }
        let head = self.heads.peek().copied();
        let rank = match (head, self.followers.peek()) {
            (Some(head), Some(Reverse(follower))) if follower < head => self.followers.pop()?.0,
            (Some(head), _) => {
                self.heads.next();
                *head
            }
            (None, _) => self.followers.pop()?.0,
        };
        let transaction = &self.pool.entries.get(rank.slot).transaction;
        self.last = Some(transaction);
        Some(transaction)
    }
}
