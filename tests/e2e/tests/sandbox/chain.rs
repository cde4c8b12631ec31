//! A chain in memory: blocks of transactions on a chosen engine. After each block the native coin is counted.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use parity_scale_codec::Decode;
use tenon_abi::{HostError, limits};
use tenon_engine::{Backend, EngineOptions, ReferenceEngine, WasmtimeEngine, on_engine_stack};
use tenon_host::{
    Engine, Environment, Executed, Executor, Key, Prepared, QueryKind, SerialExecutor, Simulated, StateReader, Value,
    build_genesis, query, simulate,
};
use tenon_types::{
    AccountInfo, Address, AdminPolicy, Amount, BalancesEvent, Call, Era, Event, Extra, Extrinsic, Gas, Genesis,
    GenesisModule, Hash, InstanceRecord, ModuleRecord, ModulesCall, MultiAddress, Parameters, Receipt, Seal, Signature,
    SignedPart, blake2b_256, intrinsic_gas, keys,
};

use crate::prober::{Prober, Script};

pub(crate) const COIN: Amount = Parameters::COIN;
pub(crate) const ALICE: Address = Address([0xa1; 32]);
pub(crate) const BOB: Address = Address([0xb0; 32]);
pub(crate) const NOBODY: Address = Address([0x99; 32]);
pub(crate) const PRODUCER: Address = Address([0xee; 32]);
/// The most gas of a call that does not say otherwise.
pub(crate) const GAS: Gas = 200_000_000;
/// What each account begins with.
pub(crate) const FUNDS: Amount = 1_000_000 * COIN;

fn wasmtime(backend: Backend) -> Arc<dyn Engine> {
    let options = EngineOptions { backend, threads: 2, ..EngineOptions::default() };
    Arc::new(WasmtimeEngine::new(&options).unwrap())
}

static CRANELIFT: LazyLock<Arc<dyn Engine>> = LazyLock::new(|| wasmtime(Backend::Cranelift));
static PULLEY: LazyLock<Arc<dyn Engine>> = LazyLock::new(|| wasmtime(Backend::Pulley));

/// Every engine: native code, wasmtime's interpreter, and an independent one.
pub(crate) fn engines() -> [(&'static str, Arc<dyn Engine>); 3] {
    [("cranelift", CRANELIFT.clone()), ("pulley", PULLEY.clone()), ("wasmi", Arc::new(ReferenceEngine))]
}

/// A chain.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) state: Arc<BTreeMap<Key, Value>>,
    pub(crate) environment: Environment,
    salt: u8,
}

/// How a script ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) error: u32,
    /// Results of the script's commands.
    pub(crate) log: Vec<u64>,
    pub(crate) output: Vec<u8>,
    /// Gas of the method alone.
    pub(crate) gas: Gas,
    pub(crate) receipt: Receipt,
}

impl Ran {
    #[track_caller]
    pub(crate) fn ok(self) -> Vec<u64> {
        assert_eq!(self.error, 0, "{:?}", HostError::from_code(self.error));
        self.log
    }

    #[track_caller]
    pub(crate) fn refused(&self, error: HostError) {
        assert_eq!(self.error, error.code(), "found {:?}, expected {error:?}", HostError::from_code(self.error));
    }
}

impl Chain {
    pub(crate) fn new() -> Self {
        Self::on(CRANELIFT.clone(), Vec::new())
    }

    pub(crate) fn on(engine: Arc<dyn Engine>, modules: Vec<GenesisModule>) -> Self {
        let genesis = Genesis {
            name: "test".into(),
            symbol: "TEN".into(),
            decimals: 12,
            ss58_prefix: 42,
            time_ms: 1_767_225_600_000,
            parameters: Parameters::DEVELOPMENT,
            balances: vec![(ALICE, FUNDS), (BOB, FUNDS)],
            validators: Vec::new(),
            modules,
            codes: Vec::new(),
        };
        let built = on_engine_stack(|| build_genesis(&genesis, engine.clone())).unwrap();
        let environment = Environment {
            genesis_hash: Hash([7; 32]),
            height: 1,
            time_ms: genesis.time_ms + 500,
            producer: PRODUCER,
            base_fee: genesis.parameters.initial_base_fee,
            parameters: genesis.parameters,
            seal: Seal::default(),
        };
        let state = built.changes.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        let chain = Self { engine, state: Arc::new(state), environment, salt: 0 };
        chain.count_coin();
        chain
    }

