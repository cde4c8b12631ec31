//! The genesis of a chain of validators, put together from what its founders agree on.
//!
//! Every chain begins with the protocol modules and the codes of templates that the program carries. With staking, the
//! module's terms are the module's own default ones, changed where the founders say so: they are asked of the code, so
//! that no copy of them is kept here. It leaves out where the genesis is written.

use crate::shipped::{self, ShippedModule};
use anyhow::Context as _;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenon_client::{Codec, no_names};
use tenon_core::consensus::bbft::{ValidatorSet, ValidatorsError};
use tenon_crypto::bls::{BlsPublicKey, verify_possession};
use tenon_crypto::ss58::DEFAULT_PREFIX;
use tenon_host::{Engine, Environment, Key, QueryKind, Value, build_genesis, query};
use tenon_types::interface::{Interface, Method, MethodMode, ValueType};
use tenon_types::{
    Address, AdminPolicy, Amount, Genesis, GenesisModule, Hooks, MAX_HOOK_GAS, Parameters, Validator, keys,
};

/// The module that elects validators.
pub const STAKING: &str = "staking";
/// Its query for its terms.
const TERMS: &str = "terms";
/// The term that the chain's parameters state too.
const EPOCH_BLOCKS: &str = "epoch_blocks";
/// Terms that are counts within one epoch: they stay in proportion to its length unless they are stated.
const COUNTS_OF_EPOCH: [&str; 2] = ["missed_views", "missed_votes"];
/// The least of them: what happens to anybody now and then jails nobody.
const MIN_COUNT: u64 = 10;
/// What the system's address holds on a chain with hooks, in coins: for the deposits of what hooks store.
const SYSTEM_COINS: Amount = 1_000;

/// A validator that a chain begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founder {
    /// Account, key and weight.
    pub validator: Validator,
    /// The proof that its key was not made out of the keys of others, if it gave one.
    pub possession: Option<[u8; 48]>,
}

/// How validators are elected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staking {
    /// Blocks of an epoch; the module's own number if absent.
    pub epoch_blocks: Option<u32>,
    /// Coin that is issued in each block, in the smallest unit.
    pub block_reward: Amount,
    /// Other terms, by name, as people write them.
    pub terms: Vec<(String, String)>,
}

/// What founders agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founding {
    /// The chain's name.
    pub name: String,
    /// The symbol of its coin.
    pub symbol: String,
    /// The time of block 0.
    pub time_ms: u64,
    /// The validators, in the order of their indices.
    pub founders: Vec<Founder>,
    /// Who holds the coin, in the smallest unit.
    pub balances: Vec<(Address, Amount)>,
    /// How validators are elected; without it they stay who they are.
    pub staking: Option<Staking>,
}

/// Why founders cannot begin a chain.
#[derive(Debug, thiserror::Error)]
pub enum FoundingError {
    /// They are no set.
    #[error(transparent)]
    Set(#[from] ValidatorsError),
    /// A key is no point.
    #[error("the BLS key of {account}: {reason}")]
    Key {
        /// Whose.
        account: Address,
        /// What is wrong.
        reason: String,
    },
    /// A proof of possession is not that of its key.
    #[error("found a proof of possession that does not fit the BLS key of {account}, expected that of its key")]
    Possession {
        /// Whose.
        account: Address,
    },
    /// An address holds two balances.
    #[error("found {address} with two balances, expected one for each address")]
    Twice {
        /// Whose.
        address: Address,
    },
    /// The module has no such term.
    #[error("found the term {found}, expected one of {expected}")]
    Term {
        /// Its name.
        found: String,
        /// The names that there are.
        expected: String,
    },
    /// The epoch's length is stated twice.
    #[error("found the term {EPOCH_BLOCKS}, expected it with --epoch-blocks, as the chain's parameters state it too")]
    EpochTerm,
}

impl Founding {
    /// Puts the genesis together.
    ///
    /// # Errors
    /// [`FoundingError`], or what the module for staking says against its terms.
    pub fn genesis(&self, engine: &Arc<dyn Engine>) -> anyhow::Result<Genesis> {
        self.check()?;
        let mut modules: Vec<GenesisModule> = shipped::MODULES.iter().map(genesis_module).collect();
        let mut hooks = Hooks::NONE;
        let mut balances = self.balances.clone();
        if let Some(staking) = &self.staking {
            let module = modules.iter_mut().find(|module| module.name == STAKING);
            let module = module.context("this program carries no module for staking")?;
            let (input, epoch_blocks) = staking.input(module, engine)?;
            module.input = input;
            let (instance, block_reward) = (Some(keys::named_address(STAKING)), staking.block_reward);
            hooks = Hooks { staking: instance, block_reward, gas: MAX_HOOK_GAS / 2, epoch_blocks };
            balances.push((Address::SYSTEM, SYSTEM_COINS * Parameters::COIN));
        }
        Ok(Genesis {
            name: self.name.clone(),
            symbol: self.symbol.clone(),
            decimals: COIN_DECIMALS,
            ss58_prefix: DEFAULT_PREFIX,
            time_ms: self.time_ms,
            parameters: Parameters { hooks, ..Parameters::DEVELOPMENT },
            balances,
            validators: self.founders.iter().map(|founder| founder.validator.clone()).collect(),
            modules,
            codes: shipped::TEMPLATES.iter().filter_map(|template| template.code.map(<[u8]>::to_vec)).collect(),
        })
    }

