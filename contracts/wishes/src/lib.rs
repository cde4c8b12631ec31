//! Wishes for data streams: somebody says which stream is wanted, anybody adds to the bounty, and who provides the stream
//! is paid.
//!
//! Rules:
//! - What a wish states never changes: the text, the hash of its terms, the currency of the bounty, who accepts, and until
//!   when. The acceptor may be an instance, such as a group. Backers trust the acceptor, who may accept any stream.
//! - Until the deadline anybody adds to the bounty, whoever may edit a stream submits it, and the acceptor accepts one
//!   that was submitted, with the publisher who submitted it. Then the whole bounty is the publisher's.
//! - From the deadline on, if nothing was accepted, each backer takes their own part back. The two exclude each other, and
//!   nobody can take a part back before.
//! - Claims do not expire. Each takes what is theirs: nobody's refusal holds up anybody else, and nothing is done for all
//!   backers at once.
//! - What arrives is what counts. Each currency has books of its own.
//! - What is over can be removed by anyone, who receives the deposit: wishes for which nothing is held, submissions, and
//!   notes of who backed a wish that was granted.
//! - An instance of its own has one wish, with number 1, and takes no other.
//!
//! Left out: a judgement whether a stream is what was wanted, which is the acceptor's, and several winners.

#![no_std]

mod checks;
mod error;
mod events;
mod grant;
mod money;
mod types;

pub use self::wishes::*;
pub use checks::MAX_CHECKED_ENTRIES;
pub use error::Error;
pub use events::{Backed, Cleared, Collected, Refunded, StreamAccepted, SubmissionRemoved, Submitted, Wished};
pub use types::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, coin, call), calls("*"), upgrade = "admin")]
pub mod wishes {
    use crate::error::Error;
    use crate::types::{Accepted, Currency, CurrencyKey, NewWish, Progress, Terms, WishInfo};
    use core::ops::Bound;
    use tenon_contract::money::holds_coin_owed;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;

    /// What the instance keeps.
    #[storage]
    pub struct Wishes {
        /// How many wishes were made, which is the highest number.
        pub(crate) count: Value<u64>,
        /// Whether no further wish is taken.
        pub(crate) closed: Value<bool>,
        /// The registry of the streams, if it is not the chain's own.
        pub(crate) registry: Value<Address>,
        /// What was stated, by number.
        pub(crate) terms: OrderedMap<u64, Terms>,
        /// How far wishes have come; absent while nothing has happened.
        pub(crate) progress: OrderedMap<u64, Progress>,
        /// What backers put in, by wish and backer.
        pub(crate) backers: OrderedMap<(u64, Address), Amount>,
        /// Who submitted a stream, by wish and stream.
        pub(crate) submissions: OrderedMap<(u64, Hash), Address>,
        /// All that this instance owes in a currency.
        pub(crate) owed: OrderedMap<CurrencyKey, Amount>,
    }

    impl Wishes {
        /// Starts without wishes, or with one of the deployer that stays the only one. Optional: `registry`, an instance
        /// of `streams` (default the chain's own).
        #[init]
        pub fn init(&mut self, first: Option<NewWish>, registry: Option<Address>) -> Result<(), Error> {
            if let Some(registry) = registry {
                self.registry.set(&registry);
            }
            if let Some(NewWish { text, terms_hash, deadline_ms, acceptor, currency }) = first {
                let by = env().caller();
                let (acceptor, currency) = (acceptor.unwrap_or(by), currency.unwrap_or(Currency::Coin));
                self.make(Terms { by, text, terms_hash, currency, acceptor, deadline_ms })?;
                self.closed.set(&true);
            }
            Ok(())
        }

        /// Wishes for a stream and returns the number of the wish; the first is 1. Until `deadline_ms` anybody may add to
        /// its bounty, and the acceptor may accept a stream.
        ///
        /// Optional: `acceptor` (default the caller), `currency` of the bounty (default the coin).
        #[call]
        pub fn wish(
            &mut self,
            text: String,
            terms_hash: Hash,
            deadline_ms: u64,
            acceptor: Option<Address>,
            currency: Option<Currency>,
        ) -> Result<u64, Error> {
            ensure!(!self.closed.get(), Error::OneWishOnly);
            let by = env().caller();
            let (acceptor, currency) = (acceptor.unwrap_or(by), currency.unwrap_or(Currency::Coin));
            self.make(Terms { by, text, terms_hash, currency, acceptor, deadline_ms })
        }

        /// Adds to the bounty of a wish: the coin that is sent along, or an asset that the caller has approved. What
        /// arrives is what counts. Until the deadline nobody can take it back.
        #[call(payable)]
        pub fn back(&mut self, wish: u64, amount: Amount) -> Result<(), Error> {
            self.add(wish, amount)
        }

        /// Submits a stream for a wish: by who may edit the stream. A submission stands as long as who made it may.
        #[call]
        pub fn submit(&mut self, wish: u64, stream: Hash) -> Result<(), Error> {
            self.offer(wish, stream)
        }

