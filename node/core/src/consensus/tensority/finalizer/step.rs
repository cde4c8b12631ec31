//! What a finalizer does: it hands events to its replica, and judges and makes ballots by the chain that the node follows.

use super::{Ballot, Event, Finalizer, FinalizerEffect, MAX_BALLOTS, WorkChain, WorkFinality};
use crate::consensus::bbft::{Action, Candidate, Certificate, Input as Answer, Message, Place, ValidatorIndex, View};
use tenon_types::Hash;

/// What is to be said of a proposal.
enum Verdict {
    Valid,
    Invalid,
    /// What it names is not deep enough here, or not on the chain that is followed. That may change.
    Waits,
}

impl Finalizer {
    // Time.

    /// The time that the replica sees.
    fn now_ms(&self) -> u64 {
        let now_ms = self.resting_ms.unwrap_or_else(|| self.clock.now_ms());
        now_ms.saturating_sub(self.rested_ms)
    }

    /// Stops the replica's time while there is nothing to finalize: views would fail for nothing, ever more slowly.
    pub(super) fn rest(&mut self, chain: &WorkChain) {
        let now_ms = self.clock.now_ms();
        match (self.has_work(chain), self.resting_ms) {
            (true, Some(since_ms)) => {
                self.rested_ms = self.rested_ms.saturating_add(now_ms.saturating_sub(since_ms));
                self.resting_ms = None;
            }
            (false, None) => self.resting_ms = Some(now_ms),
            _ => {}
        }
    }

    pub(super) fn tick(&mut self) {
        self.timer_ms = None;
        let now_ms = self.now_ms();
        if self.replica_ms.take_if(|at_ms| *at_ms <= now_ms).is_some() {
            self.queue.push_back(Event::Tick);
        }
    }

    // What comes from others.

    pub(super) fn message(&mut self, from: ValidatorIndex, message: Message, ballot: Option<Box<Ballot>>) {
        if let Message::Proposal(proposal) = &message {
            // Nobody signs more than view and hash: the ballot has to say the rest.
            let Some(ballot) = ballot.filter(|ballot| ballot.candidate() == proposal.candidate) else { return };
            self.keep(*ballot);
        }
        self.queue.push_back(Event::Message { from, message });
    }

    pub(super) fn learn(&mut self, ballot: Ballot) {
        let candidate = ballot.candidate();
        if self.fetching == Some(candidate.place) {
            self.fetching = None;
            self.keep(ballot);
            self.queue.push_back(Event::Answer(Answer::Candidate(candidate)));
        }
    }

    /// Takes a proof of finality from anybody. It is checked here, so that a wrong one is no validator's fault.
    pub(super) fn finality(&mut self, finality: &WorkFinality) {
        let WorkFinality { ballot, certificate } = finality;
        let newer = ballot.view > self.final_ballot().view;
        if !newer || !finality.holds(self.chain, &self.set, self.scheme.as_ref()) {
            return;
        }
        self.keep(*ballot);
        // The replica takes it as from a validator, whichever, but not from itself.
        let from = if self.seat == Some(0) { 1 } else { 0 };
        self.queue.push_back(Event::Message { from, message: Message::Certificates(vec![certificate.clone()]) });
    }

    fn keep(&mut self, ballot: Ballot) {
        let (hash, root) = (ballot.hash(), self.final_ballot());
        if ballot.view <= root.view {
            return;
        }
        if self.ballots.len() >= MAX_BALLOTS && !self.ballots.contains_key(&hash) {
            // What was never notarized is the first to go.
            let stays = |ballot: &Ballot| ballot.view == root.view || self.is_notarized(ballot);
            let oldest = self.ballots.iter().filter(|(_, ballot)| !stays(ballot)).min_by_key(|(_, ballot)| ballot.view);
            let Some(oldest) = oldest.map(|(hash, _)| *hash) else { return };
            self.ballots.remove(&oldest);
        }
        self.ballots.insert(hash, ballot);
    }

