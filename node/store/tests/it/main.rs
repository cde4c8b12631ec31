//! The store as its users see it: commits, reads, history, damage and kills.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a failing test may panic; its numbers are small"
)]

mod commit;
mod crash;
mod damage;
mod history;
mod import;
mod model;
mod proofs;
mod prune;
mod support;
