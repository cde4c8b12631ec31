//! System hooks: calls that the host itself makes at the end of a block, and the query for the validators of an epoch.
//!
//! A hook runs as [`Address::SYSTEM`] with gas of its own, outside of the block's. It takes effect as a whole or not at
//! all: one that fails is recorded, and the block stands without it. Deposits for what it stores come from the coin of
//! [`Address::SYSTEM`] and go back there. The value that goes with a hook is newly issued; nothing else issues coin.

use crate::dispatch;
use crate::environment::Environment;
use crate::execution::Execution;
use crate::interface::{Engine, Host};
use crate::overlay::Overlay;
use crate::simulate::{QueryKind, query};
use crate::state::{Changes, StateReader};
use parity_scale_codec::Encode;
use std::sync::Arc;
use tenon_abi::HostError;
use tenon_types::{
    Address, Amount, BlockReport, Call, END_BLOCK, Event, Gas, Hash, MAX_EVIDENCE, MAX_HOOK_GAS, MAX_VALIDATORS,
    ModulesCall, REPORT_EVIDENCE, Receipt, SystemEvent, VALIDATORS, Validator, hook_id,
};

/// A call that the host makes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemCall {
    /// Whom it calls.
    pub instance: Address,
    /// Which method.
    pub method: String,
    /// Its arguments, encoded.
    pub input: Vec<u8>,
    /// Coin that is issued to the instance if the call succeeds.
    pub value: Amount,
    /// The most gas; never more than [`MAX_HOOK_GAS`].
    pub gas: Gas,
}

/// What a call by the host did.
#[derive(Debug)]
pub struct SystemRan {
    /// How it ended.
    pub receipt: Receipt,
    /// Changed state entries, in the order of their keys.
    pub changes: Changes,
    /// Lines of the debug log and of errors, each with the depth of its call.
    pub logs: Vec<(u32, String)>,
}

/// Why there is no set of validators.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorsError {
    /// The parameters name no instance.
    #[error("the chain's parameters name no staking instance, expected one")]
    NoInstance,
    /// The query failed.
    #[error("query {VALIDATORS} of {instance} ended with error {code:#x} ({name}), expected a set")]
    Failed {
        /// Whom was asked.
        instance: Address,
        /// The error's number.
        code: u32,
        /// Its name, if it is one of the host's.
        name: &'static str,
    },
    /// The answer is no set.
    #[error(
        "query {VALIDATORS} of {instance} gave {found} bytes, expected a list of at most {MAX_VALIDATORS} validators"
    )]
    Malformed {
        /// Whom was asked.
        instance: Address,
        /// The answer's length.
        found: usize,
    },
}

/// Runs the hooks of a block after its transactions: one for each piece of evidence, then that of the block's end.
pub(crate) fn run_hooks(host: &mut Host) -> Vec<Receipt> {
    let environment = host.state().environment.clone();
    hook_calls(&environment).iter().map(|call| run_call(host, call)).collect()
}

/// The hooks that end a block, in order: one for each piece of evidence, then that of the block's end.
pub fn hook_calls(environment: &Environment) -> Vec<SystemCall> {
    let hooks = &environment.parameters.hooks;
    let Some(instance) = hooks.staking else { return Vec::new() };
    let call = |method: &str, input: Vec<u8>, value: Amount| SystemCall {
        instance,
        method: method.to_string(),
        input,
        value,
        gas: hooks.gas,
    };
    let evidence = environment.seal.evidence.iter().take(MAX_EVIDENCE);
    let mut calls: Vec<SystemCall> = evidence.map(|one| call(REPORT_EVIDENCE, one.encode(), 0)).collect();
    let report = BlockReport::new(environment.height, environment.time_ms, &environment.seal);
    calls.push(call(END_BLOCK, report.encode(), hooks.block_reward));
    calls
}

fn run_call(host: &mut Host, call: &SystemCall) -> Receipt {
    host.state().begin(Address::SYSTEM);
    let gas_limit = call.gas.min(MAX_HOOK_GAS);
    let method = call.method.clone();
    let made = Call::Modules(ModulesCall::call {
        instance: call.instance,
        method: method.clone(),
        input: call.input.clone(),
        value: call.value,
        gas_limit,
    });
    let dispatched = dispatch::run(host, &Address::SYSTEM, &made);
    let state = host.state();
    if let Some(dispatch_error) = dispatched.error {
        let failed = SystemEvent::HookFailed { instance: call.instance, hook: method, dispatch_error };
        state.events.push(Event::System(failed));
    }
    Receipt {
        transaction: hook_id(&call.method),
        outcome: dispatched.error.map_or(Ok(()), Err),
        gas_used: dispatched.gas_used,
        burnt: 0,
        tip: 0,
        output: dispatched.output,
        events: std::mem::take(&mut state.events),
    }
}

/// Makes one call as the host would make it at the end of a block, on a state of one's own.
pub fn run_system_call(
    base: Arc<dyn StateReader>,
    environment: &Environment,
    engine: Arc<dyn Engine>,
    call: &SystemCall,
) -> SystemRan {
    let mut execution = Execution::new(Overlay::new(base), Arc::new(environment.clone()), engine);
    execution.tracing = true;
    let mut host = Host::new(execution);
    let receipt = run_call(&mut host, call);
    let mut state = host.into_state();
    let logs = std::mem::take(&mut state.logs);
    SystemRan { receipt, changes: state.overlay.into_changes(), logs }
}

/// Asks the staking instance for the validators of an epoch, as a state has them. Returns their encoding.
///
/// # Errors
/// [`ValidatorsError`], the same on every node.
pub fn query_validators(
    base: Arc<dyn StateReader>,
    environment: &Environment,
    engine: Arc<dyn Engine>,
    epoch: u64,
) -> Result<Vec<u8>, ValidatorsError> {
    let hooks = &environment.parameters.hooks;
    let instance = hooks.staking.ok_or(ValidatorsError::NoInstance)?;
    let target = (QueryKind::Query, &instance, VALIDATORS);
    let ran = query(base, environment, engine, target, &epoch.encode(), hooks.gas.min(MAX_HOOK_GAS));
    if ran.error != 0 {
        let name = HostError::from_code(ran.error).map_or("", HostError::name);
        return Err(ValidatorsError::Failed { instance, code: ran.error, name });
    }
    let found = ran.output.len();
    Validator::read_set(&ran.output).map(|_| ran.output).ok_or(ValidatorsError::Malformed { instance, found })
}

/// What the header of a block says of the next epoch's validators: in the last block of an epoch the hash of the set as
/// the state after its parent has it, else nothing. Nothing too if there is no such set: then the validators stay.
pub fn next_validators(
    parent_state: Arc<dyn StateReader>,
    environment: &Environment,
    engine: Arc<dyn Engine>,
) -> Option<Hash> {
    let hooks = &environment.parameters.hooks;
    if !hooks.ends_epoch(environment.height) {
        return None;
    }
    let next = hooks.epoch(environment.height).checked_add(1)?;
    query_validators(parent_state, environment, engine, next).ok().map(|set| Validator::set_hash(&set))
}
