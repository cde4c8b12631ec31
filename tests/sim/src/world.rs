//! The event queue: whole nodes over the network, with faults, in the order of simulated time.

mod chaos;
mod clients;
mod heal;

use crate::block::Wire;
use crate::disk::Disk;
use crate::epoch::Params;
use crate::faults::Fault;
use crate::network::Network;
use crate::node::{Input, Node, Out, POLL_MS, Stop};
use crate::oracle::{Note, Oracle, Role};
use crate::random::Random;
use crate::report::{Failure, Report};
use crate::scenario::{Chaos, Participant, Scenario};
use crate::trace::Trace;
use crate::villain::{Habit, Mail, Moment, Villain};
use clients::Clients;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::rc::Rc;

/// Events that wait at once. A run that has more is a violation: something answers itself.
const MAX_QUEUED: usize = 1 << 20;
/// A node's clock is this far ahead of the simulated time, so that it can go back.
const CLOCK_BASE_MS: u64 = 1 << 32;
/// The longest that an answer to a node's own action takes.
const ANSWER_MS: u64 = 3;

/// What is to happen.
enum Item {
    /// A message arrives.
    Deliver { slot: usize, from: u8, wire: Rc<Wire> },
    /// A node, unless it was started anew since, takes an input.
    Own { slot: usize, life: u32, input: Input },
    /// A node starts.
    Boot { slot: usize },
    /// A client acts.
    Client,
    /// A fault is drawn.
    Chaos,
    /// The network is whole again, unless it was cut anew since.
    Join { cut: u64 },
    /// A disk has room again.
    Room { slot: usize },
}

/// A machine that runs a node, or does not.
pub(crate) struct Slot {
    pub(crate) identity: u8,
    pub(crate) role: Role,
    pub(crate) node: Option<Node>,
    disk: Option<Disk>,
    life: u32,
    skew_ms: i64,
    forgets: bool,
    villain: Option<Villain>,
    /// At which point its first node loses power.
    crash_at: Option<u64>,
}

/// A run.
pub(crate) struct World {
    pub(crate) params: Rc<Params>,
    participants: Vec<Participant>,
    chaos: Chaos,
    pub(crate) now_ms: u64,
    order: u64,
    queue: BinaryHeap<Reverse<(u64, u64, usize)>>,
    items: Vec<Option<Item>>,
    free: Vec<usize>,
    pub(crate) slots: Vec<Slot>,
    /// The machines of each participant.
    homes: Vec<Vec<usize>>,
    network: Network,
    pub(crate) oracle: Oracle,
    clients: Clients,
    random: Random,
    cuts: u64,
    healed: bool,
    pub(crate) report: Report,
    /// Messages of validators that were sent, by kind.
    pub(crate) sent: BTreeMap<&'static str, u64>,
    trace: Trace,
}

