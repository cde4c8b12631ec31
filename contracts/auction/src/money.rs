//! Money on its way in and out. Whatever somebody is to get waits as a credit until they take it.
//!
//! Each currency has books of its own: what a currency's module does can harm nobody but those who deal in it.

use crate::auction::Auction;
use crate::error::Error;
use crate::events::{Credited, Withdrawn};
use crate::types::Currency;
use core::ops::Bound;
use tenon_contract::money::{Books, PaymentError};
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Entries of each kind that one check of an invariant reads.
const MAX_CHECKED_ENTRIES: u32 = 2_000;

impl Auction {
    /// Takes what is due from the caller: the coin that came with the call, or an asset that the caller approved. What
    /// came beyond it is the caller's credit.
    pub(crate) fn take_payment(&mut self, auction: u64, currency: Currency, due: Amount) -> Result<(), Error> {
        let came = match currency {
            Currency::Coin => env().value(),
            Currency::Asset { .. } => currency.take(due)?,
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
        currency.send(to, amount).map_err(|_| Error::WithdrawalRefused)?;
        emit(Withdrawn { who, to, currency, amount });
        Ok(amount)
    }

    /// What is owed in a currency is the sum of credits, of the money behind the best bids, and of deposits. The
    /// currency is chosen by the block's height among the first 100. Where there are more entries than one check reads,
    /// their partial sum is not above it.
    pub(crate) fn check_books(&self) -> bool {
        let Some((key, mut books)) = Books::chosen(&self.owed, MAX_CHECKED_ENTRIES) else {
            return self.credits.first().is_none();
        };
        books.add_all(self.credits.iter_within(&key, Bound::Unbounded, Direction::Ascending), |_, amount| Some(amount));
        let is_paid_in = |auction: u64| self.terms.get(&auction).is_some_and(|terms| terms.currency.key() == key);
        books.add_all(self.open.iter_from(Bound::Unbounded, Direction::Ascending), |auction, ()| {
            let best = self.progress.get_or_default(&auction).best;
            Some(best.filter(|_| is_paid_in(auction)).map_or(0, |best| best.held))
        });
        books.add_all(self.commitments.iter(), |(auction, _), commitment| {
            Some(if is_paid_in(auction) { commitment.deposit } else { 0 })
        });
        books.balance()
    }
}

impl From<PaymentError> for Error {
    fn from(error: PaymentError) -> Self {
        match error {
            PaymentError::WrongValue => Self::Underpaid,
            PaymentError::CoinNotWanted => Self::CoinNotWanted,
            PaymentError::Refused => Self::PaymentRefused,
        }
    }
}
