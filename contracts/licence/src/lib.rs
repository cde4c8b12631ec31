//! Licences to read data streams: what is sold, for how long, under which terms, and who gets the price.
//!
//! Rules:
//! - Who owns a stream, or may grant rights on it, offers a product of it. The stream's owner lets this instance grant
//!   the right to subscribe; a purchase grants it until the licence ends, in one step with the payment, or nothing
//!   happens.
//! - Terms of a version never change, and name the terms of use by their hash. New terms are another version, which
//!   only later purchases see. Buyers name the version and the most that they would pay.
//! - A licence holds from its start on and before its end. Extended, it goes on from its old end. From its end on
//!   nobody gets new data by it: the right ends in the registry of streams, the key is no longer listed, and the
//!   product's key epoch rises, which is when the publisher takes another key. What was read before stays readable.
//! - The price is the seller's at once, or evenly with time, or once a number of events were published, or event by
//!   event. What brokers have agreed on is what counts, in whole rounds. Whatever is not the seller's goes back.
//! - Brokers and a receiver of a fee get shares of all that becomes the seller's, rounded down; the rest is the
//!   seller's. The parts are the price to the unit, however often it is settled.
//! - Money waits for who gets it and is withdrawn: nobody's refusal holds up anybody else.
//! - If the terms say so, a holder can pass a licence on, for a royalty to the seller; key, right and what is held for
//!   it go along.
//! - What is settled counts in the scores of the module `reputation`, where a holder also flags events if the terms name
//!   an arbiter. Here stands what a licence covers, and that others leave it open while events can be flagged.
//!
//! Left out: the data itself and its keys, which are exchanged off chain; what terms of use say; the brokers' scores,
//! which follow from what the module `brokers` pays them.

#![no_std]

mod course;
mod error;
mod events;
mod money;
mod others;
mod resale;
mod shop;
pub mod terms;
mod types;

pub use self::licence::*;
pub use error::Error;
pub use events::*;
pub use types::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, coin, call, hash), calls("*"), upgrade = "admin")]
pub mod licence {
    use crate::error::Error;
    use crate::shop::Order;
    use crate::types::{
        Coverage, Currency, CurrencyKey, Key, Licence, NewProduct, Offer, Product, ProductInfo, Reader, Terms,
    };
    use core::ops::Bound;
    use tenon_contract::money::holds_coin_owed;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;

    /// What the instance keeps.
    #[storage]
    pub struct Licences {
        /// The number of products, which is the highest id.
        pub(crate) product_count: Value<u64>,
        /// Whether no further product is offered.
        pub(crate) closed: Value<bool>,
        /// What is sold, and by whom.
        pub(crate) products: OrderedMap<u64, Product>,
        /// Terms by product and version.
        pub(crate) terms: Map<(u64, u32), Terms>,
        /// How many licences of these terms are not closed.
        pub(crate) open: OrderedMap<(u64, u32), u64>,
        /// A seller's products.
        pub(crate) by_seller: Set<(Address, u64)>,
        /// Products of a stream.
        pub(crate) by_stream: Set<(Hash, u64)>,
        /// The number of licences, which is the highest id.
        pub(crate) licence_count: Value<u64>,
        /// Licences that are not closed.
        pub(crate) licences: OrderedMap<u64, Licence>,
        /// Licences by holder and stream.
        pub(crate) by_holder: Set<(Address, Hash, u64)>,
        /// Licences by product and end.
        pub(crate) ends: Set<(u64, u64, u64)>,
        /// For what licences can be had.
        pub(crate) offers: Map<u64, Offer>,
        /// Money that waits for the brokers of a product's stream.
        pub(crate) broker_shares: OrderedMap<(u64, CurrencyKey), Amount>,
        /// Money that waits, by currency and owner.
        pub(crate) credits: OrderedMap<(CurrencyKey, Address), Amount>,
        /// All that this instance owes in a currency.
        pub(crate) owed: OrderedMap<CurrencyKey, Amount>,
    }

    impl Licences {
        /// Starts without products, or with one that the deployer sells and that stays the only one.
        #[init]
        pub fn init(&mut self, first: Option<NewProduct>) -> Result<(), Error> {
            if let Some(first) = first {
                self.add_product(first)?;
                self.closed.set(&true);
            }
            Ok(())
        }

        /// Puts a product on sale and returns its number; its terms are version 1. The caller owns the stream or may
        /// grant rights on it.
        #[call]
        pub fn publish(&mut self, stream: Hash, name: String, terms: Terms) -> Result<u64, Error> {
            ensure!(!self.closed.get(), Error::Closed);
            self.add_product(NewProduct { stream, name, terms })
        }

