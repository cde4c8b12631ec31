//! `tenon proof`: fetches proofs of finality and of the state, follows a chain by its certificates from a trusted epoch
//! on, and checks all of it without a node.

mod files;
mod inclusion;
mod light;
mod state;
mod trust;

use super::Global;
use super::output::{Failure, Kind, Report};
use super::{query, sending};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;
use tenon_api::json::{Bytes, ProofView};
use tenon_client::{Client, ClientError};
use tenon_types::{BlockNumber, Hash, keys};

/// How often the node is asked for a proof that it does not have yet.
const MAX_ATTEMPTS: u32 = 20;
/// The pause between two such questions, in milliseconds.
const PAUSE_MS: u64 = 250;

/// Prove a part of the state or a header, follow a chain by its validators' votes, or check a proof offline
#[derive(Debug, Args)]
pub(super) struct Proof {
    #[command(subcommand)]
    command: ProofCommand,
}

/// What part of the state to prove.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct What {
    /// An account: its balance and nonce
    #[arg(long, value_name = "ADDRESS")]
    account: Option<String>,
    /// An instance: the entry of its storage under --key, or without --key its record
    #[arg(long, value_name = "INSTANCE")]
    instance: Option<String>,
    /// Any key of the state
    #[arg(long, value_name = "HEX")]
    state_key: Option<String>,
}

#[derive(Debug, Subcommand)]
enum ProofCommand {
    /// Print the proof of an account or of an entry of an instance's storage, as JSON
    Get {
        #[command(flatten)]
        what: What,
        /// The key in the instance's storage
        #[arg(long, value_name = "HEX", requires = "instance")]
        key: Option<String>,
        /// The block after which to prove; the newest that can be proven if absent
        #[arg(long, value_name = "HASH")]
        at: Option<String>,
    },
    /// Check a proof without a node: votes, headers, root, path and value
    Check {
        /// The file that `tenon proof get`, `header`, `transaction` or `entry` printed
        file: PathBuf,
        /// The hash of a block that you trust; the root must stand in it
        #[arg(long, value_name = "HASH", conflicts_with = "checkpoint")]
        trusted: Option<String>,
        /// A file of `tenon proof checkpoint` that you trust; the votes must be those of its validators
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Print an epoch with its validators, as a file to trust: get it from a node that you trust
    Checkpoint {
        /// The epoch; the running one if absent
        #[arg(long, value_name = "NUMBER")]
        epoch: Option<u64>,
        /// For how many days to trust its validators: fewer than their stake stays bound. 14 if absent; without end if
        /// the chain has no epochs
        #[arg(long, value_name = "DAYS")]
        trust_days: Option<u32>,
    },
    /// Print the proof that a block is final, with all that leads there from a trusted epoch, as JSON
    Header {
        /// The height
        height: BlockNumber,
        /// A file of `tenon proof checkpoint` that you trust
        #[arg(long, value_name = "FILE")]
        checkpoint: PathBuf,
    },
    /// Print the proof that a transaction is in the chain, or of what it did, under the last final header, as JSON
    Transaction {
        /// The transaction's hash
        #[arg(value_name = "HASH")]
        hash: String,
        /// Prove its receipt: how it ended, and its events
        #[arg(long)]
        receipt: bool,
        /// A file of `tenon proof checkpoint` that you trust
        #[arg(long, value_name = "FILE")]
        checkpoint: PathBuf,
    },
    /// Print the proof of a part of the state under the last final header, as JSON
    Entry {
        #[command(flatten)]
        what: What,
        /// The key in the instance's storage
        #[arg(long, value_name = "HEX", requires = "instance")]
        key: Option<String>,
        /// The block after which to prove; the newest that can be proven if absent
        #[arg(long, value_name = "HASH")]
        at: Option<String>,
        /// A file of `tenon proof checkpoint` that you trust
        #[arg(long, value_name = "FILE")]
        checkpoint: PathBuf,
    },
    /// Follow the chain from a trusted epoch by one certificate an epoch, check a header, and move the file on
    Light {
        /// A file of `tenon proof checkpoint` that you trust; it is written anew with the epoch that was reached
        #[arg(long, value_name = "FILE")]
        checkpoint: PathBuf,
        /// The height of the header to check; that of the last final block if absent
        #[arg(long, value_name = "HEIGHT")]
        to: Option<BlockNumber>,
    },
}

impl Proof {
    pub(super) async fn run(self, global: &Global) -> Result<Report, Failure> {
        match self.command {
            ProofCommand::Get { what, key, at } => {
                let client = global.connect().await?;
                let proof = what.fetch(&client, key.as_deref(), at.as_deref()).await?;
                let text = serde_json::to_string_pretty(&proof).unwrap_or_default();
                Ok(Report::new(text, json!(proof)))
            }
            ProofCommand::Check { file, trusted, checkpoint } => files::check(&file, trusted, checkpoint),
            ProofCommand::Checkpoint { epoch, trust_days } => {
                trust::fetch(&global.connect().await?, epoch, trust_days).await
            }
            ProofCommand::Header { height, checkpoint } => {
                let trust = files::read_trust(&checkpoint)?;
                light::prove(&global.connect().await?, &trust, height).await
            }
            ProofCommand::Transaction { hash, receipt, checkpoint } => {
                let trust = files::read_trust(&checkpoint)?;
                let what = if receipt { "receipt" } else { "transaction" };
                let wanted = vec![json!(what), json!(query::hash(&hash)?.to_string())];
                light::prove_under(&global.connect().await?, &trust, &wanted, None).await
            }
            ProofCommand::Entry { what, key, at, checkpoint } => {
                let trust = files::read_trust(&checkpoint)?;
                let client = global.connect().await?;
                let state = what.fetch(&client, key.as_deref(), at.as_deref()).await?;
                // The root stands in the next header, which may be old by now.
                let wanted = vec![json!("header"), json!(state.block_height.saturating_add(1))];
                light::prove_under(&client, &trust, &wanted, Some(state)).await
            }
            ProofCommand::Light { checkpoint, to } => light::follow(&global.connect().await?, &checkpoint, to).await,
        }
    }
}

impl What {
    /// The proof of the part, at the state after a block.
    async fn fetch(self, client: &Client, key: Option<&str>, at: Option<&str>) -> Result<ProofView, Failure> {
        let at = at.map(query::hash).transpose()?;
        let keys = [self.state_key(client, key).await?];
        patiently(tenon_api::errors::NOT_ANCHORED.code, async || client.proof(&keys, at.as_ref()).await).await
    }

