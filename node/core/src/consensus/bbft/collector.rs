//! Collects votes and partial sums of votes into certificates, and catches who contradicts themselves.
//!
//! ```text
//! vote       kept by signer: the first in each view and phase; one that contradicts it is evidence
//! partial    kept by sender: only sums of disjoint signers are added up
//! quorum     add up first, check the sum once; if it is wrong, find the wrong parts, drop them and their senders' word
//! blame      each wrong signature counts against who sent it; after a few nothing more of theirs is checked
//! late       what comes after its certificate is kept, unchecked, until a later block is final: it shows who was there
//! ```
//!
//! Nothing is checked before a sum could decide, so that in the ordinary case each certificate costs one check. Who is
//! honest sends on only what they checked, so whoever sends a wrong signature made it. It leaves out who sends what to
//! whom.

use super::{
    Certificate, Epoch, MAX_VIEWS_AHEAD, Phase, Scheme, Signature, Signers, Statement, ValidatorIndex, ValidatorSet,
    View, signed_bytes,
};
use parity_scale_codec::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tenon_types::Hash;

mod late;
#[cfg(test)]
mod tests;

/// Wrong signatures of one sender, after which nothing more of theirs is taken in the epoch.
pub const MAX_FAULTS: u32 = 3;
/// Views whose votes are kept; above as many the lowest are forgotten. The chain goes on by the votes of the newest.
pub const MAX_ROUNDS: usize = 256;

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
    /// It came after its certificate. It is kept to show who voted.
    Late,
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

impl Tally {
    /// Takes a sum if it is the sender's first, or has more in it: who is honest only ever adds to theirs.
    fn take_partial(&mut self, sender: ValidatorIndex, (signers, signature): (&Signers, &Signature)) -> bool {
        let grows = |known: &Signers| signers.is_superset(known) && signers != known;
        let takes = self.partials.get(&sender).is_none_or(|(known, _)| grows(known));
        if takes {
            self.partials.insert(sender, (signers.clone(), *signature));
        }
        takes
    }
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
    /// Who contradicted themselves. Once is enough.
    convicted: BTreeSet<ValidatorIndex>,
}

impl Collector {
    /// Makes one that has seen nothing.
    pub fn new(chain: Hash, epoch: Epoch, set: Arc<ValidatorSet>, scheme: Arc<dyn Scheme>) -> Self {
        let (rounds, faults, convicted) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self { chain, epoch, set, scheme, rounds, faults, convicted }
    }

    /// Counts a wrong signature against who sent it.
    pub fn blame(&mut self, sender: ValidatorIndex) {
        let faults = self.faults.entry(sender).or_default();
        *faults = faults.saturating_add(1);
    }

    /// Whether nothing of a sender is taken any more.
    pub fn distrusts(&self, sender: ValidatorIndex) -> bool {
        self.faults.get(&sender).is_some_and(|faults| *faults >= MAX_FAULTS)
    }

    /// Remembers who is proven to have contradicted themselves, and returns whether that is new.
    pub fn convict(&mut self, offender: ValidatorIndex) -> bool {
        self.convicted.insert(offender)
    }

    /// Whether somebody is proven to have contradicted themselves.
    pub fn is_convicted(&self, offender: ValidatorIndex) -> bool {
        self.convicted.contains(&offender)
    }

    /// Takes a vote, given the view that this validator is in and who sent it.
    pub fn vote(&mut self, cur: View, final_view: View, vote: &Vote, sender: ValidatorIndex) -> Collected {
        let Vote { statement, signer, signature } = vote;
        if self.set.get(*signer).is_none() || !statement.is_well_formed() {
            return Collected::Rejected(Rejected::Malformed);
        }
        if let Some(rejected) = self.unwanted(cur, final_view, statement, sender) {
            let late = self.keep_late_vote(vote, sender);
            return Collected::Rejected(if late { Rejected::Late } else { rejected });
        }
        // Who passes on another's vote must not be able to put a wrong one in its place.
        let earlier = self.contradicted(vote);
        if (sender != *signer || earlier.is_some()) && !self.verify_vote(vote) {
            self.blame(sender);
            return Collected::Rejected(Rejected::Sender);
        }
        if let Some(earlier) = earlier {
            if self.verify_vote(&earlier) {
                return Collected::Evidence(Box::new(Evidence { first: earlier, second: vote.clone() }));
            }
            self.drop_part(&earlier.statement, Source::Vote(*signer));
        }
        let round = self.round(statement.view);
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
            let late = self.keep_late_partial(partial, sender);
            return Collected::Rejected(if late { Rejected::Late } else { rejected });
        }
        let round = self.round(statement.view);
        // A sender's sums are of one digest a phase: so there are at most as many as validators.
        let other = |((phase, digest), tally): (&(Phase, Hash), &Tally)| {
            *phase == statement.phase && *digest != statement.digest && tally.partials.contains_key(&sender)
        };
        if round.tallies.iter().any(other) {
            return Collected::Rejected(Rejected::Known);
        }
        let tally = round.tallies.entry((statement.phase, statement.digest)).or_default();
        if !tally.take_partial(sender, (signers, signature)) {
            return Collected::Rejected(Rejected::Known);
        }
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

