//! The version of the rules, in the two forms in which clients ask for it: SCALE and JSON.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use serde_json::{Value, json};
use tenon_types::Genesis;

/// Name of the rules; wallets show it.
const SPEC_NAME: &str = "tenon";
/// Name of this implementation.
const IMPLEMENTATION_NAME: &str = "tenon-node";

/// Runtime interfaces, each a hash of its name and a version. Clients decide by them which calls to make.
const APIS: [([u8; 8], u32); 5] = [
    // Core
    ([0xdf, 0x6a, 0xcb, 0x68, 0x99, 0x07, 0x60, 0x9b], 5),
    // Metadata
    ([0x37, 0xe3, 0x97, 0xfc, 0x7c, 0x91, 0xf5, 0xe4], 2),
    // AccountNonceApi
    ([0xbc, 0x9d, 0x89, 0x90, 0x4f, 0x5b, 0x92, 0x3f], 1),
    // TransactionPaymentApi
    ([0x37, 0xc8, 0xbb, 0x13, 0x50, 0xa9, 0xa2, 0xa8], 4),
    // TaggedTransactionQueue
    ([0xd2, 0xbc, 0x98, 0x97, 0xee, 0xd0, 0x8f, 0x15], 3),
];

/// The version of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct RuntimeVersion {
    /// Name of the rules.
    pub spec_name: String,
    /// Name of the implementation.
    pub impl_name: String,
    /// Version of block authoring.
    pub authoring_version: u32,
    /// Version of the rules; part of what is signed.
    pub spec_version: u32,
    /// Version of the implementation.
    pub impl_version: u32,
    /// The runtime interfaces.
    pub apis: Vec<([u8; 8], u32)>,
    /// Version of the transaction format; part of what is signed.
    pub transaction_version: u32,
    /// Version of the state's layout.
    pub system_version: u8,
}

impl RuntimeVersion {
    /// The version of a chain.
    pub fn of(genesis: &Genesis) -> Self {
        Self {
            spec_name: SPEC_NAME.into(),
            impl_name: IMPLEMENTATION_NAME.into(),
            authoring_version: 1,
            spec_version: genesis.parameters.spec_version,
            impl_version: 1,
            apis: APIS.to_vec(),
            transaction_version: genesis.parameters.transaction_version,
            system_version: 1,
        }
    }

    /// The version as `state_getRuntimeVersion` returns it.
    pub fn to_json(&self) -> Value {
        let apis: Vec<Value> =
            self.apis.iter().map(|(name, version)| json!([format!("0x{}", hex::encode(name)), version])).collect();
        json!({
            "specName": self.spec_name,
            "implName": self.impl_name,
            "authoringVersion": self.authoring_version,
            "specVersion": self.spec_version,
            "implVersion": self.impl_version,
            "apis": apis,
            "transactionVersion": self.transaction_version,
            "systemVersion": self.system_version,
            "stateVersion": self.system_version,
        })
    }
}
