//! Measures what a call costs beside bare wasmtime, and how long a unit of gas takes.
//!
//! It prints figures for a person. No test looks at them, since they depend on the machine.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program that a person runs")]

use std::sync::Arc;
use std::time::Instant;

use tenon_abi::limits::MAX_STACK_BYTES;
use tenon_abi::section::{CAPABILITIES, NAME};
use tenon_abi::{ABI_SECTION, HostFunction, MANIFEST_SECTION, section};
use tenon_engine::{EngineOptions, Program, Workshop, declare_engine_thread};
use tenon_host::{End, Guest, HostFunctions, Trap};
use tenon_types::Hash;
use wasm_encoder::{CustomSection, Encode, Section};

/// A host whose functions do nothing.
struct Idle;

macro_rules! idle {
    ($(
        $(#[doc = $doc:literal])*
        [$($row:tt)*]
        fn $name:ident($($parameter:ident: $type:ty),*) -> $result:ty;
    )*) => {
        impl HostFunctions for Idle {
            fn admit(&mut self, _: &'static HostFunction) -> Result<(), Trap> {
                Ok(())
            }
            $(fn $name(&mut self, _: &mut Guest<'_>, $(_: $type),*) -> Result<$result, Trap> {
                Ok(<$result>::default())
            })*
        }
    };
}
tenon_abi::for_each_host_function!(idle);

/// Calls that are timed together.
const CALLS: u32 = 200_000;

fn entry(kind: u8, payload: &[u8]) -> Vec<u8> {
    [&[kind][..], &u32::try_from(payload.len()).unwrap().to_le_bytes(), payload].concat()
}

fn text(value: &str) -> Vec<u8> {
    [&u16::try_from(value.len()).unwrap().to_le_bytes(), value.as_bytes()].concat()
}

fn module(body: &str) -> Vec<u8> {
    let mut code = wat::parse_str(format!(
        r#"(module (import "tenon" "block_height" (func $height (result i64)))
            (memory (export "memory") 1 64) (data (i32.const 1024) "some constant data of the module") {body})"#
    ))
    .unwrap();
    let method = [&[section::MODE_CALL, 0][..], &text("f"), &text(""), &text("()"), &[0]].concat();
    let manifest = [entry(NAME, &text("speed")), entry(CAPABILITIES, &0u32.to_le_bytes())].concat();
    for (name, data) in [(MANIFEST_SECTION, manifest), (ABI_SECTION, entry(section::METHOD, &method))] {
        let section = CustomSection { name: name.into(), data: data.into() };
        code.push(section.id());
        section.encode(&mut code);
    }
    code
}

fn program(workshop: &Workshop<Idle>, body: &str) -> Arc<Program<Idle>> {
    let code: Arc<[u8]> = Arc::from(module(body));
    let hash = Hash(*blake3::hash(&code).as_bytes());
    workshop.program(&hash, &mut || Some(Arc::clone(&code))).unwrap()
}

/// Nanoseconds of one run, the best of five rounds.
fn time(runs: u32, mut run: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..runs {
            run();
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(runs));
    }
    best
}