        /// Gives a product other terms for whoever buys from now on, and returns their version. Only its seller.
        #[call]
        pub fn revise(&mut self, product: u64, terms: Terms) -> Result<u32, Error> {
            self.add_terms(product, &terms)
        }

        /// Starts or stops the sale of a product. Licences that were bought stay. Only its seller.
        #[call]
        pub fn set_on_sale(&mut self, product: u64, on_sale: bool) -> Result<(), Error> {
            self.change_sale(product, on_sale)
        }

        /// Removes terms that no licence has: older ones by anyone; the newest by the seller, and the product with
        /// them, when it is not on sale, no licence of it is left, and nothing waits for its brokers. Who does receives
        /// the deposit.
        #[call]
        pub fn remove_terms(&mut self, product: u64, version: u32) -> Result<(), Error> {
            self.forget_terms(product, version)
        }

        /// Buys a licence for so many units (periods or events) and returns its number. The price is that of the
        /// version times the units; coin of exactly that amount is sent along, or this instance was approved for it.
        /// Where events count, the brokers must have agreed on them within the last three of their rounds.
        ///
        /// Optional: `deadline_ms`, from which millisecond on nothing is bought.
        #[call(payable)]
        pub fn buy(
            &mut self,
            product: u64,
            version: u32,
            units: u64,
            key: Key,
            max_price: Amount,
            deadline_ms: Option<u64>,
        ) -> Result<u64, Error> {
            ensure!(deadline_ms.is_none_or(|deadline_ms| env().block_time_ms() < deadline_ms), Error::TooLate);
            self.sell(Order { product, version, units, key, max_price })
        }

        /// Lets a licence of the caller last longer, from its old end on, or for more events, and returns its end. Its
        /// terms must be the newest, and its units paid at once.
        #[call(payable)]
        pub fn extend(&mut self, licence: u64, units: u64, max_price: Amount) -> Result<u64, Error> {
            self.prolong(licence, units, max_price)
        }

        /// Replaces the key with which the caller reads. The one before is good no more.
        #[call]
        pub fn set_key(&mut self, licence: u64, key: Key) -> Result<(), Error> {
            self.replace_key(licence, key)
        }

        /// Gives the seller what is due of a licence's price by now, and the holder the rest if no more will be. By
        /// anyone. Returns how much became due, with all shares.
        #[call]
        pub fn settle(&mut self, licence: u64) -> Result<Amount, Error> {
            self.advance(licence)
        }

        /// Ends a licence now whose price is not the seller's at once: by its holder or the seller. What is due is the
        /// seller's, the rest goes back. A locked payment only the seller can give back, and only before it is due.
        #[call]
        pub fn cancel(&mut self, licence: u64) -> Result<(), Error> {
            self.end_by_party(licence)
        }

        /// Removes a licence that is over and settled: by anyone, who receives the deposit. Where its holder can still
        /// flag events, for 7 days, only by the holder.
        #[call]
        pub fn close(&mut self, licence: u64) -> Result<(), Error> {
            self.remove_licence(licence)
        }

        /// Offers a licence of the caller to whoever takes it first. Without `offer` it is offered no more.
        #[call]
        pub fn offer(&mut self, licence: u64, offer: Option<Offer>) -> Result<(), Error> {
            self.put_up(licence, offer)
        }

        /// Takes a licence that is offered, for its price in the currency of its terms, and returns the price. The
        /// seller of the product gets the royalty, the holder the rest.
        #[call(payable)]
        pub fn take(&mut self, licence: u64, key: Key, max_price: Amount) -> Result<Amount, Error> {
            self.pass_on(licence, key, max_price)
        }

        /// Hands what waits for the brokers of a product's stream to them, in the module `brokers`, and returns how
        /// much it is. If the stream is gone it waits for the seller. By anyone.
        #[call]
        pub fn fund_brokers(&mut self, product: u64, currency: Currency) -> Result<Amount, Error> {
            self.pay_brokers(product, currency)
        }

        /// Takes all money in a currency that waits for the caller, or sends it to another receiver, and returns how
        /// much it is.
        #[call]
        pub fn withdraw(&mut self, currency: Currency, to: Option<Address>) -> Result<Amount, Error> {
            let caller = env().caller();
            self.pay_out(currency, caller, to.unwrap_or(caller))
        }

        /// A product with its newest terms.
        #[query]
        pub fn product(&self, product: u64) -> Result<ProductInfo, Error> {
            let record = self.known(product)?;
            let terms = self.terms_of(product, record.version)?;
            let licences = self.open.get_or_default(&(product, record.version));
            Ok(ProductInfo { product: record, terms, licences })
        }

