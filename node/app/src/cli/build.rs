//! `tenon build`: builds the module of the present folder.

use super::method_words::signature;
use super::output::{Failure, Report, table};
use super::project;
use clap::Args;
use serde_json::json;
use tenon_types::interface::Method;

/// Build the module in this folder to WASM
#[derive(Debug, Args)]
pub(super) struct Build {}

impl Build {
    #[allow(clippy::unused_self, reason = "every command is run the same way")]
    pub(super) fn run(self) -> Result<Report, Failure> {
        let (built, code) = project::build()?;
        let methods: Vec<String> = code
            .interface
            .methods
            .iter()
            .map(|method: &Method| {
                format!("    {:9} {}", method.mode.name(), signature(method).lines().next().unwrap_or_default())
            })
            .collect();
        let capabilities: Vec<&str> = code.manifest.capabilities.iter().map(|capability| capability.name()).collect();
        let rows = table([
            ("file", built.path.display().to_string()),
            ("bytes", code.wasm.len().to_string()),
            ("code hash", code.hash.to_string()),
            ("source hash", format!("0x{}", hex::encode(built.source_hash))),
            ("capabilities", capabilities.join(", ")),
        ]);
        let json = json!({
            "name": code.manifest.name,
            "version": code.manifest.version,
            "file": built.path,
            "bytes": code.wasm.len(),
            "code_hash": code.hash.to_string(),
            "source_hash": format!("0x{}", hex::encode(built.source_hash)),
            "capabilities": capabilities,
            "methods": code.interface.methods.iter().map(Method::export).collect::<Vec<_>>(),
        });
        let text = format!(
            "{} {} built\n{rows}\n  methods\n{}",
            code.manifest.name,
            code.manifest.version,
            methods.join("\n")
        );
        Ok(Report::new(text, json))
    }
}
