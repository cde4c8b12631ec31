//! `tenon deploy`: creates an instance of code: of a file, of code on chain, or of the project in the present folder.
//! Code that is not on chain is uploaded in the same transaction, so that both happen or neither.

use super::method_words::{self, DeployWords};
use super::output::{Failure, Kind, Report};
use super::project::{self, Code};
use super::sending::{self, SendOptions, Sender, coins};
use super::{Global, receipt};
use clap::Args;
use serde_json::{Map, json};
use std::path::Path;
use tenon_client::{Client, Codec, format_address, parse_hash};
use tenon_types::interface::{Method, MethodMode, ValueType};
use tenon_types::{AdminPolicy, Call, Gas, Hash, ModulesCall, UtilityCall, blake2b_256, keys};

pub(super) const ABOUT: &str = "Create an instance of a module: of --code, or of the project in this folder";

/// Options of a deployment.
#[derive(Debug, Args)]
pub(super) struct DeployOptions {
    /// A WASM file, or the hash of code on chain; the project in this folder if absent
    #[arg(long, value_name = "FILE|HASH")]
    code: Option<String>,
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
    /// Who may upgrade it: me, nobody, or an address
    #[arg(long, value_name = "WHO", default_value = "me")]
    admin: String,
    /// How long before an upgrade the admin must announce it, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    delay_ms: u64,
}

pub(super) async fn run(words: DeployWords, mut global: Global) -> Result<Report, Failure> {
    let base = method_words::options::<DeployOptions>("tenon deploy");
    let wanted = method_words::value_of(&words.rest, "code");
    if words.help && wanted.is_none() && project::find().is_err() {
        return Ok(method_words::help(base.about(ABOUT)));
    }
    method_words::take_global(&mut global, &words.rest);
    let on_chain = wanted.filter(|text| !Path::new(text).exists()).and_then(parse_hash);
    let (client, code) = match on_chain {
        Some(hash) => {
            let client = global.connect().await?;
            let code = Code::new(client.code(&hash).await?)?;
            (Some(client), code)
        }
        None => (None, local(wanted)?),
    };
    let init = init_of(&code);
    let command = method_words::with_method(base, &code.interface, &init).about(ABOUT);
    if words.help {
        return Ok(method_words::help(command));
    }
    let (options, matches) = match method_words::parse::<DeployOptions>(command, &words.rest) {
        Ok(parsed) => parsed,
        Err(end) => return end,
    };
    let client = match client {
        Some(client) => client,
        None => global.connect().await?,
    };
    let names = client.names().await?;
    let resolve = |name: &str| names.get(name).copied();
    let codec = Codec::new(&code.interface, &resolve, client.facts().prefix);
    let arguments = method_words::arguments(&codec, &init, &matches)?;
    deploy(&client, &options, &code, &codec, &init, &arguments).await
}

async fn deploy(
    client: &Client,
    options: &DeployOptions,
    code: &Code,
    codec: &Codec<'_>,
    init: &Method,
    arguments: &Map<String, serde_json::Value>,
) -> Result<Report, Failure> {
    let input = codec.encode_arguments(init, arguments).map_err(tenon_client::ClientError::from)?;
    let value = coins(client, &options.value)?;
    let sender = Sender::new(client, &options.send)?;
    let salt = match &options.salt {
        Some(text) => parse_hash(text).unwrap_or_else(|| blake2b_256(text.as_bytes())),
        None => nonce_salt(client.nonce(&sender.account).await?),
    };
    let admin = match options.admin.as_str() {
        "nobody" => AdminPolicy::Nobody,
        "me" => AdminPolicy::Owner { owner: sender.account, delay_ms: options.delay_ms },
        other => AdminPolicy::Owner { owner: sending::address(client, other).await?, delay_ms: options.delay_ms },
    };
    let code_hash = code.hash;
    let instantiate = |gas_limit| {
        let input = input.clone();
        Call::Modules(ModulesCall::instantiate { code_hash, input, value, salt, admin, capabilities: None, gas_limit })
    };
    let uploaded = client.has_code(&code_hash).await?;
    let make = |gas_limit| {
        if uploaded {
            return instantiate(gas_limit);
        }
        let upload = Call::Modules(ModulesCall::upload { code: code.wasm.clone() });
        Call::Utility(UtilityCall::batch_all { calls: vec![upload, instantiate(gas_limit)] })
    };
    let receipt = sender.send(options.gas, &make).await?;
    let instance = keys::instance_address(&sender.account, &code_hash, &salt);
    let instance = format_address(&instance, client.facts().prefix);
    let extra = [("instance", json!(instance)), ("code_hash", json!(code_hash.to_string()))];
    let extra = if receipt.error.is_none() { &extra[..] } else { &extra[1..] };
    Ok(receipt::report(&format!("deployment of {}", code.manifest.name), &receipt, client.facts(), None, extra))
}

fn local(wanted: Option<&str>) -> Result<Code, Failure> {
    match wanted {
        Some(text) if text.starts_with("0x") && !Path::new(text).exists() => Err(Failure::new(
            Kind::Usage,
            format!("found --code {text}, expected a WASM file or the hash of code on chain"),
            "write 0x and 64 hex digits, or the path of a file",
        )),
        Some(path) => Code::open(Path::new(path)),
        None => Ok(project::build()?.1),
    }
}

/// The module's constructor; one without arguments if it has none.
fn init_of(code: &Code) -> Method {
    code.interface.method(MethodMode::Init, "init").cloned().unwrap_or(Method {
        mode: MethodMode::Init,
        name: "init".into(),
        doc: String::new(),
        arguments: Vec::new(),
        result: ValueType::Tuple(Vec::new()),
        payable: false,
        reentrant: false,
    })
}

/// A salt that no earlier deployment of the sender used unless it chose it: its nonce.
fn nonce_salt(nonce: u32) -> Hash {
    let mut salt = [0; 32];
    salt[..4].copy_from_slice(&nonce.to_le_bytes());
    Hash(salt)
}
