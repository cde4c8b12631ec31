//! The two ends of a request: one frame with the question, one with the answer, on a stream of its own.

use crate::config::{MAX_ANSWER_TIME, MAX_FRAME_TIME, MAX_OPENING_TIME, MAX_REQUEST, MAX_RESPONSE};
use crate::event::{NetworkEvent, Offence, RequestFailure, RequestId};
use crate::frame::{self, FrameError};
use crate::reader::offence;
use crate::shared::{Allowance, Place, Remote, Report, Shared};
use futures::AsyncWriteExt;
use libp2p::Stream;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

/// A request that this node wants to send.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) id: RequestId,
    pub(crate) remote: Arc<Remote>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) deadline: Instant,
    /// Held until the request ends.
    pub(crate) place: Place,
}

/// Told when a connection ends: nothing is sent, the sender is dropped. Yamux does not wake who reads a stream of a connection
/// that this side closes.
pub(crate) type Ended = watch::Receiver<()>;

/// Sends a question on its stream and waits for the answer.
pub(crate) async fn ask(shared: Arc<Shared>, question: Question, mut stream: Stream, mut ended: Ended) {
    let Question { id, remote, bytes, deadline, place } = question;
    let exchange = async {
        frame::write(&mut stream, &bytes).await.map_err(FrameError::Io)?;
        shared.counts.requests.sent(bytes.len());
        frame::read(&mut stream, MAX_RESPONSE, &shared.budget).await
    };
    let exchange = async {
        tokio::select! {
            _ = ended.changed() => Err(FrameError::Closed),
            result = exchange => result,
        }
    };
    let result = match timeout_at(deadline, exchange).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            tracing::debug!(target: "net", peer = %remote.key, %error, "request failed");
            let offence = match offence(&error) {
                Some(Offence::Malformed | Offence::Oversized) => Some(Offence::BadResponse),
                other => other,
            };
            if let Some(offence) = offence {
                let _stopped = shared.reports.send(Report::Offence { peer: remote.key, offence }).await;
            }
            Err(if offence.is_some() { RequestFailure::BadResponse } else { RequestFailure::Closed })
        }
        Err(_) => {
            let report = Report::Offence { peer: remote.key, offence: Offence::Unresponsive };
            let _stopped = shared.reports.send(report).await;
            Err(RequestFailure::Timeout)
        }
    };
    drop(place);
    shared.finish(id, result);
    // The peer may be gone: nothing is left to say to it.
    let _closed = timeout(MAX_OPENING_TIME, stream.close()).await;
}

/// Answers a peer's question, unless the connection ends before.
pub(crate) async fn answer(shared: Arc<Shared>, remote: Arc<Remote>, place: Place, stream: Stream, mut ended: Ended) {
    tokio::select! {
        _ = ended.changed() => {}
        () = answer_to(&shared, &remote, stream) => {}
    }
    drop(place);
}

/// Forgets that an answer is awaited, whichever way the waiting ends.
struct Awaited<'a>(&'a Shared, RequestId);

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.0.forget_answer(self.1);
    }
}

/// Reads a peer's question, hands it to the node and sends the answer.
async fn answer_to(shared: &Shared, remote: &Remote, mut stream: Stream) {
    let question = timeout(MAX_OPENING_TIME, frame::read(&mut stream, MAX_REQUEST, &shared.budget)).await;
    let bytes = match question {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => return blame(shared, remote, offence(&error)).await,
        Err(_) => return blame(shared, remote, Some(Offence::Unresponsive)).await,
    };
    shared.counts.requests.received(bytes.len());
    if let Allowance::Exceeded { is_offence: true, .. } = remote.charge(bytes.len()) {
        blame(shared, remote, Some(Offence::Flood)).await;
    }
    let id = shared.new_request();
    let coming = shared.expect_answer(id);
    let _awaited = Awaited(shared, id);
    if !shared.emit(NetworkEvent::Request { peer: remote.key, id, bytes }) {
        return shared.counts.requests.dropped_in.one();
    }
    let answer = timeout(MAX_ANSWER_TIME, coming).await;
    if let Ok(Ok(answer)) = answer {
        let written = timeout(MAX_FRAME_TIME, async {
            frame::write(&mut stream, &answer).await?;
            stream.close().await
        });
        match written.await {
            Ok(Ok(())) => shared.counts.requests.sent(answer.len()),
            // The asker may have given up: not a fault of anybody.
            Ok(Err(_)) => {}
            Err(_) => blame(shared, remote, Some(Offence::SlowReader)).await,
        }
    }
}

async fn blame(shared: &Shared, remote: &Remote, offence: Option<Offence>) {
    if let Some(offence) = offence {
        let _stopped = shared.reports.send(Report::Offence { peer: remote.key, offence }).await;
    }
}
