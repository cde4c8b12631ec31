//! Tests over real processes: each starts its own node and is named by the behaviour that it shows.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may, and what it prints is shown when it fails")]

mod batches;
mod code;
mod commands;
mod javascript;
mod kills;
mod modes;
mod places;
mod refusals;
mod replay;
mod stories;
mod story;
mod traces;
