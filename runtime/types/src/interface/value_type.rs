//! Types of an interface, and the grammar in which a module's section writes them.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;

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
            self.rest = self.rest.get(digits..)?;
            self.eat("]")?;
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
}
