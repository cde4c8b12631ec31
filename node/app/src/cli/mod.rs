//! The command line. One file a command; a command returns a [`Report`] or a [`Failure`], and only `output` writes them.
//!
//! Commands that name a module's method (`call`, `query`, `simulate`, `deploy`) read their words twice: once for the
//! instance and method, and, with the interface fetched, again for the flags that the interface gives.

mod account;
mod block;
mod build;
mod call;
mod deploy;
mod dev;
mod entered;
mod events;
#[cfg(test)]
mod golden;
mod instantiate;
mod key;
mod method_words;
mod module;
mod net;
mod new;
mod node;
mod output;
mod project;
mod proof;
mod query;
mod receipt;
mod sending;
mod signer;
mod simulate;
mod template;
mod tensority;
mod test;
mod transfer;
mod tx;
mod upload;

pub use output::{Failure, Kind, Report};

use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;
use tenon_client::Client;

/// The URL at which a node on this machine answers.
const DEFAULT_URL: &str = "ws://127.0.0.1:9944";

/// A blockchain whose every protocol feature is a sandboxed WASM module.
#[derive(Debug, Parser)]
#[command(name = "tenon", version, disable_help_subcommand = true, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
struct Global {
    /// The node's address, ws:// or http://
    #[arg(long, global = true, env = "TENON_URL", default_value = DEFAULT_URL, hide_env_values = true)]
    url: String,
    /// Print one JSON object instead of text
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Dev(dev::Dev),
    Node(node::Node),
    Net(net::Net),
    Key(key::Key),
    New(new::New),
    Build(build::Build),
    Test(test::Test),
    Template(template::TemplateWords),
    Upload(upload::Upload),
    #[command(about = deploy::ABOUT)]
    Deploy(method_words::DeployWords),
    #[command(about = call::ABOUT)]
    Call(method_words::MethodWords),
    #[command(about = query::ABOUT)]
    Query(method_words::MethodWords),
    #[command(about = simulate::ABOUT)]
    Simulate(method_words::MethodWords),
    Module(module::Module),
    Tx(tx::Tx),
    Events(events::Events),
    Block(block::Block),
    Account(account::Account),
    Transfer(transfer::Transfer),
    Proof(proof::Proof),
    Tensority(tensority::Tensority),
}

/// Runs the program with the words of its command line, and returns its exit status.
pub fn main(words: Vec<OsString>) -> ExitCode {
    let as_json = words.iter().any(|word| word == "--json");
    let result = match Cli::try_parse_from(words) {
        Ok(cli) => cli.run(),
        Err(error) => method_words::usage(&error),
    };
    output::finish(&result, as_json)
}

impl Cli {
    fn run(self) -> Result<Report, Failure> {
        let Self { global, command } = self;
        match command {
            Command::Dev(dev) => dev.run(&global),
            Command::Node(node) => node.run(&global),
            Command::Net(net) => net.run(global.json),
            Command::Key(key) => key.run(),
            Command::New(new) => new.run(),
            Command::Build(build) => build.run(),
            Command::Test(test) => test.run(&global),
            Command::Tensority(tensority) => tensority.run(),
            other => runtime()?.block_on(other.ask(global)),
        }
    }
}

impl Command {
    /// Runs a command that talks to a node.
    async fn ask(self, global: Global) -> Result<Report, Failure> {
        match self {
            Self::Deploy(words) => deploy::run(words, global).await,
            Self::Call(words) => call::run(words, global).await,
            Self::Query(words) => query::run(words, global).await,
            Self::Simulate(words) => simulate::run(words, global).await,
            Self::Template(template) => template.run(&global).await,
            Self::Upload(upload) => upload.run(&global).await,
            Self::Module(module) => module.run(&global).await,
            Self::Tx(tx) => tx.run(&global).await,
            Self::Events(events) => events.run(&global).await,
            Self::Block(block) => block.run(&global).await,
            Self::Account(account) => account.run(&global).await,
            Self::Transfer(transfer) => transfer.run(&global).await,
            Self::Proof(proof) => proof.run(&global).await,
            Self::Dev(_)
            | Self::Node(_)
            | Self::Net(_)
            | Self::Key(_)
            | Self::New(_)
            | Self::Build(_)
            | Self::Test(_)
            | Self::Tensority(_) => {
                unreachable!("run without a node by `Cli::run`")
            }
        }
    }
}

impl Global {
    async fn connect(&self) -> Result<Client, Failure> {
        Ok(Client::connect(&self.url).await?)
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        Failure::new(output::Kind::Node, format!("cannot start: {error}"), "close some programs and try again")
    })
}
