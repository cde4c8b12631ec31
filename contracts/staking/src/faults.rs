//! What faults cost. Below the methods.

use crate::error::Error;
use crate::events::{Down, Left, Slashed};
use crate::pool::{Slash, part};
use crate::staking::Staking;
use crate::types::{Books, Candidate, MAX_PROOF_BYTES, Seat, Status, Terms};
use tenon_contract::prelude::*;

/// Ends a candidate's rewards of this epoch.
fn drop_weight(books: &mut Books, state: &mut Candidate) {
    state.settle(&books.shared);
    books.weight = books.weight.saturating_sub(state.weight);
    state.weight = 0;
}

impl Staking {
    /// Jails a validator that was down too often. What it costs counts from the weight that stood in the set.
    pub(crate) fn jail(&mut self, terms: &Terms, books: &mut Books, seat: &Seat) {
        let who = seat.account;
        let Some(mut state) = self.candidates.get(&who).filter(|state| state.weight > 0) else { return };
        drop_weight(books, &mut state);
        if state.status == Status::Active {
            self.leave(books, who, state.bonded);
            let taken = part(state.bonded.min(seat.weight), terms.downtime_bp);
            state.bonded -= taken;
            books.bonded -= taken;
            self.burn(books, taken);
            state.status = Status::Jailed;
            state.jailed_until_ms = env().block_time_ms().saturating_add(terms.jail_ms);
            emit(Left { candidate: who, status: Status::Jailed });
            emit(Down { candidate: who, epoch: books.epoch, taken });
        }
        self.candidates.set(&who, &state);
    }

    /// Removes the validator of an epoch that had a key, and takes a part of what stood behind it then.
    pub(crate) fn punish(
        &mut self,
        kind: u8,
        offender: &[u8; 96],
        epoch: u64,
        view: u64,
        proof: &[u8],
    ) -> Result<(), Error> {
        ensure!((1..=MAX_PROOF_BYTES).contains(&proof.len()), Error::InvalidProof);
        let (terms, set) = (self.terms_now(), self.sets.get(&epoch).ok_or(Error::NoSet)?);
        let seat = set.seats.iter().find(|seat| seat.bls_key == *offender).ok_or(Error::NotValidator)?;
        // Whatever left since the set was fixed is not liquid yet.
        let end_ms = set.fixed_at_ms.saturating_add(terms.unbonding_ms);
        ensure!(env().block_time_ms() < end_ms, Error::EvidenceTooOld);
        let who = seat.account;
        let mut state = self.known(who)?;
        ensure!(state.status != Status::Removed, Error::AlreadyRemoved);
        let mut books = self.books.get();
        drop_weight(&mut books, &mut state);
        if state.status == Status::Active {
            self.leave(&mut books, who, state.bonded);
        }
        let slash = Slash::new(seat.left, state.left, seat.weight, terms.cost(kind));
        let taken = slash.taken_of_stayers(state.bonded, seat.weight);
        state.bonded -= taken;
        books.bonded -= taken;
        self.burn(&mut books, taken);
        state.slash = Some(slash);
        state.status = Status::Removed;
        self.unbind_stake(&mut books, &mut state, who);
        self.candidates.set(&who, &state);
        self.books.set(&books);
        emit(Slashed { candidate: who, kind, epoch, view, proof: crypto::blake2b_256(proof), taken });
        emit(Left { candidate: who, status: Status::Removed });
        Ok(())
    }
}
