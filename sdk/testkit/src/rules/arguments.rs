//! Where the parts of encoded arguments lie, so that a rule can change one of them.

use tenon_types::interface::{Field, Interface, Shape, ValueType};

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A number of so many bytes.
    Number { bytes: usize, signed: bool },
    /// One byte, 0 or 1.
    Bool,
    /// The byte that says whether there is a value; if there is none, the number that could be there.
    Option { absent_number: Option<(usize, bool)> },
    /// The byte that chooses a variant, and all that it may be.
    Variant { known: Vec<u8> },
    /// How many items or bytes follow: a compact number of so many bytes.
    Count { bytes: usize, count: u32, is_text: bool },
    /// An address.
    Address,
}

/// A part of encoded arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Its name, such as `terms.holder_limit`.
    pub(crate) path: String,
    /// Its first byte.
    pub(crate) at: usize,
    pub(crate) kind: Kind,
}

struct Walk<'a> {
    interface: &'a Interface,
    input: &'a [u8],
    at: usize,
    parts: Vec<Part>,
}

/// Finds the parts of encoded arguments; nothing if they do not decode.
pub(crate) fn parts(interface: &Interface, arguments: &[Field], input: &[u8]) -> Option<Vec<Part>> {
    let mut walk = Walk { interface, input, at: 0, parts: Vec::new() };
    arguments.iter().try_for_each(|argument| walk.value(&argument.ty, &argument.name))?;
    (walk.at == input.len()).then_some(walk.parts)
}

impl Walk<'_> {
    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let bytes = self.input.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn part(&mut self, path: &str, at: usize, kind: Kind) {
        self.parts.push(Part { path: path.to_owned(), at, kind });
    }

    fn count(&mut self, path: &str, is_text: bool) -> Option<u32> {
        let at = self.at;
        let bytes = match self.input.get(at)? & 3 {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => return None,
        };
        let mut number = [0; 4];
        number[..bytes].copy_from_slice(self.take(bytes)?);
        let count = u32::from_le_bytes(number) >> 2;
        self.part(path, at, Kind::Count { bytes, count, is_text });
        Some(count)
    }

    fn value(&mut self, ty: &ValueType, path: &str) -> Option<()> {
        let at = self.at;
        match ty {
            ValueType::Unsigned(bits) | ValueType::Signed(bits) => {
                let bytes = usize::from(bits / 8);
                self.take(bytes)?;
                self.part(path, at, Kind::Number { bytes, signed: matches!(ty, ValueType::Signed(_)) });
            }
            ValueType::Bool => {
                self.byte()?;
                self.part(path, at, Kind::Bool);
            }
            ValueType::Text | ValueType::Bytes => {
                let count = self.count(path, *ty == ValueType::Text)?;
                self.take(usize::try_from(count).ok()?)?;
            }
            ValueType::Address => {
                self.take(32)?;
                self.part(path, at, Kind::Address);
            }
            ValueType::Hash => {
                self.take(32)?;
            }
            ValueType::Tuple(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(item, &format!("{path}.{index}"))?;
                }
            }
            ValueType::Array(item, count) => {
                for index in 0..*count {
                    self.item(item, &format!("{path}[{index}]"))?;
                }
            }
            ValueType::List(item) => {
                for index in 0..self.count(path, false)? {
                    self.item(item, &format!("{path}[{index}]"))?;
                }
            }
            ValueType::Option(item) => self.option(item, path)?,
            ValueType::Named(name) => self.named(name, path)?,
        }
        Some(())
    }

    /// An item of a list. Bytes are no numbers that anybody calculates with.
    fn item(&mut self, ty: &ValueType, path: &str) -> Option<()> {
        if *ty == ValueType::Unsigned(8) { self.take(1).map(|_| ()) } else { self.value(ty, path) }
    }

    fn option(&mut self, item: &ValueType, path: &str) -> Option<()> {
        let at = self.at;
        let is_some = self.byte()? == 1;
        let number = match item {
            ValueType::Unsigned(bits) => Some((usize::from(bits / 8), false)),
            ValueType::Signed(bits) => Some((usize::from(bits / 8), true)),
            _ => None,
        };
        self.part(path, at, Kind::Option { absent_number: number.filter(|_| !is_some) });
        if is_some { self.value(item, path) } else { Some(()) }
    }

    fn named(&mut self, name: &str, path: &str) -> Option<()> {
        let at = self.at;
        let fields = match &self.interface.named_type(name)?.shape {
            Shape::Struct(fields) => fields,
            Shape::Enum(variants) => {
                let index = self.byte()?;
                let known = variants.iter().map(|variant| variant.index).collect();
                self.part(path, at, Kind::Variant { known });
                &variants.iter().find(|variant| variant.index == index)?.fields
            }
        };
        fields.clone().iter().try_for_each(|field| self.value(&field.ty, &format!("{path}.{}", field.name)))
    }
}
