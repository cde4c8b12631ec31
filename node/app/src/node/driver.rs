//! Performs what the consensus engine asks for: makes blocks on the head, has them settled and made final.

use super::chain::{Chain, Layer, entry_of};
use super::intake::Intake;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tenon_core::consensus::{Effect, Engine, Input};
use tenon_core::pool::{Budget, Included};
use tenon_core::rules::{MAX_BLOCK_TRANSACTIONS, Production, next_header, next_info};
use tenon_host::{Diff, Engine as ModuleEngine, Executed, Executor, Invalid, Prepared, next_validators};
use tenon_types::{Address, Block, Hash, extrinsics_root};

/// What the rest of the node tells the driver.
pub(crate) enum Command {
    /// The pool changed.
    PoolChanged,
    /// Make a block now and tell its hash.
    MakeBlock(Sender<Hash>),
    /// Stop.
    Stop,
}

/// How long execution of one block may take before it is closed with what it has.
const MAX_EXECUTION: Duration = Duration::from_millis(1_500);

/// Makes blocks until it is told to stop or the node fails.
pub(crate) struct Driver {
    pub(crate) chain: Arc<Chain>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) engine: Arc<dyn ModuleEngine>,
    pub(crate) consensus: Box<dyn Engine>,
    pub(crate) producer: Address,
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
    /// Runs until a command says to stop, the senders are gone, or the node failed.
    pub(crate) fn run(mut self, commands: &Receiver<Command>) {
        let mut timer_ms = self.perform(Input::Tick);
        while self.chain.failure().is_none() {
            let wait = timer_ms.map_or(Duration::from_secs(1), |at| Duration::from_millis(at.saturating_sub(now_ms())));
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

    /// Gives an input to the engine, performs the effects in order, and returns when the timer is due.
    fn perform(&mut self, input: Input) -> Option<u64> {
        let mut timer_ms = None;
        let mut inputs = std::collections::VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.consensus.handle(now_ms(), input) {
                match effect {
                    Effect::SetTimer { at_ms } => timer_ms = Some(at_ms),
                    Effect::Finalize { hash } => drop(self.to_finalize.send(hash)),
                    Effect::BuildBlock { time_ms } => inputs.push_back(match self.build(time_ms) {
                        Some(layer) => Input::BlockExecuted {
                            hash: layer.entry.hash,
                            transactions: layer.entry.transactions.len(),
                            has_ready: self.intake.pool().has_ready(),
                        },
                        None => Input::BuildFailed,
                    }),
                }
            }
        }
        timer_ms
    }

    /// Makes a block on the head.
    fn build(&mut self, time_ms: u64) -> Option<Arc<Layer>> {
        let head = self.chain.head();
        let parameters = &self.chain.genesis.parameters;
        let environment = self.chain.environment_after(&head.entry, time_ms, self.producer);
        let candidates = self.intake.plan(Budget {
            gas: parameters.block_gas,
            bytes: usize::try_from(parameters.block_bytes).unwrap_or(usize::MAX),
            transactions: MAX_BLOCK_TRANSACTIONS,
        });
        let began = Instant::now();
        let mut stop = |_| began.elapsed() > MAX_EXECUTION;
        let state = self.chain.head_state();
        let next_validators = next_validators(state.clone(), &environment, self.engine.clone());
        let mut executed = self.executor.execute(state, &environment, &candidates, &mut stop);
        // The parent was settled while this block was executed.
        let outcome = match &head.layer {
            Some(layer) => layer.wait(&self.chain)?.outcome,
            None => head.finalized_outcome,
        };
        let (now_ms, producer) = (environment.time_ms, self.producer);
        let production = Production { now_ms, producer, seal: environment.seal, next_validators };
        let info = next_info(&head.entry.info, &outcome, production, parameters);
        let included = included(&executed, &candidates);
        let extrinsics: Vec<Vec<u8>> = included.iter().map(|one| one.bytes.to_vec()).collect();
        let header = next_header(&head.entry.block.header, &outcome, &info, extrinsics_root(&extrinsics))?;
        let receipts = std::mem::take(&mut executed.included).into_iter().map(|included| included.receipt);
        let receipts = receipts.chain(std::mem::take(&mut executed.system)).collect();
        let entry = entry_of(Block { header, extrinsics }, receipts);
        let layer = Arc::new(Layer::new(entry, Diff::new(std::mem::take(&mut executed.changes))));
        self.announce(&layer, &included, &unusable(&executed, &candidates));
        tracing::debug!(
            target: "tenon::driver",
            height = layer.entry.block.header.number,
            transactions = layer.entry.transactions.len(),
            gas = executed.gas_used,
            elapsed_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
            "block made"
        );
        Some(layer)
    }

    fn announce(&mut self, layer: &Arc<Layer>, included: &[&Prepared], invalid: &[Hash]) {
        self.chain.extend(layer.clone());
        drop(self.to_settle.send(layer.clone()));
        let entries: Vec<Included> = included
            .iter()
            .map(|one| Included { sender: one.sender, nonce: one.extrinsic.signed.extra.nonce, hash: one.hash })
            .collect();
        self.intake.on_block(&entries, invalid, layer.entry.block.header.number, layer.entry.hash);
        for reply in self.asked.drain(..) {
            // Who no longer waits is not told.
            let _ = reply.send(layer.entry.hash);
        }
    }
}

fn included<'a>(executed: &Executed, candidates: &'a [Prepared]) -> Vec<&'a Prepared> {
    executed.included.iter().filter_map(|included| candidates.get(included.candidate)).collect()
}

/// Candidates that no later block of this chain could include as it is. Those that only found no room wait.
fn unusable(executed: &Executed, candidates: &[Prepared]) -> Vec<Hash> {
    let hopeless =
        |invalid: &Invalid| matches!(invalid, Invalid::Stale { .. } | Invalid::Payment { .. } | Invalid::System);
    let skipped = executed.skipped.iter().filter(|(_, invalid)| hopeless(invalid));
    skipped.filter_map(|(index, _)| candidates.get(*index)).map(|candidate| candidate.hash).collect()
}
