//! Performs what the consensus engine asks for: has blocks made, checked, adopted, settled and made final.
//!
//! ```text
//! build     the block is pending: executed, and seen by nobody
//! adopt     it becomes the head, is announced and taken out of the pool
//! discard   it is dropped; the pool was never told of it
//! persist   what the engine must not forget, with every block above the store's last: one record, synced
//! ```

use super::chain::{Chain, Layer};
use super::intake::Intake;
use super::maker::{Maker, Pending};
use parity_scale_codec::{Decode, Encode};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tenon_core::consensus::{BlockPlan, Effect, Engine, Input};
use tenon_store::{Store, StoreError};
use tenon_types::{Block, Hash};

/// What the rest of the node tells the driver.
pub(crate) enum Command {
    /// The pool changed.
    PoolChanged,
    /// Make a block now and tell its hash.
    MakeBlock(Sender<Hash>),
    /// Stop.
    Stop,
}

/// The record of the store that holds what an engine must not forget.
const CONSENSUS_RECORD: &[u8] = b"consensus";

/// Tells the time in milliseconds since 1970-01-01 UTC.
pub(crate) type Clock = Box<dyn Fn() -> u64 + Send>;

/// What an engine must not forget, and the blocks that it speaks of.
#[derive(Debug, Default, Encode, Decode)]
pub(crate) struct Kept {
    /// The engine's part; empty if none was written.
    pub(crate) engine: Vec<u8>,
    blocks: Vec<Block>,
}

impl Kept {
    /// Reads what was persisted last.
    pub(crate) fn read(store: &Store) -> anyhow::Result<Self> {
        let Some(bytes) = store.record(CONSENSUS_RECORD)? else { return Ok(Self::default()) };
        let found = bytes.len();
        Self::decode(&mut &bytes[..]).map_err(|_| anyhow::anyhow!("found a damaged consensus record of {found} bytes"))
    }

    fn write(&self, store: &Store) -> Result<(), StoreError> {
        store.put_record(CONSENSUS_RECORD, &self.encode())
    }
}

/// Makes blocks until it is told to stop or the node fails.
pub(crate) struct Driver {
    pub(crate) chain: Arc<Chain>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) maker: Maker,
    pub(crate) consensus: Box<dyn Engine>,
    pub(crate) clock: Clock,
    /// The latest time that was seen: what a block may lie ahead of counts from there.
    pub(crate) latest_ms: u64,
    /// What was persisted when the node began.
    pub(crate) kept: Kept,
    /// Blocks that are no part of the chain yet.
    pub(crate) pending: BTreeMap<Hash, Pending>,
    /// Blocks to settle, in order.
    pub(crate) to_settle: SyncSender<Arc<Layer>>,
    /// Blocks to make final, in order.
    pub(crate) to_finalize: SyncSender<Hash>,
    /// Who asked for blocks that are not made yet.
    pub(crate) asked: Vec<Sender<Hash>>,
}

