//! What happened, as a hash of all of it and the last of it in words.

use crate::keys::digest;
use crate::random::mix;
use std::collections::VecDeque;

/// Events that are remembered for a failure.
const MAX_REMEMBERED: usize = 24;

/// An event.
#[derive(Clone, Copy, Debug)]
struct Step {
    at_ms: u64,
    slot: usize,
    from: u8,
    kind: &'static str,
    number: u64,
}

/// All events of a run.
#[derive(Default)]
pub(crate) struct Trace {
    sum: u64,
    last: VecDeque<Step>,
}

impl Trace {
    pub(crate) fn note(&mut self, at_ms: u64, slot: usize, from: u8, kind: &'static str, number: u64) {
        let word =
            at_ms ^ (slot as u64) << 40 ^ u64::from(from) << 48 ^ digest(kind.as_bytes()) ^ number.rotate_left(20);
        self.sum = mix(self.sum ^ word);
        if self.last.len() >= MAX_REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back(Step { at_ms, slot, from, kind, number });
    }

    pub(crate) fn hash(&self) -> u64 {
        self.sum
    }

    /// The last events, a line each.
    pub(crate) fn last(&self) -> Vec<String> {
        let line = |step: &Step| {
            let Step { at_ms, slot, from, kind, number } = step;
            let from = if *from == u8::MAX { "itself".to_owned() } else { format!("{from}") };
            format!("{at_ms} ms: node {slot} has {kind} {number} from {from}")
        };
        self.last.iter().map(line).collect()
    }
}
