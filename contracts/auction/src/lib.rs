//! Auctions of any asset, paid in the chain's coin or in any divisible asset.
//!
//! Rules that hold for every auction:
//! - What the seller stated never changes. The goods are in this instance's hands from the start until they are sold or
//!   go back. The seller can cancel only before there is a bid.
//! - Who is outbid, who deposited and who is paid finds the money as a credit and takes it with `withdraw`: nobody's
//!   refusal can hold up anybody else.
//! - Dutch is the default: the price falls from the first one to the floor and stays there, is rounded up for the seller,
//!   and the first buyer gets the goods at once, never for more than the maximum that the buyer states. Goods and money
//!   change hands in one step: where the goods are refused, nothing is paid.
//! - English: each bid is above the one before by a least increment, and a late bid moves the end, by a week at most.
//! - Sealed: bidders commit to a hash and a deposit, open their bids afterwards, and the highest pays the second highest
//!   price. Who does not open a bid loses the bond to the seller. So the seller's own bids under other names cost nothing
//!   when they stay closed, and the one that fits best can be opened last: the seller can lift the second price to just
//!   below the highest bid. Bid no more than the goods are worth to you.
//! - Anybody may settle after the end. In an English or a sealed auction the seller is paid then, whatever becomes of the
//!   goods: the winner gets them in the same call if their module lets them pass, else a claim to `collect` them or to
//!   name another receiver. A freezer or registrar of restricted goods can hinder that after the payment: look at who may
//!   freeze the goods, and who may receive them, before you bid.
//! - Goods that cannot leave this instance again are not taken: it sends them to itself when they come. That shows what
//!   their module allows at that time, and not what it will allow later.
//! - Times are half-open: from the start on, before the end.
//! - Each currency has books of its own. What arrives is what counts, so a module with fees or worse can harm only those
//!   who deal in its asset. The same is true of modules of goods: look at what you bid for.
//! - A house is an instance with terms fixed at its creation: a cut of at most 10 percent, rounded down, and if it says
//!   so one collection and one currency. The house has no power over an auction. But who may replace the code of an
//!   instance may do anything: create a house without an admin, and look before you trust one.
//! - Whoever settles brings gas for the goods' module. If handing over fails for what may be want of gas, nothing is
//!   settled; if it fails otherwise, or with all of [`DELIVERY_GAS`], the goods wait for `collect`.
//!
//! Left out: bids for a part of the goods, auctions that sell several goods together, and loans against a bid.

#![no_std]

pub mod curve;
mod error;
mod events;
mod goods;
mod money;
mod rules;
mod sale;
mod sealed;
mod standards;
mod types;

pub use self::auction::*;
pub use error::Error;
pub use events::*;
pub use rules::{
    DEFAULT_EXTENSION_MS, DEFAULT_INCREMENT_BPS, MAX_DURATION_MS, MAX_EXTENSION_MS, MAX_INCREMENT_BPS,
    MAX_TOTAL_EXTENSION_MS,
};
pub use sale::DELIVERY_GAS;
pub use types::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, coin, call, hash), calls("*"), upgrade = "admin")]
pub mod auction {
    use crate::curve;
    use crate::error::Error;
    use crate::events::{BidPlaced, Committed, Delivered, Forfeited, Revealed};
    use crate::rules::{self, DEFAULT_EXTENSION_MS, DEFAULT_INCREMENT_BPS};
    use crate::sealed::commitment_hash;
    use crate::types::{
        AuctionInfo, Bid, Commitment, Currency, CurrencyKey, Curve, Dutch, English, Goods, House, Progress, Rules,
        Sealed, State, Terms,
    };
    use core::ops::Bound;
    use tenon_contract::money::holds_coin_owed;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;

