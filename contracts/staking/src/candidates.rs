//! Who stands: registration, keys, the list, and how a candidacy ends. Below the methods.

use crate::error::Error;
use crate::events::{Cleared, Left, Registered, Unjailed};
use crate::staking::Staking;
use crate::types::{Books, Candidate, MAX_BASIS_POINTS, MAX_CANDIDATES, Profile, Status, Terms, value_of};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// A candidate's place in the list.
const fn rank(weight: Amount, account: Address) -> (Amount, Address) {
    (Amount::MAX - weight, account)
}

impl Staking {
    pub(crate) fn terms_now(&self) -> Terms {
        self.terms.expect("the terms")
    }

    pub(crate) fn known(&self, candidate: Address) -> Result<Candidate, Error> {
        self.candidates.get(&candidate).ok_or(Error::UnknownCandidate)
    }

    /// A candidate that stands or is jailed.
    pub(crate) fn standing(&self, candidate: Address) -> Result<Candidate, Error> {
        let state = self.known(candidate)?;
        ensure!(state.stands(), Error::NotCandidate);
        Ok(state)
    }

    pub(crate) fn profile_of(&self, candidate: Address) -> Profile {
        self.profiles.get(&candidate).expect("every candidate has a profile")
    }

    /// Makes a key somebody's, if it is nobody else's and they have its secret.
    pub(crate) fn take_key(&mut self, who: Address, bls_key: &[u8; 96], proof: &[u8; 48]) -> Result<(), Error> {
        ensure!(self.keys.get(bls_key).is_none_or(|owner| owner == who), Error::KeyTaken);
        ensure!(crypto::bls_verify_possession(bls_key, proof), Error::InvalidPossession);
        self.keys.set(bls_key, &who);
        Ok(())
    }

    /// Makes the caller a candidate, for the first time or again.
    pub(crate) fn add_candidate(
        &mut self,
        profile: Profile,
        proof: &[u8; 48],
        commission_bp: u16,
    ) -> Result<(), Error> {
        let (who, stake) = (env().caller(), env().value());
        ensure!(stake >= self.terms_now().minimum_stake, Error::StakeTooSmall);
        ensure!(commission_bp <= MAX_BASIS_POINTS, Error::InvalidCommission);
        profile.check()?;
        let mut candidate = Candidate::new();
        if let Some(old) = self.candidates.get(&who) {
            ensure!(!old.stands(), Error::AlreadyCandidate);
            ensure!(old.status == Status::Withdrawn, Error::AlreadyRemoved);
            ensure!(!self.unbondings.contains(&(who, who)), Error::UnbondingOpen);
            let freed = self.profile_of(who).bls_key;
            if freed != profile.bls_key {
                self.keys.remove(&freed);
            }
            candidate = old;
        }
        self.take_key(who, &profile.bls_key, proof)?;
        self.profiles.set(&who, &profile);
        let mut books = self.books.get();
        candidate.settle(&books.shared);
        candidate.status = Status::Active;
        candidate.commission_bp = commission_bp;
        candidate.next_commission = None;
        self.join_pool(&mut books, &mut candidate, (who, who), stake)?;
        self.enter(&mut books, who, candidate.bonded)?;
        self.candidates.set(&who, &candidate);
        self.books.set(&books);
        emit(Registered { candidate: who, stake, commission_bp, endpoint: profile.endpoint });
        Ok(())
    }

    /// Adds a candidate to the list. The last one of a full list makes way, if it has less weight.
    fn enter(&mut self, books: &mut Books, who: Address, weight: Amount) -> Result<(), Error> {
        if books.listed >= MAX_CANDIDATES {
            let last = self.ranking.iter_from(Bound::Unbounded, Direction::Descending).limit(1).next();
            let ((turned, least), ()) = last.expect("a full list is not empty");
            ensure!(weight > Amount::MAX - turned, Error::ListFull);
            self.retire(books, least);
        }
        self.ranking.insert(&rank(weight, who));
        books.listed += 1;
        Ok(())
    }

    /// Takes a candidate off the list.
    pub(crate) fn leave(&mut self, books: &mut Books, who: Address, weight: Amount) {
        if self.ranking.remove(&rank(weight, who)) {
            books.listed -= 1;
        }
    }

    /// Moves a candidate in the list, if it stands there.
    pub(crate) fn rerank(&mut self, who: Address, candidate: &Candidate, before: Amount) {
        if candidate.status == Status::Active && candidate.bonded != before {
            self.ranking.remove(&rank(before, who));
            self.ranking.insert(&rank(candidate.bonded, who));
        }
    }

    /// Ends a candidacy without a fault: the own stake begins to be unbound.
    pub(crate) fn retire(&mut self, books: &mut Books, who: Address) {
        let Some(mut candidate) = self.candidates.get(&who) else { return };
        candidate.settle(&books.shared);
        self.leave(books, who, candidate.bonded);
        candidate.status = Status::Withdrawn;
        self.unbind_stake(books, &mut candidate, who);
        self.candidates.set(&who, &candidate);
        emit(Left { candidate: who, status: Status::Withdrawn });
    }

    /// Lets a jailed candidate stand again.
    pub(crate) fn release_candidate(&mut self, who: Address) -> Result<(), Error> {
        let mut candidate = self.known(who)?;
        ensure!(candidate.status == Status::Jailed, Error::NotJailed);
        ensure!(env().block_time_ms() >= candidate.jailed_until_ms, Error::StillJailed);
        let own = self.positions.get_or_default(&(who, who));
        ensure!(value_of(&own, &candidate) >= self.terms_now().minimum_stake, Error::StakeTooSmall);
        let mut books = self.books.get();
        self.enter(&mut books, who, candidate.bonded)?;
        candidate.status = Status::Active;
        self.candidates.set(&who, &candidate);
        self.books.set(&books);
        emit(Unjailed { candidate: who });
        Ok(())
    }

    /// Removes what is kept of a candidate that is over.
    pub(crate) fn forget(&mut self, who: Address) -> Result<(), Error> {
        let mut candidate = self.known(who)?;
        let mut books = self.books.get();
        candidate.settle(&books.shared);
        let over = candidate.shares == 0 && candidate.open == 0 && candidate.weight == 0;
        ensure!(!candidate.stands() && over, Error::NotOver);
        self.keys.remove(&self.profile_of(who).bls_key);
        self.profiles.remove(&who);
        self.candidates.remove(&who);
        books.rewards -= candidate.earned;
        self.send(&mut books, who, candidate.earned);
        self.books.set(&books);
        emit(Cleared { candidate: who });
        Ok(())
    }
}
