//! The command line against a node: words in, one JSON object out.

use crate::program::{cache, tenon};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs commands.
#[derive(Clone, Debug)]
pub struct Cli {
    url: String,
    folder: Option<PathBuf>,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The words.
    pub words: String,
    /// The exit status; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub log: String,
}

/// What a command says when it did nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Its number.
    pub code: i64,
    /// Its name.
    pub name: String,
    /// What was found and expected.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Cli {
    /// Commands for the node at a URL.
    pub fn new(url: &str) -> Self {
        Self { url: url.into(), folder: None }
    }

    /// The same from within a folder.
    #[must_use]
    pub fn within(&self, folder: &Path) -> Self {
        Self { folder: Some(folder.into()), ..self.clone() }
    }

    /// Runs a command with `--json`.
    ///
    /// # Panics
    /// If the program cannot be started, or panics itself.
    pub fn run(&self, words: &[&str]) -> Outcome {
        let mut command = Command::new(tenon());
        command.args(words).args(["--url", &self.url, "--json"]);
        command.env_remove("TENON_URL").env("TENON_HOME", cache().join("home"));
        // Projects share the folder of builds with the tests, or the engine would be built again.
        command.env("CARGO_TARGET_DIR", cache().parent().expect("the cache is in the folder of builds"));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        let output = command.output().unwrap_or_else(|error| panic!("{} does not start: {error}", tenon().display()));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let outcome = Outcome {
            words: words.join(" "),
            code: output.status.code(),
            output: text(&output.stdout),
            log: text(&output.stderr),
        };
        assert!(outcome.code.is_some() && !outcome.log.contains("panicked"), "{outcome:?}");
        outcome
    }

    /// Runs a command that does what it is asked, and returns what it says.
    ///
    /// # Panics
    /// If it does not.
    pub fn done(&self, words: &[&str]) -> Json {
        let outcome = self.run(words);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome.json()
    }

    /// Runs a command that does nothing, and returns what it complains of: always with a number, a message and a hint.
    ///
    /// # Panics
    /// If it does anything, or complains otherwise.
    pub fn refused(&self, words: &[&str]) -> Complaint {
        let outcome = self.run(words);
        assert!(outcome.code.is_some_and(|code| code == 1 || code == 2), "{outcome:?}");
        Complaint::read(&outcome.json()["error"]).unwrap_or_else(|| panic!("no complaint: {outcome:?}"))
    }
}

impl Outcome {
    /// What the command says.
    ///
    /// # Panics
    /// If that is not one JSON object.
    pub fn json(&self) -> Json {
        let json: Json = serde_json::from_str(&self.output).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        assert!(json.is_object(), "{self:?}");
        json
    }
}

impl Complaint {
    /// Reads `{code, name, message, hint}`, none of them empty.
    pub fn read(json: &Json) -> Option<Self> {
        let text = |key: &str| json[key].as_str().filter(|text| !text.is_empty()).map(String::from);
        let code = json["code"].as_i64().filter(|code| *code != 0)?;
        Some(Self { code, name: text("name")?, message: text("message")?, hint: text("hint")? })
    }
}
