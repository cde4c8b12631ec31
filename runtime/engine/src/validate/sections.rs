//! Reads the two custom sections as far as the sandbox needs them, and refuses what is not well formed.

use std::collections::BTreeSet;

use tenon_abi::section::{self, Entry, Reader, Truncated};
use tenon_abi::{ABI_SECTION, Capabilities, MANIFEST_SECTION, limits};

use super::{InvalidCode, bound};
use crate::parts::Parts;

/// What the manifest says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manifest {
    pub(crate) capabilities: Capabilities,
    pub(crate) call_targets: Vec<String>,
    pub(crate) memory_pages: Option<u32>,
    pub(crate) upgradable: bool,
}

/// One method of the interface.
#[derive(Clone, Debug)]
pub(crate) struct Method {
    pub(crate) export: String,
    pub(crate) flags: u8,
}

/// Both sections.
#[derive(Debug)]
pub(crate) struct Sections {
    pub(crate) manifest: Manifest,
    pub(crate) methods: Vec<Method>,
}

impl Sections {
    /// Reads the sections of a module. The manifest must be there; a module without methods has no ABI section.
    ///
    /// # Errors
    /// If a section is missing, double, too large or not well formed.
    pub(crate) fn read(parts: &Parts<'_>) -> Result<Self, InvalidCode> {
        let manifest = find(parts, MANIFEST_SECTION)?
            .ok_or_else(|| fault(MANIFEST_SECTION, 0, "found no such section, expected one".to_owned()))?;
        let manifest = read_manifest(manifest)?;
        let methods = find(parts, ABI_SECTION)?.map(read_methods).transpose()?.unwrap_or_default();
        Ok(Self { manifest, methods })
    }
}

fn find<'a>(parts: &Parts<'a>, name: &'static str) -> Result<Option<&'a [u8]>, InvalidCode> {
    let mut found = parts.custom.iter().filter(|custom| custom.name == name);
    let first = found.next();
    if found.next().is_some() {
        return Err(fault(name, 0, "found two sections of this name, expected one".to_owned()));
    }
    let Some(custom) = first else {
        return Ok(None);
    };
    bound(name, "bytes of section", custom.data.len(), ("MAX_SECTION_BYTES", limits::MAX_SECTION_BYTES))?;
    Ok(Some(custom.data))
}

fn fault(section: &'static str, entry: usize, problem: String) -> InvalidCode {
    InvalidCode::Section { section, entry, problem }
}

fn truncated(section: &'static str, entry: usize) -> impl Fn(Truncated) -> InvalidCode {
    move |error| fault(section, entry, format!("bytes are missing or not UTF-8 at offset {}", error.offset))
}

fn read_manifest(data: &[u8]) -> Result<Manifest, InvalidCode> {
    let mut manifest = Manifest::default();
    let mut kinds = BTreeSet::new();
    for (index, entry) in section::entries(data).enumerate() {
        let entry = entry.map_err(truncated(MANIFEST_SECTION, index))?;
        if entry.kind != section::CALL_TARGET && !kinds.insert(entry.kind) {
            return Err(fault(MANIFEST_SECTION, index, format!("found kind {} twice, expected once", entry.kind)));
        }
        read_manifest_entry(&mut manifest, index, entry)?;
    }
    for (kind, what) in [(section::NAME, "NAME"), (section::CAPABILITIES, "CAPABILITIES")] {
        if !kinds.contains(&kind) {
            return Err(fault(MANIFEST_SECTION, 0, format!("found no entry {what}, expected one")));
        }
    }
    Ok(manifest)
}

fn read_manifest_entry(manifest: &mut Manifest, index: usize, entry: Entry<'_>) -> Result<(), InvalidCode> {
    let cut = truncated(MANIFEST_SECTION, index);
    let wrong = |problem: String| fault(MANIFEST_SECTION, index, problem);
    let mut reader = Reader::new(entry.payload);
    match entry.kind {
        section::NAME | section::VERSION | section::LICENCE | section::BUILD_IMAGE => {
            reader.text().map_err(cut)?;
        }
        section::SOURCE_HASH => {
            reader.take(32).map_err(cut)?;
        }
        section::CAPABILITIES => {
            let bits = reader.number32().map_err(cut)?;
            manifest.capabilities = Capabilities::from_bits(bits)
                .ok_or_else(|| wrong(format!("found capability bits {bits:#x}, expected known bits")))?;
        }
        section::CALL_TARGET => {
            manifest.call_targets.push(reader.text().map_err(cut)?.to_owned());
            let limit = ("MAX_CALL_TARGETS", limits::MAX_CALL_TARGETS);
            bound(MANIFEST_SECTION, "call targets", manifest.call_targets.len(), limit)?;
        }
        section::MEMORY_PAGES => {
            let pages = reader.number32().map_err(cut)?;
            let count = usize::try_from(pages).unwrap_or(usize::MAX);
            bound(MANIFEST_SECTION, "memory pages", count, ("MAX_MEMORY_PAGES", limits::MAX_MEMORY_PAGES))?;
            manifest.memory_pages = Some(pages);
        }
        section::UPGRADE_POLICY => {
            let policy = reader.byte().map_err(cut)?;
            if policy > 1 {
                return Err(wrong(format!("found upgrade policy {policy}, expected 0 or 1")));
            }
            manifest.upgradable = policy == 1;
        }
        kind => return Err(wrong(format!("found kind {kind}, expected 1 to 9"))),
    }
    at_end(&reader).map_err(wrong)
}

