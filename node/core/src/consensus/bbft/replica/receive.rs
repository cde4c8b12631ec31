//! What a replica does with messages.

use super::{
    Action, Certificate, Evidence, Input, Message, Partial, Proposal, Replica, Statement, ValidatorIndex, View,
};
use crate::consensus::bbft::{MAX_CERTIFICATES, MAX_VIEWS_AHEAD, Rejected, Vote};
use std::collections::BTreeMap;

impl Replica {
    pub(super) fn receive(&mut self, from: ValidatorIndex, message: Message, actions: &mut Vec<Action>) {
        if from >= self.overlay.validators() || Some(from) == self.me || !message.is_bounded() {
            self.refusals.malformed = self.refusals.malformed.saturating_add(1);
            return;
        }
        let asks = matches!(message, Message::Request { .. } | Message::Ask { .. });
        if !asks && self.collector.distrusts(from) {
            self.refusals.forged = self.refusals.forged.saturating_add(1);
            return;
        }
        if self.machine.is_over() && !matches!(message, Message::Evidence(_)) {
            // Nothing is left to decide, and who still votes or asks has not heard that.
            if !matches!(message, Message::Certificates(_)) {
                self.answer(from, self.machine.committed().place.view, actions);
            }
            return;
        }
        match message {
            Message::Proposal(proposal) => self.on_proposal(from, *proposal, actions),
            Message::Vote(vote) => self.collect_vote(&vote, from, actions),
            Message::Partial(partial) => self.on_partial(from, &partial, actions),
            Message::Certificates(certificates) => {
                self.on_certificates(from, certificates, actions);
            }
            Message::Request { first, last } => {
                let certificates = self.machine.certificates(first, last, MAX_CERTIFICATES);
                if !certificates.is_empty() && self.may_answer(from) {
                    self.send(vec![from], Message::Certificates(certificates), actions);
                }
            }
            Message::Ask { view } => self.on_ask(from, view, actions),
            Message::Evidence(evidence) => {
                if self.collector.is_convicted(evidence.first.signer) {
                    self.refusals.known = self.refusals.known.saturating_add(1);
                } else if !self.collector.verify_evidence(&evidence) {
                    self.forged(from);
                } else if self.collector.convict(evidence.first.signer) {
                    actions.push(Action::Report(evidence));
                }
            }
        }
    }

    fn on_proposal(&mut self, from: ValidatorIndex, proposal: Proposal, actions: &mut Vec<Action>) {
        let Proposal { candidate, signature, justification } = proposal;
        if !self.on_certificates(from, justification, actions) {
            return;
        }
        let (place, cur) = (candidate.place, self.machine.record().cur);
        if place.view < cur {
            self.refusals.stale = self.refusals.stale.saturating_add(1);
            return self.answer(from, place.view, actions);
        }
        if place.view.0 > cur.0.saturating_add(MAX_VIEWS_AHEAD) {
            self.refusals.stale = self.refusals.stale.saturating_add(1);
            return;
        }
        let leader = self.machine.rules().schedule.leader(place.view);
        let statement = Statement::notarize(place.view, place.digest);
        let vote = Vote { statement, signer: leader, signature };
        let known = self.proposals.get(&place.view).map(|known| known.candidate.place.digest);
        if known == Some(place.digest) || (known.is_some() && self.collector.is_convicted(leader)) {
            self.refusals.known = self.refusals.known.saturating_add(1);
            return;
        }
        if !statement.is_well_formed() || !self.collector.verify_vote(&vote) {
            return self.forged(from);
        }
        if known.is_none() {
            let to = self.below(place.view).0;
            // What was checked: a wrong certificate of what is held here was not looked at.
            let proposal = Proposal { candidate, signature, justification: self.justification(&candidate) };
            let passed_on = Message::Proposal(Box::new(proposal.clone()));
            self.send(to.into_iter().filter(|child| *child != leader && *child != from).collect(), passed_on, actions);
            self.proposals.insert(place.view, proposal);
            self.give(Input::Proposal(candidate), actions);
        }
        // A second one of the view is evidence, which the collector finds.
        self.collect_vote(&vote, leader, actions);
    }

    fn on_partial(&mut self, from: ValidatorIndex, partial: &Partial, actions: &mut Vec<Action>) {
        if !self.overlay.adds_up(from) {
            self.refusals.malformed = self.refusals.malformed.saturating_add(1);
            return;
        }
        let (cur, root) = (self.machine.record().cur, self.machine.committed().place.view);
        let collected = self.collector.partial(cur, root, partial, from);
        self.collected(partial.statement, from, collected, actions);
    }

    /// Takes certificates up to the first that is wrong, and returns whether none is.
    fn on_certificates(
        &mut self,
        from: ValidatorIndex,
        certificates: Vec<Certificate>,
        actions: &mut Vec<Action>,
    ) -> bool {
        for certificate in certificates {
            if !self.on_certificate(certificate, actions) {
                self.forged(from);
                return false;
            }
        }
        true
    }

