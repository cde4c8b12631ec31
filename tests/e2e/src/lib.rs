//! Tests over real processes: what they are written with. A [`Node`] is a running `tenon dev` that ends with its owner,
//! [`Cli`] runs the other commands against it, [`Wallet`] signs transactions that the command line would not send, and
//! [`poll`] waits for what a test is about. The tests are in `tests/`.
//!
//! It leaves out anything that runs in the test's own process: a node here is a process that can be killed.

pub mod calls;
mod cli;
mod http;
pub mod net;
mod node;
pub mod poll;
mod program;
mod seed;
pub mod state;
mod wallet;

pub use cli::{Cli, Complaint, Outcome};
pub use http::{Answer, exchange};
pub use node::{Ended, Node, READY_DEADLINE, Starting};
pub use program::{cache, sources, tenon};
pub use seed::Seed;
pub use wallet::{Wallet, transfer};
