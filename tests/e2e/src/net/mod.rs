//! Networks of real processes: [`Net`] makes and runs the nodes, each in a network namespace of its own where the system
//! lets us, [`Load`] sends transactions to all of them, and [`check`] says whether there is one history on every node
//! with all that was said to be final in it.
//!
//! A namespace needs root and `/dev/net/tun`. Without them nodes run on loopback, where links cannot be made bad. Bad
//! links are made in user space by [`Link`], so they do not need a kernel that can make them. Another time of day is given
//! to a node by the library of the package `faketime`, where it is installed.

mod check;
pub mod faults;
mod load;
mod network;
mod node;
pub mod people;
mod place;
mod switch;

pub use check::{History, check, check_last, included, latency};
pub use load::{Acknowledged, Load, Sent};
pub use network::{FUNDED, NET_PATIENCE, Net, Plan, funded};
pub use node::{NetNode, Role};
pub use place::Places;
pub use switch::Link;
