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
    /// The zero address owns nothing, owes nothing and signs nothing.
    ZeroAddress = 4,
    /// An output holds more than nothing.
    ZeroAmount = 5,
    /// A sum would be larger than a number can hold.
    AmountOverflow = 6,
    /// A lock of several has 2 to 16 different members, and needs at least one and at most all of them.
    InvalidLock = 7,
    /// A limit, the unit or the lifetime of debts is zero, sources begin above 16, or a reporter gets more than half.
    InvalidTerms = 8,
    /// A list is longer than it may be.
    TooLong = 9,
    /// An order has a step, and each step has an input.
    EmptyStep = 10,
    /// There is no such output: it never was, or is spent.
    UnknownOutput = 11,
    /// An order names each output once.
    NamedTwice = 12,
    /// The step's layer does not hold such an output, or does not take such an input.
    NotInLayer = 13,
    /// Whoever an output is locked to has not allowed this.
    NotAuthorised = 14,
    /// A signature is not the signer's over this order, on this chain and for this instance.
    InvalidSignature = 15,
    /// More value comes out than goes in.
    ValueCreated = 16,
    /// More debt comes out than net credit covers.
    DebtWithoutCredit = 17,
    /// More credit comes out than goes in.
    CreditCreated = 18,
    /// Nobody comes to owe anything without having allowed it.
    DebtorNotAsked = 19,
    /// A debt expires later than now and within the network's longest time.
    InvalidExpiry = 20,
    /// A debt is locked to its debtor's key alone, unless it names who may bring it into that form.
    NonStandardDebt = 21,
    /// The owner has a debt that has expired, and may only repay.
    Frozen = 22,
    /// The network grants no more credit in this block.
    BlockLimit = 23,
    /// The network grants no more credit on this day.
    DayLimit = 24,
    /// The order is not good yet.
    OrderNotYetValid = 25,
    /// The order is good no more.
    OrderExpired = 26,
    /// An order is good for a day at most.
    OrderTooLong = 27,
    /// An order that is handed in spends an output, so that it is good once.
    NothingSpent = 28,
    /// This is no debt in standard form that has expired.
    NotBadDebt = 29,
    /// The order does not move what the debtor alone owns, or repays the debt.
    NoOffence = 30,
    /// The order was made for a time before the debt expired.
    MadeBefore = 31,
    /// No fees have come together.
    NothingToCollect = 32,
    /// The table's name, the key or the value is too long, or a name is empty or has control characters.
    InvalidRecord = 33,
}
