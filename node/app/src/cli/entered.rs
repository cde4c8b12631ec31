//! The second reading of a command that names a method: the interface is fetched, and the rest of the words read with the
//! flags that it gives. `call`, `query` and `simulate` begin with it.

use super::Global;
use super::method_words::{self, MethodWords};
use super::output::{Failure, Report};
use clap::{Args, FromArgMatches};
use tenon_client::{Client, Codec, Instance};
use tenon_types::interface::{Method, MethodMode};

/// A method with its arguments encoded, and the options of the command.
pub(super) struct Entered<O> {
    pub(super) client: Client,
    pub(super) instance: Instance,
    pub(super) method: Method,
    pub(super) input: Vec<u8>,
    pub(super) options: O,
}

impl<O> Entered<O> {
    /// How the method is named to people.
    pub(super) fn what(&self) -> String {
        format!("{}.{}", self.instance.label, self.method.name)
    }
}

/// Reads the words of the command `tenon NAME`, which enters methods of a mode.
///
/// # Errors
/// The command's end, where it is only help, a list of methods, or a failure.
pub(super) async fn enter<O: Args + FromArgMatches>(
    words: MethodWords,
    mut global: Global,
    (name, about): (&str, &str),
    mode: MethodMode,
) -> Result<Entered<O>, Result<Report, Failure>> {
    let name = format!("tenon {name}");
    let (instance, method) = words.target(&method_words::options::<O>(&name), about)?;
    method_words::take_global(&mut global, &words.rest);
    let client = global.connect().await.map_err(Err)?;
    let instance = client.instance(&instance).await.map_err(|error| Err(error.into()))?;
    let Some(method) = method else {
        return Err(Ok(method_words::list_methods(&instance.label, &instance.interface, mode)));
    };
    let method = instance.method(mode, &method).map_err(|error| Err(error.into()))?.clone();
    let options = method_words::options::<O>(&format!("{name} {} {}", instance.label, method.name));
    let command = method_words::with_method(options, &instance.interface, &method);
    if words.help {
        return Err(Ok(method_words::help(command)));
    }
    let (options, matches) = method_words::parse::<O>(command, &words.rest)?;
    let resolve = |name: &str| instance.resolve(name);
    let codec = Codec::new(&instance.interface, &resolve, client.facts().prefix);
    let arguments = method_words::arguments(&codec, &method, &matches).map_err(Err)?;
    let input = instance.encode(&method, &arguments).map_err(|error| Err(error.into()))?;
    Ok(Entered { client, instance, method, input, options })
}
