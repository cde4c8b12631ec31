//! Performs what the consensus engine asks for: has blocks made, checked, adopted, settled and made final, and others
//! told.
//!
//! ```text
//! build     the block is pending: executed, and seen by nobody
//! validate  a block that others made is executed, and pending if it follows the rules
//! adopt     it becomes the head, is announced and taken out of the pool
//! discard   it is dropped; the pool was never told of it
//! persist   what the engine must not forget, with every block above the store's last: one record, synced
//! ```

use super::chain::{Chain, Layer};
use super::engine::Running;
use super::intake::Intake;
use super::kept::{Keeper, Kept};
use super::maker::{Maker, Pending};
use super::others::{Others, Outgoing};
use super::stretch::Stretch;
use parity_scale_codec::Encode;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tenon_core::consensus::bbft::{Epoch, FinalityProof, MAX_DESCENDANTS, Message, ValidatorIndex};
use tenon_core::consensus::{BlockPlan, Effect, Finality, Input, Received};
use tenon_host::query_validators;
use tenon_types::{Block, Hash, Header, Validator};

/// What the rest of the node tells the driver.
pub(crate) enum Command {
    /// The pool changed.
    PoolChanged,
    /// Make a block now and tell its hash.
    MakeBlock(Sender<Hash>),
    /// A block came from elsewhere. Its body is that of its header.
    Received(Box<Block>),
    /// A validator, whom the network has authenticated, sent something. The block of a proposal was received before.
    Message {
        /// Of which epoch.
        epoch: Epoch,
        /// Who.
        from: ValidatorIndex,
        /// What.
        message: Box<Message>,
    },
    /// Final blocks came from elsewhere.
    Stretch(Box<Stretch>),
    /// Stop.
    Stop,
}

/// Received blocks that wait to be checked.
const MAX_RECEIVED: usize = 256;
/// Headers that are remembered, for the proof of an epoch's last block.
const MAX_HEADERS: usize = 2 * MAX_DESCENDANTS;

/// Tells the time in milliseconds since 1970-01-01 UTC.
pub(crate) type Clock = Box<dyn Fn() -> u64 + Send>;

