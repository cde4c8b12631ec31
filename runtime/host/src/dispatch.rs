//! What a transaction does: its calls, its deposits, its fee.
//!
//! A transaction pays for the most gas that it may use before anything runs, and gets back what it did not use. If a
//! call fails, everything but the fee and the nonce is undone.

use crate::coin::{self, Existence};
use crate::execution::{Creation, Entry, Execution, Message, Outcome};
use crate::executor::{Invalid, Prepared};
use crate::interface::Host;
use crate::registry;
use crate::state::Value;
use std::collections::BTreeMap;
use tenon_abi::{HostError, limits};
use tenon_types::{
    Address, AdminPolicy, Amount, BalancesCall, BalancesError, BalancesEvent, Call, DispatchError, DispatchInfo, Event,
    Gas, InstanceRecord, ModulesCall, ModulesEvent, Parameters, Receipt, SystemEvent, UtilityCall, UtilityEvent,
    Weight, intrinsic_gas, keys, max_gas,
};

/// Bytes that the host's own records of an instance count for, as part of its deposit.
const INSTANCE_BYTES: i64 = 256;

/// How the calls of a transaction ended.
#[derive(Default)]
pub(crate) struct Dispatched {
    /// Why nothing took effect, if so.
    pub(crate) error: Option<DispatchError>,
    /// Output of the last method, or the error's data.
    pub(crate) output: Vec<u8>,
    /// Gas used by methods.
    pub(crate) gas_used: Gas,
    /// Deposits locked less deposits returned.
    pub(crate) deposit: i128,
}

impl Dispatched {
    fn failed(error: impl Into<DispatchError>) -> Self {
        Self { error: Some(error.into()), ..Self::default() }
    }
}

/// Applies a transaction whose signature is known to be good.
///
/// # Errors
/// [`Invalid`] if the transaction may not stand in a block here; nothing has changed then.
pub(crate) fn apply(host: &mut Host, transaction: &Prepared, gas_room: Gas) -> Result<Receipt, Invalid> {
    let environment = host.state().environment.clone();
    let parameters = &environment.parameters;
    let call = &transaction.extrinsic.call;
    let extra = transaction.extrinsic.signed.extra;
    let too_large = Invalid::ExhaustsResources { found: Gas::MAX, room: gas_room };
    let most = max_gas(call, transaction.bytes.len(), parameters).ok_or(too_large)?;
    let intrinsic = intrinsic_gas(call, transaction.bytes.len(), parameters).ok_or(too_large)?;
    if most > gas_room {
        return Err(Invalid::ExhaustsResources { found: most, room: gas_room });
    }
    let held = Parameters::gas_fee(most, environment.base_fee).saturating_add(extra.tip);
    admit(host, &transaction.sender, extra.nonce, held)?;

    let dispatched = run(host, &transaction.sender, call);
    let gas_used = intrinsic.saturating_add(dispatched.gas_used).min(most);
    let burnt = Parameters::gas_fee(gas_used, environment.base_fee);
    let state = host.state();
    let back = held.saturating_sub(burnt).saturating_sub(extra.tip);
    coin::deposit(&mut state.overlay, &mut state.events, &transaction.sender, back, parameters.existential_deposit);
    state.events.push(Event::Balances(BalancesEvent::FeePaid { who: transaction.sender, burnt, tip: extra.tip }));
    let dispatch_info =
        DispatchInfo { weight: Weight { ref_time: gas_used, proof_size: 0 }, ..DispatchInfo::default() };
    state.events.push(Event::System(match dispatched.error {
        None => SystemEvent::ExtrinsicSuccess { dispatch_info },
        Some(dispatch_error) => SystemEvent::ExtrinsicFailed { dispatch_error, dispatch_info },
    }));
    Ok(Receipt {
        transaction: transaction.hash,
        outcome: dispatched.error.map_or(Ok(()), Err),
        gas_used,
        burnt,
        tip: extra.tip,
        output: dispatched.output,
        events: std::mem::take(&mut state.events),
    })
}

/// Checks the nonce, counts it, and holds the fee.
fn admit(host: &mut Host, sender: &Address, nonce: u32, held: Amount) -> Result<(), Invalid> {
    let state = host.state();
    if *sender == Address::SYSTEM {
        return Err(Invalid::System);
    }
    let minimum = state.environment.parameters.existential_deposit;
    let mut account = coin::account(&mut state.overlay, sender);
    if nonce != account.nonce {
        let (found, expected) = (nonce, account.nonce);
        return Err(if nonce < expected {
            Invalid::Stale { found, expected }
        } else {
            Invalid::Future { found, expected }
        });
    }
    let left = account.data.free.checked_sub(held).filter(|left| *left >= minimum && account.spendable() >= held);
    let Some(left) = left else {
        return Err(Invalid::Payment { needed: held.saturating_add(minimum), found: account.spendable() });
    };
    account.nonce = account.nonce.checked_add(1).ok_or(Invalid::Stale { found: nonce, expected: nonce })?;
    account.data.free = left;
    state.begin(*sender);
    coin::set_account(&mut state.overlay, sender, &account);
    Ok(())
}

