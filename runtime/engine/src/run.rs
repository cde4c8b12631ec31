//! Runs one export in a fresh instance.
//!
//! Each call has its own store and instance, and both are dropped when it ends, however it ends. Why it ended is read
//! from the host's word and the signs of the two counters, never from an engine's trap code, so all engines agree.

use std::collections::BTreeMap;
use std::sync::Arc;

use tenon_abi::{HostError, MEMORY_EXPORT};
use tenon_host::{End, HostFunctions, Trap};
use wasmtime::{Instance, InstancePre, Linker, Module, ModuleExport, Store, Val};

use crate::instrument::{GAS_EXPORT, STACK_EXPORT};
use crate::link::{Frame, Handles};
use crate::pool::Gate;
use crate::stack::{Nested, on_engine_stack};

/// A compiled module with everything that a call would otherwise look up.
pub struct Program<H: 'static> {
    instance: InstancePre<Frame<H>>,
    memory: ModuleExport,
    gas: ModuleExport,
    stack: ModuleExport,
    methods: BTreeMap<String, ModuleExport>,
    instance_gas: u64,
    gate: Arc<Gate>,
}

/// How a call went.
pub struct Outcome<H> {
    /// The host, handed back.
    pub host: H,
    /// Gas that is left: nothing after a raw trap.
    pub gas_left: u64,
    /// How the call ended.
    pub end: End,
}

impl<H: HostFunctions + Send + 'static> Program<H> {
    /// Links a compiled module and finds its exports.
    ///
    /// # Errors
    /// wasmtime's, if the module was not made by this crate.
    pub(crate) fn new(
        linker: &Linker<Frame<H>>,
        module: &Module,
        instance_gas: u64,
        gate: Arc<Gate>,
    ) -> wasmtime::Result<Self> {
        let find = |name: &str| {
            module.get_export_index(name).ok_or_else(|| wasmtime::format_err!("the module has no export {name}"))
        };
        let mut methods = BTreeMap::new();
        for export in module.exports().filter(|export| export.ty().func().is_some()) {
            methods.insert(export.name().to_owned(), find(export.name())?);
        }
        Ok(Self {
            instance: linker.instantiate_pre(module)?,
            memory: find(MEMORY_EXPORT)?,
            gas: find(GAS_EXPORT)?,
            stack: find(STACK_EXPORT)?,
            methods,
            instance_gas,
            gate,
        })
    }

    /// Runs an export. The first call on a thread that has too little stack is moved to one that has enough.
    pub fn run(&self, export: &str, gas: u64, stack_left: u32, host: H) -> Outcome<H> {
        let Some(method) = self.methods.get(export) else {
            return Outcome { host, gas_left: gas, end: End::Trapped(Trap::Host(HostError::MethodNotFound)) };
        };
        let Some(gas) = gas.checked_sub(self.instance_gas) else {
            return Outcome { host, gas_left: 0, end: End::Trapped(Trap::OutOfGas) };
        };
        // A counter is signed; nobody can pay for more than it holds.
        let gas = i64::try_from(gas).unwrap_or(i64::MAX);
        let stack_left = i32::try_from(stack_left).unwrap_or(i32::MAX);
        on_engine_stack(|| {
            let nested = Nested::enter();
            let _pass = nested.outermost.then(|| self.gate.pass());
            self.run_here(method, gas, stack_left, host)
        })
    }

    fn run_here(&self, method: &ModuleExport, gas: i64, stack_left: i32, host: H) -> Outcome<H> {
        let frame = Frame { host, handles: None, ended: None };
        let mut store = Store::new(self.instance.module().engine(), frame);
        let called = self.call(&mut store, method, gas, stack_left);
        let handles = store.data().handles;
        let mut counter = |pick: fn(&Handles) -> wasmtime::Global| {
            handles.map(|handles| pick(&handles).get(&mut store)).unwrap_or(Val::I64(0))
        };
        let gas_left = counter(|handles| handles.gas).i64().unwrap_or(0);
        // How much stack is left matters only to tell why an instance trapped.
        let stack_left = if called.is_ok() { 0 } else { counter(|handles| handles.stack).i32().unwrap_or(0) };
        let frame = store.into_data();
        let end = match (called, frame.ended) {
            (Ok(()), _) => End::Returned,
            (Err(_), Some(trap)) => End::Trapped(trap),
            (Err(error), None) => End::Trapped(why(&error, gas_left, stack_left)),
        };
        let kept = keeps_gas(end);
        Outcome { host: frame.host, gas_left: if kept { u64::try_from(gas_left).unwrap_or(0) } else { 0 }, end }
    }

    fn call(
        &self,
        store: &mut Store<Frame<H>>,
        method: &ModuleExport,
        gas: i64,
        stack_left: i32,
    ) -> wasmtime::Result<()> {
        let instance = self.instance.instantiate(&mut *store)?;
        let handles = self.handles(store, &instance)?;
        handles.gas.set(&mut *store, Val::I64(gas))?;
        handles.stack.set(&mut *store, Val::I32(stack_left))?;
        store.data_mut().handles = Some(handles);
        let function = instance.get_module_export(&mut *store, method).and_then(wasmtime::Extern::into_func);
        let function = function.ok_or_else(|| wasmtime::format_err!("the export is a function"))?;
        function.typed::<(), ()>(&*store)?.call(&mut *store, ())
    }

    fn handles(&self, store: &mut Store<Frame<H>>, instance: &Instance) -> wasmtime::Result<Handles> {
        let mut export = |index: &ModuleExport| instance.get_module_export(&mut *store, index);
        let memory = export(&self.memory).and_then(wasmtime::Extern::into_memory);
        let gas = export(&self.gas).and_then(wasmtime::Extern::into_global);
        let stack = export(&self.stack).and_then(wasmtime::Extern::into_global);
        let (Some(memory), Some(gas), Some(stack)) = (memory, gas, stack) else {
            return Err(wasmtime::format_err!("the instance has its memory and counters"));
        };
        Ok(Handles { memory, gas, stack })
    }
}

/// Why an instance trapped, given the signs of its counters.
fn why(error: &wasmtime::Error, gas_left: i64, stack_left: i32) -> Trap {
    match error.downcast_ref::<wasmtime::Trap>() {
        // The native stack is sized so that this cannot be. It is a fault of the node, not of the module.
        Some(wasmtime::Trap::StackOverflow) | None => Trap::Host(HostError::Internal),
        Some(_) => trap_of(gas_left, stack_left),
    }
}

/// Why a module trapped, given the signs of its counters: the rule that every engine shares.
pub(crate) const fn trap_of(gas_left: i64, stack_left: i32) -> Trap {
    if gas_left < 0 {
        Trap::OutOfGas
    } else if stack_left < 0 {
        Trap::Host(HostError::StackOverflow)
    } else {
        Trap::Host(HostError::Trap)
    }
}

/// Whether what is left of the gas goes back to the caller: not after a raw trap.
pub(crate) const fn keeps_gas(end: End) -> bool {
    !matches!(
        end,
        End::Trapped(Trap::OutOfGas | Trap::Host(HostError::Trap | HostError::StackOverflow | HostError::Internal))
    )
}

#[cfg(test)]
mod tests;
