//! Transfer policies: who may receive an asset, how many persons may hold it, and who may freeze it.
//!
//! The modules that hold assets report each creation, move and destruction of an asset with a policy; this module
//! refuses what the policy forbids. It keeps a mirror of who holds how much, so that it never has to ask back, and
//! counts identities rather than addresses.
//!
//! Rules:
//! - A policy is attached when its asset is issued, and its terms stay. It concerns the assets of the instance that
//!   attached it: nobody can touch those of another one.
//! - A receiver needs a valid credential at that time. A sender needs none, so that an exit stays open when a credential
//!   ends. Sending to oneself changes nothing and needs none.
//! - An address counts as the identity that its credential stated when it last began to hold or received. If the issuer
//!   gives it another identity, it counts as that one from its next receipt on, or from when anyone calls `recount`.
//! - An identity leaves when none of its addresses holds anything. What leaves and what joins in one move is one step: at
//!   the limit, the last unit of one identity may go to a new one.
//! - An instance that holds an asset for others, such as an auction or a pool, is a holder like any other: it needs a
//!   credential and takes a seat.
//! - An address is frozen only by the freezer that was declared at issue. A frozen address neither sends nor receives;
//!   nothing is ever taken from it. The freezer can give the right up for good, which ends every freeze.
//!
//! Left out: a way to make somebody sell (whoever is eligible and is sent an amount takes a seat, and keeps it until
//! they pass it on), what credentials mean, and the balances themselves, which the asset modules keep.

#![no_std]

pub mod client;
mod error;
mod events;
mod plan;
mod types;

pub use self::policies::*;
pub use error::Error;
pub use events::{AddressFrozen, AddressUnfrozen, Attached, FreezerRenounced};
pub use types::{Held, Requirement, Terms};

/// The module.
#[tenon_contract::module(capabilities(storage, events, call), calls("credentials"), upgrade = "admin")]
pub mod policies {
    use crate::error::Error;
    use crate::events::{AddressFrozen, AddressUnfrozen, Attached, FreezerRenounced};
    use crate::plan::Plan;
    use crate::types::{Held, Terms};
    use core::ops::Bound;
    use credentials::CredentialsRef;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;
    /// Holdings that one check of an invariant reads.
    pub const MAX_CHECKED_HOLDINGS: u32 = 2_000;

    const CREDENTIALS: CredentialsRef = CredentialsRef::at(Address::of_module("credentials"));

    /// What the instance keeps.
    #[storage]
    pub struct Policies {
        /// The number of assets with a policy.
        count: Value<u64>,
        /// The assets with a policy, from 1 on in the order in which they got it.
        attached: Map<u64, (Address, u64)>,
        /// What is asked for, by the instance that holds the asset and its number there.
        terms: Map<(Address, u64), Terms>,
        /// The number of identities that hold an asset.
        holders: Map<(Address, u64), u32>,
        /// Who holds how much of an asset.
        held: OrderedMap<(Address, u64, Address), Held>,
        /// How many addresses that hold an asset count as an identity.
        identities: OrderedMap<(Address, u64, Hash), u32>,
        /// Who is frozen.
        frozen: Set<(Address, u64, Address)>,
    }

    impl Policies {
        /// Starts without policies.
        #[init]
        pub fn init(&mut self) {}

        /// Attaches a policy to an asset of the calling instance, once.
        #[call]
        pub fn attach(&mut self, asset: u64, terms: Terms) -> Result<(), Error> {
            let place = (env().caller(), asset);
            ensure!(!self.terms.contains(&place), Error::AlreadyAttached);
            terms.check()?;
            let number = self.count.update(|count| count + 1);
            self.attached.set(&number, &place);
            self.terms.set(&place, &terms);
            emit(Attached { module: place.0, asset, terms });
            Ok(())
        }

        /// Reports that an amount of an asset of the calling instance was created (from nobody), moved or destroyed (to
        /// nobody), and fails if the policy forbids it. The caller then fails as well.
        #[call]
        pub fn moved(
            &mut self,
            asset: u64,
            from: Option<Address>,
            to: Option<Address>,
            amount: Amount,
        ) -> Result<(), Error> {
            let place = (env().caller(), asset);
            let terms = self.terms_of(place)?;
            let plan = self.judge(place, &terms, from, to, amount)?;
            self.apply(place, &terms, &plan)
        }

        /// Counts an address as the identity that its credential states now. Anyone may ask for it; it is refused where
        /// that would be one identity too many, or without a valid credential.
        #[call]
        pub fn recount(&mut self, module: Address, asset: u64, who: Address) -> Result<(), Error> {
            let place = (module, asset);
            let terms = self.terms_of(place)?;
            let held = self.held.get(&(module, asset, who)).ok_or(Error::NotHeld)?;
            let mut plan = Plan::default();
            self.receive(place, &terms, who, held, 0, &mut plan)?;
            self.apply(place, &terms, &plan)
        }

