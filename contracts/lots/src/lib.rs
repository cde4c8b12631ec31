//! BAP-02: assets that are divisible but not uniform. One instance, created with the chain, holds as many as people
//! issue.
//!
//! An asset has classes: shares with different rights, claims of different rank. Value of a class stands in lots: a
//! lot has a number, a class, an owner and a value. This is the model of ERC-3525, whose slot is the class here.
//!
//! Rules that hold for every asset:
//! - Value never leaves its class. The supply of a class is the sum of its lots; only minting and burning change it.
//! - A lot keeps its number and class as long as it exists, and no number is used twice. A lot that is split off
//!   names the lot that it came from, its parent.
//! - A lot of value zero does not exist: what takes the last value of a lot removes it, and its deposit returns.
//! - A lot's value falls only by its owner, by an operator whom the owner set, or by an allowance on that lot. Anybody
//!   who may take value of one lot may give it to another of the same class, whoever owns that.
//! - All allowances on a lot end when it changes its owner. A lot that is split off has none.
//! - An allowance is replaced by compare-and-set, so a change from 5 to 3 can never be spent as 8. To hand on a whole
//!   lot, an allowance must cover its value at that time; the highest amount always does, and is not used up.
//! - Nobody can freeze, seize or reverse, unless the asset was issued with a policy that names a freezer. The owner of
//!   an asset can open classes, close them for good, change who mints and who burns, hand the ownership on, and give
//!   each of these up for good; that is the whole list of powers.
//! - An asset issued with a policy asks the policies module whenever value comes, goes or changes its owner. The
//!   classes of the asset count together there.
//! - Nothing goes to or comes from the zero address, and nothing moves by zero.
//!
//! Left out: callbacks to receivers, metadata of single lots, conversion between classes.

#![no_std]

mod checks;
mod error;
mod events;
mod ledger;
mod policy;
mod types;

pub use self::lots::*;
pub use error::Error;
pub use events::{
    Approval, Burnt, ClassClosed, ClassOpened, Created, Issued, OperatorSet, Removed, RightsChanged, Transfer,
    ValueTransfer,
};
pub use types::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, call), calls("policies"), upgrade = "admin")]
pub mod lots {
    use crate::error::Error;
    use crate::events::{Approval, Burnt, ClassClosed, ClassOpened, OperatorSet, Transfer, ValueTransfer};
    use crate::policy;
    use crate::types::{
        AssetInfo, BurnRight, ClassInfo, Kind, Lot, MAX_NAME_BYTES, MintRight, NewAsset, Terms, Totals,
    };
    use core::ops::Bound;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;
    use tenon_contract::text;

    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;
    /// Lots, classes and assets that one check of an invariant reads.
    pub const MAX_CHECKED_LOTS: u32 = 5_000;

    /// What the instance keeps.
    #[storage]
    pub struct Lots {
        /// Whether the instance was made for one asset.
        pub(crate) closed: Value<bool>,
        /// The number of assets, which is the highest id.
        pub(crate) asset_count: Value<u64>,
        /// What is known of an asset.
        pub(crate) info: Map<u64, AssetInfo>,
        /// What an asset's lots come to.
        pub(crate) totals: Map<u64, Totals>,
        /// The classes of an asset.
        pub(crate) classes: Map<(u64, u64), ClassInfo>,
        /// The sum of the lots of an asset's class.
        pub(crate) supplies: OrderedMap<(u64, u64), Amount>,
        /// The highest id of a lot.
        pub(crate) last_lot: Value<u64>,
        /// The lots.
        pub(crate) lots: OrderedMap<u64, Lot>,
        /// Owners with their lots.
        pub(crate) by_owner: Set<(Address, u64)>,
        /// Assets and classes with their lots.
        pub(crate) by_class: Set<(u64, u64, u64)>,
        /// Owners with those who act for all their lots.
        pub(crate) operators: Set<(Address, Address)>,
        /// Who may take an asset's ownership over.
        pub(crate) proposed_owner: Map<u64, Address>,
    }

    impl Lots {
        /// Starts without assets. With `first`, it issues that asset as number 1 for the deployer, and no other ever.
        #[init]
        pub fn init(&mut self, first: Option<NewAsset>) -> Result<(), Error> {
            if let Some(first) = first {
                self.add_asset(first)?;
                self.closed.set(&true);
            }
            Ok(())
        }

