//! Hooks: calls that the host makes by itself, as [`Address::SYSTEM`], at the end of each block or when a test says so.

use crate::block::Transaction;
use crate::chain::{TestChain, address, decoded, outcome, trace_lines};
use crate::outcome::Outcome;
use parity_scale_codec::{Decode, DecodeAll};
use std::sync::Arc;
use tenon_contract::{Address, Call};
use tenon_engine::on_engine_stack;
use tenon_host::{
    Changes, Executor, Prepared, SerialExecutor, StateReader, SystemCall, SystemRan, ValidatorsError, hook_calls,
    next_validators, query_validators, run_system_call,
};
use tenon_types::{Evidence, Hash, Receipt, Seal, keys};

/// What the testkit keeps of hooks.
#[derive(Clone, Default)]
pub(crate) struct HookRecord {
    /// How the hooks of the last block ended.
    last: Vec<Outcome<Vec<u8>>>,
    /// Whether a hook may fail without ending the test.
    tolerated: bool,
}

impl TestChain {
    /// Makes a call as the host would make it, in a block of its own. The call's value is newly issued coin. The hooks
    /// of the block's end do not run in that block, and no fee is paid.
    ///
    /// # Panics
    /// If an invariant does not hold afterwards.
    #[track_caller]
    pub fn system<R: Decode>(&mut self, call: Call<R>) -> Outcome<R> {
        let method = call.method;
        let made = Transaction::new(Address::SYSTEM, call);
        let call = SystemCall {
            instance: address(made.instance),
            method: made.method,
            input: made.input,
            value: made.value,
            gas: made.gas_limit,
        };
        let ran = self.run_system(&call);
        self.state.apply(ran.changes);
        self.end_block("a call by the system");
        outcome(ran.receipt, 0, trace_lines(&ran.logs)).map(|output| decoded(&output, method))
    }

    /// A copy of this chain that calls an instance's hooks at the end of each block, with a block reward. A hook that
    /// fails ends the test, unless [`TestChain::tolerate_failing_hooks`] says otherwise.
    #[must_use]
    pub fn with_hook(mut self, instance: Address, reward: u128) -> Self {
        let hooks = &mut self.environment.parameters.hooks;
        hooks.staking = Some(address(instance));
        hooks.block_reward = reward;
        self
    }

    /// A copy of this chain whose epochs have so many blocks; 0 is none.
    #[must_use]
    pub const fn with_epochs(mut self, blocks: u32) -> Self {
        self.environment.parameters.hooks.epoch_blocks = blocks;
        self
    }

    /// Lets hooks fail: the block stands without them.
    pub const fn tolerate_failing_hooks(&mut self) {
        self.hooks.tolerated = true;
    }

    /// Says who leads the blocks from now on, who signed their parents (a bit for each validator), and whose views
    /// failed.
    pub fn set_seal(&mut self, leader: Option<Address>, signers: &[u8], missed: &[Address]) {
        self.environment.seal = Seal {
            leader: leader.map(address),
            parent_signers: signers.to_vec(),
            missed: missed.iter().map(|who| address(*who)).collect(),
            ..Seal::default()
        };
    }

    /// Puts evidence into the next block.
    pub fn add_evidence(&mut self, evidence: Evidence) {
        self.environment.seal.evidence.push(evidence);
    }

    /// How the hooks of the last block ended: one for each piece of evidence, then that of the block's end.
    pub fn hooks(&self) -> &[Outcome<Vec<u8>>] {
        &self.hooks.last
    }

    /// The encoded validators of an epoch, as the host asks the instance whose hooks it calls.
    ///
    /// # Errors
    /// [`ValidatorsError`] as nodes see it.
    pub fn validators(&self, epoch: u64) -> Result<Vec<u8>, ValidatorsError> {
        let base: Arc<dyn StateReader> = Arc::new(self.state.clone());
        on_engine_stack(|| query_validators(base, &self.environment, self.engine.clone(), epoch))
    }

    /// What the header of the next block would say of the next epoch's validators.
    pub fn next_validators(&self) -> Option<Hash> {
        let base: Arc<dyn StateReader> = Arc::new(self.state.clone());
        on_engine_stack(|| next_validators(base, &self.environment, self.engine.clone()))
    }

    /// The supply of the native coin.
    ///
    /// # Panics
    /// Never: a chain has a supply from its genesis on.
    pub fn supply(&self) -> u128 {
        let stored = self.state.value(&keys::chain("supply")).expect("genesis sets the supply");
        u128::decode_all(&mut &*stored).expect("the host wrote the supply")
    }

    /// Takes note of how a block's hooks ended. The chain is that after the block; `undo` leads back to that before it.
    #[track_caller]
    pub(crate) fn take_hooks(&mut self, receipts: Vec<Receipt>, undo: Changes, block: &[Prepared]) {
        let failed = receipts.iter().any(|receipt| receipt.outcome.is_err());
        let mut traces = if failed { self.clone().trace_hooks(undo, block) } else { Vec::new() }.into_iter();
        let ended = receipts.into_iter().map(|receipt| outcome(receipt, 0, traces.next().unwrap_or_default()));
        self.hooks.last = ended.collect();
        self.environment.seal.evidence.clear();
        let failures = self.hooks.last.iter().filter_map(|hook| hook.result.as_ref().err());
        if let Some(failure) = failures.into_iter().next().filter(|_| !self.hooks.tolerated) {
            panic!("a hook failed: {failure}");
        }
    }

    /// Runs the hooks of a block again, after its transactions, and returns their traces.
    fn trace_hooks(mut self, undo: Changes, block: &[Prepared]) -> Vec<Vec<String>> {
        self.state.apply(undo);
        self.execute_without_hooks(block);
        let calls = hook_calls(&self.environment);
        let trace = |call: &SystemCall| {
            let ran = self.run_system(call);
            self.state.apply(ran.changes);
            trace_lines(&ran.logs)
        };
        calls.iter().map(trace).collect()
    }

    /// Executes transactions in the next block, without its end.
    pub(crate) fn execute_without_hooks(&mut self, block: &[Prepared]) {
        let base: Arc<dyn StateReader> = Arc::new(self.state.clone());
        let mut environment = self.environment.clone();
        environment.parameters.hooks.staking = None;
        let executor = SerialExecutor::new(self.engine.clone());
        let executed = on_engine_stack(|| executor.execute(base, &environment, block, &mut |_| false));
        self.state.apply(executed.changes);
    }

    fn run_system(&self, call: &SystemCall) -> SystemRan {
        let base: Arc<dyn StateReader> = Arc::new(self.state.clone());
        on_engine_stack(|| run_system_call(base, &self.environment, self.engine.clone(), call))
    }
}
