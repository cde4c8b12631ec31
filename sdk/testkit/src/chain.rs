//! The chain: a state in memory, blocks, queries, and the invariants that are checked after each block.

use crate::accounts::{ACCOUNTS, account};
use crate::block::Transaction;
use crate::outcome::{Failure, Outcome};
use crate::state::State;
use crate::system::HookRecord;
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::sync::{Arc, OnceLock};
use tenon_contract::{Address, Call, Constructor};
use tenon_engine::{EngineOptions, WasmtimeEngine, on_engine_stack};
use tenon_host::{
    Engine, Environment, Executor, Key, Prepared, QueryKind, SerialExecutor, Simulated, StateReader, build_genesis,
    query, simulate,
};
use tenon_types::interface::{Interface, MethodMode};
use tenon_types::{
    AccountInfo, AdminPolicy, Call as ChainCall, Era, Extra, Extrinsic, Genesis, GenesisModule, Hash, MultiAddress,
    Parameters, Receipt, Seal, Signature, SignedPart, intrinsic_gas, keys,
};

/// What each development account begins with, in the coin's smallest unit.
const FUNDS: u128 = 1_000_000 * Parameters::COIN;
/// The most gas of a call that does not say otherwise.
pub(crate) const GAS_LIMIT: u64 = 1_000_000_000;
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

