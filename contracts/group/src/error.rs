//! Why methods fail. The numbers are stable.

use tenon_contract::prelude::*;

/// Why a method failed.
#[error]
pub enum Error {
    /// There is no group of this number.
    UnknownGroup = 1,
    /// The instance was made for one group.
    Closed = 2,
    /// A name has 1 to 64 bytes and no control characters.
    InvalidName = 3,
    /// A purpose has at most 256 bytes and no control characters.
    InvalidPurpose = 4,
    /// A threshold lies between 1 and 64.
    InvalidThreshold = 5,
    /// The zero address is nobody's key.
    ZeroAddress = 6,
    /// Only members can do that, or consent to it.
    NotMember = 7,
    /// The key is a member's already.
    AlreadyMember = 8,
    /// The decision is about a member that the group does not have.
    UnknownMember = 9,
    /// A group has at most 64 members.
    TooManyMembers = 10,
    /// The group has, or would have, fewer than three members, or fewer than its threshold.
    TooFewMembers = 11,
    /// The zero hash is no topic.
    ZeroTopic = 12,
    /// The group has adopted this resolution already.
    AlreadyResolved = 13,
    /// The group has not adopted this resolution.
    NotResolved = 14,
    /// The time of expiry has passed already.
    ExpiryPassed = 15,
    /// A proposal lasts at most 90 days.
    ExpiryTooFar = 16,
    /// A member has at most 4 proposals that are not removed yet.
    TooManyProposals = 17,
    /// There is no such proposal: it was never made, took effect, or was removed.
    UnknownProposal = 18,
    /// The group has changed since the proposal was made, which is void.
    ProposalVoid = 19,
    /// The proposal has expired.
    ProposalExpired = 20,
    /// The caller has approved the proposal already.
    AlreadyApproved = 21,
    /// The caller has not approved the proposal.
    NotApproved = 22,
    /// The order was signed for another version of the group.
    OtherVersion = 23,
    /// The order's deadline has passed.
    OrderExpired = 24,
    /// A member's consent stands twice in the list.
    DuplicateConsent = 25,
    /// A signature is not the member's over this order, on this chain and instance.
    InvalidSignature = 26,
    /// Consent is missing.
    ConsentMissing = 27,
    /// A list has at most 100 entries.
    BatchTooLong = 28,
    /// The group took this resolution back, and has had the same members since.
    RescindedBefore = 29,
}
