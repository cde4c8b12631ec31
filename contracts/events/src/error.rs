//! Why methods fail. The numbers are stable. Those of the format are also what decoding off chain returns.

use tenon_contract::prelude::*;

/// Why a method failed, or bytes are no event. Nothing has moved then, except that gas is paid for.
#[error]
pub enum Error {
    /// No subscription has this id: it was never made, or it was closed.
    UnknownSubscription = 1,
    /// The caller does not own the subscription.
    NotOwner = 2,
    /// The zero address owns nothing and receives nothing.
    ZeroAddress = 3,
    /// The consumer is no instance of a module.
    NotAnInstance = 4,
    /// A list of origins has 1 to 32 of them, each once.
    InvalidOrigins = 5,
    /// Events may be at most from 1 millisecond to 30 days old.
    InvalidAge = 6,
    /// A callback has from 10,000 to 50,000,000 gas.
    InvalidCallbackGas = 7,
    /// A subscription ends later than now, and at most 10 years from now.
    InvalidExpiry = 8,
    /// Nothing stands at the zero address: the asset's module cannot be there.
    InvalidCurrency = 9,
    /// The subscription has ended: it expired, or the notice of its cancellation has passed.
    SubscriptionEnded = 10,
    /// The subscription has not ended: it can be cancelled by its owner, but not closed.
    SubscriptionRuns = 11,
    /// The coin that came is not what is said to be paid; none comes with a payment in an asset.
    WrongPayment = 12,
    /// The asset did not let the payment pass: approve this instance first, and hold enough.
    PaymentRefused = 13,
    /// The amount is beyond what numbers can hold.
    AmountOverflow = 14,
    /// Nothing in this currency waits for the caller.
    NothingToWithdraw = 15,
    /// The payment was refused: the receiver would be below the existential deposit, or the asset does not let it pass.
    WithdrawalRefused = 16,
    /// The caller has made this commitment already.
    AlreadyCommitted = 17,
    /// The caller has not committed to this: subscription, event, salt and caller must be those of the commitment.
    NoCommitment = 18,
    /// The commitment was made in this block: it can be used from the next one on.
    CommitmentTooYoung = 19,
    /// The commitment was made ten minutes ago or earlier.
    CommitmentLapsed = 20,
    /// The commitment can still be used: only who made it can remove it.
    CommitmentStands = 21,
    /// Who delivers signs the transaction and calls this instance directly, so that nothing hinders the consumer's call.
    NotDirect = 22,
    /// What is left of the subscription's funds does not pay one more delivery.
    BountyExhausted = 23,
    /// Too little gas is left for the consumer's call: give the transaction a higher limit.
    TooLittleGas = 24,
    /// This subscription has had this event.
    AlreadyDelivered = 25,
    /// The subscription has had a newer event, or one of the same time, of this publisher in this partition.
    OutOfOrder = 26,
    /// The event is of another stream than the subscription.
    OtherStream = 27,
    /// The event is of another partition than the subscription.
    OtherPartition = 28,
    /// The event is older than the subscription allows.
    TooOld = 29,
    /// The event's time has not come yet.
    FromFuture = 30,
    /// The publisher is not one of those that the subscription names, or may not publish in the stream.
    NotPublisher = 31,
    /// The signature is not that of the origin over this event on this chain, or not in its only form.
    WrongSignature = 32,
    /// The bytes end before the event does.
    Truncated = 33,
    /// There are bytes after the event.
    TrailingBytes = 34,
    /// The event is of a version other than 1.
    UnknownVersion = 35,
    /// A length is not written in its shortest form.
    LengthNotShortest = 36,
    /// A part of the event is longer than allowed: content 1 MiB, origin 64 bytes, signature 1,024; delivered, 32 KiB in all.
    TooLong = 37,
    /// The event's time is after the year 9999.
    InvalidTimestamp = 38,
    /// The origin is of a type that nobody can check here.
    UnknownOriginType = 39,
    /// The signature is of a type that nobody can check here, or does not go with the type of the origin.
    UnknownSignatureType = 40,
    /// Origin or signature have another length than their type has.
    WrongLength = 41,
    /// There is nothing that could be removed yet.
    NothingToRemove = 42,
}
