//! From what a person entered to the arguments of `init`. Everything that is wrong is found at once.

use super::{Parameter, Template, Unit, placeholder};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::fmt;
use tenon_client::{Codec, parse_amount, suggest};
use tenon_types::Amount;
use tenon_types::interface::ValueType;

/// What a person entered that does not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The parameter.
    pub(crate) parameter: String,
    /// What was given.
    pub(crate) found: String,
    /// What would do.
    pub(crate) expected: String,
    /// What to do.
    pub(crate) hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: found {}, expected {}", self.parameter, self.found, self.expected)
    }
}

/// What is needed to read values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    /// Reads values of the code's interface.
    pub(crate) codec: Codec<'a>,
    /// Decimals of the native coin.
    pub(crate) decimals: u8,
}

impl Template {
    /// Makes the arguments of `init` of names and values as a person writes them.
    ///
    /// # Errors
    /// Every problem: what is unknown, given twice, missing, of another type or out of bounds.
    pub(crate) fn fill(
        &self,
        entered: &[(String, String)],
        reading: &Reading<'_>,
    ) -> Result<Map<String, Json>, Vec<Problem>> {
        let mut problems = Vec::new();
        for (index, (name, _)) in entered.iter().enumerate() {
            let wrong = |expected: &str, hint: String| Problem {
                parameter: name.clone(),
                found: if self.parameter(name).is_none() { "no such parameter".into() } else { "it twice".into() },
                expected: expected.into(),
                hint,
            };
            if self.parameter(name).is_none() {
                let hint = suggest::hint(name, self.parameters.iter().map(|parameter| parameter.name.as_str()));
                problems.push(wrong("a parameter of the template", hint));
            } else if entered[..index].iter().any(|(other, _)| other == name) {
                problems.push(wrong("it once", "give each parameter once".into()));
            }
        }
        let mut values = BTreeMap::new();
        for parameter in &self.parameters {
            let given = entered.iter().find(|(name, _)| *name == parameter.name).map(|(_, text)| text.as_str());
            match parameter.take(given, reading) {
                Ok(value) => drop(values.insert(parameter.name.as_str(), value)),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(self.arguments.iter().map(|(name, filling)| (name.clone(), filled(filling, &values))).collect())
    }
}

/// A part of the arguments with values in place of parameters.
fn filled(filling: &Json, values: &BTreeMap<&str, Json>) -> Json {
    match filling {
        Json::String(text) => match placeholder(text).and_then(|name| values.get(name)) {
            Some(value) => value.clone(),
            None => filling.clone(),
        },
        Json::Array(items) => items.iter().map(|item| filled(item, values)).collect(),
        Json::Object(fields) => {
            Json::Object(fields.iter().map(|(name, field)| (name.clone(), filled(field, values))).collect())
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => filling.clone(),
    }
}

impl Parameter {
    /// What was given, or the default, or nothing if that does.
    fn take(&self, given: Option<&str>, reading: &Reading<'_>) -> Result<Json, Problem> {
        match given.or(self.default.as_deref()) {
            Some(text) => self.read(text, reading),
            None if self.is_required() => {
                let example = self.example.as_ref().map_or_else(String::new, |it| format!("={it}"));
                let hint = format!("give it, such as --set {}{example}", self.name);
                Err(self.problem("nothing".into(), self.ty.to_string(), hint))
            }
            None => Ok(Json::Null),
        }
    }

    /// Reads a value, and checks its type and bounds.
    ///
    /// # Errors
    /// What was found and expected.
    pub(crate) fn read(&self, text: &str, reading: &Reading<'_>) -> Result<Json, Problem> {
        let json = self.value(text, reading)?;
        let encoded = reading
            .codec
            .encode_json(&self.name, &self.ty, &json)
            .map_err(|error| self.problem(error.found, error.expected, error.hint))?;
        if self.is_within_bounds(&json, &encoded) {
            return Ok(json);
        }
        Err(self.problem(shown(text), format!("{}: {}", self.inner(), self.bounds()), self.sentence.clone()))
    }

    fn value(&self, text: &str, reading: &Reading<'_>) -> Result<Json, Problem> {
        let absent = matches!(self.ty, ValueType::Option(_)) && matches!(text.trim(), "none" | "null");
        if self.unit == Some(Unit::Coin) && !absent {
            return match parse_amount(text, reading.decimals) {
                Ok(amount) => Ok(Json::String(amount.to_string())),
                Err(error) => {
                    let expected = format!("an amount of the native coin ({})", error.reason);
                    Err(self.problem(shown(text), expected, tenon_client::AmountError::HINT.into()))
                }
            };
        }
        reading
            .codec
            .text_to_json(&self.name, &self.ty, text)
            .map_err(|error| self.problem(error.found, error.expected, error.hint))
    }

    /// Whether a value of the right type is within the bounds. Absent values are.
    fn is_within_bounds(&self, json: &Json, encoded: &[u8]) -> bool {
        if json.is_null() {
            return true;
        }
        let bytes =
            if matches!(self.ty, ValueType::Option(_)) { encoded.get(1..).unwrap_or_default() } else { encoded };
        match self.inner() {
            ValueType::Unsigned(_) => {
                let mut number = [0; 16];
                number[..bytes.len()].copy_from_slice(bytes);
                let number = Amount::from_le_bytes(number);
                self.min.is_none_or(|min| number >= min) && self.max.is_none_or(|max| number <= max)
            }
            ValueType::Text => self.takes_bytes(json.as_str().map_or(0, str::len)),
            ValueType::Bytes => self.takes_bytes(json.as_str().map_or(0, |text| text.len().saturating_sub(2) / 2)),
            ValueType::Named(_) if !self.choices.is_empty() => {
                let chosen = match json {
                    Json::Object(object) => object.keys().next().map(String::as_str),
                    other => other.as_str(),
                };
                chosen.is_some_and(|chosen| self.choices.iter().any(|choice| choice.eq_ignore_ascii_case(chosen)))
            }
            _ => true,
        }
    }

    fn takes_bytes(&self, count: usize) -> bool {
        self.min_bytes.is_none_or(|min| count >= min) && self.max_bytes.is_none_or(|max| count <= max)
    }

    fn problem(&self, found: String, expected: String, hint: String) -> Problem {
        Problem { parameter: self.name.clone(), found, expected, hint }
    }
}

/// What a person wrote, cut if it is long.
fn shown(text: &str) -> String {
    const MAX_SHOWN: usize = 80;
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{:?}.. ({} bytes)", &text[..end], text.len()),
        None => format!("{text:?}"),
    }
}
