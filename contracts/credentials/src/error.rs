//! Why methods fail. The numbers are stable.

use tenon_contract::prelude::*;

/// Why a method failed.
#[error]
pub enum Error {
    /// The zero address belongs to nobody.
    ZeroSubject = 1,
    /// The zero hash is no identity.
    ZeroIdentity = 2,
    /// The time of expiry has passed already.
    ExpiryPassed = 3,
    /// The issuer has no statement of this address for this topic.
    NotAttested = 4,
    /// The credential has not expired: only its issuer can take it back.
    NotExpired = 5,
}
