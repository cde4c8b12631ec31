//! The genesis of a development chain, and how a chain is begun in, or taken from, a store.

use super::chain::{Settled, entry_of, load_block};
use super::finalize::commit_genesis;
use super::settle::settle;
use super::state::page_key;
use crate::backend::BlockEntry;
use crate::shipped;
use anyhow::Context as _;
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenon_core::rules::Outcome;
use tenon_crypto::{Keypair, Scheme};
use tenon_host::tree::{MemoryPages, PageId};
use tenon_host::{Changes, Diff, Engine, Environment, Key, QueryKind, Value, build_genesis, query};
use tenon_store::Store;
use tenon_types::interface::{Interface, MethodMode};
use tenon_types::mmr::{Accumulator, Place, peaks_of};
use tenon_types::{
    Address, AdminPolicy, Amount, Block, BlockInfo, Digest, DigestItem, ENGINE_ID, Genesis, GenesisModule, Hash,
    Header, Hooks, Parameters, Seal, blake2b_256, extrinsics_root, keys,
};

/// The accounts that a development chain funds.
pub const DEVELOPMENT_ACCOUNTS: [&str; 6] = ["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie"];
/// What each of them holds, in coins.
const DEVELOPMENT_COINS: Amount = 1_000_000;
/// The SS58 prefix of a development chain: the generic one.
const SS58_PREFIX: u16 = 42;
/// The record of the store that holds the genesis.
pub(super) const GENESIS_RECORD: &[u8] = b"genesis";
/// The query by which an instance with hooks says how many blocks an epoch has, if it elects validators.
const EPOCH_BLOCKS: &str = "epoch_blocks";

/// The address of a development account.
pub(crate) fn development_address(suri: &str) -> Address {
    let pair = Keypair::from_suri(Scheme::Sr25519, suri).expect("the development accounts derive");
    Address(pair.account())
}

/// What the system's address holds on a chain with hooks, in coins: for the deposits of what hooks store.
const SYSTEM_COINS: Amount = 1_000;

/// The genesis of a development chain. Without an instance in `hooks` it has none.
pub fn development_genesis(time_ms: u64, hooks: Hooks) -> Genesis {
    let coins = DEVELOPMENT_COINS * Parameters::COIN;
    let people = DEVELOPMENT_ACCOUNTS.iter().map(|suri| (development_address(suri), coins));
    let system = hooks.staking.map(|_| (Address::SYSTEM, SYSTEM_COINS * Parameters::COIN));
    Genesis {
        name: "Tenon development".to_string(),
        symbol: "TEN".to_string(),
        decimals: 12,
        ss58_prefix: SS58_PREFIX,
        time_ms,
        parameters: Parameters { hooks, ..Parameters::DEVELOPMENT },
        balances: people.chain(system).collect(),
        validators: Vec::new(),
        modules: shipped::MODULES
            .iter()
            .map(|module| GenesisModule {
                name: module.name.to_string(),
                code: module.code.to_vec(),
                input: module.genesis_input(),
                admin: AdminPolicy::Nobody,
            })
            .collect(),
        codes: shipped::TEMPLATES.iter().filter_map(|template| template.code.map(<[u8]>::to_vec)).collect(),
    }
}

/// A chain at its last final block.
pub(crate) struct Begun {
    pub(crate) genesis: Genesis,
    pub(crate) genesis_hash: Hash,
    pub(crate) finalized: BlockEntry,
    pub(crate) outcome: Outcome,
    /// The accumulator over all blocks.
    pub(crate) accumulator: Accumulator,
}

/// Takes the chain that is in the store, or begins one.
pub(crate) fn begin(store: &Store, engine: Arc<dyn Engine>, make: impl FnOnce() -> Genesis) -> anyhow::Result<Begun> {
    let Some(finalized) = store.finalized()? else { return found(store, engine, make()) };
    let bytes =
        store.record(GENESIS_RECORD)?.context("the store has blocks and no genesis: it is not a Tenon store")?;
    let genesis = Genesis::decode(&mut &bytes[..]).context("the store's genesis does not decode")?;
    let genesis_hash = Hash(store.genesis()?.context("the store has no block 0")?);
    let entry = load_block(store, finalized.height)?.context("the last final block is not in the store")?;
    let state_root = match store.page(&page_key(&PageId::ROOT))? {
        Some(bytes) => Hash(*tenon_host::tree::Page::decode(&PageId::ROOT, &bytes)?.root()),
        None => Hash::ZERO,
    };
    let receipts: Vec<Vec<u8>> = entry.all_receipts().map(Encode::encode).collect();
    let outcome = Outcome { state_root, gas_used: entry.gas_used, receipts_root: extrinsics_root(&receipts) };
    let accumulator = accumulator(store, &entry)?;
    Ok(Begun { genesis, genesis_hash, finalized: entry, outcome, accumulator })
}

