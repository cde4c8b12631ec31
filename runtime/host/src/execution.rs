//! Call frames: how one method is entered, what it may see, and how its changes are kept or undone.

use crate::coin::{self, Existence};
use crate::environment::Environment;
use crate::interface::{End, Engine, Host, Trap};
use crate::overlay::Overlay;
use crate::registry::{self, Instance, Registry};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenon_abi::{Capabilities, HostError, limits, module_error_code};
use tenon_types::{Address, AdminPolicy, Amount, Event, Gas, Hash, InstanceRecord, ModulesEvent, keys};

/// One part in this many of a caller's gas stays with it, so that it can act on a callee that used up all it got.
const GAS_KEPT: Gas = 64;
/// Lines that a trace keeps of one transaction.
const MAX_LOG_LINES: usize = 1_024;

/// State changes, frames and events of what is being executed.
pub struct Execution {
    pub(crate) overlay: Overlay,
    pub(crate) environment: Arc<Environment>,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) registry: Registry,
    pub(crate) origin: Address,
    pub(crate) frames: Vec<Frame>,
    pub(crate) events: Vec<Event>,
    pub(crate) emitted: u32,
    pub(crate) transient: BTreeMap<(Address, Vec<u8>), Vec<u8>>,
    pub(crate) transient_journal: Vec<TransientUndo>,
    /// Bytes written to transient storage, undone ones included.
    pub(crate) transient_bytes: usize,
    pub(crate) logs: Vec<(u32, String)>,
    pub(crate) tracing: bool,
}

/// A transient key and its value before a write.
pub(crate) type TransientUndo = ((Address, Vec<u8>), Option<Vec<u8>>);

/// One method that is running.
pub(crate) struct Frame {
    pub(crate) address: Address,
    pub(crate) instance: Instance,
    pub(crate) capabilities: Capabilities,
    pub(crate) caller: Address,
    pub(crate) value: Amount,
    pub(crate) input: Vec<u8>,
    pub(crate) output: Vec<u8>,
    pub(crate) return_data: Vec<u8>,
    pub(crate) read_only: bool,
    pub(crate) ended: Option<Ended>,
    /// The instance's storage prefix, then the key of the access at hand.
    pub(crate) key: Vec<u8>,
}

/// How a module ended its own call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Failed(u16, Vec<u8>),
    Panicked(Vec<u8>),
    BadInput(Vec<u8>),
}

/// What is entered.
pub(crate) struct Message {
    pub(crate) caller: Address,
    pub(crate) address: Address,
    pub(crate) entry: Entry,
    pub(crate) input: Vec<u8>,
    pub(crate) value: Amount,
    pub(crate) read_only: bool,
}

impl Message {
    /// Whether it asks for nothing if there is no `init` or `migrate`.
    fn is_no_setup(&self) -> bool {
        matches!(self.entry, Entry::Setup(_)) && self.input.is_empty() && self.value == 0
    }
}

/// Which export a message enters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// `call.NAME`, else `query.NAME` read-only.
    Call(String),
    /// `query.NAME`, read-only.
    Query(String),
    /// `invariant.NAME`, read-only.
    Invariant(String),
    /// `init` or `migrate`, which may be absent if there is no input.
    Setup(&'static str),
}

/// How a message ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// 0 or an error's number.
    pub(crate) error: u32,
    /// The output, or the error's data.
    pub(crate) data: Vec<u8>,
    pub(crate) gas_left: Gas,
}

impl Outcome {
    pub(crate) const fn refused(error: HostError, gas_left: Gas) -> Self {
        Self { error: error.code(), data: Vec::new(), gas_left }
    }
}

/// What a new instance is made of.
pub(crate) struct Creation {
    pub(crate) creator: Address,
    pub(crate) address: Address,
    pub(crate) code_hash: Hash,
    pub(crate) input: Vec<u8>,
    pub(crate) value: Amount,
    pub(crate) admin: AdminPolicy,
    pub(crate) capabilities: Option<u32>,
}

/// Marks to which a failed frame's changes are undone.
#[derive(Clone, Copy)]
pub(crate) struct Checkpoint {
    overlay: usize,
    events: usize,
    emitted: u32,
    transient: usize,
}

