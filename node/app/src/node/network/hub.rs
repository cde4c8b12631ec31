//! The thread between the network and the driver.

mod answers;
mod consensus;

use super::super::Work;
use super::super::chain::Chain;
use super::super::driver::Command;
use super::super::intake::Intake;
use super::super::others::{OpenBlocks, Outgoing};
use super::super::snapshot::Snapshots;
use super::blocks::Blocks;
use super::catch_up::{CatchUp, Prepared};
use super::library::Library;
use super::peers::{Heard, Peers};
use super::restore::{Restore, RestoreSetup, Restoring};
use super::shards::Shards;
use super::transactions::{Checker, Outbox, Source};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tenon_core::consensus::ParticipantStatus;
use tenon_core::consensus::bbft::View;
use tenon_core::sync::{Progress, SyncRules};
use tenon_core::wire::{Envelope, Status, TransactionBatch, ValidatorRecord, Wire};
use tenon_crypto::bls::BlsSecretKey;
use tenon_net::{Channel, GossipId, Network, NetworkEvent, Offence, PeerKey, Topic, Verdict};

/// Events that wait for the hub.
pub(crate) const MAX_EVENTS: usize = 8_192;
/// Of these, how many may be the network's: orders of the driver always find room.
const MAX_NETWORK_EVENTS: usize = 4_096;
/// Events that are handled before what is due is looked at.
const MAX_TURN: usize = 256;
/// How often what is due is looked at, at the latest.
const TICK_MS: u64 = 100;
/// How often validators that are not connected are called.
const CALL_MS: u64 = 3_000;
/// How often a validator says where it is; in the beginning and after a new connection, more often.
const ANNOUNCE_MS: u64 = 30_000;
const ANNOUNCE_SOON_MS: u64 = 700;
const ANNOUNCE_OFTEN: u8 = 4;
/// The least time from one status to the next.
const STATUS_MS: u64 = 200;
/// So many views ahead, transactions go straight to who leads.
const NEXT_LEADERS: u64 = 2;
/// What the hub is told.
pub(crate) enum Event {
    /// By the network.
    Network(NetworkEvent),
    /// By the driver.
    Driver(Outgoing),
    /// Transactions came in here.
    Local(Vec<Vec<u8>>),
    /// Work for a stretch of final blocks is done, or could not be.
    Prepared(Prepared),
    /// The node stops.
    Stop,
}

/// The way to the hub.
#[derive(Clone)]
pub(crate) struct Inbox {
    events: SyncSender<Event>,
    /// How many of the network's wait.
    waiting: Arc<AtomicUsize>,
}

impl Inbox {
    pub(crate) fn new(events: SyncSender<Event>) -> Self {
        Self { events, waiting: Arc::default() }
    }

    /// Takes an event of the network. Returns whether there was room.
    pub(crate) fn take(&self, event: NetworkEvent) -> bool {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MAX_NETWORK_EVENTS
            || self.events.try_send(Event::Network(event)).is_err()
        {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return false;
        }
        true
    }

    /// Gives a prepared range, for which there is room soon: as many come as were asked for.
    pub(super) fn deliver(&self, prepared: Prepared) {
        // Nobody waits for it once the hub is gone.
        drop(self.events.send(Event::Prepared(prepared)));
    }

    /// Has the hub end, once it has handled what waits.
    pub(super) fn stop(&self) {
        // One that has ended needs no word.
        drop(self.events.send(Event::Stop));
    }

    /// Tells the hub something. Returns whether there was room.
    pub(crate) fn tell(&self, event: Event) -> bool {
        self.events.try_send(event).is_ok()
    }
}

/// What a hub is made of.
pub(crate) struct HubSetup {
    pub(crate) network: Arc<Network>,
    pub(crate) peer: PeerKey,
    pub(crate) key: Option<BlsSecretKey>,
    pub(crate) chain: Arc<Chain>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) open: Arc<OpenBlocks>,
    pub(crate) driver: SyncSender<Command>,
    pub(crate) inbox: Inbox,
    pub(crate) status: Arc<Mutex<Option<ParticipantStatus>>>,
    pub(crate) snapshots: Option<Arc<Snapshots>>,
    pub(crate) restore: Option<RestoreSetup>,
}

/// The hub.
pub(crate) struct Hub {
    network: Arc<Network>,
    chain: Arc<Chain>,
    intake: Arc<Intake>,
    open: Arc<OpenBlocks>,
    driver: SyncSender<Command>,
    inbox: Inbox,
    peers: Peers,
    blocks: Blocks,
    shards: Shards,
    outbox: Outbox,
    checker: Checker,
    catch_up: CatchUp,
    restore: Restore,
    library: Library,
    began: Instant,
    call_ms: u64,
    announce_ms: u64,
    announce_often: u8,
    status_ms: u64,
    status_due: bool,
    progress: Arc<Mutex<Progress>>,
    /// What consensus last told of itself.
    status: Arc<Mutex<Option<ParticipantStatus>>>,
}

