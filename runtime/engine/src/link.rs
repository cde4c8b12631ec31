//! Links the host-function table to the host, one closure for each row.
//!
//! A closure charges the row's base gas, asks the host whether the frame may use the row, and calls it with the
//! guest's memory and meter. What a function does is in `tenon-host`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tenon_abi::{HostError, HostFunction, IMPORT_MODULE, find_host_function};
use tenon_host::{Guest, HostFunctions, Trap};
use wasmtime::{Caller, Global, Linker, Memory, Val};

/// The exports of an instance that every host function needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handles {
    pub(crate) memory: Memory,
    pub(crate) gas: Global,
    pub(crate) stack: Global,
}

/// What belongs to one running instance.
pub(crate) struct Frame<H> {
    pub(crate) host: H,
    /// Set as soon as the instance is made, before anything of it runs.
    pub(crate) handles: Option<Handles>,
    /// Why a host function ended the frame.
    pub(crate) ended: Option<Trap>,
}

macro_rules! define_links {
    ($(
        $(#[doc = $doc:literal])*
        [$($row:tt)*]
        fn $name:ident($($parameter:ident: $type:ty),*) -> $result:ty;
    )*) => {
        /// Adds every row of the table to a linker.
        ///
        /// # Errors
        /// wasmtime's, if a name stands twice in the table.
        #[allow(clippy::too_many_lines, reason = "one generated closure for each row")]
        pub(crate) fn link<H: HostFunctions + 'static>(linker: &mut Linker<Frame<H>>) -> wasmtime::Result<()> {
            $({
                let row = find_host_function(stringify!($name)).expect("the row stands in the table that is visited");
                linker.func_wrap(
                    IMPORT_MODULE,
                    row.name,
                    move |mut caller: Caller<'_, Frame<H>>, $($parameter: $type),*| -> wasmtime::Result<$result> {
                        call(&mut caller, row, |host, guest| host.$name(guest, $($parameter),*))
                    },
                )?;
            })*
            Ok(())
        }
    };
}
tenon_abi::for_each_host_function!(define_links);

fn call<H: HostFunctions, R>(
    caller: &mut Caller<'_, Frame<H>>,
    row: &'static HostFunction,
    function: impl FnOnce(&mut H, &mut Guest<'_>) -> Result<R, Trap>,
) -> wasmtime::Result<R> {
    let handles = caller.data().handles.expect("the handles are set before an export is called");
    let gas = handles.gas.get(&mut *caller).unwrap_i64();
    // Reading a counter costs as much as a small host function: the stack is read only where something is entered.
    let stack = if row.enters_instances() { handles.stack.get(&mut *caller).unwrap_i32() } else { 0 };
    let (memory, frame) = handles.memory.data_and_store_mut(&mut *caller);
    let mut guest = Guest {
        memory,
        gas: u64::try_from(gas).unwrap_or(0),
        stack_left: u32::try_from(stack).unwrap_or(0),
        byte_gas: row.byte_gas,
    };
    let outcome = guarded(&mut frame.host, &mut guest, row, function);
    let left = guest.gas;
    if let Err(trap) = &outcome {
        frame.ended = Some(*trap);
    }
    // The meter only falls, so what is left is as small as what was there, which was an i64.
    handles.gas.set(&mut *caller, Val::I64(i64::try_from(left).unwrap_or(i64::MAX)))?;
    outcome.map_err(|_| wasmtime::Trap::UnreachableCodeReached.into())
}

/// Calls the host. A panic of the host is a bug, but it must cost this frame alone: it ends as an internal error that
/// takes all of the frame's gas.
fn guarded<H: HostFunctions, R>(
    host: &mut H,
    guest: &mut Guest<'_>,
    row: &'static HostFunction,
    function: impl FnOnce(&mut H, &mut Guest<'_>) -> Result<R, Trap>,
) -> Result<R, Trap> {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        guest.charge(row.base_gas)?;
        host.admit(row)?;
        function(host, guest)
    }));
    outcome.unwrap_or_else(|_| {
        guest.gas = 0;
        Err(Trap::Host(HostError::Internal))
    })
}
