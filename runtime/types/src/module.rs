//! What the host records of code and of instances.

use crate::{Address, Amount, BlockNumber, Hash};
use alloc::{string::String, vec::Vec};
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// Code changes that an instance's record lists; older ones are in the chain's events.
pub const MAX_UPGRADES_KEPT: usize = 16;

/// Who may upgrade, retire and hand over an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum AdminPolicy {
    /// Nobody, ever.
    Nobody,
    /// One address (an account, or an instance such as a governance module), which must announce an upgrade
    /// `delay_ms` milliseconds before it.
    Owner {
        /// Who.
        owner: Address,
        /// How long before.
        delay_ms: u64,
    },
}

/// What the host records of code.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ModuleRecord {
    /// Length of the WASM file in bytes.
    pub code_bytes: u32,
    /// Bits of the capabilities that its manifest asks for.
    pub capabilities: u32,
    /// The instances that it may call: `*`, names of protocol modules, addresses in hex.
    pub call_targets: Vec<String>,
    /// Whether its manifest lets an admin upgrade it.
    pub upgradable: bool,
    /// The methods by export name, ascending, with the flags of `tenon_abi::section`.
    pub methods: Vec<(String, u8)>,
    /// Who uploaded it.
    pub by: Address,
    /// The deposit locked for it.
    pub deposit: Amount,
}

/// What the host records of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct InstanceRecord {
    /// Its code.
    pub code_hash: Hash,
    /// Who created it.
    pub creator: Address,
    /// Who may upgrade it.
    pub admin: AdminPolicy,
    /// Bits of the capabilities that it holds: within those of its code.
    pub capabilities: u32,
    /// Bytes of keys and values that it stores.
    pub stored_bytes: u64,
    /// The deposit locked for them.
    pub deposit: Amount,
    /// Whether it has ended.
    pub retired: bool,
    /// An announced upgrade: the code, and the time in milliseconds from which on it may be used.
    pub announced: Option<(Hash, u64)>,
    /// Earlier code, newest last: the height of the change and the hash that was replaced.
    pub history: Vec<(BlockNumber, Hash)>,
}
