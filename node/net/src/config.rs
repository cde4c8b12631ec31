//! What a network is started with, and every limit. What only depends on the wire format is a constant; what an operator
//! or a test may want otherwise is in [`Limits`], whose defaults are constants too.

use crate::event::{Channel, Topic};
use crate::key::{NodeSecret, PeerKey};
use std::collections::BTreeSet;
use std::time::Duration;
use tenon_types::Hash;

/// The longest message on the channel for votes and proposals, in bytes.
pub const MAX_CONSENSUS_MESSAGE: usize = 4 << 20;
/// The longest message on the channel for blocks, in bytes.
pub const MAX_BLOCK_MESSAGE: usize = 16 << 20;
/// The longest batch of transactions, direct or gossiped, in bytes.
pub const MAX_TRANSACTIONS_MESSAGE: usize = 1 << 20;
/// The longest gossiped announcement, in bytes.
pub const MAX_ANNOUNCEMENT: usize = 64 << 10;
/// The longest request, in bytes.
pub const MAX_REQUEST: usize = 64 << 10;
/// The longest answer, in bytes.
pub const MAX_RESPONSE: usize = 16 << 20;

/// How long the rest of a message may take after its length was read.
pub(crate) const MAX_FRAME_TIME: Duration = Duration::from_secs(30);
/// How long a node may take to answer a request; then the stream is closed.
pub(crate) const MAX_ANSWER_TIME: Duration = Duration::from_secs(60);
/// How long the streams of a new connection may take to open; then it is closed.
pub(crate) const MAX_OPENING_TIME: Duration = Duration::from_secs(10);
/// How many bytes of long messages may be in reading from all peers together.
pub(crate) const MAX_INCOMING_BYTES: usize = 256 << 20;
/// Messages up to this length are read without a share of [`MAX_INCOMING_BYTES`].
pub(crate) const MAX_UNBUDGETED_FRAME: usize = 64 << 10;

/// How many orders to the network may wait.
pub(crate) const MAX_COMMANDS: usize = 8192;
/// How many peers have their score remembered.
pub(crate) const MAX_SCORES: usize = 4096;
/// How many bans are remembered; the one that ends first is forgotten.
pub(crate) const MAX_BANS: usize = 4096;
/// How many addresses (IP) have their rate of connections remembered.
pub(crate) const MAX_TRACKED_IPS: usize = 4096;
/// How many peers' addresses are remembered.
pub(crate) const MAX_KNOWN_PEERS: usize = 1024;
/// How many addresses are remembered of one peer.
pub(crate) const MAX_ADDRESSES: usize = 8;
/// How many gossiped messages may wait for the node's verdict.
pub(crate) const MAX_UNJUDGED: usize = 4096;
/// How many events about connections wait for the node when its queue is full.
pub(crate) const MAX_UNDELIVERED: usize = 4096;
/// How many connections with one peer may exist for the moment before all but one are closed.
pub(crate) const MAX_LINKS_OF_PEER: u32 = 4;
/// How many relays a node behind NAT asks to be reachable through.
pub(crate) const MAX_RELAYS: usize = 2;

