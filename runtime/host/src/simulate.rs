//! Queries and simulations: executions whose changes are shown and thrown away.

use crate::dispatch;
use crate::environment::Environment;
use crate::execution::{Entry, Execution, Message};
use crate::interface::{Engine, Host};
use crate::overlay::Overlay;
use crate::state::{Key, StateReader, Value};
use std::sync::Arc;
use tenon_abi::limits;
use tenon_types::{Address, Amount, Call, ErrorText, Event, Gas, Parameters, intrinsic_gas};

/// Bytes of a signed transaction beside its call, for the estimate of its fee.
const SIGNED_BYTES: usize = 112;

/// What an execution would do.
#[derive(Debug, Default)]
pub struct Simulated {
    /// 0 or the error's number.
    pub error: u32,
    /// The error of a transaction, as its receipt would hold it.
    pub dispatch_error: Option<tenon_types::DispatchError>,
    /// The output, or the error's data.
    pub output: Vec<u8>,
    /// Gas that a transaction would use; for a query, that the method used.
    pub gas_used: Gas,
    /// The fee of that transaction without a tip.
    pub fee: Amount,
    /// Deposits locked less deposits returned.
    pub deposit: i128,
    /// What would happen.
    pub events: Vec<Event>,
    /// Lines of the debug log and of errors, each with the depth of its call.
    pub logs: Vec<(u32, String)>,
    /// Changed entries: key, before, after.
    pub changes: Vec<(Key, Option<Value>, Option<Value>)>,
}

fn host(base: Arc<dyn StateReader>, environment: &Environment, engine: Arc<dyn Engine>, origin: Address) -> Host {
    let mut execution = Execution::new(Overlay::new(base), Arc::new(environment.clone()), engine);
    execution.begin(origin);
    execution.tracing = true;
    Host::new(execution)
}

/// Which method a query runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryKind {
    /// `query.NAME`.
    Query,
    /// `invariant.NAME`.
    Invariant,
}

/// Runs a query or an invariant.
pub fn query(
    base: Arc<dyn StateReader>,
    environment: &Environment,
    engine: Arc<dyn Engine>,
    (kind, instance, method): (QueryKind, &Address, &str),
    input: &[u8],
    gas_limit: Gas,
) -> Simulated {
    let mut host = host(base, environment, engine, Address::ZERO);
    let method = method.to_string();
    let message = Message {
        caller: Address::ZERO,
        address: *instance,
        entry: match kind {
            QueryKind::Query => Entry::Query(method),
            QueryKind::Invariant => Entry::Invariant(method),
        },
        input: input.to_vec(),
        value: 0,
        read_only: true,
    };
    let outcome = host.enter(message, gas_limit, limits::MAX_STACK_BYTES);
    let state = host.into_state();
    Simulated {
        error: outcome.error,
        output: outcome.data,
        gas_used: gas_limit.saturating_sub(outcome.gas_left),
        logs: state.logs,
        ..Simulated::default()
    }
}

/// Makes a call as a transaction of an account would, without its nonce and fee.
pub fn simulate(
    base: Arc<dyn StateReader>,
    environment: &Environment,
    engine: Arc<dyn Engine>,
    from: &Address,
    call: &Call,
) -> Simulated {
    let mut host = host(base, environment, engine, *from);
    let mark = host.state().overlay.checkpoint();
    let dispatched = dispatch::run(&mut host, from, call);
    let length = parity_scale_codec::Encode::encoded_size(call).saturating_add(SIGNED_BYTES);
    let intrinsic = intrinsic_gas(call, length, &environment.parameters).unwrap_or(Gas::MAX);
    let gas_used = intrinsic.saturating_add(dispatched.gas_used);
    let mut state = host.into_state();
    let changed = state.overlay.changed_since(mark);
    let changes = changed
        .into_iter()
        .map(|(key, before)| {
            let after = state.overlay.get(&key);
            (key, before, after)
        })
        .filter(|(_, before, after)| before != after)
        .collect();
    Simulated {
        error: dispatched.error.map_or(0, |error| ErrorText::of_dispatch(&error, None).number),
        dispatch_error: dispatched.error,
        output: dispatched.output,
        gas_used,
        fee: Parameters::gas_fee(gas_used, environment.base_fee),
        deposit: dispatched.deposit,
        events: state.events,
        logs: state.logs,
        changes,
    }
}
