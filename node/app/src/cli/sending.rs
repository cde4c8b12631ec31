//! Sends a transaction as every command does: simulate, set the gas limit, sign, submit, wait.

use super::output::Failure;
use super::{method_words, receipt, signer};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use tenon_abi::module_error_number;
use tenon_api::json::{ExecutionView, ReceiptView};
use tenon_client::{Client, WaitUntil, parse_amount};
use tenon_crypto::{Keypair, Scheme};
use tenon_types::{Address, Amount, Call, Gas};

/// Gas limit of a simulation, and of a call whose gas is to be found out.
const SIMULATED_GAS: Gas = 1_000_000_000;
/// Gas limit of a call that is not simulated and names no limit.
const BLIND_GAS: Gas = 50_000_000;
/// Gas added to what a simulation used, beside a quarter of it: another block's state may take another path.
const SPARE_GAS: Gas = 100_000;
/// The longest that a command waits for a block.
const MAX_WAIT_MS: u64 = 600_000;

/// Options of every command that sends a transaction.
#[derive(Clone, Debug, Args)]
pub(super) struct SendOptions {
    /// Who signs: a key such as //Alice, a phrase in quotes, or a polkadot.js key file
    #[arg(long, value_name = "KEY")]
    pub from: String,
    /// The signature scheme of a key that is not from a file
    #[arg(long, value_name = "SCHEME", default_value = "sr25519")]
    pub scheme: SchemeName,
    /// The file whose first line is the key file's password; else TENON_PASSWORD
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// What the block's producer gets beside the fee, in coins
    #[arg(long, value_name = "COINS", default_value = "0")]
    pub tip: String,
    /// What to wait for
    #[arg(long, value_name = "STATE", default_value = "included")]
    pub wait: Wait,
    /// How long to wait for it, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(1..=MAX_WAIT_MS))]
    pub timeout_ms: u64,
    /// Send without simulating first
    #[arg(long)]
    pub no_simulate: bool,
}

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Wait {
    /// The transaction is in a block
    Included,
    /// Its block is final
    Finalized,
}

/// A signature scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemeName {
    /// Schnorr over Ristretto, as wallets make by default
    Sr25519,
    /// Ed25519
    Ed25519,
    /// ECDSA over secp256k1
    Secp256k1,
}

impl From<SchemeName> for Scheme {
    fn from(name: SchemeName) -> Self {
        match name {
            SchemeName::Sr25519 => Self::Sr25519,
            SchemeName::Ed25519 => Self::Ed25519,
            SchemeName::Secp256k1 => Self::Secp256k1,
        }
    }
}

/// Who sends, and how.
pub(super) struct Sender<'c> {
    /// The node.
    pub client: &'c Client,
    /// The signer's address.
    pub account: Address,
    options: SendOptions,
    pair: Keypair,
    tip: Amount,
}

impl<'c> Sender<'c> {
    /// Reads the key and the tip.
    ///
    /// # Errors
    /// If either is not one.
    pub(super) fn new(client: &'c Client, options: &SendOptions) -> Result<Self, Failure> {
        let pair = signer::load(&options.from, options.scheme.into(), options.password_file.as_deref())?;
        let tip = coins(client, &options.tip)?;
        Ok(Self { client, account: Address(pair.account()), options: options.clone(), pair, tip })
    }

    /// Simulates, signs, submits and waits. `make` gives the call for a gas limit; `limit` is the user's, if any.
    ///
    /// # Errors
    /// What the simulation or the pool refuses; then nothing was sent. A transaction that fails in its block is a
    /// receipt with an error.
    pub(super) async fn send(&self, limit: Option<Gas>, make: &dyn Fn(Gas) -> Call) -> Result<ReceiptView, Failure> {
        let limit = match limit {
            Some(limit) if self.options.no_simulate => limit,
            None if self.options.no_simulate => BLIND_GAS,
            Some(limit) => {
                self.simulate(&make(limit)).await?;
                limit
            }
            None => self.find_limit(make).await?,
        };
        let signed = self.client.sign(&self.pair, make(limit), self.tip).await?;
        let until = match self.options.wait {
            Wait::Included => WaitUntil::Included,
            Wait::Finalized => WaitUntil::Finalized,
        };
        let mut receipt = self.client.submit_and_wait(&signed, until, self.options.timeout_ms).await?;
        receipt::label(&mut receipt.events, &self.client.names().await?, self.client.facts().prefix);
        Ok(receipt)
    }

