//! BAP-04: indivisible, fungible vouchers: coupons, tickets, red packets. One instance, created with the chain, holds
//! as many kinds as people issue; an instance created with a first kind holds that one alone.
//!
//! Rules that hold for every kind:
//! - A unit is one and cannot be divided. Any two units of a kind are equal.
//! - Units ever issued are those held, in packets, redeemed and burnt; they are never more than the cap. What was
//!   redeemed or burnt makes no room for others.
//! - A unit is redeemed once, and gone. Each has a number, by which it is found in the events. It is redeemed from
//!   the start of the kind's window on and before its end.
//! - A balance falls only by its holder's own transaction, by an order that the holder signed, or by an allowance that
//!   the holder gave. An order is good once, before its deadline, here and on this chain alone, and only in the hands
//!   of the redeemer that it names.
//! - A packet hands out equal parts, the remainder with the last one. Each receiver has one part. The receiver's
//!   address is signed by the packet's key, so whoever sees the transaction cannot take its place. Who has the key can
//!   open for as many addresses as they make up. What is left in the end goes back to who packed it.
//! - Nobody can seize or reverse, and nobody can freeze unless the kind's policy names who. The owner of a kind can
//!   change who mints and who burns, hand the ownership on, and give each of these up for good; that is the whole list
//!   of powers. How units move and when they are redeemed is fixed when the kind is issued. In a kind that is not
//!   transferable only the issuer sends units.
//! - A kind may have a transfer policy from its issue on, for good: the module `policies` judges each unit that is
//!   created, moved, redeemed or burnt. Such units cannot be packed, as a packet has no known receiver.
//! - Nothing goes to or comes from the zero address. A balance or allowance of zero is not stored, nor an empty packet.
//!   What is kept of used orders and of packets that have ended can be swept by anyone, for its deposit.
//!
//! Left out: paying for units (an auction or an exchange does that), fractions, callbacks to receivers.

#![no_std]

mod error;
mod events;
mod orders;
mod packets;
mod types;
mod units;

pub use self::vouchers::*;
pub use error::Error;
pub use events::*;
pub use tenon_contract::signed::OwnerSignature;
pub use types::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, verify, call), calls("policies"), upgrade = "admin")]
pub mod vouchers {
    use crate::error::Error;
    use crate::types::{
        Allowance, BurnRight, KindInfo, MintRight, NewKind, Opening, Packet, RedeemOrder, Rules, Terms, Totals,
    };
    use tenon_contract::prelude::*;
    #[module_type]
    use tenon_contract::signed::OwnerSignature;

    /// Transfers of one batch.
    pub const MAX_BATCH: usize = 128;
    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;
    /// Balances that are asked for at once.
    pub const MAX_BALANCES: usize = 100;
    /// Entries that one call sweeps.
    pub const MAX_SWEPT: usize = 128;
    /// Entries that one check of an invariant reads.
    pub const MAX_CHECKED_ENTRIES: u32 = 10_000;

    /// What the instance keeps.
    #[storage]
    pub struct Vouchers {
        /// The number of kinds, which is the highest id.
        pub(crate) count: Value<u64>,
        /// Whether no further kind is issued.
        pub(crate) closed: Value<bool>,
        /// What is said about a kind.
        pub(crate) info: Map<u64, KindInfo>,
        /// How units of a kind move and end.
        pub(crate) rules: Map<u64, Rules>,
        /// What has become of a kind's units.
        pub(crate) totals: Map<u64, Totals>,
        /// Units by kind and holder.
        pub(crate) balances: OrderedMap<(u64, Address), u64>,
        /// Allowances by kind, owner and spender.
        pub(crate) allowances: Map<(u64, Address, Address), Allowance>,
        /// Who may take a kind's ownership over.
        pub(crate) proposed_owner: Map<u64, Address>,
        /// Deadlines of orders that were used or cancelled, by holder and number.
        pub(crate) used_orders: Map<(Address, u64), u64>,
        /// Packets by kind and number.
        pub(crate) packets: OrderedMap<(u64, u64), Packet>,
        /// Who has had a part, by kind and number of the packet.
        pub(crate) opened: Set<(u64, u64, Address)>,
    }

    impl Vouchers {
        /// Starts without kinds, or with one that the deployer issues and that stays the only one.
        #[init]
        pub fn init(&mut self, first: Option<NewKind>) -> Result<(), Error> {
            if let Some(first) = first {
                self.add_kind(first)?;
                self.closed.set(&true);
            }
            Ok(())
        }

