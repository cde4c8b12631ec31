//! Makes blocks on the head or on pending ones, executes those that were made before or by others, and checks both
//! against the rules.

use super::chain::{Chain, Layer, Settled, entry_of};
use super::intake::Intake;
use super::prepare::prepare;
use super::settle::settle;
use crate::backend::BlockEntry;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon_core::consensus::BlockPlan;
use tenon_core::pool::{Budget, Included};
use tenon_core::rules::{
    Candidate, Head, MAX_BLOCK_TRANSACTIONS, Outcome, Production, check_block, check_header, check_next_validators,
    check_outcome, check_seal, next_header, next_info,
};
use tenon_host::tree::LayeredPages;
use tenon_host::{Diff, Engine as ModuleEngine, Environment, Executed, Executor, Invalid, Prepared, next_validators};
use tenon_types::mmr::Accumulator;
use tenon_types::{Block, BlockInfo, Gas, Hash, Seal, extrinsics_root};

/// How long execution of one block may take before it is closed with what it has.
const MAX_EXECUTION: Duration = Duration::from_millis(1_500);

/// A block that was executed and is no part of the chain yet.
pub(crate) struct Pending {
    pub(crate) layer: Arc<Layer>,
    /// What its transactions are to the pool.
    pub(crate) included: Vec<Included>,
    /// Transactions that no later block of this chain could include.
    pub(crate) unusable: Vec<Hash>,
    /// What executing its parent gave.
    parent: Outcome,
    /// What consensus says of it.
    seal: Seal,
}

/// Makes and executes blocks.
pub(crate) struct Maker {
    pub(crate) chain: Arc<Chain>,
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) engine: Arc<dyn ModuleEngine>,
}

impl Maker {
    /// Makes a block on the newest of a stack of pending blocks, or on the head if there are none.
    pub(crate) fn make(&self, plan: BlockPlan, stack: &[&Pending], intake: &Intake) -> Option<Pending> {
        let (parent, accumulator) = (self.parent(stack), self.accumulator(stack));
        let parameters = &self.chain.genesis.parameters;
        let BlockPlan { time_ms, producer, parent_signers, view, parent_view, missed, evidence, empty, .. } = plan;
        let mut environment = self.chain.environment_after(&parent, time_ms, producer);
        environment.seal.parent_signers = parent_signers;
        environment.seal.view = view;
        environment.seal.parent_view = parent_view;
        environment.seal.missed = missed;
        environment.seal.evidence = evidence;
        let before = stack.iter().flat_map(|pending| &pending.layer.entry.transactions).copied().collect();
        let budget = Budget {
            gas: parameters.block_gas,
            bytes: usize::try_from(parameters.block_bytes).unwrap_or(usize::MAX),
            transactions: if empty { 0 } else { MAX_BLOCK_TRANSACTIONS },
        };
        let candidates = intake.plan(budget, &before);
        let began = Instant::now();
        let mut executed = self.execute(&environment, stack, &candidates, &mut |_| began.elapsed() > MAX_EXECUTION);
        let state = self.state(stack);
        let next_validators = next_validators(state, &environment, self.engine.clone());
        // The parent was settled while this block was executed.
        let outcome = self.outcome(stack)?;
        let seal = environment.seal.clone();
        let ancestors = accumulator.root();
        let production = Production { now_ms: environment.time_ms, producer, seal, next_validators, ancestors };
        let info = next_info(&parent.info, &outcome, production, parameters);
        let included = included(&executed, &candidates);
        let extrinsics: Vec<Vec<u8>> = included.iter().map(|one| one.bytes.to_vec()).collect();
        let header = next_header(&parent.block.header, &outcome, &info, extrinsics_root(&extrinsics))?;
        let entries = included.into_iter().map(entry).collect();
        let unusable = unusable(&executed, &candidates);
        tracing::debug!(
            target: "tenon::driver",
            height = header.number,
            transactions = extrinsics.len(),
            gas = executed.gas_used,
            elapsed_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
            "block made"
        );
        let layer = layer(Block { header, extrinsics }, &mut executed, &accumulator);
        Some(Pending { layer, included: entries, unusable, parent: outcome, seal: environment.seal })
    }

