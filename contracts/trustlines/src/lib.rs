//! Credit lines between two, in networks that anybody founds. Nobody issues anything: each says whom they trust with
//! how much, and pays somebody far away over a path of people who trust each other. One instance, created with the
//! chain, holds as many networks as people found; an instance created with a first one holds that one alone.
//!
//! Rules that hold for every network:
//! - A line is between two. Each gives the other some credit, and both agree on it: the one proposes and the other
//!   accepts, or hands in what the one signed. Alone a party can only lower what they give, not below what is owed.
//! - A line has one balance, what the one owes the other. So all that people are owed less what they owe comes to zero
//!   in each network, whatever happens, interest and fees included.
//! - A transfer passes up to eight lines. On each of them the payer comes to owe the payee, or is owed less; after it
//!   nobody owes more than was given. All hops or none.
//! - A mediator takes a fee for the imbalance that the transfer makes on the line by which it comes, rounded up. The
//!   sender says who pays the fees and how much they may be at most.
//! - Who is owed pays with that: what a debtor sells to the creditor, or to somebody on the way, repays the debt.
//! - Debts grow all the time at the rate that their creditor asks for. What is below one unit is kept, and rounded down
//!   at its 60th binary digit, so it is the same however often a line is touched. Interest alone takes a debt above its
//!   line.
//! - From its expiry on nobody comes to owe on a line; who is owed can pay with that. A line closes when no unit is
//!   owed on it. What is below one unit is given up by who is owed it; from 30 days after the expiry on it falls away.
//! - Who may freeze is stated when a network is founded, or nobody may. A frozen line passes no transfer and cannot be
//!   closed; its debts grow and can be settled.
//! - A creditor can offer to take coin or an asset for a debt. The debtor pays it to the creditor in the call in which
//!   the debt falls, and both or neither happens. What arrives is what counts.
//! - Nobody else has a power over a network: not the founder, and the rules never change.
//!
//! Left out: the search for paths, which is the client's; rates below zero; shelter of mediators against rates that
//! differ: who passes on at a higher rate than they get should not give such lines; value, credit and debt as outputs,
//! which are the module `credit`.

#![no_std]

mod checks;
mod consent;
mod error;
mod events;
pub mod fees;
pub mod interest;
mod ledger;
mod settle;
mod transfer;
mod types;

pub use self::trustlines::*;
pub use checks::MAX_CHECKED_ENTRIES;
pub use error::Error;
pub use events::*;
pub use types::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, coin, call, verify), calls("*"), upgrade = "admin")]
pub mod trustlines {
    use crate::error::Error;
    use crate::types::{
        Currency, FeePayer, Line, LineInfo, LineOrder, LineTerms, Network, NewNetwork, Offer, OwnerSignature, Proposal,
        Rules, Totals,
    };
    use core::ops::Bound;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;
    /// Orders that one sweep takes.
    pub const MAX_SWEPT: usize = 100;

    /// What the instance keeps.
    #[storage]
    pub struct Trustlines {
        /// The number of networks, which is the highest id.
        pub(crate) count: Value<u64>,
        /// Whether no further network is founded.
        pub(crate) closed: Value<bool>,
        /// Everything about a network.
        pub(crate) networks: Map<u64, Network>,
        /// What a network asks for: what a transfer needs of it.
        pub(crate) rules: Map<u64, Rules>,
        /// A network's sums.
        pub(crate) totals: Map<u64, Totals>,
        /// Lines by network, lower and higher address, as the lower one sees them.
        pub(crate) lines: OrderedMap<(u64, Address, Address), Line>,
        /// Who has a line with whom: both parties of each line.
        pub(crate) neighbours: Set<(u64, Address, Address)>,
        /// Lines by network and expiry.
        pub(crate) expiring: Set<(u64, u64, Address, Address)>,
        /// Proposals by network, receiver and proposer.
        pub(crate) proposals: OrderedMap<(u64, Address, Address), Proposal>,
        /// Offers by network, debtor and creditor.
        pub(crate) offers: OrderedMap<(u64, Address, Address), Offer>,
        /// Until when an order's number is kept, by signer.
        pub(crate) used: Map<(Address, u64), u64>,
    }

