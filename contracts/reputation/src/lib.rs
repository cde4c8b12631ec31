//! Reputation of those who sell and buy data: scores of settled trades, and flags on bad data.
//!
//! Rules:
//! - Scores stand under the market that counted them: the instance that called. Anybody may count under an address of
//!   their own, and nobody under another. So a trade can be made up only where whoever made it up stands beside it. The
//!   market that this chain vouches for is `licence`: its code is on chain, nobody can replace it, and it counts what
//!   was paid. Queries mean it unless they name another.
//! - What was settled counts for seller and buyer, by currency; what somebody traded with oneself for nobody. A
//!   seller's score stays, less the penalties of upheld flags. A buyer's ends with time. No balance depends on either.
//! - Who has a licence can flag events, each once, for the stake that its terms say; the market says what the licence
//!   covers. The arbiter whom the terms name decides, or nobody does in time. See `flags`.
//! - Nobody gains by a flag. Stakes wait for who gets them and are withdrawn: nobody's refusal holds up anybody else.
//!
//! Left out: which trades there are and what they cost, which markets know; drawn reviewers and rewards for flags; the
//! brokers' scores, which follow from what the module `brokers` pays them.

#![no_std]

mod error;
mod events;
mod flags;
mod money;
mod scores;
mod types;

pub use self::reputation::*;
pub use error::Error;
pub use events::*;
pub use types::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, coin, call, hash), calls("*"), upgrade = "admin")]
pub mod reputation {
    use crate::error::Error;
    use crate::flags::verdict;
    use crate::types::{Currency, CurrencyKey, Flag, Place, SellerScore, Spent};
    use tenon_contract::money::holds_coin_owed;
    use tenon_contract::prelude::*;

    /// The market that this chain vouches for.
    pub const LICENCE: Address = Address::of_module("licence");

    /// What the instance keeps.
    #[storage]
    pub struct Reputation {
        /// Flags by market, licence and event.
        pub(crate) flags: OrderedMap<(Address, u64, Hash), Flag>,
        /// What sellers' trades amount to, by market.
        pub(crate) sellers: Map<(Address, Address, CurrencyKey), SellerScore>,
        /// What buyers' trades amount to, by market and window.
        pub(crate) buyers: Map<(Address, Address, CurrencyKey), Vec<Spent>>,
        /// Money that waits, by currency and owner.
        pub(crate) credits: OrderedMap<(CurrencyKey, Address), Amount>,
        /// All that this instance owes in a currency.
        pub(crate) owed: OrderedMap<CurrencyKey, Amount>,
    }

    impl Reputation {
        /// Starts without scores and flags.
        #[init]
        pub fn init(&mut self) {}

        /// Counts what was settled between a seller and a buyer, and how much of it went to others, in the scores that
        /// stand under the caller.
        #[call]
        pub fn count_trade(
            &mut self,
            seller: Address,
            buyer: Address,
            currency: Currency,
            amount: Amount,
            shared: Amount,
        ) -> Result<(), Error> {
            self.count(seller, buyer, currency, amount, shared)
        }

        /// Flags an event, by its hash and its time, for the stake that the terms of a licence say. The licence is the
        /// caller's, and was at that time.
        ///
        /// Optional: `market`, of which the licence is (default `licence`).
        #[call(payable)]
        pub fn flag(
            &mut self,
            licence: u64,
            event: Hash,
            event_ms: u64,
            max_stake: Amount,
            market: Option<Address>,
        ) -> Result<(), Error> {
            self.raise(&place(licence, event, market), event_ms, max_stake)
        }

        /// Upholds or rejects a flag, before its time is over: by the arbiter; or by anyone if that is a group, which
        /// has resolved `verdict`.
        ///
        /// Optional: `market`, of which the licence is (default `licence`).
        #[call]
        pub fn decide(
            &mut self,
            licence: u64,
            event: Hash,
            is_upheld: bool,
            market: Option<Address>,
        ) -> Result<(), Error> {
            self.judge(&place(licence, event, market), is_upheld)
        }

