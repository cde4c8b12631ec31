//! What a replica does of its own: performs the machine's effects, sends votes and sums, and keeps the timers.

use super::{
    Action, Candidate, Certificate, Effect, Input, Message, Outstanding, Phase, Proposal, Replica, Signers, Statement,
    Sum, Timer, ValidatorIndex, View,
};
use crate::consensus::bbft::{Collected, MAX_CERTIFICATES, Rejected, Vote};

/// The stage at which a vote has gone to everybody.
const EVERYBODY: u8 = 3;
/// Views whose overlay is remembered: those of which votes are taken ahead, and the last few.
const MAX_REMEMBERED_VIEWS: usize = 80;
/// Views below the current one of which proposals and sums are kept. Who is further behind needs certificates.
const MAX_KEPT_VIEWS: u64 = 64;

impl Replica {
    /// Gives the machine an input and performs its effects, in order.
    pub(super) fn give(&mut self, input: Input, actions: &mut Vec<Action>) {
        let effects = self.machine.step(input);
        let cur = self.machine.record().cur;
        self.outstanding.retain(|vote| vote.statement.phase == Phase::Finalize || vote.statement.view >= cur);
        for effect in effects {
            self.perform(effect, actions);
        }
    }

    fn perform(&mut self, effect: Effect, actions: &mut Vec<Action>) {
        match effect {
            Effect::Persist(saved) => actions.push(Action::Persist(saved)),
            Effect::Vote(statement) => self.say(statement, actions),
            Effect::Propose(candidate) => self.propose(candidate, actions),
            Effect::Forward(certificate) => self.distribute(&certificate, false, actions),
            Effect::Repeat(certificate) => {
                let everybody = self.me.is_some_and(|me| self.overlay.is_super(me));
                let to = if everybody { self.everybody() } else { self.overlay.supers().to_vec() };
                self.send(to, Message::Certificates(vec![certificate]), actions);
            }
            Effect::Build { view, parent, empty } => actions.push(Action::Build { view, parent, empty }),
            Effect::Validate(candidate) => actions.push(Action::Validate(candidate)),
            Effect::Fetch(place) => actions.push(Action::Fetch(place)),
            Effect::Request { first, last } => {
                let to = self.some_others(first);
                self.send(to, Message::Request { first, last }, actions);
            }
            Effect::Commit { candidate, certificate } => self.commit(candidate, certificate, actions),
            Effect::SetTimer { timer, view, backoff } => self.plan(timer, view, backoff),
            Effect::Conflict { held, found } => actions.push(Action::Conflict { held, found }),
        }
    }

    fn commit(&mut self, candidate: Candidate, certificate: Certificate, actions: &mut Vec<Action>) {
        let view = candidate.place.view;
        self.last_final = Some(certificate.clone());
        self.collector.finalize(candidate.place);
        self.sums.retain(|statement, _| statement.view > view);
        self.distributed.retain(|statement, _| statement.view >= view);
        self.outstanding.retain(|vote| vote.statement.view > view);
        self.proposals = self.proposals.split_off(&view);
        actions.push(Action::Commit { candidate, certificate });
        if self.machine.is_over() {
            self.timers.clear();
            self.outstanding.clear();
            self.ask_due_ms = None;
            actions.push(Action::EpochEnded);
        }
    }

    fn plan(&mut self, timer: Timer, view: View, backoff: u32) {
        // What this node said may have completed a certificate, and led on before its own effects were all performed.
        if view < self.view {
            return;
        }
        if view > self.view {
            self.view = view;
            self.timers.clear();
            self.forget_below(View(view.0.saturating_sub(MAX_KEPT_VIEWS)));
            let leads = self.me == Some(self.machine.rules().schedule.leader(view));
            let interval_ms = self.timing.length_ms(Timer::Propose, backoff);
            let latest_ms = self.now_ms.saturating_add(interval_ms);
            self.paced_ms = self.paced_ms.saturating_add(interval_ms).clamp(self.now_ms, latest_ms);
            let wait = interval_ms.saturating_add(self.half_delay_ms());
            let known = self.proposals.contains_key(&view);
            self.ask_due_ms = (!leads && !known).then(|| self.now_ms.saturating_add(wait));
        }
        let due_ms = match timer {
            Timer::Propose => self.paced_ms,
            _ => self.now_ms.saturating_add(self.timing.length_ms(timer, backoff)),
        };
        self.timers.insert(timer, (view, due_ms));
    }

