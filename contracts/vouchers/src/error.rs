//! Why methods fail. The numbers are stable.

use policies::client::Refusal;
use tenon_contract::prelude::*;

/// Why a method failed.
#[error]
pub enum Error {
    /// No kind of voucher has this id.
    UnknownKind = 1,
    /// The balance has fewer units.
    InsufficientUnits = 2,
    /// The allowance has fewer units, or has expired.
    InsufficientAllowance = 3,
    /// The zero address holds nothing, receives nothing, spends nothing and signs nothing.
    ZeroAddress = 4,
    /// The allowance is not what the caller expected: read it again and decide anew.
    AllowanceChanged = 5,
    /// The time of expiry has passed already.
    ExpiryPassed = 6,
    /// The name is empty, longer than 64 bytes, or has control characters.
    InvalidName = 7,
    /// The symbol is empty, longer than 16 bytes, or has spaces or control characters.
    InvalidSymbol = 8,
    /// A cap of zero allows nothing to exist.
    ZeroCap = 9,
    /// More units would have been issued than the cap, or than a number can count.
    CapExceeded = 10,
    /// The caller may not mint this kind.
    MintNotAllowed = 11,
    /// The caller may not burn this kind.
    BurnNotAllowed = 12,
    /// The caller does not own the kind.
    NotOwner = 13,
    /// This right was given up for good.
    Renounced = 14,
    /// A batch has no more than 128 parts, a list of balances no more than 100.
    BatchTooLong = 15,
    /// The text on the face is longer than 256 bytes or has control characters.
    InvalidFace = 16,
    /// The reference is longer than 128 bytes or has control characters.
    InvalidReference = 17,
    /// Nothing is redeemed or packed with zero units.
    ZeroUnits = 18,
    /// Only the issuer sends units of this kind: whoever received one keeps or redeems it.
    NotTransferable = 19,
    /// The time for redeeming ends before it begins.
    EmptyWindow = 20,
    /// The time for redeeming has not begun.
    NotYetValid = 21,
    /// The time for redeeming is over.
    Expired = 22,
    /// The caller is not the redeemer of this order and of its kind.
    NotRedeemer = 23,
    /// The order's deadline has passed.
    OrderExpired = 24,
    /// The order's deadline is more than 366 days ahead: present it later.
    OrderTooLong = 25,
    /// An order of this holder with this number was used or cancelled.
    OrderUsed = 26,
    /// The signature is not the signer's over this, on this chain and for this instance.
    InvalidSignature = 27,
    /// Only the holder who signs an order cancels it.
    NotHolder = 28,
    /// There is no such packet, or nothing is left in it.
    UnknownPacket = 29,
    /// A packet has one part at least, and each part one unit at least.
    InvalidParts = 30,
    /// The packet's time is over: what is left goes back to who packed it.
    PacketClosed = 31,
    /// The packet can still be opened, or its marks are still needed.
    PacketOpen = 32,
    /// This receiver has had a part of the packet.
    AlreadyOpened = 33,
    /// Units of a kind with a transfer policy cannot be packed.
    RestrictedKind = 34,
    /// This instance holds one kind and issues no other.
    Closed = 35,
    /// The receiver has no valid credential of the issuer and topic that the kind's policy names.
    NotEligible = 36,
    /// One more identity would hold the kind than its policy allows.
    HolderLimitReached = 37,
    /// The sender or the receiver is frozen, as the kind's policy provides.
    Frozen = 38,
    /// The policy contradicts itself or names the zero address.
    InvalidPolicy = 39,
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
