//! Creates an instance of code: what `tenon deploy` and `tenon template deploy` have in common. Code that is not on chain is
//! uploaded in the same transaction, so that both happen or neither.

use super::output::{Failure, Report};
use super::sending::{self, SendOptions, Sender, coins};
use super::{receipt, simulate};
use clap::Args;
use serde_json::json;
use tenon_client::{Client, format_address, parse_hash};
use tenon_types::{Address, AdminPolicy, Call, Gas, Hash, ModulesCall, UtilityCall, blake2b_256, keys};

/// Options of a transaction that creates an instance.
#[derive(Debug, Args)]
pub(super) struct InstanceOptions {
    #[command(flatten)]
    send: SendOptions,
    /// Coins to send along
    #[arg(long, value_name = "COINS", default_value = "0")]
    value: String,
    /// The most gas to use; found out by simulation if absent
    #[arg(long, value_name = "GAS")]
    gas: Option<Gas>,
    /// Chooses the address: a text or a hash; the sender's nonce if absent
    #[arg(long, value_name = "TEXT|HASH")]
    salt: Option<String>,
}

/// What to create.
pub(super) struct Instantiation<'a> {
    /// What it is called in the report.
    pub what: String,
    /// Its code.
    pub code_hash: Hash,
    /// The code's file, if it is not on chain.
    pub upload: Option<&'a [u8]>,
    /// The arguments of `init`, encoded.
    pub input: Vec<u8>,
    /// Who may upgrade it: `me`, `nobody` or an address.
    pub admin: &'a str,
    /// How long before an upgrade the admin must announce it.
    pub delay_ms: u64,
    /// Whether to run the transaction and undo it.
    pub simulate: bool,
}

/// Sends the transaction. The report says the instance's address, which is also returned if the instance was created.
///
/// # Errors
/// What an option is refused for, or what the transaction ends with before it is in a block.
pub(super) async fn instantiate(
    client: &Client,
    options: &InstanceOptions,
    wanted: &Instantiation<'_>,
) -> Result<(Report, Option<String>), Failure> {
    let value = coins(client, &options.value)?;
    let sender = Sender::new(client, &options.send)?;
    let salt = match &options.salt {
        Some(text) => parse_hash(text).unwrap_or_else(|| blake2b_256(text.as_bytes())),
        None => nonce_salt(client.nonce(&sender.account).await?),
    };
    let admin = admin(client, &sender.account, wanted).await?;
    let code_hash = wanted.code_hash;
    let make = |gas_limit| {
        let input = wanted.input.clone();
        let create = ModulesCall::instantiate { code_hash, input, value, salt, admin, capabilities: None, gas_limit };
        match wanted.upload {
            None => Call::Modules(create),
            Some(code) => {
                let upload = Call::Modules(ModulesCall::upload { code: code.to_vec() });
                Call::Utility(UtilityCall::batch_all { calls: vec![upload, Call::Modules(create)] })
            }
        }
    };
    let what = format!("deployment of {}", wanted.what);
    if wanted.simulate {
        let mut outcome = sending::simulate(client, &sender.account, options.gas, &make).await?;
        receipt::label(&mut outcome.events, &client.names().await?, client.facts().prefix);
        return Ok((simulate::report(&what, &outcome, client.facts(), None), None));
    }
    let receipt = sender.send(options.gas, &make).await?;
    let instance = keys::instance_address(&sender.account, &code_hash, &salt);
    let instance = format_address(&instance, client.facts().prefix);
    let extra = [("instance", json!(instance)), ("code_hash", json!(code_hash.to_string()))];
    let created = receipt.error.is_none();
    let extra = if created { &extra[..] } else { &extra[1..] };
    Ok((receipt::report(&what, &receipt, client.facts(), None, extra), created.then_some(instance)))
}

async fn admin(client: &Client, sender: &Address, wanted: &Instantiation<'_>) -> Result<AdminPolicy, Failure> {
    let owner = match wanted.admin {
        "nobody" => return Ok(AdminPolicy::Nobody),
        "me" => *sender,
        other => sending::address(client, other).await?,
    };
    Ok(AdminPolicy::Owner { owner, delay_ms: wanted.delay_ms })
}

/// A salt that no earlier deployment of the sender used unless it chose it: its nonce.
fn nonce_salt(nonce: u32) -> Hash {
    let mut salt = [0; 32];
    salt[..4].copy_from_slice(&nonce.to_le_bytes());
    Hash(salt)
}
