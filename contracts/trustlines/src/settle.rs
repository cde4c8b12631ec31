//! Debts that are paid outside the network: the creditor says what is taken for them, and the debtor pays it to the
//! creditor in the call in which the debt falls. Nothing stays here on the way.

use crate::consent::{check_parties, check_removal, standing};
use crate::error::Error;
use crate::events::{OfferRemoved, Offered, Settled};
use crate::trustlines::Trustlines;
use crate::types::{Currency, Offer};
use tenon_contract::money::PaymentError;
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
        ensure!(units > 0 && currency.is_valid(), Error::InvalidOffer);
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
        ensure!(currency.pass(creditor, price)? >= price, Error::Underpaid);
        emit(Settled { network, creditor, debtor, units, currency, price, balance: line.balance });
        Ok(())
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
