//! Money that passes through a module: the native coin, or an asset of any module of BAP-01.
//!
//! - What arrives is what counts: an asset's module may keep a fee, move nothing, or lie. So the receiver's
//!   balance is read before and after, and the difference is what was paid. Only the chain's own `assets` are believed,
//!   as they credit exactly what was sent.
//! - Money leaves in a call of who gets it: what waits for somebody is kept as a credit, and a receiver that
//!   refuses hinders nobody else.
//! - Each currency has books of its own: what an asset's module does can harm nobody but those who deal in that asset.
//!
//! Amounts are in the smallest unit of their currency, and nothing is rounded. Needs the capability `coin`, and `call`
//! to any instance. A failure is a [`PaymentError`], which a module maps to its own numbered errors. The crate leaves
//! out who is to get what, and the events that say so: these are the module's.
//!
//! Most functions are marked `#[inline]`, so that they are compiled with the module, for size, and not with this crate,
//! for speed: a payment is a few calls to the host, and a chain pays for each byte of code.

use crate::prelude::*;
use crate::storage::Scan;
use crate::wire::buffer;
use crate::{StorageKey, Wire, module_type};
use core::fmt;

/// The chain's own assets. They credit exactly what was sent, so nothing needs to be weighed.
const ASSETS: Address = Address::of_module("assets");
/// Currencies among which [`Books::chosen`] chooses.
const MAX_CHECKED_CURRENCIES: u32 = 100;

/// What is paid with.
#[module_type]
#[derive(Copy)]
pub enum Currency {
    /// The chain's own coin.
    Coin = 0,
    /// A divisible asset (BAP-01).
    Asset {
        /// The asset's module.
        module: Address,
        /// Which asset.
        asset: u64,
    } = 1,
}

/// A currency as a key of storage: nothing for the coin, else the asset's module and id.
pub type CurrencyKey = Option<(Address, u64)>;

/// Why a payment failed. A module that returns an error of its own for it undoes all that has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentError {
    /// The coin that came with the call is not the amount that was due.
    WrongValue,
    /// Coin came with a call that pays in an asset.
    CoinNotWanted,
    /// The asset's module refused: the payer did not approve this instance or does not hold enough, or there is no such
    /// asset. Of the coin: the receiver would be below the existential deposit.
    Refused,
}

impl Currency {
    /// The currency as a key.
    #[must_use]
    pub const fn key(self) -> CurrencyKey {
        match self {
            Self::Coin => None,
            Self::Asset { module, asset } => Some((module, asset)),
        }
    }

    /// Whether such a currency can exist: nothing stands at the zero address.
    #[must_use]
    #[inline]
    pub fn is_valid(self) -> bool {
        !matches!(self, Self::Asset { module, .. } if module.is_zero())
    }

    /// Takes an amount from the caller: the coin that came with the call, which must be exactly it, or an asset of
    /// which the caller approved as much. Returns what arrived: of an asset whose module takes fees or lies it may be
    /// less, nothing at all, or more. An amount of zero calls nobody.
    ///
    /// # Errors
    /// What came is not the amount, coin came beside an asset, or the asset's module refused.
    #[inline]
    pub fn take(self, amount: Amount) -> Result<Amount, PaymentError> {
        self.check_value(amount)?;
        match self {
            Self::Coin => Ok(amount),
            Self::Asset { module, asset } => {
                collect(module, asset, env().self_address(), amount).map_err(|_| PaymentError::Refused)
            }
        }
    }

    /// Hands an amount from the caller on to somebody else, and keeps nothing on the way. The amount comes as in
    /// [`take`](Self::take). Returns what arrived at the receiver.
    ///
    /// # Errors
    /// As for [`take`](Self::take), or the coin could not be sent to this receiver.
    #[inline]
    pub fn pass(self, to: Address, amount: Amount) -> Result<Amount, PaymentError> {
        self.check_value(amount)?;
        match self {
            Self::Coin if amount == 0 => Ok(0),
            Self::Coin => coin::transfer(&to, amount).map(|()| amount),
            Self::Asset { module, asset } => collect(module, asset, to, amount),
        }
        .map_err(|_| PaymentError::Refused)
    }