        /// Issues a kind of voucher and returns its id; the first is 1. The caller owns it and receives the units.
        ///
        /// Optional: `cap` on the units ever issued (default none), `mint` (default nobody), `burn` (default holder),
        /// `redeemer` who may hand in signed orders (default nobody), `valid_from_ms` and `valid_until_ms` between
        /// which units are redeemed (default always), `transferable` (default yes), `document_hash` and `face` that
        /// say what a unit is good for, `policy` on who may hold units (default none).
        #[call]
        #[allow(clippy::too_many_arguments, reason = "one transaction states everything about the kind")]
        pub fn issue(
            &mut self,
            name: String,
            symbol: String,
            units: u64,
            cap: Option<u64>,
            mint: Option<MintRight>,
            burn: Option<BurnRight>,
            redeemer: Option<Address>,
            valid_from_ms: Option<u64>,
            valid_until_ms: Option<u64>,
            transferable: Option<bool>,
            document_hash: Option<Hash>,
            face: Option<String>,
            policy: Option<Terms>,
        ) -> Result<u64, Error> {
            ensure!(!self.closed.get(), Error::Closed);
            self.add_kind(NewKind {
                name,
                symbol,
                units,
                cap,
                mint,
                burn,
                redeemer,
                valid_from_ms,
                valid_until_ms,
                transferable,
                document_hash,
                face,
                policy,
            })
        }

        /// Sends units to somebody.
        #[call]
        pub fn transfer(&mut self, kind: u64, to: Address, units: u64) -> Result<(), Error> {
            self.send(kind, env().caller(), to, units)
        }

        /// Sends units of somebody who allowed it.
        #[call]
        pub fn transfer_from(&mut self, kind: u64, from: Address, to: Address, units: u64) -> Result<(), Error> {
            ensure!(!from.is_zero(), Error::ZeroAddress);
            self.spend_allowance(kind, from, units)?;
            self.send(kind, from, to, units)
        }

        /// Makes at most 128 transfers, each with its kind, its receiver and its units, all or none.
        #[call]
        pub fn transfer_batch(&mut self, transfers: Vec<(u64, Address, u64)>) -> Result<(), Error> {
            ensure!(transfers.len() <= MAX_BATCH, Error::BatchTooLong);
            let from = env().caller();
            transfers.into_iter().try_for_each(|(kind, to, units)| self.send(kind, from, to, units))
        }

        /// Sets what a spender may take of the caller's units, if it is still `current`. Zero ends the allowance.
        ///
        /// Optional: `expires_at_ms`, from which millisecond on nothing can be taken (default: never).
        #[call]
        pub fn approve(
            &mut self,
            kind: u64,
            spender: Address,
            current: u64,
            new: u64,
            expires_at_ms: Option<u64>,
        ) -> Result<(), Error> {
            self.replace_allowance(kind, env().caller(), spender, current, Allowance { units: new, expires_at_ms })
        }

        /// Creates units for somebody. Only who may mint the kind.
        #[call]
        pub fn mint(&mut self, kind: u64, to: Address, units: u64) -> Result<(), Error> {
            let info = self.known(kind)?;
            ensure!(info.may_mint(env().caller()), Error::MintNotAllowed);
            ensure!(!to.is_zero(), Error::ZeroAddress);
            self.create(kind, info.cap, &self.rules_of(kind)?, to, units)
        }

        /// Destroys units of the caller's own without redeeming them. Only who may burn the kind.
        #[call]
        pub fn burn(&mut self, kind: u64, units: u64) -> Result<(), Error> {
            self.destroy(kind, env().caller(), units)
        }

        /// Destroys units of somebody who allowed it, without redeeming them. Only who may burn the kind.
        #[call]
        pub fn burn_from(&mut self, kind: u64, from: Address, units: u64) -> Result<(), Error> {
            ensure!(!from.is_zero(), Error::ZeroAddress);
            self.spend_allowance(kind, from, units)?;
            self.destroy(kind, from, units)
        }

        /// Redeems units of the caller's own and returns the number of the first one.
        ///
        /// Optional: `reference` of at most 128 bytes, which stands in the event.
        #[call]
        pub fn redeem(&mut self, kind: u64, units: u64, reference: Option<String>) -> Result<u64, Error> {
            let (rules, holder) = (self.rules_of(kind)?, env().caller());
            self.redeem_units(&rules, kind, holder, units, reference)
        }

        /// Redeems units of the holder who signed the order, and returns the number of the first one. Only the
        /// redeemer of the order and of its kind, before the deadline, once.
        #[call]
        pub fn redeem_order(&mut self, order: RedeemOrder, signature: OwnerSignature) -> Result<u64, Error> {
            self.hand_in(order, &signature)
        }

