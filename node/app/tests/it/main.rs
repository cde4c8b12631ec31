//! Tests of the program as people run it: the binary, a real node, real transactions.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod client;
mod command_line;
mod node;
mod program;
