//! Host functions, gas, overlay, registry, state tree and executor.

pub mod tree;
