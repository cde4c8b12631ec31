//! A node of a test: a network whose events are kept in a list that can be waited on.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tenon_net::{Network, NetworkConfig, NetworkEvent, NodeSecret, PeerKey};
use tenon_types::Hash;
use tokio::runtime::Runtime;

/// How long a test waits for an event.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
/// How many events of a node may wait, unless the test says otherwise.
const QUEUE: usize = 100_000;

/// The chain of the tests.
pub(crate) const CHAIN: Hash = Hash([0xc0; 32]);

/// A runtime for the nodes of one test.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// What a node with this number is started with.
pub(crate) fn config(number: u8) -> NetworkConfig {
    NetworkConfig::new(CHAIN, NodeSecret::from_bytes([number; 32]))
}

/// The key of the node with this number.
pub(crate) fn key(number: u8) -> PeerKey {
    NodeSecret::from_bytes([number; 32]).key()
}

/// A running node.
pub(crate) struct Node {
    pub(crate) network: Network,
    events: Receiver<NetworkEvent>,
    /// Events that were looked at and did not fit.
    seen: Mutex<Vec<NetworkEvent>>,
}

impl Node {
    /// Starts a node and waits until it listens.
    pub(crate) fn start(runtime: &Runtime, config: NetworkConfig) -> Self {
        Self::start_with_queue(runtime, config, QUEUE)
    }

    /// The same with room for so many events.
    pub(crate) fn start_with_queue(runtime: &Runtime, config: NetworkConfig, queue: usize) -> Self {
        let listens = config.listen.len();
        let (sender, events): (SyncSender<NetworkEvent>, _) = sync_channel(queue);
        let network = Network::start(config, runtime.handle(), move |event| sender.try_send(event).is_ok());
        let network = network.expect("the network starts");
        let node = Self { network, events, seen: Mutex::default() };
        for _ in 0..listens {
            node.wait("listening", |event| matches!(event, NetworkEvent::Listening { .. }).then_some(()));
        }
        node
    }

    /// Starts one that begins with the others.
    pub(crate) fn start_knowing(runtime: &Runtime, number: u8, others: &[&Self]) -> Self {
        let mut config = config(number);
        config.bootstrap = others.iter().map(|other| other.address()).collect();
        Self::start(runtime, config)
    }

    pub(crate) fn key(&self) -> PeerKey {
        self.network.key()
    }

    /// The first address.
    pub(crate) fn address(&self) -> String {
        self.network.addresses().into_iter().next().expect("the node listens")
    }

    /// Waits for the first event, among those not yet taken, for which `take` gives something.
    pub(crate) fn wait<T>(&self, what: &str, mut take: impl FnMut(&NetworkEvent) -> Option<T>) -> T {
        let mut seen = self.seen.lock().expect("no test panics with it");
        if let Some((index, value)) = seen.iter().enumerate().find_map(|(index, event)| Some((index, take(event)?))) {
            seen.remove(index);
            return value;
        }
        let end = Instant::now() + DEADLINE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(event) = self.events.recv_timeout(left) else {
                drop(seen);
                let (peers, addresses) = (self.network.peers(), self.network.addresses());
                let counters = self.network.counters();
                panic!("no {what} within {DEADLINE:?}; {addresses:?}, peers {peers:?}, {counters:?}");
            };
            match take(&event) {
                Some(value) => return value,
                None => seen.push(event),
            }
        }
    }

    /// Waits until the peer is connected.
    pub(crate) fn wait_connected(&self, peer: PeerKey) {
        self.wait("connection", |event| match event {
            NetworkEvent::Connected { peer: found, .. } if *found == peer => Some(()),
            _ => None,
        });
    }

    /// Waits until the peer is gone.
    pub(crate) fn wait_disconnected(&self, peer: PeerKey) {
        self.wait("disconnection", |event| match event {
            NetworkEvent::Disconnected { peer: found } if *found == peer => Some(()),
            _ => None,
        });
    }

    /// Everything that came so far and was not taken.
    pub(crate) fn drain(&self) -> Vec<NetworkEvent> {
        let mut seen = self.seen.lock().expect("no test panics with it");
        seen.extend(self.events.try_iter());
        std::mem::take(&mut *seen)
    }
}

/// Waits until something holds that has no event of its own. Looks often, and fails at the deadline.
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < end, "not within {DEADLINE:?}: {what}");
        std::thread::yield_now();
    }
}

/// A message of this length.
pub(crate) fn message(byte: u8, length: usize) -> Arc<[u8]> {
    vec![byte; length].into()
}
