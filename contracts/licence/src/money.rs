//! Money in this instance's hands: what comes in, what waits for somebody, and what goes out.

use crate::error::Error;
use crate::events::{BrokersFunded, Credited, Withdrawn};
use crate::licence::Licences;
use crate::others;
use crate::terms::Parts;
use crate::types::{Currency, CurrencyKey, FlagState, Licence, Terms};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Currencies among which an invariant chooses.
const MAX_CHECKED_CURRENCIES: u32 = 100;
/// Entries of each kind that one check of an invariant reads.
const MAX_CHECKED_ENTRIES: u32 = 2_000;

impl Licences {
    /// Takes exactly what is due from the caller: the coin that came with the call, or an asset that the caller
    /// approved.
    pub(crate) fn take_payment(&mut self, currency: Currency, due: Amount) -> Result<(), Error> {
        match currency {
            Currency::Coin => ensure!(env().value() == due, Error::WrongValue),
            Currency::Asset { module, asset } => {
                ensure!(env().value() == 0, Error::CoinNotWanted);
                ensure!(due == 0 || others::take_asset(module, asset, due)? == due, Error::WrongAmount);
            }
        }
        if due > 0 {
            self.owed.try_update(&currency.key(), |owed| owed.checked_add(due).ok_or(Error::AmountOverflow))?;
        }
        Ok(())
    }

    /// Lets an amount wait for somebody. It cannot overflow, as all credits of a currency are within what is owed of
    /// it.
    pub(crate) fn credit(&mut self, product: u64, currency: Currency, who: Address, amount: Amount) {
        if amount > 0 {
            let key = (currency.key(), who);
            let waiting = self.credits.get_or_default(&key);
            self.credits.set(&key, &(waiting + amount));
            emit(Credited { who, product, currency, amount });
        }
    }

    /// Lets the parts of a price wait for who gets them.
    pub(crate) fn share_out(&mut self, product: u64, seller: Address, terms: &Terms, parts: Parts) {
        let currency = terms.currency;
        self.credit(product, currency, seller, parts.seller);
        if let Some(fee) = terms.fee {
            self.credit(product, currency, fee.receiver, parts.fee);
        }
        if parts.brokers > 0 {
            let key = (product, currency.key());
            let waiting = self.broker_shares.get_or_default(&key);
            self.broker_shares.set(&key, &(waiting + parts.brokers));
        }
    }

    /// Hands the share of the brokers to them; to the seller if the stream is gone, and with it its brokers.
    pub(crate) fn pay_brokers(&mut self, product: u64, currency: Currency) -> Result<Amount, Error> {
        let record = self.known(product)?;
        let amount = self.broker_shares.take(&(product, currency.key())).ok_or(Error::NothingToWithdraw)?;
        if others::is_gone(record.stream) {
            self.credit(product, currency, record.seller, amount);
            return Ok(amount);
        }
        self.owes_less(currency, amount);
        others::fund(record.stream, currency, amount)?;
        emit(BrokersFunded { product, currency, amount });
        Ok(amount)
    }

    /// Sends all that waits for somebody to a receiver, and returns how much it was.
    pub(crate) fn pay_out(&mut self, currency: Currency, who: Address, to: Address) -> Result<Amount, Error> {
        ensure!(!to.is_zero() && to != env().self_address(), Error::InvalidReceiver);
        let amount = self.credits.take(&(currency.key(), who)).ok_or(Error::NothingToWithdraw)?;
        self.owes_less(currency, amount);
        others::send(currency, to, amount).map_err(|_| Error::WithdrawalRefused)?;
        emit(Withdrawn { who, to, currency, amount });
        Ok(amount)
    }

    fn owes_less(&mut self, currency: Currency, amount: Amount) {
        let owed = self.owed.get_or_default(&currency.key()) - amount;
        self.owed.set_or_clear(&currency.key(), &owed);
    }

    /// What is held for a licence in a currency: what was paid and has not gone to anybody's credit.
    fn held_for(&self, licence: &Licence, key: &CurrencyKey) -> Option<Amount> {
        if licence.is_settled {
            return Some(0);
        }
        let terms = self.terms.get(&(licence.product, licence.version))?;
        if terms.currency.key() != *key {
            return Some(0);
        }
        licence.paid.checked_sub(terms.floors(licence.settled).sum())
    }

    /// What is owed in a currency is the sum of credits, of the brokers' shares, of what is held for licences, and of
    /// the stakes of open flags. The currency is chosen by the block's height among the first 100. Where there are more
    /// entries than one check reads, their partial sum is not above it.
    pub(crate) fn check_books(&self) -> bool {
        let owed = self.owed.page(None, MAX_CHECKED_CURRENCIES);
        let count = u64::try_from(owed.len()).unwrap_or_default();
        let Some(chosen) = env().block_height().checked_rem(count) else { return self.credits.first().is_none() };
        let chosen = usize::try_from(chosen).unwrap_or_default();
        let Some((key, owed)) = owed.get(chosen) else { return false };
        let mut books = Books { sum: Some(0), is_partial: false };
        let credits = self.credits.iter_within(key, Bound::Unbounded, Direction::Ascending);
        books.add_all(credits.limit(MAX_CHECKED_ENTRIES), |(_, amount)| Some(amount));
        let shares = self.broker_shares.iter().limit(MAX_CHECKED_ENTRIES);
        books.add_all(shares, |((_, currency), amount)| Some(if currency == *key { amount } else { 0 }));
        let licences = self.licences.iter().limit(MAX_CHECKED_ENTRIES);
        books.add_all(licences, |(_, licence)| self.held_for(&licence, key));
        books.add_all(self.flags.iter().limit(MAX_CHECKED_ENTRIES), |(_, flag)| {
            let counts = flag.state == FlagState::Open && flag.currency.key() == *key;
            Some(if counts { flag.rules.stake } else { 0 })
        });
        books.sum.is_some_and(|sum| sum == *owed || books.is_partial && sum < *owed)
    }

    /// The instance holds the coin that it owes.
    pub(crate) fn check_coin(&self) -> bool {
        coin::balance(&env().self_address()) >= self.owed.get_or_default(&Currency::Coin.key())
    }
}

/// A sum over entries of which only so many are read.
struct Books {
    /// The sum, unless it overflowed or an entry was wrong.
    sum: Option<Amount>,
    /// Whether there may be more entries.
    is_partial: bool,
}

impl Books {
    fn add_all<T>(&mut self, entries: impl Iterator<Item = T>, amount: impl Fn(T) -> Option<Amount>) {
        let mut read = 0;
        for entry in entries {
            read += 1;
            self.sum = self.sum.and_then(|sum| sum.checked_add(amount(entry)?));
        }
        self.is_partial |= read == MAX_CHECKED_ENTRIES;
    }
}
