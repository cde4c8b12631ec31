//! Balances, totals, rights and allowances: what the methods have in common.

use crate::error::Error;
use crate::events::{Approval, Issued, Redeemed, RightsChanged, Transfer};
use crate::types::{Allowance, KindInfo, MAX_REFERENCE_BYTES, NewKind, Rules, Totals, UNLIMITED};
use crate::vouchers::Vouchers;
use core::ops::Bound;
use policies::client;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;
use tenon_contract::text::is_line;

impl Vouchers {
    /// Issues a kind for the caller.
    pub(crate) fn add_kind(&mut self, new: NewKind) -> Result<u64, Error> {
        let (issuer, units, policy) = (env().caller(), new.units, new.policy.clone());
        let (info, rules) = new.split(issuer, env().block_time_ms())?;
        let kind = self.count.update(|count| count + 1);
        self.info.set(&kind, &info);
        self.rules.set(&kind, &rules);
        emit(Issued { kind, issuer, symbol: info.symbol });
        if let Some(terms) = policy {
            client::attach(kind, terms)?;
        }
        self.create(kind, info.cap, &rules, issuer, units)?;
        Ok(kind)
    }

    pub(crate) fn known(&self, kind: u64) -> Result<KindInfo, Error> {
        self.info.get(&kind).ok_or(Error::UnknownKind)
    }

    pub(crate) fn rules_of(&self, kind: u64) -> Result<Rules, Error> {
        self.rules.get(&kind).ok_or(Error::UnknownKind)
    }

    /// The kind if the caller owns it.
    pub(crate) fn owned(&self, kind: u64) -> Result<KindInfo, Error> {
        let info = self.known(kind)?;
        ensure!(info.owner == Some(env().caller()), Error::NotOwner);
        Ok(info)
    }

    pub(crate) fn change_rights(&mut self, kind: u64, info: &KindInfo) {
        self.info.set(&kind, info);
        let KindInfo { owner, mint, burn, .. } = info.clone();
        emit(RightsChanged { kind, owner, mint, burn });
    }

    pub(crate) fn send(&mut self, kind: u64, from: Address, to: Address, units: u64) -> Result<(), Error> {
        ensure!(!to.is_zero(), Error::ZeroAddress);
        let rules = self.rules_of(kind)?;
        ensure!(rules.may_send(from), Error::NotTransferable);
        self.take(kind, from, units)?;
        self.give(kind, to, units);
        emit(Transfer { kind, from: Some(from), to: Some(to), units });
        rules.judge(kind, Some(from), Some(to), units)
    }

    /// Lowers a balance.
    pub(crate) fn take(&mut self, kind: u64, from: Address, units: u64) -> Result<(), Error> {
        if units > 0 {
            let lower = |balance: u64| balance.checked_sub(units).ok_or(Error::InsufficientUnits);
            self.balances.try_update(&(kind, from), lower)?;
        }
        Ok(())
    }

    /// Raises a balance. It cannot overflow, as no balance is above the units that exist.
    pub(crate) fn give(&mut self, kind: u64, to: Address, units: u64) {
        if units > 0 {
            let balance = self.balances.get_or_default(&(kind, to));
            self.balances.set(&(kind, to), &(balance + units));
        }
    }

    pub(crate) fn create(
        &mut self,
        kind: u64,
        cap: Option<u64>,
        rules: &Rules,
        to: Address,
        units: u64,
    ) -> Result<(), Error> {
        let mut totals = self.totals.get_or_default(&kind);
        totals.issued = totals.issued.checked_add(units).ok_or(Error::CapExceeded)?;
        ensure!(cap.is_none_or(|cap| totals.issued <= cap), Error::CapExceeded);
        self.totals.set_or_clear(&kind, &totals);
        self.give(kind, to, units);
        emit(Transfer { kind, from: None, to: Some(to), units });
        rules.judge(kind, None, Some(to), units)
    }

    pub(crate) fn destroy(&mut self, kind: u64, from: Address, units: u64) -> Result<(), Error> {
        ensure!(self.known(kind)?.may_burn(env().caller()), Error::BurnNotAllowed);
        self.take(kind, from, units)?;
        let add = |totals: Totals| Ok::<_, Error>(Totals { burnt: totals.burnt + units, ..totals });
        self.totals.try_update(&kind, add)?;
        emit(Transfer { kind, from: Some(from), to: None, units });
        self.rules_of(kind)?.judge(kind, Some(from), None, units)
    }

