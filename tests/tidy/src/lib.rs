//! Checks of the tree itself: which crate may use which, who owns what is heavy, how files look, and whether the
//! docs speak of things that exist.
//!
//! | part | what it checks |
//! |---|---|
//! | [`layers`] | edges between our crates, owners of heavy crates, the quick inner loop |
//! | [`sources`] | headers and lengths of files, words that may not stand in the tree, lock files |
//! | [`docs`] | links and paths in Markdown files, the book's table of contents |
//! | [`coverage`] | rows of `docs/coverage.md` and the tests that they name |
//!
//! Each check is a function from data to [`Problem`]s, so that a test can show that it fails on a bad tree. What reads
//! the real tree is in [`tree`] and [`workspace`]. Left out: the reference page of the host functions, which is checked
//! where the table is, in `runtime/abi`.

use std::fmt;

pub mod coverage;
pub mod docs;
pub mod layers;
pub mod sources;
pub mod tree;
pub mod workspace;

/// Something that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A crate, or a file with a line.
    pub place: String,
    /// What was found there, and what was expected.
    pub message: String,
}

impl Problem {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }

    fn at(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self::new(format!("{path}:{line}"), message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)
    }
}
