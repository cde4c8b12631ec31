//! A driver: bodies and diff layers by hash, a store of final blocks, a pool of transactions, and a disk.

use super::forge::{Block, Forge, State};
use super::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What is left after a crash.
#[derive(Clone, Default)]
struct Disk {
    engine: Option<Vec<u8>>,
    bodies: BTreeMap<Hash, Block>,
    /// Final blocks, oldest first, without genesis.
    finals: Vec<(Hash, Block)>,
}

/// What a node says to others.
#[derive(Clone, Debug)]
pub(super) enum Said {
    Head(Hash),
    Want { hash: Hash, from: Option<Peer>, locator: Vec<Hash> },
}

/// A node without network.
pub(super) struct Host {
    pub(super) chain: WorkChain,
    setup: WorkSetup,
    genesis: Hash,
    pub(super) now_ms: u64,
    pub(super) timer_ms: Option<u64>,
    bodies: BTreeMap<Hash, Block>,
    layers: BTreeMap<Hash, State>,
    final_state: State,
    /// Blocks of the chain that are not final, oldest first.
    line: Vec<Hash>,
    templates: BTreeMap<u64, Block>,
    /// Transactions that wait.
    pub(super) pool: BTreeSet<u64>,
    disk: Disk,
    /// Effects that are performed before a crash.
    pub(super) effects_left: Option<usize>,
    pub(super) effects: usize,
    pub(super) works: Vec<Hash>,
    pub(super) said: Vec<Said>,
    pub(super) refused: Vec<(Hash, Option<Peer>, Refusal)>,
    pub(super) answers: Vec<(u64, Result<NonceTaken, NonceRefused>)>,
    pub(super) heads: Vec<(Vec<Hash>, Vec<Hash>)>,
    pub(super) paid: Vec<(Address, u128)>,
    pub(super) halted: Option<String>,
    /// Says nothing of works until it is told to.
    pub(super) slow: bool,
    waiting: VecDeque<Input>,
}

impl Host {
    pub(super) fn new(forge: &Forge) -> Self {
        Self::with(forge, |_| {})
    }

    pub(super) fn with(forge: &Forge, change: impl FnOnce(&mut WorkSetup)) -> Self {
        let trunk = vec![Past {
            hash: forge.genesis,
            time_ms: forge.time(&forge.genesis),
            bits: forge.rules.first_bits,
            finalized: 0,
        }];
        let mut setup = WorkSetup {
            rules: forge.rules,
            chain: forge.genesis,
            max_block_bytes: 100_000,
            trunk,
            final_height: 0,
            validators: BTreeSet::new(),
            producer: None,
            pool: None,
            checkpoint: None,
            kept: BTreeSet::new(),
        };
        change(&mut setup);
        let chain = WorkChain::new(setup.clone(), None).expect("a chain");
        let mut host = Self {
            chain,
            setup,
            genesis: forge.genesis,
            now_ms: forge.time(&forge.genesis) + 1_000_000_000,
            timer_ms: None,
            bodies: BTreeMap::new(),
            layers: BTreeMap::new(),
            final_state: State::default(),
            line: Vec::new(),
            templates: BTreeMap::new(),
            pool: BTreeSet::new(),
            disk: Disk::default(),
            effects_left: None,
            effects: 0,
            works: Vec::new(),
            said: Vec::new(),
            refused: Vec::new(),
            answers: Vec::new(),
            heads: Vec::new(),
            paid: Vec::new(),
            halted: None,
            slow: false,
            waiting: VecDeque::new(),
        };
        host.give(Input::Tick);
        host
    }

    /// Loses power, and begins again with what is on disk.
    pub(super) fn restart(&mut self) {
        let finals = &self.disk.finals;
        let mut trunk = self.setup.trunk.clone();
        trunk.extend(finals.iter().map(|(_, block)| Past::of(&block.facts())));
        trunk.drain(..trunk.len().saturating_sub(self.setup.rules.history()));
        let setup = WorkSetup {
            trunk,
            final_height: finals.len() as u64,
            kept: self.disk.bodies.keys().copied().collect(),
            ..self.setup.clone()
        };
        self.chain = WorkChain::new(setup, self.disk.engine.as_deref()).expect("a chain");
        self.bodies = self.disk.bodies.clone();
        self.final_state =
            finals.iter().try_fold(State::default(), |state, (_, block)| state.after(block)).expect("valid");
        (self.layers, self.line, self.templates) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        (self.effects_left, self.timer_ms) = (None, None);
        self.waiting.clear();
        self.give(Input::Tick);
    }

