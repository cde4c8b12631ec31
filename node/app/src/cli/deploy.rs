//! `tenon deploy`: creates an instance of code: of a file, of code on chain, or of the project in the present folder.
//! Code that is not on chain is uploaded in the same transaction, so that both happen or neither.

use super::Global;
use super::instantiate::{InstanceOptions, Instantiation, instantiate};
use super::method_words::{self, DeployWords};
use super::output::{Failure, Kind, Report};
use super::project::{self, Code};
use clap::Args;
use std::path::Path;
use tenon_client::{Codec, parse_hash};
use tenon_types::interface::{Method, MethodMode, ValueType};

pub(super) const ABOUT: &str = "Create an instance of a module: of --code, or of the project in this folder";

/// Options of a deployment.
#[derive(Debug, Args)]
pub(super) struct DeployOptions {
    /// A WASM file, or the hash of code on chain; the project in this folder if absent
    #[arg(long, value_name = "FILE|HASH")]
    code: Option<String>,
    #[command(flatten)]
    instance: InstanceOptions,
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
    let input = codec.encode_arguments(&init, &arguments).map_err(tenon_client::ClientError::from)?;
    let uploaded = client.has_code(&code.hash).await?;
    let wanted = Instantiation {
        what: code.manifest.name.clone(),
        code_hash: code.hash,
        upload: if uploaded { None } else { Some(&code.wasm) },
        input,
        admin: &options.admin,
        delay_ms: options.delay_ms,
        simulate: false,
    };
    Ok(instantiate(&client, &options.instance, &wanted).await?.0)
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
pub(super) fn init_of(code: &Code) -> Method {
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
