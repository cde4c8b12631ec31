//! Goods on their way in and out. What a module of goods says is believed about its own goods alone.

use crate::error::Error;
use crate::standards;
use crate::types::Goods;
use tenon_contract::prelude::*;
use tenon_contract::{Wire, money};

impl Goods {
    /// Takes the goods from their owner, who approved this instance, and checks that they came and can leave again.
    pub(crate) fn take_from(&self, owner: Address) -> Result<(), Error> {
        let this = env().self_address();
        match *self {
            Self::Amount { amount: 0, .. } | Self::Vouchers { units: 0, .. } => return Err(Error::NoGoods),
            Self::Amount { module, asset, amount } => {
                let held = || ask(money::balance_of(module, asset, this));
                let before = held()?;
                take(money::transfer_from(module, asset, owner, this, amount))?;
                ensure!(held()?.checked_sub(before) == Some(amount), Error::GoodsMissing);
            }
            Self::Vouchers { module, kind, units } => {
                let held = || ask(standards::voucher_balance_of(module, kind, this));
                let before = held()?;
                take(standards::transfer_vouchers_from(module, kind, owner, this, units))?;
                ensure!(held()?.checked_sub(before) == Some(units), Error::GoodsMissing);
            }
            Self::Lot { module, lot } => {
                // Whoever is approved for a lot may move it, so its owner is asked for first.
                let holder = || ask(standards::owner_of_lot(module, lot));
                ensure!(holder()? == Some(owner), Error::NotGoodsOwner);
                take(standards::transfer_lot(module, lot, this))?;
                ensure!(holder()? == Some(this), Error::GoodsMissing);
            }
            Self::Item { module, collection, item } => {
                let holder = || ask(standards::owner_of_item(module, collection, item));
                ensure!(holder()? == Some(owner), Error::NotGoodsOwner);
                take(standards::transfer_item_from(module, collection, item, owner, this))?;
                ensure!(holder()? == Some(this), Error::GoodsMissing);
            }
        }
        // Goods that only their issuer may send would be paid for and never leave, so they are sent once, from here to here.
        take(self.delivery(this))
    }

    /// The call that hands the goods over.
    pub(crate) fn delivery(&self, to: Address) -> Call<()> {
        match *self {
            Self::Amount { module, asset, amount } => money::transfer(module, asset, to, amount),
            Self::Vouchers { module, kind, units } => standards::transfer_vouchers(module, kind, to, units),
            Self::Lot { module, lot } => standards::transfer_lot(module, lot, to),
            Self::Item { module, collection, item } => standards::transfer_item(module, collection, item, to),
        }
    }
}

fn ask<R: Wire>(query: Call<R>) -> Result<R, Error> {
    query.try_invoke().map_err(|_| Error::GoodsRefused)
}

fn take(call: Call<()>) -> Result<(), Error> {
    call.try_execute().map_err(|_| Error::GoodsRefused)
}
