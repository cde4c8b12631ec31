//! Why methods fail. The numbers are stable.

use policies::client::Refusal;
use tenon_contract::prelude::*;

/// Why a method failed.
#[error]
pub enum Error {
    /// No collection has this id.
    UnknownCollection = 1,
    /// The collection has no such item: it was never issued, or it was burnt.
    UnknownItem = 2,
    /// The zero address holds nothing, receives nothing, and may do nothing.
    ZeroAddress = 3,
    /// The caller does not own the collection.
    NotOwner = 4,
    /// The item does not belong to whom it should be taken from.
    NotItemOwner = 5,
    /// The caller neither owns the item nor was approved for it.
    NotApproved = 6,
    /// Minting was given up for good.
    Sealed = 7,
    /// The caller may not mint in this collection.
    MintNotAllowed = 8,
    /// The items of this collection cannot be burnt.
    BurnNotAllowed = 9,
    /// The collection holds as many items as its cap allows, or its ids are used up.
    CapReached = 10,
    /// A cap of zero allows no item.
    ZeroCap = 11,
    /// Ids are issued upwards, each once: this one or a higher one was issued before.
    IdUsed = 12,
    /// The name is empty, longer than 64 bytes, or has control characters.
    InvalidName = 13,
    /// The symbol is empty, longer than 16 bytes, or has spaces or control characters.
    InvalidSymbol = 14,
    /// The URI is longer than 256 bytes or has control characters.
    InvalidUri = 15,
    /// This instance was made for one collection: it takes no further one, and notarises nothing.
    Closed = 16,
    /// Somebody has the use of the item: until it ends the use is not granted anew, and the item is not burnt.
    InUse = 17,
    /// The use would end before it begins.
    UseEndPassed = 18,
    /// The use would last longer than ten years.
    UseTooLong = 19,
    /// The caller does not have the use of the item.
    NotUser = 20,
    /// The use was granted to one user only, who may not pass it on.
    UseNotTransferable = 21,
    /// The hash was notarised before.
    AlreadyNotarised = 22,
    /// The hash of a document is not zero.
    ZeroHash = 23,
    /// The receiver has no valid credential of the issuer and topic that the collection's policy names.
    NotEligible = 24,
    /// One more person would hold items of the collection than its policy allows.
    HolderLimitReached = 25,
    /// The sender or the receiver is frozen in this collection.
    Frozen = 26,
    /// The terms of the policy contradict themselves, ask for nothing, or name the zero address.
    InvalidPolicy = 27,
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
