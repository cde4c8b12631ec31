//! Sections of a WASM file: drops what the chain has no use for, and adds the build's part to the manifest.
//!
//! It reads no code. Names and lists of tools make up a third of a small module and differ between machines; of the
//! exports only the memory and the methods stay, since every export is part of what an auditor reads.

use tenon_abi::{ABI_SECTION, MANIFEST_SECTION, MEMORY_EXPORT};

const HEADER: [u8; 8] = *b"\0asm\x01\0\0\0";
const CUSTOM: u8 = 0;
const EXPORT: u8 = 7;
const EXPORT_FUNCTION: u8 = 0;

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], &'static str> {
        let (front, rest) = self.bytes.split_at_checked(count).ok_or("it ends within a section")?;
        self.bytes = rest;
        Ok(front)
    }

    fn byte(&mut self) -> Result<u8, &'static str> {
        self.take(1)?.first().copied().ok_or("it ends within a section")
    }

    /// A number in LEB128, at most 32 bits.
    fn number(&mut self) -> Result<usize, &'static str> {
        let mut value = 0usize;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a number has more than 32 bits")
    }

    fn name(&mut self) -> Result<&'a [u8], &'static str> {
        let length = self.number()?;
        self.take(length)
    }
}

fn put_number(mut value: usize, out: &mut Vec<u8>) {
    loop {
        let low = u8::try_from(value & 0x7f).expect("seven bits fit a byte");
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

fn put_section(kind: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    put_number(content.len(), out);
    out.extend_from_slice(content);
}

/// Removes foreign custom sections and exports that are no methods, and adds entries to the manifest. Interface and
/// manifest become the last sections, one of each.
pub(crate) fn finish(module: &[u8], entries: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut reader = Reader { bytes: module };
    if reader.take(HEADER.len())? != HEADER {
        return Err("it does not begin as a WASM file");
    }
    let mut out = HEADER.to_vec();
    let mut sections = [(ABI_SECTION, Vec::new()), (MANIFEST_SECTION, Vec::new())];
    while !reader.bytes.is_empty() {
        let kind = reader.byte()?;
        let length = reader.number()?;
        let content = reader.take(length)?;
        match kind {
            CUSTOM => {
                let mut content = Reader { bytes: content };
                let name = content.name()?;
                if let Some((_, kept)) = sections.iter_mut().find(|(kept, _)| kept.as_bytes() == name) {
                    kept.extend_from_slice(content.bytes);
                }
            }
            EXPORT => put_section(kind, &methods(content)?, &mut out),
            _ => put_section(kind, content, &mut out),
        }
    }
    let [_, (_, manifest)] = &mut sections;
    manifest.extend_from_slice(entries);
    for (name, content) in &sections {
        put_custom(name, content, &mut out);
    }
    Ok(out)
}

fn methods(exports: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut reader = Reader { bytes: exports };
    let (mut kept, mut count) = (Vec::new(), 0);
    for _ in 0..reader.number()? {
        let name = reader.name()?;
        let kind = reader.byte()?;
        let index = reader.number()?;
        if kind == EXPORT_FUNCTION || name == MEMORY_EXPORT.as_bytes() {
            put_number(name.len(), &mut kept);
            kept.extend_from_slice(name);
            kept.push(kind);
            put_number(index, &mut kept);
            count += 1;
        }
    }
    let mut content = Vec::new();
    put_number(count, &mut content);
    content.extend(kept);
    Ok(content)
}

fn put_custom(name: &str, content: &[u8], module: &mut Vec<u8>) {
    let mut section = Vec::new();
    put_number(name.len(), &mut section);
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(content);
    put_section(CUSTOM, &section, module);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(name: &str, content: u8) -> Vec<u8> {
        let mut module = Vec::new();
        put_custom(name, &[content; 200], &mut module);
        module
    }

    #[test]
    fn keeps_interface_and_methods_only() {
        let exports = b"\x03\x06memory\x02\x00\x06call.x\x00\x05\x0b__heap_base\x03\x01";
        let mut module = HEADER.to_vec();
        for (name, content) in
            [("name", 1), (ABI_SECTION, 2), ("producers", 3), (MANIFEST_SECTION, 4), (ABI_SECTION, 5)]
        {
            module.extend(custom(name, content));
        }
        put_section(EXPORT, exports, &mut module);
        let mut expected = HEADER.to_vec();
        put_section(EXPORT, b"\x02\x06memory\x02\x00\x06call.x\x00\x05", &mut expected);
        put_custom(ABI_SECTION, &[[2; 200], [5; 200]].concat(), &mut expected);
        put_custom(MANIFEST_SECTION, &[&[4; 200][..], &[6]].concat(), &mut expected);
        assert_eq!(finish(&module, &[6]), Ok(expected));
    }

    #[test]
    fn refuses_a_file_cut_anywhere() {
        let mut module = HEADER.to_vec();
        module.extend(custom("tenon.abi", 7));
        for end in 0..module.len() {
            assert!(end == HEADER.len() || finish(&module[..end], &[]).is_err(), "cut at {end}");
        }
    }
}