    impl Trustlines {
        /// Starts without networks, or with one that the deployer founds and that stays the only one.
        #[init]
        pub fn init(&mut self, first: Option<NewNetwork>) -> Result<(), Error> {
            if let Some(first) = first {
                self.add_network(first)?;
                self.closed.set(&true);
            }
            Ok(())
        }

        /// Founds a network and returns its number; the first is 1. The founder has no power over it.
        ///
        /// Optional: `fee_divisor`, of which a mediator takes one part, from 2 to 1,000,000, or 0 for no fees (default
        /// 0); `fixed_rate_bps`, the rate of every line in hundredths of a percent a year (default: each line's own);
        /// `freezer`, who may freeze lines (default nobody).
        #[call]
        pub fn found(
            &mut self,
            name: String,
            decimals: u8,
            fee_divisor: Option<u32>,
            fixed_rate_bps: Option<u16>,
            freezer: Option<Address>,
        ) -> Result<u64, Error> {
            ensure!(!self.closed.get(), Error::Closed);
            let rules = Rules { fee_divisor: fee_divisor.unwrap_or(0), fixed_rate_bps, freezer };
            self.add_network(NewNetwork { name, decimals, rules })
        }

        /// Proposes a line to somebody, or other terms of the line with them, in place of what was proposed before. The
        /// terms are as the caller sees them.
        ///
        /// Optional: `until_ms`, from which millisecond on they cannot be accepted (default: in 30 days, the longest).
        #[call]
        pub fn propose(
            &mut self,
            network: u64,
            to: Address,
            terms: LineTerms,
            until_ms: Option<u64>,
        ) -> Result<(), Error> {
            self.add_proposal(network, to, terms, until_ms)
        }

        /// Accepts what somebody proposed to the caller. The terms are stated as the proposer sees them, so that nobody
        /// accepts others than they have read.
        #[call]
        pub fn accept(&mut self, network: u64, proposer: Address, terms: LineTerms) -> Result<(), Error> {
            self.accept_proposal(network, proposer, terms)
        }

        /// Removes a proposal: by either party, or by anyone once it has lapsed. Who does receives the deposit.
        #[call]
        pub fn remove_proposal(&mut self, network: u64, proposer: Address, to: Address) -> Result<(), Error> {
            self.drop_proposal(network, proposer, to)
        }

        /// Agrees on a line, or on other terms of it, with the other party's signature. By who is named in the order,
        /// once, and before its deadline, which is a day ahead at most.
        #[call]
        pub fn agree(&mut self, order: LineOrder, signature: OwnerSignature) -> Result<(), Error> {
            self.hand_in(&order, &signature)
        }

        /// Takes an order back that the caller signed, before its deadline.
        #[call]
        pub fn cancel_order(&mut self, order: LineOrder) -> Result<(), Error> {
            self.cancel(&order)
        }

        /// Forgets the numbers of orders whose deadline has passed, and returns how many there were. Anyone may, and
        /// receives the deposits. At most 100.
        #[call]
        pub fn sweep_orders(&mut self, orders: Vec<(Address, u64)>) -> Result<u32, Error> {
            self.forget(&orders)
        }

        /// Lowers what the caller gives somebody. Not below what they owe.
        #[call]
        pub fn lower(&mut self, network: u64, other: Address, given: u64) -> Result<(), Error> {
            self.give_less(network, other, given)
        }

        /// Freezes a line, or frees it. Only who may freeze in this network.
        #[call]
        pub fn freeze(&mut self, network: u64, one: Address, other: Address, frozen: bool) -> Result<(), Error> {
            self.set_frozen(network, one, other, frozen)
        }