    fn forget_below(&mut self, view: View) {
        self.proposals = self.proposals.split_off(&view);
        self.sums.retain(|statement, _| statement.view >= view);
        self.distributed.retain(|statement, _| statement.view >= view);
    }

    /// Moves what is planned with a clock that was set back: else nothing would be due for as long.
    pub(super) fn set_back(&mut self, by_ms: u64) {
        let back = |at_ms: &mut u64| *at_ms = at_ms.saturating_sub(by_ms);
        self.timers.values_mut().for_each(|(_, at_ms)| back(at_ms));
        self.ask_due_ms.iter_mut().for_each(back);
        back(&mut self.paced_ms);
        self.outstanding.iter_mut().for_each(|vote| back(&mut vote.due_ms));
        let waiting = |sum: &mut Sum| {
            if let Sum::Waiting(at_ms) = sum {
                back(at_ms)
            }
        };
        self.sums.values_mut().for_each(waiting);
        self.late.iter_mut().for_each(|(_, at_ms)| back(at_ms));
        self.distributed.values_mut().chain(self.answered.values_mut()).chain(self.served.values_mut()).for_each(back);
        self.timer_ms = None;
    }

    pub(super) fn half_delay_ms(&self) -> u64 {
        (self.timing.delay_ms / 2).max(1)
    }

    pub(super) fn send(&self, mut to: Vec<ValidatorIndex>, message: Message, actions: &mut Vec<Action>) {
        to.sort_unstable();
        to.dedup();
        to.retain(|index| Some(*index) != self.me);
        if !to.is_empty() {
            actions.push(Action::Send { to, message });
        }
    }

    pub(super) fn everybody(&self) -> Vec<ValidatorIndex> {
        (0..self.overlay.validators()).collect()
    }

    /// The leader of a view and two super-nodes, which change from view to view.
    fn some_others(&self, view: View) -> Vec<ValidatorIndex> {
        let mut to = vec![self.machine.rules().schedule.leader(self.view)];
        let node = self.me.unwrap_or(ValidatorIndex::MAX);
        let ups = self.overlay.uplinks(view, node);
        let mut supers = if ups.is_empty() { self.overlay.supers().to_vec() } else { ups };
        let turn =
            self.now_ms.checked_div(self.half_delay_ms()).and_then(|turn| usize::try_from(turn).ok()).unwrap_or(0);
        let shift = turn.checked_rem(supers.len()).unwrap_or(0);
        supers.rotate_left(shift);
        to.extend(supers.into_iter().filter(|index| Some(*index) != self.me).take(2));
        to
    }

    /// The children and the subtree of this node in a view.
    pub(super) fn below(&mut self, view: View) -> (Vec<ValidatorIndex>, Signers) {
        let Some(me) = self.me else { return (Vec::new(), Signers::none(0)) };
        while self.below.len() >= MAX_REMEMBERED_VIEWS && !self.below.contains_key(&view) {
            self.below.pop_first();
        }
        let (overlay, below) = (&self.overlay, &mut self.below);
        below.entry(view).or_insert_with(|| overlay.below(view, me)).clone()
    }

    // Votes.

    /// Signs and sends a vote; one that was sent before goes to more.
    fn say(&mut self, statement: Statement, actions: &mut Vec<Action>) {
        let Some(me) = self.me else { return };
        if let Some(vote) = self.outstanding.iter().find(|vote| vote.statement == statement).copied() {
            let to = if vote.stage >= EVERYBODY { self.everybody() } else { self.overlay.supers().to_vec() };
            let vote = Vote { statement, signer: me, signature: vote.signature };
            return self.send(to, Message::Vote(vote), actions);
        }
        let signature = self.collector.sign(&statement);
        let vote = Vote { statement, signer: me, signature };
        let due_ms = self.now_ms.saturating_add(self.half_delay_ms());
        let stage = if statement.phase == Phase::Nullify { EVERYBODY } else { 0 };
        // A later final block has every earlier one with it.
        self.outstanding.retain(|old| old.statement.phase != Phase::Finalize || statement.phase != Phase::Finalize);
        self.outstanding.push(Outstanding { statement, signature, due_ms, stage });
        let proposed = self.proposals.get(&statement.view).is_some_and(|proposal| proposal.signature == signature);
        let to = match statement.phase {
            Phase::Nullify => self.overlay.supers().to_vec(),
            // The proposal carries it to every super-node; a relay's is in its sum.
            Phase::Notarize if proposed => Vec::new(),
            _ if self.overlay.adds_up(me) => Vec::new(),
            _ => self.overlay.uplinks(statement.view, me).into_iter().take(1).collect(),
        };
        self.send(to, Message::Vote(vote.clone()), actions);
        self.collect_vote(&vote, me, actions);
    }

