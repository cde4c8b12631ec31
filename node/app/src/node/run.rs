//! Opens what a node needs, runs it, and closes it in order.

use super::joining::Voting;
use super::network::{Link, RestoreSetup};
use super::snapshot::{Snapshots, import_fetched};
use super::validators::development_set;
use super::voted::Voted;
use super::{Node, Threads, development_genesis, driver::now_ms, genesis_hash};
use crate::config::{NodeKey, NodeSettings, StorageSettings, SyncMode, ValidatorKey};
use crate::rpc::{RpcConfig, serve};
use crate::telemetry::{ControlServer, Telemetry};
use anyhow::Context as _;
use parity_scale_codec::DecodeAll;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tenon_core::consensus::DevMode;
use tenon_engine::{EngineOptions, WasmtimeEngine};
use tenon_net::{Limits, NetworkConfig, NodeSecret};
use tenon_store::{Options, Store};
use tenon_types::{Genesis, Hash, Hooks, Validator};
use tokio::runtime::Runtime;

/// With peers so many snapshots high, and so many blocks at least, a node without blocks takes one.
const LAG_SNAPSHOTS: u32 = 4;
const MIN_LAG: u32 = 1_024;
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
    let told = std::pin::pin!(told_to_stop());
    let ended = run_until_stopped(&runtime, &node, RpcConfig::new(config.listen), None, told, on_ready);
    let stopped = stop(node, threads, &store);
    ended.and(stopped)
}

/// Runs a node of a chain with others until it is told to stop. `on_ready` is called when it serves. Where it takes a
/// snapshot, it stops in between, imports that, and begins again above it.
///
/// # Errors
/// If a file, the store or an address is not to be had, or the node cannot go on.
pub fn run_node(settings: &NodeSettings, telemetry: &Telemetry, on_ready: impl FnOnce(Ready)) -> anyhow::Result<()> {
    let runtime = runtime()?;
    let (file, genesis) = read_genesis(&settings.chain)?;
    let StorageSettings { archive, keep_blocks, keep_states, .. } = settings.storage;
    let kept = Options { archive, history_blocks: keep_blocks, history_states: keep_states, ..Options::default() };
    let store = Arc::new(Store::open(settings.base_path.join("chain"), &kept)?);
    let engine = engine(Some(settings.base_path.join("code")))?;
    let (node_key, key) = (settings.node_key()?, settings.validator_key()?);
    let snapshots = Arc::new(Snapshots::open(&settings.base_path)?);
    let note = settings.validator.as_ref().map(|validator| Voted::new(&validator.key_file, &file));
    let voted = note.as_ref().map_or(Ok(false), Voted::is_made).context("read whether the key voted before")?;
    note.as_ref().map_or(Ok(()), Voted::make).context("write that the key votes")?;
    let rounds = Rounds { settings, telemetry, runtime: &runtime, store, engine, node_key, key, snapshots, voted };
    let (mut told, mut on_ready, mut listen) = (Box::pin(told_to_stop()), Some(on_ready), settings.rpc.listen);
    let mut said_nothing = !voted;
    loop {
        let begun = rounds.begin(&genesis);
        if let (Err(_), Some(note), true) = (&begun, &note, said_nothing) {
            note.take_back().context("write that the key has not voted")?;
        }
        let (node, threads) = begun?;
        said_nothing = false;
        let at = listen;
        let ready = |ready: Ready| {
            // Who knows the port finds the node there again.
            listen = ready.rpc;
            if let Some(on_ready) = on_ready.take() {
                on_ready(ready);
            }
        };
        match rounds.serve(node, threads, at, told.as_mut(), ready)? {
            Ended::Told => return Ok(()),
            Ended::Fetched => {}
        }
    }
}

/// How the running of a node ended.
enum Ended {
    /// It was told to stop.
    Told,
    /// A snapshot is there to be imported.
    Fetched,
}

