//! One chain under several engines: the same blocks give the same state, a crash takes nothing back that was final, and
//! a chain goes on under another engine.

mod inclusion;

use super::*;
use crate::backend::HeadEvent;
use std::sync::atomic::{AtomicU64, Ordering};
use tenon_client::{ChainIdentity, Lifetime, sign};
use tenon_core::consensus::{DevEngine, Effect, Engine as ConsensusEngine, Input};
use tenon_crypto::{Keypair, Scheme};
use tenon_types::{BalancesCall, Call, MultiAddress};

const INTERVAL_MS: u64 = 20;
const BBFT: Consensus = Consensus::Bbft { interval_ms: INTERVAL_MS };

/// A chain without modules.
fn plain_genesis() -> Genesis {
    Genesis { modules: Vec::new(), codes: Vec::new(), ..development_genesis(FIRST_MS, Hooks::NONE) }
}

fn open(folder: &Path) -> Arc<Store> {
    Arc::new(Store::open(folder, &Options { archive: true, ..Options::default() }).unwrap())
}

fn start(folder: &Path, consensus: Consensus) -> (Arc<Node>, Threads) {
    Node::start(open(folder), engine(), consensus, plain_genesis).unwrap()
}

fn stop(node: Arc<Node>, threads: Threads) {
    node.stop();
    threads.join();
    assert_eq!(node.failure(), None);
}

/// A transfer with a tip, whose receiver and amount follow from the nonce.
fn transfer(from: &str, genesis: Hash, nonce: u32) -> Vec<u8> {
    let pair = Keypair::from_suri(Scheme::Sr25519, from).unwrap();
    let Parameters { spec_version, transaction_version, .. } = Parameters::DEVELOPMENT;
    let chain = ChainIdentity { genesis, spec_version, transaction_version };
    let dest = MultiAddress::Id(Address([nonce.to_le_bytes()[0] % 5 + 1; 32]));
    let call = Call::Balances(BalancesCall::transfer_keep_alive { dest, value: Parameters::COIN + u128::from(nonce) });
    sign(&pair, call, &chain, nonce, 1_000_000_000, Lifetime::Immortal).to_bytes()
}

/// Waits for final blocks until one satisfies the condition.
fn until_final(node: &Node, mut enough: impl FnMut(&BlockEntry) -> bool) {
    let mut heads = node.heads();
    if enough(&node.finalized()) {
        return;
    }
    loop {
        match heads.blocking_recv().unwrap() {
            HeadEvent::Finalized(entry) if enough(&entry) => return,
            _ => assert_eq!(node.failure(), None),
        }
    }
}

fn height_of(entry: &BlockEntry) -> u32 {
    entry.block.header.number
}

fn chain_up_to(node: &Node, last: u32) -> Vec<Arc<BlockEntry>> {
    (0..=last).map(|height| node.block(&node.hash_at(height).unwrap()).unwrap()).collect()
}

/// The engine of a development chain, whose producers are somebody else's.
struct Producers {
    inner: DevEngine,
    producers: std::vec::IntoIter<Address>,
}

impl Running for Producers {}

impl ConsensusEngine for Producers {
    fn awaited(&self) -> Vec<Hash> {
        self.inner.awaited()
    }

    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        let mut effects = self.inner.handle(now_ms, input);
        for effect in &mut effects {
            if let Effect::Build(plan) = effect {
                plan.producer = self.producers.next().unwrap();
            }
        }
        effects
    }
}

/// Makes a chain by votes: transfers of two accounts, over several blocks.
fn chain_by_votes(folder: &Path) -> Vec<Arc<BlockEntry>> {
    let (node, threads) = start(folder, BBFT);
    let genesis = node.genesis_hash();
    for round in 0..8 {
        let transfers = (0..5).flat_map(|place| {
            let nonce = round * 5 + place;
            [transfer("//Alice", genesis, nonce), transfer("//Bob", genesis, nonce)]
        });
        assert!(node.submit_batch(transfers.collect()).iter().all(Result::is_ok));
        let next = height_of(&node.best()) + 2;
        until_final(&node, |entry| height_of(entry) >= next);
    }
    let last = height_of(&node.best()) + 2;
    until_final(&node, |entry| height_of(entry) >= last);
    let chain = chain_up_to(&node, height_of(&node.finalized()));
    stop(node, threads);
    chain
}

/// Makes the same blocks by one producer's engine: the same transactions, times and producers.
fn chain_of_one(folder: &Path, model: &[Arc<BlockEntry>]) -> Vec<Arc<BlockEntry>> {
    let time = Arc::new(AtomicU64::new(FIRST_MS));
    let shown = time.clone();
    let producers: Vec<Address> = model[1..].iter().map(|entry| entry.info.producer).collect();
    let make_consensus = |begun: &Begun, _: &Kept| {
        let mode = DevMode::Interval { interval_ms: u64::MAX };
        let inner = DevEngine::new(mode, FIRST_MS, begun.finalized.hash, Address::ZERO);
        Ok(Box::new(Producers { inner, producers: producers.into_iter() }) as Box<dyn Running>)
    };
    let clock = Box::new(move || shown.load(Ordering::SeqCst));
    let (node, threads) = Node::begin(open(folder), engine(), clock, make_consensus, plain_genesis, None).unwrap();
    for entry in &model[1..] {
        time.store(entry.info.time_ms, Ordering::SeqCst);
        assert!(node.submit_batch(entry.block.extrinsics.clone()).iter().all(Result::is_ok));
        node.make_block().unwrap();
    }
    // Finality waits for a clock that goes on; this one has stopped.
    let chain = chain_up_to(&node, height_of(&node.best()));
    stop(node, threads);
    chain
}

