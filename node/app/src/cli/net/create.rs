//! Makes a local network: keys, ports, a folder for each node, and the genesis that they share.

use super::super::node::{found, make_folder, now_ms, write_new};
use super::super::output::{Failure, Kind};
use super::state::{NodeState, State};
use crate::config::{
    CONFIG_FILE, Founder, Founding, GENESIS_FILE, NODE_KEY_FILE, NodeKey, NodeSettings, Override, Staking,
    VALIDATOR_KEY_FILE, ValidatorKey, commented_file,
};
use crate::node::DEVELOPMENT_ACCOUNTS;
use parity_scale_codec::Encode;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use tenon_client::{ClientError, no_names, parse_address};
use tenon_crypto::os::random_bytes;
use tenon_types::{Address, Amount, Parameters, Validator};

/// What each account of development and each validator's owner holds, in coins.
const COINS: Amount = 1_000_000;
/// The ports that are taken: below those that systems give to clients, so that a node that was stopped finds its own
/// free.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 12_000;
/// Ports of one node: RPC, network, figures.
const PORTS_OF_NODE: usize = 3;

/// What a network is made with.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// How many validators.
    pub(super) validators: usize,
    /// Milliseconds from one block to the next.
    pub(super) block_time_ms: u64,
    /// How validators are elected, if they are.
    pub(super) staking: Option<Staking>,
    /// Settings of every node.
    pub(super) settings: Vec<Override>,
}

/// The keys of a node.
struct Keys {
    node: NodeKey,
    validator: ValidatorKey,
}

/// The key of development that owns a validator: //Alice//stash and so on, then //Validator7.
fn owner(number: usize) -> String {
    let index = number.saturating_sub(1);
    DEVELOPMENT_ACCOUNTS.get(index).map_or_else(|| format!("//Validator{number}"), |suri| format!("{suri}//stash"))
}

/// Makes a network in a folder that holds none.
pub(super) fn create(folder: &Path, plan: &Plan) -> Result<State, Failure> {
    let folder_of = |number: usize| folder.join(format!("node{number}"));
    let make = |number: usize| -> Result<Keys, Failure> {
        let folder = folder_of(number);
        if folder.exists() {
            let message = format!("found {}, expected a folder without nodes", folder.display());
            let hint = "name another folder with --dir, or remove what is there";
            return Err(Failure::new(Kind::File, message, hint));
        }
        make_folder(&folder)?;
        let node = NodeKey::create(&folder.join(NODE_KEY_FILE))?;
        Ok(Keys { node, validator: ValidatorKey::create(&folder.join(VALIDATOR_KEY_FILE))? })
    };
    let keys = (1..=plan.validators).map(make).collect::<Result<Vec<_>, _>>()?;
    let (genesis, hash) = found(&founding(plan, &keys)?)?;
    let bytes = genesis.encode();
    let ports = free_ports(plan.validators * PORTS_OF_NODE)?;
    let node = |(number, (keys, ports)): (usize, (&Keys, &[u16]))| NodeState {
        folder: folder_of(number),
        peer_id: keys.node.peer().to_string(),
        account: owner(number),
        rpc_port: ports[0],
        network_port: ports[1],
        metrics_port: ports[2],
        process: None,
        is_cut: false,
    };
    let nodes = (1..).zip(keys.iter().zip(ports.chunks_exact(PORTS_OF_NODE))).map(node).collect();
    let state = State { genesis_hash: hash.to_string(), nodes };
    for (number, node) in state.numbered() {
        write_new(&node.folder.join(GENESIS_FILE), &bytes)?;
        let text = commented_file(&settings(&state, number, plan))?;
        write_new(&node.folder.join(CONFIG_FILE), text.as_bytes())?;
        NodeSettings::read(&node.folder, &[])?;
    }
    Ok(state)
}

fn founding(plan: &Plan, keys: &[Keys]) -> Result<Founding, Failure> {
    let address = |suri: &str| parse_address(suri, &no_names).map_err(ClientError::from);
    let owners: Vec<String> = (1..=keys.len()).map(owner).collect();
    let mut founders = Vec::new();
    for (suri, keys) in owners.iter().zip(keys) {
        let validator = Validator { account: address(suri)?, bls_key: keys.validator.public(), weight: 1 };
        founders.push(Founder { validator, possession: Some(keys.validator.possession()) });
    }
    let funded = DEVELOPMENT_ACCOUNTS.iter().map(ToString::to_string).chain(owners);
    let balances = funded.map(|suri| Ok((address(&suri)?, COINS * Parameters::COIN)));
    Ok(Founding {
        name: "Tenon local network".into(),
        symbol: "TEN".into(),
        time_ms: now_ms(),
        founders,
        balances: balances.collect::<Result<Vec<(Address, Amount)>, Failure>>()?,
        staking: plan.staking.clone(),
    })
}

