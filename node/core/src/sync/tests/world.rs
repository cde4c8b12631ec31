//! A node that synchronises, its driver, peers of every kind, and a network that loses, delays and repeats.

use super::chain::{Chain, Random};
use crate::sync::{
    BlocksAnswer, BlocksRequest, Effect, Input, MAX_REQUESTS, Offence, Peer, RequestId, Sync, SyncRules,
};
use crate::wire::{Reader, Status};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tenon_types::BlockNumber;

/// What a peer is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Honest,
    /// Has only the newer half of the blocks.
    Pruned,
    /// Answers after long.
    Slow,
    /// Is there and gone by turns.
    Flaky,
    /// Never answers.
    Silent,
    /// Announces a height that nobody has.
    Boaster,
    /// Has everything and gives nothing.
    Empty,
    /// Sends the blocks after those that were asked for.
    Elsewhere,
    /// Sends more than may be sent.
    Oversized,
    /// Sends bytes that are no blocks.
    Garbage,
    /// Sends blocks of which two are of different chains.
    Unlinked,
    /// Sends one block with other transactions.
    Altered,
    /// Sends another chain, with proofs of it.
    Forker,
    /// Sends right blocks with a wrong proof.
    Unproven,
    /// Sends one block at a time, as late as possible.
    Dripper,
}

pub(super) const LIARS: [Kind; 9] = [
    Kind::Boaster,
    Kind::Empty,
    Kind::Elsewhere,
    Kind::Oversized,
    Kind::Garbage,
    Kind::Unlinked,
    Kind::Altered,
    Kind::Forker,
    Kind::Unproven,
];

impl Kind {
    fn is_liar(self) -> bool {
        LIARS.contains(&self)
    }
}

/// What the network does, in hundredths and milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weather {
    pub(super) lost: u64,
    pub(super) repeated: u64,
    pub(super) delay_ms: u64,
    /// How often the node stops and begins anew at its last block, and how often a refusal is nobody's fault.
    pub(super) restarts: u64,
    pub(super) hiccups: u64,
}

#[derive(Clone, Debug)]
enum Event {
    Announce(usize),
    Toggle(usize),
    Asked(usize, RequestId, BlocksRequest),
    Arrived(Input),
    Timer(u64),
    Apply,
    Restart,
}

#[derive(Debug)]
struct Delivery {
    peer: Peer,
    first: BlockNumber,
    blocks: VecDeque<Vec<u8>>,
    proof: Vec<u8>,
}

/// All of it.
pub(super) struct World {
    pub(super) sync: Sync,
    rules: SyncRules,
    chain: Chain,
    fork: Chain,
    other: Chain,
    pruned: Chain,
    kinds: Vec<Kind>,
    connected: BTreeSet<usize>,
    weather: Weather,
    random: Random,
    events: BTreeMap<(u64, u64), Event>,
    order: u64,
    pub(super) now_ms: u64,
    timer_ms: Option<u64>,
    pub(super) height: BlockNumber,
    deliveries: VecDeque<Delivery>,
    is_applying: bool,
    next_delivered: BlockNumber,
    waiting: BTreeMap<RequestId, usize>,
    pub(super) punished: BTreeMap<usize, BTreeSet<Offence>>,
    pub(super) delivered_of: BTreeMap<usize, usize>,
    pub(super) requests: usize,
}

pub(super) fn peer(index: usize) -> Peer {
    Peer([index as u8 + 1; 32])
}

fn index_of(peer: Peer) -> usize {
    usize::from(peer.0[0]) - 1
}

impl World {
    pub(super) fn new(seed: u64, rules: SyncRules, chain: Chain, kinds: Vec<Kind>, weather: Weather) -> Self {
        let middle = chain.blocks.len() / 2;
        let mut world = Self {
            sync: Sync::new(rules, 0),
            rules,
            fork: chain.fork(middle.max(1)),
            other: chain.fork(1),
            pruned: chain.pruned(middle as BlockNumber),
            chain,
            connected: (0..kinds.len()).collect(),
            kinds,
            weather,
            random: Random(seed),
            events: BTreeMap::new(),
            order: 0,
            now_ms: 1_000,
            timer_ms: None,
            height: 0,
            deliveries: VecDeque::new(),
            is_applying: false,
            next_delivered: 1,
            waiting: BTreeMap::new(),
            punished: BTreeMap::new(),
            delivered_of: BTreeMap::new(),
            requests: 0,
        };
        for index in 0..world.kinds.len() {
            world.after(1 + index as u64, Event::Announce(index));
            if world.kinds[index] == Kind::Flaky {
                world.after(500, Event::Toggle(index));
            }
        }
        if world.weather.restarts > 0 {
            world.after(700, Event::Restart);
        }
        world
    }