/// Makes the calls and settles deposits: all of it takes effect, or none.
pub(crate) fn run(host: &mut Host, sender: &Address, call: &Call) -> Dispatched {
    let checkpoint = host.state().checkpoint();
    let mark = host.state().overlay.checkpoint();
    let mut dispatched = dispatch(host, sender, call);
    if dispatched.error.is_none() {
        match settle(host.state(), sender, mark) {
            Ok(deposit) => dispatched.deposit = dispatched.deposit.saturating_add(deposit),
            Err(error) => {
                dispatched.error = Some(error.into());
                dispatched.output.clear();
            }
        }
    }
    if dispatched.error.is_some() {
        host.state().undo(checkpoint);
        dispatched.deposit = 0;
    }
    dispatched
}

fn dispatch(host: &mut Host, sender: &Address, call: &Call) -> Dispatched {
    match call {
        Call::System(_) => Dispatched::default(),
        Call::Balances(call) => {
            transfer(host.state(), sender, call).map_or_else(Dispatched::failed, |()| Dispatched::default())
        }
        Call::Utility(UtilityCall::batch_all { calls }) => batch(host, sender, calls),
        Call::Modules(call) => modules(host, sender, call),
    }
}

fn batch(host: &mut Host, sender: &Address, calls: &[Call]) -> Dispatched {
    let mut sum = Dispatched::default();
    for call in calls {
        let one = dispatch(host, sender, call);
        sum.gas_used = sum.gas_used.saturating_add(one.gas_used);
        sum.deposit = sum.deposit.saturating_add(one.deposit);
        sum.output = one.output;
        if one.error.is_some() {
            return Dispatched { error: one.error, ..sum };
        }
    }
    host.state().events.push(Event::Utility(UtilityEvent::BatchCompleted));
    sum
}

fn transfer(state: &mut Execution, sender: &Address, call: &BalancesCall) -> Result<(), DispatchError> {
    let minimum = state.environment.parameters.existential_deposit;
    let (dest, amount, existence) = match call {
        BalancesCall::transfer_allow_death { dest, value } => (dest, *value, Existence::MayEnd),
        BalancesCall::transfer_keep_alive { dest, value } => (dest, *value, Existence::KeepAlive),
        BalancesCall::transfer_all { dest, keep_alive } => {
            let spendable = coin::account(&mut state.overlay, sender).spendable();
            if *keep_alive {
                (dest, spendable.saturating_sub(minimum), Existence::KeepAlive)
            } else {
                (dest, spendable, Existence::MayEnd)
            }
        }
    };
    let to = dest.address().ok_or(BalancesError::UnknownAddress)?;
    let before = coin::account(&mut state.overlay, &to).data.free;
    coin::transfer(&mut state.overlay, &mut state.events, (sender, &to), amount, existence, minimum).map_err(|error| {
        match error {
            HostError::BelowExistentialDeposit if before.saturating_add(amount) < minimum => {
                BalancesError::ExistentialDeposit.into()
            }
            HostError::BelowExistentialDeposit => BalancesError::Expendability.into(),
            HostError::InsufficientBalance => BalancesError::InsufficientBalance.into(),
            other => other.into(),
        }
    })
}

