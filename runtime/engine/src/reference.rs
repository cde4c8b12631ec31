//! A second engine, on an independent interpreter, for tests that compare results.
//!
//! It runs the same instrumented code behind the same interface and must give the same state, gas and errors as the
//! engine that a node runs. It caches nothing and is slow. No node runs it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tenon_abi::{HostError, HostFunction, IMPORT_MODULE, MEMORY_EXPORT, find_host_function};
use tenon_host::{
    CodeRefused, End, Engine, Guest, Host, HostFunctions, LoadError, LoadedModule, ModuleInfo, Ran, Trap, Value,
};
use tenon_types::Hash;
use wasmi::{Caller, Config, Global, Instance, Linker, Memory, Module, Store, Val};

use crate::instrument::{GAS_EXPORT, STACK_EXPORT, instrument};
use crate::run::{Outcome, keeps_gas, trap_of};
use crate::validate::validate;

/// Bytes of the interpreter's own stack: more than the depth counter ever lets a module use.
const INTERPRETER_STACK_BYTES: usize = 64 * 1024 * 1024;
/// Nested functions of the interpreter: more than the depth counter ever lets a module use.
const INTERPRETER_DEPTH: usize = 1_000_000;

#[derive(Clone, Copy)]
struct Handles {
    memory: Memory,
    gas: Global,
    stack: Global,
}

struct Frame<H> {
    host: H,
    handles: Option<Handles>,
    ended: Option<Trap>,
}

/// A module on the interpreter.
pub(crate) struct ReferenceProgram<H: 'static> {
    linker: Linker<Frame<H>>,
    module: Module,
    instance_gas: u64,
}

impl<H: HostFunctions + Send + 'static> ReferenceProgram<H> {
    /// Makes a program from instrumented code.
    ///
    /// # Errors
    /// The interpreter's, if it refuses the code.
    pub(crate) fn new(code: &[u8], instance_gas: u64) -> Result<Self, wasmi::Error> {
        let mut config = Config::default();
        config.set_max_stack_height(INTERPRETER_STACK_BYTES).set_max_recursion_depth(INTERPRETER_DEPTH);
        let engine = wasmi::Engine::new(&config);
        let mut linker = Linker::new(&engine);
        link(&mut linker)?;
        Ok(Self { linker, module: Module::new(&engine, code)?, instance_gas })
    }

    /// Runs an export in a fresh instance.
    pub(crate) fn run(&self, export: &str, gas: u64, stack_left: u32, host: H) -> Outcome<H> {
        let methods = self.module.exports().filter(|export| export.ty().func().is_some());
        if !methods.map(|export| export.name().to_owned()).any(|name| name == export) {
            return Outcome { host, gas_left: gas, end: End::Trapped(Trap::Host(HostError::MethodNotFound)) };
        }
        let Some(gas) = gas.checked_sub(self.instance_gas) else {
            return Outcome { host, gas_left: 0, end: End::Trapped(Trap::OutOfGas) };
        };
        let gas = i64::try_from(gas).unwrap_or(i64::MAX);
        let stack_left = i32::try_from(stack_left).unwrap_or(i32::MAX);
        let mut store = Store::new(self.module.engine(), Frame { host, handles: None, ended: None });
        let called = self.call(&mut store, export, gas, stack_left);
        let counters = store.data().handles.map(|handles| (handles.gas.get(&store), handles.stack.get(&store)));
        let (gas_left, stack_left) = match counters {
            Some((Val::I64(gas), Val::I32(stack))) => (gas, stack),
            _ => (0, 0),
        };
        let frame = store.into_data();
        let end = match (called, frame.ended) {
            (Ok(()), _) => End::Returned,
            (Err(_), Some(trap)) => End::Trapped(trap),
            (Err(_), None) => End::Trapped(trap_of(gas_left, stack_left)),
        };
        let gas_left = if keeps_gas(end) { u64::try_from(gas_left).unwrap_or(0) } else { 0 };
        Outcome { host: frame.host, gas_left, end }
    }

    fn call(&self, store: &mut Store<Frame<H>>, export: &str, gas: i64, stack: i32) -> Result<(), wasmi::Error> {
        let instance = self.linker.instantiate_and_start(&mut *store, &self.module)?;
        let handles = handles(store, &instance).ok_or_else(|| wasmi::Error::new("the counters are exported"))?;
        handles.gas.set(&mut *store, Val::I64(gas)).map_err(|error| wasmi::Error::new(error.to_string()))?;
        handles.stack.set(&mut *store, Val::I32(stack)).map_err(|error| wasmi::Error::new(error.to_string()))?;
        store.data_mut().handles = Some(handles);
        instance.get_typed_func::<(), ()>(&*store, export)?.call(&mut *store, ())
    }
}

