//! `tenon block`: a block with its transactions.

use super::output::{Failure, Kind, Report, inline, table};
use super::{Global, query};
use clap::Args;
use serde_json::{Value as Json, json};
use tenon_api::json::{BlockView, HexHash, TransactionView};
use tenon_client::format_amount;

/// The longest text of a call's arguments that a person is shown.
const MAX_SHOWN_CALL: usize = 160;

/// Show a block: by height, by hash, the last final one, or the head
#[derive(Debug, Args)]
pub(super) struct Block {
    /// A height or a hash; the head if absent
    #[arg(value_name = "HEIGHT|HASH", conflicts_with_all = ["finalized", "best"])]
    block: Option<String>,
    /// The last final block
    #[arg(long, conflicts_with = "best")]
    finalized: bool,
    /// The head
    #[arg(long)]
    best: bool,
}

impl Block {
    pub(super) async fn run(self, global: &Global) -> Result<Report, Failure> {
        let which = self.which()?;
        let client = global.connect().await?;
        let block = client.block(which).await?;
        let facts = client.facts();
        let text = show(&block, &|amount| format!("{} {}", format_amount(amount, facts.decimals), facts.symbol));
        Ok(Report::new(text, json!(block)))
    }

    fn which(&self) -> Result<Json, Failure> {
        match &self.block {
            None if self.finalized => Ok(json!("finalized")),
            None => Ok(json!("best")),
            Some(text) if text.starts_with("0x") => Ok(json!(HexHash(query::hash(text)?))),
            Some(text) => text.parse::<u32>().map(|height| json!(height)).map_err(|_| {
                Failure::new(
                    Kind::Usage,
                    format!("found {text:?}, expected a height or a hash"),
                    "write a number, 0x and 64 hex digits, --finalized or --best",
                )
            }),
        }
    }
}

fn show(block: &BlockView, coins: &dyn Fn(u128) -> String) -> String {
    let state = if block.finalized { "final" } else { "not final yet" };
    let rows = table([
        ("hash", block.hash.0.to_string()),
        ("parent", block.parent_hash.0.to_string()),
        ("state root", format!("{} (after the parent)", block.state_root.0)),
        ("time", format!("{} ms", block.time_ms)),
        ("producer", block.producer.clone()),
        ("gas", block.gas_used.to_string()),
        ("base fee", format!("{} for a million gas", coins(block.base_fee.0))),
        ("transactions", block.transactions.len().to_string()),
    ]);
    let transactions: String = block.transactions.iter().map(line).collect();
    format!("block {} ({state})\n{rows}{transactions}", block.height)
}

fn line(transaction: &TransactionView) -> String {
    let text = |key: &str| transaction.call.get(key).and_then(Json::as_str).unwrap_or("?").to_string();
    let mut arguments = transaction.call.get("arguments").map(inline).unwrap_or_default();
    if let Some((end, _)) = arguments.char_indices().nth(MAX_SHOWN_CALL) {
        arguments.truncate(end);
        arguments.push_str("..");
    }
    let error =
        transaction.error.as_ref().map(|error| format!(" {} ({})", error.name, error.number)).unwrap_or_default();
    format!(
        "\n    {} {}{error}\n      {}.{} {arguments}\n      by {}",
        transaction.hash.0,
        transaction.status,
        text("pallet"),
        text("call"),
        transaction.signer
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn which(text: &str) -> Result<Json, Failure> {
        Block { block: Some(text.into()), finalized: false, best: false }.which()
    }

    #[test]
    fn names_a_block_by_height_hash_or_state() {
        assert_eq!(which("7"), Ok(json!(7)));
        let hash = format!("0x{}", "ab".repeat(32));
        assert_eq!(which(&hash), Ok(json!(hash)));
        assert_eq!(Block { block: None, finalized: true, best: false }.which(), Ok(json!("finalized")));
    }

    #[test]
    fn refuses_what_names_no_block() {
        for text in ["-1", "seven", "0x12", "4294967296"] {
            let failure = which(text).unwrap_err();
            assert!(failure.message.contains("expected") && !failure.hint.is_empty(), "{text}");
        }
    }
}
