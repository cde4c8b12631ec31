//! What is kept of the token and of an allowance.

use crate::token::{Error, MAX_DECIMALS, MAX_NAME_BYTES, MAX_SYMBOL_BYTES};
use tenon_contract::prelude::*;

/// Who may create more.
#[module_type]
#[derive(Copy)]
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
#[derive(Copy)]
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

/// What is fixed about the token.
#[module_type]
pub struct TokenInfo {
    /// Its name, for people.
    pub name: String,
    /// Its symbol, for people.
    pub symbol: String,
    /// Digits after the point when an amount is shown.
    pub decimals: u8,
    /// The most that may exist.
    pub cap: Option<Amount>,
}

/// What is decided about the token.
#[module_type]
#[derive(Copy)]
pub struct Rights {
    /// Who may change the rights, if anybody.
    pub owner: Option<Address>,
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
        ensure!(is_label(&self.name, MAX_NAME_BYTES, true), Error::InvalidName);
        ensure!(is_label(&self.symbol, MAX_SYMBOL_BYTES, false), Error::InvalidSymbol);
        ensure!(self.decimals <= MAX_DECIMALS, Error::InvalidDecimals);
        ensure!(self.cap != Some(0), Error::ZeroCap);
        Ok(())
    }
}

/// Whether a text can be shown as a name: not empty, not too long, without control characters.
#[inline(never)]
fn is_label(text: &str, most: usize, spaces: bool) -> bool {
    let refused = |letter: char| letter.is_control() || (!spaces && is_space(letter));
    !text.is_empty() && text.len() <= most && !text.chars().any(refused)
}

/// Whether a character is white space and no control character. The table of the standard library has 400 bytes.
const fn is_space(letter: char) -> bool {
    matches!(
        letter,
        ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}'..='\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

impl Rights {
    /// Checks what was given: nobody has the keys of the zero address.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let holders = [self.mint.account(), self.burn.account()];
        ensure!(!holders.into_iter().flatten().any(Address::is_zero), Error::ZeroAddress);
        Ok(())
    }

    /// Whether an account may mint.
    pub(crate) fn may_mint(&self, caller: &Address) -> bool {
        match &self.mint {
            MintRight::Nobody => false,
            MintRight::Owner => self.is_owner(caller),
            MintRight::Account(account) => account == caller,
        }
    }

    /// Whether an account may burn what it holds or was allowed to take.
    pub(crate) fn may_burn(&self, caller: &Address) -> bool {
        match &self.burn {
            BurnRight::Nobody => false,
            BurnRight::Owner => self.is_owner(caller),
            BurnRight::Account(account) => account == caller,
            BurnRight::Holder => true,
        }
    }

    /// Whether an account owns the token.
    pub(crate) fn is_owner(&self, caller: &Address) -> bool {
        self.owner.as_ref() == Some(caller)
    }
}

impl MintRight {
    const fn account(&self) -> Option<&Address> {
        match self {
            Self::Account(account) => Some(account),
            Self::Nobody | Self::Owner => None,
        }
    }
}

impl BurnRight {
    const fn account(&self) -> Option<&Address> {
        match self {
            Self::Account(account) => Some(account),
            Self::Nobody | Self::Owner | Self::Holder => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_space;

    #[test]
    fn knows_every_space() {
        for letter in '\0'..=char::MAX {
            assert_eq!(is_space(letter), letter.is_whitespace() && !letter.is_control(), "{letter:?}");
        }
    }
}
