//! How quickly blocks are applied.

use std::collections::VecDeque;
use tenon_types::BlockNumber;

/// Over how long the rate is taken.
const SPAN_MS: u64 = 10_000;
/// What comes within this time is one sample.
const STEP_MS: u64 = 250;

/// Heights and when they were reached, of the last seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Rate(VecDeque<(u64, BlockNumber)>);

impl Rate {
    pub(super) fn note(&mut self, now_ms: u64, height: BlockNumber) {
        match self.0.iter().rev().nth(1) {
            Some((before_ms, _)) if now_ms < before_ms.saturating_add(STEP_MS) => {
                self.0.pop_back();
            }
            _ => {}
        }
        self.0.push_back((now_ms, height));
        while self.0.len() > 1 && self.0.front().is_some_and(|(at_ms, _)| at_ms.saturating_add(SPAN_MS) < now_ms) {
            self.0.pop_front();
        }
    }

    /// Blocks a second since the oldest sample, rounded down.
    pub(super) fn blocks_per_second(&self, now_ms: u64) -> u64 {
        let (Some((from_ms, from)), Some((last_ms, to))) = (self.0.front(), self.0.back()) else { return 0 };
        if last_ms.saturating_add(SPAN_MS) < now_ms {
            return 0;
        }
        let blocks = u64::from(to.saturating_sub(*from)).saturating_mul(1_000);
        blocks.checked_div(now_ms.saturating_sub(*from_ms)).unwrap_or_default()
    }
}
