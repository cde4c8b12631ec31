//! How an auction opens, closes and hands its goods over.

use crate::auction::Auction;
use crate::error::Error;
use crate::events::{Delivered, Listed, NotSold, Sold, Undelivered};
use crate::rules;
use crate::types::{Bid, Currency, Goods, Progress, Rules, State, Terms};
use tenon_contract::prelude::*;

/// Gas that a module of goods gets to hand them over: fifty times what a transfer under a policy needs.
pub const DELIVERY_GAS: u64 = 10_000_000;
/// Gas that is left beside that: what the host keeps back for the caller, and what the rest of the call needs.
const RESERVED_GAS: u64 = 1_000_000;

impl Auction {
    /// Takes the goods and opens an auction.
    pub(crate) fn open(
        &mut self,
        goods: Goods,
        currency: Option<Currency>,
        start_ms: u64,
        rules: Rules,
    ) -> Result<u64, Error> {
        let (seller, house) = (env().caller(), self.house.load());
        let currency = currency.or(house.and_then(|house| house.currency)).unwrap_or(Currency::Coin);
        ensure!(currency.is_valid(), Error::WrongCurrency);
        if let Some(house) = house {
            house.admit(&goods, currency)?;
        }
        goods.take_from(seller)?;
        let auction = self.count.update(|count| count + 1);
        self.terms.set(&auction, &Terms { seller, goods, currency, start_ms, rules });
        self.open.insert(&auction);
        self.by_seller.insert(&(seller, auction));
        emit(Listed { auction, seller, goods, currency });
        Ok(auction)
    }

    pub(crate) fn known(&self, auction: u64) -> Result<Terms, Error> {
        self.terms.get(&auction).ok_or(Error::UnknownAuction)
    }

    /// An auction that has not closed.
    pub(crate) fn running(&self, auction: u64) -> Result<(Terms, Progress), Error> {
        let terms = self.known(auction)?;
        let progress = self.progress.get_or_default(&auction);
        ensure!(progress.state == State::Open, Error::Closed);
        Ok((terms, progress))
    }

    /// Closes an auction as sold: what was paid is split between seller and house, and waits for them.
    pub(crate) fn sell(
        &mut self,
        auction: u64,
        terms: &Terms,
        progress: &mut Progress,
        (buyer, price): (Address, Amount),
    ) {
        let house = self.house.load();
        let cut = house.map_or(0, |house| house.cut(price));
        progress.best = Some(Bid { bidder: buyer, price, held: 0, number: progress.bids });
        self.close(auction, progress, State::Sold);
        self.credit(auction, terms.currency, terms.seller, price - cut);
        if let Some(house) = house {
            self.credit(auction, terms.currency, house.receiver, cut);
        }
        emit(Sold { auction, seller: terms.seller, buyer, price, cut });
    }

    /// Closes an auction without a sale: the goods go back.
    pub(crate) fn give_back(
        &mut self,
        auction: u64,
        terms: &Terms,
        progress: &mut Progress,
        state: State,
    ) -> Result<(), Error> {
        self.close(auction, progress, state);
        emit(NotSold { auction, state });
        self.hand_over(auction, terms, progress, terms.seller)
    }

    fn close(&mut self, auction: u64, progress: &mut Progress, state: State) {
        progress.state = state;
        progress.closed_ms = env().block_time_ms();
        self.open.remove(&auction);
    }

    /// Hands the goods over, or lets them wait for their owner if their module refuses. Whatever that module does, the
    /// auction is closed and paid afterwards. But whoever settles cannot make it fail by giving little gas: a failure
    /// that may come from that is none.
    pub(crate) fn hand_over(
        &mut self,
        auction: u64,
        terms: &Terms,
        progress: &mut Progress,
        to: Address,
    ) -> Result<(), Error> {
        progress.claimant = Some(to);
        self.progress.set(&auction, progress);
        let has_gas = env().gas_left() >= DELIVERY_GAS + RESERVED_GAS;
        match terms.goods.delivery(to).with_gas(DELIVERY_GAS).try_execute() {
            Ok(()) => {
                progress.claimant = None;
                self.progress.set(&auction, progress);
                emit(Delivered { auction, to });
            }
            Err(failure) => {
                ensure!(has_gas || failure.host_error().is_none(), Error::TooLittleGas);
                emit(Undelivered { auction, claimant: to });
            }
        }
        Ok(())
    }

    /// Closes an auction whose time is over.
    pub(crate) fn conclude(&mut self, auction: u64) -> Result<(), Error> {
        let (terms, mut progress) = self.running(auction)?;
        let end_ms = progress.moved_end_ms.or(terms.end_ms()).ok_or(Error::TooEarly)?;
        ensure!(env().block_time_ms() >= end_ms, Error::TooEarly);
        let Some(best) = progress.best else { return self.give_back(auction, &terms, &mut progress, State::Unsold) };
        let price = match &terms.rules {
            Rules::Sealed(sealed) => progress.second_price.max(sealed.reserve_price),
            Rules::English(_) | Rules::Dutch(_) => best.price,
        };
        self.credit(auction, terms.currency, best.bidder, best.held - price);
        self.sell(auction, &terms, &mut progress, (best.bidder, price));
        self.hand_over(auction, &terms, &mut progress, best.bidder)
    }

    /// A receiver of goods or money: somebody, and not this instance, which could never give it out again.
    pub(crate) fn receiver(to: Option<Address>) -> Result<Address, Error> {
        let to = to.unwrap_or_else(|| env().caller());
        ensure!(!to.is_zero() && to != env().self_address(), Error::InvalidReceiver);
        Ok(to)
    }

    /// Checks that it is `start <= now < end`.
    pub(crate) fn within(start_ms: u64, end_ms: Option<u64>) -> Result<u64, Error> {
        let now = env().block_time_ms();
        ensure!(now >= start_ms, Error::TooEarly);
        ensure!(end_ms.is_none_or(|end| now < end), Error::TooLate);
        Ok(now)
    }

    /// When an auction lasts, as its terms are made.
    pub(crate) fn times(start_ms: Option<u64>, duration_ms: u64) -> Result<(u64, u64), Error> {
        let start_ms = rules::start(start_ms)?;
        Ok((start_ms, rules::end(start_ms, duration_ms)?))
    }
}
