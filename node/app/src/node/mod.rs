//! The node: the driver that performs what consensus asks for, the threads beside it, and what the RPC server asks.
//!
//! ```text
//! RPC -> intake (decode, check, signatures) -> pool -> driver (asks consensus, has the maker make, announces)
//!                                                        |-> settle (tree, receipts)  -> the next block's header
//!                                                        |-> finalize (one write)     -> announce
//! ```

mod chain;
mod driver;
mod engine;
mod epochs;
mod finality;
mod finalize;
mod genesis;
mod inclusion;
mod intake;
mod joining;
mod kept;
mod maker;
mod network;
mod others;
mod prepare;
mod report;
mod run;
mod serve;
mod settle;
pub mod snapshot;
mod state;
mod stretch;
#[cfg(test)]
mod tests;
mod validators;
mod voted;

pub use genesis::{DEVELOPMENT_ACCOUNTS, HookError, development_genesis, genesis_hash};
pub use run::{Consensus, NodeConfig, Ready, run_dev, run_node};

use chain::Chain;
use driver::{Clock, Command, Driver};
use engine::Running;
use genesis::Begun;
use intake::Intake;
use joining::Voting;
use kept::{Keeper, Kept};
use maker::Maker;
use network::{Connection, Link};
use snapshot::{SnapshotMaker, Snapshots};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use tenon_core::consensus::DevEngine;
use tenon_host::{Engine, SerialExecutor};
use tenon_store::Store;
use tenon_types::{Address, Genesis, Hash};

/// Commands that wait for the driver.
const MAX_COMMANDS: usize = 1_024;
/// Blocks that wait to be settled; then the driver waits.
const MAX_UNSETTLED: usize = 4;
/// Hashes that wait to be made final; then the driver waits.
const MAX_TO_FINALIZE: usize = 16;
/// Stack of the thread that executes: wasm frames of nested calls and the host's own between them.
const EXECUTION_STACK_BYTES: usize = tenon_engine::ENGINE_STACK_BYTES;

/// The account that makes all blocks where there is one producer, and whom queries are told of.
const DEVELOPMENT_PRODUCER: &str = "//Alice//stash";

/// A running node.
pub struct Node {
    chain: Arc<Chain>,
    intake: Arc<Intake>,
    engine: Arc<dyn Engine>,
    producer: Address,
    commands: SyncSender<Command>,
    /// The other nodes; absent where there are none.
    connection: Option<Connection>,
    /// Snapshots for others; absent where there are none.
    snapshots: Option<Arc<Snapshots>>,
    /// Whether no further snapshot is to be made.
    stops: Arc<AtomicBool>,
}

