//! Value, credit and debt as outputs, in networks that anybody founds. One instance, created with the chain, holds as
//! many networks as people found; an instance created with a first one holds that one alone.
//!
//! Rules that hold for every network:
//! - An output holds value, credit or debt, and exactly one of them. Each is spent once, and stands in one of three
//!   layers: circulation, debt, administration. A step reads outputs of higher layers than its own, any number of
//!   times, and spends those of its own and of lower ones. What comes out stands in the step's layer. So value that is
//!   locked in the debt layer leaves it only by clearing debt.
//! - Value less debt is as much as the founder handed out, for good: value comes to be with as much debt, and both go
//!   together. The difference between what goes into a step and comes out is a fee; it waits until it is handed to the
//!   fee taker, in the debt layer.
//! - Debt is covered by credit in the step in which it comes to be, also when it passes from one debtor to another.
//!   Credit comes from the sources in the administration alone, within the limits of block and day.
//! - Nobody comes to owe without having signed, and nobody's outputs are used without what their lock asks for. An
//!   order is signed by all of its owners for one network of one instance on one chain and for a day at most, spends an
//!   output, and so is good once.
//! - Who has a debt in standard form that has expired can only repay with what they alone own, and grants nothing from
//!   sources that they alone own. If they sign an order that moves more, made for a time after the expiry, whoever has
//!   it can report it: what it would have moved is taken. Nothing else takes anything from anybody.
//!   `docs/src/modules/credit.md` argues why this harms nobody else.
//! - Nobody has a right over a network once it is founded: its terms are fixed, and its sources belong to their locks.
//!
//! Left out: what value is worth and who guarantees debts, which are matters outside the chain; interest, which is
//! agreed as value in the same order; marking evidence as illegal for blocks of the past, as final blocks stay; direct
//! credit lines between two.

#![no_std]

mod accounting;
mod error;
mod events;
mod ledger;
mod plan;
mod types;

pub use self::credit::*;
pub use accounting::{Sums, circulating};
pub use error::Error;
pub use events::*;
pub use types::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, verify, hash), upgrade = "admin")]
pub mod credit {
    use crate::error::Error;
    use crate::events::RecordWritten;
    use crate::plan::{Plan, order_id};
    use crate::types::{
        Grants, Layer, Lock, Network, NewNetwork, NewOutput, Order, Output, SOURCES, Step, Terms, Totals, Witness,
    };
    use core::ops::Bound;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;
    use tenon_contract::text::is_name;

    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;
    /// Bytes of a table's name.
    pub const MAX_TABLE_BYTES: usize = 32;
    /// Bytes of a record's key.
    pub const MAX_KEY_BYTES: usize = 64;
    /// Bytes of a record.
    pub const MAX_RECORD_BYTES: usize = 1_024;
    /// Entries that one check of an invariant reads.
    pub const MAX_CHECKED_ENTRIES: u32 = 10_000;

    /// What the instance keeps.
    #[storage]
    pub struct Credit {
        /// The number of networks, which is the highest id.
        pub(crate) count: Value<u64>,
        /// Whether no further network is founded.
        pub(crate) closed: Value<bool>,
        /// Who founded a network, and its name.
        pub(crate) networks: Map<u64, Network>,
        /// A network's limits, fees and penalties.
        pub(crate) terms: Map<u64, Terms>,
        /// A network's sums.
        pub(crate) totals: Map<u64, Totals>,
        /// What a network granted last.
        pub(crate) grants: Map<u64, Grants>,
        /// Outputs by network and number.
        pub(crate) outputs: OrderedMap<(u64, u64), Output>,
        /// Outputs by network and by who stands in the lock.
        pub(crate) named: Set<(u64, Address, u64)>,
        /// Debts by network and expiry.
        pub(crate) debts: Set<(u64, u64, u64)>,
        /// Debts in standard form by network, debtor and expiry.
        pub(crate) debts_of: Set<(u64, Address, u64, u64)>,
        /// Records by writer, table and key.
        pub(crate) records: Map<(Address, String, String), Vec<u8>>,
    }

    /// Whether a table and a key can stand before a record.
    fn can_name(table: &str, key: &str) -> bool {
        is_name(table, MAX_TABLE_BYTES) && is_name(key, MAX_KEY_BYTES)
    }

    impl Credit {
        /// Starts without networks, or with one that the deployer founds and that stays the only one.
        #[init]
        pub fn init(&mut self, first: Option<NewNetwork>) -> Result<(), Error> {
            if let Some(first) = first {
                self.add_network(first)?;
                self.closed.set(&true);
            }
            Ok(())
        }