    /// A chain with one prober of everything.
    pub(crate) fn with_prober() -> (Self, Address) {
        let mut chain = Self::new();
        let prober = chain.deploy(&Prober::default());
        (chain, prober)
    }

    /// Executes candidates as a block, without taking the changes.
    pub(crate) fn execute(&self, candidates: &[Prepared], stop: &mut (dyn FnMut(Gas) -> bool + Send)) -> Executed {
        self.execute_on(self.state.clone(), candidates, stop)
    }

    /// The same on another view of the state.
    pub(crate) fn execute_on(
        &self,
        base: Arc<dyn StateReader>,
        candidates: &[Prepared],
        stop: &mut (dyn FnMut(Gas) -> bool + Send),
    ) -> Executed {
        let executor = SerialExecutor::new(self.engine.clone());
        on_engine_stack(|| executor.execute(base, &self.environment, candidates, stop))
    }

    /// Executes a block and takes its changes.
    pub(crate) fn block(&mut self, candidates: &[Prepared]) -> Executed {
        let executed = self.execute(candidates, &mut |_| false);
        self.take(&executed);
        executed
    }

    pub(crate) fn take(&mut self, executed: &Executed) {
        let before = self.supply();
        let state = Arc::make_mut(&mut self.state);
        for (key, value) in &executed.changes {
            match value {
                Some(value) => state.insert(key.clone(), value.clone()),
                None => state.remove(key),
            };
        }
        self.environment.height += 1;
        self.environment.time_ms += 500;
        self.count_coin();
        let dust = |receipt: &Receipt| -> Amount {
            let lost = receipt.events.iter().map(|event| match event {
                Event::Balances(BalancesEvent::DustLost { amount, .. }) => *amount,
                _ => 0,
            });
            lost.sum()
        };
        let receipts = executed.included.iter().map(|included| &included.receipt);
        let burnt: Amount = receipts.map(|receipt| receipt.burnt + dust(receipt)).sum();
        let tips: Amount = executed.included.iter().map(|included| included.receipt.tip).sum();
        let gone = before - self.supply();
        assert!(gone == burnt || gone == burnt + tips, "supply fell by {gone}, receipts say {burnt} and tips {tips}");
    }

    /// The sum of balances and deposits is the supply.
    pub(crate) fn count_coin(&self) {
        let sum = |prefix: &[u8], amount: fn(&[u8]) -> Amount| -> Amount {
            self.state.scan(prefix, None, false, usize::MAX).iter().map(|(_, value)| amount(value)).sum()
        };
        let accounts = sum(&keys::ACCOUNT_PREFIX, |mut value| {
            let account = AccountInfo::decode(&mut value).unwrap();
            account.data.free + account.data.reserved
        });
        let instances = sum(&keys::instances(), |mut value| InstanceRecord::decode(&mut value).unwrap().deposit);
        let modules = sum(&keys::modules(), |mut value| ModuleRecord::decode(&mut value).unwrap().deposit);
        assert_eq!(accounts + instances + modules, self.supply(), "{accounts} + {instances} + {modules}");
    }

    pub(crate) fn supply(&self) -> Amount {
        let bytes = StateReader::get(&*self.state, &keys::chain("supply")).unwrap();
        Amount::decode(&mut &bytes[..]).unwrap()
    }

    pub(crate) fn account(&self, who: &Address) -> AccountInfo {
        let bytes = StateReader::get(&*self.state, &keys::account(who));
        bytes.map_or_else(AccountInfo::default, |bytes| AccountInfo::decode(&mut &bytes[..]).unwrap())
    }

    pub(crate) fn record(&self, instance: &Address) -> InstanceRecord {
        let bytes = StateReader::get(&*self.state, &keys::instance(instance)).unwrap();
        InstanceRecord::decode(&mut &bytes[..]).unwrap()
    }

    pub(crate) fn stored(&self, instance: &Address, key: &[u8]) -> Option<Vec<u8>> {
        StateReader::get(&*self.state, &keys::storage(instance, key)).map(|value| value.to_vec())
    }