    async fn state_key(self, client: &Client, key: Option<&str>) -> Result<Vec<u8>, Failure> {
        Ok(match (self.account, self.instance, self.state_key) {
            (Some(account), ..) => keys::account(&sending::address(client, &account).await?),
            (_, Some(instance), _) => {
                let address = sending::address(client, &instance).await?;
                match key {
                    Some(key) => keys::storage(&address, &octets(key)?),
                    None => keys::instance(&address),
                }
            }
            (_, _, key) => octets(&key.unwrap_or_default())?,
        })
    }
}

/// Asks again while the node refuses with a number that time may mend: the next block is not final yet.
async fn patiently<T>(code: i32, ask: impl AsyncFn() -> Result<T, ClientError>) -> Result<T, Failure> {
    for _ in 1..MAX_ATTEMPTS {
        match ask().await {
            Err(ClientError::Refused { code: found, .. }) if found == code => {
                tokio::time::sleep(std::time::Duration::from_millis(PAUSE_MS)).await;
            }
            other => return Ok(other?),
        }
    }
    Ok(ask().await?)
}

fn octets(text: &str) -> Result<Vec<u8>, Failure> {
    Bytes::parse(text).map(|bytes| bytes.0).map_err(|reason| {
        Failure::new(Kind::Usage, format!("found {text:?}, expected hex digits: {reason}"), "write 0x and hex digits")
    })
}

/// The hash that names a chain must be that of the file of trust.
fn expect_chain(found: Hash, expected: Hash) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    let text = format!("found the chain of genesis {found}, expected {expected}");
    Err(Failure::new(Kind::NotFound, text, "take a node, or a checkpoint, of the same chain"))
}

#[cfg(test)]
mod tests;
