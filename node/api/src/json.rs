//! The JSON of our own namespaces. Names are snake_case, amounts decimal strings, bytes hex with 0x, addresses SS58.
//!
//! Conversions from the chain's types need the SS58 prefix and the state, so the server makes them.

mod finality;
mod scalar;

use crate::errors::ErrorData;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use finality::{
    CertificateView, EpochView, HeaderProofView, InclusionView, LightProofView, TrustView, ValidatorView,
};
pub use scalar::{Bytes, Decimal, HexHash, SignedDecimal};

/// An error with which a call into the chain ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallError {
    /// Its number (`tenon_types::ErrorText`).
    pub number: u32,
    /// Its name.
    pub name: String,
    /// What it says.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventView {
    /// `System`, `Balances`, `Utility`, `Modules`; or the name or address of the instance that emitted it.
    pub source: String,
    /// Its name, if known.
    pub name: String,
    /// Its fields, decoded; null if the interface is not known.
    pub fields: Value,
    /// The SCALE bytes of the whole event.
    pub raw: Bytes,
}

/// An event of an instance, with where it happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventAtView {
    /// The height of its block.
    pub height: u32,
    /// The hash of its block.
    pub block: HexHash,
    /// The hash of its transaction.
    pub transaction: HexHash,
    /// Its index among all events of the block.
    pub index: u32,
    /// The event.
    pub event: EventView,
}

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReceiptView {
    /// Its hash.
    pub transaction: HexHash,
    /// `success` or `failed`.
    pub status: String,
    /// Whether its block is final.
    pub finalized: bool,
    /// Hash of its block.
    pub block_hash: HexHash,
    /// Height of its block.
    pub block_height: u32,
    /// Its place in the block.
    pub index: u32,
    /// Gas that was paid for.
    pub gas_used: u64,
    /// The fee that was burnt.
    pub fee: Decimal,
    /// The tip that the producer received.
    pub tip: Decimal,
    /// Output of the method that it called; the error's data or message if it failed.
    pub output: Bytes,
    /// Why it took no effect.
    pub error: Option<CallError>,
    /// What happened.
    pub events: Vec<EventView>,
}

/// A transaction of a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransactionView {
    /// Its hash.
    pub hash: HexHash,
    /// Who signed it.
    pub signer: String,
    /// Its nonce.
    pub nonce: u32,
    /// The tip offered.
    pub tip: Decimal,
    /// For how long it is valid: `immortal`, or `mortal <period> <phase>`.
    pub era: String,
    /// What it does: `{pallet, call, arguments}`.
    pub call: Value,
    /// `success` or `failed`.
    pub status: String,
    /// Why it took no effect.
    pub error: Option<CallError>,
    /// Gas that was paid for.
    pub gas_used: u64,
    /// Its bytes.
    pub raw: Bytes,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockView {
    /// Its hash.
    pub hash: HexHash,
    /// Its height.
    pub height: u32,
    /// Hash of its parent.
    pub parent_hash: HexHash,
    /// Root of the state after its parent.
    pub state_root: HexHash,
    /// Root of its transactions.
    pub extrinsics_root: HexHash,
    /// Its time in milliseconds since 1970-01-01 UTC.
    pub time_ms: u64,
    /// Who made it.
    pub producer: String,
    /// The base fee for a million gas.
    pub base_fee: Decimal,
    /// Gas used.
    pub gas_used: u64,
    /// Whether it is final.
    pub finalized: bool,
    /// The SCALE bytes of its header.
    pub header: Bytes,
    /// Its transactions.
    pub transactions: Vec<TransactionView>,
}

/// An instance in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleSummary {
    /// The name by which people call it, if it is a protocol module.
    pub name: Option<String>,
    /// Its address.
    pub address: String,
    /// Its code.
    pub code_hash: HexHash,
    /// The name that its manifest gives.
    pub module: String,
    /// The version that its manifest gives.
    pub version: String,
    /// Whether it has ended.
    pub retired: bool,
}

/// An earlier code of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpgradeView {
    /// Height at which it was replaced.
    pub height: u32,
    /// The code that was replaced.
    pub code_hash: HexHash,
}

