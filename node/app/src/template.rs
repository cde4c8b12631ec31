//! Templates: what `template.toml` says of a module that people deploy by giving parameters.
//!
//! A template names code that is on chain, the parameters that a form asks for, and how they fill the arguments of the
//! code's `init`. Reading is strict: a key that is not known is refused, and so is a parameter that fills nothing.
//! `fill` makes arguments of what a person entered, `fit` compares a template with the interface of its code.
//!
//! Left out: where files and code come from, and what is shown (`cli::template`).

mod fill;
mod fit;
mod parameter;
#[cfg(test)]
mod tests;

pub(crate) use fill::{Problem, Reading};
pub(crate) use parameter::{Parameter, Unit, written};

use parameter::ParameterText;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use tenon_client::parse_hash;
use tenon_types::Hash;

/// Bytes of a `template.toml`, or of a file of parameters.
pub(crate) const MAX_TEMPLATE_BYTES: u64 = 64 * 1024;
/// Parameters of a template.
pub(crate) const MAX_PARAMETERS: usize = 64;
/// Tables inside tables of the arguments.
const MAX_ARGUMENT_DEPTH: u32 = 16;

/// A template.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template {
    /// Its name, which is that of its folder.
    pub(crate) name: String,
    /// Its name for people.
    pub(crate) title: String,
    /// What it is, in a sentence.
    pub(crate) sentence: String,
    /// What to take instead in a common case.
    pub(crate) instead: Option<String>,
    /// Where its code is.
    pub(crate) code: CodeSource,
    /// Commands to try with an instance, without `tenon`; `{instance}` stands for its address.
    pub(crate) next: Vec<String>,
    /// What a form asks for, in its order.
    pub(crate) parameters: Vec<Parameter>,
    /// The arguments of `init`, where a text `{name}` stands for a parameter.
    pub(crate) arguments: Map<String, Json>,
}

