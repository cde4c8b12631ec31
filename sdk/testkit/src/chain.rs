//! The chain: a state in memory, and blocks of one transaction.

use crate::accounts::{ACCOUNTS, account};
use crate::outcome::{Failure, Outcome};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use tenon_contract::{Address, Call, Constructor};
use tenon_engine::{EngineOptions, WasmtimeEngine, on_engine_stack};
use tenon_host::{
    Engine, Environment, Executor, Key, Prepared, QueryKind, SerialExecutor, Simulated, StateReader, Value,
    build_genesis, query, simulate,
};
use tenon_types::interface::{Interface, MethodMode};
use tenon_types::{
    AccountInfo, AdminPolicy, Call as ChainCall, Era, Extra, Extrinsic, Genesis, GenesisModule, Hash, ModulesCall,
    MultiAddress, Parameters, Receipt, Signature, SignedPart, intrinsic_gas, keys,
};

/// What each development account begins with, in the coin's smallest unit.
const FUNDS: u128 = 1_000_000 * Parameters::COIN;
/// The most gas of a call that does not say otherwise.
const GAS_LIMIT: u64 = 1_000_000_000;
/// The most gas of a query or invariant.
const QUERY_GAS: u64 = 100_000_000_000;
/// The time of block 0: 2026-01-01.
const GENESIS_TIME_MS: u64 = 1_767_225_600_000;
/// How much later each block is than the one before.
const BLOCK_TIME_MS: u64 = 1_000;

/// One engine for all chains of a test's process, so that a module is compiled once.
fn engine() -> Arc<dyn Engine> {
    static ENGINE: OnceLock<Arc<WasmtimeEngine>> = OnceLock::new();
    let made = ENGINE.get_or_init(|| {
        let options = EngineOptions { threads: 4, ..EngineOptions::default() };
        Arc::new(WasmtimeEngine::new(&options).expect("the engine starts with settings that nodes use"))
    });
    made.clone()
}

/// A chain in memory.
pub struct TestChain {
    engine: Arc<dyn Engine>,
    state: Arc<BTreeMap<Key, Value>>,
    environment: Environment,
    /// Invariants that are checked after each step: instance, module, name.
    invariants: Vec<(Address, String)>,
    checks_invariants: bool,
    salt: u64,
}

impl Default for TestChain {
    fn default() -> Self {
        Self::new()
    }
}

impl TestChain {
    /// A chain with the development accounts, a million coins each.
    pub fn new() -> Self {
        Self::with_modules(&[])
    }

    /// A chain that has protocol modules from its genesis on, each found by its name.
    ///
    /// # Panics
    /// If a module is refused or its constructor fails.
    pub fn with_modules(modules: &[(&str, &[u8], Constructor)]) -> Self {
        let genesis = Genesis {
            name: "test".to_owned(),
            symbol: "TEN".to_owned(),
            decimals: 12,
            ss58_prefix: 42,
            time_ms: GENESIS_TIME_MS,
            parameters: Parameters::DEVELOPMENT,
            balances: ACCOUNTS.iter().map(|name| (address(account(name)), FUNDS)).collect(),
            modules: modules.iter().map(|(name, code, constructor)| genesis_module(name, code, constructor)).collect(),
        };
        let engine = engine();
        let built = on_engine_stack(|| build_genesis(&genesis, engine.clone()));
        let changes = match built {
            Ok(built) => built.changes,
            Err(error) => panic!("no genesis: {error}"),
        };
        let environment = Environment {
            genesis_hash: Hash([7; 32]),
            height: 1,
            time_ms: GENESIS_TIME_MS + BLOCK_TIME_MS,
            producer: address(account("Producer")),
            base_fee: Parameters::DEVELOPMENT.initial_base_fee,
            parameters: Parameters::DEVELOPMENT,
        };
        let state = changes.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        let mut chain = Self {
            engine,
            state: Arc::new(state),
            environment,
            invariants: Vec::new(),
            checks_invariants: true,
            salt: 0,
        };
        for (name, code, _) in modules {
            chain.watch(Self::module_address(name), code);
        }
        chain.check_invariants("genesis");
        chain
    }