    /// What the instance keeps.
    #[storage]
    pub struct Auction {
        /// The house's terms, if there is a house.
        pub(crate) house: Value<House>,
        /// The number of auctions, which is the highest id.
        pub(crate) count: Value<u64>,
        /// What the seller stated.
        pub(crate) terms: Map<u64, Terms>,
        /// What has happened since; absent while nothing has.
        pub(crate) progress: Map<u64, Progress>,
        /// Auctions that have not closed.
        pub(crate) open: Set<u64>,
        /// A seller's auctions.
        pub(crate) by_seller: Set<(Address, u64)>,
        /// Sealed bids that were not opened, by auction and bidder.
        pub(crate) commitments: OrderedMap<(u64, Address), Commitment>,
        /// Money that waits, by currency and owner.
        pub(crate) credits: OrderedMap<(CurrencyKey, Address), Amount>,
        /// All that this instance owes in a currency: credits, money behind bids, deposits.
        pub(crate) owed: OrderedMap<CurrencyKey, Amount>,
    }

    impl Auction {
        /// Starts without auctions. With a house, its terms are fixed for good; without one, anybody sells anything, and
        /// there is no cut.
        #[init]
        pub fn init(&mut self, house: Option<House>) -> Result<(), Error> {
            if let Some(house) = house {
                house.check()?;
                self.house.set(&house);
            }
            Ok(())
        }

        /// Offers goods at a falling price and returns the auction's id. The caller owns the goods and has approved this
        /// instance in their module.
        ///
        /// The price falls from `start_price` to `floor_price` in `duration_ms` and stays there. Optional: `curve`
        /// (default linear), `currency` (default the coin), `start_ms` (default now), `end_ms` (default: until sold or
        /// cancelled). A floor of zero gives the goods away at last, and needs `allow_zero_floor`.
        #[call]
        #[allow(clippy::too_many_arguments, reason = "one transaction states everything about the auction")]
        pub fn sell_dutch(
            &mut self,
            goods: Goods,
            start_price: Amount,
            floor_price: Amount,
            duration_ms: u64,
            curve: Option<Curve>,
            currency: Option<Currency>,
            start_ms: Option<u64>,
            end_ms: Option<u64>,
            allow_zero_floor: Option<bool>,
        ) -> Result<u64, Error> {
            let start_ms = rules::start(start_ms)?;
            let dutch = Dutch { start_price, floor_price, duration_ms, curve: curve.unwrap_or(Curve::Linear), end_ms };
            dutch.check(start_ms, allow_zero_floor == Some(true))?;
            self.open(goods, currency, start_ms, Rules::Dutch(dutch))
        }

        /// Offers goods for rising bids and returns the auction's id. The caller owns the goods and has approved this
        /// instance in their module.
        ///
        /// Optional: `currency` (default the coin), `start_ms` (default now), `min_increment` and `min_increment_bps`, of
        /// which the larger counts (default 5 percent), `extension_ms`, which a bid leaves at least (default five
        /// minutes).
        #[call]
        #[allow(clippy::too_many_arguments, reason = "one transaction states everything about the auction")]
        pub fn sell_english(
            &mut self,
            goods: Goods,
            reserve_price: Amount,
            duration_ms: u64,
            currency: Option<Currency>,
            start_ms: Option<u64>,
            min_increment: Option<Amount>,
            min_increment_bps: Option<u16>,
            extension_ms: Option<u64>,
        ) -> Result<u64, Error> {
            let (start_ms, end_ms) = Self::times(start_ms, duration_ms)?;
            let default_bps = if min_increment.is_some() { 0 } else { DEFAULT_INCREMENT_BPS };
            let english = English {
                reserve_price,
                end_ms,
                min_increment: min_increment.unwrap_or(0),
                min_increment_bps: min_increment_bps.unwrap_or(default_bps),
                extension_ms: extension_ms.unwrap_or(DEFAULT_EXTENSION_MS),
            };
            english.check()?;
            self.open(goods, currency, start_ms, Rules::English(english))
        }

