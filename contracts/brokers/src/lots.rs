//! Lots: who the brokers of a stream are where a pool of `sortition` says so.

use crate::brokers::Brokers;
use crate::coordination::free_number;
use crate::error::Error;
use crate::events::{Designated, Drawn, PoolChosen, Removed};
use crate::types::{Lots, Seat, Terms};
use sortition::SortitionRef;
use tenon_contract::prelude::*;

const SORTITION: SortitionRef = SortitionRef::at(Address::of_module("sortition"));
/// The partition whose brokers report on a stream, on all of its partitions.
const REPORTING: u16 = 0;

impl Brokers {
    /// Checks that a stream's brokers are named.
    pub(crate) fn check_named(&self, stream: Hash) -> Result<(), Error> {
        ensure!(!self.lots.contains(&stream), Error::Drawn);
        Ok(())
    }

    /// Lets a pool say who a stream's brokers are, as long as it is coordinated. Those who were named leave.
    pub(crate) fn choose_pool_of(&mut self, stream: Hash, pool: u64) -> Result<(), Error> {
        let terms = self.running(stream)?;
        self.check_editor(stream)?;
        self.check_named(stream)?;
        let period = SORTITION.period_of(pool).try_invoke().map_err(|_| Error::NoDraw)?;
        // The next period's seed may be known by now, and streams and pools could be tried until one suits.
        self.lots.set(&stream, &Lots { pool, period: period.saturating_add(1) });
        emit(PoolChosen { stream, pool });
        self.reseat(stream, &terms, Vec::new())
    }

    /// Seats those who are drawn for the period that runs.
    pub(crate) fn seat_drawn(&mut self, stream: Hash) -> Result<(), Error> {
        let terms = self.running(stream)?;
        let Lots { pool, period: last } = self.lots.get(&stream).ok_or(Error::NotDrawn)?;
        let period = SORTITION.period_of(pool).try_invoke().map_err(|_| Error::NoDraw)?;
        ensure!(period > last, Error::AlreadyDrawn);
        let drawn = SORTITION.drawn(pool, stream, REPORTING, Some(period)).try_invoke();
        let drawn = drawn.map_err(|_| Error::NoDraw)?;
        self.lots.set(&stream, &Lots { pool, period });
        emit(Drawn { stream, pool, period });
        self.reseat(stream, &terms, drawn)
    }

    /// Lets these be a stream's brokers from the next round on, and nobody else.
    fn reseat(&mut self, stream: Hash, terms: &Terms, mut brokers: Vec<Address>) -> Result<(), Error> {
        let from_round = terms.round_after(env().block_time_ms());
        let needed = self.oldest_needed(stream, terms);
        let mut seats = self.seats.get_or_default(&stream);
        let is_last = |seat: &&mut Seat| seat.until_round.is_none_or(|until| until == from_round);
        for seat in seats.iter_mut().filter(is_last) {
            let place = brokers.iter().position(|broker| *broker == seat.broker);
            if let Some(place) = place {
                brokers.swap_remove(place);
                seat.until_round = None;
            } else if seat.until_round.is_none() {
                seat.until_round = Some(from_round);
                emit(Removed { stream, broker: seat.broker, until_round: from_round });
            }
        }
        // Without those who never came to report, and those whose rounds are over.
        seats.retain(|seat| seat.until_round.is_none_or(|until| seat.from_round < until && until > needed));
        for broker in brokers {
            let number = free_number(&seats).ok_or(Error::TooManyBrokers)?;
            seats.push(Seat { broker, number, from_round, until_round: None });
            emit(Designated { stream, broker, from_round });
        }
        self.write_seats(stream, &seats);
        Ok(())
    }
}
