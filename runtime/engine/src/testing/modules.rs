//! Makes modules for tests from the text format, with the custom sections that an upload needs.

use tenon_abi::section::{self, ENTRY_HEADER_BYTES};
use tenon_abi::{ABI_SECTION, Capabilities, Capability, MANIFEST_SECTION};
use wasm_encoder::{CustomSection, Encode, Section};

use crate::parts::Parts;

/// Every capability.
pub(crate) fn all_capabilities() -> Capabilities {
    Capability::ALL.into_iter().fold(Capabilities::NONE, Capabilities::with)
}

/// One entry of a section.
pub(crate) fn entry(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend(u32::try_from(payload.len()).unwrap().to_le_bytes());
    assert_eq!(bytes.len(), ENTRY_HEADER_BYTES);
    bytes.extend(payload);
    bytes
}

/// A text of a payload.
pub(crate) fn text(value: &str) -> Vec<u8> {
    [&u16::try_from(value.len()).unwrap().to_le_bytes(), value.as_bytes()].concat()
}

/// A method's entry.
pub(crate) fn method(export: &str) -> Vec<u8> {
    let (mode, name) = match export.split_once('.') {
        Some(("call", name)) => (section::MODE_CALL, name),
        Some(("query", name)) => (section::MODE_QUERY, name),
        Some(("hook", name)) => (section::MODE_HOOK, name),
        Some(("invariant", name)) => (section::MODE_INVARIANT, name),
        _ if export == "migrate" => (section::MODE_MIGRATE, "migrate"),
        _ => (section::MODE_INIT, "new"),
    };
    entry(section::METHOD, &[&[mode, 0][..], &text(name), &text("doc"), &text("()"), &[0]].concat())
}

/// A manifest.
pub(crate) fn manifest(capabilities: Capabilities) -> Vec<u8> {
    [
        entry(section::NAME, &text("test")),
        entry(section::CAPABILITIES, &capabilities.bits().to_le_bytes()),
        entry(section::MEMORY_PAGES, &4u32.to_le_bytes()),
    ]
    .concat()
}

/// Appends a custom section to a module.
pub(crate) fn with_section(mut code: Vec<u8>, name: &str, data: &[u8]) -> Vec<u8> {
    let section = CustomSection { name: name.into(), data: data.into() };
    code.push(section.id());
    section.encode(&mut code);
    code
}

/// Appends both sections, with a method for each exported function.
pub(crate) fn with_sections(code: Vec<u8>, capabilities: Capabilities) -> Vec<u8> {
    let methods: Vec<u8> = Parts::parse(&code)
        .unwrap()
        .exports
        .iter()
        .filter(|export| export.kind == wasmparser::ExternalKind::Func)
        .flat_map(|export| method(export.name))
        .collect();
    let code = with_section(code, MANIFEST_SECTION, &manifest(capabilities));
    with_section(code, ABI_SECTION, &methods)
}

/// A module from the text format, with both sections and every capability.
pub(crate) fn module(text: &str) -> Vec<u8> {
    with_sections(wat::parse_str(text).unwrap(), all_capabilities())
}
