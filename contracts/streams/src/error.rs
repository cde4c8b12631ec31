//! Why methods fail. The numbers are stable.

use tenon_contract::prelude::*;

/// Why a method failed.
#[error]
pub enum Error {
    /// No stream has this id: it was never created, or it was deleted.
    UnknownStream = 1,
    /// The caller does not own the stream.
    NotOwner = 2,
    /// The account has no right of this level on the stream.
    NotAllowed = 3,
    /// The zero address owns nothing and may do nothing.
    ZeroAddress = 4,
    /// The stream's name is empty, longer than 64 bytes, or has control characters.
    InvalidName = 5,
    /// The description is longer than 512 bytes or has control characters.
    InvalidDescription = 6,
    /// The metadata is longer than 2,048 bytes or has control characters.
    InvalidMetadata = 7,
    /// A stream has 1 to 1,000 partitions, and a network 1 to 65,536.
    InvalidPartitions = 8,
    /// The stream has fewer partitions.
    UnknownPartition = 9,
    /// A partition key has at most 256 bytes.
    KeyTooLong = 10,
    /// The stream's ownership was not offered to the caller.
    NotProposed = 11,
    /// The right would end before it begins.
    ExpiryPassed = 12,
    /// Who is not the owner can give and take only what they hold themselves, by a grant of their own.
    NotHeld = 13,
    /// The right reaches beyond the caller's own: it ends later.
    BeyondOwnRight = 14,
    /// There is such a right already that ends later: a grant takes nothing away.
    HasLonger = 15,
    /// There is no such right now.
    NotGranted = 16,
    /// The right is still good: it can be revoked, by who may, but not removed.
    NotLapsed = 17,
    /// Only publishing and subscribing can be open to everybody.
    NotPublicLevel = 18,
    /// A name is 3 to 64 of a-z, 0-9, hyphen and dot, with letters or digits beside dots, no two hyphens in a row.
    NameNotCanonical = 19,
    /// The name, or one that looks like it, is somebody's.
    NameTaken = 20,
    /// Nobody has this name.
    UnknownName = 21,
    /// The caller does not own the name.
    NotNameOwner = 22,
    /// The name has expired: until its grace ends its owner can renew it or give it up, and nothing else.
    NameExpired = 23,
    /// A name is registered and renewed for 1 to 10 years.
    InvalidYears = 24,
    /// The name would expire more than ten years from now.
    TermTooLong = 25,
    /// The caller has not committed to this: name, salt and caller must be those of the commitment.
    UnknownCommitment = 26,
    /// The commitment was made less than ten seconds ago.
    CommitmentTooYoung = 27,
    /// The commitment was made a day ago or earlier.
    CommitmentLapsed = 28,
    /// The commitment can still be used: only who made it can remove it.
    CommitmentStands = 29,
}
