//! Money on its way in and out. Whatever somebody is to get waits as a credit until they take it.
//!
//! Each currency has books of its own: what a currency's module does can harm nobody but those who deal in it.

use crate::auction::Auction;
use crate::error::Error;
use crate::events::{Credited, Withdrawn};
use crate::standards;
use crate::types::{Currency, CurrencyKey};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// The chain's own assets. They credit exactly what was sent, so nothing needs to be weighed.
const ASSETS: Address = Address::of_module("assets");
/// Currencies among which an invariant chooses.
const MAX_CHECKED_CURRENCIES: u32 = 100;
/// Entries of each kind that one check of an invariant reads.
const MAX_CHECKED_ENTRIES: u32 = 2_000;

impl Auction {
    /// Takes what is due from the caller: the coin that came with the call, or an asset that the caller approved. What
    /// came beyond it is the caller's credit.
    pub(crate) fn take_payment(&mut self, auction: u64, currency: Currency, due: Amount) -> Result<(), Error> {
        let came = match currency {
            Currency::Coin => env().value(),
            Currency::Asset { module, asset } => {
                ensure!(env().value() == 0, Error::CoinNotWanted);
                take_asset(module, asset, due)?
            }
        };
        let surplus = came.checked_sub(due).ok_or(Error::Underpaid)?;
        if came > 0 {
            self.owed.try_update(&currency.key(), |owed| owed.checked_add(came).ok_or(Error::AmountOverflow))?;
        }
        self.credit(auction, currency, env().caller(), surplus);
        Ok(())
    }

    /// Lets an amount wait for somebody. It cannot overflow, as all credits of a currency are within what is owed of it.
    pub(crate) fn credit(&mut self, auction: u64, currency: Currency, who: Address, amount: Amount) {
        if amount > 0 {
            let key = (currency.key(), who);
            let waiting = self.credits.get_or_default(&key);
            self.credits.set(&key, &(waiting + amount));
            emit(Credited { who, auction, currency, amount });
        }
    }

    /// Sends all that waits for somebody to a receiver, and returns how much it was.
    pub(crate) fn pay_out(&mut self, currency: Currency, who: Address, to: Address) -> Result<Amount, Error> {
        let amount = self.credits.take(&(currency.key(), who)).ok_or(Error::NothingToWithdraw)?;
        let owed = self.owed.get_or_default(&currency.key()) - amount;
        self.owed.set_or_clear(&currency.key(), &owed);
        let sent = match currency {
            Currency::Coin => coin::transfer(&to, amount),
            Currency::Asset { module, asset } => standards::transfer(module, asset, to, amount).try_execute(),
        };
        sent.map_err(|_| Error::WithdrawalRefused)?;
        emit(Withdrawn { who, to, currency, amount });
        Ok(amount)
    }

    /// What is owed in a currency is the sum of credits, of the money behind the best bids, and of deposits. The
    /// currency is chosen by the block's height among the first 100. Where there are more entries than one check reads,
    /// their partial sum is not above it.
    pub(crate) fn check_books(&self) -> bool {
        let owed = self.owed.page(None, MAX_CHECKED_CURRENCIES);
        let count = u64::try_from(owed.len()).unwrap_or_default();
        let Some(chosen) = env().block_height().checked_rem(count) else { return self.credits.first().is_none() };
        let chosen = usize::try_from(chosen).unwrap_or_default();
        let Some((key, owed)) = owed.get(chosen) else { return false };
        let mut books = Books { sum: Some(0), is_partial: false };
        let credits = self.credits.iter_within(key, Bound::Unbounded, Direction::Ascending);
        books.add_all(credits.limit(MAX_CHECKED_ENTRIES), |(_, amount)| amount);
        let is_paid_in = |auction: u64| self.terms.get(&auction).is_some_and(|terms| terms.currency.key() == *key);
        let open = self.open.iter_from(Bound::Unbounded, Direction::Ascending);
        books.add_all(open.limit(MAX_CHECKED_ENTRIES), |(auction, ())| {
            let best = self.progress.get_or_default(&auction).best;
            best.filter(|_| is_paid_in(auction)).map_or(0, |best| best.held)
        });
        books.add_all(self.commitments.iter().limit(MAX_CHECKED_ENTRIES), |((auction, _), commitment)| {
            if is_paid_in(auction) { commitment.deposit } else { 0 }
        });
        books.sum.is_some_and(|sum| sum == *owed || books.is_partial && sum < *owed)
    }

    /// The instance holds the coin that it owes.
    pub(crate) fn check_coin(&self) -> bool {
        coin::balance(&env().self_address()) >= self.owed.get_or_default(&CurrencyKey::None)
    }
}

/// A sum over entries of which only so many are read.
struct Books {
    /// The sum, unless it overflowed.
    sum: Option<Amount>,
    /// Whether there may be more entries.
    is_partial: bool,
}

impl Books {
    fn add_all<T>(&mut self, entries: impl Iterator<Item = T>, amount: impl Fn(T) -> Amount) {
        let mut read = 0;
        for entry in entries {
            read += 1;
            self.sum = self.sum.and_then(|sum| sum.checked_add(amount(entry)));
        }
        self.is_partial |= read == MAX_CHECKED_ENTRIES;
    }
}

/// Takes an asset from the caller and returns what arrived, which a module with fees makes less.
fn take_asset(module: Address, asset: u64, due: Amount) -> Result<Amount, Error> {
    if due == 0 {
        return Ok(0);
    }
    let this = env().self_address();
    let payment = standards::transfer_from(module, asset, env().caller(), this, due);
    if module == ASSETS {
        return payment.try_execute().map(|()| due).map_err(|_| Error::PaymentRefused);
    }
    let held = || standards::balance_of(module, asset, this).try_invoke().map_err(|_| Error::PaymentRefused);
    let before = held()?;
    payment.try_execute().map_err(|_| Error::PaymentRefused)?;
    Ok(held()?.saturating_sub(before))
}