    /// A gas limit with which the call succeeds: what it uses and a little more, or the double of that, and so on. A method
    /// may ask for gas that it does not use, such as for a call to somebody whom it does not trust.
    async fn find_limit(&self, make: &dyn Fn(Gas) -> Call) -> Result<Gas, Failure> {
        let used = self.simulate(&make(SIMULATED_GAS)).await?.gas_used;
        let mut limit = used.saturating_add(used / 4).saturating_add(SPARE_GAS);
        while limit < SIMULATED_GAS && self.client.simulate(&self.account, &make(limit), None).await?.error.is_some() {
            limit = limit.saturating_mul(2).min(SIMULATED_GAS);
        }
        Ok(limit)
    }

    async fn simulate(&self, call: &Call) -> Result<ExecutionView, Failure> {
        let outcome = self.client.simulate(&self.account, call, None).await?;
        match failure_of(&outcome) {
            Some(failure) => Err(Failure { hint: format!("{}; nothing was sent", failure.hint), ..failure }),
            None => Ok(outcome),
        }
    }
}

/// Runs a call as if it were sent with much gas.
///
/// # Errors
/// What the request ends with.
pub(super) async fn simulate(
    client: &Client,
    from: &Address,
    limit: Option<Gas>,
    make: &dyn Fn(Gas) -> Call,
) -> Result<ExecutionView, Failure> {
    Ok(client.simulate(from, &make(limit.unwrap_or(SIMULATED_GAS)), None).await?)
}

/// The failure of a query or simulation that ended with an error.
pub(super) fn failure_of(outcome: &ExecutionView) -> Option<Failure> {
    let error = outcome.error.as_ref()?;
    let message =
        if error.message.is_empty() { error.name.clone() } else { error.message.trim_end_matches('.').into() };
    // A module's own error says it all; the host's are explained by what was logged, such as a panic with its line.
    let details = match module_error_number(error.number) {
        Some(number) => vec![format!("the module's error {number}")],
        None => outcome.logs.iter().map(|line| line.message.clone()).chain(printable(&outcome.output.0)).collect(),
    };
    let message = std::iter::once(message).chain(details).collect::<Vec<_>>();
    Some(Failure {
        code: error.number.into(),
        name: error.name.clone(),
        message: message.join(": "),
        hint: error.hint.clone(),
        exit: 1,
    })
}

/// An error's data, if it is text.
pub(super) fn printable(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    (!text.is_empty() && !text.chars().any(char::is_control)).then(|| text.to_string())
}

/// Reads an amount of the chain's coin.
///
/// # Errors
/// If the text is none.
pub(super) fn coins(client: &Client, text: &str) -> Result<Amount, Failure> {
    Ok(parse_amount(text, client.facts().decimals).map_err(tenon_client::ClientError::from)?)
}

/// Reads an address or a protocol module's name.
///
/// # Errors
/// If the text is neither.
pub(super) async fn address(client: &Client, text: &str) -> Result<Address, Failure> {
    if let Ok(address) = tenon_client::parse_address(text, &tenon_client::no_names) {
        return Ok(address);
    }
    let names = client.names().await?;
    tenon_client::parse_address(text, &|name| names.get(name).copied()).map_err(|error| {
        let hint = format!(
            "{}; {}",
            tenon_client::AddressError::HINT,
            method_words::nearest(text, names.keys().map(String::as_str))
        );
        Failure { hint, ..Failure::from(tenon_client::ClientError::from(error)) }
    })
}