/// A chain in memory. A copy of it is another chain with the same past; copying costs next to nothing.
#[derive(Clone)]
pub struct TestChain {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) state: State,
    pub(crate) environment: Environment,
    /// Invariants that are checked: instance and name.
    invariants: Vec<(Address, String)>,
    /// After how many blocks invariants are checked; 0 is never.
    checks_every: u32,
    /// Blocks since the last check.
    unchecked: u32,
    traces: bool,
    pub(crate) salt: u64,
    pub(crate) hooks: HookRecord,
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
            balances: funded().map(|who| (address(who), FUNDS)).collect(),
            validators: Vec::new(),
            modules: modules.iter().map(|(name, code, constructor)| genesis_module(name, code, constructor)).collect(),
            codes: Vec::new(),
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
            seal: Seal::default(),
        };
        let mut state = State::default();
        state.apply(changes);
        let mut chain = Self {
            engine,
            state,
            environment,
            invariants: Vec::new(),
            checks_every: 1,
            unchecked: 0,
            traces: true,
            salt: 0,
            hooks: HookRecord::default(),
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

    /// Runs a query.
    ///
    /// # Errors
    /// [`Failure`] if the method fails or its output is not of type `R`.
    pub fn query<R: Decode>(&self, call: Call<R>) -> Result<R, Failure> {
        let method = call.method;
        let output = self.query_bytes(&Transaction::new(Address::ZERO, call))?;
        Ok(decoded(&output, method))
    }

    /// Runs a query and returns the bytes of its output.
    ///
    /// # Errors
    /// [`Failure`] if the method fails.
    pub fn query_bytes(&self, query: &Transaction) -> Result<Vec<u8>, Failure> {
        result_of(self.run_query(QueryKind::Query, &query.instance, &query.method, &query.input))
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

    /// Lets empty blocks pass, with their hooks.
    pub fn advance_blocks(&mut self, count: u32) {
        if self.environment.parameters.hooks.staking.is_none() {
            return self.pass(count);
        }
        for _ in 0..count {
            self.make_block(&[]);
        }
    }

    fn pass(&mut self, blocks: u32) {
        self.environment.height += blocks;
        self.environment.time_ms += u64::from(blocks) * BLOCK_TIME_MS;
    }

    /// Goes on to the next block, and checks the invariants if it is time to.
    #[track_caller]
    pub(crate) fn end_block(&mut self, after: &str) {
        self.pass(1);
        self.unchecked = self.unchecked.saturating_add(1);
        if self.checks_every > 0 && self.unchecked >= self.checks_every {
            self.unchecked = 0;
            self.check_invariants(after);
        }
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
        self.state.set(key, Some(info.encode().into()));
    }

    /// Stops checking invariants, or checks them after each block, which is how a chain begins.
    pub const fn set_invariant_checks(&mut self, on: bool) {
        self.check_invariants_every(if on { 1 } else { 0 });
    }

    /// Checks invariants after every so many blocks; 0 is never. A state of many entries is slow to check.
    pub const fn check_invariants_every(&mut self, blocks: u32) {
        self.checks_every = blocks;
        self.unchecked = 0;
    }

    /// Stops or starts writing a trace for each failed transaction, which takes as long as the transaction itself.
    pub const fn set_traces(&mut self, on: bool) {
        self.traces = on;
    }

    /// Checks every invariant of every module.
    ///
    /// # Panics
    /// If one does not hold.
    #[track_caller]
    pub fn check_invariants(&self, after: &str) {
        for (instance, name) in &self.invariants {
            match result_of(self.run_query(QueryKind::Invariant, instance, name, &[])) {
                Ok(output) if decoded::<bool>(&output, name) => {}
                Ok(_) => panic!("invariant `{name}` of {instance} does not hold after {after}"),
                Err(failure) => panic!("invariant `{name}` of {instance} failed after {after}: {failure}"),
            }
        }
    }

    pub(crate) fn account(&self, who: Address) -> AccountInfo {
        let stored = self.state.get(&keys::account(&address(who)));
        stored.map_or_else(AccountInfo::default, |bytes| {
            AccountInfo::decode_all(&mut &*bytes).expect("the host wrote the account")
        })
    }

    /// Checks the invariants of an instance from now on, in place of those that its earlier code had.
    pub(crate) fn watch(&mut self, instance: Address, code: &[u8]) {
        let interface = Interface::of_code(code).expect("the code was accepted");
        let invariants = interface.methods.into_iter().filter(|method| method.mode == MethodMode::Invariant);
        self.invariants.retain(|(watched, _)| *watched != instance);
        self.invariants.extend(invariants.map(|method| (instance, method.name)));
    }

    fn run_query(&self, kind: QueryKind, instance: &Address, method: &str, input: &[u8]) -> Simulated {
        let base: Arc<dyn StateReader> = Arc::new(self.state.clone());
        let target = (kind, &address(*instance), method);
        on_engine_stack(|| query(base, &self.environment, self.engine.clone(), target, input, QUERY_GAS))
    }

    /// Makes the next block of transactions, and checks the invariants if it is time to.
    #[track_caller]
    pub(crate) fn make_block(&mut self, calls: &[(Address, ChainCall)]) -> Vec<Outcome<Vec<u8>>> {
        let prepared = self.prepare(calls);
        let hooks = &self.environment.parameters.hooks;
        self.environment.seal.epoch = hooks.epoch(self.environment.height);
        let base: Arc<dyn StateReader> = Arc::new(self.state.clone());
        let executor = SerialExecutor::new(self.engine.clone());
        let executed = on_engine_stack(|| executor.execute(base, &self.environment, &prepared, &mut |_| false));
        if let Some((index, reason)) = executed.skipped.first() {
            panic!("transaction {index} may not stand in a block: {reason}");
        }
        let undo = self.state.apply(executed.changes);
        let mut outcomes = Vec::new();
        for (index, included) in executed.included.into_iter().enumerate() {
            let trace = if included.receipt.outcome.is_err() && self.traces {
                let mut past = self.clone();
                past.state.apply(undo.clone());
                past.trace(&prepared[..=index])
            } else {
                Vec::new()
            };
            let transaction = &prepared[index];
            let parameters = &self.environment.parameters;
            let intrinsic = intrinsic_gas(&transaction.extrinsic.call, transaction.bytes.len(), parameters);
            outcomes.push(outcome(included.receipt, intrinsic.unwrap_or_default(), trace));
        }
        self.take_hooks(executed.system, undo, &prepared);
        self.end_block("a transaction");
        outcomes
    }

    /// Gives each transaction its sender's next nonce.
    fn prepare(&self, calls: &[(Address, ChainCall)]) -> Vec<Prepared> {
        let mut prepared: Vec<Prepared> = Vec::with_capacity(calls.len());
        for (who, call) in calls {
            let sender = address(*who);
            let earlier = prepared.iter().filter(|transaction| transaction.sender == sender).count();
            let earlier = u32::try_from(earlier).expect("a block has fewer transactions");
            let extra =
                Extra { era: Era::Immortal, nonce: self.account(*who).nonce + earlier, tip: 0, metadata_mode: 0 };
            let signer = MultiAddress::Id(sender);
            let signed = SignedPart { signer, signature: Signature::Sr25519([0; 64]), extra };
            let extrinsic = Extrinsic { signed, call: call.clone() };
            let bytes = extrinsic.to_bytes().into();
            prepared.push(Prepared { hash: extrinsic.hash(), bytes, extrinsic: Arc::new(extrinsic), sender });
        }
        prepared
    }

    /// The bytes of a transaction as it would stand in the next block.
    pub(crate) fn transaction_bytes(&self, transaction: &Transaction) -> usize {
        self.prepare(&[(transaction.who, transaction.call())]).iter().map(|prepared| prepared.bytes.len()).sum()
    }

    /// The trace of the last of some transactions in one block.
    fn trace(&mut self, transactions: &[Prepared]) -> Vec<String> {
        let Some((last, before)) = transactions.split_last() else { return Vec::new() };
        if !before.is_empty() {
            self.execute_without_hooks(before);
        }
        let base: Arc<dyn StateReader> = Arc::new(self.state.clone());
        let call = &last.extrinsic.call;
        let ran = on_engine_stack(|| simulate(base, &self.environment, self.engine.clone(), &last.sender, call));
        trace_of(&ran)
    }
}

pub(crate) fn outcome(receipt: Receipt, intrinsic: u64, trace: Vec<String>) -> Outcome<Vec<u8>> {
    let result = match receipt.outcome {
        Ok(()) => Ok(receipt.output),
        Err(error) => {
            let code = error.code().unwrap_or_default();
            Err(Failure { dispatch: Some(error), code, data: receipt.output, trace })
        }
    };
    Outcome {
        result,
        events: receipt.events,
        gas_used: receipt.gas_used,
        method_gas: receipt.gas_used.saturating_sub(intrinsic),
        fee: receipt.burnt,
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

/// The same address as the host writes it.
pub(crate) const fn address(address: Address) -> tenon_types::Address {
    tenon_types::Address(*address.as_bytes())
}

fn trace_of(ran: &Simulated) -> Vec<String> {
    trace_lines(&ran.logs)
}

pub(crate) fn trace_lines(logs: &[(u32, String)]) -> Vec<String> {
    logs.iter().map(|(depth, line)| format!("{}{line}", "  ".repeat(*depth as usize))).collect()
}

/// Who has coin from the beginning: the development accounts, and the system for deposits of what hooks store.
fn funded() -> impl Iterator<Item = Address> {
    ACCOUNTS.iter().map(|name| account(name)).chain([Address::SYSTEM])
}

fn result_of(ran: Simulated) -> Result<Vec<u8>, Failure> {
    if ran.error == 0 {
        return Ok(ran.output);
    }
    let trace = trace_of(&ran);
    Err(Failure { dispatch: ran.dispatch_error, code: ran.error, data: ran.output, trace })
}

/// Decodes a method's output.
#[track_caller]
pub(crate) fn decoded<R: Decode>(output: &[u8], method: &str) -> R {
    R::decode_all(&mut &*output).unwrap_or_else(|_| panic!("the output of `{method}` has another type"))
}
