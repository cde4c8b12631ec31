//! Measures an asset transfer in the engine beside the same code in bare wasmtime: no gas, no depth, no checks.
//!
//! Both run the module's `call.transfer` in a fresh instance for each call, over the same small host whose storage is a
//! map. Usage: `transfer_floor MODULE.wasm [token]`: a module built from `contracts/assets`, or with the second word one
//! built from `templates/fungible-token`.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, reason = "a program that a person runs")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tenon_abi::limits::MAX_STACK_BYTES;
use tenon_abi::{ABSENT, HostFunction};
use tenon_engine::{EngineOptions, Program, Workshop, declare_engine_thread};
use tenon_host::{End, Guest, HostFunctions, Trap};
use tenon_types::Hash;

/// The allocator that the node runs with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls that are timed together.
const CALLS: u32 = 100_000;
/// Gas for each call.
const GAS: u64 = 10_000_000;

/// One instance's storage, the call's input, and how many events it emitted.
#[derive(Default)]
struct Small {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    caller: [u8; 32],
    input: Vec<u8>,
    events: u64,
}

impl Small {
    fn input(&mut self, memory: &mut [u8], out: u32, capacity: u32) -> u32 {
        copy(memory, out, capacity, &self.input)
    }

    fn get(&mut self, memory: &mut [u8], (key, length): (u32, u32), out: u32, capacity: u32) -> u64 {
        let Some(value) = self.rows.get(slice(memory, key, length)) else { return ABSENT };
        u64::from(copy(memory, out, capacity, value))
    }

    fn set(&mut self, memory: &[u8], (key, key_length): (u32, u32), (data, length): (u32, u32)) {
        let value = slice(memory, data, length);
        match self.rows.get_mut(slice(memory, key, key_length)) {
            Some(row) => value.clone_into(row),
            None => drop(self.rows.insert(slice(memory, key, key_length).to_vec(), value.to_vec())),
        }
    }
}

fn slice(memory: &[u8], at: u32, length: u32) -> &[u8] {
    &memory[at as usize..][..length as usize]
}

fn copy(memory: &mut [u8], out: u32, capacity: u32, bytes: &[u8]) -> u32 {
    let fits = bytes.len().min(capacity as usize);
    memory[out as usize..][..fits].copy_from_slice(&bytes[..fits]);
    u32::try_from(bytes.len()).unwrap()
}

/// What a transfer uses; anything else is not called by it.
macro_rules! body {
    (input $s:ident $m:expr, $out:ident $capacity:ident) => { $s.input($m, $out, $capacity) };
    (caller $s:ident $m:expr, $out:ident) => { { copy($m, $out, 32, &$s.caller.clone()); } };
    (storage_get $s:ident $m:expr, $k:ident $kl:ident $o:ident $c:ident) => { $s.get($m, ($k, $kl), $o, $c) };
    (storage_set $s:ident $m:expr, $k:ident $kl:ident $d:ident $l:ident) => { $s.set($m, ($k, $kl), ($d, $l)) };
    (storage_remove $s:ident $m:expr, $k:ident $kl:ident) => { u32::from($s.rows.remove(slice($m, $k, $kl)).is_some()) };
    (emit $s:ident $m:expr, $t:ident $c:ident $d:ident $l:ident) => { { let _ = ($t, $c, $d, $l); $s.events += 1; } };
    (output $s:ident $m:expr, $d:ident $l:ident) => { { let _ = ($d, $l); } };
    ($other:ident $s:ident $m:expr, $($a:ident)*) => { { let _ = ($($a,)*); not_called(stringify!($other)) } };
}

fn not_called<T>(name: &str) -> T {
    panic!("a transfer calls {name}, which this host lacks")
}

macro_rules! small_host {
    ($(
        $(#[doc = $doc:literal])*
        [$($row:tt)*]
        fn $name:ident($($parameter:ident: $type:ty),*) -> $result:ty;
    )*) => {
        impl HostFunctions for Small {
            fn admit(&mut self, _: &'static HostFunction) -> Result<(), Trap> {
                Ok(())
            }
            $(fn $name(&mut self, guest: &mut Guest<'_>, $($parameter: $type),*) -> Result<$result, Trap> {
                let small = self;
                let memory = &mut *guest.memory;
                let _ = (&small, &memory);
                Ok(body!($name small memory, $($parameter)*))
            })*
        }

        /// The same functions without a meter, for bare wasmtime.
        fn bare_linker(engine: &wasmtime::Engine) -> wasmtime::Linker<Bare> {
            let mut linker = wasmtime::Linker::new(engine);
            $(linker.func_wrap(
                "tenon",
                stringify!($name),
                |mut caller: wasmtime::Caller<'_, Bare>, $($parameter: $type),*| -> $result {
                    let memory = caller.data().memory.unwrap();
                    let (memory, bare) = memory.data_and_store_mut(&mut caller);
                    let small = &mut bare.small;
                    let _ = (&small, &memory);
                    body!($name small memory, $($parameter)*)
                },
            ).unwrap();)*
            linker
        }
    };
}
tenon_abi::for_each_host_function!(small_host);

