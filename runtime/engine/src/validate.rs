//! Decides at upload whether code may run, by rules on its shape alone, and reads what the host must know of it.
//!
//! Every node gives the same answer: no rule looks at a clock, at the machine or at the compiler. Each bound is a
//! constant of `tenon_abi::limits`, and an error names the place, what was found and the limit. What the sections
//! mean to a client is read by `tenon-types`.

mod functions;
mod interface;
mod sections;
mod shape;

use tenon_abi::{Capabilities, limits};
use tenon_host::ModuleInfo;
use thiserror::Error;

use crate::parts::{Parts, operand_heights};

pub(crate) use sections::Manifest;

/// Why code is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InvalidCode {
    /// Something is larger than its limit.
    #[error("{place}: found {found} {what}, limit {limit} is {most}")]
    Limit {
        /// Where: the module, a function, a segment.
        place: String,
        /// What was counted.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// The name of the limit.
        limit: &'static str,
        /// The value of the limit.
        most: u64,
    },
    /// The bytes are not a valid module of the profile.
    #[error("{place}: not valid at offset {offset:#x}: {message}")]
    Malformed {
        /// The module, or a function.
        place: String,
        /// Offset in the file.
        offset: usize,
        /// What the parser or the validator says.
        message: String,
    },
    /// An instruction outside the allow-list.
    #[error("{place}: instruction {instruction} (proposal {proposal}) at offset {offset:#x} is not allowed")]
    Instruction {
        /// The function.
        place: String,
        /// The instruction's name.
        instruction: String,
        /// The proposal that it comes from.
        proposal: &'static str,
        /// Offset in the file.
        offset: usize,
    },
    /// A value type other than `i32` and `i64`.
    #[error("{place}: found type {found}, expected i32 or i64")]
    ValueType {
        /// Where it stands.
        place: String,
        /// The type.
        found: String,
    },
    /// Something that the profile leaves out.
    #[error("{place}: found {found}, expected {expected}")]
    Unexpected {
        /// Where it stands.
        place: String,
        /// What is there.
        found: String,
        /// What the profile has there.
        expected: String,
    },
    /// An import of a host function whose capability the manifest does not ask for.
    #[error("import {name}: needs capability {capability}, the manifest asks for [{declared}]")]
    Capability {
        /// The host function.
        name: String,
        /// What it needs.
        capability: &'static str,
        /// What the manifest asks for.
        declared: String,
    },
    /// A custom section cannot be read.
    #[error("section {section}: entry {entry}: {problem}")]
    Section {
        /// The name of the section.
        section: &'static str,
        /// The number of the entry, from zero.
        entry: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// Checks code and reads what the host must know of it.
///
/// # Errors
/// The first rule that the code breaks.
pub fn validate(code: &[u8]) -> Result<ModuleInfo, InvalidCode> {
    bound("module", "bytes", code.len(), ("MAX_CODE_BYTES", limits::MAX_CODE_BYTES))?;
    let parts = Parts::parse(code).map_err(|error| malformed("module", &error))?;
    shape::check(&parts)?;
    let custom = sections::Sections::read(&parts)?;
    interface::check_imports(&parts, custom.manifest.capabilities)?;
    let methods = interface::check_exports(&parts, &custom)?;
    let memory_pages = shape::check_memory(&parts, &custom.manifest)?;
    functions::check(&parts)?;
    let heights = operand_heights(code).map_err(|error| malformed("module", &error))?;
    functions::check_frames(&parts, &heights)?;
    shape::check_segments(&parts)?;
    Ok(ModuleInfo {
        capabilities: custom.manifest.capabilities,
        call_targets: custom.manifest.call_targets,
        upgradable: custom.manifest.upgradable,
        methods,
        memory_pages,
    })
}

/// Fails if a count is over its limit.
fn bound(place: &str, what: &'static str, found: usize, limit: (&'static str, u32)) -> Result<(), InvalidCode> {
    let found = u64::try_from(found).unwrap_or(u64::MAX);
    let (name, most) = (limit.0, u64::from(limit.1));
    if found <= most {
        return Ok(());
    }
    Err(InvalidCode::Limit { place: place.to_owned(), what, found, limit: name, most })
}

fn malformed(place: &str, error: &wasmparser::BinaryReaderError) -> InvalidCode {
    InvalidCode::Malformed { place: place.to_owned(), offset: error.offset(), message: error.message().to_owned() }
}

fn unexpected(place: impl Into<String>, found: impl Into<String>, expected: impl Into<String>) -> InvalidCode {
    InvalidCode::Unexpected { place: place.into(), found: found.into(), expected: expected.into() }
}

/// The names of a set of capabilities.
fn capability_names(capabilities: Capabilities) -> String {
    capabilities.iter().map(tenon_abi::Capability::name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