fn at_end(reader: &Reader<'_>) -> Result<(), String> {
    if reader.is_empty() { Ok(()) } else { Err("found bytes after the last field, expected none".to_owned()) }
}

fn read_methods(data: &[u8]) -> Result<Vec<Method>, InvalidCode> {
    let mut methods = Vec::new();
    for (index, entry) in section::entries(data).enumerate() {
        let cut = truncated(ABI_SECTION, index);
        let wrong = |problem: String| fault(ABI_SECTION, index, problem);
        let entry = entry.map_err(&cut)?;
        let mut reader = Reader::new(entry.payload);
        if entry.kind == section::METHOD {
            let (mode, flags) = (reader.byte().map_err(&cut)?, reader.byte().map_err(&cut)?);
            let name = reader.text().map_err(&cut)?;
            let export = export_of(mode, name).map_err(wrong)?;
            if flags & !(section::FLAG_PAYABLE | section::FLAG_REENTRANT) != 0 {
                return Err(wrong(format!("found method flags {flags:#x}, expected known flags")));
            }
            methods.push(Method { export, flags });
        }
        read_rest(entry.kind, &mut reader).map_err(&cut)?;
        if !(section::METHOD..=section::STORAGE).contains(&entry.kind) {
            return Err(wrong(format!("found kind {}, expected 1 to 6", entry.kind)));
        }
        at_end(&reader).map_err(wrong)?;
    }
    Ok(methods)
}

/// Steps over the fields that only clients read.
fn read_rest(kind: u8, reader: &mut Reader<'_>) -> Result<(), Truncated> {
    match kind {
        section::METHOD => {
            texts(reader, 2)?;
            list(reader, |item| texts(item, 2))
        }
        section::EVENT => {
            texts(reader, 2)?;
            list(reader, |item| texts(item, 2).and_then(|()| item.byte().map(drop)))
        }
        section::ERROR => {
            reader.number16()?;
            texts(reader, 2)
        }
        section::STRUCT => {
            texts(reader, 2)?;
            list(reader, |item| texts(item, 2))
        }
        section::ENUM => {
            texts(reader, 2)?;
            list(reader, |item| {
                texts(item, 1)?;
                item.byte()?;
                list(item, |field| texts(field, 2))
            })
        }
        section::STORAGE => {
            texts(reader, 5)?;
            let prefix = reader.number16()?;
            reader.take(prefix.into()).map(drop)
        }
        _ => Ok(()),
    }
}

fn texts(reader: &mut Reader<'_>, count: u32) -> Result<(), Truncated> {
    for _ in 0..count {
        reader.text()?;
    }
    Ok(())
}

fn list<'a>(
    reader: &mut Reader<'a>,
    mut item: impl FnMut(&mut Reader<'a>) -> Result<(), Truncated>,
) -> Result<(), Truncated> {
    for _ in 0..reader.byte()? {
        item(reader)?;
    }
    Ok(())
}

/// The export that a method stands under.
fn export_of(mode: u8, name: &str) -> Result<String, String> {
    let most = usize::try_from(limits::MAX_METHOD_BYTES).unwrap_or(usize::MAX);
    if name.is_empty() || name.len() > most {
        return Err(format!("found a method name of {} bytes, expected 1 to MAX_METHOD_BYTES ({most})", name.len()));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(format!("found method name {name:?}, expected letters, digits and underscores"));
    }
    match mode {
        section::MODE_INIT => Ok("init".to_owned()),
        section::MODE_MIGRATE => Ok("migrate".to_owned()),
        section::MODE_CALL => Ok(format!("call.{name}")),
        section::MODE_QUERY => Ok(format!("query.{name}")),
        section::MODE_HOOK => Ok(format!("hook.{name}")),
        section::MODE_INVARIANT => Ok(format!("invariant.{name}")),
        _ => Err(format!("found method mode {mode}, expected 0 to 5")),
    }
}