    /// Sends an amount from this instance. What a module with fees keeps of it is the receiver's loss.
    ///
    /// # Errors
    /// The number that the host or the asset's module gave. Nothing moved then.
    #[inline]
    pub fn send(self, to: Address, amount: Amount) -> Result<(), CallError> {
        match self {
            Self::Coin => coin::transfer(&to, amount),
            Self::Asset { module, asset } => transfer(module, asset, to, amount).try_execute(),
        }
    }

    /// Whether the coin that came with the call is as it has to be for a payment of an amount.
    #[inline]
    fn check_value(self, amount: Amount) -> Result<(), PaymentError> {
        match self {
            Self::Coin => ensure!(env().value() == amount, PaymentError::WrongValue),
            Self::Asset { .. } => ensure!(env().value() == 0, PaymentError::CoinNotWanted),
        }
        Ok(())
    }
}

/// Sends an asset of the caller to somebody and returns what arrived there: of the chain's own assets the amount, else
/// by how much the receiver holds more than before.
#[inline]
fn collect(module: Address, asset: u64, to: Address, amount: Amount) -> Result<Amount, CallError> {
    if amount == 0 {
        return Ok(0);
    }
    let held = |believed| {
        if module == ASSETS { Ok(believed) } else { balance_of(module, asset, to).try_invoke() }
    };
    let before = held(0)?;
    transfer_from(module, asset, env().caller(), to, amount).try_execute()?;
    Ok(held(amount)?.saturating_sub(before))
}

/// The call that asks what somebody holds of an asset. This and the next two are of any module that has the methods of
/// BAP-01.
#[inline]
pub fn balance_of(module: Address, asset: u64, owner: Address) -> Call<Amount> {
    Call::new(module, "balance_of", written(asset, &[owner], None), true)
}

/// The call that sends an amount of an asset.
#[inline]
pub fn transfer(module: Address, asset: u64, to: Address, amount: Amount) -> Call<()> {
    Call::new(module, "transfer", written(asset, &[to], Some(amount)), false)
}

/// The call that sends an amount of an asset of which its owner approved as much.
#[inline]
pub fn transfer_from(module: Address, asset: u64, from: Address, to: Address, amount: Amount) -> Call<()> {
    Call::new(module, "transfer_from", written(asset, &[from, to], Some(amount)), false)
}

/// The arguments of a call: all that any of the three has. One routine, as the sandbox pays for code by its size.
#[inline(never)]
fn written(asset: u64, addresses: &[Address], amount: Option<Amount>) -> Vec<u8> {
    let mut bytes = buffer();
    asset.put(&mut bytes);
    addresses.iter().for_each(|address| address.put(&mut bytes));
    if let Some(amount) = amount {
        amount.put(&mut bytes);
    }
    bytes
}

impl fmt::Display for PaymentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::WrongValue => "the coin that came with the call is not the amount that was due",
            Self::CoinNotWanted => "coin came with a call that pays in an asset: expected none",
            Self::Refused => "the payment was refused: approve this instance first, and hold enough",
        })
    }
}

impl core::error::Error for PaymentError {}

/// Whether this instance holds the coin that it owes, for an invariant.
#[inline]
pub fn holds_coin_owed(owed: &OrderedMap<CurrencyKey, Amount>) -> bool {
    coin::balance(&env().self_address()) >= owed.get_or_default(&Currency::Coin.key())
}

/// A sum that an instance keeps against the entries that it is the sum of, for an invariant. Of each container only so
/// many entries are read: where there are more, what was read must not come to more than the sum.
#[derive(Clone, Debug)]
pub struct Books {
    /// What the entries should come to.
    owed: Amount,
    /// Entries of a container that are read.
    most: u32,
    /// What was added, unless it overflowed or an entry was wrong.
    sum: Option<Amount>,
    /// Whether there may be more entries.
    is_partial: bool,
}

