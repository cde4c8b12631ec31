//! `tenon proof`: fetches a proof of an entry of the state, and checks one without a node.

use super::Global;
use super::output::{Failure, Kind, Report, table};
use super::{query, sending, signer};
use clap::{ArgGroup, Args, Subcommand};
use parity_scale_codec::DecodeAll;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use tenon_api::json::{Bytes, ProofView};
use tenon_client::{ClientError, format_address, format_amount, proof};
use tenon_types::{AccountInfo, Address, Hash, Parameters, keys};

/// The SS58 prefix with which a proof's accounts are shown: a proof names none.
const PREFIX: u16 = 42;
/// How often the node is asked for a proof that no final header carries yet.
const MAX_ATTEMPTS: u32 = 20;
/// The pause between two such questions, in milliseconds.
const PAUSE_MS: u64 = 250;

/// Fetch a proof of a part of the state, or check one offline
#[derive(Debug, Args)]
pub(super) struct Proof {
    #[command(subcommand)]
    command: ProofCommand,
}

#[derive(Debug, Subcommand)]
enum ProofCommand {
    /// Print the proof of an account or of an entry of an instance's storage, as JSON
    #[command(group(ArgGroup::new("what").required(true).args(["account", "instance", "state_key"])))]
    Get {
        /// An account: its balance and nonce
        #[arg(long, value_name = "ADDRESS")]
        account: Option<String>,
        /// An instance: the entry of its storage under --key, or without --key its record
        #[arg(long, value_name = "INSTANCE")]
        instance: Option<String>,
        /// The key in the instance's storage
        #[arg(long, value_name = "HEX", requires = "instance")]
        key: Option<String>,
        /// Any key of the state
        #[arg(long, value_name = "HEX")]
        state_key: Option<String>,
        /// The block after which to prove; the newest that can be proven if absent
        #[arg(long, value_name = "HASH")]
        at: Option<String>,
    },
    /// Check a proof without a node: headers, root, path and value
    Check {
        /// The file that `tenon proof get` printed
        file: PathBuf,
        /// The hash of a block that you trust; it must be the proof's
        #[arg(long, value_name = "HASH")]
        trusted: Option<String>,
    },
}

impl Proof {
    pub(super) async fn run(self, global: &Global) -> Result<Report, Failure> {
        match self.command {
            ProofCommand::Get { account, instance, key, state_key, at } => {
                let at = at.as_deref().map(query::hash).transpose()?;
                let client = global.connect().await?;
                let key = match (account, instance, state_key) {
                    (Some(account), ..) => keys::account(&sending::address(&client, &account).await?),
                    (_, Some(instance), _) => {
                        let address = sending::address(&client, &instance).await?;
                        match key {
                            Some(key) => keys::storage(&address, &octets(&key)?),
                            None => keys::instance(&address),
                        }
                    }
                    (_, _, key) => octets(&key.unwrap_or_default())?,
                };
                let proof = fetch(&client, key, at.as_ref()).await?;
                let text = serde_json::to_string_pretty(&proof).unwrap_or_default();
                Ok(Report::new(text, json!(proof)))
            }
            ProofCommand::Check { file, trusted } => check(&file, trusted.as_deref()),
        }
    }
}

/// Asks again while the block after the newest state is not final yet.
async fn fetch(client: &tenon_client::Client, key: Vec<u8>, at: Option<&Hash>) -> Result<ProofView, Failure> {
    let keys = [key];
    for _ in 1..MAX_ATTEMPTS {
        match client.proof(&keys, at).await {
            Err(ClientError::Refused { code, .. }) if code == tenon_api::errors::NOT_ANCHORED.code => {
                tokio::time::sleep(std::time::Duration::from_millis(PAUSE_MS)).await;
            }
            other => return Ok(other?),
        }
    }
    Ok(client.proof(&keys, at).await?)
}

fn check(file: &Path, trusted: Option<&str>) -> Result<Report, Failure> {
    let trusted = trusted.map(query::hash).transpose()?;
    let proof: ProofView = serde_json::from_str(&signer::read_text(file)?).map_err(|error| {
        Failure::new(
            Kind::File,
            format!("found no proof in {}, expected what `tenon proof get` prints: {error}", file.display()),
            "fetch the proof again with `tenon proof get`",
        )
    })?;
    let proven = proof::check(&proof, trusted.as_ref())?;
    let entries: Vec<(String, Json)> =
        proven.entries.iter().map(|(key, value)| describe(key, value.as_deref())).collect();
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
    let lines: Vec<String> = entries.iter().map(|(text, _)| format!("  {text}")).collect();
    let json = json!({
        "valid": true,
        "trusted": trusted.is_some(),
        "block": { "height": proven.height, "hash": proven.block.to_string(), "time_ms": proven.time_ms },
        "anchor": proven.anchor.to_string(),
        "genesis": proof.genesis_hash,
        "state_root": proven.state_root.to_string(),
        "entries": entries.iter().map(|(_, json)| json).collect::<Vec<_>>(),
    });
    Ok(Report::new(format!("the proof holds\n{rows}\n{}", lines.join("\n")), json))
}

/// An entry in words: an account with its numbers, anything else as bytes.
fn describe(key: &[u8], value: Option<&[u8]>) -> (String, Json) {
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

fn octets(text: &str) -> Result<Vec<u8>, Failure> {
    Bytes::parse(text).map(|bytes| bytes.0).map_err(|reason| {
        Failure::new(Kind::Usage, format!("found {text:?}, expected hex digits: {reason}"), "write 0x and hex digits")
    })
}
