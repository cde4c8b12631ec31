//! Money on its way in and out. Whatever somebody is to get waits as a credit until they take it.
//!
//! Each currency has books of its own: what a currency's module does can harm nobody but those who deal in it.

use crate::error::Error;
use crate::events::Events;
use crate::notices::Withdrawn;
use crate::types::Currency;
use tenon_contract::money::PaymentError;
use tenon_contract::prelude::*;

impl Events {
    /// Takes an amount from the caller: the coin that came with the call, or an asset that the caller approved. Returns
    /// what arrived, which a module with fees makes less.
    pub(crate) fn take_payment(&mut self, currency: Currency, amount: Amount) -> Result<Amount, Error> {
        // Never more than was asked for, whatever the module says.
        let came = currency.take(amount)?.min(amount);
        if came > 0 {
            self.owed.try_update(&currency.key(), |owed| owed.checked_add(came).ok_or(Error::AmountOverflow))?;
        }
        Ok(came)
    }

    /// Lets an amount wait for somebody. It cannot overflow, as all credits of a currency are within what is owed of it.
    pub(crate) fn credit(&mut self, currency: Currency, who: Address, amount: Amount) {
        if amount > 0 {
            let key = (currency.key(), who);
            let waiting = self.credits.get_or_default(&key);
            self.credits.set(&key, &(waiting + amount));
        }
    }

    /// Sends all that waits for somebody to a receiver, and returns how much it was.
    pub(crate) fn pay_out(&mut self, currency: Currency, who: Address, to: Address) -> Result<Amount, Error> {
        let amount = self.credits.take(&(currency.key(), who)).ok_or(Error::NothingToWithdraw)?;
        let owed = self.owed.get_or_default(&currency.key()) - amount;
        self.owed.set_or_clear(&currency.key(), &owed);
        currency.send(to, amount).map_err(|_| Error::WithdrawalRefused)?;
        emit(Withdrawn { who, to, currency, amount });
        Ok(amount)
    }
}

impl From<PaymentError> for Error {
    fn from(error: PaymentError) -> Self {
        match error {
            PaymentError::WrongValue | PaymentError::CoinNotWanted => Self::WrongPayment,
            PaymentError::Refused => Self::PaymentRefused,
        }
    }
}
