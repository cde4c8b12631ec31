//! Rewrites a valid module so that it counts its own gas and depth.
//!
//! Two globals are added and exported. The gas counter falls by the cost of each straight-line stretch before the
//! stretch runs; when it is negative the module traps. The stack counter falls by the frame of each function that
//! calls another and is restored when the function returns; when it is negative the module traps. So the sign of a
//! global says why a module trapped, on every engine alike. Nothing here knows an engine, a clock or a host function.
//!
//! Code that can never run is dropped, and so are custom sections and the linker's exports.

mod body;
mod stretches;

use tenon_abi::MEMORY_EXPORT;
use thiserror::Error;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, ExportKind, ExportSection, FunctionSection,
    GlobalSection, GlobalType, ImportSection, MemorySection, MemoryType, Module, TableSection, TypeSection, ValType,
};
use wasmparser::{BinaryReaderError, ExternalKind, FuncType};

pub(crate) use body::UNCOUNTED_FRAME_BYTES;

use crate::parts::{Parts, operand_heights};
use crate::weights::{BULK_BYTES_PER_GAS_LOG2, INSTANCE_PAGES, MEMORY_PAGE_GAS, TABLE_ENTRY_GAS};

/// Export of the gas counter, an `i64` that is negative when gas ran out.
pub const GAS_EXPORT: &str = "tenon.gas";
/// Export of the stack counter, an `i32` that is negative when the stack ran out.
pub const STACK_EXPORT: &str = "tenon.stack";

/// An instrumented module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrumented {
    /// The module's bytes.
    pub code: Vec<u8>,
    /// Gas to charge for making an instance: what its segments copy, and the pages that the system must map.
    pub instance_gas: u64,
}