/// Wall-clock time in milliseconds since 1970-01-01 UTC.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl Driver {
    /// Runs until a command says to stop, the senders are gone, or the node failed. `begun` is told once what was
    /// adopted before a stop is so again.
    pub(crate) fn run(mut self, commands: &Receiver<Command>, begun: &Sender<()>) {
        if let Err(reason) = self.resume() {
            return self.chain.fail(reason);
        }
        let mut timer_ms = self.perform(Input::Tick);
        // Who no longer waits is not told.
        let _ = begun.send(());
        while self.chain.failure().is_none() {
            let now_ms = (self.clock)();
            let wait = timer_ms.map_or(Duration::from_secs(1), |at| Duration::from_millis(at.saturating_sub(now_ms)));
            let input = match commands.recv_timeout(wait) {
                Ok(Command::PoolChanged) => Input::PoolChanged { has_ready: self.intake.pool().has_ready() },
                Ok(Command::MakeBlock(reply)) => {
                    self.asked.push(reply);
                    Input::MakeBlock
                }
                Err(RecvTimeoutError::Timeout) => {
                    timer_ms = None;
                    Input::Tick
                }
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    // What was announced is not taken back: it is final before the node ends. If nobody makes blocks
                    // final any more, the node has failed already.
                    let _ = self.to_finalize.send(self.chain.best().hash);
                    return;
                }
            };
            timer_ms = self.perform(input).or(timer_ms);
        }
    }

    /// Executes the blocks again that the engine goes on from.
    fn resume(&mut self) -> Result<(), String> {
        let mut blocks: BTreeMap<Hash, Block> =
            std::mem::take(&mut self.kept.blocks).into_iter().map(|block| (block.header.hash(), block)).collect();
        for hash in self.consensus.awaited() {
            let block =
                blocks.remove(&hash).ok_or_else(|| format!("block {hash} was not kept, and consensus needs it"))?;
            let stack = self.stack(&block.header.parent_hash);
            let stack = stack.ok_or_else(|| format!("block {hash} was kept without its parent"))?;
            let pending = self.maker.make_again(block, &stack)?;
            self.pending.insert(hash, pending);
        }
        Ok(())
    }

    /// Gives an input to the engine, performs the effects in order, and returns when the timer is due.
    pub(crate) fn perform(&mut self, input: Input) -> Option<u64> {
        let mut timer_ms = None;
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let now_ms = (self.clock)();
            self.latest_ms = self.latest_ms.max(now_ms);
            for effect in self.consensus.handle(now_ms, input) {
                // Nothing is done after what failed: what follows may rest on it.
                if self.chain.failure().is_some() {
                    return None;
                }
                match effect {
                    Effect::SetTimer { at_ms } => timer_ms = Some(at_ms),
                    Effect::Build(plan) => inputs.push_back(self.build(plan)),
                    Effect::Validate { hash } => {
                        let valid = self.validate(&hash);
                        inputs.push_back(Input::Validated { hash, valid });
                    }
                    Effect::Persist { bytes } => self.persist(bytes),
                    Effect::Adopt { hash } => inputs.extend(self.adopt(&hash)),
                    Effect::Discard { hash } => drop(self.pending.remove(&hash)),
                    Effect::Finalize { hash, .. } => drop(self.to_finalize.send(hash)),
                    effect @ (Effect::Send { .. } | Effect::Want { .. }) => {
                        self.chain.fail(format!("found {effect:?}, expected nothing for others: nobody is connected"));
                    }
                    Effect::Halt { reason } => self.chain.fail(format!("consensus: {reason}")),
                }
            }
        }
        timer_ms
    }

    /// The pending blocks from a parent down to the head, newest first; absent if it does not descend from the head.
    fn stack(&self, parent: &Hash) -> Option<Vec<&Pending>> {
        let head = self.chain.best().hash;
        let (mut stack, mut hash) = (Vec::new(), *parent);
        while hash != head {
            let pending = self.pending.get(&hash)?;
            hash = pending.layer.entry.block.header.parent_hash;
            stack.push(pending);
        }
        Some(stack)
    }

    fn build(&mut self, plan: BlockPlan) -> Input {
        let made = self.stack(&plan.parent).and_then(|stack| self.maker.make(plan, &stack, &self.intake));
        let Some(pending) = made else { return Input::BuildFailed };
        let hash = pending.layer.entry.hash;
        self.pending.insert(hash, pending);
        Input::Built { hash }
    }

    fn validate(&self, hash: &Hash) -> bool {
        let Some(pending) = self.pending.get(hash) else { return false };
        let Some(stack) = self.stack(&pending.layer.entry.block.header.parent_hash) else { return false };
        match self.maker.check(pending, &stack, self.latest_ms) {
            Ok(()) => true,
            Err(reason) => {
                tracing::warn!(target: "tenon::driver", %hash, reason, "a block breaks the rules");
                false
            }
        }
    }

    fn persist(&self, engine: Vec<u8>) {
        let layers = self.chain.unfinalized();
        let pending = self.pending.values().map(|pending| &pending.layer);
        let blocks = layers.iter().chain(pending).map(|layer| layer.entry.block.clone()).collect();
        if let Err(error) = (Kept { engine, blocks }).write(&self.chain.store) {
            self.chain.fail(format!("store: {error}"));
        }
    }

    fn adopt(&mut self, hash: &Hash) -> Option<Input> {
        let Some(Pending { layer, included, unusable, .. }) = self.pending.remove(hash) else {
            self.chain.fail(format!("block {hash} is to be the head, and is not pending"));
            return None;
        };
        self.chain.extend(layer.clone());
        drop(self.to_settle.send(layer.clone()));
        self.intake.on_block(&included, &unusable, layer.entry.block.header.number, layer.entry.hash);
        for reply in self.asked.drain(..) {
            // Who no longer waits is not told.
            let _ = reply.send(layer.entry.hash);
        }
        let transactions = layer.entry.transactions.len();
        Some(Input::Adopted { hash: *hash, transactions, has_ready: self.intake.pool().has_ready(), elected: None })
    }
}
