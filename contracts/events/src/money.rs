//! Money on its way in and out. Whatever somebody is to get waits as a credit until they take it.
//!
//! Each currency has books of its own: what a currency's module does can harm nobody but those who deal in it.

use crate::error::Error;
use crate::events::Events;
use crate::notices::Withdrawn;
use crate::types::Currency;
use tenon_contract::Wire;
use tenon_contract::prelude::*;

/// The chain's own assets. They credit exactly what was sent, so nothing needs to be weighed.
const ASSETS: Address = Address::of_module("assets");

impl Events {
    /// Takes an amount from the caller: the coin that came with the call, or an asset that the caller approved. Returns
    /// what arrived, which a module with fees makes less.
    pub(crate) fn take_payment(&mut self, currency: Currency, amount: Amount) -> Result<Amount, Error> {
        let came = match currency {
            Currency::Coin => {
                ensure!(env().value() == amount, Error::WrongPayment);
                amount
            }
            Currency::Asset { module, asset } => {
                ensure!(env().value() == 0, Error::WrongPayment);
                take_asset(module, asset, amount)?
            }
        };
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
        let sent = match currency {
            Currency::Coin => coin::transfer(&to, amount),
            Currency::Asset { module, asset } => call(module, "transfer", &(asset, to, amount)).try_execute(),
        };
        sent.map_err(|_| Error::WithdrawalRefused)?;
        emit(Withdrawn { who, to, currency, amount });
        Ok(amount)
    }
}

/// Takes an asset from the caller and returns what arrived.
fn take_asset(module: Address, asset: u64, amount: Amount) -> Result<Amount, Error> {
    if amount == 0 {
        return Ok(0);
    }
    let this = env().self_address();
    let payment = call(module, "transfer_from", &(asset, env().caller(), this, amount));
    if module == ASSETS {
        return payment.try_execute().map(|()| amount).map_err(|_| Error::PaymentRefused);
    }
    let held = || {
        let balance: Call<Amount> = Call::new(module, "balance_of", written(&(asset, this)), true);
        balance.try_invoke().map_err(|_| Error::PaymentRefused)
    };
    let before = held()?;
    payment.try_execute().map_err(|_| Error::PaymentRefused)?;
    // Never more than was asked for, whatever the module says.
    Ok(held()?.saturating_sub(before).min(amount))
}

fn call(module: Address, method: &'static str, arguments: &impl Wire) -> Call<()> {
    Call::new(module, method, written(arguments), false)
}

fn written(arguments: &impl Wire) -> Vec<u8> {
    let mut bytes = Vec::new();
    arguments.put(&mut bytes);
    bytes
}
