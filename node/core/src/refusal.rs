//! How a refusal is shown to clients: the numbers and classes that Substrate's clients know, and a hint for people.

/// The bytes are no transaction.
pub(crate) const CODE_MALFORMED: i32 = 1001;
/// The chain's rules refuse the transaction.
pub(crate) const CODE_INVALID: i32 = 1010;
/// The transaction was in a block lately.
pub(crate) const CODE_BANNED: i32 = 1012;
/// The transaction is in the pool already.
pub(crate) const CODE_ALREADY_IMPORTED: i32 = 1013;
/// The price is too low to replace another transaction.
pub(crate) const CODE_TOO_LOW_PRIORITY: i32 = 1014;
/// The pool has no room.
pub(crate) const CODE_IMMEDIATELY_DROPPED: i32 = 1016;

/// Why a transaction was refused, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable number, as Substrate's clients know it.
    pub code: i32,
    /// Stable name; one number may have several.
    pub name: &'static str,
    /// What was found and what was expected.
    pub message: String,
    /// What to do.
    pub hint: &'static str,
    /// The class.
    pub kind: RefusalKind,
}

/// How wallets classify a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The bytes are no transaction.
    Malformed,
    /// The nonce was used already.
    Stale,
    /// The nonce lies ahead.
    Future,
    /// The fee cannot be paid.
    Payment,
    /// The signature is wrong, or for another chain or version.
    BadProof,
    /// The era is over, or its first block unknown.
    AncientBirthBlock,
    /// It can never fit a block.
    ExhaustsResources,
    /// The pool is full, the fee too low to replace, or the transaction known.
    Pool,
}
