//! Which terms a seller may state, and what they mean: how long a licence lasts, how much of a price is the seller's at
//! a time, and who shares it. No storage and no clock.

use crate::error::Error;
use crate::types::{Arbitration, BASIS_POINTS, Key, Licence, MAX_KEY_BYTES, MAX_TERM_MS, MAX_WAIT_MS, Mode, Terms};
use tenon_contract::prelude::*;

/// A part in basis points, rounded down. It is not above the whole.
#[must_use]
pub fn share(amount: Amount, bps: u16) -> Amount {
    fraction(amount, bps.min(BASIS_POINTS).into(), BASIS_POINTS.into())
}

/// What a price that vests evenly is worth to the seller after a time, rounded down: nothing at first, all of it in the
/// end.
#[must_use]
pub fn vested(amount: Amount, elapsed_ms: u64, duration_ms: u64) -> Amount {
    if elapsed_ms >= duration_ms { amount } else { fraction(amount, elapsed_ms.into(), duration_ms.into()) }
}

/// So many parts of a whole, rounded down. A plain panic, as what formats one is larger than a method.
fn fraction(amount: Amount, parts: Amount, whole: Amount) -> Amount {
    match math::mul_div_floor(amount, parts, whole) {
        Some(fraction) => fraction,
        None => panic!("what is not more than the whole fits"),
    }
}

/// Who gets how much of an amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The seller.
    pub seller: Amount,
    /// The brokers of the stream.
    pub brokers: Amount,
    /// The receiver of the fee.
    pub fee: Amount,
}

impl Parts {
    /// All of it.
    #[must_use]
    pub const fn sum(self) -> Amount {
        self.seller + self.brokers + self.fee
    }

    /// What goes to others than the seller.
    pub(crate) const fn shared(self) -> Amount {
        self.brokers + self.fee
    }

    const fn less(self, before: Self) -> Self {
        Self { seller: self.seller - before.seller, brokers: self.brokers - before.brokers, fee: self.fee - before.fee }
    }
}

/// How much the brokers have counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Events of the stream since its beginning.
    pub events: u64,
    /// All that were before this time.
    pub at_ms: u64,
}

impl Terms {
    /// Checks what a seller states.
    pub(crate) fn check(&self) -> Result<(), Error> {
        ensure!(self.mode.is_valid(), Error::InvalidMode);
        ensure!(self.currency.is_valid(), Error::InvalidCurrency);
        ensure!(self.price == 0 || !self.terms_hash.is_zero(), Error::NoTermsOfUse);
        let issued = self.credential.as_ref().is_none_or(|required| !required.issuer.is_zero());
        ensure!(issued, Error::InvalidCredential);
        let shared = self.broker_bps().checked_add(self.fee_bps()).is_some_and(|sum| sum <= BASIS_POINTS);
        let royalty = self.royalty_bps.is_none_or(|bps| bps <= BASIS_POINTS);
        let received = self.fee.is_none_or(|fee| !fee.receiver.is_zero());
        ensure!(shared && royalty && received, Error::InvalidShares);
        ensure!(self.arbitration.as_ref().is_none_or(Arbitration::is_valid), Error::InvalidArbitration);
        Ok(())
    }

    pub(crate) fn broker_bps(&self) -> u16 {
        self.broker_bps.unwrap_or(0)
    }

    pub(crate) fn fee_bps(&self) -> u16 {
        self.fee.map_or(0, |fee| fee.bps)
    }

    /// What each gets of an amount by its share, rounded down. What is left over is nobody's yet.
    #[must_use]
    pub fn floors(&self, amount: Amount) -> Parts {
        let (brokers, fee) = (self.broker_bps(), self.fee_bps());
        let seller = BASIS_POINTS.saturating_sub(brokers).saturating_sub(fee);
        Parts { seller: share(amount, seller), brokers: share(amount, brokers), fee: share(amount, fee) }
    }

    /// What each gets of an amount in the end: the shares rounded down, and the rest for the seller.
    #[must_use]
    pub fn split(&self, amount: Amount) -> Parts {
        let Parts { brokers, fee, .. } = self.floors(amount);
        Parts { seller: amount - brokers - fee, brokers, fee }
    }

    /// What each gets as an amount that is the seller's grows, and whether it grows no more. However often it grows,
    /// each gets the same in the end.
    pub(crate) fn grown(&self, before: Amount, after: Amount, is_last: bool) -> Parts {
        let parts = if is_last { self.split(after) } else { self.floors(after) };
        parts.less(self.floors(before))
    }
}