impl Execution {
    /// Begins with no change over a state.
    pub(crate) fn new(overlay: Overlay, environment: Arc<Environment>, engine: Arc<dyn Engine>) -> Self {
        Self {
            overlay,
            environment,
            engine,
            registry: Registry::default(),
            origin: Address::ZERO,
            frames: Vec::new(),
            events: Vec::new(),
            emitted: 0,
            transient: BTreeMap::new(),
            transient_journal: Vec::new(),
            transient_bytes: 0,
            logs: Vec::new(),
            tracing: false,
        }
    }

    /// Begins a transaction: what the one before left for itself is gone.
    pub(crate) fn begin(&mut self, origin: Address) {
        self.origin = origin;
        self.frames.clear();
        self.events.clear();
        self.emitted = 0;
        self.transient.clear();
        self.transient_journal.clear();
        self.transient_bytes = 0;
        self.logs.clear();
        self.overlay.commit();
    }

    pub(crate) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            overlay: self.overlay.checkpoint(),
            events: self.events.len(),
            emitted: self.emitted,
            transient: self.transient_journal.len(),
        }
    }

    pub(crate) fn undo(&mut self, checkpoint: Checkpoint) {
        self.overlay.undo(checkpoint.overlay);
        self.events.truncate(checkpoint.events);
        self.emitted = checkpoint.emitted;
        while self.transient_journal.len() > checkpoint.transient {
            let (key, before) = self.transient_journal.pop().expect("longer than the mark");
            match before {
                Some(value) => self.transient.insert(key, value),
                None => self.transient.remove(&key),
            };
        }
    }

    pub(crate) fn instance(&mut self, address: &Address) -> Result<Instance, HostError> {
        let Self { registry, overlay, engine, .. } = self;
        registry.instance(overlay, engine.as_ref(), address)
    }

    pub(crate) fn log(&mut self, line: String) {
        if self.tracing && self.logs.len() < MAX_LOG_LINES {
            let depth = u32::try_from(self.frames.len()).unwrap_or(u32::MAX);
            self.logs.push((depth, line));
        }
    }

    /// Finds what a message enters and checks that it may.
    fn admit(&mut self, message: &Message) -> Result<(Instance, String, bool), HostError> {
        if self.frames.len() >= usize::try_from(limits::MAX_CALL_DEPTH).unwrap_or(usize::MAX) {
            return Err(HostError::StackOverflow);
        }
        if message.input.len() > usize::try_from(limits::MAX_INPUT_BYTES).unwrap_or(usize::MAX) {
            return Err(HostError::LimitExceeded);
        }
        let instance = self.instance(&message.address)?;
        let (export, read_only) = resolve(&instance, &message.entry).ok_or(HostError::MethodNotFound)?;
        let read_only = read_only || message.read_only;
        if instance.record.retired && !read_only {
            return Err(HostError::Retired);
        }
        let running = self.frames.iter().any(|frame| frame.address == message.address);
        if running && !instance.reentrant(&export) {
            return Err(HostError::Reentry);
        }
        if message.value > 0 && (read_only || !instance.accepts_value(&export)) {
            return Err(HostError::NotPayable);
        }
        Ok((instance, export, read_only))
    }

    fn send_value(&mut self, message: &Message) -> Result<(), HostError> {
        if message.value == 0 {
            return Ok(());
        }
        // No transaction comes from the system and no instance stands there: this is a hook.
        if message.caller == Address::SYSTEM {
            return coin::issue(&mut self.overlay, &mut self.events, &message.address, message.value);
        }
        let minimum = self.environment.parameters.existential_deposit;
        let parties = (&message.caller, &message.address);
        coin::transfer(&mut self.overlay, &mut self.events, parties, message.value, Existence::KeepAlive, minimum)
    }
}

/// The export that an entry means, and whether it is read-only.
fn resolve(instance: &Instance, entry: &Entry) -> Option<(String, bool)> {
    let exists = |export: &String| instance.method_flags(export).is_some();
    match entry {
        Entry::Call(name) => {
            let call = format!("call.{name}");
            if exists(&call) {
                return Some((call, false));
            }
            Some((format!("query.{name}"), true)).filter(|(export, _)| exists(export))
        }
        Entry::Query(name) => Some((format!("query.{name}"), true)).filter(|(export, _)| exists(export)),
        Entry::Invariant(name) => Some((format!("invariant.{name}"), true)).filter(|(export, _)| exists(export)),
        Entry::Setup(export) => Some(((*export).to_string(), false)).filter(|(export, _)| exists(export)),
    }
}

