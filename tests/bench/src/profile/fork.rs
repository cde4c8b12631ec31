//! A call on a state that stays as it was: it can be made again and again.

use parity_scale_codec::DecodeAll;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use tenon_contract::{Address, Call};
use tenon_host::{Engine, Environment, Executed, Executor, Key, Prepared, SerialExecutor, StateReader, Value};
use tenon_types::{
    AccountInfo, Call as ChainCall, Era, Extra, Extrinsic, Gas, ModulesCall, MultiAddress, Signature, SignedPart,
    UtilityCall, keys,
};

/// The most gas of a call.
const GAS_LIMIT: Gas = 1_000_000_000;
/// A method that no module has.
const NO_METHOD: &str = "-";

/// A call and the state on which it is made.
#[derive(Clone)]
pub struct Fork {
    base: Arc<dyn StateReader>,
    environment: Environment,
    who: tenon_types::Address,
    call: ModulesCall,
}

impl Fork {
    /// A call of an account on a state.
    pub fn new<R>(base: Arc<dyn StateReader>, environment: Environment, who: Address, call: &Call<R>) -> Self {
        let call = ModulesCall::call {
            instance: tenon_types::Address(*call.address.as_bytes()),
            method: call.method.to_owned(),
            input: call.input.clone(),
            value: call.value,
            gas_limit: GAS_LIMIT,
        };
        Self { base, environment, who: tenon_types::Address(*who.as_bytes()), call }
    }

    /// The call's transaction.
    pub fn transaction(&self) -> Prepared {
        self.prepared(ChainCall::Modules(self.call.clone()), 0)
    }

    /// A transaction that makes the call and undoes it, and the call's transaction after it. When the second runs, the
    /// block has seen the code and the entries before, as in a block with many such calls.
    pub fn transaction_after_another(&self) -> [Prepared; 2] {
        let ModulesCall::call { instance, gas_limit, .. } = &self.call else { unreachable!("`new` made a call") };
        let fails = ModulesCall::call {
            instance: *instance,
            method: NO_METHOD.to_owned(),
            input: Vec::new(),
            value: 0,
            gas_limit: *gas_limit,
        };
        let calls = [self.call.clone(), fails].map(ChainCall::Modules).to_vec();
        let undone = ChainCall::Utility(UtilityCall::batch_all { calls });
        [self.prepared(undone, 0), self.prepared(ChainCall::Modules(self.call.clone()), 1)]
    }

    /// Executes transactions on the state, which stays as it is.
    pub fn execute(
        &self,
        engine: Arc<dyn Engine>,
        transactions: &[Prepared],
        stop: &mut dyn FnMut(Gas) -> bool,
    ) -> Executed {
        SerialExecutor::new(engine).execute(self.base.clone(), &self.environment, transactions, stop)
    }

    /// The number of different entries of instances that the call looks at.
    pub fn entries_read(&self, engine: Arc<dyn Engine>) -> usize {
        let counting = Arc::new(Counting { base: self.base.clone(), seen: Mutex::default() });
        let base: Arc<dyn StateReader> = counting.clone();
        let fork = Self { base, ..self.clone() };
        drop(fork.execute(engine, &[fork.transaction()], &mut |_| false));
        counting.seen.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn prepared(&self, call: ChainCall, after: u32) -> Prepared {
        let account = self.base.get(&keys::account(&self.who)).expect("the account exists");
        let account = AccountInfo::decode_all(&mut &account[..]).expect("the host wrote the account");
        let extra = Extra { era: Era::Immortal, nonce: account.nonce + after, tip: 0, metadata_mode: 0 };
        let signer = MultiAddress::Id(self.who);
        let signed = SignedPart { signer, signature: Signature::Sr25519([0; 64]), extra };
        let extrinsic = Extrinsic { signed, call };
        Prepared {
            hash: extrinsic.hash(),
            bytes: extrinsic.to_bytes().into(),
            extrinsic: Arc::new(extrinsic),
            sender: self.who,
        }
    }
}

/// A state that remembers which entries of instances were looked at.
struct Counting {
    base: Arc<dyn StateReader>,
    seen: Mutex<BTreeSet<Vec<u8>>>,
}

impl Counting {
    fn see(&self, key: &[u8]) {
        if matches!(keys::owner(key), Some((_, keys::Owned::Entry(_)))) {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_vec());
        }
    }
}

impl StateReader for Counting {
    fn get(&self, key: &[u8]) -> Option<Value> {
        self.see(key);
        self.base.get(key)
    }

    fn scan(&self, prefix: &[u8], start: Option<&[u8]>, descending: bool, limit: usize) -> Vec<(Key, Value)> {
        let found = self.base.scan(prefix, start, descending, limit);
        found.iter().for_each(|(key, _)| self.see(key));
        found
    }
}
