//! What the tasks of a network share: the way to the node, the connected peers, the counts.
//!
//! Nothing here waits. Locks are held for a few instructions, and never while the node's function runs.

use crate::config::{Limits, MAX_INCOMING_BYTES, MAX_UNDELIVERED};
use crate::counters::Counts;
use crate::event::{NetworkEvent, Offence, PeerInfo, RequestFailure, RequestId};
use crate::key::PeerKey;
use crate::meter::Meter;
use crate::outgoing::Outgoing;
use libp2p::swarm::ConnectionId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// While a peer floods, one offence is noted in this time.
const FLOOD_STEP: Duration = Duration::from_millis(250);
const LOCK: &str = "nothing panics while it holds this lock";

/// What a task tells the driver.
#[derive(Debug)]
pub(crate) enum Report {
    /// A peer did something wrong.
    Offence { peer: PeerKey, offence: Offence },
    /// A stream of a connection ended, so the connection has to end too.
    LinkEnded { connection: ConnectionId, offence: Option<Offence> },
}

/// A connected peer.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) key: PeerKey,
    pub(crate) outgoing: Outgoing,
    pub(crate) requests_in: Arc<AtomicUsize>,
    pub(crate) requests_out: Arc<AtomicUsize>,
    meters: Mutex<Meters>,
    about: Mutex<About>,
}

#[derive(Debug)]
struct Meters {
    bytes: Meter,
    messages: Meter,
    last_flood: Option<Instant>,
}

/// What [`PeerInfo`] shows besides the queue.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) address: String,
    pub(crate) listens: Vec<String>,
    pub(crate) outbound: bool,
    pub(crate) round_trip_ms: Option<u64>,
    pub(crate) score: i64,
    pub(crate) since: u64,
}

/// What a received message did to its sender's allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowance {
    /// It was within.
    Within,
    /// It was not: how long to read nothing, and whether this is to be noted as an offence.
    Exceeded { pause: Duration, is_offence: bool },
}

impl Remote {
    pub(crate) fn new(key: PeerKey, limits: &Limits, about: About) -> Self {
        let now = Instant::now();
        let meters = Meters {
            bytes: Meter::new(limits.bytes_per_second, limits.bytes_burst, now),
            messages: Meter::new(limits.messages_per_second, limits.messages_burst, now),
            last_flood: None,
        };
        Self {
            key,
            outgoing: Outgoing::new(limits),
            requests_in: Arc::default(),
            requests_out: Arc::default(),
            meters: Mutex::new(meters),
            about: Mutex::new(about),
        }
    }

    /// Counts a message against the peer's allowance.
    pub(crate) fn charge(&self, bytes: usize) -> Allowance {
        let now = Instant::now();
        let mut meters = self.meters.lock().expect(LOCK);
        let waits = [meters.bytes.take(bytes as u64, now), meters.messages.take(1, now)];
        let Some(pause) = waits.into_iter().flatten().max() else { return Allowance::Within };
        let is_offence = meters.last_flood.is_none_or(|last| now.saturating_duration_since(last) >= FLOOD_STEP);
        if is_offence {
            meters.last_flood = Some(now);
        }
        Allowance::Exceeded { pause, is_offence }
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut About)) {
        change(&mut self.about.lock().expect(LOCK));
    }

    pub(crate) fn info(&self) -> PeerInfo {
        let About { address, listens, outbound, round_trip_ms, score, since } = self.about.lock().expect(LOCK).clone();
        let mut addresses = vec![address];
        addresses.extend(listens);
        let queued = self.outgoing.queued();
        PeerInfo { key: self.key, addresses, outbound, round_trip_ms, score, since, queued }
    }
}

/// A place among the requests of a peer; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Place {
    /// Takes a place if fewer than `max` are taken.
    pub(crate) fn take(taken: &Arc<AtomicUsize>, max: usize) -> Option<Self> {
        let more = |count: usize| (count < max).then_some(count + 1);
        taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Self(Arc::clone(taken)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The node's function, see [`crate::Network::start`].
pub(crate) type Events = Box<dyn Fn(NetworkEvent) -> bool + Send + Sync>;

/// What the tasks of a network share.
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) counts: Counts,
    pub(crate) budget: Semaphore,
    pub(crate) reports: mpsc::Sender<Report>,
    events: Events,
    undelivered: Mutex<VecDeque<NetworkEvent>>,
    peers: RwLock<BTreeMap<PeerKey, Arc<Remote>>>,
    addresses: Mutex<BTreeSet<String>>,
    answers: Mutex<BTreeMap<RequestId, oneshot::Sender<Vec<u8>>>>,
    next_request: AtomicU64,
}

