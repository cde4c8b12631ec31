//! What the end of a block does: rewards, attendance, payouts, and the change of validators. Below the methods.
//!
//! Epoch 0 is that of the blocks from 1 to the epochs' length, and so on. At the end of its last block the next epoch
//! is taken up and candidates are elected for the epoch after it. At the end of the last block but one the next set is
//! fixed, so that the header of the last block can state it.

use crate::error::Error;
use crate::events::EpochStarted;
use crate::pool::part;
use crate::staking::Staking;
use crate::types::{BlockReport, Books, Committee, MAX_MISSED, MAX_PAYOUTS, Seat, Status, Terms, Validator};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Sets of past epochs that one change of epoch removes.
const MAX_PRUNED: u32 = 2;

impl Staking {
    pub(crate) fn finish_block(&mut self, report: &BlockReport) {
        let (terms, mut books) = (self.terms_now(), self.books.get());
        let (height, length) = (env().block_height(), u64::from(terms.epoch_blocks));
        books.remainder = books.remainder.saturating_add(env().value());
        if let Some(committee) = self.sets.get(&books.epoch) {
            let is_first = height.saturating_sub(1) % length == 0;
            self.count_attendance(&terms, &mut books, &committee, report, is_first);
            self.share_reward(&terms, &mut books, report.leader);
        }
        self.pay_out_due(&mut books);
        if height / length > books.epoch {
            self.begin_epoch(&terms, &mut books, height / length);
        }
        if height.saturating_add(1) % length == 0 {
            self.fix_set(&terms, books.epoch.saturating_add(1));
        }
        self.books.set(&books);
    }

    /// Gives out what there is of rewards: the leader's part, and the rest by weight. What has nobody stays.
    fn share_reward(&mut self, terms: &Terms, books: &mut Books, leader: Option<Address>) {
        let reward = books.remainder;
        let to_leader = part(reward, terms.producer_bp);
        let state = leader.and_then(|leader| self.candidates.get(&leader).map(|state| (leader, state)));
        if let Some((leader, mut state)) = state.filter(|(_, state)| state.weight > 0 && to_leader > 0) {
            state.earned += to_leader;
            self.candidates.set(&leader, &state);
            books.rewards += to_leader;
            books.remainder -= to_leader;
        }
        let rest = reward - to_leader;
        if books.shared.add(rest, books.weight).is_some() {
            books.rewards += rest;
            books.remainder -= rest;
        }
    }