    fn is_notarized(&self, ballot: &Ballot) -> bool {
        self.replica.machine().notarized(View(ballot.view)) == Some(ballot.hash())
    }

    // The replica.

    pub(super) fn give(&mut self, event: Event) {
        for action in self.replica.handle(self.now_ms(), event) {
            self.perform(action);
        }
    }

    fn answer(&mut self, answer: Answer) {
        self.queue.push_back(Event::Answer(answer));
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Persist(saved) => {
                self.unsaved = true;
                self.saved.update(saved);
            }
            Action::Send { to, message } => self.send(to, message),
            Action::Build { view, parent, .. } => self.building = Some((view, parent)),
            Action::Validate(candidate) => self.judging = Some(candidate),
            Action::Fetch(place) => self.fetch(place),
            Action::Commit { candidate, certificate } => self.commit(candidate, certificate),
            Action::SetTimer { at_ms } => self.replica_ms = Some(at_ms),
            Action::Report(evidence) => {
                if Some(evidence.first.signer) == self.seat {
                    self.halt(
                        "found proof that this very key contradicted itself, expected none: it runs twice".into(),
                    );
                }
            }
            Action::Conflict { held, found } => self.halt(format!(
                "found certificate {found:?}, expected none that contradicts {held:?}: more than a third is faulty"
            )),
            Action::EpochEnded => self.halt("found the end of the epoch, expected none".into()),
        }
    }

    fn send(&mut self, to: Vec<ValidatorIndex>, message: Message) {
        let ballot = match &message {
            Message::Proposal(proposal) => self.ballots.get(&proposal.candidate.place.digest).copied().map(Box::new),
            _ => None,
        };
        // Without its ballot nobody can judge a proposal. Who is none of the committee has nobody to speak to.
        if self.seated && (ballot.is_some() || !matches!(message, Message::Proposal(_))) {
            self.effects.push(FinalizerEffect::Send { to, message, ballot });
        }
    }

    fn fetch(&mut self, place: Place) {
        match self.ballots.get(&place.digest).map(Ballot::candidate).filter(|known| known.place == place) {
            Some(candidate) => self.answer(Answer::Candidate(candidate)),
            None => {
                self.fetching = Some(place);
                self.effects.push(FinalizerEffect::Want { hash: place.digest });
            }
        }
    }

    fn commit(&mut self, candidate: Candidate, certificate: Certificate) {
        let view = candidate.place.view.0;
        self.saved.committed = Some((candidate, certificate));
        self.saved.certificates.retain(|(kept, _), _| kept.0 >= view);
        self.ballots.retain(|hash, ballot| ballot.view > view || *hash == candidate.place.digest);
        self.unsaved = true;
        self.tell_again();
    }

    /// Tells the chain and everybody else what is final.
    pub(super) fn tell_again(&mut self) {
        if let Some(finality) = self.last_final() {
            self.effects.push(FinalizerEffect::Final(Box::new(finality)));
        }
    }

    // Ballots.

    /// Looks again at all that rests on the chain.
    pub(super) fn reconsider(&mut self, chain: &WorkChain) {
        self.prefer();
        if let Some(candidate) = self.judging {
            let verdict = match self.judge(&candidate, chain) {
                Verdict::Waits => None,
                Verdict::Valid => Some(true),
                Verdict::Invalid => Some(false),
            };
            if let Some(valid) = verdict {
                self.judging = None;
                self.answer(Answer::Validated { place: candidate.place, valid });
            }
        }
        let Some((view, parent)) = self.building else { return };
        if self.replica.machine().record().cur != view {
            self.building = None;
        } else if let Some(ballot) = self.make(view, &parent, chain) {
            self.building = None;
            self.keep(ballot);
            self.answer(Answer::Built(ballot.candidate()));
        }
    }

    /// The ballot on a candidate: that of genesis for the one on which the committee began.
    fn ballot_of(&self, place: &Place) -> Option<&Ballot> {
        self.ballots.get(&place.digest).filter(|ballot| ballot.view == place.view.0)
    }

    fn judge(&self, candidate: &Candidate, chain: &WorkChain) -> Verdict {
        let Some(ballot) = self.ballot_of(&candidate.place) else { return Verdict::Waits };
        let Some(parent) = self.ballot_of(&candidate.parent) else { return Verdict::Waits };
        if ballot.number != parent.number.saturating_add(1) || ballot.height < parent.height {
            return Verdict::Invalid;
        }
        let deep = self.is_deep(ballot, chain) && self.stands_on(ballot, parent, chain);
        if deep { Verdict::Valid } else { Verdict::Waits }
    }

    /// Whether a ballot's block lies deep enough on the chain that is followed.
    fn is_deep(&self, ballot: &Ballot, chain: &WorkChain) -> bool {
        let (_, head) = chain.head();
        chain.hash_at(ballot.height) == Some(ballot.block) && head.saturating_sub(ballot.height) >= self.sigma
    }

    /// Whether the parent's block is on that chain, too, at or below it. What is final is so, however long ago it was.
    fn stands_on(&self, ballot: &Ballot, parent: &Ballot, chain: &WorkChain) -> bool {
        let (_, final_height) = chain.last_final();
        let on_chain = chain.hash_at(parent.height) == Some(parent.block);
        let long_final = *parent == self.final_ballot() && parent.height <= final_height;
        ballot.height >= parent.height && (on_chain || long_final)
    }

    fn make(&self, view: View, parent: &Candidate, chain: &WorkChain) -> Option<Ballot> {
        let below = self.ballot_of(&parent.place)?;
        let (_, head) = chain.head();
        let height = head.checked_sub(self.sigma)?;
        let ballot = Ballot {
            view: view.0,
            parent_view: parent.place.view.0,
            parent: parent.place.digest,
            number: below.number.saturating_add(1),
            block: chain.hash_at(height)?,
            height,
        };
        (self.has_work(chain) && self.stands_on(&ballot, below, chain)).then_some(ballot)
    }

    /// Has the chain follow the branch of the newest notarized ballot: the next one has to extend it.
    fn prefer(&mut self) {
        let notarized = self.ballots.values().filter(|ballot| ballot.view > 0 && self.is_notarized(ballot));
        let newest: Option<Hash> = notarized.max_by_key(|ballot| ballot.view).map(|ballot| ballot.block);
        if newest.is_some() && newest != self.preferred {
            self.preferred = newest;
            self.effects.extend(newest.map(|hash| FinalizerEffect::Prefer { hash }));
        }
    }

    pub(super) fn halt(&mut self, reason: String) {
        self.halted = true;
        self.effects.push(FinalizerEffect::Halt { reason });
    }

    /// Gives what is to be done, behind the write that it rests on.
    pub(super) fn finish(&mut self) -> Vec<FinalizerEffect> {
        if self.halted {
            self.effects.retain(|effect| matches!(effect, FinalizerEffect::Halt { .. }));
            return std::mem::take(&mut self.effects);
        }
        let seen =
            |effect: &FinalizerEffect| matches!(effect, FinalizerEffect::Send { .. } | FinalizerEffect::Final(_));
        if self.unsaved && self.effects.iter().any(seen) {
            self.unsaved = false;
            self.saved.ballots = self.ballots.values().filter(|ballot| ballot.view > 0).copied().collect();
            self.effects.insert(0, FinalizerEffect::Persist { bytes: self.saved.to_bytes() });
        }
        let waiting = (!self.queue.is_empty()).then(|| self.clock.now_ms());
        let running = self.replica_ms.filter(|_| self.resting_ms.is_none());
        let due = running.map(|at_ms| at_ms.saturating_add(self.rested_ms)).into_iter().chain(waiting).min();
        let at_ms = due.map(|at_ms| self.clock.to_wall_ms(at_ms));
        if let Some(at_ms) = at_ms
            && self.timer_ms != Some(at_ms)
        {
            self.timer_ms = Some(at_ms);
            self.effects.push(FinalizerEffect::SetTimer { at_ms });
        }
        std::mem::take(&mut self.effects)
    }
}
