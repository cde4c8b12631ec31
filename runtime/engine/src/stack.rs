//! How much native stack an engine's thread needs, and threads that have it.
//!
//! The depth counter of a module counts bytes of frames, never native bytes, so that every node stops at the same
//! call. A compiler keeps at most a few values for each local, operand and instruction of a function, and all three
//! are counted, so a native frame is at most [`NATIVE_BYTES_PER_COUNTED`] times the counted one. A thread that has
//! [`ENGINE_STACK_BYTES`] therefore never runs out before the counter does; a test drives the worst modules that we
//! know against it.

use std::cell::Cell;

use tenon_abi::limits::{MAX_CALL_DEPTH, MAX_STACK_BYTES};

use crate::instrument::UNCOUNTED_FRAME_BYTES;

/// Most bytes of native stack for each byte that the depth counter counts: four values of eight bytes for an
/// instruction that counts as one byte.
pub const NATIVE_BYTES_PER_COUNTED: u32 = 32;

/// Bytes of native stack that the frames of one instance may use.
pub(crate) const WASM_STACK_BYTES: usize =
    (MAX_STACK_BYTES as usize + UNCOUNTED_FRAME_BYTES as usize) * NATIVE_BYTES_PER_COUNTED as usize;

/// Bytes of native stack for host functions and the engine at each nested call.
const HOST_FRAME_BYTES: usize = 256 * 1024;

/// Bytes of native stack that a thread needs to run modules. Only what is touched takes memory.
pub const ENGINE_STACK_BYTES: usize = WASM_STACK_BYTES
    + MAX_CALL_DEPTH as usize * (HOST_FRAME_BYTES + (UNCOUNTED_FRAME_BYTES * NATIVE_BYTES_PER_COUNTED) as usize)
    + 1024 * 1024;

thread_local! {
    /// Whether this thread has the stack.
    static PREPARED: Cell<bool> = const { Cell::new(false) };
    /// Instances that are running on this thread.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Declares that the calling thread was made with at least [`ENGINE_STACK_BYTES`] of stack.
///
/// A thread for which this is untrue may abort the process when a module recurses.
pub fn declare_engine_thread() {
    PREPARED.set(true);
}

/// Does work on a thread with enough stack: this one if it was declared, else one made for the work.
///
/// # Panics
/// If the work panics, or the system refuses a thread.
pub fn on_engine_stack<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    if PREPARED.get() {
        return work();
    }
    std::thread::scope(|scope| {
        let prepared = || {
            declare_engine_thread();
            work()
        };
        let thread = std::thread::Builder::new().stack_size(ENGINE_STACK_BYTES).spawn_scoped(scope, prepared);
        match thread.expect("the system gives a thread").join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Counts an instance that runs on this thread, until it is dropped.
#[derive(Debug)]
pub(crate) struct Nested {
    /// Whether no other instance was running on this thread.
    pub(crate) outermost: bool,
}

impl Nested {
    /// Counts one more instance.
    pub(crate) fn enter() -> Self {
        let depth = DEPTH.get();
        DEPTH.set(depth.saturating_add(1));
        Self { outermost: depth == 0 }
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get().saturating_sub(1));
    }
}
