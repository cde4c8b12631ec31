//! Why methods fail. The numbers are stable.

use tenon_contract::prelude::*;

/// Why a method failed.
#[error]
pub enum Error {
    /// There is no such network.
    UnknownNetwork = 1,
    /// This instance holds one network and founds no other.
    Closed = 2,
    /// The name is empty, longer than 64 bytes, or has control characters.
    InvalidName = 3,
    /// A network has at most 18 decimals, a fee divisor of 0 or from 2 to 1,000,000, and a rate of at most 32,767.
    InvalidRules = 4,
    /// The zero address gives no credit and takes none.
    ZeroAddress = 5,
    /// A line is between two different parties.
    SameParty = 6,
    /// A rate is above 32,767 hundredths of a percent, or not that of a network whose rate is fixed.
    InvalidRate = 7,
    /// What is stated to end has ended already.
    ExpiryPassed = 8,
    /// A proposal or an offer stands for at most 30 days.
    StandsTooLong = 9,
    /// There is no such proposal.
    UnknownProposal = 10,
    /// The proposal states other terms than the caller does.
    OtherTerms = 11,
    /// The proposal or the offer has lapsed.
    Lapsed = 12,
    /// Only the two parties may, before it has lapsed.
    NotParty = 13,
    /// There is no line between the two.
    UnknownLine = 14,
    /// The line given would be below what is owed on it.
    BelowDebt = 15,
    /// Who lowers a line gives less than before.
    NotLower = 16,
    /// Only who may freeze lines of this network.
    NotFreezer = 17,
    /// The line is frozen.
    Frozen = 18,
    /// The line is so already.
    NoChange = 19,
    /// A transfer of nothing.
    ZeroValue = 20,
    /// A path has 1 to 8 hops.
    InvalidPath = 21,
    /// Nobody stands twice in a path; a ring, which ends with its sender, has at least three hops.
    PathRepeats = 22,
    /// The deadline has passed.
    DeadlinePassed = 23,
    /// The payer would owe more on a line than the payee gives.
    AboveLine = 24,
    /// The line has expired: who is owed can pay with that, and nobody comes to owe more.
    LineExpired = 25,
    /// The fees would be more than stated.
    FeeTooHigh = 26,
    /// The fees would leave nothing for the receiver.
    NothingArrives = 27,
    /// A sum would be larger than a number can hold.
    AmountOverflow = 28,
    /// Something is owed on the line.
    BalanceNotZero = 29,
    /// Less than one unit is left: until 30 days after the expiry who is owed it can close the line, and nobody else.
    FractionOwed = 30,
    /// The line has not expired: only its parties close it.
    NotExpired = 31,
    /// The order names somebody else to hand it in.
    NotAddressed = 32,
    /// The order's deadline has passed.
    OrderExpired = 33,
    /// An order is signed for a day at most.
    OrderTooLong = 34,
    /// The signature is not the proposer's over this order.
    InvalidSignature = 35,
    /// The signer has used or cancelled an order of this number.
    OrderUsed = 36,
    /// Only who signed an order cancels it.
    NotSigner = 37,
    /// A sweep takes at most 100 orders.
    TooMany = 38,
    /// There is no such offer.
    UnknownOffer = 39,
    /// The offer states something else than the caller does.
    OtherOffer = 40,
    /// An offer is about one unit or more, and nothing stands at the zero address.
    InvalidOffer = 41,
    /// The caller owes less than that.
    AboveDebt = 42,
    /// The coin that came is not the price.
    WrongPayment = 43,
    /// The payment was refused.
    PaymentRefused = 44,
    /// Less than the price has arrived.
    Underpaid = 45,
}
