//! Nodes over real connections on the loopback interface: one that has snapshots, one that lies about them, and one
//! without any block that takes one, goes on above it, and could serve it.

use super::super::library::{Question as Asked, answer};
use super::super::{Connection, Link};
use super::*;
use crate::config::ConsensusSettings;
use crate::node::driver;
use crate::node::genesis::development_address;
use crate::node::joining::Voting;
use crate::node::snapshot::{Snapshots, import_fetched};
use crate::node::{Node, Threads, development_genesis};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Instant;
use tenon_core::consensus::Supers;
use tenon_core::sync::BlocksAnswer;
use tenon_core::wire::Envelope;
use tenon_crypto::bls::BlsSecretKey;
use tenon_engine::{EngineOptions, WasmtimeEngine};
use tenon_net::{Channel, Limits, NetworkConfig, NetworkEvent, NodeSecret};
use tenon_store::{Options, Scan, Store};
use tenon_types::{Genesis, Hash, Hooks, Validator};
use tokio::runtime::Runtime;

/// Blocks from one snapshot to the next.
const EVERY: u64 = 8;
/// How long anything may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(120);

fn key() -> BlsSecretKey {
    BlsSecretKey::from_seed(&[1; 32])
}

/// A chain of one validator.
fn genesis() -> Genesis {
    let account = development_address("//Alice//stash");
    let validators = vec![Validator { account, bls_key: key().public_key().to_bytes(), weight: 1 }];
    let first_ms = driver::now_ms() - 1_000;
    let genesis = development_genesis(first_ms, Hooks::NONE);
    Genesis { modules: Vec::new(), codes: Vec::new(), validators, ..genesis }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what} within {PATIENCE:?}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// A node's place: its folder and its secret.
struct Home {
    folder: tempfile::TempDir,
    secret: [u8; 32],
}

impl Home {
    fn new(first: u8) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), secret: [first; 32] }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn network(&self, bootstrap: Vec<String>) -> NetworkConfig {
        let config = NetworkConfig::new(Hash::ZERO, NodeSecret::from_bytes(self.secret));
        NetworkConfig { bootstrap, limits: Limits::local(), ..config }
    }

    fn store(&self) -> Arc<Store> {
        Arc::new(Store::open(self.path().join("chain"), &Options::default()).unwrap())
    }
}

/// How a node is started.
struct Start<'a> {
    home: &'a Home,
    genesis: &'a Genesis,
    bootstrap: Vec<String>,
    /// If it makes blocks, so far apart.
    makes_ms: Option<u64>,
    takes: bool,
}

fn start(runtime: &Runtime, how: Start<'_>) -> (Arc<Node>, Threads) {
    let Start { home, genesis, bootstrap, makes_ms, takes } = how;
    let link = Link {
        config: home.network(bootstrap),
        key: makes_ms.map(|_| key()),
        runtime: runtime.handle().clone(),
        snapshots: Some(Arc::new(Snapshots::open(home.path()).unwrap())),
        snapshot_every: EVERY,
        restore: takes.then(|| RestoreSetup { base: home.path().to_path_buf(), lag: 2 }),
    };
    let block_interval_ms = makes_ms.unwrap_or(600_000);
    let settings =
        ConsensusSettings { block_interval_ms, delay_ms: 1_000, max_delay_ms: 10_000, super_nodes: Supers::All };
    let voting = Voting { settings, key: makes_ms.map(|_| key()), voted: false };
    let engine = Arc::new(WasmtimeEngine::new(&EngineOptions::default()).unwrap());
    Node::join(home.store(), engine, voting, genesis.clone(), link).unwrap()
}

fn stop(node: Arc<Node>, threads: Threads) {
    assert_eq!(node.failure(), None);
    node.stop();
    drop(node);
    threads.join();
}

fn connection(node: &Node) -> &Connection {
    node.connection.as_ref().unwrap()
}

fn height(node: &Node) -> u32 {
    node.chain.finalized().block.header.number
}

/// What a liar lies about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lie {
    Proofs,
    Pieces,
}

