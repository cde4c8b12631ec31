//! How a transaction ended, for a person and for a program.

use super::output::{Report, inline, table};
use super::sending::printable;
use parity_scale_codec::DecodeAll;
use serde_json::{Value as Json, json};
use tenon_api::json::{EventView, ReceiptView};
use tenon_client::{ChainFacts, Names, format_address, format_amount};
use tenon_types::{BalancesEvent, Event};

/// What a person need not read: the lines above say it.
const OBVIOUS_EVENTS: [(&str, &str); 3] =
    [("System", "ExtrinsicSuccess"), ("System", "ExtrinsicFailed"), ("Balances", "FeePaid")];

/// Names the protocol modules among the sources of events.
pub(super) fn label(events: &mut [EventView], names: &Names, prefix: u16) {
    for event in events {
        let named = names.iter().find(|(_, address)| format_address(address, prefix) == event.source);
        if let Some((name, _)) = named {
            event.source.clone_from(name);
        }
    }
}

/// Makes the report of a transaction. `what` is what was done; `result` is the method's decoded result; `extra` are further
/// facts, which stand first.
pub(super) fn report(
    what: &str,
    receipt: &ReceiptView,
    facts: &ChainFacts,
    result: Option<Json>,
    extra: &[(&str, Json)],
) -> Report {
    let deposit = deposit(&receipt.events);
    let mut json = json!({
        "status": receipt.status,
        "finalized": receipt.finalized,
        "transaction": receipt.transaction,
        "block": { "hash": receipt.block_hash, "height": receipt.block_height, "index": receipt.index },
        "gas": receipt.gas_used,
        "fee": receipt.fee,
        "tip": receipt.tip,
        "deposit": deposit.to_string(),
        "result": result,
        "error": receipt.error,
        "events": receipt.events.iter().map(event_json).collect::<Vec<_>>(),
    });
    if let Json::Object(map) = &mut json {
        map.extend(extra.iter().map(|(name, value)| ((*name).to_string(), value.clone())));
    }
    Report { text: text(what, receipt, facts, deposit, result.as_ref(), extra), json, done: receipt.error.is_none() }
}

fn text(
    what: &str,
    receipt: &ReceiptView,
    facts: &ChainFacts,
    deposit: i128,
    result: Option<&Json>,
    extra: &[(&str, Json)],
) -> String {
    let coins = |amount| format!("{} {}", format_amount(amount, facts.decimals), facts.symbol);
    let state = if receipt.finalized { "final" } else { "included" };
    let ended = if receipt.error.is_none() { "done" } else { "FAILED" };
    let headline = format!("{what}: {ended} in block {} ({state})", receipt.block_height);
    let error = receipt.error.as_ref().map_or_else(String::new, |error| {
        let data = printable(&receipt.output.0).map(|data| format!(": {data}")).unwrap_or_default();
        format!("{} ({}): {}{data}; {}", error.name, error.number, error.message, error.hint)
    });
    let mut rows: Vec<(&str, String)> = vec![("error", error)];
    rows.extend(extra.iter().map(|(name, value)| (*name, inline(value))));
    rows.push(("result", result.filter(|result| **result != json!([])).map(inline).unwrap_or_default()));
    rows.push(("transaction", receipt.transaction.0.to_string()));
    rows.push(("block", format!("{} (transaction {} in it)", receipt.block_hash.0, receipt.index)));
    rows.push(("gas", receipt.gas_used.to_string()));
    rows.push(("fee", coins(receipt.fee.0)));
    rows.push(("tip", if receipt.tip.0 == 0 { String::new() } else { coins(receipt.tip.0) }));
    rows.push(("deposit", show_deposit(deposit, facts)));
    let events: Vec<String> = receipt
        .events
        .iter()
        .filter(|event| !OBVIOUS_EVENTS.contains(&(event.source.as_str(), event.name.as_str())))
        .map(|event| format!("    {}.{} {}", event.source, event.name, inline(&event.fields)))
        .collect();
    let events = if events.is_empty() { String::new() } else { format!("\n  events\n{}", events.join("\n")) };
    format!("{headline}\n{}{events}", table(rows))
}

/// A deposit for a person: locked or returned.
pub(super) fn show_deposit(deposit: i128, facts: &ChainFacts) -> String {
    let coins = format!("{} {}", format_amount(deposit.unsigned_abs(), facts.decimals), facts.symbol);
    match deposit {
        0 => String::new(),
        1.. => format!("{coins} locked"),
        _ => format!("{coins} returned"),
    }
}

/// An event for a program; what is not decoded keeps its bytes.
pub(super) fn event_json(event: &EventView) -> Json {
    if event.fields.is_null() {
        json!({ "source": event.source, "name": event.name, "fields": null, "raw": event.raw })
    } else {
        json!({ "source": event.source, "name": event.name, "fields": event.fields })
    }
}

/// The deposits locked less those returned.
fn deposit(events: &[EventView]) -> i128 {
    let signed = |amount: u128| i128::try_from(amount).unwrap_or(i128::MAX);
    events
        .iter()
        .filter_map(|event| Event::decode_all(&mut &event.raw.0[..]).ok())
        .map(|event| match event {
            Event::Balances(BalancesEvent::DepositLocked { amount, .. }) => signed(amount),
            Event::Balances(BalancesEvent::DepositReturned { amount, .. }) => -signed(amount),
            _ => 0,
        })
        .fold(0, i128::saturating_add)
}
