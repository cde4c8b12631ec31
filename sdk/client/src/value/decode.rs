//! From SCALE to JSON. Only the canonical encoding is read, and nothing is reserved on the word of a length.

use super::error::FOREIGN;
use super::{Codec, MAX_VALUE_DEPTH, MAX_VALUES, ValueError, is_octets, is_width, join};
use crate::address::format_address;
use parity_scale_codec::{Compact, Decode};
use serde_json::{Map, Value as Json, json};
use tenon_types::Address;
use tenon_types::interface::{Field, Shape, ValueType};

pub(super) struct Decoder<'c, 'a, 'b> {
    codec: &'c Codec<'a>,
    left: usize,
    input: &'b [u8],
}

impl<'c, 'a, 'b> Decoder<'c, 'a, 'b> {
    pub(super) const fn new(codec: &'c Codec<'a>, input: &'b [u8]) -> Self {
        Self { codec, left: MAX_VALUES, input }
    }

    pub(super) fn end(&self, path: &str) -> Result<(), ValueError> {
        if self.input.is_empty() {
            return Ok(());
        }
        Err(ValueError::new(path, format!("{} bytes after the value", self.input.len()), "none", FOREIGN))
    }

    pub(super) fn value(&mut self, path: &str, ty: &ValueType, depth: usize) -> Result<Json, ValueError> {
        let (Some(depth), Some(left)) = (depth.checked_sub(1), self.left.checked_sub(1)) else {
            return Err(ValueError::bound(path, format!("at most {MAX_VALUE_DEPTH} levels and {MAX_VALUES} values")));
        };
        self.left = left;
        match ty {
            ValueType::Unsigned(bits) => {
                let value = u128::from_le_bytes(self.number(path, ty, *bits)?);
                Ok(if *bits <= 32 { json!(u64::try_from(value).unwrap_or(u64::MAX)) } else { json!(value.to_string()) })
            }
            ValueType::Signed(bits) => self.signed(path, ty, *bits),
            ValueType::Bool => match self.take(path, ty, 1)? {
                [0] => Ok(json!(false)),
                [1] => Ok(json!(true)),
                other => Err(ValueError::new(path, format!("byte {other:02x?}"), "bool: 00 or 01", FOREIGN)),
            },
            ValueType::Text => {
                let length = self.length(path, ty)?;
                let bytes = self.take(path, ty, length)?;
                let text = std::str::from_utf8(bytes)
                    .map_err(|reason| ValueError::new(path, reason.to_string(), "UTF-8 text", FOREIGN))?;
                Ok(json!(text))
            }
            ValueType::Bytes => {
                let length = self.length(path, ty)?;
                Ok(octets(self.take(path, ty, length)?))
            }
            ValueType::List(inner) if is_octets(inner) => {
                let length = self.length(path, ty)?;
                Ok(octets(self.take(path, ty, length)?))
            }
            ValueType::Array(inner, length) if is_octets(inner) => {
                Ok(octets(self.take(path, ty, usize::try_from(*length).unwrap_or(usize::MAX))?))
            }
            ValueType::Address => {
                let bytes = self.take(path, ty, 32)?;
                let address = Address(bytes.try_into().expect("32 bytes were taken"));
                Ok(json!(format_address(&address, self.codec.prefix)))
            }
            ValueType::Hash => Ok(octets(self.take(path, ty, 32)?)),
            ValueType::Tuple(types) => {
                types.iter().enumerate().map(|(index, ty)| self.value(&format!("{path}[{index}]"), ty, depth)).collect()
            }
            ValueType::Array(inner, length) => {
                self.items(path, inner, usize::try_from(*length).unwrap_or(usize::MAX), depth)
            }
            ValueType::List(inner) => {
                let length = self.length(path, ty)?;
                self.items(path, inner, length, depth)
            }
            ValueType::Option(inner) => self.option(path, ty, inner, depth),
            ValueType::Named(name) => self.named(path, name, depth),
        }
    }

