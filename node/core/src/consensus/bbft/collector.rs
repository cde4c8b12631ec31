//! Collects votes and partial sums of votes into certificates, and catches who contradicts themselves.
//!
//! ```text
//! vote       kept by signer: the first in each view and phase; one that contradicts it is evidence
//! partial    kept by sender: only sums of disjoint signers are added up
//! quorum     add up first, check the sum once; if it is wrong, find the wrong parts, drop them and their senders' word
//! ```
//!
//! Nothing is checked before a sum could decide, so that in the ordinary case each certificate costs one check. It
//! leaves out who sends what to whom.

use super::{
    Certificate, Epoch, MAX_VIEWS_AHEAD, Phase, Scheme, Signature, Signers, Statement, ValidatorIndex, ValidatorSet,
    View, signed_bytes,
};
use parity_scale_codec::{Decode, Encode};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenon_types::Hash;

#[cfg(test)]
mod tests;

/// Wrong parts of one sender, after which nothing more of theirs is taken in the epoch.
pub const MAX_FAULTS: u32 = 3;

/// A validator's word on one statement.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct Vote {
    /// What.
    pub statement: Statement,
    /// Who.
    pub signer: ValidatorIndex,
    /// Their signature.
    pub signature: Signature,
}

/// The sum of several validators' votes.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct Partial {
    /// What they say.
    pub statement: Statement,
    /// Who they are.
    pub signers: Signers,
    /// The sum of their signatures.
    pub signature: Signature,
}

/// Proof that a validator contradicted themselves: two votes that nobody honest gives both.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct Evidence {
    /// The one.
    pub first: Vote,
    /// The other, of the same signer and view.
    pub second: Vote,
}

/// Whether nobody honest says both of one view.
pub fn contradict(first: &Statement, second: &Statement) -> bool {
    let phases = (first.phase, second.phase);
    let twice = first.phase == second.phase && first.digest != second.digest;
    let both = matches!(phases, (Phase::Nullify, Phase::Finalize) | (Phase::Finalize, Phase::Nullify));
    first.view == second.view && (twice || both)
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rejected {
    /// The view is final, or too far ahead.
    View,
    /// The statement, the bitmap or the signer cannot be.
    Malformed,
    /// It, or more than it, was here.
    Known,
    /// The sender gave wrong signatures before.
    Sender,
}

/// What came of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Collected {
    /// It was kept.
    Kept,
    /// It completed a certificate.
    Certificate(Certificate),
    /// It was not taken.
    Rejected(Rejected),
    /// It proves that somebody contradicted themselves.
    Evidence(Box<Evidence>),
}

/// What is known under one statement.
#[derive(Clone, Default)]
struct Tally {
    votes: BTreeMap<ValidatorIndex, Signature>,
    partials: BTreeMap<ValidatorIndex, (Signers, Signature)>,
    certified: bool,
}

/// What is known of a view.
#[derive(Clone, Default)]
struct Round {
    tallies: BTreeMap<(Phase, Hash), Tally>,
    /// What each validator said first, by phase.
    said: BTreeMap<(ValidatorIndex, Phase), (Hash, Signature)>,
}

/// Collects the votes of one epoch.
pub struct Collector {
    chain: Hash,
    epoch: Epoch,
    set: Arc<ValidatorSet>,
    scheme: Arc<dyn Scheme>,
    rounds: BTreeMap<View, Round>,
    faults: BTreeMap<ValidatorIndex, u32>,
}

impl Collector {
    /// Makes one that has seen nothing.
    pub fn new(chain: Hash, epoch: Epoch, set: Arc<ValidatorSet>, scheme: Arc<dyn Scheme>) -> Self {
        Self { chain, epoch, set, scheme, rounds: BTreeMap::new(), faults: BTreeMap::new() }
    }

    /// Forgets the views up to a final one.
    pub fn finalize(&mut self, view: View) {
        self.rounds = self.rounds.split_off(&view.next());
    }

    /// Takes a vote, given the view that this validator is in and who sent it.
    pub fn vote(&mut self, cur: View, final_view: View, vote: &Vote, sender: ValidatorIndex) -> Collected {
        let Vote { statement, signer, signature } = vote;
        if self.set.get(*signer).is_none() || !statement.is_well_formed() {
            return Collected::Rejected(Rejected::Malformed);
        }
        if let Some(rejected) = self.unwanted(cur, final_view, statement, sender) {
            return Collected::Rejected(rejected);
        }
        // Who passes on another's vote must not be able to put a wrong one in its place.
        if sender != *signer && !self.verify_vote(vote) {
            return Collected::Rejected(Rejected::Sender);
        }
        if let Some(evidence) = self.contradiction(vote) {
            return Collected::Evidence(Box::new(evidence));
        }
        let round = self.rounds.entry(statement.view).or_default();
        if round.said.contains_key(&(*signer, statement.phase)) {
            return Collected::Rejected(Rejected::Known);
        }
        round.said.insert((*signer, statement.phase), (statement.digest, *signature));
        let tally = round.tallies.entry((statement.phase, statement.digest)).or_default();
        tally.votes.insert(*signer, *signature);
        self.try_certify(statement)
    }

