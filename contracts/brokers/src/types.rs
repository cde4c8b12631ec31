//! What is kept of a coordination: its terms, its brokers, the reports of a round, and what they agreed on.

#[module_type]
pub use tenon_contract::money::Currency;
pub(crate) use tenon_contract::money::CurrencyKey;
use tenon_contract::prelude::*;

/// Brokers of a stream, those included who left and whose last rounds are not settled yet.
pub const MAX_BROKERS: usize = 64;
/// All of the assigned brokers, in basis points.
pub const BASIS_POINTS: u16 = 10_000;
/// How many of the assigned brokers must agree if the terms do not say: 90 percent.
pub const DEFAULT_THRESHOLD_BPS: u16 = 9_000;
/// The lowest threshold: more than half, so that two different reports are never both agreed on.
pub const MIN_THRESHOLD_BPS: u16 = 5_001;
/// The algorithm of this crate: a chain of SHA-256 over a stream's canonical events, see [`crate::rolling`].
pub const SHA2_256_CHAIN: u16 = 1;
/// The longest round: 31 days.
pub const MAX_INTERVAL_MS: u64 = 31 * 24 * 60 * 60 * 1_000;
/// The furthest ahead that a first round begins: 366 days.
pub const MAX_AHEAD_MS: u64 = 366 * 24 * 60 * 60 * 1_000;
/// How long what was agreed stays after the end of its round, once the stream is gone: 366 days.
pub const KEPT_MS: u64 = 366 * 24 * 60 * 60 * 1_000;

/// What the brokers who agree on a round share.
#[module_type]
#[derive(Copy)]
pub enum Reward {
    /// An amount; all that the pot holds if that is less.
    Amount(Amount) = 0,
    /// A share of the pot in basis points, rounded down.
    Share(u16) = 1,
}

impl Reward {
    /// Whether it can stand in terms: a share of a pot is at most all of it.
    pub(crate) const fn is_valid(self) -> bool {
        !matches!(self, Self::Share(bps) if bps > BASIS_POINTS)
    }

    /// What it is with so much in the pot, never more than that.
    #[must_use]
    pub fn of(self, pot: Amount) -> Amount {
        match self {
            Self::Amount(amount) => amount.min(pot),
            Self::Share(bps) => math::mul_div_floor(pot, bps.into(), BASIS_POINTS.into()).unwrap_or(pot).min(pot),
        }
    }
}

/// What was stated when a coordination was opened. Only `end_round` is set later, once.
#[module_type]
#[derive(Copy)]
pub struct Terms {
    /// Who opened it.
    pub opener: Address,
    /// When its first round begins.
    pub start_ms: u64,
    /// The number of its first round: 0, or the one after the last round of the coordination before it.
    pub first_round: u64,
    /// The first round that is none any more, once it was stopped.
    pub end_round: Option<u64>,
    /// Milliseconds of a round.
    pub interval_ms: u64,
    /// Milliseconds after the end of a round in which brokers commit to a report on it.
    pub commit_ms: u64,
    /// Milliseconds after that in which they open it.
    pub reveal_ms: u64,
    /// How many of the assigned brokers must agree, in basis points, rounded up.
    pub threshold_bps: u16,
    /// By which algorithm the events are chained. 1 is SHA-256; others are what the brokers know.
    pub algorithm: u16,
    /// What is paid with.
    pub currency: Currency,
    /// What a round pays.
    pub reward: Reward,
}

/// The times of a round. Each belongs to what begins at it.
#[module_type]
#[derive(Copy)]
pub struct Times {
    /// The round begins.
    pub start_ms: u64,
    /// It ends, and brokers commit.
    pub end_ms: u64,
    /// They open what they committed to, and nobody commits any more.
    pub reveal_ms: u64,
    /// Anyone settles it, and nobody opens anything any more.
    pub settle_ms: u64,
}

/// A broker's place in a coordination.
#[module_type]
#[derive(Copy)]
pub struct Seat {
    /// Who.
    pub broker: Address,
    /// Its number, below 64, which is nobody else's meanwhile.
    pub number: u8,
    /// The first round that the broker reports on.
    pub from_round: u64,
    /// The first that the broker does not report on any more.
    pub until_round: Option<u64>,
}

impl Seat {
    /// Whether the broker reports on a round.
    #[must_use]
    pub fn is_assigned(&self, round: u64) -> bool {
        self.from_round <= round && self.until_round.is_none_or(|until| round < until)
    }

    /// The seat as a bit of a set of seats.
    pub(crate) const fn bit(&self) -> u64 {
        1 << self.number
    }
}

/// Where the brokers of a stream come from, if nobody names them.
#[module_type]
#[derive(Copy)]
pub struct Lots {
    /// Which pool of the module `sortition`.
    pub pool: u64,
    /// Brokers are drawn after this period of it: that of the last draw, or the one after that of the choice.
    pub period: u64,
}

/// What a broker says of a stream at the end of a round.
#[module_type]
#[derive(Copy)]
pub struct Report {
    /// By which algorithm the events are chained.
    pub algorithm: u16,
    /// Events of the stream since its beginning, those of this round included.
    pub events: u64,
    /// The hash of the chain of all of them.
    pub rolling_hash: Hash,
}

/// A report, and which seats made it.
#[module_type]
#[derive(Copy)]
pub struct Tally {
    /// What they say.
    pub report: Report,
    /// The seats, as a set of bits.
    pub seats: u64,
}

/// A round on which somebody reported, until it is settled.
#[module_type]
#[derive(Default)]
pub struct Round {
    /// The seats that committed, as a set of bits.
    pub committed: u64,
    /// What was opened. Each report stands once.
    pub tallies: Vec<Tally>,
}

impl Round {
    /// The seats that opened a report.
    pub(crate) fn revealed(&self) -> u64 {
        self.tallies.iter().fold(0, |seats, tally| seats | tally.seats)
    }
}

/// What the brokers of a stream agreed on last. Licences go by it.
#[module_type]
#[derive(Copy)]
pub struct Progress {
    /// In which round.
    pub round: u64,
    /// Events of the stream since its beginning. It never falls.
    pub events: u64,
    /// The hash of the chain of all of them.
    pub rolling_hash: Hash,
    /// The end of that round: all events before this time are counted, and none from it on.
    pub at_ms: u64,
}

/// Everything about a coordination.
#[module_type]
pub struct CoordinationInfo {
    /// What was stated.
    pub terms: Terms,
    /// What waits for the brokers.
    pub pot: Amount,
    /// What was agreed on last, also in a coordination before this one.
    pub progress: Option<Progress>,
}

/// How far a round has come, while it waits to be settled.
#[module_type]
pub struct RoundInfo {
    /// How many brokers are assigned to it.
    pub assigned: u32,
    /// How many of them must make the same report.
    pub needed: u32,
    /// How many committed to a report.
    pub committed: u32,
    /// The reports that were opened, and how many made each.
    pub reports: Vec<(Report, u32)>,
}
