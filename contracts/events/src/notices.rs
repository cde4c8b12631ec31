//! What the module tells the world.

use crate::types::{Currency, StreamId};
use tenon_contract::prelude::*;

/// Somebody pays for events from now on.
#[event]
pub struct Subscribed {
    /// The subscription.
    #[topic]
    pub subscription: u64,
    /// The stream's id.
    #[topic]
    pub stream: Hash,
    /// Which instance gets the events.
    #[topic]
    pub consumer: Address,
    /// The stream's registry.
    pub registry: Address,
    /// Who made it.
    pub owner: Address,
    /// What is paid with.
    pub currency: Currency,
    /// What is paid for each event.
    pub bounty: Amount,
}

/// A subscription has more to pay with.
#[event]
pub struct Funded {
    /// The subscription.
    #[topic]
    pub subscription: u64,
    /// Who paid.
    #[topic]
    pub by: Address,
    /// How much arrived.
    pub amount: Amount,
}

/// A subscription ends before it would have.
#[event]
pub struct Cancelled {
    /// The subscription.
    #[topic]
    pub subscription: u64,
    /// From which millisecond on.
    pub ends_at_ms: u64,
}

/// A subscription is no more, and what was left waits for its owner.
#[event]
pub struct Closed {
    /// The subscription.
    #[topic]
    pub subscription: u64,
    /// Who owned it.
    #[topic]
    pub owner: Address,
    /// What was left.
    pub rest: Amount,
}

/// An event was delivered, and its bounty waits for who did.
#[event]
pub struct Delivered {
    /// The subscription.
    #[topic]
    pub subscription: u64,
    /// Who delivered it.
    #[topic]
    pub by: Address,
    /// The event's id.
    #[topic]
    pub event: Hash,
    /// Of which stream.
    pub stream: StreamId,
    /// Whose key signed it.
    pub publisher: Address,
    /// What is paid for it.
    pub bounty: Amount,
    /// How the consumer's call ended: 0, or the number of its error.
    pub consumer_error: u32,
}

/// Somebody committed to a delivery that nobody sees yet.
#[event]
pub struct Committed {
    /// Who.
    #[topic]
    pub by: Address,
    /// To what.
    #[topic]
    pub commitment: Hash,
}

/// A commitment was removed without being used.
#[event]
pub struct CommitmentRemoved {
    /// Who made it.
    #[topic]
    pub by: Address,
    /// To what.
    #[topic]
    pub commitment: Hash,
}

/// Notes of deliveries that nothing depends on any more were removed.
#[event]
pub struct Pruned {
    /// The subscription.
    #[topic]
    pub subscription: u64,
    /// How many.
    pub notes: u32,
}

/// Money was taken by who it waited for.
#[event]
pub struct Withdrawn {
    /// For whom it waited.
    #[topic]
    pub who: Address,
    /// Who received it.
    #[topic]
    pub to: Address,
    /// What it is.
    pub currency: Currency,
    /// How much.
    pub amount: Amount,
}
