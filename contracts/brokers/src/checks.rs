//! What must hold in every state. Each check reads so many entries at most.

use crate::brokers::Brokers;
use crate::rounds::MAX_REPORTS;
use crate::types::{MAX_BROKERS, Round, Seat};
use core::ops::Bound;
use tenon_contract::money::Books;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Entries of a container that one check reads.
pub const MAX_CHECKED_ENTRIES: u32 = 500;
/// Spreads consecutive heights over all numbers: 2^64 divided by the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream that the height points to.
fn pointed_to() -> Hash {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&env().block_height().wrapping_mul(SPREAD).to_be_bytes());
    Hash::new(bytes)
}

impl Brokers {
    /// What is owed in one of the currencies, which the height chooses, is the sum of its pots and credits. Where there
    /// are more entries than are read, their sum is not above it.
    pub(crate) fn check_books(&self) -> bool {
        let Some((key, mut books)) = Books::chosen(&self.owed, MAX_CHECKED_ENTRIES) else {
            return self.credits.first().is_none() && self.pots.first().is_none();
        };
        books.add_all(self.credits.iter_within(&key, Bound::Unbounded, Direction::Ascending), |_, amount| Some(amount));
        books.add_all(self.pots.iter(), |stream, amount| {
            let is_paid_in = self.terms.get(&stream).is_some_and(|terms| terms.currency.key() == key);
            Some(if is_paid_in { amount } else { 0 })
        });
        books.balance()
    }

    /// Seats of a stream have numbers of their own and rounds that are some, and no account has two in one round.
    pub(crate) fn check_seats(&self) -> bool {
        let behind = self.terms.iter_from(Bound::Included(&pointed_to()), Direction::Ascending);
        let streams = behind.limit(MAX_CHECKED_ENTRIES).chain(self.terms.iter().limit(MAX_CHECKED_ENTRIES));
        let mut streams = streams.take(MAX_CHECKED_ENTRIES as usize);
        streams.all(|(stream, _)| are_sound(&self.seats.get_or_default(&stream)))
    }

    /// What was opened in a round was committed to before, by seats that are assigned to it; and what was not opened is
    /// still there.
    pub(crate) fn check_rounds(&self) -> bool {
        let start = (pointed_to(), 0);
        let behind = self.rounds.iter_from(Bound::Included(&start), Direction::Ascending);
        let rounds = behind.limit(MAX_CHECKED_ENTRIES).chain(self.rounds.iter().limit(MAX_CHECKED_ENTRIES));
        let mut rounds = rounds.take(MAX_CHECKED_ENTRIES as usize);
        rounds.all(|((stream, round), state)| {
            let seats = self.seats.get_or_default(&stream);
            let assigned = seats.iter().filter(|seat| seat.is_assigned(round));
            let sealed = state.committed & !state.revealed();
            let stands =
                |seat: &Seat| self.commitments.contains(&(stream, round, seat.number)) == (sealed & seat.bit() != 0);
            let is_within = |mask: u64| mask & !assigned.clone().fold(0, |all, seat| all | seat.bit()) == 0;
            is_within(state.committed) && is_possible(&state) && assigned.clone().all(stands)
        })
    }
}

/// Whether each seat that opened a report opened one, after it had committed.
fn is_possible(state: &Round) -> bool {
    let revealed = state.revealed();
    let opened: u32 = state.tallies.iter().map(|tally| tally.count()).sum();
    let has_makers = state.tallies.iter().all(|tally| tally.seats != 0);
    has_makers && opened == revealed.count_ones() && revealed & !state.committed == 0 && opened <= MAX_REPORTS
}

fn are_sound(seats: &[Seat]) -> bool {
    let numbers = seats.iter().fold(0, |numbers: u64, seat| numbers | seat.bit());
    let is_sound = |seat: &Seat| !seat.broker.is_zero() && seat.until_round.is_none_or(|until| seat.from_round < until);
    let meet = |one: &Seat, other: &Seat| {
        let begins_before = |one: &Seat, other: &Seat| other.until_round.is_none_or(|until| one.from_round < until);
        one.number != other.number
            && one.broker == other.broker
            && begins_before(one, other)
            && begins_before(other, one)
    };
    seats.len() <= MAX_BROKERS
        && usize::try_from(numbers.count_ones()) == Ok(seats.len())
        && seats.iter().all(is_sound)
        && !seats.iter().any(|one| seats.iter().any(|other| meet(one, other)))
}
