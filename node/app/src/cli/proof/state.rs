//! Checks a proof of the state under a header whose hash is trusted, and says what it shows.

use crate::cli::output::{Failure, Report, table};
use parity_scale_codec::DecodeAll;
use serde_json::{Value as Json, json};
use tenon_api::json::{Bytes, ProofView};
use tenon_client::proof::{self, Proven};
use tenon_client::{format_address, format_amount};
use tenon_types::{AccountInfo, Address, Hash, Parameters, keys};

/// The SS58 prefix with which a proof's accounts are shown: a proof names none.
const PREFIX: u16 = 42;

/// Checks a proof whose root stands in a block that is trusted, if one is.
pub(super) fn check(proof: &ProofView, trusted: Option<&Hash>) -> Result<Report, Failure> {
    let proven = proof::check(proof, trusted)?;
    let (lines, entries) = describe_all(&proven);
    let rows = table([
        ("state after", format!("block {} {}", proven.height, proven.block)),
        ("state root", proven.state_root.to_string()),
        ("root stands in", format!("block {} {}", proven.height.saturating_add(1), proven.anchor)),
        (
            "trust",
            match trusted {
                Some(_) => "the block is the one you trust".into(),
                None => "compare the block's hash with one that you trust, or give --trusted HASH".into(),
            },
        ),
    ]);
    let json = json!({
        "valid": true,
        "trusted": trusted.is_some(),
        "block": { "height": proven.height, "hash": proven.block.to_string(), "time_ms": proven.time_ms },
        "anchor": proven.anchor.to_string(),
        "genesis": proof.genesis_hash,
        "state_root": proven.state_root.to_string(),
        "entries": entries,
    });
    Ok(Report::new(format!("the proof holds\n{rows}\n{lines}"), json))
}

/// The entries of a proof, for people and for programs.
pub(super) fn describe_all(proven: &Proven) -> (String, Vec<Json>) {
    let entries: Vec<(String, Json)> =
        proven.entries.iter().map(|(key, value)| describe(key, value.as_deref())).collect();
    let lines: Vec<String> = entries.iter().map(|(text, _)| format!("  {text}")).collect();
    (lines.join("\n"), entries.into_iter().map(|(_, json)| json).collect())
}

/// An entry in words: an account with its numbers, anything else as bytes.
pub(super) fn describe(key: &[u8], value: Option<&[u8]>) -> (String, Json) {
    let account = key.get(48..80).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).map(Address);
    let hex_key = format!("0x{}", hex::encode(key));
    if let Some(address) = account.filter(|address| keys::account(address) == key) {
        let shown = format_address(&address, PREFIX);
        let info = value.and_then(|value| AccountInfo::decode_all(&mut &*value).ok());
        if value.is_none() {
            return (
                format!("account {shown} does not exist"),
                json!({ "key": hex_key, "account": shown, "value": null }),
            );
        }
        if let Some(info) = info {
            let decimals = u8::try_from(Parameters::COIN.ilog10()).unwrap_or_default();
            let free = format_amount(info.data.free, decimals);
            let text = format!("account {shown}: free {free} ({decimals} decimals), nonce {}", info.nonce);
            let json = json!({
                "key": hex_key, "account": shown, "free": info.data.free.to_string(),
                "reserved": info.data.reserved.to_string(), "nonce": info.nonce,
            });
            return (text, json);
        }
    }
    let value = value.map(|value| Bytes(value.to_vec()));
    let json = json!({ "key": hex_key, "value": value });
    let shown = value.map_or_else(|| "no value".into(), |value| format!("0x{}", hex::encode(value.0)));
    (format!("{hex_key}: {shown}"), json)
}