    pub(super) fn fields<'f>(
        &mut self,
        path: &str,
        fields: impl IntoIterator<Item = &'f Field>,
        depth: usize,
    ) -> Result<Map<String, Json>, ValueError> {
        fields
            .into_iter()
            .map(|field| Ok((field.name.clone(), self.value(&join(path, &field.name), &field.ty, depth)?)))
            .collect()
    }

    fn items(&mut self, path: &str, ty: &ValueType, length: usize, depth: usize) -> Result<Json, ValueError> {
        (0..length).map(|index| self.value(&format!("{path}[{index}]"), ty, depth)).collect()
    }

    fn signed(&mut self, path: &str, ty: &ValueType, bits: u16) -> Result<Json, ValueError> {
        let mut bytes = self.number(path, ty, bits)?;
        let used = usize::from(bits / 8);
        if bytes.get(used.saturating_sub(1)).is_some_and(|highest| highest & 0x80 != 0) {
            bytes[used..].fill(0xff);
        }
        let value = i128::from_le_bytes(bytes);
        Ok(if bits <= 32 { json!(i64::try_from(value).unwrap_or(i64::MAX)) } else { json!(value.to_string()) })
    }

    fn option(&mut self, path: &str, ty: &ValueType, inner: &ValueType, depth: usize) -> Result<Json, ValueError> {
        match self.take(path, ty, 1)? {
            [0] => Ok(Json::Null),
            [1] => {
                let value = self.value(path, inner, depth)?;
                Ok(if matches!(inner, ValueType::Option(_)) { json!({ "some": value }) } else { value })
            }
            other => Err(ValueError::new(path, format!("byte {other:02x?}"), "option: 00 or 01", FOREIGN)),
        }
    }

    fn named(&mut self, path: &str, name: &str, depth: usize) -> Result<Json, ValueError> {
        let interface = self.codec.interface;
        let named = interface
            .named_type(name)
            .ok_or_else(|| ValueError::new(path, name, "a type of the interface", "the module was built wrongly"))?;
        match &named.shape {
            Shape::Struct(fields) => self.record(path, fields, depth),
            Shape::Enum(variants) => {
                let index = self.take(path, &ValueType::Named(name.into()), 1)?[0];
                let variant = variants.iter().find(|variant| variant.index == index).ok_or_else(|| {
                    ValueError::new(path, format!("variant {index}"), format!("a variant of {name}"), FOREIGN)
                })?;
                if variant.fields.is_empty() {
                    return Ok(json!(variant.name));
                }
                let fields = self.record(&join(path, &variant.name), &variant.fields, depth)?;
                Ok(json!({ &variant.name: fields }))
            }
        }
    }

    /// Fields with names as an object, fields with numbers as an array.
    fn record(&mut self, path: &str, fields: &[Field], depth: usize) -> Result<Json, ValueError> {
        let values = self.fields(path, fields, depth)?;
        let numbered = !values.is_empty() && values.keys().all(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
        Ok(if numbered { values.into_values().collect() } else { Json::Object(values) })
    }

    fn number(&mut self, path: &str, ty: &ValueType, bits: u16) -> Result<[u8; 16], ValueError> {
        if !is_width(bits) {
            return Err(ValueError::new(
                path,
                ty.to_string(),
                "8, 16, 32, 64 or 128 bits",
                "the module was built wrongly",
            ));
        }
        let bytes = self.take(path, ty, usize::from(bits / 8))?;
        let mut number = [0; 16];
        number[..bytes.len()].copy_from_slice(bytes);
        Ok(number)
    }

    fn length(&mut self, path: &str, ty: &ValueType) -> Result<usize, ValueError> {
        let left = self.input.len();
        let length = Compact::<u32>::decode(&mut self.input)
            .map_err(|_| ValueError::short(path, left, format!("{ty} with its length")))?;
        usize::try_from(length.0).map_err(|_| ValueError::bound(path, "a length within the address space".into()))
    }

    fn take(&mut self, path: &str, ty: &ValueType, count: usize) -> Result<&'b [u8], ValueError> {
        let Some((bytes, rest)) = self.input.split_at_checked(count) else {
            return Err(ValueError::short(path, self.input.len(), format!("{ty}: {count} bytes")));
        };
        self.input = rest;
        Ok(bytes)
    }
}

fn octets(bytes: &[u8]) -> Json {
    json!(format!("0x{}", hex::encode(bytes)))
}
