//! Flags from an interface: the words after INSTANCE and METHOD become arguments of the method, `--help` lists them with
//! their types, and a mistyped one is answered with the nearest.

use super::Global;
use super::output::{Failure, Kind, Report, USAGE};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Map, Value as Json, json};
use tenon_client::{Codec, suggest};
use tenon_types::interface::{Field, Interface, Method, MethodMode, Shape, ValueType, Variant};

/// Bytes of a file that `@FILE` reads.
const MAX_ARGUMENT_FILE_BYTES: u64 = 128 * 1024;
/// The heading of a method's arguments in its help.
const HEADING: &str = "Arguments of the method";

/// The words of `call`, `query` and `simulate`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(super) struct MethodWords {
    /// A protocol module's name, or an instance's address
    pub instance: Option<String>,
    /// The method; `tenon module show INSTANCE` lists them
    pub method: Option<String>,
    /// Print help: that of the method, if one is named
    #[arg(short, long)]
    pub help: bool,
    /// The method's arguments, and options: see `--help` after the method
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "--ARGUMENT VALUE")]
    pub rest: Vec<String>,
}

/// The words of `deploy`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(super) struct DeployWords {
    /// Print help: with the arguments of `init`, if there is code
    #[arg(short, long)]
    pub help: bool,
    /// Arguments of the module's `init`, and options: see `--help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "--ARGUMENT VALUE")]
    pub rest: Vec<String>,
}

impl MethodWords {
    /// The instance and method, or help on the options alone.
    ///
    /// # Errors
    /// The report or failure to end with, if they are not both there.
    pub(super) fn target(
        &self,
        options: &Command,
        about: &str,
    ) -> Result<(String, Option<String>), Result<Report, Failure>> {
        match (&self.instance, &self.method) {
            (Some(instance), method) if method.is_some() || self.help => Ok((instance.clone(), method.clone())),
            _ if self.help => {
                let name = options.get_name().to_string();
                let command = options.clone().about(about.to_string()).override_usage(format!(
                    "{name} <INSTANCE> <METHOD> [--ARGUMENT <VALUE>].. [OPTIONS]\n       \
                     {name} <INSTANCE> --help           lists the methods\n       \
                     {name} <INSTANCE> <METHOD> --help  lists the method's arguments"
                ));
                Err(Ok(help(command)))
            }
            _ => Err(Err(Failure::new(
                Kind::Usage,
                "found too few words, expected INSTANCE and METHOD",
                "list the instances with `tenon module list`, and an instance's methods with `tenon module show`",
            ))),
        }
    }
}

/// A command that reads options of the type `O` and the global ones.
pub(super) fn options<O: Args>(name: &str) -> Command {
    let command = Command::new(name.to_string()).bin_name(name.to_string()).no_binary_name(true).max_term_width(110);
    // Words after the method are read here, so the global options are read here too.
    O::augment_args(command.disable_help_flag(true))
        .arg(Arg::new("help").short('h').long("help").action(ArgAction::HelpShort).help("Print help"))
        .arg(Arg::new("url").long("url").value_name("URL").help("The node's address, ws:// or http://"))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print one JSON object instead of text"))
}

/// Takes `--url` and `--json` out of the words after a method, before anything is asked of the node.
pub(super) fn take_global(global: &mut Global, words: &[String]) {
    if let Some(url) = value_of(words, "url") {
        global.url = url.into();
    }
    global.json |= words.iter().any(|word| word == "--json");
}

/// The value of a flag in words that are not parsed yet.
pub(super) fn value_of<'w>(words: &'w [String], flag: &str) -> Option<&'w str> {
    let flag = format!("--{flag}");
    words.iter().enumerate().find_map(|(index, word)| {
        let rest = word.strip_prefix(&flag)?;
        if rest.is_empty() { words.get(index + 1).map(String::as_str) } else { rest.strip_prefix('=') }
    })
}

