//! Orders to redeem that a holder signs off chain: when they are good, and what is kept of used ones.

use crate::error::Error;
use crate::events::OrderCancelled;
use crate::types::{MAX_ORDER_LIFETIME_MS, RedeemOrder};
use crate::vouchers::Vouchers;
use tenon_contract::prelude::*;
use tenon_contract::signed::{OwnerSignature, message};

/// Names the purpose in the signed bytes.
const PURPOSE: &str = "tenon/vouchers/redeem";

impl RedeemOrder {
    /// What is signed: purpose, chain, instance and order, so that it is good nowhere else.
    pub(crate) fn message(&self) -> Vec<u8> {
        message(PURPOSE, self)
    }
}

impl Vouchers {
    pub(crate) fn hand_in(&mut self, order: RedeemOrder, signature: &OwnerSignature) -> Result<u64, Error> {
        let rules = self.rules_of(order.kind)?;
        let caller = env().caller();
        ensure!(order.redeemer == caller && rules.redeemer == Some(caller), Error::NotRedeemer);
        ensure!(!order.holder.is_zero(), Error::ZeroAddress);
        let now_ms = env().block_time_ms();
        ensure!(now_ms < order.deadline_ms, Error::OrderExpired);
        ensure!(order.deadline_ms - now_ms <= MAX_ORDER_LIFETIME_MS, Error::OrderTooLong);
        ensure!(signature.is_valid(&order.holder, &order.message()), Error::InvalidSignature);
        self.use_up(&order)?;
        self.redeem_units(&rules, order.kind, order.holder, order.units, order.reference)
    }

    pub(crate) fn cancel(&mut self, order: &RedeemOrder) -> Result<(), Error> {
        ensure!(order.holder == env().caller(), Error::NotHolder);
        ensure!(env().block_time_ms() < order.deadline_ms, Error::OrderExpired);
        self.use_up(order)?;
        emit(OrderCancelled { holder: order.holder, id: order.id });
        Ok(())
    }

    /// Keeps an order's number until its deadline. A number whose deadline has passed is free, swept or not.
    fn use_up(&mut self, order: &RedeemOrder) -> Result<(), Error> {
        let key = (order.holder, order.id);
        let free = self.used_orders.get(&key).is_none_or(|deadline_ms| env().block_time_ms() >= deadline_ms);
        ensure!(free, Error::OrderUsed);
        self.used_orders.set(&key, &order.deadline_ms);
        Ok(())
    }

    pub(crate) fn forget_orders(&mut self, orders: &[(Address, u64)]) -> u32 {
        let now_ms = env().block_time_ms();
        let mut forgotten = 0;
        for key in orders {
            if self.used_orders.get(key).is_some_and(|deadline_ms| now_ms >= deadline_ms) {
                self.used_orders.remove(key);
                forgotten += 1;
            }
        }
        forgotten
    }
}
