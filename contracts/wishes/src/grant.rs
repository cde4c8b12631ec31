//! How a wish is made, granted or given up, and cleared.

use crate::error::Error;
use crate::events::{Backed, Cleared, Collected, Refunded, StreamAccepted, SubmissionRemoved, Submitted, Wished};
use crate::types::{Accepted, Progress, Terms};
use crate::wishes::Wishes;
use streams::{Error as RegistryError, Level, StreamsRef};
use tenon_contract::prelude::*;

/// The chain's own registry of streams.
pub(crate) const STREAMS: Address = Address::of_module("streams");

impl Wishes {
    /// Makes a wish and returns its number.
    pub(crate) fn make(&mut self, terms: Terms) -> Result<u64, Error> {
        terms.check(env().block_time_ms())?;
        let wish = self.count.update(|count| count + 1);
        self.terms.set(&wish, &terms);
        let Terms { by, text, terms_hash, currency, acceptor, deadline_ms } = terms;
        emit(Wished { wish, by, text, terms_hash, currency, acceptor, deadline_ms });
        Ok(wish)
    }

    /// What was stated about a wish.
    pub(crate) fn known(&self, wish: u64) -> Result<Terms, Error> {
        self.terms.get(&wish).ok_or(Error::UnknownWish)
    }

    /// A wish that can still be granted.
    fn standing(&self, wish: u64) -> Result<(Terms, Progress), Error> {
        let (terms, progress) = (self.known(wish)?, self.progress.get_or_default(&wish));
        ensure!(progress.accepted.is_none(), Error::AlreadyAccepted);
        ensure!(terms.is_before_deadline(env().block_time_ms()), Error::TooLate);
        Ok((terms, progress))
    }

    /// Adds to a bounty what the caller pays.
    pub(crate) fn add(&mut self, wish: u64, amount: Amount) -> Result<(), Error> {
        let (terms, mut progress) = self.standing(wish)?;
        let came = self.take_in(terms.currency, amount)?;
        let backer = env().caller();
        let before = self.backers.get_or_default(&(wish, backer));
        self.backers.set(&(wish, backer), &(before + came));
        progress.held += came;
        self.progress.set(&wish, &progress);
        emit(Backed { wish, backer, amount: came, bounty: progress.held });
        Ok(())
    }

    /// Notes a stream that the caller offers. One that was offered by somebody who may not edit it any more is offered
    /// anew.
    pub(crate) fn offer(&mut self, wish: u64, stream: Hash) -> Result<(), Error> {
        self.standing(wish)?;
        let publisher = env().caller();
        ensure!(self.may_edit(stream, publisher)?.ok_or(Error::UnknownStream)?, Error::NotAllowed);
        if let Some(before) = self.submissions.get(&(wish, stream)) {
            let is_taken = before == publisher || self.may_edit(stream, before)? == Some(true);
            ensure!(!is_taken, Error::AlreadySubmitted);
        }
        self.submissions.set(&(wish, stream), &publisher);
        emit(Submitted { wish, publisher, stream });
        Ok(())
    }

    /// Whether somebody may edit a stream; nothing if the stream is gone.
    fn may_edit(&self, stream: Hash, who: Address) -> Result<Option<bool>, Error> {
        match StreamsRef::at(self.registry_address()).may(stream, who, Level::Edit).try_invoke() {
            Ok(may) => Ok(Some(may)),
            Err(failure) => {
                let is_gone = failure.module_error() == Some(RegistryError::UnknownStream);
                ensure!(is_gone, Error::RegistryFailed);
                Ok(None)
            }
        }
    }

    /// The registry of the streams.
    pub(crate) fn registry_address(&self) -> Address {
        self.registry.load().unwrap_or(STREAMS)
    }