    /// Takes a vote into the collector and does what follows.
    pub(super) fn collect_vote(&mut self, vote: &Vote, from: ValidatorIndex, actions: &mut Vec<Action>) {
        let (cur, root) = (self.machine.record().cur, self.machine.committed().place.view);
        let collected = self.collector.vote(cur, root, vote, from);
        self.collected(vote.statement, from, collected, actions);
    }

    pub(super) fn collected(
        &mut self,
        statement: Statement,
        from: ValidatorIndex,
        collected: Collected,
        actions: &mut Vec<Action>,
    ) {
        match collected {
            Collected::Kept => self.sum_up(statement, false, actions),
            Collected::Certificate(certificate) => {
                self.distribute(&certificate, true, actions);
                self.give(Input::Certificate(certificate), actions);
            }
            Collected::Rejected(reason) => {
                self.refused(reason, statement, from, actions);
                if reason == Rejected::Late {
                    self.pass_late_on(statement, false, actions);
                }
            }
            Collected::Evidence(evidence) => self.report(*evidence, actions),
        }
    }

    /// Sends the sum of what came from below when it is whole; before, if its time has come, and then once more.
    fn sum_up(&mut self, statement: Statement, due: bool, actions: &mut Vec<Action>) {
        let Some(me) = self.me.filter(|me| self.overlay.adds_up(*me)) else { return };
        let known = self.sums.get(&statement).copied();
        if statement.phase == Phase::Nullify || known == Some(Sum::Whole) {
            return;
        }
        let (_, subtree) = self.below(statement.view);
        let complete = self.collector.heard(&statement, &subtree).is_superset(&subtree);
        let sum = if complete || due { self.collector.sum_of(&statement, &subtree) } else { None };
        // Of those who were heard, some may have given a wrong signature.
        let whole = sum.as_ref().is_some_and(|sum| sum.signers.is_superset(&subtree));
        if !whole && !due {
            let wait_ms = (self.half_delay_ms() / 2).saturating_mul(self.overlay.levels());
            self.sums.entry(statement).or_insert(Sum::Waiting(self.now_ms.saturating_add(wait_ms)));
            return;
        }
        self.sums.insert(statement, if whole { Sum::Whole } else { Sum::Early });
        if let Some(sum) = sum {
            self.send(self.above(statement.view, me), Message::Partial(sum), actions);
        }
    }

    /// To whom a sum goes: to one's super-node, or from there to all others.
    fn above(&self, view: View, me: ValidatorIndex) -> Vec<ValidatorIndex> {
        if self.overlay.is_super(me) {
            return self.overlay.supers().to_vec();
        }
        self.overlay.uplinks(view, me).into_iter().take(1).collect()
    }

    // Proposals and certificates.

    fn propose(&mut self, candidate: Candidate, actions: &mut Vec<Action>) {
        let view = candidate.place.view;
        let signature = self.collector.sign(&Statement::notarize(view, candidate.place.digest));
        let proposal = Proposal { candidate, signature, justification: self.justification(&candidate) };
        let again = self.proposals.insert(view, proposal.clone()).is_some();
        let mut to = if again { self.everybody() } else { self.overlay.supers().to_vec() };
        to.extend(self.below(view).0);
        self.send(to, Message::Proposal(Box::new(proposal)), actions);
    }

    /// The certificates that a candidate needs, as far as they are held.
    pub(super) fn justification(&self, candidate: &Candidate) -> Vec<Certificate> {
        let last = candidate.place.view.previous().unwrap_or_default();
        self.machine.certificates(candidate.parent.view, last, MAX_CERTIFICATES)
    }

