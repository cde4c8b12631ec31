//! Writes what waits for a peer to its three streams: a higher channel before a lower one, a piece at a time, so that a
//! vote never waits behind a block. A channel whose stream takes nothing does not hold up the others.

use crate::counters::Counts;
use crate::event::Channel;
use crate::frame;
use crate::outgoing::Outgoing;
use futures::AsyncWrite;
use libp2p::Stream;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// How many bytes are given to a stream before higher channels are looked at again.
const MAX_PIECE: usize = 16 << 10;
/// How many pieces are written before other tasks get a turn.
const MAX_STEPS: usize = 64;

/// The stream of one channel, and what is being written to it.
struct Lane<S> {
    channel: Channel,
    stream: S,
    /// Bytes that go to the stream next, from `at` on.
    piece: Vec<u8>,
    at: usize,
    /// The message that pieces are cut from, and how much of it is cut.
    message: Option<(Arc<[u8]>, usize)>,
    must_flush: bool,
}

/// What a step did.
#[derive(PartialEq, Eq)]
enum Step {
    Wrote,
    NothingToDo,
}

/// Writes to all streams of a connection until one fails.
pub(crate) async fn write_all(streams: [Stream; Channel::COUNT], outgoing: &Outgoing, counts: &Counts) -> io::Error {
    write(streams, outgoing, counts).await
}

async fn write<S: AsyncWrite + Unpin>(streams: [S; Channel::COUNT], outgoing: &Outgoing, counts: &Counts) -> io::Error {
    outgoing.new_writer();
    let mut channels = Channel::ALL.into_iter();
    let mut lanes = streams.map(|stream| {
        let channel = channels.next().expect("as many channels as streams");
        Lane { channel, stream, piece: Vec::with_capacity(MAX_PIECE), at: 0, message: None, must_flush: false }
    });
    std::future::poll_fn(|context| poll(&mut lanes, outgoing, counts, context)).await
}

fn poll<S: AsyncWrite + Unpin>(
    lanes: &mut [Lane<S>; Channel::COUNT],
    outgoing: &Outgoing,
    counts: &Counts,
    context: &mut Context<'_>,
) -> Poll<io::Error> {
    outgoing.wake_on_put(context.waker());
    for _ in 0..MAX_STEPS {
        let mut wrote = false;
        for lane in &mut *lanes {
            match lane.step(outgoing, counts, context) {
                Poll::Ready(Err(error)) => return Poll::Ready(error),
                Poll::Ready(Ok(Step::Wrote)) => {
                    wrote = true;
                    break;
                }
                Poll::Ready(Ok(Step::NothingToDo)) | Poll::Pending => {}
            }
        }
        if !wrote {
            return Poll::Pending;
        }
    }
    context.waker().wake_by_ref();
    Poll::Pending
}

impl<S: AsyncWrite + Unpin> Lane<S> {
    fn step(&mut self, outgoing: &Outgoing, counts: &Counts, context: &mut Context<'_>) -> Poll<io::Result<Step>> {
        if self.at == self.piece.len() {
            self.cut(outgoing, counts);
        }
        if self.piece.is_empty() {
            if self.must_flush {
                ready!(Pin::new(&mut self.stream).poll_flush(context))?;
                self.must_flush = false;
            }
            return Poll::Ready(Ok(Step::NothingToDo));
        }
        let count = ready!(Pin::new(&mut self.stream).poll_write(context, &self.piece[self.at..]))?;
        if count == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.at += count;
        self.must_flush = true;
        outgoing.wrote(self.channel, count);
        Poll::Ready(Ok(Step::Wrote))
    }