        /// Founds a network and returns its number; the first is 1. Its value is what the holders get, for good. Its
        /// sources of credit are 16 outputs of 1, 2, 4 and so on units.
        ///
        /// Optional: `unit` of the sources (default 1), `sources` to whom they are locked (default the caller),
        /// `large_sources` to whom those after the first `small_count` are (default the same), `fee_taker` (default the
        /// caller), `reporter_percent` of a penalty, at most 50 (default 0).
        #[call]
        #[allow(clippy::too_many_arguments, reason = "one transaction states everything about the network")]
        pub fn found(
            &mut self,
            name: String,
            holders: Vec<(Address, Amount)>,
            credit_per_block: Amount,
            credit_per_day: Amount,
            longest_debt_ms: u64,
            unit: Option<Amount>,
            sources: Option<Lock>,
            large_sources: Option<Lock>,
            small_count: Option<u8>,
            fee_taker: Option<Address>,
            reporter_percent: Option<u8>,
        ) -> Result<u64, Error> {
            ensure!(!self.closed.get(), Error::Closed);
            let caller = env().caller();
            let fee_taker = fee_taker.unwrap_or(caller);
            let reporter_percent = reporter_percent.unwrap_or(0);
            self.add_network(NewNetwork {
                name,
                holders,
                unit: unit.unwrap_or(1),
                sources: sources.unwrap_or(Lock::Key(caller)),
                large_sources,
                small_count: small_count.unwrap_or(SOURCES),
                terms: Terms { credit_per_block, credit_per_day, longest_debt_ms, fee_taker, reporter_percent },
            })
        }

        /// Carries out one step with what the caller alone may use, and returns the numbers of its outputs.
        ///
        /// Optional: `secret` of a lock of hash and time.
        #[call]
        pub fn act(
            &mut self,
            network: u64,
            layer: Layer,
            inputs: Vec<u64>,
            outputs: Vec<NewOutput>,
            secret: Option<Vec<u8>>,
        ) -> Result<Vec<u64>, Error> {
            let secrets: Vec<Vec<u8>> = secret.into_iter().collect();
            self.step_of_caller(network, Step { layer, inputs, outputs }, &secrets)
        }

        /// Carries out an order that its owners signed, and returns the numbers of its outputs. Anyone may hand it in.
        /// With `consent` the caller agrees to it as well, in place of a signature; without it nothing of the caller's
        /// is used, whatever the order says.
        #[call]
        pub fn submit(
            &mut self,
            order: Order,
            witnesses: Vec<Witness>,
            secrets: Vec<Vec<u8>>,
            consent: bool,
        ) -> Result<Vec<u64>, Error> {
            self.hand_in(&order, &witnesses, &secrets, consent)
        }

        /// Takes from a debtor what a signed order of theirs would have moved, and returns how much value it was. The
        /// debt has expired, and the order is good now but for that, and was made for a time after the expiry.
        #[call]
        pub fn penalise(
            &mut self,
            debt: u64,
            order: Order,
            witnesses: Vec<Witness>,
            secrets: Vec<Vec<u8>>,
        ) -> Result<Amount, Error> {
            self.punish(debt, &order, &witnesses, &secrets)
        }

        /// Hands the fees that have come together to the fee taker, as value in the debt layer, and returns the
        /// output's number. Anyone may send it.
        #[call]
        pub fn collect_fees(&mut self, network: u64) -> Result<u64, Error> {
            self.hand_out_fees(network)
        }

        /// Writes a record of the caller's own, over what was there. An empty value removes it.
        #[call]
        pub fn record(&mut self, table: String, key: String, value: Vec<u8>) -> Result<(), Error> {
            ensure!(can_name(&table, &key) && value.len() <= MAX_RECORD_BYTES, Error::InvalidRecord);
            let writer = env().caller();
            self.records.set_or_clear(&(writer, table.clone(), key.clone()), &value);
            emit(RecordWritten { writer, table, key, value });
            Ok(())
        }

        /// The number of networks, which is the highest id.
        #[query]
        pub fn network_count(&self) -> u64 {
            self.count.get()
        }

        /// A network's name, and who founded it.
        #[query]
        pub fn network(&self, network: u64) -> Result<Network, Error> {
            self.networks.get(&network).ok_or(Error::UnknownNetwork)
        }

        /// A network's limits, fees and penalties.
        #[query]
        pub fn terms(&self, network: u64) -> Result<Terms, Error> {
            self.terms_of(network)
        }

