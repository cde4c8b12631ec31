//! Connections: which one with a peer is used, its streams, and when it ends.
//!
//! A peer counts as connected once all channels of one connection are open, which shows that it is of the same chain.
//! When there are two connections, both sides keep the same one: a direct one rather than one through a relay; of two that
//! were made at the same time the one that the smaller key dialled; else the newer, for who dials again lost the older.

use super::Driver;
use crate::behaviour::BehaviourEvent;
use crate::config::MAX_OPENING_TIME;
use crate::event::{Channel, NetworkEvent, Offence, RequestFailure};
use crate::key::PeerKey;
use crate::shared::{About, Place, Remote, Report};
use crate::streams::{Kind, Purpose, StreamEvent};
use crate::{reader, requests, writer};
use libp2p::core::ConnectedPoint;
use libp2p::swarm::{ConnectionId, DialError, ListenError, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Stream, ping};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// Two connections that were made within this time were dialled by both sides at once.
const SIMULTANEOUS: Duration = Duration::from_secs(5);

/// A connection.
pub(super) struct Link {
    pub(super) key: PeerKey,
    address: Multiaddr,
    outbound: bool,
    established: Instant,
    /// Streams that are open before all are.
    opening: [Option<Stream>; Channel::COUNT],
    is_open: bool,
    /// Streams of the peer that came before all of ours were open.
    waiting: Vec<(Kind, Stream)>,
    reading: [bool; Channel::COUNT],
    tasks: Vec<AbortHandle>,
    /// Dropped when the connection ends.
    lives: Option<watch::Sender<()>>,
}

/// A peer with at least one connection.
pub(super) struct Peer {
    pub(super) main: ConnectionId,
    pub(super) remote: Arc<Remote>,
    links: Vec<ConnectionId>,
    /// The node knows of it.
    is_ready: bool,
}

impl Link {
    /// Whether it goes through a relay.
    fn is_relayed(&self) -> bool {
        self.address.iter().any(|part| matches!(part, libp2p::multiaddr::Protocol::P2pCircuit))
    }

    /// What is told when it ends, unless it has.
    pub(super) fn ended(&self) -> Option<requests::Ended> {
        self.lives.as_ref().map(watch::Sender::subscribe)
    }

    pub(super) fn address(&self) -> &Multiaddr {
        &self.address
    }

    pub(super) fn is_outbound(&self) -> bool {
        self.outbound
    }
}

impl Driver {
    pub(super) fn on_swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour_event(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_established(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { connection_id, cause, .. } => {
                tracing::debug!(target: "net", ?cause, "connection closed");
                self.on_closed(connection_id);
            }
            SwarmEvent::IncomingConnectionError { error, send_back_addr, .. } => {
                if matches!(error, ListenError::Denied { .. }) {
                    self.shared.counts.refused.one();
                }
                tracing::debug!(target: "net", %error, from = %send_back_addr, "incoming connection refused");
            }
            SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => self.on_dial_error(peer_id, &error),
            SwarmEvent::NewListenAddr { address, .. } => self.on_address(address),
            SwarmEvent::ExternalAddrConfirmed { address } => self.on_address(address),
            SwarmEvent::ExpiredListenAddr { address, .. } | SwarmEvent::ExternalAddrExpired { address } => {
                self.on_address_gone(address);
            }
            SwarmEvent::ListenerClosed { addresses, reason, .. } => {
                if let Err(error) = reason {
                    tracing::warn!(target: "net", %error, "a listener closed");
                }
                self.relays.clear();
                addresses.into_iter().for_each(|address| self.on_address_gone(address));
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(target: "net", %error, "a listener failed"),
            _ => {}
        }
    }

    fn on_behaviour_event(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Streams((peer, connection, event)) => self.on_stream(peer, connection, event),
            BehaviourEvent::Gossip(event) => self.on_gossip(event),
            BehaviourEvent::Identify(event) => self.on_identify(event),
            BehaviourEvent::Ping(event) => self.on_ping(&event),
            BehaviourEvent::Kad(event) => self.on_kad(event),
            BehaviourEvent::Mdns(event) => self.on_mdns(event),
            BehaviourEvent::Upnp(event) => tracing::debug!(target: "net", ?event, "port mapping"),
            BehaviourEvent::RelayClient(event) => tracing::debug!(target: "net", ?event, "relay"),
            BehaviourEvent::RelayServer(event) => tracing::debug!(target: "net", ?event, "relaying"),
            BehaviourEvent::Dcutr(event) => tracing::debug!(target: "net", ?event, "hole punching"),
            BehaviourEvent::AutonatClient(event) => {
                tracing::debug!(target: "net", address = %event.tested_addr, result = ?event.result, "reachability");
            }
            BehaviourEvent::AutonatServer(_) => {}
            BehaviourEvent::Gate(never) => match never {},
            BehaviourEvent::Limits(never) => match never {},
        }
    }