/// What may differ between networks.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How many peers may be connected. Reserved and bootstrap peers are let in beyond it.
    pub max_peers: usize,
    /// How many connections one IP address may have.
    pub max_per_ip: usize,
    /// How many new connections one IP address may begin within [`Limits::ip_window`].
    pub max_new_per_ip: usize,
    /// The time in which [`Limits::max_new_per_ip`] counts.
    pub ip_window: Duration,
    /// How many incoming connections may be in their handshake.
    pub max_pending_incoming: u32,
    /// How many outgoing connections may be in their handshake.
    pub max_pending_outgoing: u32,
    /// How many requests of one peer this node has in hand.
    pub max_requests_in: usize,
    /// How many requests to one peer may be under way.
    pub max_requests_out: usize,
    /// How many bytes a second a peer may send on the channels.
    pub bytes_per_second: u64,
    /// How many bytes it may send at once after a pause. Above what a peer queues for us, so that a backlog is no offence.
    pub bytes_burst: u64,
    /// How many messages a second a peer may send on the channels.
    pub messages_per_second: u64,
    /// How many messages it may send at once after a pause.
    pub messages_burst: u64,
    /// How many bytes wait for one peer on each channel; then the oldest message is dropped.
    pub queue_bytes: [usize; Channel::COUNT],
    /// How many messages wait for one peer on each channel; then the oldest is dropped.
    pub queue_messages: [usize; Channel::COUNT],
    /// How long a peer may leave what waits for it unread; then it is disconnected.
    pub max_stall: Duration,
    /// How long a ban lasts.
    pub ban_time: Duration,
    /// The longest wait before a lost peer is dialled again.
    pub max_redial_wait: Duration,
    /// How often a ping measures the round trip.
    pub ping_interval: Duration,
    /// How often new peers are looked for.
    pub discovery_interval: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_peers: 64,
            max_per_ip: 16,
            max_new_per_ip: 64,
            ip_window: Duration::from_secs(10),
            max_pending_incoming: 64,
            max_pending_outgoing: 64,
            max_requests_in: 32,
            max_requests_out: 32,
            bytes_per_second: 32 << 20,
            bytes_burst: 128 << 20,
            messages_per_second: 10_000,
            messages_burst: 40_000,
            queue_bytes: [16 << 20, 48 << 20, 8 << 20],
            queue_messages: [8192, 512, 1024],
            max_stall: Duration::from_secs(15),
            ban_time: Duration::from_secs(600),
            max_redial_wait: Duration::from_secs(5),
            ping_interval: Duration::from_secs(3),
            discovery_interval: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// For networks whose nodes share a machine, and so an address.
    pub fn local() -> Self {
        Self { max_per_ip: 1024, max_new_per_ip: 4096, ..Self::default() }
    }
}

/// What a network is started with.
#[derive(Clone, Debug)]
pub struct NetworkConfig {
    /// The genesis hash: part of all protocol names, so that nodes of other chains are never talked to.
    pub chain: Hash,
    /// The node's secret.
    pub secret: NodeSecret,
    /// Multiaddresses to listen on, such as `/ip4/0.0.0.0/tcp/0` and `/ip4/0.0.0.0/udp/0/quic-v1`.
    pub listen: Vec<String>,
    /// Multiaddresses that others reach this node at, where they differ from those listened on.
    pub external: Vec<String>,
    /// Peers to begin with: multiaddresses that end with `/p2p/` and the peer's id. Dialled again and again.
    pub bootstrap: Vec<String>,
    /// The only peers of a private chain. Everybody else is refused when the connection is made.
    pub allowed: Option<BTreeSet<PeerKey>>,
    /// Whether to look for peers in the local network by multicast DNS.
    pub mdns: bool,
    /// Whether to make this node reachable through a NAT: UPnP, tests of reachability, relays, hole punching.
    pub nat: bool,
    /// Whether to relay for nodes behind a NAT.
    pub relay_server: bool,
    /// All limits.
    pub limits: Limits,
}

impl NetworkConfig {
    /// A network that listens on the loopback interface alone, knows nobody, and lets everybody of its chain in.
    pub fn new(chain: Hash, secret: NodeSecret) -> Self {
        Self {
            chain,
            secret,
            listen: vec!["/ip4/127.0.0.1/tcp/0".to_owned()],
            external: Vec::new(),
            bootstrap: Vec::new(),
            allowed: None,
            mdns: false,
            nat: false,
            relay_server: false,
            limits: Limits::default(),
        }
    }
}

impl Channel {
    /// The longest message in bytes.
    pub const fn max_message(self) -> usize {
        match self {
            Self::Consensus => MAX_CONSENSUS_MESSAGE,
            Self::Blocks => MAX_BLOCK_MESSAGE,
            Self::Transactions => MAX_TRANSACTIONS_MESSAGE,
        }
    }
}

impl Topic {
    /// The longest message in bytes.
    pub const fn max_message(self) -> usize {
        match self {
            Self::Transactions => MAX_TRANSACTIONS_MESSAGE,
            Self::Announcements => MAX_ANNOUNCEMENT,
        }
    }
}