        /// Issues an asset and returns its id; the first is 1. The caller owns it. It has no class and no lot yet.
        ///
        /// Optional: `kind` (default custom), `mint` (default the owner), `burn` (default holder: each may burn what
        /// is theirs), `document_hash` of what the asset stands for, `policy` (default none: anybody may hold it).
        #[call]
        #[allow(clippy::too_many_arguments, reason = "one transaction states everything about the asset")]
        pub fn issue(
            &mut self,
            name: String,
            symbol: String,
            decimals: u8,
            kind: Option<Kind>,
            mint: Option<MintRight>,
            burn: Option<BurnRight>,
            document_hash: Option<Hash>,
            policy: Option<Terms>,
        ) -> Result<u64, Error> {
            ensure!(!self.closed.get(), Error::Closed);
            self.add_asset(NewAsset { name, symbol, decimals, kind, mint, burn, document_hash, policy })
        }

        /// Opens a class of an asset and returns its id within the asset; the first is 1. Only the asset's owner.
        #[call]
        pub fn open_class(&mut self, asset: u64, name: String, document_hash: Option<Hash>) -> Result<u64, Error> {
            self.owned(asset)?;
            ensure!(text::is_name(&name, MAX_NAME_BYTES), Error::InvalidName);
            let mut totals = self.totals.get_or_default(&asset);
            totals.classes += 1;
            let class = totals.classes;
            self.totals.set(&asset, &totals);
            self.classes.set(&(asset, class), &ClassInfo { name: name.clone(), document_hash, closed: false });
            emit(ClassOpened { asset, class, name, document_hash });
            Ok(class)
        }

        /// Ends minting into a class, for good. Only the asset's owner.
        #[call]
        pub fn close_class(&mut self, asset: u64, class: u64) -> Result<(), Error> {
            self.owned(asset)?;
            let mut info = self.class(asset, class)?;
            ensure!(!info.closed, Error::ClassClosed);
            info.closed = true;
            self.classes.set(&(asset, class), &info);
            emit(ClassClosed { asset, class });
            Ok(())
        }

        /// Creates a lot for somebody and returns its id. Only who may mint the asset.
        #[call]
        pub fn mint(&mut self, asset: u64, class: u64, to: Address, value: Amount) -> Result<u64, Error> {
            let info = self.known(asset)?;
            ensure!(info.may_mint(env().caller()), Error::MintNotAllowed);
            ensure!(!self.class(asset, class)?.closed, Error::ClassClosed);
            ensure!(!to.is_zero(), Error::ZeroAddress);
            ensure!(value > 0, Error::ZeroAmount);
            self.raise_supply(asset, class, value)?;
            let restricted = info.restricted;
            let lot = Lot { asset, class, owner: to, value, parent: None, restricted, approvals: Vec::new() };
            let id = self.create(&lot);
            policy::moved(&lot, None, Some(to), value)?;
            Ok(id)
        }

        /// Hands a lot on with all of its value. Its owner, an operator, or who has an allowance for all of it.
        #[call]
        pub fn transfer_lot(&mut self, lot: u64, to: Address) -> Result<(), Error> {
            let mut moved = self.known_lot(lot)?;
            ensure!(!to.is_zero(), Error::ZeroAddress);
            let (from, value) = (moved.owner, moved.value);
            self.authorise(&mut moved, value)?;
            moved.owner = to;
            moved.approvals.clear();
            self.lots.set(&lot, &moved);
            if from != to {
                self.by_owner.remove(&(from, lot));
                self.by_owner.insert(&(to, lot));
            }
            emit(Transfer { lot, from, to, value });
            policy::moved(&moved, Some(from), Some(to), value)
        }

        /// Moves value to another lot of the same asset and class, whoever owns it. A lot that gives all is removed.
        #[call]
        pub fn transfer_value(&mut self, from_lot: u64, to_lot: u64, amount: Amount) -> Result<(), Error> {
            ensure!(amount > 0, Error::ZeroAmount);
            let mut from = self.known_lot(from_lot)?;
            self.authorise(&mut from, amount)?;
            self.pour(from_lot, from, to_lot, amount)
        }

        /// Moves value into a new lot of somebody and returns its id. A lot that gives all is removed.
        #[call]
        pub fn transfer_value_to(&mut self, from_lot: u64, to: Address, amount: Amount) -> Result<u64, Error> {
            ensure!(amount > 0, Error::ZeroAmount);
            ensure!(!to.is_zero(), Error::ZeroAddress);
            let mut from = self.known_lot(from_lot)?;
            self.authorise(&mut from, amount)?;
            self.lower(from_lot, &mut from, amount)?;
            let id = self.create(&from.child(from_lot, to, amount));
            policy::moved(&from, Some(from.owner), Some(to), amount)?;
            Ok(id)
        }

