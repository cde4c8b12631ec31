//! Money on its way in and out. Whoever it belongs to takes it: nobody's refusal holds up anybody else.
//!
//! Each currency has books of its own: what a currency's module does can harm nobody but those who deal in it.

use crate::error::Error;
use crate::types::Currency;
use crate::wishes::Wishes;
use tenon_contract::money::PaymentError;
use tenon_contract::prelude::*;

impl Wishes {
    /// Takes an amount from the caller: the coin that came with the call, or an asset that the caller approved. Returns
    /// what arrived.
    pub(crate) fn take_in(&mut self, currency: Currency, amount: Amount) -> Result<Amount, Error> {
        ensure!(amount > 0, Error::ZeroAmount);
        let came = currency.take(amount)?;
        ensure!(came > 0, Error::NothingArrived);
        // What is held for each wish is within what is owed of its currency, so it cannot overflow either.
        self.owed.try_update(&currency.key(), |owed| owed.checked_add(came).ok_or(Error::AmountOverflow))?;
        Ok(came)
    }

    /// Sends an amount of what is owed to a receiver. The claim on it is removed by who calls this.
    pub(crate) fn pay_out(&mut self, currency: Currency, to: Address, amount: Amount) -> Result<(), Error> {
        ensure!(!to.is_zero() && to != env().self_address(), Error::InvalidReceiver);
        let owed = self.owed.get_or_default(&currency.key()) - amount;
        self.owed.set_or_clear(&currency.key(), &owed);
        currency.send(to, amount).map_err(|_| Error::PayoutRefused)
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