fn calls(options: &EngineOptions, label: &str) {
    let workshop = Workshop::new(options).unwrap();
    for (name, body) in [
        ("empty method", r#"(func (export "call.f"))"#),
        ("two host calls", r#"(func (export "call.f") (drop (call $height)) (drop (call $height)))"#),
        (
            "16 KiB of stack touched",
            r#"(func (export "call.f") (memory.fill (i32.const 0) (i32.const 1) (i32.const 16384)))"#,
        ),
    ] {
        let program = program(&workshop, body);
        let ns = time(CALLS, || {
            let outcome = program.run("call.f", 1_000_000, MAX_STACK_BYTES, Idle);
            assert_eq!(outcome.end, End::Returned);
        });
        println!("{label}: {name}: {ns:.0} ns a call");
    }
}

/// A fresh instance of a module without counters, in a pool of the same settings.
fn bare() {
    let mut pool = wasmtime::PoolingAllocationConfig::new();
    pool.total_core_instances(256)
        .total_memories(256)
        .total_tables(256)
        .max_memory_size(64 * 65_536)
        .max_unused_warm_slots(256)
        .linear_memory_keep_resident(65_536);
    let mut config = wasmtime::Config::new();
    config
        .allocation_strategy(pool)
        .memory_reservation(4 << 30)
        .memory_may_move(false)
        .generate_address_map(false)
        .wasm_backtrace_max_frames(None)
        .native_unwind_info(false)
        .wasm_gc(false)
        .gc_support(false)
        .concurrency_support(false);
    let engine = wasmtime::Engine::new(&config).unwrap();
    let mut linker = wasmtime::Linker::<u64>::new(&engine);
    linker.func_wrap("tenon", "block_height", || 7u64).unwrap();
    for (name, body) in [
        ("empty method", r#"(func (export "call.f"))"#),
        ("two host calls", r#"(func (export "call.f") (drop (call $height)) (drop (call $height)))"#),
    ] {
        let module = wasmtime::Module::new(&engine, module(body)).unwrap();
        let before = linker.instantiate_pre(&module).unwrap();
        let export = module.get_export_index("call.f").unwrap();
        let ns = time(CALLS, || {
            let mut store = wasmtime::Store::new(&engine, 0u64);
            let instance = before.instantiate(&mut store).unwrap();
            let function = instance.get_module_export(&mut store, &export).unwrap().into_func().unwrap();
            function.typed::<(), ()>(&store).unwrap().call(&mut store, ()).unwrap();
        });
        println!("bare wasmtime: {name}: {ns:.0} ns a call");
    }
}

/// How long a unit of gas takes in loops of one kind of work each.
fn weights() {
    let workshop = Workshop::new(&EngineOptions::default()).unwrap();
    let round = |body: &str| {
        format!(
            r#"(type $t (func (param i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $g)
            (func $g (param i32) (result i32) (i32.add (local.get 0) (i32.const 3)))
            (func (export "call.f") (local $i i32) (local $a i32) (local $b i64)
                (local.set $i (i32.const 100000)) (local.set $b (i64.const 0x123456789abcdef))
                (loop {body} (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
                (i32.store (i32.const 0) (local.get $a)) (i64.store (i32.const 8) (local.get $b)))"#
        )
    };
    for (name, body) in [
        ("empty round", String::new()),
        ("add and xor", "(local.set $a (i32.xor (i32.add (local.get $a) (local.get $i)) (i32.const 7)))".repeat(8)),
        ("multiply", "(local.set $b (i64.mul (i64.add (local.get $b) (i64.const 3)) (local.get $b)))".repeat(8)),
        ("divide", "(local.set $b (i64.add (i64.div_u (i64.const -1) (local.get $b)) (i64.const 3)))".repeat(8)),
        ("popcnt", "(local.set $b (i64.add (local.get $b) (i64.popcnt (local.get $b))))".repeat(8)),
        ("load", "(local.set $a (i32.load offset=16 (i32.and (local.get $a) (i32.const 60))))".repeat(8)),
        ("store", "(i32.store offset=16 (i32.and (local.get $i) (i32.const 60)) (local.get $i))".repeat(8)),
        ("call", "(local.set $a (call $g (local.get $a)))".repeat(8)),
        ("call_indirect", "(local.set $a (call_indirect (type $t) (local.get $a) (i32.const 0)))".repeat(8)),
        ("branch", "(if (i32.and (local.get $i) (i32.const 1)) (then (local.set $a (local.get $i))))".repeat(8)),
        ("copy 16 bytes", "(memory.copy (i32.const 0) (i32.const 4096) (i32.const 16))".repeat(8)),
        ("copy 4 KiB", "(memory.copy (i32.const 0) (i32.const 8192) (i32.const 4096))".repeat(8)),
        ("fill 64 KiB", "(memory.fill (i32.const 0) (i32.const 1) (i32.const 65536))".to_owned()),
        ("host call", "(drop (call $height))".repeat(8)),
    ] {
        let body = if body.contains("call_indirect") {
            body.replace("(local.get $a) (i32.const 0)", "(local.get $a) (i32.and (local.get $a) (i32.const 0))")
        } else {
            body
        };
        report(&program(&workshop, &round(&body)), name);
    }
    let grow = r#"(func (export "call.f") (drop (memory.grow (i32.const 62)))
        (memory.fill (i32.const 65536) (i32.const 1) (i32.const 4063232)))"#;
    report(&program(&workshop, grow), "grow by 62 pages and touch them");
}

fn report(program: &Program<Idle>, name: &str) {
    let gas = u64::from(u32::MAX);
    let mut used = 0;
    let ns = time(5, || {
        let outcome = program.run("call.f", gas, MAX_STACK_BYTES, Idle);
        assert_eq!(outcome.end, End::Returned);
        used = gas - outcome.gas_left;
    });
    let used = u32::try_from(used).unwrap();
    println!("{name}: {used} gas, {:.3} ns a unit", ns / f64::from(used));
}

fn main() {
    let work = || {
        declare_engine_thread();
        bare();
        calls(&EngineOptions::default(), "engine");
        calls(&EngineOptions { copy_on_write: false, ..EngineOptions::default() }, "engine, memory copied");
        weights();
    };
    std::thread::Builder::new().stack_size(tenon_engine::ENGINE_STACK_BYTES).spawn(work).unwrap().join().unwrap();
}
