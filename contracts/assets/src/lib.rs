//! BAP-01: fungible, divisible assets. One instance, created with the chain, holds as many as people issue. An instance
//! that is created with a first asset holds that one alone.
//!
//! Rules that hold for every asset:
//! - The supply is the sum of all balances, and never above the cap.
//! - A balance falls only by its holder's own transaction or by an allowance that the holder gave.
//! - Nobody can seize or reverse. The owner of an asset can change who mints and who burns, hand the ownership on, and
//!   give each of these up for good; that is the whole list of powers.
//! - An asset may be issued with a policy, which the module `policies` keeps: a credential that receivers need, a limit
//!   of holders, somebody who may freeze. It is asked after each move, and its terms stay. Without one, everybody can
//!   receive, and nobody can freeze, ever.
//! - Nothing goes to or comes from the zero address. A balance or allowance of zero is not stored.
//! - An allowance is replaced by compare-and-set, so a change from 5 to 3 can never be spent as 8. It may end at a
//!   time: it is valid before that millisecond and not from it on. The highest amount means without limit.
//! - An allowance may also be given by a signed permit, which anyone may hand in once, here and on this chain alone.
//!
//! Left out: fees on transfers, rebasing, callbacks to receivers. What a receiver is credited is what was sent.

#![no_std]

mod allowances;
mod error;
mod events;
mod ledger;
mod permit;
mod rights;
mod types;

pub use self::assets::*;
pub use error::Error;
pub use events::{Approval, Issued, Memo, RightsChanged, Transfer};
pub use permit::{OwnerSignature, Permit};
pub use types::*;

/// The module.
#[tenon_contract::module(
    capabilities(storage, events, verify, call),
    calls("policies", "credentials"),
    upgrade = "admin"
)]
pub mod assets {
    use crate::error::Error;
    use crate::events::Memo;
    use crate::permit::{OwnerSignature, Permit};
    use crate::types::{
        Allowance, AssetInfo, BurnRight, Kind, MAX_MEMO_BYTES, MintRight, NewAsset, Requirement, Terms,
    };
    use core::ops::Bound;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// Transfers of one batch.
    pub const MAX_BATCH: usize = 128;
    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;
    /// Balances that one check of an invariant reads.
    pub const MAX_CHECKED_BALANCES: u32 = 10_000;

    /// What the instance keeps.
    #[storage]
    pub struct Assets {
        /// The number of assets, which is the highest id.
        pub(crate) count: Value<u64>,
        /// What is known of an asset.
        pub(crate) info: Map<u64, AssetInfo>,
        /// The sum of an asset's balances.
        pub(crate) supply: Map<u64, Amount>,
        /// Balances of assets without a policy, by asset and holder.
        pub(crate) balances: OrderedMap<(u64, Address), Amount>,
        /// Allowances by asset, owner and spender.
        pub(crate) allowances: Map<(u64, Address, Address), Allowance>,
        /// The assets of a kind.
        pub(crate) by_kind: Set<(Kind, u64)>,
        /// Who may take an asset's ownership over.
        pub(crate) proposed_owner: Map<u64, Address>,
        /// The number of an owner's next permit.
        pub(crate) permit_number: Map<Address, u64>,
        /// Whether no further asset can be issued.
        pub(crate) closed: Value<bool>,
        /// Balances of assets with a policy. They stand apart, so that a transfer of the others need not ask which it is.
        pub(crate) restricted_balances: OrderedMap<(u64, Address), Amount>,
    }

    impl Assets {
        /// Starts without assets. With `first` it issues that one to who creates the instance, and no other ever.
        #[init]
        pub fn init(&mut self, first: Option<NewAsset>) -> Result<(), Error> {
            if let Some(first) = first {
                self.found(first)?;
                self.closed.set(&true);
            }
            Ok(())
        }

