//! `tenon template`: which templates there are, what one asks for, and an instance of one. The templates are in this program;
//! a path in place of a name reads one of your own, which names code on chain.

mod deploy;
#[cfg(test)]
mod tests;

use super::Global;
use super::method_words::nearest;
use super::output::{Failure, Kind, Report, table};
use super::project::Code;
use super::signer::read_text;
use crate::shipped::{ShippedModule, ShippedTemplate, TEMPLATES};
use crate::template::{CodeSource, MAX_TEMPLATE_BYTES, Parameter, Template, Unit};
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};
use std::path::Path;
use tenon_client::Client;

/// List the templates, show one, or deploy one by giving parameters: no code is written or sent
#[derive(Debug, Args)]
pub(super) struct TemplateWords {
    #[command(subcommand)]
    command: TemplateCommand,
}

#[derive(Debug, Subcommand)]
enum TemplateCommand {
    /// List the templates, with whether the node's chain has their code
    List,
    /// Show what a template asks for, and the command that deploys it
    Show {
        /// A template's name, or the path of a template.toml
        template: String,
    },
    Deploy(Box<deploy::TemplateDeploy>),
}

impl TemplateWords {
    pub(super) async fn run(self, global: &Global) -> Result<Report, Failure> {
        match self.command {
            TemplateCommand::List => list(global).await,
            TemplateCommand::Show { template } => show(&template, global).await,
            TemplateCommand::Deploy(deploy) => deploy.run(global).await,
        }
    }
}

/// Whether the chain has code. The list and the description need no node, so that none is no failure.
async fn on_chain(client: Option<&Client>, code: &Code) -> Option<bool> {
    client?.has_code(&code.hash).await.ok()
}

fn in_words(on_chain: Option<bool>) -> &'static str {
    match on_chain {
        Some(true) => "on chain",
        Some(false) => "not on this chain",
        None => "no node to ask",
    }
}

async fn list(global: &Global) -> Result<Report, Failure> {
    let client = global.connect().await.ok();
    let (mut lines, mut views) = (Vec::new(), Vec::new());
    let width = TEMPLATES.iter().map(|shipped| shipped.name.len()).max().unwrap_or(0);
    for shipped in TEMPLATES {
        let template = shipped.read();
        let code = code_of(&template, client.as_ref()).await?;
        let found = on_chain(client.as_ref(), &code).await;
        lines.push(format!("{:width$}  {} ({})", template.name, template.title, in_words(found)));
        lines.push(format!("{:width$}  {}", "", template.sentence));
        views.push(json!({
            "name": template.name,
            "title": template.title,
            "sentence": template.sentence,
            "code_hash": code.hash.to_string(),
            "on_chain": found,
        }));
    }
    lines.push("\ntenon template show NAME says what one asks for".into());
    Ok(Report::new(lines.join("\n"), json!({ "templates": views })))
}

async fn show(wanted: &str, global: &Global) -> Result<Report, Failure> {
    let template = find(wanted)?;
    let client = global.connect().await.ok();
    let code = code_of(&template, client.as_ref()).await?;
    let found = on_chain(client.as_ref(), &code).await;
    let rows = table([
        ("code", format!("{} ({} {})", code.hash, code.manifest.name, code.manifest.version)),
        ("where", in_words(found).into()),
        ("instead", template.instead.clone().unwrap_or_default()),
    ]);
    let section = |title: &str, advanced: bool| {
        let of_kind = template.parameters.iter().filter(|parameter| parameter.advanced == advanced);
        let lines: Vec<String> = of_kind.map(explain).collect();
        if lines.is_empty() { String::new() } else { format!("\n\n{title}\n{}", lines.join("\n")) }
    };
    let ready = ready(wanted, &template);
    let text = format!(
        "{}\n{}\n{rows}{}{}\n\ndeploy it with\n  {ready}",
        template.title,
        template.sentence,
        section("parameters", false),
        section("parameters that seldom need another value", true)
    );
    let json = json!({
        "name": template.name,
        "title": template.title,
        "sentence": template.sentence,
        "instead": template.instead,
        "code_hash": code.hash.to_string(),
        "on_chain": found,
        "parameters": template.parameters.iter().map(view).collect::<Vec<_>>(),
        "deploy": ready,
    });
    Ok(Report::new(text, json))
}