/// Makes blocks until it is told to stop or the node fails.
pub(crate) struct Driver {
    pub(crate) chain: Arc<Chain>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) maker: Maker,
    pub(crate) consensus: Box<dyn Running>,
    pub(crate) clock: Clock,
    /// The latest time that was seen: what a block may lie ahead of counts from there.
    pub(crate) latest_ms: u64,
    /// What was persisted when the node began.
    pub(crate) kept: Kept,
    pub(crate) keeper: Keeper,
    /// Blocks that are no part of the chain yet, and were executed.
    pub(crate) pending: BTreeMap<Hash, Pending>,
    /// Blocks that others made and nobody executed.
    pub(crate) received: BTreeMap<Hash, Block>,
    /// The headers of the blocks that came last.
    pub(crate) headers: VecDeque<(Hash, Header)>,
    /// Blocks to settle, in order.
    pub(crate) to_settle: SyncSender<Arc<Layer>>,
    /// Blocks to make final, in order.
    pub(crate) to_finalize: SyncSender<Hash>,
    /// Who asked for blocks that are not made yet.
    pub(crate) asked: Vec<Sender<Hash>>,
    /// The other nodes; absent where there are none.
    pub(crate) others: Option<Others>,
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
        self.tell_epoch();
        let mut timer_ms = self.perform(Input::Tick);
        // Who no longer waits is not told.
        let _ = begun.send(());
        while self.chain.failure().is_none() {
            let now_ms = (self.clock)();
            let wait = timer_ms.map_or(Duration::from_secs(1), |at| Duration::from_millis(at.saturating_sub(now_ms)));
            let input = match commands.recv_timeout(wait) {
                Ok(Command::Received(block)) => match self.receive(*block) {
                    Some(input) => input,
                    None => continue,
                },
                Ok(Command::Message { epoch, from, message }) => Input::Message { epoch, from, message: *message },
                Ok(Command::Stretch(stretch)) => match self.append(*stretch) {
                    Some(input) => input,
                    None => continue,
                },
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
        let mut blocks = std::mem::take(&mut self.kept.blocks);
        for hash in self.consensus.awaited() {
            let block =
                blocks.remove(&hash).ok_or_else(|| format!("block {hash} was not kept, and consensus needs it"))?;
            let stack = self.stack(&block.header.parent_hash);
            let stack = stack.ok_or_else(|| format!("block {hash} was kept without its parent"))?;
            let pending = self.maker.make_again(block, &stack)?;
            self.await_block(hash, pending);
        }
        Ok(())
    }

    /// Takes a block that others made. At the bound it is not taken: it can be wanted again.
    fn receive(&mut self, block: Block) -> Option<Input> {
        let received = Received::of(&block.header)?;
        let hash = received.candidate.place.digest;
        if self.pending.contains_key(&hash) || self.chain.is_in_memory(&hash) || self.received.len() >= MAX_RECEIVED {
            return None;
        }
        self.remember(hash, &block.header);
        self.offer(hash, &block);
        self.received.insert(hash, block);
        Some(Input::Received(Box::new(received)))
    }

    /// Has others find a block here.
    fn offer(&self, hash: Hash, block: &Block) {
        if let Some(others) = &self.others {
            others.open.insert(hash, block);
        }
    }

    pub(super) fn withdraw(&self, hash: &Hash) {
        if let Some(others) = &self.others {
            others.open.remove(hash);
        }
    }

    pub(super) fn remember(&mut self, hash: Hash, header: &Header) {
        if self.headers.len() >= MAX_HEADERS {
            self.headers.pop_front();
        }
        self.headers.push_back((hash, header.clone()));
    }

    fn await_block(&mut self, hash: Hash, pending: Pending) {
        let block = &pending.layer.entry.block;
        if !self.received.contains_key(&hash) {
            self.offer(hash, block);
            self.remember(hash, &block.header.clone());
        }
        self.received.remove(&hash);
        self.pending.insert(hash, pending);
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
                    Effect::Discard { hash } => self.discard(&hash),
                    Effect::Finalize { hash, finality } => self.finalize(hash, finality),
                    Effect::Send { epoch, to, message } => self.send(epoch, to, message),
                    Effect::Want { hash } => self.tell(Outgoing::Want(hash)),
                    Effect::Halt { reason } => self.chain.fail(format!("consensus: {reason}")),
                }
            }
        }
        self.tell_epoch();
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
        self.await_block(hash, pending);
        Input::Built { hash }
    }

    fn validate(&mut self, hash: &Hash) -> bool {
        match self.check(hash) {
            Ok(None) => true,
            Ok(Some(pending)) => {
                self.await_block(*hash, pending);
                true
            }
            Err(reason) => {
                tracing::warn!(target: "tenon::driver", %hash, reason, "a block breaks the rules");
                false
            }
        }
    }

    /// Checks a block. One that nobody had executed is given back as pending.
    fn check(&self, hash: &Hash) -> Result<Option<Pending>, String> {
        let unknown = || "it is neither pending nor received".to_string();
        if let Some(pending) = self.pending.get(hash) {
            let stack = self.stack(&pending.layer.entry.block.header.parent_hash).ok_or_else(unknown)?;
            return self.maker.check(pending, &stack, self.latest_ms).map(|()| None);
        }
        let block = self.received.get(hash).ok_or_else(unknown)?;
        let stack = self.stack(&block.header.parent_hash).ok_or("its parent is neither pending nor the head")?;
        let candidates = self.maker.prepare(block, &stack, &self.intake)?;
        self.maker.take(block.clone(), &candidates, &stack, self.latest_ms).map(Some)
    }

    fn persist(&mut self, engine: Vec<u8>) {
        let layers = self.chain.unfinalized();
        let pending = self.pending.values().map(|pending| &pending.layer);
        let blocks = layers.iter().chain(pending).map(|layer| (layer.entry.hash, &layer.entry.block));
        if let Err(error) = self.keeper.write(engine, blocks) {
            self.chain.fail(format!("store: {error}"));
        }
    }

    fn discard(&mut self, hash: &Hash) {
        self.pending.remove(hash);
        self.received.remove(hash);
        self.withdraw(hash);
    }

    /// Has a block made final, and the proof of it kept beside it.
    pub(super) fn finalize(&self, hash: Hash, finality: Option<Finality>) {
        if let Some(Finality { certificate, descendants }) = finality {
            let header = |hash: &Hash| self.headers.iter().find(|(known, _)| known == hash);
            let headers: Vec<Header> =
                descendants.iter().filter_map(|hash| header(hash).map(|(_, header)| header.clone())).collect();
            if headers.len() == descendants.len() {
                self.chain.prove(&hash, FinalityProof { certificate, descendants: headers }.encode());
            }
        }
        // If nobody makes blocks final any more, the node has failed already.
        let _ = self.to_finalize.send(hash);
    }

    fn send(&self, epoch: Epoch, to: Vec<ValidatorIndex>, message: Message) {
        let Some(others) = &self.others else { return };
        let block = match &message {
            Message::Proposal(proposal) => {
                let hash = proposal.candidate.place.digest;
                // Without its block a proposal is of no use to anybody.
                let Some(block) = others.open.get(&hash) else { return };
                Some(block)
            }
            _ => None,
        };
        others.tell(Outgoing::Consensus { epoch, to, message: Box::new(message), block });
    }

    pub(super) fn tell(&self, outgoing: Outgoing) {
        if let Some(others) = &self.others {
            others.tell(outgoing);
        }
    }

    /// Tells others of the epoch that runs, when it is another one.
    fn tell_epoch(&mut self) {
        if let Some(others) = &mut self.others {
            others.tell_epoch(self.consensus.epoch());
            others.tell_status(|| self.consensus.status());
        }
    }

    /// After the last block of an epoch, which stands on the head, the validators of the next one.
    pub(super) fn elected(&self, layer: &Layer) -> Option<Vec<Validator>> {
        let (header, info) = (&layer.entry.block.header, &layer.entry.info);
        let expected = info.next_validators?;
        let hooks = &self.chain.genesis.parameters.hooks;
        let environment = self.maker.environment_of(&self.chain.best(), info);
        let epoch = hooks.epoch(header.number).saturating_add(1);
        let set = query_validators(self.chain.head_state(), &environment, self.maker.engine.clone(), epoch).ok()?;
        let found = Validator::set_hash(&set);
        assert!(found == expected, "found validators {found}, expected {expected} as the header states");
        let set = Validator::read_set(&set)?;
        layer.elect(set.clone());
        Some(set)
    }

    fn adopt(&mut self, hash: &Hash) -> Option<Input> {
        let Some(pending) = self.pending.remove(hash) else {
            self.chain.fail(format!("block {hash} is to be the head, and is not pending"));
            return None;
        };
        let elected = self.elected(&pending.layer);
        let transactions = self.extend(pending);
        Some(Input::Adopted { hash: *hash, transactions, has_ready: self.intake.pool().has_ready(), elected })
    }

    /// Makes an executed block the head and returns how many transactions it has.
    pub(super) fn extend(&mut self, pending: Pending) -> usize {
        let Pending { layer, included, unusable, .. } = pending;
        self.withdraw(&layer.entry.hash);
        self.chain.extend(layer.clone());
        drop(self.to_settle.send(layer.clone()));
        self.intake.on_block(&included, &unusable, layer.entry.block.header.number, layer.entry.hash);
        for reply in self.asked.drain(..) {
            // Who no longer waits is not told.
            let _ = reply.send(layer.entry.hash);
        }
        self.tell(Outgoing::Head { height: layer.entry.block.header.number });
        layer.entry.transactions.len()
    }
}
