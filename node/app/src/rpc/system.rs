//! `system_*`, `rpc_methods` and `rpc.discover`: the chain's and the node's names and health.

use super::arguments::Arguments;
use super::context::Context;
use super::failure::Failure;
use serde_json::{Value, json};
use tenon_api::{methods as table, openrpc};

/// Name of this implementation.
const NODE_NAME: &str = "Tenon";

type Answer = Result<Value, Failure>;

/// `rpc_methods`.
pub(super) fn methods(context: &Context, _: &Arguments) -> Answer {
    Ok(json!({ "methods": table::names(context.backend.is_development()) }))
}

/// `rpc.discover`.
pub(super) fn discover(context: &Context, _: &Arguments) -> Answer {
    Ok(openrpc(&context.backend.genesis().name, context.backend.is_development()))
}

/// `system_chain`.
pub(super) fn chain(context: &Context, _: &Arguments) -> Answer {
    Ok(context.backend.genesis().name.clone().into())
}

/// `system_chainType`.
pub(super) fn chain_type(context: &Context, _: &Arguments) -> Answer {
    Ok(if context.backend.is_development() { "Development" } else { "Live" }.into())
}

/// `system_health`. A chain of one producer has no peers and is never behind.
pub(super) fn health(_: &Context, _: &Arguments) -> Answer {
    Ok(json!({ "peers": 0, "isSyncing": false, "shouldHavePeers": false }))
}

/// `system_localPeerId`. A node without a network has the name of nobody.
pub(super) fn local_peer_id(_: &Context, _: &Arguments) -> Answer {
    Ok("".into())
}

/// `system_name`.
pub(super) fn name(_: &Context, _: &Arguments) -> Answer {
    Ok(NODE_NAME.into())
}

/// `system_nodeRoles`.
pub(super) fn node_roles(_: &Context, _: &Arguments) -> Answer {
    Ok(json!(["Authority"]))
}

/// `system_peers`.
pub(super) fn peers(_: &Context, _: &Arguments) -> Answer {
    Ok(json!([]))
}

/// `system_properties`.
pub(super) fn properties(context: &Context, _: &Arguments) -> Answer {
    let genesis = context.backend.genesis();
    Ok(json!({
        "ss58Format": genesis.ss58_prefix,
        "tokenDecimals": genesis.decimals,
        "tokenSymbol": genesis.symbol,
        "isEthereum": false,
    }))
}

/// `system_syncState`.
pub(super) fn sync_state(context: &Context, _: &Arguments) -> Answer {
    let height = context.backend.best().block.header.number;
    Ok(json!({ "startingBlock": 0, "currentBlock": height, "highestBlock": height }))
}

/// `system_version`.
pub(super) fn version(_: &Context, _: &Arguments) -> Answer {
    Ok(env!("CARGO_PKG_VERSION").into())
}
