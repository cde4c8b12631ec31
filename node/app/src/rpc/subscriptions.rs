//! Subscriptions: heads, storage, the version and transactions.
//!
//! Nothing waits in memory without bound for a slow client: messages wait in the connection's bounded buffer, heads in the
//! node's bounded channel. A client that falls behind misses heads, but never final ones: those are read again from the
//! chain. One that takes nothing for [`SLOW_CLIENT_TIMEOUT`] loses its subscription.

use super::arguments::Arguments;
use super::chain::header_json;
use super::context::Context;
use super::failure::Failure;
use super::handlers::blocking;
use super::limits::{IN_BLOCK_BEFORE_FINALIZED, MAX_KEYS, SLOW_CLIENT_TIMEOUT};
use super::state::change_set;
use super::storage::Storage;
use crate::backend::{BlockEntry, HeadEvent, TransactionStatus};
use jsonrpsee::server::{PendingSubscriptionSink, SubscriptionSink};
use jsonrpsee::types::ErrorObjectOwned;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tenon_api::errors;
use tenon_api::methods::Method;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio::time::Instant;

/// Serves one subscription until either side ends it.
pub(super) async fn serve(
    method: &'static Method,
    context: Arc<Context>,
    arguments: Result<Arguments, Failure>,
    pending: PendingSubscriptionSink,
) {
    let arguments = match arguments {
        Ok(arguments) => arguments,
        Err(failure) => return pending.reject(ErrorObjectOwned::from(failure)).await,
    };
    match method.name {
        "author_submitAndWatchExtrinsic" => watch(context, &arguments, pending).await,
        "chain_subscribeAllHeads" | "chain_subscribeNewHeads" => heads(context, pending).await,
        "chain_subscribeFinalizedHeads" => finalized_heads(context, pending).await,
        "state_subscribeRuntimeVersion" => runtime_version(context, pending).await,
        "state_subscribeStorage" => storage(context, &arguments, pending).await,
        name => pending.reject(ErrorObjectOwned::from(Failure::new(errors::METHOD_NOT_FOUND, name))).await,
    }
}

/// Sends a notification; false if the subscription is over.
async fn notify(sink: &SubscriptionSink, value: &impl Serialize) -> bool {
    match serde_json::value::to_raw_value(value) {
        Ok(message) => sink.send_timeout(message, SLOW_CLIENT_TIMEOUT).await.is_ok(),
        Err(_) => false,
    }
}

/// The next announced head; nothing if the subscription or the node is over. Heads that were missed are passed over.
async fn next_head(sink: &SubscriptionSink, events: &mut broadcast::Receiver<HeadEvent>) -> Option<HeadEvent> {
    loop {
        tokio::select! {
            () = sink.closed() => return None,
            event = events.recv() => match event {
                Ok(event) => return Some(event),
                Err(RecvError::Lagged(missed)) => tracing::debug!(target: "rpc", missed, "a subscriber is slow"),
                Err(RecvError::Closed) => return None,
            },
        }
    }
}

async fn heads(context: Arc<Context>, pending: PendingSubscriptionSink) {
    let mut events = context.backend.heads();
    let mut last = context.backend.best();
    let Ok(sink) = pending.accept().await else { return };
    if !notify(&sink, &header_json(&last.block.header)).await {
        return;
    }
    while let Some(event) = next_head(&sink, &mut events).await {
        let HeadEvent::Best(block) = event else { continue };
        if block.hash == last.hash {
            continue;
        }
        if !notify(&sink, &header_json(&block.block.header)).await {
            return;
        }
        last = block;
    }
}

async fn finalized_heads(context: Arc<Context>, pending: PendingSubscriptionSink) {
    let mut events = context.backend.heads();
    let block = context.backend.finalized();
    let Ok(sink) = pending.accept().await else { return };
    let mut last = block.block.header.number;
    if !notify(&sink, &header_json(&block.block.header)).await {
        return;
    }
    while let Some(event) = next_head(&sink, &mut events).await {
        let HeadEvent::Finalized(block) = event else { continue };
        while last < block.block.header.number {
            last += 1;
            let Some(next) = final_block(&context, &block, last).await else { return };
            if !notify(&sink, &header_json(&next.block.header)).await {
                return;
            }
        }
    }
}

/// The final block at a height at or below an announced one.
async fn final_block(context: &Arc<Context>, announced: &Arc<BlockEntry>, height: u32) -> Option<Arc<BlockEntry>> {
    if height == announced.block.header.number {
        return Some(Arc::clone(announced));
    }
    let context = Arc::clone(context);
    let read = move || Ok(context.backend.hash_at(height).and_then(|hash| context.backend.block(&hash)));
    blocking(read).await.ok().flatten()
}

