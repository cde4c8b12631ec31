//! Who may connect: refuses the banned, whoever is not on a private chain's list, and more than the limits allow. It does so
//! before the handshake where the IP address is enough, and right after it where the key is needed.

use crate::config::{Limits, MAX_BANS, MAX_TRACKED_IPS};
use crate::key::PeerKey;
use crate::meter::Meter;
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
    dummy,
};
use libp2p::{Multiaddr, PeerId};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::IpAddr;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Why a connection was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Its key is no ed25519 key.
    #[error("its key is not ed25519")]
    Key,
    /// It is banned, or known to be of another chain.
    #[error("banned")]
    Banned,
    /// It is not on the list of a private chain.
    #[error("not among the peers of this private chain")]
    NotAllowed,
    /// There are enough peers.
    #[error("{found} connections; expected at most {max}")]
    Full {
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
    /// There are enough from this address.
    #[error("{found} connections from {ip}; expected at most {max}")]
    FullForIp {
        /// The address.
        ip: IpAddr,
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
    /// Connections from this address come too fast.
    #[error("{ip} connects too often")]
    TooOften {
        /// The address.
        ip: IpAddr,
    },
}

/// Who may connect.
pub(crate) struct Gate {
    max_peers: usize,
    max_per_ip: usize,
    max_new_per_ip: usize,
    ip_window: Duration,
    allowed: Option<BTreeSet<PeerKey>>,
    reserved: BTreeSet<PeerKey>,
    banned: BTreeMap<PeerKey, Instant>,
    /// Connections that exist or are in their handshake, with their address.
    connections: BTreeMap<ConnectionId, Option<IpAddr>>,
    established: BTreeSet<ConnectionId>,
    per_ip: BTreeMap<IpAddr, usize>,
    new_per_ip: BTreeMap<IpAddr, Meter>,
}

impl Gate {
    /// A gate for `allowed` peers, or for all; `reserved` ones are let in when it is full.
    pub(crate) fn new(limits: &Limits, allowed: Option<BTreeSet<PeerKey>>, reserved: BTreeSet<PeerKey>) -> Self {
        Self {
            max_peers: limits.max_peers,
            max_per_ip: limits.max_per_ip,
            max_new_per_ip: limits.max_new_per_ip,
            ip_window: limits.ip_window,
            allowed,
            reserved,
            banned: BTreeMap::new(),
            connections: BTreeMap::new(),
            established: BTreeSet::new(),
            per_ip: BTreeMap::new(),
            new_per_ip: BTreeMap::new(),
        }
    }

    /// Refuses a peer until then.
    pub(crate) fn ban(&mut self, key: PeerKey, until: Instant) {
        self.banned.insert(key, until);
        if self.banned.len() > MAX_BANS {
            let first = self.banned.iter().min_by_key(|(_, until)| **until).map(|(key, _)| *key);
            first.map(|key| self.banned.remove(&key));
        }
    }

    /// Ends a ban. Returns whether there was one.
    pub(crate) fn unban(&mut self, key: &PeerKey) -> bool {
        self.banned.remove(key).is_some()
    }

    /// Replaces the list of a private chain.
    pub(crate) fn allow(&mut self, allowed: Option<BTreeSet<PeerKey>>) {
        self.allowed = allowed;
    }

    /// Whether a connection with this peer is refused, whatever its address.
    pub(crate) fn check(&self, key: &PeerKey, now: Instant) -> Result<(), Refusal> {
        if self.banned.get(key).is_some_and(|until| now < *until) {
            return Err(Refusal::Banned);
        }
        match &self.allowed {
            Some(allowed) if !allowed.contains(key) => Err(Refusal::NotAllowed),
            _ => Ok(()),
        }
    }

    fn admit(&self, peer: PeerId) -> Result<(), Refusal> {
        let key = PeerKey::from_peer_id(peer).map_err(|_| Refusal::Key)?;
        self.check(&key, Instant::now())?;
        let (found, max) = (self.established.len(), self.max_peers);
        let is_reserved = self.reserved.contains(&key) || self.allowed.is_some();
        if found >= max && !is_reserved {
            return Err(Refusal::Full { found, max });
        }
        Ok(())
    }

    fn admit_ip(&mut self, ip: IpAddr, now: Instant) -> Result<(), Refusal> {
        let (found, max) = (self.per_ip.get(&ip).copied().unwrap_or(0), self.max_per_ip);
        if found >= max {
            return Err(Refusal::FullForIp { ip, found, max });
        }
        if self.new_per_ip.len() >= MAX_TRACKED_IPS && !self.new_per_ip.contains_key(&ip) {
            let oldest = self.new_per_ip.iter().min_by_key(|(_, meter)| meter.touched()).map(|(ip, _)| *ip);
            oldest.map(|ip| self.new_per_ip.remove(&ip));
        }
        let burst = self.max_new_per_ip as u64;
        let per_second = burst / self.ip_window.as_secs().max(1);
        let meter = self.new_per_ip.entry(ip).or_insert_with(|| Meter::new(per_second, burst, now));
        if meter.try_take(1, now) { Ok(()) } else { Err(Refusal::TooOften { ip }) }
    }

    fn add(&mut self, connection: ConnectionId, ip: Option<IpAddr>) {
        if self.connections.insert(connection, ip).is_none()
            && let Some(ip) = ip
        {
            *self.per_ip.entry(ip).or_default() += 1;
        }
    }

    fn remove(&mut self, connection: ConnectionId) {
        self.established.remove(&connection);
        let Some(Some(ip)) = self.connections.remove(&connection) else { return };
        let Some(count) = self.per_ip.get_mut(&ip) else { return };
        *count -= 1;
        if *count == 0 {
            self.per_ip.remove(&ip);
        }
    }
}

/// The IP address that a multiaddress begins with, unless it leads through a relay.
fn ip(address: &Multiaddr) -> Option<IpAddr> {
    if address.iter().any(|part| matches!(part, Protocol::P2pCircuit)) {
        return None;
    }
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(IpAddr::V6(ip)),
        _ => None,
    }
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let ip = ip(remote);
        if let Some(ip) = ip {
            self.admit_ip(ip, Instant::now()).map_err(ConnectionDenied::new)?;
        }
        self.add(connection, ip);
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.admit(peer).map_err(ConnectionDenied::new)?;
        Ok(dummy::ConnectionHandler)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: Option<PeerId>,
        _: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        if let Some(peer) = peer {
            let key = PeerKey::from_peer_id(peer).map_err(ConnectionDenied::new)?;
            self.check(&key, Instant::now()).map_err(ConnectionDenied::new)?;
        }
        Ok(Vec::new())
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.admit(peer).map_err(ConnectionDenied::new)?;
        self.add(connection, ip(address));
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm) {
        match event {
            FromSwarm::ConnectionEstablished(event) => {
                self.established.insert(event.connection_id);
            }
            FromSwarm::ConnectionClosed(event) => self.remove(event.connection_id),
            FromSwarm::ListenFailure(event) => self.remove(event.connection_id),
            FromSwarm::DialFailure(event) => self.remove(event.connection_id),
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Infallible, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}