        /// Accepts a stream that was submitted by a publisher, who may still edit it and whose the bounty is from now
        /// on. Only the acceptor, before the deadline.
        #[call]
        pub fn accept(&mut self, wish: u64, stream: Hash, publisher: Address) -> Result<(), Error> {
            self.grant(wish, Accepted { stream, publisher })
        }

        /// Takes the bounty, or sends it to another receiver, and returns how much it is. Only the publisher whose stream
        /// was accepted.
        #[call]
        pub fn collect(&mut self, wish: u64, to: Option<Address>) -> Result<Amount, Error> {
            self.pay_publisher(wish, to)
        }

        /// Takes back what the caller put into a bounty, or sends it to another receiver, and returns how much it is. From
        /// the deadline on, if nothing was accepted.
        #[call]
        pub fn refund(&mut self, wish: u64, to: Option<Address>) -> Result<Amount, Error> {
            self.pay_back(wish, to)
        }

        /// Removes a submission: by who made it, or by anyone once the wish is over, who receives the deposit.
        #[call]
        pub fn remove_submission(&mut self, wish: u64, stream: Hash) -> Result<(), Error> {
            self.withdraw_offer(wish, stream)
        }

        /// Removes the note of what somebody put into a bounty that went to a publisher: by anyone, who receives the
        /// deposit.
        #[call]
        pub fn remove_backer(&mut self, wish: u64, backer: Address) -> Result<(), Error> {
            self.clear_backer(wish, backer)
        }

        /// Removes a wish for which nothing is held: by anyone once it is over, before by who made it. Who does receives
        /// the deposit.
        #[call]
        pub fn clear(&mut self, wish: u64) -> Result<(), Error> {
            self.clear_wish(wish)
        }

        /// The number of wishes that were made; numbers run from 1 to it.
        #[query]
        pub fn wish_count(&self) -> u64 {
            self.count.get()
        }

        /// Everything about a wish.
        #[query]
        pub fn wish_info(&self, wish: u64) -> Result<WishInfo, Error> {
            Ok(WishInfo { terms: self.known(wish)?, progress: self.progress.get_or_default(&wish) })
        }

        /// Numbers of the wishes that were not cleared, after `after`. At most 100.
        #[query]
        pub fn wishes(&self, after: Option<u64>, limit: Option<u32>) -> Vec<u64> {
            self.terms.page(after.as_ref(), page_size(limit)).into_iter().map(|(wish, _)| wish).collect()
        }

        /// What somebody put into the bounty of a wish and has not taken back.
        #[query]
        pub fn backing(&self, wish: u64, backer: Address) -> Amount {
            self.backers.get_or_default(&(wish, backer))
        }

        /// Backers of a wish and what they put in, by address, after `after`. At most 100.
        #[query]
        pub fn backers(&self, wish: u64, after: Option<Address>, limit: Option<u32>) -> Vec<(Address, Amount)> {
            let after = after.map(|backer| (wish, backer));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let entries = self.backers.iter_within(&wish, from, Direction::Ascending);
            entries.limit(page_size(limit)).map(|((_, backer), amount)| (backer, amount)).collect()
        }

        /// Streams that were submitted for a wish, with their publishers, by id, after `after`. At most 100.
        #[query]
        pub fn submissions(&self, wish: u64, after: Option<Hash>, limit: Option<u32>) -> Vec<(Hash, Address)> {
            let after = after.map(|stream| (wish, stream));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let entries = self.submissions.iter_within(&wish, from, Direction::Ascending);
            entries.limit(page_size(limit)).map(|((_, stream), publisher)| (stream, publisher)).collect()
        }

        /// All that this instance owes in a currency.
        #[query]
        pub fn owed(&self, currency: Currency) -> Amount {
            self.owed.get_or_default(&currency.key())
        }

        /// The registry of the streams.
        #[query]
        pub fn registry(&self) -> Address {
            self.registry_address()
        }

        /// The instance holds at least the coin that it owes.
        #[invariant]
        pub fn coin_covers_what_is_owed(&self) -> bool {
            holds_coin_owed(&self.owed)
        }

        /// What is owed in a currency is the sum of what is held for its wishes.
        ///
        /// One check takes one of the first 100 currencies, by the block's height, and reads at most 1,000 wishes. Where
        /// there are more, their partial sum is not above what is owed.
        #[invariant]
        pub fn books_add_up(&self) -> bool {
            self.check_books()
        }

        /// What is held for a wish that was not granted is the sum of what its backers put in.
        ///
        /// One check takes one wish, by the block's height, and reads at most 1,000 backers. Where there are more, their
        /// partial sum is not above what is held.
        #[invariant]
        pub fn backers_add_up(&self) -> bool {
            self.check_backers()
        }
    }

    fn page_size(limit: Option<u32>) -> u32 {
        limit.unwrap_or(MAX_PAGE).min(MAX_PAGE)
    }
}
