//! What a module's custom sections say, in a form for clients, tools and the host: its interface and its manifest.
//!
//! Values are encoded and decoded elsewhere (`tenon-client`); here are only names and types.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;
use tenon_abi::section::{self, Reader, Truncated};
use tenon_abi::{ABI_SECTION, Capabilities, MANIFEST_SECTION};

/// Nested types, such as `vec<vec<..>>`, that are read.
const MAX_TYPE_DEPTH: u32 = 16;

/// A type of the interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// An unsigned number of so many bits.
    Unsigned(u16),
    /// A signed number of so many bits, in two's complement.
    Signed(u16),
    /// A boolean.
    Bool,
    /// UTF-8 text.
    Text,
    /// Bytes of any length.
    Bytes,
    /// The address of an account or instance.
    Address,
    /// A 32-byte hash.
    Hash,
    /// Several values; none is the empty value.
    Tuple(Vec<Self>),
    /// So many values of one type.
    Array(Box<Self>, u32),
    /// Any number of values of one type.
    List(Box<Self>),
    /// A value or none.
    Option(Box<Self>),
    /// A type that the interface names.
    Named(String),
}

impl fmt::Display for ValueType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(bits) => write!(formatter, "u{bits}"),
            Self::Signed(bits) => write!(formatter, "i{bits}"),
            Self::Bool => formatter.write_str("bool"),
            Self::Text => formatter.write_str("string"),
            Self::Bytes => formatter.write_str("bytes"),
            Self::Address => formatter.write_str("address"),
            Self::Hash => formatter.write_str("hash"),
            Self::Tuple(items) => {
                formatter.write_str("(")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        formatter.write_str(",")?;
                    }
                    write!(formatter, "{item}")?;
                }
                formatter.write_str(")")
            }
            Self::Array(item, length) => write!(formatter, "[{item};{length}]"),
            Self::List(item) => write!(formatter, "vec<{item}>"),
            Self::Option(item) => write!(formatter, "option<{item}>"),
            Self::Named(name) => formatter.write_str(name),
        }
    }
}

/// A named value of a method, event or struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: ValueType,
}

/// How a method is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MethodMode {
    /// Once, when an instance is created.
    Init,
    /// By transactions and other modules; may write.
    Call,
    /// By anyone, for free; may not write.
    Query,
    /// By the host.
    Hook,
    /// Once after an upgrade.
    Migrate,
    /// By auditors; must return true in every state.
    Invariant,
}

impl MethodMode {
    /// The name used by the command line and docs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Call => "call",
            Self::Query => "query",
            Self::Hook => "hook",
            Self::Migrate => "migrate",
            Self::Invariant => "invariant",
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            section::MODE_INIT => Some(Self::Init),
            section::MODE_CALL => Some(Self::Call),
            section::MODE_QUERY => Some(Self::Query),
            section::MODE_HOOK => Some(Self::Hook),
            section::MODE_MIGRATE => Some(Self::Migrate),
            section::MODE_INVARIANT => Some(Self::Invariant),
            _ => None,
        }
    }
}

/// A method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// How it is entered.
    pub mode: MethodMode,
    /// Its name.
    pub name: String,
    /// What it does.
    pub doc: String,
    /// Its arguments.
    pub arguments: Vec<Field>,
    /// Its result.
    pub result: ValueType,
    /// Whether it accepts the native coin.
    pub payable: bool,
    /// Whether it may be entered while its instance is on the call stack.
    pub reentrant: bool,
}

impl Method {
    /// The WASM export that implements it.
    pub fn export(&self) -> String {
        match self.mode {
            MethodMode::Init | MethodMode::Migrate => self.mode.name().into(),
            mode => alloc::format!("{}.{}", mode.name(), self.name),
        }
    }
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventType {
    /// Its name.
    pub name: String,
    /// What it means.
    pub doc: String,
    /// Its fields, each with whether it is a topic.
    pub fields: Vec<(Field, bool)>,
}

/// A numbered error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorType {
    /// Its number.
    pub number: u16,
    /// Its name.
    pub name: String,
    /// What it means.
    pub doc: String,
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// The byte that stands for it.
    pub index: u8,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// What a named type is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// All fields, in order.
    Struct(Vec<Field>),
    /// One of the variants.
    Enum(Vec<Variant>),
}

