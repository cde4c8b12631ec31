//! Generated modules: every engine gives the same result, gas and effects, and instrumenting changes neither.

use std::io::Read;

use arbitrary::Unstructured;
use tenon_abi::limits::MAX_STACK_BYTES;
use wasm_smith::{Config, Module};
use wasmi::Val;

use crate::instrument::{GAS_EXPORT, STACK_EXPORT, instrument};
use crate::testing::{Everywhere, TestHost, all_capabilities, with_sections};
use crate::validate::validate;

/// Modules that are generated. A failure prints the seed.
const SEEDS: u64 = 300;
/// Bytes of randomness for each.
const SEED_BYTES: usize = 4_096;

fn config() -> Config {
    let imports = r#"(module
        (import "tenon" "block_height" (func (result i64)))
        (import "tenon" "block_time_ms" (func (result i64)))
        (import "tenon" "coin_transfer" (func (param i32 i32) (result i32)))
        (import "tenon" "origin" (func (param i32))))"#;
    let exports = r#"(module (memory (export "memory") 1) (func (export "call.f")) (func (export "call.g")))"#;
    Config {
        available_imports: Some(wat::parse_str(imports).unwrap()),
        exports: Some(wat::parse_str(exports).unwrap()),
        allow_start_export: false,
        allow_floats: false,
        bulk_memory_enabled: true,
        exceptions_enabled: false,
        gc_enabled: false,
        max_memories: 1,
        max_memory32_bytes: 4 * 65_536,
        max_table_elements: 64,
        max_tables: 1,
        max_instructions: 400,
        max_type_size: 100,
        memory64_enabled: false,
        multi_value_enabled: true,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        saturating_float_to_int_enabled: false,
        sign_extension_ops_enabled: true,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        extended_const_enabled: true,
        ..Config::default()
    }
}

/// The module of a seed, if the sandbox accepts it.
fn generate(seed: u64) -> Option<Vec<u8>> {
    let mut bytes = vec![0; SEED_BYTES];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes()).finalize_xof().read_exact(&mut bytes).ok()?;
    let module = Module::new(config(), &mut Unstructured::new(&bytes)).ok()?;
    let code = with_sections(module.to_bytes(), all_capabilities());
    validate(&code).ok().map(|_| code)
}

#[test]
fn engines_agree_on_generated_modules() {
    let mut accepted = 0;
    for seed in 0..SEEDS {
        let Some(code) = generate(seed) else {
            continue;
        };
        accepted += 1;
        let result = std::panic::catch_unwind(|| {
            let everywhere = Everywhere::new(&code);
            for export in ["call.f", "call.g"] {
                for gas in [300, 200_000] {
                    everywhere.run(export, gas, MAX_STACK_BYTES, &TestHost::default());
                }
            }
        });
        assert!(result.is_ok(), "the engines disagree on seed {seed}");
    }
    assert!(accepted > SEEDS / 4, "found {accepted} modules of {SEEDS} accepted");
}

/// What a run left behind: whether it returned, its memory's hash, and its counters if it has them.
type Left = (bool, blake3::Hash, Option<(i64, i32)>);

/// Runs `call.f` of bare code on the interpreter, for at most so much fuel. Imports return seven.
fn run_bare(code: &[u8]) -> Option<Left> {
    let mut settings = wasmi::Config::default();
    settings.consume_fuel(true);
    let engine = wasmi::Engine::new(&settings);
    let module = wasmi::Module::new(&engine, code).unwrap();
    let mut linker = wasmi::Linker::<()>::new(&engine);
    for import in module.imports() {
        let function = import.ty().func().unwrap().clone();
        let answer = |_: wasmi::Caller<'_, ()>, _: &[Val], results: &mut [Val]| {
            for result in results {
                *result = if matches!(result, Val::I32(_)) { Val::I32(7) } else { Val::I64(7) };
            }
            Ok(())
        };
        linker.func_new(import.module(), import.name(), function, answer).unwrap();
    }
    let mut store = wasmi::Store::new(&engine, ());
    store.set_fuel(2_000_000).unwrap();
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let counters = instance.get_global(&store, GAS_EXPORT).zip(instance.get_global(&store, STACK_EXPORT));
    if let Some((gas, stack)) = counters {
        gas.set(&mut store, Val::I64(i64::MAX)).unwrap();
        stack.set(&mut store, Val::I32(i32::MAX)).unwrap();
    }
    let function = instance.get_typed_func::<(), ()>(&store, "call.f").unwrap();
    let called = function.call(&mut store, ());
    if let Err(error) = &called {
        let code = error.as_trap_code();
        // Where fuel or the interpreter's own stack ends is no property of the module.
        if matches!(code, Some(wasmi::TrapCode::OutOfFuel | wasmi::TrapCode::StackOverflow)) {
            return None;
        }
    }
    let memory = instance.get_memory(&store, "memory").unwrap();
    if memory.size(&store) > 4 {
        // The bare module has no maximum, and grew over the one that the manifest sets.
        return None;
    }
    let memory = blake3::hash(memory.data(&store));
    let counters = counters.map(|(gas, stack)| (gas.get(&store).i64().unwrap(), stack.get(&store).i32().unwrap()));
    Some((called.is_ok(), memory, counters))
}

#[test]
fn instrumenting_changes_no_result() {
    let mut compared = 0;
    for seed in 0..SEEDS {
        let Some(code) = generate(seed) else {
            continue;
        };
        let instrumented = instrument(&code, validate(&code).unwrap().memory_pages).unwrap();
        let (Some(before), Some(after)) = (run_bare(&code), run_bare(&instrumented.code)) else {
            continue;
        };
        compared += 1;
        assert_eq!((before.0, before.1), (after.0, after.1), "seed {seed}");
        let (gas, stack) = after.2.expect("the counters are exported");
        assert!(gas >= 0 && stack >= 0, "seed {seed}");
        assert!(!after.0 || stack == i32::MAX, "the stack counter is restored, seed {seed}");
    }
    assert!(compared > SEEDS / 8, "found {compared} modules of {SEEDS} compared");
}
