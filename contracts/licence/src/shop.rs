//! Products and their terms, and how licences are bought and extended.

use crate::error::Error;
use crate::events::{Extended, KeyChanged, Published, Purchased, Revised, SaleChanged, Settled, TermsRemoved};
use crate::licence::Licences;
use crate::others;
use crate::terms::Counted;
use crate::types::{Key, Licence, MAX_LICENCES, MAX_NAME_BYTES, MAX_TERM_MS, Mode, NewProduct, Product, Terms};
use tenon_contract::prelude::*;
use tenon_contract::text::is_name;

/// What somebody wants to buy, and what they would pay at most.
pub(crate) struct Order {
    pub(crate) product: u64,
    pub(crate) version: u32,
    pub(crate) units: u64,
    pub(crate) key: Key,
    pub(crate) max_price: Amount,
}

impl Licences {
    pub(crate) fn known(&self, product: u64) -> Result<Product, Error> {
        self.products.get(&product).ok_or(Error::UnknownProduct)
    }

    pub(crate) fn terms_of(&self, product: u64, version: u32) -> Result<Terms, Error> {
        self.terms.get(&(product, version)).ok_or(Error::UnknownVersion)
    }

    /// The product if the caller sells it.
    pub(crate) fn sold_by_caller(&self, product: u64) -> Result<Product, Error> {
        let record = self.known(product)?;
        ensure!(record.seller == env().caller(), Error::NotSeller);
        Ok(record)
    }

    /// Puts a product on sale for the caller.
    pub(crate) fn add_product(&mut self, new: NewProduct) -> Result<u64, Error> {
        let NewProduct { stream, name, terms } = new;
        ensure!(is_name(&name, MAX_NAME_BYTES), Error::InvalidName);
        terms.check()?;
        let seller = env().caller();
        others::check_seller(stream, seller)?;
        let product = self.product_count.update(|count| count + 1);
        let record = Product { seller, stream, name, version: 1, on_sale: true, ended_ms: 0 };
        self.products.set(&product, &record);
        self.terms.set(&(product, 1), &terms);
        self.by_seller.insert(&(seller, product));
        self.by_stream.insert(&(stream, product));
        emit(Published { product, seller, stream, terms_hash: terms.terms_hash });
        Ok(product)
    }

    /// Gives a product other terms for whoever buys from now on.
    pub(crate) fn add_terms(&mut self, product: u64, terms: &Terms) -> Result<u32, Error> {
        let mut record = self.sold_by_caller(product)?;
        terms.check()?;
        record.version = record.version.checked_add(1).ok_or(Error::AmountOverflow)?;
        self.products.set(&product, &record);
        self.terms.set(&(product, record.version), terms);
        emit(Revised { product, version: record.version, terms_hash: terms.terms_hash });
        Ok(record.version)
    }

    /// Starts or stops the sale of a product.
    pub(crate) fn change_sale(&mut self, product: u64, on_sale: bool) -> Result<(), Error> {
        let mut record = self.sold_by_caller(product)?;
        record.on_sale = on_sale;
        self.products.set(&product, &record);
        emit(SaleChanged { product, on_sale });
        Ok(())
    }

    /// Removes terms that nobody has a licence of: older ones by anybody; the newest by the seller, and the product
    /// with them, when it is not on sale, nobody has a licence of it, and nothing waits for its brokers.
    pub(crate) fn forget_terms(&mut self, product: u64, version: u32) -> Result<(), Error> {
        self.terms_of(product, version)?;
        ensure!(!self.open.contains(&(product, version)), Error::TermsInUse);
        if let Some(record) = self.products.get(&product).filter(|record| record.version == version) {
            ensure!(record.seller == env().caller(), Error::NotSeller);
            let is_licensed = !self.open.page_within(&product, None, 1).is_empty();
            let owes_brokers = !self.broker_shares.page_within(&product, None, 1).is_empty();
            ensure!(!record.on_sale && !is_licensed && !owes_brokers, Error::TermsInUse);
            self.products.remove(&product);
            self.by_seller.remove(&(record.seller, product));
            self.by_stream.remove(&(record.stream, product));
        }
        self.terms.remove(&(product, version));
        emit(TermsRemoved { product, version });
        Ok(())
    }

    /// Sells a licence to the caller: payment and right, or nothing.
    pub(crate) fn sell(&mut self, order: Order) -> Result<u64, Error> {
        let Order { product, version, units, key, max_price } = order;
        key.check()?;
        let (record, terms) = self.on_sale(product, version)?;
        let Product { seller, stream, .. } = record;
        let (holder, now) = (env().caller(), env().block_time_ms());
        let (mode, currency) = (terms.mode, terms.currency);
        let end_ms = now.checked_add(mode.duration_ms(units)?).ok_or(Error::InvalidUnits)?;
        let events = mode.events(units)?;
        let paid = price(&terms, units, max_price)?;
        self.check_reader(holder, stream, &terms)?;
        others::check_seller(stream, seller)?;
        let counted = if mode.is_counted() { others::counted_lately(stream)? } else { Counted::default() };
        self.take_payment(currency, paid)?;
        others::grant(stream, holder, end_ms)?;
        let licence = self.licence_count.update(|count| count + 1);
        let first_event = counted.events;
        let receipt = Purchased {
            licence,
            product,
            holder,
            version,
            terms_hash: terms.terms_hash,
            units,
            paid,
            currency,
            end_ms,
            key: key.clone(),
        };
        emit(receipt);
        let (start_ms, held_ms, is_settled) = (now, now, mode.is_paid_at_once());
        let settled = if is_settled { paid } else { 0 };
        let record = Licence {
            product,
            version,
            holder,
            key,
            start_ms,
            held_ms,
            end_ms,
            first_event,
            events,
            paid,
            settled,
            is_settled,
        };
        self.licences.set(&licence, &record);
        self.by_holder.insert(&(holder, stream, licence));
        self.ends.insert(&(product, end_ms, licence));
        let open = self.open.get_or_default(&(product, version)) + 1;
        self.open.set(&(product, version), &open);
        if is_settled {
            self.pay_seller(licence, &record, seller, &terms, paid)?;
        }
        Ok(licence)
    }

