//! Coin that is bound, on its way, or earned. Below the methods.
//!
//! What somebody is to get is sent when it is due; if that fails, as for an account that would exist with too little,
//! it waits as a credit, so that nobody can keep others from being paid.

use crate::error::Error;
use crate::events::{Claimed, Credited, Delegated, Unbonded, UnbondingStarted};
use crate::pool::{shares_for, shares_of, worth};
use crate::staking::Staking;
use crate::types::{Books, Candidate, Position, Unbonding};
use tenon_contract::prelude::*;

/// Where slashed coin goes: nobody has a key for it.
const SINK: Address = Address::ZERO;

impl Staking {
    /// Binds coin that the instance holds to a candidate. If it cannot, nothing has changed.
    pub(crate) fn bind(
        &mut self,
        books: &mut Books,
        candidate: Address,
        who: Address,
        amount: Amount,
    ) -> Result<(), Error> {
        let mut state = self.standing(candidate)?;
        let before = state.bonded;
        state.settle(&books.shared);
        self.join_pool(books, &mut state, (candidate, who), amount)?;
        self.rerank(candidate, &state, before);
        self.candidates.set(&candidate, &state);
        emit(Delegated { candidate, who, amount });
        Ok(())
    }

    /// Adds coin to a pool that is up to date. The key is of candidate and owner.
    pub(crate) fn join_pool(
        &mut self,
        books: &mut Books,
        state: &mut Candidate,
        key: (Address, Address),
        amount: Amount,
    ) -> Result<(), Error> {
        ensure!(amount > 0, Error::ZeroAmount);
        ensure!(state.shares == 0 || state.bonded > 0, Error::PoolEmpty);
        let new = shares_for(amount, state.bonded, state.shares).ok_or(Error::AmountOverflow)?;
        ensure!(new > 0, Error::ZeroAmount);
        let sum = |one: Amount, other: Amount| one.checked_add(other).ok_or(Error::AmountOverflow);
        let (shares, bonded) = (sum(state.shares, new)?, sum(state.bonded, amount)?);
        books.bonded = sum(books.bonded, amount)?;
        let mut position = self.positions.get_or_default(&key);
        position.settle(&state.pool);
        position.shares += new;
        self.positions.set(&key, &position);
        (state.shares, state.bonded) = (shares, bonded);
        Ok(())
    }

    /// Unbinds the caller's coin, all of it if no amount is stated.
    pub(crate) fn unbind(
        &mut self,
        candidate: Address,
        amount: Option<Amount>,
        to: Option<Address>,
    ) -> Result<Amount, Error> {
        let who = env().caller();
        let mut state = self.known(candidate)?;
        ensure!(who != candidate || !state.stands(), Error::StakeLocked);
        ensure!(amount != Some(0), Error::ZeroAmount);
        ensure!(!self.unbondings.contains(&(who, candidate)), Error::UnbondingOpen);
        let held = self.positions.get_or_default(&(candidate, who)).shares;
        let shares = match amount {
            None => held,
            Some(amount) => shares_of(amount, state.bonded, state.shares).ok_or(Error::NotBound)?,
        };
        ensure!(shares > 0 && shares <= held, Error::NotBound);
        let (mut books, before) = (self.books.get(), state.bonded);
        state.settle(&books.shared);
        let leaves = self.leave_pool(&mut books, &mut state, (candidate, who), shares, to);
        self.rerank(candidate, &state, before);
        self.candidates.set(&candidate, &state);
        self.books.set(&books);
        Ok(leaves)
    }

    /// Unbinds all of a candidate's own stake. The caller stores the candidate.
    pub(crate) fn unbind_stake(&mut self, books: &mut Books, state: &mut Candidate, who: Address) {
        let own = self.positions.get_or_default(&(who, who)).shares;
        if own > 0 {
            self.leave_pool(books, state, (who, who), own, None);
        }
    }

