//! The course of a licence after it was bought: how its price becomes the seller's, how it ends, and who may read.

use crate::error::Error;
use crate::events::{Ended, LicenceClosed, Refunded, Settled};
use crate::licence::Licences;
use crate::others;
use crate::terms::Counted;
use crate::types::{Coverage, FLAG_MS, Key, Licence, MAX_LICENCES, Mode, Product, Reader, Terms};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Licences that one check of an invariant reads.
const MAX_CHECKED_LICENCES: u32 = 500;

/// A licence with what it is about.
pub(crate) struct Case {
    pub(crate) licence: Licence,
    pub(crate) product: Product,
    pub(crate) terms: Terms,
    pub(crate) counted: Counted,
    pub(crate) now_ms: u64,
}

impl Case {
    fn is_over(&self) -> bool {
        self.licence.is_over(self.terms.mode, self.counted, self.now_ms)
    }
}

impl Licences {
    pub(crate) fn licensed(&self, licence: u64) -> Result<Licence, Error> {
        self.licences.get(&licence).ok_or(Error::UnknownLicence)
    }

    /// A licence with what it is about, as things stand now.
    pub(crate) fn case(&self, licence: u64) -> Result<Case, Error> {
        let licence = self.licensed(licence)?;
        let product = self.known(licence.product)?;
        let terms = self.terms_of(licence.product, licence.version)?;
        let counted = Self::counted(terms.mode, product.stream)?;
        Ok(Case { licence, product, terms, counted, now_ms: env().block_time_ms() })
    }

    /// Checks that a licence is not over.
    pub(crate) fn ensure_runs(&self, licence: &Licence) -> Result<(), Error> {
        ensure!(self.runs(licence)?, Error::Over);
        Ok(())
    }

    /// Whether a licence is not over. The brokers are asked only where it depends on them.
    pub(crate) fn runs(&self, licence: &Licence) -> Result<bool, Error> {
        let now_ms = env().block_time_ms();
        if now_ms >= licence.end_ms {
            return Ok(false);
        }
        let mode = self.terms_of(licence.product, licence.version)?.mode;
        let counted = Self::counted(mode, self.known(licence.product)?.stream)?;
        Ok(!licence.is_over(mode, counted, now_ms))
    }

    /// Gives the seller what is due by now, and the rest back if no more will be. Says how much the seller got.
    pub(crate) fn advance(&mut self, licence: u64) -> Result<Amount, Error> {
        let mut case = self.case(licence)?;
        let due = self.bring_forward(licence, &mut case)?;
        if case.now_ms < case.licence.end_ms && case.is_over() {
            self.end_early(licence, &mut case)?;
        }
        self.licences.set(&licence, &case.licence);
        Ok(due)
    }

    /// Settles what is due, and all of it if no more will be. Does not store the licence.
    fn bring_forward(&mut self, licence: u64, case: &mut Case) -> Result<Amount, Error> {
        let Case { licence: record, terms, counted, now_ms, .. } = &*case;
        if record.is_settled {
            return Ok(0);
        }
        let due = record.due(terms, *counted, *now_ms);
        let is_final = record.is_final(terms.mode, due, *counted, *now_ms);
        self.release(licence, case, due, is_final)
    }

    /// Lets so much of the price be the seller's, and gives the rest back if it is the last time.
    fn release(&mut self, licence: u64, case: &mut Case, due: Amount, is_last: bool) -> Result<Amount, Error> {
        let Case { licence: record, product, terms, .. } = case;
        let newly_due = due - record.settled;
        let parts = terms.grown(record.settled, due, is_last);
        if newly_due > 0 || parts.sum() > 0 {
            self.share_out(record.product, product.seller, terms, parts);
            others::count_trade(product.seller, record.holder, terms.currency, newly_due, parts.shared())?;
            let (seller_part, broker_part, fee_part) = (parts.seller, parts.brokers, parts.fee);
            emit(Settled { licence, product: record.product, seller_part, broker_part, fee_part });
        }
        record.settled = due;
        if is_last {
            record.is_settled = true;
            let amount = record.paid - due;
            self.credit(record.product, terms.currency, record.holder, amount);
            emit(Refunded { licence, holder: record.holder, amount });
        }
        Ok(newly_due)
    }