        /// Sends an amount over a path of lines and returns the fees. The path names the mediators and, last, the
        /// receiver; with the sender as the receiver it is a ring of three lines or more.
        ///
        /// Optional: `max_fee` (default 0), `fee_payer` (default the sender, so that the amount arrives),
        /// `deadline_ms`, from which millisecond on the transfer is void (default: never).
        #[call]
        pub fn transfer(
            &mut self,
            network: u64,
            amount: u64,
            path: Vec<Address>,
            max_fee: Option<u64>,
            fee_payer: Option<FeePayer>,
            deadline_ms: Option<u64>,
        ) -> Result<u64, Error> {
            let in_time = deadline_ms.is_none_or(|deadline_ms| env().block_time_ms() < deadline_ms);
            ensure!(in_time, Error::DeadlinePassed);
            self.send(network, amount, &path, max_fee.unwrap_or(0), fee_payer.unwrap_or(FeePayer::Sender))
        }

        /// Closes a line on which no unit is owed: by either party, or by anyone once it has expired. Who does receives
        /// the deposit. If less than one unit is left, by who is owed it alone, until 30 days after the expiry.
        #[call]
        pub fn close(&mut self, network: u64, one: Address, other: Address) -> Result<(), Error> {
            self.close_line(network, one, other)
        }

        /// Offers to take a price outside the network for some units that somebody owes the caller, in place of what
        /// was offered before.
        ///
        /// Optional: `until_ms`, from which millisecond on it is void (default: in 30 days, the longest).
        #[call]
        pub fn offer_settlement(
            &mut self,
            network: u64,
            debtor: Address,
            units: u64,
            currency: Currency,
            price: Amount,
            until_ms: Option<u64>,
        ) -> Result<(), Error> {
            self.add_offer(network, debtor, units, currency, price, until_ms)
        }

        /// Takes a creditor's offer: pays the price to them, in the coin that is sent along or in an asset for which
        /// the caller has approved this instance, and owes so much less. At most what is owed, rounded up.
        #[call(payable)]
        pub fn settle(&mut self, network: u64, creditor: Address, offer: Offer) -> Result<(), Error> {
            self.take_offer(network, creditor, offer)
        }

        /// Removes an offer: by either party, or by anyone once it has lapsed. Who does receives the deposit.
        #[call]
        pub fn remove_offer(&mut self, network: u64, creditor: Address, debtor: Address) -> Result<(), Error> {
            self.drop_offer(network, creditor, debtor)
        }

        /// The number of networks, which is the highest id.
        #[query]
        pub fn network_count(&self) -> u64 {
            self.count.get()
        }

        /// Everything about a network.
        #[query]
        pub fn network(&self, network: u64) -> Result<Network, Error> {
            self.networks.get(&network).ok_or(Error::UnknownNetwork)
        }

        /// A network's sums: what is given, and what is owed, as it stood when each line was touched last.
        #[query]
        pub fn statistics(&self, network: u64) -> Result<Totals, Error> {
            self.rules_of(network)?;
            Ok(self.totals.get_or_default(&network))
        }

        /// The line between two as the first sees it, with the interest until now.
        #[query]
        pub fn line_of(&self, network: u64, who: Address, other: Address) -> Result<LineInfo, Error> {
            Ok(self.load(network, who, other)?.1.info(env().block_time_ms()))
        }

        /// With whom somebody has lines, and these as they see them, after `after`. At most 100. What a client looks
        /// for paths with.
        #[query]
        pub fn neighbours(
            &self,
            network: u64,
            who: Address,
            after: Option<Address>,
            limit: Option<u32>,
        ) -> Vec<(Address, LineInfo)> {
            let after = after.map(|other| (network, who, other));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let page = self.neighbours.iter_within(&(network, who), from, Direction::Ascending);
            let mut found = Vec::new();
            for ((_, _, other), ()) in page.limit(page_size(limit)) {
                if let Ok(line) = self.line_of(network, who, other) {
                    found.push((other, line));
                }
            }
            found
        }

