//! Opens what a development node needs, runs it, and closes it in order.

use super::{Node, development_genesis, driver::now_ms};
use crate::rpc::{RpcConfig, serve};
use anyhow::Context as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tenon_core::consensus::DevMode;
use tenon_engine::{EngineOptions, WasmtimeEngine};
use tenon_store::{Options, Store};
use tenon_types::Hooks;

/// How often a running node looks whether it failed.
const WATCH_INTERVAL: Duration = Duration::from_millis(250);

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

/// Runs a development node until it is told to stop. `on_ready` is called with the address of its RPC server.
///
/// # Errors
/// If the store or the port is not to be had, or the node cannot go on.
pub fn run_dev(config: &NodeConfig, on_ready: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    // Queries and simulations run modules on the runtime's blocking threads.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(tenon_engine::ENGINE_STACK_BYTES)
        .on_thread_start(tenon_engine::declare_engine_thread)
        .build()
        .context("start the async runtime")?;
    let options = Options { archive: config.archive, ..Options::default() };
    let store = Arc::new(Store::open(config.base_path.join("chain"), &options)?);
    let engine =
        WasmtimeEngine::new(&EngineOptions { cache_dir: config.code_cache.clone(), ..EngineOptions::default() })?;
    let flushed = store.clone();
    let genesis = || development_genesis(now_ms(), config.hooks.clone());
    let (node, threads) = Node::start(store, Arc::new(engine), config.consensus, genesis)?;
    let result = runtime.block_on(async {
        let server = serve(node.clone(), RpcConfig::new(config.listen)).await?;
        on_ready(server.local_addr);
        let failed = async {
            let mut tick = tokio::time::interval(WATCH_INTERVAL);
            loop {
                tick.tick().await;
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
    });
    node.stop();
    drop(node);
    threads.join();
    result?;
    Ok(flushed.flush()?)
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
