//! What each method of the protocol modules costs: gas, deposit, time.
//!
//! | part | what it is |
//! |---|---|
//! | [`profile`] | for each module a scenario that makes a state as people would and calls every method |
//! | [`page`] | the generated part of `docs/src/modules/NAME.md` |
//! | [`speed`] | the time of one call in the engine, and of its transaction |
//! | [`floor`] | a transfer in bare wasmtime, which the times stand beside |
//!
//! `tests/modules.rs` compares the pages, `examples/method_speed.rs` prints the times. The program of this crate measures
//! transfers through a running node and shares nothing with these.

pub mod floor;
pub mod page;
pub mod profile;
pub mod speed;