impl World {
    pub(crate) fn new(scenario: Scenario) -> Self {
        let Scenario { params, participants, hop_ms, weather, chaos, clients } = scenario;
        let mut slots = Vec::new();
        let mut homes = Vec::new();
        let mut report = Report::default();
        for (one, identity) in participants.iter().zip(0_u8..) {
            let machines = if one.role == Role::Twin { 2 } else { 1 };
            if machines == 2 {
                report.faults.count(Fault::Twin);
            }
            homes.push((0..machines).map(|at| slots.len() + at).collect::<Vec<usize>>());
            slots.extend((0..machines).map(|_| Slot {
                identity,
                role: one.role,
                node: None,
                disk: Some(Disk::default()),
                life: 0,
                skew_ms: 0,
                forgets: one.forgets,
                villain: None,
                crash_at: None,
            }));
        }
        let (genesis, state) = params.genesis();
        let roles = participants.iter().map(|one| one.role).collect();
        let oracle = Oracle::new(roles, (genesis.digest, state.hash()), state.total());
        let random = Random::new(params.seed ^ 0x5151);
        let mut world = Self {
            network: Network::new(slots.len(), hop_ms, weather),
            clients: Clients::new(clients),
            params: Rc::new(params),
            participants,
            chaos,
            now_ms: 0,
            order: 0,
            queue: BinaryHeap::new(),
            items: Vec::new(),
            free: Vec::new(),
            slots,
            homes,
            oracle,
            random,
            cuts: 0,
            healed: false,
            report,
            sent: BTreeMap::new(),
            trace: Trace::default(),
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        for slot in 0..self.slots.len() {
            let skew_ms = self.random.below(200);
            if let Some(slot) = self.slots.get_mut(slot).filter(|_| self.chaos.clocks > 0) {
                slot.skew_ms = i64::try_from(skew_ms).unwrap_or(0) - 100;
            }
            let random = Random::new(self.random.next());
            if let Some(slot) = self.slots.get_mut(slot).filter(|slot| slot.role == Role::Faulty) {
                let habits = self.participants.get(usize::from(slot.identity)).map(|one| one.habits.clone());
                slot.villain = Some(Villain::new(slot.identity, habits.unwrap_or_default(), random));
            }
            let at_ms = self.random.below(20);
            self.push(at_ms, Item::Boot { slot });
        }
        self.push(1, Item::Client);
        if self.chaos.mean_ms > 0 {
            self.push(self.chaos.mean_ms, Item::Chaos);
        }
    }

    fn push(&mut self, at_ms: u64, item: Item) {
        let place = match self.free.pop() {
            Some(place) => place,
            None => {
                self.items.push(None);
                self.items.len() - 1
            }
        };
        if let Some(room) = self.items.get_mut(place) {
            *room = Some(item);
        }
        self.order += 1;
        self.queue.push(Reverse((at_ms, self.order, place)));
        if self.queue.len() > MAX_QUEUED {
            self.oracle.violate(format!("{} events wait, expected at most {MAX_QUEUED}", self.queue.len()));
        }
    }

    /// Runs until a time, a number of steps, or a violation.
    pub(crate) fn run_until(&mut self, end_ms: u64, steps: u64) {
        while self.report.steps < steps && self.oracle.violation.is_none() {
            let Some(Reverse((at_ms, _, place))) = self.queue.peek().copied().filter(|next| next.0.0 <= end_ms) else {
                break;
            };
            self.queue.pop();
            self.now_ms = at_ms;
            let item = self.items.get_mut(place).and_then(Option::take);
            self.free.push(place);
            if let Some(item) = item {
                self.handle(item);
            }
        }
    }

    /// Runs until a height is final somewhere, or a time.
    pub(crate) fn run_to_height(&mut self, height: u64, end_ms: u64) {
        while self.oracle.height() < height && self.now_ms < end_ms && self.oracle.violation.is_none() {
            let until_ms = self.now_ms + 1;
            self.run_until(until_ms, u64::MAX);
            self.now_ms = until_ms;
        }
    }

    fn handle(&mut self, item: Item) {
        match item {
            Item::Deliver { slot, from, wire } => {
                self.trace.note(self.now_ms, slot, from, wire.kind(), wire.number());
                self.give(slot, Input::Wire { from, wire });
            }
            Item::Own { slot, life, input } => {
                if self.slots.get(slot).is_some_and(|slot| slot.life == life) {
                    let again = matches!(input, Input::Poll);
                    self.trace.note(self.now_ms, slot, u8::MAX, input.kind(), 0);
                    self.give(slot, input);
                    if again {
                        self.push(self.now_ms + POLL_MS, Item::Own { slot, life, input: Input::Poll });
                    }
                }
            }
            Item::Boot { slot } => self.boot(slot),
            Item::Client => self.act_as_client(),
            Item::Chaos => self.draw_fault(),
            Item::Join { cut } if cut == self.cuts => self.network.join(),
            Item::Join { .. } => {}
            Item::Room { slot } => self.make_room(slot),
        }
    }

    /// The time by a node's own clock.
    fn local_ms(&self, slot: usize) -> u64 {
        let skew_ms = self.slots.get(slot).map_or(0, |slot| slot.skew_ms);
        (self.now_ms + CLOCK_BASE_MS).saturating_add_signed(skew_ms)
    }

    fn boot(&mut self, at: usize) {
        let random = Random::new(self.random.next());
        let local_ms = self.local_ms(at);
        let Some(slot) = self.slots.get_mut(at).filter(|slot| slot.node.is_none()) else { return };
        let Some(disk) = slot.disk.take() else { return };
        slot.life += 1;
        let life = slot.life;
        let mut node = Node::boot(&self.params, slot.identity, disk, random);
        let habits = self.participants.get(usize::from(slot.identity)).map_or(&[][..], |one| &one.habits);
        node.points_left = slot.crash_at.take();
        node.blind = habits.contains(&Habit::Blind);
        if let Some(record) = node.last_record.filter(|_| slot.role == Role::Honest) {
            self.oracle.on_record(slot.identity, &record);
        }
        let stopped = node.start(local_ms);
        slot.node = Some(node);
        self.report.boots += 1;
        self.trace.note(self.now_ms, at, u8::MAX, "boot", 0);
        self.push(self.now_ms + POLL_MS, Item::Own { slot: at, life, input: Input::Poll });
        self.settle(at, stopped);
    }

    fn give(&mut self, at: usize, input: Input) {
        let local_ms = self.local_ms(at);
        let Some(slot) = self.slots.get_mut(at) else { return };
        let slot_lies = slot.villain.is_some();
        let Some(node) = slot.node.as_mut() else { return };
        let before = node.steps;
        let heard = match &input {
            Input::Wire { wire, .. } if slot_lies => Some(Rc::clone(wire)),
            _ => None,
        };
        let stopped = node.take(local_ms, input);
        self.report.steps += node.steps - before;
        self.settle(at, stopped);
        if let Some(wire) = heard {
            self.lie(at, |villain, moment| villain.react(&wire, moment));
        }
    }

    /// Lets a villain send something.
    fn lie(&mut self, at: usize, lie: impl FnOnce(&mut Villain, &mut Moment) -> Mail) {
        let Some(slot) = self.slots.get_mut(at) else { return };
        let (Some(villain), Some(node)) = (&mut slot.villain, &slot.node) else { return };
        let (params, plan) = (&*self.params, &node.plan);
        let mut moment = Moment { params, plan, now_ms: self.now_ms, tally: &mut self.report.faults };
        let mail = lie(villain, &mut moment);
        let identity = villain.identity;
        for (to, wire) in mail.into_iter().filter(|(to, _)| *to != identity) {
            self.route(at, identity, to, &wire);
        }
    }

    /// Takes what a node gave, and the node itself if it stopped.
    fn settle(&mut self, at: usize, stopped: Result<(), Stop>) {
        let Some((slot, node)) =
            self.slots.get_mut(at).and_then(|slot| slot.node.as_mut().map(|node| (slot.identity, node)))
        else {
            return;
        };
        let identity = slot;
        let mut out = std::mem::take(&mut node.out);
        let lies = self.oracle.role(identity) == Role::Faulty;
        let mut mail = Mail::new();
        for one in out.drain(..) {
            match one {
                Out::Send { to, wire } if lies => mail.push((to, wire)),
                Out::Send { to, wire } => self.route(at, identity, to, &wire),
                Out::Timer(local_ms) => {
                    let skew_ms = self.slots.get(at).map_or(0, |slot| slot.skew_ms);
                    let at_ms = local_ms.saturating_add_signed(-skew_ms).saturating_sub(CLOCK_BASE_MS);
                    self.push_own(at, at_ms.max(self.now_ms + 1), Input::Tick(local_ms));
                }
                Out::Answer(answer) => {
                    let at_ms = self.now_ms + self.random.below(ANSWER_MS + 1);
                    self.push_own(at, at_ms, Input::Answer(answer));
                }
                Out::Note(note) => self.on_note(identity, &note),
            }
        }
        if let Some(node) = self.slots.get_mut(at).and_then(|slot| slot.node.as_mut()) {
            node.out = out;
        }
        if !mail.is_empty() {
            self.lie(at, |villain, moment| villain.twist(mail, moment));
        }
        if let Err(stop) = stopped {
            self.stop(at, stop);
        }
    }

    fn push_own(&mut self, slot: usize, at_ms: u64, input: Input) {
        if let Some(life) = self.slots.get(slot).map(|slot| slot.life) {
            self.push(at_ms, Item::Own { slot, life, input });
        }
    }

    fn route(&mut self, from: usize, identity: u8, to: u8, wire: &Rc<Wire>) {
        if let Wire::Consensus { .. } = &**wire {
            *self.sent.entry(wire.kind()).or_default() += 1;
        }
        let homes = self.homes.get(usize::from(to)).map_or(0, Vec::len);
        for home in 0..homes {
            let Some(slot) = self.homes.get(usize::from(to)).and_then(|homes| homes.get(home)).copied() else { return };
            let arrivals = self.network.send((from, slot), self.now_ms, &mut self.random, &mut self.report.faults);
            for at_ms in arrivals.into_iter().flatten() {
                self.push(at_ms, Item::Deliver { slot, from: identity, wire: Rc::clone(wire) });
            }
        }
    }

    fn on_note(&mut self, identity: u8, note: &Note) {
        if let Note::Final { block, .. } = note
            && self.oracle.role(identity) != Role::Faulty
        {
            block.body.transactions.iter().for_each(|packed| self.clients.acknowledge(&packed.transaction));
        }
        self.oracle.take(identity, note);
    }

    /// A node is no more until it is booted again: what was not synced is at the mercy of the disk.
    fn stop(&mut self, at: usize, stop: Stop) {
        let Some(slot) = self.slots.get_mut(at) else { return };
        let Some(node) = slot.node.take() else { return };
        self.report.retire(&node);
        let mut disk = node.disk;
        disk.crash(&mut self.random, &mut self.report.faults);
        let damage = slot.forgets && !self.healed && self.random.chance(400);
        if damage && disk.damage_record(&mut self.random) {
            self.report.faults.count(Fault::DamagedRecord);
        }
        slot.disk = Some(disk);
        slot.life += 1;
        self.report.crashes += 1;
        self.trace.note(self.now_ms, at, u8::MAX, "stop", u64::from(stop == Stop::Crash));
        let wait_ms = if self.healed { 10 } else { self.random.heavy_tail(20, 1_500) };
        self.push(self.now_ms + wait_ms, Item::Boot { slot: at });
    }

    /// Lets a node that was not started yet lose power at a point between its actions.
    pub(crate) fn plan_crash(&mut self, at: usize, point: u64) {
        if let Some(slot) = self.slots.get_mut(at) {
            slot.crash_at = Some(point);
        }
    }

    /// The points between actions that a node passed since it was started.
    pub(crate) fn points_of(&self, at: usize) -> u64 {
        self.slots.get(at).and_then(|slot| slot.node.as_ref()).map_or(0, |node| node.points)
    }

    /// Ends a run: its report, or what went wrong.
    pub(crate) fn finish(mut self) -> Result<Report, Failure> {
        self.report.hash = self.trace.hash();
        self.report.blocks = self.oracle.height();
        self.report.epochs = self.oracle.epoch.0 + 1;
        self.report.transactions = self.oracle.included().len() as u64;
        self.report.convicted = self.oracle.convicted;
        self.report.simulated_ms = self.now_ms;
        for node in self.slots.iter().filter_map(|slot| slot.node.as_ref()) {
            self.report.retire(node);
        }
        match self.oracle.violation {
            None => Ok(self.report),
            Some(violation) => {
                let Params { validators, supers, relays, epoch_blocks, timing, .. } = &*self.params;
                let overlay = format!("{validators} validators, {supers} super-nodes, {relays} relays");
                let mut state = vec![format!("{overlay}, {epoch_blocks} blocks an epoch, {timing:?}")];
                let liars = self.participants.iter().enumerate().filter(|(_, one)| !one.habits.is_empty());
                state.extend(liars.map(|(identity, one)| format!("{identity} lies: {:?}", one.habits)));
                state.extend(self.slots.iter().map(describe));
                let (seed, last) = (self.params.seed, self.trace.last());
                Err(Failure { seed, violation, at_ms: self.now_ms, state, last, hash: self.report.hash })
            }
        }
    }
}

/// A node in a line, for a failure.
fn describe(slot: &Slot) -> String {
    let Some(node) = &slot.node else { return format!("{} {:?}: down", slot.identity, slot.role) };
    let record = node.replica.machine().record();
    let (height, open) = (node.chain.height(), node.chain.open_count());
    let root = node.replica.machine().committed();
    format!(
        "{} {:?}: epoch {}, index {:?}, height {height}, last final view {}, {record:?}, {open} open blocks, {}",
        slot.identity,
        slot.role,
        node.plan.epoch,
        node.me,
        root.place.view,
        node.lacks()
    )
}