    /// Ends a licence that either side can end before its time. What is due by now is the seller's. Where a reader pays
    /// for events one by one and ends that, the brokers' next agreement says how much that is. A lock that the seller
    /// opens gives all back, and once all events are there it cannot be opened.
    pub(crate) fn end_by_party(&mut self, licence: u64) -> Result<(), Error> {
        let mut case = self.case(licence)?;
        let caller = env().caller();
        let (is_holder, is_seller) = (case.licence.holder == caller, case.product.seller == caller);
        ensure!(is_holder || is_seller, Error::NotParty);
        ensure!(!case.is_over(), Error::Over);
        let due = case.licence.due(&case.terms, case.counted, case.now_ms);
        let can_end = match case.terms.mode {
            Mode::Time { .. } | Mode::Count { .. } => false,
            Mode::Vesting { .. } | Mode::PerEvent { .. } => true,
            // Once all events are there the price is the seller's, and the rest of the time the reader's.
            Mode::Locked { .. } => is_seller && due < case.licence.paid,
        };
        ensure!(can_end && !case.licence.is_settled, Error::NotCancellable);
        // Who reads pays for the round that runs; who takes the reading away is not paid for what comes.
        let is_last = is_seller || !matches!(case.terms.mode, Mode::PerEvent { .. });
        self.release(licence, &mut case, due, is_last)?;
        self.end_early(licence, &mut case)?;
        self.licences.set(&licence, &case.licence);
        Ok(())
    }

    /// Lets a licence end now. Does not store it.
    fn end_early(&mut self, licence: u64, case: &mut Case) -> Result<(), Error> {
        let Case { licence: record, product, now_ms, .. } = case;
        self.ends.remove(&(record.product, record.end_ms, licence));
        self.ends.insert(&(record.product, *now_ms, licence));
        record.end_ms = *now_ms;
        self.licences.set(&licence, record);
        self.take_right(product.stream, record.holder)?;
        emit(Ended { licence, end_ms: *now_ms });
        Ok(())
    }

    /// Takes the right to read from somebody whose licence has ended or moved, and gives it back for as long as others
    /// of theirs last.
    pub(crate) fn take_right(&self, stream: Hash, who: Address) -> Result<(), Error> {
        others::revoke(stream, who)?;
        let now_ms = env().block_time_ms();
        let mut last_ms = now_ms;
        for id in self.licences_on(who, stream) {
            let record = self.licensed(id)?;
            if record.end_ms > last_ms && self.runs(&record)? {
                last_ms = record.end_ms;
            }
        }
        if last_ms > now_ms { others::grant_if_possible(stream, who, last_ms) } else { Ok(()) }
    }

    /// The licences of a stream that somebody has, those that are over and not closed too.
    pub(crate) fn licences_on(&self, who: Address, stream: Hash) -> Vec<u64> {
        let held = self.by_holder.iter_within(&(who, stream), Bound::Unbounded, Direction::Ascending);
        held.limit(MAX_LICENCES).map(|((_, _, licence), ())| licence).collect()
    }

