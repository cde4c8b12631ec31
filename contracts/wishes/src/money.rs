//! Money on its way in and out. Whoever it belongs to takes it: nobody's refusal holds up anybody else.
//!
//! Each currency has books of its own: what a currency's module does can harm nobody but those who deal in it.

use crate::error::Error;
use crate::standards;
use crate::types::Currency;
use crate::wishes::Wishes;
use tenon_contract::prelude::*;

/// The chain's own assets. They credit exactly what was sent, so nothing needs to be weighed.
const ASSETS: Address = Address::of_module("assets");

impl Wishes {
    /// Takes an amount from the caller: the coin that came with the call, or an asset that the caller approved. Returns
    /// what arrived.
    pub(crate) fn take_in(&mut self, currency: Currency, amount: Amount) -> Result<Amount, Error> {
        ensure!(amount > 0, Error::ZeroAmount);
        let came = match currency {
            Currency::Coin => {
                ensure!(env().value() == amount, Error::WrongValue);
                amount
            }
            Currency::Asset { module, asset } => {
                ensure!(env().value() == 0, Error::CoinNotWanted);
                take_asset(module, asset, amount)?
            }
        };
        // What is held for each wish is within what is owed of its currency, so it cannot overflow either.
        self.owed.try_update(&currency.key(), |owed| owed.checked_add(came).ok_or(Error::AmountOverflow))?;
        Ok(came)
    }

    /// Sends an amount of what is owed to a receiver. The claim on it is removed by who calls this.
    pub(crate) fn pay_out(&mut self, currency: Currency, to: Address, amount: Amount) -> Result<(), Error> {
        ensure!(!to.is_zero() && to != env().self_address(), Error::InvalidReceiver);
        let owed = self.owed.get_or_default(&currency.key()) - amount;
        self.owed.set_or_clear(&currency.key(), &owed);
        let sent = match currency {
            Currency::Coin => coin::transfer(&to, amount),
            Currency::Asset { module, asset } => standards::transfer(module, asset, to, amount).try_execute(),
        };
        sent.map_err(|_| Error::PayoutRefused)
    }
}

/// Takes an asset from the caller and returns what arrived, which a module with fees makes less.
fn take_asset(module: Address, asset: u64, amount: Amount) -> Result<Amount, Error> {
    let this = env().self_address();
    let payment = standards::transfer_from(module, asset, env().caller(), this, amount);
    if module == ASSETS {
        return payment.try_execute().map(|()| amount).map_err(|_| Error::PaymentRefused);
    }
    let held = || standards::balance_of(module, asset, this).try_invoke().map_err(|_| Error::PaymentRefused);
    let before = held()?;
    payment.try_execute().map_err(|_| Error::PaymentRefused)?;
    let came = held()?.saturating_sub(before);
    ensure!(came > 0, Error::NothingArrived);
    Ok(came)
}