        /// Takes a part of a lot into a new lot of the same owner and class and returns its id. Both keep something.
        #[call]
        pub fn split(&mut self, lot: u64, amount: Amount) -> Result<u64, Error> {
            let mut whole = self.controlled(lot)?;
            ensure!(amount > 0, Error::ZeroAmount);
            ensure!(amount != whole.value, Error::WholeLot);
            self.lower(lot, &mut whole, amount)?;
            Ok(self.create(&whole.child(lot, whole.owner, amount)))
        }

        /// Moves all value of a lot into another lot of the same owner, asset and class, and removes the first.
        #[call]
        pub fn merge(&mut self, from: u64, into: u64) -> Result<(), Error> {
            let merged = self.controlled(from)?;
            ensure!(self.known_lot(into)?.owner == merged.owner, Error::DifferentOwner);
            let amount = merged.value;
            self.pour(from, merged, into, amount)
        }

        /// Destroys value of a lot that the caller may take from. Only who may burn the asset.
        #[call]
        pub fn burn(&mut self, lot: u64, amount: Amount) -> Result<(), Error> {
            ensure!(amount > 0, Error::ZeroAmount);
            let mut burnt = self.known_lot(lot)?;
            ensure!(self.known(burnt.asset)?.may_burn(env().caller()), Error::BurnNotAllowed);
            self.authorise(&mut burnt, amount)?;
            let owner = burnt.owner;
            emit(Burnt { lot, owner, amount });
            self.lower(lot, &mut burnt, amount)?;
            self.lower_supply(&burnt, amount)?;
            policy::moved(&burnt, Some(owner), None, amount)
        }

        /// Sets what an operator may take of a lot, if it is still `current`. Zero ends the allowance.
        ///
        /// A lot has at most 8 allowances at a time, and all of them end when it changes its owner.
        #[call]
        pub fn approve(&mut self, lot: u64, operator: Address, current: Amount, new: Amount) -> Result<(), Error> {
            let mut approved = self.controlled(lot)?;
            ensure!(!operator.is_zero(), Error::ZeroAddress);
            ensure!(approved.allowance(operator) == current, Error::AllowanceChanged);
            approved.allow(operator, new)?;
            self.lots.set(&lot, &approved);
            emit(Approval { lot, owner: approved.owner, operator, amount: new });
            Ok(())
        }

        /// Says whether an operator may act for all lots that the caller owns, now and later.
        #[call]
        pub fn set_operator(&mut self, operator: Address, approved: bool) -> Result<(), Error> {
            ensure!(!operator.is_zero(), Error::ZeroAddress);
            let owner = env().caller();
            if approved {
                self.operators.insert(&(owner, operator));
            } else {
                self.operators.remove(&(owner, operator));
            }
            emit(OperatorSet { owner, operator, approved });
            Ok(())
        }

        /// Changes who may mint. Nobody is for good.
        #[call]
        pub fn set_mint_right(&mut self, asset: u64, right: MintRight) -> Result<(), Error> {
            let mut info = self.owned(asset)?;
            ensure!(info.mint != MintRight::Nobody, Error::Renounced);
            ensure!(!right.is_void(), Error::ZeroAddress);
            info.mint = right;
            self.change_rights(asset, info);
            Ok(())
        }

        /// Changes who may burn. Nobody is for good.
        #[call]
        pub fn set_burn_right(&mut self, asset: u64, right: BurnRight) -> Result<(), Error> {
            let mut info = self.owned(asset)?;
            ensure!(info.burn != BurnRight::Nobody, Error::Renounced);
            ensure!(!right.is_void(), Error::ZeroAddress);
            info.burn = right;
            self.change_rights(asset, info);
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
            self.change_rights(asset, info);
            Ok(())
        }

        /// Gives the ownership up for good: classes and rights stay as they are, and those of the owner end.
        #[call]
        pub fn renounce_owner(&mut self, asset: u64) -> Result<(), Error> {
            let mut info = self.owned(asset)?;
            info.owner = None;
            self.proposed_owner.remove(&asset);
            self.change_rights(asset, info);
            Ok(())
        }

        /// The number of assets; ids run from 1 to it.
        #[query]
        pub fn asset_count(&self) -> u64 {
            self.asset_count.get()
        }

        /// Everything that is fixed or decided about an asset: name, symbol, decimals, kind, owner and rights.
        #[query]
        pub fn info(&self, asset: u64) -> Result<AssetInfo, Error> {
            self.known(asset)
        }

