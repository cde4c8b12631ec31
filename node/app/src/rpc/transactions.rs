//! `tx_*`: transactions from the pool to their receipt.

use super::arguments::Arguments;
use super::context::Context;
use super::failure::Failure;
use super::handlers::blocking;
use super::limits::{DEFAULT_WAIT, MAX_WAIT};
use super::views;
use crate::backend::TransactionStatus;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tenon_api::errors;
use tenon_types::Hash;
use tokio::sync::mpsc;

/// The one method that waits.
pub(super) const SUBMIT_AND_WAIT: &str = "tx_submitAndWait";

/// `tx_receipt`.
pub(super) fn receipt(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let hash = arguments.required_hash(0)?;
    let unknown = || Failure::new(errors::UNKNOWN_TRANSACTION, format!("found {hash}"));
    let (block, index) = context.backend.transaction(&hash).ok_or_else(unknown)?;
    receipt_at(context, block, index)
}

fn receipt_at(context: &Context, block: Hash, index: u32) -> Result<Value, Failure> {
    let block = context.block(Some(block))?;
    let view = views::receipt(context, &block, index).ok_or_else(|| {
        Failure::new(errors::UNKNOWN_TRANSACTION, format!("found index {index} in block {}", block.hash))
    })?;
    Ok(json!(view))
}

/// `tx_submitAndWait`.
pub(super) async fn submit_and_wait(context: Arc<Context>, arguments: &Arguments) -> Result<Value, Failure> {
    let bytes = arguments.required_bytes(0)?;
    let until_final = match arguments.text(1)? {
        None | Some("finalized") => true,
        Some("included") => false,
        Some(other) => {
            let found = Failure::new(errors::INVALID_PARAMS, format!("found wait_until {other:?}"));
            return Err(found.expected("\"included\" or \"finalized\""));
        }
    };
    let wait = arguments.number(2)?.map_or(DEFAULT_WAIT, Duration::from_millis).min(MAX_WAIT);
    let (sender, mut statuses) = mpsc::unbounded_channel();
    let submitting = Arc::clone(&context);
    let hash = blocking(move || Ok(submitting.backend.submit(bytes, Some(sender))?)).await?;
    let (block, index) = match tokio::time::timeout(wait, included(&mut statuses, until_final)).await {
        Ok(Some(Ok(place))) => place,
        Ok(Some(Err(reason))) => return Err(Failure::new(errors::TRANSACTION_GONE, format!("{hash}: {reason}"))),
        Ok(None) => return Err(Failure::new(errors::STOPPING, format!("{hash}: the node ended the watch"))),
        Err(_) => {
            let found = Failure::new(errors::WAIT_TIMEOUT, format!("{hash} after {} ms", wait.as_millis()));
            return Err(found);
        }
    };
    blocking(move || receipt_at(&context, block, index)).await
}

/// Waits until a transaction is where the caller wants it, or gone.
async fn included(
    statuses: &mut mpsc::UnboundedReceiver<TransactionStatus>,
    until_final: bool,
) -> Option<Result<(Hash, u32), String>> {
    loop {
        match statuses.recv().await? {
            TransactionStatus::InBlock(block, index) if !until_final => return Some(Ok((block, index))),
            TransactionStatus::Finalized(block, index) => return Some(Ok((block, index))),
            TransactionStatus::Usurped(by) => return Some(Err(format!("replaced by {by}"))),
            TransactionStatus::Invalid => return Some(Err("it became invalid".into())),
            TransactionStatus::Dropped => return Some(Err("the pool dropped it".into())),
            TransactionStatus::InBlock(..) | TransactionStatus::Future | TransactionStatus::Ready => {}
        }
    }
}
