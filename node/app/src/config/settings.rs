//! The settings of a networked node, checked.

use super::address::{NetworkAddress, read_peer_id};
use super::error::ConfigError;
use super::identity::{NodeKey, ValidatorKey};
use super::values::{Override, Values};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use tenon_core::consensus::Supers;
use tenon_net::PeerKey;
use tenon_types::MAX_VALIDATORS;
use tracing_subscriber::EnvFilter;

/// The file with a node's settings, in its folder.
pub const CONFIG_FILE: &str = "config.toml";
/// The file with the genesis, in a node's folder, unless its settings name another.
pub const GENESIS_FILE: &str = "genesis.scale";

/// Characters of a node's name.
const MAX_NAME: usize = 64;
/// The largest numbers of peers, of connections and of blocks.
const MAX_PEERS: u64 = 1_000;
const MAX_CONNECTIONS: u64 = 65_536;
const MAX_BLOCKS: u64 = 100_000_000;
const MAX_BEHIND: u64 = 1_000_000;
const MAX_FREE_MIB: u64 = 1_000_000_000;
/// The fewest blocks that a node keeps: what a peer that is a little behind asks for.
const MIN_KEPT: u64 = 16;
/// The shortest and longest times, in milliseconds.
const MIN_TIME_MS: u64 = 10;
const MAX_TIME_MS: u64 = 600_000;
const MAX_DELAY_MS: u64 = 3_600_000;

/// What a networked node is run with.
#[derive(Clone, Debug)]
pub struct NodeSettings {
    /// The folder of the node: `config.toml`, key files and, in `chain`, the store.
    pub base_path: PathBuf,
    /// How people call the node.
    pub name: String,
    /// The file with the SCALE bytes of [`tenon_types::Genesis`].
    pub chain: PathBuf,
    /// How it catches up when it is far behind.
    pub sync: SyncMode,
    /// The RPC server.
    pub rpc: RpcSettings,
    /// Other nodes.
    pub network: NetworkSettings,
    /// Voting; an observer has none.
    pub validator: Option<ValidatorSettings>,
    /// The pace of BBFT.
    pub consensus: ConsensusSettings,
    /// What is kept.
    pub storage: StorageSettings,
    /// Figures for Prometheus.
    pub metrics: MetricsSettings,
    /// When the node is ready.
    pub health: HealthSettings,
    /// What is logged.
    pub log: LogSettings,
}

/// The RPC server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcSettings {
    /// Where it listens; port 0 takes any.
    pub listen: SocketAddr,
    /// Connections at once.
    pub max_connections: u32,
    /// Origins of web pages that may ask.
    pub cors_origins: Vec<String>,
}

/// Other nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkSettings {
    /// The file of the key by which peers know this node.
    pub key_file: PathBuf,
    /// Where peers reach this node.
    pub listen: Vec<NetworkAddress>,
    /// Where others reach it, if that differs.
    pub external: Vec<NetworkAddress>,
    /// The first peers, each with its id.
    pub bootstrap: Vec<NetworkAddress>,
    /// Whether peers that are not allowed are refused.
    pub private: bool,
    /// The peers of a private network.
    pub allowed_peers: Vec<PeerKey>,
    /// Peers at once.
    pub max_peers: usize,
    /// Whether to look for peers in the local network.
    pub mdns: bool,
    /// Whether to have routers open a port, and to use relays.
    pub nat: bool,
}

/// Voting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatorSettings {
    /// The file of the BLS key.
    pub key_file: PathBuf,
}

/// The pace of BBFT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsensusSettings {
    /// Milliseconds from one block to the next.
    pub block_interval_ms: u64,
    /// Milliseconds that a message takes at most: D.
    pub delay_ms: u64,
    /// What D grows to while views fail.
    pub max_delay_ms: u64,
    /// How many validators add votes up.
    pub super_nodes: Supers,
}

