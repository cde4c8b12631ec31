//! What is known of peers: how far they say they are, how they answered, whether they are left aside.
//!
//! ```text
//! upon an answer in time     one strike less; the next request is twice as long
//! upon a slow one            one strike more; half as long
//! upon none                  one strike more; half as long; left aside, each time for twice as long
//! upon an empty one          the same, and what it announced is forgotten; the third in a row is a lie
//! upon a lie                 left aside for long
//! whom to ask                of those who announced the block and are not aside: fewest strikes, then fewest requests
//!                            under way, then the quickest
//! ```
//!
//! Nobody is punished for being slow or out of reach: the network may do that to the honest.

use super::{MAX_EMPTY, MAX_SYNC_PEERS, Peer, SyncRules};
use crate::wire::Status;
use std::collections::BTreeMap;
use tenon_types::BlockNumber;

/// The most strikes that are counted.
const MAX_STRIKES: u32 = 8;

/// What is known of a peer.
#[derive(Clone, Debug, Default)]
struct Known {
    is_connected: bool,
    lowest: BlockNumber,
    height: BlockNumber,
    /// Requests under way.
    asked: usize,
    strikes: u32,
    empties: u32,
    aside_until_ms: u64,
    batch: u32,
    /// How long its answers take, the newer counting more.
    pace_ms: u64,
    /// Blocks that it sent and that were delivered.
    blocks: u64,
}

/// A peer that is asked, and for how much.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picked {
    pub(super) peer: Peer,
    pub(super) height: BlockNumber,
    pub(super) batch: u32,
    pub(super) timeout_ms: u64,
}

/// What a peer does for synchronisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerProgress {
    /// Who.
    pub peer: Peer,
    /// The height that it announced last.
    pub height: BlockNumber,
    /// Requests under way.
    pub asked: usize,
    /// Blocks of it that were delivered.
    pub blocks: u64,
    /// Until when it is left aside; in the past if it is not.
    pub aside_until_ms: u64,
}

/// The peers that are known.
#[derive(Clone, Debug)]
pub(super) struct Peers {
    rules: SyncRules,
    known: BTreeMap<Peer, Known>,
}

impl Peers {
    pub(super) fn new(rules: SyncRules) -> Self {
        Self { rules, known: BTreeMap::new() }
    }

    /// Notes how far a peer is. One too many takes the place of one that is gone, or is passed over.
    pub(super) fn announce(&mut self, peer: Peer, status: &Status) {
        if !self.known.contains_key(&peer) && self.known.len() >= MAX_SYNC_PEERS {
            let gone = self.known.iter().filter(|(_, known)| !known.is_connected && known.asked == 0);
            let Some(gone) = gone.min_by_key(|(_, known)| known.strikes).map(|(peer, _)| *peer) else { return };
            self.known.remove(&gone);
        }
        let batch = self.rules.first_batch;
        let known = self.known.entry(peer).or_insert_with(|| Known { batch, ..Known::default() });
        known.is_connected = true;
        (known.lowest, known.height) = (status.lowest, status.height);
    }

    pub(super) fn gone(&mut self, peer: Peer) {
        if let Some(known) = self.known.get_mut(&peer) {
            known.is_connected = false;
        }
    }

    /// The highest block that somebody who can be asked announced. `None` if nobody can be asked.
    pub(super) fn best(&self, now_ms: u64) -> Option<BlockNumber> {
        self.available(now_ms).map(|(_, known)| known.height).max()
    }

    /// The highest block that somebody connected announced.
    pub(super) fn highest(&self) -> Option<BlockNumber> {
        self.known.values().filter(|known| known.is_connected).map(|known| known.height).max()
    }

    /// Whether somebody is connected.
    pub(super) fn has_connected(&self) -> bool {
        self.known.values().any(|known| known.is_connected)
    }

    /// The lowest block that somebody connected serves.
    pub(super) fn lowest(&self) -> Option<BlockNumber> {
        self.known.values().filter(|known| known.is_connected).map(|known| known.lowest).min()
    }

    fn available(&self, now_ms: u64) -> impl Iterator<Item = (&Peer, &Known)> {
        self.known.iter().filter(move |(_, known)| known.is_connected && known.aside_until_ms <= now_ms)
    }

