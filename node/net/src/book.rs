//! The addresses of peers, and when to dial which: bootstrap and reserved peers for ever, with longer and longer waits; others
//! while there are too few peers, until they fail too often. The time and the jitter are passed in.

use crate::config::{MAX_ADDRESSES, MAX_KNOWN_PEERS};
use crate::key::PeerKey;
use libp2p::Multiaddr;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The wait before the first new attempt.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// After so many failures in a row a peer that is not permanent is forgotten.
const MAX_FAILURES: u32 = 8;
/// How many peers are dialled at one time.
const MAX_DIALS: usize = 16;

#[derive(Debug)]
struct Known {
    addresses: Vec<Multiaddr>,
    /// Bootstrap and reserved peers are never forgotten.
    is_permanent: bool,
    /// It was connected, and the connection was lost: it is dialled whatever the number of peers.
    is_lost: bool,
    failures: u32,
    next: Instant,
}

/// The addresses of peers.
#[derive(Debug)]
pub(crate) struct Book {
    peers: BTreeMap<PeerKey, Known>,
    max_wait: Duration,
}

impl Book {
    pub(crate) fn new(max_wait: Duration) -> Self {
        Self { peers: BTreeMap::new(), max_wait }
    }

    /// Adds a peer that is always to be connected to.
    pub(crate) fn add_permanent(&mut self, key: PeerKey, address: Option<Multiaddr>, now: Instant) {
        self.add(key, address, now);
        if let Some(known) = self.peers.get_mut(&key) {
            known.is_permanent = true;
        }
    }

    /// Adds addresses of a peer. The newest come first; too many push out the oldest.
    pub(crate) fn add(&mut self, key: PeerKey, addresses: impl IntoIterator<Item = Multiaddr>, now: Instant) {
        let new = || Known { addresses: Vec::new(), is_permanent: false, is_lost: false, failures: 0, next: now };
        let known = self.peers.entry(key).or_insert_with(new);
        for address in addresses.into_iter().take(MAX_ADDRESSES) {
            known.addresses.retain(|old| *old != address);
            known.addresses.insert(0, address);
        }
        // A permanent peer keeps the address that the operator gave, which came first.
        while known.addresses.len() > MAX_ADDRESSES {
            let index = if known.is_permanent { MAX_ADDRESSES - 1 } else { MAX_ADDRESSES };
            known.addresses.remove(index);
        }
        self.forget_one(key);
    }

    /// Whether the peer is one to always be connected to.
    pub(crate) fn is_permanent(&self, key: &PeerKey) -> bool {
        self.peers.get(key).is_some_and(|known| known.is_permanent)
    }

    /// The peer is connected: no dial, and waits begin anew.
    pub(crate) fn connected(&mut self, key: &PeerKey) {
        if let Some(known) = self.peers.get_mut(key) {
            known.failures = 0;
            known.is_lost = false;
        }
    }

    /// The connection was lost.
    pub(crate) fn lost(&mut self, key: &PeerKey, now: Instant, jitter: u64) {
        if let Some(known) = self.peers.get_mut(key) {
            known.failures = 0;
            known.is_lost = true;
            known.next = now + spread(FIRST_WAIT, jitter);
        }
    }

    /// A dial failed: the next one is later.
    pub(crate) fn failed(&mut self, key: &PeerKey, now: Instant, jitter: u64) {
        let Some(known) = self.peers.get_mut(key) else { return };
        known.failures = known.failures.saturating_add(1);
        if known.failures >= MAX_FAILURES && !known.is_permanent {
            self.peers.remove(key);
            return;
        }
        let wait = FIRST_WAIT.saturating_mul(1 << known.failures.min(16)).min(self.max_wait);
        known.next = now + spread(wait, jitter);
    }

    /// Forgets a peer that nothing is wanted from any more.
    pub(crate) fn forget(&mut self, key: &PeerKey) {
        if !self.is_permanent(key) {
            self.peers.remove(key);
        }
    }