/// Where the code of a template is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CodeSource {
    /// In the template's own folder.
    Own,
    /// It is that of a protocol module.
    Module(String),
    /// On chain, under a hash.
    Hash(Hash),
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TemplateError {
    /// It is no TOML, or a key is missing, surplus or of the wrong type.
    #[error("{0}")]
    Text(String),
    /// Something that is said of the template cannot be.
    #[error("{key}: found {found}, expected {expected}")]
    Head {
        /// What.
        key: &'static str,
        /// Its value.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// Something that is said of a parameter cannot be.
    #[error("parameter {parameter}: found {found}, expected {expected}")]
    Parameter {
        /// Which.
        parameter: String,
        /// What was found.
        found: String,
        /// What should be there.
        expected: String,
    },
    /// An argument is filled wrongly.
    #[error("argument {path}: found {found}, expected {expected}")]
    Argument {
        /// Which.
        path: String,
        /// What was found.
        found: String,
        /// What should be there.
        expected: String,
    },
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    template: HeadText,
    #[serde(default)]
    parameter: Vec<ParameterText>,
    arguments: Option<Map<String, Json>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadText {
    name: String,
    title: String,
    sentence: String,
    instead: Option<String>,
    code: Option<String>,
    #[serde(default)]
    next: Vec<String>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`] says what is wrong, and where.
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateError> {
        let file: FileText = toml::from_str(text).map_err(|error| TemplateError::Text(one_line(text, &error)))?;
        let head = file.template;
        for (key, value) in [("title", &head.title), ("sentence", &head.sentence)] {
            if value.trim().is_empty() {
                return Err(TemplateError::Head { key, found: "nothing".into(), expected: "a text".into() });
            }
        }
        if !is_name(&head.name, '-') {
            let expected = "small letters, digits and -, a letter first".into();
            return Err(TemplateError::Head { key: "name", found: format!("{:?}", head.name), expected });
        }
        if file.parameter.len() > MAX_PARAMETERS {
            let found = format!("{} parameters", file.parameter.len());
            return Err(TemplateError::Head { key: "parameter", found, expected: format!("at most {MAX_PARAMETERS}") });
        }
        let parameters = file.parameter.into_iter().map(Parameter::new).collect::<Result<Vec<_>, _>>()?;
        let by_name = || parameters.iter().map(|it| (it.name.clone(), Json::String(format!("{{{}}}", it.name))));
        let arguments = file.arguments.unwrap_or_else(|| by_name().collect());
        let template = Self {
            code: CodeSource::read(head.code)?,
            name: head.name,
            title: head.title,
            sentence: head.sentence,
            instead: head.instead,
            next: head.next,
            parameters,
            arguments,
        };
        template.check_names()?;
        Ok(template)
    }

    /// Finds a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Every parameter has one name and fills something, and every placeholder has a parameter.
    fn check_names(&self) -> Result<(), TemplateError> {
        let mut used = Vec::new();
        for (name, filling) in &self.arguments {
            placeholders(name, filling, MAX_ARGUMENT_DEPTH, &mut used)?;
        }
        if let Some((path, unknown)) = used.iter().find(|(_, name)| self.parameter(name).is_none()) {
            let (path, found) = (path.clone(), format!("{{{unknown}}}"));
            return Err(TemplateError::Argument { path, found, expected: "the name of a parameter in braces".into() });
        }
        for (index, parameter) in self.parameters.iter().enumerate() {
            let wrong = |found: &str, expected: &str| TemplateError::Parameter {
                parameter: parameter.name.clone(),
                found: found.into(),
                expected: expected.into(),
            };
            if self.parameters[..index].iter().any(|other| other.name == parameter.name) {
                return Err(wrong("the name twice", "each name once"));
            }
            if !used.iter().any(|(_, name)| *name == parameter.name) {
                return Err(wrong("no argument that it fills", "its name in braces under [arguments]"));
            }
        }
        Ok(())
    }
}

impl CodeSource {
    fn read(text: Option<String>) -> Result<Self, TemplateError> {
        match text {
            None => Ok(Self::Own),
            Some(text) if text.starts_with("0x") => parse_hash(&text).map(Self::Hash).ok_or_else(|| {
                let expected = "0x and 64 hex digits, or the name of a protocol module".into();
                TemplateError::Head { key: "code", found: text, expected }
            }),
            Some(name) => Ok(Self::Module(name)),
        }
    }
}

/// The parameter that a text stands for.
fn placeholder(text: &str) -> Option<&str> {
    text.strip_prefix('{')?.strip_suffix('}')
}

/// Collects placeholders with their places.
fn placeholders(
    path: &str,
    filling: &Json,
    depth: u32,
    found: &mut Vec<(String, String)>,
) -> Result<(), TemplateError> {
    let wrong =
        |found: String, expected: &str| TemplateError::Argument { path: path.into(), found, expected: expected.into() };
    let Some(depth) = depth.checked_sub(1) else {
        return Err(wrong("tables nested too deeply".into(), "at most 16 levels"));
    };
    match filling {
        Json::String(text) => match placeholder(text) {
            Some(name) => found.push((path.into(), name.into())),
            None if text.contains(['{', '}']) => {
                return Err(wrong(format!("{text:?}"), "one parameter in braces, or a text without braces"));
            }
            None => {}
        },
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                placeholders(&format!("{path}[{index}]"), item, depth, found)?;
            }
        }
        Json::Object(fields) => {
            for (name, field) in fields {
                placeholders(&format!("{path}.{name}"), field, depth, found)?;
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
    Ok(())
}

/// Whether a text is a name of small letters, digits and one more sign.
fn is_name(text: &str, sign: char) -> bool {
    const MAX_NAME_BYTES: usize = 64;
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == sign)
        && text.len() <= MAX_NAME_BYTES
}

/// What is wrong with a TOML text, with the line.
pub(crate) fn one_line(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    format!("line {line}: {}", error.message().split_whitespace().collect::<Vec<_>>().join(" "))
}
