//! The blocks above the last applied one: which are delivered, which are held, which are asked for.
//!
//! ```text
//! own        the last applied block
//! delivered  ranges that the driver has, in order, without gaps, from own on
//! held       ranges that came out of order
//! asked      ranges that are asked for
//! hole       what is none of these, up to the window's end
//! ```
//!
//! Ranges may overlap: an answer ends where its last block can be proven final, not where it was asked to.

use super::limits::RESERVED_BYTES;
use super::{BlocksAnswer, MAX_RANGES, MAX_REQUESTS, Peer, RequestId};
use std::collections::{BTreeMap, VecDeque};
use tenon_types::BlockNumber;

/// A range that the driver has.
#[derive(Clone, Debug)]
struct Delivered {
    last: BlockNumber,
    peer: Peer,
    bytes: usize,
}

/// A range that came.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) first: BlockNumber,
    pub(super) last: BlockNumber,
    pub(super) peer: Peer,
    pub(super) answer: BlocksAnswer,
}

impl Held {
    fn bytes(&self) -> usize {
        self.answer.bytes().saturating_add(self.answer.proof.len())
    }
}

/// A range that is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) peer: Peer,
    pub(super) first: BlockNumber,
    pub(super) last: BlockNumber,
    pub(super) max_bytes: u32,
    pub(super) at_ms: u64,
    pub(super) due_ms: u64,
}

/// The blocks above the last applied one.
#[derive(Clone, Debug)]
pub(super) struct Window {
    own: BlockNumber,
    delivered: VecDeque<Delivered>,
    held: BTreeMap<BlockNumber, Held>,
    asked: BTreeMap<RequestId, Asked>,
    max_held_bytes: usize,
}

impl Window {
    pub(super) fn new(own: BlockNumber, max_held_bytes: usize) -> Self {
        let (held, asked) = (BTreeMap::new(), BTreeMap::new());
        Self { own, delivered: VecDeque::new(), held, asked, max_held_bytes }
    }

    pub(super) fn own(&self) -> BlockNumber {
        self.own
    }

    /// The first block that was not delivered.
    pub(super) fn next(&self) -> BlockNumber {
        self.delivered.back().map_or(self.own, |delivered| delivered.last).saturating_add(1)
    }

    pub(super) fn deliveries(&self) -> usize {
        self.delivered.len()
    }

    /// Bytes of blocks and proofs that are delivered, held, or may be on the way.
    pub(super) fn bytes(&self) -> usize {
        self.held_bytes().saturating_add(self.asked.len().saturating_mul(RESERVED_BYTES))
    }

    /// Bytes of blocks and proofs that are delivered or held.
    pub(super) fn held_bytes(&self) -> usize {
        let delivered = self.delivered.iter().fold(0_usize, |sum, delivered| sum.saturating_add(delivered.bytes));
        self.held.values().fold(delivered, |sum, held| sum.saturating_add(held.bytes()))
    }

    /// Whether one more answer has room. What is needed first always finds room that the others leave.
    pub(super) fn has_room(&self, first: BlockNumber) -> bool {
        let kept_free = if first == self.next() { 0 } else { 1 };
        let answers = RESERVED_BYTES.saturating_mul(1_usize.saturating_add(kept_free));
        let ranges = self.held.len().saturating_add(self.asked.len()).saturating_add(kept_free);
        let requests = self.asked.len().saturating_add(kept_free);
        self.bytes().saturating_add(answers) <= self.max_held_bytes && ranges < MAX_RANGES && requests < MAX_REQUESTS
    }

    /// The first blocks from a height on, up to a last one, that are neither held nor asked for.
    pub(super) fn hole(&self, from: BlockNumber, limit: BlockNumber) -> Option<(BlockNumber, BlockNumber)> {
        let held = self.held.values().map(|held| (held.first, held.last));
        let mut ranges: Vec<_> = held.chain(self.asked.values().map(|asked| (asked.first, asked.last))).collect();
        ranges.sort_unstable();
        let mut first = from.max(self.next());
        for (start, last) in ranges {
            if start > first {
                let last = limit.min(start.saturating_sub(1));
                return (first <= last).then_some((first, last));
            }
            first = first.max(last.checked_add(1)?);
        }
        (first <= limit).then_some((first, limit))
    }