        /// Makes an order void that the caller may have signed, until its deadline has passed.
        #[call]
        pub fn cancel_order(&mut self, order: RedeemOrder) -> Result<(), Error> {
            self.cancel(&order)
        }

        /// Forgets used orders, given by holder and number, whose deadlines have passed. Others are passed over.
        /// Returns how many. At most 128; their deposits go to the caller.
        #[call]
        pub fn sweep_orders(&mut self, orders: Vec<(Address, u64)>) -> Result<u32, Error> {
            ensure!(orders.len() <= MAX_SWEPT, Error::BatchTooLong);
            Ok(self.forget_orders(&orders))
        }

        /// Puts units of the caller's own into a packet of equal parts and returns its number, from 1 for each kind.
        /// Whoever has the secret of the key opens it before that time; the last part has the remainder.
        #[call]
        pub fn pack(
            &mut self,
            kind: u64,
            units: u64,
            parts: u32,
            opener_key: [u8; 32],
            until_ms: u64,
        ) -> Result<u64, Error> {
            let packer = env().caller();
            self.add_packet(kind, Packet { packer, units, parts, share: 0, opener_key, until_ms })
        }

        /// Gives a part of a packet to a receiver and returns its units. Anyone may send it: the receiver is the one
        /// that the packet's key has signed. Each receives once.
        #[call]
        pub fn open(
            &mut self,
            kind: u64,
            packet: u64,
            receiver: Address,
            signature: OwnerSignature,
        ) -> Result<u64, Error> {
            self.open_packet(&Opening { kind, packet, receiver }, &signature)
        }

        /// Gives what is left in a packet back to who packed it, once its time is over. Anyone may send it. Returns
        /// how many units.
        #[call]
        pub fn unpack(&mut self, kind: u64, packet: u64) -> Result<u64, Error> {
            self.end_packet(kind, packet)
        }

        /// Forgets who has had a part of a packet that has ended. Returns how many. At most 128; their deposits go to
        /// the caller.
        #[call]
        pub fn sweep_packet(&mut self, kind: u64, packet: u64) -> Result<u32, Error> {
            self.forget_receivers(kind, packet)
        }

        /// Changes who may mint. Nobody is for good.
        #[call]
        pub fn set_mint_right(&mut self, kind: u64, right: MintRight) -> Result<(), Error> {
            let mut info = self.owned(kind)?;
            ensure!(info.mint != MintRight::Nobody, Error::Renounced);
            ensure!(!right.is_void(), Error::ZeroAddress);
            info.mint = right;
            self.change_rights(kind, &info);
            Ok(())
        }

        /// Changes who may burn. Nobody is for good.
        #[call]
        pub fn set_burn_right(&mut self, kind: u64, right: BurnRight) -> Result<(), Error> {
            let mut info = self.owned(kind)?;
            ensure!(info.burn != BurnRight::Nobody, Error::Renounced);
            ensure!(!right.is_void(), Error::ZeroAddress);
            info.burn = right;
            self.change_rights(kind, &info);
            Ok(())
        }

        /// Offers the ownership to somebody, who takes it with `accept_owner`. Until then nothing changes.
        #[call]
        pub fn propose_owner(&mut self, kind: u64, to: Address) -> Result<(), Error> {
            self.owned(kind)?;
            ensure!(!to.is_zero(), Error::ZeroAddress);
            self.proposed_owner.set(&kind, &to);
            Ok(())
        }

        /// Takes an ownership that was offered to the caller.
        #[call]
        pub fn accept_owner(&mut self, kind: u64) -> Result<(), Error> {
            let mut info = self.known(kind)?;
            let caller = env().caller();
            ensure!(self.proposed_owner.take(&kind) == Some(caller), Error::NotOwner);
            info.owner = Some(caller);
            self.change_rights(kind, &info);
            Ok(())
        }

        /// Gives the ownership up for good: rights stay as they are, and those of the owner end.
        #[call]
        pub fn renounce_owner(&mut self, kind: u64) -> Result<(), Error> {
            let mut info = self.owned(kind)?;
            info.owner = None;
            self.proposed_owner.remove(&kind);
            self.change_rights(kind, &info);
            Ok(())
        }

        /// The number of kinds; ids run from 1 to it.
        #[query]
        pub fn kind_count(&self) -> u64 {
            self.count.get()
        }

        /// What is said about a kind, its cap, its owner, and who mints and burns.
        #[query]
        pub fn info(&self, kind: u64) -> Result<KindInfo, Error> {
            self.known(kind)
        }

        /// How units of a kind move and end: issuer, transferable, redeemer and the time for redeeming.
        #[query]
        pub fn rules(&self, kind: u64) -> Result<Rules, Error> {
            self.rules_of(kind)
        }

