//! `tenon node key`: what is public of a node's keys, as peers and the module for staking take it.

use super::super::output::{Failure, Report, table};
use super::Place;
use crate::config::NodeSettings;
use clap::{Args, Subcommand};
use serde_json::json;

/// Show what is public of a node's keys
#[derive(Debug, Args)]
pub(super) struct KeyWords {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Show the peer id, the BLS key and its proof of possession, as `tenon call staking register` takes them
    Show {
        #[command(flatten)]
        place: Place,
    },
}

impl KeyWords {
    pub(super) fn run(self) -> Result<Report, Failure> {
        let KeyCommand::Show { place } = self.command;
        let settings = NodeSettings::read(&place.folder()?, &[])?;
        let peer = settings.node_key()?.peer().to_string();
        let validator = settings.validator_key()?;
        let bls_key = validator.as_ref().map(|key| format!("0x{}", hex::encode(key.public())));
        let proof = validator.as_ref().map(|key| format!("0x{}", hex::encode(key.possession())));
        let register = bls_key.iter().zip(&proof).next().map(|(key, proof)| {
            format!(
                "tenon call staking register --bls-key {key} --proof {proof} --commission-bp 500 \
                 --endpoint HOST:PORT --value COINS --from OWNER"
            )
        });
        let text = table([
            ("peer id", peer.clone()),
            ("bls key", bls_key.clone().unwrap_or_default()),
            ("proof", proof.clone().unwrap_or_default()),
            ("register", register.unwrap_or_else(|| "this node does not vote (validator.enabled = false)".into())),
        ]);
        Ok(Report::new(text, json!({ "peer_id": peer, "bls_key": bls_key, "proof": proof })))
    }
}
