//! The one task that owns the swarm: takes the node's orders, what happens on connections, and the notes of the tasks that
//! read and write. Nothing in it waits for a peer or for the node.

mod discovery;
mod gossip;
mod links;

use crate::behaviour::Behaviour;
use crate::book::Book;
use crate::config::NetworkConfig;
use crate::event::{GossipId, NetworkEvent, Offence, RequestFailure, RequestId, Topic, Verdict};
use crate::gossip::Unjudged;
use crate::key::PeerKey;
use crate::network::peer_of;
use crate::requests::Question;
use crate::score::{BAN_THRESHOLD, Scores};
use crate::shared::{Report, Shared};
use crate::streams::Purpose;
use futures::StreamExt;
use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, Swarm};
use links::{Link, Peer};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon_types::Hash;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How often time is looked at: redials, stalled peers, requests that are late.
const TICK: Duration = Duration::from_millis(100);

/// An order of the node.
#[derive(Debug)]
pub(crate) enum Command {
    Publish { topic: Topic, bytes: Vec<u8> },
    Judge { id: GossipId, verdict: Verdict },
    Request(Question),
    Punish { peer: PeerKey, offence: Offence },
    Connect { address: Multiaddr },
    Disconnect { peer: PeerKey },
    Ban { peer: PeerKey },
    Unban { peer: PeerKey },
    Allow { allowed: Option<BTreeSet<PeerKey>> },
    Stop,
}

/// The state of the task.
pub(crate) struct Driver {
    chain: Hash,
    nat: bool,
    swarm: Swarm<Behaviour>,
    shared: Arc<Shared>,
    commands: mpsc::Receiver<Command>,
    reports: mpsc::Receiver<Report>,
    tasks: JoinSet<()>,
    peers: BTreeMap<PeerKey, Peer>,
    links: BTreeMap<ConnectionId, Link>,
    book: Book,
    scores: Scores,
    unjudged: Unjudged,
    /// Requests whose stream is not open yet, and the connection that it is to be on.
    questions: BTreeMap<RequestId, (Question, ConnectionId)>,
    relays: BTreeSet<PeerKey>,
    next_discovery: Instant,
    random: RandomState,
    drawn: u64,
}

impl Driver {
    pub(crate) fn new(
        config: NetworkConfig,
        swarm: Swarm<Behaviour>,
        shared: Arc<Shared>,
        commands: mpsc::Receiver<Command>,
        reports: mpsc::Receiver<Report>,
        bootstrap: Vec<(PeerKey, Multiaddr)>,
    ) -> Self {
        let now = Instant::now();
        let own = config.secret.key();
        let mut book = Book::new(config.limits.max_redial_wait);
        for (key, address) in bootstrap.into_iter().filter(|(key, _)| *key != own) {
            book.add_permanent(key, Some(address), now);
        }
        for key in config.allowed.iter().flatten().filter(|key| **key != own) {
            book.add_permanent(*key, None, now);
        }
        Self {
            chain: config.chain,
            nat: config.nat,
            swarm,
            shared,
            commands,
            reports,
            tasks: JoinSet::new(),
            peers: BTreeMap::new(),
            links: BTreeMap::new(),
            book,
            scores: Scores::default(),
            unjudged: Unjudged::default(),
            questions: BTreeMap::new(),
            relays: BTreeSet::new(),
            next_discovery: now + config.limits.discovery_interval,
            random: RandomState::new(),
            drawn: 0,
        }
    }