/// The name of a thread, and what it does.
type Work = (&'static str, Box<dyn FnOnce() + Send>);

/// The threads of a node, to be joined when it stops.
pub struct Threads(Vec<JoinHandle<()>>);

impl Node {
    /// Takes the chain of a store, or begins one, and starts to make blocks.
    ///
    /// # Errors
    /// If the store is damaged or foreign, or the genesis has no state, or consensus cannot go on from it.
    pub fn start(
        store: Arc<Store>,
        engine: Arc<dyn Engine>,
        consensus: Consensus,
        make_genesis: impl FnOnce() -> Genesis,
    ) -> anyhow::Result<(Arc<Self>, Threads)> {
        let make = |begun: &Begun, kept: &Kept| consensus_of(consensus, begun, kept);
        Self::begin(store, engine, Box::new(driver::now_ms), make, make_genesis, None)
    }

    /// Takes the chain of a store, or begins the one of a genesis, and follows it together with others.
    ///
    /// # Errors
    /// As [`Self::start`], or if an address cannot be listened on.
    pub(crate) fn join(
        store: Arc<Store>,
        engine: Arc<dyn Engine>,
        voting: Voting,
        genesis: Genesis,
        link: Link,
    ) -> anyhow::Result<(Arc<Self>, Threads)> {
        let (kept_in, runs) = (store.clone(), engine.clone());
        let make = move |begun: &Begun, kept: &Kept| -> anyhow::Result<Box<dyn Running>> {
            Ok(Box::new(voting.participant(begun, kept, &kept_in, runs)?))
        };
        Self::begin(store, engine, Box::new(driver::now_ms), make, move || genesis, Some(link))
    }

    /// The same with a clock and a consensus engine of one's own.
    fn begin(
        store: Arc<Store>,
        engine: Arc<dyn Engine>,
        clock: Clock,
        make_consensus: impl FnOnce(&Begun, &Kept) -> anyhow::Result<Box<dyn Running>>,
        make_genesis: impl FnOnce() -> Genesis,
        link: Option<Link>,
    ) -> anyhow::Result<(Arc<Self>, Threads)> {
        let kept = Kept::read(&store)?;
        let begun = genesis::begin(&store, engine.clone(), make_genesis)?;
        let consensus = make_consensus(&begun, &kept)?;
        let Begun { finalized, outcome, accumulator, .. } = begun;
        let chain = Chain::new(begun.genesis, begun.genesis_hash, store, finalized, outcome, accumulator);
        let chain = Arc::new(chain);
        let intake = Arc::new(Intake::new(chain.clone()));
        let (commands, inbox) = sync_channel(MAX_COMMANDS);
        let producer = genesis::development_address(DEVELOPMENT_PRODUCER);
        let (to_settle, unsettled) = sync_channel(MAX_UNSETTLED);
        let (to_finalize, due) = sync_channel(MAX_TO_FINALIZE);
        let stops = Arc::new(AtomicBool::new(false));
        let making = link.as_ref().and_then(|link| Some((link.snapshots.clone()?, link.snapshot_every)));
        let snapshots = making.as_ref().map(|(snapshots, _)| snapshots.clone());
        let connected = link.map(|link| link.connect(chain.clone(), intake.clone(), commands.clone())).transpose()?;
        let (connection, others, mut works) = match connected {
            Some((connection, others, works)) => (Some(connection), Some(others), works),
            None => (None, None, Vec::new()),
        };
        let driver = Driver {
            chain: chain.clone(),
            intake: intake.clone(),
            maker: Maker {
                chain: chain.clone(),
                executor: Arc::new(SerialExecutor::new(engine.clone())),
                engine: engine.clone(),
            },
            consensus,
            clock,
            latest_ms: 0,
            keeper: Keeper::new(chain.store.clone(), &kept),
            kept,
            pending: BTreeMap::new(),
            received: BTreeMap::new(),
            headers: VecDeque::new(),
            to_settle,
            to_finalize,
            asked: Vec::new(),
            others,
        };
        let maker = making.map(|(snapshots, every)| {
            let (maker, work) = SnapshotMaker::new(chain.store.clone(), snapshots, every, stops.clone());
            works.push(("tenon-snapshot", Box::new(work)));
            maker
        });
        let node = Arc::new(Self { chain, intake, engine, producer, commands, connection, snapshots, stops });
        let (tell_begun, has_begun) = std::sync::mpsc::channel();
        let root = begun.outcome.state_root;
        works.push(("tenon-driver", Box::new(move || driver.run(&inbox, &tell_begun))));
        let threads = node.spawn(works, unsettled, (due, maker), root)?;
        // A driver that ended without a word has said why the node failed.
        let _ = has_begun.recv();
        Ok((node, threads))
    }

    fn spawn(
        &self,
        works: Vec<Work>,
        unsettled: Receiver<Arc<chain::Layer>>,
        (due, maker): (Receiver<Hash>, Option<SnapshotMaker>),
        root: Hash,
    ) -> anyhow::Result<Threads> {
        let (settling, finalizing, intake) = (self.chain.clone(), self.chain.clone(), self.intake.clone());
        let finalized = move |layers: &[Arc<chain::Layer>]| {
            layers.iter().for_each(|layer| intake.on_finalized(&layer.entry.transactions, layer.entry.hash));
            if let (Some(maker), Some(last)) = (&maker, layers.last()) {
                maker.on_final(u64::from(last.entry.block.header.number));
            }
        };
        let watched = self.chain.clone();
        let mut threads = vec![
            thread("tenon-settle", &watched, move || settle::settle_blocks(&settling, &unsettled, root))?,
            thread("tenon-finalize", &watched, move || finalize::finalize_blocks(&finalizing, &due, &finalized))?,
        ];
        for (name, work) in works {
            threads.push(thread(name, &watched, work)?);
        }
        Ok(Threads(threads))
    }

    /// Tells the driver something. A full inbox means that it has enough to do: it looks at the pool anyway.
    fn tell(&self, command: Command) {
        drop(self.commands.try_send(command));
    }

    /// Has the node stop after the block at hand.
    pub fn stop(&self) {
        self.stops.store(true, Ordering::Relaxed);
        if let Some(connection) = &self.connection {
            connection.stop();
        }
        drop(self.commands.send(Command::Stop));
    }

    /// Why the node cannot go on, if so.
    pub fn failure(&self) -> Option<String> {
        self.chain.failure().map(str::to_string)
    }
}

impl Threads {
    /// Waits until every block that was made is final and the threads have ended.
    pub fn join(self) {
        self.0.into_iter().for_each(|thread| drop(thread.join()));
    }
}

/// The engine that goes on from a chain.
fn consensus_of(consensus: Consensus, begun: &Begun, kept: &Kept) -> anyhow::Result<Box<dyn Running>> {
    let last = &begun.finalized;
    match consensus {
        Consensus::Dev(mode) => {
            let producer = genesis::development_address(DEVELOPMENT_PRODUCER);
            Ok(Box::new(DevEngine::new(mode, driver::now_ms(), last.hash, producer)))
        }
        Consensus::Bbft { interval_ms } => {
            let last_final = (last.hash, u64::from(last.block.header.number));
            let (genesis, hash) = (&begun.genesis, begun.genesis_hash);
            Ok(Box::new(validators::development_committee(genesis, hash, last_final, interval_ms, &kept.engine)?))
        }
    }
}

/// Starts a thread whose panic stops the node.
fn thread(name: &str, chain: &Arc<Chain>, work: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    let chain = chain.clone();
    std::thread::Builder::new().name(name.to_string()).stack_size(EXECUTION_STACK_BYTES).spawn(move || {
        tenon_engine::declare_engine_thread();
        if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default();
            chain.fail(format!("a thread panicked: {text}"));
        }
    })
}
