//! What a committee does: it hands events to its validators and performs what they ask for, among them or outside.

use super::{
    Candidate, Committee, Event, MAX_CERTIFICATES_HELD, MAX_EVENTS, MAX_QUEUED, Place, Request, ValidatorIndex, View,
};
use crate::consensus::bbft::{Action, Certificate, Input as MachineInput, Phase};
use crate::consensus::{BlockPlan, Effect, Finality};
use parity_scale_codec::Encode;
use tenon_types::{Address, Hash, MAX_MISSED};

impl Committee {
    /// Begins, or gives each validator whose timer is due its tick.
    pub(super) fn tick(&mut self) {
        self.timer_ms = None;
        let now_ms = self.clock.now_ms();
        if !self.started {
            self.started = true;
            for hash in std::mem::take(&mut self.to_adopt) {
                self.adopt(hash, None);
            }
            (0..).zip(&self.replicas).for_each(|(index, _)| self.queue.push_back((index, Event::Start)));
        }
        for (index, timer) in (0..).zip(&mut self.timers) {
            if timer.take_if(|at_ms| *at_ms <= now_ms).is_some() {
                self.queue.push_back((index, Event::Tick));
            }
        }
    }

    /// Takes a block that was asked for. It stays only if its leader still wants to propose it.
    pub(super) fn built(&mut self, hash: Hash) {
        let Some(Request { leader, view, parent }) = self.requests.pop_front() else {
            return self.halt(format!("block {hash} was made, expected none: nobody asked for it"));
        };
        let candidate = Candidate {
            place: Place { view, digest: hash },
            parent: parent.place,
            height: parent.height.saturating_add(1),
        };
        self.blocks.insert(candidate);
        self.give(leader, Event::Answer(MachineInput::Built(candidate)));
        let proposed = self.replica(leader).is_some_and(|replica| replica.machine().record().max_n == candidate.place);
        if !proposed && self.blocks.pending_mut(&candidate.place).is_some() {
            self.blocks.remove(&candidate.place);
            self.effects.push(Effect::Discard { hash });
        }
    }

    pub(super) fn build_failed(&mut self) {
        if let Some(Request { leader, view, .. }) = self.requests.pop_front() {
            self.answer(leader, MachineInput::BuildFailed { view });
        }
    }

    pub(super) fn validated(&mut self, hash: Hash, valid: bool) {
        // One that was discarded meanwhile has nobody waiting.
        let Some(pending) = self.blocks.of_hash(hash) else { return };
        pending.verdict = Some(valid);
        let place = pending.candidate.place;
        for index in std::mem::take(&mut pending.waiting) {
            self.answer(index, MachineInput::Validated { place, valid });
        }
    }

    /// Hands out what waits, up to a bound.
    pub(super) fn run(&mut self) {
        for _ in 0..MAX_EVENTS {
            match self.queue.pop_front() {
                Some((index, event)) if !self.halted => self.give(index, event),
                _ => return,
            }
        }
    }

    fn replica(&self, index: ValidatorIndex) -> Option<&super::Replica> {
        self.replicas.get(usize::from(index))
    }

    fn answer(&mut self, index: ValidatorIndex, input: MachineInput) {
        self.queue.push_back((index, Event::Answer(input)));
    }

    fn give(&mut self, index: ValidatorIndex, event: Event) {
        let now_ms = self.clock.now_ms();
        let Some(replica) = self.replicas.get_mut(usize::from(index)) else { return };
        for action in replica.handle(now_ms, event) {
            self.perform(index, action);
        }
    }

    fn perform(&mut self, index: ValidatorIndex, action: Action) {
        match action {
            Action::Persist(saved) => {
                self.unsaved = true;
                let term = self.saved.term;
                if let Some(seat) = self.saved.seats.get_mut(usize::from(index)) {
                    seat.update(term, saved);
                    let found = seat.certificates.len();
                    if found > MAX_CERTIFICATES_HELD {
                        self.halt(format!(
                            "found {found} certificates above the final block, expected at most {MAX_CERTIFICATES_HELD}"
                        ));
                    }
                }
            }
            Action::Send { to, message } => {
                for to in to {
                    if self.queue.len() < MAX_QUEUED {
                        self.queue.push_back((to, Event::Message { from: index, message: message.clone() }));
                    }
                }
            }
            Action::Build { view, parent, empty } => self.build(Request { leader: index, view, parent }, empty),
            Action::Validate(candidate) => self.validate(index, candidate),
            Action::Fetch(place) => {
                if let Some(candidate) = self.blocks.find(&place) {
                    self.answer(index, MachineInput::Candidate(candidate));
                }
            }
            Action::Commit { candidate, certificate } => self.commit(index, candidate, certificate),
            Action::SetTimer { at_ms } => {
                if let Some(timer) = self.timers.get_mut(usize::from(index)) {
                    *timer = Some(at_ms);
                }
            }
            // All votes are made by this very process.
            Action::Report(evidence) => {
                self.halt(format!("validator {index} found that one contradicts itself: {evidence:?}"))
            }
            Action::Conflict { held, found } => {
                self.halt(format!("found certificate {found:?}, expected none that contradicts {held:?}"));
            }
            // The epoch's last height is beyond every block's.
            Action::EpochEnded => self.halt("found the end of the epoch, expected none".to_string()),
        }
    }

