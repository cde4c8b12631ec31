//! `tenon net`: a network of validators on this machine, each a process of its own, to work with and to play with.

mod act;
mod ask;
mod create;
mod process;
mod stake;
mod start;
mod state;
mod up;
mod view;

use super::dev;
use super::output::{Failure, Report};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Run a network of validators on this machine, and cut, kill and heal it
#[derive(Debug, Args)]
pub(super) struct Net {
    #[command(subcommand)]
    command: NetCommand,
}

#[derive(Debug, Subcommand)]
enum NetCommand {
    Up(up::Up),
    /// Show each node: process, heights, peers
    Status {
        #[command(flatten)]
        place: Place,
    },
    /// End a node without a word of warning, as `kill -9` does
    Kill {
        /// The node's number
        node: usize,
        #[command(flatten)]
        place: Place,
    },
    /// Cut the links of a node: it runs on, and nobody hears it
    Cut {
        /// The node's number
        node: usize,
        /// Cut only its links with these nodes
        #[arg(long = "from", value_name = "NODE")]
        from: Vec<usize>,
        #[command(flatten)]
        place: Place,
    },
    /// Let the links of a node come back
    Heal {
        /// The node's number
        node: usize,
        #[command(flatten)]
        place: Place,
    },
    /// Stop every node; `tenon net up` goes on with the same chain
    Down {
        /// Remove the chain and every folder too
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        place: Place,
    },
}

/// Where a network is.
#[derive(Clone, Debug, Args)]
struct Place {
    /// The folder of the network; ~/.tenon/net if absent
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Net {
    pub(super) fn run(self, as_json: bool) -> Result<Report, Failure> {
        match self.command {
            NetCommand::Up(up) => up.run(as_json),
            NetCommand::Status { place } => act::status(&place.folder()?),
            NetCommand::Kill { node, place } => act::kill(&place.folder()?, node),
            NetCommand::Cut { node, from, place } => act::cut(&place.folder()?, node, &from),
            NetCommand::Heal { node, place } => act::heal(&place.folder()?, node),
            NetCommand::Down { remove, place } => act::down(&place.folder()?, remove),
        }
    }
}

impl Place {
    fn folder(&self) -> Result<PathBuf, Failure> {
        super::node::absolute(self.dir.as_deref(), || Ok(dev::home()?.join("net")), "--dir")
    }
}
