//! Names of types in the interface's grammar, as constants, so that aliases and generics come out right.

use crate::{Address, Hash};
use alloc::{string::String, vec::Vec};

/// The longest name of a type.
pub(crate) const MAX_TYPE_NAME_BYTES: usize = 192;

/// A text that is put together at compile time.
#[derive(Clone, Copy, Debug)]
pub struct TypeName {
    bytes: [u8; MAX_TYPE_NAME_BYTES],
    length: usize,
}

impl TypeName {
    /// The empty text.
    pub const EMPTY: Self = Self { bytes: [0; MAX_TYPE_NAME_BYTES], length: 0 };

    /// Starts with a text.
    pub const fn new(text: &str) -> Self {
        Self::EMPTY.text(text)
    }

    /// Appends a text.
    ///
    /// # Panics
    /// If the name grows over 192 bytes; at compile time in a constant.
    #[must_use]
    pub const fn text(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        assert!(
            self.length + text.len() <= MAX_TYPE_NAME_BYTES,
            "a type's name is too long: name a part of it with a struct"
        );
        let mut index = 0;
        while index < text.len() {
            self.bytes[self.length] = text[index];
            self.length += 1;
            index += 1;
        }
        self
    }

    /// Appends another name.
    #[must_use]
    pub const fn name(self, other: &Self) -> Self {
        self.text(other.as_str())
    }

    /// Appends a number in decimal.
    #[must_use]
    pub const fn number(self, value: usize) -> Self {
        let rest = if value >= 10 { self.number(value / 10) } else { self };
        let digits = "0123456789".as_bytes();
        let digit = [digits[value % 10]];
        match core::str::from_utf8(&digit) {
            Ok(digit) => rest.text(digit),
            Err(_) => panic!("a digit is UTF-8"),
        }
    }

    /// The text.
    pub const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => panic!("only texts were appended"),
        }
    }
}

/// A type that a module's interface or storage may name. Structs and enums get it from `#[module_type]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a module's interface",
    label = "not a type of the interface",
    note = "use integers, bool, String, Vec, Option, arrays, tuples, Address, Hash, or mark your type with `#[module_type]`"
)]
pub trait TypeInfo {
    /// The type's name in the grammar of `tenon_abi::section`.
    const NAME: TypeName;
    /// The name of a vector of it.
    const VECTOR_NAME: TypeName = TypeName::new("vec<").name(&Self::NAME).text(">");
    /// The entry of the interface that defines a named type; empty for the others.
    const DEFINITION: &'static [u8] = &[];
}

macro_rules! plain {
    ($($type:ty = $name:literal),* $(,)?) => {
        $(impl TypeInfo for $type {
            const NAME: TypeName = TypeName::new($name);
        })*
    };
}

plain! {
    u16 = "u16", u32 = "u32", u64 = "u64", u128 = "u128", i8 = "i8", i16 = "i16", i32 = "i32", i64 = "i64",
    i128 = "i128", bool = "bool", String = "string", Address = "address", Hash = "hash", () = "()",
}

impl TypeInfo for u8 {
    const NAME: TypeName = TypeName::new("u8");
    const VECTOR_NAME: TypeName = TypeName::new("bytes");
}

impl<T: TypeInfo> TypeInfo for Vec<T> {
    const NAME: TypeName = T::VECTOR_NAME;
}

impl<T: TypeInfo> TypeInfo for Option<T> {
    const NAME: TypeName = TypeName::new("option<").name(&T::NAME).text(">");
}

impl<T: TypeInfo, const N: usize> TypeInfo for [T; N] {
    const NAME: TypeName = TypeName::new("[").name(&T::NAME).text(";").number(N).text("]");
}

macro_rules! tuples {
    ($(($first:ident $(, $more:ident)*)),* $(,)?) => {
        $(impl<$first: TypeInfo, $($more: TypeInfo),*> TypeInfo for ($first, $($more),*) {
            const NAME: TypeName = TypeName::new("(").name(&$first::NAME)$(.text(",").name(&$more::NAME))*.text(")");
        })*
    };
}

tuples!((A, B), (A, B, C), (A, B, C, D), (A, B, C, D, E), (A, B, C, D, E, F));

#[cfg(test)]
mod tests {
    use super::*;

    type Balance = u128;

    #[test]
    fn names_types_in_the_grammar_of_the_section() {
        let names = [
            (<Vec<u8>>::NAME, "bytes"),
            (<Vec<Vec<u8>>>::NAME, "vec<bytes>"),
            (<Option<(Address, Balance)>>::NAME, "option<(address,u128)>"),
            (<Vec<[u8; 32]>>::NAME, "vec<[u8;32]>"),
            (<(Hash, bool, String)>::NAME, "(hash,bool,string)"),
            (<[i16; 1207]>::NAME, "[i16;1207]"),
        ];
        for (name, expected) in names {
            assert_eq!(name.as_str(), expected);
        }
    }
}