    /// Whom to ask for blocks from a height on, other than somebody.
    pub(super) fn pick(&self, from: BlockNumber, other_than: Option<Peer>, now_ms: u64) -> Option<Picked> {
        let has = |known: &Known| known.lowest <= from && from <= known.height;
        let is_free = |known: &Known| known.asked < self.rules.max_per_peer;
        let able =
            self.available(now_ms).filter(|(peer, known)| Some(**peer) != other_than && has(known) && is_free(known));
        let rank = |(peer, known): &(&Peer, &Known)| (known.strikes, known.asked, known.pace_ms, **peer);
        able.min_by_key(rank).map(|(peer, known)| Picked {
            peer: *peer,
            height: known.height,
            batch: known.batch,
            timeout_ms: self.rules.timeout_ms.saturating_mul(1 << known.strikes.min(2)),
        })
    }

    pub(super) fn asked(&mut self, peer: Peer) {
        if let Some(known) = self.known.get_mut(&peer) {
            known.asked = known.asked.saturating_add(1);
        }
    }

    /// Notes that a request to a peer is over, whatever came of it.
    pub(super) fn settled(&mut self, peer: Peer) {
        if let Some(known) = self.known.get_mut(&peer) {
            known.asked = known.asked.saturating_sub(1);
        }
    }

    /// Notes an answer that is right as far as can be seen.
    pub(super) fn answered(&mut self, peer: Peer, took_ms: u64) {
        let rules = self.rules;
        let Some(known) = self.known.get_mut(&peer) else { return };
        known.empties = 0;
        known.pace_ms = known.pace_ms.saturating_mul(3).saturating_add(took_ms) / 4;
        if took_ms < rules.slow_ms {
            known.strikes = known.strikes.saturating_sub(1);
            known.batch = known.batch.saturating_mul(2).min(rules.max_batch);
        } else {
            known.strikes = known.strikes.saturating_add(1).min(MAX_STRIKES);
            known.batch = (known.batch / 2).max(1);
        }
    }

    pub(super) fn delivered(&mut self, peer: Peer, blocks: usize) {
        if let Some(known) = self.known.get_mut(&peer) {
            known.blocks = known.blocks.saturating_add(u64::try_from(blocks).unwrap_or(u64::MAX));
        }
    }

    /// Leaves a peer aside for a while that did not answer.
    pub(super) fn failed(&mut self, peer: Peer, now_ms: u64) {
        let rules = self.rules;
        let Some(known) = self.known.get_mut(&peer) else { return };
        let aside_ms = rules.aside_ms.saturating_mul(1 << known.strikes).min(rules.max_aside_ms);
        known.aside_until_ms = known.aside_until_ms.max(now_ms.saturating_add(aside_ms));
        known.strikes = known.strikes.saturating_add(1).min(MAX_STRIKES);
        known.batch = (known.batch / 2).max(1);
    }

    /// Notes an answer without blocks, and whether that was a lie.
    pub(super) fn was_empty(&mut self, peer: Peer, from: BlockNumber, now_ms: u64) -> bool {
        self.failed(peer, now_ms);
        let Some(known) = self.known.get_mut(&peer) else { return false };
        known.height = known.height.min(from.saturating_sub(1));
        known.empties = known.empties.saturating_add(1);
        let is_lie = known.empties >= MAX_EMPTY;
        if is_lie {
            known.empties = 0;
            self.ban(peer, now_ms);
        }
        is_lie
    }

    /// Leaves a peer that lied aside for long.
    pub(super) fn ban(&mut self, peer: Peer, now_ms: u64) {
        let until_ms = now_ms.saturating_add(self.rules.ban_ms);
        if let Some(known) = self.known.get_mut(&peer) {
            known.strikes = MAX_STRIKES;
            known.aside_until_ms = until_ms;
        }
    }

    /// When the next peer that is left aside and has more than a height can be asked again.
    pub(super) fn next_return(&self, height: BlockNumber, now_ms: u64) -> Option<u64> {
        let waits = |known: &&Known| known.is_connected && known.height > height && known.aside_until_ms > now_ms;
        self.known.values().filter(waits).map(|known| known.aside_until_ms).min()
    }

    /// The peers that are connected or gave blocks.
    pub(super) fn progress(&self) -> Vec<PeerProgress> {
        let shown = self.known.iter().filter(|(_, known)| known.is_connected || known.blocks > 0);
        let shown = shown.map(|(peer, known)| PeerProgress {
            peer: *peer,
            height: known.height,
            asked: known.asked,
            blocks: known.blocks,
            aside_until_ms: known.aside_until_ms,
        });
        shown.collect()
    }
}
