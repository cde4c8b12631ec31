//! Why methods fail. The numbers are stable.

use tenon_contract::prelude::*;

/// Why a method failed.
#[error]
pub enum Error {
    /// The receiver has no valid credential of the issuer and topic that the policy names.
    NotEligible = 1,
    /// One more identity would hold the asset than the policy allows.
    HolderLimitReached = 2,
    /// The sender or the receiver is frozen.
    Frozen = 3,
    /// The asset has no policy.
    NoPolicy = 4,
    /// The asset has a policy already: it is fixed at issue.
    AlreadyAttached = 5,
    /// The policy asks for nothing.
    EmptyTerms = 6,
    /// A holder limit counts identities, so it needs a credential that states them.
    LimitWithoutCredential = 7,
    /// A holder limit of zero lets nobody hold the asset.
    ZeroLimit = 8,
    /// The zero address issues no credential, freezes nobody and is not frozen.
    ZeroAddress = 9,
    /// The asset module moved more than its own moves before left there.
    NotHeld = 10,
    /// The amounts that the asset module reported add up to more than an amount can hold.
    AmountOverflow = 11,
    /// The caller is not the asset's freezer.
    NotFreezer = 12,
    /// The address is frozen already.
    AlreadyFrozen = 13,
    /// The address is not frozen.
    NotFrozen = 14,
}