/// The accumulator over the last final block and all before it, as the store has it and the block's header states it.
fn accumulator(store: &Store, last: &BlockEntry) -> anyhow::Result<Accumulator> {
    let size = u64::from(last.block.header.number);
    let mut accumulator = stored_accumulator(store, size)?;
    let (found, expected) = (accumulator.root(), last.info.ancestors);
    anyhow::ensure!(
        found == expected,
        "the store's accumulator of {size} blocks has root {found}, expected {expected}"
    );
    accumulator.append(&last.hash);
    Ok(accumulator)
}

/// The accumulator over the first blocks, as the store has it.
pub(super) fn stored_accumulator(store: &Store, size: u64) -> anyhow::Result<Accumulator> {
    let node = |Place { last, level }: Place| {
        let found = store.node(last, level)?;
        found.with_context(|| format!("the store has no node of level {level} that block {last} completed"))
    };
    let peaks = peaks_of(size).into_iter().map(node).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Accumulator::from_peaks(size, peaks)?)
}

/// Why an instance cannot have a chain's hooks.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// It would elect validators at other heights than those at which the chain changes them.
    #[error("found epochs of {found} blocks in the chain's parameters, expected {expected} as {module} counts")]
    Epoch {
        /// The module's name.
        module: String,
        /// What the parameters say.
        found: u32,
        /// What the module says.
        expected: u32,
    },
    /// It does not say how it counts, though it has the query.
    #[error("query {EPOCH_BLOCKS} of the module {module} ended with error {code:#x} and {bytes} bytes, expected a u32")]
    NoAnswer {
        /// The module's name.
        module: String,
        /// The error's number; 0 if there was none.
        code: u32,
        /// The answer's length.
        bytes: usize,
    },
}

/// Checks that the instance with hooks counts epochs as the chain's parameters do. One without the query counts none.
fn check_epochs(genesis: &Genesis, changes: &Changes, engine: Arc<dyn Engine>) -> anyhow::Result<()> {
    let hooks = &genesis.parameters.hooks;
    let has_hooks = |module: &&GenesisModule| hooks.staking == Some(keys::named_address(&module.name));
    let Some(module) = genesis.modules.iter().find(has_hooks) else { return Ok(()) };
    let interface = Interface::of_code(&module.code).with_context(|| format!("module {}", module.name))?;
    if interface.method(MethodMode::Query, EPOCH_BLOCKS).is_none() {
        return Ok(());
    }
    let entry = |(key, value): &(Key, Option<Value>)| Some((key.clone(), value.clone()?));
    let state: BTreeMap<Key, Value> = changes.iter().filter_map(entry).collect();
    let target = (QueryKind::Query, &keys::named_address(&module.name), EPOCH_BLOCKS);
    let asked = query(Arc::new(state), &Environment::genesis(genesis), engine, target, &[], hooks.gas);
    let answer = if asked.error == 0 { u32::decode_all(&mut &asked.output[..]).ok() } else { None };
    let (module, found) = (module.name.clone(), hooks.epoch_blocks);
    match answer {
        Some(expected) if expected == found => Ok(()),
        Some(expected) => Err(HookError::Epoch { module, found, expected }.into()),
        None => Err(HookError::NoAnswer { module, code: asked.error, bytes: asked.output.len() }.into()),
    }
}

/// Begins a chain: state, block 0, both in the store before anything else happens.
fn found(store: &Store, engine: Arc<dyn Engine>, genesis: Genesis) -> anyhow::Result<Begun> {
    let (entry, diff, settled) = first_block(&genesis, engine)?;
    store.put_record(GENESIS_RECORD, &genesis.encode())?;
    commit_genesis(store, &entry, &diff, &settled)?;
    let mut accumulator = Accumulator::new();
    accumulator.append(&entry.hash);
    Ok(Begun { genesis, genesis_hash: entry.hash, finalized: entry, outcome: settled.outcome, accumulator })
}

/// The hash of block 0, which names the chain. Nothing is written anywhere.
///
/// # Errors
/// If the genesis has no state, or its hooks do not fit it.
pub fn genesis_hash(genesis: &Genesis, engine: Arc<dyn Engine>) -> anyhow::Result<Hash> {
    Ok(first_block(genesis, engine)?.0.hash)
}

