//! The numbers that a chain under proof of work is tuned by. They are part of its genesis.

use parity_scale_codec::{Decode, Encode};
use tenon_types::work::{Bits, BitsError, MEDIAN_TIMES};
use thiserror::Error;

/// Blocks of an interval of retargets, or of seeds. That many final headers are kept in memory.
pub const MAX_EPOCH: u64 = 1 << 16;
/// Blocks that may be taken back, and that a committee may leave behind the head at most.
pub const MAX_WINDOW: u64 = 1_024;

/// The rules of a chain under proof of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WorkRules {
    /// The target of the first blocks.
    pub first_bits: Bits,
    /// The time from one block to the next that retargets aim at.
    pub spacing_ms: u64,
    /// Blocks between two retargets.
    pub retarget_blocks: u64,
    /// Blocks with one seed.
    pub seed_blocks: u64,
    /// How far a block's time may lie ahead of the clock of who checks it.
    pub max_ahead_ms: u64,
    /// Blocks below the head that a branch with more work may take back. With a committee, its word counts instead.
    pub window: u64,
    /// Absent where nobody votes.
    pub committee: Option<CommitteeRules>,
}

/// The rules of finality over proof of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CommitteeRules {
    /// How deep a block has to lie before it is voted on.
    pub sigma: u64,
    /// How far behind the head the last final block may be, as a block states it, before blocks have to be empty.
    pub max_gap: u64,
}

/// Why rules are none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RulesError {
    /// A number is out of bounds.
    #[error("{what} is {found}, expected from {min} to {max}")]
    Bound {
        /// Which.
        what: &'static str,
        /// What it is.
        found: u64,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// The first target is none.
    #[error("first target: {0}")]
    FirstBits(BitsError),
}

impl WorkRules {
    /// Those of the reference network, but for the first target, which depends on who mines, and with a window.
    pub const fn reference(first_bits: Bits) -> Self {
        Self {
            first_bits,
            spacing_ms: 150_000,
            retarget_blocks: 2_016,
            seed_blocks: 256,
            max_ahead_ms: 3_600_000,
            window: 100,
            committee: None,
        }
    }

    /// Checks that the numbers are within their bounds.
    ///
    /// # Errors
    /// [`RulesError`] for the first that is not.
    pub fn check(&self) -> Result<(), RulesError> {
        self.first_bits.target().map_err(RulesError::FirstBits)?;
        let within = |what, found: u64, min, max| {
            if (min..=max).contains(&found) { Ok(()) } else { Err(RulesError::Bound { what, found, min, max }) }
        };
        within("spacing in ms", self.spacing_ms, 1, 1 << 32)?;
        within("blocks between retargets", self.retarget_blocks, 1, MAX_EPOCH)?;
        within("blocks of a seed", self.seed_blocks, 1, MAX_EPOCH)?;
        within("time ahead in ms", self.max_ahead_ms, 0, 1 << 32)?;
        within("window", self.window, 1, MAX_WINDOW)?;
        let Some(committee) = &self.committee else { return Ok(()) };
        within("sigma", committee.sigma, 1, MAX_WINDOW / 2)?;
        // A smaller gap would have every block be empty.
        within("gap", committee.max_gap, committee.sigma.saturating_add(1), MAX_WINDOW)
    }

    /// The time that the blocks between two retargets should take.
    pub fn interval_ms(&self) -> u64 {
        self.spacing_ms.saturating_mul(self.retarget_blocks)
    }

    /// How many final headers, the newest included, the next block's rules may look at.
    pub fn history(&self) -> usize {
        let longest = self.retarget_blocks.max(self.seed_blocks).saturating_add(1);
        usize::try_from(longest).unwrap_or(usize::MAX).max(MEDIAN_TIMES)
    }

    /// How many blocks may lie above the last final one.
    pub fn max_open(&self) -> u64 {
        if self.committee.is_some() { MAX_WINDOW } else { self.window }
    }
}
