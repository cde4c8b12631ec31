//! Nodes over a network that loses, delays, doubles and reorders, all by a seed; and what must hold at every step.

use super::host::{Host, Packet, Plan, genesis};
use super::keys::{Random, key, scheme, validator};
use super::*;
use crate::consensus::Received;
use crate::consensus::bbft::{Collector, Epoch, Message, Phase, Timing, ValidatorIndex, ValidatorSet};
use std::sync::Arc;
use tenon_types::Header;

/// How often a node looks whether others have final blocks that it lacks.
const SYNC_MS: u64 = 150;
/// How many blocks behind a node with a seat is when it takes blocks over. Before that, messages help it.
const SYNC_FROM: u64 = 4;
/// Blocks taken over at once.
const SYNC_MOST: usize = 7;

pub(super) const TIMING: Timing = Timing { delay_ms: 100, interval_ms: 100, max_delay_ms: 800 };

/// What happens to a node.
enum Happens {
    Packet { from: [u8; 96], packet: Box<Packet> },
    Block(Header),
    Wanted { from: usize, hash: Hash },
    Timer(u64),
    Sync,
}

/// How bad the network is.
#[derive(Clone, Copy)]
pub(super) struct Weather {
    pub(super) loss_percent: u64,
    pub(super) double_percent: u64,
    pub(super) least_ms: u64,
    pub(super) most_ms: u64,
}

pub(super) const CALM: Weather = Weather { loss_percent: 0, double_percent: 0, least_ms: 2, most_ms: 10 };
pub(super) const ROUGH: Weather = Weather { loss_percent: 12, double_percent: 10, least_ms: 1, most_ms: 90 };

pub(super) struct World {
    pub(super) seed: u64,
    pub(super) plan: Plan,
    pub(super) nodes: Vec<Option<Host>>,
    pub(super) weather: Weather,
    pub(super) random: Random,
    queue: BTreeMap<(u64, u64), (usize, Happens)>,
    made: u64,
    pub(super) now_ms: u64,
    /// The one block of each height that is final anywhere, with the proof that came first.
    pub(super) finals: Vec<(Header, Option<Finality>)>,
    /// Whose messages reach nobody.
    pub(super) cut: Vec<usize>,
    /// Messages by kind, as they were sent.
    pub(super) tap: Vec<Packet>,
    pub(super) taps: bool,
    /// Of what phase nothing reaches anybody.
    pub(super) mute: Option<Phase>,
    /// Who is far from all others, and how much longer everything takes to and from them.
    pub(super) far: Option<(usize, u64)>,
}

/// Validators of weight 1 by their number.
pub(super) fn set(who: &[u8]) -> Vec<crate::consensus::bbft::Validator> {
    who.iter().map(|who| validator(*who, 1)).collect()
}

/// A chain of one endless epoch.
pub(super) fn endless(validators: u8, supers: Supers) -> Plan {
    let all: Vec<u8> = (0..validators).collect();
    Plan { epoch_blocks: 0, timing: TIMING, supers, sets: vec![Some(set(&all))] }
}

impl World {
    /// So many nodes with keys, who begin at once.
    pub(super) fn new(seed: u64, plan: Plan, nodes: u8, weather: Weather) -> Self {
        let mut world = Self {
            seed,
            plan,
            nodes: Vec::new(),
            weather,
            random: Random::new(seed),
            queue: BTreeMap::new(),
            made: 0,
            now_ms: 1_000_000,
            finals: vec![(genesis(), None)],
            cut: Vec::new(),
            tap: Vec::new(),
            taps: false,
            mute: None,
            far: None,
        };
        for who in 0..nodes {
            let host = Host::new(who, &world.plan, true, false);
            world.add(host);
        }
        world
    }

    /// Lets a node begin.
    pub(super) fn add(&mut self, host: Host) {
        let at = self.nodes.len();
        self.nodes.push(Some(host));
        self.wake(at);
        self.plan_at(self.now_ms + 1 + at as u64, at, Happens::Sync);
    }

    fn wake(&mut self, at: usize) {
        let now_ms = self.now_ms;
        self.with(at, |host| host.give(now_ms, Input::Tick));
    }

    fn plan_at(&mut self, at_ms: u64, node: usize, happens: Happens) {
        self.made += 1;
        self.queue.insert((at_ms, self.made), (node, happens));
    }

    pub(super) fn host(&self, at: usize) -> &Host {
        self.nodes[at].as_ref().unwrap_or_else(|| panic!("seed {}: node {at} is down", self.seed))
    }

    pub(super) fn host_mut(&mut self, at: usize) -> &mut Host {
        self.nodes[at].as_mut().expect("it runs")
    }

    pub(super) fn height(&self) -> u64 {
        self.finals.len() as u64 - 1
    }

    /// The lowest of the heights of all who run.
    pub(super) fn least_height(&self) -> u64 {
        self.nodes.iter().flatten().map(|host| host.final_height as u64).min().unwrap_or(0)
    }

