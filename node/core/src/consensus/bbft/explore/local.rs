//! One validator: the real machine, its disk and what it said so far; and every next step of it, crashes included.
//!
//! It leaves out whether the others' votes allow a step: that is said as what the step needs.

use super::world::{Delivery, Driver, Said, Set, World, bit, certificate};
use crate::consensus::bbft::{Candidate, Effect, Input, Machine, Phase, Place, Record, Saved, Statement, Timer, View};
use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a validator did that it must never do, the worst last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Wrong {
    /// It sent what is not on its disk, or wrote after something else.
    Unwritten(Statement),
    /// What it wrote takes back what it had written.
    RecordFell,
    /// It said two things that convict it.
    Evidence(Statement, Statement),
    /// It met two certificates that contradict each other.
    Conflict(Statement, Statement),
    /// It committed this after something that it does not descend from.
    CommittedBeside(Place),
    /// It panicked.
    Panicked,
}

/// What outlives a crash.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Disk {
    record: Record,
    certificates: BTreeSet<Statement>,
    committed: Option<Candidate>,
}

/// One validator.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Local {
    pub(super) machine: Machine,
    /// None once no crash is left.
    disk: Option<Disk>,
    /// Whether it was started since it was restored.
    started: bool,
    /// The check that it waits for.
    asked: Option<Place>,
    /// The parent of the block that it has made.
    building: Option<Candidate>,
    pub(super) said: Set,
    /// Candidates that it proposed.
    pub(super) sent: Set,
    pub(super) crashes: u8,
    pub(super) committed: usize,
    pub(super) wrong: Option<Wrong>,
}

/// What happens to one validator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Action {
    Start,
    Certificate(usize),
    Proposal(usize),
    Candidate(usize),
    Validated(bool),
    Timeout(Timer),
    Built(u8),
    BuildFailed,
    Crash,
}

/// A next step, and what it needs of others.
pub(super) struct Draft {
    pub(super) action: Action,
    /// Whether the machine crashes in the middle.
    pub(super) crash: bool,
    /// Statements that need a quorum.
    pub(super) certified: Set,
    /// Candidates that an honest leader must have proposed.
    pub(super) proposed: Set,
    /// Candidates that somebody must have notarized first, because they are no different.
    pub(super) before: Set,
    /// Whether it is done at once when it can be: it takes no choice away.
    pub(super) at_once: bool,
    pub(super) to: Local,
}

struct Run<'a> {
    world: &'a World,
    local: Local,
    /// Which variant is built, where blocks are built at once.
    variant: u8,
    next: VecDeque<Input>,
    /// It, crashed at each point.
    crashed: Vec<Local>,
}

impl Local {
    pub(super) fn new(world: &World, index: usize) -> Self {
        let machine = Machine::new(world.rules(index)).with_flaw(world.bounds.flaw);
        let disk = Disk { record: *machine.record(), certificates: BTreeSet::new(), committed: None };
        let disk = (world.bounds.crashes > 0).then_some(disk);
        let local = Self {
            machine,
            disk,
            started: true,
            asked: None,
            building: None,
            said: 0,
            sent: 0,
            crashes: 0,
            committed: 0,
            wrong: None,
        };
        local.run(world, 0, Input::Start).0
    }

    /// The candidates that it named, on the wire or on disk.
    pub(super) fn named(&self, world: &World) -> Set {
        let notarized = self.said & (bit(world.candidates.len() - 1) - 1);
        (notarized << 1) | self.sent | world.number(&self.machine.record().max_n).map_or(0, bit)
    }

    /// Itself after an input, and after a crash at each point of it.
    fn run(&self, world: &World, variant: u8, input: Input) -> (Self, Vec<Self>) {
        let next = VecDeque::from([input]);
        let mut run = Run { world, local: self.clone(), variant, next, crashed: Vec::new() };
        while let Some(input) = run.next.pop_front() {
            run.feed(input);
        }
        (run.local, run.crashed)
    }

    /// Itself as its disk remembers it. Absent if no crash is left.
    fn crash(&self, world: &World) -> Option<Self> {
        let disk = self.disk.clone().filter(|_| self.crashes < world.bounds.crashes)?;
        let rules = self.machine.rules().clone();
        let certificates = disk.certificates.iter().copied().map(certificate);
        let machine = Machine::restore(rules, disk.record, certificates, disk.committed);
        let machine = machine.with_flaw(world.bounds.flaw);
        let crashes = self.crashes + 1;
        let disk = (crashes < world.bounds.crashes).then_some(disk);
        let (asked, building) = (None, None);
        let again = Self { machine, disk, started: false, asked, building, crashes, ..self.clone() };
        Some(match world.bounds.delivery {
            Delivery::Free => again,
            Delivery::Answered | Delivery::Reduced => again.start(world),
        })
    }

    fn start(&self, world: &World) -> Self {
        Self { started: true, ..self.clone() }.run(world, 0, Input::Start).0
    }

