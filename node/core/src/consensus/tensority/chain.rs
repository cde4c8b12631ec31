//! The engine of a chain under proof of work: what it takes, what it gives, and of what it is made.

mod branches;
mod intake;
mod io;
mod mine;
mod status;

pub use io::{Effect, Input, Peer, TemplatePlan};
pub use status::WorkStatus;

use super::desk::Desk;
use super::orphans::Orphans;
use super::saved::Saved;
use super::shares::{PoolRules, SharePool};
use super::tree::{State, Tree};
use super::{Facts, Past, StartError, WorkRules};
use crate::consensus::clock::Clock;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tenon_types::{Address, Hash};

/// Works whose hashes are being made.
pub const MAX_CHECKING: usize = 256;
/// Of those, works of blocks that one peer sent.
pub const MAX_CHECKING_OF_PEER: usize = 32;
/// Blocks that others were asked for and that are not here yet.
pub const MAX_WANTED: usize = 64;
/// How often a block is asked for before who waits for it is dropped.
const MAX_ASKED: u32 = 8;
/// The time after which it is asked for again.
const WANT_AGAIN_MS: u64 = 10_000;
/// The same while blocks come: others give only so many at once.
const WANT_MORE_MS: u64 = 500;
/// Final blocks that are persisted still, for a store that has not written them yet.
const MAX_RECENT: usize = 128;
/// Hashes by which another node finds the last common block.
const MAX_LOCATOR: usize = 32;

/// What the engine is made of.
#[derive(Clone, Debug)]
pub struct WorkSetup {
    /// The chain's rules.
    pub rules: WorkRules,
    /// The hash of the genesis block.
    pub chain: Hash,
    /// Bytes of a block at most.
    pub max_block_bytes: u64,
    /// The store's last headers, oldest first, as many as [`WorkRules::history`] says or all there are.
    pub trunk: Vec<Past>,
    /// The height of the last of them.
    pub final_height: u64,
    /// The accounts of the committee, who make no blocks.
    pub validators: BTreeSet<Address>,
    /// Who is paid for blocks of this node; absent where it makes none.
    pub producer: Option<Address>,
    /// Absent where this node pays no other miners.
    pub pool: Option<PoolRules>,
    /// A block that the operator knows to be of the chain, by its height: a node that begins far behind could be led astray
    /// by a branch that is long enough and has less work than the one that it is not shown.
    pub checkpoint: Option<(u64, Hash)>,
    /// The blocks above the store's last one whose bodies were kept.
    pub kept: BTreeSet<Hash>,
}

/// A block that is asked for.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    from: Option<Peer>,
    asked: u32,
    due_ms: u64,
}

/// What was counted since the start.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    reorganizations: u64,
    deepest: u64,
    deep_forks: u64,
    refused: u64,
}

/// The engine of a chain under proof of work.
#[derive(Clone, Debug)]
pub struct WorkChain {
    rules: WorkRules,
    chain: Hash,
    max_block_bytes: u64,
    validators: BTreeSet<Address>,
    checkpoint: Option<(u64, Hash)>,
    tree: Tree<Peer>,
    /// The blocks that became final last, oldest first.
    recent: VecDeque<Facts>,
    orphans: Orphans,
    wanted: BTreeMap<Hash, Wanted>,
    /// The block that is being executed.
    executing: Option<Hash>,
    /// A block that the committee made final, and that is not final here yet.
    required: Option<Hash>,
    /// The block that the committee may make final next.
    preferred: Option<Hash>,
    desk: Desk,
    pool: Option<SharePool>,
    unsaved: bool,
    started: bool,
    halted: bool,
    clock: Clock,
    timer_ms: Option<u64>,
    counts: Counts,
    effects: Vec<Effect>,
}