    fn after(&mut self, delay_ms: u64, event: Event) {
        self.order += 1;
        self.events.insert((self.now_ms + delay_ms, self.order), event);
    }

    fn delay_ms(&mut self) -> u64 {
        1 + self.random.below(self.weather.delay_ms)
    }

    /// Goes on until the node has every block, and returns after how long.
    pub(super) fn run(&mut self, most_ms: u64) -> u64 {
        let began_ms = self.now_ms;
        while self.height < self.chain.height() {
            let ((at_ms, _), event) = self.events.pop_first().expect("announcements go on");
            assert!(at_ms <= began_ms + most_ms, "not done after {most_ms} ms: {:?}", self.sync.progress());
            self.now_ms = at_ms;
            self.step(event);
        }
        self.now_ms - began_ms
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Announce(index) => {
                self.after(1_000, Event::Announce(index));
                if self.connected.contains(&index) && !self.random.percent(self.weather.lost) {
                    let status = self.status(index);
                    self.give(Input::Announced { peer: peer(index), status });
                }
            }
            Event::Toggle(index) => {
                let pause_ms = 300 + self.random.below(2_000);
                self.after(pause_ms, Event::Toggle(index));
                if self.connected.remove(&index) {
                    self.give(Input::Gone { peer: peer(index) });
                    self.waiting.retain(|_, other| *other != index);
                } else {
                    self.connected.insert(index);
                }
            }
            Event::Asked(index, id, request) => self.asked(index, id, &request),
            Event::Arrived(input) => {
                if let Input::Answered { id, .. } | Input::Failed { id, .. } = &input {
                    self.waiting.remove(id);
                }
                self.give(input);
            }
            Event::Timer(at_ms) => {
                if self.timer_ms == Some(at_ms) {
                    self.timer_ms = None;
                    self.give(Input::Tick);
                }
            }
            Event::Apply => self.apply(),
            Event::Restart => {
                let pause_ms = 500 + self.random.below(5_000);
                self.after(pause_ms, Event::Restart);
                if self.random.percent(self.weather.restarts) {
                    self.sync = Sync::new(self.rules, self.height);
                    self.timer_ms = None;
                    self.waiting.clear();
                    self.deliveries.clear();
                    self.next_delivered = self.height + 1;
                    self.events.retain(|_, event| !matches!(event, Event::Arrived(_) | Event::Asked(..)));
                }
            }
        }
    }

    fn status(&self, index: usize) -> Status {
        match self.kinds[index] {
            Kind::Boaster => Status { height: 1_000_000_000, ..self.chain.status() },
            Kind::Pruned => self.pruned.status(),
            Kind::Forker => self.fork.status(),
            _ => self.chain.status(),
        }
    }

    fn asked(&mut self, index: usize, id: RequestId, request: &BlocksRequest) {
        let kind = self.kinds[index];
        if kind == Kind::Silent || !self.connected.contains(&index) {
            return;
        }
        let answer = self.answer(kind, request);
        let extra_ms = match kind {
            Kind::Slow => 1_000 + self.random.below(3_000),
            Kind::Dripper => self.rules.timeout_ms - 100,
            _ => 0,
        };
        let input = Input::Answered { peer: peer(index), id, answer };
        let copies = if self.random.percent(self.weather.repeated) { 2 } else { 1 };
        for _ in 0..copies {
            let delay_ms = self.delay_ms();
            if self.random.percent(self.weather.lost) {
                continue;
            }
            let failed = self.random.percent(2);
            let input = if failed { Input::Failed { peer: peer(index), id } } else { input.clone() };
            self.after(delay_ms + extra_ms, Event::Arrived(input));
        }
    }

    fn answer(&mut self, kind: Kind, request: &BlocksRequest) -> BlocksAnswer {
        let mut answer = match kind {
            Kind::Pruned => self.pruned.answer(request),
            Kind::Forker => self.fork.answer(request),
            _ => self.chain.answer(request),
        };
        let count = answer.blocks.len();
        match kind {
            Kind::Empty => answer = BlocksAnswer::default(),
            Kind::Elsewhere => {
                answer = self.chain.answer(&BlocksRequest { from_height: request.from_height + 1, ..*request });
            }
            Kind::Oversized => answer.blocks = vec![Vec::new(); 513],
            Kind::Garbage if count > 0 => answer.blocks[count - 1] = vec![7; 20],
            Kind::Unlinked if count > 1 => {
                // Only a block of another chain shows that it does not stand on the one before.
                let height = request.from_height as usize + count - 1;
                answer.blocks[count - 1] = self.other.blocks[height].clone();
            }
            Kind::Altered if count > 0 => {
                let which = self.random.below(count as u64) as usize;
                let last = answer.blocks[which].last_mut().expect("a block has bytes");
                *last ^= 1;
            }
            Kind::Unproven => answer.proof = vec![9; 32],
            Kind::Dripper if count > 0 => {
                let one = BlocksRequest { max_blocks: 1, ..*request };
                answer = self.chain.answer(&one);
            }
            _ => {}
        }
        answer
    }

    /// Gives an input and performs what comes of it.
    pub(super) fn give(&mut self, input: Input) {
        let effects = self.sync.handle(self.now_ms, input);
        for effect in effects {
            self.perform(effect);
        }
        let progress = self.sync.progress();
        assert!(progress.requests <= MAX_REQUESTS, "{progress:?}");
        assert!(progress.held_bytes <= self.rules.max_held_bytes, "{progress:?}");
        assert!(progress.peers.iter().all(|peer| peer.asked <= self.rules.max_per_peer), "{progress:?}");
        assert!(self.deliveries.len() <= self.rules.max_deliveries, "{} deliveries", self.deliveries.len());
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Request { peer, id, request } => {
                let (from, end) = (request.from_height, request.from_height + request.max_blocks - 1);
                assert!(from > self.height && end <= self.height + self.rules.window_blocks, "{request:?}");
                assert!(request.max_blocks <= self.rules.max_batch, "{request:?}");
                assert_eq!(self.waiting.insert(id, index_of(peer)), None, "a number is used once");
                self.requests += 1;
                if !self.random.percent(self.weather.lost) {
                    let delay_ms = self.delay_ms();
                    self.after(delay_ms, Event::Asked(index_of(peer), id, request));
                }
            }
            Effect::Deliver { peer, first_height, blocks, proof } => {
                if first_height != self.next_delivered {
                    assert_eq!(first_height, self.height + 1, "what follows neither goes on nor begins anew");
                    self.deliveries.clear();
                }
                for (number, block) in (first_height..).zip(&blocks) {
                    let header = Reader::new(block).header().expect("it was checked");
                    assert_eq!(header.number, number, "blocks come in order");
                }
                assert!(!blocks.is_empty());
                self.next_delivered = first_height + blocks.len() as BlockNumber;
                *self.delivered_of.entry(index_of(peer)).or_default() += blocks.len();
                self.deliveries.push_back(Delivery { peer, first: first_height, blocks: blocks.into(), proof });
                self.apply_later();
            }
            Effect::Punish { peer, offence } => {
                let kind = self.kinds[index_of(peer)];
                assert!(kind.is_liar(), "{kind:?} is punished for {offence:?}");
                self.punished.entry(index_of(peer)).or_default().insert(offence);
            }
            Effect::SetTimer { at_ms } => {
                assert!(at_ms > self.now_ms, "a timer for the past would go off for ever");
                self.timer_ms = Some(at_ms);
                self.after(at_ms - self.now_ms, Event::Timer(at_ms));
            }
        }
    }

    fn apply_later(&mut self) {
        if !self.is_applying {
            self.is_applying = true;
            self.after(1, Event::Apply);
        }
    }

    /// The driver: proof first, then block by block.
    fn apply(&mut self) {
        self.is_applying = false;
        let Some(delivery) = self.deliveries.front_mut() else { return };
        let last = delivery.first + delivery.blocks.len() as BlockNumber - 1;
        let block = delivery.blocks.front().expect("a delivery without blocks is taken off");
        let is_right =
            self.chain.is_proof(last, &delivery.proof) && self.chain.blocks.get(delivery.first as usize) == Some(block);
        let is_hiccup = self.random.percent(self.weather.hiccups);
        let height = delivery.first;
        if !is_right || is_hiccup {
            let sender = self.kinds[index_of(delivery.peer)];
            assert!(is_right || sender.is_liar(), "{sender:?} sent what is wrong at {height}");
            self.deliveries.clear();
            self.next_delivered = 0;
            return self.give(Input::Refused { height, is_fault: !is_right });
        }
        delivery.blocks.pop_front();
        delivery.first += 1;
        if delivery.blocks.is_empty() {
            self.deliveries.pop_front();
        }
        self.height = height;
        if !self.deliveries.is_empty() {
            self.apply_later();
        }
        self.give(Input::Applied { height });
    }
}
