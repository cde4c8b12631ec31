//! The pause between a block's announcement and its finality, the same under every engine that decides at once.

use super::{Effect, Finality};
use std::collections::VecDeque;
use tenon_types::Hash;

/// The time between a block's announcement and its finality: a client that subscribes to both misses one otherwise.
pub const FINALITY_GAP_MS: u64 = 50;

/// Announced blocks that are not final yet, oldest first, with the time at which each may be final and why it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Unfinalized(VecDeque<(u64, Hash, Option<Finality>)>);

impl Unfinalized {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn announce(&mut self, now_ms: u64, hash: Hash, finality: Option<Finality>) {
        self.0.push_back((now_ms.saturating_add(FINALITY_GAP_MS), hash, finality));
    }

    /// Makes what is due final. After the clock went back, nothing is due later than if it were announced now.
    pub(super) fn finalize(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        let latest_ms = now_ms.saturating_add(FINALITY_GAP_MS);
        for (due_ms, _, _) in &mut self.0 {
            *due_ms = latest_ms.min(*due_ms);
        }
        while let Some((_, hash, finality)) = self.0.pop_front_if(|(due_ms, _, _)| *due_ms <= now_ms) {
            effects.push(Effect::Finalize { hash, finality });
        }
    }

    pub(super) fn next_ms(&self) -> Option<u64> {
        self.0.front().map(|(due_ms, _, _)| *due_ms)
    }
}
