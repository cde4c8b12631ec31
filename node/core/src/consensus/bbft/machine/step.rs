//! What the machine does with each input.

use super::{
    Candidate, Certificate, Effect, Input, Judgement, MAX_BACKOFF, MAX_UNFINALIZED_VIEWS, MAX_VIEWS_AHEAD, Machine,
    Record, Timer,
};
use crate::consensus::bbft::held::{Inserted, ParentError};
use crate::consensus::bbft::{Phase, Place, Statement, View};

impl Machine {
    pub(super) fn take(&mut self, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Start => self.start(effects),
            Input::Proposal(candidate) => self.on_proposal(candidate, effects),
            Input::Certificate(certificate) => self.on_certificate(certificate, effects),
            Input::Candidate(candidate) => self.on_candidate(candidate, effects),
            Input::Validated { place, valid } => self.on_validated(place, valid, effects),
            Input::Built(candidate) => self.on_built(candidate, effects),
            Input::BuildFailed { view } if self.building && view == self.record.cur => {
                self.building = false;
                self.nullify(effects);
            }
            Input::BuildFailed { .. } => {}
            Input::Timeout { timer, view } if view == self.record.cur => self.on_timeout(timer, effects),
            Input::Timeout { .. } => {}
        }
    }

    /// Whether this validator takes part now.
    fn votes(&self) -> bool {
        let failed = self.record.cur.0.saturating_sub(self.held.root().place.view.0);
        self.rules.me.is_some() && !self.over && failed <= MAX_UNFINALIZED_VIEWS
    }

    fn leads(&self, view: View) -> bool {
        self.rules.me == Some(self.rules.schedule.leader(view))
    }

    fn start(&mut self, effects: &mut Vec<Effect>) {
        if !self.over {
            self.set_timers(effects);
            self.send_again(effects);
        }
    }

    fn set_timers(&self, effects: &mut Vec<Effect>) {
        let view = self.record.cur;
        let backoff = self.held.failed_before(view, MAX_BACKOFF);
        let leads = self.leads(view);
        let timers = [(Timer::Propose, leads), (Timer::Leader, !leads), (Timer::Advance, true)];
        let set = timers.into_iter().filter(|(_, wanted)| *wanted);
        effects.extend(set.map(|(timer, _)| Effect::SetTimer { timer, view, backoff }));
    }

    fn enter(&mut self, view: View, effects: &mut Vec<Effect>) {
        self.record.cur = view;
        self.proposals = self.proposals.split_off(&view);
        self.judgement = None;
        self.building = false;
        self.due_to_build = false;
        self.set_timers(effects);
        self.consider(effects);
    }

    fn on_timeout(&mut self, timer: Timer, effects: &mut Vec<Effect>) {
        match timer {
            Timer::Propose => {
                self.due_to_build = true;
                self.build_if_due(effects);
            }
            Timer::Leader if self.record.max_n.view == self.record.cur => {}
            Timer::Leader | Timer::Advance => self.nullify(effects),
            Timer::Resend if !self.over => {
                self.send_again(effects);
                self.set_resend(effects);
            }
            Timer::Resend => {}
        }
    }

    fn set_resend(&self, effects: &mut Vec<Effect>) {
        let (view, timer) = (self.record.cur, Timer::Resend);
        effects.push(Effect::SetTimer { timer, view, backoff: self.held.failed_before(view, MAX_BACKOFF) });
    }

    /// What may have been lost, on the way or in a crash.
    fn send_again(&mut self, effects: &mut Vec<Effect>) {
        let view = self.record.cur;
        if let Some(entry) = self.held.entry(view) {
            effects.push(Effect::Repeat(entry.clone()));
        }
        if self.votes() {
            let Record { max_n, max_x, max_f, .. } = self.record;
            if max_f.view > self.held.root().place.view {
                effects.push(Effect::Vote(Statement::finalize(max_f.view, max_f.digest)));
            }
            if let Some(own) = self.proposals.get(&view).filter(|own| self.leads(view) && own.place == max_n) {
                effects.push(Effect::Propose(*own));
            }
            if max_n.view == view {
                effects.push(Effect::Vote(Statement::notarize(view, max_n.digest)));
            }
            if max_x == view {
                effects.push(Effect::Vote(Statement::nullify(view)));
            }
        }
        if let Err(ParentError::Missing { first, last }) = self.held.parent_for(view) {
            effects.push(Effect::Request { first, last });
        }
        self.consider(effects);
        self.fetch_uncommitted(effects);
    }

    // The leader.

    /// Asks for a block, if this is the leader, its time has come and none was asked for.
    fn build_if_due(&mut self, effects: &mut Vec<Effect>) {
        let view = self.record.cur;
        if !self.leads(view) || !self.due_to_build || self.building || self.record.max_n.view >= view || !self.votes() {
            return;
        }
        match self.held.parent_for(view) {
            Err(ParentError::Missing { first, last }) => effects.push(Effect::Request { first, last }),
            Err(ParentError::Impossible) => {}
            Ok(place) => match self.held.candidate(&place) {
                None => effects.push(Effect::Fetch(place)),
                Some(&parent) => {
                    self.building = true;
                    effects.push(Effect::Build { view, parent, empty: parent.height >= self.rules.last_height });
                }
            },
        }
    }

    fn on_built(&mut self, candidate: Candidate, effects: &mut Vec<Effect>) {
        let own = self.building && candidate.place.view == self.record.cur;
        if !own || self.held.check_parent(&candidate, true).is_err() || !self.record.may_notarize(candidate.place) {
            return;
        }
        self.building = false;
        self.judgement = Some(Judgement::Valid);
        self.proposals.insert(candidate.place.view, candidate);
        self.held.know(candidate);
        self.record.max_n = candidate.place;
        effects.push(Effect::Propose(candidate));
        effects.push(Effect::Vote(Statement::notarize(candidate.place.view, candidate.place.digest)));
    }

    // Everybody.

    fn on_proposal(&mut self, candidate: Candidate, effects: &mut Vec<Effect>) {
        let (view, cur) = (candidate.place.view, self.record.cur);
        let behind_or_far = view < cur || view.0 > cur.0.saturating_add(MAX_VIEWS_AHEAD);
        let second = self.proposals.contains_key(&view) && !self.notarizes_twice();
        if self.over || behind_or_far || second {
            return;
        }
        self.proposals.insert(view, candidate);
        if view == cur {
            self.judgement = None;
            self.consider(effects);
        }
    }

    /// Has the proposal of the current view checked, if what it stands on is proven.
    fn consider(&mut self, effects: &mut Vec<Effect>) {
        let Some(&candidate) = self.proposals.get(&self.record.cur) else { return };
        if self.judgement.is_some() || self.over {
            return;
        }
        match self.held.check_parent(&candidate, self.gaps_matter()) {
            Ok(()) => {
                self.judgement = Some(Judgement::Asked);
                effects.push(Effect::Validate(candidate));
            }
            Err(ParentError::Missing { first, last }) => effects.push(Effect::Request { first, last }),
            Err(ParentError::Impossible) => self.reject(effects),
        }
    }

    fn reject(&mut self, effects: &mut Vec<Effect>) {
        self.judgement = Some(Judgement::Invalid);
        self.nullify(effects);
    }

    fn on_validated(&mut self, place: Place, valid: bool, effects: &mut Vec<Effect>) {
        let asked = self.judgement == Some(Judgement::Asked);
        let Some(&candidate) = self.proposals.get(&place.view).filter(|known| asked && known.place == place) else {
            return;
        };
        if place.view != self.record.cur {
            return;
        }
        if !valid {
            return self.reject(effects);
        }
        self.judgement = Some(Judgement::Valid);
        self.held.know(candidate);
        let allowed = self.record.may_notarize(place) || self.notarizes_twice();
        // A commit since it was asked for may have passed its parent by.
        if allowed && self.votes() && self.held.check_parent(&candidate, self.gaps_matter()).is_ok() {
            self.record.max_n = place;
            effects.push(Effect::Vote(Statement::notarize(place.view, place.digest)));
        }
    }

    fn nullify(&mut self, effects: &mut Vec<Effect>) {
        let view = self.record.cur;
        if self.votes() && self.record.may_nullify(view) {
            self.record.max_x = view;
            effects.push(Effect::Vote(Statement::nullify(view)));
        }
        if !self.over {
            self.set_resend(effects);
        }
    }

    fn on_certificate(&mut self, certificate: Certificate, effects: &mut Vec<Effect>) {
        let statement = certificate.statement;
        if self.over || !statement.is_well_formed() {
            return;
        }
        match self.held.insert(certificate.clone()) {
            Inserted::Known => return,
            Inserted::Conflict(held) => {
                return effects.push(Effect::Conflict { held: *held, found: certificate });
            }
            Inserted::New => {}
        }
        if statement.phase == Phase::Finalize {
            self.finish(certificate.clone(), effects);
        }
        let leads_on = statement.view >= self.record.cur;
        if leads_on {
            effects.push(Effect::Forward(certificate));
            if !self.over {
                self.enter(statement.view.next(), effects);
            }
        }
        if statement.phase == Phase::Notarize {
            self.finalize(Place { view: statement.view, digest: statement.digest }, effects);
        }
        if !leads_on {
            // It may be what the proposal of this view, or its leader, waited for.
            self.consider(effects);
            self.build_if_due(effects);
        }
    }

    fn finalize(&mut self, place: Place, effects: &mut Vec<Effect>) {
        let allowed = self.record.may_finalize(place) || self.finalizes_nullified(place);
        if self.votes() && allowed {
            self.record.max_f = place;
            effects.push(Effect::Vote(Statement::finalize(place.view, place.digest)));
        }
    }

    // What is final.

    fn finish(&mut self, certificate: Certificate, effects: &mut Vec<Effect>) {
        match self.made_final_by(&certificate) {
            None => {}
            Some(Err(unknown)) => effects.push(Effect::Fetch(unknown)),
            Some(Ok(candidate)) => self.commit(candidate, certificate, effects),
        }
    }

    /// The block that a certificate makes final, which is no later than the epoch's last, or the place of one that has to
    /// be known first.
    fn made_final_by(&self, certificate: &Certificate) -> Option<Result<Candidate, Place>> {
        let place = Place { view: certificate.statement.view, digest: certificate.statement.digest };
        match self.held.candidate(&place) {
            None => Some(Err(place)),
            Some(candidate) => self.held.ancestor_at(candidate, self.rules.last_height),
        }
    }

    fn commit(&mut self, candidate: Candidate, certificate: Certificate, effects: &mut Vec<Effect>) {
        let view = candidate.place.view;
        if view <= self.held.root().place.view {
            return;
        }
        self.held.commit(candidate);
        self.over = candidate.height >= self.rules.last_height;
        effects.push(Effect::Commit { candidate, certificate });
    }

    fn on_candidate(&mut self, candidate: Candidate, effects: &mut Vec<Effect>) {
        // Only what is certified, or an ancestor of what is final, is asked for; anything else would fill the memory.
        let certified = self.held.is_certified(&candidate.place);
        let awaited = self.awaited().any(|place| place == candidate.place);
        if self.over || !(certified || awaited) {
            return;
        }
        self.held.know(candidate);
        // The highest first: it makes the others final with it. Yet its own block may never come, if the epoch ended below.
        let finals: Vec<Certificate> = self.held.finals().rev().cloned().collect();
        let root = self.held.root().place;
        for certificate in finals {
            self.finish(certificate, effects);
            if self.held.root().place != root {
                break;
            }
        }
        // A proposal may have waited for its parent to be final.
        self.consider(effects);
        self.build_if_due(effects);
    }

    /// The places that have to be known before what is certified can be committed, in the order of the certificates.
    fn awaited(&self) -> impl DoubleEndedIterator<Item = Place> {
        self.held.finals().filter_map(|certificate| self.made_final_by(certificate)?.err())
    }

    /// Asks for the blocks of the lowest and of the highest certificate: either may be all that others still have.
    fn fetch_uncommitted(&self, effects: &mut Vec<Effect>) {
        let mut awaited = self.awaited();
        let lowest = awaited.next();
        effects.extend(lowest.into_iter().chain(awaited.next_back()).map(Effect::Fetch));
    }
}