/// A named type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedType {
    /// Its name.
    pub name: String,
    /// What it means.
    pub doc: String,
    /// What it is.
    pub shape: Shape,
}

/// A field of the storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageField {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub doc: String,
    /// `value`, `map`, `ordered_map` or `set`.
    pub container: String,
    /// The type of its keys.
    pub key: ValueType,
    /// The type of its values.
    pub value: ValueType,
    /// The bytes with which its keys begin.
    pub prefix: Vec<u8>,
}

/// Everything that `tenon.abi` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// The methods, by mode and name.
    pub methods: Vec<Method>,
    /// The events, by name.
    pub events: Vec<EventType>,
    /// The errors, by number.
    pub errors: Vec<ErrorType>,
    /// The named types, by name.
    pub types: Vec<NamedType>,
    /// The storage fields, by prefix.
    pub storage: Vec<StorageField>,
}

/// Everything that `tenon.manifest` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The module's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence, as an SPDX expression.
    pub licence: String,
    /// The hash of its source, if the build tool wrote one.
    pub source_hash: Option<[u8; 32]>,
    /// The toolchain that built it.
    pub build_image: String,
    /// The capabilities that it asks for.
    pub capabilities: Capabilities,
    /// The instances that it may call.
    pub call_targets: Vec<String>,
    /// The most memory pages, if it says so.
    pub memory_pages: Option<u32>,
    /// Whether its admin may upgrade it.
    pub upgradable: bool,
}

/// Why a module's sections cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InterfaceError {
    /// The bytes are not a WASM file.
    NotWasm,
    /// An entry is cut off or not UTF-8.
    Truncated {
        /// Which section.
        section: &'static str,
        /// Where in the entry.
        offset: usize,
    },
    /// An entry has an unknown kind or value.
    Unknown {
        /// Which section.
        section: &'static str,
        /// What was found.
        found: String,
    },
}

impl fmt::Display for InterfaceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWasm => formatter.write_str("not a WASM file: expected the bytes 00 61 73 6d 01 00 00 00"),
            Self::Truncated { section, offset } => {
                write!(formatter, "section {section}: entry cut off at byte {offset}")
            }
            Self::Unknown { section, found } => write!(formatter, "section {section}: unknown {found}"),
        }
    }
}

impl core::error::Error for InterfaceError {}

impl Interface {
    /// Reads the interface of a WASM file.
    ///
    /// # Errors
    /// [`InterfaceError`] if the file or the section cannot be read.
    pub fn of_code(code: &[u8]) -> Result<Self, InterfaceError> {
        Self::read(&custom_section(code, ABI_SECTION)?)
    }

    /// Reads the content of the section.
    ///
    /// # Errors
    /// [`InterfaceError`] if an entry cannot be read.
    pub fn read(bytes: &[u8]) -> Result<Self, InterfaceError> {
        let mut interface = Self::default();
        for entry in section::entries(bytes) {
            let entry = entry.map_err(truncated(ABI_SECTION))?;
            let mut fields = Fields { reader: Reader::new(entry.payload) };
            match entry.kind {
                section::METHOD => interface.methods.push(fields.method()?),
                section::EVENT => interface.events.push(fields.event()?),
                section::ERROR => interface.errors.push(fields.error()?),
                section::STRUCT => interface.types.push(fields.structure()?),
                section::ENUM => interface.types.push(fields.enumeration()?),
                section::STORAGE => interface.storage.push(fields.storage()?),
                kind => return Err(unknown(alloc::format!("entry kind {kind}"))),
            }
            fields.end()?;
        }
        interface.methods.sort_by(|left, right| (left.mode, &left.name).cmp(&(right.mode, &right.name)));
        interface.events.sort_by(|left, right| left.name.cmp(&right.name));
        interface.errors.sort_by_key(|error| error.number);
        interface.types.sort_by(|left, right| left.name.cmp(&right.name));
        interface.types.dedup();
        interface.storage.sort_by(|left, right| left.prefix.cmp(&right.prefix));
        Ok(interface)
    }