    /// Has a block made for a leader.
    fn build(&mut self, request: Request, empty: bool) {
        let Request { leader, view, parent } = request;
        let plan = BlockPlan {
            parent: parent.place.digest,
            time_ms: self.clock.wall_ms(),
            producer: self.account(leader),
            parent_signers: self.signers_of(leader, parent.place),
            view: view.0,
            parent_view: parent.place.view.0,
            evidence: Vec::new(),
            missed: self.missed(parent.place.view, view),
            empty,
        };
        self.requests.push_back(request);
        self.effects.push(Effect::Build(plan));
    }

    fn account(&self, index: ValidatorIndex) -> Address {
        self.set.get(index).map_or(Address::ZERO, |validator| validator.account)
    }

    /// Who signed the best certificate of a view that a leader holds: the one that makes its block final, or else the
    /// one that notarizes it; and everybody else of whom a vote for it came. Nobody signed the block on which a term
    /// begins.
    fn signers_of(&mut self, leader: ValidatorIndex, place: Place) -> Vec<u8> {
        let view = place.view;
        let held =
            self.replica(leader).map(|replica| replica.machine().certificates(view, view, 3)).unwrap_or_default();
        let of = |phase| held.iter().find(|certificate| certificate.statement.phase == phase);
        let best = of(Phase::Finalize).or_else(|| of(Phase::Notarize));
        let Some(mut signers) = best.map(|certificate| certificate.signers.clone()) else { return Vec::new() };
        if let Some(replica) = self.replicas.get_mut(usize::from(leader)) {
            replica.add_voters(place, &mut signers);
        }
        signers.as_bytes().to_vec()
    }

    /// The leaders of the views between a parent's and its child's, oldest first; of many, the last.
    fn missed(&self, parent: View, view: View) -> Vec<Address> {
        let most = u64::try_from(MAX_MISSED).unwrap_or(u64::MAX);
        let first = parent.next().0.max(view.0.saturating_sub(most));
        (first..view.0).map(|failed| self.account(self.schedule.leader(View(failed)))).collect()
    }

    /// Tells a validator whether a block may be built upon. Only what was made here and is known here may.
    fn validate(&mut self, index: ValidatorIndex, candidate: Candidate) {
        let place = candidate.place;
        let known = self.blocks.pending_mut(&place).filter(|pending| pending.candidate == candidate);
        let valid = match known {
            None => false,
            Some(pending) => match pending.verdict {
                Some(verdict) => verdict,
                None => {
                    if pending.waiting.is_empty() {
                        self.effects.push(Effect::Validate { hash: place.digest });
                    }
                    return pending.waiting.push(index);
                }
            },
        };
        self.answer(index, MachineInput::Validated { place, valid });
    }

    /// Takes note of a final block: the first validator that knows of it has it adopted.
    fn commit(&mut self, index: ValidatorIndex, candidate: Candidate, certificate: Certificate) {
        self.unsaved = true;
        if let Some(seat) = self.saved.seats.get_mut(usize::from(index)) {
            seat.committed = Some((candidate, certificate.clone()));
        }
        if candidate.height <= self.saved.adopted.height {
            return;
        }
        let Some((line, beside)) = self.blocks.adopt(&candidate) else {
            let head = self.saved.adopted;
            return self.halt(format!("found {candidate:?} final, expected a descendant of {head:?}"));
        };
        self.saved.adopted = candidate;
        for ancestor in line {
            // The certificate of the newest is the proof of all.
            let is_newest = ancestor == candidate;
            let finality = is_newest.then(|| Finality { certificate: certificate.clone(), descendants: Vec::new() });
            self.adopt(ancestor.place.digest, finality);
        }
        let discard = |candidate: &Candidate| Effect::Discard { hash: candidate.place.digest };
        self.effects.extend(beside.iter().map(discard));
    }

    fn adopt(&mut self, hash: Hash, finality: Option<Finality>) {
        self.effects.push(Effect::Adopt { hash });
        self.unfinalized.announce(self.clock.now_ms(), hash, finality);
    }

    fn halt(&mut self, reason: String) {
        self.halted = true;
        self.effects.push(Effect::Halt { reason });
    }

    /// Gives what is to be done, behind the write that it rests on.
    pub(super) fn finish(&mut self) -> Vec<Effect> {
        if self.halted {
            // What else was to be done rests on what is not to be trusted.
            self.effects.retain(|effect| matches!(effect, Effect::Halt { .. }));
            return std::mem::take(&mut self.effects);
        }
        self.unfinalized.finalize(self.clock.now_ms(), &mut self.effects);
        let seen =
            |effect: &Effect| matches!(effect, Effect::Adopt { .. } | Effect::Finalize { .. } | Effect::Discard { .. });
        if self.unsaved && self.effects.iter().any(seen) {
            self.unsaved = false;
            self.saved.line = self.blocks.adopted().copied().collect();
            self.saved.pending = self.blocks.pending().copied().collect();
            self.effects.insert(0, Effect::Persist { bytes: self.saved.encode() });
        }
        self.set_timer();
        std::mem::take(&mut self.effects)
    }

    fn set_timer(&mut self) {
        let waiting = (!self.queue.is_empty()).then(|| self.clock.now_ms());
        let timers = self.timers.iter().flatten().copied();
        let next = timers.chain(self.unfinalized.next_ms()).chain(waiting).min();
        let at_ms = next.map(|at_ms| self.clock.to_wall_ms(at_ms));
        if let Some(at_ms) = at_ms
            && self.timer_ms != Some(at_ms)
        {
            self.timer_ms = Some(at_ms);
            self.effects.push(Effect::SetTimer { at_ms });
        }
    }
}