impl Mode {
    fn is_valid(self) -> bool {
        let lasts = |span_ms: u64| (1..=MAX_TERM_MS).contains(&span_ms);
        match self {
            Self::Time { period_ms } | Self::Vesting { period_ms } => lasts(period_ms),
            Self::Count { valid_ms } => lasts(valid_ms),
            Self::Locked { period_ms, events, wait_ms } => lasts(period_ms) && events > 0 && wait_ms <= MAX_WAIT_MS,
            Self::PerEvent { valid_ms, wait_ms } => lasts(valid_ms) && wait_ms <= MAX_WAIT_MS,
        }
    }

    /// Whether the brokers' count matters.
    pub(crate) const fn is_counted(self) -> bool {
        matches!(self, Self::Count { .. } | Self::Locked { .. } | Self::PerEvent { .. })
    }

    /// Whether the price is the seller's at once.
    pub(crate) const fn is_paid_at_once(self) -> bool {
        matches!(self, Self::Time { .. } | Self::Count { .. })
    }

    /// Whether so many events are all that can be read.
    const fn is_used_up(self) -> bool {
        matches!(self, Self::Count { .. } | Self::PerEvent { .. })
    }

    /// How long so many units last.
    pub(crate) fn duration_ms(self, units: u64) -> Result<u64, Error> {
        let duration_ms = match self {
            Self::Time { period_ms } | Self::Vesting { period_ms } | Self::Locked { period_ms, .. } => {
                period_ms.checked_mul(units)
            }
            Self::Count { valid_ms } | Self::PerEvent { valid_ms, .. } => Some(valid_ms),
        };
        duration_ms.filter(|duration_ms| units > 0 && *duration_ms <= MAX_TERM_MS).ok_or(Error::InvalidUnits)
    }

    /// How many events so many units are, or promise.
    pub(crate) fn events(self, units: u64) -> Result<u64, Error> {
        match self {
            Self::Time { .. } | Self::Vesting { .. } => Ok(0),
            Self::Count { .. } | Self::PerEvent { .. } => Ok(units),
            Self::Locked { events, .. } => events.checked_mul(units).ok_or(Error::InvalidUnits),
        }
    }

    const fn wait_ms(self) -> u64 {
        match self {
            Self::Locked { wait_ms, .. } | Self::PerEvent { wait_ms, .. } => wait_ms,
            Self::Time { .. } | Self::Count { .. } | Self::Vesting { .. } => 0,
        }
    }
}

impl Key {
    pub(crate) fn check(&self) -> Result<(), Error> {
        ensure!((1..=MAX_KEY_BYTES).contains(&self.bytes.len()), Error::InvalidKey);
        Ok(())
    }
}

impl Licence {
    /// How many events were counted since it began.
    const fn used(&self, counted: Counted) -> u64 {
        counted.events.saturating_sub(self.first_event)
    }

    /// Whether it is void: its time is over, or all events were read that it is for.
    pub(crate) fn is_over(&self, mode: Mode, counted: Counted, now_ms: u64) -> bool {
        now_ms >= self.end_ms || mode.is_used_up() && self.used(counted) >= self.events
    }

    /// How much of the price is the seller's at a time. What was settled stays so.
    ///
    /// Events that are promised count if all of them were before the end. Those that are paid for one by one count in
    /// whole rounds of the brokers: from what was agreed when the licence began to what is agreed when it is settled,
    /// for a time up to the end and the wait. Of what was agreed for a later time nobody can tell how much was before.
    pub(crate) fn due(&self, terms: &Terms, counted: Counted, now_ms: u64) -> Amount {
        let due = match terms.mode {
            Mode::Time { .. } | Mode::Count { .. } => self.paid,
            Mode::Vesting { .. } => {
                vested(self.paid, now_ms.saturating_sub(self.start_ms), self.end_ms.saturating_sub(self.start_ms))
            }
            Mode::Locked { .. } => {
                let is_reached = counted.at_ms <= self.end_ms && self.used(counted) >= self.events;
                if is_reached { self.paid } else { 0 }
            }
            Mode::PerEvent { wait_ms, .. } => {
                let is_in_time = counted.at_ms <= self.end_ms.saturating_add(wait_ms);
                let used = if is_in_time { self.used(counted).min(self.events) } else { 0 };
                terms.price.saturating_mul(used.into())
            }
        };
        due.max(self.settled)
    }

    /// Whether what is due now is all that will ever be.
    pub(crate) fn is_final(&self, mode: Mode, due: Amount, counted: Counted, now_ms: u64) -> bool {
        let is_agreed =
            !mode.is_counted() || counted.at_ms >= self.end_ms || now_ms.saturating_sub(self.end_ms) >= mode.wait_ms();
        due == self.paid || now_ms >= self.end_ms && is_agreed
    }
}