        /// Lines by their parties, the lower address first and as it sees them, after `after`. At most 100.
        #[query]
        pub fn lines(
            &self,
            network: u64,
            after: Option<(Address, Address)>,
            limit: Option<u32>,
        ) -> Vec<(Address, Address, LineInfo)> {
            let (after, now_ms) = (after.map(|(low, high)| (network, low, high)), env().block_time_ms());
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let page = self.lines.iter_within(&network, from, Direction::Ascending).limit(page_size(limit));
            let mut found = Vec::new();
            for ((_, low, high), line) in page {
                found.push((low, high, line.accrued(now_ms).info(now_ms)));
            }
            found
        }

        /// Lines that have expired at a time, by expiry and parties, after `after`; the lower address first and as it
        /// sees them. At most 100. What is owed on them is overdue; who finds nothing owed can close them.
        #[query]
        pub fn expired_lines(
            &self,
            network: u64,
            at_ms: u64,
            after: Option<(u64, Address, Address)>,
            limit: Option<u32>,
        ) -> Vec<(Address, Address, LineInfo)> {
            let after = after.map(|(expiry, low, high)| (network, expiry, low, high));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let page = self.expiring.iter_within(&network, from, Direction::Ascending).limit(page_size(limit));
            let mut found = Vec::new();
            for ((_, expiry, low, high), ()) in page {
                if at_ms < expiry {
                    break;
                }
                if let Ok(line) = self.line_of(network, low, high) {
                    found.push((low, high, line));
                }
            }
            found
        }

        /// What was proposed to somebody, by proposer, after `after`. At most 100. What has lapsed is among it.
        #[query]
        pub fn proposals(
            &self,
            network: u64,
            to: Address,
            after: Option<Address>,
            limit: Option<u32>,
        ) -> Vec<(Address, Proposal)> {
            page_of(&self.proposals, (network, to), after, limit)
        }

        /// What creditors offered a debtor, by creditor, after `after`. At most 100. What has lapsed is among it.
        #[query]
        pub fn offers(
            &self,
            network: u64,
            debtor: Address,
            after: Option<Address>,
            limit: Option<u32>,
        ) -> Vec<(Address, Offer)> {
            page_of(&self.offers, (network, debtor), after, limit)
        }

        /// Until when the number of an order is kept; nothing if it is free.
        #[query]
        pub fn used_order(&self, signer: Address, number: u64) -> Option<u64> {
            self.used.get(&(signer, number))
        }

        /// The bytes that an order's proposer signs, with the wrapping that wallets put around bytes.
        #[query]
        pub fn order_message(&self, order: LineOrder) -> Vec<u8> {
            order.message()
        }

        /// What everybody is owed less what they owe comes to zero in each network.
        // One check takes one network, by the block's height. It adds up where there are at most 249 lines, and looks
        // at the first 500 entries of people with their neighbours where there are more.
        #[invariant]
        pub fn positions_come_to_zero(&self) -> bool {
            self.check_positions()
        }

        /// Nobody owes more than was given, unless by interest; rates are the network's; and each line stands under
        /// both of its parties and its expiry.
        #[invariant]
        pub fn lines_are_sound(&self) -> bool {
            self.check_lines()
        }

        /// A network's sums are those of its lines.
        #[invariant]
        pub fn sums_are_those_of_lines(&self) -> bool {
            self.check_totals()
        }
    }

    fn page_size(limit: Option<u32>) -> u32 {
        limit.unwrap_or(MAX_PAGE).min(MAX_PAGE)
    }

    /// What others made for somebody of a network, by who made it.
    fn page_of<V: tenon_contract::Wire>(
        made: &OrderedMap<(u64, Address, Address), V>,
        (network, who): (u64, Address),
        after: Option<Address>,
        limit: Option<u32>,
    ) -> Vec<(Address, V)> {
        let after = after.map(|by| (network, who, by));
        let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut page = Vec::new();
        for ((_, _, by), value) in made.iter_within(&(network, who), from, Direction::Ascending).limit(page_size(limit))
        {
            page.push((by, value));
        }
        page
    }
}
