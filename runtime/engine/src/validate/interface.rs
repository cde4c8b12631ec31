//! Checks imports against the host-function table and exports against the interface.

use std::collections::{BTreeMap, BTreeSet};

use tenon_abi::{Capabilities, IMPORT_MODULE, MEMORY_EXPORT, ValueType, find_host_function, limits};
use wasmparser::{ExternalKind, FuncType, TypeRef, ValType};

use super::sections::Sections;
use super::{InvalidCode, bound, capability_names, unexpected};
use crate::parts::Parts;

/// Globals that the linker exports and nobody may use: they are dropped.
const IGNORED_GLOBALS: [&str; 2] = ["__data_end", "__heap_base"];

/// Checks that every import is a host function of the table, within the capabilities.
///
/// # Errors
/// The first import that is not.
pub(super) fn check_imports(parts: &Parts<'_>, capabilities: Capabilities) -> Result<(), InvalidCode> {
    for import in &parts.imports {
        let place = format!("import {}.{}", import.module, import.name);
        if import.module != IMPORT_MODULE {
            return Err(unexpected(place, format!("module {:?}", import.module), format!("{IMPORT_MODULE:?}")));
        }
        let TypeRef::Func(type_index) = import.ty else {
            return Err(unexpected(place, format!("{:?}", import.ty), "a function"));
        };
        let function = find_host_function(import.name)
            .ok_or_else(|| unexpected(&place, "an unknown name", "a function of the host-function table"))?;
        let index = usize::try_from(type_index).unwrap_or(usize::MAX);
        let found = parts.types.get(index).ok_or_else(|| unexpected(&place, "no such type", "a type"))?;
        let parameters: Vec<ValType> = function.parameters.iter().copied().map(value_type).collect();
        let results: Vec<ValType> = function.result.into_iter().map(value_type).collect();
        let expected = FuncType::new(parameters, results);
        if *found != expected {
            return Err(unexpected(place, signature(found), signature(&expected)));
        }
        if let Some(capability) = function.capability.filter(|capability| !capabilities.has(*capability)) {
            return Err(InvalidCode::Capability {
                name: import.name.to_owned(),
                capability: capability.name(),
                declared: capability_names(capabilities),
            });
        }
    }
    Ok(())
}

/// Checks that the exports are the memory and the methods of the interface, each with the type of a method.
///
/// # Errors
/// The first export that is not, or a method without its export.
pub(super) fn check_exports(parts: &Parts<'_>, sections: &Sections) -> Result<Vec<(String, u8)>, InvalidCode> {
    let mut methods = BTreeMap::new();
    for method in &sections.methods {
        if methods.insert(method.export.clone(), method.flags).is_some() {
            return Err(unexpected(format!("method {}", method.export), "two entries", "one entry in tenon.abi"));
        }
    }
    bound("module", "exports", parts.exports.len(), ("MAX_EXPORTS", limits::MAX_EXPORTS))?;
    let mut exported = BTreeSet::new();
    let mut memory = false;
    for export in &parts.exports {
        let place = format!("export {:?}", export.name);
        match export.kind {
            ExternalKind::Memory if export.name == MEMORY_EXPORT => memory = true,
            ExternalKind::Global if IGNORED_GLOBALS.contains(&export.name) => {}
            ExternalKind::Func => {
                check_method(parts, &place, export.index)?;
                if !methods.contains_key(export.name) {
                    return Err(unexpected(place, "no METHOD entry of this mode and name", "one in tenon.abi"));
                }
                exported.insert(export.name);
            }
            kind => return Err(unexpected(place, format!("{kind:?}"), "`memory` and the methods alone")),
        }
    }
    if !memory {
        return Err(unexpected("module", "no export `memory`", "the memory under this name"));
    }
    match methods.keys().find(|name| !exported.contains(name.as_str())) {
        Some(name) => Err(unexpected(format!("method {name}"), "no export", "an export of this name")),
        None => Ok(methods.into_iter().collect()),
    }
}

fn check_method(parts: &Parts<'_>, place: &str, function: u32) -> Result<(), InvalidCode> {
    if usize::try_from(function).unwrap_or(usize::MAX) < parts.imported_functions() {
        return Err(unexpected(place, "an imported function", "a function of the module"));
    }
    let found = parts.function_type(function).ok_or_else(|| unexpected(place, "no such function", "a function"))?;
    if found.params().is_empty() && found.results().is_empty() {
        return Ok(());
    }
    Err(unexpected(place, signature(found), "() -> ()"))
}

fn value_type(value: ValueType) -> ValType {
    match value {
        ValueType::I32 => ValType::I32,
        ValueType::I64 => ValType::I64,
    }
}

fn signature(function: &FuncType) -> String {
    let join = |types: &[ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    format!("({}) -> ({})", join(function.params()), join(function.results()))
}
