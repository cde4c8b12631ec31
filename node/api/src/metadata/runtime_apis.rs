//! The runtime interfaces that `state_call` answers, declared for clients that type them. Their encodings are here too,
//! so that the server answers with exactly what is declared.

#![allow(clippy::cast_possible_truncation, reason = "derived encodings cast the index of a variant, which fits")]

use crate::version::RuntimeVersion;
use frame_metadata::v15::{RuntimeApiMetadata, RuntimeApiMethodMetadata, RuntimeApiMethodParamMetadata};
use parity_scale_codec::{Decode, Encode};
use scale_info::{TypeInfo, meta_type};
use tenon_types::{Address, Amount, DispatchClass, Hash, Weight};

/// What a transaction would cost: the answer of `TransactionPaymentApi_query_info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct RuntimeDispatchInfo {
    /// Gas.
    pub weight: Weight,
    /// The class.
    pub class: DispatchClass,
    /// The fee in the native coin, without the tip.
    pub partial_fee: Amount,
}

/// Why a transaction is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum InvalidTransaction {
    /// The call is not allowed.
    Call,
    /// The fee cannot be paid.
    Payment,
    /// The nonce lies ahead.
    Future,
    /// The nonce was used already.
    Stale,
    /// The signature is wrong, or for another chain or version.
    BadProof,
    /// The era is over.
    AncientBirthBlock,
    /// It can never fit a block.
    ExhaustsResources,
    /// Anything else.
    Custom(u8),
}

/// Why nothing is known of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum UnknownTransaction {
    /// Something could not be looked up.
    CannotLookup,
    /// There is no validator.
    NoUnsignedValidator,
    /// Anything else.
    Custom(u8),
}

/// Why a transaction is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum TransactionValidityError {
    /// It is refused.
    Invalid(InvalidTransaction),
    /// Nothing is known.
    Unknown(UnknownTransaction),
}

/// What the pool knows of a valid transaction.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ValidTransaction {
    /// Higher is included earlier.
    pub priority: u64,
    /// What must be there first.
    pub requires: Vec<Vec<u8>>,
    /// What it makes be there.
    pub provides: Vec<Vec<u8>>,
    /// Blocks for which it stays valid.
    pub longevity: u64,
    /// Whether it is sent on.
    pub propagate: bool,
}

/// Where a transaction comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub(super) enum TransactionSource {
    /// A block.
    InBlock,
    /// This node.
    Local,
    /// Elsewhere.
    External,
}

/// The result of `TaggedTransactionQueue_validate_transaction`.
pub type TransactionValidity = Result<ValidTransaction, TransactionValidityError>;

type Inputs = Vec<RuntimeApiMethodParamMetadata>;

fn input<T: TypeInfo + 'static>(name: &'static str) -> RuntimeApiMethodParamMetadata {
    RuntimeApiMethodParamMetadata { name, ty: meta_type::<T>() }
}

fn method<T: TypeInfo + 'static>(name: &'static str, inputs: Inputs, docs: &'static str) -> RuntimeApiMethodMetadata {
    RuntimeApiMethodMetadata { name, inputs, output: meta_type::<T>(), docs: vec![docs] }
}

pub(super) fn all() -> Vec<RuntimeApiMetadata> {
    let api = |name, docs, methods| RuntimeApiMetadata { name, methods, docs: vec![docs] };
    vec![
        api("Core", "What every chain has.", vec![method::<RuntimeVersion>("version", Vec::new(), "The version.")]),
        api(
            "Metadata",
            "Descriptions of the chain.",
            vec![
                method::<Vec<u8>>("metadata", Vec::new(), "Version 14, encoded."),
                method::<Option<Vec<u8>>>("metadata_at_version", vec![input::<u32>("version")], "A version, encoded."),
                method::<Vec<u32>>("metadata_versions", Vec::new(), "The versions that are served."),
            ],
        ),
        api(
            "AccountNonceApi",
            "Nonces.",
            vec![method::<u32>("account_nonce", vec![input::<Address>("account")], "The nonce of an account.")],
        ),
        api(
            "TransactionPaymentApi",
            "Fees.",
            vec![method::<RuntimeDispatchInfo>(
                "query_info",
                vec![input::<super::extrinsic::UncheckedExtrinsic>("uxt"), input::<u32>("len")],
                "What a transaction would cost.",
            )],
        ),
        api(
            "TaggedTransactionQueue",
            "The pool's checks.",
            vec![method::<TransactionValidity>(
                "validate_transaction",
                vec![
                    input::<TransactionSource>("source"),
                    input::<super::extrinsic::UncheckedExtrinsic>("tx"),
                    input::<Hash>("block_hash"),
                ],
                "Whether the pool would accept a transaction.",
            )],
        ),
    ]
}