fn handles<H>(store: &Store<Frame<H>>, instance: &Instance) -> Option<Handles> {
    Some(Handles {
        memory: instance.get_memory(store, MEMORY_EXPORT)?,
        gas: instance.get_global(store, GAS_EXPORT)?,
        stack: instance.get_global(store, STACK_EXPORT)?,
    })
}

macro_rules! define_links {
    ($(
        $(#[doc = $doc:literal])*
        [$($row:tt)*]
        fn $name:ident($($parameter:ident: $type:ty),*) -> $result:ty;
    )*) => {
        #[allow(clippy::too_many_lines, reason = "one generated closure for each row")]
        fn link<H: HostFunctions + 'static>(linker: &mut Linker<Frame<H>>) -> Result<(), wasmi::Error> {
            $({
                let row = find_host_function(stringify!($name)).expect("the row stands in the table that is visited");
                linker.func_wrap(
                    IMPORT_MODULE,
                    row.name,
                    move |mut caller: Caller<'_, Frame<H>>, $($parameter: $type),*| -> Result<$result, wasmi::Error> {
                        enter(&mut caller, row, |host, guest| host.$name(guest, $($parameter),*))
                    },
                )?;
            })*
            Ok(())
        }
    };
}
tenon_abi::for_each_host_function!(define_links);

fn enter<H: HostFunctions, R>(
    caller: &mut Caller<'_, Frame<H>>,
    row: &'static HostFunction,
    function: impl FnOnce(&mut H, &mut Guest<'_>) -> Result<R, Trap>,
) -> Result<R, wasmi::Error> {
    let handles = caller.data().handles.expect("the handles are set before an export is called");
    let gas = handles.gas.get(&*caller).i64().unwrap_or(0);
    let stack = handles.stack.get(&*caller).i32().unwrap_or(0);
    let (memory, frame) = handles.memory.data_and_store_mut(&mut *caller);
    let mut guest = Guest {
        memory,
        gas: u64::try_from(gas).unwrap_or(0),
        stack_left: u32::try_from(stack).unwrap_or(0),
        byte_gas: row.byte_gas,
    };
    let host = &mut frame.host;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        guest.charge(row.base_gas)?;
        host.admit(row)?;
        function(host, &mut guest)
    }));
    let outcome = outcome.unwrap_or(Err(Trap::Host(HostError::Internal)));
    let left = i64::try_from(guest.gas).unwrap_or(i64::MAX);
    if let Err(trap) = &outcome {
        frame.ended = Some(*trap);
    }
    handles.gas.set(&mut *caller, Val::I64(left)).map_err(|error| wasmi::Error::new(error.to_string()))?;
    outcome.map_err(|_| wasmi::Error::new("the host ended the call"))
}

/// The second engine, for tests of other crates: feature `reference`.
#[derive(Debug, Default)]
pub struct ReferenceEngine;

impl Engine for ReferenceEngine {
    fn validate(&self, code: &[u8]) -> Result<ModuleInfo, CodeRefused> {
        validate(code).map_err(|error| CodeRefused(error.to_string()))
    }

    fn load(
        &self,
        code_hash: &Hash,
        code: &mut dyn FnMut() -> Option<Value>,
    ) -> Result<Arc<dyn LoadedModule>, LoadError> {
        let code = code().ok_or(LoadError::Missing(*code_hash))?;
        let refused = |text: String| LoadError::Refused(*code_hash, CodeRefused(text));
        let info = validate(&code).map_err(|error| refused(error.to_string()))?;
        let instrumented = instrument(&code, info.memory_pages).map_err(|error| refused(error.to_string()))?;
        let program = ReferenceProgram::new(&instrumented.code, instrumented.instance_gas);
        Ok(Arc::new(program.map_err(|error| refused(error.to_string()))?))
    }
}

impl LoadedModule for ReferenceProgram<Host> {
    fn run(&self, export: &str, gas: u64, stack_left: u32, host: Host) -> Ran {
        let outcome = Self::run(self, export, gas, stack_left, host);
        Ran { host: outcome.host, gas_left: outcome.gas_left, end: outcome.end }
    }
}
