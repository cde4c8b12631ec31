//! The node's decisions without its I/O: the transaction pool, the chain's rules and the consensus engines.
//!
//! Everything here is a function of its inputs: time, state and randomness are passed in, what is to be done comes back
//! as data (notices, effects, errors with a hint). It leaves out executing transactions (tenon-host), checking
//! signatures (tenon-crypto), and disk, network and clock, which the driver in the node performs.

#![warn(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "a test may"
    )
)]

pub mod consensus;
pub mod pool;
mod refusal;
pub mod relay;
pub mod rules;
pub mod sync;
pub mod wire;

pub use refusal::{Refusal, RefusalKind};