    /// Does something with a node, and carries out what it asks of the network.
    pub(super) fn with(&mut self, at: usize, does: impl FnOnce(&mut Host)) {
        let Some(host) = &mut self.nodes[at] else { return };
        if host.crashed() || host.halted.is_some() {
            return;
        }
        does(host);
        let (sent, wants) = (std::mem::take(&mut host.sent), std::mem::take(&mut host.wants));
        let finalized = std::mem::take(&mut host.finalized);
        let (who, timer) = (host.who, host.timer_ms.filter(|_| std::mem::take(&mut host.timer_set)));
        if let Some(at_ms) = timer {
            self.plan_at(at_ms.max(self.now_ms), at, Happens::Timer(at_ms));
        }
        for (header, finality) in finalized {
            self.check_final(&header, finality);
        }
        for packet in sent {
            self.post(at, who, packet);
        }
        for hash in wants {
            let others: Vec<usize> = (0..self.nodes.len()).filter(|to| *to != at).collect();
            let to = others[self.random.below(others.len() as u64) as usize];
            if !self.cut.contains(&at) && !self.cut.contains(&to) {
                let delay_ms = self.delay_ms();
                self.plan_at(self.now_ms + delay_ms, to, Happens::Wanted { from: at, hash });
            }
        }
    }

    fn delay_ms(&mut self) -> u64 {
        let Weather { least_ms, most_ms, .. } = self.weather;
        least_ms + self.random.below(most_ms - least_ms + 1)
    }

    fn post(&mut self, at: usize, who: u8, packet: Packet) {
        if self.taps {
            self.tap.push(packet.clone());
        }
        if self.mute.is_some_and(|phase| speaks_of(phase, &packet.message)) {
            return;
        }
        let has_key = |node: &Option<Host>| node.as_ref().is_some_and(|node| key(node.who) == packet.to);
        // A key may run twice.
        let receivers: Vec<usize> = (0..self.nodes.len()).filter(|to| has_key(&self.nodes[*to])).collect();
        for to in receivers {
            if self.cut.contains(&at) || self.cut.contains(&to) || self.random.percent(self.weather.loss_percent) {
                continue;
            }
            let copies = 1 + u64::from(self.random.percent(self.weather.double_percent));
            for _ in 0..copies {
                let far = self.far.filter(|(who, _)| *who == at || *who == to);
                let at_ms = self.now_ms + self.delay_ms() + far.map_or(0, |(_, by_ms)| by_ms);
                self.plan_at(at_ms, to, Happens::Packet { from: key(who), packet: Box::new(packet.clone()) });
            }
        }
    }

    /// One block a height, with a proof that holds.
    fn check_final(&mut self, header: &Header, finality: Option<Finality>) {
        let (seed, height) = (self.seed, header.number as usize);
        if let Some(finality) = &finality {
            let epoch = self.plan.epoch_of(u64::from(header.number));
            let set = ValidatorSet::new(self.plan.set_of(epoch)).expect("a set");
            let scheme = scheme(&set, None);
            let collector = Collector::new(genesis().hash(), Epoch(epoch), Arc::new(set), scheme);
            assert!(collector.verify(&finality.certificate), "seed {seed}: the proof of {height} does not hold");
            let tip = finality.descendants.last().copied().unwrap_or(header.hash());
            assert_eq!(finality.certificate.statement.digest, tip, "seed {seed}: the proof is of another block");
        }
        match self.finals.get_mut(height) {
            Some((known, proof)) => {
                assert_eq!(known.hash(), header.hash(), "seed {seed}: two final blocks of height {height}");
                *proof = proof.take().or(finality);
            }
            None => {
                assert_eq!(height, self.finals.len(), "seed {seed}: a gap");
                self.finals.push((header.clone(), finality));
            }
        }
    }

    fn happen(&mut self, at: usize, happens: Happens) {
        let now_ms = self.now_ms;
        match happens {
            Happens::Timer(at_ms) => self.with(at, |host| {
                if host.timer_ms == Some(at_ms) {
                    host.timer_ms = None;
                    host.give(now_ms, Input::Tick);
                }
            }),
            Happens::Packet { from, packet } => self.with(at, |host| {
                let set = host.plan.set_of(packet.epoch.0);
                let Some(from) = set.iter().position(|one| one.bls_key == from) else { return };
                if let Some(header) = packet.block {
                    receive(host, now_ms, header);
                }
                let from = ValidatorIndex::try_from(from).expect("few");
                host.give(now_ms, Input::Message { epoch: packet.epoch, from, message: packet.message });
            }),
            Happens::Block(header) => self.with(at, |host| receive(host, now_ms, header)),
            Happens::Wanted { from, hash } => {
                let Some(host) = &self.nodes[at] else { return };
                let held = host.pending.get(&hash).or_else(|| host.received.get(&hash)).cloned();
                let held = held.or_else(|| host.chain.iter().find(|header| header.hash() == hash).cloned());
                if let Some(header) = held {
                    let at_ms = self.now_ms + self.delay_ms();
                    self.plan_at(at_ms, from, Happens::Block(header));
                }
            }
            Happens::Sync => {
                self.plan_at(now_ms + SYNC_MS, at, Happens::Sync);
                self.sync(at);
            }
        }
    }

