//! What the module tells the world.

use tenon_contract::prelude::*;

/// A pool is there.
#[event]
pub struct Founded {
    /// Which.
    #[topic]
    pub pool: u64,
    /// By whom.
    #[topic]
    pub founder: Address,
    /// What a lot costs.
    pub stake: Amount,
    /// Milliseconds of a period.
    pub period_ms: u64,
    /// How many serve a partition.
    pub seats: u32,
}

/// Somebody is in, and can be drawn from a period on.
#[event]
pub struct Registered {
    /// In which pool.
    #[topic]
    pub pool: u64,
    /// Who.
    #[topic]
    pub broker: Address,
    /// With which lot.
    pub slot: u32,
    /// From which period on.
    pub from_period: u64,
}

/// Somebody is out, with the stake.
#[event]
pub struct Left {
    /// Of which pool.
    #[topic]
    pub pool: u64,
    /// Who.
    #[topic]
    pub broker: Address,
    /// Where the stake went.
    pub to: Address,
}

/// Somebody committed to a value for the next period's seed.
#[event]
pub struct Committed {
    /// In which pool.
    #[topic]
    pub pool: u64,
    /// Who.
    #[topic]
    pub broker: Address,
    /// In which period.
    pub period: u64,
}

/// Somebody opened a value for the next period's seed.
#[event]
pub struct Opened {
    /// In which pool.
    #[topic]
    pub pool: u64,
    /// Who.
    #[topic]
    pub broker: Address,
    /// In which period.
    pub period: u64,
    /// Which value.
    pub value: Hash,
}

/// Somebody who did not open is out, without the stake.
#[event]
pub struct Expelled {
    /// Of which pool.
    #[topic]
    pub pool: u64,
    /// Who.
    #[topic]
    pub broker: Address,
    /// The stake, which is nobody's any more.
    pub stake: Amount,
}

/// A pool is gone.
#[event]
pub struct Dissolved {
    /// Which.
    #[topic]
    pub pool: u64,
}
