//! One fungible token in an instance of its own, with the rules of the protocol module `assets`.
//!
//! - The supply is the sum of all balances, and never above the cap.
//! - A balance falls only by its holder's own transaction or by an allowance that the holder gave.
//! - Nobody can freeze, seize or reverse. The owner can change who mints and who burns, hand the ownership on, and
//!   give each of these up for good; that is the whole list of powers.
//! - Nothing goes to or comes from the zero address. A balance or allowance of zero is not stored.
//! - An allowance is replaced by compare-and-set. It is valid before its end and not from that millisecond on.

#![no_std]

mod types;

pub use token::*;
pub use types::{Allowance, BurnRight, MintRight, Rights, TokenInfo};

/// The module.
#[tenon_contract::module(capabilities(storage, events), upgrade = "admin")]
pub mod token {
    use crate::types::{Allowance, BurnRight, MintRight, Rights, TokenInfo};
    use tenon_contract::prelude::*;

    /// Bytes of a name.
    pub const MAX_NAME_BYTES: usize = 64;
    /// Bytes of a symbol.
    pub const MAX_SYMBOL_BYTES: usize = 16;
    /// Digits after the point; an amount has 38 digits.
    pub const MAX_DECIMALS: u8 = 38;
    /// Holders that a listing returns.
    pub const MAX_PAGE: u32 = 100;
    /// Balances that one check of the invariant reads.
    pub const MAX_CHECKED_BALANCES: u32 = 10_000;
    /// An allowance of this amount is not used up.
    pub const UNLIMITED: Amount = Amount::MAX;

    /// What the instance keeps.
    #[storage]
    pub struct Token {
        /// What is fixed about the token.
        info: Value<TokenInfo>,
        /// What is decided about it.
        rights: Value<Rights>,
        /// The sum of all balances.
        supply: Value<Amount>,
        /// Balances by holder.
        balances: OrderedMap<Address, Amount>,
        /// Allowances by owner and spender.
        allowances: Map<(Address, Address), Allowance>,
        /// Who may take the ownership over.
        proposed_owner: Value<Address>,
    }

    /// An amount moved. Minted amounts come from nobody, burnt ones go to nobody.
    #[event]
    pub struct Transfer {
        /// From whom.
        #[topic]
        pub from: Option<Address>,
        /// To whom.
        #[topic]
        pub to: Option<Address>,
        /// How much.
        pub amount: Amount,
    }

    /// An owner set what a spender may take.
    #[event]
    pub struct Approval {
        /// Whose balance.
        #[topic]
        pub owner: Address,
        /// Who may take.
        #[topic]
        pub spender: Address,
        /// How much in all.
        pub amount: Amount,
        /// Until when, in milliseconds; that millisecond is excluded.
        pub expires_at_ms: Option<u64>,
    }

    /// The owner changed, or who mints or burns.
    #[event]
    pub struct RightsChanged {
        /// What holds from now on.
        pub rights: Rights,
    }

    /// Why a method failed.
    #[error]
    pub enum Error {
        /// The balance is smaller than the amount.
        InsufficientBalance = 1,
        /// The allowance is smaller than the amount, or has expired.
        InsufficientAllowance = 2,
        /// The zero address holds nothing, receives nothing and spends nothing.
        ZeroAddress = 3,
        /// The allowance is not what the caller expected: read it again and decide anew.
        AllowanceChanged = 4,
        /// The time of expiry has passed already.
        ExpiryPassed = 5,
        /// The name is empty, longer than 64 bytes, or has control characters.
        InvalidName = 6,
        /// The symbol is empty, longer than 16 bytes, or has spaces or control characters.
        InvalidSymbol = 7,
        /// There are more than 38 decimals.
        InvalidDecimals = 8,
        /// A cap of zero allows nothing to exist.
        ZeroCap = 9,
        /// The supply would rise above the cap, or above what an amount can hold.
        CapExceeded = 10,
        /// The caller may not mint.
        MintNotAllowed = 11,
        /// The caller may not burn.
        BurnNotAllowed = 12,
        /// The caller is not the owner.
        NotOwner = 13,
        /// This right was given up for good.
        Renounced = 14,
    }

    impl Token {
        /// Creates the token. The caller owns it and receives the supply.
        ///
        /// Optional: `cap` (default none), `mint` (default nobody: the supply is fixed), `burn` (default holder).
        #[init]
        #[allow(clippy::too_many_arguments, reason = "the constructor states everything about the token")]
        pub fn init(
            &mut self,
            name: String,
            symbol: String,
            decimals: u8,
            supply: Amount,
            cap: Option<Amount>,
            mint: Option<MintRight>,
            burn: Option<BurnRight>,
        ) -> Result<(), Error> {
            let owner = env().caller();
            let info = TokenInfo { name, symbol, decimals, cap };
            info.check()?;
            let (mint, burn) = (mint.unwrap_or(MintRight::Nobody), burn.unwrap_or(BurnRight::Holder));
            let rights = Rights { owner: Some(owner), mint, burn };
            rights.check()?;
            self.info.set(&info);
            self.rights.set(&rights);
            self.create(&owner, supply, cap)
        }

