//! `tenon template deploy`: one transaction that makes an instance of code that is on chain, with the parameters given.
//! Everything that is given is checked before anything is sent.

use super::super::Global;
use super::super::instantiate::{InstanceOptions, Instantiation, instantiate};
use super::super::output::{Failure, Kind, Report};
use super::super::project::Code;
use super::{bounded, code_of, find};
use crate::template::{MAX_PARAMETERS, Problem, Reading, Template, one_line, written};
use clap::Args;
use serde_json::{Map, Value as Json, json};
use std::path::{Path, PathBuf};
use tenon_client::{Client, Codec};

/// Deploy a template with parameters of your own
#[derive(Debug, Args)]
pub(super) struct TemplateDeploy {
    /// A template's name, or the path of a template.toml
    template: String,
    /// A parameter and its value; `tenon template show` lists them
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// A TOML file with parameters; --set goes before it
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Run the transaction and undo it: result, fee and deposit
    #[arg(long)]
    simulate: bool,
    #[command(flatten)]
    instance: InstanceOptions,
    /// Who may upgrade it to other code: me, nobody, or an address
    #[arg(long, value_name = "WHO", default_value = "nobody")]
    admin: String,
    /// How long before an upgrade the admin must announce it, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    delay_ms: u64,
}

impl TemplateDeploy {
    pub(super) async fn run(self, global: &Global) -> Result<Report, Failure> {
        let template = find(&self.template)?;
        let entered = self.entered()?;
        let client = global.connect().await?;
        let code = code_of(&template, Some(&client)).await?;
        template.fit(&code.interface).map_err(|error| {
            let message = format!("template {} does not fit its code: {error}", template.name);
            Failure::new(Kind::Project, message, "compare its [arguments] with `init` in `tenon module show`")
        })?;
        let arguments = arguments(&client, &template, &code, &entered).await?;
        if !client.has_code(&code.hash).await? {
            let message = format!("found no code {} on this chain, expected that of {}", code.hash, template.name);
            let hint = "this chain began with another version of the program: use that one, or begin a chain anew";
            return Err(Failure::new(Kind::NotFound, message, hint));
        }
        let wanted = Instantiation {
            what: template.name.clone(),
            code_hash: code.hash,
            upload: None,
            input: arguments,
            admin: &self.admin,
            delay_ms: self.delay_ms,
            simulate: self.simulate,
        };
        let (mut report, instance) = instantiate(&client, &self.instance, &wanted).await?;
        if let Some(instance) = instance {
            let url =
                if global.url == super::super::DEFAULT_URL { String::new() } else { format!(" --url {}", global.url) };
            let shown = [format!("module show {instance}")];
            let next = template.next.iter().map(|words| words.replace("{instance}", &instance));
            let next: Vec<String> = shown.into_iter().chain(next).map(|words| format!("tenon {words}{url}")).collect();
            report.text = format!("{}\n  try next\n    {}", report.text, next.join("\n    "));
            report.json["next"] = json!(next);
        }
        Ok(report)
    }

    /// What was entered, in order: `--set`, then what the file says of other parameters.
    fn entered(&self) -> Result<Vec<(String, String)>, Failure> {
        let mut entered = Vec::new();
        for setting in &self.settings {
            let Some((name, value)) = setting.split_once('=') else {
                let message = format!("found --set {setting:?}, expected a name, = and a value");
                return Err(Failure::new(Kind::Usage, message, "write --set name=Gold, with quotes around blanks"));
            };
            entered.push((name.trim().replace('-', "_"), value.to_string()));
        }
        let from_file = self.file.as_deref().map(read_file).transpose()?.unwrap_or_default();
        let set: Vec<String> = entered.iter().map(|(name, _)| name.clone()).collect();
        entered.extend(from_file.into_iter().filter(|(name, _)| !set.contains(name)));
        if entered.len() > 2 * MAX_PARAMETERS {
            let message = format!("found {} parameters, expected at most {MAX_PARAMETERS}", entered.len());
            return Err(Failure::new(Kind::Usage, message, "`tenon template show` lists the parameters"));
        }
        Ok(entered)
    }
}

/// The parameters that a TOML file gives.
fn read_file(path: &Path) -> Result<Vec<(String, String)>, Failure> {
    let text = bounded(path)?;
    let wrong = |reason: String| {
        let hint = "write one line for each parameter, such as name = \"Gold\"; a number with a point goes in quotes";
        Failure::new(Kind::File, format!("cannot read {}: {reason}", path.display()), hint)
    };
    let values: Map<String, Json> = toml::from_str(&text).map_err(|error| wrong(one_line(&text, &error)))?;
    let value = |(name, value): (String, Json)| match written(&value) {
        Some(text) => Ok((name, text)),
        None => Err(wrong(format!("found {value} for {name}, expected a text, a whole number, true or false"))),
    };
    values.into_iter().map(value).collect()
}

/// The arguments of `init`, encoded.
async fn arguments(
    client: &Client,
    template: &Template,
    code: &Code,
    entered: &[(String, String)],
) -> Result<Vec<u8>, Failure> {
    let names = client.names().await?;
    let resolve = |name: &str| names.get(name).copied();
    let codec = Codec::new(&code.interface, &resolve, client.facts().prefix);
    let reading = Reading { codec, decimals: client.facts().decimals };
    let arguments = template.fill(entered, &reading).map_err(|problems| refused(&template.name, &problems))?;
    let init = super::super::deploy::init_of(code);
    Ok(codec.encode_arguments(&init, &arguments).map_err(tenon_client::ClientError::from)?)
}

/// All problems in one message.
pub(super) fn refused(template: &str, problems: &[Problem]) -> Failure {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    let mut hints: Vec<&str> = problems.iter().map(|problem| problem.hint.as_str()).collect();
    hints.dedup();
    let hint = format!("{}; `tenon template show {template}` says more; nothing was sent", hints.join("; "));
    Failure::new(Kind::Usage, format!("parameters of {template}: {}", lines.join("; ")), hint)
}
