//! What the network counts: messages and bytes each way, what was dropped, who was refused. Counting never blocks.

use crate::event::{Channel, Topic};
use std::sync::atomic::{AtomicU64, Ordering};

/// Messages and bytes of one channel, topic or kind of request, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Messages received.
    pub messages_in: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Messages sent.
    pub messages_out: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Messages that were not sent: the peer's queue was full, or it was not connected.
    pub dropped_out: u64,
    /// Messages that came when the node's queue was full.
    pub dropped_in: u64,
}

/// A copy of all counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// By channel, in the order of [`Channel::ALL`].
    pub channels: [Traffic; Channel::COUNT],
    /// By topic, in the order of [`Topic::ALL`]. What is sent counts once, not for each peer.
    pub topics: [Traffic; Topic::COUNT],
    /// Requests: sent and received, with the answers' bytes.
    pub requests: Traffic,
    /// Requests that ended without an answer.
    pub requests_failed: u64,
    /// Connections that were refused: banned, not allowed, too many.
    pub refused: u64,
    /// Connections that were established.
    pub connections: u64,
    /// Dials that failed.
    pub dials_failed: u64,
    /// Offences of peers.
    pub offences: u64,
    /// Bans of peers.
    pub bans: u64,
    /// Orders to the network that were dropped because too many waited.
    pub commands_dropped: u64,
}

/// One count.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    pub(crate) fn one(&self) {
        self.add(1);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counts behind [`Traffic`].
#[derive(Debug, Default)]
pub(crate) struct TrafficCount {
    messages_in: Count,
    bytes_in: Count,
    messages_out: Count,
    bytes_out: Count,
    pub(crate) dropped_out: Count,
    pub(crate) dropped_in: Count,
}

impl TrafficCount {
    pub(crate) fn received(&self, bytes: usize) {
        self.messages_in.one();
        self.bytes_in.add(bytes as u64);
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.messages_out.one();
        self.bytes_out.add(bytes as u64);
    }

    fn copy(&self) -> Traffic {
        Traffic {
            messages_in: self.messages_in.get(),
            bytes_in: self.bytes_in.get(),
            messages_out: self.messages_out.get(),
            bytes_out: self.bytes_out.get(),
            dropped_out: self.dropped_out.get(),
            dropped_in: self.dropped_in.get(),
        }
    }
}

/// The counts behind [`Counters`].
#[derive(Debug, Default)]
pub(crate) struct Counts {
    channels: [TrafficCount; Channel::COUNT],
    topics: [TrafficCount; Topic::COUNT],
    pub(crate) requests: TrafficCount,
    pub(crate) requests_failed: Count,
    pub(crate) refused: Count,
    pub(crate) connections: Count,
    pub(crate) dials_failed: Count,
    pub(crate) offences: Count,
    pub(crate) bans: Count,
    pub(crate) commands_dropped: Count,
}

impl Counts {
    pub(crate) fn channel(&self, channel: Channel) -> &TrafficCount {
        &self.channels[channel.index()]
    }

    pub(crate) fn topic(&self, topic: Topic) -> &TrafficCount {
        &self.topics[topic.index()]
    }

    pub(crate) fn copy(&self) -> Counters {
        Counters {
            channels: Channel::ALL.map(|channel| self.channel(channel).copy()),
            topics: Topic::ALL.map(|topic| self.topic(topic).copy()),
            requests: self.requests.copy(),
            requests_failed: self.requests_failed.get(),
            refused: self.refused.get(),
            connections: self.connections.get(),
            dials_failed: self.dials_failed.get(),
            offences: self.offences.get(),
            bans: self.bans.get(),
            commands_dropped: self.commands_dropped.get(),
        }
    }
}
