//! Values of a module's interface, encoded and decoded from the interface alone, without generated code.
//!
//! | type | as text | as JSON, and as it is shown |
//! |---|---|---|
//! | `u8` .. `u32`, `i8` .. `i32` | `1_000`, `0x3e8`, `-5` | number |
//! | `u64`, `u128`, `i64`, `i128` | the same | decimal string (a number is read as well) |
//! | `bool` | `true`, `false` | the same |
//! | `string` | as it stands | string |
//! | `bytes`, `hash`, `[u8;N]` | `0x..` | the same |
//! | `address` | SS58, `0x..`, `//Alice`, a protocol module's name | SS58 |
//! | tuple, array, list | `1,2,3` or JSON | array |
//! | `option<T>` | `none`, or the value | `null`, or the value; `{"some": ..}` if `T` is an option itself |
//! | struct | JSON | object, or an array if its fields are numbered (an array is read for either) |
//! | enum | variant name, or JSON | `"Variant"`, `{"Variant": {..}}` or `{"Variant": [..]}` |
//!
//! Work is bounded on both ways: nesting by [`MAX_VALUE_DEPTH`], the number of values by [`MAX_VALUES`]. The file
//! leaves out where the bytes go.

mod decode;
mod encode;
mod error;
#[cfg(test)]
mod tests;
mod text;

pub use error::ValueError;

use crate::address::Resolver;
use serde_json::{Map, Value as Json};
use tenon_types::interface::{Field, Interface, Method, ValueType};

/// Values inside values.
pub const MAX_VALUE_DEPTH: usize = 64;
/// Values in one value, itself included.
pub const MAX_VALUES: usize = 1 << 18;

/// Encodes and decodes values of one interface.
#[derive(Clone, Copy)]
pub struct Codec<'a> {
    interface: &'a Interface,
    resolve: &'a Resolver<'a>,
    prefix: u16,
}

impl<'a> Codec<'a> {
    /// Makes a codec for an interface. `resolve` knows the names of instances; addresses are shown with `prefix`.
    pub const fn new(interface: &'a Interface, resolve: &'a Resolver<'a>, prefix: u16) -> Self {
        Self { interface, resolve, prefix }
    }

    /// The interface.
    pub const fn interface(&self) -> &'a Interface {
        self.interface
    }

    /// Encodes a value that a person wrote. `path` is how errors name it.
    ///
    /// # Errors
    /// [`ValueError`] that says what was found and expected, and where.
    pub fn encode_text(&self, path: &str, ty: &ValueType, text: &str) -> Result<Vec<u8>, ValueError> {
        self.encode_json(path, ty, &self.text_to_json(path, ty, text)?)
    }

    /// Turns a value that a person wrote into the JSON that says the same, without checking it against the type.
    ///
    /// # Errors
    /// [`ValueError`] if the text should be JSON and is not.
    pub fn text_to_json(&self, path: &str, ty: &ValueType, text: &str) -> Result<Json, ValueError> {
        text::to_json(self.interface, path, ty, text, MAX_VALUE_DEPTH)
    }

    /// Encodes a value.
    ///
    /// # Errors
    /// [`ValueError`] that says what was found and expected, and where.
    pub fn encode_json(&self, path: &str, ty: &ValueType, json: &Json) -> Result<Vec<u8>, ValueError> {
        let mut encoder = encode::Encoder::new(self);
        encoder.value(path, ty, json, MAX_VALUE_DEPTH)?;
        Ok(encoder.output)
    }

    /// Encodes the arguments of a method from an object with their names. An absent option is none.
    ///
    /// # Errors
    /// [`ValueError`] for a missing, surplus or wrong argument.
    pub fn encode_arguments(&self, method: &Method, arguments: &Map<String, Json>) -> Result<Vec<u8>, ValueError> {
        let mut encoder = encode::Encoder::new(self);
        encoder.fields("", &method.arguments, arguments, MAX_VALUE_DEPTH)?;
        Ok(encoder.output)
    }

    /// Decodes bytes that are one value and nothing else.
    ///
    /// # Errors
    /// [`ValueError`] if they are not.
    pub fn decode(&self, path: &str, ty: &ValueType, bytes: &[u8]) -> Result<Json, ValueError> {
        let mut decoder = decode::Decoder::new(self, bytes);
        let value = decoder.value(path, ty, MAX_VALUE_DEPTH)?;
        decoder.end(path)?;
        Ok(value)
    }

    /// Decodes bytes that are the values of fields, one after the other, and nothing else.
    ///
    /// # Errors
    /// [`ValueError`] if they are not.
    pub fn decode_fields<'f>(
        &self,
        path: &str,
        fields: impl IntoIterator<Item = &'f Field>,
        bytes: &[u8],
    ) -> Result<Map<String, Json>, ValueError> {
        let mut decoder = decode::Decoder::new(self, bytes);
        let values = decoder.fields(path, fields, MAX_VALUE_DEPTH)?;
        decoder.end(path)?;
        Ok(values)
    }
}

impl std::fmt::Debug for Codec<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Codec").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// Names a part of a value in errors: `recipients[2].amount`.
fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.into() } else { format!("{path}.{name}") }
}

/// Whether so many bits are a width of the interface's numbers.
const fn is_width(bits: u16) -> bool {
    matches!(bits, 8 | 16 | 32 | 64 | 128)
}

/// Whether values of the type are shown as `0x..`.
fn is_octets(ty: &ValueType) -> bool {
    matches!(ty, ValueType::Unsigned(8))
}