    pub(super) fn persisted(&self) -> Option<Vec<u8>> {
        self.disk.engine.clone()
    }

    pub(super) fn set_persisted(&mut self, bytes: Option<Vec<u8>>) {
        self.disk.engine = bytes;
    }

    pub(super) fn crashed(&self) -> bool {
        self.effects_left == Some(0)
    }

    pub(super) fn block(&mut self, block: &Block, from: Option<u64>) {
        let facts = block.facts();
        self.bodies.entry(facts.hash).or_insert_with(|| block.clone());
        self.give(Input::Block { facts, from: from.map(Peer) });
    }

    /// Lets time pass, and its timer with it.
    pub(super) fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
        if self.timer_ms.is_some_and(|at_ms| at_ms <= self.now_ms) {
            self.timer_ms = None;
            self.give(Input::Tick);
        }
    }

    /// Says what it knows of works by now.
    pub(super) fn catch_up(&mut self) {
        self.slow = false;
        while let Some(input) = self.waiting.pop_front() {
            self.give(input);
        }
    }

    /// Puts what it knows of the last work first.
    pub(super) fn turn(&mut self) {
        self.waiting.rotate_right(1);
    }

    pub(super) fn give(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            if self.crashed() {
                return;
            }
            for effect in self.chain.handle(self.now_ms, input) {
                if self.crashed() {
                    return;
                }
                inputs.extend(self.perform(effect));
                self.effects += 1;
                self.effects_left = self.effects_left.map(|left| left - 1);
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::CheckWork { hash, seed } => {
                self.works.push(hash);
                let checked = Input::WorkChecked { hash, digest: digest(&hash, &seed) };
                if self.slow {
                    self.waiting.push_back(checked);
                    return None;
                }
                return Some(checked);
            }
            Effect::Execute { hash } => return Some(self.execute(hash)),
            Effect::Persist { bytes } => {
                self.disk.engine = Some(bytes);
                self.disk.bodies = self.bodies.clone();
            }
            Effect::NewHead { retracted, adopted } => self.new_head(retracted, adopted),
            Effect::Publish { hash } => {
                assert_eq!(hash, self.head(), "what is published is the head");
                self.said.push(Said::Head(hash));
            }
            Effect::Finalize { hash } => self.finalize(hash),
            Effect::Discard { hash } => {
                assert!(!self.line.contains(&hash), "what is discarded is no part of the chain");
                self.bodies.remove(&hash);
                self.layers.remove(&hash);
            }
            Effect::Want { hash, from, locator } => self.said.push(Said::Want { hash, from, locator }),
            Effect::Refused { hash, from, reason } => self.refused.push((hash, from, reason)),
            Effect::MakeTemplate(plan) => return Some(self.template(plan)),
            Effect::DropTemplate { id } => {
                self.templates.remove(&id);
            }
            Effect::Seal { id, nonce, hash } => self.seal(id, nonce, hash),
            Effect::Answer { request, answer } => self.answers.push((request, answer)),
            Effect::Won { hash } => return Some(Input::Reward { hash, amount: 1_000 }),
            Effect::Pay { payments, .. } => self.paid.extend(payments),
            Effect::SetTimer { at_ms } => self.timer_ms = Some(at_ms),
            Effect::Halt { reason } => self.halted = Some(reason),
        }
        None
    }

    pub(super) fn state_of(&self, hash: &Hash) -> Option<&State> {
        let last = self.disk.finals.last().map_or(self.genesis, |(hash, _)| *hash);
        if *hash == last { Some(&self.final_state) } else { self.layers.get(hash) }
    }

    fn execute(&mut self, hash: Hash) -> Input {
        let block = self.bodies.get(&hash).expect("the body of what is to be executed is here");
        let parent = self.state_of(&block.header.parent_hash).expect("the parent was executed");
        let after = parent.after(block);
        let valid = after.is_some();
        self.layers.extend(after.map(|state| (hash, state)));
        Input::Executed { hash, valid }
    }

    pub(super) fn head(&self) -> Hash {
        let last = self.disk.finals.last().map_or(self.genesis, |(hash, _)| *hash);
        self.line.last().copied().unwrap_or(last)
    }

    /// The state at the head.
    pub(super) fn state(&self) -> &State {
        self.state_of(&self.head()).expect("the head was executed")
    }

    fn new_head(&mut self, retracted: Vec<Hash>, adopted: Vec<Hash>) {
        for hash in &retracted {
            assert_eq!(self.line.pop().as_ref(), Some(hash), "newest first");
            self.pool.extend(&self.bodies[hash].transactions);
        }
        assert!(!adopted.is_empty());
        for hash in &adopted {
            assert_eq!(self.bodies[hash].header.parent_hash, self.head(), "each stands on the one before");
            assert!(self.layers.contains_key(hash), "what is adopted was executed");
            self.line.push(*hash);
            self.pool.retain(|one| !self.bodies[hash].transactions.contains(one));
        }
        assert_eq!(self.chain.head().0, self.head());
        self.heads.push((retracted, adopted));
    }

    fn finalize(&mut self, hash: Hash) {
        assert_eq!(self.line.first(), Some(&hash), "blocks become final in order");
        self.line.remove(0);
        self.final_state = self.layers.remove(&hash).expect("what is final was executed");
        self.disk.finals.push((hash, self.bodies.remove(&hash).expect("the body of what is final is here")));
    }

    /// Every final block and every block of the chain above, oldest first.
    pub(super) fn whole_line(&self) -> Vec<Hash> {
        self.finals().into_iter().chain(self.line.iter().copied()).collect()
    }

    pub(super) fn finals(&self) -> Vec<Hash> {
        self.disk.finals.iter().map(|(hash, _)| *hash).collect()
    }

    pub(super) fn body(&self, hash: &Hash) -> Option<Block> {
        let stored = || self.disk.finals.iter().find(|(known, _)| known == hash).map(|(_, block)| block);
        self.bodies.get(hash).or_else(stored).cloned()
    }

    pub(super) fn bodies(&self) -> usize {
        self.bodies.len()
    }

    fn template(&mut self, plan: TemplatePlan) -> Input {
        let TemplatePlan { id, parent, time_ms, producer, seal, empty } = plan;
        let state = self.state_of(&parent).expect("a template stands on the head").clone();
        let transactions: Vec<u64> = if empty { Vec::new() } else { self.pool.iter().take(20).copied().collect() };
        let parent_ms = self.body(&parent).map_or(forge::GENESIS_MS, |block| block.facts().time_ms);
        let height = self.chain.status().height + 1;
        let info = forge::info(time_ms.max(parent_ms + 1), producer);
        let header = forge::header((parent, height), &state, &transactions, info, Some(seal));
        let block = Block { header, transactions };
        assert!(state.after(&block).is_some(), "a template is valid");
        let bytes = block.facts().bytes;
        self.templates.insert(id, block.clone());
        Input::TemplateMade { id, header: Box::new(block.header), bytes }
    }

    fn seal(&mut self, id: u64, nonce: u64, hash: Hash) {
        let mut block = self.templates.get(&id).expect("the template is here").clone();
        let mut bytes = parity_scale_codec::Encode::encode(&block.header);
        set_nonce(&mut bytes, nonce);
        block.header = parity_scale_codec::Decode::decode(&mut &bytes[..]).expect("a header");
        assert_eq!(block.hash(), hash);
        let parent = self.state_of(&block.header.parent_hash).expect("the parent was executed");
        let state = parent.after(&block).expect("a template is valid");
        self.layers.insert(hash, state);
        self.bodies.insert(hash, block);
    }
}
