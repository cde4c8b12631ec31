//! Gives each row of the method table its function.

use super::arguments::Arguments;
use super::context::Context;
use super::failure::Failure;
use super::{author, blocks, chain, finality, modules, proofs, runtime_call, state, system, transactions};
use serde_json::Value;
use std::sync::Arc;
use tenon_api::errors;
use tenon_api::methods::Method;

/// A function that answers a call; it may block for a short while.
pub(super) type Handler = fn(&Context, &Arguments) -> Result<Value, Failure>;

/// The function of a method that answers once and does not wait.
pub(super) fn find(name: &str) -> Option<Handler> {
    Some(match name {
        "account_nextIndex" => author::next_index,
        "author_hasKey" => author::has_key,
        "author_pendingExtrinsics" => author::pending,
        "author_submitExtrinsic" | "tx_submit" => author::submit,
        "block_get" => blocks::get,
        "chain_getBlock" => chain::block,
        "chain_getBlockHash" => chain::block_hash,
        "chain_getFinalizedHead" => chain::finalized_head,
        "chain_getHeader" => chain::header,
        "dev_mine" => blocks::mine,
        "finality_epochProof" => finality::epoch_proof,
        "finality_proof" => finality::proof,
        "finality_prove" => finality::prove,
        "finality_validators" => finality::validators,
        "module_code" => modules::code,
        "module_list" => modules::list,
        "module_events" => modules::events,
        "module_query" => modules::query,
        "module_show" => modules::show,
        "module_simulate" => modules::simulate,
        "payment_queryInfo" => runtime_call::query_info_json,
        "rpc.discover" => system::discover,
        "rpc_methods" => system::methods,
        "state_call" => runtime_call::call,
        "state_getKeysPaged" => state::keys_paged,
        "state_getMetadata" => state::metadata,
        "state_getReadProof" => proofs::read_proof,
        "state_getRuntimeVersion" => state::runtime_version,
        "state_getStorage" => state::storage,
        "state_getStorageHash" => state::storage_hash,
        "state_getStorageSize" => state::storage_size,
        "state_queryStorageAt" => state::query_storage_at,
        "system_chain" => system::chain,
        "system_chainType" => system::chain_type,
        "system_health" => system::health,
        "system_localPeerId" => system::local_peer_id,
        "system_name" => system::name,
        "system_nodeRoles" => system::node_roles,
        "system_peers" => system::peers,
        "system_properties" => system::properties,
        "system_syncState" => system::sync_state,
        "system_version" => system::version,
        "tenon_getProof" => proofs::get_proof,
        "tx_receipt" => transactions::receipt,
        _ => return None,
    })
}

/// Answers one call of a method.
pub(super) async fn answer(
    method: &'static Method,
    context: Arc<Context>,
    arguments: Result<Arguments, Failure>,
) -> Result<Value, Failure> {
    let arguments = arguments?;
    if method.name == transactions::SUBMIT_AND_WAIT {
        return transactions::submit_and_wait(context, &arguments).await;
    }
    let handler = find(method.name).ok_or_else(|| Failure::new(errors::METHOD_NOT_FOUND, method.name))?;
    blocking(move || handler(&context, &arguments)).await
}

/// Runs a function off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => {
            tracing::error!(target: "rpc", %error, "a handler failed");
            Err(Failure::new(errors::INTERNAL, "a handler failed"))
        }
    }
}
