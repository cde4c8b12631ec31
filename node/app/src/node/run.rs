//! Opens what a node needs, runs it, and closes it in order.

use super::joining::Voting;
use super::network::Link;
use super::validators::development_set;
use super::voted::Voted;
use super::{Node, Threads, development_genesis, driver::now_ms};
use crate::config::{NodeKey, NodeSettings};
use crate::rpc::{RpcConfig, serve};
use crate::telemetry::{ControlServer, Telemetry};
use anyhow::Context as _;
use parity_scale_codec::DecodeAll;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tenon_core::consensus::DevMode;
use tenon_engine::{EngineOptions, WasmtimeEngine};
use tenon_net::{Limits, NetworkConfig, NodeSecret};
use tenon_store::{Options, Store};
use tenon_types::{Genesis, Hash, Hooks, Validator};
use tokio::runtime::Runtime;

/// How often a running node looks whether it failed.
const WATCH_INTERVAL: Duration = Duration::from_millis(100);

/// What decides when a block is made and when it is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consensus {
    /// One producer.
    Dev(DevMode),
    /// BBFT among the development validators, all in this process.
    Bbft {
        /// The time from one block to the next.
        interval_ms: u64,
    },
}

impl Consensus {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dev(_) => "dev",
            Self::Bbft { .. } => "bbft",
        }
    }

    /// Who votes on a new chain.
    fn validators(self) -> Vec<Validator> {
        match self {
            Self::Dev(_) => Vec::new(),
            Self::Bbft { .. } => development_set().validators().to_vec(),
        }
    }
}

/// What a development node is run with.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Where the chain lies.
    pub base_path: PathBuf,
    /// Where the RPC server listens. Port 0 takes any.
    pub listen: SocketAddr,
    /// How blocks are decided on.
    pub consensus: Consensus,
    /// What the host calls by itself on a new chain.
    pub hooks: Hooks,
    /// Whether every height is kept.
    pub archive: bool,
    /// Where compiled code is kept; nowhere if absent.
    pub code_cache: Option<PathBuf>,
}

/// Where a node that is ready is reached.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The RPC server.
    pub rpc: SocketAddr,
    /// Metrics, if they are served.
    pub metrics: Option<SocketAddr>,
    /// How peers name it.
    pub peer: String,
    /// The addresses at which peers reach it, as far as they are known yet.
    pub addresses: Vec<String>,
    /// The hash of the genesis block.
    pub genesis: Hash,
}

/// Runs a development node until it is told to stop. `on_ready` is called with the address of its RPC server.
///
/// # Errors
/// If the store or the port is not to be had, or the node cannot go on.
pub fn run_dev(config: &NodeConfig, on_ready: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    let runtime = runtime()?;
    let options = Options { archive: config.archive, ..Options::default() };
    let store = Arc::new(Store::open(config.base_path.join("chain"), &options)?);
    let engine = engine(config.code_cache.clone())?;
    let genesis =
        || Genesis { validators: config.consensus.validators(), ..development_genesis(now_ms(), config.hooks.clone()) };
    let (node, threads) = Node::start(store.clone(), engine, config.consensus, genesis)?;
    let ended = run_until_stopped(&runtime, &node, RpcConfig::new(config.listen), None, on_ready);
    let stopped = stop(node, threads, &store);
    ended.and(stopped)
}

/// Runs a node of a chain with others until it is told to stop. `on_ready` is called when it serves.
///
/// # Errors
/// If a file, the store or an address is not to be had, or the node cannot go on.
pub fn run_node(settings: &NodeSettings, telemetry: &Telemetry, on_ready: impl FnOnce(Ready)) -> anyhow::Result<()> {
    let runtime = runtime()?;
    let (file, genesis) = read_genesis(&settings.chain)?;
    let storage = &settings.storage;
    let options = Options { archive: storage.archive, history_blocks: storage.keep_blocks, ..Options::default() };
    let store = Arc::new(Store::open(settings.base_path.join("chain"), &options)?);
    let engine = engine(Some(settings.base_path.join("code")))?;
    let (node_key, key) = (settings.node_key()?, settings.validator_key()?);
    let secret = || key.as_ref().map(|key| key.secret().clone());
    let link = Link { config: network_config(settings, &node_key)?, key: secret(), runtime: runtime.handle().clone() };
    let note = settings.validator.as_ref().map(|validator| Voted::new(&validator.key_file, &file));
    let voted = note.as_ref().map_or(Ok(false), Voted::is_made).context("read whether the key voted before")?;
    note.as_ref().map_or(Ok(()), Voted::make).context("write that the key votes")?;
    let voting = Voting { settings: settings.consensus.clone(), key: secret(), voted };
    let joined = Node::join(store.clone(), engine, voting, genesis, link);
    if let (Err(_), Some(note), false) = (&joined, &note, voted) {
        note.take_back().context("write that the key has not voted")?;
    }
    let (node, threads) = joined?;
    node.chain.measure(telemetry.metrics.clone());
    let ordered = node.clone();
    let control = ControlServer::start(&settings.base_path, Box::new(move |order| ordered.order(order)));
    let control = control.context("open the control socket")?;
    let rpc = RpcConfig {
        listen: settings.rpc.listen,
        max_connections: settings.rpc.max_connections,
        cors_origins: settings.rpc.cors_origins.clone(),
        health: Some(telemetry.health.clone()),
    };
    let ready = |rpc| {
        let metrics = telemetry.server.as_ref().map(|server| server.local_addr);
        let (addresses, peer) = (node.addresses(), node_key.peer().to_string());
        on_ready(Ready { rpc, metrics, peer, addresses, genesis: node.chain.genesis_hash });
    };
    let ended = run_until_stopped(&runtime, &node, rpc, Some(telemetry), ready);
    drop(control);
    let stopped = stop(node, threads, &store);
    ended.and(stopped)
}