impl Host {
    /// Wraps an execution.
    pub(crate) fn new(execution: Execution) -> Self {
        Self { execution: Some(Box::new(execution)) }
    }

    pub(crate) fn state(&mut self) -> &mut Execution {
        self.execution.as_deref_mut().expect("the execution is away only while an engine runs")
    }

    /// Ends the execution and hands it out.
    pub(crate) fn into_state(mut self) -> Execution {
        *self.execution.take().expect("the execution is away only while an engine runs")
    }

    /// Enters a method and comes back when it has ended. Changes of a failed one are undone.
    pub(crate) fn enter(&mut self, message: Message, gas: Gas, stack_left: u32) -> Outcome {
        let state = self.state();
        let (instance, export, read_only) = match state.admit(&message) {
            Ok(admitted) => admitted,
            Err(HostError::MethodNotFound) if message.is_no_setup() => {
                return Outcome { error: 0, data: Vec::new(), gas_left: gas };
            }
            Err(error) => return Outcome::refused(error, gas),
        };
        let checkpoint = state.checkpoint();
        if let Err(error) = state.send_value(&message) {
            return Outcome::refused(error, gas);
        }
        let code = instance.code.clone();
        state.frames.push(Frame {
            address: message.address,
            capabilities: instance.capabilities(),
            instance,
            caller: message.caller,
            value: message.value,
            input: message.input,
            output: Vec::new(),
            return_data: Vec::new(),
            read_only,
            ended: None,
            key: keys::storage(&message.address, &[]),
        });
        let depth = state.frames.len();
        let ran = code.run(&export, gas, stack_left, Self { execution: self.execution.take() });
        self.execution = ran.host.execution;
        let state = self.state();
        // A panic of the host below may have left frames behind.
        state.frames.truncate(depth);
        let frame = state.frames.pop().expect("the frame pushed above");
        let outcome = outcome(frame, ran.end, ran.gas_left);
        if outcome.error != 0 {
            state.undo(checkpoint);
            state.log(explain(&export, &outcome));
        }
        outcome
    }

    /// Creates an instance and runs `init`.
    pub(crate) fn create(&mut self, creation: Creation, gas: Gas, stack_left: u32) -> Outcome {
        let checkpoint = self.state().checkpoint();
        if let Err(error) = self.state().place(&creation) {
            self.state().undo(checkpoint);
            return Outcome::refused(error, gas);
        }
        let message = Message {
            caller: creation.creator,
            address: creation.address,
            entry: Entry::Setup("init"),
            input: creation.input,
            value: creation.value,
            read_only: false,
        };
        let outcome = self.enter(message, gas, stack_left);
        if outcome.error != 0 {
            self.state().undo(checkpoint);
        }
        outcome
    }

    /// Replaces an instance's code and runs `migrate`, both or none.
    pub(crate) fn upgrade(
        &mut self,
        by: Address,
        address: Address,
        code_hash: Hash,
        input: Vec<u8>,
        gas: Gas,
        stack_left: u32,
    ) -> Outcome {
        let checkpoint = self.state().checkpoint();
        if let Err(error) = self.state().replace_code(&by, &address, &code_hash) {
            self.state().undo(checkpoint);
            return Outcome::refused(error, gas);
        }
        let message =
            Message { caller: by, address, entry: Entry::Setup("migrate"), input, value: 0, read_only: false };
        let outcome = self.enter(message, gas, stack_left);
        if outcome.error != 0 {
            self.state().undo(checkpoint);
        }
        outcome
    }

    /// Gas for a callee: what it asks for, but never all that the caller has.
    pub(crate) fn callee_gas(left: Gas, asked: Gas) -> Gas {
        let most = left.saturating_sub(left / GAS_KEPT);
        if asked == 0 { most } else { asked.min(most) }
    }
}

