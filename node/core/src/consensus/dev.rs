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

use super::{Effect, Engine, Input};
use std::collections::VecDeque;
use tenon_types::Hash;

/// The time between a block's announcement and its finality: a client that subscribes to both misses one otherwise.
pub const FINALITY_GAP_MS: u64 = 50;
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
    /// Announced blocks, oldest first, with the time at which each may be final.
    unfinalized: VecDeque<(u64, Hash)>,
    timer_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Interval {
    length_ms: u64,
    due_ms: u64,
}

impl DevEngine {
    /// Makes an engine whose first block at an interval is due an interval after `start_ms`. It acts from the first
    /// [`Input::Tick`] on.
    pub fn new(mode: DevMode, start_ms: u64) -> Self {
        let interval = match mode {
            DevMode::Interval { interval_ms } => {
                let length_ms = interval_ms.max(1);
                Some(Interval { length_ms, due_ms: start_ms.saturating_add(length_ms) })
            }
            DevMode::OnDemand => None,
        };
        let unfinalized = VecDeque::new();
        Self { interval, building: false, requests: 0, has_ready: false, unfinalized, timer_ms: None }
    }

    fn take(&mut self, now_ms: u64, input: Input) {
        match input {
            Input::Tick => self.timer_ms = None,
            Input::PoolChanged { has_ready } => self.has_ready = has_ready,
            Input::BlockExecuted { hash, transactions, has_ready } => {
                self.building = false;
                // What is ready and was not included in an empty block would not be in the next one either.
                self.has_ready = has_ready && transactions > 0;
                self.unfinalized.push_back((now_ms.saturating_add(FINALITY_GAP_MS), hash));
            }
            Input::BuildFailed => {
                self.building = false;
                // Without this, a pool that makes building fail would make it fail again at once, for ever.
                self.has_ready = false;
            }
            Input::MakeBlock => self.requests = self.requests.saturating_add(1).min(MAX_REQUESTS),
        }
    }

    /// A clock that went back must not stop the chain: nothing is due later than if it were planned now.
    fn follow_clock(&mut self, now_ms: u64) {
        if let Some(interval) = &mut self.interval {
            interval.due_ms = interval.due_ms.min(now_ms.saturating_add(interval.length_ms));
        }
        let latest_ms = now_ms.saturating_add(FINALITY_GAP_MS);
        for (due_ms, _) in &mut self.unfinalized {
            *due_ms = latest_ms.min(*due_ms);
        }
    }

    fn finalize(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        while let Some((_, hash)) = self.unfinalized.pop_front_if(|(due_ms, _)| *due_ms <= now_ms) {
            effects.push(Effect::Finalize { hash });
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
            effects.push(Effect::BuildBlock { time_ms: now_ms });
        }
    }

    fn set_timer(&mut self, effects: &mut Vec<Effect>) {
        let block = self.interval.filter(|_| !self.building && self.unfinalized.len() < MAX_UNFINALIZED);
        let finality_ms = self.unfinalized.front().map(|(due_ms, _)| *due_ms);
        let next_ms = block.map(|interval| interval.due_ms).into_iter().chain(finality_ms).min();
        if let Some(at_ms) = next_ms
            && self.timer_ms != next_ms
        {
            self.timer_ms = next_ms;
            effects.push(Effect::SetTimer { at_ms });
        }
    }
}

impl Engine for DevEngine {
    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.take(now_ms, input);
        self.follow_clock(now_ms);
        self.finalize(now_ms, &mut effects);
        self.build(now_ms, &mut effects);
        self.set_timer(&mut effects);
        effects
    }
}
