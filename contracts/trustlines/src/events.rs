//! What the module tells the world.

use crate::types::{Currency, LineTerms, Offer};
use tenon_contract::prelude::*;

/// A network was founded.
#[event]
pub struct Founded {
    /// Its number.
    #[topic]
    pub network: u64,
    /// Who founded it.
    #[topic]
    pub founder: Address,
    /// Its name.
    pub name: String,
}

/// Somebody proposed terms of a line to somebody.
#[event]
pub struct Proposed {
    /// Which network.
    #[topic]
    pub network: u64,
    /// Who proposes.
    #[topic]
    pub from: Address,
    /// To whom.
    #[topic]
    pub to: Address,
    /// As the proposer sees them.
    pub terms: LineTerms,
    /// From which millisecond on they cannot be accepted.
    pub until_ms: u64,
}

/// A proposal is gone without having been accepted.
#[event]
pub struct ProposalRemoved {
    /// Which network.
    #[topic]
    pub network: u64,
    /// Whose it was.
    #[topic]
    pub from: Address,
    /// To whom.
    #[topic]
    pub to: Address,
}

/// Two agreed on a line, or on other terms of it; or one of them lowered what they give.
#[event]
pub struct LineSet {
    /// Which network.
    #[topic]
    pub network: u64,
    /// Whose terms: the proposer's, or those of who lowered.
    #[topic]
    pub one: Address,
    /// With whom.
    #[topic]
    pub other: Address,
    /// As the first sees them.
    pub terms: LineTerms,
}

/// A line was frozen, or is free again.
#[event]
pub struct LineFrozen {
    /// Which network.
    #[topic]
    pub network: u64,
    /// One party.
    #[topic]
    pub one: Address,
    /// The other.
    #[topic]
    pub other: Address,
    /// Whether it is frozen from now on.
    pub frozen: bool,
}

/// One hop of a transfer.
#[event]
pub struct Passed {
    /// Which network.
    #[topic]
    pub network: u64,
    /// Who paid.
    #[topic]
    pub payer: Address,
    /// Whom.
    #[topic]
    pub payee: Address,
    /// How much.
    pub units: u64,
    /// What the payee owes the payer from now on, in parts of 2^-60 of a unit; below zero it is what the payer owes.
    pub balance: i128,
}

/// A transfer arrived. Its hops are told one by one.
#[event]
pub struct Transferred {
    /// Which network.
    #[topic]
    pub network: u64,
    /// Who sent it.
    #[topic]
    pub from: Address,
    /// Who got it.
    #[topic]
    pub to: Address,
    /// What arrived.
    pub units: u64,
    /// What the mediators took together.
    pub fees: u64,
}

/// A line was closed.
#[event]
pub struct LineClosed {
    /// Which network.
    #[topic]
    pub network: u64,
    /// One party.
    #[topic]
    pub one: Address,
    /// The other.
    #[topic]
    pub other: Address,
    /// Who closed it.
    pub by: Address,
}

/// A signer took an order back.
#[event]
pub struct OrderCancelled {
    /// Who signed it.
    #[topic]
    pub signer: Address,
    /// Its number.
    pub number: u64,
}

/// A creditor says what they take for a debt.
#[event]
pub struct Offered {
    /// Which network.
    #[topic]
    pub network: u64,
    /// Who is owed.
    #[topic]
    pub creditor: Address,
    /// Who owes.
    #[topic]
    pub debtor: Address,
    /// What is taken for what.
    pub offer: Offer,
}

/// An offer is gone without having been taken.
#[event]
pub struct OfferRemoved {
    /// Which network.
    #[topic]
    pub network: u64,
    /// Whose it was.
    #[topic]
    pub creditor: Address,
    /// To whom.
    #[topic]
    pub debtor: Address,
}

/// A debtor paid a creditor outside the network, and owes less.
#[event]
pub struct Settled {
    /// Which network.
    #[topic]
    pub network: u64,
    /// Who was owed.
    #[topic]
    pub creditor: Address,
    /// Who owed.
    #[topic]
    pub debtor: Address,
    /// By how many units the debt fell.
    pub units: u64,
    /// What was paid with.
    pub currency: Currency,
    /// How much of it.
    pub price: Amount,
    /// What the creditor owes the debtor from now on, in parts of 2^-60 of a unit; below zero it is what the debtor
    /// owes.
    pub balance: i128,
}
