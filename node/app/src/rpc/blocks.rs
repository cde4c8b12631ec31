//! `block_get` and `dev_mine`: blocks, decoded; and made on demand.

use super::arguments::Arguments;
use super::call_json::CallPrinter;
use super::context::Context;
use super::failure::Failure;
use super::limits::MAX_MINED_BLOCKS;
use super::views;
use crate::backend::{BlockEntry, StateView};
use parity_scale_codec::Encode;
use serde_json::{Value, json};
use tenon_api::errors;
use tenon_api::json::{BlockView, Bytes, Decimal, HexHash, TransactionView};
use tenon_types::{Era, Extrinsic};

/// `block_get`.
pub(super) fn get(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let entry = context.named_block(arguments.value(0))?;
    let state = context.backend.state(&entry.hash).ok();
    let header = &entry.block.header;
    let transactions = (0..entry.block.extrinsics.len())
        .filter_map(|place| transaction(context, state.as_deref(), &entry, place))
        .collect();
    Ok(json!(BlockView {
        hash: HexHash(entry.hash),
        height: header.number,
        parent_hash: HexHash(header.parent_hash),
        state_root: HexHash(header.state_root),
        extrinsics_root: HexHash(header.extrinsics_root),
        time_ms: entry.info.time_ms,
        producer: context.show(&entry.info.producer),
        base_fee: Decimal(entry.info.base_fee),
        gas_used: entry.gas_used,
        finalized: context.is_final(&entry),
        header: Bytes(header.encode()),
        transactions,
    }))
}

fn transaction(
    context: &Context,
    state: Option<&dyn StateView>,
    entry: &BlockEntry,
    place: usize,
) -> Option<TransactionView> {
    let bytes = entry.block.extrinsics.get(place)?;
    let receipt = entry.receipts.get(place)?;
    let extrinsic = Extrinsic::from_bytes(bytes).ok()?;
    let extra = extrinsic.signed.extra;
    Some(TransactionView {
        hash: HexHash(receipt.transaction),
        signer: extrinsic.signed.signer.address().map(|address| context.show(&address)).unwrap_or_default(),
        nonce: extra.nonce,
        tip: Decimal(extra.tip),
        era: match extra.era {
            Era::Immortal => "immortal".into(),
            Era::Mortal { period, phase } => format!("mortal {period} {phase}"),
        },
        call: CallPrinter { context, state }.show(&extrinsic.call),
        status: views::status(receipt).into(),
        error: views::outcome_error(context, state, receipt, Some(&extrinsic)),
        gas_used: receipt.gas_used,
        raw: Bytes(bytes.clone()),
    })
}

/// `dev_mine`.
pub(super) fn mine(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    if !context.backend.is_development() {
        return Err(Failure::new(errors::DEVELOPMENT_ONLY, "this chain is not one"));
    }
    let blocks = arguments.number(0)?.unwrap_or(1);
    if blocks > MAX_MINED_BLOCKS {
        let found = Failure::new(errors::TOO_MANY, format!("found {blocks} blocks"));
        return Err(found.expected(format!("at most {MAX_MINED_BLOCKS}")));
    }
    let hashes =
        (0..blocks).map(|_| Ok(HexHash(context.backend.make_block()?))).collect::<Result<Vec<_>, Failure>>()?;
    Ok(json!(hashes))
}
