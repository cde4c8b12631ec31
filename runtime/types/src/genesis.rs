//! What a chain begins with. The hash of block 0, which commits to all of it, names the chain.

use crate::{Address, AdminPolicy, Amount, Parameters, Validator};
use alloc::{string::String, vec::Vec};
use parity_scale_codec::{Decode, Encode};

/// A protocol module that exists from block 0 on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GenesisModule {
    /// The name by which people call it. Its address follows from the name.
    pub name: String,
    /// The WASM file.
    pub code: Vec<u8>,
    /// Arguments of `init`, encoded.
    pub input: Vec<u8>,
    /// Who may upgrade it.
    pub admin: AdminPolicy,
}

/// The first state of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Genesis {
    /// The chain's name, for people.
    pub name: String,
    /// The symbol of the native coin.
    pub symbol: String,
    /// The decimals of the native coin.
    pub decimals: u8,
    /// The SS58 prefix of addresses.
    pub ss58_prefix: u16,
    /// The time of block 0 in milliseconds since 1970-01-01 UTC.
    pub time_ms: u64,
    /// The numbers that the chain is tuned by.
    pub parameters: Parameters,
    /// Who holds the native coin.
    pub balances: Vec<(Address, Amount)>,
    /// The validators of a chain under BBFT until the instance with hooks has elected others.
    pub validators: Vec<Validator>,
    /// The protocol modules, in the order in which they are created.
    pub modules: Vec<GenesisModule>,
    /// WASM files that are on chain from block 0 on without an instance: what templates are deployed from.
    pub codes: Vec<Vec<u8>>,
}
