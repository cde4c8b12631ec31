//! Runs one module on every engine and holds the results against each other.

use std::sync::{Arc, OnceLock};

use tenon_host::End;
use tenon_types::Hash;

use super::host::{Nest, TestHost};
use crate::engine::{Backend, EngineOptions, Workshop};
use crate::instrument::instrument;
use crate::reference::ReferenceProgram;
use crate::run::{Outcome, Program};
use crate::validate::validate;

/// What a call gave, in a form that can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Result {
    pub(crate) end: End,
    pub(crate) gas_left: u64,
    pub(crate) storage: std::collections::BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) notes: Vec<super::Note>,
}

/// A module on every engine.
pub(crate) struct Everywhere {
    pub(crate) native: Arc<Program<TestHost>>,
    pub(crate) pulley: Arc<Program<TestHost>>,
    pub(crate) reference: Arc<ReferenceProgram<TestHost>>,
}

/// The shared workshop of a backend.
pub(crate) fn workshop(backend: Backend) -> &'static Workshop<TestHost> {
    static NATIVE: OnceLock<Workshop<TestHost>> = OnceLock::new();
    static PULLEY: OnceLock<Workshop<TestHost>> = OnceLock::new();
    let cell = if backend == Backend::Cranelift { &NATIVE } else { &PULLEY };
    cell.get_or_init(|| {
        Workshop::new(&EngineOptions { backend, threads: 2, ..EngineOptions::default() }).expect("an engine")
    })
}

impl Everywhere {
    /// Prepares a module.
    pub(crate) fn new(code: &[u8]) -> Self {
        let hash = Hash(*blake3::hash(code).as_bytes());
        let mut source = || Some(Arc::from(code));
        let info = validate(code).expect("the module is accepted");
        let instrumented = instrument(code, info.memory_pages).expect("the module can be instrumented");
        let reference = ReferenceProgram::new(&instrumented.code, instrumented.instance_gas);
        Self {
            native: workshop(Backend::Cranelift).program(&hash, &mut source).expect("native code"),
            pulley: workshop(Backend::Pulley).program(&hash, &mut source).expect("portable code"),
            reference: Arc::new(reference.expect("the interpreter takes the module")),
        }
    }

    /// Runs an export on every engine, and fails unless all agree.
    pub(crate) fn run(&self, export: &str, gas: u64, stack: u32, host: &TestHost) -> Result {
        let native = Arc::clone(&self.native);
        let pulley = Arc::clone(&self.pulley);
        let reference = Arc::clone(&self.reference);
        let first = run_with(
            host,
            export,
            gas,
            stack,
            Arc::new(move |export, gas, stack, host| native.run(export, gas, stack, host)),
        );
        let second = run_with(
            host,
            export,
            gas,
            stack,
            Arc::new(move |export, gas, stack, host| pulley.run(export, gas, stack, host)),
        );
        let third = run_with(
            host,
            export,
            gas,
            stack,
            Arc::new(move |export, gas, stack, host| reference.run(export, gas, stack, host)),
        );
        assert_eq!(first, second, "native and portable code disagree");
        assert_eq!(first, third, "wasmtime and the interpreter disagree");
        first
    }
}

type RunExport = Arc<dyn Fn(&str, u64, u32, TestHost) -> Outcome<TestHost> + Send + Sync>;

/// Runs an export; the host's nested calls run `call.f` of the same module.
pub(crate) fn run_with(host: &TestHost, export: &str, gas: u64, stack: u32, run: RunExport) -> Result {
    let nested = Arc::clone(&run);
    let nest: Nest = Arc::new(move |gas, stack, host| {
        let outcome = nested("call.f", gas, stack, host);
        (outcome.host, outcome.gas_left, outcome.end)
    });
    let host = TestHost { nest: Some(nest), ..host.clone() };
    let outcome = run(export, gas, stack, host);
    Result { end: outcome.end, gas_left: outcome.gas_left, storage: outcome.host.storage, notes: outcome.host.notes }
}