/// An announced upgrade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncedView {
    /// The code.
    pub code_hash: HexHash,
    /// From when on it may be used, in milliseconds.
    pub ready_at_ms: u64,
}

/// Who may upgrade an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminView {
    /// Who; nobody if null.
    pub owner: Option<String>,
    /// How long before an upgrade it must be announced, in milliseconds.
    pub delay_ms: u64,
}

/// Everything that is known of an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModuleView {
    /// The name by which people call it, if it is a protocol module.
    pub name: Option<String>,
    /// Its address.
    pub address: String,
    /// Its code.
    pub code_hash: HexHash,
    /// Length of its code.
    pub code_bytes: u32,
    /// Who created it.
    pub creator: String,
    /// Who may upgrade it.
    pub admin: AdminView,
    /// The capabilities that it holds.
    pub capabilities: Vec<String>,
    /// The instances that it may call.
    pub call_targets: Vec<String>,
    /// The deposit locked for what it stores.
    pub deposit: Decimal,
    /// Bytes of keys and values that it stores.
    pub stored_bytes: u64,
    /// Whether it has ended.
    pub retired: bool,
    /// An announced upgrade.
    pub announced: Option<AnnouncedView>,
    /// Earlier code, newest last.
    pub history: Vec<UpgradeView>,
    /// Its native coin that may be spent.
    pub balance: Decimal,
    /// What its manifest says.
    pub manifest: Value,
    /// What its interface says: methods, events, errors, types, storage.
    pub interface: Value,
}

/// A changed entry of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeView {
    /// The key in the state.
    pub key: Bytes,
    /// Before.
    pub old: Option<Bytes>,
    /// After.
    pub new: Option<Bytes>,
}

/// A line of the debug log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogView {
    /// Depth of the call that wrote it.
    pub depth: u32,
    /// The line.
    pub message: String,
}

/// How a query or simulation ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutionView {
    /// Hash of the block on whose state it ran.
    pub at: HexHash,
    /// Why it failed, if it did.
    pub error: Option<CallError>,
    /// The output, or the error's data or message.
    pub output: Bytes,
    /// Gas used.
    pub gas_used: u64,
    /// What a transaction doing the same would pay, tip excluded.
    pub fee: Decimal,
    /// The deposit locked (positive) or returned (negative).
    pub deposit: SignedDecimal,
    /// What would have happened.
    pub events: Vec<EventView>,
    /// The debug log.
    pub logs: Vec<LogView>,
    /// Entries that would change.
    pub changes: Vec<ChangeView>,
}

/// One entry of a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofEntry {
    /// The key in the state.
    pub key: Bytes,
    /// The value, or null if there is none.
    pub value: Option<Bytes>,
    /// The SCALE bytes of a `tenon_types::proof::Proof`.
    pub proof: Bytes,
}

/// A proof of entries of the state, with the headers that carry the root: all that `tenon proof check` needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofView {
    /// Hash of block 0, which names the chain.
    pub genesis_hash: HexHash,
    /// Hash of the block after which the state is proven.
    pub block_hash: HexHash,
    /// Its height.
    pub block_height: u32,
    /// The SCALE bytes of that block's header.
    pub header: Bytes,
    /// Hash of the next block.
    pub anchor_hash: HexHash,
    /// The SCALE bytes of the next block's header, whose state root is that after the block proven.
    pub anchor_header: Bytes,
    /// The state root.
    pub state_root: HexHash,
    /// The entries.
    pub entries: Vec<ProofEntry>,
}

/// A transaction that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// Its place in the request.
    pub index: u32,
    /// Number of the error.
    pub code: i32,
    /// Its name.
    pub name: String,
    /// What it says.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// The answer to `POST /v1/tx`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchReply {
    /// How many transactions are in the pool now.
    pub accepted: u32,
    /// The others.
    pub rejected: Vec<Rejected>,
}

/// An error as `POST /v1/tx` and other HTTP paths answer with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpError {
    /// Number of the error.
    pub code: i32,
    /// What it says.
    pub message: String,
    /// The rest.
    pub data: ErrorData,
}
