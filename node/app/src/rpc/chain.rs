//! `chain_*`: blocks and headers in the JSON of Substrate's clients.

use super::arguments::{Arguments, read_number};
use super::context::Context;
use super::failure::Failure;
use super::limits::MAX_HEIGHTS;
use crate::backend::Backend;
use parity_scale_codec::Encode;
use serde_json::{Value, json};
use tenon_api::errors;
use tenon_types::Header;

/// The name under which a block's justification stands, that of our digest items too.
const ENGINE: &str = "tnon";

/// A header as clients read and hash it.
pub(super) fn header_json(header: &Header) -> Value {
    let logs: Vec<String> = header.digest.logs.iter().map(|item| format!("0x{}", hex::encode(item.encode()))).collect();
    json!({
        "parentHash": header.parent_hash.to_string(),
        "number": format!("{:#x}", header.number),
        "stateRoot": header.state_root.to_string(),
        "extrinsicsRoot": header.extrinsics_root.to_string(),
        "digest": { "logs": logs },
    })
}

/// `chain_getHeader`.
pub(super) fn header(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let block = match arguments.hash(0)? {
        Some(hash) => context.backend.block(&hash),
        None => Some(context.backend.best()),
    };
    Ok(block.map_or(Value::Null, |entry| header_json(&entry.block.header)))
}

/// `chain_getBlock`.
pub(super) fn block(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let block = match arguments.hash(0)? {
        Some(hash) => context.backend.block(&hash),
        None => Some(context.backend.best()),
    };
    let Some(entry) = block else {
        return Ok(Value::Null);
    };
    let extrinsics: Vec<String> =
        entry.block.extrinsics.iter().map(|bytes| format!("0x{}", hex::encode(bytes))).collect();
    let kept = context.is_final(&entry).then(|| context.backend.justification(entry.block.header.number)).flatten();
    let justifications = kept.map(|bytes| [[ENGINE.to_string(), format!("0x{}", hex::encode(bytes))]]);
    Ok(json!({
        "block": { "header": header_json(&entry.block.header), "extrinsics": extrinsics },
        "justifications": justifications,
    }))
}

/// `chain_getBlockHash`.
pub(super) fn block_hash(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    match arguments.value(0) {
        None => Ok(context.backend.best().hash.to_string().into()),
        Some(Value::Array(heights)) if heights.len() > MAX_HEIGHTS => {
            let found = Failure::new(errors::TOO_MANY, format!("found {} heights", heights.len()));
            Err(found.expected(format!("at most {MAX_HEIGHTS}")))
        }
        Some(Value::Array(heights)) => heights
            .iter()
            .map(|height| hash_at(&*context.backend, height))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::from),
        Some(height) => hash_at(&*context.backend, height),
    }
}

fn hash_at(backend: &dyn Backend, height: &Value) -> Result<Value, Failure> {
    let height = read_number(height)
        .ok_or_else(|| Failure::new(errors::INVALID_PARAMS, format!("found {height}")).expected("a height"))?;
    let hash = u32::try_from(height).ok().and_then(|height| backend.hash_at(height));
    Ok(hash.map_or(Value::Null, |hash| hash.to_string().into()))
}

/// `chain_getFinalizedHead`.
pub(super) fn finalized_head(context: &Context, _: &Arguments) -> Result<Value, Failure> {
    Ok(context.backend.finalized().hash.to_string().into())
}
