//! What a command says when it is done, and the only place that writes to the terminal.

use serde_json::{Value as Json, json};
use std::io::{self, Write};
use std::process::ExitCode;

/// Exit status of a command whose arguments are wrong.
pub(super) const USAGE: u8 = 2;

/// What a command found out or did: the same for a person and for a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// For a person; without a line feed at the end.
    pub text: String,
    /// For a program.
    pub json: Json,
    /// Whether what was asked for happened. If not, the exit status is 1.
    pub done: bool,
}

impl Report {
    /// Makes the report of a command that did what it was asked.
    pub fn new(text: impl Into<String>, json: Json) -> Self {
        Self { text: text.into(), json, done: true }
    }
}

/// Why a command did nothing, with found, expected and hint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Stable number: the node's, the client's (3001 to 3099) or the command line's (3101 to 3199).
    pub code: i64,
    /// Stable name.
    pub name: String,
    /// What was found and expected.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// Exit status: 1, or [`USAGE`].
    pub exit: u8,
}

impl Failure {
    /// Makes a failure of the command line's own.
    pub fn new(kind: Kind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let exit = if kind == Kind::Usage { USAGE } else { 1 };
        Self { code: kind.code(), name: format!("{kind:?}"), message: message.into(), hint: hint.into(), exit }
    }

    /// The failure as the object that programs read.
    pub fn to_json(&self) -> Json {
        json!({ "code": self.code, "name": self.name, "message": self.message, "hint": self.hint })
    }
}

impl From<tenon_client::ClientError> for Failure {
    fn from(error: tenon_client::ClientError) -> Self {
        Self {
            code: error.code().into(),
            name: error.name().into(),
            message: error.to_string(),
            hint: error.hint(),
            exit: 1,
        }
    }
}

/// Kinds of failures of the command line's own. The numbers are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The words are not a command with its arguments.
    Usage,
    /// A file cannot be read or written.
    File,
    /// A key cannot be made, read or opened.
    Key,
    /// The directory holds no module project, or not a good one.
    Project,
    /// A module does not build.
    Build,
    /// A module's tests fail.
    Tests,
    /// Code is no module.
    Code,
    /// No such block, transaction, instance or code.
    NotFound,
    /// The node did not start, or stopped.
    Node,
    /// A node's settings, or a genesis, are wrong.
    Config,
}

impl Kind {
    const fn code(self) -> i64 {
        match self {
            Self::Usage => 3101,
            Self::File => 3102,
            Self::Key => 3103,
            Self::Project => 3104,
            Self::Build => 3105,
            Self::Tests => 3106,
            Self::Code => 3107,
            Self::NotFound => 3108,
            Self::Node => 3109,
            Self::Config => 3110,
        }
    }
}

/// Says how a command ended and gives its exit status.
pub(super) fn finish(result: &Result<Report, Failure>, as_json: bool) -> ExitCode {
    match result {
        Ok(report) => {
            let text = if as_json { report.json.to_string() } else { report.text.clone() };
            print(&text);
            if report.done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(failure) if as_json => {
            print(&json!({ "error": failure.to_json() }).to_string());
            ExitCode::from(failure.exit)
        }
        Err(failure) => {
            complain(&format!("error: {} ({} {})", failure.message, failure.name, failure.code));
            if !failure.hint.is_empty() {
                complain(&format!(" hint: {}", failure.hint));
            }
            ExitCode::from(failure.exit)
        }
    }
}

/// Writes a line to standard output. A reader that went away, such as `head`, is no error.
#[allow(clippy::print_stdout, reason = "the only place that writes to standard output")]
pub(super) fn print(text: &str) {
    let mut out = io::stdout().lock();
    if !text.is_empty() && writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Writes a line to standard error. If that fails there is nobody left to tell.
pub(super) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Aligns pairs of names and values, two blanks deep.
pub(super) fn table<'a>(rows: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let rows: Vec<(&str, String)> = rows.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = rows.iter().map(|(name, value)| format!("  {name:width$}  {value}")).collect();
    lines.join("\n")
}

/// Shows a value on one line: `{ to: 5F.., amount: 500 }`.
pub(super) fn inline(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => "none".into(),
        Json::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Json::Object(map) if map.is_empty() => "{}".into(),
        Json::Object(map) => {
            let fields: Vec<String> = map.iter().map(|(name, value)| format!("{name}: {}", inline(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_a_number_a_name_and_a_hint() {
        let failure = Failure::new(Kind::File, "found no file a.wasm, expected a WASM file", "build it first");
        assert_eq!(failure.to_json()["code"], 3102);
        assert_eq!((failure.name.as_str(), failure.exit), ("File", 1));
        assert_eq!(Failure::new(Kind::Usage, "a", "b").exit, USAGE);
    }

    #[test]
    fn tables_are_aligned_and_leave_out_what_is_empty() {
        assert_eq!(
            table([("gas", "1".into()), ("none", String::new()), ("deposit", "2".into())]),
            "  gas      1\n  deposit  2"
        );
    }

    #[test]
    fn values_are_shown_on_one_line() {
        assert_eq!(
            inline(&json!({ "to": "5F", "cap": null, "list": [1, "2"] })),
            "{ to: 5F, cap: none, list: [1, 2] }"
        );
    }
}
