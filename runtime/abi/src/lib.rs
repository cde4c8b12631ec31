//! The contract between a module and its host, shared by both sides of the sandbox.
//!
//! It holds the host-function table, the capabilities, the error numbers, the layout of the two custom sections
//! and the limits. It holds no behaviour: what a host function does is in `tenon-host`, how it is linked is in
//! `tenon-engine`, and how a module calls it is in `tenon-contract`.

#![no_std]
#![warn(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test may"))]

mod capability;
mod error;
pub mod limits;
pub mod section;
mod table;

pub use capability::{Capabilities, Capability};
pub use error::{HostError, MODULE_ERROR_BASE, module_error_code, module_error_number};
pub use table::{Group, HostFunction, HostValue, Mode, TABLE, ValueType, find_host_function};

/// Names the import module under which every host function stands.
pub const IMPORT_MODULE: &str = "tenon";

/// Names the custom section that holds the interface of a module.
pub const ABI_SECTION: &str = "tenon.abi";

/// Names the custom section that holds the manifest of a module.
pub const MANIFEST_SECTION: &str = "tenon.manifest";

/// Names the export of the linear memory.
pub const MEMORY_EXPORT: &str = "memory";

/// Versions the table's rows and weights. It is part of the key of compiled code.
pub const ABI_VERSION: u32 = 3;

/// Bit of `call`'s flags: the callee and all below it may not write.
pub const CALL_READ_ONLY: u32 = 1;

/// Value of `storage_get`, `transient_get` and others for an absent key.
pub const ABSENT: u64 = u64::MAX;