    /// Executes a block again that was made or executed here before, and checks that it follows the rules.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn make_again(&self, block: Block, stack: &[&Pending]) -> Result<Pending, String> {
        let decode = |bytes: &Vec<u8>| Candidate::decode(bytes.as_slice().into()).map(prepared);
        let candidates = block.extrinsics.iter().map(decode).collect::<Result<Vec<_>, _>>();
        let candidates = candidates.map_err(|error| format!("block {}: {error}", block.header.hash()))?;
        self.take(block, &candidates, stack, u64::MAX)
    }

    /// What the transactions of the block after a stack of pending ones are checked against: the rules' head, and the
    /// hashes of its ancestors by their heights.
    pub(crate) fn prepare(&self, block: &Block, stack: &[&Pending], intake: &Intake) -> Result<Vec<Prepared>, String> {
        let parent = self.parent(stack);
        let base_fee = block.header.info().map_or(0, |info| info.base_fee);
        let (parameters, genesis) = (&self.chain.genesis.parameters, self.chain.genesis_hash);
        let head = Head { parameters, genesis, height: parent.block.header.number, base_fee };
        let in_stack = |height| stack.iter().find(|pending| pending.layer.entry.block.header.number == height);
        let hash_at =
            |height| in_stack(height).map(|pending| pending.layer.entry.hash).or_else(|| self.chain.hash_at(height));
        prepare(block, intake, &head, &hash_at)
    }

    /// Executes a block that others made, whose transactions were prepared, and checks that it follows the rules. What
    /// consensus says in it is judged elsewhere.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn take(
        &self,
        block: Block,
        candidates: &[Prepared],
        stack: &[&Pending],
        now_ms: u64,
    ) -> Result<Pending, String> {
        let hash = block.header.hash();
        let wrong = |reason: &dyn std::fmt::Display| format!("block {hash}: {reason}");
        let (parent, parameters) = (self.parent(stack), &self.chain.genesis.parameters);
        let accumulator = self.accumulator(stack);
        let info = check_header(&parent.block.header, &block.header, accumulator.root(), now_ms, parameters)
            .map_err(|error| wrong(&error))?;
        check_block(&block, parameters).map_err(|error| wrong(&error))?;
        let environment = self.environment_of(&parent, &info);
        let mut executed = self.execute(&environment, stack, candidates, &mut |_| false);
        if executed.included.len() != candidates.len() {
            let (found, expected) = (executed.included.len(), candidates.len());
            return Err(wrong(&format_args!("{found} of its transactions may stand in it, expected {expected}")));
        }
        let next = next_validators(self.state(stack), &environment, self.engine.clone());
        check_next_validators(&info, next).map_err(|error| wrong(&error))?;
        // The parent was settled while this block was executed.
        let outcome = self.outcome(stack).ok_or_else(|| wrong(&"its parent cannot be settled"))?;
        check_outcome(&block.header, &info, &outcome).map_err(|error| wrong(&error))?;
        let included = candidates.iter().map(entry).collect();
        let layer = layer(block, &mut executed, &accumulator);
        Ok(Pending { layer, included, unusable: Vec::new(), parent: outcome, seal: info.seal })
    }

    /// Checks a block that was made here as whoever receives it does: that its header follows from its parent's and its
    /// execution, and its body from the header.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub(crate) fn check(&self, pending: &Pending, stack: &[&Pending], now_ms: u64) -> Result<(), String> {
        let parameters = &self.chain.genesis.parameters;
        let (parent, block) = (self.parent(stack), &pending.layer.entry.block);
        let ancestors = self.accumulator(stack).root();
        let info = check_header(&parent.block.header, &block.header, ancestors, now_ms, parameters)
            .map_err(|error| error.to_string())?;
        check_seal(&info, &pending.seal).map_err(|error| error.to_string())?;
        check_outcome(&block.header, &info, &pending.parent).map_err(|error| error.to_string())?;
        check_block(block, parameters).map_err(|error| error.to_string())
    }

    /// The environment of a block that states this, after a parent.
    pub(crate) fn environment_of(&self, parent: &BlockEntry, info: &BlockInfo) -> Environment {
        Environment {
            base_fee: info.base_fee,
            seal: info.seal.clone(),
            ..self.chain.environment_after(parent, info.time_ms, info.producer)
        }
    }

    fn parent(&self, stack: &[&Pending]) -> Arc<BlockEntry> {
        stack.first().map_or_else(|| self.chain.best(), |pending| pending.layer.entry.clone())
    }

    /// The accumulator over the newest of a stack of pending blocks, or the head, and all before it.
    fn accumulator(&self, stack: &[&Pending]) -> Arc<Accumulator> {
        stack.first().map_or_else(|| self.chain.head().accumulator, |pending| pending.layer.accumulator.clone())
    }

    fn state(&self, stack: &[&Pending]) -> Arc<dyn tenon_host::StateReader> {
        self.chain.head_state_below(stack.iter().map(|pending| pending.layer.diff.clone()).collect())
    }

    fn execute(
        &self,
        environment: &Environment,
        stack: &[&Pending],
        candidates: &[Prepared],
        stop: &mut dyn FnMut(Gas) -> bool,
    ) -> Executed {
        let began = Instant::now();
        let executed = self.executor.execute(self.state(stack), environment, candidates, stop);
        if let Some(metrics) = self.chain.metrics() {
            metrics.execute_seconds.observe(began.elapsed().as_secs_f64());
        }
        executed
    }

    /// What executing the newest of a stack gave. Layers of the chain are settled beside; pending ones here, oldest
    /// first, when something stands on them.
    fn outcome(&self, stack: &[&Pending]) -> Option<Outcome> {
        let head = self.chain.head();
        let mut outcome = match &head.layer {
            Some(layer) => layer.wait(&self.chain)?.outcome,
            None => head.finalized_outcome,
        };
        let mut pages = self.chain.settled_pages();
        for pending in stack.iter().rev() {
            let settled = match pending.layer.settled() {
                Some(settled) => settled,
                None => {
                    pending.layer.settle(self.settle(&pending.layer, pages.clone(), outcome)?);
                    pending.layer.settled()?
                }
            };
            outcome = settled.outcome;
            pages.insert(0, settled.pages.clone());
        }
        Some(outcome)
    }

    fn settle(&self, layer: &Layer, pages: Vec<Arc<tenon_host::tree::PageDiff>>, parent: Outcome) -> Option<Settled> {
        let source = LayeredPages::new(pages, &self.chain.pages);
        let receipts = (&layer.entry.receipts[..], &layer.entry.hook_receipts[..]);
        match settle(&source, parent.state_root, &layer.diff, receipts) {
            Ok(settled) => Some(settled),
            Err(error) => {
                self.chain.fail(format!("state tree: {error}"));
                None
            }
        }
    }
}

fn layer(block: Block, executed: &mut Executed, before: &Accumulator) -> Arc<Layer> {
    let receipts = std::mem::take(&mut executed.included).into_iter().map(|included| included.receipt);
    let receipts = receipts.chain(std::mem::take(&mut executed.system)).collect();
    Arc::new(Layer::new(entry_of(block, receipts), Diff::new(std::mem::take(&mut executed.changes)), before))
}

fn prepared(candidate: Candidate) -> Prepared {
    let Candidate { hash, bytes, sender, extrinsic } = candidate;
    Prepared { hash, bytes, extrinsic, sender }
}

fn entry(one: &Prepared) -> Included {
    Included { sender: one.sender, nonce: one.extrinsic.signed.extra.nonce, hash: one.hash }
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