impl Hub {
    /// Makes the hub, and the work of the threads beside it.
    pub(crate) fn new(setup: HubSetup) -> (Self, Vec<Work>) {
        let HubSetup { network, peer, key, chain, intake, open, driver, inbox, status, snapshots, restore } = setup;
        let (checker, checks) = Checker::new(intake.clone(), network.clone());
        // Who votes has the newest blocks from consensus.
        let rules = if key.is_some() { SyncRules::validator() } else { SyncRules::default() };
        let (catch_up, [prepares, answers]) =
            CatchUp::new(rules, chain.clone(), intake.clone(), inbox.clone(), network.clone());
        let catch_up_progress = catch_up.progress();
        let (library, library_answers) = Library::new(chain.clone(), snapshots, network.clone());
        let restore = Restore::new(restore, chain.clone(), network.clone());
        let hub = Self {
            peers: Peers::new(chain.genesis_hash, peer, key),
            network,
            chain,
            intake,
            open,
            driver,
            inbox,
            blocks: Blocks::default(),
            shards: Shards::default(),
            outbox: Outbox::default(),
            checker,
            catch_up,
            restore,
            library,
            began: Instant::now(),
            call_ms: 0,
            announce_ms: 0,
            announce_often: ANNOUNCE_OFTEN,
            status_ms: 0,
            status_due: true,
            progress: Arc::new(Mutex::new(catch_up_progress)),
            status,
        };
        let works: [Work; 4] = [
            ("tenon-check", Box::new(checks)),
            ("tenon-prepare", prepares),
            ("tenon-answer", answers),
            ("tenon-library", Box::new(library_answers)),
        ];
        (hub, works.into())
    }

    /// How far others are ahead, now and later.
    pub(crate) fn progress(&self) -> Arc<Mutex<Progress>> {
        self.progress.clone()
    }