        /// Terms of a product by their version.
        #[query]
        pub fn terms(&self, product: u64, version: u32) -> Result<Terms, Error> {
            self.terms_of(product, version)
        }

        /// Products by number, after `after`, those that are not on sale too. At most 100.
        #[query]
        pub fn products(&self, after: Option<u64>, limit: Option<u32>) -> Vec<(u64, Product)> {
            self.products.page(after.as_ref(), page_size(limit))
        }

        /// Numbers of a seller's products, after `after`. At most 100.
        #[query]
        pub fn products_of(&self, seller: Address, after: Option<u64>, limit: Option<u32>) -> Vec<u64> {
            let after = after.map(|product| (seller, product));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let found = self.by_seller.iter_within(&seller, from, Direction::Ascending);
            found.limit(page_size(limit)).map(|((_, product), ())| product).collect()
        }

        /// Numbers of the products of a stream, after `after`. At most 100.
        #[query]
        pub fn products_on(&self, stream: Hash, after: Option<u64>, limit: Option<u32>) -> Vec<u64> {
            let after = after.map(|product| (stream, product));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let found = self.by_stream.iter_within(&stream, from, Direction::Ascending);
            found.limit(page_size(limit)).map(|((_, product), ())| product).collect()
        }

        /// A licence that is not closed, also when it is over.
        #[query]
        pub fn licence(&self, licence: u64) -> Option<Licence> {
            self.licences.get(&licence)
        }

        /// Streams and numbers of somebody's licences, after `after`, those that are over and not closed too. At most
        /// 100.
        #[query]
        pub fn licences_of(&self, who: Address, after: Option<(Hash, u64)>, limit: Option<u32>) -> Vec<(Hash, u64)> {
            let after = after.map(|(stream, licence)| (who, stream, licence));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let found = self.by_holder.iter_within(&who, from, Direction::Ascending);
            found.limit(page_size(limit)).map(|((_, stream, licence), ())| (stream, licence)).collect()
        }

        /// Whether somebody may read a stream now by a licence of this instance. What brokers ask.
        #[query]
        pub fn has_access(&self, stream: Hash, who: Address) -> Result<bool, Error> {
            self.may_read(stream, who)
        }

        /// The key of a licence; nothing once it is over.
        #[query]
        pub fn key_of(&self, licence: u64) -> Result<Option<Key>, Error> {
            self.running_key(licence)
        }

        /// Readers of a product now with their keys, by the end of their licences, after an end and a licence. At most
        /// 100. Those whose events are used up are among them until somebody settles their licences.
        #[query]
        pub fn readers(
            &self,
            product: u64,
            after: Option<(u64, u64)>,
            limit: Option<u32>,
        ) -> Result<Vec<Reader>, Error> {
            self.readers_now(product, after, page_size(limit))
        }

        /// When somebody ceased to read a product last, in milliseconds; 0 if nobody did. Whenever it rises the
        /// publisher takes another key for new data.
        #[query]
        pub fn key_epoch(&self, product: u64) -> Result<u64, Error> {
            self.last_end_ms(product)
        }

        /// For what a licence can be had from its holder.
        #[query]
        pub fn offered(&self, licence: u64) -> Option<Offer> {
            self.offers.get(&licence)
        }

        /// About what a flag may be raised under a licence, by whom, and for how much; nothing once it is closed. What
        /// `reputation` asks.
        #[query]
        pub fn coverage(&self, licence: u64) -> Result<Option<Coverage>, Error> {
            self.covered(licence)
        }

        /// The money that waits for somebody.
        #[query]
        pub fn credit_of(&self, who: Address, currency: Currency) -> Amount {
            self.credits.get_or_default(&(currency.key(), who))
        }

        /// The money that waits for the brokers of a product's stream.
        #[query]
        pub fn broker_share(&self, product: u64, currency: Currency) -> Amount {
            self.broker_shares.get_or_default(&(product, currency.key()))
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

        /// What is owed in a currency is the sum of credits, of the brokers' shares, and of what is held for licences.
        ///
        /// One check takes one of the first 100 currencies, by the block's height, and reads at most 2,000 entries of
        /// each kind. Where there are more, their partial sum is not above what is owed.
        #[invariant]
        pub fn books_add_up(&self) -> bool {
            self.check_books()
        }

        /// Each licence stands in the indexes of its holder and of its product's ends, has its terms, and has settled
        /// no more than was paid. One check reads at most 500, beginning at the one that the block's height points to.
        #[invariant]
        pub fn licences_are_indexed(&self) -> bool {
            self.check_licences()
        }
    }

    fn page_size(limit: Option<u32>) -> u32 {
        limit.unwrap_or(MAX_PAGE).min(MAX_PAGE)
    }
}