/// A bare store's data.
struct Bare {
    small: Small,
    memory: Option<wasmtime::Memory>,
}

/// Arguments of the method that makes the supply and of `transfer`.
struct Inputs {
    init: Vec<u8>,
    issue: Option<Vec<u8>>,
    transfer: Vec<u8>,
}

impl Inputs {
    fn of(token: bool) -> Self {
        let mut issue = [&[16][..], b"Gold", &[16], b"GOLD", &[2]].concat();
        issue.extend_from_slice(&1_000_000_000u128.to_le_bytes());
        let transfer = [&[2; 32][..], &1u128.to_le_bytes()].concat();
        if token {
            // Cap, mint right, burn right: none given.
            issue.extend_from_slice(&[0; 3]);
            return Self { init: issue, issue: None, transfer };
        }
        // Kind, cap, mint right, burn right, document hash: none given.
        issue.extend_from_slice(&[0; 5]);
        Self { init: Vec::new(), issue: Some(issue), transfer: [&1u64.to_le_bytes()[..], &transfer].concat() }
    }
}

fn metered(code: &Arc<[u8]>, inputs: Inputs) -> (f64, Small) {
    let workshop = Workshop::<Small>::new(&EngineOptions::default()).unwrap();
    let hash = Hash(*blake3::hash(code).as_bytes());
    let program: Arc<Program<Small>> = workshop.program(&hash, &mut || Some(Arc::clone(code))).unwrap();
    let mut host = Small { caller: [1; 32], input: inputs.init, ..Small::default() };
    let mut gas = 0;
    let mut run = |host: Small, export: &str| {
        let outcome = program.run(export, GAS, MAX_STACK_BYTES, host);
        assert_eq!(outcome.end, End::Returned, "{export}");
        gas = GAS - outcome.gas_left;
        outcome.host
    };
    host = run(host, "init");
    if let Some(issue) = inputs.issue {
        host.input = issue;
        host = run(host, "call.issue");
    }
    host.input = inputs.transfer;
    let start_rows = host.rows.clone();
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..CALLS {
            host = run(host, "call.transfer");
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS));
    }
    println!("transfer, metered: {best:.0} ns a call, {gas} gas");
    host.rows = start_rows;
    (best, host)
}

fn bare(code: &[u8], host: Small) -> f64 {
    let mut pool = wasmtime::PoolingAllocationConfig::new();
    pool.total_core_instances(256)
        .total_memories(256)
        .total_tables(256)
        .max_memory_size(64 * 65_536)
        .max_unused_warm_slots(256)
        .linear_memory_keep_resident(65_536)
        .table_keep_resident(16_384);
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
    let module = wasmtime::Module::new(&engine, code).unwrap();
    let before = bare_linker(&engine).instantiate_pre(&module).unwrap();
    let transfer = module.get_export_index("call.transfer").unwrap();
    let memory = module.get_export_index("memory").unwrap();
    let mut small = Some(host);
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..CALLS {
            let data = Bare { small: small.take().unwrap(), memory: None };
            let mut store = wasmtime::Store::new(&engine, data);
            let instance = before.instantiate(&mut store).unwrap();
            let memory = instance.get_module_export(&mut store, &memory).unwrap().into_memory();
            store.data_mut().memory = memory;
            let function = instance.get_module_export(&mut store, &transfer).unwrap().into_func().unwrap();
            function.typed::<(), ()>(&store).unwrap().call(&mut store, ()).unwrap();
            small = Some(store.into_data().small);
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS));
    }
    println!("transfer, bare wasmtime: {best:.0} ns a call");
    best
}

fn main() {
    let path = std::env::args().nth(1).expect("usage: transfer_floor MODULE.wasm [token]");
    let inputs = Inputs::of(std::env::args().nth(2).as_deref() == Some("token"));
    let code: Arc<[u8]> = std::fs::read(path).expect("the module is a file").into();
    let work = move || {
        declare_engine_thread();
        let (metered, host) = metered(&code, inputs);
        let floor = bare(&code, host);
        println!("metered / bare: {:.2}", metered / floor);
    };
    let thread = std::thread::Builder::new().stack_size(tenon_engine::ENGINE_STACK_BYTES).spawn(work).unwrap();
    if thread.join().is_err() {
        println!("the measurement failed");
        std::process::exit(1);
    }
}