    /// Takes a partial sum from another validator.
    pub fn partial(&mut self, cur: View, final_view: View, partial: &Partial, sender: ValidatorIndex) -> Collected {
        let Partial { statement, signers, signature } = partial;
        let fits = signers.fits(self.set.len()) && signers.count() > 0;
        if !fits || !statement.is_well_formed() || self.set.get(sender).is_none() {
            return Collected::Rejected(Rejected::Malformed);
        }
        if let Some(rejected) = self.unwanted(cur, final_view, statement, sender) {
            return Collected::Rejected(rejected);
        }
        let round = self.rounds.entry(statement.view).or_default();
        // A sender's sums are of one digest a phase: so there are at most as many as validators.
        let other = |((phase, digest), tally): (&(Phase, Hash), &Tally)| {
            *phase == statement.phase && *digest != statement.digest && tally.partials.contains_key(&sender)
        };
        if round.tallies.iter().any(other) {
            return Collected::Rejected(Rejected::Known);
        }
        let tally = round.tallies.entry((statement.phase, statement.digest)).or_default();
        if tally.partials.get(&sender).is_some_and(|(known, _)| known.is_superset(signers)) {
            return Collected::Rejected(Rejected::Known);
        }
        tally.partials.insert(sender, (signers.clone(), *signature));
        self.try_certify(statement)
    }

    /// Whether a certificate is what it says: bitmap, weight, signature.
    pub fn verify(&self, certificate: &Certificate) -> bool {
        let Certificate { statement, signers, signature } = certificate;
        statement.is_well_formed()
            && signers.fits(self.set.len())
            && self.set.is_quorum(signers)
            && self.scheme.verify(&self.message(statement), signers, signature)
    }

    /// Whether a vote is its signer's.
    pub fn verify_vote(&self, vote: &Vote) -> bool {
        let mut signers = Signers::none(self.set.len());
        signers.insert(vote.signer)
            && self.set.get(vote.signer).is_some()
            && self.scheme.verify(&self.message(&vote.statement), &signers, &vote.signature)
    }

    /// Whether evidence proves what it says, in this epoch.
    pub fn verify_evidence(&self, evidence: &Evidence) -> bool {
        let Evidence { first, second } = evidence;
        first.signer == second.signer
            && contradict(&first.statement, &second.statement)
            && [first, second].into_iter().all(|vote| vote.statement.is_well_formed() && self.verify_vote(vote))
    }

    /// Signs a statement as this validator.
    pub fn sign(&self, statement: &Statement) -> Signature {
        self.scheme.sign(&self.message(statement))
    }

    /// The checked sum of what came from these validators and of nobody else; `None` for nothing.
    pub fn sum_of(&mut self, statement: &Statement, within: &Signers) -> Option<Partial> {
        let mut parts = self.disjoint_parts(statement);
        parts.retain(|part| within.is_superset(&part.signers));
        let (signers, signature, _) = self.add_up(statement, parts)?;
        Some(Partial { statement: *statement, signers, signature })
    }

    /// Whose votes for a statement came, directly or in a sum.
    pub fn heard(&self, statement: &Statement) -> Signers {
        let mut signers = self.voters(statement);
        let tally = self.rounds.get(&statement.view);
        let tally = tally.and_then(|round| round.tallies.get(&(statement.phase, statement.digest)));
        tally.into_iter().flat_map(|tally| tally.partials.values()).for_each(|(of, _)| signers.extend(of));
        signers
    }

    /// Who voted for a statement here, directly.
    pub fn voters(&self, statement: &Statement) -> Signers {
        let mut signers = Signers::none(self.set.len());
        let tally = self.rounds.get(&statement.view);
        let tally = tally.and_then(|round| round.tallies.get(&(statement.phase, statement.digest)));
        for signer in tally.into_iter().flat_map(|tally| tally.votes.keys()) {
            signers.insert(*signer);
        }
        signers
    }

    fn message(&self, statement: &Statement) -> [u8; super::SIGNED_BYTES] {
        signed_bytes(self.chain, self.epoch, statement)
    }

    fn unwanted(&self, cur: View, final_view: View, statement: &Statement, sender: ValidatorIndex) -> Option<Rejected> {
        if statement.view <= final_view || statement.view.0 > cur.0.saturating_add(MAX_VIEWS_AHEAD) {
            return Some(Rejected::View);
        }
        let round = self.rounds.get(&statement.view);
        let tally = round.and_then(|round| round.tallies.get(&(statement.phase, statement.digest)));
        if tally.is_some_and(|tally| tally.certified) {
            return Some(Rejected::Known);
        }
        (self.faults.get(&sender).copied().unwrap_or(0) >= MAX_FAULTS).then_some(Rejected::Sender)
    }