    /// Everything but accounts and the supply: what a failed transaction may not touch.
    pub(crate) fn module_state(&self) -> BTreeMap<Key, Value> {
        let own = |key: &Key| !key.starts_with(&keys::ACCOUNT_PREFIX) && **key != keys::chain("supply")[..];
        self.state.iter().filter(|(key, _)| own(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// A transaction with the account's next nonce.
    pub(crate) fn prepare(&self, who: Address, call: Call) -> Prepared {
        self.prepare_with(who, call, (self.account(&who).nonce, 0))
    }

    pub(crate) fn prepare_with(&self, who: Address, call: Call, (nonce, tip): (u32, Amount)) -> Prepared {
        let extra = Extra { era: Era::Immortal, nonce, tip, metadata_mode: 0 };
        let signed = SignedPart { signer: MultiAddress::Id(who), signature: Signature::Sr25519([0; 64]), extra };
        let extrinsic = Extrinsic { signed, call };
        let bytes = extrinsic.to_bytes().into();
        Prepared { hash: extrinsic.hash(), bytes, extrinsic: Arc::new(extrinsic), sender: who }
    }

    /// Puts a transaction into a block of its own.
    #[track_caller]
    pub(crate) fn send(&mut self, who: Address, call: Call) -> Receipt {
        let prepared = self.prepare(who, call);
        let mut executed = self.block(&[prepared]);
        assert!(executed.skipped.is_empty(), "{:?}", executed.skipped);
        executed.included.pop().unwrap().receipt
    }

    #[track_caller]
    pub(crate) fn modules(&mut self, who: Address, call: ModulesCall) -> Ran {
        let call = Call::Modules(call);
        let length = self.prepare(who, call.clone()).bytes.len();
        let intrinsic = intrinsic_gas(&call, length, &self.environment.parameters).unwrap();
        let receipt = self.send(who, call);
        let error = error_of(&receipt);
        let log = receipt.output.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
        Ran { error, log, output: receipt.output.clone(), gas: receipt.gas_used - intrinsic, receipt }
    }

    /// Alice runs a script.
    #[track_caller]
    pub(crate) fn run(&mut self, instance: &Address, script: &Script) -> Ran {
        self.modules(ALICE, call_of(instance, "run", script, 0, GAS))
    }

    #[track_caller]
    pub(crate) fn upload(&mut self, code: Vec<u8>) -> Hash {
        let hash = blake2b_256(&code);
        let ran = self.modules(ALICE, ModulesCall::upload { code });
        assert_eq!(ran.error, 0, "upload");
        hash
    }

    #[track_caller]
    pub(crate) fn deploy(&mut self, prober: &Prober) -> Address {
        let code_hash = self.upload(prober.code());
        let ran = self.instantiate(code_hash, None, &Script::new(), 0);
        assert_eq!(ran.error, 0, "instantiate");
        Address(ran.output.try_into().unwrap())
    }

    /// Alice creates an instance that she administers, each time with another salt.
    #[track_caller]
    pub(crate) fn instantiate(
        &mut self,
        code_hash: Hash,
        capabilities: Option<u32>,
        script: &Script,
        value: Amount,
    ) -> Ran {
        self.salt += 1;
        let admin = AdminPolicy::Owner { owner: ALICE, delay_ms: 0 };
        let (salt, input) = (Hash([self.salt; 32]), script.bytes());
        self.modules(
            ALICE,
            ModulesCall::instantiate { code_hash, input, value, salt, admin, capabilities, gas_limit: GAS },
        )
    }

    pub(crate) fn query(&self, instance: &Address, method: &str, script: &Script) -> Simulated {
        let base: Arc<dyn StateReader> = self.state.clone();
        let target = (QueryKind::Query, instance, method);
        on_engine_stack(|| query(base, &self.environment, self.engine.clone(), target, &script.bytes(), GAS))
    }

    pub(crate) fn simulate(&self, who: &Address, call: &Call) -> Simulated {
        let base: Arc<dyn StateReader> = self.state.clone();
        on_engine_stack(|| simulate(base, &self.environment, self.engine.clone(), who, call))
    }
}

pub(crate) fn call_of(instance: &Address, method: &str, script: &Script, value: Amount, gas_limit: Gas) -> ModulesCall {
    ModulesCall::call { instance: *instance, method: method.into(), input: script.bytes(), value, gas_limit }
}

/// The number of a receipt's error, or 0. Errors of the native coin have their own.
pub(crate) fn error_of(receipt: &Receipt) -> u32 {
    receipt.outcome.err().map_or(0, |error| error.code().unwrap_or(u32::MAX))
}

/// The error and length in the result of `call`.
pub(crate) const fn called(result: u64) -> (u32, u64) {
    #[allow(clippy::cast_possible_truncation, reason = "the upper half")]
    ((result >> 32) as u32, result & 0xffff_ffff)
}

/// An input of one byte more than the limit.
pub(crate) fn too_long() -> Vec<u8> {
    vec![0; usize::try_from(limits::MAX_INPUT_BYTES).unwrap() + 1]
}