/// Why code cannot be instrumented. Code that passed validation always can.
#[derive(Debug, Error)]
pub enum InstrumentError {
    /// The code is not valid.
    #[error("the code is not valid: {0}")]
    Invalid(#[from] BinaryReaderError),
    /// The code cannot be written again.
    #[error("the code cannot be encoded: {0}")]
    Encode(#[from] wasm_encoder::reencode::Error),
    /// The code breaks a rule that validation checks.
    #[error("the code was not validated: {0}")]
    NotValidated(&'static str),
}

/// Adds the two counters to a module whose memory may grow to `memory_pages`.
///
/// # Errors
/// If the code did not pass validation.
pub fn instrument(code: &[u8], memory_pages: u32) -> Result<Instrumented, InstrumentError> {
    let heights = operand_heights(code)?;
    let parts = Parts::parse(code)?;
    Rewriter::new(&parts)?.run(&heights, memory_pages)
}

/// Indices of what the pass adds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counters {
    pub(super) gas: u32,
    pub(super) stack: u32,
}

/// The function types of the new module.
#[derive(Debug, Default)]
pub(super) struct Types(Vec<FuncType>);

impl Types {
    /// The index of the type of a block that takes nothing and gives the results.
    pub(super) fn block(&mut self, results: &[wasmparser::ValType]) -> u32 {
        let wanted = FuncType::new([], results.iter().copied());
        let index = self.0.iter().position(|kind| *kind == wanted).unwrap_or_else(|| {
            self.0.push(wanted);
            self.0.len() - 1
        });
        u32::try_from(index).unwrap_or(u32::MAX)
    }
}

struct Rewriter<'a, 'p> {
    parts: &'a Parts<'p>,
    types: Types,
    counters: Counters,
    encoder: RoundtripReencoder,
}

impl<'a, 'p> Rewriter<'a, 'p> {
    fn new(parts: &'a Parts<'p>) -> Result<Self, InstrumentError> {
        let gas = u32::try_from(parts.globals.len()).map_err(|_| InstrumentError::NotValidated("globals"))?;
        Ok(Self {
            parts,
            types: Types(parts.types.clone()),
            counters: Counters { gas, stack: gas + 1 },
            encoder: RoundtripReencoder,
        })
    }

    fn run(mut self, heights: &[u32], memory_pages: u32) -> Result<Instrumented, InstrumentError> {
        let code = self.code(heights)?;
        let mut module = Module::new();
        module.section(&self.types()?);
        module.section(&self.imports()?);
        let mut functions = FunctionSection::new();
        for kind in &self.parts.functions {
            functions.function(*kind);
        }
        module.section(&functions);
        let mut tables = TableSection::new();
        for table in &self.parts.tables {
            utils::parse_table(&mut self.encoder, &mut tables, table.clone())?;
        }
        module.section(&tables);
        module.section(&self.memory(memory_pages)?);
        module.section(&self.globals()?);
        module.section(&self.exports());
        let mut elements = ElementSection::new();
        for element in &self.parts.elements {
            utils::parse_element(&mut self.encoder, &mut elements, element.clone())?;
        }
        module.section(&elements);
        if let Some(count) = self.parts.data_count {
            module.section(&DataCountSection { count });
        }
        module.section(&code);
        let mut data = DataSection::new();
        for segment in &self.parts.data {
            utils::parse_data(&mut self.encoder, &mut data, segment.clone())?;
        }
        module.section(&data);
        Ok(Instrumented { code: module.finish(), instance_gas: self.instance_gas() })
    }

    fn code(&mut self, heights: &[u32]) -> Result<CodeSection, InstrumentError> {
        let mut code = CodeSection::new();
        let imported = self.parts.imported_functions();
        for (index, body) in self.parts.bodies.iter().enumerate() {
            let function = u32::try_from(imported + index).map_err(|_| InstrumentError::NotValidated("functions"))?;
            let kind =
                self.parts.function_type(function).ok_or(InstrumentError::NotValidated("a function has a type"))?;
            let height = *heights.get(index).ok_or(InstrumentError::NotValidated("a function has a height"))?;
            code.function(&body::rewrite(body, kind, height, self.counters, &mut self.types)?);
        }
        Ok(code)
    }

    fn types(&mut self) -> Result<TypeSection, InstrumentError> {
        let mut section = TypeSection::new();
        for kind in &self.types.0 {
            let kind = self.encoder.func_type(kind.clone())?;
            section.ty().func_type(&kind);
        }
        Ok(section)
    }

    fn imports(&mut self) -> Result<ImportSection, InstrumentError> {
        let mut section = ImportSection::new();
        for import in &self.parts.imports {
            utils::parse_import(&mut self.encoder, &mut section, *import)?;
        }
        Ok(section)
    }

    fn memory(&self, memory_pages: u32) -> Result<MemorySection, InstrumentError> {
        let mut section = MemorySection::new();
        let memory = self.parts.memories.first().ok_or(InstrumentError::NotValidated("a module has a memory"))?;
        section.memory(MemoryType {
            minimum: memory.initial,
            maximum: Some(u64::from(memory_pages)),
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        Ok(section)
    }

    fn globals(&mut self) -> Result<GlobalSection, InstrumentError> {
        let mut section = GlobalSection::new();
        for global in &self.parts.globals {
            utils::parse_global(&mut self.encoder, &mut section, global.clone())?;
        }
        let counter = |val_type| GlobalType { val_type, mutable: true, shared: false };
        section.global(counter(ValType::I64), &ConstExpr::i64_const(0));
        section.global(counter(ValType::I32), &ConstExpr::i32_const(0));
        Ok(section)
    }

    fn exports(&self) -> ExportSection {
        let mut section = ExportSection::new();
        for export in &self.parts.exports {
            match export.kind {
                ExternalKind::Func => section.export(export.name, ExportKind::Func, export.index),
                ExternalKind::Memory => section.export(MEMORY_EXPORT, ExportKind::Memory, export.index),
                _ => continue,
            };
        }
        section.export(GAS_EXPORT, ExportKind::Global, self.counters.gas);
        section.export(STACK_EXPORT, ExportKind::Global, self.counters.stack);
        section
    }

    fn instance_gas(&self) -> u64 {
        let active = |data: &&wasmparser::Data<'_>| matches!(data.kind, wasmparser::DataKind::Active { .. });
        let bytes: u64 = self.parts.data.iter().filter(active).map(|data| data.data.len() as u64).sum();
        let entries: u64 = self.parts.elements.iter().map(|element| u64::from(entry_count(&element.items))).sum();
        let initial = self.parts.memories.first().map_or(0, |memory| memory.initial);
        let pages = initial.saturating_sub(u64::from(INSTANCE_PAGES));
        (bytes >> BULK_BYTES_PER_GAS_LOG2) + entries * TABLE_ENTRY_GAS + pages.saturating_mul(MEMORY_PAGE_GAS)
    }
}

fn entry_count(items: &wasmparser::ElementItems<'_>) -> u32 {
    match items {
        wasmparser::ElementItems::Functions(items) => items.count(),
        wasmparser::ElementItems::Expressions(_, items) => items.count(),
    }
}

#[cfg(test)]
mod tests;
