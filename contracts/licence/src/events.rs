//! What the module tells the world.

use crate::types::{Currency, Key};
use tenon_contract::prelude::*;

/// A product is on sale.
#[event]
pub struct Published {
    /// Which product.
    #[topic]
    pub product: u64,
    /// By whom.
    #[topic]
    pub seller: Address,
    /// Of which stream.
    #[topic]
    pub stream: Hash,
    /// The hash of its terms of use.
    pub terms_hash: Hash,
}

/// A product has other terms for whoever buys from now on.
#[event]
pub struct Revised {
    /// Which product.
    #[topic]
    pub product: u64,
    /// The version of the terms.
    pub version: u32,
    /// The hash of the terms of use.
    pub terms_hash: Hash,
}

/// A product is sold again, or not any more.
#[event]
pub struct SaleChanged {
    /// Which product.
    #[topic]
    pub product: u64,
    /// Whether it is sold.
    pub on_sale: bool,
}

/// Terms were removed; with the last ones the product is gone.
#[event]
pub struct TermsRemoved {
    /// Which product.
    #[topic]
    pub product: u64,
    /// Which version.
    pub version: u32,
}

/// A licence was bought: the receipt.
#[event]
pub struct Purchased {
    /// Which licence.
    #[topic]
    pub licence: u64,
    /// Of which product.
    #[topic]
    pub product: u64,
    /// By whom.
    #[topic]
    pub holder: Address,
    /// Under which version of the terms.
    pub version: u32,
    /// The hash of the terms of use.
    pub terms_hash: Hash,
    /// How many units.
    pub units: u64,
    /// What was paid.
    pub paid: Amount,
    /// In what.
    pub currency: Currency,
    /// From which millisecond on it is void.
    pub end_ms: u64,
    /// With which key the holder reads.
    pub key: Key,
}

/// A licence lasts longer, or for more events.
#[event]
pub struct Extended {
    /// Which licence.
    #[topic]
    pub licence: u64,
    /// How many units.
    pub units: u64,
    /// What was paid.
    pub paid: Amount,
    /// From which millisecond on it is void.
    pub end_ms: u64,
    /// For how many events it is, where they are counted.
    pub events: u64,
}

/// A holder reads with another key, and not with the one before.
#[event]
pub struct KeyChanged {
    /// Which licence.
    #[topic]
    pub licence: u64,
    /// The key.
    pub key: Key,
}

/// A part of what was paid for a licence is the seller's.
#[event]
pub struct Settled {
    /// Which licence.
    #[topic]
    pub licence: u64,
    /// Of which product.
    #[topic]
    pub product: u64,
    /// What the seller got.
    pub seller_part: Amount,
    /// What waits for the brokers.
    pub broker_part: Amount,
    /// What the receiver of the fee got.
    pub fee_part: Amount,
}

/// All of a licence is settled, and the rest of the payment went back.
#[event]
pub struct Refunded {
    /// Which licence.
    #[topic]
    pub licence: u64,
    /// To whom.
    #[topic]
    pub holder: Address,
    /// How much.
    pub amount: Amount,
}

/// A licence ended before its time: it was cancelled, or its events are used.
#[event]
pub struct Ended {
    /// Which licence.
    #[topic]
    pub licence: u64,
    /// When.
    pub end_ms: u64,
}

/// A licence that was over was removed.
#[event]
pub struct LicenceClosed {
    /// Which licence.
    #[topic]
    pub licence: u64,
}

/// A licence can be had from its holder, or not any more.
#[event]
pub struct Offered {
    /// Which licence.
    #[topic]
    pub licence: u64,
    /// For how much; nothing is not at all.
    pub price: Option<Amount>,
}

/// A licence has another holder.
#[event]
pub struct Resold {
    /// Which licence.
    #[topic]
    pub licence: u64,
    /// Whose it was.
    #[topic]
    pub from: Address,
    /// Whose it is.
    #[topic]
    pub to: Address,
    /// What was paid.
    pub price: Amount,
    /// What the seller of the product got of it.
    pub royalty: Amount,
}

/// Money waits for somebody.
#[event]
pub struct Credited {
    /// For whom.
    #[topic]
    pub who: Address,
    /// Of which product.
    #[topic]
    pub product: u64,
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

/// The brokers of a stream have the share of a product that waited for them.
#[event]
pub struct BrokersFunded {
    /// Of which product.
    #[topic]
    pub product: u64,
    /// In what.
    pub currency: Currency,
    /// How much.
    pub amount: Amount,
}
