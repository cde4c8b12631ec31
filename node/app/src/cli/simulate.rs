//! `tenon simulate`: runs a call as a transaction and undoes it.

use super::entered::{Entered, enter};
use super::method_words::MethodWords;
use super::output::{Failure, Report, inline, table};
use super::sending::{self, SchemeName, coins, failure_of};
use super::{Global, receipt, signer};
use clap::Args;
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use tenon_api::json::ExecutionView;
use tenon_client::{ChainFacts, format_amount};
use tenon_types::interface::MethodMode;
use tenon_types::{Address, Gas};

pub(super) const ABOUT: &str = "Run a call as a transaction and undo it: result, fee, events, log and changes";

/// Options of a simulation.
#[derive(Debug, Args)]
pub(super) struct SimulateOptions {
    /// In whose name: a key such as //Alice, a key file, or any address
    #[arg(long, value_name = "KEY|ADDRESS")]
    from: String,
    /// The signature scheme of a key
    #[arg(long, value_name = "SCHEME", default_value = "sr25519")]
    scheme: SchemeName,
    /// The file whose first line is the key file's password; else TENON_PASSWORD
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Coins to send along
    #[arg(long, value_name = "COINS", default_value = "0")]
    value: String,
    /// The most gas to use
    #[arg(long, value_name = "GAS")]
    gas: Option<Gas>,
}

pub(super) async fn run(words: MethodWords, global: Global) -> Result<Report, Failure> {
    let entered = match enter::<SimulateOptions>(words, global, ("simulate", ABOUT), MethodMode::Call).await {
        Ok(entered) => entered,
        Err(end) => return end,
    };
    let Entered { client, instance, method, input, options } = &entered;
    let value = coins(client, &options.value)?;
    let from = match tenon_client::parse_address(&options.from, &|name: &str| instance.resolve(name)) {
        Ok(address) if !signer::is_uri(&options.from) => address,
        _ => Address(signer::load(&options.from, options.scheme.into(), options.password_file.as_deref())?.account()),
    };
    let make = |gas| instance.call(method, input.clone(), value, gas);
    let mut outcome = sending::simulate(client, &from, options.gas, &make).await?;
    let result = match outcome.error {
        None => Some(instance.decode_result(method, &outcome.output.0)?),
        Some(_) => None,
    };
    receipt::label(&mut outcome.events, &instance.names, client.facts().prefix);
    Ok(report(&entered.what(), &outcome, client.facts(), result))
}

/// Makes the report of a transaction that was run and undone.
pub(super) fn report(what: &str, outcome: &ExecutionView, facts: &ChainFacts, result: Option<Json>) -> Report {
    let failure = failure_of(outcome);
    let json = json!({
        "status": if failure.is_none() { "success" } else { "failed" },
        "at": outcome.at,
        "gas": outcome.gas_used,
        "fee": outcome.fee,
        "deposit": outcome.deposit,
        "result": result,
        "error": failure.as_ref().map(Failure::to_json),
        "events": outcome.events.iter().map(receipt::event_json).collect::<Vec<_>>(),
        "logs": outcome.logs,
        "changes": outcome.changes,
    });
    let ended = if failure.is_none() { "would succeed" } else { "would FAIL" };
    let error = failure.as_ref().map_or_else(String::new, |failure| {
        format!("{} ({}): {}; {}", failure.name, failure.code, failure.message, failure.hint)
    });
    let rows = table([
        ("error", error),
        ("result", result.filter(|result| *result != json!([])).as_ref().map(inline).unwrap_or_default()),
        ("gas", outcome.gas_used.to_string()),
        ("fee", format!("{} {}", format_amount(outcome.fee.0, facts.decimals), facts.symbol)),
        ("deposit", receipt::show_deposit(outcome.deposit.0, facts)),
        ("changes", format!("{} entries", outcome.changes.len())),
    ]);
    let events =
        outcome.events.iter().map(|event| format!("\n    {}.{} {}", event.source, event.name, inline(&event.fields)));
    let logs =
        outcome.logs.iter().map(|line| format!("\n    {}{}", "  ".repeat(line.depth.min(16) as usize), line.message));
    let section = |name: &str, lines: String| if lines.is_empty() { lines } else { format!("\n  {name}{lines}") };
    let text =
        format!("{what}: {ended}\n{rows}{}{}", section("events", events.collect()), section("log", logs.collect()));
    Report { text, json, done: failure.is_none() }
}