    /// Takes shares out of a pool that is up to date, and lets their coin wait. The key is of candidate and owner.
    fn leave_pool(
        &mut self,
        books: &mut Books,
        state: &mut Candidate,
        key: (Address, Address),
        shares: Amount,
        to: Option<Address>,
    ) -> Amount {
        let (candidate, who) = key;
        let amount = worth(shares, state.bonded, state.shares);
        let mut position = self.positions.get_or_default(&key);
        position.settle(&state.pool);
        position.shares -= shares;
        state.shares -= shares;
        state.bonded -= amount;
        books.bonded -= amount;
        self.store_position(key, &position);
        if amount > 0 {
            let end_ms = env().block_time_ms().saturating_add(self.terms_now().unbonding_ms);
            self.unbondings.set(&(who, candidate), &Unbonding { amount, end_ms, place: state.left, to });
            self.queue.insert(&(end_ms, who, candidate));
            state.left += amount;
            state.open += 1;
            books.unbonding += amount;
            emit(UnbondingStarted { candidate, who, amount, end_ms, to });
        }
        amount
    }

    /// Stores a position, or removes it if nothing of it is left but parts of a unit.
    fn store_position(&mut self, key: (Address, Address), position: &Position) {
        if position.shares == 0 && position.reward == 0 {
            self.positions.remove(&key);
        } else {
            self.positions.set(&key, position);
        }
    }

    /// What a fault takes from coin on its way.
    pub(crate) fn taken_from(&self, candidate: Address, unbonding: &Unbonding) -> Amount {
        let slash = self.candidates.get(&candidate).and_then(|state| state.slash);
        slash.map_or(0, |slash| slash.taken(unbonding.amount, unbonding.place))
    }

    /// Ends an unbonding: the coin is bound anew, or sent. Nothing if there is none.
    pub(crate) fn finish(&mut self, books: &mut Books, who: Address, candidate: Address) {
        let Some(unbonding) = self.unbondings.take(&(who, candidate)) else { return };
        self.queue.remove(&(unbonding.end_ms, who, candidate));
        let taken = self.taken_from(candidate, &unbonding);
        if let Some(mut state) = self.candidates.get(&candidate) {
            state.open -= 1;
            self.candidates.set(&candidate, &state);
        }
        books.unbonding -= unbonding.amount;
        self.burn(books, taken);
        let amount = unbonding.amount - taken;
        let to = unbonding.to.filter(|to| self.bind(books, *to, who, amount).is_ok());
        if to.is_none() {
            self.send(books, who, amount);
        }
        emit(Unbonded { candidate, who, amount, taken, to });
    }

    /// Sends coin that the books count no more, or lets it wait.
    pub(crate) fn send(&mut self, books: &mut Books, who: Address, amount: Amount) {
        if amount > 0 && coin::transfer(&who, amount).is_err() {
            let waiting = self.credits.get_or_default(&who);
            self.credits.set(&who, &(waiting + amount));
            books.credits += amount;
            emit(Credited { who, amount });
        }
    }

    /// Takes coin that the books count no more out of use.
    pub(crate) fn burn(&mut self, books: &mut Books, amount: Amount) {
        if amount == 0 {
            return;
        }
        books.doomed += amount;
        if coin::transfer(&SINK, books.doomed).is_ok() {
            books.burnt = books.burnt.saturating_add(books.doomed);
            books.doomed = 0;
        }
    }

    /// Pays somebody what a candidate's pool, the candidacy, and earlier failures owe them.
    pub(crate) fn pay_rewards(&mut self, candidate: Address, who: Address) -> Result<Amount, Error> {
        let (mut books, key) = (self.books.get(), (candidate, who));
        let mut position = self.positions.get_or_default(&key);
        let mut rewards = 0;
        if let Some(mut state) = self.candidates.get(&candidate) {
            state.settle(&books.shared);
            position.settle(&state.pool);
            if who == candidate {
                rewards = core::mem::take(&mut state.earned);
            }
            self.candidates.set(&candidate, &state);
        }
        rewards += core::mem::take(&mut position.reward);
        let waiting = self.credits.take(&who).unwrap_or_default();
        ensure!(rewards + waiting > 0, Error::NothingToClaim);
        self.store_position(key, &position);
        books.rewards -= rewards;
        books.credits -= waiting;
        self.books.set(&books);
        coin::transfer(&who, rewards + waiting).map_err(|_| Error::PaymentFailed)?;
        emit(Claimed { candidate, who, amount: rewards + waiting });
        Ok(rewards + waiting)
    }
}