    /// Removes a licence that is over, after settling it. While events can be flagged, only its holder.
    pub(crate) fn remove_licence(&mut self, licence: u64) -> Result<(), Error> {
        self.advance(licence)?;
        let Case { licence: record, mut product, terms, now_ms, .. } = self.case(licence)?;
        let is_holder = record.holder == env().caller();
        let flags_ms = if terms.arbitration.is_some() && !is_holder { FLAG_MS } else { 0 };
        let is_over = now_ms >= record.end_ms.saturating_add(flags_ms);
        ensure!(is_over && record.is_settled, Error::NotOver);
        self.licences.remove(&licence);
        self.offers.remove(&licence);
        self.by_holder.remove(&(record.holder, product.stream, licence));
        self.ends.remove(&(record.product, record.end_ms, licence));
        let key = (record.product, record.version);
        let left = self.open.get_or_default(&key).saturating_sub(1);
        self.open.set_or_clear(&key, &left);
        if record.end_ms > product.ended_ms {
            product.ended_ms = record.end_ms;
            self.products.set(&record.product, &product);
        }
        emit(LicenceClosed { licence });
        Ok(())
    }

    /// What a flag may be raised about under a licence.
    pub(crate) fn covered(&self, licence: u64) -> Result<Option<Coverage>, Error> {
        let Some(Licence { product, version, holder, held_ms, end_ms, .. }) = self.licences.get(&licence) else {
            return Ok(None);
        };
        let seller = self.known(product)?.seller;
        let Terms { currency, arbitration: rules, .. } = self.terms_of(product, version)?;
        let until_ms = end_ms.saturating_add(FLAG_MS);
        Ok(Some(Coverage { holder, seller, currency, rules, from_ms: held_ms, end_ms, until_ms }))
    }

    /// Whether somebody may read a stream now by a licence of this instance.
    pub(crate) fn may_read(&self, stream: Hash, who: Address) -> Result<bool, Error> {
        for licence in self.licences_on(who, stream) {
            if self.runs(&self.licensed(licence)?)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The key of a licence that runs.
    pub(crate) fn running_key(&self, licence: u64) -> Result<Option<Key>, Error> {
        let Some(record) = self.licences.get(&licence) else { return Ok(None) };
        Ok(if self.runs(&record)? { Some(record.key) } else { None })
    }

    /// Readers of a product now, by end and number.
    pub(crate) fn readers_now(
        &self,
        product: u64,
        after: Option<(u64, u64)>,
        limit: u32,
    ) -> Result<Vec<Reader>, Error> {
        let now = env().block_time_ms();
        let (end_ms, licence) = after.map_or((now, u64::MAX), |after| after.max((now, u64::MAX)));
        let from = (product, end_ms, licence);
        let page = self.ends.iter_within(&product, Bound::Excluded(&from), Direction::Ascending).limit(limit);
        let mut readers = Vec::new();
        for ((_, end_ms, licence), ()) in page {
            let Licence { holder, key, .. } = self.licensed(licence)?;
            readers.push(Reader { licence, holder, key, end_ms });
        }
        Ok(readers)
    }

    /// When somebody ceased to read a product last, before or now.
    pub(crate) fn last_end_ms(&self, product: u64) -> Result<u64, Error> {
        let record = self.known(product)?;
        let now = (product, env().block_time_ms(), u64::MAX);
        let mut ended = self.ends.iter_within(&product, Bound::Included(&now), Direction::Descending).limit(1);
        Ok(ended.next().map_or(0, |((_, end_ms, _), ())| end_ms).max(record.ended_ms))
    }

    /// Licences and what leads to them agree.
    pub(crate) fn check_licences(&self) -> bool {
        let start = env().block_height().checked_rem(self.licence_count.get().saturating_add(1)).unwrap_or_default();
        let entries = self.licences.iter_from(Bound::Included(&start), Direction::Ascending);
        let mut licences = entries.limit(MAX_CHECKED_LICENCES);
        licences.all(|(licence, record)| {
            let stream = self.products.get(&record.product).map(|product| product.stream);
            stream.is_some_and(|stream| self.by_holder.contains(&(record.holder, stream, licence)))
                && self.ends.contains(&(record.product, record.end_ms, licence))
                && self.terms.contains(&(record.product, record.version))
                && self.open.contains(&(record.product, record.version))
                && record.settled <= record.paid
        })
    }
}