impl Shared {
    pub(crate) fn new(limits: Limits, events: Events, reports: mpsc::Sender<Report>) -> Self {
        Self {
            limits,
            counts: Counts::default(),
            budget: Semaphore::new(MAX_INCOMING_BYTES),
            reports,
            events,
            undelivered: Mutex::default(),
            peers: RwLock::default(),
            addresses: Mutex::default(),
            answers: Mutex::default(),
            next_request: AtomicU64::new(1),
        }
    }

    /// Hands an event to the node. Returns false when the node's queue is full and the event is lost.
    pub(crate) fn emit(&self, event: NetworkEvent) -> bool {
        (self.events)(event)
    }

    /// Hands an event to the node that it must get: it is kept when the queue is full. In order, if one task calls this.
    pub(crate) fn tell(&self, event: NetworkEvent) {
        let must_wait = !self.undelivered.lock().expect(LOCK).is_empty();
        if must_wait || !self.emit(event.clone()) {
            let mut undelivered = self.undelivered.lock().expect(LOCK);
            if undelivered.len() == MAX_UNDELIVERED {
                undelivered.pop_front();
            }
            undelivered.push_back(event);
        }
    }

    /// Tries again to hand over what the node's queue had no room for.
    pub(crate) fn tell_undelivered(&self) {
        let mut waiting = std::mem::take(&mut *self.undelivered.lock().expect(LOCK));
        while let Some(event) = waiting.front() {
            if !self.emit(event.clone()) {
                break;
            }
            waiting.pop_front();
        }
        let mut undelivered = self.undelivered.lock().expect(LOCK);
        waiting.append(&mut undelivered);
        waiting.truncate(MAX_UNDELIVERED);
        *undelivered = waiting;
    }

    /// Hands over the end of a request. An answer that finds the queue full becomes a failure, which is kept.
    pub(crate) fn finish(&self, id: RequestId, result: Result<Vec<u8>, RequestFailure>) {
        match result {
            Ok(bytes) => {
                self.counts.requests.received(bytes.len());
                if !self.emit(NetworkEvent::Response { id, result: Ok(bytes) }) {
                    self.counts.requests.dropped_in.one();
                    self.tell(NetworkEvent::Response { id, result: Err(RequestFailure::QueueFull) });
                }
            }
            Err(failure) => {
                self.counts.requests_failed.one();
                self.tell(NetworkEvent::Response { id, result: Err(failure) });
            }
        }
    }

    pub(crate) fn peer(&self, key: &PeerKey) -> Option<Arc<Remote>> {
        self.peers.read().expect(LOCK).get(key).cloned()
    }

    pub(crate) fn peers(&self) -> Vec<Arc<Remote>> {
        self.peers.read().expect(LOCK).values().cloned().collect()
    }

    pub(crate) fn add_peer(&self, remote: Arc<Remote>) {
        self.peers.write().expect(LOCK).insert(remote.key, remote);
    }

    pub(crate) fn remove_peer(&self, key: &PeerKey) {
        self.peers.write().expect(LOCK).remove(key);
    }

    pub(crate) fn addresses(&self) -> Vec<String> {
        self.addresses.lock().expect(LOCK).iter().cloned().collect()
    }

    /// Notes an address of this node. Returns whether it is new.
    pub(crate) fn add_address(&self, address: String) -> bool {
        self.addresses.lock().expect(LOCK).insert(address)
    }

    pub(crate) fn remove_address(&self, address: &str) {
        self.addresses.lock().expect(LOCK).remove(address);
    }

    pub(crate) fn new_request(&self) -> RequestId {
        RequestId(self.next_request.fetch_add(1, Ordering::Relaxed))
    }

    /// Notes that a peer waits for an answer. As many may wait as requests of peers may be in hand.
    pub(crate) fn expect_answer(&self, id: RequestId) -> oneshot::Receiver<Vec<u8>> {
        let (sender, receiver) = oneshot::channel();
        self.answers.lock().expect(LOCK).insert(id, sender);
        receiver
    }

    pub(crate) fn forget_answer(&self, id: RequestId) {
        self.answers.lock().expect(LOCK).remove(&id);
    }

    /// Passes an answer to the task that waits for it. Returns false when nobody waits any more.
    pub(crate) fn answer(&self, id: RequestId, bytes: Vec<u8>) -> bool {
        let sender = self.answers.lock().expect(LOCK).remove(&id);
        sender.is_some_and(|sender| sender.send(bytes).is_ok())
    }
}