/// Has a thread end with what it is held by, also by a panic.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Answers as an honest node does, with a byte changed in some, until it is to end.
fn serve_lies(honest: &Node, network: &Network, events: &Receiver<NetworkEvent>, lie: Lie, ends: &AtomicBool) {
    let spoil = |bytes: &mut Option<Vec<u8>>| {
        if let Some(byte) = bytes.as_mut().and_then(|bytes| bytes.last_mut()) {
            *byte ^= 1;
        }
    };
    while !ends.load(Ordering::Relaxed) {
        let Ok(event) = events.recv_timeout(Duration::from_millis(20)) else { continue };
        match event {
            NetworkEvent::Connected { peer, .. } => {
                let status = Status { lowest: 0, height: height(honest), hash: honest.chain.finalized().hash };
                network.send(&[peer], Channel::Consensus, Envelope::Status(status).to_bytes().into());
            }
            NetworkEvent::Request { id, bytes, .. } => {
                let question = match Request::from_bytes(&bytes) {
                    Ok(Request::Snapshots) => Asked::Snapshots,
                    Ok(Request::Piece(request)) => Asked::Piece(request),
                    Ok(Request::Header { height }) => Asked::Header(height),
                    Ok(Request::Epochs { first }) => Asked::Epochs(first),
                    _ => {
                        network.respond(id, Answer::Blocks(BlocksAnswer::default()).to_bytes());
                        continue;
                    }
                };
                let mut found = answer(&honest.chain, honest.snapshots.as_deref(), &question);
                match &mut found {
                    Answer::Header(proof) if lie == Lie::Proofs => spoil(proof),
                    Answer::Piece(piece) if lie == Lie::Pieces => spoil(piece),
                    _ => {}
                }
                network.respond(id, found.to_bytes());
            }
            _ => {}
        }
    }
}

/// The homes of an honest node and of a liar whose key comes first, so that the liar is asked first.
fn homes() -> (Home, Home) {
    let key = |home: &Home| NodeSecret::from_bytes(home.secret).key();
    let (one, other) = (Home::new(1), Home::new(2));
    if key(&one) < key(&other) { (other, one) } else { (one, other) }
}

fn takes_a_snapshot_in_spite_of(what: Lie) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let genesis = genesis();
    let (honest_home, liar_home) = homes();
    let begin = |makes_ms| {
        let (home, genesis) = (&honest_home, &genesis);
        start(&runtime, Start { home, genesis, bootstrap: Vec::new(), makes_ms: Some(makes_ms), takes: false })
    };
    let (honest, threads) = begin(20);
    until("two snapshots", || honest.snapshots.as_ref().and_then(|all| all.newest()) >= Some(2 * EVERY));
    // Blocks after the newest one.
    let newest = honest.snapshots.as_ref().and_then(|all| all.newest()).unwrap();
    until("blocks above them", || u64::from(height(&honest)) > newest + 1);
    stop(honest, threads);
    // From now on there are no new blocks.
    let (honest, threads) = begin(600_000);
    let network = |bootstrap| NetworkConfig { chain: honest.chain.genesis_hash, ..liar_home.network(bootstrap) };
    let (events, told) = sync_channel(1_024);
    let liar = Network::start(network(Vec::new()), runtime.handle(), move |event| events.try_send(event).is_ok());
    let liar = liar.unwrap();
    let home = Home::new(3);
    let ends = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _ends = Ends(&ends);
        let (honest, liar, ends) = (&honest, &liar, &ends);
        scope.spawn(move || serve_lies(honest, liar, &told, what, ends));
        until("addresses", || !liar.addresses().is_empty() && !honest.addresses().is_empty());
        let bootstrap = [liar.addresses(), honest.addresses()].concat();
        let (home, genesis) = (&home, &genesis);
        let (node, threads) =
            start(&runtime, Start { home, genesis, bootstrap: bootstrap.clone(), makes_ms: None, takes: true });
        until("both peers", || connection(&node).network.peers().len() == 2);
        until("a snapshot", || node.has_fetched());
        until("the liar, who was asked first, is known as one", || connection(&node).network.counters().offences > 0);
        let own = node.chain.genesis_hash;
        stop(node, threads);
        let imported = import_fetched(&home.store(), home.path(), genesis, || Ok(own)).unwrap().unwrap();
        assert!(imported.height >= 2 * EVERY && imported.height % EVERY == 0 && imported.oldest == imported.height);

        let (node, threads) = start(&runtime, Start { home, genesis, bootstrap, makes_ms: None, takes: true });
        assert!(u64::from(height(&node)) >= imported.height);
        until("the last block", || height(&node) == height(honest));
        assert_eq!(node.chain.finalized().hash, honest.chain.finalized().hash);
        // It could serve who comes next: the proofs of the snapshot's block and of its child.
        for above in 0..2 {
            let question = Asked::Header(u32::try_from(imported.height).unwrap() + above);
            assert!(matches!(answer(&node.chain, None, &question), Answer::Header(Some(_))), "{above}");
        }
        let state = |node: &Node| node.chain.store.scan(&Scan::prefix(b""), usize::MAX).unwrap();
        assert_eq!(state(&node), state(honest));
        stop(node, threads);
        liar.stop();
    });
    stop(honest, threads);
}

#[test]
fn a_node_without_blocks_takes_a_snapshot_in_spite_of_a_peer_that_sends_false_pieces() {
    takes_a_snapshot_in_spite_of(Lie::Pieces);
}

#[test]
fn a_node_without_blocks_takes_a_snapshot_in_spite_of_a_peer_that_sends_false_proofs() {
    takes_a_snapshot_in_spite_of(Lie::Proofs);
}
