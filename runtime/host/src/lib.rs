//! The host: what a module can do, what it costs, where it is written, and how blocks change the state.
//!
//! | part | what it is |
//! |---|---|
//! | [`interface`] | the seam to an engine |
//! | `state` | read access to a state; the diff layers of blocks that are not final yet |
//! | `overlay` | changes over a base state, with a journal to undo them |
//! | `coin` | the native coin |
//! | `registry` | code and instances |
//! | `execution`, `functions`, `scan` | call frames and the host functions |
//! | `dispatch`, `executor` | transactions, fees, blocks |
//! | `hooks` | calls that the host itself makes at the end of a block |
//! | `genesis` | the first state |
//! | [`tree`] | the authenticated state tree |
//!
//! No I/O, no clock, no entropy: the base state and the block's environment are inputs, changes and receipts outputs.

#![warn(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test may"))]

mod coin;
mod dispatch;
mod environment;
mod execution;
mod executor;
mod functions;
mod genesis;
mod hooks;
pub mod interface;
mod overlay;
mod registry;
mod scan;
mod simulate;
mod state;
pub mod tree;

pub use environment::Environment;
pub use execution::Execution;
pub use executor::{BlockBudget, Executed, Executor, Included, Invalid, Prepared, SerialExecutor};
pub use genesis::{GenesisError, GenesisState, build_genesis};
pub use hooks::{
    SystemCall, SystemRan, ValidatorsError, hook_calls, next_validators, query_validators, run_system_call,
};
pub use interface::{
    CodeRefused, End, Engine, Guest, Host, HostFunctions, LoadError, LoadedModule, ModuleInfo, Ran, Trap,
};
pub use overlay::Overlay;
pub use simulate::{QueryKind, Simulated, query, simulate};
pub use state::{Changes, Diff, Key, LayeredState, StateReader, Value};