    fn check(&self) -> Result<(), FoundingError> {
        for Founder { validator, possession } in &self.founders {
            let account = validator.account;
            BlsPublicKey::from_bytes(&validator.bls_key)
                .map_err(|error| FoundingError::Key { account, reason: error.to_string() })?;
            if possession.is_some_and(|proof| !verify_possession(&validator.bls_key, &proof)) {
                return Err(FoundingError::Possession { account });
            }
        }
        ValidatorSet::new(self.founders.iter().map(|founder| founder.validator.clone()).collect())?;
        let mut known = std::collections::BTreeSet::new();
        match self.balances.iter().find(|(address, _)| !known.insert(*address)) {
            Some((address, _)) => Err(FoundingError::Twice { address: *address }),
            None => Ok(()),
        }
    }
}

/// The decimals of the coin.
pub const COIN_DECIMALS: u8 = 12;

fn genesis_module(module: &ShippedModule) -> GenesisModule {
    GenesisModule {
        name: module.name.to_string(),
        code: module.code.to_vec(),
        input: module.genesis_input(),
        admin: AdminPolicy::Nobody,
    }
}

impl Staking {
    /// The input of the module's `init`, and the length of an epoch.
    fn input(&self, module: &GenesisModule, engine: &Arc<dyn Engine>) -> anyhow::Result<(Vec<u8>, u32)> {
        let interface = Interface::of_code(&module.code).with_context(|| format!("module {}", module.name))?;
        let codec = Codec::new(&interface, &no_names, DEFAULT_PREFIX);
        let (asked, ty) = terms_of(&interface)?;
        let answer = ask(module, &asked.name, engine)?;
        let Json::Object(defaults) = codec.decode(TERMS, &ty, &answer)? else {
            anyhow::bail!("found terms of type {ty}, expected a struct");
        };
        let terms = self.terms_with(defaults)?;
        let epoch_blocks = terms.get(EPOCH_BLOCKS).and_then(Json::as_u64).and_then(|it| u32::try_from(it).ok());
        let epoch_blocks = epoch_blocks.with_context(|| format!("the terms have no {EPOCH_BLOCKS}"))?;
        let init = interface.method(MethodMode::Init, "init").context("the module has no init")?;
        let arguments = Map::from_iter([(TERMS.to_string(), Json::Object(terms))]);
        Ok((codec.encode_arguments(init, &arguments)?, epoch_blocks))
    }

    /// The terms, changed where the founders say so.
    fn terms_with(&self, mut terms: Map<String, Json>) -> Result<Map<String, Json>, FoundingError> {
        if let Some(blocks) = self.epoch_blocks {
            let usual = terms.get(EPOCH_BLOCKS).and_then(Json::as_u64).unwrap_or(1).max(1);
            for name in COUNTS_OF_EPOCH {
                if let Some(count) = terms.get_mut(name) {
                    let scaled = count.as_u64().unwrap_or(1).saturating_mul(u64::from(blocks)) / usual;
                    *count = Json::from(scaled.max(MIN_COUNT));
                }
            }
            terms.insert(EPOCH_BLOCKS.into(), Json::from(blocks));
        }
        for (name, value) in &self.terms {
            if name == EPOCH_BLOCKS {
                return Err(FoundingError::EpochTerm);
            }
            let expected = || terms.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            if !terms.contains_key(name) {
                return Err(FoundingError::Term { found: name.clone(), expected: expected() });
            }
            let plain = value.replace('_', "");
            let json = plain.parse::<u64>().map_or_else(|_| Json::String(plain), Json::from);
            terms.insert(name.clone(), json);
        }
        Ok(terms)
    }
}

/// The query for the terms, and their type.
fn terms_of(interface: &Interface) -> anyhow::Result<(&Method, ValueType)> {
    let method = interface.method(MethodMode::Query, TERMS);
    let method = method.with_context(|| format!("the module for staking has no query {TERMS}"))?;
    Ok((method, method.result.clone()))
}

/// Asks a module as a chain would begin with it.
fn ask(module: &GenesisModule, method: &str, engine: &Arc<dyn Engine>) -> anyhow::Result<Vec<u8>> {
    let alone = Genesis {
        name: String::new(),
        symbol: String::new(),
        decimals: COIN_DECIMALS,
        ss58_prefix: DEFAULT_PREFIX,
        time_ms: 0,
        parameters: Parameters::DEVELOPMENT,
        balances: Vec::new(),
        validators: Vec::new(),
        modules: vec![module.clone()],
        codes: Vec::new(),
    };
    let built = build_genesis(&alone, engine.clone())?;
    let entry = |(key, value): &(Key, Option<Value>)| Some((key.clone(), value.clone()?));
    let state: BTreeMap<Key, Value> = built.changes.iter().filter_map(entry).collect();
    let target = (QueryKind::Query, &keys::named_address(&module.name), method);
    let answer = query(Arc::new(state), &Environment::genesis(&alone), engine.clone(), target, &[], MAX_HOOK_GAS);
    anyhow::ensure!(answer.error == 0, "query {method} of {} ended with error {:#x}", module.name, answer.error);
    Ok(answer.output)
}
