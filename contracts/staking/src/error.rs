//! Why methods fail. The numbers are stable.

use tenon_contract::prelude::*;

/// Why a method failed.
#[error]
pub enum Error {
    /// A number of the terms is outside its bounds.
    InvalidTerms = 1,
    /// Only the host itself calls this, at the end of a block.
    NotSystem = 2,
    /// The stake is below the least that a candidate needs.
    StakeTooSmall = 3,
    /// The proof does not show that whoever made it has the secret of the BLS key.
    InvalidPossession = 4,
    /// Another candidate has this BLS key.
    KeyTaken = 5,
    /// A commission is at most 10,000 basis points.
    InvalidCommission = 6,
    /// The endpoint is longer than 128 bytes or has control characters.
    InvalidEndpoint = 7,
    /// The caller is a candidate already, or is jailed.
    AlreadyCandidate = 8,
    /// Nobody is registered under this account.
    UnknownCandidate = 9,
    /// The candidate has withdrawn or was removed.
    NotCandidate = 10,
    /// The list of candidates is full, and this one does not have more weight than the last.
    ListFull = 11,
    /// A candidate's own stake is locked until the candidacy ends.
    StakeLocked = 12,
    /// The amount is zero, or buys no share of the pool.
    ZeroAmount = 13,
    /// The caller has no such amount bound to this candidate.
    NotBound = 14,
    /// An unbonding from this candidate is open: another one begins when it has ended.
    UnbondingOpen = 15,
    /// Nothing of this account is being unbound from this candidate.
    NotUnbonding = 16,
    /// The unbonding has not ended yet.
    NotLiquid = 17,
    /// Everything bound to this candidate was slashed: nobody can join what is left.
    PoolEmpty = 18,
    /// A number would exceed its range.
    AmountOverflow = 19,
    /// Nothing waits for the caller.
    NothingToClaim = 20,
    /// The coin could not be sent to the caller.
    PaymentFailed = 21,
    /// The candidate is not jailed.
    NotJailed = 22,
    /// The jail time has not passed yet.
    StillJailed = 23,
    /// The candidate still stands, or something is bound to it, being unbound from it, or earned in this epoch.
    NotOver = 24,
    /// There is no set of validators for this epoch, or none any more.
    NoSet = 25,
    /// No validator of that epoch has this key.
    NotValidator = 26,
    /// The set of that epoch was fixed too long ago: what was bound then may be liquid.
    EvidenceTooOld = 27,
    /// The candidate was removed for a fault already.
    AlreadyRemoved = 28,
    /// Coin cannot move from a candidate to the same one.
    SameCandidate = 29,
    /// The proof is empty or longer than 4,096 bytes.
    InvalidProof = 30,
}