impl WorkChain {
    /// Makes an engine that begins on the store's last block, with the blocks above it that were persisted and whose
    /// bodies were kept; their works need no second check, but they are executed again. What was persisted and does not
    /// read is as if nothing were: all of it can be had from others. It acts from the first [`Input::Tick`] on.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(setup: WorkSetup, persisted: Option<&[u8]>) -> Result<Self, StartError> {
        let WorkSetup { rules, chain, max_block_bytes, trunk, final_height, validators, producer, pool, .. } = setup;
        let WorkSetup { checkpoint, kept, .. } = setup;
        rules.check()?;
        let (found, history) = (trunk.len(), rules.history());
        let whole = usize::try_from(final_height).unwrap_or(usize::MAX).saturating_add(1);
        let expected = history.min(whole);
        if found < expected || found > whole {
            return Err(StartError::History { found, height: final_height, expected });
        }
        if let Some(producer) = producer.filter(|producer| validators.contains(producer)) {
            return Err(StartError::ProducerVotes(producer));
        }
        let mut tree = Tree::new(trunk.into(), final_height, history);
        if let Some((height, expected)) = checkpoint
            && let Some(found) = tree.final_at(height).filter(|found| *found != expected)
        {
            return Err(StartError::Checkpoint { height, found, expected });
        }
        let saved = persisted.and_then(|bytes| Saved::read(bytes, chain)).unwrap_or_default();
        // Each after its parent, and first those that were seen first.
        for facts in saved.blocks {
            if kept.contains(&facts.hash) && tree.height_of(&facts.parent).is_some() {
                tree.insert(facts, State::Worked, None);
            }
        }
        let pool = pool.map(|rules| SharePool::new(rules, saved.pool));
        Ok(Self {
            rules,
            chain,
            max_block_bytes,
            validators,
            checkpoint,
            tree,
            recent: VecDeque::new(),
            orphans: Orphans::default(),
            wanted: BTreeMap::new(),
            executing: None,
            required: None,
            preferred: None,
            desk: Desk::new(producer),
            pool,
            unsaved: false,
            started: false,
            halted: false,
            clock: Clock::default(),
            timer_ms: None,
            counts: Counts::default(),
            effects: Vec::new(),
        })
    }

    /// Takes an input at a time by the wall clock, and says what is to be done, in order. Whoever performs it does not go on
    /// after an effect that failed.
    pub fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        self.clock.set(now_ms);
        if self.halted {
            return Vec::new();
        }
        if !std::mem::replace(&mut self.started, true) {
            self.advance();
        }
        match input {
            Input::Tick => self.tick(),
            Input::Block { facts, from } => self.block(facts, from),
            Input::WorkChecked { hash, digest } => self.work_checked(hash, digest),
            Input::Executed { hash, valid } => self.executed(hash, valid),
            Input::Final { hash, height } => self.made_final(hash, height),
            Input::Prefer { hash } => self.prefer(hash),
            Input::Produce { producer } => self.produce(producer),
            Input::PoolChanged => self.desk.pool_changed(),
            Input::TemplateMade { id, header, bytes } => self.template_made(id, &header, bytes),
            Input::TemplateFailed { id } => self.desk.failed(id, self.clock.now_ms()),
            Input::Nonce(nonce) => self.nonce(nonce),
            Input::Reward { hash, amount } => self.reward(&hash, amount),
        }
        self.want_template();
        self.finish()
    }

    pub(super) fn halt(&mut self, reason: String) {
        self.halted = true;
        self.effects.push(Effect::Halt { reason });
    }

    /// Puts the write in front of what rests on it, and says when the engine wants to be asked again.
    fn finish(&mut self) -> Vec<Effect> {
        if self.halted {
            self.effects.retain(|effect| matches!(effect, Effect::Halt { .. }));
            return std::mem::take(&mut self.effects);
        }
        let seen = |effect: &Effect| matches!(effect, Effect::NewHead { .. } | Effect::Finalize { .. });
        if self.unsaved
            && let Some(place) = self.effects.iter().position(seen)
        {
            self.unsaved = false;
            self.effects.insert(place, Effect::Persist { bytes: self.saved().to_bytes() });
        }
        let wanted = self.wanted.values().map(|wanted| wanted.due_ms).min();
        let due = wanted.into_iter().chain(self.desk.due_ms()).min();
        let at_ms = due.map(|at_ms| self.clock.to_wall_ms(at_ms));
        if let Some(at_ms) = at_ms
            && self.timer_ms != Some(at_ms)
        {
            self.timer_ms = Some(at_ms);
            self.effects.push(Effect::SetTimer { at_ms });
        }
        std::mem::take(&mut self.effects)
    }

    fn saved(&self) -> Saved {
        let mut nodes: Vec<_> = self.tree.nodes().filter(|node| node.state > State::Checking).collect();
        nodes.sort_unstable_by_key(|node| (node.facts.height, node.seen()));
        let pool = self.pool.as_ref().map(|pool| pool.books().clone()).unwrap_or_default();
        let blocks = self.recent.iter().copied().chain(nodes.into_iter().map(|node| node.facts));
        Saved::new(self.chain, blocks.collect(), pool)
    }
}
