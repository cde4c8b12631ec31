//! Money in this instance's hands: what comes in, what waits for somebody, and what goes out.

use crate::error::Error;
use crate::events::{BrokersFunded, Credited, Withdrawn};
use crate::licence::Licences;
use crate::others;
use crate::terms::Parts;
use crate::types::{Currency, CurrencyKey, Licence, Terms};
use core::ops::Bound;
use tenon_contract::money::{Books, PaymentError};
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Entries of each kind that one check of an invariant reads.
const MAX_CHECKED_ENTRIES: u32 = 2_000;

impl Licences {
    /// Takes exactly what is due from the caller: the coin that came with the call, or an asset that the caller
    /// approved.
    pub(crate) fn take_payment(&mut self, currency: Currency, due: Amount) -> Result<(), Error> {
        ensure!(currency.take(due)? == due, Error::WrongAmount);
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
        currency.send(to, amount).map_err(|_| Error::WithdrawalRefused)?;
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

    /// What is owed in a currency is the sum of credits, of the brokers' shares, and of what is held for licences. The
    /// currency is chosen by the block's height among the first 100. Where there are more entries than one check reads,
    /// their partial sum is not above it.
    pub(crate) fn check_books(&self) -> bool {
        let Some((key, mut books)) = Books::chosen(&self.owed, MAX_CHECKED_ENTRIES) else {
            return self.credits.first().is_none();
        };
        books.add_all(self.credits.iter_within(&key, Bound::Unbounded, Direction::Ascending), |_, amount| Some(amount));
        books.add_all(self.broker_shares.iter(), |(_, currency), share| Some(if currency == key { share } else { 0 }));
        books.add_all(self.licences.iter(), |_, licence| self.held_for(&licence, &key));
        books.balance()
    }
}

impl From<PaymentError> for Error {
    fn from(error: PaymentError) -> Self {
        match error {
            PaymentError::WrongValue => Self::WrongValue,
            PaymentError::CoinNotWanted => Self::CoinNotWanted,
            PaymentError::Refused => Self::PaymentRefused,
        }
    }
}