        /// Gives the stake back of a flag on which nobody decided in time. By anyone.
        ///
        /// Optional: `market`, of which the licence is (default `licence`).
        #[call]
        pub fn lapse(&mut self, licence: u64, event: Hash, market: Option<Address>) -> Result<(), Error> {
            self.let_lapse(&place(licence, event, market))
        }

        /// Removes a flag that is decided or has lapsed, and whose licence is closed or good for no flag any more.
        /// Anyone may, and receives the deposit.
        ///
        /// Optional: `market`, of which the licence is (default `licence`).
        #[call]
        pub fn remove_flag(&mut self, licence: u64, event: Hash, market: Option<Address>) -> Result<(), Error> {
            self.remove_flag_of(&place(licence, event, market))
        }

        /// Removes a buyer's score that counts nothing any more. Anyone may, and receives the deposit.
        ///
        /// Optional: `market`, in which it stands (default `licence`).
        #[call]
        pub fn remove_score(&mut self, who: Address, currency: Currency, market: Option<Address>) -> Result<(), Error> {
            self.remove_score_of(market.unwrap_or(LICENCE), who, currency)
        }

        /// Takes all money in a currency that waits for the caller, or sends it to another receiver, and returns how
        /// much it is.
        #[call]
        pub fn withdraw(&mut self, currency: Currency, to: Option<Address>) -> Result<Amount, Error> {
            let caller = env().caller();
            self.pay_out(currency, caller, to.unwrap_or(caller))
        }

        /// A flag that was not removed. `market` is `licence` unless it is named.
        #[query]
        pub fn flag_on(&self, licence: u64, event: Hash, market: Option<Address>) -> Option<Flag> {
            self.flags.get(&place(licence, event, market).key())
        }

        /// What a group resolves to decide on a flag. `market` is `licence` unless it is named.
        #[query]
        pub fn verdict(
            &self,
            licence: u64,
            event: Hash,
            is_upheld: bool,
            market: Option<Address>,
        ) -> Result<Hash, Error> {
            let place = place(licence, event, market);
            Ok(verdict(&place, self.flagged(&place)?.until_ms, is_upheld))
        }

        /// What a seller's trades in a currency amount to: settled prices, less what upheld flags took off. `market` is
        /// `licence` unless it is named.
        #[query]
        pub fn seller_score(&self, who: Address, currency: Currency, market: Option<Address>) -> SellerScore {
            self.sellers.get_or_default(&(market.unwrap_or(LICENCE), who, currency.key()))
        }

        /// What somebody paid in a currency, within this window of 30 days and the 11 before it. `market` is `licence`
        /// unless it is named.
        #[query]
        pub fn buyer_score(&self, who: Address, currency: Currency, market: Option<Address>) -> Amount {
            self.spent_by(market.unwrap_or(LICENCE), who, currency)
        }

        /// The money that waits for somebody.
        #[query]
        pub fn credit_of(&self, who: Address, currency: Currency) -> Amount {
            self.credits.get_or_default(&(currency.key(), who))
        }

        /// All that this instance owes in a currency.
        #[query]
        pub fn owed(&self, currency: Currency) -> Amount {
            self.owed.get_or_default(&currency.key())
        }

        /// The instance holds at least the coin that it owes.
        #[invariant]
        pub fn coin_covers_what_is_owed(&self) -> bool {
            holds_coin_owed(&self.owed)
        }

        /// What is owed in a currency is the sum of credits and of the stakes of open flags.
        ///
        /// One check takes one of the first 100 currencies, by the block's height, and reads at most 2,000 entries of
        /// each kind. Where there are more, their partial sum is not above what is owed.
        #[invariant]
        pub fn books_add_up(&self) -> bool {
            self.check_books()
        }
    }

    fn place(licence: u64, event: Hash, market: Option<Address>) -> Place {
        Place { market: market.unwrap_or(LICENCE), licence, event }
    }
}
