//! What the module tells the world.

use crate::types::Currency;
use tenon_contract::prelude::*;

/// Somebody wishes for a stream.
#[event]
pub struct Wished {
    /// Which wish.
    #[topic]
    pub wish: u64,
    /// Who.
    #[topic]
    pub by: Address,
    /// The stream that is wanted.
    pub text: String,
    /// The hash of the terms under which it is accepted.
    pub terms_hash: Hash,
    /// What the bounty is paid in.
    pub currency: Currency,
    /// Who accepts.
    pub acceptor: Address,
    /// From when on nothing can be accepted.
    pub deadline_ms: u64,
}

/// Somebody put money into a bounty.
#[event]
pub struct Backed {
    /// Of which wish.
    #[topic]
    pub wish: u64,
    /// Who.
    #[topic]
    pub backer: Address,
    /// How much arrived.
    pub amount: Amount,
    /// How much the bounty is from now on.
    pub bounty: Amount,
}

/// A stream was submitted for a wish.
#[event]
pub struct Submitted {
    /// For which wish.
    #[topic]
    pub wish: u64,
    /// By whom.
    #[topic]
    pub publisher: Address,
    /// Which stream.
    #[topic]
    pub stream: Hash,
}

/// A submission was removed.
#[event]
pub struct SubmissionRemoved {
    /// For which wish it was.
    #[topic]
    pub wish: u64,
    /// Which stream.
    #[topic]
    pub stream: Hash,
}

/// A stream was accepted: the bounty is its publisher's.
#[event]
pub struct StreamAccepted {
    /// For which wish.
    #[topic]
    pub wish: u64,
    /// Whose.
    #[topic]
    pub publisher: Address,
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// How much the bounty is.
    pub bounty: Amount,
}

/// A publisher took a bounty.
#[event]
pub struct Collected {
    /// Of which wish.
    #[topic]
    pub wish: u64,
    /// Whose it was.
    #[topic]
    pub publisher: Address,
    /// Where it went.
    pub to: Address,
    /// How much.
    pub amount: Amount,
}

/// A backer took back what they had put in.
#[event]
pub struct Refunded {
    /// Of which wish.
    #[topic]
    pub wish: u64,
    /// Whose it was.
    #[topic]
    pub backer: Address,
    /// Where it went.
    pub to: Address,
    /// How much.
    pub amount: Amount,
}

/// A wish that is over was removed.
#[event]
pub struct Cleared {
    /// Which wish.
    #[topic]
    pub wish: u64,
}