    /// Counts who failed a view or did not vote, and jails whoever did so too often. The first block of an epoch says
    /// who voted in the one before, so it counts for nobody.
    fn count_attendance(
        &mut self,
        terms: &Terms,
        books: &mut Books,
        committee: &Committee,
        report: &BlockReport,
        is_first: bool,
    ) {
        let counts_votes = !is_first && !report.signers.is_empty();
        if report.missed.is_empty() && !counts_votes {
            return;
        }
        let mut rows = self.attendance.get();
        rows.resize(committee.seats.len(), Default::default());
        let mut changed = false;
        for place in report.missed.iter().take(MAX_MISSED).filter_map(|leader| committee.place(leader)) {
            if let Some(row) = rows.get_mut(place) {
                row.views += 1;
                changed = true;
            }
        }
        for (place, row) in rows.iter_mut().enumerate().filter(|_| counts_votes) {
            let signed = report.signers.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1);
            row.votes += u32::from(!signed);
            changed |= !signed;
        }
        if !changed {
            return;
        }
        for (row, seat) in rows.iter().zip(&committee.seats) {
            if row.views >= terms.missed_views || row.votes >= terms.missed_votes {
                self.jail(terms, books, seat);
            }
        }
        self.attendance.set(&rows);
    }

    /// Pays out what has become liquid, the earliest first.
    fn pay_out_due(&mut self, books: &mut Books) {
        let now_ms = env().block_time_ms();
        let first = self.queue.iter_from(Bound::Unbounded, Direction::Ascending).limit(MAX_PAYOUTS);
        let due: Vec<_> = first.take_while(|((end_ms, ..), ())| *end_ms <= now_ms).collect();
        for ((_, who, candidate), ()) in due {
            self.finish(books, who, candidate);
        }
    }

    /// Takes the set of the next epoch up, and elects for the one after it.
    fn begin_epoch(&mut self, terms: &Terms, books: &mut Books, epoch: u64) {
        let now_ms = env().block_time_ms();
        let old = self.sets.get(&books.epoch).unwrap_or_default();
        for seat in &old.seats {
            if let Some(mut state) = self.candidates.get(&seat.account) {
                state.settle(&books.shared);
                state.weight = 0;
                state.begin_commission(now_ms);
                self.candidates.set(&seat.account, &state);
            }
        }
        (books.epoch, books.weight) = (epoch, 0);
        self.attendance.clear();
        let set = self.fix_set(terms, epoch);
        for seat in &set.seats {
            let state = self.candidates.get(&seat.account);
            if let Some(mut state) = state.filter(|state| state.status == Status::Active) {
                state.settle(&books.shared);
                state.begin_commission(now_ms);
                state.weight = seat.weight;
                books.weight = books.weight.saturating_add(seat.weight);
                self.candidates.set(&seat.account, &state);
            }
        }
        let elected = self.elect(terms);
        self.elected.set(&elected);
        self.prune(terms, epoch);
        let validators = u32::try_from(set.seats.len()).unwrap_or(u32::MAX);
        emit(EpochStarted { epoch, validators, weight: books.weight });
    }

    /// The heaviest of the list, with what counts for them from now on.
    fn elect(&self, terms: &Terms) -> Committee {
        let first = self.ranking.iter_from(Bound::Unbounded, Direction::Ascending);
        let seat = |((turned, account), ()): ((Amount, Address), ())| {
            let left = self.candidates.get(&account).map_or(0, |state| state.left);
            Seat { account, bls_key: self.profile_of(account).bls_key, weight: Amount::MAX - turned, left }
        };
        let seats = first.limit(terms.validators.saturating_add(terms.standbys)).map(seat).collect();
        Committee { fixed_at_ms: env().block_time_ms(), seats }
    }

    /// The set for an epoch as it is now: those of the elected who still stand, as many as there are validators. If
    /// nobody was elected, as at a chain's beginning, whoever stands now.
    fn choose(&self, terms: &Terms) -> Committee {
        let mut set = self.elected.get();
        if set.seats.is_empty() {
            set = self.elect(terms);
        }
        let stands =
            |account: &Address| self.candidates.get(account).is_some_and(|state| state.status == Status::Active);
        set.seats.retain(|seat| stands(&seat.account));
        set.seats.truncate(usize::try_from(terms.validators).unwrap_or(usize::MAX));
        set
    }

    /// Fixes the set for an epoch, unless it was done. Without anybody who stands there is none.
    fn fix_set(&mut self, terms: &Terms, epoch: u64) -> Committee {
        if let Some(set) = self.sets.get(&epoch) {
            return set;
        }
        let set = self.choose(terms);
        if !set.seats.is_empty() {
            self.sets.set(&epoch, &set);
        }
        set
    }

    /// Removes sets of which no evidence is taken any more.
    fn prune(&mut self, terms: &Terms, epoch: u64) {
        let least = epoch.saturating_sub(u64::from(terms.evidence_epochs));
        let first = self.sets.iter().limit(MAX_PRUNED);
        let old: Vec<u64> = first.map(|(epoch, _)| epoch).take_while(|epoch| *epoch < least).collect();
        old.iter().for_each(|epoch| {
            self.sets.remove(epoch);
        });
    }

    pub(crate) fn validators_of(&self, epoch: u64) -> Result<Vec<Validator>, Error> {
        let set = match self.sets.get(&epoch) {
            Some(set) => set,
            None if self.books.get().epoch.checked_add(1) == Some(epoch) => self.choose(&self.terms_now()),
            None => return Err(Error::NoSet),
        };
        ensure!(!set.seats.is_empty(), Error::NoSet);
        let validator = |Seat { account, bls_key, weight, .. }| Validator { account, bls_key, weight };
        Ok(set.seats.into_iter().map(validator).collect())
    }
}