    /// The request for the block that is needed next, if it is one alone.
    pub(super) fn only_request_for_next(&self) -> Option<Asked> {
        let next = self.next();
        let is_held = self.held.values().any(|held| held.first <= next && next <= held.last);
        let mut covering = self.asked.values().filter(|asked| asked.first <= next && next <= asked.last);
        let one = covering.next().filter(|_| !is_held)?;
        covering.next().is_none().then_some(*one)
    }

    pub(super) fn ask(&mut self, id: RequestId, asked: Asked) {
        self.asked.insert(id, asked);
    }

    /// Ends a request to a peer.
    pub(super) fn settle(&mut self, id: RequestId, peer: Peer) -> Option<Asked> {
        if self.asked.get(&id)?.peer != peer {
            return None;
        }
        self.asked.remove(&id)
    }

    /// Ends every request that a rule picks.
    pub(super) fn settle_all(&mut self, mut pick: impl FnMut(&Asked) -> bool) -> Vec<Asked> {
        let ended: Vec<RequestId> = self.asked.iter().filter(|(_, asked)| pick(asked)).map(|(id, _)| *id).collect();
        ended.iter().filter_map(|id| self.asked.remove(id)).collect()
    }

    /// When the first request is due.
    pub(super) fn next_due(&self) -> Option<u64> {
        self.asked.values().map(|asked| asked.due_ms).min()
    }

    pub(super) fn requests(&self) -> usize {
        self.asked.len()
    }

    /// Holds a range that came. Of two from the same height the longer is held.
    pub(super) fn hold(&mut self, held: Held) {
        let is_useful = held.last >= self.next();
        let is_longer = self.held.get(&held.first).is_none_or(|other| other.last < held.last);
        if is_useful && is_longer {
            self.held.insert(held.first, held);
        }
    }

    /// Takes the range that comes next, if it is held, without blocks that were delivered already.
    pub(super) fn deliver(&mut self) -> Option<Held> {
        let next = self.next();
        self.held.retain(|_, held| held.last >= next);
        let longest = self.held.range(..=next).max_by_key(|(_, held)| held.last);
        let first = longest.map(|(first, _)| *first)?;
        let mut held = self.held.remove(&first)?;
        let known = usize::try_from(next.saturating_sub(first)).unwrap_or(usize::MAX);
        held.answer.blocks.drain(..known.min(held.answer.blocks.len()));
        held.first = next;
        self.delivered.push_back(Delivered { last: held.last, peer: held.peer, bytes: held.bytes() });
        Some(held)
    }

    /// Goes on to a height that was applied, and returns whether it is new.
    pub(super) fn apply(&mut self, height: BlockNumber) -> bool {
        if height <= self.own {
            return false;
        }
        self.own = height;
        while self.delivered.pop_front_if(|delivered| delivered.last <= height).is_some() {}
        let next = self.next();
        self.held.retain(|_, held| held.last >= next);
        true
    }

    /// Drops what was delivered from a refused block on, and returns who sent it. `None` if it was not delivered, or
    /// was applied since.
    pub(super) fn refuse(&mut self, height: BlockNumber) -> Option<Peer> {
        let peer = self.delivered.iter().find(|delivered| height <= delivered.last).map(|delivered| delivered.peer);
        let peer = peer.filter(|_| height > self.own)?;
        self.delivered.clear();
        self.own = self.own.max(height.saturating_sub(1));
        Some(peer)
    }

    /// Drops what a peer sent and was not delivered.
    pub(super) fn drop_held_of(&mut self, peer: Peer) {
        self.held.retain(|_, held| held.peer != peer);
    }
}