/// What stays while a node begins again above a snapshot.
struct Rounds<'a> {
    settings: &'a NodeSettings,
    telemetry: &'a Telemetry,
    runtime: &'a Runtime,
    store: Arc<Store>,
    engine: Arc<WasmtimeEngine>,
    node_key: NodeKey,
    key: Option<ValidatorKey>,
    snapshots: Arc<Snapshots>,
    /// Whether the key voted on this chain before the process began.
    voted: bool,
}

impl Rounds<'_> {
    /// Imports a snapshot that is there, and starts the node.
    fn begin(&self, genesis: &Genesis) -> anyhow::Result<(Arc<Node>, Threads)> {
        let Self { settings, store, engine, .. } = self;
        let hash = || genesis_hash(genesis, engine.clone());
        import_fetched(store, &settings.base_path, genesis, hash)?;
        let secret = || self.key.as_ref().map(|key| key.secret().clone());
        let StorageSettings { archive, snapshot_every, .. } = settings.storage;
        let lag = u32::try_from(snapshot_every).unwrap_or(u32::MAX).saturating_mul(LAG_SNAPSHOTS).max(MIN_LAG);
        let takes = settings.sync == SyncMode::Snapshot && !archive;
        let link = Link {
            config: network_config(settings, &self.node_key)?,
            key: secret(),
            runtime: self.runtime.handle().clone(),
            snapshots: Some(self.snapshots.clone()),
            snapshot_every,
            restore: takes.then(|| RestoreSetup { base: settings.base_path.clone(), lag }),
        };
        let voting = Voting { settings: settings.consensus.clone(), key: secret(), voted: self.voted };
        let (node, threads) = Node::join(store.clone(), engine.clone(), voting, genesis.clone(), link)?;
        node.chain.measure(self.telemetry.metrics.clone());
        Ok((node, threads))
    }

    /// Serves until the node is told to stop, fails, or has a snapshot; then ends its threads.
    fn serve(
        &self,
        node: Arc<Node>,
        threads: Threads,
        listen: SocketAddr,
        told: Pin<&mut impl Future<Output = ()>>,
        on_ready: impl FnOnce(Ready),
    ) -> anyhow::Result<Ended> {
        let Self { settings, telemetry, .. } = self;
        let ordered = node.clone();
        let control = ControlServer::start(&settings.base_path, Box::new(move |order| ordered.order(order)));
        let control = control.context("open the control socket")?;
        let rpc = RpcConfig {
            listen,
            max_connections: settings.rpc.max_connections,
            cors_origins: settings.rpc.cors_origins.clone(),
            health: Some(telemetry.health.clone()),
        };
        let ready = |rpc| {
            let metrics = telemetry.server.as_ref().map(|server| server.local_addr);
            let (addresses, peer) = (node.addresses(), self.node_key.peer().to_string());
            on_ready(Ready { rpc, metrics, peer, addresses, genesis: node.chain.genesis_hash });
        };
        let ended = run_until_stopped(self.runtime, &node, rpc, Some(telemetry), told, ready);
        drop(control);
        let stopped = stop(node, threads, &self.store);
        ended.and_then(|ended| stopped.map(|()| ended))
    }
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

/// Serves until the node is told to stop, fails, or has a snapshot to begin again from.
fn run_until_stopped(
    runtime: &Runtime,
    node: &Arc<Node>,
    rpc: RpcConfig,
    telemetry: Option<&Telemetry>,
    told: Pin<&mut impl Future<Output = ()>>,
    on_ready: impl FnOnce(SocketAddr),
) -> anyhow::Result<Ended> {
    runtime.block_on(async {
        let server = serve(node.clone(), rpc).await?;
        on_ready(server.local_addr);
        let ended = async {
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
                    break Err(anyhow::anyhow!("the node stopped: {reason}"));
                }
                if node.has_fetched() {
                    break Ok(Ended::Fetched);
                }
            }
        };
        let result = tokio::select! {
            () = told => Ok(Ended::Told),
            ended = ended => ended,
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