    fn on_established(&mut self, peer: PeerId, connection: ConnectionId, endpoint: &ConnectedPoint) {
        self.shared.counts.connections.one();
        let Ok(key) = PeerKey::from_peer_id(peer) else {
            self.swarm.close_connection(connection);
            return;
        };
        let link = Link {
            key,
            address: endpoint.get_remote_address().clone(),
            outbound: endpoint.is_dialer(),
            established: Instant::now(),
            opening: [None, None, None],
            is_open: false,
            waiting: Vec::new(),
            reading: [false; Channel::COUNT],
            tasks: Vec::new(),
            lives: Some(watch::Sender::new(())),
        };
        self.links.insert(connection, link);
        match self.peers.get_mut(&key) {
            None => {
                let remote = Arc::new(Remote::new(key, &self.shared.limits, self.about(&key, connection)));
                let links = vec![connection];
                self.peers.insert(key, Peer { main: connection, remote, links, is_ready: false });
                self.open_channels(key, connection);
            }
            Some(peer) => {
                peer.links.push(connection);
                let old = peer.main;
                if self.is_better(connection, old) {
                    self.switch(key, connection);
                    self.close(old);
                } else {
                    self.close(connection);
                }
            }
        }
    }

    /// Whether both sides keep the new connection rather than the old one.
    fn is_better(&self, new: ConnectionId, old: ConnectionId) -> bool {
        let (Some(new), Some(old)) = (self.links.get(&new), self.links.get(&old)) else { return true };
        if new.is_relayed() != old.is_relayed() {
            return old.is_relayed();
        }
        let is_simultaneous = new.established.saturating_duration_since(old.established) < SIMULTANEOUS;
        if new.outbound == old.outbound || !is_simultaneous {
            return true;
        }
        let own_is_smaller = self.own_key() < new.key;
        new.outbound == own_is_smaller
    }

    fn own_key(&self) -> PeerKey {
        PeerKey::from_peer_id(*self.swarm.local_peer_id()).expect("the own key is made from an ed25519 seed")
    }

    /// Makes a connection the one in use.
    fn switch(&mut self, key: PeerKey, connection: ConnectionId) {
        let about = self.about(&key, connection);
        let Some(peer) = self.peers.get_mut(&key) else { return };
        peer.main = connection;
        peer.remote.update(|old| {
            old.address = about.address;
            old.outbound = about.outbound;
        });
        self.open_channels(key, connection);
    }