    /// The evidence that a vote makes with what its signer said before. Both are checked, for a wrong signature proves
    /// nothing; a wrong earlier one is forgotten.
    fn contradiction(&mut self, vote: &Vote) -> Option<Evidence> {
        let said = &self.rounds.get(&vote.statement.view)?.said;
        let phases = [Phase::Notarize, Phase::Nullify, Phase::Finalize];
        let earlier = phases.into_iter().find_map(|phase| {
            let (digest, signature) = said.get(&(vote.signer, phase))?;
            let statement = Statement { view: vote.statement.view, phase, digest: *digest };
            let earlier = Vote { statement, signer: vote.signer, signature: *signature };
            contradict(&statement, &vote.statement).then_some(earlier)
        })?;
        if !self.verify_vote(vote) {
            return None;
        }
        if self.verify_vote(&earlier) {
            return Some(Evidence { first: earlier, second: vote.clone() });
        }
        self.drop_part(&earlier.statement, Source::Vote(vote.signer));
        None
    }

    /// Adds up what there is as long as it could decide. Each turn drops a wrong part, so there are few.
    fn try_certify(&mut self, statement: &Statement) -> Collected {
        loop {
            let parts = self.disjoint_parts(statement);
            let count = parts.len();
            let mut all = Signers::none(self.set.len());
            parts.iter().for_each(|part| all.extend(&part.signers));
            if !self.set.is_quorum(&all) {
                return Collected::Kept;
            }
            let Some((signers, signature, added)) = self.add_up(statement, parts) else { continue };
            if self.set.is_quorum(&signers) {
                let round = self.rounds.entry(statement.view).or_default();
                round.tallies.entry((statement.phase, statement.digest)).or_default().certified = true;
                return Collected::Certificate(Certificate { statement: *statement, signers, signature });
            }
            // Without the wrong parts, others may fit together.
            if added == count {
                return Collected::Kept;
            }
        }
    }

    /// Partial sums from the heaviest down, as far as nobody is in two, and the votes of whom they leave out.
    fn disjoint_parts(&self, statement: &Statement) -> Vec<Part> {
        let round = self.rounds.get(&statement.view);
        let Some(tally) = round.and_then(|round| round.tallies.get(&(statement.phase, statement.digest))) else {
            return Vec::new();
        };
        let mut partials: Vec<_> = tally.partials.iter().collect();
        partials.sort_by_key(|(sender, (signers, _))| (std::cmp::Reverse(self.set.weight_of(signers)), **sender));
        let mut covered = Signers::none(self.set.len());
        let mut parts = Vec::new();
        for (sender, (signers, signature)) in partials {
            if covered.is_disjoint(signers) {
                covered.extend(signers);
                parts.push(Part { source: Source::Partial(*sender), signers: signers.clone(), signature: *signature });
            }
        }
        let rest = tally.votes.iter().filter(|(signer, _)| !covered.contains(**signer));
        parts.extend(rest.map(|(signer, signature)| self.part(Source::Vote(*signer), *signature)));
        parts
    }

    fn part(&self, source: Source, signature: Signature) -> Part {
        let mut signers = Signers::none(self.set.len());
        if let Source::Vote(signer) = source {
            signers.insert(signer);
        }
        Part { source, signers, signature }
    }

    /// Adds up and checks, and tells how many parts are in the sum. Wrong parts are dropped and count against their
    /// source; the rest is added up again.
    fn add_up(&mut self, statement: &Statement, mut parts: Vec<Part>) -> Option<(Signers, Signature, usize)> {
        let message = self.message(statement);
        while !parts.is_empty() {
            let mut signers = Signers::none(self.set.len());
            parts.iter().for_each(|part| signers.extend(&part.signers));
            let signatures: Vec<Signature> = parts.iter().map(|part| part.signature).collect();
            let sum = self.scheme.sum(&signatures);
            if let Some(sum) = sum.filter(|sum| self.scheme.verify(&message, &signers, sum)) {
                return Some((signers, sum, parts.len()));
            }
            let sums: Vec<_> = parts.iter().map(|part| (part.signers.clone(), part.signature)).collect();
            let wrong = self.scheme.find_invalid(&message, &sums);
            assert!(!wrong.is_empty(), "a sum of right parts is right");
            let (bad, good): (Vec<_>, Vec<_>) = parts.into_iter().enumerate().partition(|(at, _)| wrong.contains(at));
            bad.into_iter().for_each(|(_, part)| self.drop_part(statement, part.source));
            parts = good.into_iter().map(|(_, part)| part).collect();
        }
        None
    }

    fn drop_part(&mut self, statement: &Statement, source: Source) {
        let round = self.rounds.entry(statement.view).or_default();
        let tally = round.tallies.entry((statement.phase, statement.digest)).or_default();
        let sender = match source {
            Source::Vote(signer) => {
                tally.votes.remove(&signer);
                round.said.remove(&(signer, statement.phase));
                return;
            }
            Source::Partial(sender) => sender,
        };
        tally.partials.remove(&sender);
        let faults = self.faults.entry(sender).or_default();
        *faults = faults.saturating_add(1);
    }
}

/// From whom a part of a sum came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Source {
    Vote(ValidatorIndex),
    Partial(ValidatorIndex),
}

/// A part of a sum.
struct Part {
    source: Source,
    signers: Signers,
    signature: Signature,
}
