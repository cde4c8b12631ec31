//! What methods do to balances and supply, and when they ask the policy. Who may do it is checked in the methods, except
//! for burning.

use crate::assets::Assets;
use crate::error::Error;
use crate::events::{Issued, RightsChanged, Transfer};
use crate::types::{AssetInfo, IssuerIdentity, NewAsset, Requirement};
use core::convert::Infallible;
use core::ops::Bound;
use credentials::CredentialsRef;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Balances by asset and holder.
type Book = OrderedMap<(u64, Address), Amount>;

const CREDENTIALS: CredentialsRef = CredentialsRef::at(Address::of_module("credentials"));

impl Assets {
    pub(crate) fn known(&self, asset: u64) -> Result<AssetInfo, Error> {
        self.info.get(&asset).ok_or(Error::UnknownAsset)
    }

    /// The asset if the caller owns it.
    pub(crate) fn owned(&self, asset: u64) -> Result<AssetInfo, Error> {
        let info = self.known(asset)?;
        ensure!(info.owner == Some(env().caller()), Error::NotOwner);
        Ok(info)
    }

    /// Issues an asset to the caller.
    pub(crate) fn found(&mut self, new: NewAsset) -> Result<u64, Error> {
        let issuer = env().caller();
        let (supply, policy, credential) = (new.supply, new.policy.clone(), new.issuer_credential.clone());
        let mut info = AssetInfo::of(new, issuer);
        info.check()?;
        info.issuer_identity = credential.map(|trusted| identify(trusted, issuer)).transpose()?;
        let asset = self.count.update(|count| count + 1);
        self.info.set(&asset, &info);
        self.by_kind.insert(&(info.kind, asset));
        emit(Issued { asset, issuer, kind: info.kind as u8, symbol: info.symbol.clone() });
        if let Some(terms) = policy {
            policies::client::attach(asset, terms)?;
        }
        self.create(asset, &info, issuer, supply)?;
        Ok(asset)
    }

    pub(crate) fn change_rights(&mut self, asset: u64, info: &AssetInfo) {
        self.info.set(&asset, info);
        let AssetInfo { owner, mint, burn, .. } = info.clone();
        emit(RightsChanged { asset, owner, mint, burn });
    }

    /// The balances among which those of an asset stand.
    pub(crate) const fn book(&self, restricted: bool) -> &Book {
        if restricted { &self.restricted_balances } else { &self.balances }
    }

    const fn book_mut(&mut self, restricted: bool) -> &mut Book {
        if restricted { &mut self.restricted_balances } else { &mut self.balances }
    }

    /// Moves an amount. A balance among those of assets without a policy, if it covers a positive amount, proves that the
    /// asset exists and has none: this way costs no read beside those of the two balances.
    pub(crate) fn send(&mut self, asset: u64, from: Address, to: Address, amount: Amount) -> Result<(), Error> {
        ensure!(!to.is_zero(), Error::ZeroAddress);
        if amount > 0 && lower(&mut self.balances, asset, from, amount).is_ok() {
            raise(&mut self.balances, asset, to, amount);
            emit(Transfer { asset, from: Some(from), to: Some(to), amount });
            return Ok(());
        }
        self.send_otherwise(asset, from, to, amount)
    }

    /// Moves nothing, or an amount of an asset with a policy.
    #[cold]
    #[inline(never)]
    fn send_otherwise(&mut self, asset: u64, from: Address, to: Address, amount: Amount) -> Result<(), Error> {
        let restricted = self.known(asset)?.restricted;
        if amount > 0 {
            ensure!(restricted, Error::InsufficientBalance);
            lower(&mut self.restricted_balances, asset, from, amount)?;
            raise(&mut self.restricted_balances, asset, to, amount);
        }
        emit(Transfer { asset, from: Some(from), to: Some(to), amount });
        if restricted { ask(asset, Some(from), Some(to), amount) } else { Ok(()) }
    }

    pub(crate) fn create(&mut self, asset: u64, info: &AssetInfo, to: Address, amount: Amount) -> Result<(), Error> {
        let supply = self.supply.get_or_default(&asset).checked_add(amount).ok_or(Error::CapExceeded)?;
        ensure!(info.cap.is_none_or(|cap| supply <= cap), Error::CapExceeded);
        self.supply.set_or_clear(&asset, &supply);
        if amount > 0 {
            raise(self.book_mut(info.restricted), asset, to, amount);
        }
        emit(Transfer { asset, from: None, to: Some(to), amount });
        // An issuer who creates nothing yet need not be eligible.
        if info.restricted && amount > 0 { ask(asset, None, Some(to), amount) } else { Ok(()) }
    }

    pub(crate) fn destroy(&mut self, asset: u64, from: Address, amount: Amount) -> Result<(), Error> {
        let info = self.known(asset)?;
        ensure!(info.may_burn(env().caller()), Error::BurnNotAllowed);
        if amount > 0 {
            lower(self.book_mut(info.restricted), asset, from, amount)?;
        }
        let supply = self.supply.get_or_default(&asset) - amount;
        self.supply.set_or_clear(&asset, &supply);
        emit(Transfer { asset, from: Some(from), to: None, amount });
        if info.restricted { ask(asset, Some(from), None, amount) } else { Ok(()) }
    }

    pub(crate) fn check_asset(&self, asset: u64, left: &mut u32) -> bool {
        let Some(info) = self.info.get(&asset) else { return false };
        *left -= 1;
        let supply = self.supply.get_or_default(&asset);
        let mut sum: Amount = 0;
        if self.book(!info.restricted).iter_within(&asset, Bound::Unbounded, Direction::Ascending).next().is_some() {
            return false;
        }
        let book = self.book(info.restricted).iter_within(&asset, Bound::Unbounded, Direction::Ascending);
        for (_, balance) in book.limit(*left) {
            *left -= 1;
            let Some(next) = sum.checked_add(balance) else { return false };
            sum = next;
            if balance == 0 || sum > supply {
                return false;
            }
        }
        (*left == 0 || sum == supply) && info.cap.is_none_or(|cap| supply <= cap)
    }
}

/// Lowers a balance.
fn lower(book: &mut Book, asset: u64, from: Address, amount: Amount) -> Result<(), Error> {
    let rest = |balance: Amount| balance.checked_sub(amount).ok_or(Error::InsufficientBalance);
    book.try_update(&(asset, from), rest).map(drop)
}

/// Raises a balance. It cannot overflow, as no balance is above the supply.
fn raise(book: &mut Book, asset: u64, to: Address, amount: Amount) {
    let Ok(_) = book.try_update(&(asset, to), |balance| Ok::<_, Infallible>(balance + amount));
}

/// Asks the policy of an asset about a move that was made. If it refuses, the method fails and the move is undone.
#[inline(never)]
fn ask(asset: u64, from: Option<Address>, to: Option<Address>, amount: Amount) -> Result<(), Error> {
    Ok(policies::client::moved(asset, from, to, amount)?)
}

/// Who the issuer is, as the credential says that it trusts.
fn identify(credential: Requirement, issuer: Address) -> Result<IssuerIdentity, Error> {
    let found = CREDENTIALS.credential(credential.issuer, credential.topic, issuer).invoke();
    let identity = found.ok_or(Error::IssuerNotVerified)?.identity;
    Ok(IssuerIdentity { credential, identity })
}
