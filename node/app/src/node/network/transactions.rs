//! Transactions between nodes: batches of what came in here go out, to all by gossip and straight to who leads next;
//! and what comes is checked in a thread beside, whose queue is bounded. A batch that came straight here is not checked
//! again when it comes by gossip, and is passed on.

use super::super::intake::Intake;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tenon_core::RefusalKind;
use tenon_core::wire::{MAX_BATCH_TRANSACTIONS, TransactionBatch, Wire};
use tenon_net::{GossipId, Network, Offence, PeerKey, Verdict};
use tenon_types::{Hash, blake2b_256};

/// Batches that wait to be checked. What comes when so many wait is dropped.
const MAX_UNCHECKED: usize = 128;
/// Batches that came straight here and were good, of which the gossip is awaited.
const MAX_REMEMBERED: usize = 512;
/// When a batch goes out at the latest, in milliseconds after its first transaction came.
pub(super) const BATCH_DELAY_MS: u64 = 10;
/// From how many bytes on a batch goes out at once.
const BATCH_BYTES: usize = 128 << 10;
/// Bytes that wait to go out. What comes beyond is in this node's pool, and the pools of others get it with its block.
const MAX_WAITING_BYTES: usize = 8 << 20;

/// Where a batch came from.
pub(super) enum Source {
    /// Gossip, of which a verdict is awaited.
    Gossip(GossipId),
    /// A peer that sent it straight here.
    Peer(PeerKey),
}

/// The thread that checks batches.
pub(super) struct Checker {
    queue: SyncSender<(Source, TransactionBatch)>,
}

impl Checker {
    /// Makes the queue, and the work that is to be run in a thread.
    pub(super) fn new(intake: Arc<Intake>, network: Arc<Network>) -> (Self, impl FnOnce() + Send + 'static) {
        let (queue, batches) = sync_channel(MAX_UNCHECKED);
        (Self { queue }, move || check(&intake, &network, &batches))
    }

    /// Hands a batch over. Returns whether there was room.
    pub(super) fn check(&self, source: Source, batch: TransactionBatch) -> bool {
        self.queue.try_send((source, batch)).is_ok()
    }
}

/// Good batches that came straight here: the oldest is forgotten for a new one.
#[derive(Default)]
struct Remembered(VecDeque<Hash>);

impl Remembered {
    fn add(&mut self, batch: &TransactionBatch) {
        if self.0.len() >= MAX_REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(blake2b_256(&batch.to_bytes()));
    }

    /// Whether a batch is one of them; it is forgotten.
    fn take(&mut self, batch: &TransactionBatch) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let hash = blake2b_256(&batch.to_bytes());
        let place = self.0.iter().position(|known| *known == hash);
        place.is_some_and(|place| self.0.remove(place).is_some())
    }
}

fn check(intake: &Intake, network: &Network, batches: &Receiver<(Source, TransactionBatch)>) {
    let mut remembered = Remembered::default();
    while let Ok((source, batch)) = batches.recv() {
        if let Source::Gossip(id) = source
            && remembered.take(&batch)
        {
            network.judge(id, Verdict::Accept);
            continue;
        }
        let results = intake.submit(&batch.0);
        let is_false = |kind| matches!(kind, RefusalKind::Malformed | RefusalKind::BadProof);
        let lies = results.iter().any(|result| result.as_ref().is_err_and(|refusal| is_false(refusal.kind)));
        let helps = results.iter().any(Result::is_ok);
        match source {
            Source::Gossip(id) => {
                let verdict = match (lies, helps) {
                    (true, _) => Verdict::Reject,
                    (false, true) => Verdict::Accept,
                    (false, false) => Verdict::Ignore,
                };
                network.judge(id, verdict);
            }
            Source::Peer(peer) if lies => network.punish(peer, Offence::InvalidMessage),
            Source::Peer(_) if helps => remembered.add(&batch),
            Source::Peer(_) => {}
        }
    }
}