    /// The address of a protocol module.
    pub fn module_address(name: &str) -> Address {
        Address::new(keys::named_address(name).0)
    }

    /// Acts as an account.
    pub const fn from(&mut self, who: Address) -> Sender<'_> {
        Sender { chain: self, who, gas_limit: GAS_LIMIT }
    }

    /// Runs a query.
    ///
    /// # Errors
    /// [`Failure`] if the method fails or its output is not of type `R`.
    pub fn query<R: Decode>(&self, call: Call<R>) -> Result<R, Failure> {
        let ran = self.run_query(QueryKind::Query, &call.address, call.method, &call.input);
        result_of(&ran, call.method)
    }

    /// The height of the block that comes next.
    pub const fn height(&self) -> u64 {
        self.environment.height as u64
    }

    /// The time of the block that comes next, in milliseconds.
    pub const fn time_ms(&self) -> u64 {
        self.environment.time_ms
    }

    /// The hash of the genesis block, as modules see it.
    pub const fn chain_id(&self) -> tenon_contract::Hash {
        tenon_contract::Hash::new(self.environment.genesis_hash.0)
    }

    /// Sets the time of the block that comes next. It may not go back.
    ///
    /// # Panics
    /// If it would.
    pub fn set_time_ms(&mut self, time_ms: u64) {
        assert!(
            time_ms >= self.environment.time_ms,
            "time is {}, cannot go back to {time_ms}",
            self.environment.time_ms
        );
        self.environment.time_ms = time_ms;
    }

    /// Lets time pass before the next block.
    pub fn advance_ms(&mut self, by: u64) {
        self.set_time_ms(self.environment.time_ms + by);
    }

    /// Lets empty blocks pass.
    pub fn advance_blocks(&mut self, count: u32) {
        self.environment.height += count;
        self.environment.time_ms += u64::from(count) * BLOCK_TIME_MS;
    }

    /// The native coin that an address may spend.
    pub fn coin(&self, who: Address) -> u128 {
        self.account(who).spendable()
    }

    /// Sets the native coin of an account.
    pub fn set_coin(&mut self, who: Address, amount: u128) {
        let mut info = self.account(who);
        info.data.free = amount;
        info.providers = 1;
        let key: Key = keys::account(&address(who)).into();
        Arc::make_mut(&mut self.state).insert(key, info.encode().into());
    }

    /// Stops or starts checking invariants after each step.
    pub const fn set_invariant_checks(&mut self, on: bool) {
        self.checks_invariants = on;
    }

    /// The number of entries that an instance stores.
    pub fn stored_entries(&self, instance: Address) -> usize {
        self.state.scan(&keys::storage(&address(instance), &[]), None, false, usize::MAX).len()
    }

    /// The state as it stands. Later calls do not change it, so a benchmark can execute on it again and again.
    pub fn state(&self) -> Arc<dyn StateReader> {
        self.state.clone()
    }

    /// What the block that comes next tells modules: its time and height, and the chain's parameters.
    pub const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Checks every invariant of every module.
    ///
    /// # Panics
    /// If one does not hold.
    #[track_caller]
    pub fn check_invariants(&self, after: &str) {
        for (instance, name) in &self.invariants {
            let ran = self.run_query(QueryKind::Invariant, instance, name, &[]);
            match result_of::<bool>(&ran, name) {
                Ok(true) => {}
                Ok(false) => panic!("invariant `{name}` of {instance} does not hold after {after}"),
                Err(failure) => panic!("invariant `{name}` of {instance} failed after {after}: {failure}"),
            }
        }
    }

    fn account(&self, who: Address) -> AccountInfo {
        let stored = self.state.get(&Key::from(keys::account(&address(who))));
        stored.map_or_else(AccountInfo::default, |bytes| {
            AccountInfo::decode_all(&mut &**bytes).expect("the host wrote the account")
        })
    }

    fn watch(&mut self, instance: Address, code: &[u8]) {
        let interface = Interface::of_code(code).expect("the code was accepted");
        let invariants = interface.methods.into_iter().filter(|method| method.mode == MethodMode::Invariant);
        self.invariants.extend(invariants.map(|method| (instance, method.name)));
    }

    fn run_query(&self, kind: QueryKind, instance: &Address, method: &str, input: &[u8]) -> Simulated {
        let base: Arc<dyn StateReader> = self.state.clone();
        let target = (kind, &address(*instance), method);
        on_engine_stack(|| query(base, &self.environment, self.engine.clone(), target, input, QUERY_GAS))
    }

    /// Puts a transaction into a block of its own.
    #[track_caller]
    fn transact(&mut self, who: Address, call: ChainCall) -> (Receipt, u64) {
        let extra = Extra { era: Era::Immortal, nonce: self.account(who).nonce, tip: 0, metadata_mode: 0 };
        let signer = MultiAddress::Id(address(who));
        let signed = SignedPart { signer, signature: Signature::Sr25519([0; 64]), extra };
        let extrinsic = Extrinsic { signed, call };
        let bytes = extrinsic.to_bytes();
        let intrinsic = intrinsic_gas(&extrinsic.call, bytes.len(), &self.environment.parameters).unwrap_or_default();
        let prepared = Prepared {
            hash: extrinsic.hash(),
            bytes: bytes.into(),
            extrinsic: Arc::new(extrinsic),
            sender: address(who),
        };
        let base: Arc<dyn StateReader> = self.state.clone();
        let executor = SerialExecutor::new(self.engine.clone());
        let mut executed = on_engine_stack(|| executor.execute(base, &self.environment, &[prepared], &mut |_| false));
        let Some(included) = executed.included.pop() else {
            panic!("the transaction may not stand in a block: {:?}", executed.skipped);
        };
        let state = Arc::make_mut(&mut self.state);
        for (key, value) in executed.changes {
            match value {
                Some(value) => state.insert(key, value),
                None => state.remove(&key),
            };
        }
        self.advance_blocks(1);
        (included.receipt, intrinsic)
    }

    fn trace(&self, who: Address, call: &ChainCall) -> Vec<String> {
        let base: Arc<dyn StateReader> = self.state.clone();
        let ran = on_engine_stack(|| simulate(base, &self.environment, self.engine.clone(), &address(who), call));
        trace_of(&ran)
    }
}

