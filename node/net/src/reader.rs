//! Reads the direct messages of one channel from one peer and hands them to the node, until the stream ends.

use crate::event::{Channel, NetworkEvent, Offence};
use crate::frame::{self, FrameError};
use crate::shared::{Allowance, Remote, Report, Shared};
use libp2p::Stream;
use libp2p::swarm::ConnectionId;
use std::sync::Arc;
use std::time::Duration;

/// How long nothing is read after the node's queue was full: so the peer's stream fills up, and the peer waits.
const FULL_QUEUE_PAUSE: Duration = Duration::from_millis(5);
/// The longest pause for a peer that sent more than allowed.
const MAX_FLOOD_PAUSE: Duration = Duration::from_secs(5);

/// Reads until the stream ends, then says so.
pub(crate) async fn read_all(
    shared: Arc<Shared>,
    remote: Arc<Remote>,
    connection: ConnectionId,
    channel: Channel,
    mut stream: Stream,
) {
    loop {
        match frame::read(&mut stream, channel.max_message(), &shared.budget).await {
            Ok(bytes) => deliver(&shared, &remote, channel, bytes).await,
            Err(error) => {
                tracing::debug!(target: "net", peer = %remote.key, %channel, %error, "stream ended");
                let report = Report::LinkEnded { connection, offence: offence(&error) };
                // The driver is gone only when everything stops.
                let _stopped = shared.reports.send(report).await;
                return;
            }
        }
    }
}

/// What a peer did wrong whose frame could not be read.
pub(crate) fn offence(error: &FrameError) -> Option<Offence> {
    match error {
        FrameError::Closed | FrameError::Io(_) => None,
        FrameError::Empty => Some(Offence::Malformed),
        FrameError::Oversized { .. } => Some(Offence::Oversized),
        FrameError::Late { .. } => Some(Offence::Unresponsive),
    }
}

async fn deliver(shared: &Shared, remote: &Remote, channel: Channel, bytes: Vec<u8>) {
    let count = shared.counts.channel(channel);
    count.received(bytes.len());
    let allowance = remote.charge(bytes.len());
    if !shared.emit(NetworkEvent::Message { peer: remote.key, channel, bytes }) {
        count.dropped_in.one();
        tokio::time::sleep(FULL_QUEUE_PAUSE).await;
    }
    if let Allowance::Exceeded { pause, is_offence } = allowance {
        if is_offence {
            let _stopped = shared.reports.send(Report::Offence { peer: remote.key, offence: Offence::Flood }).await;
        }
        tokio::time::sleep(pause.min(MAX_FLOOD_PAUSE)).await;
    }
}
