//! `tenon node init`: writes a node's folder, and nothing over what is there.

use super::super::output::{Failure, Kind, Report, table};
use super::{Place, settings};
use crate::config::{
    CONFIG_FILE, GENESIS_FILE, NODE_KEY_FILE, NodeKey, NodeSettings, Override, VALIDATOR_KEY_FILE, ValidatorKey,
    commented_file, create_private,
};
use clap::Args;
use parity_scale_codec::DecodeAll;
use serde_json::json;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tenon_types::Genesis;

/// Write the folder of a new node: config.toml with every key, and the node's own keys
#[derive(Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    place: Place,
    /// The genesis of the chain, as `tenon node genesis` wrote it; it is copied into the folder
    #[arg(long, value_name = "FILE")]
    chain: Option<PathBuf>,
    /// Make a key that votes, and turn voting on
    #[arg(long)]
    validator: bool,
    /// A key of config.toml and its value
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
}

impl Init {
    pub(super) fn run(self) -> Result<Report, Failure> {
        let folder = self.place.folder()?;
        let mut chosen = settings(&self.settings)?;
        if self.validator {
            let flag = "--validator".to_string();
            chosen.push(Override { flag, key: "validator.enabled".into(), value: "true".into() });
        }
        let genesis = self.chain.as_deref().map(read_genesis).transpose()?;
        let made = write(&folder, &chosen, genesis.as_ref().map(|(bytes, _)| &bytes[..]), self.validator)?;
        let chain = genesis.map(|(_, genesis)| genesis.name);
        let next = match &chain {
            Some(_) => "look through config.toml, then `tenon node run`".to_string(),
            None => format!("put the chain's genesis at {}", folder.join(GENESIS_FILE).display()),
        };
        let text = table([
            ("folder", folder.display().to_string()),
            ("peer id", made.node.peer().to_string()),
            ("votes with", made.validator.as_ref().map(|key| hex(&key.public())).unwrap_or_default()),
            ("chain", chain.clone().unwrap_or_default()),
            ("next", next),
        ]);
        let json = json!({
            "folder": folder, "config": folder.join(CONFIG_FILE), "peer_id": made.node.peer().to_string(),
            "bls_key": made.validator.as_ref().map(|key| hex(&key.public())), "chain": chain,
        });
        Ok(Report::new(text, json))
    }
}

/// The keys of a new folder.
struct Made {
    node: NodeKey,
    validator: Option<ValidatorKey>,
}

/// Writes a node's folder. Nothing is written if anything of it is there, or a setting is wrong.
fn write(folder: &Path, chosen: &[Override], genesis: Option<&[u8]>, votes: bool) -> Result<Made, Failure> {
    let text = commented_file(chosen)?;
    let names = [CONFIG_FILE, GENESIS_FILE, NODE_KEY_FILE, VALIDATOR_KEY_FILE, GENESIS_FILE];
    if let Some(there) = names.iter().map(|name| folder.join(name)).find(|path| path.exists()) {
        let message = format!("found {}, expected a folder without a node", there.display());
        return Err(Failure::new(Kind::File, message, "give another --base-path; nothing was written"));
    }
    make_folder(folder)?;
    write_new(&folder.join(CONFIG_FILE), text.as_bytes())?;
    // What was chosen is checked as the node will read it, before any key is made.
    if let Err(error) = NodeSettings::read(folder, &[]) {
        let _ = std::fs::remove_file(folder.join(CONFIG_FILE));
        return Err(error.into());
    }
    if let Some(genesis) = genesis {
        write_new(&folder.join(GENESIS_FILE), genesis)?;
    }
    let node = NodeKey::create(&folder.join(NODE_KEY_FILE))?;
    let validator = votes.then(|| ValidatorKey::create(&folder.join(VALIDATOR_KEY_FILE))).transpose()?;
    Ok(Made { node, validator })
}

/// Reads a genesis, with its bytes.
fn read_genesis(file: &Path) -> Result<(Vec<u8>, Genesis), Failure> {
    let hint = "make one with `tenon node genesis`, or have it sent by those who founded the chain";
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::new(Kind::File, format!("cannot read {}: {error}", file.display()), hint))?;
    let genesis = Genesis::decode_all(&mut &bytes[..]).map_err(|error| {
        let message =
            format!("{}: found {} bytes, expected the SCALE bytes of a genesis: {error}", file.display(), bytes.len());
        Failure::new(Kind::File, message, hint)
    })?;
    Ok((bytes, genesis))
}

/// Makes a folder that only its owner may enter, if it is not there.
pub(in crate::cli) fn make_folder(folder: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        let message = format!("cannot make {}: {error}", folder.display());
        Failure::new(Kind::File, message, "give --base-path a folder that you may write")
    })
}

/// Writes a file that is not there, for its owner alone.
pub(in crate::cli) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    create_private(path).and_then(|mut file| file.write_all(bytes)).map_err(|error| {
        let message = format!("cannot write {}: {error}", path.display());
        Failure::new(Kind::File, message, "give --base-path a folder that you may write")
    })
}

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}
