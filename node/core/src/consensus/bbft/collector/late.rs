//! Votes that come when their certificate is here: nobody waits for them, and they show who was there all the same.
//!
//! A certificate has the votes of the fastest. A header that named these alone would let whoever is far from the others
//! look as if they were down. It leaves out who is told of it.

use super::{Certificate, Collector, Partial, Tally, Vote};
use crate::consensus::bbft::{Phase, Place, Signature, Signers, Statement, ValidatorIndex};
use std::collections::btree_map::Entry;

impl Collector {
    /// Forgets the views below a final block, and of its own view what is not for it.
    pub fn finalize(&mut self, place: Place) {
        self.rounds = self.rounds.split_off(&place.view);
        let round = self.rounds.entry(place.view).or_default();
        round.said.clear();
        round.tallies.retain(|(_, digest), _| *digest == place.digest);
        for phase in [Phase::Notarize, Phase::Finalize] {
            round.tallies.entry((phase, place.digest)).or_default().certified = true;
        }
    }

    /// Keeps a vote that its signer sent: one that another passes on would have to be checked first.
    pub(super) fn keep_late_vote(&mut self, vote: &Vote, sender: ValidatorIndex) -> bool {
        let Some(tally) = self.certified(&vote.statement, sender).filter(|_| sender == vote.signer) else {
            return false;
        };
        match tally.votes.entry(vote.signer) {
            Entry::Vacant(place) => {
                place.insert(vote.signature);
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    /// Keeps a sum.
    pub(super) fn keep_late_partial(&mut self, partial: &Partial, sender: ValidatorIndex) -> bool {
        let Partial { statement, signers, signature } = partial;
        self.certified(statement, sender).is_some_and(|tally| tally.take_partial(sender, (signers, signature)))
    }

    /// What is known of a statement that is certified. That somebody nullified what was nullified shows nothing.
    fn certified(&mut self, statement: &Statement, sender: ValidatorIndex) -> Option<&mut Tally> {
        if statement.phase == Phase::Nullify || self.distrusts(sender) {
            return None;
        }
        let tallies = &mut self.rounds.get_mut(&statement.view)?.tallies;
        tallies.get_mut(&(statement.phase, statement.digest)).filter(|tally| tally.certified)
    }

    /// The checked sum of the votes for a statement by others than these; `None` if there are none. Votes count that
    /// came beside the certificate, or after it as long as no later block is final.
    pub fn sum_beyond(&mut self, statement: &Statement, signers: &Signers) -> Option<(Signers, Signature)> {
        let parts = self.disjoint_parts(statement, None, signers.clone());
        let (more, signature, _) = self.add_up(statement, parts)?;
        Some((more, signature))
    }

    /// A certificate with everybody else in it who is known to have voted the same; `None` if nobody is.
    pub fn widen(&mut self, certificate: &Certificate) -> Option<Certificate> {
        let Certificate { statement, signers, signature } = certificate;
        let (more, sum) = self.sum_beyond(statement, signers)?;
        let signature = self.scheme.sum(&[*signature, sum])?;
        let mut signers = signers.clone();
        signers.extend(&more);
        Some(Certificate { statement: *statement, signers, signature })
    }
}