        /// Stops an address from sending and receiving an asset. Only the freezer that was declared at issue.
        #[call]
        pub fn freeze(&mut self, module: Address, asset: u64, who: Address) -> Result<(), Error> {
            self.terms_of_freezer((module, asset))?;
            ensure!(!who.is_zero(), Error::ZeroAddress);
            ensure!(!self.frozen.contains(&(module, asset, who)), Error::AlreadyFrozen);
            self.frozen.insert(&(module, asset, who));
            emit(AddressFrozen { module, asset, who });
            Ok(())
        }

        /// Ends a freeze. Only the freezer; where the freezer was given up, anyone may remove what is left of it.
        #[call]
        pub fn unfreeze(&mut self, module: Address, asset: u64, who: Address) -> Result<(), Error> {
            let terms = self.terms_of((module, asset))?;
            ensure!(terms.freezer.is_none_or(|freezer| freezer == env().caller()), Error::NotFreezer);
            ensure!(self.frozen.remove(&(module, asset, who)), Error::NotFrozen);
            emit(AddressUnfrozen { module, asset, who });
            Ok(())
        }

        /// Gives the right to freeze up for good. Every freeze of the asset ends.
        #[call]
        pub fn renounce_freezer(&mut self, module: Address, asset: u64) -> Result<(), Error> {
            let terms = self.terms_of_freezer((module, asset))?;
            self.terms.set(&(module, asset), &Terms { freezer: None, ..terms });
            emit(FreezerRenounced { module, asset });
            Ok(())
        }

        /// What the policy of an asset asks for, if it has one.
        #[query]
        pub fn terms(&self, module: Address, asset: u64) -> Option<Terms> {
            self.terms.get(&(module, asset))
        }

        /// How many identities hold an asset; without a credential in its policy, how many addresses.
        #[query]
        pub fn holder_count(&self, module: Address, asset: u64) -> u32 {
            self.holders.get_or_default(&(module, asset))
        }

        /// What an address holds of an asset, and as which identity it counts.
        #[query]
        pub fn held(&self, module: Address, asset: u64, who: Address) -> Option<Held> {
            self.held.get(&(module, asset, who))
        }

        /// The addresses that hold an asset, after `after`. At most 100.
        #[query]
        pub fn holders(
            &self,
            module: Address,
            asset: u64,
            after: Option<Address>,
            limit: Option<u32>,
        ) -> Vec<(Address, Held)> {
            let after = after.map(|holder| (module, asset, holder));
            let limit = limit.unwrap_or(MAX_PAGE).min(MAX_PAGE);
            let page = self.held.page_within(&(module, asset), after.as_ref(), limit);
            page.into_iter().map(|((_, _, holder), held)| (holder, held)).collect()
        }

        /// Whether an address can neither send nor receive an asset.
        #[query]
        pub fn is_frozen(&self, module: Address, asset: u64, who: Address) -> bool {
            let terms = self.terms.get(&(module, asset));
            terms.is_some_and(|terms| terms.freezer.is_some()) && self.frozen.contains(&(module, asset, who))
        }

        /// The number of the error that a move would fail with now; nothing if the policy allows it, or there is none.
        #[query]
        pub fn refusal(
            &self,
            module: Address,
            asset: u64,
            from: Option<Address>,
            to: Option<Address>,
            amount: Amount,
        ) -> Option<u32> {
            let place = (module, asset);
            let terms = self.terms.get(&place)?;
            let judged = self.judge(place, &terms, from, to, amount);
            let limited = judged.and_then(|plan| self.holders_after(place, &terms, &plan));
            limited.err().map(|error| u32::from(error.number()))
        }

        /// The counts of each asset follow from who holds it: no holding is zero, each identity counts its addresses, and
        /// the number of identities is within the limit.
        ///
        /// One check reads at most 2,000 assets and holdings, beginning at the asset that the block's height points to and going
        /// round. An asset with more is checked as far: each of its holdings counts as an identity that is known.
        #[invariant]
        pub fn counts_follow_from_holdings(&self) -> bool {
            let count = self.count.get();
            let mut left = MAX_CHECKED_HOLDINGS;
            for step in 0..count {
                if left == 0 {
                    break;
                }
                let number = (env().block_height() % count + step) % count + 1;
                let known = self.attached.get(&number);
                if !known.is_some_and(|place| self.check_place(place, &mut left)) {
                    return false;
                }
            }
            true
        }
    }

    impl Policies {
        fn terms_of(&self, place: (Address, u64)) -> Result<Terms, Error> {
            self.terms.get(&place).ok_or(Error::NoPolicy)
        }

        /// The terms if the caller is the freezer.
        fn terms_of_freezer(&self, place: (Address, u64)) -> Result<Terms, Error> {
            let terms = self.terms_of(place)?;
            ensure!(terms.freezer == Some(env().caller()), Error::NotFreezer);
            Ok(terms)
        }

