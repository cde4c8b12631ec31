//! From JSON to SCALE. Accepts every form that the table in `value` lists, and nothing else.

use super::{Codec, MAX_VALUE_DEPTH, MAX_VALUES, ValueError, is_octets, is_width, join};
use crate::address::{AddressError, parse_address};
use crate::suggest;
use parity_scale_codec::{Compact, Encode};
use serde_json::{Map, Value as Json};
use tenon_types::interface::{Field, Shape, ValueType, Variant};

const LARGE_NUMBER_HINT: &str =
    "write a whole number; above 2^64 put it in quotes, as JSON's numbers are not exact there";

pub(super) struct Encoder<'c, 'a> {
    codec: &'c Codec<'a>,
    left: usize,
    pub(super) output: Vec<u8>,
}

impl<'c, 'a> Encoder<'c, 'a> {
    pub(super) const fn new(codec: &'c Codec<'a>) -> Self {
        Self { codec, left: MAX_VALUES, output: Vec::new() }
    }

    pub(super) fn value(&mut self, path: &str, ty: &ValueType, json: &Json, depth: usize) -> Result<(), ValueError> {
        let (Some(depth), Some(left)) = (depth.checked_sub(1), self.left.checked_sub(1)) else {
            return Err(ValueError::bound(path, format!("at most {MAX_VALUE_DEPTH} levels and {MAX_VALUES} values")));
        };
        self.left = left;
        match ty {
            ValueType::Unsigned(bits) => self.unsigned(path, *bits, json),
            ValueType::Signed(bits) => self.signed(path, *bits, json),
            ValueType::Bool => self.boolean(path, json),
            ValueType::Text => {
                let text =
                    json.as_str().ok_or_else(|| ValueError::kind(path, json, "string", "put the text in quotes"))?;
                text.encode_to(&mut self.output);
                Ok(())
            }
            ValueType::Bytes => {
                let bytes = octets(path, json, "bytes")?;
                bytes.encode_to(&mut self.output);
                Ok(())
            }
            ValueType::Address => self.address(path, json),
            ValueType::Hash => self.fixed(path, 32, "hash", json),
            ValueType::Array(inner, length) if is_octets(inner) && json.is_string() => {
                self.fixed(path, usize::try_from(*length).unwrap_or(usize::MAX), &ty.to_string(), json)
            }
            ValueType::List(inner) if is_octets(inner) && json.is_string() => {
                octets(path, json, "vec<u8>")?.encode_to(&mut self.output);
                Ok(())
            }
            ValueType::Tuple(types) => self.tuple(path, ty, types, json, depth),
            ValueType::Array(inner, length) => {
                let items = list(path, ty, json, Some(usize::try_from(*length).unwrap_or(usize::MAX)))?;
                self.items(path, inner, items, depth)
            }
            ValueType::List(inner) => {
                let items = list(path, ty, json, None)?;
                self.length(path, items.len())?;
                self.items(path, inner, items, depth)
            }
            ValueType::Option(inner) => self.option(path, inner, json, depth),
            ValueType::Named(name) => self.named(path, name, json, depth),
        }
    }

    pub(super) fn fields(
        &mut self,
        path: &str,
        fields: &[Field],
        object: &Map<String, Json>,
        depth: usize,
    ) -> Result<(), ValueError> {
        let names = || fields.iter().map(|field| field.name.as_str());
        if let Some(surplus) = object.keys().find(|key| !names().any(|name| name == *key)) {
            let expected = format!("one of {} names", fields.len());
            return Err(ValueError::new(path, format!("{surplus:?}"), expected, suggest::hint(surplus, names())));
        }
        for field in fields {
            let path = join(path, &field.name);
            match object.get(&field.name) {
                Some(json) => self.value(&path, &field.ty, json, depth)?,
                None if matches!(field.ty, ValueType::Option(_)) => self.output.push(0),
                None => {
                    return Err(ValueError::new(
                        &path,
                        "nothing",
                        field.ty.to_string(),
                        format!("give {}", field.name),
                    ));
                }
            }
        }
        Ok(())
    }

    fn items(&mut self, path: &str, ty: &ValueType, items: &[Json], depth: usize) -> Result<(), ValueError> {
        items.iter().enumerate().try_for_each(|(index, item)| self.value(&format!("{path}[{index}]"), ty, item, depth))
    }

