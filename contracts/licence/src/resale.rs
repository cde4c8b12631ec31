//! How licences pass from one holder to another.

use crate::course::Case;
use crate::error::Error;
use crate::events::{Offered, Resold};
use crate::licence::Licences;
use crate::others;
use crate::terms::share;
use crate::types::{Key, Offer};
use tenon_contract::prelude::*;

impl Licences {
    /// Offers a licence of the caller, or offers it no more.
    pub(crate) fn put_up(&mut self, licence: u64, offer: Option<Offer>) -> Result<(), Error> {
        let record = self.licensed(licence)?;
        ensure!(record.holder == env().caller(), Error::NotHolder);
        let Some(offer) = offer else {
            ensure!(self.offers.remove(&licence), Error::NotOffered);
            emit(Offered { licence, price: None });
            return Ok(());
        };
        let terms = self.terms_of(record.product, record.version)?;
        ensure!(terms.royalty_bps.is_some(), Error::NotForResale);
        self.ensure_runs(&record)?;
        ensure!(offer.until_ms.is_none_or(|until_ms| env().block_time_ms() < until_ms), Error::TooLate);
        self.offers.set(&licence, &offer);
        emit(Offered { licence, price: Some(offer.price) });
        Ok(())
    }

    /// Passes a licence that was offered to the caller, who pays its holder and the seller's royalty. What is held for
    /// it comes along: what is not used goes back to the new holder.
    pub(crate) fn pass_on(&mut self, licence: u64, key: Key, max_price: Amount) -> Result<Amount, Error> {
        key.check()?;
        self.advance(licence)?;
        let Case { licence: mut record, product, terms, now_ms, .. } = self.case(licence)?;
        self.ensure_runs(&record)?;
        let (from, to) = (record.holder, env().caller());
        let offer = self.offers.take(&licence).ok_or(Error::NotOffered)?;
        ensure!(offer.to.is_none_or(|only| only == to) && from != to, Error::NotOffered);
        ensure!(offer.until_ms.is_none_or(|until_ms| now_ms < until_ms), Error::TooLate);
        ensure!(offer.price <= max_price, Error::PriceAboveMaximum);
        let royalty_bps = terms.royalty_bps.ok_or(Error::NotForResale)?;
        self.check_reader(to, product.stream, &terms)?;
        self.take_payment(terms.currency, offer.price)?;
        let royalty = share(offer.price, royalty_bps);
        self.credit(record.product, terms.currency, product.seller, royalty);
        self.credit(record.product, terms.currency, from, offer.price - royalty);
        // Only what reached the seller is counted: the rest could go round between two of one person.
        others::count_trade(product.seller, to, terms.currency, royalty, 0)?;
        record.holder = to;
        record.key = key;
        record.held_ms = now_ms;
        self.licences.set(&licence, &record);
        self.by_holder.remove(&(from, product.stream, licence));
        self.by_holder.insert(&(to, product.stream, licence));
        self.note_end(record.product)?;
        self.take_right(product.stream, from)?;
        others::grant(product.stream, to, record.end_ms)?;
        emit(Resold { licence, from, to, price: offer.price, royalty });
        Ok(offer.price)
    }
}