impl Books {
    /// Books of a sum, of which at most so many entries of each container are read.
    #[must_use]
    pub const fn of(owed: Amount, most: u32) -> Self {
        Self { owed, most, sum: Some(0), is_partial: false }
    }

    /// Books of what is owed in one currency, which the block's height chooses among the first 100. Nothing if nothing
    /// is owed in any.
    #[must_use]
    #[inline]
    pub fn chosen(owed: &OrderedMap<CurrencyKey, Amount>, most: u32) -> Option<(CurrencyKey, Self)> {
        let owed = owed.page(None, MAX_CHECKED_CURRENCIES);
        let index = env().block_height().checked_rem(u64::try_from(owed.len()).unwrap_or_default())?;
        let (key, owed) = owed.into_iter().nth(usize::try_from(index).ok()?)?;
        Some((key, Self::of(owed, most)))
    }

    /// Adds the entries of a container, each with what it counts; nothing if the entry is wrong.
    pub fn add_all<K: StorageKey, V: Wire>(&mut self, entries: Scan<K, V>, amount: impl Fn(K, V) -> Option<Amount>) {
        let mut read = 0u32;
        for (key, value) in entries.limit(self.most) {
            read = read.wrapping_add(1);
            self.add(amount(key, value));
        }
        self.end(read);
    }

    #[inline]
    fn add(&mut self, amount: Option<Amount>) {
        self.sum = match (self.sum, amount) {
            (Some(sum), Some(amount)) => sum.checked_add(amount),
            _ => None,
        };
    }

    /// Ends a container of which so many entries were read.
    #[inline]
    fn end(&mut self, read: u32) {
        self.is_partial |= read == self.most;
    }

    /// Whether the entries come to the sum.
    #[must_use]
    #[inline]
    pub fn balance(&self) -> bool {
        self.sum.is_some_and(|sum| sum == self.owed || self.is_partial && sum < self.owed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balance(owed: Amount, most: u32, entries: &[&[Option<Amount>]]) -> bool {
        let mut books = Books::of(owed, most);
        for amounts in entries {
            amounts.iter().for_each(|amount| books.add(*amount));
            books.end(u32::try_from(amounts.len()).unwrap());
        }
        books.balance()
    }

    #[test]
    fn books_balance_if_all_entries_come_to_the_sum() {
        assert!(balance(0, 3, &[]) && balance(6, 3, &[&[Some(1), Some(2)], &[Some(3)]]));
        for owed in [0, 5, 7] {
            assert!(!balance(owed, 3, &[&[Some(1), Some(2)], &[Some(3)]]), "{owed}");
        }
    }

    #[test]
    fn what_part_of_the_entries_come_to_is_not_above_the_sum() {
        let full: &[Option<Amount>] = &[Some(1), Some(2)];
        assert!(balance(3, 2, &[full]) && balance(9, 2, &[full]) && balance(9, 2, &[full, &[Some(1)]]));
        assert!(!balance(2, 2, &[full]) && !balance(9, 3, &[full]));
    }

    #[test]
    fn a_wrong_entry_or_an_overflow_is_no_sum() {
        for wrong in [[Some(1), None], [None, Some(1)], [Some(Amount::MAX), Some(1)]] {
            assert!(!balance(1, 9, &[&wrong]) && !balance(0, 9, &[&wrong]) && !balance(Amount::MAX, 2, &[&wrong]));
        }
    }

    #[test]
    fn a_currency_has_one_key_and_nothing_stands_at_the_zero_address() {
        let asset = |module, asset| Currency::Asset { module, asset };
        assert_eq!(Currency::Coin.key(), None);
        assert_eq!(asset(ASSETS, 7).key(), Some((ASSETS, 7)));
        assert!(Currency::Coin.is_valid() && asset(ASSETS, 0).is_valid() && !asset(Address::ZERO, 1).is_valid());
    }
}
