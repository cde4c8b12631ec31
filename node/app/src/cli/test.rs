//! `tenon test`: runs the tests of the module in the present folder.

use super::output::{Failure, Kind, Report};
use super::{Global, project};
use clap::Args;
use serde_json::json;
use std::io;
use std::process::{Command, Stdio};

/// Run the tests of the module in this folder, in the real engine
#[derive(Debug, Args)]
pub(super) struct Test {
    /// Words for `cargo test`, after --
    #[arg(last = true, value_name = "WORDS")]
    words: Vec<String>,
}

impl Test {
    pub(super) fn run(self, global: &Global) -> Result<Report, Failure> {
        let folder = project::find()?;
        let failed = |error: io::Error| {
            Failure::new(Kind::Tests, format!("cannot run cargo: {error}"), "install Rust from https://rustup.rs")
        };
        let mut command = Command::new("cargo");
        command.arg("test").args(&self.words).current_dir(&folder).env("CARGO_TARGET_DIR", project::target(&folder));
        if global.json {
            // Standard output is for the one JSON object.
            command.stdout(Stdio::from(io::stderr()));
        }
        let status = command.status().map_err(failed)?;
        if status.success() {
            return Ok(Report::new("", json!({ "status": "success", "folder": folder })));
        }
        Err(Failure::new(
            Kind::Tests,
            format!("found failing tests, expected none: cargo test ended with {status}"),
            "read the first failure above: it names the test and the line",
        ))
    }
}
