//! What the module tells the world.

use crate::types::{Currency, FlagState};
use tenon_contract::prelude::*;

/// What was settled between two counts in their scores.
#[event]
pub struct TradeCounted {
    /// Who sold.
    #[topic]
    pub seller: Address,
    /// Who bought.
    #[topic]
    pub buyer: Address,
    /// The market that says so.
    #[topic]
    pub market: Address,
    /// In what.
    pub currency: Currency,
    /// How much.
    pub amount: Amount,
    /// How much of it went to others than the seller.
    pub shared: Amount,
}

/// A reader says that an event is bad.
#[event]
pub struct Flagged {
    /// Under which licence.
    #[topic]
    pub licence: u64,
    /// The hash of the event.
    #[topic]
    pub event: Hash,
    /// Who sells the product.
    #[topic]
    pub seller: Address,
    /// Of which market the licence is.
    pub market: Address,
    /// When the event was, as the reader says.
    pub event_ms: u64,
    /// From when on it cannot be decided.
    pub until_ms: u64,
}

/// A flag is closed.
#[event]
pub struct FlagDecided {
    /// Under which licence.
    #[topic]
    pub licence: u64,
    /// The hash of the event.
    #[topic]
    pub event: Hash,
    /// Of which market the licence is.
    #[topic]
    pub market: Address,
    /// How.
    pub state: FlagState,
}

/// A flag that was closed was removed.
#[event]
pub struct FlagRemoved {
    /// Under which licence.
    #[topic]
    pub licence: u64,
    /// The hash of the event.
    #[topic]
    pub event: Hash,
    /// Of which market the licence is.
    #[topic]
    pub market: Address,
}

/// The stake of a flag waits for somebody.
#[event]
pub struct Credited {
    /// For whom.
    #[topic]
    pub who: Address,
    /// In what.
    pub currency: Currency,
    /// How much.
    pub amount: Amount,
}

/// Somebody took money that waited.
#[event]
pub struct Withdrawn {
    /// Whose it was.
    #[topic]
    pub who: Address,
    /// Where it went.
    #[topic]
    pub to: Address,
    /// In what.
    pub currency: Currency,
    /// How much.
    pub amount: Amount,
}

/// The score of a buyer that counted nothing any more was removed.
#[event]
pub struct ScoreRemoved {
    /// Whose.
    #[topic]
    pub who: Address,
    /// In which market.
    #[topic]
    pub market: Address,
    /// In what.
    pub currency: Currency,
}
