//! How two agree: by a proposal that is accepted, or by an order that the one signs and the other hands in.

use crate::error::Error;
use crate::events::{OrderCancelled, ProposalRemoved, Proposed};
use crate::trustlines::{MAX_SWEPT, Trustlines};
use crate::types::{LineOrder, LineTerms, MAX_ORDER_LIFETIME_MS, MAX_STANDING_MS, OwnerSignature, Proposal};
use tenon_contract::prelude::*;
use tenon_contract::signed::message;

/// Names the purpose in the signed bytes.
const PURPOSE: &str = "tenon/trustlines/line";

/// Until when something stands: as stated, or as long as it can.
pub(crate) fn standing(until_ms: Option<u64>) -> Result<u64, Error> {
    let now_ms = env().block_time_ms();
    let longest_ms = now_ms.saturating_add(MAX_STANDING_MS);
    let until_ms = until_ms.unwrap_or(longest_ms);
    ensure!(until_ms > now_ms, Error::ExpiryPassed);
    ensure!(until_ms <= longest_ms, Error::StandsTooLong);
    Ok(until_ms)
}

/// Checks that the other party of something can be one.
pub(crate) fn check_parties(one: Address, other: Address) -> Result<(), Error> {
    ensure!(!one.is_zero() && !other.is_zero(), Error::ZeroAddress);
    ensure!(one != other, Error::SameParty);
    Ok(())
}

/// Checks that the caller may remove what one of two made: it is theirs, or has lapsed.
pub(crate) fn check_removal(one: Address, other: Address, until_ms: u64) -> Result<(), Error> {
    let caller = env().caller();
    let may = caller == one || caller == other || env().block_time_ms() >= until_ms;
    if may { Ok(()) } else { Err(Error::NotParty) }
}

impl LineOrder {
    /// What is signed: purpose, chain, instance and order, so that it is good nowhere else.
    pub(crate) fn message(&self) -> Vec<u8> {
        message(PURPOSE, self)
    }
}

impl Trustlines {
    pub(crate) fn add_proposal(
        &mut self,
        network: u64,
        to: Address,
        terms: LineTerms,
        until_ms: Option<u64>,
    ) -> Result<(), Error> {
        let from = env().caller();
        check_parties(from, to)?;
        terms.check(&self.rules_of(network)?, env().block_time_ms())?;
        let until_ms = standing(until_ms)?;
        self.proposals.set(&(network, to, from), &Proposal { terms, until_ms });
        emit(Proposed { network, from, to, terms, until_ms });
        Ok(())
    }

    pub(crate) fn accept_proposal(&mut self, network: u64, from: Address, terms: LineTerms) -> Result<(), Error> {
        let to = env().caller();
        let proposal = self.proposals.take(&(network, to, from)).ok_or(Error::UnknownProposal)?;
        ensure!(env().block_time_ms() < proposal.until_ms, Error::Lapsed);
        ensure!(proposal.terms == terms, Error::OtherTerms);
        self.agree_on(network, from, to, terms)
    }

    pub(crate) fn drop_proposal(&mut self, network: u64, from: Address, to: Address) -> Result<(), Error> {
        let proposal = self.proposals.take(&(network, to, from)).ok_or(Error::UnknownProposal)?;
        check_removal(from, to, proposal.until_ms)?;
        emit(ProposalRemoved { network, from, to });
        Ok(())
    }

    pub(crate) fn hand_in(&mut self, order: &LineOrder, signature: &OwnerSignature) -> Result<(), Error> {
        check_parties(order.proposer, order.other)?;
        ensure!(order.other == env().caller(), Error::NotAddressed);
        self.use_up(order)?;
        ensure!(signature.is_valid(&order.proposer, &order.message()), Error::InvalidSignature);
        self.agree_on(order.network, order.proposer, order.other, order.terms)
    }

    pub(crate) fn cancel(&mut self, order: &LineOrder) -> Result<(), Error> {
        ensure!(order.proposer == env().caller(), Error::NotSigner);
        self.use_up(order)?;
        emit(OrderCancelled { signer: order.proposer, number: order.number });
        Ok(())
    }

    /// Keeps an order's number until its deadline. A number whose deadline has passed is free, swept or not.
    fn use_up(&mut self, order: &LineOrder) -> Result<(), Error> {
        let now_ms = env().block_time_ms();
        ensure!(now_ms < order.deadline_ms, Error::OrderExpired);
        ensure!(order.deadline_ms - now_ms <= MAX_ORDER_LIFETIME_MS, Error::OrderTooLong);
        let key = (order.proposer, order.number);
        ensure!(self.used.get(&key).is_none_or(|deadline_ms| now_ms >= deadline_ms), Error::OrderUsed);
        self.used.set(&key, &order.deadline_ms);
        Ok(())
    }

    pub(crate) fn forget(&mut self, orders: &[(Address, u64)]) -> Result<u32, Error> {
        ensure!(orders.len() <= MAX_SWEPT, Error::TooMany);
        let now_ms = env().block_time_ms();
        let mut forgotten = 0;
        for key in orders {
            if self.used.get(key).is_some_and(|deadline_ms| now_ms >= deadline_ms) {
                self.used.remove(key);
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }
}
