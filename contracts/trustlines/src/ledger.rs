//! Lines in the storage: how they are read, written and agreed on. A line is stored once, by the eyes of the party with
//! the lower address, so what one party is owed is what the other owes, to the last digit.

use crate::error::Error;
use crate::events::{Founded, LineClosed, LineFrozen, LineSet};
use crate::trustlines::Trustlines;
use crate::types::{Line, LineTerms, Network, NewNetwork, Rules};
use tenon_contract::prelude::*;

/// A line's place: network, lower and higher address of its parties.
pub(crate) type LineKey = (u64, Address, Address);

/// The place of a line between two.
pub(crate) fn key(network: u64, one: Address, other: Address) -> LineKey {
    if one < other { (network, one, other) } else { (network, other, one) }
}

/// A line that is stored so, as a party sees it; and the other way round.
pub(crate) fn seen(line: Line, who: Address, other: Address) -> Line {
    if who < other { line } else { line.turned() }
}

impl Trustlines {
    pub(crate) fn add_network(&mut self, new: NewNetwork) -> Result<u64, Error> {
        new.check()?;
        let founder = env().caller();
        let NewNetwork { name, decimals, rules } = new;
        let network = self.count.update(|count| count + 1);
        self.rules.set(&network, &rules);
        let kept = Network { name, decimals, founder, rules };
        self.networks.set(&network, &kept);
        emit(Founded { network, founder, name: kept.name });
        Ok(network)
    }

    pub(crate) fn rules_of(&self, network: u64) -> Result<Rules, Error> {
        self.rules.get(&network).ok_or(Error::UnknownNetwork)
    }

    /// The line between two as one of them sees it: as it is stored, and with the interest until now.
    pub(crate) fn load(&self, network: u64, who: Address, other: Address) -> Result<(Line, Line), Error> {
        let stored = self.lines.get(&key(network, who, other)).ok_or(Error::UnknownLine)?;
        let before = seen(stored, who, other);
        Ok((before, before.accrued(env().block_time_ms())))
    }

    /// Stores a line, as one of its parties sees it, in place of what was stored, and counts it anew.
    pub(crate) fn store(&mut self, network: u64, (who, other): (Address, Address), before: Option<&Line>, line: Line) {
        let mut totals = self.totals.get_or_default(&network);
        totals.replace(before, Some(&line));
        self.totals.set(&network, &totals);
        self.lines.set(&key(network, who, other), &seen(line, who, other));
    }

    /// Two have agreed: makes a line between them, or gives theirs other terms.
    pub(crate) fn agree_on(
        &mut self,
        network: u64,
        proposer: Address,
        other: Address,
        terms: LineTerms,
    ) -> Result<(), Error> {
        let now_ms = env().block_time_ms();
        terms.check(&self.rules_of(network)?, now_ms)?;
        let (key, parties) = (key(network, proposer, other), (proposer, other));
        let (before, line) = match self.load(network, proposer, other) {
            Ok((before, line)) => (Some(before), Line { terms, ..line }),
            Err(_) => (None, Line::new(terms, now_ms)),
        };
        ensure!(line.is_within_terms(), Error::BelowDebt);
        self.store(network, parties, before.as_ref(), line);
        self.list_expiry(key, before.and_then(|line| line.terms.expires_at_ms), terms.expires_at_ms);
        if before.is_none() {
            self.neighbours.insert(&(network, proposer, other));
            self.neighbours.insert(&(network, other, proposer));
        }
        emit(LineSet { network, one: proposer, other, terms });
        Ok(())
    }

    /// Lists a line under the time of its expiry alone.
    fn list_expiry(&mut self, (network, low, high): LineKey, before: Option<u64>, after: Option<u64>) {
        if before != after {
            if let Some(expiry) = before {
                self.expiring.remove(&(network, expiry, low, high));
            }
            if let Some(expiry) = after {
                self.expiring.insert(&(network, expiry, low, high));
            }
        }
    }

    /// The caller gives somebody less than before.
    pub(crate) fn give_less(&mut self, network: u64, other: Address, given: u64) -> Result<(), Error> {
        let caller = env().caller();
        let (before, mut line) = self.load(network, caller, other)?;
        ensure!(given < line.terms.given, Error::NotLower);
        line.terms.given = given;
        ensure!(line.claim() <= Amount::from(given), Error::BelowDebt);
        self.store(network, (caller, other), Some(&before), line);
        emit(LineSet { network, one: caller, other, terms: line.terms });
        Ok(())
    }

    pub(crate) fn set_frozen(&mut self, network: u64, one: Address, other: Address, frozen: bool) -> Result<(), Error> {
        let rules = self.rules_of(network)?;
        ensure!(rules.freezer == Some(env().caller()), Error::NotFreezer);
        let (before, mut line) = self.load(network, one, other)?;
        ensure!(line.frozen != frozen, Error::NoChange);
        line.frozen = frozen;
        self.store(network, (one, other), Some(&before), line);
        emit(LineFrozen { network, one, other, frozen });
        Ok(())
    }

    /// Closes a line on which no unit is owed. What is below one unit is given up by who is owed it, or has fallen
    /// away.
    pub(crate) fn close_line(&mut self, network: u64, one: Address, other: Address) -> Result<(), Error> {
        let (by, now_ms) = (env().caller(), env().block_time_ms());
        let (before, line) = self.load(network, one, other)?;
        ensure!(by == one || by == other || line.terms.have_expired(now_ms), Error::NotExpired);
        ensure!(!line.frozen, Error::Frozen);
        ensure!(line.owed() == 0, Error::BalanceNotZero);
        let is_owed = if line.balance > 0 { by == one } else { by == other };
        ensure!(line.balance == 0 || is_owed || line.terms.have_lapsed(now_ms), Error::FractionOwed);
        let key = key(network, one, other);
        let mut totals = self.totals.get_or_default(&network);
        totals.replace(Some(&before), None);
        self.totals.set_or_clear(&network, &totals);
        self.lines.remove(&key);
        self.neighbours.remove(&(network, one, other));
        self.neighbours.remove(&(network, other, one));
        self.list_expiry(key, line.terms.expires_at_ms, None);
        emit(LineClosed { network, one, other, by });
        Ok(())
    }
}