        /// Sends an amount to somebody.
        #[call]
        pub fn transfer(&mut self, to: Address, amount: Amount) -> Result<(), Error> {
            self.send(&env().caller(), &to, amount)
        }

        /// Sends an amount of somebody who allowed it.
        #[call]
        pub fn transfer_from(&mut self, from: Address, to: Address, amount: Amount) -> Result<(), Error> {
            self.spend_allowance(&from, amount)?;
            self.send(&from, &to, amount)
        }

        /// Sets what a spender may take of the caller's balance, if it is still `current`. Zero ends the allowance.
        ///
        /// Optional: `expires_at_ms`, from which millisecond on nothing can be taken (default: never).
        #[call]
        pub fn approve(
            &mut self,
            spender: Address,
            current: Amount,
            new: Amount,
            expires_at_ms: Option<u64>,
        ) -> Result<(), Error> {
            let owner = env().caller();
            ensure!(!spender.is_zero(), Error::ZeroAddress);
            ensure!(self.allowance_now(&owner, &spender).amount == current, Error::AllowanceChanged);
            ensure!(expires_at_ms.is_none_or(|end| end > env().block_time_ms()), Error::ExpiryPassed);
            self.store_allowance(&owner, &spender, &Allowance { amount: new, expires_at_ms });
            emit(Approval { owner, spender, amount: new, expires_at_ms });
            Ok(())
        }

        /// Creates an amount for somebody. Only who may mint.
        #[call]
        pub fn mint(&mut self, to: Address, amount: Amount) -> Result<(), Error> {
            ensure!(self.rights().may_mint(&env().caller()), Error::MintNotAllowed);
            ensure!(!to.is_zero(), Error::ZeroAddress);
            self.create(&to, amount, self.info().cap)
        }

        /// Destroys an amount of the caller's own balance. Only who may burn.
        #[call]
        pub fn burn(&mut self, amount: Amount) -> Result<(), Error> {
            self.destroy(&env().caller(), amount)
        }

        /// Destroys an amount of somebody who allowed it. Only who may burn.
        #[call]
        pub fn burn_from(&mut self, from: Address, amount: Amount) -> Result<(), Error> {
            self.spend_allowance(&from, amount)?;
            self.destroy(&from, amount)
        }

        /// Changes who may mint. Nobody is for good.
        #[call]
        pub fn set_mint_right(&mut self, right: MintRight) -> Result<(), Error> {
            let mut rights = self.owned()?;
            ensure!(rights.mint != MintRight::Nobody, Error::Renounced);
            rights.mint = right;
            self.change_rights(&rights)
        }

        /// Changes who may burn. Nobody is for good.
        #[call]
        pub fn set_burn_right(&mut self, right: BurnRight) -> Result<(), Error> {
            let mut rights = self.owned()?;
            ensure!(rights.burn != BurnRight::Nobody, Error::Renounced);
            rights.burn = right;
            self.change_rights(&rights)
        }

        /// Offers the ownership to somebody, who takes it with `accept_owner`. Until then nothing changes.
        #[call]
        pub fn propose_owner(&mut self, to: Address) -> Result<(), Error> {
            self.owned()?;
            ensure!(!to.is_zero(), Error::ZeroAddress);
            self.proposed_owner.set(&to);
            Ok(())
        }

        /// Takes an ownership that was offered to the caller.
        #[call]
        pub fn accept_owner(&mut self) -> Result<(), Error> {
            let caller = env().caller();
            ensure!(self.proposed_owner.load() == Some(caller), Error::NotOwner);
            self.proposed_owner.clear();
            let mut rights = self.rights();
            rights.owner = Some(caller);
            self.change_rights(&rights)
        }

        /// Gives the ownership up for good: rights stay as they are, and those of the owner end.
        #[call]
        pub fn renounce_owner(&mut self) -> Result<(), Error> {
            let mut rights = self.owned()?;
            self.proposed_owner.clear();
            rights.owner = None;
            self.change_rights(&rights)
        }

        /// What is fixed: name, symbol, decimals and cap.
        #[query]
        pub fn info(&self) -> TokenInfo {
            self.info.expect("the token")
        }

        /// What is decided: who owns the token, who mints and who burns.
        #[query]
        pub fn rights(&self) -> Rights {
            self.rights.expect("the rights")
        }

        /// The amount that exists.
        #[query]
        pub fn total_supply(&self) -> Amount {
            self.supply.get()
        }

        /// What somebody holds.
        #[query]
        pub fn balance_of(&self, owner: Address) -> Amount {
            self.balances.get_or_default(&owner)
        }

