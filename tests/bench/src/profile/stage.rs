//! The chain on which a scenario plays, and what is noted of each measured call.

use crate::profile::{Footprint, Fork};
use parity_scale_codec::Decode;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use tenon_client::signature_topic;
use tenon_contract::{Address, Call, Constructor};
use tenon_engine::{EngineOptions, WasmtimeEngine, on_engine_stack};
use tenon_host::Engine;
use tenon_testkit::{Emitted, Outcome, TestChain};
use tenon_types::Gas;
use tenon_types::interface::Interface;

/// How a method was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// When an instance was created.
    Init,
    /// By a transaction.
    Call,
    /// By a query.
    Query,
}

/// What a call cost.
#[derive(Clone)]
pub struct Measured {
    /// The method.
    pub method: &'static str,
    /// What it was called for, where that matters; else empty.
    pub case: &'static str,
    /// How it was entered.
    pub entry: Entry,
    /// The gas of the method alone, without signature and bytes of the transaction.
    pub gas: Gas,
    /// What instances store more than before.
    pub grown: Footprint,
    /// Different entries of instances that it looked at; absent for a constructor and a hook.
    pub entries_read: Option<usize>,
    /// Names of the events, in order; those of another module with its name before them.
    pub events: Vec<String>,
    /// The call and the state before it; absent for a constructor and a hook.
    pub fork: Option<Fork>,
}

/// The chain on which a scenario plays.
pub struct Stage {
    chain: TestChain,
    module: &'static str,
    code: Arc<[u8]>,
    events: BTreeMap<String, BTreeMap<[u8; 32], String>>,
    measured: Vec<Measured>,
}

/// One engine for all scenarios, so that a module is compiled once.
fn engine() -> Arc<dyn Engine> {
    static ENGINE: OnceLock<Arc<WasmtimeEngine>> = OnceLock::new();
    let made = ENGINE.get_or_init(|| {
        Arc::new(WasmtimeEngine::new(&EngineOptions::default()).expect("the engine starts with settings of nodes"))
    });
    made.clone()
}

impl Stage {
    /// A chain with modules, for a scenario of one of them.
    pub(super) fn new(module: &'static str, code: &Arc<[u8]>, modules: &[(&str, &[u8], Constructor)]) -> Self {
        let chain = TestChain::with_modules(modules);
        Self { chain, module, code: code.clone(), events: event_names(modules), measured: Vec::new() }
    }

    pub(super) fn into_measured(self) -> Vec<Measured> {
        self.measured
    }

    /// The chain.
    pub const fn chain(&mut self) -> &mut TestChain {
        &mut self.chain
    }

    /// Makes a call whose cost is of no interest.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn prepare<R: Decode>(&mut self, who: Address, call: Call<R>) -> R {
        self.chain.from(who).call(call).expect_ok()
    }

    /// Makes a call and notes what it costs. `case` says what it is for, where that changes the cost.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn measure<R: Decode>(&mut self, case: &'static str, who: Address, call: Call<R>) -> R {
        let method = call.method;
        let fork = Fork::new(self.chain.state(), self.chain.environment().clone(), who, &call);
        let entries_read = on_engine_stack(|| fork.entries_read(engine()));
        let before = Footprint::of(&*self.chain.state());
        let outcome = self.chain.from(who).call(call);
        self.note(Entry::Call, (method, case), before, &outcome, Some((fork, entries_read)));
        outcome.expect_ok()
    }

    /// Makes a call as the host does at the end of a block, and notes what it costs.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn measure_hook<R: Decode>(&mut self, case: &'static str, call: Call<R>) -> R {
        let method = call.method;
        let before = Footprint::of(&*self.chain.state());
        let outcome = self.chain.system(call);
        self.note(Entry::Call, (method, case), before, &outcome, None);
        outcome.expect_ok()
    }

    /// Asks a query as a module would, and notes what it costs.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn ask<R: Decode>(&mut self, case: &'static str, who: Address, call: Call<R>) -> R {
        let result = self.measure(case, who, call);
        self.measured.last_mut().expect("`measure` noted one").entry = Entry::Query;
        result
    }

    /// Creates an instance of the module and notes what its constructor costs.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn create(&mut self, case: &'static str, who: Address, constructor: Constructor) -> Address {
        let before = Footprint::of(&*self.chain.state());
        let code = self.code.clone();
        let outcome = self.chain.from(who).try_deploy(&code, constructor);
        self.note(Entry::Init, ("init", case), before, &outcome, None);
        outcome.expect_ok()
    }

    fn note<R>(
        &mut self,
        entry: Entry,
        (method, case): (&'static str, &'static str),
        before: Footprint,
        outcome: &Outcome<R>,
        forked: Option<(Fork, usize)>,
    ) {
        let (fork, entries_read) = forked.unzip();
        let events = outcome.emitted().iter().map(|emitted| self.event_name(emitted)).collect();
        let grown = Footprint::of(&*self.chain.state()).since(before);
        let gas = outcome.method_gas;
        self.measured.push(Measured { method, case, entry, gas, grown, entries_read, events, fork });
    }

    /// The event's name; an event of another module has that module's name before it.
    fn event_name(&self, emitted: &Emitted) -> String {
        let topic = emitted.topics.first().expect("an event has the topic of its name");
        let home = |module: &&String| TestChain::module_address(module) == emitted.instance;
        let other = self.events.keys().find(home).filter(|module| *module != self.module);
        let names = self.events.get(other.map_or(self.module, String::as_str)).expect("the chain has the module");
        let name = names.get(topic).expect("the module's interface lists the event");
        other.map_or_else(|| name.clone(), |other| format!("{other}.{name}"))
    }
}

/// Names of events by module and first topic.
fn event_names(modules: &[(&str, &[u8], Constructor)]) -> BTreeMap<String, BTreeMap<[u8; 32], String>> {
    let names = |code: &[u8]| {
        let interface = Interface::of_code(code).expect("the code was accepted");
        interface.events.iter().map(|event| (signature_topic(event).0, event.name.clone())).collect()
    };
    modules.iter().map(|(name, code, _)| ((*name).to_owned(), names(code))).collect()
}
