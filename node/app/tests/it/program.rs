//! Runs the binary: a node that ends with its test, and commands whose answers are JSON.

use serde_json::Value as Json;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// A running node.
pub(crate) struct Node {
    child: Child,
    /// Kept open, so that the node can write.
    _stdout: BufReader<ChildStdout>,
    /// The first line that it wrote.
    pub(crate) ready: Json,
}

fn tenon() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenon"));
    command.env_remove("TENON_URL").env_remove("TENON_PASSWORD");
    command
}

impl Node {
    /// Starts a node at any free port, with these words besides.
    pub(crate) fn start(words: &[&str]) -> Self {
        let mut command = tenon();
        command.args(["dev", "--port", "0", "--json"]).args(words).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Self { child, _stdout: stdout, ready }
    }

    /// Where the node answers.
    pub(crate) fn url(&self) -> &str {
        self.ready["rpc"].as_str().unwrap()
    }

    /// Runs a command against the node.
    pub(crate) fn run(&self, words: &[&str]) -> Answer {
        run(&[words, &["--url", self.url()]].concat())
    }

    /// Ends the node without a word of warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its exit status.
    pub(crate) status: i32,
    /// The one JSON object that it wrote.
    pub(crate) json: Json,
}

impl Answer {
    /// The answer of a command that did what it was asked.
    pub(crate) fn done(self) -> Json {
        assert_eq!(self.status, 0, "{:#}", self.json);
        self.json
    }

    /// The error of a command that did not, checked to have all that an error must.
    pub(crate) fn error(self) -> Json {
        assert_ne!(self.status, 0, "{:#}", self.json);
        let error = self.json["error"].clone();
        for key in ["name", "message", "hint"] {
            assert!(error[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {error:#}");
        }
        assert!(error["code"].is_number() && self.json.as_object().unwrap().len() == 1, "{error:#}");
        error
    }
}

/// Runs a command, with `--json`.
pub(crate) fn run(words: &[&str]) -> Answer {
    run_in(Path::new("."), words)
}

/// Runs a command in a folder, with `--json`.
pub(crate) fn run_in(folder: &Path, words: &[&str]) -> Answer {
    let Output { status, stdout, stderr } = tenon().args(words).arg("--json").current_dir(folder).output().unwrap();
    let text = String::from_utf8(stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "{words:?} wrote {text:?} and {}", String::from_utf8_lossy(&stderr));
    Answer { status: status.code().unwrap(), json: serde_json::from_str(&text).unwrap() }
}