    fn about(&self, key: &PeerKey, connection: ConnectionId) -> About {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let link = self.links.get(&connection);
        About {
            address: link.map(|link| link.address.to_string()).unwrap_or_default(),
            listens: Vec::new(),
            outbound: link.is_some_and(|link| link.outbound),
            round_trip_ms: None,
            score: self.scores.get(key, Instant::now()),
            since: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn open_channels(&mut self, key: PeerKey, connection: ConnectionId) {
        for channel in Channel::ALL {
            let purpose = Purpose::Channel(channel);
            self.swarm.behaviour_mut().streams.open(key.peer_id(), connection, purpose);
        }
    }

    /// Closes a connection and stops what reads and writes on it.
    pub(super) fn close(&mut self, connection: ConnectionId) {
        if let Some(link) = self.links.get_mut(&connection) {
            link.tasks.drain(..).for_each(|task| task.abort());
            link.lives = None;
        }
        self.end_questions_on(connection);
        self.swarm.close_connection(connection);
    }

    pub(super) fn disconnect(&mut self, key: &PeerKey) {
        let links = self.peers.get(key).map(|peer| peer.links.clone()).unwrap_or_default();
        links.into_iter().for_each(|connection| self.close(connection));
    }

    fn on_closed(&mut self, connection: ConnectionId) {
        let Some(mut link) = self.links.remove(&connection) else { return };
        link.tasks.drain(..).for_each(|task| task.abort());
        self.end_questions_on(connection);
        let key = link.key;
        let Some(peer) = self.peers.get_mut(&key) else { return };
        peer.links.retain(|other| *other != connection);
        if let Some(next) = peer.links.last().copied() {
            if peer.main == connection {
                self.switch(key, next);
            }
            return;
        }
        let is_ready = peer.is_ready;
        self.peers.remove(&key);
        self.relays.remove(&key);
        self.shared.remove_peer(&key);
        let jitter = self.jitter();
        if is_ready {
            self.book.lost(&key, Instant::now(), jitter);
            self.tell(NetworkEvent::Disconnected { peer: key });
        } else {
            self.book.failed(&key, Instant::now(), jitter);
        }
    }

    pub(super) fn on_dial_error(&mut self, peer: Option<PeerId>, error: &DialError) {
        if matches!(error, DialError::DialPeerConditionFalse(_)) {
            return;
        }
        match error {
            DialError::Denied { .. } => self.shared.counts.refused.one(),
            _ => self.shared.counts.dials_failed.one(),
        }
        tracing::debug!(target: "net", %error, "a dial failed");
        if let Some(Ok(key)) = peer.map(PeerKey::from_peer_id) {
            let jitter = self.jitter();
            self.book.failed(&key, Instant::now(), jitter);
        }
    }

    fn on_stream(&mut self, peer: PeerId, connection: ConnectionId, event: StreamEvent) {
        match event {
            StreamEvent::Opened { purpose: Purpose::Channel(channel), stream } => {
                self.on_channel_open(connection, channel, stream);
            }
            StreamEvent::Opened { purpose: Purpose::Request(id), stream } => {
                // A request that is late by now is forgotten, and its stream is dropped.
                let Some((question, _)) = self.questions.remove(&id) else { return };
                match self.links.get(&connection).and_then(Link::ended) {
                    Some(ended) => {
                        self.tasks.spawn(requests::ask(Arc::clone(&self.shared), question, stream, ended));
                    }
                    None => self.give_up(question, RequestFailure::Closed),
                }
            }
            StreamEvent::Failed { purpose: Purpose::Channel(_), is_foreign } => {
                let key = PeerKey::from_peer_id(peer).ok();
                if let (Some(key), true) = (key, is_foreign) {
                    self.refuse_foreign(key);
                }
                self.close(connection);
            }
            StreamEvent::Failed { purpose: Purpose::Request(id), .. } => {
                if let Some((question, _)) = self.questions.remove(&id) {
                    self.give_up(question, RequestFailure::Closed);
                }
            }
            StreamEvent::Accepted { kind, stream } => self.on_accepted(connection, kind, stream),
        }
    }

    /// A node of another chain is not talked to again for the time of a ban, but it did nothing wrong.
    pub(super) fn refuse_foreign(&mut self, key: PeerKey) {
        tracing::debug!(target: "net", peer = %key, "a node of another chain");
        self.shared.counts.refused.one();
        let until = Instant::now() + self.shared.limits.ban_time;
        self.swarm.behaviour_mut().gate.ban(key, until);
        self.book.forget(&key);
        self.disconnect(&key);
    }

    fn on_channel_open(&mut self, connection: ConnectionId, channel: Channel, stream: Stream) {
        let Some(link) = self.links.get_mut(&connection) else { return };
        let Some(peer) = self.peers.get(&link.key).filter(|peer| peer.main == connection) else { return };
        link.opening[channel.index()] = Some(stream);
        if link.opening.iter().any(Option::is_none) {
            return;
        }
        let streams = std::mem::take(&mut link.opening).map(|stream| stream.expect("all are open"));
        link.is_open = true;
        let (shared, remote) = (Arc::clone(&self.shared), Arc::clone(&peer.remote));
        let task = self.tasks.spawn(async move {
            let error = writer::write_all(streams, &remote.outgoing, &shared.counts).await;
            tracing::debug!(target: "net", peer = %remote.key, %error, "writing ended");
            // The driver is gone only when everything stops.
            let _stopped = shared.reports.send(Report::LinkEnded { connection, offence: None }).await;
        });
        link.tasks.push(task);
        let waiting = std::mem::take(&mut link.waiting);
        let key = link.key;
        self.welcome(key);
        waiting.into_iter().for_each(|(kind, stream)| self.on_accepted(connection, kind, stream));
    }

    /// Tells the node of a peer that it does not know of yet.
    fn welcome(&mut self, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        if std::mem::replace(&mut peer.is_ready, true) {
            return;
        }
        let remote = Arc::clone(&peer.remote);
        let info = remote.info();
        self.book.connected(&key);
        self.shared.add_peer(remote);
        let address = info.addresses.into_iter().next().unwrap_or_default();
        self.tell(NetworkEvent::Connected { peer: key, address, outbound: info.outbound });
    }

    fn on_accepted(&mut self, connection: ConnectionId, kind: Kind, stream: Stream) {
        let Some(link) = self.links.get_mut(&connection) else { return };
        let key = link.key;
        let Some(peer) = self.peers.get(&key) else { return };
        let (shared, remote) = (Arc::clone(&self.shared), Arc::clone(&peer.remote));
        if !peer.is_ready {
            let max = Channel::COUNT + shared.limits.max_requests_in;
            if link.waiting.len() < max {
                link.waiting.push((kind, stream));
            } else {
                self.punish(key, Offence::Streams);
            }
            return;
        }
        match kind {
            Kind::Channel(channel) => {
                if std::mem::replace(&mut link.reading[channel.index()], true) {
                    return self.punish(key, Offence::Streams);
                }
                let task = self.tasks.spawn(reader::read_all(shared, remote, connection, channel, stream));
                link.tasks.push(task);
            }
            Kind::Request => match Place::take(&remote.requests_in, shared.limits.max_requests_in) {
                Some(place) => {
                    let Some(ended) = link.ended() else { return };
                    self.tasks.spawn(requests::answer(shared, remote, place, stream, ended));
                }
                None => self.punish(key, Offence::Streams),
            },
        }
    }

    fn on_ping(&mut self, event: &ping::Event) {
        let Ok(key) = PeerKey::from_peer_id(event.peer) else { return };
        let Some(peer) = self.peers.get(&key).filter(|peer| peer.main == event.connection) else { return };
        match &event.result {
            Ok(time) => {
                let ms = u64::try_from(time.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
                peer.remote.update(|about| about.round_trip_ms = Some(ms));
                if peer.is_ready {
                    self.shared.emit(NetworkEvent::RoundTrip { peer: key, ms });
                }
            }
            // Who cannot answer is still useful; only the distance stays unknown.
            Err(ping::Failure::Unsupported) => {}
            Err(failure) => {
                tracing::debug!(target: "net", peer = %key, ?failure, "no answer to a ping");
                self.close(event.connection);
            }
        }
    }

    /// Closes connections whose streams do not open, and those of peers that do not read.
    pub(super) fn end_late_links(&mut self, now: Instant) {
        let max_stall = self.shared.limits.max_stall;
        let late = self.links.iter().filter(|(connection, link)| {
            let age = now.saturating_duration_since(link.established);
            let is_main = self.peers.get(&link.key).is_some_and(|peer| peer.main == **connection);
            is_main && !link.is_open && age > MAX_OPENING_TIME
        });
        let late: Vec<ConnectionId> = late.map(|(connection, _)| *connection).collect();
        late.into_iter().for_each(|connection| self.close(connection));
        let stalled = self.peers.iter().filter(|(_, peer)| peer.remote.outgoing.stalled(now) > max_stall);
        let stalled: Vec<PeerKey> = stalled.map(|(key, _)| *key).collect();
        for key in stalled {
            tracing::debug!(target: "net", peer = %key, "a peer does not read");
            self.punish(key, Offence::SlowReader);
            self.disconnect(&key);
        }
    }
}