    /// Fills the piece: the rest of the message, and short ones after it.
    fn cut(&mut self, outgoing: &Outgoing, counts: &Counts) {
        self.piece.clear();
        self.at = 0;
        while self.piece.len() < MAX_PIECE {
            let Some((message, from)) = self.message.take() else {
                let Some(message) = outgoing.take(self.channel) else { return };
                self.piece.extend_from_slice(&frame::header(message.len()));
                self.message = Some((message, 0));
                continue;
            };
            let to = message.len().min(from + MAX_PIECE.saturating_sub(self.piece.len()));
            self.piece.extend_from_slice(&message[from..to]);
            if to < message.len() {
                self.message = Some((message, to));
                return;
            }
            counts.channel(self.channel).sent(message.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Limits;
    use std::sync::Mutex;
    use std::task::Waker;

    /// What all streams took, in order, and how many bytes each takes before it blocks.
    #[derive(Default)]
    struct Wire {
        taken: Vec<(usize, Vec<u8>)>,
        room: [usize; 3],
    }

    struct Port(usize, Arc<Mutex<Wire>>);

    impl AsyncWrite for Port {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            let mut wire = self.1.lock().expect("no panic");
            let count = bytes.len().min(wire.room[self.0]);
            if count == 0 {
                return Poll::Pending;
            }
            wire.room[self.0] -= count;
            wire.taken.push((self.0, bytes[..count].to_vec()));
            Poll::Ready(Ok(count))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    struct Bench {
        wire: Arc<Mutex<Wire>>,
        outgoing: Outgoing,
        counts: Counts,
    }

    impl Bench {
        fn new(room: [usize; 3]) -> Self {
            let wire = Arc::new(Mutex::new(Wire { taken: Vec::new(), room }));
            Self { wire, outgoing: Outgoing::new(&Limits::default()), counts: Counts::default() }
        }

        fn run(&self, polls: usize, mut between: impl FnMut()) -> Vec<(usize, Vec<u8>)> {
            let ports = [0, 1, 2].map(|index| Port(index, Arc::clone(&self.wire)));
            let mut writing = Box::pin(write(ports, &self.outgoing, &self.counts));
            for _ in 0..polls {
                let mut context = Context::from_waker(Waker::noop());
                assert!(writing.as_mut().poll(&mut context).is_pending());
                between();
            }
            std::mem::take(&mut self.wire.lock().expect("no panic").taken)
        }
    }

    #[test]
    fn a_vote_overtakes_a_block_that_is_being_written() {
        let bench = Bench::new([1 << 20, 40_000, 0]);
        bench.outgoing.put(Channel::Blocks, vec![2; 100_000].into());
        let mut is_first = true;
        let taken = bench.run(2, || {
            if std::mem::take(&mut is_first) {
                bench.outgoing.put(Channel::Consensus, vec![1; 100].into());
                bench.wire.lock().expect("no panic").room[1] = 1 << 20;
            }
        });
        let vote = taken.iter().position(|(stream, _)| *stream == 0).expect("the vote is written");
        assert_eq!(taken[vote].1.len(), 104);
        let before: usize = taken[..vote].iter().map(|(_, bytes)| bytes.len()).sum();
        let all: usize = taken.iter().filter(|(stream, _)| *stream == 1).map(|(_, bytes)| bytes.len()).sum();
        assert_eq!((before, all), (40_000, 100_004));
    }

    #[test]
    fn a_channel_that_is_stuck_does_not_hold_up_the_others() {
        let bench = Bench::new([0, 0, 1 << 20]);
        for channel in Channel::ALL {
            bench.outgoing.put(channel, vec![9; 10].into());
        }
        let taken = bench.run(1, || ());
        assert_eq!(taken, [(2, [vec![10, 0, 0, 0], vec![9; 10]].concat())]);
    }

    #[test]
    fn short_messages_share_a_piece_and_keep_their_order() {
        let bench = Bench::new([1 << 20; 3]);
        for byte in 0..100_u8 {
            bench.outgoing.put(Channel::Transactions, vec![byte; 3].into());
        }
        let taken = bench.run(1, || ());
        assert_eq!(taken.len(), 1);
        let expected: Vec<u8> = (0..100_u8).flat_map(|byte| [3, 0, 0, 0, byte, byte, byte]).collect();
        assert_eq!(taken[0].1, expected);
        assert_eq!(bench.outgoing.queued(), 0);
    }
}
