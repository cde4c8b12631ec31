//! Flags: a reader stakes that an event was bad, and the arbiter whom the terms name decides.
//!
//! Nobody gains by a flag. Upheld, the stake goes back and the seller's score falls; rejected, the stake is the
//! seller's; without a decision it goes back and nothing else happens.

use crate::course::Case;
use crate::error::Error;
use crate::events::{FlagDecided, FlagRemoved, Flagged};
use crate::licence::Licences;
use crate::others;
use crate::types::{Arbiter, FLAG_MS, Flag, FlagState};
use tenon_contract::Wire;
use tenon_contract::prelude::*;

/// Names the purpose in what a verdict is the hash of.
const VERDICT_PURPOSE: &[u8] = b"tenon/licence/verdict";

/// What a group resolves to decide on a flag: the hash of purpose, chain, instance, licence, event, when the flag's
/// time ends, and whether it is upheld.
pub(crate) fn verdict(licence: u64, event: Hash, until_ms: u64, is_upheld: bool) -> Hash {
    let mut bytes = VERDICT_PURPOSE.to_vec();
    env().chain_id().put(&mut bytes);
    env().self_address().put(&mut bytes);
    licence.put(&mut bytes);
    event.put(&mut bytes);
    until_ms.put(&mut bytes);
    is_upheld.put(&mut bytes);
    crypto::blake2b_256(&bytes)
}

impl Licences {
    /// Flags an event under a licence of the caller that held at the time of the event.
    pub(crate) fn raise(&mut self, licence: u64, event: Hash, event_ms: u64) -> Result<(), Error> {
        let Case { licence: record, product, terms, now_ms, .. } = self.case(licence)?;
        let by = env().caller();
        ensure!(record.holder == by, Error::NotHolder);
        let rules = terms.arbitration.ok_or(Error::NoArbiter)?;
        ensure!(!self.flags.contains(&(licence, event)), Error::AlreadyFlagged);
        let is_covered = record.held_ms <= event_ms && event_ms < record.end_ms && event_ms <= now_ms;
        ensure!(is_covered, Error::NotCovered);
        ensure!(now_ms < record.end_ms.saturating_add(FLAG_MS), Error::TooLate);
        self.take_payment(terms.currency, rules.stake)?;
        let (seller, currency) = (product.seller, terms.currency);
        let until_ms = now_ms.saturating_add(rules.decision_ms);
        let flag = Flag { by, seller, currency, rules, event_ms, until_ms, state: FlagState::Open };
        self.flags.set(&(licence, event), &flag);
        emit(Flagged { licence, event, seller, event_ms, until_ms });
        Ok(())
    }

    pub(crate) fn flagged(&self, licence: u64, event: Hash) -> Result<Flag, Error> {
        self.flags.get(&(licence, event)).ok_or(Error::UnknownFlag)
    }

    /// Upholds or rejects a flag: by the arbiter, before its time is over.
    pub(crate) fn judge(&mut self, licence: u64, event: Hash, is_upheld: bool) -> Result<(), Error> {
        let flag = self.flagged(licence, event)?;
        let is_open = flag.state == FlagState::Open && env().block_time_ms() < flag.until_ms;
        ensure!(is_open, Error::FlagClosed);
        let has_decided = match flag.rules.arbiter {
            Arbiter::Account(account) => account == env().caller(),
            Arbiter::Group { instance, group } => {
                others::has_resolved(instance, group, verdict(licence, event, flag.until_ms, is_upheld))
            }
        };
        ensure!(has_decided, Error::NotArbiter);
        if is_upheld {
            self.count_penalty(&flag);
        }
        let (receiver, state) =
            if is_upheld { (flag.by, FlagState::Upheld) } else { (flag.seller, FlagState::Rejected) };
        self.conclude(licence, event, flag, receiver, state);
        Ok(())
    }

    /// Gives the stake back of a flag on which nobody decided in time.
    pub(crate) fn let_lapse(&mut self, licence: u64, event: Hash) -> Result<(), Error> {
        let flag = self.flagged(licence, event)?;
        ensure!(flag.state == FlagState::Open, Error::FlagClosed);
        ensure!(env().block_time_ms() >= flag.until_ms, Error::FlagStands);
        self.conclude(licence, event, flag, flag.by, FlagState::Lapsed);
        Ok(())
    }

    fn conclude(&mut self, licence: u64, event: Hash, flag: Flag, receiver: Address, state: FlagState) {
        self.flags.set(&(licence, event), &Flag { state, ..flag });
        // The licence, and with it the product, may be gone by now.
        let product = self.licences.get(&licence).map_or(0, |record| record.product);
        self.credit(product, flag.currency, receiver, flag.rules.stake);
        emit(FlagDecided { licence, event, state });
    }

    /// Removes a flag that is closed and whose licence is too: before that it keeps the event from being flagged again.
    pub(crate) fn remove_flag_of(&mut self, licence: u64, event: Hash) -> Result<(), Error> {
        let flag = self.flagged(licence, event)?;
        let is_over = flag.state != FlagState::Open && !self.licences.contains(&licence);
        ensure!(is_over, Error::FlagStands);
        self.flags.remove(&(licence, event));
        emit(FlagRemoved { licence, event });
        Ok(())
    }
}