/// An account that acts.
pub struct Sender<'a> {
    chain: &'a mut TestChain,
    who: Address,
    gas_limit: u64,
}

impl Sender<'_> {
    /// Limits the gas of the calls.
    #[must_use]
    pub const fn with_gas(mut self, gas_limit: u64) -> Self {
        self.gas_limit = gas_limit;
        self
    }

    /// Sends a call as a transaction.
    ///
    /// # Panics
    /// If an invariant does not hold afterwards, or the transaction may not stand in a block.
    #[track_caller]
    pub fn call<R: Decode>(self, call: Call<R>) -> Outcome<R> {
        let gas_limit = if call.gas == 0 { self.gas_limit } else { call.gas };
        let transaction = ChainCall::Modules(ModulesCall::call {
            instance: address(call.address),
            method: call.method.to_owned(),
            input: call.input,
            value: call.value,
            gas_limit,
        });
        let method = call.method;
        self.send(transaction, |output| {
            R::decode_all(&mut &*output).unwrap_or_else(|_| panic!("the output of `{method}` has another type"))
        })
    }

    /// Uploads code and creates an instance of it. The account becomes its admin.
    ///
    /// # Panics
    /// If either fails, with the trace.
    #[track_caller]
    pub fn deploy(self, code: &[u8], constructor: Constructor) -> Address {
        self.try_deploy(code, constructor).expect_ok()
    }

    /// Uploads code and creates an instance of it; the constructor may fail.
    ///
    /// # Panics
    /// If the code is refused.
    #[track_caller]
    pub fn try_deploy(self, code: &[u8], constructor: Constructor) -> Outcome<Address> {
        let Self { chain, who, gas_limit } = self;
        let upload = ChainCall::Modules(ModulesCall::upload { code: code.to_vec() });
        chain.from(who).send(upload, |_| ()).expect_ok();
        chain.salt += 1;
        let mut salt = [0; 32];
        salt[..8].copy_from_slice(&chain.salt.to_le_bytes());
        let transaction = ChainCall::Modules(ModulesCall::instantiate {
            code_hash: tenon_types::blake2b_256(code),
            input: constructor.input,
            value: constructor.value,
            salt: Hash(salt),
            admin: AdminPolicy::Owner { owner: address(who), delay_ms: 0 },
            capabilities: None,
            gas_limit,
        });
        let outcome = chain
            .from(who)
            .send(transaction, |output| Address::decode_all(&mut &*output).expect("the host returns the new address"));
        if let Ok(instance) = &outcome.result {
            chain.watch(*instance, code);
            chain.check_invariants("deployment");
        }
        outcome
    }

    /// Replaces the code of an instance and runs its `migrate`.
    ///
    /// # Panics
    /// If the code is refused.
    #[track_caller]
    pub fn upgrade(self, instance: Address, code: &[u8], input: Vec<u8>) -> Outcome<()> {
        let Self { chain, who, gas_limit } = self;
        chain.from(who).send(ChainCall::Modules(ModulesCall::upload { code: code.to_vec() }), |_| ()).expect_ok();
        let code_hash = tenon_types::blake2b_256(code);
        let upgrade = ModulesCall::upgrade { instance: address(instance), code_hash, input, gas_limit };
        let outcome = chain.from(who).send(ChainCall::Modules(upgrade), |_| ());
        if outcome.result.is_ok() {
            chain.invariants.retain(|(watched, _)| *watched != instance);
            chain.watch(instance, code);
            chain.check_invariants("an upgrade");
        }
        outcome
    }

    /// Sends any transaction.
    #[track_caller]
    fn send<R>(self, call: ChainCall, decode: impl FnOnce(&[u8]) -> R) -> Outcome<R> {
        let Self { chain, who, .. } = self;
        let before = (chain.state.clone(), chain.environment.clone());
        let (receipt, intrinsic) = chain.transact(who, call.clone());
        let result = match receipt.outcome {
            Ok(()) => Ok(decode(&receipt.output)),
            Err(error) => {
                let (state, environment) = before;
                let past = TestChain {
                    engine: chain.engine.clone(),
                    state,
                    environment,
                    invariants: Vec::new(),
                    checks_invariants: false,
                    salt: 0,
                };
                let trace = past.trace(who, &call);
                let code = error.code().unwrap_or_default();
                Err(Failure { dispatch: Some(error), code, data: receipt.output, trace })
            }
        };
        if chain.checks_invariants {
            chain.check_invariants("a transaction");
        }
        Outcome {
            result,
            events: receipt.events,
            gas_used: receipt.gas_used,
            method_gas: receipt.gas_used.saturating_sub(intrinsic),
            fee: receipt.burnt,
        }
    }
}

fn genesis_module(name: &str, code: &[u8], constructor: &Constructor) -> GenesisModule {
    GenesisModule {
        name: name.to_owned(),
        code: code.to_vec(),
        input: constructor.input.clone(),
        admin: AdminPolicy::Nobody,
    }
}

const fn address(address: Address) -> tenon_types::Address {
    tenon_types::Address(*address.as_bytes())
}

fn trace_of(ran: &Simulated) -> Vec<String> {
    ran.logs.iter().map(|(depth, line)| format!("{}{line}", "  ".repeat(*depth as usize))).collect()
}

#[track_caller]
fn result_of<R: Decode>(ran: &Simulated, method: &str) -> Result<R, Failure> {
    if ran.error != 0 {
        let trace = trace_of(ran);
        return Err(Failure { dispatch: ran.dispatch_error, code: ran.error, data: ran.output.clone(), trace });
    }
    Ok(R::decode_all(&mut ran.output.as_slice())
        .unwrap_or_else(|_| panic!("the output of `{method}` has another type")))
}
