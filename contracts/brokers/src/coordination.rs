//! How a coordination begins and ends, and who its brokers are.

use crate::brokers::Brokers;
use crate::error::Error;
use crate::events::{Closed, Designated, Forgotten, Opened, Removed, Stopped};
use crate::types::{KEPT_MS, MAX_BROKERS, Seat, Terms};
use crate::{rules, types};
use streams::{Error as RegistryError, Level, StreamsRef};
use tenon_contract::prelude::*;

/// The chain's own registry of streams.
pub(crate) const STREAMS: Address = Address::of_module("streams");

impl Brokers {
    /// The terms of a stream's coordination.
    pub(crate) fn coordinated(&self, stream: Hash) -> Result<Terms, Error> {
        self.terms.get(&stream).ok_or(Error::NotCoordinated)
    }

    /// The same, if it was not stopped.
    pub(crate) fn running(&self, stream: Hash) -> Result<Terms, Error> {
        let terms = self.coordinated(stream)?;
        ensure!(terms.end_round.is_none(), Error::Stopped);
        Ok(terms)
    }

    /// The registry of the streams.
    pub(crate) fn registry_address(&self) -> Address {
        self.registry.load().unwrap_or(STREAMS)
    }

    /// Whether the caller may edit a stream; nothing if the stream is gone.
    fn may_edit(&self, stream: Hash) -> Result<Option<bool>, Error> {
        let registry = StreamsRef::at(self.registry_address());
        match registry.may(stream, env().caller(), Level::Edit).try_invoke() {
            Ok(may) => Ok(Some(may)),
            Err(failure) => {
                let is_gone = failure.module_error() == Some(RegistryError::UnknownStream);
                ensure!(is_gone, Error::RegistryFailed);
                Ok(None)
            }
        }
    }

    /// Checks that the caller may edit a stream.
    pub(crate) fn check_editor(&self, stream: Hash) -> Result<(), Error> {
        ensure!(self.may_edit(stream)?.ok_or(Error::UnknownStream)?, Error::NotAllowed);
        Ok(())
    }

    /// Opens a coordination by what the caller states. The number of the first round is put in.
    pub(crate) fn begin(&mut self, stream: Hash, stated: Terms) -> Result<(), Error> {
        stated.check(env().block_time_ms())?;
        ensure!(!self.terms.contains(&stream), Error::AlreadyCoordinated);
        self.check_editor(stream)?;
        let terms = Terms { first_round: self.next_rounds.take(&stream).unwrap_or_default(), ..stated };
        self.terms.set(&stream, &terms);
        let Terms { opener, first_round, start_ms, interval_ms, .. } = terms;
        emit(Opened { stream, opener, first_round, start_ms, interval_ms });
        Ok(())
    }

    /// Lets an account report on a stream from the next round on.
    pub(crate) fn seat(&mut self, stream: Hash, broker: Address) -> Result<(), Error> {
        let terms = self.running(stream)?;
        self.check_editor(stream)?;
        self.check_named(stream)?;
        ensure!(!broker.is_zero() && broker != env().self_address(), Error::InvalidBroker);
        let now = env().block_time_ms();
        let from_round = terms.round_after(now);
        let mut seats = self.seats.get_or_default(&stream);
        match seats.iter_mut().find(|seat| seat.broker == broker && seat.until_round.is_none_or(|it| it == from_round))
        {
            Some(Seat { until_round: None, .. }) => return Err(Error::AlreadyBroker),
            // Who is to leave with the round that runs stays.
            Some(seat) => seat.until_round = None,
            None => {
                let needed = self.oldest_needed(stream, &terms);
                seats.retain(|seat| seat.until_round.is_none_or(|until| until > needed));
                let number = free_number(&seats).ok_or(Error::TooManyBrokers)?;
                seats.push(Seat { broker, number, from_round, until_round: None });
            }
        }
        self.seats.set(&stream, &seats);
        emit(Designated { stream, broker, from_round });
        Ok(())
    }

