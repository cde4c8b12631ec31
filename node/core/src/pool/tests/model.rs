//! The pool's rules written as plainly as can be, over a list that is searched from end to end.

use super::super::{Checked, Included, PoolLimits, Status};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use tenon_types::{Address, Amount, BlockNumber, Hash};

#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) transaction: Checked,
    sequence: u64,
    expires: BlockNumber,
}

/// What left, and why.
pub(super) type Left = Vec<(Hash, Status)>;

#[derive(Clone, Debug)]
pub(super) struct Model {
    limits: PoolLimits,
    pub(super) held: Vec<Held>,
    next: BTreeMap<Address, u64>,
    included: BTreeSet<Hash>,
    sequence: u64,
}

impl Model {
    pub(super) fn new(limits: PoolLimits) -> Self {
        Self { limits, held: Vec::new(), next: BTreeMap::new(), included: BTreeSet::new(), sequence: 0 }
    }

    fn of(&self, sender: &Address) -> Vec<&Held> {
        let mut held: Vec<_> = self.held.iter().filter(|held| held.transaction.sender == *sender).collect();
        held.sort_by_key(|held| held.transaction.nonce);
        held
    }

    pub(super) fn ready_end(&self, sender: &Address) -> u64 {
        let mut end = self.next.get(sender).copied().unwrap_or_default();
        while self.of(sender).iter().any(|held| u64::from(held.transaction.nonce) == end) {
            end += 1;
        }
        end
    }

    pub(super) fn status(&self, transaction: &Checked) -> Status {
        if u64::from(transaction.nonce) < self.ready_end(&transaction.sender) { Status::Ready } else { Status::Future }
    }

    fn bytes(&self) -> usize {
        self.held.iter().map(|held| held.transaction.bytes.len()).sum()
    }

    fn fits(&self, bytes: usize) -> bool {
        self.held.len() < self.limits.max_transactions && self.bytes() + bytes <= self.limits.max_bytes
    }

    fn take(&mut self, hash: &Hash) {
        self.held.retain(|held| held.transaction.hash != *hash);
        let left: BTreeSet<Address> = self.held.iter().map(|held| held.transaction.sender).collect();
        self.next.retain(|sender, _| left.contains(sender));
    }

    fn lowest(&self, sender: &Address) -> Option<u64> {
        self.of(sender).iter().map(|held| held.transaction.price()).min()
    }

    /// The tail that leaves first: ready or not, lowest price of its account, newest.
    fn worst(&self) -> Option<((bool, u64), Hash)> {
        let tails = self.next.keys().filter_map(|sender| {
            let held = self.of(sender);
            let tail = held.last()?;
            let ready = self.status(&tail.transaction) == Status::Ready;
            Some(((ready, self.lowest(sender)?), Reverse(tail.sequence), tail.transaction.hash))
        });
        tails.min().map(|(worth, _, hash)| (worth, hash))
    }

