//! Modules and a host for tests.

mod engines;
mod host;
mod modules;

pub(crate) use engines::Everywhere;
pub(crate) use host::{Note, TestHost};
pub(crate) use modules::{all_capabilities, entry, manifest, method, module, with_section, with_sections};
