//! The blocks that a committee knows: those that may still become final, and the last ones that are.

use super::saved::Saved;
use super::{Candidate, Place, ValidatorIndex};
use std::collections::{BTreeMap, VecDeque};

/// Adopted blocks that are remembered: for validators who are behind, and for a store that is.
pub(super) const MAX_ADOPTED: usize = 256;

/// What is known of a pending block.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) candidate: Candidate,
    /// Whether it follows the rules, once that was checked.
    pub(super) verdict: Option<bool>,
    /// Who waits for that.
    pub(super) waiting: Vec<ValidatorIndex>,
}

/// The blocks that a committee knows.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    /// By view, and so each after its parent.
    pending: BTreeMap<Place, Pending>,
    /// Adopted ones, oldest first; the newest is the head. Never empty.
    adopted: VecDeque<Candidate>,
}

impl Blocks {
    pub(super) fn new(saved: &Saved) -> Self {
        // What was persisted had been made and checked here.
        let known = |candidate: &Candidate| {
            let pending = Pending { candidate: *candidate, verdict: Some(true), waiting: Vec::new() };
            (candidate.place, pending)
        };
        Self { pending: saved.pending.iter().map(known).collect(), adopted: saved.line.iter().copied().collect() }
    }

    pub(super) fn pending(&self) -> impl Iterator<Item = &Candidate> {
        self.pending.values().map(|pending| &pending.candidate)
    }

    pub(super) fn adopted(&self) -> impl Iterator<Item = &Candidate> {
        self.adopted.iter()
    }

    pub(super) fn insert(&mut self, candidate: Candidate) {
        self.pending.insert(candidate.place, Pending { candidate, verdict: None, waiting: Vec::new() });
    }

    pub(super) fn remove(&mut self, place: &Place) {
        self.pending.remove(place);
    }

    pub(super) fn find(&self, place: &Place) -> Option<Candidate> {
        let pending = self.pending.get(place).map(|pending| pending.candidate);
        pending.or_else(|| self.adopted.iter().find(|candidate| candidate.place == *place).copied())
    }

    pub(super) fn pending_mut(&mut self, place: &Place) -> Option<&mut Pending> {
        self.pending.get_mut(place)
    }

    pub(super) fn of_hash(&mut self, hash: tenon_types::Hash) -> Option<&mut Pending> {
        self.pending.values_mut().find(|pending| pending.candidate.place.digest == hash)
    }

    /// Makes a pending block and its pending ancestors adopted. Returns them, oldest first, and the blocks beside them,
    /// which are forgotten. Absent if it does not descend from the head.
    pub(super) fn adopt(&mut self, candidate: &Candidate) -> Option<(Vec<Candidate>, Vec<Candidate>)> {
        let head = self.adopted.back()?.place;
        let mut line = Vec::new();
        let mut place = candidate.place;
        while place != head {
            let found = self.pending.get(&place)?.candidate;
            line.push(found);
            place = found.parent;
        }
        line.reverse();
        for candidate in &line {
            self.pending.remove(&candidate.place);
            self.adopted.push_back(*candidate);
        }
        while self.adopted.len() > MAX_ADOPTED {
            self.adopted.pop_front();
        }
        let beside = self.forget_beside(candidate.place);
        Some((line, beside))
    }

    /// Forgets pending blocks that do not descend from the head.
    fn forget_beside(&mut self, head: Place) -> Vec<Candidate> {
        let mut beside = Vec::new();
        for (place, pending) in std::mem::take(&mut self.pending) {
            let parent = pending.candidate.parent;
            if parent == head || self.pending.contains_key(&parent) {
                self.pending.insert(place, pending);
            } else {
                beside.push(pending.candidate);
            }
        }
        beside
    }
}
