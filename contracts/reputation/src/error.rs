//! Why methods fail. The numbers are stable.

use tenon_contract::prelude::*;

/// Why a method failed. Nothing has moved then, except that its gas is paid for.
#[error]
pub enum Error {
    /// The market has no such licence: there never was one, or it was closed.
    UnknownLicence = 1,
    /// The market did not say what the licence covers.
    MarketFailed = 2,
    /// The caller does not hold the licence.
    NotHolder = 3,
    /// The terms name nobody who decides on flags.
    NoArbiter = 4,
    /// The arbiter is nobody, the stake is zero, or there is no time to decide, or more than 90 days.
    InvalidArbitration = 5,
    /// The event was flagged under this licence already.
    AlreadyFlagged = 6,
    /// The licence was not the flagger's at the time of the event.
    NotCovered = 7,
    /// The time for this has passed.
    TooLate = 8,
    /// The stake is above the highest that the flagger would pay.
    StakeAboveMaximum = 9,
    /// The coin that came is not the stake.
    WrongValue = 10,
    /// It is paid in an asset: send no coin.
    CoinNotWanted = 11,
    /// The asset did not let the payment pass: approve this instance first, and hold enough.
    PaymentRefused = 12,
    /// Another amount arrived than was due.
    WrongAmount = 13,
    /// The currency claims more than an amount can hold.
    AmountOverflow = 14,
    /// No such flag was raised, or it was removed.
    UnknownFlag = 15,
    /// The flag is decided, or its time is over.
    FlagClosed = 16,
    /// The flag can still be decided, or the event could be flagged again under its licence.
    FlagStands = 17,
    /// The caller does not decide on this flag, or the group has not resolved it so.
    NotArbiter = 18,
    /// The score still counts something.
    ScoreStands = 19,
    /// Nothing waits to be withdrawn.
    NothingToWithdraw = 20,
    /// The money could not be sent to this receiver. It still waits.
    WithdrawalRefused = 21,
    /// Money cannot go to nobody, nor to this instance.
    InvalidReceiver = 22,
    /// No asset stands at the zero address.
    InvalidCurrency = 23,
}