        /// What a move changes, unless the policy forbids it. The limit is checked when the counts are known.
        fn judge(
            &self,
            (module, asset): (Address, u64),
            terms: &Terms,
            from: Option<Address>,
            to: Option<Address>,
            amount: Amount,
        ) -> Result<Plan, Error> {
            if terms.freezer.is_some() {
                let frozen = |who: &Address| self.frozen.contains(&(module, asset, *who));
                ensure!(!from.iter().chain(&to).any(frozen), Error::Frozen);
            }
            let mut plan = Plan::default();
            if from == to {
                return Ok(plan);
            }
            if let Some(from) = from
                && amount > 0
            {
                let Held { amount: before, identity } = self.held.get_or_default(&(module, asset, from));
                let rest = before.checked_sub(amount).ok_or(Error::NotHeld)?;
                if rest == 0 {
                    plan.leave(identity, || self.identities.get_or_default(&(module, asset, identity)));
                    plan.held.push((from, Held::default()));
                } else {
                    plan.held.push((from, Held { amount: rest, identity }));
                }
            }
            if let Some(to) = to {
                let held = self.held.get_or_default(&(module, asset, to));
                self.receive((module, asset), terms, to, held, amount, &mut plan)?;
            }
            Ok(plan)
        }

        /// Adds what a receiver's side changes to the plan. An amount of zero changes nothing but the identity of one
        /// who holds something.
        fn receive(
            &self,
            (module, asset): (Address, u64),
            terms: &Terms,
            to: Address,
            held: Held,
            amount: Amount,
            plan: &mut Plan,
        ) -> Result<(), Error> {
            let identity = self.identity_of(terms, to)?;
            let sum = held.amount.checked_add(amount).ok_or(Error::AmountOverflow)?;
            if sum == 0 || (amount == 0 && held.identity == identity) {
                return Ok(());
            }
            if held.amount == 0 {
                plan.join(identity, || self.identities.get_or_default(&(module, asset, identity)));
            } else if held.identity != identity {
                plan.leave(held.identity, || self.identities.get_or_default(&(module, asset, held.identity)));
                plan.join(identity, || self.identities.get_or_default(&(module, asset, identity)));
            }
            plan.held.push((to, Held { amount: sum, identity }));
            Ok(())
        }

        /// As whom a receiver counts now.
        fn identity_of(&self, terms: &Terms, who: Address) -> Result<Hash, Error> {
            let Some(required) = &terms.credential else { return Ok(Hash::new(*who.as_bytes())) };
            let found = CREDENTIALS.credential(required.issuer, required.topic, who).invoke();
            found.map(|credential| credential.identity).ok_or(Error::NotEligible)
        }

        /// The number of identities after a move, if it is allowed.
        fn holders_after(&self, place: (Address, u64), terms: &Terms, plan: &Plan) -> Result<u32, Error> {
            let holders = plan.holders(self.holders.get_or_default(&place));
            ensure!(terms.holder_limit.is_none_or(|limit| holders <= limit), Error::HolderLimitReached);
            Ok(holders)
        }

        fn apply(&mut self, place: (Address, u64), terms: &Terms, plan: &Plan) -> Result<(), Error> {
            let (module, asset) = place;
            if !plan.counts.is_empty() {
                let holders = self.holders_after(place, terms, plan)?;
                self.holders.set_or_clear(&place, &holders);
            }
            for (who, held) in &plan.held {
                self.held.set_or_clear(&(module, asset, *who), held);
            }
            for count in &plan.counts {
                self.identities.set_or_clear(&(module, asset, count.identity), &count.after);
            }
            Ok(())
        }

        fn check_place(&self, place: (Address, u64), left: &mut u32) -> bool {
            let (module, asset) = place;
            let Some(terms) = self.terms.get(&place) else { return false };
            *left -= 1;
            let mut counted: Vec<(Hash, u32)> = Vec::new();
            for (_, held) in self.held.iter_within(&place, Bound::Unbounded, Direction::Ascending).limit(*left) {
                *left -= 1;
                if held.amount == 0 {
                    return false;
                }
                match counted.binary_search_by_key(&held.identity, |(identity, _)| *identity) {
                    Ok(index) => counted[index].1 += 1,
                    Err(index) => counted.insert(index, (held.identity, 1)),
                }
            }
            let stored = |identity: &Hash| self.identities.get_or_default(&(module, asset, *identity));
            if *left == 0 {
                return counted.iter().all(|(identity, addresses)| stored(identity) >= *addresses);
            }
            let holders = self.holders.get_or_default(&place);
            let mut known = self.identities.iter_within(&place, Bound::Unbounded, Direction::Ascending);
            let same = counted.iter().all(|(identity, addresses)| {
                known.next().is_some_and(|((_, _, stored), count)| stored == *identity && count == *addresses)
            });
            same && known.next().is_none()
                && usize::try_from(holders).is_ok_and(|holders| holders == counted.len())
                && terms.holder_limit.is_none_or(|limit| holders <= limit)
        }
    }
}
