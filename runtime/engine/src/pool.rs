//! wasmtime's settings, and the bound on how many instances run at once.
//!
//! Nothing here may change what a module computes, only how fast.

use std::sync::{Condvar, Mutex, PoisonError};

use tenon_abi::limits;
use wasmtime::{Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, RegallocAlgorithm};

use crate::engine::{Backend, EngineOptions};
use crate::stack::WASM_STACK_BYTES;
use crate::weights::INSTANCE_PAGES;

/// Bytes of linear memory that a slot keeps, and clears itself, between two instances.
const KEEP_MEMORY_BYTES: usize = INSTANCE_PAGES as usize * PAGE_BYTES;
/// Bytes of table that a slot keeps between two instances.
const KEEP_TABLE_BYTES: usize = 16 * 1024;
/// Bytes of address space for a memory: with its guard, every 32-bit address, so that no access needs a check.
const RESERVATION_BYTES: u64 = 4 << 30;
/// Bytes of address space behind a memory, for the offsets of accesses.
const GUARD_BYTES: u64 = 32 << 20;
/// Bytes of a page of linear memory.
const PAGE_BYTES: usize = 64 * 1024;
/// Bytes of an instance without its memory and table: functions, globals and imports at their limits.
const INSTANCE_BYTES: usize = 1024 * 1024;

/// wasmtime's settings for the options.
///
/// # Errors
/// If wasmtime was built without the backend.
pub(crate) fn config(options: &EngineOptions) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    if options.backend == Backend::Pulley {
        config.target("pulley64")?;
    }
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(options)))
        .memory_reservation(RESERVATION_BYTES)
        .memory_guard_size(GUARD_BYTES)
        .memory_may_move(false)
        .memory_init_cow(options.copy_on_write)
        .table_lazy_init(true)
        .async_stack_size(WASM_STACK_BYTES)
        .max_wasm_stack(WASM_STACK_BYTES)
        .consume_fuel(false)
        .epoch_interruption(false)
        .generate_address_map(false)
        .debug_info(false)
        .wasm_backtrace_max_frames(None)
        .native_unwind_info(false)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking)
        .parallel_compilation(true);
    profile(&mut config);
    Ok(config)
}

/// The proposals that an instrumented module may use.
fn profile(config: &mut Config) {
    config
        .wasm_bulk_memory(true)
        .wasm_multi_value(true)
        .wasm_extended_const(true)
        .wasm_tail_call(false)
        .wasm_threads(false)
        .wasm_shared_everything_threads(false)
        .wasm_gc(false)
        .wasm_function_references(false)
        .wasm_relaxed_simd(false)
        .wasm_simd(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_exceptions(false)
        .wasm_stack_switching(false)
        .wasm_wide_arithmetic(false)
        .wasm_custom_page_sizes(false)
        .gc_support(false)
        .concurrency_support(false);
}

fn pool(options: &EngineOptions) -> PoolingAllocationConfig {
    let slots = options.slots();
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(slots)
        .total_memories(slots)
        .total_tables(slots)
        .max_memories_per_module(1)
        .max_tables_per_module(limits::MAX_TABLES)
        .table_elements(limits::MAX_TABLE_ENTRIES as usize)
        .max_memory_size(limits::MAX_MEMORY_PAGES as usize * PAGE_BYTES)
        .max_core_instance_size(INSTANCE_BYTES)
        .max_unused_warm_slots(slots)
        .linear_memory_keep_resident(KEEP_MEMORY_BYTES)
        .table_keep_resident(KEEP_TABLE_BYTES);
    pool
}

/// Lets a number of transactions run at once, so that the pool always has a slot for every nested call.
#[derive(Debug)]
pub(crate) struct Gate {
    room: Mutex<Room>,
    freed: Condvar,
}

/// How many may pass, and how many wait. Waking nobody costs a system call, so it matters who waits.
#[derive(Debug)]
struct Room {
    free: u32,
    waiting: u32,
}

impl Gate {
    /// Makes a gate for so many.
    pub(crate) fn new(free: u32) -> Self {
        Self { room: Mutex::new(Room { free, waiting: 0 }), freed: Condvar::new() }
    }

    /// Waits until one may pass.
    pub(crate) fn pass(&self) -> Pass<'_> {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        while room.free == 0 {
            room.waiting += 1;
            room = self.freed.wait(room).unwrap_or_else(PoisonError::into_inner);
            room.waiting -= 1;
        }
        room.free -= 1;
        Pass(self)
    }
}

/// One that has passed, until it is dropped.
#[derive(Debug)]
pub(crate) struct Pass<'a>(&'a Gate);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut room = self.0.room.lock().unwrap_or_else(PoisonError::into_inner);
        room.free += 1;
        if room.waiting > 0 {
            self.0.freed.notify_one();
        }
    }
}
