//! Debts that are paid outside the network: the creditor says what is taken for them, and the debtor pays it to the
//! creditor in the call in which the debt falls. Nothing stays here on the way.

use crate::consent::{check_parties, check_removal, standing};
use crate::error::Error;
use crate::events::{OfferRemoved, Offered, Settled};
use crate::trustlines::Trustlines;
use crate::types::{Currency, Offer};
use tenon_contract::parity_scale_codec::Encode;
use tenon_contract::prelude::*;

impl Trustlines {
    pub(crate) fn add_offer(
        &mut self,
        network: u64,
        debtor: Address,
        units: u64,
        currency: Currency,
        price: Amount,
        until_ms: Option<u64>,
    ) -> Result<(), Error> {
        self.rules_of(network)?;
        let creditor = env().caller();
        check_parties(creditor, debtor)?;
        ensure!(units > 0 && currency.is_possible(), Error::InvalidOffer);
        let offer = Offer { units, currency, price, until_ms: standing(until_ms)? };
        self.offers.set(&(network, debtor, creditor), &offer);
        emit(Offered { network, creditor, debtor, offer });
        Ok(())
    }

    pub(crate) fn drop_offer(&mut self, network: u64, creditor: Address, debtor: Address) -> Result<(), Error> {
        let offer = self.offers.take(&(network, debtor, creditor)).ok_or(Error::UnknownOffer)?;
        check_removal(creditor, debtor, offer.until_ms)?;
        emit(OfferRemoved { network, creditor, debtor });
        Ok(())
    }

    /// The debt falls first and the payment comes after it: whatever its module does, it finds the books in order.
    pub(crate) fn take_offer(&mut self, network: u64, creditor: Address, stated: Offer) -> Result<(), Error> {
        let debtor = env().caller();
        let offer = self.offers.take(&(network, debtor, creditor)).ok_or(Error::UnknownOffer)?;
        ensure!(offer == stated, Error::OtherOffer);
        ensure!(env().block_time_ms() < offer.until_ms, Error::Lapsed);
        let Offer { units, currency, price, .. } = offer;
        let (before, mut line) = self.load(network, debtor, creditor)?;
        line.settle(units)?;
        self.store(network, (debtor, creditor), Some(&before), line);
        currency.pay(debtor, creditor, price)?;
        emit(Settled { network, creditor, debtor, units, currency, price, balance: line.balance });
        Ok(())
    }
}

impl Currency {
    /// Whether such a currency can exist: nothing stands at the zero address.
    fn is_possible(self) -> bool {
        !matches!(self, Self::Asset { module, .. } if module.is_zero())
    }

    /// Pays from the caller to somebody: the coin that came with the call, or an asset that the caller approved. What
    /// arrives is what counts.
    fn pay(self, from: Address, to: Address, price: Amount) -> Result<(), Error> {
        match self {
            Self::Coin => {
                ensure!(env().value() == price, Error::WrongPayment);
                if price > 0 { coin::transfer(&to, price).map_err(|_| Error::PaymentRefused) } else { Ok(()) }
            }
            Self::Asset { module, asset } => {
                ensure!(env().value() == 0, Error::WrongPayment);
                let held = || balance_of(module, asset, to).try_invoke().map_err(|_| Error::PaymentRefused);
                let before = held()?;
                let paid = transfer_from(module, asset, from, to, price).try_execute();
                paid.map_err(|_| Error::PaymentRefused)?;
                ensure!(held()?.checked_sub(before).is_some_and(|came| came >= price), Error::Underpaid);
                Ok(())
            }
        }
    }
}

/// What somebody holds of a divisible asset (BAP-01). Written down here, as any module of the standard will do.
fn balance_of(module: Address, asset: u64, owner: Address) -> Call<Amount> {
    Call::new(module, "balance_of", (asset, owner).encode(), true)
}

/// Sends an amount of a divisible asset that its owner approved.
fn transfer_from(module: Address, asset: u64, from: Address, to: Address, amount: Amount) -> Call<()> {
    Call::new(module, "transfer_from", (asset, from, to, amount).encode(), false)
}