fn modules(host: &mut Host, sender: &Address, call: &ModulesCall) -> Dispatched {
    let stack = limits::MAX_STACK_BYTES;
    match call {
        ModulesCall::upload { code } => upload(host.state(), sender, code),
        ModulesCall::instantiate { code_hash, input, value, salt, admin, capabilities, gas_limit } => {
            let address = keys::instance_address(sender, code_hash, salt);
            let creation = Creation {
                creator: *sender,
                address,
                code_hash: *code_hash,
                input: input.clone(),
                value: *value,
                admin: *admin,
                capabilities: *capabilities,
            };
            let outcome = host.create(creation, *gas_limit, stack);
            let succeeded = outcome.error == 0;
            let mut dispatched = finish(outcome, *gas_limit);
            if succeeded {
                dispatched.output = address.0.to_vec();
            }
            dispatched
        }
        ModulesCall::call { instance, method, input, value, gas_limit } => {
            let message = Message {
                caller: *sender,
                address: *instance,
                entry: Entry::Call(method.clone()),
                input: input.clone(),
                value: *value,
                read_only: false,
            };
            finish(host.enter(message, *gas_limit, stack), *gas_limit)
        }
        ModulesCall::upgrade { instance, code_hash, input, gas_limit } => {
            finish(host.upgrade(*sender, *instance, *code_hash, input.clone(), *gas_limit, stack), *gas_limit)
        }
        ModulesCall::retire { instance } => administer(host.state(), sender, instance, |state, record| {
            record.retired = true;
            state.events.push(Event::Modules(ModulesEvent::Retired { instance: *instance }));
            Ok(())
        }),
        ModulesCall::set_admin { instance, admin } => administer(host.state(), sender, instance, |state, record| {
            if shortens_lock(&record.admin, admin) {
                return Err(HostError::TimeLocked);
            }
            record.admin = *admin;
            record.announced = None;
            state.events.push(Event::Modules(ModulesEvent::AdminChanged { instance: *instance }));
            Ok(())
        }),
        ModulesCall::announce_upgrade { instance, code_hash } => {
            administer(host.state(), sender, instance, |state, record| {
                let AdminPolicy::Owner { delay_ms, .. } = record.admin else { return Err(HostError::NotAdmin) };
                let ready_at_ms = state.environment.time_ms.saturating_add(delay_ms);
                record.announced = Some((*code_hash, ready_at_ms));
                let event = ModulesEvent::UpgradeAnnounced { instance: *instance, code_hash: *code_hash, ready_at_ms };
                state.events.push(Event::Modules(event));
                Ok(())
            })
        }
    }
}

fn finish(outcome: Outcome, gas_limit: Gas) -> Dispatched {
    Dispatched {
        error: (outcome.error != 0).then(|| DispatchError::from_code(outcome.error)),
        output: outcome.data,
        gas_used: gas_limit.saturating_sub(outcome.gas_left),
        deposit: 0,
    }
}

fn administer(
    state: &mut Execution,
    sender: &Address,
    instance: &Address,
    change: impl FnOnce(&mut Execution, &mut InstanceRecord) -> Result<(), HostError>,
) -> Dispatched {
    let changed = || {
        let mut record = state.administered(sender, instance)?;
        change(state, &mut record)?;
        registry::set_instance(&mut state.overlay, instance, &record);
        Ok::<_, HostError>(Dispatched::default())
    };
    changed().unwrap_or_else(Dispatched::failed)
}

/// Whether a new policy would let upgrades come sooner than the present one promises.
fn shortens_lock(present: &AdminPolicy, new: &AdminPolicy) -> bool {
    match (present, new) {
        (AdminPolicy::Owner { delay_ms: present, .. }, AdminPolicy::Owner { delay_ms: new, .. }) => new < present,
        _ => false,
    }
}

/// Stores code, once by its hash. Code that is there already costs gas and no deposit.
fn upload(state: &mut Execution, sender: &Address, code: &[u8]) -> Dispatched {
    if state.overlay.get(&keys::module(&tenon_types::blake2b_256(code))).is_some() {
        return Dispatched { output: tenon_types::blake2b_256(code).0.to_vec(), ..Dispatched::default() };
    }
    let info = match state.engine.validate(code) {
        Ok(info) => info,
        Err(refused) => {
            // The text names function, instruction and limit. It is no part of the state: receipts' outputs of failed
            // uploads are left empty, and traces carry the text.
            state.log(refused.to_string());
            return Dispatched::failed(HostError::InvalidCode);
        }
    };
    let parameters = &state.environment.parameters;
    let deposit = parameters.entry_deposit(u64::try_from(code.len()).unwrap_or(u64::MAX));
    if coin::withdraw(&mut state.overlay, sender, deposit, parameters.existential_deposit).is_err() {
        return Dispatched::failed(HostError::DepositTooSmall);
    }
    let code_hash = registry::set_module(&mut state.overlay, code, &info, *sender, deposit);
    state.events.push(Event::Modules(ModulesEvent::Uploaded { code_hash, by: *sender, deposit }));
    Dispatched {
        output: code_hash.0.to_vec(),
        deposit: i128::try_from(deposit).unwrap_or(i128::MAX),
        ..Dispatched::default()
    }
}

/// Entries and bytes that an instance stores more or less than before.
#[derive(Default)]
struct Growth {
    entries: i64,
    bytes: i64,
}