/// What the file of a node says otherwise than by default.
fn settings(state: &State, number: usize, plan: &Plan) -> Vec<Override> {
    let set = |key: &str, value: String| Override { flag: "tenon net up".into(), key: key.into(), value };
    let address = |node: &NodeState| format!("/ip4/127.0.0.1/tcp/{}", node.network_port);
    let others = || state.numbered().filter(move |(other, _)| *other != number).map(|(_, node)| node);
    let peers: Vec<String> = others().map(|node| node.peer_id.clone()).collect();
    let bootstrap: Vec<String> = others().map(|node| format!("{}/p2p/{}", address(node), node.peer_id)).collect();
    let node = &state.nodes[number - 1];
    let mut all = vec![
        set("node.name", format!("node{number}")),
        set("rpc.port", node.rpc_port.to_string()),
        set("network.listen", address(node)),
        set("network.bootstrap", bootstrap.join(",")),
        set("network.private", "true".into()),
        set("network.allowed_peers", peers.join(",")),
        set("network.nat", "false".into()),
        set("validator.enabled", "true".into()),
        set("consensus.block_interval_ms", plan.block_time_ms.to_string()),
        set("metrics.listen", node.metrics().to_string()),
        set("health.min_peers", peers.len().min(1).to_string()),
    ];
    all.extend(plan.settings.iter().cloned());
    all
}

/// Ports that nobody listens on, all different.
fn free_ports(count: usize) -> Result<Vec<u16>, Failure> {
    let failed = |reason: String| {
        Failure::new(Kind::Node, format!("cannot find {count} free ports: {reason}"), "end some programs and try again")
    };
    let random = random_bytes::<2>().map_err(|error| failed(error.to_string()))?;
    let first = u16::from_le_bytes(*random) % PORTS;
    let candidates = (0..PORTS).map(|step| FIRST_PORT + (first + step) % PORTS);
    // Each stays taken until all are found.
    let listeners: Vec<TcpListener> =
        candidates.filter_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()).take(count).collect();
    if listeners.len() < count {
        return Err(failed(format!("found {}", listeners.len())));
    }
    let ports = listeners.iter().map(|listener| listener.local_addr().map(|address| address.port()));
    ports.collect::<Result<_, _>>().map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use parity_scale_codec::DecodeAll as _;
    use tenon_types::Genesis;

    #[test]
    fn ports_are_free_and_different() {
        let mut ports = free_ports(64 * PORTS_OF_NODE).unwrap();
        assert!(ports.iter().all(|port| (FIRST_PORT..FIRST_PORT + PORTS).contains(port)));
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 64 * PORTS_OF_NODE);
        assert!(free_ports(usize::from(PORTS) + 1).is_err());
    }

    #[test]
    fn a_network_has_a_folder_for_each_node_with_settings_that_name_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let delay = Override { flag: "--set".into(), key: "consensus.delay_ms".into(), value: "300".into() };
        let plan = Plan { validators: 7, block_time_ms: 50, staking: None, settings: vec![delay] };
        let state = create(folder.path(), &plan).unwrap();
        assert_eq!(state.nodes.len(), 7);
        for (number, node) in state.numbered() {
            let settings = NodeSettings::read(&node.folder, &[]).unwrap();
            assert_eq!(settings.node_key().unwrap().peer().to_string(), node.peer_id);
            assert!(settings.validator_key().unwrap().is_some());
            let mut named: Vec<String> = settings.network.allowed_peers.iter().map(ToString::to_string).collect();
            assert!(settings.network.private && named.len() == 6 && !named.contains(&node.peer_id));
            named.push(node.peer_id.clone());
            assert!(state.nodes.iter().all(|other| named.contains(&other.peer_id)), "{number}");
            assert_eq!(settings.network.bootstrap.len(), 6);
            assert_eq!((settings.consensus.block_interval_ms, settings.consensus.delay_ms), (50, 300));
            let genesis = Genesis::decode_all(&mut &std::fs::read(&settings.chain).unwrap()[..]).unwrap();
            assert_eq!(genesis.validators.len(), 7);
        }
        assert_eq!((owner(1).as_str(), owner(7).as_str()), ("//Alice//stash", "//Validator7"));
        assert_eq!(create(folder.path(), &plan).unwrap_err().name, "File");
    }
}