/// Adds the arguments of a method to the options.
pub(super) fn with_method(options: Command, interface: &Interface, method: &Method) -> Command {
    let taken: Vec<String> = options.get_arguments().filter_map(|arg| arg.get_long().map(String::from)).collect();
    let about =
        if method.doc.is_empty() { format!("{} {}", method.mode.name(), method.name) } else { method.doc.clone() };
    method.arguments.iter().fold(options.about(about), |command, field| command.arg(flag(interface, field, &taken)))
}

fn flag(interface: &Interface, field: &Field, taken: &[String]) -> Arg {
    let mut long = field.name.replace('_', "-");
    if taken.contains(&long) || long == "help" {
        long = format!("arg-{long}");
    }
    let mut arg = Arg::new(id(field))
        .help_heading(HEADING)
        .value_name(field.ty.to_string())
        .required(!matches!(field.ty, ValueType::Option(_)))
        .allow_hyphen_values(matches!(field.ty, ValueType::Signed(_) | ValueType::Text))
        .help(explain(interface, &field.ty));
    if long.contains('-') {
        arg = arg.alias(long.replace('-', "_"));
    }
    if field.ty == ValueType::Bool {
        arg = arg
            .num_args(0..=1)
            .default_missing_value("true")
            .value_parser(PossibleValuesParser::new(["true", "false"]))
            .hide_possible_values(true);
    }
    arg.long(long)
}

fn id(field: &Field) -> String {
    format!("argument {}", field.name)
}

/// What a value of a type looks like.
fn explain(interface: &Interface, ty: &ValueType) -> String {
    match ty {
        ValueType::Unsigned(_) | ValueType::Signed(_) => "A whole number, such as 1_000 or 0x3e8".into(),
        ValueType::Bool => "true or false; true if no value follows".into(),
        ValueType::Text => "Text".into(),
        ValueType::Bytes => "0x and hex digits, or @FILE".into(),
        ValueType::Address => "An address, a key such as //Alice, or a protocol module's name".into(),
        ValueType::Hash => "0x and 64 hex digits".into(),
        ValueType::Option(inner) => format!("{}; absent if not given", explain(interface, inner)),
        ValueType::Tuple(_) | ValueType::Array(..) | ValueType::List(_) => {
            "1,2,3 or a JSON array in single quotes".into()
        }
        ValueType::Named(name) => match interface.named_type(name).map(|named| &named.shape) {
            Some(Shape::Enum(variants)) => {
                let names: Vec<String> = variants.iter().map(variant).collect();
                format!("One of {}", names.join(", "))
            }
            Some(Shape::Struct(fields)) => {
                let fields: Vec<String> =
                    fields.iter().map(|field| format!("{:?}: {}", field.name, field.ty)).collect();
                format!("JSON: {{{}}}", fields.join(", "))
            }
            None => "A value".into(),
        },
    }
}

/// A variant as it is written: its name, or JSON if it has fields.
fn variant(variant: &Variant) -> String {
    if variant.fields.is_empty() {
        return variant.name.clone();
    }
    let types: Vec<String> = variant.fields.iter().map(|field| field.ty.to_string()).collect();
    format!("'{{{:?}: [{}]}}'", variant.name, types.join(", "))
}

/// Reads the words after a method.
///
/// # Errors
/// The report of `--help`, or the failure, to end with.
pub(super) fn parse<O: Args + FromArgMatches>(
    command: Command,
    words: &[String],
) -> Result<(O, ArgMatches), Result<Report, Failure>> {
    let matches = command.try_get_matches_from(words).map_err(|error| usage(&error))?;
    let options = O::from_arg_matches(&matches).map_err(|error| usage(&error))?;
    Ok((options, matches))
}

