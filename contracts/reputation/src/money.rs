//! Stakes in this instance's hands: what comes in, what waits for somebody, and what goes out.

use crate::error::Error;
use crate::events::{Credited, Withdrawn};
use crate::reputation::Reputation;
use crate::types::{Currency, FlagState};
use core::ops::Bound;
use tenon_contract::money::{Books, PaymentError};
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Entries of each kind that one check of an invariant reads.
const MAX_CHECKED_ENTRIES: u32 = 2_000;

impl Reputation {
    /// Takes exactly what is due from the caller: the coin that came with the call, or an asset that the caller
    /// approved.
    pub(crate) fn take_payment(&mut self, currency: Currency, due: Amount) -> Result<(), Error> {
        ensure!(currency.take(due)? == due, Error::WrongAmount);
        self.owed.try_update(&currency.key(), |owed| owed.checked_add(due).ok_or(Error::AmountOverflow))?;
        Ok(())
    }

    /// Lets an amount wait for somebody. It cannot overflow, as all credits of a currency are within what is owed of
    /// it.
    pub(crate) fn credit(&mut self, currency: Currency, who: Address, amount: Amount) {
        let key = (currency.key(), who);
        let waiting = self.credits.get_or_default(&key);
        self.credits.set(&key, &(waiting + amount));
        emit(Credited { who, currency, amount });
    }

    /// Sends all that waits for somebody to a receiver, and returns how much it was.
    pub(crate) fn pay_out(&mut self, currency: Currency, who: Address, to: Address) -> Result<Amount, Error> {
        ensure!(!to.is_zero() && to != env().self_address(), Error::InvalidReceiver);
        let amount = self.credits.take(&(currency.key(), who)).ok_or(Error::NothingToWithdraw)?;
        let owed = self.owed.get_or_default(&currency.key()) - amount;
        self.owed.set_or_clear(&currency.key(), &owed);
        currency.send(to, amount).map_err(|_| Error::WithdrawalRefused)?;
        emit(Withdrawn { who, to, currency, amount });
        Ok(amount)
    }

    /// What is owed in a currency is the sum of credits and of the stakes of open flags. The currency is chosen by the
    /// block's height among the first 100. Where there are more entries than one check reads, their partial sum is not
    /// above it.
    pub(crate) fn check_books(&self) -> bool {
        let Some((key, mut books)) = Books::chosen(&self.owed, MAX_CHECKED_ENTRIES) else {
            return self.credits.first().is_none();
        };
        books.add_all(self.credits.iter_within(&key, Bound::Unbounded, Direction::Ascending), |_, amount| Some(amount));
        books.add_all(self.flags.iter(), |_, flag| {
            let counts = flag.state == FlagState::Open && flag.currency.key() == key;
            Some(if counts { flag.rules.stake } else { 0 })
        });
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
