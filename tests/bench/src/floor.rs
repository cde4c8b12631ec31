//! An asset transfer in bare wasmtime, and the same code in the engine: what the sandbox costs.
//!
//! Both run the module's `call.transfer` in a fresh instance for each call, over the same small host whose storage is a
//! map of a few rows. Bare wasmtime has no gas, no depth and no checks. It leaves out the host of a node: `speed` has it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "whoever runs a benchmark sees where it ends")]

use crate::speed::{median, nanoseconds};
use assets::AssetsRef;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tenon_abi::limits::MAX_STACK_BYTES;
use tenon_abi::{ABSENT, HostFunction};
use tenon_contract::Address;
use tenon_engine::{EngineOptions, Program, Workshop, on_engine_stack};
use tenon_host::{End, Guest, HostFunctions, Trap};
use tenon_types::Hash;

/// Calls before the first that counts.
const WARM_UP: usize = 1_000;
/// Calls whose median counts.
const CALLS: usize = 20_001;
/// Gas for each call.
const GAS: u64 = 10_000_000;

/// A transfer's time, as the median of many, and its gas.
#[derive(Clone, Copy, Debug)]
pub struct Floor {
    /// Nanoseconds in bare wasmtime.
    pub bare_ns: u64,
    /// Nanoseconds in the engine over the same host.
    pub metered_ns: u64,
    /// Gas in the engine.
    pub gas: u64,
}

/// Times a transfer of the assets module between two holders.
///
/// # Panics
/// If the code does not run.
pub fn of_transfer(code: &Arc<[u8]>) -> Floor {
    on_engine_stack(|| {
        let (metered_ns, gas, host) = metered(code);
        Floor { bare_ns: bare(code, host), metered_ns, gas }
    })
}

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

/// What is run, with its input: constructor, issue, transfer.
fn steps() -> [(&'static str, Vec<u8>); 3] {
    let assets = AssetsRef::at(Address::ZERO);
    let issue = assets.issue("Gold".into(), "GOLD".into(), 2, 1_000_000_000, None, None, None, None, None, None, None);
    let transfer = assets.transfer(1, Address::new([2; 32]), 1);
    [("init", AssetsRef::init(None).input), ("call.issue", issue.input), ("call.transfer", transfer.input)]
}

fn metered(code: &Arc<[u8]>) -> (u64, u64, Small) {
    let workshop = Workshop::<Small>::new(&EngineOptions::default()).unwrap();
    let mut found = || Some(Arc::clone(code));
    let program: Arc<Program<Small>> = workshop.program(&Hash([1; 32]), &mut found).unwrap();
    let mut gas = 0;
    let mut run = |host: Small, export: &str| {
        let outcome = program.run(export, GAS, MAX_STACK_BYTES, host);
        assert_eq!(outcome.end, End::Returned, "{export}");
        gas = GAS - outcome.gas_left;
        outcome.host
    };
    let mut host = Small { caller: [1; 32], ..Small::default() };
    for (export, input) in steps() {
        host.input = input;
        host = run(host, export);
    }
    let rows = host.rows.clone();
    let times = (0..WARM_UP + CALLS).map(|_| {
        let small = std::mem::take(&mut host);
        let start = Instant::now();
        host = run(small, "call.transfer");
        nanoseconds(start, Instant::now())
    });
    let times: Vec<u64> = times.skip(WARM_UP).collect();
    host.rows = rows;
    (median(times), gas, host)
}

fn bare(code: &[u8], host: Small) -> u64 {
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
    let times = (0..WARM_UP + CALLS).map(|_| {
        let data = Bare { small: small.take().unwrap(), memory: None };
        let start = Instant::now();
        let mut store = wasmtime::Store::new(&engine, data);
        let instance = before.instantiate(&mut store).unwrap();
        let memory = instance.get_module_export(&mut store, &memory).unwrap().into_memory();
        store.data_mut().memory = memory;
        let function = instance.get_module_export(&mut store, &transfer).unwrap().into_func().unwrap();
        function.typed::<(), ()>(&store).unwrap().call(&mut store, ()).unwrap();
        small = Some(store.into_data().small);
        nanoseconds(start, Instant::now())
    });
    median(times.skip(WARM_UP).collect())
}
