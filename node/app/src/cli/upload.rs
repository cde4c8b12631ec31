//! `tenon upload`: stores code on chain.

use super::output::{Failure, Report};
use super::project::Code;
use super::sending::{SendOptions, Sender};
use super::{Global, receipt};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use tenon_types::{Call, ModulesCall};

/// Store a module's code on chain, once
#[derive(Debug, Args)]
pub(super) struct Upload {
    /// The WASM file
    file: PathBuf,
    #[command(flatten)]
    send: SendOptions,
}

impl Upload {
    pub(super) async fn run(self, global: &Global) -> Result<Report, Failure> {
        let code = Code::open(&self.file)?;
        let client = global.connect().await?;
        let hash = code.hash.to_string();
        if client.has_code(&code.hash).await? {
            let text = format!("{hash} is on chain already; nothing was sent");
            return Ok(Report::new(text, json!({ "status": "present", "code_hash": hash })));
        }
        let sender = Sender::new(&client, &self.send)?;
        let receipt = sender.send(None, &|_| Call::Modules(ModulesCall::upload { code: code.wasm.clone() })).await?;
        Ok(receipt::report(
            &format!("upload of {}", code.manifest.name),
            &receipt,
            client.facts(),
            None,
            &[("code_hash", json!(hash))],
        ))
    }
}
