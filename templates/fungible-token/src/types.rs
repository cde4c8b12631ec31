//! What is kept of the token and of an allowance.

use crate::token::{Error, MAX_DECIMALS, MAX_NAME_BYTES, MAX_SYMBOL_BYTES};
use tenon_contract::prelude::*;

/// Who may create more.
#[module_type]
pub enum MintRight {
    /// Nobody, for good: the supply can only fall.
    Nobody = 0,
    /// The owner.
    Owner = 1,
    /// This account or instance.
    Account(Address) = 2,
}

/// Who may destroy what they hold, or what a holder allowed them to take. Nobody may destroy more than that.
#[module_type]
pub enum BurnRight {
    /// Nobody, for good: the supply can only rise.
    Nobody = 0,
    /// The owner.
    Owner = 1,
    /// This account or instance.
    Account(Address) = 2,
    /// Every holder.
    Holder = 3,
}

/// Everything that is fixed or decided about the token.
#[module_type]
pub struct TokenInfo {
    /// Its name, for people.
    pub name: String,
    /// Its symbol, for people.
    pub symbol: String,
    /// Digits after the point when an amount is shown.
    pub decimals: u8,
    /// Who may change the rights, if anybody.
    pub owner: Option<Address>,
    /// The most that may exist.
    pub cap: Option<Amount>,
    /// Who may create more.
    pub mint: MintRight,
    /// Who may destroy.
    pub burn: BurnRight,
}

/// What a spender may take.
#[module_type]
#[derive(Default)]
pub struct Allowance {
    /// How much in all.
    pub amount: Amount,
    /// From which millisecond on nothing may be taken.
    pub expires_at_ms: Option<u64>,
}

impl TokenInfo {
    /// Checks what was given.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Self { name, symbol, decimals, cap, mint, burn, .. } = self;
        let printable = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        ensure!(printable(name) && name.len() <= MAX_NAME_BYTES, Error::InvalidName);
        let symbol_fits = printable(symbol) && symbol.len() <= MAX_SYMBOL_BYTES;
        ensure!(symbol_fits && !symbol.chars().any(char::is_whitespace), Error::InvalidSymbol);
        ensure!(*decimals <= MAX_DECIMALS, Error::InvalidDecimals);
        ensure!(*cap != Some(0), Error::ZeroCap);
        let to_nobody = *mint == MintRight::Account(Address::ZERO) || *burn == BurnRight::Account(Address::ZERO);
        ensure!(!to_nobody, Error::ZeroAddress);
        Ok(())
    }

    /// Whether an account may mint.
    pub(crate) fn may_mint(&self, caller: Address) -> bool {
        match self.mint {
            MintRight::Nobody => false,
            MintRight::Owner => self.owner == Some(caller),
            MintRight::Account(account) => account == caller,
        }
    }

    /// Whether an account may burn what it holds or was allowed to take.
    pub(crate) fn may_burn(&self, caller: Address) -> bool {
        match self.burn {
            BurnRight::Nobody => false,
            BurnRight::Owner => self.owner == Some(caller),
            BurnRight::Account(account) => account == caller,
            BurnRight::Holder => true,
        }
    }
}