    /// Grants a wish to a publisher who may still edit the stream: the bounty is theirs.
    pub(crate) fn grant(&mut self, wish: u64, accepted: Accepted) -> Result<(), Error> {
        let (terms, mut progress) = self.standing(wish)?;
        ensure!(env().caller() == terms.acceptor, Error::NotAcceptor);
        let Accepted { stream, publisher } = accepted;
        ensure!(self.submissions.get(&(wish, stream)) == Some(publisher), Error::NotSubmitted);
        ensure!(self.may_edit(stream, publisher)? == Some(true), Error::PublisherLeft);
        self.submissions.remove(&(wish, stream));
        progress.accepted = Some(accepted);
        self.progress.set(&wish, &progress);
        emit(StreamAccepted { wish, publisher, stream, bounty: progress.held });
        Ok(())
    }

    /// Sends the bounty to its publisher, or to a receiver that they name.
    pub(crate) fn pay_publisher(&mut self, wish: u64, to: Option<Address>) -> Result<Amount, Error> {
        let (terms, mut progress) = (self.known(wish)?, self.progress.get_or_default(&wish));
        let Accepted { publisher, .. } = progress.accepted.ok_or(Error::NotAccepted)?;
        ensure!(env().caller() == publisher, Error::NotPublisher);
        let amount = core::mem::take(&mut progress.held);
        ensure!(amount > 0, Error::NothingToTake);
        self.progress.set(&wish, &progress);
        let to = to.unwrap_or(publisher);
        self.pay_out(terms.currency, to, amount)?;
        emit(Collected { wish, publisher, to, amount });
        Ok(amount)
    }

    /// Sends a backer's part back, once nothing can be accepted any more.
    pub(crate) fn pay_back(&mut self, wish: u64, to: Option<Address>) -> Result<Amount, Error> {
        let (terms, mut progress) = (self.known(wish)?, self.progress.get_or_default(&wish));
        ensure!(progress.accepted.is_none(), Error::AlreadyAccepted);
        ensure!(!terms.is_before_deadline(env().block_time_ms()), Error::TooEarly);
        let backer = env().caller();
        let amount = self.backers.take(&(wish, backer)).ok_or(Error::NothingToTake)?;
        progress.held -= amount;
        self.progress.set_or_clear(&wish, &progress);
        let to = to.unwrap_or(backer);
        self.pay_out(terms.currency, to, amount)?;
        emit(Refunded { wish, backer, to, amount });
        Ok(amount)
    }

    /// Whether a wish can be granted no more: a stream was accepted, the deadline has passed, or it is gone.
    fn is_over(&self, wish: u64) -> bool {
        self.terms.get(&wish).is_none_or(|terms| {
            let is_late = !terms.is_before_deadline(env().block_time_ms());
            is_late || self.progress.get_or_default(&wish).accepted.is_some()
        })
    }

    /// Removes a submission: by who made it, or by anyone once the wish is over.
    pub(crate) fn withdraw_offer(&mut self, wish: u64, stream: Hash) -> Result<(), Error> {
        let publisher = self.submissions.take(&(wish, stream)).ok_or(Error::NotSubmitted)?;
        ensure!(publisher == env().caller() || self.is_over(wish), Error::SubmissionStands);
        emit(SubmissionRemoved { wish, stream });
        Ok(())
    }

    /// Removes the note of what somebody put into a bounty that is its publisher's now.
    pub(crate) fn clear_backer(&mut self, wish: u64, backer: Address) -> Result<(), Error> {
        // A wish that is gone was granted, or none of its backers has anything left to take.
        let is_granted = self.progress.get(&wish).is_some_and(|progress| progress.accepted.is_some());
        ensure!(is_granted || !self.terms.contains(&wish), Error::NotAccepted);
        ensure!(self.backers.remove(&(wish, backer)), Error::NothingToTake);
        Ok(())
    }

    /// Removes a wish for which nothing is held: when it is over by anyone, before by who made it.
    pub(crate) fn clear_wish(&mut self, wish: u64) -> Result<(), Error> {
        let terms = self.known(wish)?;
        let held = self.progress.get_or_default(&wish).held;
        ensure!(held == 0 && (self.is_over(wish) || terms.by == env().caller()), Error::NotOver);
        self.terms.remove(&wish);
        self.progress.remove(&wish);
        emit(Cleared { wish });
        Ok(())
    }
}
