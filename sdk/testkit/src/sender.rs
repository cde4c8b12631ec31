//! Acting as an account, one transaction in a block: calls, deployments, upgrades.

use crate::block::Transaction;
use crate::chain::{GAS_LIMIT, TestChain, address, decoded};
use crate::outcome::Outcome;
use parity_scale_codec::{Decode, DecodeAll};
use tenon_contract::{Address, Call, Constructor};
use tenon_types::{AdminPolicy, Call as ChainCall, Hash, ModulesCall};

impl TestChain {
    /// Acts as an account.
    pub const fn from(&mut self, who: Address) -> Sender<'_> {
        Sender { chain: self, who, gas_limit: GAS_LIMIT }
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
        let (method, gas) = (call.method, call.gas);
        let mut transaction = Transaction::new(self.who, call);
        if gas == 0 {
            transaction.gas_limit = self.gas_limit;
        }
        self.send(transaction.call(), |output| decoded(output, method))
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
            chain.watch(instance, code);
            chain.check_invariants("an upgrade");
        }
        outcome
    }

    /// Sends any transaction.
    #[track_caller]
    fn send<R>(self, call: ChainCall, decode: impl FnOnce(&[u8]) -> R) -> Outcome<R> {
        let Self { chain, who, .. } = self;
        let mut outcomes = chain.make_block(&[(who, call)]);
        outcomes.pop().expect("a block of one transaction").map(|output| decode(&output))
    }
}