    /// Counts a wrong signature. Who is honest sends on only what they checked.
    fn forged(&mut self, from: ValidatorIndex) {
        self.refusals.forged = self.refusals.forged.saturating_add(1);
        self.collector.blame(from);
    }

    /// Takes a certificate, and returns whether it is right, as far as it matters.
    fn on_certificate(&mut self, certificate: Certificate, actions: &mut Vec<Action>) -> bool {
        let view = certificate.statement.view;
        if self.machine.holds(&certificate.statement) || view <= self.machine.committed().place.view {
            self.refusals.known = self.refusals.known.saturating_add(1);
            return self.take_wider(&certificate);
        } else if !self.collector.verify(&certificate) {
            return false;
        } else {
            if self.me.is_some_and(|me| self.overlay.adds_up(me)) {
                self.distribute(&certificate, false, actions);
            }
            self.give(Input::Certificate(certificate), actions);
        }
        true
    }

    fn on_ask(&mut self, from: ValidatorIndex, view: View, actions: &mut Vec<Action>) {
        if view < self.machine.record().cur {
            return self.answer(from, view, actions);
        }
        let wait_ms = self.half_delay_ms() / 2;
        if let Some(proposal) = self.proposals.get(&view).cloned()
            && is_due(&mut self.served, from, self.now_ms, wait_ms)
        {
            self.send(vec![from], Message::Proposal(Box::new(proposal)), actions);
        }
    }

    /// What a message that was not taken calls for: who is behind is told what they lack.
    pub(super) fn refused(
        &mut self,
        reason: Rejected,
        statement: Statement,
        from: ValidatorIndex,
        actions: &mut Vec<Action>,
    ) {
        let counter = match reason {
            Rejected::Malformed => &mut self.refusals.malformed,
            Rejected::Sender => &mut self.refusals.forged,
            Rejected::View => &mut self.refusals.stale,
            Rejected::Known | Rejected::Late => &mut self.refusals.known,
        };
        *counter = counter.saturating_add(1);
        let told_again = matches!(reason, Rejected::View | Rejected::Known | Rejected::Late);
        let useful = told_again && !self.just_told(from, statement.view);
        let behind =
            statement.view < self.machine.record().cur || statement.view <= self.machine.committed().place.view;
        if useful && behind && Some(from) != self.me {
            self.answer(from, statement.view, actions);
        }
    }

    /// Whether a certificate of a view went down to somebody just now, so that their vote crossed it on the way; or they
    /// are a super-node, which will have it from the same sums.
    fn just_told(&mut self, node: ValidatorIndex, view: View) -> bool {
        let since_ms = self.now_ms.saturating_sub(self.half_delay_ms());
        let told = |(statement, at_ms): (&Statement, &u64)| statement.view == view && *at_ms >= since_ms;
        self.distributed.iter().any(told) && (self.overlay.is_super(node) || self.below(view).0.contains(&node))
    }

    /// Tells somebody who speaks of a view what came of it and of all since.
    fn answer(&mut self, to: ValidatorIndex, view: View, actions: &mut Vec<Action>) {
        let from = view.max(self.machine.committed().place.view);
        let mut certificates = self.machine.certificates(from, self.machine.record().cur, MAX_CERTIFICATES);
        if let Some(last) = self.last_final.clone().filter(|last| !certificates.contains(last)) {
            certificates.insert(0, last);
        }
        certificates.truncate(MAX_CERTIFICATES);
        if !certificates.is_empty() && self.may_answer(to) {
            self.send(vec![to], Message::Certificates(certificates), actions);
        }
    }

    /// Whether somebody may be answered again: not more often than votes are repeated.
    fn may_answer(&mut self, to: ValidatorIndex) -> bool {
        let wait_ms = self.half_delay_ms() / 2;
        is_due(&mut self.answered, to, self.now_ms, wait_ms)
    }

    /// Passes evidence that was found here on to everybody and to the chain, once for each offender. Who gets it puts
    /// it on chain, too, but tells nobody.
    pub(super) fn report(&mut self, evidence: Evidence, actions: &mut Vec<Action>) {
        if self.collector.convict(evidence.first.signer) {
            self.send(self.everybody(), Message::Evidence(Box::new(evidence.clone())), actions);
            actions.push(Action::Report(Box::new(evidence)));
        }
    }
}

/// Whether somebody was last served so long ago, and if so that they are served now.
fn is_due(served: &mut BTreeMap<ValidatorIndex, u64>, who: ValidatorIndex, now_ms: u64, wait_ms: u64) -> bool {
    let due = served.get(&who).is_none_or(|last_ms| now_ms.saturating_sub(*last_ms) >= wait_ms);
    if due {
        served.insert(who, now_ms);
    }
    due
}
