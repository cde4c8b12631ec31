//! What a participant does with inputs, and with what its replica asks for.

use super::blocks::State;
use super::faults::to_report;
use super::{Commit, MAX_CERTIFICATES_HELD, MAX_EVENTS, MAX_FETCHING, Participant, Request};
use crate::consensus::bbft::{
    Action, Candidate, Epoch, Event, Evidence, Input as Answer, Message, Place, ValidatorIndex, View,
};
use crate::consensus::{Effect, Received};
use tenon_types::{Hash, Seal};

impl Participant {
    /// Begins: what was final before the stop is so again.
    pub(super) fn start(&mut self) {
        for (hash, finality) in std::mem::take(&mut self.to_adopt) {
            self.announce(hash, finality);
        }
        self.queue.push_back(Event::Start);
    }

    /// Gives the replica its tick if it is due, and asks again for what has not come.
    pub(super) fn tick(&mut self) {
        self.timer_ms = None;
        let now_ms = self.clock.now_ms();
        if self.replica_ms.take_if(|at_ms| *at_ms <= now_ms).is_some() {
            self.queue.push_back(Event::Tick);
        }
        if self.wanted.values().any(|due_ms| *due_ms <= now_ms) {
            for place in self.fetching.clone() {
                self.want(place.digest);
            }
            self.reconsider();
            // Nobody waits for the others any more.
            self.wanted.retain(|_, due_ms| *due_ms > now_ms);
        }
        if self.commit.as_ref().and_then(|commit| commit.again_ms).is_some_and(|at_ms| at_ms <= now_ms) {
            self.try_commit();
        }
    }

    pub(super) fn message(&mut self, epoch: Epoch, from: ValidatorIndex, message: Message) {
        if epoch == self.term.epoch && self.replica.is_some() {
            let differs = |proposal: &Candidate| {
                let known = self.blocks.get(&proposal.place.digest);
                known.is_some_and(|open| open.block.candidate != *proposal)
            };
            if !matches!(&message, Message::Proposal(proposal) if differs(&proposal.candidate)) {
                return self.queue.push_back(Event::Message { from, message });
            }
        } else if self.past.as_ref().is_some_and(|past| past.term.epoch == epoch) {
            return self.message_of_past(from, message);
        }
        self.counts.messages_dropped = self.counts.messages_dropped.saturating_add(1);
    }

    /// Who still speaks of the last epoch is told how it ended; what they prove of others is kept.
    fn message_of_past(&mut self, from: ValidatorIndex, message: Message) {
        let now_ms = self.clock.now_ms();
        let Some(past) = &mut self.past else { return };
        let (term, epoch) = (past.term.clone(), past.term.epoch);
        let Some(replica) = &mut past.replica else { return };
        for action in replica.handle(now_ms, Event::Message { from, message }) {
            match action {
                Action::Send { to, message } => self.effects.push(Effect::Send { epoch, to, message }),
                Action::Report(evidence) => self.report(&term, &evidence),
                // It has nothing to decide any more.
                _ => {}
            }
        }
    }

    /// Takes a block that came from elsewhere.
    pub(super) fn received(&mut self, block: Received) {
        let (candidate, head) = (block.candidate, self.saved.head());
        let hash = candidate.place.digest;
        let wanted = self.wanted.remove(&hash).is_some();
        let awaited = self.saved.beyond.iter().any(|beyond| beyond.place.digest == hash);
        if self.blocks.get(&hash).is_some() || awaited || hash == head.place.digest {
            return;
        }
        let cur = self.replica.as_ref().map(|replica| replica.machine().record().cur);
        if !cur.is_some_and(|cur| self.blocks.admits(&block, &head, cur, wanted)) {
            return self.discard(hash);
        }
        self.blocks.insert(block, State::Received);
        if self.fetching.remove(&candidate.place) {
            self.answer(Answer::Candidate(candidate));
        }
        self.reconsider();
    }

