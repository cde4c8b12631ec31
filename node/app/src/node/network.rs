//! Other nodes: what comes from them is decoded, judged and handed to the driver, and what the driver has for them is
//! sent.
//!
//! ```text
//! hub           one thread that owns all of this: events of the network and orders of the driver, one after another
//! peers         who is connected, and who of them is which validator
//! blocks        proposals' blocks rebuilt from the pool, and blocks that are wanted
//! transactions  batches that go out, and the thread that checks those that come in
//! catch_up      final blocks in a row: fetched here, prepared in a thread beside, executed by the driver
//! restore       a snapshot instead, for who is far behind: found by its signatures, fetched into files
//! library       answers about snapshots and what leads to them
//! ```
//!
//! Everything is bounded; what finds no room is dropped, and whoever needs it asks again. Sockets, connections and their
//! limits are in `tenon-net`.

mod blocks;
mod catch_up;
mod hub;
mod library;
mod peers;
mod restore;
mod shards;
mod transactions;

use super::Work;
use super::chain::Chain;
use super::driver::Command;
use super::intake::Intake;
use super::others::{OpenBlocks, Others};
use super::snapshot::Snapshots;
use anyhow::Context as _;
use hub::{Event, Hub, HubSetup, Inbox, MAX_EVENTS};
pub(crate) use restore::{RestoreSetup, Restoring};
use std::collections::BTreeSet;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tenon_core::consensus::ParticipantStatus;
use tenon_core::sync::Progress;
use tenon_crypto::bls::BlsSecretKey;
use tenon_net::{Channel, Network, NetworkConfig, NetworkError, PeerKey};
use tokio::runtime::Handle;

/// For how long an address is tried that cannot be listened on, and how often.
const LISTEN_TIME: Duration = Duration::from_secs(5);
const LISTEN_PAUSE: Duration = Duration::from_millis(250);

/// What a node needs to be connected.
pub(crate) struct Link {
    /// Sockets and limits. The chain's hash is set when it is known.
    pub(crate) config: NetworkConfig,
    /// The key by which this node votes.
    pub(crate) key: Option<BlsSecretKey>,
    /// Where connections are served.
    pub(crate) runtime: Handle,
    /// The snapshots that others may have, if there are any.
    pub(crate) snapshots: Option<Arc<Snapshots>>,
    /// Blocks from one to the next; 0 makes none.
    pub(crate) snapshot_every: u64,
    /// When this node takes a snapshot; absent where it executes every block.
    pub(crate) restore: Option<RestoreSetup>,
}

/// A node's connection to others.
pub(crate) struct Connection {
    pub(crate) network: Arc<Network>,
    inbox: Inbox,
    /// The only peers that may connect, if not all may.
    allowed: Option<BTreeSet<PeerKey>>,
    status: Arc<Mutex<Option<ParticipantStatus>>>,
    progress: Arc<Mutex<Progress>>,
    restoring: Arc<Restoring>,
    /// Bytes by channel, in and out, that were counted before.
    counted: Mutex<[(u64, u64); Channel::COUNT]>,
}

impl Link {
    /// Listens, and begins to look for others.
    pub(crate) fn connect(
        self,
        chain: Arc<Chain>,
        intake: Arc<Intake>,
        driver: SyncSender<Command>,
    ) -> anyhow::Result<(Connection, Others, Vec<Work>)> {
        let Self { config, key, runtime, snapshots, restore, .. } = self;
        let peer = config.secret.key();
        let (events, inbox) = sync_channel(MAX_EVENTS);
        let way = Inbox::new(events);
        let allowed = config.allowed.clone();
        let config = NetworkConfig { chain: chain.genesis_hash, ..config };
        let network = Arc::new(listen(&config, &runtime, &way).context("start the network")?);
        let open = Arc::new(OpenBlocks::default());
        let status = Arc::new(Mutex::new(None));
        let out = way.clone();
        let others = Others::new(open.clone(), status.clone(), move |outgoing| out.tell(Event::Driver(outgoing)));
        let setup = HubSetup {
            network: network.clone(),
            peer,
            key,
            chain,
            intake,
            open,
            driver,
            inbox: way.clone(),
            status: status.clone(),
            snapshots,
            restore,
        };
        let (hub, mut works) = Hub::new(setup);
        let (progress, restoring) = (hub.progress(), hub.restoring());
        works.push(("tenon-network", Box::new(move || hub.run(&inbox))));
        let connection =
            Connection { network, inbox: way, allowed, status, progress, restoring, counted: Mutex::default() };
        Ok((connection, others, works))
    }
}

impl Connection {
    /// Has transactions that came in here sent to others.
    pub(crate) fn share(&self, transactions: Vec<Vec<u8>>) {
        // What finds no room is in this node's pool.
        let _ = self.inbox.tell(Event::Local(transactions));
    }

    /// What consensus last told of itself.
    pub(crate) fn status(&self) -> Option<ParticipantStatus> {
        lock(&self.status).clone()
    }

    /// How far others are ahead.
    pub(crate) fn progress(&self) -> Progress {
        lock(&self.progress).clone()
    }

    /// How far a snapshot is that is under way.
    pub(crate) fn restoring(&self) -> &Restoring {
        &self.restoring
    }

    /// By how much the bytes of a channel, in and out, grew since they were asked for last.
    pub(crate) fn grown(&self, channel: Channel, now: (u64, u64)) -> (u64, u64) {
        let place = Channel::ALL.iter().position(|one| *one == channel);
        let mut counted = lock(&self.counted);
        let before = place.and_then(|place| counted.get_mut(place)).map(|before| std::mem::replace(before, now));
        before.map_or((0, 0), |before| (now.0.saturating_sub(before.0), now.1.saturating_sub(before.1)))
    }

    /// Drops every connection and refuses everybody.
    pub(crate) fn cut_all(&self) {
        self.network.allow(Some(BTreeSet::new()));
    }

    /// Drops the connections with some peers and refuses them.
    pub(crate) fn cut(&self, peers: BTreeSet<PeerKey>) {
        peers.into_iter().for_each(|peer| self.network.ban(peer));
    }

    /// Lets everybody connect who may.
    pub(crate) fn heal_all(&self) {
        self.network.allow(self.allowed.clone());
    }

    /// Lets some peers connect again.
    pub(crate) fn heal(&self, peers: &BTreeSet<PeerKey>) {
        peers.iter().for_each(|peer| self.network.unban(*peer));
    }

    /// Ends the thread of the hub, and the connections.
    pub(crate) fn stop(&self) {
        self.inbox.stop();
        self.network.stop();
    }
}

/// Starts to listen. The sockets of a network that has just stopped may be taken for a moment more.
fn listen(config: &NetworkConfig, runtime: &Handle, inbox: &Inbox) -> Result<Network, NetworkError> {
    let begun = Instant::now();
    loop {
        let way = inbox.clone();
        match Network::start(config.clone(), runtime, move |event| way.take(event)) {
            Err(NetworkError::Listen { address, cause }) if begun.elapsed() < LISTEN_TIME => {
                tracing::debug!(target: "tenon::network", address, cause, "not to be listened on yet");
                std::thread::sleep(LISTEN_PAUSE);
            }
            started => return started,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
