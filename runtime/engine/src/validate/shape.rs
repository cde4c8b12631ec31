//! Bounds the sections of a module: counts, types, tables, memory and segments.

use tenon_abi::limits;
use wasmparser::{ConstExpr, DataKind, ElementItems, ElementKind, Operator, RefType, TableInit, ValType};

use super::{InvalidCode, Manifest, bound, malformed, unexpected};
use crate::parts::Parts;

/// Bytes of a page of linear memory.
const PAGE_BYTES: u64 = 64 * 1024;

/// Checks counts and types.
///
/// # Errors
/// The first rule that is broken.
pub(super) fn check(parts: &Parts<'_>) -> Result<(), InvalidCode> {
    let counts = [
        ("types", parts.types.len(), ("MAX_TYPES", limits::MAX_TYPES)),
        ("imports", parts.imports.len(), ("MAX_IMPORTS", limits::MAX_IMPORTS)),
        ("functions", parts.functions.len(), ("MAX_FUNCTIONS", limits::MAX_FUNCTIONS)),
        ("tables", parts.tables.len(), ("MAX_TABLES", limits::MAX_TABLES)),
        ("globals", parts.globals.len(), ("MAX_GLOBALS", limits::MAX_GLOBALS)),
        ("exports", parts.exports.len(), ("MAX_EXPORTS", limits::MAX_EXPORTS)),
        ("element segments", parts.elements.len(), ("MAX_SEGMENTS", limits::MAX_SEGMENTS)),
        ("data segments", parts.data.len(), ("MAX_SEGMENTS", limits::MAX_SEGMENTS)),
    ];
    for (what, found, limit) in counts {
        bound("module", what, found, limit)?;
    }
    if let Some(function) = parts.start {
        return Err(unexpected("module", format!("start function {function}"), "none"));
    }
    if parts.tags > 0 {
        return Err(unexpected("module", format!("{} exception tags", parts.tags), "none"));
    }
    for (index, function) in parts.types.iter().enumerate() {
        let place = format!("type {index}");
        bound(&place, "parameters", function.params().len(), ("MAX_PARAMETERS", limits::MAX_PARAMETERS))?;
        bound(&place, "results", function.results().len(), ("MAX_RESULTS", limits::MAX_RESULTS))?;
        function.params().iter().chain(function.results()).try_for_each(|value| check_value(&place, *value))?;
    }
    for (index, global) in parts.globals.iter().enumerate() {
        let place = format!("global {index}");
        check_value(&place, global.ty.content_type)?;
        constant(&place, &global.init_expr)?;
    }
    check_tables(parts)
}

/// Checks that a value is an integer.
pub(super) fn check_value(place: &str, value: ValType) -> Result<(), InvalidCode> {
    match value {
        ValType::I32 | ValType::I64 => Ok(()),
        other => Err(InvalidCode::ValueType { place: place.to_owned(), found: other.to_string() }),
    }
}

fn check_tables(parts: &Parts<'_>) -> Result<(), InvalidCode> {
    for table in &parts.tables {
        if table.ty.table64 || table.ty.shared || table.ty.element_type != RefType::FUNCREF {
            return Err(unexpected("table 0", format!("{:?}", table.ty), "a table of funcref"));
        }
        if !matches!(table.init, TableInit::RefNull) {
            return Err(unexpected("table 0", "an initial value", "none"));
        }
        let entries = usize::try_from(table.ty.initial).unwrap_or(usize::MAX);
        bound("table 0", "entries", entries, ("MAX_TABLE_ENTRIES", limits::MAX_TABLE_ENTRIES))?;
    }
    Ok(())
}

