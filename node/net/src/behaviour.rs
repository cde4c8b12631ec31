//! The parts of libp2p that a node uses, put together.

use crate::config::{MAX_LINKS_OF_PEER, MAX_OPENING_TIME, MAX_RESPONSE, NetworkConfig};
use crate::gate::Gate;
use crate::key::PeerKey;
use crate::network::NetworkError;
use crate::streams::Streams;
use crate::{gossip, muxer, protocol};
use libp2p::identity::Keypair;
use libp2p::kad::store::MemoryStore;
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{
    PeerId, Swarm, SwarmBuilder, autonat, connection_limits, dcutr, gossipsub, identify, kad, mdns, noise, ping, relay,
    tcp, upnp,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// How many streams one connection may have: the channels, gossip, requests and libp2p's own.
const MAX_STREAMS: usize = 256;
/// How many streams may be negotiated at one time on a connection.
const MAX_NEGOTIATING: usize = 64;
/// How long a ping may take. After two late ones in a row the connection is closed.
const PING_TIMEOUT: Duration = Duration::from_secs(5);
/// How often addresses are told again.
const IDENTIFY_INTERVAL: Duration = Duration::from_secs(60);
/// How long a dial may take.
const DIAL_TIMEOUT: Duration = Duration::from_secs(6);
/// How much and how long a relay carries for one connection through it: a node's traffic of an hour.
const RELAYED_BYTES: u64 = 4 << 30;
const RELAYED_TIME: Duration = Duration::from_secs(3600);
/// How many nodes one relay serves.
const MAX_RELAYED_NODES: usize = 64;

/// What handles connections, the gate first, so that nothing else sees a connection that it refuses.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    pub(crate) gate: Gate,
    pub(crate) limits: connection_limits::Behaviour,
    pub(crate) streams: Streams,
    pub(crate) gossip: gossipsub::Behaviour,
    pub(crate) identify: identify::Behaviour,
    pub(crate) ping: ping::Behaviour,
    pub(crate) kad: kad::Behaviour<MemoryStore>,
    pub(crate) mdns: Toggle<mdns::tokio::Behaviour>,
    pub(crate) upnp: Toggle<upnp::tokio::Behaviour>,
    pub(crate) autonat_client: Toggle<autonat::v2::client::Behaviour>,
    pub(crate) autonat_server: Toggle<autonat::v2::server::Behaviour>,
    pub(crate) relay_client: relay::client::Behaviour,
    pub(crate) relay_server: Toggle<relay::Behaviour>,
    pub(crate) dcutr: Toggle<dcutr::Behaviour>,
}

/// Builds the swarm. To be called within the runtime.
///
/// # Errors
/// When a part cannot be set up: the keys, the name servers' configuration, multicast.
pub(crate) fn swarm(config: &NetworkConfig, reserved: BTreeSet<PeerKey>) -> Result<Swarm<Behaviour>, NetworkError> {
    let setup = |error: &dyn std::fmt::Display| NetworkError::Setup(error.to_string());
    let muxer = || muxer::Config::new(MAX_STREAMS);
    let ping_interval = config.limits.ping_interval;
    let swarm = SwarmBuilder::with_existing_identity(config.secret.keypair())
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, muxer)
        .map_err(|error| setup(&error))?
        .with_quic_config(|mut quic| {
            quic.keep_alive_interval = ping_interval.min(quic.keep_alive_interval);
            quic.max_stream_data = u32::try_from(MAX_RESPONSE).unwrap_or(u32::MAX);
            quic.max_connection_data = quic.max_stream_data.saturating_mul(2);
            quic
        })
        .with_dns()
        .map_err(|error| setup(&error))?
        .with_relay_client(noise::Config::new, muxer)
        .map_err(|error| setup(&error))?
        .with_behaviour(|keypair, relay_client| {
            behaviour(config, reserved, keypair, relay_client).map_err(Box::<dyn std::error::Error + Send + Sync>::from)
        })
        .map_err(|error| setup(&error))?
        .with_swarm_config(|swarm| {
            swarm.with_max_negotiating_inbound_streams(MAX_NEGOTIATING).with_idle_connection_timeout(MAX_OPENING_TIME)
        })
        .with_connection_timeout(DIAL_TIMEOUT)
        .build();
    Ok(swarm)
}

fn behaviour(
    config: &NetworkConfig,
    reserved: BTreeSet<PeerKey>,
    keypair: &Keypair,
    relay_client: relay::client::Behaviour,
) -> Result<Behaviour, String> {
    let peer = keypair.public().to_peer_id();
    let limits = connection_limits::ConnectionLimits::default()
        .with_max_pending_incoming(Some(config.limits.max_pending_incoming))
        .with_max_pending_outgoing(Some(config.limits.max_pending_outgoing))
        .with_max_established_per_peer(Some(MAX_LINKS_OF_PEER));
    let identify = identify::Config::new(protocol::name(config.chain, "node"), keypair.public())
        .with_agent_version(format!("tenon/{}", env!("CARGO_PKG_VERSION")))
        .with_interval(IDENTIFY_INTERVAL)
        .with_push_listen_addr_updates(true)
        .with_cache_size(0);
    let ping = ping::Config::new().with_interval(config.limits.ping_interval).with_timeout(PING_TIMEOUT);
    let mdns = if config.mdns {
        let mdns = mdns::tokio::Behaviour::new(mdns::Config::default(), peer);
        Some(mdns.map_err(|error| format!("multicast DNS: {error}"))?)
    } else {
        None
    };
    Ok(Behaviour {
        gate: Gate::new(&config.limits, config.allowed.clone(), reserved),
        limits: connection_limits::Behaviour::new(limits),
        streams: Streams::new(config.chain),
        gossip: gossip::behaviour(config.chain)?,
        identify: identify::Behaviour::new(identify),
        ping: ping::Behaviour::new(ping),
        kad: discovery(config, peer),
        mdns: mdns.into(),
        upnp: config.nat.then(upnp::tokio::Behaviour::default).into(),
        autonat_client: config.nat.then(autonat::v2::client::Behaviour::default).into(),
        autonat_server: config.nat.then(autonat::v2::server::Behaviour::default).into(),
        relay_client,
        relay_server: config.relay_server.then(|| relay::Behaviour::new(peer, relay_config())).into(),
        dcutr: config.nat.then(|| dcutr::Behaviour::new(peer)).into(),
    })
}

/// Kademlia finds peers; records are not kept for anybody.
fn discovery(config: &NetworkConfig, peer: PeerId) -> kad::Behaviour<MemoryStore> {
    let mut kad = kad::Config::new(protocol::stream(protocol::name(config.chain, "kad")));
    kad.set_record_filtering(kad::StoreInserts::FilterBoth)
        .set_kbucket_inserts(kad::BucketInserts::Manual)
        .set_periodic_bootstrap_interval(None);
    let mut kad = kad::Behaviour::with_config(peer, MemoryStore::new(peer), kad);
    kad.set_mode(Some(kad::Mode::Server));
    kad
}

fn relay_config() -> relay::Config {
    relay::Config {
        max_reservations: MAX_RELAYED_NODES,
        max_circuits: MAX_RELAYED_NODES * 4,
        max_circuits_per_peer: MAX_RELAYED_NODES,
        max_circuit_duration: RELAYED_TIME,
        max_circuit_bytes: RELAYED_BYTES,
        ..relay::Config::default()
    }
}