        /// Offers goods for sealed bids and returns the auction's id. The caller owns the goods and has approved this
        /// instance in their module.
        ///
        /// Bidders commit for `commit_ms` milliseconds, then open their bids for `reveal_ms` milliseconds. Who does not
        /// open a bid loses `bond`. Optional: `min_deposit` (default the larger of reserve price and bond), `currency`
        /// (default the coin), `start_ms` (default now).
        #[call]
        #[allow(clippy::too_many_arguments, reason = "one transaction states everything about the auction")]
        pub fn sell_sealed(
            &mut self,
            goods: Goods,
            reserve_price: Amount,
            bond: Amount,
            commit_ms: u64,
            reveal_ms: u64,
            min_deposit: Option<Amount>,
            currency: Option<Currency>,
            start_ms: Option<u64>,
        ) -> Result<u64, Error> {
            let (start_ms, reveals_from_ms) = Self::times(start_ms, commit_ms)?;
            let end_ms = rules::end(reveals_from_ms, reveal_ms)?;
            let min_deposit = min_deposit.unwrap_or(reserve_price.max(bond));
            let sealed = Sealed { reserve_price, reveal_ms: reveals_from_ms, end_ms, min_deposit, bond };
            sealed.check()?;
            self.open(goods, currency, start_ms, Rules::Sealed(sealed))
        }

        /// Buys the goods of a Dutch auction at the price of now, if that is not above `max_price`, and returns the price.
        /// Coin that is sent above it waits for the buyer.
        #[call(payable)]
        pub fn buy(&mut self, auction: u64, max_price: Amount) -> Result<Amount, Error> {
            let (terms, mut progress) = self.running(auction)?;
            let Rules::Dutch(dutch) = &terms.rules else { return Err(Error::WrongKind) };
            let now = Self::within(terms.start_ms, dutch.end_ms)?;
            let price = curve::price_at(dutch, terms.start_ms, now);
            ensure!(price <= max_price, Error::PriceAboveMaximum);
            let buyer = env().caller();
            progress.bids = 1;
            self.take_payment(auction, terms.currency, price)?;
            self.sell(auction, &terms, &mut progress, (buyer, price));
            self.progress.set(&auction, &progress);
            terms.goods.delivery(buyer).try_execute().map_err(|_| Error::DeliveryRefused)?;
            emit(Delivered { auction, to: buyer });
            Ok(price)
        }

        /// Bids in an English auction. Who holds the best bid already pays only the difference; who is outbid finds the
        /// money as a credit. Coin that is sent above what is due waits for the bidder.
        #[call(payable)]
        pub fn bid(&mut self, auction: u64, amount: Amount) -> Result<(), Error> {
            let (terms, mut progress) = self.running(auction)?;
            let Rules::English(english) = &terms.rules else { return Err(Error::WrongKind) };
            let now = Self::within(terms.start_ms, Some(english.end_now(&progress)))?;
            let least = english.least_bid(progress.best.as_ref()).ok_or(Error::BidTooLow)?;
            ensure!(amount >= least, Error::BidTooLow);
            let bidder = env().caller();
            let (own, outbid) = match progress.best {
                Some(best) if best.bidder == bidder => (best.held, None),
                best => (0, best),
            };
            self.take_payment(auction, terms.currency, amount - own)?;
            if let Some(outbid) = outbid {
                self.credit(auction, terms.currency, outbid.bidder, outbid.held);
            }
            progress.bids = progress.bids.saturating_add(1);
            progress.moved_end_ms = english.end_after_bid(&progress, now);
            progress.best = Some(Bid { bidder, price: amount, held: amount, number: progress.bids });
            self.progress.set(&auction, &progress);
            emit(BidPlaced { auction, bidder, amount, end_ms: english.end_now(&progress) });
            Ok(())
        }

