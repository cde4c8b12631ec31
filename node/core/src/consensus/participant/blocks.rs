//! The blocks above the head that are here: received ones, and pending ones, which were executed.

use crate::consensus::Received;
use crate::consensus::bbft::{Candidate, MAX_VIEWS_AHEAD, View};
use std::collections::BTreeMap;
use tenon_types::Hash;

/// Blocks above the head.
pub const MAX_OPEN: usize = 512;
/// Of those, blocks that nobody here asked for; the rest is for what is wanted, and for own ones.
pub(super) const MAX_UNASKED: usize = 256;
/// Unexecuted blocks of one view: one is right, more are lies.
pub(super) const MAX_PER_VIEW: usize = 4;
/// Views below the current one of which unexecuted blocks are kept. Who needs an older one asks for it.
const MAX_VIEWS_BEHIND: u64 = 16;

/// How far a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is here.
    Received,
    /// It is being checked.
    Asked,
    /// It was executed and follows the rules.
    Pending,
    /// It does not.
    Refused,
}

/// A block above the head.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) block: Received,
    pub(super) state: State,
}

/// Why there is no way from the head to a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPath {
    /// This one is not here.
    Missing(Hash),
    /// It does not descend from the head, or does not say so rightly.
    Off,
}

/// The blocks above the head that are here.
#[derive(Debug, Default)]
pub(super) struct Blocks(BTreeMap<Hash, Open>);

impl Blocks {
    pub(super) fn get(&self, hash: &Hash) -> Option<&Open> {
        self.0.get(hash)
    }

    pub(super) fn get_mut(&mut self, hash: &Hash) -> Option<&mut Open> {
        self.0.get_mut(hash)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is room for a block that was received.
    pub(super) fn admits(&self, block: &Received, head: &Candidate, cur: View, wanted: bool) -> bool {
        let candidate = &block.candidate;
        let view = candidate.place.view;
        if candidate.height <= head.height || self.0.len() >= MAX_OPEN {
            return false;
        }
        let near = view >= cur && view.0 <= cur.0.saturating_add(MAX_VIEWS_AHEAD);
        let others = self.0.values().filter(|open| open.block.candidate.place.view == view);
        let unexecuted = others.filter(|open| open.state != State::Pending).count();
        wanted || (near && self.0.len() < MAX_UNASKED && unexecuted < MAX_PER_VIEW)
    }

    pub(super) fn insert(&mut self, block: Received, state: State) {
        self.0.entry(block.candidate.place.digest).or_insert(Open { block, state });
    }

    pub(super) fn remove(&mut self, hash: &Hash) -> Option<Open> {
        self.0.remove(hash)
    }

    /// Forgets all and returns which.
    pub(super) fn clear(&mut self) -> Vec<Hash> {
        std::mem::take(&mut self.0).into_keys().collect()
    }

    /// Executed blocks, each after its parent.
    pub(super) fn pending(&self) -> Vec<Received> {
        let pending = self.0.values().filter(|open| open.state == State::Pending);
        let mut blocks: Vec<Received> = pending.map(|open| open.block.clone()).collect();
        blocks.sort_unstable_by_key(|block| (block.candidate.height, block.candidate.place));
        blocks
    }

    /// The blocks from the head, which is left out, to one that is here.
    pub(super) fn path(&self, target: Hash, head: &Candidate) -> Result<Vec<Hash>, NoPath> {
        let (mut path, mut hash) = (Vec::new(), target);
        let mut child: Option<Candidate> = None;
        while hash != head.place.digest {
            let found = self.0.get(&hash).ok_or(NoPath::Missing(hash))?.block.candidate;
            if found.height <= head.height || !follows(&found, child.as_ref()) {
                return Err(NoPath::Off);
            }
            path.push(hash);
            (hash, child) = (found.parent.digest, Some(found));
        }
        if !follows(head, child.as_ref()) {
            return Err(NoPath::Off);
        }
        path.reverse();
        Ok(path)
    }

    /// Forgets what cannot become final any more, now that this is the head, and returns which.
    pub(super) fn prune(&mut self, head: &Candidate) -> Vec<Hash> {
        let mut order: Vec<(u64, Hash)> =
            self.0.iter().map(|(hash, open)| (open.block.candidate.height, *hash)).collect();
        order.sort_unstable();
        let mut dropped = Vec::new();
        for (height, hash) in order {
            let Some(open) = self.0.get(&hash) else { continue };
            let (parent, view) = (open.block.candidate.parent.digest, open.block.candidate.place.view);
            let stands = parent == head.place.digest || self.0.contains_key(&parent);
            // The parent of one that was not executed may still come.
            let may = height > head.height && view > head.place.view && (stands || open.state == State::Received);
            if !may {
                self.0.remove(&hash);
                dropped.push(hash);
            }
        }
        dropped
    }

    /// Forgets unexecuted blocks of old views, and old executed ones if there are too many; returns which; but none
    /// to keep.
    pub(super) fn shed(&mut self, cur: View, keep: impl Fn(&Candidate) -> bool) -> Vec<Hash> {
        let old = |open: &Open| open.block.candidate.place.view.0.saturating_add(MAX_VIEWS_BEHIND) < cur.0;
        let mut dropped: Vec<Hash> = Vec::new();
        self.0.retain(|hash, open| {
            let stays =
                !old(open) || matches!(open.state, State::Pending | State::Asked) || keep(&open.block.candidate);
            if !stays {
                dropped.push(*hash);
            }
            stays
        });
        while self.0.len() > MAX_UNASKED {
            let parents: Vec<Hash> = self.0.values().map(|open| open.block.candidate.parent.digest).collect();
            let free =
                |(hash, open): &(&Hash, &Open)| old(open) && !keep(&open.block.candidate) && !parents.contains(*hash);
            let oldest = self.0.iter().filter(free).min_by_key(|(_, open)| open.block.candidate.place.view);
            let Some(hash) = oldest.map(|(hash, _)| *hash) else { break };
            self.0.remove(&hash);
            dropped.push(hash);
        }
        dropped
    }
}

/// Whether a child says rightly where its parent stands.
fn follows(parent: &Candidate, child: Option<&Candidate>) -> bool {
    child.is_none_or(|child| {
        child.parent == parent.place
            && Some(child.height) == parent.height.checked_add(1)
            && child.place.view > parent.place.view
    })
}
