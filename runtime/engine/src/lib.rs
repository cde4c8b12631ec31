//! The WASM engine: what a module may be, how it is made to count gas and depth, and how it runs.
//!
//! | part | what it is |
//! |---|---|
//! | `parts`, `names` | a module's sections and the names of instructions |
//! | [`weights`] | what each instruction costs: the allow-list |
//! | `validate` | the rules of an upload |
//! | `instrument` | gas and depth, written into the module |
//! | `link`, `run` | host functions, and a fresh instance for each call |
//! | `pool`, `stack` | wasmtime's settings and the native stack |
//! | `cache`, `recent` | compiled code on disk and in memory |
//! | `engine` | all of it behind the host's interface |
//!
//! What a host function does is in `tenon-host`. No rule here looks at a clock, and gas never comes from an engine.

mod cache;
mod engine;
mod instrument;
mod link;
mod names;
mod parts;
mod pool;
mod recent;
#[cfg(any(test, feature = "reference"))]
mod reference;
mod run;
mod stack;
mod validate;
pub mod weights;

pub use cache::CacheError;
pub use engine::{Backend, EngineError, EngineOptions, PrepareError, WasmtimeEngine, Workshop};
pub use instrument::{GAS_EXPORT, InstrumentError, Instrumented, STACK_EXPORT, instrument};
#[cfg(any(test, feature = "reference"))]
pub use reference::ReferenceEngine;
pub use run::{Outcome, Program};
pub use stack::{ENGINE_STACK_BYTES, NATIVE_BYTES_PER_COUNTED, declare_engine_thread, on_engine_stack};
pub use validate::{InvalidCode, validate};

#[cfg(test)]
mod testing;

#[cfg(test)]
mod agreement;