    fn tuple(
        &mut self,
        path: &str,
        ty: &ValueType,
        types: &[ValueType],
        json: &Json,
        depth: usize,
    ) -> Result<(), ValueError> {
        let items = list(path, ty, json, Some(types.len()))?;
        for (index, (ty, item)) in types.iter().zip(items).enumerate() {
            self.value(&format!("{path}[{index}]"), ty, item, depth)?;
        }
        Ok(())
    }

    fn option(&mut self, path: &str, inner: &ValueType, json: &Json, depth: usize) -> Result<(), ValueError> {
        if json.is_null() {
            self.output.push(0);
            return Ok(());
        }
        self.output.push(1);
        if !matches!(inner, ValueType::Option(_)) {
            return self.value(path, inner, json, depth);
        }
        match json.as_object().filter(|object| object.len() == 1).and_then(|object| object.get("some")) {
            Some(json) => self.value(path, inner, json, depth),
            None => {
                Err(ValueError::kind(path, json, "null or {\"some\": value}", "an option in an option is wrapped once"))
            }
        }
    }

    fn named(&mut self, path: &str, name: &str, json: &Json, depth: usize) -> Result<(), ValueError> {
        let named = self.codec.interface.named_type(name).ok_or_else(|| {
            let known = self.codec.interface.types.iter().map(|named| named.name.as_str());
            ValueError::new(path, name, "a type of the interface", suggest::hint(name, known))
        })?;
        match &named.shape {
            Shape::Struct(fields) => self.record(path, name, fields, json, depth),
            Shape::Enum(variants) => self.choice(path, name, variants, json, depth),
        }
    }

    fn record(
        &mut self,
        path: &str,
        name: &str,
        fields: &[Field],
        json: &Json,
        depth: usize,
    ) -> Result<(), ValueError> {
        match json {
            Json::Object(object) => self.fields(path, fields, object, depth),
            Json::Array(items) if items.len() == fields.len() => fields
                .iter()
                .zip(items)
                .try_for_each(|(field, item)| self.value(&join(path, &field.name), &field.ty, item, depth)),
            _ => {
                let shape: Vec<String> = fields.iter().map(|field| format!("{:?}: {}", field.name, field.ty)).collect();
                Err(ValueError::kind(
                    path,
                    json,
                    format!("{name} as an object"),
                    format!("write {{{}}}", shape.join(", ")),
                ))
            }
        }
    }

    fn choice(
        &mut self,
        path: &str,
        name: &str,
        variants: &[Variant],
        json: &Json,
        depth: usize,
    ) -> Result<(), ValueError> {
        let nothing = Json::Object(Map::new());
        let (chosen, content) = match json {
            Json::String(chosen) => (chosen, &nothing),
            Json::Object(object) if object.len() == 1 => match object.iter().next() {
                Some(entry) => entry,
                None => return Err(wrong_choice(path, name, variants, json)),
            },
            _ => return Err(wrong_choice(path, name, variants, json)),
        };
        let Some(variant) = variants
            .iter()
            .find(|variant| variant.name == *chosen)
            .or_else(|| variants.iter().find(|variant| variant.name.eq_ignore_ascii_case(chosen)))
        else {
            return Err(wrong_choice(path, name, variants, json));
        };
        self.output.push(variant.index);
        self.record(&join(path, &variant.name), &variant.name, &variant.fields, content, depth)
    }

    fn unsigned(&mut self, path: &str, bits: u16, json: &Json) -> Result<(), ValueError> {
        let expected = || if bits == 128 { "u128".into() } else { format!("u{bits}: 0 to {}", limit(bits)) };
        let value = match json {
            Json::String(text) => magnitude(text),
            Json::Number(number) => number.as_u64().map(u128::from),
            _ => None,
        };
        match value.filter(|value| is_width(bits) && *value <= limit(bits)) {
            Some(value) => {
                self.output.extend(value.to_le_bytes().into_iter().take(usize::from(bits / 8)));
                Ok(())
            }
            None => Err(ValueError::kind(path, json, expected(), LARGE_NUMBER_HINT)),
        }
    }

    fn signed(&mut self, path: &str, bits: u16, json: &Json) -> Result<(), ValueError> {
        let value = match json {
            Json::String(text) => signed_number(text),
            Json::Number(number) => number.as_i64().map(i128::from),
            _ => None,
        };
        let fits = |value: &i128| {
            let highest = i128::try_from(limit(bits) / 2).unwrap_or(i128::MAX);
            is_width(bits) && *value <= highest && *value >= -highest - 1
        };
        match value.filter(fits) {
            Some(value) => {
                self.output.extend(value.to_le_bytes().into_iter().take(usize::from(bits / 8)));
                Ok(())
            }
            None => Err(ValueError::kind(path, json, format!("i{bits}"), LARGE_NUMBER_HINT)),
        }
    }