    /// Sends a certificate down, once. Who made one without being a super-node tells everybody: the overlay failed.
    pub(super) fn distribute(&mut self, certificate: &Certificate, made_here: bool, actions: &mut Vec<Action>) {
        let statement = certificate.statement;
        let Some(me) = self.me else { return };
        if self.distributed.contains_key(&statement) {
            return;
        }
        self.distributed.insert(statement, self.now_ms);
        let mut to = Vec::new();
        if self.overlay.adds_up(me) {
            to = self.below(statement.view).0;
            // Whose own super-node did not serve them. The leader's vote came with the proposal, super-nodes' as sums.
            let leader = self.machine.rules().schedule.leader(statement.view);
            let voters = self.collector.voters(&statement);
            to.extend(voters.iter().filter(|voter| *voter != leader && !self.overlay.is_super(*voter)));
            // Others lack what was not in a sum yet, and now never will be: for them the certificate takes its place.
            let sum = statement.phase != Phase::Nullify && self.sums.insert(statement, Sum::Whole) != Some(Sum::Whole);
            // So they do if votes had to go to more than their own super-node.
            let late = |vote: &Outstanding| vote.stage > 0 && vote.statement.view <= statement.view;
            if made_here && (sum || self.outstanding.iter().any(late)) {
                to.extend(self.above(statement.view, me));
            }
        } else if made_here {
            to = self.everybody();
        }
        self.send(to, Message::Certificates(vec![certificate.clone()]), actions);
    }

    // Time.

    pub(super) fn tick(&mut self, actions: &mut Vec<Action>) {
        let now_ms = self.now_ms;
        let due: Vec<(Timer, View)> =
            self.timers.iter().filter(|(_, (_, at))| *at <= now_ms).map(|(timer, (view, _))| (*timer, *view)).collect();
        for (timer, view) in due {
            // What one of them does may lead to another view, whose timers are not due.
            if self.timers.get(&timer).is_some_and(|(of, at)| *of == view && *at <= now_ms) {
                self.timers.remove(&timer);
                self.give(Input::Timeout { timer, view }, actions);
                // The question for the proposal may be lost, too.
                if timer == Timer::Resend {
                    self.ask_due_ms = self.ask_due_ms.or(Some(now_ms));
                }
            }
        }
        let is_due = |sum: &Sum| matches!(sum, Sum::Waiting(at) if *at <= now_ms);
        let sums: Vec<Statement> =
            self.sums.iter().filter(|(_, sum)| is_due(sum)).map(|(statement, _)| *statement).collect();
        for statement in sums {
            self.sum_up(statement, true, actions);
        }
        if self.ask_due_ms.is_some_and(|at| at <= now_ms) {
            self.ask_due_ms = None;
            let view = self.view;
            if !self.proposals.contains_key(&view) {
                let to = self.some_others(view);
                self.send(to, Message::Ask { view }, actions);
            }
        }
        if let Some((statement, _)) = self.late.take_if(|(_, at_ms)| *at_ms <= now_ms) {
            self.pass_late_on(statement, true, actions);
        }
        self.send_to_more(actions);
    }

    fn send_to_more(&mut self, actions: &mut Vec<Action>) {
        let Some(me) = self.me else { return };
        let (now_ms, wait_ms) = (self.now_ms, self.half_delay_ms());
        let mut sent = Vec::new();
        for vote in self.outstanding.iter_mut().filter(|vote| vote.stage < EVERYBODY && vote.due_ms <= now_ms) {
            vote.stage = vote.stage.saturating_add(1);
            vote.due_ms = now_ms.saturating_add(wait_ms);
            sent.push(*vote);
        }
        for vote in sent {
            let ups = self.overlay.uplinks(vote.statement.view, me);
            let to = match vote.stage {
                1 if !ups.is_empty() => ups.into_iter().skip(1).take(2).collect(),
                1 | 2 => self.overlay.supers().to_vec(),
                // It may be that none of them serves anybody, and the advance timer's votes would come too late.
                _ => self.everybody(),
            };
            let vote = Vote { statement: vote.statement, signer: me, signature: vote.signature };
            self.send(to, Message::Vote(vote), actions);
        }
    }

    pub(super) fn set_timer(&mut self, actions: &mut Vec<Action>) {
        let timers = self.timers.values().map(|(_, at)| *at);
        let sums = self.sums.values().filter_map(|sum| if let Sum::Waiting(at) = sum { Some(*at) } else { None });
        let votes = self.outstanding.iter().filter(|vote| vote.stage < EVERYBODY).map(|vote| vote.due_ms);
        let late = self.late.map(|(_, at_ms)| at_ms);
        let next = timers.chain(sums).chain(votes).chain(self.ask_due_ms).chain(late).min();
        if let Some(at_ms) = next
            && self.timer_ms != next
        {
            self.timer_ms = next;
            actions.push(Action::SetTimer { at_ms });
        }
    }
}