    /// Takes a block that was asked for. It stays only if its leader still wants to propose it.
    pub(super) fn built(&mut self, hash: Hash) {
        let Some(request) = self.requests.pop_front() else {
            return self.halt(format!("block {hash} was made, expected none: nobody asked for it"));
        };
        let Some(Request { view, parent, plan }) = request else { return self.discard(hash) };
        let place = Place { view, digest: hash };
        let candidate = Candidate { place, parent: parent.place, height: parent.height.saturating_add(1) };
        let seal = Seal {
            epoch: self.rules.epoch_of(candidate.height).0,
            view: view.0,
            parent_view: plan.parent_view,
            leader: Some(plan.producer),
            parent_signers: plan.parent_signers,
            missed: plan.missed,
            evidence: plan.evidence,
        };
        let (producer, time_ms, empty) = (plan.producer, plan.time_ms, plan.empty);
        self.blocks.insert(Received { candidate, producer, seal, time_ms, empty }, State::Pending);
        self.give(Event::Answer(Answer::Built(candidate)));
        let proposed = self.replica.as_ref().is_some_and(|replica| replica.machine().record().max_n == place);
        if !proposed && self.blocks.remove(&hash).is_some() {
            self.discard(hash);
        }
    }

    pub(super) fn build_failed(&mut self) {
        if let Some(Some(Request { view, .. })) = self.requests.pop_front() {
            self.answer(Answer::BuildFailed { view });
        }
    }

    pub(super) fn validated(&mut self, hash: Hash, valid: bool) {
        // One that was dropped meanwhile has nobody waiting.
        let Some(open) = self.blocks.get_mut(&hash).filter(|open| open.state == State::Asked) else { return };
        open.state = if valid { State::Pending } else { State::Refused };
        self.reconsider();
    }

    /// Hands out what waits, up to a bound.
    pub(super) fn run(&mut self) {
        for _ in 0..MAX_EVENTS {
            match self.queue.pop_front() {
                Some(event) if self.halted.is_none() => self.give(event),
                _ => return,
            }
        }
    }

    pub(super) fn answer(&mut self, answer: Answer) {
        self.queue.push_back(Event::Answer(answer));
    }

    fn give(&mut self, event: Event) {
        let now_ms = self.clock.now_ms();
        let Some(replica) = &mut self.replica else { return };
        for action in replica.handle(now_ms, event) {
            self.perform(action);
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Persist(saved) => {
                self.unsaved = true;
                self.saved.update(saved);
                let found = self.saved.certificates.len();
                if found > MAX_CERTIFICATES_HELD {
                    self.halt(format!(
                        "found {found} certificates above the final block, expected at most {MAX_CERTIFICATES_HELD}"
                    ));
                }
            }
            Action::Send { to, message } => self.send(to, message),
            Action::Build { view, parent, empty } => {
                self.building = Some((view, parent, empty));
                self.try_build();
            }
            Action::Validate(candidate) => {
                self.judging = Some(candidate);
                self.try_judge();
            }
            Action::Fetch(place) => self.fetch(place),
            Action::Commit { candidate, certificate } => {
                self.commit = Some(Commit { candidate, certificate, refused: 0, again_ms: None });
                self.try_commit();
            }
            Action::SetTimer { at_ms } => self.replica_ms = Some(at_ms),
            Action::Report(evidence) => {
                let term = self.term.clone();
                self.report(&term, &evidence);
            }
            Action::Conflict { held, found } => {
                self.halt(format!(
                    "found certificate {found:?}, expected none that contradicts {held:?}: more than a third of the \
                     weight is faulty"
                ));
            }
            // The next epoch begins once the driver has adopted its first block's parent.
            Action::EpochEnded => {}
        }
    }

    /// A proposal goes with its block: without it here, nobody can send it.
    fn send(&mut self, to: Vec<ValidatorIndex>, message: Message) {
        if let Message::Proposal(proposal) = &message
            && self.blocks.get(&proposal.candidate.place.digest).is_none()
        {
            return;
        }
        self.effects.push(Effect::Send { epoch: self.term.epoch, to, message });
    }