#[test]
fn the_same_transactions_times_and_producers_give_the_same_states_under_either_engine() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let by_votes = chain_by_votes(folders[0].path());
    let of_one = chain_of_one(folders[1].path(), &by_votes);
    assert_eq!(by_votes.len(), of_one.len());
    assert_eq!(by_votes.iter().map(|entry| entry.transactions.len()).sum::<usize>(), 80);
    let leaders: std::collections::BTreeSet<Address> = by_votes.iter().map(|entry| entry.info.producer).collect();
    assert_eq!(leaders.len(), 5, "genesis has none, four took turns");
    for (one, other) in by_votes.iter().zip(&of_one) {
        assert_eq!(one.block.header.state_root, other.block.header.state_root, "at height {}", height_of(one));
        assert_eq!(one.block.extrinsics, other.block.extrinsics);
        assert_eq!((one.info.time_ms, one.info.producer), (other.info.time_ms, other.info.producer));
        assert_eq!((one.info.base_fee, &one.receipts), (other.info.base_fee, &other.receipts));
        assert_eq!(one.info.parent_receipts_root, other.info.parent_receipts_root);
    }
    for pair in by_votes.windows(2).skip(1) {
        let signers: u32 = pair[1].info.seal.parent_signers.iter().map(|byte| byte.count_ones()).sum();
        assert!(signers >= 3, "{signers} signed block {}", height_of(&pair[0]));
    }
}

#[test]
fn a_copy_of_the_disk_at_any_moment_goes_on_from_all_that_was_final() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("running"));
    let (node, threads) = Node::start(store.clone(), engine(), BBFT, plain_genesis).unwrap();
    let genesis = node.genesis_hash();
    let mut copies = Vec::new();
    let mut heads = node.heads();
    for copy in 0..12_u32 {
        node.submit(transfer("//Alice", genesis, copy), None).unwrap();
        // Some copies are made just after a block is announced, before it is in the store; others just after that.
        loop {
            match heads.blocking_recv().unwrap() {
                HeadEvent::Best(entry) if copy % 2 == 0 && !entry.transactions.is_empty() => break,
                HeadEvent::Finalized(entry) if copy % 2 == 1 && !entry.transactions.is_empty() => break,
                _ => assert_eq!(node.failure(), None),
            }
        }
        let announced = node.best();
        let path = folder.path().join(format!("copy-{copy}"));
        store.checkpoint(&path).unwrap();
        copies.push((path, announced));
    }
    stop(node, threads);
    for (path, announced) in copies {
        let (node, threads) = start(&path, BBFT);
        until_final(&node, |entry| height_of(entry) >= height_of(&announced) + 4);
        let chain = chain_up_to(&node, height_of(&node.finalized()));
        assert_eq!(chain[height_of(&announced) as usize].hash, announced.hash, "what was announced is final");
        let parameters = &plain_genesis().parameters;
        let mut ancestors = Accumulator::new();
        for pair in chain.windows(2) {
            ancestors.append(&pair[0].hash);
            let (parent, header) = (&pair[0].block.header, &pair[1].block.header);
            check_header(parent, header, ancestors.root(), u64::MAX, parameters).unwrap();
        }
        stop(node, threads);
    }
}

#[test]
fn a_chain_goes_on_under_the_other_engine_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Consensus::Dev(DevMode::Interval { interval_ms: INTERVAL_MS });
    let mut last: Option<Arc<BlockEntry>> = None;
    for consensus in [dev, BBFT, BBFT, dev, BBFT, dev] {
        let (node, threads) = start(folder.path(), consensus);
        let before = height_of(&node.finalized());
        until_final(&node, |entry| height_of(entry) >= before + 3);
        if let Some(last) = &last {
            assert_eq!(node.hash_at(height_of(last)), Some(last.hash));
        }
        last = Some(node.finalized());
        stop(node, threads);
    }
}

#[test]
fn votes_are_refused_on_chains_with_hooks_and_without_their_records() {
    let folder = tempfile::tempdir().unwrap();
    let hooked = || {
        let mut genesis = plain_genesis();
        genesis.parameters.hooks = Hooks { staking: Some(keys::named_address("prober")), ..Hooks::NONE };
        genesis.modules = super::genesis(0).modules;
        genesis
    };
    let refused = |folder: &Path, make: &dyn Fn() -> Genesis| {
        let error = Node::start(open(folder), engine(), BBFT, make).err().unwrap();
        format!("{error:#}")
    };
    let error = refused(&folder.path().join("hooked"), &hooked);
    assert!(error.contains("expected one without hooks"), "{error}");
    let path = folder.path().join("damaged");
    let (node, threads) = start(&path, BBFT);
    until_final(&node, |entry| height_of(entry) >= 2);
    stop(node, threads);
    open(&path).put_record(b"consensus", &[1, 2, 3]).unwrap();
    let error = refused(&path, &plain_genesis);
    assert!(error.contains("damaged consensus record of 3 bytes"), "{error}");
}