        /// The number of an asset's classes; ids run from 1 to it.
        #[query]
        pub fn class_count(&self, asset: u64) -> u64 {
            self.totals.get_or_default(&asset).classes
        }

        /// What is known of a class.
        #[query]
        pub fn class(&self, asset: u64, class: u64) -> Result<ClassInfo, Error> {
            let found = self.classes.get(&(asset, class));
            found.ok_or_else(|| if self.info.contains(&asset) { Error::UnknownClass } else { Error::UnknownAsset })
        }

        /// The value that exists of a class.
        #[query]
        pub fn class_supply(&self, asset: u64, class: u64) -> Result<Amount, Error> {
            self.class(asset, class)?;
            Ok(self.supplies.get_or_default(&(asset, class)))
        }

        /// The value that exists of an asset, all classes together.
        #[query]
        pub fn total_supply(&self, asset: u64) -> Result<Amount, Error> {
            self.known(asset)?;
            Ok(self.totals.get_or_default(&asset).supply)
        }

        /// The number of an asset's lots.
        #[query]
        pub fn count_of(&self, asset: u64) -> u64 {
            self.totals.get_or_default(&asset).lots
        }

        /// Everything about a lot: asset, class, owner, value, parent and allowances.
        #[query]
        pub fn lot(&self, lot: u64) -> Result<Lot, Error> {
            self.known_lot(lot)
        }

        /// Who owns a lot, if it exists.
        #[query]
        pub fn owner_of(&self, lot: u64) -> Option<Address> {
            self.lots.get(&lot).map(|lot| lot.owner)
        }

        /// The value of a lot; zero if it does not exist.
        #[query]
        pub fn value_of(&self, lot: u64) -> Amount {
            self.lots.get(&lot).map_or(0, |lot| lot.value)
        }

        /// What an operator may take of a lot by an allowance.
        #[query]
        pub fn allowance(&self, lot: u64, operator: Address) -> Amount {
            self.lots.get(&lot).map_or(0, |lot| lot.allowance(operator))
        }

        /// Whether an operator may act for all lots of an owner.
        #[query]
        pub fn is_operator(&self, owner: Address, operator: Address) -> bool {
            self.operators.contains(&(owner, operator))
        }

        /// Ids of an owner's lots, after `after`. At most 100.
        #[query]
        pub fn lots_of(&self, owner: Address, after: Option<u64>, limit: Option<u32>) -> Vec<u64> {
            let after = after.map(|lot| (owner, lot));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let index = self.by_owner.iter_within(&owner, from, Direction::Ascending);
            index.limit(limit.unwrap_or(MAX_PAGE).min(MAX_PAGE)).map(|((_, lot), ())| lot).collect()
        }

        /// Ids of the lots of a class, after `after`. At most 100.
        #[query]
        pub fn lots_of_class(&self, asset: u64, class: u64, after: Option<u64>, limit: Option<u32>) -> Vec<u64> {
            let after = after.map(|lot| (asset, class, lot));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let index = self.by_class.iter_within(&(asset, class), from, Direction::Ascending);
            index.limit(limit.unwrap_or(MAX_PAGE).min(MAX_PAGE)).map(|((_, _, lot), ())| lot).collect()
        }

        /// The supply of each class is the sum of its lots, and the totals of an asset are the sums of its classes.
        /// Every lot of an asset with a policy asks it, and no other does.
        ///
        /// One check reads at most 5,000 lots, beginning at the class that the block's height points to and going
        /// round, so that consecutive heights cover all. A class with more lots is checked as far.
        #[invariant]
        pub fn supply_is_sum_of_lots(&self) -> bool {
            self.supplies_hold()
        }

        /// The listings by owner and by class hold the lots that exist and no others. No lot and no allowance is worth
        /// nothing.
        ///
        /// One check reads at most 5,000 lots and entries, beginning where the block's height points to.
        #[invariant]
        pub fn listings_are_the_lots(&self) -> bool {
            self.indices_hold()
        }
    }

    impl Lots {
        /// Moves value between two lots that exist.
        fn pour(&mut self, from_lot: u64, mut from: Lot, to_lot: u64, amount: Amount) -> Result<(), Error> {
            ensure!(from_lot != to_lot, Error::SameLot);
            let mut to = self.known_lot(to_lot)?;
            ensure!((from.asset, from.class) == (to.asset, to.class), Error::DifferentClass);
            emit(ValueTransfer { from_lot, to_lot, amount });
            self.lower(from_lot, &mut from, amount)?;
            to.value += amount;
            self.lots.set(&to_lot, &to);
            policy::moved(&from, Some(from.owner), Some(to.owner), amount)
        }
    }
}
