//! What the module tells the world.

use crate::types::{Currency, Report};
use tenon_contract::prelude::*;

/// A stream's brokers are coordinated from a time on.
#[event]
pub struct Opened {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// By whom.
    #[topic]
    pub opener: Address,
    /// The number of the first round.
    pub first_round: u64,
    /// When it begins.
    pub start_ms: u64,
    /// How long a round lasts.
    pub interval_ms: u64,
}

/// An account reports on a stream from a round on.
#[event]
pub struct Designated {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// Who.
    #[topic]
    pub broker: Address,
    /// The first round.
    pub from_round: u64,
}

/// An account reports on a stream no more from a round on.
#[event]
pub struct Removed {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// Who.
    #[topic]
    pub broker: Address,
    /// The first round without it.
    pub until_round: u64,
}

/// A pool says who the brokers of a stream are.
#[event]
pub struct PoolChosen {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// Which pool.
    #[topic]
    pub pool: u64,
}

/// Brokers of a stream were drawn.
#[event]
pub struct Drawn {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// From which pool.
    #[topic]
    pub pool: u64,
    /// For which of its periods.
    pub period: u64,
}

/// A broker committed to a report.
#[event]
pub struct Committed {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// Who.
    #[topic]
    pub broker: Address,
    /// On which round.
    pub round: u64,
}

/// A broker opened a report.
#[event]
pub struct Revealed {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// Who.
    #[topic]
    pub broker: Address,
    /// On which round.
    pub round: u64,
    /// What it says.
    pub report: Report,
}

/// Enough brokers made the same report: it is the stream's progress from now on.
#[event]
pub struct Agreed {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// On which round.
    pub round: u64,
    /// What they say.
    pub report: Report,
    /// How many of them said so.
    pub agreed: u32,
    /// Of how many who were assigned.
    pub assigned: u32,
    /// What each of them gets.
    pub each: Amount,
}

/// Too few brokers made the same report. Nobody is paid, and the progress is what it was.
#[event]
pub struct NotAgreed {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// On which round.
    pub round: u64,
    /// How many made the report that most made.
    pub agreed: u32,
    /// How many would have had to.
    pub needed: u32,
}

/// Money came into a pot.
#[event]
pub struct Funded {
    /// Of which stream.
    #[topic]
    pub stream: Hash,
    /// By whom.
    #[topic]
    pub by: Address,
    /// In what.
    pub currency: Currency,
    /// How much arrived.
    pub amount: Amount,
}

/// Money of a pot waits for somebody.
#[event]
pub struct Credited {
    /// For whom.
    #[topic]
    pub who: Address,
    /// Of which stream's pot.
    #[topic]
    pub stream: Hash,
    /// In what.
    pub currency: Currency,
    /// How much.
    pub amount: Amount,
}

/// Somebody took money that waited.
#[event]
pub struct Claimed {
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

/// A coordination ends with the round that runs.
#[event]
pub struct Stopped {
    /// Of which stream.
    #[topic]
    pub stream: Hash,
    /// By whom.
    #[topic]
    pub by: Address,
    /// The first round that is none any more.
    pub end_round: u64,
}

/// A coordination is over, and what was left in its pot was given out.
#[event]
pub struct Closed {
    /// Of which stream.
    #[topic]
    pub stream: Hash,
}

/// What was agreed on about a stream that is gone was removed.
#[event]
pub struct Forgotten {
    /// Which stream.
    #[topic]
    pub stream: Hash,
}