        /// What a spender may still take of an owner's balance.
        #[query]
        pub fn allowance(&self, owner: Address, spender: Address) -> Amount {
            self.allowance_now(&owner, &spender).amount
        }

        /// Holders with their balances, by address, after `after`. At most 100.
        #[query]
        pub fn holders(&self, after: Option<Address>, limit: Option<u32>) -> Vec<(Address, Amount)> {
            self.balances.page(after.as_ref(), limit.unwrap_or(MAX_PAGE).min(MAX_PAGE))
        }

        /// The supply is the sum of all balances, and within the cap. At most 10,000 balances are read.
        #[invariant]
        pub fn supply_is_sum_of_balances(&self) -> bool {
            // With more holders than that, what was read must not be above the supply, and `holders` gives the rest at
            // a fixed height, page by page.
            let supply = self.supply.get();
            let (mut sum, mut read): (Amount, u32) = (0, 0);
            for (_, balance) in self.balances.iter().limit(MAX_CHECKED_BALANCES) {
                let Some(next) = sum.checked_add(balance) else { return false };
                (sum, read) = (next, read + 1);
                if balance == 0 || sum > supply {
                    return false;
                }
            }
            (read == MAX_CHECKED_BALANCES || sum == supply) && self.info().cap.is_none_or(|cap| supply <= cap)
        }
    }

    impl Token {
        /// The rights if the caller owns the token.
        #[inline(never)]
        fn owned(&self) -> Result<Rights, Error> {
            let rights = self.rights();
            ensure!(rights.is_owner(&env().caller()), Error::NotOwner);
            Ok(rights)
        }

        #[inline(never)]
        fn change_rights(&mut self, rights: &Rights) -> Result<(), Error> {
            rights.check()?;
            self.rights.set(rights);
            emit(RightsChanged { rights: *rights });
            Ok(())
        }

        #[inline(never)]
        fn send(&mut self, from: &Address, to: &Address, amount: Amount) -> Result<(), Error> {
            ensure!(!to.is_zero(), Error::ZeroAddress);
            self.shift(Some(from), Some(to), amount)
        }

        fn create(&mut self, to: &Address, amount: Amount, cap: Option<Amount>) -> Result<(), Error> {
            let supply = self.supply.get().checked_add(amount).ok_or(Error::CapExceeded)?;
            ensure!(cap.is_none_or(|cap| supply <= cap), Error::CapExceeded);
            self.supply.set(&supply);
            self.shift(None, Some(to), amount)
        }

        #[inline(never)]
        fn destroy(&mut self, from: &Address, amount: Amount) -> Result<(), Error> {
            ensure!(self.rights().may_burn(&env().caller()), Error::BurnNotAllowed);
            self.shift(Some(from), None, amount)?;
            let supply = self.supply.get() - amount;
            self.supply.set(&supply);
            Ok(())
        }

        /// Lowers one balance, raises another and tells so. The sum of all cannot overflow, as it is the supply.
        #[inline(never)]
        fn shift(&mut self, from: Option<&Address>, to: Option<&Address>, amount: Amount) -> Result<(), Error> {
            if amount > 0 {
                if let Some(from) = from {
                    let less = |balance: Amount| balance.checked_sub(amount).ok_or(Error::InsufficientBalance);
                    self.balances.try_update(from, less)?;
                }
                if let Some(to) = to {
                    self.balances.try_update(to, |balance| Ok::<_, Error>(balance + amount))?;
                }
            }
            emit(Transfer { from: from.copied(), to: to.copied(), amount });
            Ok(())
        }

        /// An allowance as it counts now: one that has expired counts as none.
        #[inline(never)]
        fn allowance_now(&self, owner: &Address, spender: &Address) -> Allowance {
            let alive = |allowance: &Allowance| allowance.expires_at_ms.is_none_or(|end| env().block_time_ms() < end);
            self.allowances.get(&(*owner, *spender)).filter(alive).unwrap_or_default()
        }

        #[inline(never)]
        fn store_allowance(&mut self, owner: &Address, spender: &Address, set: &Allowance) {
            let key = (*owner, *spender);
            if set.amount == 0 {
                self.allowances.remove(&key);
            } else {
                self.allowances.set(&key, set);
            }
        }

        /// Uses up an allowance of the caller. Without an event, as the transfer tells it.
        #[inline(never)]
        fn spend_allowance(&mut self, owner: &Address, amount: Amount) -> Result<(), Error> {
            ensure!(!owner.is_zero(), Error::ZeroAddress);
            let spender = env().caller();
            let mut allowance = self.allowance_now(owner, &spender);
            let rest = allowance.amount.checked_sub(amount).ok_or(Error::InsufficientAllowance)?;
            if allowance.amount != UNLIMITED && amount > 0 {
                allowance.amount = rest;
                self.store_allowance(owner, &spender, &allowance);
            }
            Ok(())
        }
    }
}
