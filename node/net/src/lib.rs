//! The network of a node: who it is connected to, direct messages, requests and gossip. Sole user of libp2p.
//!
//! [`Network::start`] runs everything on a tokio runtime that the caller owns. The caller gets [`NetworkEvent`]s through one
//! function, which may refuse an event when its own queue is full, and gives orders through [`Network`], whose methods
//! never block. What the bytes mean is the caller's: here they are only bounded, ordered, counted and delivered.
//!
//! Four ways to move bytes:
//! - [`Network::send`]: one-way messages over a substream for each peer and [`Channel`], in order within a channel, a
//!   higher channel before a lower one;
//! - [`Network::request`]: a question with one answer, each over a substream of its own, with a timeout;
//! - [`Network::publish`]: gossip to everybody, forwarded only after the node has judged it;
//! - none for files or streams of unknown length: whatever has no bound is not sent.
//!
//! Deliberately absent: storage (bans and known addresses live as long as the process), knowledge of validators or
//! blocks, and trust in anything that a peer says about itself except its key.

mod behaviour;
mod book;
mod config;
mod counters;
mod driver;
mod event;
mod frame;
mod gate;
mod gossip;
mod key;
mod meter;
mod muxer;
mod network;
mod outgoing;
mod protocol;
mod reader;
mod requests;
mod score;
mod shared;
mod streams;
mod writer;

pub use config::{
    Limits, MAX_ANNOUNCEMENT, MAX_BLOCK_MESSAGE, MAX_CONSENSUS_MESSAGE, MAX_REQUEST, MAX_RESPONSE,
    MAX_TRANSACTIONS_MESSAGE, NetworkConfig,
};
pub use counters::{Counters, Traffic};
pub use event::{Channel, GossipId, NetworkEvent, Offence, PeerInfo, RequestFailure, RequestId, Topic, Verdict};
pub use key::{KeyError, NodeSecret, PeerKey};
pub use network::{Network, NetworkError};
pub use protocol::{channel_protocol, request_protocol};
