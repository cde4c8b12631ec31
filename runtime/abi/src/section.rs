//! Layout of the custom sections `tenon.abi` and `tenon.manifest`.
//!
//! A section is a run of entries, `kind u8, payload length u32 LE, payload`, so that the linker may concatenate what
//! separate items of a module's source emitted, in any order. Inside a payload a text is `length u16 LE, UTF-8` and a
//! list is `count u8, items`. This file writes entries at compile time and cuts a section into entries; what the
//! entries mean to a person or a client is read by `tenon-types`.
//!
//! | section | kind | payload |
//! |---|---|---|
//! | abi | `METHOD` | mode u8, flags u8, name, doc, result type, list of (name, type) |
//! | abi | `EVENT` | name, doc, list of (name, type, topic u8) |
//! | abi | `ERROR` | number u16 LE, name, doc |
//! | abi | `STRUCT` | name, doc, list of (name, type) |
//! | abi | `ENUM` | name, doc, list of (name, index u8, list of (name, type)) |
//! | abi | `STORAGE` | name, doc, container (`value`, `map`, `ordered_map`, `set`), key type, value type, prefix |
//! | manifest | `NAME`, `VERSION`, `LICENCE`, `BUILD_IMAGE` | text |
//! | manifest | `SOURCE_HASH` | 32 bytes |
//! | manifest | `CAPABILITIES` | bits u32 LE |
//! | manifest | `CALL_TARGET` | text: `*`, the name of a protocol module, or an address in hex |
//! | manifest | `MEMORY_PAGES` | u32 LE |
//! | manifest | `UPGRADE_POLICY` | u8: 0 none, 1 admin |
//!
//! A type is written in this grammar, without spaces: `u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 bool string bytes
//! address hash () (A,B) [T;N] vec<T> option<T>` or the name of a `STRUCT` or `ENUM` entry.

/// Entry of the ABI section: a method.
pub const METHOD: u8 = 1;
/// Entry of the ABI section: an event.
pub const EVENT: u8 = 2;
/// Entry of the ABI section: an error.
pub const ERROR: u8 = 3;
/// Entry of the ABI section: a named product type.
pub const STRUCT: u8 = 4;
/// Entry of the ABI section: a named sum type.
pub const ENUM: u8 = 5;
/// Entry of the ABI section: a storage field.
pub const STORAGE: u8 = 6;

/// Entry of the manifest: the module's name.
pub const NAME: u8 = 1;
/// Entry of the manifest: the module's version.
pub const VERSION: u8 = 2;
/// Entry of the manifest: the licence, as an SPDX expression.
pub const LICENCE: u8 = 3;
/// Entry of the manifest: the hash of the source tree.
pub const SOURCE_HASH: u8 = 4;
/// Entry of the manifest: the toolchain that built the code.
pub const BUILD_IMAGE: u8 = 5;
/// Entry of the manifest: the capabilities asked for.
pub const CAPABILITIES: u8 = 6;
/// Entry of the manifest: one callee.
pub const CALL_TARGET: u8 = 7;
/// Entry of the manifest: the most memory pages.
pub const MEMORY_PAGES: u8 = 8;
/// Entry of the manifest: who may upgrade.
pub const UPGRADE_POLICY: u8 = 9;

/// Method mode: the constructor, export `init`.
pub const MODE_INIT: u8 = 0;
/// Method mode: may write, export `call.NAME`.
pub const MODE_CALL: u8 = 1;
/// Method mode: may not write, export `query.NAME`.
pub const MODE_QUERY: u8 = 2;
/// Method mode: called by the host, export `hook.NAME`.
pub const MODE_HOOK: u8 = 3;
/// Method mode: runs once after an upgrade, export `migrate`.
pub const MODE_MIGRATE: u8 = 4;
/// Method mode: must return true in every state, export `invariant.NAME`.
pub const MODE_INVARIANT: u8 = 5;

/// Method flag: accepts the native coin.
pub const FLAG_PAYABLE: u8 = 1;
/// Method flag: may be entered while its instance is on the call stack.
pub const FLAG_REENTRANT: u8 = 2;

/// Bytes before an entry's payload.
pub const ENTRY_HEADER_BYTES: usize = 5;

/// Writes one entry into a buffer of exactly `N` bytes, at compile time.
///
/// Build once with a large `N`, read [`EntryWriter::length`], then build with that `N` and take
/// [`EntryWriter::finish`].
#[derive(Clone, Copy, Debug)]
pub struct EntryWriter<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

#[allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "it runs at compile time, where a fault stops the build"
)]
impl<const N: usize> EntryWriter<N> {
    /// Begins an entry of a kind.
    pub const fn new(kind: u8) -> Self {
        let mut bytes = [0; N];
        bytes[0] = kind;
        Self { bytes, length: ENTRY_HEADER_BYTES }
    }

    /// Appends one byte.
    #[must_use]
    pub const fn byte(mut self, value: u8) -> Self {
        self.bytes[self.length] = value;
        self.length += 1;
        self
    }

