//! Registers the validators of a new network with the module for staking. Who stands nowhere when the first epoch ends
//! is no validator in the next one, so it is done at once, by the command that an owner uses.

use super::super::output::{Failure, Kind};
use super::state::{NodeState, State};
use crate::config::NodeSettings;
use std::process::{Command, Stdio};

/// What each owner stakes, in coins.
const STAKE_COINS: &str = "10000";
/// What a validator keeps of rewards, in basis points.
const COMMISSION_BP: &str = "500";
/// Characters of what a command says that a failure shows.
const MAX_SHOWN: usize = 500;

/// Registers every node's validator for its owner.
pub(super) fn register_all(state: &State) -> Result<(), Failure> {
    state.numbered().try_for_each(|(number, node)| register(number, node))
}

fn register(number: usize, node: &NodeState) -> Result<(), Failure> {
    let failed = |reason: String| {
        let message = format!("cannot register the validator of node {number}: {reason}");
        Failure::new(Kind::Node, message, "the nodes run; register it by `tenon call staking register`")
    };
    let key = NodeSettings::read(&node.folder, &[])?.validator_key()?;
    let key = key.ok_or_else(|| failed("found no key that votes, expected one".into()))?;
    let (public, proof) = (format!("0x{}", hex::encode(key.public())), format!("0x{}", hex::encode(key.possession())));
    let (endpoint, url) = (format!("127.0.0.1:{}", node.network_port), format!("ws://{}", node.rpc()));
    let program = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
    let mut command = Command::new(program);
    command.args(["call", "staking", "register", "--bls-key", &public, "--proof", &proof, "--json"]);
    command.args(["--commission-bp", COMMISSION_BP, "--endpoint", &endpoint, "--value", STAKE_COINS]);
    command.args(["--from", &node.account, "--url", &url]).stdin(Stdio::null());
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout);
    Err(failed(format!("it said: {}", said.trim().chars().take(MAX_SHOWN).collect::<String>())))
}
