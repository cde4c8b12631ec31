//! How a transaction ended, in the form that clients decode: a weight and a numbered error.

mod describe;

pub use describe::{BALANCES_ERROR_BASE, ErrorText, ModulesError, OTHER_ERROR, TOKEN_ERROR_BASE};

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tenon_abi::{HostError, module_error_number};

/// Index of `Modules` among the pallets, as errors and calls carry it.
const MODULES_INDEX: u8 = 3;
/// Index of `Balances` among the pallets.
const BALANCES_INDEX: u8 = 1;
/// Variant of [`ModulesError`] that carries a module's own number.
const MODULE_FAILED: u8 = 255;

/// Execution and proof size. Gas stands in `ref_time`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Weight {
    /// Gas.
    #[codec(compact)]
    pub ref_time: u64,
    /// Always 0.
    #[codec(compact)]
    pub proof_size: u64,
}

/// The class of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum DispatchClass {
    /// A transaction.
    #[default]
    Normal,
    /// Not used by this chain.
    Operational,
    /// Not used by this chain.
    Mandatory,
}

/// Whether the sender paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Pays {
    /// It did.
    #[default]
    Yes,
    /// Not used by this chain.
    No,
}

/// What a transaction cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DispatchInfo {
    /// Gas used.
    pub weight: Weight,
    /// The class.
    pub class: DispatchClass,
    /// Who paid.
    pub pays_fee: Pays,
}

/// An error of the native coin that clients know by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum TokenError {
    /// The sender has too little.
    FundsUnavailable,
    /// The sender's account would end.
    OnlyProvider,
    /// The receiver would hold less than the existential deposit.
    BelowMinimum,
}

/// Errors of `Balances`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum BalancesError {
    /// The balance is too low for the amount.
    #[codec(index = 2)]
    InsufficientBalance,
    /// The amount is too low for the receiver's account to exist.
    #[codec(index = 3)]
    ExistentialDeposit,
    /// The transfer would end the sender's account.
    #[codec(index = 4)]
    Expendability,
    /// The address is not of the form `Id`.
    #[codec(index = 5)]
    UnknownAddress,
}

/// Why an included transaction took no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum DispatchError {
    /// An error of the host that no pallet owns.
    #[codec(index = 0)]
    Other,
    /// An error of a pallet: its index and four bytes, the first of which is the variant.
    #[codec(index = 3)]
    Module {
        /// The pallet.
        index: u8,
        /// The variant and its fields.
        error: [u8; 4],
    },
    /// An error of the native coin.
    #[codec(index = 7)]
    Token(TokenError),
}

impl DispatchError {
    /// Wraps the number with which a call into a module ended.
    pub fn from_code(code: u32) -> Self {
        let error = module_error_number(code).map_or_else(
            || [u8::try_from(code).unwrap_or(HostError::Internal.code().to_le_bytes()[0]), 0, 0, 0],
            |number| {
                let [low, high] = number.to_le_bytes();
                [MODULE_FAILED, low, high, 0]
            },
        );
        Self::Module { index: MODULES_INDEX, error }
    }

    /// The number with which a call into a module ended, if this is one.
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Module { index: MODULES_INDEX, error: [MODULE_FAILED, low, high, _] } => {
                Some(tenon_abi::module_error_code(u16::from_le_bytes([*low, *high])))
            }
            Self::Module { index: MODULES_INDEX, error: [variant, ..] } => Some(u32::from(*variant)),
            _ => None,
        }
    }
}

impl From<HostError> for DispatchError {
    fn from(error: HostError) -> Self {
        Self::from_code(error.code())
    }
}

impl From<BalancesError> for DispatchError {
    fn from(error: BalancesError) -> Self {
        let variant = error.encode().first().copied().unwrap_or_default();
        Self::Module { index: BALANCES_INDEX, error: [variant, 0, 0, 0] }
    }
}