    /// Every next step.
    pub(super) fn steps(&self, world: &World) -> Vec<Draft> {
        let mut drafts = Drafts { world, from: self, found: Vec::new() };
        if !self.started {
            drafts.push(Action::Start, (self.start(world), Vec::new()));
            return drafts.found;
        }
        let delivered = |said: &Said| world.bounds.finals || said.statement.phase != Phase::Finalize;
        for (number, said) in world.said.iter().enumerate().filter(|(_, said)| delivered(said)) {
            let input = Input::Certificate(certificate(said.statement));
            drafts.push(Action::Certificate(number), self.run(world, 0, input));
        }
        if self.machine.record().cur.0 <= world.bounds.views {
            match world.bounds.delivery {
                Delivery::Free => drafts.free(),
                Delivery::Answered | Delivery::Reduced => drafts.answered(),
            }
        }
        if let Some(crashed) = self.crash(world) {
            drafts.push(Action::Crash, (crashed, Vec::new()));
        }
        drafts.found
    }

    fn leads_from(&self, world: &World, view: View) -> bool {
        let rules = self.machine.rules();
        (view.0..=world.bounds.views).any(|view| rules.me == Some(rules.schedule.leader(View(view))))
    }
}

struct Drafts<'a> {
    world: &'a World,
    from: &'a Local,
    found: Vec<Draft>,
}

impl Drafts<'_> {
    fn push(&mut self, action: Action, (to, crashed): (Local, Vec<Local>)) {
        let (world, from) = (self.world, self.from);
        let mut certified = 0;
        let mut proposed = 0;
        let mut before = 0;
        match action {
            Action::Certificate(number) => certified = bit(number),
            Action::Proposal(number) => {
                if !world.is_led_by_byzantine(world.candidates[number].place.view) {
                    proposed = bit(number);
                }
                if world.bounds.delivery != Delivery::Free {
                    before = world.first_variant(number).map_or(0, bit);
                }
            }
            _ => {}
        }
        let at_once = self.takes_no_choice(action, &to);
        let draft = |crash, to| Draft { action, crash, certified, proposed, before, at_once, to };
        let crashed = crashed.into_iter().map(|to| draft(true, to));
        self.found.extend(crashed);
        if to != *from {
            self.found.push(draft(false, to));
        }
    }

    /// Whether a certificate only allows more than before, whenever it comes.
    fn takes_no_choice(&self, action: Action, to: &Local) -> bool {
        let (world, from) = (self.world, self.from);
        let Action::Certificate(number) = action else { return false };
        let statement = world.said[number].statement;
        let Record { cur, max_x, max_f, .. } = *from.machine.record();
        let passed = world.bounds.delivery == Delivery::Reduced && statement.view < cur;
        let silent = to.said == from.said;
        // An F vote forbids nothing but F votes below it, and none is left to be made there.
        let lowest = statement.view == max_x.max(max_f.view).next();
        passed
            && statement.phase != Phase::Finalize
            && (silent || lowest)
            && to.wrong == from.wrong
            && !from.leads_from(world, cur)
    }

    /// One input at a time, whatever comes of it.
    fn free(&mut self) {
        let (world, from) = (self.world, self.from);
        let view = from.machine.record().cur;
        for (number, candidate) in world.candidates.iter().enumerate().skip(1) {
            self.push(Action::Proposal(number), from.run(world, 0, Input::Proposal(*candidate)));
            self.push(Action::Candidate(number), from.run(world, 0, Input::Candidate(*candidate)));
        }
        for timer in [Timer::Propose, Timer::Leader, Timer::Advance, Timer::Resend] {
            self.push(Action::Timeout(timer), from.run(world, 0, Input::Timeout { timer, view }));
        }
        if let Some(place) = from.asked {
            let answered = Local { asked: None, ..from.clone() };
            for valid in [true, false] {
                self.push(Action::Validated(valid), answered.run(world, 0, Input::Validated { place, valid }));
            }
        }
        if let Some(parent) = from.building {
            let answered = Local { building: None, ..from.clone() };
            for variant in 0..2 {
                let built = world.child(view, &parent, variant);
                let run = built.map(|built| answered.run(world, 0, Input::Built(built)));
                run.into_iter().for_each(|run| self.push(Action::Built(variant), run));
            }
            self.push(Action::BuildFailed, answered.run(world, 0, Input::BuildFailed { view }));
        }
    }

    /// What comes of a proposal, a timer and a lead, each with the answers that it asks for, if anything is said.
    fn answered(&mut self) {
        let (world, from) = (self.world, self.from);
        let view = from.machine.record().cur;
        let own = from.leads_from(world, view) && from.machine.rules().schedule.leader(view) == self.me();
        for (number, candidate) in world.candidates.iter().enumerate().filter(|(_, c)| c.place.view == view && !own) {
            let run = from.run(world, 0, Input::Proposal(*candidate));
            let vote = world.statement(&Statement::notarize(view, candidate.place.digest)).map_or(0, bit);
            if run.0.said & !from.said & vote != 0 || run.0.wrong != from.wrong {
                self.push(Action::Proposal(number), run);
            }
        }
        let run = from.run(world, 0, Input::Timeout { timer: Timer::Advance, view });
        if run.0.said != from.said {
            self.push(Action::Timeout(Timer::Advance), run);
        }
        for variant in 0..2 {
            let run = from.run(world, variant, Input::Timeout { timer: Timer::Propose, view });
            if run.0.sent != from.sent {
                self.push(Action::Built(variant), run);
            }
        }
    }

    fn me(&self) -> u16 {
        self.from.machine.rules().me.expect("each takes part")
    }
}

