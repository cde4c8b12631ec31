//! Why methods fail. The numbers are stable.

use tenon_contract::prelude::*;

/// Why a method failed. Nothing has moved then, except that its gas is paid for.
#[error]
pub enum Error {
    /// No pool has this number: there never was one, or it was dissolved.
    UnknownPool = 1,
    /// This instance has one pool alone.
    Closed = 2,
    /// A lot costs something, a period lasts from 10 seconds to 31 days, and a partition has 1 to 31 seats.
    InvalidPool = 3,
    /// The coin that came is not the stake.
    WrongValue = 4,
    /// The caller is in the pool already. Who wants two lots has two addresses.
    AlreadyRegistered = 5,
    /// The pool has 1,024 lots, and none is free.
    PoolFull = 6,
    /// The account is not in the pool.
    NotRegistered = 7,
    /// A commitment waits to be opened, or has made its account liable to be expelled.
    SealPending = 8,
    /// The account has committed to a value in this period.
    AlreadyCommitted = 9,
    /// The seed of this period does not let the account commit.
    NotSelected = 10,
    /// The account has committed to nothing that waits to be opened.
    NoCommitment = 11,
    /// This is not what the account committed to.
    WrongOpening = 12,
    /// The time for this has not come yet.
    TooEarly = 13,
    /// The time for this has passed.
    TooLate = 14,
    /// The period has no seed: fewer than three opened a value, or it was forgotten.
    NoSeed = 15,
    /// The account has opened in time, or still can.
    NothingMissed = 16,
    /// The caller did not found the pool.
    NotFounder = 17,
    /// Somebody is in the pool.
    PoolInUse = 18,
    /// The stake could not be sent to this receiver. It is still in.
    StakeRefused = 19,
    /// Money cannot go to nobody, nor to this instance.
    InvalidReceiver = 20,
    /// More than an amount can hold would be at stake.
    AmountOverflow = 21,
}
