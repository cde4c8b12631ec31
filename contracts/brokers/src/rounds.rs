//! A round: brokers commit to reports, open them, and anyone settles.

use crate::brokers::Brokers;
use crate::error::Error;
use crate::events::{Agreed, Committed, NotAgreed, Revealed};
use crate::rules;
use crate::types::{Progress, Report, Seat, Tally, Terms, Times};
use core::ops::Bound;
use tenon_contract::Wire;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Reports on a round: each seat makes one at most.
pub(crate) const MAX_REPORTS: u32 = 64;
/// Names the purpose in the bytes that are hashed.
const PURPOSE: &str = "tenon/brokers/report";

/// What a broker commits to: purpose, chain, instance, stream, round, broker, report and salt. So a commitment that
/// somebody copies is good for nobody else, and nowhere else.
pub(crate) fn commitment_hash(stream: Hash, round: u64, broker: Address, report: Report, salt: Hash) -> Hash {
    let mut bytes = Vec::new();
    String::from(PURPOSE).put(&mut bytes);
    env().chain_id().put(&mut bytes);
    env().self_address().put(&mut bytes);
    (stream, round, broker).put(&mut bytes);
    (report, salt).put(&mut bytes);
    crypto::blake2b_256(&bytes)
}

impl Brokers {
    /// The lowest round of a stream that was reported on and is not settled.
    pub(crate) fn first_open(&self, stream: Hash) -> Option<u64> {
        let rounds = self.rounds.iter_within(&stream, Bound::Unbounded, Direction::Ascending);
        rounds.limit(1).next().map(|((_, round), _)| round)
    }

    /// The times of a round and the caller's seat in it.
    fn reporting(&self, stream: Hash, terms: &Terms, round: u64) -> Result<(Times, Seat), Error> {
        let times = terms.times(round).ok_or(Error::UnknownRound)?;
        let (seats, caller) = (self.seats.get_or_default(&stream), env().caller());
        let seat = seats.into_iter().find(|seat| seat.broker == caller && seat.is_assigned(round));
        Ok((times, seat.ok_or(Error::NotBroker)?))
    }

    /// Notes what the caller committed to.
    pub(crate) fn note_commitment(&mut self, stream: Hash, round: u64, commitment: Hash) -> Result<(), Error> {
        let terms = self.coordinated(stream)?;
        let (times, seat) = self.reporting(stream, &terms, round)?;
        within(times.end_ms, times.reveal_ms)?;
        let mut state = self.rounds.get_or_default(&(stream, round));
        ensure!(state.committed & seat.bit() == 0, Error::AlreadyCommitted);
        state.committed |= seat.bit();
        self.rounds.set(&(stream, round), &state);
        self.commitments.set(&(stream, round, seat.number), &commitment);
        emit(Committed { stream, broker: seat.broker, round });
        Ok(())
    }

    /// Opens what the caller committed to.
    pub(crate) fn open_report(&mut self, stream: Hash, round: u64, report: Report, salt: Hash) -> Result<(), Error> {
        let terms = self.coordinated(stream)?;
        let (times, seat) = self.reporting(stream, &terms, round)?;
        within(times.reveal_ms, times.settle_ms)?;
        let commitment = self.commitments.take(&(stream, round, seat.number)).ok_or(Error::NoCommitment)?;
        ensure!(commitment == commitment_hash(stream, round, seat.broker, report, salt), Error::WrongReveal);
        ensure!(report.algorithm == terms.algorithm, Error::WrongAlgorithm);
        ensure!(report.follows(self.progress.get(&stream).as_ref()), Error::Regression);
        let mut state = self.rounds.get_or_default(&(stream, round));
        state.add(report, seat.bit());
        self.rounds.set(&(stream, round), &state);
        emit(Revealed { stream, broker: seat.broker, round, report });
        Ok(())
    }

    /// Ends a round: what enough of the assigned brokers agree on is the stream's progress, and they are paid.
    pub(crate) fn conclude(&mut self, stream: Hash, round: u64) -> Result<(), Error> {
        let terms = self.coordinated(stream)?;
        let times = terms.times(round).ok_or(Error::UnknownRound)?;
        ensure!(env().block_time_ms() >= times.settle_ms, Error::TooEarly);
        let first = self.first_open(stream).ok_or(Error::NothingToSettle)?;
        ensure!(first >= round, Error::EarlierRoundOpen);
        let state = self.rounds.take(&(stream, round)).ok_or(Error::NothingToSettle)?;
        let seats: Vec<Seat> = self.seats.get_or_default(&stream);
        let seats: Vec<Seat> = seats.into_iter().filter(|seat| seat.is_assigned(round)).collect();
        let sealed = state.committed & !state.revealed();
        for seat in seats.iter().filter(|seat| sealed & seat.bit() != 0) {
            self.commitments.remove(&(stream, round, seat.number));
        }
        let assigned = u32::try_from(seats.len()).unwrap_or_default();
        let needed = rules::needed(assigned, terms.threshold_bps);
        let best = state.best().copied();
        let before = self.progress.get(&stream);
        match best.filter(|best| best.count() >= needed && best.report.follows(before.as_ref())) {
            Some(best) => {
                let Report { events, rolling_hash, .. } = best.report;
                self.progress.set(&stream, &Progress { round, events, rolling_hash, at_ms: times.end_ms });
                self.pay(stream, round, &terms, &seats, best);
            }
            None => {
                let agreed = best.map_or(0, |best| best.count());
                emit(NotAgreed { stream, round, agreed, needed });
            }
        }
        Ok(())
    }

    /// Gives each broker who agreed an equal part of the round's reward. What cannot be divided stays in the pot.
    fn pay(&mut self, stream: Hash, round: u64, terms: &Terms, seats: &[Seat], best: Tally) {
        let (pot, agreed) = (self.pots.get_or_default(&stream), best.count());
        let each = rules::each(terms.reward.of(pot), agreed);
        let assigned = u32::try_from(seats.len()).unwrap_or_default();
        emit(Agreed { stream, round, report: best.report, agreed, assigned, each });
        if each == 0 {
            return;
        }
        let mut left = pot;
        for seat in seats.iter().filter(|seat| best.seats & seat.bit() != 0) {
            left -= each;
            self.credit(stream, terms.currency, seat.broker, each);
        }
        self.pots.set_or_clear(&stream, &left);
    }
}

/// Checks that it is `start <= now < end`.
fn within(start_ms: u64, end_ms: u64) -> Result<(), Error> {
    let now = env().block_time_ms();
    ensure!(now >= start_ms, Error::TooEarly);
    ensure!(now < end_ms, Error::TooLate);
    Ok(())
}
