//! The arguments of a request, by place or by name, in the order of the method's row in the table.

use super::failure::Failure;
use jsonrpsee::types::Params;
use serde_json::Value;
use tenon_api::errors;
use tenon_api::json::{Bytes, HexHash};
use tenon_api::methods::Method;
use tenon_types::Hash;

/// Arguments of a call of a method. What is absent or null is absent.
#[derive(Clone, Debug)]
pub(super) struct Arguments {
    method: &'static Method,
    values: Vec<Value>,
}

impl Arguments {
    /// Reads the parameters of a request.
    pub(super) fn read(method: &'static Method, params: &Params<'_>) -> Result<Self, Failure> {
        let parsed = match params.as_str() {
            None => Value::Null,
            Some(text) => serde_json::from_str(text).map_err(|error| {
                Failure::new(errors::INVALID_PARAMS, format!("the parameters do not parse: {error}"))
            })?,
        };
        Self::of(method, parsed)
    }

    fn of(method: &'static Method, parsed: Value) -> Result<Self, Failure> {
        let invalid = |cause: String| Failure::new(errors::INVALID_PARAMS, cause).expected(signature(method));
        let values = match parsed {
            Value::Null => Vec::new(),
            Value::Array(values) => values,
            Value::Object(mut named) => {
                let values = method.parameters.iter().map(|it| named.remove(it.name).unwrap_or_default()).collect();
                if let Some(unknown) = named.keys().next() {
                    return Err(invalid(format!("found a parameter {unknown:?}")));
                }
                values
            }
            other => return Err(invalid(format!("found {other}"))),
        };
        if values.len() > method.parameters.len() && values[method.parameters.len()..].iter().any(|it| !it.is_null()) {
            return Err(invalid(format!("found {} parameters", values.len())));
        }
        let required = method.parameters.iter().filter(|parameter| !parameter.optional).count();
        for (index, parameter) in method.parameters.iter().enumerate().take(required) {
            if values.get(index).is_none_or(Value::is_null) {
                return Err(invalid(format!("the parameter {:?} is missing", parameter.name)));
            }
        }
        Ok(Self { method, values })
    }

    pub(super) fn invalid(&self, index: usize, cause: &str) -> Failure {
        let name = self.method.parameters.get(index).map_or("?", |parameter| parameter.name);
        Failure::new(errors::INVALID_PARAMS, format!("the parameter {name:?}: {cause}"))
            .expected(signature(self.method))
    }

    /// A value, if there is one.
    pub(super) fn value(&self, index: usize) -> Option<&Value> {
        self.values.get(index).filter(|value| !value.is_null())
    }

    /// Text, if there is some.
    pub(super) fn text(&self, index: usize) -> Result<Option<&str>, Failure> {
        match self.value(index) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.invalid(index, &format!("found {}, expected text", kind_of(other)))),
        }
    }

    /// Text that must be there.
    pub(super) fn required_text(&self, index: usize) -> Result<&str, Failure> {
        self.text(index)?.ok_or_else(|| self.invalid(index, "it is missing"))
    }

    /// Hex bytes, if there are some. A list of numbers is read too, as some clients send it.
    pub(super) fn bytes(&self, index: usize) -> Result<Option<Vec<u8>>, Failure> {
        self.value(index).map(|value| read_bytes(value).map_err(|cause| self.invalid(index, &cause))).transpose()
    }

    /// Hex bytes that must be there.
    pub(super) fn required_bytes(&self, index: usize) -> Result<Vec<u8>, Failure> {
        self.bytes(index)?.ok_or_else(|| self.invalid(index, "it is missing"))
    }

    /// A hash, if there is one.
    pub(super) fn hash(&self, index: usize) -> Result<Option<Hash>, Failure> {
        self.text(index)?
            .map(|text| HexHash::parse(text).map(|hash| hash.0).map_err(|cause| self.invalid(index, &cause)))
            .transpose()
    }

    /// A hash that must be there.
    pub(super) fn required_hash(&self, index: usize) -> Result<Hash, Failure> {
        self.hash(index)?.ok_or_else(|| self.invalid(index, "it is missing"))
    }

    /// A whole number, if there is one.
    pub(super) fn number(&self, index: usize) -> Result<Option<u64>, Failure> {
        self.value(index)
            .map(|value| {
                read_number(value).ok_or_else(|| self.invalid(index, &format!("found {value}, expected a number")))
            })
            .transpose()
    }

    /// A list of hex bytes with at most `max` items, if there is one.
    pub(super) fn bytes_list(&self, index: usize, max: usize) -> Result<Option<Vec<Vec<u8>>>, Failure> {
        let Some(value) = self.value(index) else {
            return Ok(None);
        };
        let Value::Array(items) = value else {
            return Err(self.invalid(index, "expected a list"));
        };
        if items.len() > max {
            let found = Failure::new(errors::TOO_MANY, format!("found {} items", items.len()));
            return Err(found.expected(format!("at most {max}")));
        }
        items
            .iter()
            .map(|item| read_bytes(item).map_err(|cause| self.invalid(index, &cause)))
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

/// Reads a height or other whole number: a JSON number, decimal text, or hex text as Substrate's clients send it.
pub(super) fn read_number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        },
        _ => None,
    }
}

fn read_bytes(value: &Value) -> Result<Vec<u8>, String> {
    match value {
        Value::String(text) => Bytes::parse(text).map(|bytes| bytes.0),
        Value::Array(items) => items
            .iter()
            .map(|item| {
                item.as_u64().and_then(|byte| u8::try_from(byte).ok()).ok_or_else(|| "expected bytes".to_string())
            })
            .collect(),
        other => Err(format!("found {}, expected hex", kind_of(other))),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn signature(method: &Method) -> String {
    let names: Vec<String> = method
        .parameters
        .iter()
        .map(|parameter| format!("{}{}", parameter.name, if parameter.optional { "?" } else { "" }))
        .collect();
    format!("{}({})", method.name, names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tenon_api::methods::find;

    fn query(parsed: Value) -> Result<Arguments, Failure> {
        Arguments::of(find("module_query").unwrap(), parsed)
    }

    #[test]
    fn arguments_may_be_given_by_place_or_by_name() {
        let by_place = query(json!(["assets", "balance_of", "0x01"])).unwrap();
        let by_name = query(json!({ "instance": "assets", "method": "balance_of", "input": "01" })).unwrap();
        for arguments in [by_place, by_name] {
            assert_eq!(arguments.required_text(1).unwrap(), "balance_of");
            assert_eq!(arguments.required_bytes(2).unwrap(), [1]);
            assert_eq!(arguments.hash(3).unwrap(), None);
        }
    }

    #[test]
    fn wrong_arguments_are_refused_with_the_signature() {
        for wrong in [json!([]), json!(["a"]), json!({ "instance": 1, "no": 2 }), json!("x"), json!([1, 2, 3, 4, 5, 6])]
        {
            let failure = query(wrong).unwrap_err();
            assert_eq!(failure.code, -32602);
            assert!(failure.data.expected.unwrap().starts_with("module_query(instance, method, input, at?"));
        }
        assert_eq!(query(json!(["a", "b", "0xzz"])).unwrap().required_bytes(2).unwrap_err().code, -32602);
    }
}
