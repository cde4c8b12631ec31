//! `tenon call`: sends a transaction that calls a method of an instance.

use super::method_words::{self, MethodWords};
use super::output::{Failure, Report};
use super::sending::{SendOptions, Sender, coins};
use super::{Global, receipt};
use clap::Args;
use tenon_client::Codec;
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

pub(super) async fn run(words: MethodWords, mut global: Global) -> Result<Report, Failure> {
    let options = method_words::options::<CallOptions>("tenon call");
    let (instance, method) = match words.target(&options, ABOUT) {
        Ok(target) => target,
        Err(end) => return end,
    };
    method_words::take_global(&mut global, &words.rest);
    let client = global.connect().await?;
    let instance = client.instance(&instance).await?;
    let Some(method) = method else {
        return Ok(method_words::list_methods(&instance.label, &instance.interface, MethodMode::Call));
    };
    let method = instance.method(MethodMode::Call, &method)?;
    let name = format!("tenon call {} {}", instance.label, method.name);
    let command = method_words::with_method(method_words::options::<CallOptions>(&name), &instance.interface, method);
    if words.help {
        return Ok(method_words::help(command));
    }
    let (options, matches) = match method_words::parse::<CallOptions>(command, &words.rest) {
        Ok(parsed) => parsed,
        Err(end) => return end,
    };
    let resolve = |name: &str| instance.resolve(name);
    let codec = Codec::new(&instance.interface, &resolve, client.facts().prefix);
    let input = instance.encode(method, &method_words::arguments(&codec, method, &matches)?)?;
    let value = coins(&client, &options.value)?;
    let sender = Sender::new(&client, &options.send)?;
    let receipt = sender.send(options.gas, &|gas| instance.call(method, input.clone(), value, gas)).await?;
    let result = match receipt.error {
        None => Some(instance.decode_result(method, &receipt.output.0)?),
        Some(_) => None,
    };
    let what = format!("{}.{}", instance.label, method.name);
    Ok(receipt::report(&what, &receipt, client.facts(), result, &[]))
}
