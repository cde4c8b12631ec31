//! Credentials: issuers attest that an address belongs to an identity, for a topic and until a time.
//!
//! An identity is a hash that the issuer chooses, such as that of a salted record in its own files: nothing personal
//! stands on chain. Addresses that belong to one person have one identity, so that others can count persons.
//!
//! Rules:
//! - Anybody may be an issuer. What an issuer says concerns its own namespace alone: who relies on a credential names
//!   the issuer and the topic that it trusts.
//! - Only the issuer who attested can renew, change or revoke a credential.
//! - A credential is valid before the millisecond in which it expires, and not from it on.
//! - One that has expired counts as none. Anyone may remove it, and receives its deposit.
//!
//! Left out: what topics mean, who is worth trusting, and any list of issuers.

#![no_std]

mod error;
mod events;
mod types;

pub use self::credentials::*;
pub use error::Error;
pub use events::{Attested, Removed, Revoked};
pub use types::{Credential, Requirement};

/// The module.
#[tenon_contract::module(capabilities(storage, events), upgrade = "admin")]
pub mod credentials {
    use crate::error::Error;
    use crate::events::{Attested, Removed, Revoked};
    use crate::types::Credential;
    use core::ops::Bound;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;
    /// Credentials that one check of an invariant reads.
    pub const MAX_CHECKED_CREDENTIALS: usize = 10_000;

    /// What the instance keeps.
    #[storage]
    pub struct Credentials {
        /// Credentials by issuer, topic and subject. Those that have expired stay until they are removed.
        credentials: OrderedMap<(Address, u32, Address), Credential>,
    }

    impl Credentials {
        /// Starts without credentials.
        #[init]
        pub fn init(&mut self) {}

        /// States that an address belongs to an identity. The caller is the issuer. It replaces what the issuer stated
        /// of the address for the topic before, which is how a credential is renewed.
        ///
        /// Optional: `expires_at_ms`, from which millisecond on the statement is void (default: never).
        #[call]
        pub fn attest(
            &mut self,
            subject: Address,
            topic: u32,
            identity: Hash,
            expires_at_ms: Option<u64>,
        ) -> Result<(), Error> {
            let issued_at_ms = env().block_time_ms();
            ensure!(!subject.is_zero(), Error::ZeroSubject);
            ensure!(!identity.is_zero(), Error::ZeroIdentity);
            ensure!(expires_at_ms.is_none_or(|end| end > issued_at_ms), Error::ExpiryPassed);
            let issuer = env().caller();
            self.credentials.set(&(issuer, topic, subject), &Credential { identity, issued_at_ms, expires_at_ms });
            emit(Attested { issuer, subject, topic, identity, expires_at_ms });
            Ok(())
        }

        /// Takes a statement back, from now on. Only its issuer.
        #[call]
        pub fn revoke(&mut self, subject: Address, topic: u32) -> Result<(), Error> {
            let issuer = env().caller();
            ensure!(self.credentials.remove(&(issuer, topic, subject)), Error::NotAttested);
            emit(Revoked { issuer, subject, topic });
            Ok(())
        }

        /// Removes a credential that has expired. Anyone may, and receives the deposit.
        #[call]
        pub fn remove_expired(&mut self, issuer: Address, topic: u32, subject: Address) -> Result<(), Error> {
            let key = (issuer, topic, subject);
            let credential = self.credentials.get(&key).ok_or(Error::NotAttested)?;
            ensure!(!credential.is_valid_at(env().block_time_ms()), Error::NotExpired);
            self.credentials.remove(&key);
            emit(Removed { issuer, subject, topic });
            Ok(())
        }

        /// What an issuer states of an address for a topic now. Nothing if it never did, took it back, or it expired.
        #[query]
        pub fn credential(&self, issuer: Address, topic: u32, subject: Address) -> Option<Credential> {
            let credential = self.credentials.get(&(issuer, topic, subject))?;
            credential.is_valid_at(env().block_time_ms()).then_some(credential)
        }

        /// What an issuer has stated: topics and subjects after `after`, in order. At most 100. Those that have expired
        /// and were not removed are among them.
        #[query]
        pub fn issued_by(
            &self,
            issuer: Address,
            after: Option<(u32, Address)>,
            limit: Option<u32>,
        ) -> Vec<(u32, Address, Credential)> {
            let after = after.map(|(topic, subject)| (issuer, topic, subject));
            let limit = limit.unwrap_or(MAX_PAGE).min(MAX_PAGE);
            let page = self.credentials.page_within(&issuer, after.as_ref(), limit);
            page.into_iter().map(|((_, topic, subject), credential)| (topic, subject, credential)).collect()
        }

        /// Each credential names an address and an identity, and expires after it was issued, if ever.
        ///
        /// One check reads at most 10,000 credentials, beginning at an issuer that the block's height points to and
        /// going round.
        #[invariant]
        pub fn credentials_are_complete(&self) -> bool {
            let [byte, ..] = env().block_height().to_le_bytes();
            let start = (Address::new([byte; 32]), 0, Address::ZERO);
            let from = self.credentials.iter_from(Bound::Included(&start), Direction::Ascending);
            let before = self.credentials.iter_from(Bound::Excluded(&start), Direction::Descending);
            let mut checked = from.chain(before).take(MAX_CHECKED_CREDENTIALS);
            checked.all(|((_, _, subject), credential)| !subject.is_zero() && credential.is_complete())
        }
    }
}
