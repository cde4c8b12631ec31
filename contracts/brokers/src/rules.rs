//! When a round is, how many brokers must agree, and what each of them gets.

use crate::error::Error;
use crate::types::{
    BASIS_POINTS, MAX_AHEAD_MS, MAX_INTERVAL_MS, MIN_THRESHOLD_BPS, Progress, Report, Round, Tally, Terms, Times,
};
use tenon_contract::prelude::*;

/// How many of the assigned brokers must agree: the threshold of all of them, rounded up.
#[must_use]
pub fn needed(assigned: u32, threshold_bps: u16) -> u32 {
    let share = (u64::from(assigned) * u64::from(threshold_bps)).div_ceil(u64::from(BASIS_POINTS));
    // A share of at most all is no larger than the number itself.
    u32::try_from(share).unwrap_or(assigned)
}

/// What each of so many gets of a reward, rounded down.
#[must_use]
pub fn each(reward: Amount, agreed: u32) -> Amount {
    reward.checked_div(agreed.into()).unwrap_or_default()
}

impl Terms {
    /// Checks what somebody states, at a time.
    pub(crate) fn check(&self, now_ms: u64) -> Result<(), Error> {
        let windows = self.commit_ms.checked_add(self.reveal_ms).ok_or(Error::InvalidTimes)?;
        let has_windows = self.commit_ms > 0 && self.reveal_ms > 0 && windows <= self.interval_ms;
        ensure!(has_windows && self.interval_ms <= MAX_INTERVAL_MS, Error::InvalidTimes);
        let ahead = self.start_ms.checked_sub(now_ms).ok_or(Error::InvalidTimes)?;
        ensure!(ahead <= MAX_AHEAD_MS, Error::InvalidTimes);
        ensure!((MIN_THRESHOLD_BPS..=BASIS_POINTS).contains(&self.threshold_bps), Error::InvalidThreshold);
        ensure!(self.reward.is_valid(), Error::InvalidReward);
        ensure!(self.currency.is_valid(), Error::WrongCurrency);
        Ok(())
    }

    /// The round in which a time lies; nothing before the first and after the last.
    #[must_use]
    pub fn round_at(&self, time_ms: u64) -> Option<u64> {
        let passed = time_ms.checked_sub(self.start_ms)?.checked_div(self.interval_ms)?;
        let round = self.first_round.checked_add(passed)?;
        self.end_round.is_none_or(|end| round < end).then_some(round)
    }

    /// The first round that begins after a time, or would if the coordination were not stopped.
    #[must_use]
    pub fn round_after(&self, time_ms: u64) -> u64 {
        let Some(passed) = time_ms.checked_sub(self.start_ms) else { return self.first_round };
        let rounds = passed.checked_div(self.interval_ms).unwrap_or_default().saturating_add(1);
        self.first_round.saturating_add(rounds)
    }

    /// The oldest round to which somebody could commit for the first time from now on.
    pub(crate) fn oldest_reportable(&self, now_ms: u64) -> u64 {
        // The windows of a round end within the next one: before this time's round only its predecessor is reported on.
        self.round_after(now_ms).saturating_sub(2).max(self.first_round)
    }

    /// The times of a round; nothing if there is no such round.
    #[must_use]
    pub fn times(&self, round: u64) -> Option<Times> {
        if self.end_round.is_some_and(|end| round >= end) {
            return None;
        }
        let before = round.checked_sub(self.first_round)?.checked_mul(self.interval_ms)?;
        let start_ms = self.start_ms.checked_add(before)?;
        let end_ms = start_ms.checked_add(self.interval_ms)?;
        let reveal_ms = end_ms.checked_add(self.commit_ms)?;
        let settle_ms = reveal_ms.checked_add(self.reveal_ms)?;
        Some(Times { start_ms, end_ms, reveal_ms, settle_ms })
    }

    /// When everything of a coordination that was stopped can be over; nothing if it was not stopped.
    pub(crate) fn over_ms(&self) -> Option<u64> {
        let last = self.end_round?.checked_sub(1);
        Some(last.and_then(|round| self.times(round)).map_or(0, |times| times.settle_ms))
    }
}

impl Report {
    /// Whether it goes on from what was agreed on: no fewer events, and the same hash of the same events.
    pub(crate) fn follows(&self, before: Option<&Progress>) -> bool {
        before.is_none_or(|before| {
            self.events > before.events || self.events == before.events && self.rolling_hash == before.rolling_hash
        })
    }
}

impl Round {
    /// Notes that a seat made a report.
    pub(crate) fn add(&mut self, report: Report, seat: u64) {
        match self.tallies.iter_mut().find(|tally| tally.report == report) {
            Some(tally) => tally.seats |= seat,
            None => self.tallies.push(Tally { report, seats: seat }),
        }
    }

    /// The report that most seats made, the first of several.
    pub(crate) fn best(&self) -> Option<&Tally> {
        self.tallies.iter().reduce(|best, tally| if tally.count() > best.count() { tally } else { best })
    }
}

impl Tally {
    /// How many seats made the report.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.seats.count_ones()
    }
}
