//! `tenon tx`: how a transaction ended.

use super::output::{Failure, Report};
use super::{Global, query, receipt};
use clap::Args;

/// Show how a transaction ended
#[derive(Debug, Args)]
pub(super) struct Tx {
    /// The transaction's hash
    hash: String,
}

impl Tx {
    pub(super) async fn run(self, global: &Global) -> Result<Report, Failure> {
        let hash = query::hash(&self.hash)?;
        let client = global.connect().await?;
        let mut receipt = client.receipt(&hash).await?;
        receipt::label(&mut receipt.events, &client.names().await?, client.facts().prefix);
        // The transaction was found and shown, however it ended.
        Ok(Report { done: true, ..receipt::report("transaction", &receipt, client.facts(), None, &[]) })
    }
}
