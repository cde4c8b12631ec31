//! What waits to be sent to one peer: a bounded queue for each channel. Putting never blocks; when a queue is full its
//! oldest message goes. The writer of the connection takes from here, see [`crate::writer`].

use crate::config::Limits;
use crate::event::Channel;
use crate::frame::HEADER;
use futures::task::AtomicWaker;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Waker;
use std::time::{Duration, Instant};

/// The queue of one channel.
#[derive(Debug)]
struct Lane {
    messages: VecDeque<Arc<[u8]>>,
    /// Bytes of the messages in the queue.
    queued: usize,
    /// Bytes that the writer took and has not written yet.
    writing: usize,
    /// When something was last written, or when the lane last had nothing to write.
    moved: Instant,
}

/// What waits to be sent to one peer.
#[derive(Debug)]
pub(crate) struct Outgoing {
    lanes: Mutex<[Lane; Channel::COUNT]>,
    writer: AtomicWaker,
    max_bytes: [usize; Channel::COUNT],
    max_messages: [usize; Channel::COUNT],
}

impl Outgoing {
    pub(crate) fn new(limits: &Limits) -> Self {
        let now = Instant::now();
        let lane = || Lane { messages: VecDeque::new(), queued: 0, writing: 0, moved: now };
        Self {
            lanes: Mutex::new([lane(), lane(), lane()]),
            writer: AtomicWaker::new(),
            max_bytes: limits.queue_bytes,
            max_messages: limits.queue_messages,
        }
    }

    /// Puts a message at the end of its queue. Returns how many old ones had to go.
    pub(crate) fn put(&self, channel: Channel, bytes: Arc<[u8]>) -> usize {
        let index = channel.index();
        let mut lanes = self.lock();
        let lane = &mut lanes[index];
        if lane.queued + lane.writing == 0 {
            lane.moved = Instant::now();
        }
        lane.queued += bytes.len();
        lane.messages.push_back(bytes);
        let mut dropped = 0;
        while lane.messages.len() > self.max_messages[index]
            || (lane.queued > self.max_bytes[index] && lane.messages.len() > 1)
        {
            let Some(oldest) = lane.messages.pop_front() else { break };
            lane.queued -= oldest.len();
            dropped += 1;
        }
        drop(lanes);
        self.writer.wake();
        dropped
    }

    /// Takes the oldest message.
    pub(crate) fn take(&self, channel: Channel) -> Option<Arc<[u8]>> {
        let mut lanes = self.lock();
        let lane = &mut lanes[channel.index()];
        let bytes = lane.messages.pop_front()?;
        lane.queued -= bytes.len();
        lane.writing += bytes.len() + HEADER;
        Some(bytes)
    }

    /// Notes that `bytes` of what was taken are written.
    pub(crate) fn wrote(&self, channel: Channel, bytes: usize) {
        let mut lanes = self.lock();
        let lane = &mut lanes[channel.index()];
        lane.writing = lane.writing.saturating_sub(bytes);
        lane.moved = Instant::now();
    }

    /// Forgets what a former writer had taken: its connection is gone, and the bytes with it.
    pub(crate) fn new_writer(&self) {
        for lane in &mut *self.lock() {
            lane.writing = 0;
            lane.moved = Instant::now();
        }
    }

    /// Names who is woken when something is put.
    pub(crate) fn wake_on_put(&self, waker: &Waker) {
        self.writer.register(waker);
    }

    /// How many bytes wait.
    pub(crate) fn queued(&self) -> usize {
        self.lock().iter().map(|lane| lane.queued + lane.writing).sum()
    }

    /// How long the slowest channel that has something to write has not moved.
    pub(crate) fn stalled(&self, now: Instant) -> Duration {
        let lanes = self.lock();
        let waiting = lanes.iter().filter(|lane| lane.queued + lane.writing > 0);
        waiting.map(|lane| now.saturating_duration_since(lane.moved)).max().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, [Lane; Channel::COUNT]> {
        self.lanes.lock().expect("nothing panics while it holds the lanes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing() -> Outgoing {
        let limits = Limits { queue_bytes: [100, 100, 100], queue_messages: [3, 3, 3], ..Limits::default() };
        Outgoing::new(&limits)
    }

    fn message(byte: u8, length: usize) -> Arc<[u8]> {
        vec![byte; length].into()
    }

    #[test]
    fn drops_the_oldest_when_there_are_too_many_messages() {
        let queue = outgoing();
        let dropped: usize = (0..5).map(|byte| queue.put(Channel::Blocks, message(byte, 1))).sum();
        assert_eq!(dropped, 2);
        let left: Vec<u8> = std::iter::from_fn(|| queue.take(Channel::Blocks)).map(|bytes| bytes[0]).collect();
        assert_eq!(left, [2, 3, 4]);
    }

    #[test]
    fn drops_the_oldest_when_there_are_too_many_bytes_but_keeps_one_message() {
        let queue = outgoing();
        assert_eq!(queue.put(Channel::Consensus, message(1, 60)), 0);
        assert_eq!(queue.put(Channel::Consensus, message(2, 60)), 1);
        assert_eq!(queue.queued(), 60);
        assert_eq!(queue.put(Channel::Consensus, message(3, 500)), 1);
        assert_eq!(queue.queued(), 500);
        assert_eq!(queue.take(Channel::Transactions), None);
    }

    #[test]
    fn stalls_only_while_something_waits() {
        let queue = outgoing();
        let later = Instant::now() + Duration::from_secs(100);
        assert_eq!(queue.stalled(later), Duration::ZERO);
        queue.put(Channel::Blocks, message(1, 10));
        assert!(queue.stalled(later) > Duration::from_secs(90));
        queue.take(Channel::Blocks).expect("just put");
        assert!(queue.stalled(later) > Duration::from_secs(90), "taken is not written");
        queue.wrote(Channel::Blocks, 10 + HEADER);
        assert_eq!(queue.stalled(later), Duration::ZERO);
    }
}