/// How a node catches up that is far behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncMode {
    /// From a snapshot that peers have, as far as there is one.
    Snapshot,
    /// By executing every block.
    Full,
}

/// What is kept on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageSettings {
    /// Whether every height is kept.
    pub archive: bool,
    /// Blocks that are kept otherwise.
    pub keep_blocks: u64,
    /// Blocks back from which states are kept.
    pub keep_states: u64,
    /// Blocks from one snapshot to the next; 0 makes none.
    pub snapshot_every: u64,
}

/// Figures for Prometheus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsSettings {
    /// Where they are served, if anywhere.
    pub listen: Option<SocketAddr>,
}

/// When the node is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthSettings {
    /// The fewest peers.
    pub min_peers: usize,
    /// The most blocks behind its peers.
    pub max_behind: u64,
    /// The least room on the disk, in MiB.
    pub min_free_mib: u64,
}

/// What is logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// The filter.
    pub level: String,
    /// Whether each line is a JSON object.
    pub json: bool,
}

impl NodeSettings {
    /// Reads the settings in a node's folder; flags take precedence.
    ///
    /// # Errors
    /// [`ConfigError`] with the file or flag, the key, what was found and what was expected.
    pub fn read(base_path: &Path, overrides: &[Override]) -> Result<Self, ConfigError> {
        let values = Values::read(&base_path.join(CONFIG_FILE), overrides)?;
        Ok(Self {
            base_path: base_path.to_path_buf(),
            name: name(&values)?,
            chain: values.path("node.chain", base_path)?,
            sync: sync(&values)?,
            rpc: rpc(&values)?,
            network: network(&values, base_path)?,
            validator: validator(&values, base_path)?,
            consensus: consensus(&values)?,
            storage: storage(&values)?,
            metrics: metrics(&values)?,
            health: health(&values)?,
            log: log(&values)?,
        })
    }

    /// Reads the key by which peers know the node.
    ///
    /// # Errors
    /// [`ConfigError`] if its file holds none.
    pub fn node_key(&self) -> Result<NodeKey, ConfigError> {
        NodeKey::read(&self.network.key_file)
    }

    /// Reads the key that votes, if the node votes.
    ///
    /// # Errors
    /// [`ConfigError`] if its file holds none.
    pub fn validator_key(&self) -> Result<Option<ValidatorKey>, ConfigError> {
        self.validator.as_ref().map(|validator| ValidatorKey::read(&validator.key_file)).transpose()
    }
}

fn name(values: &Values) -> Result<String, ConfigError> {
    let name = values.text("node.name")?;
    let fits = (1..=MAX_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name) } else { Err(values.refuse("node.name", &format!("{name:?}"))) }
}

fn rpc(values: &Values) -> Result<RpcSettings, ConfigError> {
    let listen = values.text("rpc.listen")?;
    let ip: IpAddr = listen.parse().map_err(|_| values.refuse("rpc.listen", &format!("{listen:?}")))?;
    let origin = |text: &str| {
        let fits = text == "*" || text.split_once("://").is_some_and(|(_, host)| !host.is_empty());
        if fits { Ok(text.to_string()) } else { Err(format!("{text:?}")) }
    };
    Ok(RpcSettings {
        listen: SocketAddr::new(ip, small(values.number("rpc.port", 0..=u64::from(u16::MAX))?)),
        max_connections: small(values.number("rpc.max_connections", 1..=MAX_CONNECTIONS)?),
        cors_origins: values.list("rpc.cors_origins", origin)?,
    })
}

fn network(values: &Values, base_path: &Path) -> Result<NetworkSettings, ConfigError> {
    let listen = values.list("network.listen", NetworkAddress::read)?;
    if listen.is_empty() {
        return Err(values.refuse_for("network.listen", "no address", "at least one"));
    }
    Ok(NetworkSettings {
        key_file: values.path("network.key_file", base_path)?,
        listen,
        external: values.list("network.external", NetworkAddress::read)?,
        bootstrap: values.list("network.bootstrap", NetworkAddress::read_peer)?,
        private: values.flag("network.private")?,
        allowed_peers: values.list("network.allowed_peers", read_peer_id)?,
        max_peers: small(values.number("network.max_peers", 1..=MAX_PEERS)?),
        mdns: values.flag("network.mdns")?,
        nat: values.flag("network.nat")?,
    })
}

