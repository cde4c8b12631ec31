//! What is kept of a wish: what was stated, which never changes, and how far it has come.

use crate::error::Error;
#[module_type]
pub use tenon_contract::money::Currency;
pub(crate) use tenon_contract::money::CurrencyKey;
use tenon_contract::prelude::*;
use tenon_contract::text::is_name;

/// Bytes of a wish's text.
pub const MAX_TEXT_BYTES: usize = 512;
/// The furthest ahead that a deadline is: 366 days.
pub const MAX_DURATION_MS: u64 = 366 * 24 * 60 * 60 * 1_000;

/// What somebody wishes for. It never changes.
#[module_type]
pub struct Terms {
    /// Who wished.
    pub by: Address,
    /// The stream that is wanted, in a sentence.
    pub text: String,
    /// The hash of the terms under which it is accepted.
    pub terms_hash: Hash,
    /// What the bounty is paid in.
    pub currency: Currency,
    /// Who accepts a stream: an account, or an instance such as a group.
    pub acceptor: Address,
    /// From which millisecond on nothing can be accepted, and backers take back what is theirs.
    pub deadline_ms: u64,
}

/// The only wish of an instance of its own.
#[module_type]
pub struct NewWish {
    /// The stream that is wanted, in a sentence.
    pub text: String,
    /// The hash of the terms under which it is accepted.
    pub terms_hash: Hash,
    /// From which millisecond on nothing can be accepted.
    pub deadline_ms: u64,
    /// Who accepts a stream; who creates the instance, if it is not stated.
    pub acceptor: Option<Address>,
    /// What the bounty is paid in; the coin, if it is not stated.
    pub currency: Option<Currency>,
}

/// A stream that was accepted.
#[module_type]
#[derive(Copy)]
pub struct Accepted {
    /// Which stream.
    pub stream: Hash,
    /// Who submitted it, and gets the bounty.
    pub publisher: Address,
}

/// How far a wish has come.
#[module_type]
#[derive(Copy, Default)]
pub struct Progress {
    /// What the instance holds for it: what its backers put in and nobody has taken out.
    pub held: Amount,
    /// The stream that was accepted.
    pub accepted: Option<Accepted>,
}

/// Everything about a wish.
#[module_type]
pub struct WishInfo {
    /// What was stated.
    pub terms: Terms,
    /// How far it has come.
    pub progress: Progress,
}

impl Terms {
    /// Checks what somebody states, at a time.
    pub(crate) fn check(&self, now_ms: u64) -> Result<(), Error> {
        ensure!(is_name(&self.text, MAX_TEXT_BYTES), Error::InvalidText);
        let ahead = self.deadline_ms.checked_sub(now_ms).ok_or(Error::InvalidDeadline)?;
        ensure!((1..=MAX_DURATION_MS).contains(&ahead), Error::InvalidDeadline);
        ensure!(!self.acceptor.is_zero() && self.acceptor != env().self_address(), Error::InvalidAcceptor);
        ensure!(self.currency.is_valid(), Error::InvalidCurrency);
        Ok(())
    }

    /// Whether it can be backed and a stream can be accepted at a time. That of the deadline is excluded.
    pub(crate) const fn is_before_deadline(&self, now_ms: u64) -> bool {
        now_ms < self.deadline_ms
    }
}