    /// Finds a method by mode and name. `init` and `migrate` need no name.
    pub fn method(&self, mode: MethodMode, name: &str) -> Option<&Method> {
        self.methods.iter().find(|method| {
            method.mode == mode && (method.name == name || matches!(mode, MethodMode::Init | MethodMode::Migrate))
        })
    }

    /// Finds an error by its number.
    pub fn error(&self, number: u16) -> Option<&ErrorType> {
        self.errors.iter().find(|error| error.number == number)
    }

    /// Finds a named type.
    pub fn named_type(&self, name: &str) -> Option<&NamedType> {
        self.types.iter().find(|named| named.name == name)
    }
}

impl Manifest {
    /// Reads the manifest of a WASM file.
    ///
    /// # Errors
    /// [`InterfaceError`] if the file or the section cannot be read.
    pub fn of_code(code: &[u8]) -> Result<Self, InterfaceError> {
        Self::read(&custom_section(code, MANIFEST_SECTION)?)
    }

    /// Reads the content of the section. A later entry replaces an earlier one of its kind.
    ///
    /// # Errors
    /// [`InterfaceError`] if an entry cannot be read.
    pub fn read(bytes: &[u8]) -> Result<Self, InterfaceError> {
        let mut manifest = Self::default();
        for entry in section::entries(bytes) {
            let entry = entry.map_err(truncated(MANIFEST_SECTION))?;
            let mut reader = Reader::new(entry.payload);
            manifest.read_entry(entry.kind, &mut reader)?;
            if !reader.is_empty() {
                return Err(InterfaceError::Unknown {
                    section: MANIFEST_SECTION,
                    found: alloc::format!("bytes after an entry of kind {}", entry.kind),
                });
            }
        }
        Ok(manifest)
    }

    fn read_entry(&mut self, kind: u8, reader: &mut Reader<'_>) -> Result<(), InterfaceError> {
        let cut = truncated(MANIFEST_SECTION);
        let unknown = |found| InterfaceError::Unknown { section: MANIFEST_SECTION, found };
        match kind {
            section::NAME => self.name = reader.text().map_err(cut)?.into(),
            section::VERSION => self.version = reader.text().map_err(cut)?.into(),
            section::LICENCE => self.licence = reader.text().map_err(cut)?.into(),
            section::BUILD_IMAGE => self.build_image = reader.text().map_err(cut)?.into(),
            section::SOURCE_HASH => self.source_hash = reader.take(32).map_err(cut)?.try_into().ok(),
            section::CAPABILITIES => {
                let bits = reader.number32().map_err(cut)?;
                self.capabilities = Capabilities::from_bits(bits)
                    .ok_or_else(|| unknown(alloc::format!("capability in the bits {bits:#x}")))?;
            }
            section::CALL_TARGET => self.call_targets.push(reader.text().map_err(cut)?.into()),
            section::MEMORY_PAGES => self.memory_pages = Some(reader.number32().map_err(cut)?),
            section::UPGRADE_POLICY => {
                self.upgradable = match reader.byte().map_err(cut)? {
                    0 => false,
                    1 => true,
                    policy => return Err(unknown(alloc::format!("upgrade policy {policy}"))),
                };
            }
            kind => return Err(unknown(alloc::format!("entry kind {kind}"))),
        }
        Ok(())
    }
}

