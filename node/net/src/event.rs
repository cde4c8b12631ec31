//! What the network tells the node, and the names that both use: channels, topics, verdicts, offences.

use crate::key::PeerKey;
use std::fmt;

/// The ways for direct one-way messages, in falling priority. Messages are in order within a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Votes, certificates, proposals: small and urgent.
    Consensus,
    /// Compact blocks and pieces of large ones.
    Blocks,
    /// Batches of transactions.
    Transactions,
}

impl Channel {
    /// All channels, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Consensus, Self::Blocks, Self::Transactions];
    /// How many channels there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The name in protocols and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consensus => "consensus",
            Self::Blocks => "blocks",
            Self::Transactions => "transactions",
        }
    }

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Consensus => 0,
            Self::Blocks => 1,
            Self::Transactions => 2,
        }
    }
}

/// What is gossiped to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Batches of transactions.
    Transactions,
    /// Finalized heights and other short news.
    Announcements,
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 2] = [Self::Transactions, Self::Announcements];
    /// How many topics there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The name in protocols and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transactions => "transactions",
            Self::Announcements => "announcements",
        }
    }

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Transactions => 0,
            Self::Announcements => 1,
        }
    }
}

/// The number of a request, unique within the process: of one that this node sent, or of one that it has to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// The id of a gossiped message: the BLAKE2b-256 hash of its topic and bytes, so the same for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GossipId(pub [u8; 32]);

/// What the node found a gossiped message to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Good: it is forwarded.
    Accept,
    /// Wrong: it is not forwarded, and who sent it is punished.
    Reject,
    /// Neither: it is not forwarded, and nobody is to blame.
    Ignore,
}

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestFailure {
    /// There is no connection to the peer.
    #[error("not connected to the peer")]
    NotConnected,
    /// As many requests to this peer are under way as are allowed, or the network has too many orders.
    #[error("too many requests are under way")]
    Busy,
    /// The request is longer than allowed.
    #[error("the request is longer than allowed")]
    TooLong,
    /// No answer came in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection or the stream ended before the answer.
    #[error("the peer closed the stream before it answered")]
    Closed,
    /// The answer was longer than allowed or not well formed.
    #[error("the answer was longer than allowed or not well formed")]
    BadResponse,
    /// The answer came, and the node's queue was full.
    #[error("the answer came when the node's queue was full")]
    QueueFull,
}

/// What a peer did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Offence {
    /// Bytes that are not what the protocol says.
    Malformed,
    /// A message longer than allowed.
    Oversized,
    /// More messages or bytes than allowed.
    Flood,
    /// More streams or requests than allowed.
    Streams,
    /// A direct message whose content the node found wrong.
    InvalidMessage,
    /// A gossiped message that the node rejected.
    InvalidGossip,
    /// An answer that is wrong.
    BadResponse,
    /// No answer within the time.
    Unresponsive,
    /// It did not read what was sent to it.
    SlowReader,
    /// Something that cannot happen by accident: a ban at once.
    Fatal,
}

impl Offence {
    /// The name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Oversized => "oversized",
            Self::Flood => "flood",
            Self::Streams => "streams",
            Self::InvalidMessage => "invalid message",
            Self::InvalidGossip => "invalid gossip",
            Self::BadResponse => "bad response",
            Self::Unresponsive => "unresponsive",
            Self::SlowReader => "slow reader",
            Self::Fatal => "fatal",
        }
    }
}

/// What the network tells the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkEvent {
    /// The node can be reached at this address, which ends with its own id.
    Listening {
        /// The address.
        address: String,
    },
    /// A peer of the same chain is there, and can be sent to. Repeated only after [`NetworkEvent::Disconnected`].
    Connected {
        /// The peer.
        peer: PeerKey,
        /// Its address on this connection.
        address: String,
        /// Whether this node dialled.
        outbound: bool,
    },
    /// The last connection to a peer ended. A message that was already read may still follow.
    Disconnected {
        /// The peer.
        peer: PeerKey,
    },
    /// A direct message.
    Message {
        /// Who sent it.
        peer: PeerKey,
        /// On which channel.
        channel: Channel,
        /// Its bytes, at least one.
        bytes: Vec<u8>,
    },
    /// A gossiped message. It is forwarded once [`crate::Network::judge`] accepts it.
    Gossip {
        /// Who passed it on, which is not always who wrote it.
        peer: PeerKey,
        /// On which topic.
        topic: Topic,
        /// Its id.
        id: GossipId,
        /// Its bytes, at least one.
        bytes: Vec<u8>,
    },
    /// A peer asks. To be answered with [`crate::Network::respond`].
    Request {
        /// Who asks.
        peer: PeerKey,
        /// The number to answer with.
        id: RequestId,
        /// The question, at least one byte.
        bytes: Vec<u8>,
    },
    /// The answer to [`crate::Network::request`], or why there is none. Comes exactly once for each request.
    Response {
        /// The number of the request.
        id: RequestId,
        /// The answer.
        result: Result<Vec<u8>, RequestFailure>,
    },
    /// How long a ping took, there and back.
    RoundTrip {
        /// The peer.
        peer: PeerKey,
        /// Milliseconds, rounded up.
        ms: u64,
    },
}

/// What is known about a connected peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerInfo {
    /// Its key.
    pub key: PeerKey,
    /// Its address on the connection in use, then the ones that it says it listens on.
    pub addresses: Vec<String>,
    /// Whether this node dialled.
    pub outbound: bool,
    /// The last measured round trip in milliseconds.
    pub round_trip_ms: Option<u64>,
    /// Its score: 0 for one that did nothing wrong, falling with each offence, rising again with time.
    pub score: i64,
    /// When it connected, in milliseconds since 1970.
    pub since: u64,
    /// Bytes that wait to be sent to it.
    pub queued: usize,
}

impl fmt::Display for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
