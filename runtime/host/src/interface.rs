//! The seam between the host and an engine: what an engine runs, and what it calls back.
//!
//! The host knows no engine and an engine knows no state. An engine loads code, runs one export in a fresh instance
//! with a limit of gas and of stack, and calls [`HostFunctions`] with the guest's memory and meter.

use crate::{Execution, Value};
use std::sync::Arc;
use tenon_abi::{Capabilities, HostError, HostFunction};
use tenon_types::Hash;

/// Memory and meter of a running instance, as one host function sees them.
#[derive(Debug)]
pub struct Guest<'a> {
    /// The instance's linear memory.
    pub memory: &'a mut [u8],
    /// Gas left to the frame.
    pub gas: u64,
    /// Bytes of stack left to the frame and all below it.
    pub stack_left: u32,
    /// Gas for each byte of the function that is being called.
    pub byte_gas: u64,
}

impl Guest<'_> {
    /// Takes gas before work is done.
    ///
    /// # Errors
    /// [`Trap::OutOfGas`] if less is left; the meter is then empty.
    pub const fn charge(&mut self, gas: u64) -> Result<(), Trap> {
        if let Some(left) = self.gas.checked_sub(gas) {
            self.gas = left;
            Ok(())
        } else {
            self.gas = 0;
            Err(Trap::OutOfGas)
        }
    }

    /// Takes the function's gas for a number of bytes.
    ///
    /// # Errors
    /// [`Trap::OutOfGas`] if less is left.
    pub fn charge_bytes(&mut self, count: usize) -> Result<(), Trap> {
        self.charge(self.byte_gas.saturating_mul(u64::try_from(count).unwrap_or(u64::MAX)))
    }

    /// The guest's bytes from a pointer on, at most `limit` of them, paid for.
    ///
    /// # Errors
    /// [`Trap::MemoryAccess`] outside the memory, or the host's `LimitExceeded` over the limit.
    pub fn bytes(&mut self, pointer: u32, length: u32, limit: u32) -> Result<&[u8], Trap> {
        if length > limit {
            return Err(Trap::Host(HostError::LimitExceeded));
        }
        let range = range(pointer, length)?;
        self.charge_bytes(range.len())?;
        self.memory.get(range).ok_or(Trap::MemoryAccess)
    }

    /// A fixed number of the guest's bytes. Their price is in the function's base.
    ///
    /// # Errors
    /// [`Trap::MemoryAccess`] outside the memory.
    pub fn array<const N: usize>(&self, pointer: u32) -> Result<[u8; N], Trap> {
        let start = usize::try_from(pointer).map_err(|_| Trap::MemoryAccess)?;
        let bytes = self.memory.get(start..).and_then(|tail| tail.first_chunk::<N>());
        bytes.copied().ok_or(Trap::MemoryAccess)
    }

    /// Writes bytes whose price is in the function's base.
    ///
    /// # Errors
    /// [`Trap::MemoryAccess`] outside the memory.
    pub fn write(&mut self, pointer: u32, bytes: &[u8]) -> Result<(), Trap> {
        let length = u32::try_from(bytes.len()).map_err(|_| Trap::MemoryAccess)?;
        self.memory.get_mut(range(pointer, length)?).ok_or(Trap::MemoryAccess)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Copies as much as fits into the guest's buffer, paid for, and returns the full length.
    ///
    /// # Errors
    /// [`Trap::MemoryAccess`] if the buffer lies outside the memory, [`Trap::OutOfGas`].
    pub fn copy_out(&mut self, pointer: u32, capacity: u32, bytes: &[u8]) -> Result<u32, Trap> {
        let full = u32::try_from(bytes.len()).map_err(|_| Trap::Host(HostError::LimitExceeded))?;
        let fits = bytes.len().min(usize::try_from(capacity).unwrap_or(usize::MAX));
        self.charge_bytes(fits)?;
        // The whole buffer must lie inside the memory, so that a lie about it does not depend on the value's length.
        let buffer = self.memory.get_mut(range(pointer, capacity)?).ok_or(Trap::MemoryAccess)?;
        for (to, from) in buffer.iter_mut().zip(bytes) {
            *to = *from;
        }
        Ok(full)
    }
}

fn range(pointer: u32, length: u32) -> Result<core::ops::Range<usize>, Trap> {
    let start = usize::try_from(pointer).map_err(|_| Trap::MemoryAccess)?;
    let length = usize::try_from(length).map_err(|_| Trap::MemoryAccess)?;
    Ok(start..start.checked_add(length).ok_or(Trap::MemoryAccess)?)
}

