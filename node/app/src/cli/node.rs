//! `tenon node`: a node that runs a chain together with others.

mod genesis;
mod init;
mod key;
mod run;

use super::output::{Failure, Kind, Report};
use super::{Global, dev};
use crate::config::{ConfigError, Override};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

pub(super) use genesis::{found, now_ms};
pub(super) use init::{make_folder, write_new};

/// Run a node of a chain with others: its folder, keys, genesis
#[derive(Debug, Args)]
pub(super) struct Node {
    #[command(subcommand)]
    command: NodeCommand,
}

#[derive(Debug, Subcommand)]
enum NodeCommand {
    Init(init::Init),
    Run(run::Run),
    Genesis(genesis::GenesisWords),
    Key(key::KeyWords),
}

/// Where a node's folder is.
#[derive(Clone, Debug, Args)]
struct Place {
    /// The folder of the node; ~/.tenon/node if absent
    #[arg(long, value_name = "DIR")]
    base_path: Option<PathBuf>,
}

impl Node {
    pub(super) fn run(self, global: &Global) -> Result<Report, Failure> {
        match self.command {
            NodeCommand::Init(init) => init.run(),
            NodeCommand::Run(run) => run.run(global),
            NodeCommand::Genesis(genesis) => genesis.run(),
            NodeCommand::Key(key) => key.run(),
        }
    }
}

impl Place {
    /// The folder.
    fn folder(&self) -> Result<PathBuf, Failure> {
        absolute(self.base_path.as_deref(), || Ok(dev::home()?.join("node")), "--base-path")
    }
}

/// The folder that a flag names, or the usual one, from the root on.
pub(super) fn absolute(
    given: Option<&Path>,
    usual: impl FnOnce() -> Result<PathBuf, Failure>,
    flag: &str,
) -> Result<PathBuf, Failure> {
    let path = given.map_or_else(usual, |path| Ok(path.to_path_buf()))?;
    std::path::absolute(&path).map_err(|error| {
        let message = format!("cannot find {}: {error}", path.display());
        Failure::new(Kind::File, message, format!("give {flag} a folder"))
    })
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let hint = error.hint();
        let kind = match &error {
            ConfigError::KeyFile { .. } | ConfigError::NoRandomness(_) => Kind::Key,
            ConfigError::File { .. } => Kind::File,
            _ => Kind::Config,
        };
        Self::new(kind, error.to_string(), hint)
    }
}

/// Reads the words of `--set KEY=VALUE`.
pub(super) fn settings(words: &[String]) -> Result<Vec<Override>, Failure> {
    let read = |word: &String| {
        let (key, value) = word.split_once('=').ok_or_else(|| {
            let message = format!("found --set {word:?}, expected KEY=VALUE");
            Failure::new(Kind::Usage, message, "such as --set rpc.port=9955; config.toml lists the keys")
        })?;
        Ok(Override { flag: "--set".into(), key: key.trim().into(), value: value.into() })
    };
    words.iter().map(read).collect()
}
