//! `author_*` and nonces: transactions on their way into the pool.

use super::arguments::Arguments;
use super::context::Context;
use super::failure::Failure;
use serde_json::{Value, json};
use tenon_api::json::Bytes;

/// `account_nextIndex`.
pub(super) fn next_index(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let address = context.read_address(arguments.required_text(0)?)?;
    Ok(context.backend.next_nonce(&address).into())
}

/// `author_submitExtrinsic`, `tx_submit`.
pub(super) fn submit(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let hash = context.backend.submit(arguments.required_bytes(0)?, None)?;
    Ok(hash.to_string().into())
}

/// `author_pendingExtrinsics`.
pub(super) fn pending(context: &Context, _: &Arguments) -> Result<Value, Failure> {
    let pending: Vec<Bytes> = context.backend.pending().into_iter().map(Bytes).collect();
    Ok(json!(pending))
}

/// `author_hasKey`: the node signs for no client.
pub(super) fn has_key(_: &Context, _: &Arguments) -> Result<Value, Failure> {
    Ok(false.into())
}