/// A parameter on two lines: what is entered, and what it means.
fn explain(parameter: &Parameter) -> String {
    let bounds = parameter.bounds();
    let unit = parameter.unit.map(|unit| format!(" {}", unit.words())).unwrap_or_default();
    let bounds = if bounds.is_empty() { bounds } else { format!(", {bounds}") };
    let absent = match (&parameter.default, parameter.is_required()) {
        (Some(default), _) => format!("{default} if not given"),
        (None, true) => "must be given".into(),
        (None, false) => "none if not given".into(),
    };
    let example = parameter.example.as_ref().map_or_else(String::new, |example| format!(", such as {example}"));
    let ty = parameter.inner();
    format!("  {}: {ty}{bounds}{unit}; {absent}{example}\n      {}", parameter.name, parameter.sentence)
}

fn view(parameter: &Parameter) -> Json {
    let number = |bound: Option<u128>| bound.map(|bound| bound.to_string());
    json!({
        "name": parameter.name,
        "type": parameter.ty.to_string(),
        "required": parameter.is_required(),
        "default": parameter.default,
        "example": parameter.example,
        "min": number(parameter.min),
        "max": number(parameter.max),
        "min_bytes": parameter.min_bytes,
        "max_bytes": parameter.max_bytes,
        "choices": parameter.choices,
        "unit": parameter.unit.map(Unit::name),
        "advanced": parameter.advanced,
        "sentence": parameter.sentence,
    })
}

/// A command that deploys the template with its examples.
fn ready(wanted: &str, template: &Template) -> String {
    let required = template.parameters.iter().filter(|parameter| parameter.is_required());
    let settings = required.map(|parameter| {
        let example = parameter.example.as_deref().unwrap_or_default();
        let setting = format!("{}={example}", parameter.name);
        let plain = setting.chars().all(|letter| letter.is_ascii_alphanumeric() || "=_-./:".contains(letter));
        if plain { format!(" --set {setting}") } else { format!(" --set '{setting}'") }
    });
    format!("tenon template deploy {wanted}{} --from //Alice", settings.collect::<String>())
}

/// Finds a template of this program, or reads one from a file.
fn find(wanted: &str) -> Result<Template, Failure> {
    if let Some(shipped) = ShippedTemplate::find(wanted) {
        return Ok(shipped.read());
    }
    let path = Path::new(wanted);
    if wanted.contains('/') || wanted.ends_with(".toml") || path.is_file() {
        let path = if path.is_dir() { path.join("template.toml") } else { path.to_path_buf() };
        let template = Template::parse(&bounded(&path)?).map_err(|error| {
            let message = format!("{} is no template: {error}", path.display());
            Failure::new(Kind::Project, message, "compare it with those in templates/")
        })?;
        return match template.code {
            CodeSource::Own => Err(Failure::new(
                Kind::Project,
                format!("found no code in {}, expected the hash of code on chain", path.display()),
                "write code = \"0x..\", or the name of a protocol module; a template's own source is deployed by \
                 `tenon deploy` in its folder",
            )),
            _ => Ok(template),
        };
    }
    let names = TEMPLATES.iter().map(|shipped| shipped.name);
    let message = format!("found template {wanted:?}, expected one of those that `tenon template list` shows");
    Err(Failure::new(Kind::NotFound, message, nearest(wanted, names)))
}

/// Reads a text file of a person's own.
fn bounded(path: &Path) -> Result<String, Failure> {
    let text = read_text(path)?;
    if text.len() as u64 <= MAX_TEMPLATE_BYTES {
        return Ok(text);
    }
    let message = format!("found {} bytes in {}, expected at most {MAX_TEMPLATE_BYTES}", text.len(), path.display());
    Err(Failure::new(Kind::File, message, "give a shorter file"))
}

/// The code of a template: in this program, or on chain if the template names it by its hash.
async fn code_of(template: &Template, client: Option<&Client>) -> Result<Code, Failure> {
    let code = match &template.code {
        CodeSource::Own => ShippedTemplate::find(&template.name).and_then(|shipped| shipped.code),
        CodeSource::Module(name) => ShippedModule::find(name).map(|module| module.code),
        CodeSource::Hash(hash) => {
            let Some(client) = client else {
                let message = format!("found no node, expected one that has the code {hash}");
                return Err(Failure::new(Kind::Node, message, "start one with `tenon dev`, or give --url"));
            };
            return Code::new(client.code(hash).await?);
        }
    };
    let missing = || {
        let message = format!("found no code of template {}, expected a protocol module's name", template.name);
        Failure::new(Kind::Code, message, "`tenon module list` shows the protocol modules")
    };
    Code::new(code.ok_or_else(missing)?.to_vec())
}