        /// How many units of a kind were issued, redeemed and burnt.
        #[query]
        pub fn totals(&self, kind: u64) -> Result<Totals, Error> {
            self.rules_of(kind)?;
            Ok(self.totals.get_or_default(&kind))
        }

        /// Units of a kind that exist, in packets too.
        #[query]
        pub fn total_units(&self, kind: u64) -> Result<u64, Error> {
            self.totals(kind).map(|totals| totals.units())
        }

        /// Units of a kind that were redeemed.
        #[query]
        pub fn redeemed_units(&self, kind: u64) -> Result<u64, Error> {
            self.totals(kind).map(|totals| totals.redeemed)
        }

        /// How many units of a kind somebody holds.
        #[query]
        pub fn balance_of(&self, kind: u64, owner: Address) -> u64 {
            self.balances.get_or_default(&(kind, owner))
        }

        /// How many units of a kind somebody holds, for at most 100 such pairs, in their order.
        #[query]
        pub fn balances_of(&self, pairs: Vec<(u64, Address)>) -> Result<Vec<u64>, Error> {
            ensure!(pairs.len() <= MAX_BALANCES, Error::BatchTooLong);
            Ok(pairs.iter().map(|pair| self.balances.get_or_default(pair)).collect())
        }

        /// How many units of an owner a spender may still take.
        #[query]
        pub fn allowance(&self, kind: u64, owner: Address, spender: Address) -> u64 {
            self.allowance_now(kind, owner, spender).units
        }

        /// When an allowance that can be used expires, if it does.
        #[query]
        pub fn allowance_expiry(&self, kind: u64, owner: Address, spender: Address) -> Option<u64> {
            self.allowance_now(kind, owner, spender).expires_at_ms
        }

        /// The bytes that a holder signs, with the wrapping that wallets put around bytes.
        #[query]
        pub fn order_message(&self, order: RedeemOrder) -> Vec<u8> {
            order.message()
        }

        /// The deadline of the holder's order of this number, if one was used or cancelled and not swept since.
        #[query]
        pub fn used_order(&self, holder: Address, id: u64) -> Option<u64> {
            self.used_orders.get(&(holder, id))
        }

        /// The bytes that a packet's key signs for a receiver, with the wrapping that wallets put around bytes.
        #[query]
        pub fn open_message(&self, kind: u64, packet: u64, receiver: Address) -> Vec<u8> {
            Opening { kind, packet, receiver }.message()
        }

        /// A packet in which something is left.
        #[query]
        pub fn packet(&self, kind: u64, packet: u64) -> Option<Packet> {
            self.packets.get(&(kind, packet))
        }

        /// Packets of a kind in which something is left, by number, after `after`. At most 100.
        #[query]
        pub fn packets(&self, kind: u64, after: Option<u64>, limit: Option<u32>) -> Vec<(u64, Packet)> {
            let after = after.map(|packet| (kind, packet));
            let page = self.packets.page_within(&kind, after.as_ref(), limit.unwrap_or(MAX_PAGE).min(MAX_PAGE));
            page.into_iter().map(|((_, number), packet)| (number, packet)).collect()
        }

        /// Holders of a kind with their units, by address, after `after`. At most 100.
        #[query]
        pub fn holders(&self, kind: u64, after: Option<Address>, limit: Option<u32>) -> Vec<(Address, u64)> {
            let after = after.map(|holder| (kind, holder));
            let page = self.balances.page_within(&kind, after.as_ref(), limit.unwrap_or(MAX_PAGE).min(MAX_PAGE));
            page.into_iter().map(|((_, holder), units)| (holder, units)).collect()
        }

        /// The units of each kind ever issued are those held, in packets, redeemed and burnt, and within its cap.
        ///
        /// One check reads at most 10,000 entries, beginning at the kind that the block's height points to and going
        /// round, so that consecutive heights cover all. A kind with more holders and packets than that is checked
        /// as far: the partial sum is not above the units that exist. `holders` and `packets` give the rest.
        #[invariant]
        pub fn issued_units_are_accounted_for(&self) -> bool {
            let count = self.count.get();
            if count == 0 {
                return self.balances.first().is_none() && self.packets.first().is_none();
            }
            let first = env().block_height() % count;
            let mut left = MAX_CHECKED_ENTRIES;
            for step in 0..count {
                if left == 0 {
                    break;
                }
                left -= 1;
                let kind = (first + step) % count + 1;
                if !self.check_kind(kind, &mut left) {
                    return false;
                }
            }
            true
        }
    }
}