    /// Takes over what others have, if this node is far behind or cannot follow by messages.
    fn sync(&mut self, at: usize) {
        let others = self.nodes.len() as u64;
        let from = self.random.below(others) as usize;
        if self.cut.contains(&at) || self.cut.contains(&from) || from == at {
            return;
        }
        let Some(theirs) = self.nodes[from].as_ref().map(|host| host.final_height as u64) else { return };
        let Some(host) = &self.nodes[at] else { return };
        let status = host.participant.status();
        // Now and then a little is taken over, too: whoever could send it may have forgotten the last epoch in a stop.
        let hears = status.seat.is_some() && status.part != Part::Behind && !self.random.percent(10);
        let slack = if hears { SYNC_FROM } else { 1 };
        if theirs >= host.height() + slack {
            let blocks: Vec<_> = self.finals[..=theirs as usize].to_vec();
            let now_ms = self.now_ms;
            self.with(at, |host| host.sync_from(now_ms, &blocks, SYNC_MOST));
        }
    }

    /// Lets so much time pass.
    pub(super) fn run_for(&mut self, length_ms: u64) {
        let end_ms = self.now_ms + length_ms;
        while let Some((&(at_ms, _), _)) = self.queue.first_key_value() {
            if at_ms > end_ms {
                break;
            }
            let (_, (at, happens)) = self.queue.pop_first().expect("it is there");
            self.now_ms = self.now_ms.max(at_ms);
            self.happen(at, happens);
        }
        self.now_ms = end_ms;
    }

    /// Runs until every node has so many final blocks.
    pub(super) fn run_to(&mut self, height: u64, most_ms: u64) {
        let end_ms = self.now_ms + most_ms;
        while self.least_height() < height && self.now_ms < end_ms {
            self.run_for(50);
        }
        let reached = self.least_height() >= height;
        assert!(reached, "seed {}: expected height {height}\n{}", self.seed, self.tell());
    }

    /// How all nodes are, for a failure.
    pub(super) fn tell(&self) -> String {
        let tell = |host: &Host| {
            let participant = &host.participant;
            let waits = (&participant.judging, &participant.building, &participant.commit, &participant.fetching);
            let (status, timer_ms) = (participant.status(), host.timer_ms);
            let (who, height, now_ms) = (host.who, host.final_height, self.now_ms);
            let ParticipantStatus { epoch, view, part, seat, record, open_blocks, .. } = status;
            format!(
                "{who}: {height} epoch {epoch} view {view} {part:?} {seat:?} {record:?} {open_blocks} {:?}\n  \
                 {waits:?} timer {timer_ms:?} at {now_ms}",
                host.halted
            )
        };
        self.nodes.iter().flatten().map(tell).collect::<Vec<_>>().join("\n")
    }

    /// Kills a node: what was not on disk is lost. Its timers and messages on the way find nobody, or its successor.
    pub(super) fn kill(&mut self, at: usize) -> host_disk::Dead {
        let host = self.nodes[at].take().expect("it ran");
        host_disk::Dead { who: host.who, has_key: host.participant.rules.keys.public().is_some(), disk: host.disk }
    }

    /// Starts a node again.
    pub(super) fn revive(&mut self, at: usize, dead: host_disk::Dead) -> Result<(), ParticipantError> {
        let host = Host::boot(dead.who, &self.plan, dead.has_key, false, dead.disk)?;
        self.nodes[at] = Some(host);
        self.wake(at);
        Ok(())
    }

    pub(super) fn no_node_halted(&self) {
        for host in self.nodes.iter().flatten() {
            assert_eq!(host.halted, None, "seed {}: node {}", self.seed, host.who);
        }
    }
}

/// What is left of a node.
pub(super) mod host_disk {
    use super::super::host::Disk;

    pub(in super::super) struct Dead {
        pub(in super::super) who: u8,
        pub(in super::super) has_key: bool,
        pub(in super::super) disk: Disk,
    }
}

/// Whether a message has a vote or certificate of a phase.
fn speaks_of(phase: Phase, message: &Message) -> bool {
    match message {
        Message::Vote(vote) => vote.statement.phase == phase,
        Message::Partial(partial) => partial.statement.phase == phase,
        Message::Certificates(list) => list.iter().any(|one| one.statement.phase == phase),
        _ => false,
    }
}

/// A block comes to a driver.
pub(super) fn receive(host: &mut Host, now_ms: u64, header: Header) {
    let hash = header.hash();
    let known = host.pending.contains_key(&hash) || host.chain.iter().any(|block| block.hash() == hash);
    if known {
        return;
    }
    let Some(block) = Received::of(&header) else { return };
    host.received.insert(hash, header);
    host.give(now_ms, Input::Received(Box::new(block)));
}
