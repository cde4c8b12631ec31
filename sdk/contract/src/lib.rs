//! What a module is written with: storage containers, context, events, calls, coin, hashes and signatures.
//!
//! A module is one annotated Rust module, see [`module`]. Built for `wasm32-unknown-unknown` by `tenon build` it
//! becomes code for the chain; built for the machine at hand it compiles to the same types and to a typed client, but
//! the host functions behind it are absent and say so when called. Run it with `tenon-testkit`, which has the real
//! engine. There is no clock, no randomness and no float here: whatever a method sees, every node sees.
//!
//! The crate leaves out what the host decides: gas, deposits, who may upgrade, and whether a method may be entered.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may"))]

extern crate alloc;
// The macros name this crate as a module does.
extern crate self as tenon_contract;

#[cfg(target_arch = "wasm32")]
mod allocator;
mod blake2b;
mod buffer;
mod call;
pub mod coin;
pub mod crypto;
mod deploy;
mod describe;
mod env;
mod event;
mod interface;
mod key;
pub mod math;
pub mod money;
mod panic;
pub mod rt;
pub mod signed;
pub mod storage;
mod sys;
pub mod text;
mod types;
mod wire;

pub use call::{Call, CallError, Constructor};
pub use deploy::{code_hash, instantiate, upgrade};
pub use describe::{TypeInfo, TypeName};
pub use env::{Env, env, log};
pub use event::{Event, Topic, emit};
pub use interface::ModuleError;
pub use key::{KeyPrefix, StorageKey};
pub use parity_scale_codec;
pub use tenon_abi as abi;
pub use tenon_macros::{error, event, module, module_type};
pub use types::{Address, Amount, Hash};
pub use wire::{Reader, Wire};

/// What a module's source imports: `use tenon_contract::prelude::*;`.
pub mod prelude {
    pub use crate::storage::{Map, OrderedMap, Set, Value};
    pub use crate::{
        Address, Amount, Call, CallError, Constructor, Event, Hash, ModuleError, coin, crypto, emit, ensure, env,
        error, event, math, module_type,
    };
    pub use alloc::string::{String, ToString};
    pub use alloc::vec::Vec;
    pub use alloc::{format, vec};
}

/// Returns the error from the method unless the condition holds: `ensure!(amount > 0, Error::ZeroAmount)`.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $error:expr $(,)?) => {
        if !$condition {
            return ::core::result::Result::Err(::core::convert::Into::into($error));
        }
    };
}