    /// How far a snapshot is that is under way, now and later.
    pub(crate) fn restoring(&self) -> Arc<Restoring> {
        self.restore.shown()
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Runs until it is told to stop, or nobody can tell it anything any more.
    pub(crate) fn run(mut self, events: &Receiver<Event>) {
        loop {
            let now_ms = self.now_ms();
            let due_ms = self.outbox.due_ms().into_iter().chain(self.catch_up.due_ms()).min();
            let wait_ms = due_ms.map_or(TICK_MS, |due_ms| due_ms.saturating_sub(now_ms).min(TICK_MS));
            let first = match events.recv_timeout(Duration::from_millis(wait_ms)) {
                Ok(event) => Some(event),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            for event in first.into_iter().chain(events.try_iter()).take(MAX_TURN) {
                if self.handle(event).is_break() {
                    return;
                }
            }
            self.do_what_is_due();
        }
    }

    /// Handles an event. Breaks if it is the last.
    fn handle(&mut self, event: Event) -> ControlFlow<()> {
        let now_ms = self.now_ms();
        match event {
            Event::Network(event) => {
                self.inbox.waiting.fetch_sub(1, Ordering::Relaxed);
                self.on_network(now_ms, event);
            }
            Event::Driver(outgoing) => self.on_driver(now_ms, outgoing),
            Event::Local(transactions) => self.outbox.add(now_ms, transactions),
            Event::Prepared(prepared) => self.catch_up.prepared(now_ms, prepared, &self.driver),
            Event::Stop => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    fn on_network(&mut self, now_ms: u64, event: NetworkEvent) {
        match event {
            NetworkEvent::Connected { peer, .. } => {
                self.peers.connect(peer);
                self.announce_often = ANNOUNCE_OFTEN;
                self.announce_ms = self.announce_ms.min(now_ms);
                self.status_due = true;
            }
            NetworkEvent::Disconnected { peer } => {
                self.peers.disconnect(&peer);
                self.catch_up.gone(now_ms, peer);
                self.restore.gone(now_ms, peer);
            }
            NetworkEvent::Message { peer, bytes, .. } => self.on_message(now_ms, peer, &bytes),
            NetworkEvent::Gossip { peer, topic: Topic::Transactions, id, bytes } => {
                self.on_batch(peer, id, &bytes);
            }
            NetworkEvent::Gossip { topic: Topic::Announcements, id, bytes, .. } => {
                let verdict = self.on_announcement(now_ms, &bytes);
                self.network.judge(id, verdict);
            }
            NetworkEvent::Request { peer, id, bytes } => self.on_request(peer, id, &bytes),
            NetworkEvent::Response { id, result } => self.on_response(now_ms, id, result),
            NetworkEvent::Listening { address } => {
                tracing::info!(target: "tenon::network", address, "listening");
            }
            NetworkEvent::RoundTrip { .. } => {}
        }
    }

    fn on_message(&mut self, now_ms: u64, peer: PeerKey, bytes: &[u8]) {
        match Envelope::from_bytes(bytes) {
            Ok(Envelope::Consensus(consensus)) => self.on_consensus(now_ms, peer, *consensus),
            Ok(Envelope::Status(status)) => {
                if self.restore.heard(now_ms, peer, status) {
                    self.catch_up.heard(now_ms, peer, status);
                }
            }
            // What finds no room, or a node that is behind, comes by gossip too.
            Ok(Envelope::Transactions(_)) if self.is_behind() => {}
            Ok(Envelope::Transactions(batch)) => drop(self.checker.check(Source::Peer(peer), batch)),
            Ok(Envelope::Shard(shard)) => self.on_shard(peer, *shard),
            Err(error) => {
                tracing::debug!(target: "tenon::network", %peer, %error, "a message does not decode");
                self.network.punish(peer, Offence::Malformed);
            }
        }
    }

    fn is_behind(&self) -> bool {
        self.catch_up.is_behind() || self.restore.is_active()
    }

    /// A node that is behind cannot judge transactions: it passes none on.
    fn on_batch(&self, peer: PeerKey, id: GossipId, bytes: &[u8]) {
        match TransactionBatch::from_bytes(bytes) {
            Ok(batch) if !self.is_behind() => {
                if !self.checker.check(Source::Gossip(id), batch) {
                    self.network.judge(id, Verdict::Ignore);
                }
            }
            Ok(_) => self.network.judge(id, Verdict::Ignore),
            Err(error) => {
                tracing::debug!(target: "tenon::network", %peer, %error, "a batch does not decode");
                self.network.judge(id, Verdict::Reject);
            }
        }
    }

    fn on_announcement(&mut self, now_ms: u64, bytes: &[u8]) -> Verdict {
        match ValidatorRecord::from_bytes(bytes).map(|record| self.peers.hear(record)) {
            Ok(Heard::New) => {
                self.call_ms = self.call_ms.min(now_ms);
                Verdict::Accept
            }
            Ok(Heard::Old) => Verdict::Ignore,
            Ok(Heard::Forged) | Err(_) => Verdict::Reject,
        }
    }

    fn do_what_is_due(&mut self) {
        let now_ms = self.now_ms();
        let batches = self.outbox.take(now_ms);
        let leaders = if batches.is_empty() { Vec::new() } else { self.next_leaders() };
        for batch in batches {
            self.network.publish(Topic::Transactions, batch.to_bytes());
            self.network.send(&leaders, Channel::Transactions, Envelope::Transactions(batch).to_bytes().into());
        }
        self.blocks.forget_old(now_ms);
        for hash in self.blocks.without_shards(now_ms) {
            self.fetch_whole(now_ms, hash);
        }
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = self.catch_up.progress();
        self.catch_up.tick(now_ms, &self.driver);
        for (peer, status) in self.restore.tick(now_ms, self.peers.epoch()) {
            self.catch_up.heard(now_ms, peer, status);
        }
        if now_ms >= self.call_ms {
            self.call_ms = now_ms.saturating_add(CALL_MS);
            for address in self.peers.missing() {
                if let Err(error) = self.network.connect(address) {
                    tracing::debug!(target: "tenon::network", address, %error, "a validator's address is none");
                }
            }
        }
        if now_ms >= self.announce_ms {
            self.announce(now_ms);
        }
        if self.status_due && now_ms >= self.status_ms {
            self.status_due = false;
            self.status_ms = now_ms.saturating_add(STATUS_MS);
            self.tell_status();
        }
    }

    /// Says where this validator is, if it is one; often in the beginning and after a new connection.
    fn announce(&mut self, now_ms: u64) {
        let wait_ms = if self.announce_often > 0 { ANNOUNCE_SOON_MS } else { ANNOUNCE_MS };
        self.announce_often = self.announce_often.saturating_sub(1);
        self.announce_ms = now_ms.saturating_add(wait_ms);
        self.status_due = true;
        let sequence = super::super::driver::now_ms();
        if let Some(record) = self.peers.own_record(self.network.addresses(), sequence) {
            self.network.publish(Topic::Announcements, record.to_bytes());
        }
    }

    /// The connected peers that lead next.
    fn next_leaders(&self) -> Vec<PeerKey> {
        self.view().map(|view| self.peers.leaders_after(view, NEXT_LEADERS)).unwrap_or_default()
    }

    /// The view that consensus was in last. A node without a seat is in none: the head's is the last that it knows of.
    fn view(&self) -> Option<View> {
        let status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        status.as_ref().map(|status| status.view.max(status.head.place.view))
    }

    fn tell_status(&self) {
        let best = self.chain.finalized();
        let lowest = self.chain.store.finalized().ok().flatten().map_or(0, |finalized| finalized.oldest);
        let height = best.block.header.number;
        let lowest = u32::try_from(lowest).unwrap_or(height).min(height);
        let status = Status { lowest, height, hash: best.hash };
        let connected: Vec<PeerKey> = self.peers.connected().copied().collect();
        self.network.send(&connected, Channel::Consensus, Envelope::Status(status).to_bytes().into());
    }
}