fn runtime() -> anyhow::Result<Runtime> {
    // Queries and simulations run modules on the runtime's blocking threads.
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(tenon_engine::ENGINE_STACK_BYTES)
        .on_thread_start(tenon_engine::declare_engine_thread)
        .build()
        .context("start the async runtime")
}

fn engine(cache_dir: Option<PathBuf>) -> anyhow::Result<Arc<WasmtimeEngine>> {
    Ok(Arc::new(WasmtimeEngine::new(&EngineOptions { cache_dir, ..EngineOptions::default() })?))
}

/// The bytes of a genesis file, and what they say.
fn read_genesis(file: &Path) -> anyhow::Result<(Vec<u8>, Genesis)> {
    let bytes = std::fs::read(file).with_context(|| format!("read the genesis {}", file.display()))?;
    let found = bytes.len();
    let genesis = Genesis::decode_all(&mut &bytes[..])
        .with_context(|| format!("found {found} bytes in {}, expected a genesis", file.display()))?;
    Ok((bytes, genesis))
}

fn network_config(settings: &NodeSettings, key: &NodeKey) -> anyhow::Result<NetworkConfig> {
    let network = &settings.network;
    let texts = |addresses: &[crate::config::NetworkAddress]| addresses.iter().map(ToString::to_string).collect();
    let allowed = network.allowed_peers.iter().copied().collect();
    // Nodes that share a machine share an address.
    let is_local = |address: &crate::config::NetworkAddress| address.to_string().starts_with("/ip4/127.");
    let limits = if network.listen.iter().all(is_local) { Limits::local() } else { Limits::default() };
    let defaults = NetworkConfig::new(Hash::ZERO, NodeSecret::from_bytes(*key.seed()));
    Ok(NetworkConfig {
        listen: texts(&network.listen),
        external: texts(&network.external),
        bootstrap: texts(&network.bootstrap),
        allowed: network.private.then_some(allowed),
        mdns: network.mdns,
        nat: network.nat,
        limits: Limits { max_peers: network.max_peers, ..limits },
        ..defaults
    })
}

/// Serves until the node is told to stop, or fails.
fn run_until_stopped(
    runtime: &Runtime,
    node: &Arc<Node>,
    rpc: RpcConfig,
    telemetry: Option<&Telemetry>,
    on_ready: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    runtime.block_on(async {
        let server = serve(node.clone(), rpc).await?;
        on_ready(server.local_addr);
        let failed = async {
            let mut tick = tokio::time::interval(WATCH_INTERVAL);
            let mut heads = node.chain.subscribe();
            loop {
                tick.tick().await;
                if let Some(telemetry) = telemetry {
                    // What was missed for slowness is missing in the counts alone.
                    while let Ok(event) = heads.try_recv() {
                        node.count(&telemetry.metrics, &event);
                    }
                    node.report(telemetry);
                }
                if let Some(reason) = node.failure() {
                    break reason;
                }
            }
        };
        let result = tokio::select! {
            () = told_to_stop() => Ok(()),
            reason = failed => Err(anyhow::anyhow!("the node stopped: {reason}")),
        };
        server.stop().await;
        result
    })
}

/// Ends a node's threads in order, and has the store write everything.
fn stop(node: Arc<Node>, threads: Threads, store: &Store) -> anyhow::Result<()> {
    node.stop();
    drop(node);
    threads.join();
    Ok(store.flush()?)
}

/// Waits for an interrupt or a request to terminate.
async fn told_to_stop() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(error) => {
            tracing::warn!(target: "tenon::node", %error, "cannot listen for SIGTERM");
            drop(tokio::signal::ctrl_c().await);
            return;
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