        /// Issues an asset and returns its id; the first is 1. The caller owns it and receives the supply.
        ///
        /// Optional: `kind` (default custom), `cap` (default none), `mint` (default nobody: the supply is fixed),
        /// `burn` (default holder: each may burn what is theirs), `document_hash` of what the asset stands for,
        /// `issuer_credential` that states who the issuer is, `policy` that every receiver is held to.
        #[call]
        #[allow(clippy::too_many_arguments, reason = "one transaction states everything about the asset")]
        pub fn issue(
            &mut self,
            name: String,
            symbol: String,
            decimals: u8,
            supply: Amount,
            kind: Option<Kind>,
            cap: Option<Amount>,
            mint: Option<MintRight>,
            burn: Option<BurnRight>,
            document_hash: Option<Hash>,
            issuer_credential: Option<Requirement>,
            policy: Option<Terms>,
        ) -> Result<u64, Error> {
            ensure!(!self.closed.get(), Error::Closed);
            self.found(NewAsset {
                name,
                symbol,
                decimals,
                supply,
                kind,
                cap,
                mint,
                burn,
                document_hash,
                issuer_credential,
                policy,
            })
        }

        /// Sends an amount to somebody.
        #[call]
        pub fn transfer(&mut self, asset: u64, to: Address, amount: Amount) -> Result<(), Error> {
            self.send(asset, env().caller(), to, amount)
        }

        /// Sends an amount with a reference of at most 256 bytes, which stands in an event.
        #[call]
        pub fn transfer_with_memo(
            &mut self,
            asset: u64,
            to: Address,
            amount: Amount,
            memo: String,
        ) -> Result<(), Error> {
            ensure!(memo.len() <= MAX_MEMO_BYTES, Error::MemoTooLong);
            let from = env().caller();
            self.send(asset, from, to, amount)?;
            emit(Memo { asset, from, to, memo });
            Ok(())
        }

        /// Sends amounts to at most 128 receivers, all or none.
        #[call]
        pub fn transfer_batch(&mut self, asset: u64, transfers: Vec<(Address, Amount)>) -> Result<(), Error> {
            ensure!(transfers.len() <= MAX_BATCH, Error::BatchTooLong);
            let from = env().caller();
            transfers.iter().try_for_each(|(to, amount)| self.send(asset, from, *to, *amount))
        }

        /// Sends an amount of somebody who allowed it.
        #[call]
        pub fn transfer_from(&mut self, asset: u64, from: Address, to: Address, amount: Amount) -> Result<(), Error> {
            ensure!(!from.is_zero(), Error::ZeroAddress);
            self.spend_allowance(asset, from, amount)?;
            self.send(asset, from, to, amount)
        }

        /// Sets what a spender may take of the caller's balance, if it is still `current`. Zero ends the allowance.
        ///
        /// Optional: `expires_at_ms`, from which millisecond on nothing can be taken (default: never).
        #[call]
        pub fn approve(
            &mut self,
            asset: u64,
            spender: Address,
            current: Amount,
            new: Amount,
            expires_at_ms: Option<u64>,
        ) -> Result<(), Error> {
            self.replace_allowance(asset, env().caller(), spender, current, Allowance { amount: new, expires_at_ms })
        }

        /// Does what `approve` does, for the owner who signed the permit. Anyone may hand it in, before its deadline.
        #[call]
        pub fn permit(&mut self, permit: Permit, signature: OwnerSignature) -> Result<(), Error> {
            let Permit { asset, owner, spender, current, new, expires_at_ms, .. } = permit;
            ensure!(!owner.is_zero(), Error::ZeroAddress);
            ensure!(env().block_time_ms() < permit.deadline_ms, Error::PermitExpired);
            ensure!(self.permit_number.get_or_default(&owner) == permit.number, Error::PermitNumber);
            ensure!(signature.is_valid(&owner, &permit.message()), Error::InvalidSignature);
            self.permit_number.set(&owner, &(permit.number + 1));
            self.replace_allowance(asset, owner, spender, current, Allowance { amount: new, expires_at_ms })
        }

