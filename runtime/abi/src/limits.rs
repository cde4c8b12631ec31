//! Named limits of a module and of a call. Each is checked in one place and named in the error that it causes.

/// Bytes of a module's WASM file.
pub const MAX_CODE_BYTES: u32 = 512 * 1024;
/// Functions that a module defines.
pub const MAX_FUNCTIONS: u32 = 4_096;
/// Host functions that a module imports.
pub const MAX_IMPORTS: u32 = 64;
/// Exports of a module.
pub const MAX_EXPORTS: u32 = 512;
/// Parameters of one function.
pub const MAX_PARAMETERS: u32 = 32;
/// Results of one function or block.
pub const MAX_RESULTS: u32 = 4;
/// Locals of one function, parameters included.
pub const MAX_LOCALS: u32 = 1_024;
/// Globals of a module.
pub const MAX_GLOBALS: u32 = 64;
/// Function types of a module.
pub const MAX_TYPES: u32 = 512;
/// Tables of a module.
pub const MAX_TABLES: u32 = 1;
/// Entries of the function table.
pub const MAX_TABLE_ENTRIES: u32 = 4_096;
/// Data and element segments, each.
pub const MAX_SEGMENTS: u32 = 512;
/// Depth of nested blocks in one function.
pub const MAX_NESTING: u32 = 128;
/// Targets of one `br_table`.
pub const MAX_BRANCH_TABLE: u32 = 1_024;
/// Locals times blocks, over all functions: what bounds the time of a compiler.
pub const MAX_COMPILE_WORK: u32 = 4 * 1024 * 1024;
/// Bytes of one function's body.
pub const MAX_FUNCTION_BYTES: u32 = 64 * 1024;
/// Frame of one function in bytes: eight for each local and each operand at its deepest, plus `FRAME_OVERHEAD_BYTES`.
pub const MAX_FRAME_BYTES: u32 = 16 * 1024;
/// Bytes that every frame costs beside its locals and operands.
pub const FRAME_OVERHEAD_BYTES: u32 = 64;
/// Bytes of frames that one transaction may stack, over all nested calls.
pub const MAX_STACK_BYTES: u32 = 512 * 1024;
/// Pages of 64 KiB of memory that a module may ask for.
pub const MAX_MEMORY_PAGES: u32 = 64;
/// Instances that a manifest may name as callees.
pub const MAX_CALL_TARGETS: u32 = 64;
/// Bytes of one custom section.
pub const MAX_SECTION_BYTES: u32 = 64 * 1024;

/// Calls that may be nested, the first included.
pub const MAX_CALL_DEPTH: u32 = 16;
/// Bytes of a method's input.
pub const MAX_INPUT_BYTES: u32 = 128 * 1024;
/// Bytes of a method's output.
pub const MAX_OUTPUT_BYTES: u32 = 128 * 1024;
/// Bytes of a storage key, without the instance's prefix.
pub const MAX_KEY_BYTES: u32 = 256;
/// Bytes of a stored value.
pub const MAX_VALUE_BYTES: u32 = 64 * 1024;
/// Entries that one scan returns.
pub const MAX_SCAN_ENTRIES: u32 = 256;
/// Bytes of keys and values that one transaction may write to transient storage.
pub const MAX_TRANSIENT_BYTES: u32 = 4 * 1024 * 1024;
/// Topics of one event.
pub const MAX_TOPICS: u32 = 4;
/// Bytes of one event's data.
pub const MAX_EVENT_BYTES: u32 = 16 * 1024;
/// Events of one transaction.
pub const MAX_EVENTS: u32 = 1_024;
/// Bytes of an error's message or data.
pub const MAX_ERROR_BYTES: u32 = 1_024;
/// Bytes of one hash input or signed message.
pub const MAX_CRYPTO_BYTES: u32 = 128 * 1024;
/// Bytes of one debug line.
pub const MAX_LOG_BYTES: u32 = 1_024;
/// Bytes of a method's name.
pub const MAX_METHOD_BYTES: u32 = 64;