/// Block 0, with its changes and what follows from them.
fn first_block(genesis: &Genesis, engine: Arc<dyn Engine>) -> anyhow::Result<(BlockEntry, Diff, Settled)> {
    let state = build_genesis(genesis, engine.clone())?;
    check_epochs(genesis, &state.changes, engine)?;
    let diff = Diff::new(state.changes);
    let settled = settle(&MemoryPages::default(), Hash::ZERO, &diff, (&[], &[]))?;
    let info = BlockInfo {
        time_ms: genesis.time_ms,
        producer: Address::ZERO,
        base_fee: genesis.parameters.initial_base_fee,
        parent_gas_used: 0,
        // Block 0 has no parent: here it commits to the genesis itself, names and parameters included.
        parent_receipts_root: blake2b_256(&genesis.encode()),
        ancestors: Accumulator::new().root(),
        seal: Seal::default(),
        next_validators: None,
    };
    let header = Header {
        parent_hash: Hash::ZERO,
        number: 0,
        state_root: settled.outcome.state_root,
        extrinsics_root: Hash::ZERO,
        digest: Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, info.encode())] },
    };
    let entry = entry_of(Block { header, extrinsics: Vec::new() }, Vec::new());
    Ok((entry, diff, settled))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_engine::{EngineOptions, WasmtimeEngine, on_engine_stack};
    use tenon_host::GenesisError;
    use tenon_types::{InstanceRecord, MAX_HOOK_GAS};

    #[test]
    fn a_chain_begins_with_the_modules_and_with_the_code_of_templates() {
        let engine: Arc<dyn Engine> = Arc::new(WasmtimeEngine::new(&EngineOptions::default()).unwrap());
        let mut genesis = development_genesis(1_767_225_600_000, Hooks::NONE);
        let built = on_engine_stack(|| build_genesis(&genesis, engine.clone())).unwrap();
        let entry = |key: &[u8]| built.changes.iter().find(|(known, _)| known[..] == *key);
        let state = |key: Vec<u8>| entry(&key).and_then(|(_, value)| value.as_ref());
        for module in &genesis.modules {
            let record = state(keys::instance(&keys::named_address(&module.name))).unwrap();
            let record = InstanceRecord::decode(&mut &record[..]).unwrap();
            assert_eq!(record.code_hash, blake2b_256(&module.code), "{}", module.name);
        }
        assert!(!genesis.codes.is_empty());
        for code in &genesis.codes {
            assert!(state(keys::module(&blake2b_256(code))).is_some());
            assert_eq!(state(keys::code(&blake2b_256(code))).map(|bytes| bytes.to_vec()).as_ref(), Some(code));
        }

        let twice = genesis.codes[0].clone();
        genesis.codes.push(twice.clone());
        let error = on_engine_stack(|| build_genesis(&genesis, engine.clone())).unwrap_err();
        assert!(matches!(&error, GenesisError::Duplicate(hash) if *hash == blake2b_256(&twice).to_string()), "{error}");
        genesis.codes = vec![b"no module".to_vec()];
        let error = on_engine_stack(|| build_genesis(&genesis, engine)).unwrap_err();
        assert!(matches!(error, GenesisError::Code { .. }), "{error}");
    }

    #[test]
    fn hooks_of_nobody_and_hooks_without_bounds_are_refused() {
        let engine: Arc<dyn Engine> = Arc::new(WasmtimeEngine::new(&EngineOptions::default()).unwrap());
        let build = |hooks: Hooks| {
            let genesis = Genesis { modules: Vec::new(), codes: Vec::new(), ..development_genesis(0, hooks) };
            on_engine_stack(|| build_genesis(&genesis, engine.clone())).map(|built| built.supply)
        };
        let coins = build(Hooks::NONE).unwrap();
        let staking = Some(keys::named_address("nobody"));
        let error = build(Hooks { staking, ..Hooks::NONE }).unwrap_err();
        assert!(matches!(error, GenesisError::HookInstance { found } if Some(found) == staking), "{error}");
        assert_eq!(build(Hooks { gas: MAX_HOOK_GAS, ..Hooks::NONE }).unwrap(), coins);
        let error = build(Hooks { gas: MAX_HOOK_GAS + 1, ..Hooks::NONE }).unwrap_err();
        assert!(matches!(error, GenesisError::HookGas { found } if found == MAX_HOOK_GAS + 1), "{error}");
    }

    #[test]
    fn an_instance_that_counts_other_epochs_than_the_chain_has_no_hooks() {
        let engine: Arc<dyn Engine> = Arc::new(WasmtimeEngine::new(&EngineOptions::default()).unwrap());
        let check = |module: &str, epoch_blocks| {
            let hooks = Hooks { staking: Some(keys::named_address(module)), epoch_blocks, ..Hooks::NONE };
            let mut genesis = development_genesis(1_767_225_600_000, hooks);
            genesis.modules.retain(|found| found.name == module);
            on_engine_stack(|| {
                let built = build_genesis(&genesis, engine.clone()).unwrap();
                check_epochs(&genesis, &built.changes, engine.clone())
            })
        };
        check("staking", 1_200).unwrap();
        for epoch_blocks in [0, 1_199, 1_201] {
            let error = check("staking", epoch_blocks).unwrap_err();
            let error = error.downcast_ref::<HookError>();
            let is_told = |error: &HookError| {
                matches!(error, HookError::Epoch { module, found, expected: 1_200 }
                if module == "staking" && *found == epoch_blocks)
            };
            assert!(error.is_some_and(is_told), "{error:?}");
        }
        // A module that counts no epochs has nothing against any.
        check("credentials", 7).unwrap();
    }
}
