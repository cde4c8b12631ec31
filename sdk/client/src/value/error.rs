//! Why a value does not fit its type, in words for the person who wrote it.

use crate::address::shorten;
use serde_json::Value as Json;

/// A value that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: found {found}, expected {expected}")]
pub struct ValueError {
    /// Which argument, and which part of it.
    pub path: String,
    /// What was there.
    pub found: String,
    /// What should be there.
    pub expected: String,
    /// What to do.
    pub hint: String,
}

impl ValueError {
    /// Makes an error; what was found is cut to a line.
    pub(crate) fn new(
        path: &str,
        found: impl AsRef<str>,
        expected: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        let path = if path.is_empty() { "value".into() } else { path.into() };
        Self { path, found: shorten(found.as_ref()), expected: expected.into(), hint: hint.into() }
    }

    /// Makes an error about JSON of the wrong kind.
    pub(crate) fn kind(path: &str, found: &Json, expected: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(path, found.to_string(), expected, hint)
    }

    /// Makes an error about bytes that end too early.
    pub(crate) fn short(path: &str, left: usize, expected: impl Into<String>) -> Self {
        Self::new(path, format!("{left} bytes left"), expected, FOREIGN)
    }

    /// Makes an error about too much nesting or too many values.
    pub(crate) fn bound(path: &str, expected: String) -> Self {
        Self::new(path, "more", expected, "split the value into smaller parts")
    }
}

/// Advice for bytes that do not decode.
pub(crate) const FOREIGN: &str = "the bytes do not come from this interface: compare the code hashes";