        /// Commits to a sealed bid: `hash` is what `sealed_bid` says, and the deposit is the highest bid that it can be.
        #[call(payable)]
        pub fn commit(&mut self, auction: u64, hash: Hash, deposit: Amount) -> Result<(), Error> {
            let (terms, mut progress) = self.running(auction)?;
            let Rules::Sealed(sealed) = &terms.rules else { return Err(Error::WrongKind) };
            Self::within(terms.start_ms, Some(sealed.reveal_ms))?;
            let bidder = env().caller();
            ensure!(!self.commitments.contains(&(auction, bidder)), Error::AlreadyCommitted);
            ensure!(deposit >= sealed.min_deposit, Error::DepositTooSmall);
            self.take_payment(auction, terms.currency, deposit)?;
            progress.bids = progress.bids.checked_add(1).ok_or(Error::AmountOverflow)?;
            self.progress.set(&auction, &progress);
            self.commitments.set(&(auction, bidder), &Commitment { hash, deposit, number: progress.bids });
            emit(Committed { auction, bidder, deposit });
            Ok(())
        }

        /// Opens the caller's sealed bid. A bid below the reserve price cannot win, and its deposit comes back whole.
        #[call]
        pub fn reveal(&mut self, auction: u64, price: Amount, salt: Hash) -> Result<(), Error> {
            let (terms, mut progress) = self.running(auction)?;
            let Rules::Sealed(sealed) = &terms.rules else { return Err(Error::WrongKind) };
            Self::within(sealed.reveal_ms, Some(sealed.end_ms))?;
            let bidder = env().caller();
            let commitment = self.commitments.take(&(auction, bidder)).ok_or(Error::NoCommitment)?;
            ensure!(commitment.hash == commitment_hash(auction, bidder, price, salt), Error::WrongReveal);
            ensure!(price <= commitment.deposit, Error::DepositTooSmall);
            if price < sealed.reserve_price {
                self.credit(auction, terms.currency, bidder, commitment.deposit);
            } else {
                let bid = Bid { bidder, price, held: commitment.deposit, number: commitment.number };
                self.rank(auction, &terms, &mut progress, bid);
            }
            emit(Revealed { auction, bidder, price });
            Ok(())
        }

        /// Ends a commitment that was not opened in time: the bond waits for the seller, the rest for the bidder. By
        /// anybody, after the end.
        #[call]
        pub fn forfeit(&mut self, auction: u64, bidder: Address) -> Result<(), Error> {
            let terms = self.known(auction)?;
            let Rules::Sealed(sealed) = &terms.rules else { return Err(Error::WrongKind) };
            ensure!(env().block_time_ms() >= sealed.end_ms, Error::TooEarly);
            let commitment = self.commitments.take(&(auction, bidder)).ok_or(Error::NoCommitment)?;
            self.split(auction, &terms, bidder, sealed.bond, commitment);
            emit(Forfeited { auction, bidder, bond: sealed.bond });
            Ok(())
        }

        /// Closes an auction whose time is over: seller and house are paid, and the best bidder gets the goods; without a
        /// bid they go back. By anybody.
        #[call]
        pub fn settle(&mut self, auction: u64) -> Result<(), Error> {
            self.conclude(auction)
        }

        /// Takes an auction back before there is a bid or a commitment. Only the seller.
        #[call]
        pub fn cancel(&mut self, auction: u64) -> Result<(), Error> {
            let (terms, mut progress) = self.running(auction)?;
            ensure!(env().caller() == terms.seller, Error::NotSeller);
            ensure!(progress.bids == 0, Error::HasBids);
            self.give_back(auction, &terms, &mut progress, State::Cancelled)
        }

        /// Takes goods that could not be delivered to the caller, or sends them to another receiver.
        #[call]
        pub fn collect(&mut self, auction: u64, to: Option<Address>) -> Result<(), Error> {
            let terms = self.known(auction)?;
            let mut progress = self.progress.get_or_default(&auction);
            ensure!(progress.claimant == Some(env().caller()), Error::NothingToCollect);
            let to = Self::receiver(to)?;
            progress.claimant = None;
            self.progress.set(&auction, &progress);
            terms.goods.delivery(to).try_execute().map_err(|_| Error::DeliveryRefused)?;
            emit(Delivered { auction, to });
            Ok(())
        }

