//! The record of an account, laid out as wallets read it under `System.Account`.

use crate::Amount;
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

/// The native coin of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct AccountData {
    /// What may be spent, the existential deposit included.
    pub free: Amount,
    /// What belongs to the account and may not be spent.
    pub reserved: Amount,
    /// The part of `free` that may not be spent at present.
    pub frozen: Amount,
    /// Kept for wallets: always the value that says `frozen` is one number.
    pub flags: u128,
}

/// An account: its nonce and its coin. An account exists while `providers` or `sufficients` is above zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct AccountInfo {
    /// Transactions that this account has sent.
    pub nonce: u32,
    /// What needs the account to exist.
    pub consumers: u32,
    /// What makes the account exist: 1 while it holds the existential deposit or is an instance.
    pub providers: u32,
    /// As `providers`, for what does not need a deposit.
    pub sufficients: u32,
    /// The native coin.
    pub data: AccountData,
}

impl AccountInfo {
    /// What may be sent without ending the account: free less frozen.
    pub const fn spendable(&self) -> Amount {
        self.data.free.saturating_sub(self.data.frozen)
    }
}