impl World {
    pub(super) fn child(&self, view: View, parent: &Candidate, variant: u8) -> Option<Candidate> {
        let child = super::world::child(view, parent, variant);
        self.number(&child.place).map(|_| child)
    }
}

impl Run<'_> {
    fn feed(&mut self, input: Input) {
        let machine = &mut self.local.machine;
        let Ok(effects) = catch_unwind(AssertUnwindSafe(|| machine.step(input))) else {
            return self.blame(Wrong::Panicked);
        };
        for (order, effect) in self.in_order(effects).into_iter().enumerate() {
            let lasting =
                matches!(effect, Effect::Persist(_) | Effect::Vote(_) | Effect::Propose(_) | Effect::Commit { .. });
            self.perform(order, effect);
            if lasting && self.local.started {
                self.crashed.extend(self.local.crash(self.world));
            }
        }
    }

    /// The effects as the driver performs them.
    fn in_order(&self, mut effects: Vec<Effect>) -> Vec<Effect> {
        if self.world.bounds.driver == Driver::SendsFirst && matches!(effects.first(), Some(Effect::Persist(_))) {
            effects.rotate_left(1);
        }
        effects
    }

    fn blame(&mut self, wrong: Wrong) {
        self.local.wrong = self.local.wrong.max(Some(wrong));
    }

    fn perform(&mut self, order: usize, effect: Effect) {
        let free = self.world.bounds.delivery == Delivery::Free;
        match effect {
            Effect::Persist(saved) => self.persist(order, saved),
            Effect::Vote(statement) => self.vote(statement),
            Effect::Propose(candidate) => self.local.sent |= self.world.number(&candidate.place).map_or(0, bit),
            Effect::Validate(candidate) if free => self.local.asked = Some(candidate.place),
            Effect::Validate(candidate) => {
                self.next.push_back(Input::Validated { place: candidate.place, valid: true });
            }
            Effect::Build { parent, .. } if free => self.local.building = Some(parent),
            Effect::Build { view, parent, .. } => {
                self.next.extend(self.world.child(view, &parent, self.variant).map(Input::Built));
            }
            Effect::Fetch(place) if !free => {
                let found = self.world.number(&place).map(|number| self.world.candidates[number]);
                self.next.extend(found.map(Input::Candidate));
            }
            Effect::Commit { candidate, .. } => self.commit(candidate),
            Effect::Conflict { held, found } => self.blame(Wrong::Conflict(held.statement, found.statement)),
            Effect::Fetch(_)
            | Effect::Forward(_)
            | Effect::Repeat(_)
            | Effect::Request { .. }
            | Effect::SetTimer { .. } => {}
        }
    }

    fn persist(&mut self, order: usize, saved: Saved) {
        let Some(disk) = &mut self.local.disk else { return };
        let (grows, first) = (disk.record.may_become(&saved.record), order == 0);
        disk.record = saved.record;
        if self.world.bounds.driver != Driver::LosesCertificates {
            disk.certificates.extend(saved.certificates.into_iter().map(|certificate| certificate.statement));
        }
        disk.certificates.retain(|statement| statement.view >= saved.keep_from);
        if !grows || !first {
            self.blame(Wrong::RecordFell);
        }
    }

    fn vote(&mut self, statement: Statement) {
        // Only the view after the last has votes without a number, and nothing is done there.
        let Some(number) = self.world.statement(&statement) else { return };
        let Statement { view, phase, digest } = statement;
        let written = self.local.disk.as_ref().is_none_or(|Disk { record, .. }| match phase {
            Phase::Notarize => record.max_n == Place { view, digest },
            Phase::Nullify => record.max_x >= view,
            Phase::Finalize => record.max_f == Place { view, digest },
        });
        if !written {
            self.blame(Wrong::Unwritten(statement));
        }
        self.local.said |= bit(number);
        let convicting = self.world.said[number].evidence & self.local.said;
        if convicting != 0 {
            let other = self.world.said[convicting.trailing_zeros() as usize].statement;
            self.blame(Wrong::Evidence(other, statement));
        }
    }

    fn commit(&mut self, candidate: Candidate) {
        let number = self.world.number(&candidate.place).expect("only what was proposed is committed");
        let before = self.local.committed;
        // After a crash between the proof and the commit, the same block is committed again.
        if self.world.related[before] & bit(number) == 0 || number < before {
            self.blame(Wrong::CommittedBeside(candidate.place));
        }
        self.local.committed = number;
        if let Some(disk) = &mut self.local.disk {
            disk.committed = Some(candidate);
        }
    }
}
