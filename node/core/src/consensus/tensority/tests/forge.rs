//! Makes blocks on any parent, and says of each what the rules say: written anew, by looking at whole branches.

use super::*;
use parity_scale_codec::Encode;
use std::collections::{BTreeMap, BTreeSet};
use tenon_types::work::{FIRST_SEED, Work};
use tenon_types::{BlockInfo, Digest, DigestItem, ENGINE_ID, Header, Seal, extrinsics_root};

/// A transaction that no state takes.
pub(super) const BAD: u64 = u64::MAX;
/// The time of genesis.
pub(super) const GENESIS_MS: u64 = 1_000_000_000;

/// A block with its transactions: numbers, each of which a chain may have once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) header: Header,
    pub(super) transactions: Vec<u64>,
}

impl Block {
    pub(super) fn facts(&self) -> Facts {
        let bytes = (self.header.encode().len() + 8 * self.transactions.len()) as u64;
        Facts::of(&self.header, bytes).expect("a header of the work")
    }

    pub(super) fn hash(&self) -> Hash {
        self.header.hash()
    }
}

/// What a chain has in common after a block: all transactions, and what each account got.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode)]
pub(super) struct State {
    pub(super) done: BTreeSet<u64>,
    pub(super) balances: BTreeMap<Address, u64>,
}

impl State {
    /// The state after a block; absent if it breaks a rule.
    pub(super) fn after(&self, block: &Block) -> Option<Self> {
        if block.header.state_root != self.root() || block.header.extrinsics_root != root_of(&block.transactions) {
            return None;
        }
        let mut state = self.clone();
        for transaction in &block.transactions {
            if *transaction == BAD || !state.done.insert(*transaction) {
                return None;
            }
        }
        let producer = block.header.info()?.producer;
        *state.balances.entry(producer).or_default() += 50 + block.transactions.len() as u64;
        Some(state)
    }

    pub(super) fn root(&self) -> Hash {
        blake2b_256(&self.encode())
    }
}

fn root_of(transactions: &[u64]) -> Hash {
    let items: Vec<[u8; 8]> = transactions.iter().map(|one| one.to_le_bytes()).collect();
    extrinsics_root(&items)
}

/// What a block is to be, beside what follows.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) time_ms: u64,
    pub(super) producer: Address,
    pub(super) transactions: Vec<u64>,
    pub(super) finalized: u64,
    /// Other bits than the rules demand.
    pub(super) bits: Option<Bits>,
}

/// Every block that was ever made.
#[derive(Clone)]
pub(super) struct Forge {
    pub(super) rules: WorkRules,
    pub(super) genesis: Hash,
    blocks: BTreeMap<Hash, Block>,
    /// After each block, by its own branch alone; absent if some block of it breaks a rule.
    states: BTreeMap<Hash, Option<State>>,
    nonce: u64,
}

impl Forge {
    pub(super) fn new(rules: WorkRules) -> Self {
        let header = header((Hash::ZERO, 0), &State::default(), &[], info(GENESIS_MS, account(0)), None);
        let genesis = header.hash();
        let blocks = BTreeMap::from([(genesis, Block { header, transactions: Vec::new() })]);
        let states = BTreeMap::from([(genesis, Some(State::default()))]);
        Self { rules, genesis, blocks, states, nonce: 0 }
    }

    pub(super) fn get(&self, hash: &Hash) -> &Block {
        self.blocks.get(hash).expect("a block that was made")
    }

    pub(super) fn add(&mut self, block: Block) {
        let parent = self.state(&block.header.parent_hash);
        self.states.insert(block.hash(), parent.and_then(|state| state.after(&block)));
        self.blocks.insert(block.hash(), block);
    }

    pub(super) fn height(&self, hash: &Hash) -> u64 {
        u64::from(self.get(hash).header.number)
    }

    pub(super) fn time(&self, hash: &Hash) -> u64 {
        self.get(hash).header.info().expect("ours").time_ms
    }

    /// The blocks from genesis to one, both included.
    pub(super) fn line(&self, tip: &Hash) -> Vec<Hash> {
        let mut line = vec![*tip];
        while let Some(last) = line.last().filter(|last| **last != self.genesis) {
            line.push(self.get(last).header.parent_hash);
        }
        line.reverse();
        line
    }

    /// The state after a block, as if there had never been another branch.
    pub(super) fn state(&self, tip: &Hash) -> Option<State> {
        self.states.get(tip).expect("a block that was made").clone()
    }

