//! What every part of Tenon agrees on byte by byte: addresses, transactions, blocks, receipts, genesis, parameters,
//! state keys and proofs. Nothing here does I/O, and nothing here executes anything.
//!
//! The outer encodings are those that Substrate's wallets and clients speak (see `docs` on the wire shell); what is
//! ours rides inside them.

#![no_std]
#![warn(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test may"))]
#![allow(clippy::cast_possible_truncation, reason = "derived encodings cast the index of a variant, which fits")]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod account;
mod block;
mod dispatch;
mod era;
mod event;
mod fees;
mod genesis;
mod hook;
pub mod interface;
pub mod keys;
pub mod mmr;
mod module;
mod parameters;
mod primitives;
pub mod proof;
mod transaction;
pub mod work;

pub use account::{AccountData, AccountInfo};
pub use block::{Block, BlockInfo, Digest, DigestItem, ENGINE_ID, Header};
pub use dispatch::{
    BALANCES_ERROR_BASE, BalancesError, DispatchClass, DispatchError, DispatchInfo, ErrorText, ModulesError,
    OTHER_ERROR, Pays, TOKEN_ERROR_BASE, TokenError, Weight,
};
pub use era::Era;
pub use event::{BalancesEvent, Event, EventRecord, ModulesEvent, Phase, Receipt, SystemEvent, UtilityEvent};
pub use fees::{intrinsic_gas, max_gas};
pub use genesis::{Genesis, GenesisModule};
pub use hook::{
    BlockReport, END_BLOCK, Evidence, Hooks, MAX_EVIDENCE, MAX_EVIDENCE_BYTES, MAX_HOOK_GAS, MAX_MISSED,
    MAX_SIGNER_BYTES, MAX_VALIDATORS, REPORT_EVIDENCE, Seal, VALIDATORS, Validator, hook_id,
};
pub use module::{AdminPolicy, InstanceRecord, MAX_UPGRADES_KEPT, ModuleRecord};
pub use parameters::{Parameters, next_base_fee};
pub use primitives::{Address, Amount, BlockNumber, Gas, Hash, blake2b_256};
pub use proof::list_root as extrinsics_root;
pub use transaction::{
    BalancesCall, Call, Extra, Extrinsic, MAX_BATCH_CALLS, MAX_CALL_NESTING, MAX_EXTRINSIC_BYTES, ModulesCall,
    MultiAddress, Signature, SignedPart, SystemCall, TransactionError, UtilityCall, signing_payload,
};