    /// A product that is sold under terms of this version now.
    fn on_sale(&self, product: u64, version: u32) -> Result<(Product, Terms), Error> {
        let record = self.known(product)?;
        ensure!(record.on_sale, Error::NotOnSale);
        ensure!(record.version == version, Error::VersionChanged);
        Ok((record, self.terms_of(product, version)?))
    }

    /// How far the brokers are, if that matters.
    pub(crate) fn counted(mode: Mode, stream: Hash) -> Result<Counted, Error> {
        if mode.is_counted() { others::counted(stream) } else { Ok(Counted::default()) }
    }

    /// Whether somebody may hold one more licence of a stream under these terms.
    pub(crate) fn check_reader(&self, who: Address, stream: Hash, terms: &Terms) -> Result<(), Error> {
        ensure!(self.licences_on(who, stream).len() < MAX_LICENCES as usize, Error::TooManyLicences);
        others::check_credential(terms.credential.as_ref(), who)
    }

    /// All of an amount that was just paid is the seller's.
    fn pay_seller(
        &mut self,
        licence: u64,
        record: &Licence,
        seller: Address,
        terms: &Terms,
        paid: Amount,
    ) -> Result<(), Error> {
        let parts = terms.split(paid);
        self.share_out(record.product, seller, terms, parts);
        others::count_trade(seller, record.holder, terms.currency, paid, parts.shared())?;
        let (seller_part, broker_part, fee_part) = (parts.seller, parts.brokers, parts.fee);
        emit(Settled { licence, product: record.product, seller_part, broker_part, fee_part });
        Ok(())
    }

    /// Lets a licence of the caller last longer, from its old end on, or for more events.
    pub(crate) fn prolong(&mut self, licence: u64, units: u64, max_price: Amount) -> Result<u64, Error> {
        let mut record = self.licensed(licence)?;
        ensure!(record.holder == env().caller(), Error::NotHolder);
        let (sold, terms) = self.on_sale(record.product, record.version)?;
        let Product { seller, stream, .. } = sold;
        let (mode, now) = (terms.mode, env().block_time_ms());
        ensure!(!record.is_over(mode, Self::counted(mode, stream)?, now), Error::Over);
        let longer_ms = mode.duration_ms(units)?;
        let end_ms = match mode {
            Mode::Time { .. } => record.end_ms.checked_add(longer_ms),
            Mode::Count { .. } => now.checked_add(longer_ms).map(|end_ms| end_ms.max(record.end_ms)),
            Mode::Vesting { .. } | Mode::Locked { .. } | Mode::PerEvent { .. } => return Err(Error::NotExtendable),
        };
        let end_ms = end_ms.filter(|end_ms| end_ms - now <= MAX_TERM_MS).ok_or(Error::InvalidUnits)?;
        let paid = price(&terms, units, max_price)?;
        others::check_credential(terms.credential.as_ref(), record.holder)?;
        others::check_seller(stream, seller)?;
        record.paid = record.paid.checked_add(paid).ok_or(Error::AmountOverflow)?;
        record.events = record.events.checked_add(mode.events(units)?).ok_or(Error::InvalidUnits)?;
        self.take_payment(terms.currency, paid)?;
        others::grant(stream, record.holder, end_ms)?;
        self.ends.remove(&(record.product, record.end_ms, licence));
        self.ends.insert(&(record.product, end_ms, licence));
        record.end_ms = end_ms;
        record.settled = record.paid;
        self.licences.set(&licence, &record);
        emit(Extended { licence, units, paid, end_ms, events: record.events });
        self.pay_seller(licence, &record, seller, &terms, paid)?;
        Ok(end_ms)
    }

    /// Gives a licence of the caller another key. Who has the old one reads no more.
    pub(crate) fn replace_key(&mut self, licence: u64, key: Key) -> Result<(), Error> {
        key.check()?;
        let mut record = self.licensed(licence)?;
        ensure!(record.holder == env().caller(), Error::NotHolder);
        self.ensure_runs(&record)?;
        record.key = key.clone();
        self.licences.set(&licence, &record);
        self.note_end(record.product)?;
        emit(KeyChanged { licence, key });
        Ok(())
    }

    /// Notes that somebody reads no more from now on.
    pub(crate) fn note_end(&mut self, product: u64) -> Result<(), Error> {
        let mut record = self.known(product)?;
        record.ended_ms = record.ended_ms.max(env().block_time_ms());
        self.products.set(&product, &record);
        Ok(())
    }
}

/// The price of so many units, within what the buyer would pay.
fn price(terms: &Terms, units: u64, max_price: Amount) -> Result<Amount, Error> {
    let price = terms.price.checked_mul(units.into()).ok_or(Error::AmountOverflow)?;
    ensure!(price <= max_price, Error::PriceAboveMaximum);
    Ok(price)
}
