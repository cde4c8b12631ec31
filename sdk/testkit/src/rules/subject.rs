//! What the rules are tried on: a module, and calls of it that succeed.

use crate::block::Transaction;
use crate::chain::TestChain;
use std::collections::BTreeSet;
use tenon_contract::{Address, Call};
use tenon_types::interface::{Interface, Manifest, Method, MethodMode};

/// A call or query that succeeds, and the chain on which it does.
#[derive(Clone)]
pub struct Sample {
    /// The chain just before it.
    pub chain: TestChain,
    /// What is called, and by whom.
    pub transaction: Transaction,
    pub(crate) method: Method,
}

/// A module under test.
#[derive(Clone)]
pub struct Subject {
    pub(crate) instance: Address,
    pub(crate) name: String,
    pub(crate) code: Vec<u8>,
    pub(crate) interface: Interface,
    pub(crate) samples: Vec<Sample>,
}

impl Sample {
    pub(crate) fn is_query(&self) -> bool {
        self.method.mode == MethodMode::Query
    }

    /// The chain of this sample, without traces and with invariants checked after each block.
    pub(crate) fn quiet_chain(&self) -> TestChain {
        let mut chain = self.chain.clone();
        chain.set_traces(false);
        chain.set_invariant_checks(true);
        chain
    }

    /// How the sample ends with another input or value: 0 or the error's number, and the output.
    pub(crate) fn ends(&self, changed: &Transaction) -> (u32, Vec<u8>) {
        let mut chain = self.quiet_chain();
        let result = if self.is_query() { chain.query_bytes(changed) } else { chain.run(changed).result };
        result.map_or_else(|failure| (failure.code.max(1), failure.data), |output| (0, output))
    }
}

impl Subject {
    /// A module by one of its instances.
    ///
    /// # Panics
    /// If the code has no interface.
    pub fn new(instance: Address, code: &[u8]) -> Self {
        Self {
            instance,
            name: Manifest::of_code(code).expect("a module's code says its name").name,
            code: code.to_vec(),
            interface: Interface::of_code(code).expect("a module's code says its interface"),
            samples: Vec::new(),
        }
    }

    /// Adds a call that succeeds on a chain.
    ///
    /// # Panics
    /// If it does not, or is of another instance.
    #[must_use]
    #[track_caller]
    pub fn call<R>(self, chain: &TestChain, who: Address, call: Call<R>) -> Self {
        let transaction = Transaction::new(who, call);
        if let Err(failure) = chain.clone().run(&transaction).result {
            panic!("the sample `{}` does not succeed: {failure}", transaction.method);
        }
        self.add(MethodMode::Call, chain, transaction)
    }

    /// Adds a query that succeeds on a chain.
    ///
    /// # Panics
    /// If it does not, or is of another instance.
    #[must_use]
    #[track_caller]
    pub fn query<R>(self, chain: &TestChain, call: Call<R>) -> Self {
        let transaction = Transaction::new(Address::ZERO, call);
        if let Err(failure) = chain.query_bytes(&transaction) {
            panic!("the sample `{}` does not succeed: {failure}", transaction.method);
        }
        self.add(MethodMode::Query, chain, transaction)
    }

    #[track_caller]
    fn add(mut self, mode: MethodMode, chain: &TestChain, transaction: Transaction) -> Self {
        assert_eq!(transaction.instance, self.instance, "the sample `{}` is of another instance", transaction.method);
        let method = self.interface.method(mode, &transaction.method).cloned();
        let method = method.unwrap_or_else(|| panic!("`{}` is no {}", transaction.method, mode.name()));
        self.samples.push(Sample { chain: chain.clone(), transaction, method });
        self
    }

    /// Checks that there is a sample of every call and query of the module, but those that are named.
    ///
    /// # Panics
    /// If one is missing, or one that is named is there.
    #[track_caller]
    pub fn assert_complete(&self, but: &[&str]) {
        let modes = [MethodMode::Call, MethodMode::Query];
        let methods = self.interface.methods.iter().filter(|method| modes.contains(&method.mode));
        let has = |method: &Method| {
            let same = |sample: &Sample| sample.method.name == method.name && sample.method.mode == method.mode;
            self.samples.iter().any(same)
        };
        let missing: BTreeSet<&str> =
            methods.filter(|method| !has(method)).map(|method| method.name.as_str()).collect();
        assert_eq!(missing, but.iter().copied().collect(), "methods of {} that have no sample", self.name);
    }

    /// Every sample of a call.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(|sample| !sample.is_query())
    }

    /// Tries every rule that needs no more than samples: if the module may be
    /// upgraded.
    ///
    /// # Panics
    /// If one does not hold.
    pub fn check(&self) {
        super::leaves_no_trace(self);
        super::survives_boundaries(self);
        super::refuses_other_encodings(self);
        #[cfg(feature = "reference")]
        super::agrees_on_both_engines(self);
        if Manifest::of_code(&self.code).is_ok_and(|manifest| manifest.upgradable) {
            super::survives_upgrade(self);
        }
    }

    /// How a sample is named in failures.
    pub(crate) fn label(&self, sample: &Sample) -> String {
        format!("{}.{}", self.name, sample.method.name)
    }
}