        /// Takes all money in a currency that waits for the caller, or sends it to another receiver, and returns how much
        /// it is.
        #[call]
        pub fn withdraw(&mut self, currency: Currency, to: Option<Address>) -> Result<Amount, Error> {
            let to = Self::receiver(to)?;
            self.pay_out(currency, env().caller(), to)
        }

        /// The number of auctions; ids run from 1 to it.
        #[query]
        pub fn auction_count(&self) -> u64 {
            self.count.get()
        }

        /// Everything about an auction, also after it closed.
        #[query]
        pub fn auction(&self, auction: u64) -> Result<AuctionInfo, Error> {
            let terms = self.known(auction)?;
            let progress = self.progress.get_or_default(&auction);
            let end_ms = progress.moved_end_ms.or(terms.end_ms());
            Ok(AuctionInfo { terms, progress, end_ms })
        }

        /// The price of a Dutch auction now. Before its start it is the first price.
        #[query]
        pub fn price_now(&self, auction: u64) -> Result<Amount, Error> {
            self.price_at(auction, env().block_time_ms())
        }

        /// The price of a Dutch auction at a time.
        #[query]
        pub fn price_at(&self, auction: u64, time_ms: u64) -> Result<Amount, Error> {
            let terms = self.known(auction)?;
            let Rules::Dutch(dutch) = &terms.rules else { return Err(Error::WrongKind) };
            Ok(curve::price_at(dutch, terms.start_ms, time_ms))
        }

        /// The least next bid of an English auction; nothing if no amount is high enough.
        #[query]
        pub fn min_bid(&self, auction: u64) -> Result<Option<Amount>, Error> {
            let terms = self.known(auction)?;
            let Rules::English(english) = &terms.rules else { return Err(Error::WrongKind) };
            Ok(english.least_bid(self.progress.get_or_default(&auction).best.as_ref()))
        }

        /// The hash that a bidder commits to. Ask a node that you trust, as it learns the price.
        #[query]
        pub fn sealed_bid(&self, auction: u64, bidder: Address, price: Amount, salt: Hash) -> Hash {
            commitment_hash(auction, bidder, price, salt)
        }

        /// A sealed bid that was not opened.
        #[query]
        pub fn commitment(&self, auction: u64, bidder: Address) -> Option<Commitment> {
            self.commitments.get(&(auction, bidder))
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

        /// The house's terms, if there is a house.
        #[query]
        pub fn house(&self) -> Option<House> {
            self.house.load()
        }

        /// Ids of the auctions that have not closed, after `after`. At most 100.
        #[query]
        pub fn open_auctions(&self, after: Option<u64>, limit: Option<u32>) -> Vec<u64> {
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let page = self.open.iter_from(from, Direction::Ascending);
            page.limit(limit.unwrap_or(MAX_PAGE).min(MAX_PAGE)).map(|(auction, ())| auction).collect()
        }

        /// Ids of a seller's auctions, closed ones included, after `after`. At most 100.
        #[query]
        pub fn auctions_of(&self, seller: Address, after: Option<u64>, limit: Option<u32>) -> Vec<u64> {
            let after = after.map(|auction| (seller, auction));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let page = self.by_seller.iter_within(&seller, from, Direction::Ascending);
            page.limit(limit.unwrap_or(MAX_PAGE).min(MAX_PAGE)).map(|((_, auction), ())| auction).collect()
        }

        /// The instance holds at least the coin that it owes.
        #[invariant]
        pub fn coin_covers_what_is_owed(&self) -> bool {
            holds_coin_owed(&self.owed)
        }

        /// What is owed in a currency is the sum of credits, of the money behind the best bids, and of deposits.
        ///
        /// One check takes one of the first 100 currencies, by the block's height, and reads at most 2,000 entries of each
        /// kind. Where there are more, their partial sum is not above what is owed.
        #[invariant]
        pub fn books_add_up(&self) -> bool {
            self.check_books()
        }
    }
}
