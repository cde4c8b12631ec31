//! What is kept of a flag and a score, and what a market says of a licence.

#[module_type]
pub use tenon_contract::money::Currency;
pub(crate) use tenon_contract::money::CurrencyKey;
use tenon_contract::prelude::*;

/// The longest time in which an arbiter decides.
pub const MAX_DECISION_MS: u64 = 90 * DAY_MS;
/// Windows for which a payment counts in the score of who paid.
pub const SCORE_WINDOWS: u64 = 12;
/// How long a window lasts: 30 days.
pub const WINDOW_MS: u64 = 30 * DAY_MS;
/// A day in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Who decides on flags.
#[module_type]
#[derive(Copy)]
pub enum Arbiter {
    /// An account, or an instance that calls.
    Account(Address) = 0,
    /// A group that resolves `verdict`; anyone carries it out.
    Group {
        /// The instance that holds the group.
        instance: Address,
        /// Which group.
        group: u64,
    } = 1,
}

/// What happens with flags.
#[module_type]
#[derive(Copy)]
pub struct Arbitration {
    /// Who decides.
    pub arbiter: Arbiter,
    /// What a flag costs if it is rejected, in the currency of the terms.
    pub stake: Amount,
    /// By how much the seller's score falls with each flag that is upheld.
    pub penalty: Amount,
    /// How long the arbiter has.
    pub decision_ms: u64,
}

impl Arbitration {
    /// Whether somebody decides, a flag costs something, and the time to decide is from a millisecond to 90 days.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let decides = match self.arbiter {
            Arbiter::Account(who) | Arbiter::Group { instance: who, .. } => !who.is_zero(),
        };
        decides && self.stake > 0 && (1..=MAX_DECISION_MS).contains(&self.decision_ms)
    }
}

/// What a market says of a licence: about what a flag may be raised, by whom, and for how much.
#[module_type]
#[derive(Copy)]
pub struct Coverage {
    /// Whose the licence is.
    pub holder: Address,
    /// Who sells the data.
    pub seller: Address,
    /// In what the stake is.
    pub currency: Currency,
    /// What the terms state of flags, if they name who decides.
    pub rules: Option<Arbitration>,
    /// From which millisecond on events are covered.
    pub from_ms: u64,
    /// From which millisecond on they are not any more.
    pub end_ms: u64,
    /// From which millisecond on nothing can be flagged any more.
    pub until_ms: u64,
}

/// Where a flag stands.
#[module_type]
pub enum FlagState {
    /// Nobody has decided.
    Open = 0,
    /// The event was bad: the stake went back, and the seller's score fell.
    Upheld = 1,
    /// It was not: the stake went to the seller.
    Rejected = 2,
    /// Nobody decided in time: the stake went back.
    Lapsed = 3,
}

/// What a reader says against an event.
#[module_type]
#[derive(Copy)]
pub struct Flag {
    /// Who says it.
    pub by: Address,
    /// Who sells the product.
    pub seller: Address,
    /// In what the stake is.
    pub currency: Currency,
    /// What was stated of flags when the licence was bought.
    pub rules: Arbitration,
    /// When the event was, as the reader says.
    pub event_ms: u64,
    /// From when on it cannot be decided.
    pub until_ms: u64,
    /// Where it stands.
    pub state: FlagState,
}

/// Which event is flagged, under which licence of which market.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) market: Address,
    pub(crate) licence: u64,
    pub(crate) event: Hash,
}

impl Place {
    pub(crate) const fn key(&self) -> (Address, u64, Hash) {
        (self.market, self.licence, self.event)
    }
}

/// What a seller's trades amount to, in one market and currency.
#[module_type]
#[derive(Copy, Default)]
pub struct SellerScore {
    /// What buyers paid and the seller got, with all shares.
    pub settled: Amount,
    /// How much of that went to brokers and fees. Whether these were others than the seller, terms and brokers tell.
    pub shared: Amount,
    /// By how much upheld flags lower it.
    pub penalty: Amount,
    /// How many flags were upheld.
    pub upheld: u64,
}

impl SellerScore {
    /// What is left of it.
    #[must_use]
    pub const fn value(&self) -> Amount {
        self.settled.saturating_sub(self.penalty)
    }
}

/// What a buyer's trades of one window amount to.
#[module_type]
#[derive(Copy)]
pub struct Spent {
    /// The window: milliseconds since 1970 divided by those of a window.
    pub window: u64,
    /// How much.
    pub amount: Amount,
}