    fn fetch(&mut self, place: Place) {
        let known = self.blocks.get(&place.digest).map(|open| open.block.candidate);
        if let Some(candidate) = known.filter(|candidate| candidate.place == place) {
            return self.answer(Answer::Candidate(candidate));
        }
        while self.fetching.len() >= MAX_FETCHING {
            self.fetching.pop_first();
        }
        self.fetching.insert(place);
        self.want(place.digest);
    }

    /// Keeps a proven fault for the chain. One's own is another's who has the key.
    fn report(&mut self, term: &super::Term, evidence: &Evidence) {
        let Some(report) = to_report(term, evidence) else { return };
        if self.rules.keys.public() == Some(report.offender) {
            return self.halt_as_twin(term.epoch, View(report.view));
        }
        self.unsaved |= self.faults.keep(report);
    }

    pub(super) fn halt_as_twin(&mut self, epoch: Epoch, view: View) {
        self.halt(format!(
            "found proof that this very key contradicted itself in view {view} of epoch {epoch}, expected none: \
             another node runs with the same key, or this one lost its safety record; stop both, and see which"
        ));
    }

    pub(super) fn discard(&mut self, hash: Hash) {
        self.counts.blocks_dropped = self.counts.blocks_dropped.saturating_add(1);
        self.effects.push(Effect::Discard { hash });
    }

    pub(super) fn halt(&mut self, reason: String) {
        self.effects.push(Effect::Halt { reason: reason.clone() });
        self.halted.get_or_insert(reason);
    }

    /// Gives what is to be done, behind the write that it rests on.
    pub(super) fn finish(&mut self) -> Vec<Effect> {
        if self.halted.is_some() {
            // What else was to be done rests on what is not to be trusted.
            self.effects.retain(|effect| matches!(effect, Effect::Halt { .. }));
            return std::mem::take(&mut self.effects);
        }
        self.unfinalized.finalize(self.clock.now_ms(), &mut self.effects);
        self.shed();
        let seen = |effect: &Effect| {
            matches!(
                effect,
                Effect::Send { .. } | Effect::Adopt { .. } | Effect::Finalize { .. } | Effect::Discard { .. }
            )
        };
        if self.must_save || (self.unsaved && self.effects.iter().any(seen)) {
            (self.must_save, self.unsaved) = (false, false);
            self.saved.pending = self.blocks.pending();
            self.saved.faults = self.faults.to_save();
            self.effects.insert(0, Effect::Persist { bytes: self.saved.to_bytes() });
        }
        self.set_timer();
        std::mem::take(&mut self.effects)
    }

    /// Drops blocks of old views when the view has changed.
    fn shed(&mut self) {
        // The ancestors of a final block come newest first, and are needed however old they are.
        let Some(replica) = self.replica.as_ref().filter(|_| self.commit.is_none()) else { return };
        let machine = replica.machine();
        let (cur, max_n) = (machine.record().cur, machine.record().max_n);
        if std::mem::replace(&mut self.shed, cur) == cur {
            return;
        }
        let keep = |candidate: &Candidate| {
            candidate.place == max_n || machine.notarized(candidate.place.view) == Some(candidate.place.digest)
        };
        for hash in self.blocks.shed(cur, keep) {
            self.discard(hash);
        }
    }

    fn set_timer(&mut self) {
        let waiting = (!self.queue.is_empty()).then(|| self.clock.now_ms());
        let wanted = self.wanted.values().copied().min();
        let commit = self.commit.as_ref().and_then(|commit| commit.again_ms);
        let timers = [waiting, wanted, commit, self.replica_ms, self.unfinalized.next_ms()];
        let at_ms = timers.into_iter().flatten().min().map(|at_ms| self.clock.to_wall_ms(at_ms));
        if let Some(at_ms) = at_ms
            && self.timer_ms != Some(at_ms)
        {
            self.timer_ms = Some(at_ms);
            self.effects.push(Effect::SetTimer { at_ms });
        }
    }
}