/// Joins every custom section of a name, in the order of the file.
///
/// # Errors
/// [`InterfaceError`] if the bytes are not a sequence of WASM sections.
pub fn custom_section(code: &[u8], name: &str) -> Result<Vec<u8>, InterfaceError> {
    let rest = code.strip_prefix(b"\0asm\x01\0\0\0").ok_or(InterfaceError::NotWasm)?;
    let mut reader = Reader::new(rest);
    let mut joined = Vec::new();
    while !reader.is_empty() {
        let id = reader.byte().map_err(|_| InterfaceError::NotWasm)?;
        let length = leb128(&mut reader)?;
        let payload = reader.take(length).map_err(|_| InterfaceError::NotWasm)?;
        if id == 0 {
            let mut inner = Reader::new(payload);
            let name_length = leb128(&mut inner)?;
            let found = inner.take(name_length).map_err(|_| InterfaceError::NotWasm)?;
            if found == name.as_bytes() {
                while let Ok(byte) = inner.byte() {
                    joined.push(byte);
                }
            }
        }
    }
    Ok(joined)
}

fn leb128(reader: &mut Reader<'_>) -> Result<usize, InterfaceError> {
    let mut value = 0u64;
    for shift in (0..35).step_by(7) {
        let byte = reader.byte().map_err(|_| InterfaceError::NotWasm)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return usize::try_from(value).map_err(|_| InterfaceError::NotWasm);
        }
    }
    Err(InterfaceError::NotWasm)
}

fn truncated(section: &'static str) -> impl Fn(Truncated) -> InterfaceError + Copy {
    move |error| InterfaceError::Truncated { section, offset: error.offset }
}

fn unknown(found: String) -> InterfaceError {
    InterfaceError::Unknown { section: ABI_SECTION, found }
}

/// Reads the fields of one entry of `tenon.abi`.
struct Fields<'a> {
    reader: Reader<'a>,
}

impl Fields<'_> {
    fn text(&mut self) -> Result<String, InterfaceError> {
        self.reader.text().map(String::from).map_err(truncated(ABI_SECTION))
    }

    fn byte(&mut self) -> Result<u8, InterfaceError> {
        self.reader.byte().map_err(truncated(ABI_SECTION))
    }

    fn ty(&mut self) -> Result<ValueType, InterfaceError> {
        let text = self.text()?;
        ValueType::parse(&text).ok_or_else(|| unknown(alloc::format!("type {text:?}")))
    }

    fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, InterfaceError>,
    ) -> Result<Vec<T>, InterfaceError> {
        let count = self.byte()?;
        (0..count).map(|_| item(self)).collect()
    }

    fn field(&mut self) -> Result<Field, InterfaceError> {
        Ok(Field { name: self.text()?, ty: self.ty()? })
    }

    fn method(&mut self) -> Result<Method, InterfaceError> {
        let mode = self.byte()?;
        let mode = MethodMode::from_byte(mode).ok_or_else(|| unknown(alloc::format!("method mode {mode}")))?;
        let flags = self.byte()?;
        if flags & !(section::FLAG_PAYABLE | section::FLAG_REENTRANT) != 0 {
            return Err(unknown(alloc::format!("method flags {flags:#x}")));
        }
        Ok(Method {
            mode,
            payable: flags & section::FLAG_PAYABLE != 0,
            reentrant: flags & section::FLAG_REENTRANT != 0,
            name: self.text()?,
            doc: self.text()?,
            result: self.ty()?,
            arguments: self.list(Self::field)?,
        })
    }

    fn event(&mut self) -> Result<EventType, InterfaceError> {
        Ok(EventType {
            name: self.text()?,
            doc: self.text()?,
            fields: self.list(|fields| Ok((fields.field()?, fields.byte()? == 1)))?,
        })
    }

    fn error(&mut self) -> Result<ErrorType, InterfaceError> {
        let number = self.reader.number16().map_err(truncated(ABI_SECTION))?;
        Ok(ErrorType { number, name: self.text()?, doc: self.text()? })
    }

    fn structure(&mut self) -> Result<NamedType, InterfaceError> {
        Ok(NamedType { name: self.text()?, doc: self.text()?, shape: Shape::Struct(self.list(Self::field)?) })
    }

    fn enumeration(&mut self) -> Result<NamedType, InterfaceError> {
        let (name, doc) = (self.text()?, self.text()?);
        let variants = self.list(|fields| {
            Ok(Variant { name: fields.text()?, index: fields.byte()?, fields: fields.list(Self::field)? })
        })?;
        Ok(NamedType { name, doc, shape: Shape::Enum(variants) })
    }

    fn storage(&mut self) -> Result<StorageField, InterfaceError> {
        let (name, doc, container) = (self.text()?, self.text()?, self.text()?);
        let (key, value) = (self.ty()?, self.ty()?);
        let cut = truncated(ABI_SECTION);
        let length = usize::from(self.reader.number16().map_err(cut)?);
        let prefix = self.reader.take(length).map_err(cut)?.to_vec();
        Ok(StorageField { name, doc, container, key, value, prefix })
    }

    fn end(&self) -> Result<(), InterfaceError> {
        if self.reader.is_empty() { Ok(()) } else { Err(unknown("bytes after an entry".into())) }
    }
}

