//! The native coin: accounts that exist while they hold the existential deposit, transfers, burning.
//!
//! Supply is what genesis gave and [`issue`] added, less what was burnt. Only hooks issue coin.

use crate::overlay::Overlay;
use parity_scale_codec::{Decode, Encode};
use tenon_abi::HostError;
use tenon_types::{AccountInfo, Address, Amount, BalancesEvent, Event, SystemEvent, keys};

/// Name of the chain's own value that holds the supply.
const SUPPLY: &str = "supply";

/// Whether a transfer may end the sender's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existence {
    KeepAlive,
    MayEnd,
}

/// Reads an account; one that does not exist is empty.
pub(crate) fn account(overlay: &mut Overlay, address: &Address) -> AccountInfo {
    overlay
        .get(&keys::account(address))
        .map(|bytes| AccountInfo::decode(&mut &bytes[..]).expect("the host wrote the account"))
        .unwrap_or_default()
}

/// Writes an account; one that need not exist is removed.
pub(crate) fn set_account(overlay: &mut Overlay, address: &Address, account: &AccountInfo) {
    let exists = account.providers > 0 || account.sufficients > 0 || account.nonce > 0;
    overlay.set(&keys::account(address), exists.then(|| account.encode().into()));
}

/// Moves an amount between accounts and reports what happened.
///
/// # Errors
/// `InsufficientBalance`, or `BelowExistentialDeposit` if either account would exist with too little.
pub(crate) fn transfer(
    overlay: &mut Overlay,
    events: &mut Vec<Event>,
    (from, to): (&Address, &Address),
    amount: Amount,
    existence: Existence,
    existential_deposit: Amount,
) -> Result<(), HostError> {
    let mut sender = account(overlay, from);
    if sender.spendable() < amount {
        return Err(HostError::InsufficientBalance);
    }
    if from != to && amount > 0 {
        let mut receiver = account(overlay, to);
        sender.data.free = sender.data.free.checked_sub(amount).ok_or(HostError::InsufficientBalance)?;
        receiver.data.free = receiver.data.free.checked_add(amount).ok_or(HostError::Internal)?;
        if receiver.data.free < existential_deposit && !is_instance(overlay, to) {
            return Err(HostError::BelowExistentialDeposit);
        }
        let ends = sender.data.free < existential_deposit && !is_instance(overlay, from);
        if ends && (existence == Existence::KeepAlive || sender.data.reserved > 0 || sender.consumers > 0) {
            return Err(HostError::BelowExistentialDeposit);
        }
        if receiver.providers == 0 {
            receiver.providers = 1;
            events.push(Event::System(SystemEvent::NewAccount { account: *to }));
        }
        set_account(overlay, to, &receiver);
        if ends {
            end_account(overlay, events, from, sender);
        } else {
            set_account(overlay, from, &sender);
        }
    }
    events.push(Event::Balances(BalancesEvent::Transfer { from: *from, to: *to, amount }));
    Ok(())
}

/// Takes an amount that leaves circulation for a while (a fee to be settled, a deposit). The account stays.
///
/// # Errors
/// `InsufficientBalance` if the account would fall below the existential deposit.
pub(crate) fn withdraw(
    overlay: &mut Overlay,
    address: &Address,
    amount: Amount,
    existential_deposit: Amount,
) -> Result<(), HostError> {
    if amount == 0 {
        return Ok(());
    }
    let mut account = account(overlay, address);
    let left = account.data.free.checked_sub(amount).ok_or(HostError::InsufficientBalance)?;
    if account.spendable() < amount || left < existential_deposit {
        return Err(HostError::InsufficientBalance);
    }
    account.data.free = left;
    set_account(overlay, address, &account);
    Ok(())
}

/// Gives back what [`withdraw`] took, or pays a tip. An amount too small for a new account to exist is burnt.
pub(crate) fn deposit(
    overlay: &mut Overlay,
    events: &mut Vec<Event>,
    address: &Address,
    amount: Amount,
    existential_deposit: Amount,
) {
    if amount == 0 {
        return;
    }
    let mut account = account(overlay, address);
    account.data.free = account.data.free.saturating_add(amount);
    if account.providers == 0 {
        if account.data.free < existential_deposit {
            burn(overlay, amount);
            events.push(Event::Balances(BalancesEvent::DustLost { account: *address, amount }));
            return;
        }
        account.providers = 1;
        events.push(Event::System(SystemEvent::NewAccount { account: *address }));
    }
    set_account(overlay, address, &account);
}

/// Makes an address exist because an instance stands there.
pub(crate) fn provide(overlay: &mut Overlay, events: &mut Vec<Event>, address: &Address) {
    let mut account = account(overlay, address);
    if account.providers == 0 {
        events.push(Event::System(SystemEvent::NewAccount { account: *address }));
    }
    account.providers = account.providers.max(1);
    account.sufficients = 1;
    set_account(overlay, address, &account);
}

/// The supply of the native coin.
pub(crate) fn supply(overlay: &mut Overlay) -> Amount {
    overlay
        .get(&keys::chain(SUPPLY))
        .map(|bytes| Amount::decode(&mut &bytes[..]).expect("the host wrote the supply"))
        .unwrap_or_default()
}

/// Sets the supply. Only genesis does this from outside.
pub(crate) fn set_supply(overlay: &mut Overlay, supply: Amount) {
    overlay.set(&keys::chain(SUPPLY), Some(supply.encode().into()));
}

/// Issues coin to an instance, whose account exists: the value of a hook.
///
/// # Errors
/// `Internal` if the supply would overflow.
pub(crate) fn issue(
    overlay: &mut Overlay,
    events: &mut Vec<Event>,
    to: &Address,
    amount: Amount,
) -> Result<(), HostError> {
    let supply = supply(overlay).checked_add(amount).ok_or(HostError::Internal)?;
    let mut account = account(overlay, to);
    account.data.free = account.data.free.checked_add(amount).ok_or(HostError::Internal)?;
    set_supply(overlay, supply);
    set_account(overlay, to, &account);
    events.push(Event::Balances(BalancesEvent::Minted { who: *to, amount }));
    Ok(())
}

/// Takes an amount, which the caller has taken from an account, out of the supply for ever.
pub(crate) fn burn(overlay: &mut Overlay, amount: Amount) {
    let supply = supply(overlay);
    set_supply(overlay, supply.checked_sub(amount).expect("what is burnt was part of the supply"));
}

/// An instance's account exists without a deposit.
fn is_instance(overlay: &mut Overlay, address: &Address) -> bool {
    account(overlay, address).sufficients > 0
}

/// Ends an account that fell below the existential deposit. Its nonce stays, so that no transaction of it can be
/// replayed when the account comes to exist again.
fn end_account(overlay: &mut Overlay, events: &mut Vec<Event>, address: &Address, mut account: AccountInfo) {
    let dust = std::mem::take(&mut account.data.free);
    account.providers = 0;
    set_account(overlay, address, &account);
    if dust > 0 {
        burn(overlay, dust);
        events.push(Event::Balances(BalancesEvent::DustLost { account: *address, amount: dust }));
    }
    events.push(Event::System(SystemEvent::KilledAccount { account: *address }));
}