/// The arguments of a method as JSON, from words that were read.
///
/// # Errors
/// If a value has not the form of its type, or a file cannot be read.
pub(super) fn arguments(
    codec: &Codec<'_>,
    method: &Method,
    matches: &ArgMatches,
) -> Result<Map<String, Json>, Failure> {
    let mut arguments = Map::new();
    for field in &method.arguments {
        let Some(text) = matches.get_one::<String>(&id(field)) else { continue };
        let from_file = match (&field.ty, text.strip_prefix('@')) {
            (ValueType::Bytes, Some(path)) => Some(read_bytes(path)?),
            (ValueType::Option(inner), Some(path)) if **inner == ValueType::Bytes => Some(read_bytes(path)?),
            _ => None,
        };
        let json = match from_file {
            Some(bytes) => json!(format!("0x{}", hex::encode(bytes))),
            None => codec.text_to_json(&field.name, &field.ty, text).map_err(tenon_client::ClientError::from)?,
        };
        arguments.insert(field.name.clone(), json);
    }
    Ok(arguments)
}

fn read_bytes(path: &str) -> Result<Vec<u8>, Failure> {
    let failed = |reason: String| {
        Failure::new(Kind::File, format!("cannot read {path}: {reason}"), "give the path of a file after the @")
    };
    let length = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
    if length > MAX_ARGUMENT_FILE_BYTES {
        return Err(failed(format!("found {length} bytes, expected at most {MAX_ARGUMENT_FILE_BYTES}")));
    }
    std::fs::read(path).map_err(|error| failed(error.to_string()))
}

/// Lists the methods of a mode, for `--help` after an instance.
pub(super) fn list_methods(label: &str, interface: &Interface, mode: MethodMode) -> Report {
    let of_mode: Vec<&Method> = interface.methods.iter().filter(|method| method.mode == mode).collect();
    let lines: Vec<String> = of_mode.iter().map(|method| format!("  {}", signature(method))).collect();
    let text = format!("{} methods of {label} ({}):\n{}", of_mode.len(), mode.name(), lines.join("\n"));
    let names: Vec<&str> = of_mode.iter().map(|method| method.name.as_str()).collect();
    Report::new(text, json!({ "instance": label, "mode": mode.name(), "methods": names }))
}

/// A method on one line: `transfer(asset: u32, to: address) -> ()  Moves an amount.`
pub(super) fn signature(method: &Method) -> String {
    let arguments: Vec<String> = method.arguments.iter().map(|field| format!("{}: {}", field.name, field.ty)).collect();
    let doc = method.doc.lines().next().unwrap_or_default().trim();
    let result =
        if method.result == ValueType::Tuple(Vec::new()) { String::new() } else { format!(" -> {}", method.result) };
    let line = format!("{}({}){result}", method.name, arguments.join(", "));
    if doc.is_empty() { line } else { format!("{line}\n      {doc}") }
}

/// The help of a command as a report.
pub(super) fn help(mut command: Command) -> Report {
    let text = command.render_help().to_string().trim_end().to_string();
    Report::new(text.clone(), json!({ "help": text }))
}

/// What clap says, as a report (help, version) or a failure with a hint.
///
/// # Errors
/// [`Kind::Usage`] if the words are wrong.
pub(super) fn usage(error: &clap::Error) -> Result<Report, Failure> {
    let text = error.render().to_string();
    if !error.use_stderr() {
        return Ok(Report::new(text.trim_end(), json!({ "help": text.trim_end() })));
    }
    let mut parts = text.trim().splitn(2, "\n\n");
    let flat = |part: Option<&str>| part.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let message = flat(parts.next());
    let message = message.strip_prefix("error: ").unwrap_or(&message).to_string();
    let hint = flat(parts.next()).replace(" For more information, try '--help'.", "; --help says more");
    Err(Failure { exit: USAGE, ..Failure::new(Kind::Usage, message, hint) })
}

/// The hint for a word that names none of the candidates.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    suggest::hint(word, candidates)
}

#[cfg(test)]
mod tests;
