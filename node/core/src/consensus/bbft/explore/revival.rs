//! What comes of a state once nothing fails any more: the three honest machines, a network without loss, true timers.
//!
//! The Byzantine validator is silent from here on, and every message that was on its way is lost: only what machines
//! hold, and what they send again, can help. Views that the silent one leads must fail by their timers.

use super::local::Local;
use super::world::{HONEST, World, certificate, child};
use crate::consensus::bbft::{
    Candidate, Certificate, Effect, Input, Machine, Place, Statement, Timer, Timing, ValidatorIndex, View,
};
use std::collections::{BTreeMap, BTreeSet};

/// Views within which a new block must be final.
pub(super) const MAX_VIEWS_TO_REVIVE: u64 = 8;
const MAX_EVENTS: usize = 20_000;
const MAX_CERTIFICATES_A_REQUEST: usize = 64;
const LATENCY_MS: u64 = 10;
const TIMING: Timing = Timing { delay_ms: 60, interval_ms: 0, max_delay_ms: 10_000 };
/// The variant of the blocks that are made here: none that was explored.
const VARIANT: u8 = 9;

enum Event {
    Input(Input),
    /// A timer, if it was not set again since.
    Timer(Timer, View),
}

struct Revival {
    machines: Vec<Machine>,
    /// By time and order.
    queue: BTreeMap<(u64, u64), (usize, Event)>,
    /// The order of the last event of each timer.
    timers: BTreeMap<(usize, Timer), u64>,
    votes: BTreeMap<Statement, BTreeSet<usize>>,
    candidates: BTreeMap<Place, Candidate>,
    conflict: Option<(Certificate, Certificate)>,
    now_ms: u64,
    order: u64,
}

/// Lets the machines go on until each has committed a block of a view that none had entered before. Returns in how many
/// views, counted from the highest that any is in.
///
/// # Errors
/// What is wrong with how they went on.
pub(super) fn revive(world: &World, locals: [&Local; HONEST]) -> Result<u64, String> {
    let candidates = world.candidates.iter().map(|candidate| (candidate.place, *candidate)).collect();
    let mut revival = Revival {
        machines: locals.map(|local| local.machine.clone()).to_vec(),
        queue: BTreeMap::new(),
        timers: BTreeMap::new(),
        votes: BTreeMap::new(),
        candidates,
        conflict: None,
        now_ms: 0,
        order: 0,
    };
    (0..HONEST).for_each(|machine| revival.set_first_timers(machine));
    let highest = |machines: &[Machine]| machines.iter().map(|machine| machine.record().cur.0).max().unwrap_or(0);
    let first = highest(&revival.machines);
    for _ in 0..MAX_EVENTS {
        if revival.machines.iter().all(|machine| machine.committed().place.view.0 >= first) {
            return Ok(highest(&revival.machines) - first);
        }
        if highest(&revival.machines) > first + MAX_VIEWS_TO_REVIVE {
            return Err(format!("no new block is final {MAX_VIEWS_TO_REVIVE} views after view {first}"));
        }
        if !revival.next() {
            return Err(format!("nothing more happens, in {}", revival.records()));
        }
        if let Some((held, found)) = &revival.conflict {
            return Err(format!("a machine met both {held:?} and {found:?}"));
        }
    }
    Err(format!("no new block is final after {MAX_EVENTS} events, in {}", revival.records()))
}

impl Revival {
    fn records(&self) -> String {
        let of = |machine: &Machine| format!("{:?}, {:?} final", machine.record(), machine.committed().place);
        self.machines.iter().map(of).collect::<Vec<_>>().join("; ")
    }

    fn me(&self, machine: usize) -> ValidatorIndex {
        self.machines[machine].rules().me.expect("each takes part")
    }

    /// The timers that run at least: who nullified its view waits to say so again, every other that its view ends.
    fn set_first_timers(&mut self, machine: usize) {
        let record = *self.machines[machine].record();
        let view = record.cur;
        let leads = self.machines[machine].rules().schedule.leader(view) == self.me(machine);
        let last = if record.max_x == view { Timer::Resend } else { Timer::Advance };
        let timers = leads.then_some(Timer::Propose).into_iter().chain([last]);
        timers.for_each(|timer| self.set_timer(machine, timer, view, 0));
    }

    fn set_timer(&mut self, machine: usize, timer: Timer, view: View, backoff: u32) {
        let order = self.push(machine, TIMING.length_ms(timer, backoff), Event::Timer(timer, view));
        self.timers.insert((machine, timer), order);
    }

    fn push(&mut self, machine: usize, after_ms: u64, event: Event) -> u64 {
        self.order += 1;
        self.queue.insert((self.now_ms + after_ms, self.order), (machine, event));
        self.order
    }

    fn send(&mut self, machine: usize, input: Input) {
        self.push(machine, LATENCY_MS, Event::Input(input));
    }

    /// Lets the next thing happen, and returns whether there was one.
    fn next(&mut self) -> bool {
        let Some(((now_ms, order), (machine, event))) = self.queue.pop_first() else { return false };
        self.now_ms = now_ms;
        let input = match event {
            Event::Input(input) => input,
            Event::Timer(timer, _) if self.timers.get(&(machine, timer)) != Some(&order) => return true,
            Event::Timer(timer, view) => Input::Timeout { timer, view },
        };
        let effects = self.machines[machine].step(input);
        effects.into_iter().for_each(|effect| self.perform(machine, effect));
        true
    }

    fn perform(&mut self, machine: usize, effect: Effect) {
        let others = (0..HONEST).filter(|other| *other != machine);
        match effect {
            Effect::Vote(statement) => {
                let voters = self.votes.entry(statement).or_default();
                if voters.insert(machine) && voters.len() == HONEST {
                    (0..HONEST).for_each(|to| self.send(to, Input::Certificate(certificate(statement))));
                }
            }
            Effect::Propose(candidate) => {
                self.candidates.insert(candidate.place, candidate);
                others.for_each(|to| self.send(to, Input::Proposal(candidate)));
            }
            Effect::Forward(certificate) | Effect::Repeat(certificate) => {
                others.for_each(|to| self.send(to, Input::Certificate(certificate.clone())));
            }
            Effect::Build { view, parent, .. } => {
                let built = child(view, &parent, VARIANT);
                self.push(machine, 0, Event::Input(Input::Built(built)));
            }
            Effect::Validate(Candidate { place, .. }) => {
                self.push(machine, 0, Event::Input(Input::Validated { place, valid: true }));
            }
            Effect::Fetch(place) => {
                let found = self.candidates.get(&place).copied();
                found.into_iter().for_each(|candidate| self.send(machine, Input::Candidate(candidate)));
            }
            Effect::Request { first, last } => {
                let of = |other: usize| self.machines[other].certificates(first, last, MAX_CERTIFICATES_A_REQUEST);
                let found: Vec<_> = others.flat_map(of).collect();
                found.into_iter().for_each(|found| self.send(machine, Input::Certificate(found)));
            }
            Effect::SetTimer { timer, view, backoff } => self.set_timer(machine, timer, view, backoff),
            Effect::Conflict { held, found } => self.conflict = Some((held, found)),
            // A restart is explored before, and the last committed block is asked of the machine.
            Effect::Persist(_) | Effect::Commit { .. } => {}
        }
    }
}