    /// Appends bytes as they are.
    #[must_use]
    pub const fn raw(mut self, value: &[u8]) -> Self {
        let mut index = 0;
        while index < value.len() {
            self.bytes[self.length] = value[index];
            self.length += 1;
            index += 1;
        }
        self
    }

    /// Appends a text with its length.
    #[must_use]
    pub const fn text(self, value: &str) -> Self {
        assert!(value.len() <= u16::MAX as usize, "a text of a section is at most 65,535 bytes");
        #[allow(clippy::cast_possible_truncation, reason = "bounded by the assertion")]
        let length = (value.len() as u16).to_le_bytes();
        self.raw(&length).raw(value.as_bytes())
    }

    /// The length so far, header included.
    pub const fn length(&self) -> usize {
        self.length
    }

    /// Fills in the payload's length and returns the bytes.
    ///
    /// # Panics
    /// If `N` is not the entry's length; at compile time in a constant.
    pub const fn finish(mut self) -> [u8; N] {
        assert!(self.length == N, "the buffer has the entry's length");
        #[allow(clippy::cast_possible_truncation, reason = "a section is at most 64 KiB")]
        let payload = ((N - ENTRY_HEADER_BYTES) as u32).to_le_bytes();
        let mut index = 0;
        while index < payload.len() {
            self.bytes[1 + index] = payload[index];
            index += 1;
        }
        self.bytes
    }
}

/// One entry of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// What it describes.
    pub kind: u8,
    /// Its fields.
    pub payload: &'a [u8],
}

/// Why a section cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncated {
    /// The offset at which bytes were missing or not UTF-8.
    pub offset: usize,
}

/// Cuts a section into entries. Ends after the first error.
pub fn entries(section: &[u8]) -> impl Iterator<Item = Result<Entry<'_>, Truncated>> {
    let mut reader = Reader::new(section);
    let mut failed = false;
    core::iter::from_fn(move || {
        if failed || reader.is_empty() {
            return None;
        }
        let entry = reader.entry();
        failed = entry.is_err();
        Some(entry)
    })
}

/// Reads the fields of a payload in order.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// Whether every byte was read.
    pub const fn is_empty(&self) -> bool {
        self.offset == self.bytes.len()
    }

    /// Takes a number of bytes.
    ///
    /// # Errors
    /// [`Truncated`] if fewer are left.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Truncated> {
        let error = Truncated { offset: self.offset };
        let end = self.offset.checked_add(count).ok_or(error)?;
        let bytes = self.bytes.get(self.offset..end).ok_or(error)?;
        self.offset = end;
        Ok(bytes)
    }

    /// Takes one byte.
    ///
    /// # Errors
    /// [`Truncated`] if none is left.
    pub fn byte(&mut self) -> Result<u8, Truncated> {
        let error = Truncated { offset: self.offset };
        self.take(1)?.first().copied().ok_or(error)
    }

    /// Takes a little-endian `u16`.
    ///
    /// # Errors
    /// [`Truncated`] if fewer than two bytes are left.
    pub fn number16(&mut self) -> Result<u16, Truncated> {
        let bytes = self.take(2)?;
        Ok(bytes.iter().rev().fold(0, |value, byte| value << 8 | u16::from(*byte)))
    }

    /// Takes a little-endian `u32`.
    ///
    /// # Errors
    /// [`Truncated`] if fewer than four bytes are left.
    pub fn number32(&mut self) -> Result<u32, Truncated> {
        let bytes = self.take(4)?;
        Ok(bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }

    /// Takes a text.
    ///
    /// # Errors
    /// [`Truncated`] if bytes are missing or not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, Truncated> {
        let error = Truncated { offset: self.offset };
        let length = usize::from(self.number16()?);
        core::str::from_utf8(self.take(length)?).map_err(|_| error)
    }

    fn entry(&mut self) -> Result<Entry<'a>, Truncated> {
        let error = Truncated { offset: self.offset };
        let kind = self.byte()?;
        let length = usize::try_from(self.number32()?).map_err(|_| error)?;
        Ok(Entry { kind, payload: self.take(length)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: usize = EntryWriter::<64>::new(ERROR).raw(&7u16.to_le_bytes()).text("Full").text("").length();
    const BYTES: [u8; LENGTH] =
        EntryWriter::<LENGTH>::new(ERROR).raw(&7u16.to_le_bytes()).text("Full").text("").finish();

    #[test]
    fn reads_back_what_was_written_at_compile_time() {
        let mut all = entries(&BYTES);
        let entry = all.next().expect("one entry").expect("well formed");
        assert_eq!(entry.kind, ERROR);
        let mut reader = Reader::new(entry.payload);
        assert_eq!((reader.number16(), reader.text(), reader.text()), (Ok(7), Ok("Full"), Ok("")));
        assert!(reader.is_empty() && all.next().is_none());
    }

    #[test]
    fn refuses_a_section_cut_anywhere() {
        for end in 1..BYTES.len() {
            assert!(entries(&BYTES[..end]).any(|entry| entry.is_err()), "cut at {end}");
        }
    }
}
