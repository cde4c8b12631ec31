//! `state_*`: the state by its keys, and the descriptions of the chain.

use super::arguments::Arguments;
use super::context::Context;
use super::failure::Failure;
use super::limits::MAX_KEYS;
use super::storage::Storage;
use serde_json::{Value, json};
use tenon_api::errors;
use tenon_api::json::Bytes;
use tenon_types::{Hash, blake2b_256};

/// The key under which Substrate's chains keep their code. Clients read only its hash.
const CODE_KEY: &[u8] = b":code";

fn read(context: &Context, arguments: &Arguments) -> Result<Option<Vec<u8>>, Failure> {
    let key = arguments.required_bytes(0)?;
    let block = context.block(arguments.hash(1)?)?;
    Ok(Storage::new(&*context.backend, block).get(&key)?)
}

/// `state_getStorage`.
pub(super) fn storage(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    Ok(json!(read(context, arguments)?.map(Bytes)))
}

/// `state_getStorageHash`.
pub(super) fn storage_hash(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    if arguments.required_bytes(0)? == CODE_KEY {
        return Ok(context.code_hash().to_string().into());
    }
    Ok(json!(read(context, arguments)?.map(|value| blake2b_256(&value).to_string())))
}

/// `state_getStorageSize`.
pub(super) fn storage_size(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    Ok(json!(read(context, arguments)?.map(|value| value.len())))
}

/// The values under keys in the form of storage changes.
pub(super) fn change_set(block: Hash, changes: &[(Vec<u8>, Option<Vec<u8>>)]) -> Value {
    let changes: Vec<(Bytes, Option<Bytes>)> =
        changes.iter().map(|(key, value)| (Bytes(key.clone()), value.clone().map(Bytes))).collect();
    json!({ "block": block.to_string(), "changes": changes })
}

/// `state_queryStorageAt`.
pub(super) fn query_storage_at(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let keys = arguments.bytes_list(0, MAX_KEYS)?.unwrap_or_default();
    let block = context.block(arguments.hash(1)?)?;
    let hash = block.hash;
    let mut storage = Storage::new(&*context.backend, block);
    let changes =
        keys.into_iter().map(|key| Ok((key.clone(), storage.get(&key)?))).collect::<Result<Vec<_>, Failure>>()?;
    Ok(json!([change_set(hash, &changes)]))
}

/// `state_getKeysPaged`.
pub(super) fn keys_paged(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let prefix = arguments.bytes(0)?.unwrap_or_default();
    let count = arguments.number(1)?.unwrap_or(MAX_KEYS as u64);
    let count = usize::try_from(count).ok().filter(|count| *count <= MAX_KEYS).ok_or_else(|| {
        Failure::new(errors::TOO_MANY, format!("found a count of {count}")).expected(format!("at most {MAX_KEYS}"))
    })?;
    let after = arguments.bytes(2)?.unwrap_or_default();
    let (_, state) = context.state(arguments.hash(3)?)?;
    // One more is read, because the scan includes the key after which the page begins.
    let keys: Vec<Bytes> = state
        .scan(&prefix, &after, count.saturating_add(1))
        .into_iter()
        .map(|(key, _)| key)
        .filter(|key| after.is_empty() || *key != after)
        .take(count)
        .map(Bytes)
        .collect();
    Ok(json!(keys))
}

/// `state_getMetadata`: version 14, which every client reads.
pub(super) fn metadata(context: &Context, _: &Arguments) -> Result<Value, Failure> {
    let bytes = context.metadata(14).ok_or_else(|| Failure::new(errors::INTERNAL, "no metadata of version 14"))?;
    Ok(json!(Bytes(bytes.to_vec())))
}

/// `state_getRuntimeVersion`.
pub(super) fn runtime_version(context: &Context, _: &Arguments) -> Result<Value, Failure> {
    Ok(context.version.to_json())
}
