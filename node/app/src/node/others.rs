//! What the driver has for other nodes: messages, questions, and the blocks that they may ask for.

use super::engine::EpochView;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tenon_core::consensus::ParticipantStatus;
use tenon_core::consensus::bbft::{Epoch, Message, ValidatorIndex};
use tenon_types::{Block, BlockNumber, Hash};

/// What the driver tells the network.
pub(crate) enum Outgoing {
    /// Send to validators of an epoch, with the block of a proposal.
    Consensus {
        /// Which epoch.
        epoch: Epoch,
        /// To whom.
        to: Vec<ValidatorIndex>,
        /// What.
        message: Box<Message>,
        /// The proposal's block.
        block: Option<Arc<Block>>,
    },
    /// Get a block.
    Want(Hash),
    /// Another epoch runs.
    Epoch(EpochView),
    /// There is a new head.
    Head {
        /// Its height.
        height: BlockNumber,
    },
    /// Final blocks that came from others were taken up to a height, or were not.
    Stretch {
        /// Which row of stretches.
        generation: u64,
        /// The head's height now.
        height: BlockNumber,
        /// What was wrong with the next one, if something was.
        wrong: Option<String>,
    },
}

/// Blocks that others may ask for though they are not final: those that are pending and those that were received.
#[derive(Default)]
pub(crate) struct OpenBlocks(Mutex<BTreeMap<Hash, Arc<Block>>>);

impl OpenBlocks {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Hash, Arc<Block>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn insert(&self, hash: Hash, block: &Block) {
        self.lock().insert(hash, Arc::new(block.clone()));
    }

    pub(crate) fn remove(&self, hash: &Hash) {
        self.lock().remove(hash);
    }

    pub(crate) fn get(&self, hash: &Hash) -> Option<Arc<Block>> {
        self.lock().get(hash).cloned()
    }
}

/// The way to other nodes.
pub(crate) struct Others {
    /// What they may ask for.
    pub(crate) open: Arc<OpenBlocks>,
    /// Takes something to the network. Returns whether there was room.
    outbox: Box<dyn Fn(Outgoing) -> bool + Send>,
    told: Option<Epoch>,
    /// What consensus tells of itself, now and then, for people.
    status: Arc<Mutex<Option<ParticipantStatus>>>,
    status_told: Option<Instant>,
}

/// The least time from one status to the next.
const STATUS_PAUSE: Duration = Duration::from_millis(100);

impl Others {
    pub(crate) fn new(
        open: Arc<OpenBlocks>,
        status: Arc<Mutex<Option<ParticipantStatus>>>,
        outbox: impl Fn(Outgoing) -> bool + Send + 'static,
    ) -> Self {
        Self { open, outbox: Box::new(outbox), told: None, status, status_told: None }
    }

    /// Tells the network something. What finds its queue full is lost, as it may be in any network: consensus sends
    /// again.
    pub(crate) fn tell(&self, outgoing: Outgoing) {
        if !(self.outbox)(outgoing) {
            tracing::warn!(target: "tenon::driver", "the network's queue is full; a message is lost");
        }
    }

    /// Tells people how consensus stands, but not all the time.
    pub(crate) fn tell_status(&mut self, status: impl FnOnce() -> Option<ParticipantStatus>) {
        if self.status_told.is_none_or(|told| told.elapsed() >= STATUS_PAUSE) {
            self.status_told = Some(Instant::now());
            *self.status.lock().unwrap_or_else(PoisonError::into_inner) = status();
        }
    }

    /// Tells the network of the epoch that runs, once.
    pub(crate) fn tell_epoch(&mut self, view: Option<EpochView>) {
        if let Some(view) = view.filter(|view| self.told != Some(view.epoch)) {
            let epoch = view.epoch;
            if (self.outbox)(Outgoing::Epoch(view)) {
                self.told = Some(epoch);
            }
        }
    }
}
