//! What a person wrote on the command line, as the JSON that says the same. Types decide how a text is read; whether it
//! fits them is checked when the JSON is encoded.

use super::{ValueError, is_octets};
use serde_json::{Value as Json, json};
use tenon_types::interface::{Interface, Shape, ValueType};

pub(super) fn to_json(
    interface: &Interface,
    path: &str,
    ty: &ValueType,
    text: &str,
    depth: usize,
) -> Result<Json, ValueError> {
    let trimmed = text.trim();
    let Some(depth) = depth.checked_sub(1) else {
        return Err(ValueError::bound(path, format!("at most {} levels", super::MAX_VALUE_DEPTH)));
    };
    let item = |ty: &ValueType, text: &str| to_json(interface, path, ty, text, depth);
    match ty {
        ValueType::Text => Ok(Json::String(text.into())),
        ValueType::Option(_) if trimmed == "none" || trimmed == "null" => Ok(Json::Null),
        ValueType::Option(inner) if matches!(**inner, ValueType::Option(_)) => {
            if trimmed.starts_with('{') {
                parse(path, ty, trimmed)
            } else {
                Ok(json!({ "some": item(inner, text)? }))
            }
        }
        ValueType::Option(inner) => item(inner, text),
        ValueType::Array(inner, _) | ValueType::List(inner) if is_octets(inner) && trimmed.starts_with("0x") => {
            Ok(Json::String(trimmed.into()))
        }
        ValueType::Tuple(_) | ValueType::Array(..) | ValueType::List(_) if trimmed.starts_with('[') => {
            parse(path, ty, trimmed)
        }
        ValueType::Tuple(types) => {
            let parts = split(trimmed);
            // Surplus parts stay as they are: the encoder reports their number.
            let types = types.iter().map(Some).chain(std::iter::repeat(None));
            parts
                .into_iter()
                .zip(types)
                .map(|(part, ty)| ty.map_or_else(|| Ok(json!(part)), |ty| item(ty, part)))
                .collect()
        }
        ValueType::Array(inner, _) | ValueType::List(inner) => {
            split(trimmed).into_iter().map(|part| item(inner, part)).collect()
        }
        ValueType::Named(name) => named(interface, path, ty, name, trimmed),
        _ => Ok(Json::String(trimmed.into())),
    }
}

fn named(interface: &Interface, path: &str, ty: &ValueType, name: &str, text: &str) -> Result<Json, ValueError> {
    if text.starts_with(['{', '[', '"']) {
        return parse(path, ty, text);
    }
    match interface.named_type(name).map(|named| &named.shape) {
        Some(Shape::Struct(fields)) => {
            let fields: Vec<String> = fields.iter().map(|field| format!("{:?}: {}", field.name, field.ty)).collect();
            Err(ValueError::new(path, text, format!("{name} as JSON"), format!("write '{{{}}}'", fields.join(", "))))
        }
        _ => Ok(Json::String(text.into())),
    }
}

fn parse(path: &str, ty: &ValueType, text: &str) -> Result<Json, ValueError> {
    serde_json::from_str(text).map_err(|reason| {
        ValueError::new(path, text, format!("{ty} as JSON"), format!("{reason}; put the whole value in single quotes"))
    })
}

/// Cuts a list at its commas; an empty text is an empty list.
fn split(text: &str) -> Vec<&str> {
    if text.is_empty() { Vec::new() } else { text.split(',').map(str::trim).collect() }
}