impl Execution {
    /// Writes the record of a new instance.
    fn place(&mut self, creation: &Creation) -> Result<(), HostError> {
        let module = registry::module(&mut self.overlay, &creation.code_hash)?;
        if self.overlay.get(&keys::instance(&creation.address)).is_some() {
            return Err(HostError::InstanceExists);
        }
        let asked = creation.capabilities.unwrap_or(module.capabilities);
        if asked & !module.capabilities != 0 {
            return Err(HostError::CapabilityDenied);
        }
        let record = InstanceRecord {
            code_hash: creation.code_hash,
            creator: creation.creator,
            admin: creation.admin,
            capabilities: asked,
            stored_bytes: 0,
            deposit: 0,
            retired: false,
            announced: None,
            history: Vec::new(),
        };
        registry::set_instance(&mut self.overlay, &creation.address, &record);
        coin::provide(&mut self.overlay, &mut self.events, &creation.address);
        self.events.push(Event::Modules(ModulesEvent::Instantiated {
            instance: creation.address,
            code_hash: creation.code_hash,
            by: creation.creator,
        }));
        Ok(())
    }

    fn replace_code(&mut self, by: &Address, address: &Address, code_hash: &Hash) -> Result<(), HostError> {
        let mut record = self.administered(by, address)?;
        if record.retired {
            return Err(HostError::Retired);
        }
        let old = registry::module(&mut self.overlay, &record.code_hash)?;
        if !old.upgradable {
            return Err(HostError::NotAdmin);
        }
        if self.frames.iter().any(|frame| frame.address == *address) {
            return Err(HostError::Reentry);
        }
        let AdminPolicy::Owner { delay_ms, .. } = record.admin else { return Err(HostError::NotAdmin) };
        if delay_ms > 0 {
            let ready =
                matches!(record.announced, Some((hash, at)) if hash == *code_hash && at <= self.environment.time_ms);
            if !ready {
                return Err(HostError::TimeLocked);
            }
        }
        let new = registry::module(&mut self.overlay, code_hash)?;
        let old_code_hash = std::mem::replace(&mut record.code_hash, *code_hash);
        record.capabilities &= new.capabilities;
        record.announced = None;
        record.history.push((self.environment.height, old_code_hash));
        if record.history.len() > tenon_types::MAX_UPGRADES_KEPT {
            record.history.remove(0);
        }
        registry::set_instance(&mut self.overlay, address, &record);
        self.events.push(Event::Modules(ModulesEvent::Upgraded {
            instance: *address,
            old_code_hash,
            new_code_hash: *code_hash,
        }));
        Ok(())
    }

    /// The record of an instance, if the address is its admin.
    ///
    /// # Errors
    /// `InstanceNotFound` or `NotAdmin`.
    pub(crate) fn administered(&mut self, by: &Address, address: &Address) -> Result<InstanceRecord, HostError> {
        let record = registry::record(&mut self.overlay, address)?;
        match record.admin {
            AdminPolicy::Owner { owner, .. } if owner == *by => Ok(record),
            _ => Err(HostError::NotAdmin),
        }
    }
}

/// Reads how a frame ended.
fn outcome(frame: Frame, end: End, gas_left: Gas) -> Outcome {
    match (end, frame.ended) {
        (End::Returned, _) => Outcome { error: 0, data: frame.output, gas_left },
        (End::Trapped(Trap::Ended), Some(Ended::Failed(number, data))) => {
            Outcome { error: module_error_code(number), data, gas_left }
        }
        (End::Trapped(Trap::Ended), Some(Ended::Panicked(data))) => {
            Outcome { error: HostError::Panic.code(), data, gas_left }
        }
        (End::Trapped(Trap::Ended), Some(Ended::BadInput(data))) => {
            Outcome { error: HostError::BadInput.code(), data, gas_left }
        }
        (End::Trapped(trap), _) => Outcome::refused(trap.host_error(), gas_left),
    }
}

fn explain(export: &str, outcome: &Outcome) -> String {
    let text = String::from_utf8_lossy(&outcome.data);
    match HostError::from_code(outcome.error) {
        Some(HostError::Panic) => format!("{export} panicked: {text}"),
        Some(HostError::BadInput) => format!("{export} refused its input: {text}"),
        Some(error) => format!("{export} ended: {}", error.name()),
        None => {
            format!("{export} failed with its error {}", outcome.error.saturating_sub(tenon_abi::MODULE_ERROR_BASE))
        }
    }
}
