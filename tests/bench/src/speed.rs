//! The time of one call: in the engine alone, and with its transaction.
//!
//! In the engine is from the entry of the outermost method to its end: a fresh instance, its code with the meters, every
//! host function over the block's state, calls into other modules included. With its transaction adds nonce, fee,
//! deposits, receipt. Both leave out signatures, the state root, and reads from disk: the call is made on a state in
//! memory, after a transaction that made the same call and undid it, so the block has seen code and entries before.

use crate::profile::Fork;
use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;
use tenon_engine::{EngineError, EngineOptions, WasmtimeEngine, on_engine_stack};
use tenon_host::{CodeRefused, Engine, Host, LoadError, LoadedModule, ModuleInfo, Ran, Value};
use tenon_types::Hash;

/// Calls before the first that counts.
const WARM_UP: usize = 100;

thread_local! {
    /// Methods that are running on this thread.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// How long the last outermost method took.
    static LAST_NS: Cell<u64> = const { Cell::new(0) };
}

/// Median times of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// In the engine, in nanoseconds.
    pub engine_ns: u64,
    /// With its transaction, in nanoseconds.
    pub transaction_ns: u64,
}

/// The engine of a node with a clock around each outermost method.
pub struct TimedEngine(WasmtimeEngine);

impl TimedEngine {
    /// Makes one.
    ///
    /// # Errors
    /// If wasmtime refuses the settings.
    pub fn new() -> Result<Self, EngineError> {
        WasmtimeEngine::new(&EngineOptions::default()).map(Self)
    }
}

impl Engine for TimedEngine {
    fn validate(&self, code: &[u8]) -> Result<ModuleInfo, CodeRefused> {
        self.0.validate(code)
    }

    fn load(
        &self,
        code_hash: &Hash,
        code: &mut dyn FnMut() -> Option<Value>,
    ) -> Result<Arc<dyn LoadedModule>, LoadError> {
        Ok(Arc::new(TimedModule(self.0.load(code_hash, code)?)))
    }
}

struct TimedModule(Arc<dyn LoadedModule>);

impl LoadedModule for TimedModule {
    fn run(&self, export: &str, gas: u64, stack_left: u32, host: Host) -> Ran {
        let depth = DEPTH.get();
        if depth > 0 {
            return self.0.run(export, gas, stack_left, host);
        }
        DEPTH.set(depth + 1);
        let start = Instant::now();
        let ran = self.0.run(export, gas, stack_left, host);
        LAST_NS.set(nanoseconds(start, Instant::now()));
        DEPTH.set(depth);
        ran
    }
}

/// The median time of a call made again and again on the same state.
///
/// # Panics
/// If the call fails.
pub fn of_call(fork: &Fork, engine: &Arc<TimedEngine>, rounds: usize) -> Time {
    on_engine_stack(|| {
        let mut engine_ns = Vec::with_capacity(rounds);
        let mut transaction_ns = Vec::with_capacity(rounds);
        let [before, transaction] = fork.transaction_after_another();
        // Nobody looks at the third: asking whether to go on with it ends the second.
        let transactions = [before, transaction.clone(), transaction];
        for round in 0..WARM_UP + rounds {
            let mut marks = Vec::with_capacity(transactions.len());
            let mut stop = |_| {
                marks.push(Instant::now());
                marks.len() == transactions.len()
            };
            let executed = fork.execute(engine.clone(), &transactions, &mut stop);
            let outcome = executed.included.get(1).map(|included| included.receipt.outcome);
            assert_eq!(outcome, Some(Ok(())), "the call fails after it was made and undone");
            if let ([_, start, end], true) = (&marks[..], round >= WARM_UP) {
                engine_ns.push(LAST_NS.get());
                transaction_ns.push(nanoseconds(*start, *end));
            }
        }
        Time { engine_ns: median(engine_ns), transaction_ns: median(transaction_ns) }
    })
}

/// What asking the clock adds to each time.
pub fn clock_ns() -> u64 {
    let times = (0..10_001).map(|_| {
        let start = Instant::now();
        nanoseconds(start, Instant::now())
    });
    median(times.collect())
}

pub(crate) fn nanoseconds(start: Instant, end: Instant) -> u64 {
    u64::try_from(end.duration_since(start).as_nanos()).expect("a call takes less than centuries")
}

pub(crate) fn median(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_no_mean() {
        assert_eq!(median(vec![900, 3, 1, 2, 2]), 2);
        assert_eq!(median(Vec::new()), 0);
    }
}