        /// Raises what a spender may take. The time of expiry stays; if it has passed, use `approve`.
        #[call]
        pub fn increase_allowance(&mut self, asset: u64, spender: Address, by: Amount) -> Result<(), Error> {
            let owner = env().caller();
            let mut allowance = self.allowances.get_or_default(&(asset, owner, spender));
            ensure!(allowance.is_alive(), Error::ExpiryPassed);
            allowance.amount = allowance.amount.checked_add(by).ok_or(Error::AllowanceOverflow)?;
            self.set_allowance(asset, owner, spender, allowance)
        }

        /// Lowers what a spender may take. The time of expiry stays.
        #[call]
        pub fn decrease_allowance(&mut self, asset: u64, spender: Address, by: Amount) -> Result<(), Error> {
            let owner = env().caller();
            let mut allowance = self.allowance_now(asset, owner, spender);
            allowance.amount = allowance.amount.checked_sub(by).ok_or(Error::InsufficientAllowance)?;
            self.set_allowance(asset, owner, spender, allowance)
        }

        /// Creates an amount for somebody. Only who may mint the asset.
        #[call]
        pub fn mint(&mut self, asset: u64, to: Address, amount: Amount) -> Result<(), Error> {
            let info = self.known(asset)?;
            ensure!(info.may_mint(env().caller()), Error::MintNotAllowed);
            ensure!(!to.is_zero(), Error::ZeroAddress);
            self.create(asset, &info, to, amount)
        }

        /// Destroys an amount of the caller's own balance. Only who may burn the asset.
        #[call]
        pub fn burn(&mut self, asset: u64, amount: Amount) -> Result<(), Error> {
            self.destroy(asset, env().caller(), amount)
        }

        /// Destroys an amount of somebody who allowed it. Only who may burn the asset.
        #[call]
        pub fn burn_from(&mut self, asset: u64, from: Address, amount: Amount) -> Result<(), Error> {
            ensure!(!from.is_zero(), Error::ZeroAddress);
            self.spend_allowance(asset, from, amount)?;
            self.destroy(asset, from, amount)
        }

        /// Changes who may mint. Nobody is for good.
        #[call]
        pub fn set_mint_right(&mut self, asset: u64, right: MintRight) -> Result<(), Error> {
            let mut info = self.owned(asset)?;
            ensure!(info.mint != MintRight::Nobody, Error::Renounced);
            ensure!(!right.is_void(), Error::ZeroAddress);
            info.mint = right;
            self.change_rights(asset, &info);
            Ok(())
        }

        /// Changes who may burn. Nobody is for good.
        #[call]
        pub fn set_burn_right(&mut self, asset: u64, right: BurnRight) -> Result<(), Error> {
            let mut info = self.owned(asset)?;
            ensure!(info.burn != BurnRight::Nobody, Error::Renounced);
            ensure!(!right.is_void(), Error::ZeroAddress);
            info.burn = right;
            self.change_rights(asset, &info);
            Ok(())
        }

        /// Offers the ownership to somebody, who takes it with `accept_owner`. Until then nothing changes.
        #[call]
        pub fn propose_owner(&mut self, asset: u64, to: Address) -> Result<(), Error> {
            self.owned(asset)?;
            ensure!(!to.is_zero(), Error::ZeroAddress);
            self.proposed_owner.set(&asset, &to);
            Ok(())
        }

        /// Takes an ownership that was offered to the caller.
        #[call]
        pub fn accept_owner(&mut self, asset: u64) -> Result<(), Error> {
            let mut info = self.known(asset)?;
            let caller = env().caller();
            ensure!(self.proposed_owner.take(&asset) == Some(caller), Error::NotOwner);
            info.owner = Some(caller);
            self.change_rights(asset, &info);
            Ok(())
        }

