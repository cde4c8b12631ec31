//! Tests of the SDK and of the testkit itself, on the in-memory chain.

mod chain;
mod hooks;
mod hostile;
mod money;
mod rules;
mod sdk;
