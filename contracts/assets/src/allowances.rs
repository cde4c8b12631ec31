//! Allowances: how they are read, replaced and used up.

use crate::assets::Assets;
use crate::error::Error;
use crate::events::Approval;
use crate::types::{Allowance, UNLIMITED};
use tenon_contract::prelude::*;

impl Assets {
    /// An allowance as it counts now: one that has expired counts as none.
    pub(crate) fn allowance_now(&self, asset: u64, owner: Address, spender: Address) -> Allowance {
        self.allowances.get(&(asset, owner, spender)).filter(Allowance::is_alive).unwrap_or_default()
    }

    pub(crate) fn replace_allowance(
        &mut self,
        asset: u64,
        owner: Address,
        spender: Address,
        current: Amount,
        new: Allowance,
    ) -> Result<(), Error> {
        ensure!(self.allowance_now(asset, owner, spender).amount == current, Error::AllowanceChanged);
        ensure!(new.expires_at_ms.is_none_or(|end| end > env().block_time_ms()), Error::ExpiryPassed);
        self.set_allowance(asset, owner, spender, new)
    }

    pub(crate) fn set_allowance(
        &mut self,
        asset: u64,
        owner: Address,
        spender: Address,
        set: Allowance,
    ) -> Result<(), Error> {
        ensure!(!spender.is_zero(), Error::ZeroAddress);
        ensure!(self.info.contains(&asset), Error::UnknownAsset);
        self.store_allowance(asset, owner, spender, &set);
        emit(Approval { asset, owner, spender, amount: set.amount, expires_at_ms: set.expires_at_ms });
        Ok(())
    }

    fn store_allowance(&mut self, asset: u64, owner: Address, spender: Address, set: &Allowance) {
        let key = (asset, owner, spender);
        if set.amount == 0 {
            self.allowances.remove(&key);
        } else {
            self.allowances.set(&key, set);
        }
    }

    /// Uses up an allowance of the caller. Without an event, as the transfer tells it.
    pub(crate) fn spend_allowance(&mut self, asset: u64, owner: Address, amount: Amount) -> Result<(), Error> {
        let spender = env().caller();
        let mut allowance = self.allowance_now(asset, owner, spender);
        let rest = allowance.amount.checked_sub(amount).ok_or(Error::InsufficientAllowance)?;
        if allowance.amount != UNLIMITED && amount > 0 {
            allowance.amount = rest;
            self.store_allowance(asset, owner, spender, &allowance);
        }
        Ok(())
    }
}
