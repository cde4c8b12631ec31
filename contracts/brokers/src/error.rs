//! Why methods fail. The numbers are stable.

use tenon_contract::prelude::*;

/// Why a method failed. Nothing has moved then, except that its gas is paid for.
#[error]
pub enum Error {
    /// The registry knows no stream of this id: it was never created, or it was deleted.
    UnknownStream = 1,
    /// The stream has no coordination.
    NotCoordinated = 2,
    /// The stream has a coordination already: it is stopped and closed first.
    AlreadyCoordinated = 3,
    /// The caller may not edit the stream.
    NotAllowed = 4,
    /// A round lasts up to 31 days, and both windows, of at least a millisecond each, fit into one round.
    InvalidTimes = 5,
    /// The threshold is above one half and at most all: 5001 to 10000 basis points.
    InvalidThreshold = 6,
    /// A share of the pot is at most all of it: 10000 basis points.
    InvalidReward = 7,
    /// The coordination pays in another currency, or no asset stands at the zero address.
    WrongCurrency = 8,
    /// The zero address is nobody's, and this instance is no broker.
    InvalidBroker = 9,
    /// A stream has at most 64 brokers, those included who left and whose last rounds are not settled.
    TooManyBrokers = 10,
    /// The account is a broker of the stream already.
    AlreadyBroker = 11,
    /// The account is no broker of the stream, or was none in that round.
    NotBroker = 12,
    /// The coordination is stopped.
    Stopped = 13,
    /// The coordination is not stopped.
    NotStopped = 14,
    /// The coordination has no round of this number.
    UnknownRound = 15,
    /// The time for this has not come yet.
    TooEarly = 16,
    /// The time for this has passed.
    TooLate = 17,
    /// The broker has committed to a report on this round.
    AlreadyCommitted = 18,
    /// The broker has not committed to a report on this round, or has opened it.
    NoCommitment = 19,
    /// The report and the salt are not what the broker committed to.
    WrongReveal = 20,
    /// The coordination chains events by another algorithm.
    WrongAlgorithm = 21,
    /// The report counts fewer events than were agreed on before, or as many with another hash.
    Regression = 22,
    /// Nobody reported on this round, or it is settled.
    NothingToSettle = 23,
    /// A round before it waits to be settled first.
    EarlierRoundOpen = 24,
    /// A round waits to be settled first.
    RoundOpen = 25,
    /// An amount of zero is no payment.
    ZeroAmount = 26,
    /// The coin that came is not the amount that was stated.
    WrongValue = 27,
    /// The coordination pays in an asset: send no coin.
    CoinNotWanted = 28,
    /// The asset did not let the payment pass: approve this instance first, and hold enough.
    PaymentRefused = 29,
    /// The asset's module said yes, but nothing arrived.
    NothingArrived = 30,
    /// The currency claims more than an amount can hold.
    AmountOverflow = 31,
    /// Nothing waits for the caller.
    NothingToClaim = 32,
    /// The money could not be sent to this receiver. It still waits.
    ClaimRefused = 33,
    /// Money cannot go to nobody, nor to this instance.
    InvalidReceiver = 34,
    /// What was agreed on is kept while the stream exists, while it is coordinated, and for 366 days.
    StillKept = 35,
    /// An event has at most 16,384 bytes.
    EventTooLong = 36,
    /// The registry did not say whether the stream can be edited.
    RegistryFailed = 37,
    /// The brokers of this stream are drawn, and not named, as long as it is coordinated.
    Drawn = 38,
    /// The brokers of this stream are named.
    NotDrawn = 39,
    /// Brokers were drawn in this period of the pool already, or its seed was made when the pool was chosen.
    AlreadyDrawn = 40,
    /// There is no such pool, or its period has no seed.
    NoDraw = 41,
}