    /// Redeems a holder's units, who is the caller or has signed an order to it. Neither sum overflows: units that
    /// are taken were issued and not redeemed yet.
    pub(crate) fn redeem_units(
        &mut self,
        rules: &Rules,
        kind: u64,
        holder: Address,
        units: u64,
        reference: Option<String>,
    ) -> Result<u64, Error> {
        ensure!(units > 0, Error::ZeroUnits);
        let fits = reference.as_ref().is_none_or(|reference| is_line(reference, MAX_REFERENCE_BYTES));
        ensure!(fits, Error::InvalidReference);
        rules.check_window(env().block_time_ms())?;
        self.take(kind, holder, units)?;
        let mut totals = self.totals.get_or_default(&kind);
        let number = totals.redeemed + 1;
        totals.redeemed += units;
        self.totals.set(&kind, &totals);
        emit(Redeemed { kind, holder, by: env().caller(), number, units, reference });
        rules.judge(kind, Some(holder), None, units)?;
        Ok(number)
    }

    /// An allowance as it counts now: one that has expired counts as none.
    pub(crate) fn allowance_now(&self, kind: u64, owner: Address, spender: Address) -> Allowance {
        let stored = self.allowances.get(&(kind, owner, spender));
        let alive = |allowance: &Allowance| allowance.expires_at_ms.is_none_or(|end| env().block_time_ms() < end);
        stored.filter(alive).unwrap_or_default()
    }

    pub(crate) fn replace_allowance(
        &mut self,
        kind: u64,
        owner: Address,
        spender: Address,
        current: u64,
        new: Allowance,
    ) -> Result<(), Error> {
        ensure!(!spender.is_zero(), Error::ZeroAddress);
        ensure!(self.rules.contains(&kind), Error::UnknownKind);
        ensure!(self.allowance_now(kind, owner, spender).units == current, Error::AllowanceChanged);
        ensure!(new.expires_at_ms.is_none_or(|end| end > env().block_time_ms()), Error::ExpiryPassed);
        self.store_allowance(kind, owner, spender, &new);
        emit(Approval { kind, owner, spender, units: new.units, expires_at_ms: new.expires_at_ms });
        Ok(())
    }

    fn store_allowance(&mut self, kind: u64, owner: Address, spender: Address, set: &Allowance) {
        let key = (kind, owner, spender);
        if set.units == 0 {
            self.allowances.remove(&key);
        } else {
            self.allowances.set(&key, set);
        }
    }

    /// Uses up an allowance of the caller. Without an event, as the transfer tells it.
    pub(crate) fn spend_allowance(&mut self, kind: u64, owner: Address, units: u64) -> Result<(), Error> {
        let spender = env().caller();
        let mut allowance = self.allowance_now(kind, owner, spender);
        let rest = allowance.units.checked_sub(units).ok_or(Error::InsufficientAllowance)?;
        if allowance.units != UNLIMITED && units > 0 {
            allowance.units = rest;
            self.store_allowance(kind, owner, spender, &allowance);
        }
        Ok(())
    }

    /// Whether the units of a kind that exist are those in balances and packets, as far as `left` entries show.
    pub(crate) fn check_kind(&self, kind: u64, left: &mut u32) -> bool {
        let Some(info) = self.info.get(&kind) else { return false };
        let Totals { issued, redeemed, burnt, .. } = self.totals.get_or_default(&kind);
        let ended = redeemed.checked_add(burnt);
        let Some(exist) = ended.and_then(|ended| issued.checked_sub(ended)) else { return false };
        let mut sum: u64 = 0;
        for (_, units) in self.balances.iter_within(&kind, Bound::Unbounded, Direction::Ascending).limit(*left) {
            *left -= 1;
            let Some(next) = sum.checked_add(units) else { return false };
            sum = next;
            if units == 0 {
                return false;
            }
        }
        for (_, packet) in self.packets.iter_within(&kind, Bound::Unbounded, Direction::Ascending).limit(*left) {
            *left -= 1;
            let Some(next) = sum.checked_add(packet.units) else { return false };
            sum = next;
            if !packet.is_consistent() {
                return false;
            }
        }
        sum <= exist && (*left == 0 || sum == exist) && info.cap.is_none_or(|cap| issued <= cap)
    }
}
