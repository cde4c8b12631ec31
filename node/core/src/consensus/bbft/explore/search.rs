//! The search: every reachable state of three validators, breadth first, and the way to the first violation.
//!
//! A validator's states are numbered, and its next steps found once by running the real machine. A state of the whole
//! is three such numbers: nothing is lost by a hash, and the shortest way to each state is kept.

use super::local::{Action, Draft, Local, Wrong};
use super::world::{HONEST, Set, Watch, World, bit, members};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The numbers of the three validators' states.
pub(super) type State = [u32; HONEST];

/// A next step of a validator's state.
#[derive(Clone, Copy)]
struct Step {
    action: Action,
    crash: bool,
    certified: Set,
    proposed: Set,
    before: Set,
    to: u32,
}

/// A validator's state and what is asked of it in each state of the whole.
struct Entry {
    local: Rc<Local>,
    named: Set,
    choices: Rc<[Step]>,
    at_once: Rc<[Step]>,
    expanded: bool,
}

/// What a search found.
pub(super) struct Report {
    pub(super) bounds: String,
    pub(super) states: usize,
    pub(super) transitions: u64,
    pub(super) locals: usize,
    pub(super) depth: usize,
    pub(super) elapsed: Duration,
    /// Whether every state was visited.
    pub(super) complete: bool,
    pub(super) violation: Option<Violation>,
}

/// A violation and the shortest way there.
#[derive(Debug)]
pub(super) struct Violation {
    pub(super) what: String,
    pub(super) trace: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { states, transitions, locals, depth, elapsed, .. } = self;
        let rate = *states as u128 * 1_000 / elapsed.as_millis().max(1);
        write!(formatter, "{}:\n  {states} states, {transitions} transitions, depth {depth}, ", self.bounds)?;
        write!(formatter, "{locals} states of one machine, {:.1} s, {rate} states/s", elapsed.as_secs_f64())?;
        match &self.violation {
            Some(Violation { what, trace }) => {
                write!(formatter, "\n  caught after {states} states: {what}\n    {}", trace.join("\n    "))
            }
            None if self.complete => write!(formatter, ", no violation"),
            None => write!(formatter, ", no violation so far, given up"),
        }
    }
}

/// A search and all that it saw.
pub(super) struct Search<'a> {
    world: &'a World,
    numbers: HashMap<Rc<Local>, u32>,
    entries: Vec<Entry>,
    seen: HashSet<u128, BuildHasherDefault<Mix>>,
    states: Vec<State>,
    /// From which state each was reached first.
    from: Vec<u32>,
    transitions: u64,
}

