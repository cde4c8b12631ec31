//! `tenon query`: runs a query of an instance, for free.

use super::Global;
use super::entered::{Entered, enter};
use super::method_words::MethodWords;
use super::output::{Failure, Report, inline};
use super::sending::failure_of;
use clap::Args;
use serde_json::json;
use tenon_api::json::HexHash;
use tenon_client::parse_hash;
use tenon_types::Gas;
use tenon_types::interface::MethodMode;

pub(super) const ABOUT: &str = "Run a query of an instance, for free";

/// Options of a query.
#[derive(Debug, Args)]
pub(super) struct QueryOptions {
    /// The block after which to ask; the head if absent
    #[arg(long, value_name = "HASH")]
    at: Option<String>,
    /// The most gas to use
    #[arg(long, value_name = "GAS")]
    gas: Option<Gas>,
}

pub(super) async fn run(words: MethodWords, global: Global) -> Result<Report, Failure> {
    let entered = match enter::<QueryOptions>(words, global, ("query", ABOUT), MethodMode::Query).await {
        Ok(entered) => entered,
        Err(end) => return end,
    };
    let Entered { client, instance, method, input, options } = &entered;
    let at = options.at.as_deref().map(hash).transpose()?;
    let outcome = client.query(&instance.address, &method.name, input, at.as_ref(), options.gas).await?;
    if let Some(failure) = failure_of(&outcome) {
        return Err(failure);
    }
    let result = instance.decode_result(method, &outcome.output.0)?;
    let json = json!({ "result": result, "gas": outcome.gas_used, "at": outcome.at });
    Ok(Report::new(inline(&result), json))
}

/// Reads a hash.
///
/// # Errors
/// If the text is none.
pub(super) fn hash(text: &str) -> Result<tenon_types::Hash, Failure> {
    parse_hash(text).or_else(|| HexHash::parse(text).ok().map(|hash| hash.0)).ok_or_else(|| {
        Failure::new(
            super::output::Kind::Usage,
            format!("found {text:?}, expected a hash"),
            "write 0x and 64 hex digits",
        )
    })
}
