//! The engine that a node runs: wasmtime behind the host's interface.

use std::path::PathBuf;
use std::sync::Arc;

use tenon_abi::limits::MAX_CALL_DEPTH;
use tenon_host::{CodeRefused, Engine, Host, HostFunctions, LoadError, LoadedModule, ModuleInfo, Ran, Value};
use tenon_types::Hash;
use thiserror::Error;
use wasmtime::{Linker, Module};

use crate::cache::{CURRENT_WEIGHTS, CacheError, Compiled, DiskCache, key};
use crate::instrument::{InstrumentError, instrument};
use crate::link::{Frame, link};
use crate::pool::{Gate, config};
use crate::recent::Recent;
use crate::run::Program;
use crate::validate::{InvalidCode, validate};

/// What turns a module into something that runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// Native code.
    #[default]
    Cranelift,
    /// wasmtime's portable interpreter.
    Pulley,
}

/// How an engine is made. Nothing here changes what a module computes.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Where compiled code is kept, or nowhere.
    pub cache_dir: Option<PathBuf>,
    /// What code is compiled to.
    pub backend: Backend,
    /// Transactions that may run at once. More of them wait.
    pub threads: u32,
    /// Modules that are kept ready in memory.
    pub modules_in_memory: usize,
    /// Bytes of compiled code that are kept on disk.
    pub disk_bytes: u64,
    /// Whether a memory's first contents are mapped rather than copied.
    pub copy_on_write: bool,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            cache_dir: None,
            backend: Backend::Cranelift,
            threads: 16,
            modules_in_memory: 512,
            disk_bytes: 1 << 30,
            copy_on_write: true,
        }
    }
}

impl EngineOptions {
    /// Instances that may exist at once: a slot for every nested call of every transaction.
    pub(crate) const fn slots(&self) -> u32 {
        self.threads.saturating_mul(MAX_CALL_DEPTH)
    }
}

/// Why there is no engine.
#[derive(Debug, Error)]
pub enum EngineError {
    /// wasmtime refused its settings.
    #[error("wasmtime refuses the settings: {0}")]
    Wasmtime(wasmtime::Error),
    /// The directory for compiled code cannot be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// Why code cannot be made ready.
#[derive(Debug, Error)]
pub enum PrepareError {
    /// Nobody has the code.
    #[error("the code is missing")]
    Missing,
    /// The code breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidCode),
    /// The code cannot be instrumented.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// wasmtime refuses what validation accepted.
    #[error("wasmtime refuses the code: {0}")]
    Wasmtime(#[from] wasmtime::Error),
}

/// Makes programs for a kind of host, and keeps them. A node uses it as [`WasmtimeEngine`].
pub struct Workshop<H: 'static> {
    engine: wasmtime::Engine,
    linker: Linker<Frame<H>>,
    programs: Recent<Program<H>>,
    disk: Option<DiskCache>,
    gate: Arc<Gate>,
}

impl<H: HostFunctions + Send + 'static> Workshop<H> {
    /// Makes one.
    ///
    /// # Errors
    /// If wasmtime or the cache's directory refuses.
    pub fn new(options: &EngineOptions) -> Result<Self, EngineError> {
        let config = config(options).map_err(EngineError::Wasmtime)?;
        let engine = wasmtime::Engine::new(&config).map_err(EngineError::Wasmtime)?;
        let mut linker = Linker::new(&engine);
        link(&mut linker).map_err(EngineError::Wasmtime)?;
        let disk = match &options.cache_dir {
            Some(directory) => Some(DiskCache::open(directory, options.disk_bytes)?),
            None => None,
        };
        let programs = Recent::new(options.modules_in_memory);
        Ok(Self { engine, linker, programs, disk, gate: Arc::new(Gate::new(options.threads)) })
    }

    /// Finds a program, in memory, on disk or by compiling it.
    ///
    /// # Errors
    /// If the code is missing or refused.
    pub fn program(
        &self,
        code_hash: &Hash,
        code: &mut dyn FnMut() -> Option<Value>,
    ) -> Result<Arc<Program<H>>, PrepareError> {
        if let Some(program) = self.programs.get(&code_hash.0) {
            return Ok(program);
        }
        let key = key(code_hash, &self.engine, CURRENT_WEIGHTS);
        let (module, instance_gas) = match self.load_compiled(&key) {
            Some(found) => found,
            None => self.compile(&key, &code().ok_or(PrepareError::Missing)?)?,
        };
        let program = Program::new(&self.linker, &module, instance_gas, Arc::clone(&self.gate))?;
        Ok(self.programs.insert(code_hash.0, program))
    }

    fn load_compiled(&self, key: &[u8; 32]) -> Option<(Module, u64)> {
        let compiled = self.disk.as_ref()?.load(key)?;
        // SAFETY: `deserialize` runs what it is given as native code. These bytes carry a MAC under a key that only
        // this user can read, over this very cache key, so this program wrote them, from `Module::serialize`, with
        // these settings of this version of wasmtime.
        #[allow(unsafe_code, reason = "compiled code can only be loaded so, and the cache has authenticated it")]
        let module = unsafe { Module::deserialize(&self.engine, &compiled.artifact) };
        Some((module.ok()?, compiled.instance_gas))
    }

    fn compile(&self, key: &[u8; 32], code: &[u8]) -> Result<(Module, u64), PrepareError> {
        let info = validate(code)?;
        let instrumented = instrument(code, info.memory_pages)?;
        let module = Module::from_binary(&self.engine, &instrumented.code)?;
        if let Some(disk) = &self.disk {
            let compiled = Compiled { artifact: module.serialize()?, instance_gas: instrumented.instance_gas };
            // A full disk makes the next start slower, and nothing else.
            let _ = disk.save(key, &compiled);
        }
        Ok((module, instrumented.instance_gas))
    }
}

/// The engine that a node runs.
pub struct WasmtimeEngine(Workshop<Host>);

impl WasmtimeEngine {
    /// Makes an engine.
    ///
    /// # Errors
    /// If wasmtime or the cache's directory refuses.
    pub fn new(options: &EngineOptions) -> Result<Self, EngineError> {
        Workshop::new(options).map(Self)
    }
}

impl Engine for WasmtimeEngine {
    fn validate(&self, code: &[u8]) -> Result<ModuleInfo, CodeRefused> {
        validate(code).map_err(|error| CodeRefused(error.to_string()))
    }

    fn load(
        &self,
        code_hash: &Hash,
        code: &mut dyn FnMut() -> Option<Value>,
    ) -> Result<Arc<dyn LoadedModule>, LoadError> {
        match self.0.program(code_hash, code) {
            Ok(program) => Ok(program),
            Err(PrepareError::Missing) => Err(LoadError::Missing(*code_hash)),
            Err(error) => Err(LoadError::Refused(*code_hash, CodeRefused(error.to_string()))),
        }
    }
}

impl LoadedModule for Program<Host> {
    fn run(&self, export: &str, gas: u64, stack_left: u32, host: Host) -> Ran {
        let outcome = Self::run(self, export, gas, stack_left, host);
        Ran { host: outcome.host, gas_left: outcome.gas_left, end: outcome.end }
    }
}