impl<'a> Search<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        Self {
            world,
            numbers: HashMap::new(),
            entries: Vec::new(),
            seen: HashSet::default(),
            states: Vec::new(),
            from: Vec::new(),
            transitions: 0,
        }
    }

    pub(super) fn states(&self) -> &[State] {
        &self.states
    }

    pub(super) fn local(&self, number: u32) -> &Local {
        &self.entry(number).local
    }

    fn entry(&self, number: u32) -> &Entry {
        &self.entries[number as usize]
    }

    fn intern(&mut self, local: Local) -> u32 {
        if let Some(number) = self.numbers.get(&local) {
            return *number;
        }
        let number = u32::try_from(self.entries.len()).expect("memory ends before");
        let local = Rc::new(local);
        self.numbers.insert(Rc::clone(&local), number);
        let (choices, at_once): (Rc<[Step]>, Rc<[Step]>) = (Rc::new([]), Rc::new([]));
        let named = local.named(self.world);
        self.entries.push(Entry { local, named, choices, at_once, expanded: false });
        number
    }

    fn expand(&mut self, number: u32) {
        if self.entry(number).expanded {
            return;
        }
        let local = Rc::clone(&self.entry(number).local);
        let (mut choices, mut at_once) = (Vec::new(), Vec::new());
        for draft in local.steps(self.world) {
            let Draft { action, crash, certified, proposed, before, .. } = draft;
            let list = if draft.at_once { &mut at_once } else { &mut choices };
            let to = self.intern(draft.to);
            if to != number {
                list.push(Step { action, crash, certified, proposed, before, to });
            }
        }
        let entry = &mut self.entries[number as usize];
        (entry.choices, entry.at_once, entry.expanded) = (choices.into(), at_once.into(), true);
    }

    /// Statements that enough of the three made: with the Byzantine validator a quorum.
    pub(super) fn certified(&self, state: &State) -> Set {
        let said = state.map(|number| self.local(number).said);
        let common = |quorum: &usize| {
            let members = said.iter().enumerate().filter(|(machine, _)| quorum & (1 << machine) != 0);
            members.fold(Set::MAX, |common, (_, said)| common & said)
        };
        self.world.quorums.iter().fold(0, |certified, quorum| certified | common(quorum))
    }

    /// The one state among those that differ by who is who, after everything happened that takes no choice away.
    fn settle(&mut self, state: State) -> State {
        let mut state = self.hurry(state);
        if self.world.symmetric() {
            state.sort_unstable();
        }
        state
    }

    fn hurry(&mut self, mut state: State) -> State {
        loop {
            state.iter().for_each(|number| self.expand(*number));
            let certified = self.certified(&state);
            let mut moved = false;
            for number in &mut state {
                let allowed = |step: &&Step| step.certified & !certified == 0;
                if let Some(step) = self.entry(*number).at_once.iter().find(allowed) {
                    *number = step.to;
                    moved = true;
                }
            }
            if !moved {
                return state;
            }
        }
    }

    /// Calls for each next step of a state, and stops when told to.
    fn successors(&mut self, state: State, mut visit: impl FnMut(&mut Self, usize, Step, State) -> bool) {
        let certified = self.certified(&state);
        let proposed = state.iter().fold(0, |set, number| set | self.local(*number).sent);
        let named = state.iter().fold(0, |set, number| set | self.entry(*number).named);
        let crashes: u8 = state.iter().map(|number| self.local(*number).crashes).sum();
        for machine in 0..HONEST {
            if self.world.symmetric() && machine > 0 && state[machine] == state[machine - 1] {
                continue;
            }
            let choices = Rc::clone(&self.entry(state[machine]).choices);
            let own = self.local(state[machine]).crashes;
            for step in choices.iter() {
                let needs = (step.certified & !certified) | (step.proposed & !proposed) | (step.before & !named);
                if needs != 0 || crashes - own + self.local(step.to).crashes > self.world.bounds.crashes {
                    continue;
                }
                let mut next = state;
                next[machine] = step.to;
                if visit(self, machine, *step, next) {
                    return;
                }
            }
        }
    }

    /// What is wrong in a state.
    fn check(&self, state: &State) -> Option<String> {
        let (world, watch) = (self.world, self.world.bounds.watch);
        for number in state {
            let wrong = self.local(*number).wrong;
            let counts = |wrong: &Wrong| match wrong {
                Wrong::CommittedBeside(_) | Wrong::Panicked => true,
                Wrong::Conflict(..) => watch >= Watch::Certificates,
                Wrong::Evidence(..) | Wrong::RecordFell | Wrong::Unwritten(_) => watch == Watch::All,
            };
            if let Some(wrong) = wrong.filter(counts) {
                return Some(self.describe(&wrong));
            }
        }
        let certified = self.certified(state);
        for number in members(certified) {
            let said = &world.said[number];
            let among = if watch == Watch::Forks { said.forks } else { said.conflicts } & certified;
            if let Some(other) = members(among).next() {
                let (one, other) = (said.statement, world.said[other].statement);
                let [one, other] = [one, other].map(|statement| world.statement_name(&statement));
                return Some(format!("certificates of both {one} and {other}"));
            }
        }
        let [a, b, c] = state.map(|number| self.local(number).committed);
        let beside = |one: &(usize, usize)| world.related[one.0] & bit(one.1) == 0;
        let (one, other) = [(a, b), (a, c), (b, c)].into_iter().find(beside)?;
        Some(format!("commits of both {} and {}", world.candidate_name(one), world.candidate_name(other)))
    }

    fn describe(&self, wrong: &Wrong) -> String {
        let name = |statement| self.world.statement_name(statement);
        match wrong {
            Wrong::Unwritten(statement) => format!("{} was sent and is not on disk", name(statement)),
            Wrong::RecordFell => "what is on disk fell, or was written after something was done".to_owned(),
            Wrong::Evidence(one, other) => format!("evidence: {} and {} of one honest machine", name(one), name(other)),
            Wrong::Conflict(one, other) => format!("a machine met both C_{} and C_{}", name(one), name(other)),
            Wrong::CommittedBeside(place) => format!("a machine committed {place:?} beside what it had committed"),
            Wrong::Panicked => "a machine panicked".to_owned(),
        }
    }

    fn add(&mut self, state: State, from: u32) -> bool {
        let [a, b, c] = state.map(u128::from);
        let new = self.seen.insert((a << 64) | (b << 32) | c);
        if new {
            self.states.push(state);
            self.from.push(from);
        }
        new
    }

    /// Visits every state, until one is wrong or the bound is met.
    pub(super) fn run(&mut self) -> Report {
        let started = Instant::now();
        let locals = [0, 1, 2].map(|machine| self.intern(Local::new(self.world, machine)));
        let first = self.settle(locals);
        self.add(first, 0);
        let mut wrong = self.check(&first);
        let (mut next, mut depth, mut level_ends) = (0, 0, 1);
        while next < self.states.len() && wrong.is_none() && self.states.len() < self.world.bounds.states {
            if next == level_ends {
                (depth, level_ends) = (depth + 1, self.states.len());
            }
            let from = u32::try_from(next).expect("memory ends before");
            self.successors(self.states[next], |search, _, _, state| {
                search.transitions += 1;
                let state = search.settle(state);
                wrong = if search.add(state, from) { search.check(&state) } else { None };
                wrong.is_some()
            });
            next += 1;
        }
        Report {
            bounds: self.world.bounds.to_string(),
            states: self.states().len(),
            transitions: self.transitions,
            locals: self.entries.len(),
            depth: wrong.as_ref().map_or(depth, |_| depth + 1),
            elapsed: started.elapsed(),
            complete: next == self.states.len(),
            violation: wrong.map(|what| Violation { what, trace: self.trace_to(self.states.len() - 1) }),
        }
    }

    /// The shortest way to a state, in words.
    pub(super) fn trace_to(&mut self, number: usize) -> Vec<String> {
        let mut line = vec![number];
        while let Some(&last) = line.last().filter(|last| **last != 0) {
            line.push(self.from[last] as usize);
        }
        let mut words = Vec::new();
        let mut names = ['A', 'B', 'C'];
        for pair in line.windows(2).rev() {
            let (from, to) = (self.states[pair[1]], self.states[pair[0]]);
            let mut found = None;
            self.successors(from, |search, machine, step, state| {
                let reached = search.settle(state) == to;
                found = reached.then_some((machine, step, state));
                reached
            });
            let (machine, step, state) = found.expect("a state was reached by a step");
            words.push(format!("{} {}", names[machine], self.tell(from[machine], step)));
            if self.world.symmetric() {
                let state = self.hurry(state);
                let mut order = [0, 1, 2];
                order.sort_by_key(|machine| state[*machine]);
                names = order.map(|machine| names[machine]);
            }
        }
        words
    }

    /// A step in words.
    fn tell(&self, from: u32, step: Step) -> String {
        let world = self.world;
        let (before, after) = (self.local(from), self.local(step.to));
        let name = |number: usize| world.statement_name(&world.said[number].statement);
        let what = match step.action {
            Action::Start => "starts again".to_owned(),
            Action::Certificate(number) => format!("gets the certificate {}", name(number)),
            Action::Proposal(number) => format!("gets the proposal {}", world.candidate_name(number)),
            Action::Candidate(number) => format!("learns of {}", world.candidate_name(number)),
            Action::Validated(valid) => format!("learns that it is {}", if valid { "valid" } else { "invalid" }),
            Action::Timeout(timer) => format!("sees its {timer:?} timer run out"),
            Action::Built(_) => "leads and builds".to_owned(),
            Action::BuildFailed => "leads and cannot build".to_owned(),
            Action::Crash => "crashes and restarts".to_owned(),
        };
        let said: Vec<_> = members(after.said & !before.said).map(name).collect();
        let said = if said.is_empty() { String::new() } else { format!(", says {}", said.join(" and ")) };
        let crash = if step.crash { ", crashes on the way" } else { "" };
        format!("in view {}: {what}{crash}{said}", before.machine.record().cur)
    }
}

/// Mixes a state's number well enough for a table: no adversary chooses states.
#[derive(Default)]
pub(super) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u128(u128::from(*byte)));
    }

    fn write_u128(&mut self, value: u128) {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let (high, low) = ((value >> 64) as u64, value as u64);
        let mixed = (self.0 ^ low).wrapping_mul(ODD).rotate_left(29) ^ high;
        let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(ODD);
        self.0 = mixed ^ (mixed >> 29);
    }
}
