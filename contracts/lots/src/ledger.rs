//! How lots come, change and go: what several methods have in common.

use crate::error::Error;
use crate::events::{Created, Issued, Removed, RightsChanged};
use crate::lots::Lots;
use crate::types::{AssetInfo, Lot, NewAsset};
use policies::client;
use tenon_contract::prelude::*;

impl Lots {
    pub(crate) fn known(&self, asset: u64) -> Result<AssetInfo, Error> {
        self.info.get(&asset).ok_or(Error::UnknownAsset)
    }

    /// The asset if the caller owns it.
    pub(crate) fn owned(&self, asset: u64) -> Result<AssetInfo, Error> {
        let info = self.known(asset)?;
        ensure!(info.owner == Some(env().caller()), Error::NotOwner);
        Ok(info)
    }

    pub(crate) fn known_lot(&self, lot: u64) -> Result<Lot, Error> {
        self.lots.get(&lot).ok_or(Error::UnknownLot)
    }

    pub(crate) fn add_asset(&mut self, asset: NewAsset) -> Result<u64, Error> {
        let (issuer, policy) = (env().caller(), asset.policy.clone());
        let info = asset.issued_by(issuer)?;
        let asset = self.asset_count.update(|count| count + 1);
        self.info.set(&asset, &info);
        emit(Issued { asset, issuer, kind: info.kind as u8, symbol: info.symbol });
        if let Some(terms) = policy {
            client::attach(asset, terms)?;
        }
        Ok(asset)
    }

    pub(crate) fn change_rights(&mut self, asset: u64, info: AssetInfo) {
        self.info.set(&asset, &info);
        let AssetInfo { owner, mint, burn, .. } = info;
        emit(RightsChanged { asset, owner, mint, burn });
    }

    /// Whether the caller is an owner, or acts for all lots of that owner.
    pub(crate) fn acts_for(&self, owner: Address) -> bool {
        let caller = env().caller();
        caller == owner || self.operators.contains(&(owner, caller))
    }

    /// A lot that the caller may split, merge and give allowances on.
    pub(crate) fn controlled(&self, lot: u64) -> Result<Lot, Error> {
        let found = self.known_lot(lot)?;
        ensure!(self.acts_for(found.owner), Error::NotAuthorised);
        Ok(found)
    }

    /// Lets the caller take an amount of a lot: by right, or by an allowance, which it uses up.
    pub(crate) fn authorise(&self, lot: &mut Lot, amount: Amount) -> Result<(), Error> {
        if self.acts_for(lot.owner) { Ok(()) } else { lot.spend(env().caller(), amount) }
    }

    /// Stores a new lot under an id that no lot ever had.
    pub(crate) fn create(&mut self, lot: &Lot) -> u64 {
        let id = self.last_lot.update(|last| last + 1);
        let Lot { asset, class, owner, value, parent, .. } = *lot;
        self.lots.set(&id, lot);
        self.by_owner.insert(&(owner, id));
        self.by_class.insert(&(asset, class, id));
        let mut totals = self.totals.get_or_default(&asset);
        totals.lots += 1;
        self.totals.set(&asset, &totals);
        emit(Created { lot: id, asset, owner, class, value, parent });
        id
    }

    /// Lowers a lot's value and stores it. A lot without value is removed, and its deposit returns.
    pub(crate) fn lower(&mut self, id: u64, lot: &mut Lot, amount: Amount) -> Result<(), Error> {
        lot.value = lot.value.checked_sub(amount).ok_or(Error::InsufficientValue)?;
        if lot.value > 0 {
            self.lots.set(&id, lot);
            return Ok(());
        }
        let Lot { asset, class, owner, .. } = *lot;
        self.lots.remove(&id);
        self.by_owner.remove(&(owner, id));
        self.by_class.remove(&(asset, class, id));
        let mut totals = self.totals.get_or_default(&asset);
        totals.lots -= 1;
        self.totals.set(&asset, &totals);
        emit(Removed { lot: id, owner });
        Ok(())
    }

    /// Raises what exists of a class. No sum of lots is above it, so adding values of lots cannot overflow.
    pub(crate) fn raise_supply(&mut self, asset: u64, class: u64, amount: Amount) -> Result<(), Error> {
        let mut totals = self.totals.get_or_default(&asset);
        totals.supply = totals.supply.checked_add(amount).ok_or(Error::SupplyOverflow)?;
        self.totals.set(&asset, &totals);
        self.supplies.try_update(&(asset, class), |supply| Ok::<_, Error>(supply + amount))?;
        Ok(())
    }

    /// Lowers what exists of a class by a value that was taken from a lot of it.
    pub(crate) fn lower_supply(&mut self, lot: &Lot, amount: Amount) -> Result<(), Error> {
        let mut totals = self.totals.get_or_default(&lot.asset);
        totals.supply -= amount;
        self.totals.set(&lot.asset, &totals);
        self.supplies.try_update(&(lot.asset, lot.class), |supply| Ok::<_, Error>(supply - amount))?;
        Ok(())
    }
}