        /// A network's sums. Whoever reads all outputs finds the same ones.
        #[query]
        pub fn statistics(&self, network: u64) -> Result<Totals, Error> {
            self.terms_of(network)?;
            Ok(self.totals.get_or_default(&network))
        }

        /// What a network granted in its newest block, and on its newest day, with grants.
        #[query]
        pub fn grants(&self, network: u64) -> Result<Grants, Error> {
            self.terms_of(network)?;
            Ok(self.grants.get_or_default(&network))
        }

        /// The value that circulates: the net value, less what is locked, and more by every debt.
        #[query]
        pub fn circulating(&self, network: u64) -> Result<Amount, Error> {
            self.circulating_value(network)
        }

        /// An output that is not spent.
        #[query]
        pub fn output(&self, network: u64, id: u64) -> Option<Output> {
            self.outputs.get(&(network, id))
        }

        /// Outputs of a network by number, after `after`. At most 100.
        #[query]
        pub fn outputs(&self, network: u64, after: Option<u64>, limit: Option<u32>) -> Vec<(u64, Output)> {
            let after = after.map(|id| (network, id));
            let page = self.outputs.page_within(&network, after.as_ref(), limit.unwrap_or(MAX_PAGE).min(MAX_PAGE));
            page.into_iter().map(|((_, id), output)| (id, output)).collect()
        }

        /// Outputs in whose lock somebody stands, by number, after `after`. At most 100.
        #[query]
        pub fn outputs_of(
            &self,
            network: u64,
            who: Address,
            after: Option<u64>,
            limit: Option<u32>,
        ) -> Vec<(u64, Output)> {
            let after = after.map(|id| (network, who, id));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let found = self.named.iter_within(&(network, who), from, Direction::Ascending);
            let page = found.limit(limit.unwrap_or(MAX_PAGE).min(MAX_PAGE));
            page.filter_map(|((_, _, id), ())| self.outputs.get(&(network, id)).map(|output| (id, output))).collect()
        }

        /// Debts that have expired at a time, by expiry and number, after `after`. At most 100.
        #[query]
        pub fn bad_debts(
            &self,
            network: u64,
            at_ms: u64,
            after: Option<(u64, u64)>,
            limit: Option<u32>,
        ) -> Vec<(u64, Output)> {
            let after = after.map(|(expires_at_ms, id)| (network, expires_at_ms, id));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let debts = self.debts.iter_within(&network, from, Direction::Ascending);
            let page = debts.limit(limit.unwrap_or(MAX_PAGE).min(MAX_PAGE));
            let expired = page.take_while(|((_, expires_at_ms, _), ())| at_ms >= *expires_at_ms);
            let read = |id| self.outputs.get(&(network, id)).map(|output| (id, output));
            expired.filter_map(|((_, _, id), ())| read(id)).collect()
        }

        /// Whether somebody has a debt in standard form that has expired, so that they can only repay.
        #[query]
        pub fn is_frozen(&self, network: u64, who: Address) -> bool {
            self.has_bad_debt(network, who, &Plan::default())
        }

        /// The bytes that an order's owners sign, with the wrapping that wallets put around bytes.
        #[query]
        pub fn order_message(&self, order: Order) -> Vec<u8> {
            order.message()
        }

        /// What identifies an order. No signature changes it.
        #[query]
        pub fn order_id(&self, order: Order) -> Hash {
            order_id(&order.message())
        }

        /// A record; nothing if there is none.
        #[query]
        pub fn record_of(&self, writer: Address, table: String, key: String) -> Option<Vec<u8>> {
            can_name(&table, &key).then(|| self.records.get(&(writer, table, key))).flatten()
        }

        /// In each network value less debt is what the founder handed out, and debt and credit are within what was
        /// granted.
        ///
        /// One check reads at most 10,000 networks, beginning at the one that the block's height points to.
        #[invariant]
        pub fn net_value_is_constant(&self) -> bool {
            let count = self.count.get();
            let Some(first) = env().block_height().checked_rem(count) else { return true };
            let steps = count.min(u64::from(MAX_CHECKED_ENTRIES));
            (0..steps).all(|step| self.totals.get_or_default(&((first + step) % count + 1)).is_balanced())
        }

        /// A network's sums are those of its outputs.
        ///
        /// One check takes one network, by the block's height, and reads at most 10,000 outputs. If there are more,
        /// their sums are not above those of the network. `outputs` gives the rest.
        #[invariant]
        pub fn sums_are_those_of_outputs(&self) -> bool {
            let count = self.count.get();
            let Some(chosen) = env().block_height().checked_rem(count) else { return true };
            self.check_outputs(chosen + 1)
        }
    }
}
