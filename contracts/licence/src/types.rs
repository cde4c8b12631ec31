//! What is kept of a product, a licence and an offer.

#[module_type]
pub use tenon_contract::money::Currency;
pub(crate) use tenon_contract::money::CurrencyKey;
use tenon_contract::prelude::*;

/// Which credentials a seller trusts.
#[module_type]
pub use credentials::Requirement;
/// Who decides on flags.
#[module_type]
pub use reputation::Arbiter;
/// What happens with flags.
#[module_type]
pub use reputation::Arbitration;
/// What a licence covers.
#[module_type]
pub use reputation::Coverage;

/// Bytes of a product's name.
pub const MAX_NAME_BYTES: usize = 64;
/// Bytes of a public key.
pub const MAX_KEY_BYTES: usize = 64;
/// Parts of a price that a share in basis points is taken of.
pub const BASIS_POINTS: u16 = 10_000;
/// The longest that a licence lasts from now on: 3660 days.
pub const MAX_TERM_MS: u64 = 3_660 * DAY_MS;
/// The longest that brokers may take to agree after the end of a licence: twice their longest round.
pub const MAX_WAIT_MS: u64 = 62 * DAY_MS;
/// Brokers must have agreed less than so many of their rounds ago when a licence is bought that is counted: one runs,
/// one is reported on, and one is to spare. So many rounds of events from before the purchase count at most.
pub const MAX_ROUNDS_BEHIND: u64 = 3;
/// For how long after the end of a licence its holder can flag events, so that others cannot close it: 7 days.
pub const FLAG_MS: u64 = 7 * DAY_MS;
/// Licences of one stream that one reader has, those included that are over and were not closed.
pub const MAX_LICENCES: u32 = 8;
/// A day in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What a unit is, and when its price is the seller's.
#[module_type]
#[derive(Copy)]
pub enum Mode {
    /// A unit is a period, paid at once.
    Time {
        /// Milliseconds of a period.
        period_ms: u64,
    } = 0,
    /// A unit is an event, paid at once. What was not used at the end is void.
    Count {
        /// How long the licence lasts at most.
        valid_ms: u64,
    } = 1,
    /// A unit is a period, whose price becomes the seller's evenly while time passes. Either side can cancel.
    Vesting {
        /// Milliseconds of a period.
        period_ms: u64,
    } = 2,
    /// A unit is a period and a number of events. The price becomes the seller's once all events of all units were
    /// published before the end, and goes back if they were not.
    Locked {
        /// Milliseconds of a period.
        period_ms: u64,
        /// Events that the seller promises for a period.
        events: u64,
        /// How long after the end the brokers may take to agree.
        wait_ms: u64,
    } = 3,
    /// A unit is an event that the buyer would pay for at most. What was not used goes back.
    PerEvent {
        /// How long the licence lasts at most.
        valid_ms: u64,
        /// How long after the end the brokers may take to agree.
        wait_ms: u64,
    } = 4,
}

/// Who gets a share of the price beside seller and brokers.
#[module_type]
#[derive(Copy)]
pub struct Fee {
    /// Who.
    pub receiver: Address,
    /// How much, in basis points, rounded down.
    pub bps: u16,
}

/// For what and under which conditions licences are sold. Terms of a version never change.
#[module_type]
pub struct Terms {
    /// The price of a unit.
    pub price: Amount,
    /// What is paid with.
    pub currency: Currency,
    /// What a unit is, and when it is paid.
    pub mode: Mode,
    /// The hash of the terms of use, which stand elsewhere.
    pub terms_hash: Hash,
    /// Which credential a buyer needs.
    pub credential: Option<Requirement>,
    /// If licences may be passed on: what the seller gets of the price, in basis points, rounded down.
    pub royalty_bps: Option<u16>,
    /// What the brokers of the stream get of the price, in basis points, rounded down.
    pub broker_bps: Option<u16>,
    /// Who else gets a share.
    pub fee: Option<Fee>,
    /// Who decides on flags, if they can be raised.
    pub arbitration: Option<Arbitration>,
}

/// What is sold, and by whom.
#[module_type]
pub struct Product {
    /// Who sells it.
    pub seller: Address,
    /// Which stream may be read.
    pub stream: Hash,
    /// What people call it.
    pub name: String,
    /// The version of its terms; the first is 1.
    pub version: u32,
    /// Whether it is sold now.
    pub on_sale: bool,
    /// When a licence ended last, of those that are closed or got another key or holder.
    pub ended_ms: u64,
}

/// A product with its terms, to begin with.
#[module_type]
pub struct NewProduct {
    /// Which stream may be read.
    pub stream: Hash,
    /// What people call it.
    pub name: String,
    /// For what and under which conditions.
    pub terms: Terms,
}

/// A product, with its terms.
#[module_type]
pub struct ProductInfo {
    /// What is sold, and by whom.
    pub product: Product,
    /// Its terms now.
    pub terms: Terms,
    /// How many licences of these terms are not closed.
    pub licences: u64,
}

/// For which algorithm a public key is.
#[module_type]
pub enum KeyKind {
    /// Ed25519 signatures.
    Ed25519 = 0,
    /// sr25519 signatures.
    Sr25519 = 1,
    /// ECDSA on secp256k1.
    Secp256k1 = 2,
    /// X25519 key agreement.
    X25519 = 3,
    /// Whatever reader and publisher agree on.
    Other = 4,
}

/// A reader's public key.
#[module_type]
pub struct Key {
    /// For which algorithm.
    pub kind: KeyKind,
    /// The key itself.
    pub bytes: Vec<u8>,
}

/// A right to read a stream, from its start on and before its end.
#[module_type]
pub struct Licence {
    /// Of which product.
    pub product: u64,
    /// Under which version of its terms.
    pub version: u32,
    /// Whose it is.
    pub holder: Address,
    /// With which key the holder reads.
    pub key: Key,
    /// When it began.
    pub start_ms: u64,
    /// Since when it is the holder's.
    pub held_ms: u64,
    /// From which millisecond on it is void.
    pub end_ms: u64,
    /// On how many events of the stream the brokers had agreed when it began. Zero where nothing is counted.
    pub first_event: u64,
    /// For how many events it is, or how many are promised. Zero where nothing is counted.
    pub events: u64,
    /// What was paid for it.
    pub paid: Amount,
    /// How much of that was the seller's so far, with all shares.
    pub settled: Amount,
    /// Whether nothing of it is held here any more.
    pub is_settled: bool,
}

/// For what a licence can be had from its holder.
#[module_type]
#[derive(Copy)]
pub struct Offer {
    /// For how much.
    pub price: Amount,
    /// By whom alone, if not by anybody.
    pub to: Option<Address>,
    /// From which millisecond on not any more.
    pub until_ms: Option<u64>,
}

/// A licence as publishers and brokers see it.
#[module_type]
pub struct Reader {
    /// The licence.
    pub licence: u64,
    /// Who reads.
    pub holder: Address,
    /// With which key.
    pub key: Key,
    /// From which millisecond on not any more.
    pub end_ms: u64,
}