/// Checks the memory and returns the most pages that it may have.
///
/// # Errors
/// If there is not exactly one plain memory within the limits.
pub(super) fn check_memory(parts: &Parts<'_>, manifest: &Manifest) -> Result<u32, InvalidCode> {
    let [memory] = parts.memories.as_slice() else {
        return Err(unexpected("module", format!("{} memories", parts.memories.len()), "one memory"));
    };
    if memory.memory64 || memory.shared || memory.page_size_log2.is_some() {
        return Err(unexpected("memory 0", "a 64-bit, shared or custom-page memory", "a plain memory"));
    }
    let declared = manifest.memory_pages.unwrap_or(limits::MAX_MEMORY_PAGES);
    let (name, most) = match manifest.memory_pages {
        Some(pages) => ("MEMORY_PAGES of the manifest", pages),
        None => ("MAX_MEMORY_PAGES", limits::MAX_MEMORY_PAGES),
    };
    let initial = usize::try_from(memory.initial).unwrap_or(usize::MAX);
    bound("memory 0", "initial pages", initial, (name, most))?;
    let Some(maximum) = memory.maximum else {
        return Ok(declared);
    };
    let pages = usize::try_from(maximum).unwrap_or(usize::MAX);
    bound("memory 0", "maximum pages", pages, (name, most))?;
    Ok(u32::try_from(maximum).unwrap_or(declared).min(declared))
}

/// Checks that active segments lie within the memory and the table, so that making an instance cannot fail.
///
/// # Errors
/// The first segment that does not.
pub(super) fn check_segments(parts: &Parts<'_>) -> Result<(), InvalidCode> {
    let memory_bytes = parts.memories.first().map_or(0, |memory| memory.initial.saturating_mul(PAGE_BYTES));
    for (index, data) in parts.data.iter().enumerate() {
        if let DataKind::Active { offset_expr, .. } = &data.kind {
            let length = u64::try_from(data.data.len()).unwrap_or(u64::MAX);
            within(&format!("data segment {index}"), offset_expr, length, memory_bytes)?;
        }
    }
    let entries = parts.tables.first().map_or(0, |table| table.ty.initial);
    for (index, element) in parts.elements.iter().enumerate() {
        let place = format!("element segment {index}");
        let length = match &element.items {
            ElementItems::Functions(items) => items.count(),
            ElementItems::Expressions(kind, items) => {
                if *kind != RefType::FUNCREF {
                    return Err(unexpected(place, kind.to_string(), "funcref"));
                }
                items.count()
            }
        };
        let length_count = usize::try_from(length).unwrap_or(usize::MAX);
        bound(&place, "entries", length_count, ("MAX_TABLE_ENTRIES", limits::MAX_TABLE_ENTRIES))?;
        if let ElementKind::Active { offset_expr, .. } = &element.kind {
            within(&place, offset_expr, u64::from(length), entries)?;
        }
    }
    Ok(())
}

fn within(place: &str, offset: &ConstExpr<'_>, length: u64, size: u64) -> Result<(), InvalidCode> {
    // A 32-bit offset is unsigned: what the constant's sign says does not matter.
    let offset = constant(place, offset)?.cast_unsigned() & u64::from(u32::MAX);
    if offset.saturating_add(length) <= size {
        return Ok(());
    }
    Err(unexpected(place, format!("offset {offset} and length {length}"), format!("an end of at most {size}")))
}

/// The value of a constant expression of the profile.
fn constant(place: &str, expression: &ConstExpr<'_>) -> Result<i64, InvalidCode> {
    let mut stack: Vec<i64> = Vec::new();
    let mut reader = expression.get_operators_reader();
    while !reader.eof() {
        let (operator, offset) = reader.read_with_offset().map_err(|error| malformed(place, &error))?;
        let value = match &operator {
            Operator::I32Const { value } => i64::from(*value),
            Operator::I64Const { value } => *value,
            Operator::End => continue,
            other => {
                let (Some(right), Some(left)) = (stack.pop(), stack.pop()) else {
                    return Err(refused(place, other, offset));
                };
                match other {
                    Operator::I32Add | Operator::I64Add => left.wrapping_add(right),
                    Operator::I32Sub | Operator::I64Sub => left.wrapping_sub(right),
                    Operator::I32Mul | Operator::I64Mul => left.wrapping_mul(right),
                    _ => return Err(refused(place, other, offset)),
                }
            }
        };
        stack.push(value);
    }
    stack.pop().ok_or_else(|| unexpected(place, "an empty expression", "a constant"))
}

fn refused(place: &str, operator: &Operator<'_>, offset: usize) -> InvalidCode {
    InvalidCode::Instruction {
        place: place.to_owned(),
        instruction: crate::names::instruction_name(operator),
        proposal: crate::names::proposal_name(operator),
        offset,
    }
}
