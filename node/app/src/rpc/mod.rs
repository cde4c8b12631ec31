//! The RPC server: JSON-RPC over HTTP and WebSocket, `POST /v1/tx` and health checks, all on one port.
//!
//! What there is to call stands in the table of `tenon_api::methods`; [`handlers`] gives each row its function. Functions
//! ask the [`Backend`](crate::backend::Backend) and run off the async threads. Groups of methods that clients take as a
//! whole (`chainHead_v1_*`, `archive_v1_*`), API keys and TLS are left out.

mod arguments;
mod author;
mod blocks;
mod call_json;
mod chain;
mod context;
mod failure;
mod finality;
mod handlers;
mod http;
mod interface_json;
mod limits;
mod modules;
mod proofs;
mod runtime_call;
mod server;
mod state;
mod storage;
mod subscriptions;
mod system;
mod transactions;
mod views;

#[cfg(test)]
mod tests;

pub use server::{RpcConfig, RpcError, RpcServer, serve};