    pub(super) fn add(
        &mut self,
        transaction: &Checked,
        account_nonce: u32,
        head: BlockNumber,
    ) -> Result<Left, &'static str> {
        if self.held.iter().any(|held| held.transaction.hash == transaction.hash) {
            return Err("AlreadyPooled");
        }
        if self.included.contains(&transaction.hash) {
            return Err("AlreadyIncluded");
        }
        if transaction.valid_until <= head + 1 {
            return Err("Expired");
        }
        let sender = transaction.sender;
        let next = self.next.get(&sender).copied().unwrap_or_default().max(u64::from(account_nonce));
        if u64::from(transaction.nonce) < next {
            return Err("Stale");
        }
        let before = self.clone();
        let mut left = Vec::new();
        let held = self.of(&sender);
        if let Some(other) = held.iter().find(|held| held.transaction.nonce == transaction.nonce) {
            let (price, other) = (other.transaction.price(), other.transaction.clone());
            let price = Amount::from(price);
            let bump = (price * Amount::from(self.limits.replacement_bump_percent)).div_ceil(100).max(1);
            if Amount::from(transaction.price()) < price + bump {
                return Err("Underpriced");
            }
            if self.bytes() - other.bytes.len() + transaction.bytes.len() > self.limits.max_bytes
                && transaction.bytes.len() > other.bytes.len()
            {
                return Err("PoolFull");
            }
            self.held.retain(|held| held.transaction.hash != other.hash);
            left.push((other.hash, Status::Usurped(transaction.hash)));
        } else {
            let ready = u64::from(transaction.nonce) <= self.ready_end(&sender).max(next);
            let price = transaction.price();
            let worth = (ready, self.lowest(&sender).map_or(price, |lowest| lowest.min(price)));
            if held.len() >= self.limits.max_per_account {
                match held.last() {
                    Some(tail) if tail.transaction.nonce > transaction.nonce => {
                        left.push((tail.transaction.hash, Status::Dropped));
                    }
                    _ => return Err("AccountFull"),
                }
            }
            left.clone().iter().for_each(|(hash, _)| self.take(hash));
            while !self.fits(transaction.bytes.len()) {
                match self.worst() {
                    Some((worst, hash)) if worst < worth => {
                        self.take(&hash);
                        left.push((hash, Status::Dropped));
                    }
                    _ => {
                        *self = before;
                        return Err("PoolFull");
                    }
                }
            }
        }
        let expires = transaction.valid_until.min(head + 1 + self.limits.lifetime_blocks);
        self.held.push(Held { transaction: transaction.clone(), sequence: self.sequence, expires });
        self.sequence += 1;
        self.next.insert(sender, next);
        left.extend(self.prune());
        Ok(left)
    }

    fn prune(&mut self) -> Left {
        let stale: Vec<Hash> = self
            .held
            .iter()
            .filter(|held| u64::from(held.transaction.nonce) < self.next[&held.transaction.sender])
            .map(|held| held.transaction.hash)
            .collect();
        stale.iter().for_each(|hash| self.take(hash));
        stale.into_iter().map(|hash| (hash, Status::Invalid)).collect()
    }

    /// Returns what left with a notice.
    pub(super) fn on_block(&mut self, included: &[Included], height: BlockNumber) -> Left {
        let mut left = Vec::new();
        for transaction in included {
            self.included.insert(transaction.hash);
            let same =
                self.of(&transaction.sender).into_iter().find(|held| held.transaction.nonce == transaction.nonce);
            if let Some(hash) = same.map(|held| held.transaction.hash) {
                if hash != transaction.hash {
                    left.push((hash, Status::Usurped(transaction.hash)));
                }
                self.held.retain(|held| held.transaction.hash != hash);
            }
            if let Some(next) = self.next.get_mut(&transaction.sender) {
                *next = (*next).max(u64::from(transaction.nonce) + 1);
            }
            left.extend(self.prune());
        }
        let expired: Vec<(Hash, Status)> = self
            .held
            .iter()
            .filter(|held| held.expires <= height + 1)
            .map(|held| {
                let ended = held.transaction.valid_until <= height + 1;
                (held.transaction.hash, if ended { Status::Invalid } else { Status::Dropped })
            })
            .collect();
        expired.iter().for_each(|(hash, _)| self.take(hash));
        self.take(&Hash::ZERO);
        left.extend(expired);
        left
    }

    pub(super) fn on_invalid(&mut self, hash: &Hash) {
        self.take(hash);
    }

    /// The order of inclusion: again and again the best of all senders' next.
    pub(super) fn order(&self) -> Vec<Hash> {
        let mut next = self.next.clone();
        let mut order = Vec::new();
        loop {
            let best = self
                .held
                .iter()
                .filter(|held| u64::from(held.transaction.nonce) == next[&held.transaction.sender])
                .min_by_key(|held| (Reverse(held.transaction.price()), held.sequence));
            let Some(best) = best else { return order };
            order.push(best.transaction.hash);
            next.entry(best.transaction.sender).and_modify(|next| *next += 1);
        }
    }
}
