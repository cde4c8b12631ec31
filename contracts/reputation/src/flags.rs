//! Flags: a reader stakes that an event was bad, and the arbiter whom the terms name decides.
//!
//! Nobody gains by a flag. Upheld, the stake goes back and the seller's score falls; rejected, the stake is the
//! seller's; without a decision it goes back and nothing else happens.

use crate::error::Error;
use crate::events::{FlagDecided, FlagRemoved, Flagged};
use crate::reputation::Reputation;
use crate::types::{Arbiter, Coverage, Flag, FlagState, Place};
use tenon_contract::Wire;
use tenon_contract::prelude::*;

/// Names the purpose in what a verdict is the hash of.
const VERDICT_PURPOSE: &[u8] = b"tenon/reputation/verdict";

/// What a group resolves to decide on a flag: the hash of purpose, chain, instance, market, licence, event, when the
/// flag's time ends, and whether it is upheld.
pub(crate) fn verdict(place: &Place, until_ms: u64, is_upheld: bool) -> Hash {
    let mut bytes = VERDICT_PURPOSE.to_vec();
    env().chain_id().put(&mut bytes);
    env().self_address().put(&mut bytes);
    place.market.put(&mut bytes);
    place.licence.put(&mut bytes);
    place.event.put(&mut bytes);
    until_ms.put(&mut bytes);
    is_upheld.put(&mut bytes);
    crypto::blake2b_256(&bytes)
}

/// What a market says of a licence; nothing if it has none of this number.
fn coverage(market: Address, licence: u64) -> Result<Option<Coverage>, Error> {
    let mut arguments = Vec::new();
    licence.put(&mut arguments);
    let answer = Call::<Option<Coverage>>::new(market, "coverage", arguments, true).try_invoke();
    answer.map_err(|_| Error::MarketFailed)
}

/// Whether a group has resolved something.
fn has_resolved(instance: Address, group: u64, topic: Hash) -> bool {
    let mut arguments = Vec::new();
    group.put(&mut arguments);
    topic.put(&mut arguments);
    Call::<bool>::new(instance, "approved", arguments, true).try_invoke().unwrap_or(false)
}

impl Reputation {
    /// Flags an event under a licence of the caller that held at the time of the event.
    pub(crate) fn raise(&mut self, place: &Place, event_ms: u64, max_stake: Amount) -> Result<(), Error> {
        let (by, now_ms) = (env().caller(), env().block_time_ms());
        let covered = coverage(place.market, place.licence)?.ok_or(Error::UnknownLicence)?;
        let Coverage { holder, seller, currency, rules, from_ms, end_ms, until_ms } = covered;
        ensure!(holder == by, Error::NotHolder);
        let rules = rules.ok_or(Error::NoArbiter)?;
        // The chain's own market has checked it; others say what they like.
        ensure!(rules.is_valid(), Error::InvalidArbitration);
        ensure!(currency.is_valid(), Error::InvalidCurrency);
        ensure!(!self.flags.contains(&place.key()), Error::AlreadyFlagged);
        let is_covered = from_ms <= event_ms && event_ms < end_ms && event_ms <= now_ms;
        ensure!(is_covered, Error::NotCovered);
        ensure!(now_ms < until_ms, Error::TooLate);
        ensure!(rules.stake <= max_stake, Error::StakeAboveMaximum);
        self.take_payment(currency, rules.stake)?;
        let until_ms = now_ms.saturating_add(rules.decision_ms);
        let flag = Flag { by, seller, currency, rules, event_ms, until_ms, state: FlagState::Open };
        self.flags.set(&place.key(), &flag);
        let Place { market, licence, event } = *place;
        emit(Flagged { licence, event, seller, market, event_ms, until_ms });
        Ok(())
    }

    pub(crate) fn flagged(&self, place: &Place) -> Result<Flag, Error> {
        self.flags.get(&place.key()).ok_or(Error::UnknownFlag)
    }

    /// Upholds or rejects a flag: by the arbiter, before its time is over.
    pub(crate) fn judge(&mut self, place: &Place, is_upheld: bool) -> Result<(), Error> {
        let flag = self.flagged(place)?;
        let is_open = flag.state == FlagState::Open && env().block_time_ms() < flag.until_ms;
        ensure!(is_open, Error::FlagClosed);
        let has_decided = match flag.rules.arbiter {
            Arbiter::Account(account) => account == env().caller(),
            Arbiter::Group { instance, group } => {
                has_resolved(instance, group, verdict(place, flag.until_ms, is_upheld))
            }
        };
        ensure!(has_decided, Error::NotArbiter);
        if is_upheld {
            self.count_penalty(place.market, &flag);
        }
        let (receiver, state) =
            if is_upheld { (flag.by, FlagState::Upheld) } else { (flag.seller, FlagState::Rejected) };
        self.conclude(place, flag, receiver, state);
        Ok(())
    }

    /// Gives the stake back of a flag on which nobody decided in time.
    pub(crate) fn let_lapse(&mut self, place: &Place) -> Result<(), Error> {
        let flag = self.flagged(place)?;
        ensure!(flag.state == FlagState::Open, Error::FlagClosed);
        ensure!(env().block_time_ms() >= flag.until_ms, Error::FlagStands);
        self.conclude(place, flag, flag.by, FlagState::Lapsed);
        Ok(())
    }

    fn conclude(&mut self, place: &Place, flag: Flag, receiver: Address, state: FlagState) {
        let Place { market, licence, event } = *place;
        self.flags.set(&place.key(), &Flag { state, ..flag });
        self.credit(flag.currency, receiver, flag.rules.stake);
        emit(FlagDecided { licence, event, market, state });
    }

    /// Removes a flag that is closed and whose licence is too, or is good for no flag any more: before that it keeps
    /// the event from being flagged again.
    pub(crate) fn remove_flag_of(&mut self, place: &Place) -> Result<(), Error> {
        let flag = self.flagged(place)?;
        ensure!(flag.state != FlagState::Open, Error::FlagStands);
        let covered = coverage(place.market, place.licence)?;
        let is_over = covered.is_none_or(|covered| env().block_time_ms() >= covered.until_ms);
        ensure!(is_over, Error::FlagStands);
        self.flags.remove(&place.key());
        let Place { market, licence, event } = *place;
        emit(FlagRemoved { licence, event, market });
        Ok(())
    }
}
