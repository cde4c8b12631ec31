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
pub use types::{Allowance, BurnRight, MintRight, TokenInfo};

/// The module.
#[tenon_contract::module(capabilities(storage, events), upgrade = "admin")]
pub mod token {
    use crate::types::{Allowance, BurnRight, MintRight, TokenInfo};
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
        /// What is fixed or decided about the token.
        info: Value<TokenInfo>,
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
        /// The owner from now on.
        pub owner: Option<Address>,
        /// Who mints from now on.
        pub mint: MintRight,
        /// Who burns from now on.
        pub burn: BurnRight,
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
            let (mint, burn) = (mint.unwrap_or(MintRight::Nobody), burn.unwrap_or(BurnRight::Holder));
            let info = TokenInfo { name, symbol, decimals, owner: Some(owner), cap, mint, burn };
            info.check()?;
            self.info.set(&info);
            self.create(&info, owner, supply)
        }

        /// Sends an amount to somebody.
        #[call]
        pub fn transfer(&mut self, to: Address, amount: Amount) -> Result<(), Error> {
            self.send(env().caller(), to, amount)
        }

        /// Sends an amount of somebody who allowed it.
        #[call]
        pub fn transfer_from(&mut self, from: Address, to: Address, amount: Amount) -> Result<(), Error> {
            ensure!(!from.is_zero(), Error::ZeroAddress);
            self.spend_allowance(from, amount)?;
            self.send(from, to, amount)
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
            ensure!(self.allowance_now(owner, spender).amount == current, Error::AllowanceChanged);
            ensure!(expires_at_ms.is_none_or(|end| end > env().block_time_ms()), Error::ExpiryPassed);
            self.store_allowance(owner, spender, &Allowance { amount: new, expires_at_ms });
            emit(Approval { owner, spender, amount: new, expires_at_ms });
            Ok(())
        }

        /// Creates an amount for somebody. Only who may mint.
        #[call]
        pub fn mint(&mut self, to: Address, amount: Amount) -> Result<(), Error> {
            let info = self.known();
            ensure!(info.may_mint(env().caller()), Error::MintNotAllowed);
            ensure!(!to.is_zero(), Error::ZeroAddress);
            self.create(&info, to, amount)
        }

        /// Destroys an amount of the caller's own balance. Only who may burn.
        #[call]
        pub fn burn(&mut self, amount: Amount) -> Result<(), Error> {
            self.destroy(env().caller(), amount)
        }

        /// Destroys an amount of somebody who allowed it. Only who may burn.
        #[call]
        pub fn burn_from(&mut self, from: Address, amount: Amount) -> Result<(), Error> {
            ensure!(!from.is_zero(), Error::ZeroAddress);
            self.spend_allowance(from, amount)?;
            self.destroy(from, amount)
        }

        /// Changes who may mint. Nobody is for good.
        #[call]
        pub fn set_mint_right(&mut self, right: MintRight) -> Result<(), Error> {
            let info = self.owned()?;
            ensure!(info.mint != MintRight::Nobody, Error::Renounced);
            self.change_rights(&TokenInfo { mint: right, ..info })
        }

        /// Changes who may burn. Nobody is for good.
        #[call]
        pub fn set_burn_right(&mut self, right: BurnRight) -> Result<(), Error> {
            let info = self.owned()?;
            ensure!(info.burn != BurnRight::Nobody, Error::Renounced);
            self.change_rights(&TokenInfo { burn: right, ..info })
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
            self.change_rights(&TokenInfo { owner: Some(caller), ..self.known() })
        }

        /// Gives the ownership up for good: rights stay as they are, and those of the owner end.
        #[call]
        pub fn renounce_owner(&mut self) -> Result<(), Error> {
            let info = self.owned()?;
            self.proposed_owner.clear();
            self.change_rights(&TokenInfo { owner: None, ..info })
        }

        /// Everything that is fixed or decided: name, symbol, decimals, owner, cap and rights.
        #[query]
        pub fn info(&self) -> TokenInfo {
            self.known()
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
            self.allowance_now(owner, spender).amount
        }

        /// Holders with their balances, by address, after `after`. At most 100.
        #[query]
        pub fn holders(&self, after: Option<Address>, limit: Option<u32>) -> Vec<(Address, Amount)> {
            self.balances.page(after.as_ref(), limit.unwrap_or(MAX_PAGE).min(MAX_PAGE))
        }

        /// The supply is the sum of all balances, and within the cap.
        ///
        /// It reads at most 10,000 balances. With more holders than that, what was read must not be above the supply,
        /// and `holders` gives the rest at a fixed height, page by page.
        #[invariant]
        pub fn supply_is_sum_of_balances(&self) -> bool {
            let supply = self.supply.get();
            let (mut sum, mut read): (Amount, u32) = (0, 0);
            for (_, balance) in self.balances.iter().limit(MAX_CHECKED_BALANCES) {
                let Some(next) = sum.checked_add(balance) else { return false };
                (sum, read) = (next, read + 1);
                if balance == 0 || sum > supply {
                    return false;
                }
            }
            (read == MAX_CHECKED_BALANCES || sum == supply) && self.known().cap.is_none_or(|cap| supply <= cap)
        }
    }

    impl Token {
        fn known(&self) -> TokenInfo {
            self.info.expect("the token")
        }

        /// The token if the caller owns it.
        fn owned(&self) -> Result<TokenInfo, Error> {
            let info = self.known();
            ensure!(info.owner == Some(env().caller()), Error::NotOwner);
            Ok(info)
        }

        fn change_rights(&mut self, info: &TokenInfo) -> Result<(), Error> {
            info.check()?;
            self.info.set(info);
            let TokenInfo { owner, mint, burn, .. } = info.clone();
            emit(RightsChanged { owner, mint, burn });
            Ok(())
        }

        fn send(&mut self, from: Address, to: Address, amount: Amount) -> Result<(), Error> {
            ensure!(!to.is_zero(), Error::ZeroAddress);
            self.take(from, amount)?;
            self.give(to, amount);
            emit(Transfer { from: Some(from), to: Some(to), amount });
            Ok(())
        }

        fn take(&mut self, from: Address, amount: Amount) -> Result<(), Error> {
            let rest = self.balance_of(from).checked_sub(amount).ok_or(Error::InsufficientBalance)?;
            if amount > 0 {
                self.balances.set_or_clear(&from, &rest);
            }
            Ok(())
        }

        /// Raises a balance. It cannot overflow, as no balance is above the supply.
        fn give(&mut self, to: Address, amount: Amount) {
            if amount > 0 {
                let balance = self.balance_of(to);
                self.balances.set(&to, &(balance + amount));
            }
        }

        fn create(&mut self, info: &TokenInfo, to: Address, amount: Amount) -> Result<(), Error> {
            let supply = self.supply.get().checked_add(amount).ok_or(Error::CapExceeded)?;
            ensure!(info.cap.is_none_or(|cap| supply <= cap), Error::CapExceeded);
            self.supply.set(&supply);
            self.give(to, amount);
            emit(Transfer { from: None, to: Some(to), amount });
            Ok(())
        }

        fn destroy(&mut self, from: Address, amount: Amount) -> Result<(), Error> {
            ensure!(self.known().may_burn(env().caller()), Error::BurnNotAllowed);
            self.take(from, amount)?;
            let supply = self.supply.get() - amount;
            self.supply.set(&supply);
            emit(Transfer { from: Some(from), to: None, amount });
            Ok(())
        }

        /// An allowance as it counts now: one that has expired counts as none.
        fn allowance_now(&self, owner: Address, spender: Address) -> Allowance {
            let alive = |allowance: &Allowance| allowance.expires_at_ms.is_none_or(|end| env().block_time_ms() < end);
            self.allowances.get(&(owner, spender)).filter(alive).unwrap_or_default()
        }

        fn store_allowance(&mut self, owner: Address, spender: Address, set: &Allowance) {
            if set.amount == 0 {
                self.allowances.remove(&(owner, spender));
            } else {
                self.allowances.set(&(owner, spender), set);
            }
        }

        /// Uses up an allowance of the caller. Without an event, as the transfer tells it.
        fn spend_allowance(&mut self, owner: Address, amount: Amount) -> Result<(), Error> {
            let spender = env().caller();
            let mut allowance = self.allowance_now(owner, spender);
            let rest = allowance.amount.checked_sub(amount).ok_or(Error::InsufficientAllowance)?;
            if allowance.amount != UNLIMITED && amount > 0 {
                allowance.amount = rest;
                self.store_allowance(owner, spender, &allowance);
            }
            Ok(())
        }
    }
}
