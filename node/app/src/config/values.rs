//! Reads values of known keys, each from a flag, else from the file, else from its default.

use super::error::ConfigError;
use super::table::{self, ROWS, Row};
use crate::template::one_line;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use tenon_client::suggest::nearest;
use toml::Value;

/// Bytes of a `config.toml`.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// Entries of a list.
const MAX_LIST: usize = 1_024;

/// A value that a flag gives: `--set KEY=VALUE`, or one of the flags that stand for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// What people typed, such as `--rpc-port`.
    pub flag: String,
    /// The key.
    pub key: String,
    /// The value: as in the file, or a text without quotes, or a list with commas between.
    pub value: String,
}

/// A value and where it comes from.
struct Found {
    place: String,
    value: Value,
}

/// The values of a file and of flags.
pub(super) struct Values {
    file: PathBuf,
    found: BTreeMap<&'static str, Found>,
}

impl Values {
    /// Reads a file, then lets flags take precedence.
    pub(super) fn read(file: &Path, overrides: &[Override]) -> Result<Self, ConfigError> {
        let mut values = Self { file: file.to_path_buf(), found: BTreeMap::new() };
        let failed = |source| ConfigError::File { action: "read", file: file.to_path_buf(), source };
        let bytes = std::fs::metadata(file).map_err(failed)?.len();
        if bytes > MAX_FILE_BYTES {
            let reason = format!("found {bytes} bytes, expected at most {MAX_FILE_BYTES}");
            return Err(ConfigError::Syntax { file: file.to_path_buf(), reason });
        }
        values.take_text(&std::fs::read_to_string(file).map_err(failed)?)?;
        for given in overrides {
            let row = known(&given.key, &given.flag)?;
            let value = value_of(row, given)?;
            values.found.insert(row.key, Found { place: given.flag.clone(), value });
        }
        Ok(values)
    }

    fn take_text(&mut self, text: &str) -> Result<(), ConfigError> {
        let place = self.file.display().to_string();
        let parsed: toml::Table = toml::from_str(text)
            .map_err(|error| ConfigError::Syntax { file: self.file.clone(), reason: one_line(text, &error) })?;
        for (section, inner) in parsed {
            let Value::Table(inner) = inner else {
                return Err(unknown(&place, &section));
            };
            for (name, value) in inner {
                let row = known(&format!("{section}.{name}"), &place)?;
                self.found.insert(row.key, Found { place: place.clone(), value });
            }
        }
        Ok(())
    }

    /// The value of a key, and where it comes from.
    fn get(&self, key: &str) -> (String, Value) {
        match self.found.get(key) {
            Some(found) => (found.place.clone(), found.value.clone()),
            None => ("the default".into(), default_of(row_of(key))),
        }
    }

    /// Says that a value is not one that the key takes.
    pub(super) fn refuse(&self, key: &str, found: &str) -> ConfigError {
        self.refuse_for(key, found, row_of(key).values)
    }

    /// The same with what was expected instead of the values that the key takes by itself.
    pub(super) fn refuse_for(&self, key: &str, found: &str, expected: impl Into<String>) -> ConfigError {
        let (place, key) = (self.get(key).0, key.to_string());
        ConfigError::Value { place, key, found: found.to_string(), expected: expected.into() }
    }

    pub(super) fn text(&self, key: &str) -> Result<String, ConfigError> {
        match self.get(key).1 {
            Value::String(text) => Ok(text),
            other => Err(self.refuse(key, &other.to_string())),
        }
    }

    /// A text, or a number as a text.
    pub(super) fn text_or_number(&self, key: &str) -> Result<String, ConfigError> {
        match self.get(key).1 {
            Value::Integer(number) => Ok(number.to_string()),
            _ => self.text(key),
        }
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool, ConfigError> {
        match self.get(key).1 {
            Value::Boolean(flag) => Ok(flag),
            other => Err(self.refuse(key, &other.to_string())),
        }
    }

    pub(super) fn number(&self, key: &str, bounds: RangeInclusive<u64>) -> Result<u64, ConfigError> {
        let value = self.get(key).1;
        let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
        number.filter(|number| bounds.contains(number)).ok_or_else(|| self.refuse(key, &value.to_string()))
    }

    /// A path; a relative one is below the base path.
    pub(super) fn path(&self, key: &str, base: &Path) -> Result<PathBuf, ConfigError> {
        let text = self.text(key)?;
        if text.is_empty() { Err(self.refuse(key, "nothing")) } else { Ok(base.join(text)) }
    }

    /// A list of texts, each read by `read`, which says what it found wrong.
    pub(super) fn list<T>(&self, key: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, ConfigError> {
        let value = self.get(key).1;
        let Value::Array(items) = &value else { return Err(self.refuse(key, &value.to_string())) };
        if items.len() > MAX_LIST {
            let found = format!("{} entries", items.len());
            return Err(self.refuse_for(key, &found, format!("at most {MAX_LIST}")));
        }
        let texts = items.iter().map(|item| item.as_str().ok_or_else(|| self.refuse(key, &item.to_string())));
        texts.map(|text| read(text?).map_err(|found| self.refuse(key, &found))).collect()
    }
}

/// The key that a flag names, and its value as TOML writes it.
pub(super) fn literal_of(given: &Override) -> Result<(&'static str, String), ConfigError> {
    let row = known(&given.key, &given.flag)?;
    Ok((row.key, value_of(row, given)?.to_string()))
}

/// The default of a row.
pub(super) fn default_of(row: &Row) -> Value {
    literal(row.default).expect("a test reads every default")
}

/// The row of a key that the code names.
fn row_of(key: &str) -> &'static Row {
    table::find(key).expect("a test reads every key that the code names")
}

fn known(key: &str, place: &str) -> Result<&'static Row, ConfigError> {
    table::find(key).ok_or_else(|| unknown(place, key))
}

fn unknown(place: &str, key: &str) -> ConfigError {
    let candidates = ROWS.iter().map(|row| row.key);
    let nearest = nearest(key, candidates).first().map(ToString::to_string);
    ConfigError::Unknown { place: place.to_string(), key: key.to_string(), nearest }
}

/// A value as TOML writes it.
fn literal(text: &str) -> Option<Value> {
    toml::from_str::<toml::Table>(&format!("value = {text}")).ok()?.remove("value")
}

/// What a flag says, read as the type that the key's default has.
fn value_of(row: &Row, given: &Override) -> Result<Value, ConfigError> {
    let text = given.value.as_str();
    let value = match default_of(row) {
        Value::String(_) => literal(text).filter(Value::is_str).or_else(|| Some(Value::String(text.into()))),
        Value::Array(_) if text.trim_start().starts_with('[') => literal(text),
        Value::Array(_) => {
            let items = text.split(',').filter(|item| !item.is_empty());
            Some(Value::Array(items.map(|item| Value::String(item.trim().into())).collect()))
        }
        _ => literal(text),
    };
    value.ok_or_else(|| ConfigError::Value {
        place: given.flag.clone(),
        key: row.key.into(),
        found: format!("{text:?}"),
        expected: row.values.into(),
    })
}
