//! The node and its command line, as a library: the binary only calls [`cli::main`].

pub mod backend;
pub mod cli;
pub mod config;
pub mod node;
pub mod rpc;
mod shipped;
pub mod telemetry;
mod template;
