//! Cuts a module into its sections, in the terms that validation and instrumentation share.
//!
//! It checks nothing but the encoding: every proposal is readable here, so that what is refused can be named.

use wasmparser::{
    BinaryReaderError, Data, Element, Export, FuncType, FunctionBody, Global, Import, MemoryType, Parser, Payload,
    SectionLimited, Table, TypeRef, ValidPayload, Validator, WasmFeatures,
};

/// The proposals of the profile, as far as `wasmparser` can tell them apart.
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::EXTENDED_CONST);

/// A custom section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Custom<'a> {
    pub(crate) name: &'a str,
    pub(crate) data: &'a [u8],
}

/// The sections of a module.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    pub(crate) types: Vec<FuncType>,
    pub(crate) imports: Vec<Import<'a>>,
    /// Type of each function that the module defines.
    pub(crate) functions: Vec<u32>,
    pub(crate) tables: Vec<Table<'a>>,
    pub(crate) memories: Vec<MemoryType>,
    pub(crate) globals: Vec<Global<'a>>,
    pub(crate) exports: Vec<Export<'a>>,
    pub(crate) start: Option<u32>,
    pub(crate) elements: Vec<Element<'a>>,
    pub(crate) data_count: Option<u32>,
    pub(crate) data: Vec<Data<'a>>,
    pub(crate) bodies: Vec<FunctionBody<'a>>,
    pub(crate) custom: Vec<Custom<'a>>,
    pub(crate) tags: u32,
}

impl<'a> Parts<'a> {
    /// Reads every section.
    ///
    /// # Errors
    /// The parser's, if the bytes are not a module, or the module uses types other than functions.
    pub(crate) fn parse(code: &'a [u8]) -> Result<Self, BinaryReaderError> {
        let mut parts = Self::default();
        for payload in Parser::new(0).parse_all(code) {
            parts.add(payload?)?;
        }
        Ok(parts)
    }

    fn add(&mut self, payload: Payload<'a>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::TypeSection(reader) => {
                self.types = reader.into_iter_err_on_gc_types().collect::<Result<_, _>>()?;
            }
            Payload::ImportSection(reader) => self.imports = reader.into_imports().collect::<Result<_, _>>()?,
            Payload::FunctionSection(reader) => self.functions = all(reader)?,
            Payload::TableSection(reader) => self.tables = all(reader)?,
            Payload::MemorySection(reader) => self.memories = all(reader)?,
            Payload::GlobalSection(reader) => self.globals = all(reader)?,
            Payload::ExportSection(reader) => self.exports = all(reader)?,
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(reader) => self.elements = all(reader)?,
            Payload::DataCountSection { count, .. } => self.data_count = Some(count),
            Payload::DataSection(reader) => self.data = all(reader)?,
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::CustomSection(reader) => {
                self.custom.push(Custom { name: reader.name(), data: reader.data() });
            }
            Payload::TagSection(reader) => self.tags = reader.count(),
            _ => {}
        }
        Ok(())
    }

    /// Functions that the module imports.
    pub(crate) fn imported_functions(&self) -> usize {
        self.imports.iter().filter(|import| matches!(import.ty, TypeRef::Func(_))).count()
    }

    /// The type of a function, imported or defined.
    pub(crate) fn function_type(&self, index: u32) -> Option<&FuncType> {
        let index = usize::try_from(index).ok()?;
        let imported = self.imported_functions();
        let type_index = if index < imported {
            self.imports
                .iter()
                .filter_map(|import| match import.ty {
                    TypeRef::Func(type_index) => Some(type_index),
                    _ => None,
                })
                .nth(index)?
        } else {
            *self.functions.get(index - imported)?
        };
        self.types.get(usize::try_from(type_index).ok()?)
    }

    /// The name under which a function is exported, if any.
    pub(crate) fn export_name(&self, function: u32) -> Option<&'a str> {
        let exported = |export: &&Export<'_>| export.kind == wasmparser::ExternalKind::Func && export.index == function;
        self.exports.iter().find(exported).map(|export| export.name)
    }
}

fn all<'a, T: wasmparser::FromReader<'a>>(reader: SectionLimited<'a, T>) -> Result<Vec<T>, BinaryReaderError> {
    reader.into_iter().collect()
}

/// Validates the module within [`FEATURES`] and finds the greatest operand height of each function that it defines.
///
/// # Errors
/// The validator's.
pub(crate) fn operand_heights(code: &[u8]) -> Result<Vec<u32>, BinaryReaderError> {
    let mut validator = Validator::new_with_features(FEATURES);
    let mut heights = Vec::new();
    let mut allocations = wasmparser::FuncValidatorAllocations::default();
    for payload in Parser::new(0).parse_all(code) {
        let ValidPayload::Func(function, body) = validator.payload(&payload?)? else {
            continue;
        };
        let mut function = function.into_validator(allocations);
        let mut reader = body.get_binary_reader();
        function.read_locals(&mut reader)?;
        let mut operators = wasmparser::OperatorsReader::new(reader);
        let mut height = 0;
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            function.op(offset, &operator)?;
            height = height.max(function.operand_stack_height());
        }
        operators.finish()?;
        heights.push(height);
        allocations = function.into_allocations();
    }
    Ok(heights)
}
