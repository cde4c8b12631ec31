//! A node whose chain has hooks: what they leave in blocks, and that its blocks can be checked and executed again.

mod engines;

use super::*;
use crate::backend::{Backend, BlockEntry};
use parity_scale_codec::{Decode, Encode};
use std::collections::BTreeMap;
use std::path::Path;
use tenon_core::consensus::DevMode;
use tenon_core::rules::{check_block, check_header, check_next_validators, check_outcome, check_seal};
use tenon_engine::{EngineOptions, WasmtimeEngine, on_engine_stack};
use tenon_host::tree::MemoryPages;
use tenon_host::{Changes, Diff, Environment, Executed, Executor, Key, Value, build_genesis, next_validators};
use tenon_store::Options;
use tenon_types::mmr::Accumulator;
use tenon_types::{
    AdminPolicy, Amount, BalancesEvent, Event, GenesisModule, Hash, Hooks, Parameters, Seal, SystemEvent, hook_id, keys,
};

const REWARD: Amount = 1_000;
const EPOCH_BLOCKS: u32 = 3;
const FIRST_MS: u64 = 1_767_225_600_000;

type State = BTreeMap<Key, Value>;

/// A module with hooks, from the sources of the testkit's own tests.
fn hooked_code() -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/testkit/prober");
    let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("modules");
    tenon_build::build_module_if_changed(&folder, &target).unwrap().wasm
}

/// A chain whose hooks find coin for their deposits, or none.
fn genesis(pot: Amount) -> Genesis {
    let hooks = Hooks {
        staking: Some(keys::named_address("prober")),
        block_reward: REWARD,
        epoch_blocks: EPOCH_BLOCKS,
        ..Hooks::NONE
    };
    Genesis {
        parameters: Parameters { hooks, ..Parameters::DEVELOPMENT },
        balances: vec![(Address::SYSTEM, pot)],
        modules: vec![GenesisModule {
            name: "prober".into(),
            code: hooked_code(),
            input: 20_u64.encode(),
            admin: AdminPolicy::Nobody,
        }],
        codes: Vec::new(),
        ..development_genesis(FIRST_MS, Hooks::NONE)
    }
}

fn engine() -> Arc<dyn Engine> {
    Arc::new(WasmtimeEngine::new(&EngineOptions::default()).unwrap())
}

/// Runs a node for so many blocks and returns the whole chain.
fn run(folder: &Path, genesis: &Genesis, blocks: usize) -> Vec<Arc<BlockEntry>> {
    let store = Arc::new(Store::open(folder, &Options::default()).unwrap());
    let (node, threads) = Node::start(store, engine(), Consensus::Dev(DevMode::OnDemand), || genesis.clone()).unwrap();
    let made: Vec<Hash> = (0..blocks).map(|_| node.make_block().unwrap()).collect();
    let best = node.best().block.header.number;
    assert_eq!(made.last(), Some(&node.best().hash));
    let chain = (0..=best).map(|height| node.block(&node.hash_at(height).unwrap()).unwrap()).collect();
    node.stop();
    threads.join();
    assert_eq!(node.failure(), None);
    chain
}

fn apply(state: &mut State, changes: &Changes) {
    for (key, value) in changes {
        match value {
            Some(value) => state.insert(key.clone(), value.clone()),
            None => state.remove(key),
        };
    }
}

fn supply(state: &State) -> Amount {
    Amount::decode(&mut &state[&keys::chain("supply")[..]][..]).unwrap()
}

fn environment(chain: &[Arc<BlockEntry>], parameters: &Parameters, entry: &BlockEntry) -> Environment {
    Environment {
        genesis_hash: chain[0].hash,
        height: entry.block.header.number,
        time_ms: entry.info.time_ms,
        producer: entry.info.producer,
        base_fee: entry.info.base_fee,
        parameters: parameters.clone(),
        seal: entry.info.seal.clone(),
    }
}

fn execute(engine: &Arc<dyn Engine>, state: &State, environment: &Environment) -> Executed {
    let executor = SerialExecutor::new(engine.clone());
    on_engine_stack(|| executor.execute(Arc::new(state.clone()), environment, &[], &mut |_| false))
}

