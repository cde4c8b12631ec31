//! Why methods fail. The numbers are stable.

use policies::client::Refusal;
use tenon_contract::prelude::*;

/// Why a method failed.
#[error]
pub enum Error {
    /// No asset has this id.
    UnknownAsset = 1,
    /// The balance is smaller than the amount.
    InsufficientBalance = 2,
    /// The allowance is smaller than the amount, or has expired.
    InsufficientAllowance = 3,
    /// The zero address holds nothing, receives nothing and spends nothing.
    ZeroAddress = 4,
    /// The allowance is not what the caller expected: read it again and decide anew.
    AllowanceChanged = 5,
    /// The time of expiry has passed already.
    ExpiryPassed = 6,
    /// The name is empty, longer than 64 bytes, or has control characters.
    InvalidName = 7,
    /// The symbol is empty, longer than 16 bytes, or has spaces or control characters.
    InvalidSymbol = 8,
    /// There are more than 38 decimals.
    InvalidDecimals = 9,
    /// A cap of zero allows nothing to exist.
    ZeroCap = 10,
    /// The supply would rise above the cap, or above what an amount can hold.
    CapExceeded = 11,
    /// The caller may not mint this asset.
    MintNotAllowed = 12,
    /// The caller may not burn this asset.
    BurnNotAllowed = 13,
    /// The caller does not own the asset.
    NotOwner = 14,
    /// This right was given up for good.
    Renounced = 15,
    /// A batch has no more than 128 transfers.
    BatchTooLong = 16,
    /// A memo has no more than 256 bytes.
    MemoTooLong = 17,
    /// The allowance would rise above what an amount can hold.
    AllowanceOverflow = 18,
    /// The permit's time has passed.
    PermitExpired = 19,
    /// The permit's number is not the owner's next one: it was used, or others must be used before it.
    PermitNumber = 20,
    /// The signature is not the owner's over this permit, chain and instance.
    InvalidSignature = 21,
    /// This instance holds one asset, and no other can be issued here.
    Closed = 22,
    /// The receiver has no valid credential of the issuer and topic that the asset's policy names.
    NotEligible = 23,
    /// One more identity would hold the asset than its policy allows.
    HolderLimitReached = 24,
    /// The sender or the receiver is frozen.
    Frozen = 25,
    /// The policy asks for nothing, contradicts itself or names the zero address.
    InvalidPolicy = 26,
    /// The issuer has no valid credential of the issuer and topic that were named.
    IssuerNotVerified = 27,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotEligible => Self::NotEligible,
            Refusal::HolderLimitReached => Self::HolderLimitReached,
            Refusal::Frozen => Self::Frozen,
            Refusal::InvalidTerms => Self::InvalidPolicy,
        }
    }
}