    /// Runs until the node says stop or drops its handle.
    pub(crate) async fn run(mut self) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                command = self.commands.recv() => match command {
                    None | Some(Command::Stop) => break,
                    Some(command) => self.on_command(command),
                },
                event = self.swarm.select_next_some() => self.on_swarm_event(event),
                Some(report) = self.reports.recv() => self.on_report(report),
                Some(ended) = self.tasks.join_next() => {
                    if let Err(error) = ended && error.is_panic() {
                        tracing::error!(target: "net", %error, "a task of the network panicked");
                    }
                }
                _ = tick.tick() => self.on_tick(Instant::now()),
            }
        }
        self.tasks.shutdown().await;
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Publish { topic, bytes } => self.publish(topic, bytes),
            Command::Judge { id, verdict } => self.judge(id, verdict),
            Command::Request(question) => self.ask(question),
            Command::Punish { peer, offence } => self.punish(peer, offence),
            Command::Connect { address } => self.connect(address),
            Command::Disconnect { peer } => self.disconnect(&peer),
            Command::Ban { peer } => self.ban(peer),
            Command::Unban { peer } => {
                self.scores.forget(&peer);
                self.swarm.behaviour_mut().gate.unban(&peer);
                self.show_score(&peer, 0);
            }
            Command::Allow { allowed } => self.allow(allowed),
            Command::Stop => {}
        }
    }

    fn on_report(&mut self, report: Report) {
        match report {
            Report::Offence { peer, offence } => self.punish(peer, offence),
            Report::LinkEnded { connection, offence } => {
                let key = self.links.get(&connection).map(|link| link.key);
                self.close(connection);
                if let (Some(key), Some(offence)) = (key, offence) {
                    self.punish(key, offence);
                }
            }
        }
    }

    fn on_tick(&mut self, now: Instant) {
        self.shared.tell_undelivered();
        self.end_late_questions();
        self.end_late_links(now);
        self.dial_due(now);
        self.discover(now);
    }

    /// Notes an offence, and bans when there were enough.
    fn punish(&mut self, key: PeerKey, offence: Offence) {
        let score = self.scores.charge(key, offence, Instant::now());
        self.shared.counts.offences.one();
        tracing::debug!(target: "net", peer = %key, offence = offence.name(), score, "a peer did something wrong");
        self.show_score(&key, score);
        if score <= BAN_THRESHOLD && self.is_admitted(&key) {
            tracing::warn!(
                target: "net", peer = %key, offence = offence.name(), score,
                seconds = self.shared.limits.ban_time.as_secs(), "a peer is banned"
            );
            self.ban(key);
        }
    }

    fn ban(&mut self, key: PeerKey) {
        self.shared.counts.bans.one();
        self.scores.forget(&key);
        self.swarm.behaviour_mut().gate.ban(key, Instant::now() + self.shared.limits.ban_time);
        self.book.forget(&key);
        self.disconnect(&key);
    }

    fn allow(&mut self, allowed: Option<BTreeSet<PeerKey>>) {
        let (now, own) = (Instant::now(), *self.swarm.local_peer_id());
        for key in allowed.iter().flatten().filter(|key| key.peer_id() != own) {
            self.book.add_permanent(*key, None, now);
        }
        self.swarm.behaviour_mut().gate.allow(allowed);
        let refused: Vec<PeerKey> = self.peers.keys().copied().filter(|key| !self.is_admitted(key)).collect();
        refused.iter().for_each(|key| self.disconnect(key));
    }

    fn connect(&mut self, address: Multiaddr) {
        match peer_of(&address) {
            Some(key) => {
                self.book.add(key, Some(address.clone()), Instant::now());
                self.dial(key, vec![address]);
            }
            None => {
                if let Err(error) = self.swarm.dial(address) {
                    self.on_dial_error(None, &error);
                }
            }
        }
    }

    fn is_admitted(&self, key: &PeerKey) -> bool {
        self.swarm.behaviour().gate.check(key, Instant::now()).is_ok()
    }

    fn show_score(&mut self, key: &PeerKey, score: i64) {
        if let Some(peer) = self.peers.get(key) {
            peer.remote.update(|about| about.score = score);
        }
        // From -2^31 to 0 a float is exact; scores stop falling at the ban.
        let score = i32::try_from(score).map_or(f64::from(i32::MIN), f64::from);
        self.swarm.behaviour_mut().gossip.set_application_score(&key.peer_id(), score);
    }

    /// Asks for a stream for a request.
    fn ask(&mut self, question: Question) {
        let key = question.remote.key;
        let Some(peer) = self.peers.get(&key) else {
            return self.shared.finish(question.id, Err(RequestFailure::NotConnected));
        };
        let (purpose, connection) = (Purpose::Request(question.id), peer.main);
        if self.links.get(&connection).and_then(Link::ended).is_none() {
            return self.give_up(question, RequestFailure::Closed);
        }
        self.swarm.behaviour_mut().streams.open(key.peer_id(), connection, purpose);
        self.questions.insert(question.id, (question, connection));
    }

    fn end_late_questions(&mut self) {
        let now = tokio::time::Instant::now();
        let late = self.questions.extract_if(.., |_, (question, _)| question.deadline <= now);
        let late: Vec<Question> = late.map(|(_, (question, _))| question).collect();
        late.into_iter().for_each(|question| self.give_up(question, RequestFailure::Timeout));
    }

    /// Ends the requests whose stream will not open because the connection ends.
    fn end_questions_on(&mut self, connection: ConnectionId) {
        let lost = self.questions.extract_if(.., |_, (_, on)| *on == connection);
        let lost: Vec<Question> = lost.map(|(_, (question, _))| question).collect();
        lost.into_iter().for_each(|question| self.give_up(question, RequestFailure::Closed));
    }

    fn give_up(&self, question: Question, failure: RequestFailure) {
        let id = question.id;
        // The place is free before the node hears of it.
        drop(question);
        self.shared.finish(id, Err(failure));
    }

    fn tell(&self, event: NetworkEvent) {
        self.shared.tell(event);
    }

    /// A number that nobody can guess, to spread waits.
    fn jitter(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_add(1);
        self.random.hash_one(self.drawn)
    }
}