        /// Gives the ownership up for good: rights stay as they are, and those of the owner end.
        #[call]
        pub fn renounce_owner(&mut self, asset: u64) -> Result<(), Error> {
            let mut info = self.owned(asset)?;
            info.owner = None;
            self.proposed_owner.remove(&asset);
            self.change_rights(asset, &info);
            Ok(())
        }

        /// The number of assets; ids run from 1 to it.
        #[query]
        pub fn asset_count(&self) -> u64 {
            self.count.get()
        }

        /// Everything that is fixed or decided about an asset: name, symbol, decimals, kind, owner, cap and rights.
        #[query]
        pub fn info(&self, asset: u64) -> Result<AssetInfo, Error> {
            self.known(asset)
        }

        /// The amount of an asset that exists.
        #[query]
        pub fn total_supply(&self, asset: u64) -> Result<Amount, Error> {
            self.known(asset)?;
            Ok(self.supply.get_or_default(&asset))
        }

        /// What somebody holds of an asset.
        #[query]
        pub fn balance_of(&self, asset: u64, owner: Address) -> Amount {
            let key = (asset, owner);
            self.balances.get(&key).or_else(|| self.restricted_balances.get(&key)).unwrap_or_default()
        }

        /// What a spender may still take of an owner's balance.
        #[query]
        pub fn allowance(&self, asset: u64, owner: Address, spender: Address) -> Amount {
            self.allowance_now(asset, owner, spender).amount
        }

        /// When an allowance that can be used expires, if it does.
        #[query]
        pub fn allowance_expiry(&self, asset: u64, owner: Address, spender: Address) -> Option<u64> {
            self.allowance_now(asset, owner, spender).expires_at_ms
        }

        /// The number of an owner's next permit.
        #[query]
        pub fn permit_number(&self, owner: Address) -> u64 {
            self.permit_number.get_or_default(&owner)
        }

        /// The bytes that an owner signs, with the wrapping that wallets put around bytes.
        #[query]
        pub fn permit_message(&self, permit: Permit) -> Vec<u8> {
            permit.message()
        }

        /// Holders of an asset with their balances, by address, after `after`. At most 100.
        #[query]
        pub fn holders(&self, asset: u64, after: Option<Address>, limit: Option<u32>) -> Vec<(Address, Amount)> {
            let after = after.map(|holder| (asset, holder));
            let restricted = self.info.get(&asset).is_some_and(|info| info.restricted);
            let page =
                self.book(restricted).page_within(&asset, after.as_ref(), limit.unwrap_or(MAX_PAGE).min(MAX_PAGE));
            page.into_iter().map(|((_, holder), balance)| (holder, balance)).collect()
        }

        /// Ids of the assets of a kind, after `after`. At most 100.
        #[query]
        pub fn assets_of_kind(&self, kind: Kind, after: Option<u64>, limit: Option<u32>) -> Vec<u64> {
            let after = after.map(|asset| (kind, asset));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let limit = limit.unwrap_or(MAX_PAGE).min(MAX_PAGE);
            self.by_kind
                .iter_within(&kind, from, Direction::Ascending)
                .limit(limit)
                .map(|((_, asset), ())| asset)
                .collect()
        }

        /// The supply of each asset is the sum of its balances, and within its cap.
        ///
        /// One check reads at most 10,000 assets and balances, beginning at the asset that the block's height points to and going
        /// round, so that consecutive heights cover all. An asset with more holders than that is checked as far:
        /// its partial sum is not above the supply. `holders` gives the rest at a fixed height, page by page.
        #[invariant]
        pub fn supply_is_sum_of_balances(&self) -> bool {
            let count = self.count.get();
            if count == 0 {
                return self.balances.first().is_none() && self.restricted_balances.first().is_none();
            }
            let first = env().block_height() % count;
            let mut left = MAX_CHECKED_BALANCES;
            for step in 0..count {
                if left == 0 {
                    break;
                }
                let asset = (first + step) % count + 1;
                if !self.check_asset(asset, &mut left) {
                    return false;
                }
            }
            true
        }
    }
}
