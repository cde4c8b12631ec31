//! Receipts, events, errors and executions in the JSON of `tenon_api::json`.

use super::context::{Context, Described, instance_record};
use crate::backend::{BlockEntry, Execution, StateView};
use parity_scale_codec::Encode;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tenon_api::json::{
    Bytes, CallError, ChangeView, Decimal, EventView, ExecutionView, HexHash, LogView, ReceiptView, SignedDecimal,
};
use tenon_types::interface::Interface;
use tenon_types::{
    Address, Call, DispatchError, ErrorText, Event, Extrinsic, Hash, ModulesCall, ModulesEvent, Receipt, UtilityCall,
};

fn call_error(text: ErrorText) -> CallError {
    CallError { number: text.number, name: text.name, message: text.message, hint: text.hint }
}

/// An error in words. A module's own error is named by the interface, if it is given.
pub(super) fn dispatch_error(error: &DispatchError, interface: Option<&Interface>) -> CallError {
    call_error(ErrorText::of_dispatch(error, interface))
}

/// What the code says of itself that a call enters. A batch that enters different code names no errors: which of its
/// calls failed is not known.
pub(super) fn described_call(context: &Context, state: &dyn StateView, call: &Call) -> Option<Arc<Described>> {
    let mut entered = BTreeSet::new();
    entered_code(state, call, &mut entered);
    let only = entered.pop_first()?;
    if entered.is_empty() { context.described(state, &only) } else { None }
}

fn entered_code(state: &dyn StateView, call: &Call, entered: &mut BTreeSet<Hash>) {
    match call {
        Call::Modules(ModulesCall::call { instance, .. }) => {
            entered.extend(instance_record(state, instance).map(|record| record.code_hash));
        }
        Call::Modules(ModulesCall::upgrade { code_hash, .. } | ModulesCall::instantiate { code_hash, .. }) => {
            entered.insert(*code_hash);
        }
        Call::Utility(UtilityCall::batch_all { calls }) => {
            calls.iter().for_each(|call| entered_code(state, call, entered));
        }
        _ => {}
    }
}

/// Events with names, those of modules by the interfaces of their instances.
pub(super) fn events(context: &Context, state: Option<&dyn StateView>, events: &[Event]) -> Vec<EventView> {
    let mut described: BTreeMap<Address, Option<Arc<Described>>> = BTreeMap::new();
    for event in events {
        if let Event::Modules(ModulesEvent::Emitted { instance, .. }) = event {
            described
                .entry(*instance)
                .or_insert_with(|| state.and_then(|state| context.described_instance(state, instance)));
        }
    }
    let interface_of = |address: &Address| Some(&described.get(address)?.as_ref()?.interface);
    let prefix = context.backend.genesis().ss58_prefix;
    events
        .iter()
        .map(|event| {
            let named = tenon_client::name_event(event, prefix, &interface_of);
            EventView {
                source: named.source,
                name: named.name,
                fields: named.fields.into(),
                raw: Bytes(event.encode()),
            }
        })
        .collect()
}

/// How a query or simulation ended.
pub(super) fn execution(
    context: &Context,
    (at, state): (Hash, &dyn StateView),
    interface: Option<&Interface>,
    execution: Execution,
) -> ExecutionView {
    let error = match &execution.dispatch_error {
        Some(error) => Some(dispatch_error(error, interface)),
        None => (execution.error != 0).then(|| call_error(ErrorText::of_code(execution.error, interface))),
    };
    let changes = execution
        .changes
        .into_iter()
        .map(|change| ChangeView { key: Bytes(change.key), old: change.old.map(Bytes), new: change.new.map(Bytes) })
        .collect();
    ExecutionView {
        at: HexHash(at),
        error,
        output: Bytes(execution.output),
        gas_used: execution.gas_used,
        fee: Decimal(execution.fee),
        deposit: SignedDecimal(execution.deposit),
        events: events(context, Some(state), &execution.events),
        logs: execution.logs.into_iter().map(|(depth, message)| LogView { depth, message }).collect(),
        changes,
    }
}

/// The receipt of a block's transaction. It must be there: the index comes from the block.
pub(super) fn receipt(context: &Context, block: &BlockEntry, index: u32) -> Option<ReceiptView> {
    let place = usize::try_from(index).ok()?;
    let receipt = block.receipts.get(place)?;
    let state = context.backend.state(&block.hash).ok();
    let state = state.as_deref();
    let extrinsic = block.block.extrinsics.get(place).and_then(|bytes| Extrinsic::from_bytes(bytes).ok());
    Some(ReceiptView {
        transaction: HexHash(receipt.transaction),
        status: status(receipt).into(),
        finalized: context.is_final(block),
        block_hash: HexHash(block.hash),
        block_height: block.block.header.number,
        index,
        gas_used: receipt.gas_used,
        fee: Decimal(receipt.burnt),
        tip: Decimal(receipt.tip),
        output: Bytes(receipt.output.clone()),
        error: outcome_error(context, state, receipt, extrinsic.as_ref()),
        events: events(context, state, &receipt.events),
    })
}

/// `success` or `failed`.
pub(super) fn status(receipt: &Receipt) -> &'static str {
    if receipt.outcome.is_ok() { "success" } else { "failed" }
}

/// Why a transaction took no effect, if it did not.
pub(super) fn outcome_error(
    context: &Context,
    state: Option<&dyn StateView>,
    receipt: &Receipt,
    extrinsic: Option<&Extrinsic>,
) -> Option<CallError> {
    let error = receipt.outcome.as_ref().err()?;
    let described = extrinsic.and_then(|extrinsic| described_call(context, state?, &extrinsic.call));
    Some(dispatch_error(error, described.as_ref().map(|described| &described.interface)))
}
