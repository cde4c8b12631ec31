//! What the module tells the world.

use crate::types::{Currency, Goods, State};
use tenon_contract::prelude::*;

/// Goods came into the auction's hands and stand for sale.
#[event]
pub struct Listed {
    /// Which auction.
    #[topic]
    pub auction: u64,
    /// By whom.
    #[topic]
    pub seller: Address,
    /// What.
    pub goods: Goods,
    /// For what.
    pub currency: Currency,
}

/// An English auction has a higher bid.
#[event]
pub struct BidPlaced {
    /// Which auction.
    #[topic]
    pub auction: u64,
    /// By whom.
    #[topic]
    pub bidder: Address,
    /// The bid.
    pub amount: Amount,
    /// When the auction ends from now on.
    pub end_ms: u64,
}

/// Somebody committed to a sealed bid.
#[event]
pub struct Committed {
    /// Which auction.
    #[topic]
    pub auction: u64,
    /// Who.
    #[topic]
    pub bidder: Address,
    /// What backs the bid.
    pub deposit: Amount,
}

/// A sealed bid was opened.
#[event]
pub struct Revealed {
    /// Which auction.
    #[topic]
    pub auction: u64,
    /// Whose.
    #[topic]
    pub bidder: Address,
    /// The bid.
    pub price: Amount,
}

/// A sealed bid was never opened: its bond went to the seller.
#[event]
pub struct Forfeited {
    /// Which auction.
    #[topic]
    pub auction: u64,
    /// Whose.
    #[topic]
    pub bidder: Address,
    /// How much.
    pub bond: Amount,
}

/// Goods were sold.
#[event]
pub struct Sold {
    /// Which auction.
    #[topic]
    pub auction: u64,
    /// By whom.
    #[topic]
    pub seller: Address,
    /// To whom.
    #[topic]
    pub buyer: Address,
    /// What the buyer pays.
    pub price: Amount,
    /// What the house gets of it.
    pub cut: Amount,
}

/// An auction closed without a sale.
#[event]
pub struct NotSold {
    /// Which auction.
    #[topic]
    pub auction: u64,
    /// How: unsold or cancelled.
    pub state: State,
}

/// Goods left the auction's hands.
#[event]
pub struct Delivered {
    /// Which auction.
    #[topic]
    pub auction: u64,
    /// To whom.
    #[topic]
    pub to: Address,
}

/// The goods' module refused to hand the goods over. They wait for `collect`.
#[event]
pub struct Undelivered {
    /// Which auction.
    #[topic]
    pub auction: u64,
    /// Who may collect them.
    #[topic]
    pub claimant: Address,
}

/// Money waits for somebody.
#[event]
pub struct Credited {
    /// For whom.
    #[topic]
    pub who: Address,
    /// Of which auction.
    #[topic]
    pub auction: u64,
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