fn validator(values: &Values, base_path: &Path) -> Result<Option<ValidatorSettings>, ConfigError> {
    let key_file = values.path("validator.key_file", base_path)?;
    Ok(values.flag("validator.enabled")?.then_some(ValidatorSettings { key_file }))
}

fn consensus(values: &Values) -> Result<ConsensusSettings, ConfigError> {
    let delay_ms = values.number("consensus.delay_ms", MIN_TIME_MS..=MAX_TIME_MS)?;
    let key = "consensus.super_nodes";
    let text = values.text_or_number(key)?;
    let super_nodes = match text.as_str() {
        "one" => Supers::One,
        "sqrt" => Supers::Sqrt,
        "all" => Supers::All,
        other => {
            let count = other.parse::<u16>().ok().filter(|count| (1..=MAX_VALIDATORS).contains(&usize::from(*count)));
            Supers::Number(count.ok_or_else(|| values.refuse(key, &format!("{other:?}")))?)
        }
    };
    Ok(ConsensusSettings {
        block_interval_ms: values.number("consensus.block_interval_ms", MIN_TIME_MS..=MAX_TIME_MS)?,
        delay_ms,
        max_delay_ms: values.number("consensus.max_delay_ms", delay_ms..=MAX_DELAY_MS)?,
        super_nodes,
    })
}

fn sync(values: &Values) -> Result<SyncMode, ConfigError> {
    let key = "node.sync";
    match values.text(key)?.as_str() {
        "snapshot" => Ok(SyncMode::Snapshot),
        "full" => Ok(SyncMode::Full),
        other => Err(values.refuse(key, &format!("{other:?}"))),
    }
}

fn storage(values: &Values) -> Result<StorageSettings, ConfigError> {
    let keep_blocks = values.number("storage.keep_blocks", MIN_KEPT..=MAX_BLOCKS)?;
    Ok(StorageSettings {
        archive: values.flag("storage.archive")?,
        keep_blocks,
        keep_states: values.number("storage.keep_states", MIN_KEPT..=MAX_BLOCKS)?,
        // Whoever takes the older of two snapshots still finds the blocks after it.
        snapshot_every: values.number("storage.snapshot_every", 0..=keep_blocks / 2)?,
    })
}

fn metrics(values: &Values) -> Result<MetricsSettings, ConfigError> {
    let text = values.text("metrics.listen")?;
    let refused = |_| values.refuse("metrics.listen", &format!("{text:?}"));
    let listen = if text.is_empty() { None } else { Some(text.parse().map_err(refused)?) };
    Ok(MetricsSettings { listen })
}

fn health(values: &Values) -> Result<HealthSettings, ConfigError> {
    Ok(HealthSettings {
        min_peers: small(values.number("health.min_peers", 0..=MAX_PEERS)?),
        max_behind: values.number("health.max_behind", 0..=MAX_BEHIND)?,
        min_free_mib: values.number("health.min_free_mib", 0..=MAX_FREE_MIB)?,
    })
}

fn log(values: &Values) -> Result<LogSettings, ConfigError> {
    let level = values.text("log.level")?;
    EnvFilter::try_new(&level).map_err(|error| values.refuse("log.level", &format!("{level:?} ({error})")))?;
    Ok(LogSettings { level, json: values.flag("log.json")? })
}

/// A number whose bounds were checked.
fn small<T: TryFrom<u64>>(number: u64) -> T {
    T::try_from(number).unwrap_or_else(|_| unreachable!("the bounds of every key fit its type"))
}
