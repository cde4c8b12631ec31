//! Who has the snapshot, who rests, and who is asked nothing more.

use super::{MAX_BANNED, MAX_IN_FLIGHT_PER_PEER, MAX_SNAPSHOT_PEERS, REST_MS};
use std::collections::{BTreeMap, BTreeSet};
use tenon_types::proof::MAX_PART_DEPTH;

/// The public key by which a peer is known.
pub type Peer = [u8; 32];

#[derive(Clone, Copy, Debug)]
struct Known {
    depth: u8,
    /// How often in a row it did not answer.
    failures: u32,
    /// Until when it rests, if it does.
    rests_until_ms: Option<u64>,
}

/// The peers of one snapshot.
#[derive(Debug, Default)]
pub(super) struct Peers {
    known: BTreeMap<Peer, Known>,
    banned: BTreeSet<Peer>,
}

impl Peers {
    /// Takes note of an offer; tells whether the peer may be asked.
    pub(super) fn add(&mut self, peer: Peer, depth: u8) -> bool {
        let room = self.known.len() < MAX_SNAPSHOT_PEERS && self.banned.len() < MAX_BANNED;
        if depth > MAX_PART_DEPTH || self.banned.contains(&peer) || (!room && !self.known.contains_key(&peer)) {
            return false;
        }
        let known = self.known.entry(peer).or_insert(Known { depth, failures: 0, rests_until_ms: None });
        known.depth = depth;
        true
    }

    pub(super) fn remove(&mut self, peer: &Peer) {
        self.known.remove(peer);
    }

    pub(super) fn ban(&mut self, peer: Peer) {
        if self.banned.len() < MAX_BANNED {
            self.banned.insert(peer);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn depth(&self, peer: &Peer) -> Option<u8> {
        self.known.get(peer).map(|known| known.depth)
    }

    pub(super) fn has_depth(&self, depth: u8) -> bool {
        self.known.values().any(|known| known.depth == depth)
    }

    /// The depth that most peers offer; the least of several.
    pub(super) fn usual_depth(&self) -> Option<u8> {
        let mut counts = BTreeMap::<u8, usize>::new();
        for known in self.known.values() {
            let count = counts.entry(known.depth).or_default();
            *count = count.saturating_add(1);
        }
        counts.into_iter().max_by_key(|(depth, count)| (*count, u8::MAX.saturating_sub(*depth))).map(|(depth, _)| depth)
    }

    /// The peer to be asked next: of those that do not rest and have room, the least busy, then the most reliable.
    pub(super) fn choose(&mut self, depth: u8, now_ms: u64, in_flight: impl Fn(&Peer) -> usize) -> Option<Peer> {
        for known in self.known.values_mut() {
            known.rests_until_ms = known.rests_until_ms.filter(|until_ms| *until_ms > now_ms);
        }
        let able = |(peer, known): (&Peer, &Known)| {
            let busy = in_flight(peer);
            let able = known.depth == depth && known.rests_until_ms.is_none() && busy < MAX_IN_FLIGHT_PER_PEER;
            able.then_some((busy, known.failures, *peer))
        };
        self.known.iter().filter_map(able).min().map(|(_, _, peer)| peer)
    }

    pub(super) fn answered(&mut self, peer: &Peer) {
        if let Some(known) = self.known.get_mut(peer) {
            known.failures = 0;
        }
    }

    /// Lets a peer rest that did not answer; returns how often that was in a row. What fails while it rests was asked
    /// before, and counts for nothing.
    pub(super) fn failed(&mut self, peer: &Peer, now_ms: u64) -> Option<u32> {
        let known =
            self.known.get_mut(peer).filter(|known| known.rests_until_ms.is_none_or(|until| until <= now_ms))?;
        known.failures = known.failures.saturating_add(1);
        known.rests_until_ms = Some(now_ms.saturating_add(REST_MS.saturating_mul(u64::from(known.failures))));
        Some(known.failures)
    }

    /// When the first of the resting peers has rested.
    pub(super) fn first_rested(&self) -> Option<u64> {
        self.known.values().filter_map(|known| known.rests_until_ms).min()
    }
}
