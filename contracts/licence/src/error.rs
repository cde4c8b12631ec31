//! Why methods fail. The numbers are stable.

use tenon_contract::prelude::*;

/// Why a method failed. Nothing has moved then, except that its gas is paid for.
#[error]
pub enum Error {
    /// No product has this number: there never was one, or it was removed.
    UnknownProduct = 1,
    /// The product has no terms of this version: there never were any, or they were removed.
    UnknownVersion = 2,
    /// No licence has this number: there never was one, or it was closed.
    UnknownLicence = 3,
    /// This instance sells one product alone.
    Closed = 4,
    /// The caller does not sell the product.
    NotSeller = 5,
    /// The caller does not hold the licence.
    NotHolder = 6,
    /// The caller is neither the holder of the licence nor the seller of the product.
    NotParty = 7,
    /// The seller neither owns the stream nor may grant rights on it.
    NotStreamSeller = 8,
    /// The name is empty, longer than 64 bytes, or has control characters.
    InvalidName = 9,
    /// A period lasts a millisecond at least and 3660 days at most, brokers have 62 days at most to agree, and a
    /// payment is locked until one event at least.
    InvalidMode = 10,
    /// The shares of brokers and of the fee are above the whole price, or a royalty is; or nobody gets the fee.
    InvalidShares = 11,
    /// No asset stands at the zero address.
    InvalidCurrency = 12,
    /// A product that is not free names its terms of use by a hash.
    NoTermsOfUse = 13,
    /// Nobody issues the credential.
    InvalidCredential = 14,
    /// The arbiter is nobody, the stake is zero, or there is no time to decide, or more than 90 days.
    InvalidArbitration = 15,
    /// The product is not on sale.
    NotOnSale = 16,
    /// The product has other terms by now: look at them, and name their version.
    VersionChanged = 17,
    /// At least one unit is bought, and a licence lasts 3660 days at most from now.
    InvalidUnits = 18,
    /// The price is above the highest that the buyer would pay.
    PriceAboveMaximum = 19,
    /// The time for this has passed.
    TooLate = 21,
    /// The buyer has no valid credential of the issuer and topic that the terms name.
    NotEligible = 22,
    /// A public key has 1 to 64 bytes.
    InvalidKey = 23,
    /// One reader has at most 8 licences of a stream: close those that are over.
    TooManyLicences = 24,
    /// The stream does not let this instance grant what is sold: its owner grants `Grant` and `Subscribe` to it first.
    StreamRefused = 25,
    /// The brokers did not say how far the stream is.
    BrokersFailed = 26,
    /// The coin that came is not the price.
    WrongValue = 27,
    /// It is paid in an asset: send no coin.
    CoinNotWanted = 28,
    /// The asset did not let the payment pass: approve this instance first, and hold enough.
    PaymentRefused = 29,
    /// Another amount arrived than was due.
    WrongAmount = 30,
    /// The currency claims more than an amount can hold.
    AmountOverflow = 31,
    /// A licence of this kind cannot be extended: buy another one.
    NotExtendable = 32,
    /// What was paid for this licence is the seller's: there is nothing to cancel.
    NotCancellable = 33,
    /// The licence is over.
    Over = 34,
    /// The licence is not over, or the brokers may still agree on how much of it was used, or a flag may still be
    /// raised.
    NotOver = 35,
    /// The terms do not allow to pass the licence on.
    NotForResale = 36,
    /// The licence is not offered, or to somebody else.
    NotOffered = 37,
    /// Nothing waits to be withdrawn.
    NothingToWithdraw = 45,
    /// The money could not be sent to this receiver. It still waits.
    WithdrawalRefused = 46,
    /// Money cannot go to nobody, nor to this instance.
    InvalidReceiver = 47,
    /// The brokers of the stream did not take the money. It still waits.
    BrokersRefused = 48,
    /// Licences of these terms are not closed, money for brokers waits, or the terms are on sale.
    TermsInUse = 49,
    /// The brokers have not said yet how many events the stream has had, or have been silent for three rounds or more.
    BrokersBehind = 51,
    /// The module `reputation` did not count the trade.
    ReputationFailed = 52,
}
