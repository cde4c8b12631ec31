//! Money on its way in and out: pots, and what waits for those who earned it.
//!
//! Each currency has books of its own: what a currency's module does can harm nobody but those who deal in it.

use crate::brokers::Brokers;
use crate::error::Error;
use crate::events::{Claimed, Credited, Funded};
use crate::types::Currency;
use tenon_contract::money::PaymentError;
use tenon_contract::prelude::*;

impl Brokers {
    /// Takes money from the caller into a stream's pot: the coin that came with the call, or an asset that the caller
    /// approved. What arrives is what counts.
    pub(crate) fn fill(&mut self, stream: Hash, currency: Currency, amount: Amount) -> Result<(), Error> {
        let terms = self.coordinated(stream)?;
        ensure!(currency == terms.currency, Error::WrongCurrency);
        ensure!(amount > 0, Error::ZeroAmount);
        let came = currency.take(amount)?;
        ensure!(came > 0, Error::NothingArrived);
        // All pots and credits of a currency are within what is owed of it, so neither can overflow.
        self.owed.try_update(&currency.key(), |owed| owed.checked_add(came).ok_or(Error::AmountOverflow))?;
        let pot = self.pots.get_or_default(&stream);
        self.pots.set(&stream, &(pot + came));
        emit(Funded { stream, by: env().caller(), currency, amount: came });
        Ok(())
    }

    /// Lets an amount of a stream's pot wait for somebody. The pot is written by who calls this.
    pub(crate) fn credit(&mut self, stream: Hash, currency: Currency, who: Address, amount: Amount) {
        if amount > 0 {
            let key = (currency.key(), who);
            let waiting = self.credits.get_or_default(&key);
            self.credits.set(&key, &(waiting + amount));
            emit(Credited { who, stream, currency, amount });
        }
    }

    /// Sends all that waits for the caller to a receiver, and returns how much it was.
    pub(crate) fn pay_out(&mut self, currency: Currency, to: Option<Address>) -> Result<Amount, Error> {
        let who = env().caller();
        let to = to.unwrap_or(who);
        ensure!(!to.is_zero() && to != env().self_address(), Error::InvalidReceiver);
        let amount = self.credits.take(&(currency.key(), who)).ok_or(Error::NothingToClaim)?;
        let owed = self.owed.get_or_default(&currency.key()) - amount;
        self.owed.set_or_clear(&currency.key(), &owed);
        currency.send(to, amount).map_err(|_| Error::ClaimRefused)?;
        emit(Claimed { who, to, currency, amount });
        Ok(amount)
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
