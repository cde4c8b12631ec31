//! A parameter of a template: its type, bounds and default, and the words that a form shows.

use super::{TemplateError, is_name};
use serde::Deserialize;
use serde_json::Value as Json;
use tenon_types::Amount;
use tenon_types::interface::ValueType;

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: String,
    /// Its type, as the interface writes it.
    pub(crate) ty: ValueType,
    /// What a form says of it.
    pub(crate) sentence: String,
    /// What is taken if it is not given, as a person would write it.
    pub(crate) default: Option<String>,
    /// What it may look like.
    pub(crate) example: Option<String>,
    /// The least number.
    pub(crate) min: Option<Amount>,
    /// The greatest number.
    pub(crate) max: Option<Amount>,
    /// The least bytes of a text.
    pub(crate) min_bytes: Option<usize>,
    /// The most bytes of a text.
    pub(crate) max_bytes: Option<usize>,
    /// The variants of an enum that may be chosen; all if there are none here.
    pub(crate) choices: Vec<String>,
    /// What a number counts.
    pub(crate) unit: Option<Unit>,
    /// Whether a form shows it only on demand.
    pub(crate) advanced: bool,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Unit {
    /// The smallest unit of the native coin; people write coins.
    #[serde(rename = "coin")]
    Coin,
    /// Milliseconds of a span of time.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Milliseconds since 1970-01-01 UTC.
    #[serde(rename = "time_ms")]
    Time,
    /// Hundredths of a percent.
    #[serde(rename = "basis_points")]
    BasisPoints,
}

impl Unit {
    /// How the unit is called in a file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Coin => "coin",
            Self::Milliseconds => "ms",
            Self::Time => "time_ms",
            Self::BasisPoints => "basis_points",
        }
    }

    /// How the unit is called to people.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Coin => "in coins",
            Self::Milliseconds => "in milliseconds",
            Self::Time => "in milliseconds since 1970-01-01 UTC",
            Self::BasisPoints => "in hundredths of a percent",
        }
    }
}

/// A parameter as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParameterText {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    sentence: String,
    default: Option<Json>,
    example: Option<Json>,
    min: Option<Json>,
    max: Option<Json>,
    min_bytes: Option<usize>,
    max_bytes: Option<usize>,
    #[serde(default)]
    choices: Vec<String>,
    unit: Option<Unit>,
    #[serde(default)]
    advanced: bool,
}

impl Parameter {
    /// Reads a parameter, and checks that what it says goes together.
    pub(super) fn new(text: ParameterText) -> Result<Self, TemplateError> {
        let name = text.name.clone();
        let wrong = |found: String, expected: &str| TemplateError::Parameter {
            parameter: name.clone(),
            found,
            expected: expected.into(),
        };
        let number = |json: Option<Json>| match json {
            None => Ok(None),
            Some(json) => {
                let digits = written(&json).map(|text| text.replace('_', ""));
                let value = digits.and_then(|digits| digits.parse::<Amount>().ok());
                value.map(Some).ok_or_else(|| wrong(json.to_string(), "a bound that is a whole number"))
            }
        };
        let value = |json: Option<Json>| match json {
            None => Ok(None),
            Some(json) => {
                let text = written(&json);
                text.map(Some).ok_or_else(|| wrong(json.to_string(), "a value; a number with a point goes in quotes"))
            }
        };
        let ty =
            ValueType::parse(&text.ty).ok_or_else(|| wrong(format!("type {:?}", text.ty), "a type such as u64"))?;
        let parameter = Self {
            ty,
            default: value(text.default)?,
            example: value(text.example)?,
            min: number(text.min)?,
            max: number(text.max)?,
            name: text.name,
            sentence: text.sentence,
            min_bytes: text.min_bytes,
            max_bytes: text.max_bytes,
            choices: text.choices,
            unit: text.unit,
            advanced: text.advanced,
        };
        match parameter.contradiction() {
            None => Ok(parameter),
            Some((found, expected)) => Err(wrong(found.into(), expected)),
        }
    }

    /// Found and expected, if two things that are said of the parameter do not go together.
    fn contradiction(&self) -> Option<(&'static str, &'static str)> {
        let (inner, numbered) = (self.inner(), matches!(self.inner(), ValueType::Unsigned(_)));
        let measured = matches!(inner, ValueType::Text | ValueType::Bytes);
        let above = |least: Option<u128>, most: Option<u128>| least.zip(most).is_some_and(|(least, most)| least > most);
        let bytes = |count: Option<usize>| count.map(|count| count as u128);
        let checks = [
            (!is_name(&self.name, '_'), "this name", "small letters, digits and _, a letter first"),
            (self.sentence.trim().is_empty(), "no sentence", "a sentence for a form"),
            ((self.min.is_some() || self.max.is_some()) && !numbered, "min or max", "them on unsigned numbers only"),
            (self.unit.is_some() && !numbered, "a unit", "it on unsigned numbers only"),
            (self.unit == Some(Unit::Coin) && *inner != ValueType::Unsigned(128), "unit coin", "it on u128 only"),
            (
                (self.min_bytes.is_some() || self.max_bytes.is_some()) && !measured,
                "min_bytes or max_bytes",
                "them on string and bytes only",
            ),
            (!self.choices.is_empty() && !matches!(inner, ValueType::Named(_)), "choices", "them on enums only"),
            (above(self.min, self.max), "min above max", "min at most max"),
            (above(bytes(self.min_bytes), bytes(self.max_bytes)), "min_bytes above max_bytes", "it at most max_bytes"),
            (self.is_required() && self.example.is_none(), "neither default nor example", "one of them"),
        ];
        checks.into_iter().find(|(wrong, ..)| *wrong).map(|(_, found, expected)| (found, expected))
    }

    /// Whether it must be given.
    pub(crate) const fn is_required(&self) -> bool {
        self.default.is_none() && !matches!(self.ty, ValueType::Option(_))
    }

    /// Its type if it is given.
    pub(crate) fn inner(&self) -> &ValueType {
        match &self.ty {
            ValueType::Option(inner) => inner,
            ty => ty,
        }
    }

    /// Its bounds in words; empty if there are none.
    pub(crate) fn bounds(&self) -> String {
        let range = |least: Option<String>, most: Option<String>, unit: &str| match (least, most) {
            (Some(least), Some(most)) if least == most => format!("{least}{unit}"),
            (Some(least), Some(most)) => format!("{least} to {most}{unit}"),
            (Some(least), None) => format!("at least {least}{unit}"),
            (None, Some(most)) => format!("at most {most}{unit}"),
            (None, None) => String::new(),
        };
        if !self.choices.is_empty() {
            return format!("one of {}", self.choices.join(", "));
        }
        let text = |count: Option<usize>| count.map(|count| count.to_string());
        match range(text(self.min_bytes), text(self.max_bytes), " bytes") {
            bytes if bytes.is_empty() => {
                // Amounts of the coin are bounded in its smallest unit, which is written with a u.
                let sign = if self.unit == Some(Unit::Coin) { "u" } else { "" };
                let number = |bound: Option<Amount>| bound.map(|bound| format!("{bound}{sign}"));
                // That a number is not below zero need not be said.
                let least = self.min.filter(|min| *min > 0 || self.max.is_some());
                range(number(least), number(self.max), "")
            }
            bytes => bytes,
        }
    }
}

/// A value of a TOML file as a person would write it on the command line. Numbers with a point have no exact one.
pub(crate) fn written(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Number(number) if number.is_f64() => None,
        Json::Number(number) => Some(number.to_string()),
        Json::Array(_) | Json::Object(_) => Some(json.to_string()),
        Json::Null => None,
    }
}
