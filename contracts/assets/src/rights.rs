//! Who may create and destroy: the rights that the standards of assets share.

use tenon_contract::prelude::*;

/// Who may create more of something.
#[module_type]
pub enum MintRight {
    /// Nobody, for good.
    Nobody = 0,
    /// Its owner.
    Owner = 1,
    /// This account or instance.
    Account(Address) = 2,
}

/// Who may destroy what they hold, or what a holder allowed them to take. Nobody may destroy more than that.
#[module_type]
pub enum BurnRight {
    /// Nobody, for good.
    Nobody = 0,
    /// The asset's owner.
    Owner = 1,
    /// This account or instance.
    Account(Address) = 2,
    /// Every holder.
    Holder = 3,
}

impl MintRight {
    /// Whether it lets an account mint what `owner` owns.
    #[must_use]
    pub fn allows(&self, caller: Address, owner: Option<Address>) -> bool {
        match self {
            Self::Nobody => false,
            Self::Owner => owner == Some(caller),
            Self::Account(account) => *account == caller,
        }
    }

    /// Whether it names the zero address, which never mints.
    #[must_use]
    pub fn is_void(&self) -> bool {
        *self == Self::Account(Address::ZERO)
    }
}

impl BurnRight {
    /// Whether it lets an account burn of what `owner` owns.
    #[must_use]
    pub fn allows(&self, caller: Address, owner: Option<Address>) -> bool {
        match self {
            Self::Nobody => false,
            Self::Owner => owner == Some(caller),
            Self::Account(account) => *account == caller,
            Self::Holder => true,
        }
    }

    /// Whether it names the zero address, which never burns.
    #[must_use]
    pub fn is_void(&self) -> bool {
        *self == Self::Account(Address::ZERO)
    }
}