/// The version never changes while a node runs: one notification, and the subscription stays open.
async fn runtime_version(context: Arc<Context>, pending: PendingSubscriptionSink) {
    let Ok(sink) = pending.accept().await else { return };
    if notify(&sink, &context.version.to_json()).await {
        sink.closed().await;
    }
}

type Values = Vec<(Vec<u8>, Option<Vec<u8>>)>;

async fn read_all(context: &Arc<Context>, block: Arc<BlockEntry>, keys: Arc<[Vec<u8>]>) -> Result<Values, Failure> {
    let context = Arc::clone(context);
    blocking(move || {
        let mut storage = Storage::new(&*context.backend, block);
        keys.iter().map(|key| Ok((key.clone(), storage.get(key)?))).collect()
    })
    .await
}

async fn storage(context: Arc<Context>, arguments: &Arguments, pending: PendingSubscriptionSink) {
    let keys: Arc<[Vec<u8>]> = match arguments.bytes_list(0, MAX_KEYS) {
        Ok(Some(keys)) => keys.into(),
        Ok(None) => {
            let failure = Failure::new(errors::INVALID_PARAMS, "no keys were given").expected("a list of keys");
            return pending.reject(ErrorObjectOwned::from(failure)).await;
        }
        Err(failure) => return pending.reject(ErrorObjectOwned::from(failure)).await,
    };
    let mut events = context.backend.heads();
    let block = context.backend.best();
    let mut values = match read_all(&context, Arc::clone(&block), Arc::clone(&keys)).await {
        Ok(values) => values,
        Err(failure) => return pending.reject(ErrorObjectOwned::from(failure)).await,
    };
    let Ok(sink) = pending.accept().await else { return };
    if !notify(&sink, &change_set(block.hash, &values)).await {
        return;
    }
    while let Some(event) = next_head(&sink, &mut events).await {
        let HeadEvent::Best(block) = event else { continue };
        let hash = block.hash;
        // A block whose state is gone already has a successor, which will be announced.
        let Ok(found) = read_all(&context, block, Arc::clone(&keys)).await else { continue };
        let changed: Values =
            found.iter().zip(&values).filter(|(new, old)| new != old).map(|(new, _)| new.clone()).collect();
        if !changed.is_empty() && !notify(&sink, &change_set(hash, &changed)).await {
            return;
        }
        values = found;
    }
}

async fn watch(context: Arc<Context>, arguments: &Arguments, pending: PendingSubscriptionSink) {
    let bytes = match arguments.required_bytes(0) {
        Ok(bytes) => bytes,
        Err(failure) => return pending.reject(ErrorObjectOwned::from(failure)).await,
    };
    let (sender, mut statuses) = mpsc::unbounded_channel();
    let submitted = blocking(move || Ok(context.backend.submit(bytes, Some(sender))?)).await;
    if let Err(failure) = submitted {
        return pending.reject(ErrorObjectOwned::from(failure)).await;
    }
    let Ok(sink) = pending.accept().await else { return };
    let mut in_block: Option<Instant> = None;
    loop {
        let status = tokio::select! {
            () = sink.closed() => return,
            status = statuses.recv() => match status {
                Some(status) => status,
                None => return,
            },
        };
        if let (TransactionStatus::Finalized(..), Some(since)) = (&status, in_block) {
            tokio::time::sleep_until(since + IN_BLOCK_BEFORE_FINALIZED).await;
        }
        if matches!(status, TransactionStatus::InBlock(..)) {
            in_block = Some(Instant::now());
        }
        let (message, is_last) = status_json(&status);
        if !notify(&sink, &message).await || is_last {
            return;
        }
    }
}

/// A status as clients read it, and whether nothing follows it.
fn status_json(status: &TransactionStatus) -> (Value, bool) {
    match status {
        TransactionStatus::Future => ("future".into(), false),
        TransactionStatus::Ready => ("ready".into(), false),
        TransactionStatus::InBlock(block, _) => (json!({ "inBlock": block.to_string() }), false),
        TransactionStatus::Finalized(block, _) => (json!({ "finalized": block.to_string() }), true),
        TransactionStatus::Usurped(by) => (json!({ "usurped": by.to_string() }), true),
        TransactionStatus::Invalid => ("invalid".into(), true),
        TransactionStatus::Dropped => ("dropped".into(), true),
    }
}