    /// The checked sum of what came from these validators, of them and of nobody else; `None` for nothing.
    pub fn sum_of(&mut self, statement: &Statement, within: &Signers) -> Option<Partial> {
        loop {
            let parts = self.disjoint_parts(statement, Some(within), self.nobody());
            let count = parts.len();
            match self.add_up(statement, parts) {
                Some((signers, signature, added)) if added == count => {
                    return Some(Partial { statement: *statement, signers, signature });
                }
                None if count == 0 => return None,
                // A wrong part was dropped; without it, others may come in.
                Some(_) | None => {}
            }
        }
    }

    /// Which of these validators' votes for a statement came from them, directly or in a sum. What others say of them
    /// is not checked yet, and could keep their votes out of the sum.
    pub fn heard(&self, statement: &Statement, within: &Signers) -> Signers {
        let mut signers = self.voters(statement);
        let tally = self.rounds.get(&statement.view);
        let tally = tally.and_then(|round| round.tallies.get(&(statement.phase, statement.digest)));
        let sums = tally.into_iter().flat_map(|tally| &tally.partials);
        let sums = sums.filter(|(sender, (of, _))| is_within(**sender, of, within));
        sums.for_each(|(_, (of, _))| signers.extend(of));
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
        self.distrusts(sender).then_some(Rejected::Sender)
    }

    /// The votes of a view. An old view makes room for it.
    fn round(&mut self, view: View) -> &mut Round {
        if !self.rounds.contains_key(&view) {
            while self.rounds.len() >= MAX_ROUNDS {
                self.rounds.pop_first();
            }
        }
        self.rounds.entry(view).or_default()
    }

    /// What its signer said before that a vote contradicts, if that is still to be proven. It was not checked.
    fn contradicted(&self, vote: &Vote) -> Option<Vote> {
        if self.is_convicted(vote.signer) {
            return None;
        }
        let said = &self.rounds.get(&vote.statement.view)?.said;
        let phases = [Phase::Notarize, Phase::Nullify, Phase::Finalize];
        phases.into_iter().find_map(|phase| {
            let (digest, signature) = said.get(&(vote.signer, phase))?;
            let statement = Statement { view: vote.statement.view, phase, digest: *digest };
            let earlier = Vote { statement, signer: vote.signer, signature: *signature };
            contradict(&statement, &vote.statement).then_some(earlier)
        })
    }

    /// Adds up what there is as long as it could decide. Each turn drops a wrong part, so there are few.
    fn try_certify(&mut self, statement: &Statement) -> Collected {
        loop {
            let parts = self.disjoint_parts(statement, None, self.nobody());
            let count = parts.len();
            let mut all = self.nobody();
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

    /// Partial sums from the heaviest down, as far as nobody is in two, and the votes of whom they leave out; all of
    /// these senders and signers alone, if any are named, and of nobody who is covered already.
    fn disjoint_parts(&self, statement: &Statement, within: Option<&Signers>, mut covered: Signers) -> Vec<Part> {
        let round = self.rounds.get(&statement.view);
        let Some(tally) = round.and_then(|round| round.tallies.get(&(statement.phase, statement.digest))) else {
            return Vec::new();
        };
        let wanted = |sender, signers: &Signers| within.is_none_or(|within| is_within(sender, signers, within));
        let partials = tally.partials.iter().filter(|(sender, (signers, _))| wanted(**sender, signers));
        let mut partials: Vec<_> = partials.collect();
        partials.sort_by_key(|(sender, (signers, _))| (std::cmp::Reverse(self.set.weight_of(signers)), **sender));
        let mut parts = Vec::new();
        for (sender, (signers, signature)) in partials {
            if covered.is_disjoint(signers) {
                covered.extend(signers);
                parts.push(Part { source: Source::Partial(*sender), signers: signers.clone(), signature: *signature });
            }
        }
        let rest = tally
            .votes
            .iter()
            .filter(|(signer, _)| !covered.contains(**signer) && within.is_none_or(|within| within.contains(**signer)));
        parts.extend(rest.map(|(signer, signature)| self.part(Source::Vote(*signer), *signature)));
        parts
    }

    fn nobody(&self) -> Signers {
        Signers::none(self.set.len())
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
            // Another's vote is checked when it comes, so this one came from its signer.
            Source::Vote(signer) => {
                tally.votes.remove(&signer);
                let said = (signer, statement.phase);
                if round.said.get(&said).is_some_and(|(digest, _)| *digest == statement.digest) {
                    round.said.remove(&said);
                }
                signer
            }
            Source::Partial(sender) => {
                tally.partials.remove(&sender);
                sender
            }
        };
        self.blame(sender);
    }
}

/// Whether a sum comes from one of these validators and holds nobody else.
fn is_within(sender: ValidatorIndex, signers: &Signers, within: &Signers) -> bool {
    within.contains(sender) && within.is_superset(signers)
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
