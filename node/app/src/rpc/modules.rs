//! `module_*`: instances, their code, queries and simulations.

use super::arguments::{Arguments, read_number};
use super::context::Context;
use super::failure::Failure;
use super::limits::{DEFAULT_EVENTS, DEFAULT_QUERY_GAS, MAX_EVENTS, MAX_INSTANCES, MAX_QUERY_GAS};
use super::{interface_json, views};
use crate::backend::{EventAt, EventFilter, StateView};
use parity_scale_codec::{Decode, DecodeLimit, Encode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenon_abi::{Capabilities, Capability};
use tenon_api::errors;
use tenon_api::json::{
    AdminView, AnnouncedView, Bytes, Decimal, EventAtView, HexHash, ModuleSummary, ModuleView, UpgradeView,
};
use tenon_types::{
    AccountInfo, Address, AdminPolicy, Call, InstanceRecord, MAX_CALL_NESTING, ModuleRecord, ModulesCall, keys,
};

/// The protocol modules' names by address.
fn names(state: &dyn StateView) -> BTreeMap<Address, String> {
    let prefix = keys::names();
    state
        .scan(&prefix, &[], MAX_INSTANCES)
        .into_iter()
        .filter_map(|(key, value)| {
            let name = String::from_utf8(key.get(prefix.len()..)?.to_vec()).ok()?;
            Some((Address::decode(&mut &value[..]).ok()?, name))
        })
        .collect()
}

/// `module_list`.
pub(super) fn list(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let (_, state) = context.state(arguments.hash(0)?)?;
    let names = names(&*state);
    let prefix = keys::instances();
    let mut instances: Vec<ModuleSummary> = state
        .scan(&prefix, &[], MAX_INSTANCES)
        .into_iter()
        .filter_map(|(key, value)| {
            let address = Address(<[u8; 32]>::try_from(key.get(prefix.len()..)?).ok()?);
            let record = InstanceRecord::decode(&mut &value[..]).ok()?;
            let described = context.described(&*state, &record.code_hash).unwrap_or_default();
            Some(ModuleSummary {
                name: names.get(&address).cloned(),
                address: context.show(&address),
                code_hash: HexHash(record.code_hash),
                module: described.manifest.name.clone(),
                version: described.manifest.version.clone(),
                retired: record.retired,
            })
        })
        .collect();
    instances.sort_by(|left, right| (left.name.is_none(), &left.name).cmp(&(right.name.is_none(), &right.name)));
    Ok(json!(instances))
}

/// `module_show`.
pub(super) fn show(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let (_, state) = context.state(arguments.hash(1)?)?;
    let (address, record) = context.find_instance(&*state, arguments.required_text(0)?)?;
    let described = context.described(&*state, &record.code_hash).unwrap_or_default();
    let code = state.get(&keys::module(&record.code_hash)).and_then(|bytes| ModuleRecord::decode(&mut &bytes[..]).ok());
    let account = state.get(&keys::account(&address)).and_then(|bytes| AccountInfo::decode(&mut &bytes[..]).ok());
    let (code_bytes, call_targets) = code.map_or((0, Vec::new()), |code| (code.code_bytes, code.call_targets));
    Ok(json!(ModuleView {
        name: names(&*state).get(&address).cloned(),
        address: context.show(&address),
        code_hash: HexHash(record.code_hash),
        code_bytes,
        creator: context.show(&record.creator),
        admin: match record.admin {
            AdminPolicy::Nobody => AdminView { owner: None, delay_ms: 0 },
            AdminPolicy::Owner { owner, delay_ms } => AdminView { owner: Some(context.show(&owner)), delay_ms },
        },
        capabilities: Capabilities::from_bits(record.capabilities)
            .map(|set| set.iter().map(|capability: Capability| capability.name().to_string()).collect())
            .unwrap_or_default(),
        call_targets,
        deposit: Decimal(record.deposit),
        stored_bytes: record.stored_bytes,
        retired: record.retired,
        announced: record
            .announced
            .map(|(code_hash, ready_at_ms)| AnnouncedView { code_hash: HexHash(code_hash), ready_at_ms }),
        history: record
            .history
            .iter()
            .map(|(height, code_hash)| UpgradeView { height: *height, code_hash: HexHash(*code_hash) })
            .collect(),
        balance: Decimal(account.unwrap_or_default().spendable()),
        manifest: interface_json::manifest(&described.manifest),
        interface: interface_json::interface(&described.interface),
    }))
}

/// `module_code`.
pub(super) fn code(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let hash = arguments.required_hash(0)?;
    let (_, state) = context.state(None)?;
    let code =
        state.get(&keys::code(&hash)).ok_or_else(|| Failure::new(errors::UNKNOWN_CODE, format!("found {hash}")))?;
    Ok(json!(Bytes(code)))
}

/// `module_events`.
pub(super) fn events(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let (_, state) = context.state(None)?;
    let (instance, _) = context.find_instance(&*state, arguments.required_text(0)?)?;
    let height = |index, absent: u32| -> Result<u32, Failure> {
        Ok(arguments.number(index)?.map_or(absent, |height| u32::try_from(height).unwrap_or(u32::MAX)))
    };
    let heights = height(2, 0)?..=height(3, context.backend.finalized().block.header.number)?;
    let limit = usize::try_from(arguments.number(4)?.unwrap_or(DEFAULT_EVENTS).min(MAX_EVENTS)).unwrap_or(usize::MAX);
    let descending = matches!(arguments.value(5), Some(Value::Bool(true)));
    let filter = EventFilter { instance, topic: arguments.hash(1)?, heights, descending, limit };
    let found = context.backend.events(&filter)?;
    let plain: Vec<_> = found.iter().map(|at| at.event.clone()).collect();
    let views = views::events(context, Some(&*state), &plain);
    let row = |(at, event): (&EventAt, _)| EventAtView {
        height: at.block.block.header.number,
        block: HexHash(at.block.hash),
        transaction: HexHash(at.transaction_hash()),
        index: at.index,
        event,
    };
    Ok(json!(found.iter().zip(views).map(row).collect::<Vec<_>>()))
}

/// `module_query`.
pub(super) fn query(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let (block, state) = context.state(arguments.hash(3)?)?;
    let (address, record) = context.find_instance(&*state, arguments.required_text(0)?)?;
    let method = arguments.required_text(1)?;
    let input = arguments.required_bytes(2)?;
    let gas = arguments.number(4)?.unwrap_or(DEFAULT_QUERY_GAS).min(MAX_QUERY_GAS);
    let execution = context.backend.query(&block.hash, &address, method, &input, gas)?;
    let described = context.described(&*state, &record.code_hash).unwrap_or_default();
    Ok(json!(views::execution(context, (block.hash, &*state), Some(&described.interface), execution)))
}

/// `module_simulate`.
pub(super) fn simulate(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let from = context.read_address(arguments.required_text(0)?)?;
    let (block, state) = context.state(arguments.hash(2)?)?;
    let call = match arguments.value(1) {
        Some(Value::Object(_)) => described_call(context, &*state, arguments)?,
        _ => decode_call(&arguments.required_bytes(1)?)?,
    };
    let execution = context.backend.simulate(&block.hash, &from, &call.encode())?;
    let described = views::described_call(context, &*state, &call);
    let interface = described.as_ref().map(|described| &described.interface);
    Ok(json!(views::execution(context, (block.hash, &*state), interface, execution)))
}

fn decode_call(bytes: &[u8]) -> Result<Call, Failure> {
    let mut input = bytes;
    let call = Call::decode_with_depth_limit(MAX_CALL_NESTING, &mut input)
        .map_err(|error| Failure::new(errors::INVALID_PARAMS, format!("the call does not decode: {error}")))?;
    if input.is_empty() {
        Ok(call)
    } else {
        Err(Failure::new(errors::INVALID_PARAMS, format!("{} bytes follow the call", input.len())))
    }
}

/// Reads `{instance, method, input, value?, gas_limit?}`.
fn described_call(context: &Context, state: &dyn StateView, arguments: &Arguments) -> Result<Call, Failure> {
    const EXPECTED: &str = "the bytes of a call, or {instance, method, input, value?, gas_limit?}";
    let invalid = |cause: &str| Failure::new(errors::INVALID_PARAMS, cause).expected(EXPECTED);
    let field = |name: &str| arguments.value(1).and_then(|call| call.get(name)).filter(|value| !value.is_null());
    let text = |name: &str| {
        field(name).and_then(Value::as_str).ok_or_else(|| invalid(&format!("the call has no text {name:?}")))
    };
    let (instance, _) = context.find_instance(state, text("instance")?)?;
    let input = Bytes::parse(text("input")?).map_err(|cause| invalid(&format!("the input is {cause}")))?.0;
    let value = match field("value") {
        None => 0,
        Some(value) => serde_json::from_value::<Decimal>(value.clone()).map_err(|error| invalid(&error.to_string()))?.0,
    };
    let gas_limit = match field("gas_limit") {
        None => DEFAULT_QUERY_GAS,
        Some(value) => read_number(value).ok_or_else(|| invalid("the gas limit is no number"))?,
    };
    Ok(Call::Modules(ModulesCall::call { instance, method: text("method")?.into(), input, value, gas_limit }))
}