/// Locks or returns deposits for what changed in instances' storage since a mark. Returns what was locked in sum.
fn settle(state: &mut Execution, payer: &Address, mark: usize) -> Result<i128, HostError> {
    let mut due: Vec<_> = growth(state, mark)
        .into_iter()
        .filter(|(_, growth)| growth.entries != 0 || growth.bytes != 0)
        .map(|(address, growth)| (address, growth.bytes, growth.due(&state.environment.parameters)))
        .collect();
    // What comes back pays for what is locked, whatever the instances' addresses are.
    due.sort_by_key(|(_, _, due)| *due > 0);
    let mut sum = 0i128;
    for (address, bytes, due) in due {
        sum = sum.saturating_add(settle_one(state, payer, &address, bytes, due)?);
    }
    Ok(sum)
}

/// Locks deposits for what genesis stores. Nobody pays them: they are a part of the supply that whoever removes the
/// entries receives. Returns their sum.
pub(crate) fn endow(state: &mut Execution, mark: usize) -> Result<Amount, HostError> {
    let mut sum: Amount = 0;
    for (address, growth) in growth(state, mark) {
        let due = growth.due(&state.environment.parameters).max(0).unsigned_abs();
        let mut record = registry::record(&mut state.overlay, &address)?;
        record.stored_bytes = record.stored_bytes.saturating_add_signed(growth.bytes);
        record.deposit = record.deposit.saturating_add(due);
        registry::set_instance(&mut state.overlay, &address, &record);
        sum = sum.saturating_add(due);
    }
    Ok(sum)
}

impl Growth {
    /// The deposit for it: negative if it comes back.
    fn due(&self, parameters: &Parameters) -> i128 {
        let price = |count: i64, each: Amount| {
            let each = i128::try_from(each).unwrap_or(i128::MAX);
            i128::from(count).saturating_mul(each)
        };
        price(self.entries, parameters.deposit_per_entry).saturating_add(price(self.bytes, parameters.deposit_per_byte))
    }
}

/// 1 if an entry came to exist, -1 if it ceased to.
fn appeared(before: &Option<Value>, after: &Option<Value>) -> i64 {
    i64::from(after.is_some()).saturating_sub(i64::from(before.is_some()))
}

fn growth(state: &mut Execution, mark: usize) -> BTreeMap<Address, Growth> {
    let mut all: BTreeMap<Address, Growth> = BTreeMap::new();
    for (key, before) in state.overlay.changed_since(mark) {
        let Some((address, own)) = keys::owner(&key) else { continue };
        let after = state.overlay.get(&key);
        let growth = all.entry(address).or_default();
        match own {
            keys::Owned::Entry(length) => {
                let size = |value: &Value| signed(length.saturating_add(value.len()));
                growth.entries = growth.entries.saturating_add(appeared(&before, &after));
                let more = after.as_ref().map_or(0, size).saturating_sub(before.as_ref().map_or(0, size));
                growth.bytes = growth.bytes.saturating_add(more);
            }
            keys::Owned::Record => {
                let new = appeared(&before, &after);
                growth.entries = growth.entries.saturating_add(new);
                growth.bytes = growth.bytes.saturating_add(new.saturating_mul(INSTANCE_BYTES));
            }
        }
    }
    all
}

fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn settle_one(
    state: &mut Execution,
    payer: &Address,
    address: &Address,
    bytes: i64,
    due: i128,
) -> Result<i128, HostError> {
    let environment = state.environment.clone();
    let parameters = &environment.parameters;
    let mut record = registry::record(&mut state.overlay, address)?;
    record.stored_bytes = record.stored_bytes.saturating_add_signed(bytes);
    let amount = if due > 0 { due.unsigned_abs() } else { due.unsigned_abs().min(record.deposit) };
    let moved = i128::try_from(amount).unwrap_or(i128::MAX);
    if due > 0 {
        coin::withdraw(&mut state.overlay, payer, amount, parameters.existential_deposit)
            .map_err(|_| HostError::DepositTooSmall)?;
        record.deposit = record.deposit.saturating_add(amount);
        let event = BalancesEvent::DepositLocked { who: *payer, instance: *address, amount };
        state.events.push(Event::Balances(event));
    } else if amount > 0 {
        record.deposit = record.deposit.saturating_sub(amount);
        coin::deposit(&mut state.overlay, &mut state.events, payer, amount, parameters.existential_deposit);
        let event = BalancesEvent::DepositReturned { who: *payer, instance: *address, amount };
        state.events.push(Event::Balances(event));
    }
    registry::set_instance(&mut state.overlay, address, &record);
    Ok(if due > 0 { moved } else { moved.saturating_neg() })
}
