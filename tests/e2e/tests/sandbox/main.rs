//! Hostile and random modules against the host with the real engine, in process: what each host function refuses, what
//! a failed call leaves behind, who pays, and that every engine gives the same blocks. It leaves out the node.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test may, and its numbers are small")]

mod blocks;
mod calls;
mod chain;
mod functions;
mod hostile;
mod lifecycle;
mod money;
mod prober;
mod random;
mod storage;

/// Random cases of a test: its usual number, or as many as `PROPTEST_CASES` says.
fn cases(usual: u32) -> proptest::prelude::ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    proptest::prelude::ProptestConfig { cases: asked.unwrap_or(usual), ..Default::default() }
}
