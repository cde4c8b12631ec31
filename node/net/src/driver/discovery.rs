//! Finding peers: addresses that peers tell, Kademlia's walks, multicast DNS; dialling; relays for a node behind NAT.

use super::Driver;
use crate::config::{MAX_ADDRESSES, MAX_RELAYS};
use crate::event::NetworkEvent;
use crate::key::PeerKey;
use crate::network::peer_of;
use crate::protocol;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::{Multiaddr, PeerId, identify, kad, mdns, relay};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

impl Driver {
    /// Dials whoever is due: permanent and lost peers always, others while there are few.
    pub(super) fn dial_due(&mut self, now: Instant) {
        let wants_more = self.peers.len() < self.shared.limits.max_peers / 2;
        let due = self.book.due(now, wants_more, |key| self.peers.contains_key(key));
        for (key, addresses) in due {
            if self.is_admitted(&key) {
                self.dial(key, addresses);
            }
        }
    }

    pub(super) fn dial(&mut self, key: PeerKey, addresses: Vec<Multiaddr>) {
        let options = DialOpts::peer_id(key.peer_id())
            .addresses(addresses)
            .condition(PeerCondition::DisconnectedAndNotDialing)
            .extend_addresses_through_behaviour()
            .build();
        if let Err(error) = self.swarm.dial(options) {
            self.on_dial_error(Some(key.peer_id()), &error);
        }
    }

    /// Looks for peers near a random place, now and then.
    pub(super) fn discover(&mut self, now: Instant) {
        if now < self.next_discovery {
            return;
        }
        self.next_discovery = now + self.shared.limits.discovery_interval;
        if self.peers.len() < self.shared.limits.max_peers / 2 {
            self.swarm.behaviour_mut().kad.get_closest_peers(PeerId::random());
        }
    }

    pub(super) fn on_kad(&mut self, event: kad::Event) {
        let kad::Event::OutboundQueryProgressed { result: kad::QueryResult::GetClosestPeers(result), .. } = event
        else {
            return;
        };
        let peers = match result {
            Ok(found) => found.peers,
            Err(kad::GetClosestPeersError::Timeout { peers, .. }) => peers,
        };
        for peer in peers {
            self.found(peer.peer_id, peer.addrs);
        }
    }

    pub(super) fn on_mdns(&mut self, event: mdns::Event) {
        if let mdns::Event::Discovered(found) = event {
            found.into_iter().for_each(|(peer, address)| self.found(peer, vec![address]));
        }
    }

    /// Notes addresses of a peer that somebody told.
    fn found(&mut self, peer: PeerId, addresses: Vec<Multiaddr>) {
        let Ok(key) = PeerKey::from_peer_id(peer) else { return };
        if peer != *self.swarm.local_peer_id() && self.is_admitted(&key) && !addresses.is_empty() {
            self.book.add(key, addresses, Instant::now());
        }
    }

    /// A peer tells where it listens.
    pub(super) fn on_identify(&mut self, event: identify::Event) {
        let identify::Event::Received { connection_id, peer_id, info } = event else { return };
        let Some(link) = self.links.get(&connection_id) else { return };
        let (key, reached_at, outbound) = (link.key, link.address().clone(), link.is_outbound());
        if info.protocol_version != protocol::name(self.chain, "node") {
            return self.refuse_foreign(key);
        }
        let is_public = ip_of(&reached_at).is_some_and(is_global);
        let dialable = |address: &Multiaddr| !is_public || ip_of(address).is_none_or(is_global);
        let mut addresses = info.listen_addrs;
        addresses.retain(dialable);
        addresses.truncate(MAX_ADDRESSES);
        if outbound {
            // The one that worked goes last, so that it is the newest.
            addresses.retain(|address| *address != reached_at);
            addresses.truncate(MAX_ADDRESSES - 1);
            addresses.push(reached_at.clone());
        }
        self.learn(key, peer_id, addresses);
        let relays = info.protocols.contains(&relay::HOP_PROTOCOL_NAME);
        if self.nat && relays && outbound && self.relays.len() < MAX_RELAYS && self.relays.insert(key) {
            self.listen_through(key, reached_at);
        }
    }

    /// Notes where a connected peer listens. Kademlia keeps all addresses that it ever got, so it gets new ones in place of
    /// the old; a new peer makes it walk the table.
    fn learn(&mut self, key: PeerKey, peer: PeerId, addresses: Vec<Multiaddr>) {
        let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let mut is_new = false;
        if let Some(peer) = self.peers.get(&key) {
            peer.remote.update(|about| is_new = std::mem::replace(&mut about.listens, shown.clone()) != shown);
        }
        if is_new {
            let kad = &mut self.swarm.behaviour_mut().kad;
            kad.remove_peer(&peer);
            for address in &addresses {
                kad.add_address(&peer, address.clone());
            }
            self.book.add(key, addresses, Instant::now());
        }
    }

    /// Asks a relay to pass on connections to this node.
    fn listen_through(&mut self, key: PeerKey, mut address: Multiaddr) {
        if peer_of(&address).is_none() {
            address.push(Protocol::P2p(key.peer_id()));
        }
        address.push(Protocol::P2pCircuit);
        if let Err(error) = self.swarm.listen_on(address) {
            tracing::debug!(target: "net", relay = %key, ?error, "cannot be reached through the relay");
            self.relays.remove(&key);
        }
    }

    pub(super) fn on_address(&mut self, address: Multiaddr) {
        let address = self.with_own_id(address);
        if self.shared.add_address(address.clone()) {
            self.tell(NetworkEvent::Listening { address });
        }
    }

    pub(super) fn on_address_gone(&mut self, address: Multiaddr) {
        let address = self.with_own_id(address);
        self.shared.remove_address(&address);
    }

    fn with_own_id(&self, mut address: Multiaddr) -> String {
        let own = Protocol::P2p(*self.swarm.local_peer_id());
        if address.iter().last() != Some(own.clone()) {
            address.push(own);
        }
        address.to_string()
    }
}

fn ip_of(address: &Multiaddr) -> Option<IpAddr> {
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(IpAddr::V6(ip)),
        _ => None,
    }
}

/// Whether others on the internet can reach the address: not loopback, private, link-local or unspecified.
fn is_global(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let is_shared = ip.octets()[0] == 100 && (64..128).contains(&ip.octets()[1]);
            !(ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip == Ipv4Addr::UNSPECIFIED || is_shared)
        }
        IpAddr::V6(ip) => {
            let is_local = ip.is_unique_local() || ip.is_unicast_link_local();
            !(ip.is_loopback() || is_local || ip == Ipv6Addr::UNSPECIFIED)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_public_addresses_from_private_ones() {
        for private in
            ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.1.1", "100.64.0.1", "0.0.0.0", "::1", "fd00::1"]
        {
            assert!(!is_global(private.parse().expect("an address")), "{private}");
        }
        for public in ["1.1.1.1", "100.128.0.1", "2606:4700::1111"] {
            assert!(is_global(public.parse().expect("an address")), "{public}");
        }
    }
}