/// Why a frame stops before its export returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// The meter is empty.
    OutOfGas,
    /// A pointer or length lies outside the memory.
    MemoryAccess,
    /// The module itself ended the call (`fail`, `panic`, `bad_input`). The execution holds the reason, and the gas
    /// that is left goes back to the caller.
    Ended,
    /// The host ends the call. The frame's gas is lost for `Trap` and `StackOverflow`, else what is left goes back.
    Host(HostError),
}

impl Trap {
    /// The number under which callers see it; `Ended` has its own, which the execution knows.
    pub const fn host_error(self) -> HostError {
        match self {
            Self::OutOfGas => HostError::OutOfGas,
            Self::MemoryAccess => HostError::MemoryAccess,
            Self::Ended => HostError::Panic,
            Self::Host(error) => error,
        }
    }
}

macro_rules! host_functions {
    ($(
        $(#[doc = $doc:literal])*
        [$($row:tt)*]
        fn $name:ident($($parameter:ident: $type:ty),*) -> $result:ty;
    )*) => {
        /// Every function of the table, called by an engine after it charged the row's base gas and
        /// [`HostFunctions::admit`] let the call pass.
        pub trait HostFunctions {
            /// Checks the row's capability and mode against the running frame.
            ///
            /// # Errors
            /// [`Trap::Host`] with `CapabilityDenied` or `ReadOnly`.
            fn admit(&mut self, function: &'static HostFunction) -> Result<(), Trap>;

            $(
                $(#[doc = $doc])*
                ///
                /// # Errors
                /// [`Trap`] if the frame must stop.
                #[allow(clippy::too_many_arguments, reason = "the table's rows are the WASM signatures")]
                fn $name(&mut self, guest: &mut Guest<'_>, $($parameter: $type),*) -> Result<$result, Trap>;
            )*
        }
    };
}

tenon_abi::for_each_host_function!(host_functions);

/// The execution as an engine holds it while an instance runs. A nested call takes the execution out and puts it back.
pub struct Host {
    pub(crate) execution: Option<Box<Execution>>,
}

/// How a frame ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The export returned.
    Returned,
    /// It did not.
    Trapped(Trap),
}

/// What running an export gave.
pub struct Ran {
    /// The host, handed back.
    pub host: Host,
    /// Gas that is left. After a raw trap of the code, nothing.
    pub gas_left: u64,
    /// How it ended. Missing exports are `Trap::Host(MethodNotFound)`, raw traps `Trap::Host(Trap)`, an exhausted
    /// stack `Trap::Host(StackOverflow)`.
    pub end: End,
}

/// What validation found in a module's code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleInfo {
    /// What the manifest asks for.
    pub capabilities: Capabilities,
    /// The callees that the manifest names.
    pub call_targets: Vec<String>,
    /// Whether the manifest lets an admin upgrade it.
    pub upgradable: bool,
    /// The methods by export name, ascending, with the flags of `tenon_abi::section`.
    pub methods: Vec<(String, u8)>,
    /// The most memory pages of an instance.
    pub memory_pages: u32,
}

/// Why code is refused. The text is for people and never part of the state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CodeRefused(pub String);

/// Why code cannot be run now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The code is not to be had.
    #[error("no code of hash {0}")]
    Missing(Hash),
    /// The code is refused.
    #[error("code {0}: {1}")]
    Refused(Hash, CodeRefused),
}

/// Code that is ready to run.
pub trait LoadedModule: Send + Sync {
    /// Runs one export in a fresh instance.
    fn run(&self, export: &str, gas: u64, stack_left: u32, host: Host) -> Ran;
}

/// Validates, compiles and runs code.
pub trait Engine: Send + Sync {
    /// Checks code at upload: the same answer on every node.
    ///
    /// # Errors
    /// [`CodeRefused`] with the function, instruction and limit.
    fn validate(&self, code: &[u8]) -> Result<ModuleInfo, CodeRefused>;

    /// Finds code ready to run; `code` is asked for the WASM file only if it was not compiled before.
    ///
    /// # Errors
    /// [`LoadError`] if there is no code or it is refused.
    fn load(
        &self,
        code_hash: &Hash,
        code: &mut dyn FnMut() -> Option<Value>,
    ) -> Result<Arc<dyn LoadedModule>, LoadError>;
}
