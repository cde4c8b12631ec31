//! Every reachable state of four validators within bounds.

mod local;
mod search;
#[cfg(test)]
mod tests;
mod world;

use super::machine::Flaw;
