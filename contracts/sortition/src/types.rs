//! What is kept of a pool, of who is in it, and of a seed.

use tenon_contract::prelude::*;

/// The most seats of a partition.
pub const MAX_SEATS: u32 = 31;
/// How many a seed selects on average to make the next one.
pub const CONTRIBUTORS: u32 = 31;
/// A seed is made of so many values at least.
pub const MIN_OPENED: u32 = 3;
/// Lots of a pool. A draw looks at all of them at worst, where most are nobody's.
pub const MAX_SLOTS: u32 = 1_024;
/// The shortest period: 10 seconds.
pub const MIN_PERIOD_MS: u64 = 10_000;
/// The longest period: 31 days.
pub const MAX_PERIOD_MS: u64 = 31 * 24 * 60 * 60 * 1_000;
/// Brokers can be drawn for the second period after that in which they register: they are in before anybody commits to
/// what its seed is made of.
pub const WAIT_PERIODS: u64 = 2;

/// What a pool is founded with.
#[module_type]
#[derive(Copy)]
pub struct NewPool {
    /// What a lot costs, in coin.
    pub stake: Amount,
    /// Milliseconds of a period.
    pub period_ms: u64,
    /// How many serve a partition.
    pub seats: u32,
}

/// Brokers among whom lots are drawn.
#[module_type]
#[derive(Copy)]
pub struct Pool {
    /// Who founded it.
    pub founder: Address,
    /// What a lot costs, in coin.
    pub stake: Amount,
    /// When its period 0 began.
    pub start_ms: u64,
    /// Milliseconds of a period.
    pub period_ms: u64,
    /// How many serve a partition.
    pub seats: u32,
    /// Lots that there ever were.
    pub slots: u32,
    /// How many are in.
    pub members: u32,
}

/// Where a pool is in time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) period: u64,
    /// Whether values are committed to; else they are opened.
    pub(crate) is_sealing: bool,
}

impl Pool {
    /// Where it is now: each half of a period begins with its first millisecond.
    pub(crate) fn now(&self) -> Now {
        let passed = env().block_time_ms().saturating_sub(self.start_ms);
        let period = passed.checked_div(self.period_ms).unwrap_or_default();
        let within = passed.checked_rem(self.period_ms).unwrap_or_default();
        Now { period, is_sealing: within < self.period_ms / 2 }
    }
}

/// A commitment that waits to be opened.
#[module_type]
#[derive(Copy)]
pub struct Sealed {
    /// In which period.
    pub period: u64,
    /// To what.
    pub commitment: Hash,
}

/// Somebody who is in a pool.
#[module_type]
#[derive(Copy)]
pub struct Member {
    /// With which lot.
    pub slot: u32,
    /// The first period for which the lot can be drawn.
    pub from_period: u64,
    /// What waits to be opened.
    pub sealed: Option<Sealed>,
    /// The last period in which a value was committed to.
    pub sealed_period: Option<u64>,
}

/// A lot.
#[module_type]
#[derive(Copy)]
pub struct Slot {
    /// Whose it is.
    pub broker: Address,
    /// The first period for which it can be drawn.
    pub from_period: u64,
}

/// What a seed is made of.
#[module_type]
#[derive(Copy)]
pub struct Seed {
    /// The values that were opened, each hashed with whose it is, added without carry.
    pub mixed: Hash,
    /// How many.
    pub opened: u32,
    /// Lots that there were when the first committed: a draw is among these.
    pub slots: u32,
    /// How many were in then.
    pub members: u32,
}
