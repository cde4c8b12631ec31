//! What must hold in every state. A check is bounded; where it cannot read everything it begins where the block's
//! height points to, so that a sequence of heights covers it.

use crate::staking::Staking;
use crate::types::{Candidate, MAX_CANDIDATES, Status, Unbonding};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Entries that one check reads of a container.
pub const MAX_CHECKED_ENTRIES: u32 = 500;
/// Candidates of which one check reads the delegations.
pub const MAX_CHECKED_CANDIDATES: u32 = 8;
/// Spreads consecutive heights over all numbers: 2^64 divided by the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// An address that the height points to.
fn pointed_to() -> Address {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&env().block_height().wrapping_mul(SPREAD).to_be_bytes());
    Address::new(bytes)
}

/// Whether a sum is that of the books, or at most that if there may be more entries.
fn agrees(sum: Option<Amount>, books: Amount, is_complete: bool) -> bool {
    sum.is_some_and(|sum| if is_complete { sum == books } else { sum <= books })
}

impl Staking {
    /// The list has the candidates that stand, under the coin that is bound to them.
    pub(crate) fn check_ranking(&self) -> bool {
        let listed = self.ranking.iter_from(Bound::Unbounded, Direction::Ascending).limit(MAX_CANDIDATES + 1);
        let mut count = 0;
        for ((turned, account), ()) in listed {
            count += 1;
            let state = self.candidates.get(&account);
            let fits = |state: Candidate| state.status == Status::Active && state.bonded == Amount::MAX - turned;
            if !state.is_some_and(fits) {
                return false;
            }
        }
        count == self.books.get().listed && count <= MAX_CANDIDATES
    }

    /// Pools and weights add up, each candidate has a key of its own, and each that stands is in the list.
    pub(crate) fn check_candidates(&self) -> bool {
        let (mut bonded, mut weight, mut read) = (Some(0), Some(0), 0);
        for (account, state) in self.candidates.iter().limit(MAX_CHECKED_ENTRIES) {
            read += 1;
            bonded = bonded.and_then(|sum: Amount| sum.checked_add(state.bonded));
            weight = weight.and_then(|sum: Amount| sum.checked_add(state.weight));
            let key = self.profiles.get(&account).and_then(|profile| self.keys.get(&profile.bls_key));
            let in_list = self.ranking.contains(&(Amount::MAX - state.bonded, account));
            if key != Some(account) || in_list != (state.status == Status::Active) {
                return false;
            }
        }
        let (books, is_complete) = (self.books.get(), read < MAX_CHECKED_ENTRIES);
        agrees(bonded, books.bonded, is_complete) && agrees(weight, books.weight, is_complete)
    }

    /// The shares of pools are their delegations', and what these could claim is there.
    pub(crate) fn check_pools(&self) -> bool {
        let books = self.books.get();
        let (start, limit) = (pointed_to(), MAX_CHECKED_CANDIDATES);
        let behind = self.candidates.iter_from(Bound::Included(&start), Direction::Ascending).limit(limit);
        let before = self.candidates.iter().limit(limit).take_while(|(account, _)| *account < start);
        let mut promised = Some(0);
        for (account, mut state) in behind.chain(before).take(limit as usize) {
            state.settle(&books.shared);
            let (mut shares, mut read) = (Some(0), 0);
            promised = promised.and_then(|sum: Amount| sum.checked_add(state.earned));
            let bound = self.positions.iter_within(&account, Bound::Unbounded, Direction::Ascending);
            for (_, mut position) in bound.limit(MAX_CHECKED_ENTRIES) {
                read += 1;
                position.settle(&state.pool);
                shares = shares.and_then(|sum: Amount| sum.checked_add(position.shares));
                promised = promised.and_then(|sum| sum.checked_add(position.reward));
            }
            if !agrees(shares, state.shares, read < MAX_CHECKED_ENTRIES) {
                return false;
            }
        }
        promised.is_some_and(|promised| promised <= books.rewards)
    }

    /// Coin on its way adds up, and each entry stands in the queue and has its candidate.
    pub(crate) fn check_unbondings(&self) -> bool {
        let start = (pointed_to(), Address::ZERO);
        let holds = |(key, unbonding): &((Address, Address), Unbonding)| {
            let open = self.candidates.get(&key.1).map_or(0, |state| state.open);
            unbonding.amount > 0 && open > 0 && self.queue.contains(&(unbonding.end_ms, key.0, key.1))
        };
        let behind = self.unbondings.iter_from(Bound::Included(&start), Direction::Ascending);
        if !behind.limit(MAX_CHECKED_ENTRIES).all(|entry| holds(&entry)) {
            return false;
        }
        let (mut sum, mut read) = (Some(0), 0);
        for entry in self.unbondings.iter().limit(MAX_CHECKED_ENTRIES) {
            read += 1;
            sum = sum.and_then(|sum: Amount| sum.checked_add(entry.1.amount));
            if !holds(&entry) {
                return false;
            }
        }
        agrees(sum, self.books.get().unbonding, read < MAX_CHECKED_ENTRIES)
    }
}