impl ValueType {
    /// Reads a type in the grammar of `tenon_abi::section`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parser = TypeParser { rest: text };
        let ty = parser.ty(MAX_TYPE_DEPTH)?;
        parser.rest.is_empty().then_some(ty)
    }
}

struct TypeParser<'a> {
    rest: &'a str,
}

impl TypeParser<'_> {
    fn eat(&mut self, token: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(token)?;
        Some(())
    }

    fn ty(&mut self, depth: u32) -> Option<ValueType> {
        let depth = depth.checked_sub(1)?;
        if self.eat("(").is_some() {
            return self.tuple(depth);
        }
        if self.eat("[").is_some() {
            let item = self.ty(depth)?;
            self.eat(";")?;
            let digits = self.rest.find(']')?;
            let length = self.rest.get(..digits)?.parse().ok()?;
            self.rest = self.rest.get(digits + 1..)?;
            return Some(ValueType::Array(Box::new(item), length));
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match word {
            "u8" | "u16" | "u32" | "u64" | "u128" => Some(ValueType::Unsigned(word[1..].parse().ok()?)),
            "i8" | "i16" | "i32" | "i64" | "i128" => Some(ValueType::Signed(word[1..].parse().ok()?)),
            "bool" => Some(ValueType::Bool),
            "string" => Some(ValueType::Text),
            "bytes" => Some(ValueType::Bytes),
            "address" => Some(ValueType::Address),
            "hash" => Some(ValueType::Hash),
            "vec" => self.inner(depth).map(ValueType::List),
            "option" => self.inner(depth).map(ValueType::Option),
            "" => None,
            name => Some(ValueType::Named(name.into())),
        }
    }

    fn inner(&mut self, depth: u32) -> Option<Box<ValueType>> {
        self.eat("<")?;
        let item = self.ty(depth)?;
        self.eat(">")?;
        Some(Box::new(item))
    }

    fn tuple(&mut self, depth: u32) -> Option<ValueType> {
        let mut items = Vec::new();
        while self.eat(")").is_none() {
            if !items.is_empty() {
                self.eat(",")?;
            }
            items.push(self.ty(depth)?);
        }
        Some(ValueType::Tuple(items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn types_read_back_as_they_are_written() {
        for text in
            ["u8", "i128", "()", "(u8,bool)", "[u8;32]", "vec<option<(address,hash)>>", "Kind", "[vec<bytes>;2]"]
        {
            assert_eq!(ValueType::parse(text).map(|ty| ty.to_string()).as_deref(), Some(text));
        }
        for text in ["", "vec<", "vec<u8", "(u8", "u8)", "[u8]", "[u8;x]", "vec<u8>x", " u8"] {
            assert_eq!(ValueType::parse(text), None, "{text}");
        }
        assert_eq!(ValueType::parse(&"vec<".repeat(10_000)), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop((Interface::read(&bytes), Manifest::read(&bytes), Interface::of_code(&bytes)));
            let mut code = b"\0asm\x01\0\0\0".to_vec();
            code.extend_from_slice(&bytes);
            drop((Interface::of_code(&code), Manifest::of_code(&code)));
        }
    }
}
