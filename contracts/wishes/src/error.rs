//! Why methods fail. The numbers are stable.

use tenon_contract::prelude::*;

/// Why a method failed. Nothing has moved then, except that its gas is paid for.
#[error]
pub enum Error {
    /// No wish has this number: it was never made, or it was cleared.
    UnknownWish = 1,
    /// This instance has one wish, and takes no other.
    OneWishOnly = 2,
    /// The text is empty, longer than 512 bytes, or has control characters.
    InvalidText = 3,
    /// The deadline is a millisecond to 366 days ahead.
    InvalidDeadline = 4,
    /// Nobody, or this instance, cannot accept.
    InvalidAcceptor = 5,
    /// No asset stands at the zero address.
    InvalidCurrency = 6,
    /// The deadline has passed.
    TooLate = 7,
    /// The deadline has not come yet.
    TooEarly = 8,
    /// A stream was accepted: the bounty is its publisher's.
    AlreadyAccepted = 9,
    /// No stream was accepted.
    NotAccepted = 10,
    /// The caller is not the acceptor.
    NotAcceptor = 11,
    /// The caller may not edit the stream.
    NotAllowed = 12,
    /// The registry knows no stream of this id.
    UnknownStream = 13,
    /// The registry did not say whether the stream can be edited.
    RegistryFailed = 14,
    /// The stream was submitted already.
    AlreadySubmitted = 15,
    /// The stream was not submitted, or by somebody else.
    NotSubmitted = 16,
    /// The submission stands: until the wish is over only who made it can remove it.
    SubmissionStands = 17,
    /// An amount of zero is no payment.
    ZeroAmount = 18,
    /// The coin that came is not the amount that was stated.
    WrongValue = 19,
    /// The bounty is paid in an asset: send no coin.
    CoinNotWanted = 20,
    /// The asset did not let the payment pass: approve this instance first, and hold enough.
    PaymentRefused = 21,
    /// The asset's module said yes, but nothing arrived.
    NothingArrived = 22,
    /// The currency claims more than an amount can hold.
    AmountOverflow = 23,
    /// Nothing of the wish is the caller's.
    NothingToTake = 24,
    /// The money could not be sent to this receiver. It still waits.
    PayoutRefused = 25,
    /// Money cannot go to nobody, nor to this instance.
    InvalidReceiver = 26,
    /// The caller is not the publisher of the stream that was accepted.
    NotPublisher = 27,
    /// Money waits for somebody, or the wish is not over.
    NotOver = 28,
    /// The publisher may not edit the stream any more, or it is gone.
    PublisherLeft = 29,
}
