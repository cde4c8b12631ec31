//! Why methods fail. The numbers are stable.

use tenon_contract::prelude::*;

/// Why a method failed.
#[error]
pub enum Error {
    /// No asset has this id.
    UnknownAsset = 1,
    /// The asset has no class with this id.
    UnknownClass = 2,
    /// No lot has this id, or it was used up.
    UnknownLot = 3,
    /// The lot's value is smaller than the amount.
    InsufficientValue = 4,
    /// The lot's owner did not allow the caller to take as much of it.
    InsufficientAllowance = 5,
    /// The zero address owns nothing, receives nothing and spends nothing.
    ZeroAddress = 6,
    /// A lot of value zero does not exist, so nothing moves by zero.
    ZeroAmount = 7,
    /// The allowance is not what the caller expected: read it again and decide anew.
    AllowanceChanged = 8,
    /// A lot has allowances for no more than 8 operators at a time: end one first.
    TooManyApprovals = 9,
    /// Value stays in its class: these two lots are not of one asset and one class.
    DifferentClass = 10,
    /// Only lots of one owner merge. Use `transfer_value` to give value to somebody else's lot.
    DifferentOwner = 11,
    /// The two lots are one and the same.
    SameLot = 12,
    /// A split leaves something in both lots.
    WholeLot = 13,
    /// The caller is neither the owner of the lot nor an operator of its owner.
    NotAuthorised = 14,
    /// The class was closed: nothing more is minted into it, for good.
    ClassClosed = 15,
    /// The name is empty, longer than 64 bytes, or has control characters.
    InvalidName = 16,
    /// The symbol is empty, longer than 16 bytes, or has spaces or control characters.
    InvalidSymbol = 17,
    /// There are more than 38 decimals.
    InvalidDecimals = 18,
    /// The asset's supply would rise above what an amount can hold.
    SupplyOverflow = 19,
    /// The caller may not mint this asset.
    MintNotAllowed = 20,
    /// The caller may not burn this asset.
    BurnNotAllowed = 21,
    /// The caller does not own the asset.
    NotOwner = 22,
    /// This right was given up for good.
    Renounced = 23,
    /// This instance was made for one asset and issues no other.
    Closed = 24,
    /// The receiver has no valid credential of the kind that the asset's policy asks for.
    NotEligible = 25,
    /// One more identity would hold the asset than its policy allows.
    HolderLimitReached = 26,
    /// The asset's policy names a freezer, who froze the sender or the receiver.
    Frozen = 27,
    /// The policy asks for nothing, contradicts itself, or names the zero address.
    InvalidPolicy = 28,
}
