//! `tenon call`: sends a transaction that calls a method of an instance.

use super::entered::{Entered, enter};
use super::method_words::MethodWords;
use super::output::{Failure, Report};
use super::sending::{SendOptions, Sender, coins};
use super::{Global, receipt};
use clap::Args;
use tenon_types::Gas;
use tenon_types::interface::MethodMode;

pub(super) const ABOUT: &str = "Send a transaction that calls a method; it is simulated first";

/// Options of a call.
#[derive(Debug, Args)]
pub(super) struct CallOptions {
    #[command(flatten)]
    send: SendOptions,
    /// Coins to send along
    #[arg(long, value_name = "COINS", default_value = "0")]
    value: String,
    /// The most gas to use; found out by simulation if absent
    #[arg(long, value_name = "GAS")]
    gas: Option<Gas>,
}

pub(super) async fn run(words: MethodWords, global: Global) -> Result<Report, Failure> {
    let entered = match enter::<CallOptions>(words, global, ("call", ABOUT), MethodMode::Call).await {
        Ok(entered) => entered,
        Err(end) => return end,
    };
    let Entered { client, instance, method, input, options } = &entered;
    let value = coins(client, &options.value)?;
    let sender = Sender::new(client, &options.send)?;
    let receipt = sender.send(options.gas, &|gas| instance.call(method, input.clone(), value, gas)).await?;
    let result = match receipt.error {
        None => Some(instance.decode_result(method, &receipt.output.0)?),
        Some(_) => None,
    };
    Ok(receipt::report(&entered.what(), &receipt, client.facts(), result, &[]))
}
