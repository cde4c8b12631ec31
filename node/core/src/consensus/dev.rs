//! The engine of a development chain: one producer, blocks at an interval or on demand, final soon after.
//!
//! ```text
//! interval   upon the time: make a block, empty or not; the next is due an interval after this one was
//! on demand  upon ready transactions: make a block; upon an empty block in spite of them: wait for the pool to change
//! request    upon a request: make a block as soon as none is being made, one for each request
//! finality   upon an announced block: make it final FINALITY_GAP_MS later, in order, while further blocks are made
//! ```

#[cfg(test)]
mod tests;

use super::finality::Unfinalized;
use super::{BlockPlan, Effect, Engine, Input};
use tenon_types::{Address, Hash};

/// Announced blocks that are not final yet. At this bound no block is made until one is final.
pub const MAX_UNFINALIZED: usize = 1_024;
/// Requests for blocks that wait. Further ones are met by the same blocks.
pub const MAX_REQUESTS: u32 = 1_024;

/// When blocks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DevMode {
    /// At an interval, empty or not.
    Interval {
        /// The interval in milliseconds; 0 counts as 1.
        interval_ms: u64,
    },
    /// When the pool has transactions that can be included.
    OnDemand,
}

/// The engine of a development chain.
#[derive(Clone, Debug)]
pub struct DevEngine {
    /// Absent on demand.
    interval: Option<Interval>,
    building: bool,
    requests: u32,
    has_ready: bool,
    unfinalized: Unfinalized,
    timer_ms: Option<u64>,
    /// The block on which the next one stands.
    head: Hash,
    producer: Address,
}

#[derive(Clone, Copy, Debug)]
struct Interval {
    length_ms: u64,
    due_ms: u64,
}

impl DevEngine {
    /// Makes an engine whose first block stands on `head` and, at an interval, is due an interval after `start_ms`. It acts
    /// from the first [`Input::Tick`] on.
    pub fn new(mode: DevMode, start_ms: u64, head: Hash, producer: Address) -> Self {
        let interval = match mode {
            DevMode::Interval { interval_ms } => {
                let length_ms = interval_ms.max(1);
                Some(Interval { length_ms, due_ms: start_ms.saturating_add(length_ms) })
            }
            DevMode::OnDemand => None,
        };
        let unfinalized = Unfinalized::default();
        Self { interval, building: false, requests: 0, has_ready: false, unfinalized, timer_ms: None, head, producer }
    }

    fn take(&mut self, now_ms: u64, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Tick => self.timer_ms = None,
            Input::PoolChanged { has_ready } => self.has_ready = has_ready,
            // One's own block needs nobody's check.
            Input::Built { hash } => effects.push(Effect::Adopt { hash }),
            Input::Adopted { hash, transactions, has_ready, .. } => {
                self.building = false;
                self.head = hash;
                // What is ready and was not included in an empty block would not be in the next one either.
                self.has_ready = has_ready && transactions > 0;
                self.unfinalized.announce(now_ms, hash, None);
            }
            Input::BuildFailed => {
                self.building = false;
                // Without this, a pool that makes building fail would make it fail again at once, for ever.
                self.has_ready = false;
            }
            // Nobody votes, and blocks come from nowhere else.
            Input::Validated { .. } | Input::Message { .. } | Input::Received(_) | Input::Synced { .. } => {}
            Input::MakeBlock => self.requests = self.requests.saturating_add(1).min(MAX_REQUESTS),
        }
    }

    /// A clock that went back must not stop the chain: nothing is due later than if it were planned now.
    fn follow_clock(&mut self, now_ms: u64) {
        if let Some(interval) = &mut self.interval {
            interval.due_ms = interval.due_ms.min(now_ms.saturating_add(interval.length_ms));
        }
    }

    fn build(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        if self.building || self.unfinalized.len() >= MAX_UNFINALIZED {
            return;
        }
        let due = match &mut self.interval {
            Some(interval) if interval.due_ms <= now_ms => {
                // Intervals that passed during a long block are not made up for.
                let next_ms = interval.due_ms.saturating_add(interval.length_ms);
                interval.due_ms = if next_ms > now_ms { next_ms } else { now_ms.saturating_add(interval.length_ms) };
                true
            }
            Some(_) => false,
            None => self.has_ready,
        };
        if due || self.requests > 0 {
            self.requests = self.requests.saturating_sub(1);
            self.building = true;
            effects.push(Effect::Build(BlockPlan {
                parent: self.head,
                time_ms: now_ms,
                producer: self.producer,
                parent_signers: Vec::new(),
                view: 0,
                parent_view: 0,
                missed: Vec::new(),
                evidence: Vec::new(),
                empty: false,
            }));
        }
    }

    fn set_timer(&mut self, effects: &mut Vec<Effect>) {
        let block = self.interval.filter(|_| !self.building && self.unfinalized.len() < MAX_UNFINALIZED);
        let next_ms = block.map(|interval| interval.due_ms).into_iter().chain(self.unfinalized.next_ms()).min();
        if let Some(at_ms) = next_ms
            && self.timer_ms != next_ms
        {
            self.timer_ms = next_ms;
            effects.push(Effect::SetTimer { at_ms });
        }
    }
}

impl Engine for DevEngine {
    fn awaited(&self) -> Vec<Hash> {
        Vec::new()
    }

    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.take(now_ms, input, &mut effects);
        self.follow_clock(now_ms);
        self.unfinalized.finalize(now_ms, &mut effects);
        self.build(now_ms, &mut effects);
        self.set_timer(&mut effects);
        effects
    }
}