    fn boolean(&mut self, path: &str, json: &Json) -> Result<(), ValueError> {
        let value = match json {
            Json::Bool(value) => Some(*value),
            Json::String(text) => text.parse().ok(),
            _ => None,
        };
        let value = value.ok_or_else(|| ValueError::kind(path, json, "bool", "write true or false"))?;
        self.output.push(u8::from(value));
        Ok(())
    }

    fn address(&mut self, path: &str, json: &Json) -> Result<(), ValueError> {
        let text = json.as_str().ok_or_else(|| ValueError::kind(path, json, "address", AddressError::HINT))?;
        let address = parse_address(text, self.codec.resolve).map_err(|error| {
            let hint = format!("{}; {}", error.reason, AddressError::HINT);
            ValueError::new(path, format!("{:?}", error.found), "address", hint)
        })?;
        self.output.extend_from_slice(&address.0);
        Ok(())
    }

    fn fixed(&mut self, path: &str, length: usize, expected: &str, json: &Json) -> Result<(), ValueError> {
        let bytes = octets(path, json, expected)?;
        if bytes.len() != length {
            let hint = format!("write 0x and {} hex digits", length.saturating_mul(2));
            return Err(ValueError::new(
                path,
                format!("{} bytes", bytes.len()),
                format!("{expected}: {length} bytes"),
                hint,
            ));
        }
        self.output.extend_from_slice(&bytes);
        Ok(())
    }

    fn length(&mut self, path: &str, length: usize) -> Result<(), ValueError> {
        let length = u32::try_from(length)
            .ok()
            .filter(|_| length <= MAX_VALUES)
            .ok_or_else(|| ValueError::bound(path, format!("at most {MAX_VALUES} items")))?;
        Compact(length).encode_to(&mut self.output);
        Ok(())
    }
}

fn wrong_choice(path: &str, name: &str, variants: &[Variant], json: &Json) -> ValueError {
    let found = json.as_str().map_or_else(|| json.to_string(), |text| format!("{text:?}"));
    let names = variants.iter().map(|variant| variant.name.as_str());
    ValueError::new(path, &found, format!("a variant of {name}"), suggest::hint(found.trim_matches('"'), names))
}

fn list<'j>(path: &str, ty: &ValueType, json: &'j Json, length: Option<usize>) -> Result<&'j [Json], ValueError> {
    let hint = "separate the items with commas, or write a JSON array in single quotes";
    let items = json.as_array().ok_or_else(|| ValueError::kind(path, json, ty.to_string(), hint))?;
    match length {
        Some(length) if length != items.len() => {
            Err(ValueError::new(path, format!("{} items", items.len()), format!("{ty}: {length} items"), hint))
        }
        _ => Ok(items),
    }
}

fn octets(path: &str, json: &Json, expected: &str) -> Result<Vec<u8>, ValueError> {
    let wrong = |hint: String| ValueError::kind(path, json, expected, hint);
    let text = json.as_str().ok_or_else(|| wrong("write 0x and hex digits".into()))?;
    let digits =
        text.strip_prefix("0x").ok_or_else(|| wrong("write 0x and hex digits, or @FILE for its bytes".into()))?;
    hex::decode(digits).map_err(|reason| wrong(format!("write 0x and hex digits: {reason}")))
}

/// The largest number of so many bits.
const fn limit(bits: u16) -> u128 {
    if bits >= 128 { u128::MAX } else { (1 << bits) - 1 }
}

fn magnitude(text: &str) -> Option<u128> {
    let plain: String = text.chars().filter(|letter| *letter != '_').collect();
    let (digits, radix) = plain.strip_prefix("0x").map_or((plain.as_str(), 10), |digits| (digits, 16));
    let starts_with_digit = digits.chars().next().is_some_and(|first| first.is_digit(radix));
    starts_with_digit.then(|| u128::from_str_radix(digits, radix).ok()).flatten()
}

fn signed_number(text: &str) -> Option<i128> {
    match text.strip_prefix('-') {
        Some(digits) => 0i128.checked_sub_unsigned(magnitude(digits)?),
        None => i128::try_from(magnitude(text)?).ok(),
    }
}