/// Checks each block as a node would that receives it, executes it again, and compares everything that is stated of it.
fn check_again(chain: &[Arc<BlockEntry>], genesis: &Genesis) -> State {
    let engine = engine();
    let parameters = &genesis.parameters;
    let built = on_engine_stack(|| build_genesis(genesis, engine.clone())).unwrap();
    let (mut state, mut pages) = (State::new(), MemoryPages::default());
    apply(&mut state, &built.changes);
    let mut settled = settle::settle(&pages, Hash::ZERO, &Diff::new(built.changes), (&[], &[])).unwrap();
    let mut ancestors = Accumulator::new();
    for pair in chain.windows(2) {
        let (parent, entry) = (&pair[0].block, &pair[1]);
        ancestors.append(&pair[0].hash);
        let root = ancestors.root();
        let info = check_header(&parent.header, &entry.block.header, root, u64::MAX, parameters).unwrap();
        check_block(&entry.block, parameters).unwrap();
        if parent.header.number > 0 {
            check_outcome(&entry.block.header, &info, &settled.outcome).unwrap();
        }
        let epoch = parameters.hooks.epoch(entry.block.header.number);
        check_seal(&info, &Seal::of_leader(epoch, info.producer)).unwrap();
        let environment = environment(chain, parameters, entry);
        let base = Arc::new(state.clone());
        let next = on_engine_stack(|| next_validators(base, &environment, engine.clone()));
        check_next_validators(&info, next).unwrap();
        let executed = execute(&engine, &state, &environment);
        assert_eq!((&executed.system, executed.gas_used), (&entry.hook_receipts, 0));
        apply(&mut state, &executed.changes);
        pages.apply(&settled.pages);
        let root = settled.outcome.state_root;
        settled = settle::settle(&pages, root, &Diff::new(executed.changes), (&[], &executed.system)).unwrap();
    }
    state
}

#[test]
fn hooks_leave_receipts_and_rewards_and_their_blocks_can_be_checked_again() {
    let folder = tempfile::tempdir().unwrap();
    let genesis = genesis(Parameters::COIN);
    let before = run(folder.path(), &genesis, 4);
    let chain = run(folder.path(), &genesis, 4);
    assert_eq!((before.len(), chain.len()), (5, 9));
    assert!(
        before
            .iter()
            .zip(&chain)
            .all(|(one, other)| one.hash == other.hash && one.hook_receipts == other.hook_receipts)
    );
    let minted = Event::Balances(BalancesEvent::Minted { who: keys::named_address("prober"), amount: REWARD });
    for entry in &chain[1..] {
        let [receipt] = &entry.hook_receipts[..] else { panic!("{:?}", entry.hook_receipts) };
        assert_eq!((receipt.transaction, receipt.outcome), (hook_id("end_block"), Ok(())));
        assert!(receipt.events.contains(&minted) && receipt.gas_used > 0 && entry.gas_used == 0);
        assert!(entry.transactions.is_empty() && entry.receipts.is_empty());
        let epoch = u64::from((entry.block.header.number - 1) / EPOCH_BLOCKS);
        assert_eq!(entry.info.seal, Seal::of_leader(epoch, entry.info.producer));
    }
    let built = on_engine_stack(|| build_genesis(&genesis, engine())).unwrap();
    let state = check_again(&chain, &genesis);
    assert_eq!(supply(&state), built.supply + 8 * REWARD);
}

#[test]
fn a_failing_hook_is_recorded_in_each_block_and_the_chain_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let genesis = genesis(Parameters::DEVELOPMENT.existential_deposit);
    let chain = run(folder.path(), &genesis, 3);
    assert_eq!(chain.len(), 4);
    for entry in &chain[1..] {
        let [receipt] = &entry.hook_receipts[..] else { panic!("{:?}", entry.hook_receipts) };
        let error = receipt.outcome.unwrap_err();
        assert_eq!(error.code(), Some(tenon_abi::HostError::DepositTooSmall.code()));
        let instance = keys::named_address("prober");
        let failed = SystemEvent::HookFailed { instance, hook: "end_block".into(), dispatch_error: error };
        assert_eq!(receipt.events, [Event::System(failed)]);
    }
    let built = on_engine_stack(|| build_genesis(&genesis, engine())).unwrap();
    assert_eq!(supply(&check_again(&chain, &genesis)), built.supply);
}

#[test]
fn a_block_that_lies_about_its_seal_has_another_state() {
    let genesis = genesis(Parameters::COIN);
    let engine = engine();
    let built = on_engine_stack(|| build_genesis(&genesis, engine.clone())).unwrap();
    let mut state = State::new();
    apply(&mut state, &built.changes);
    let truth = Environment { height: 1, ..Environment::genesis(&genesis) };
    let told = execute(&engine, &state, &truth).changes;
    assert_eq!(told, execute(&engine, &state, &truth).changes);
    let lies = [
        Seal { epoch: 1, ..Seal::default() },
        Seal::of_leader(0, Address([1; 32])),
        Seal { parent_signers: vec![1], ..Seal::default() },
        Seal { missed: vec![Address([1; 32])], ..Seal::default() },
    ];
    for seal in lies {
        assert_ne!(told, execute(&engine, &state, &Environment { seal, ..truth.clone() }).changes);
    }
}
