//! Which terms a seller may state, and what they mean for a bid.

use crate::curve::{CUT_PARTS, MAX_STEPS};
use crate::error::Error;
use crate::types::{BASIS_POINTS, Bid, Currency, Curve, Dutch, English, Goods, House, MAX_CUT_BPS, Progress, Sealed};
use tenon_contract::prelude::*;

/// The longest that an auction, or a phase of it, lasts, and the furthest ahead that it begins: 366 days.
pub const MAX_DURATION_MS: u64 = 366 * 24 * 60 * 60 * 1_000;
/// The most that a late bid leaves: an hour.
pub const MAX_EXTENSION_MS: u64 = 60 * 60 * 1_000;
/// By how much late bids move an end in all: a week.
pub const MAX_TOTAL_EXTENSION_MS: u64 = 7 * 24 * 60 * 60 * 1_000;
/// The highest least increment: each bid doubles the one before.
pub const MAX_INCREMENT_BPS: u16 = 10_000;
/// The least increment if the seller does not say: 5 percent.
pub const DEFAULT_INCREMENT_BPS: u16 = 500;
/// What a late bid leaves if the seller does not say: five minutes.
pub const DEFAULT_EXTENSION_MS: u64 = 5 * 60 * 1_000;

/// When an auction begins: now, or at a time to come.
pub(crate) fn start(start_ms: Option<u64>) -> Result<u64, Error> {
    let now = env().block_time_ms();
    let start = start_ms.unwrap_or(now);
    ensure!(start >= now && start - now <= MAX_DURATION_MS, Error::InvalidTimes);
    Ok(start)
}

/// When something ends that lasts so long.
pub(crate) fn end(start_ms: u64, duration_ms: u64) -> Result<u64, Error> {
    ensure!((1..=MAX_DURATION_MS).contains(&duration_ms), Error::InvalidTimes);
    start_ms.checked_add(duration_ms).ok_or(Error::InvalidTimes)
}

impl Dutch {
    pub(crate) fn check(&self, start_ms: u64, allow_zero_floor: bool) -> Result<(), Error> {
        let Self { start_price, floor_price, duration_ms, curve, end_ms } = *self;
        ensure!(start_price > 0 && (floor_price > 0 || allow_zero_floor), Error::ZeroPrice);
        ensure!(floor_price <= start_price, Error::InvalidPrices);
        end(start_ms, duration_ms)?;
        ensure!(end_ms.is_none_or(|end| end > start_ms), Error::InvalidTimes);
        let valid = match curve {
            Curve::Linear => true,
            Curve::Stairs { step_ms, cut } => {
                step_ms > 0 && duration_ms / step_ms < MAX_STEPS && (1..CUT_PARTS).contains(&cut)
            }
            Curve::Exponential { half_life_ms } => (1..=MAX_DURATION_MS).contains(&half_life_ms),
        };
        ensure!(valid, Error::InvalidCurve);
        Ok(())
    }
}

impl English {
    pub(crate) fn check(&self) -> Result<(), Error> {
        ensure!(self.reserve_price > 0, Error::ZeroPrice);
        let valid = self.min_increment_bps <= MAX_INCREMENT_BPS && self.extension_ms <= MAX_EXTENSION_MS;
        ensure!(valid, Error::InvalidIncrement);
        Ok(())
    }

    /// The least next bid; nothing if no amount is high enough.
    pub(crate) fn least_bid(&self, best: Option<&Bid>) -> Option<Amount> {
        let Some(best) = best else { return Some(self.reserve_price) };
        let share = math::mul_div_ceil(best.price, self.min_increment_bps.into(), BASIS_POINTS)?;
        best.price.checked_add(self.min_increment.max(share).max(1))
    }

    /// When the auction ends, as far as bids have moved it.
    pub(crate) fn end_now(&self, progress: &Progress) -> u64 {
        progress.moved_end_ms.unwrap_or(self.end_ms)
    }

    /// When it ends after a bid: later if little time was left, but only so often.
    pub(crate) fn end_after_bid(&self, progress: &Progress, now: u64) -> Option<u64> {
        let latest = self.end_ms.saturating_add(MAX_TOTAL_EXTENSION_MS);
        let moved = now.saturating_add(self.extension_ms).min(latest);
        if moved > self.end_now(progress) { Some(moved) } else { progress.moved_end_ms }
    }
}

impl Sealed {
    pub(crate) fn check(&self) -> Result<(), Error> {
        ensure!(self.reserve_price > 0, Error::ZeroPrice);
        ensure!(self.min_deposit >= self.reserve_price && self.min_deposit >= self.bond, Error::InvalidDeposit);
        Ok(())
    }
}

impl House {
    pub(crate) fn check(&self) -> Result<(), Error> {
        ensure!(self.cut_bps <= MAX_CUT_BPS && !self.receiver.is_zero(), Error::InvalidHouse);
        ensure!(self.currency.is_none_or(Currency::is_valid), Error::WrongCurrency);
        Ok(())
    }

    /// Whether it sells these goods for this currency.
    pub(crate) fn admit(&self, goods: &Goods, currency: Currency) -> Result<(), Error> {
        let sells = match (self.collection, goods) {
            (None, _) => true,
            (Some((bound, id)), Goods::Item { module, collection, .. }) => bound == *module && id == *collection,
            (Some(_), _) => false,
        };
        ensure!(sells, Error::WrongCollection);
        ensure!(self.currency.is_none_or(|only| only == currency), Error::WrongCurrency);
        Ok(())
    }
}