    /// Who is to be dialled now. With `more` also peers that were never connected.
    pub(crate) fn due(
        &mut self,
        now: Instant,
        more: bool,
        is_connected: impl Fn(&PeerKey) -> bool,
    ) -> Vec<(PeerKey, Vec<Multiaddr>)> {
        let due = self.peers.iter_mut().filter(|(key, known)| {
            known.next <= now
                && (known.is_permanent || known.is_lost || more)
                && !known.addresses.is_empty()
                && !is_connected(key)
        });
        let due = due.take(MAX_DIALS).map(|(key, known)| {
            // Until the result is known.
            known.next = now + self.max_wait;
            (*key, known.addresses.clone())
        });
        due.collect()
    }

    /// When there are too many, forgets the one that failed most, but not `newest`.
    fn forget_one(&mut self, newest: PeerKey) {
        if self.peers.len() <= MAX_KNOWN_PEERS {
            return;
        }
        let others = self.peers.iter().filter(|(key, known)| **key != newest && !known.is_permanent);
        let worst = others.max_by_key(|(_, known)| known.failures).map(|(key, _)| *key);
        self.peers.remove(&worst.unwrap_or(newest));
    }
}

/// A wait and up to half of it more, so that nodes that lost each other do not all dial at the same time.
fn spread(wait: Duration, jitter: u64) -> Duration {
    let part = u32::try_from(jitter % 1024).unwrap_or(0);
    wait + wait * part / 2048
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> Multiaddr {
        format!("/ip4/10.0.0.1/tcp/{port}").parse().expect("an address")
    }

    fn key(index: u16) -> PeerKey {
        let mut key = [0; 32];
        key[..2].copy_from_slice(&index.to_be_bytes());
        PeerKey(key)
    }

    #[test]
    fn dials_a_bootstrap_peer_for_ever_with_longer_and_longer_waits() {
        let mut now = Instant::now();
        let mut book = Book::new(Duration::from_secs(15));
        book.add_permanent(key(1), Some(address(1)), now);
        let mut waits = Vec::new();
        for jitter in 0..20 {
            let start = now;
            while book.due(now, false, |_| false).is_empty() {
                now += Duration::from_millis(50);
            }
            waits.push(now - start);
            book.failed(&key(1), now, jitter * 300);
        }
        assert!(waits[1] < Duration::from_secs(1), "{waits:?}");
        assert!(waits[19] >= Duration::from_secs(15) && waits[19] < Duration::from_secs(23), "{waits:?}");
    }

    #[test]
    fn forgets_others_after_some_failures_and_dials_them_only_when_more_are_wanted() {
        let now = Instant::now();
        let later = now + Duration::from_secs(3600);
        let mut book = Book::new(Duration::from_secs(15));
        book.add(key(1), [address(1)], now);
        assert!(book.due(now, false, |_| false).is_empty());
        assert_eq!(book.due(now, true, |_| false), [(key(1), vec![address(1)])]);
        assert!(book.due(later, true, |_| true).is_empty(), "connected");
        book.lost(&key(1), now, 0);
        assert_eq!(book.due(later, false, |_| false).len(), 1);
        for _ in 0..MAX_FAILURES {
            book.failed(&key(1), now, 0);
        }
        assert!(book.due(later, true, |_| false).is_empty());
    }

    #[test]
    fn is_bounded_in_peers_and_addresses_and_keeps_what_the_operator_gave() {
        let now = Instant::now();
        let mut book = Book::new(Duration::from_secs(15));
        book.add_permanent(key(0), Some(address(0)), now);
        for port in 1..100 {
            book.add(key(0), [address(port)], now);
        }
        let addresses = &book.peers[&key(0)].addresses;
        assert_eq!(addresses.len(), MAX_ADDRESSES);
        assert!(addresses.contains(&address(0)) && addresses.contains(&address(99)));
        for index in 1..2000 {
            book.add(key(index), [address(index)], now);
        }
        assert_eq!(book.peers.len(), MAX_KNOWN_PEERS);
        assert!(book.is_permanent(&key(0)));
    }
}