    /// Lets an account report on a stream no more from the next round on: by who may edit the stream, or by itself.
    pub(crate) fn unseat(&mut self, stream: Hash, broker: Address) -> Result<(), Error> {
        let terms = self.running(stream)?;
        if broker != env().caller() {
            self.check_editor(stream)?;
            self.check_named(stream)?;
        }
        let until_round = terms.round_after(env().block_time_ms());
        let mut seats = self.seats.get_or_default(&stream);
        let place = seats.iter().position(|seat| seat.broker == broker && seat.until_round.is_none());
        let place = place.ok_or(Error::NotBroker)?;
        match seats.get_mut(place) {
            Some(seat) if seat.from_round < until_round => seat.until_round = Some(until_round),
            // It never came to report.
            _ => drop(seats.swap_remove(place)),
        }
        self.write_seats(stream, &seats);
        emit(Removed { stream, broker, until_round });
        Ok(())
    }

    pub(crate) fn write_seats(&mut self, stream: Hash, seats: &[Seat]) {
        self.seats.set_or_clear(&stream, &seats.to_vec());
    }

    /// The oldest round of which somebody may still ask who reports on it.
    pub(crate) fn oldest_needed(&self, stream: Hash, terms: &Terms) -> u64 {
        let reportable = terms.oldest_reportable(env().block_time_ms());
        self.first_open(stream).map_or(reportable, |open| open.min(reportable))
    }

    /// Lets a coordination end with the round that runs: by who may edit the stream, or by anyone if it is gone.
    pub(crate) fn halt(&mut self, stream: Hash) -> Result<(), Error> {
        let terms = self.running(stream)?;
        ensure!(self.may_edit(stream)?.unwrap_or(true), Error::NotAllowed);
        let end_round = terms.round_after(env().block_time_ms());
        self.terms.set(&stream, &Terms { end_round: Some(end_round), ..terms });
        emit(Stopped { stream, by: env().caller(), end_round });
        Ok(())
    }

    /// Removes a coordination that is over. What is left in its pot goes to those who were brokers in its last round, in
    /// equal parts; what cannot be divided, and all if there was none, goes to who opened it.
    pub(crate) fn end(&mut self, stream: Hash) -> Result<(), Error> {
        let terms = self.coordinated(stream)?;
        let (end_round, over_ms) = terms.end_round.zip(terms.over_ms()).ok_or(Error::NotStopped)?;
        ensure!(env().block_time_ms() >= over_ms, Error::TooEarly);
        ensure!(self.first_open(stream).is_none(), Error::RoundOpen);
        let mut left = self.pots.take(&stream).unwrap_or_default();
        let seats = self.seats.take(&stream).unwrap_or_default();
        let last = end_round.checked_sub(1).filter(|last| *last >= terms.first_round);
        let is_last = |seat: &&Seat| last.is_some_and(|last| seat.is_assigned(last));
        let count = u32::try_from(seats.iter().filter(is_last).count()).unwrap_or_default();
        let each = rules::each(left, count);
        for seat in seats.iter().filter(is_last) {
            left -= each;
            self.credit(stream, terms.currency, seat.broker, each);
        }
        self.credit(stream, terms.currency, terms.opener, left);
        self.terms.remove(&stream);
        self.lots.remove(&stream);
        self.next_rounds.set_or_clear(&stream, &end_round);
        emit(Closed { stream });
        Ok(())
    }

    /// Removes what was agreed on about a stream that is gone.
    pub(crate) fn forget_stream(&mut self, stream: Hash) -> Result<(), Error> {
        ensure!(!self.terms.contains(&stream), Error::StillKept);
        let progress = self.progress.get(&stream);
        ensure!(progress.is_some() || self.next_rounds.contains(&stream), Error::NotCoordinated);
        ensure!(self.may_edit(stream)?.is_none(), Error::StillKept);
        let kept_until_ms = progress.map_or(0, |progress| progress.at_ms.saturating_add(KEPT_MS));
        ensure!(env().block_time_ms() >= kept_until_ms, Error::StillKept);
        self.progress.remove(&stream);
        self.next_rounds.remove(&stream);
        emit(Forgotten { stream });
        Ok(())
    }
}

/// The lowest number that no seat has.
pub(crate) fn free_number(seats: &[Seat]) -> Option<u8> {
    let taken = seats.iter().fold(0, |taken: u64, seat| taken | seat.bit());
    let number = taken.trailing_ones();
    u8::try_from(number).ok().filter(|number| usize::from(*number) < types::MAX_BROKERS)
}

const _: () = assert!(MAX_BROKERS == 64, "a set of seats has 64 bits");