    pub(super) fn bits(&self, hash: &Hash) -> Bits {
        if *hash == self.genesis { self.rules.first_bits } else { self.get(hash).facts().seal.bits }
    }

    pub(super) fn next_bits(&self, parent: &Hash) -> Bits {
        let (line, own) = (self.line(parent), self.bits(parent));
        let height = line.len() - 1;
        let interval = self.rules.retarget_blocks as usize;
        if height == 0 || !height.is_multiple_of(interval) {
            return own;
        }
        let span = self.time(parent) as i128 - self.time(&line[height - interval]) as i128;
        own.target().expect("a target").retarget(span, self.rules.interval_ms()).bits()
    }

    pub(super) fn median(&self, parent: &Hash) -> u64 {
        let line = self.line(parent);
        let mut times: Vec<u64> = line.iter().rev().take(11).map(|hash| self.time(hash)).collect();
        times.sort_unstable();
        times[times.len() / 2]
    }

    pub(super) fn seed(&self, parent: &Hash) -> Hash {
        let line = self.line(parent);
        let epoch = self.rules.seed_blocks as usize;
        let height = (line.len() - 1) / epoch * epoch;
        if height == 0 { FIRST_SEED } else { line[height] }
    }

    /// The work from genesis to a block.
    pub(super) fn total(&self, tip: &Hash) -> Work {
        let works = self.line(tip).into_iter().skip(1).map(|hash| self.bits(&hash).target().expect("a target").work());
        works.fold(Work::ZERO, Work::plus)
    }

    pub(super) fn wish(&self, parent: &Hash) -> Wish {
        let time_ms = (self.time(parent) + self.rules.spacing_ms).max(self.median(parent) + 1);
        Wish { time_ms, producer: account(1), transactions: Vec::new(), finalized: 0, bits: None }
    }

    /// Makes a block as wished, with a nonce that meets its target.
    pub(super) fn make(&mut self, parent: &Hash, wish: Wish) -> Block {
        let seed = self.seed(parent);
        let mut block = self.unsolved(parent, wish);
        let target = block.facts().seal.bits.target().expect("a target");
        let mut bytes = block.header.encode();
        loop {
            self.nonce += 1;
            set_nonce(&mut bytes, self.nonce);
            if target.is_met_by(&digest(&blake2b_256(&bytes), &seed)) {
                break;
            }
        }
        block.header = parity_scale_codec::Decode::decode(&mut &bytes[..]).expect("a header");
        self.add(block.clone());
        block
    }

    /// The same with a nonce of zero.
    pub(super) fn unsolved(&self, parent: &Hash, wish: Wish) -> Block {
        let bits = wish.bits.unwrap_or_else(|| self.next_bits(parent));
        let seal = WorkSeal { bits, finalized: wish.finalized, nonce: 0 };
        // A branch with a broken block goes on as if that had changed nothing.
        let state = self.state(parent).unwrap_or_default();
        let place = (*parent, self.height(parent) + 1);
        let header = header(place, &state, &wish.transactions, info(wish.time_ms, wish.producer), Some(seal));
        Block { header, transactions: wish.transactions }
    }

    /// So many blocks in a row, the regular time apart.
    pub(super) fn row(&mut self, parent: &Hash, count: usize, who: u8) -> Vec<Block> {
        let (mut parent, mut row) = (*parent, Vec::new());
        for _ in 0..count {
            let wish = Wish { producer: account(who), ..self.wish(&parent) };
            row.push(self.make(&parent, wish));
            parent = row.last().expect("just made").hash();
        }
        row
    }
}

pub(super) fn info(time_ms: u64, producer: Address) -> BlockInfo {
    BlockInfo {
        time_ms,
        producer,
        base_fee: 1,
        parent_gas_used: 0,
        parent_receipts_root: Hash::ZERO,
        ancestors: Hash::ZERO,
        seal: Seal::of_leader(0, producer),
        next_validators: None,
    }
}

pub(super) fn header(
    (parent_hash, height): (Hash, u64),
    state: &State,
    transactions: &[u64],
    info: BlockInfo,
    seal: Option<WorkSeal>,
) -> Header {
    let ours = DigestItem::PreRuntime(ENGINE_ID, info.encode());
    let logs = std::iter::once(ours).chain(seal.map(|seal| seal.item())).collect();
    Header {
        parent_hash,
        number: height as u32,
        state_root: state.root(),
        extrinsics_root: root_of(transactions),
        digest: Digest { logs },
    }
}
