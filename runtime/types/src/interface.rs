//! What a module's custom sections say, in a form for clients, tools and the host: its interface and its manifest.
//!
//! Values are encoded and decoded elsewhere (`tenon-client`); here are only names and types.

mod read;
mod value_type;

pub use value_type::ValueType;

use alloc::{string::String, vec::Vec};
use core::fmt;
use read::{Fields, truncated, unknown};
use tenon_abi::section::{self, Reader};
use tenon_abi::{ABI_SECTION, Capabilities, MANIFEST_SECTION};

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