/// Transactions that wait to go out.
#[derive(Default)]
pub(super) struct Outbox {
    waiting: Vec<Vec<u8>>,
    bytes: usize,
    /// When the first of them came.
    since_ms: Option<u64>,
}

impl Outbox {
    /// Takes transactions that came in here.
    pub(super) fn add(&mut self, now_ms: u64, transactions: Vec<Vec<u8>>) {
        for bytes in transactions {
            if self.bytes.saturating_add(bytes.len()) > MAX_WAITING_BYTES {
                break;
            }
            self.since_ms.get_or_insert(now_ms);
            self.bytes += bytes.len();
            self.waiting.push(bytes);
        }
    }

    /// When the next batch is due.
    pub(super) fn due_ms(&self) -> Option<u64> {
        let since_ms = self.since_ms?;
        Some(if self.bytes >= BATCH_BYTES { since_ms } else { since_ms.saturating_add(BATCH_DELAY_MS) })
    }

    /// The batches that are due.
    pub(super) fn take(&mut self, now_ms: u64) -> Vec<TransactionBatch> {
        if self.due_ms().is_none_or(|due_ms| due_ms > now_ms) {
            return Vec::new();
        }
        let Self { waiting, .. } = std::mem::take(self);
        let (mut batches, mut batch, mut bytes) = (Vec::new(), Vec::new(), 0);
        for transaction in waiting {
            let is_full = bytes >= BATCH_BYTES || batch.len() >= MAX_BATCH_TRANSACTIONS;
            if is_full || (bytes > 0 && bytes + transaction.len() > 2 * BATCH_BYTES) {
                batches.push(TransactionBatch(std::mem::take(&mut batch)));
                bytes = 0;
            }
            bytes += transaction.len();
            batch.push(transaction);
        }
        if !batch.is_empty() {
            batches.push(TransactionBatch(batch));
        }
        batches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_go_out_when_they_are_due_or_full_and_hold_everything_in_order() {
        let mut outbox = Outbox::default();
        assert!(outbox.take(5).is_empty() && outbox.due_ms().is_none());
        outbox.add(5, vec![vec![1; 10], vec![2; 10]]);
        outbox.add(9, vec![vec![3; 10]]);
        assert!(outbox.take(5 + BATCH_DELAY_MS - 1).is_empty());
        let batches = outbox.take(5 + BATCH_DELAY_MS);
        let read = |batch: &TransactionBatch| TransactionBatch::from_bytes(&batch.to_bytes()).unwrap().0;
        assert_eq!(batches.iter().map(read).collect::<Vec<_>>(), [vec![vec![1; 10], vec![2; 10], vec![3; 10]]]);
        assert!(outbox.take(1_000).is_empty());

        let many: Vec<Vec<u8>> =
            (0..3_000).map(|number: u32| [&number.to_le_bytes()[..], &[7; 196]].concat()).collect();
        outbox.add(20, many.clone());
        let batches = outbox.take(20);
        assert!(batches.len() > 2);
        assert_eq!(batches.iter().flat_map(read).collect::<Vec<_>>(), many);
    }

    #[test]
    fn a_batch_that_came_straight_here_is_known_once_when_it_comes_by_gossip() {
        let batch = |number: u32| TransactionBatch(vec![number.to_le_bytes().to_vec(); 3]);
        let mut remembered = Remembered::default();
        assert!(!remembered.take(&batch(0)));
        (0..600).for_each(|number| remembered.add(&batch(number)));
        assert!(!remembered.take(&batch(87)), "the oldest are forgotten");
        assert!(remembered.take(&batch(88)) && remembered.take(&batch(599)) && !remembered.take(&batch(600)));
        assert!(!remembered.take(&batch(88)), "once");
        assert_eq!(remembered.0.len(), MAX_REMEMBERED - 2);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut outbox = Outbox::default();
        for _ in 0..200 {
            outbox.add(1, vec![vec![0; 100_000]]);
        }
        assert!(outbox.bytes <= MAX_WAITING_BYTES && outbox.waiting.len() == MAX_WAITING_BYTES / 100_000);
    }
}
