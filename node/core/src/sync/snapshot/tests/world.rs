//! What the tests share: a snapshot in full, and peers that serve it, each in its own way.

use super::super::*;
use parity_scale_codec::Encode;
use proptest::prelude::*;
use tenon_types::mmr::Accumulator;
use tenon_types::proof::{
    EMPTY_HASH, HashedRow, PartHash, PartRow, encode_part, internal_hash, key_bit, key_hash, leaf_hash, part_of,
    settle_leaves, value_hash,
};
use tenon_types::{
    Address, Block, BlockInfo, Digest, DigestItem, ENGINE_ID, Hash, Header, Receipt, Seal, extrinsics_root,
};

/// Rows by key.
pub(super) type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

pub(super) fn any_rows() -> impl Strategy<Value = Rows> {
    prop::collection::btree_map(
        prop::collection::vec(any::<u8>(), 1..4),
        prop::collection::vec(any::<u8>(), 0..9),
        0..90,
    )
}

pub(super) fn peer(number: usize) -> Peer {
    [u8::try_from(number).unwrap(); 32]
}

fn subtree(leaves: &[HashedRow], depth: usize) -> TreeHash {
    match leaves {
        [] => EMPTY_HASH,
        [(key, value)] => leaf_hash(key, value),
        _ => {
            let (right, left): (Vec<_>, Vec<_>) = leaves.iter().partition(|(key, _)| key_bit(key, depth));
            internal_hash(&subtree(&left, depth + 1), &subtree(&right, depth + 1))
        }
    }
}

fn hashed(rows: &[PartRow<'_>]) -> Vec<HashedRow> {
    rows.iter().map(|(key, value)| (key_hash(key), value_hash(value))).collect()
}

/// The header of the block after those that are accumulated.
fn header(before: &Accumulator, parent_hash: Hash, state_root: Hash, outcome: (u64, Hash), extrinsics: Hash) -> Header {
    let number = BlockNumber::try_from(before.size()).unwrap();
    let info = BlockInfo {
        time_ms: u64::from(number),
        producer: Address([3; 32]),
        base_fee: 1,
        parent_gas_used: outcome.0,
        parent_receipts_root: outcome.1,
        ancestors: before.root(),
        seal: Seal::default(),
        next_validators: None,
    };
    let digest = Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, info.encode())] };
    Header { parent_hash, number, state_root, extrinsics_root: extrinsics, digest }
}

pub(super) fn receipt(transaction: u8, gas_used: u64) -> Receipt {
    let (transaction, outcome) = (Hash([transaction; 32]), Ok(()));
    Receipt { transaction, outcome, gas_used, burnt: 0, tip: 0, output: Vec::new(), events: Vec::new() }
}

/// A snapshot in full.
pub(super) struct Fixture {
    pub(super) target: Target,
    pub(super) child: Header,
    pub(super) anchor: Anchor,
    rows: Rows,
    depth: u8,
}

impl Fixture {
    pub(super) fn new(rows: &Rows, depth: u8, height: BlockNumber) -> Self {
        let (mut hashes, mut before, mut start) = (Vec::new(), Accumulator::new(), Accumulator::new());
        let mut parent = Hash::ZERO;
        for number in 0..height {
            parent = header(&before, parent, Hash([9; 32]), (0, Hash::ZERO), Hash::ZERO).hash();
            before.append(&parent);
            hashes.push(parent);
            if u64::from(height - number) > ANCHOR_BLOCKS as u64 {
                start.append(&parent);
            }
        }
        let older = hashes.split_off(hashes.len().saturating_sub(ANCHOR_BLOCKS));
        let extrinsics = vec![vec![4, 1], vec![4, 2]];
        let block = header(&before, parent, Hash([8; 32]), (0, Hash::ZERO), extrinsics_root(&extrinsics));
        let block = Block { header: block, extrinsics };
        // The third is of a hook, whose gas is not counted.
        let receipts = vec![receipt(1, 10), receipt(2, 5), receipt(3, 100)];
        let encoded: Vec<Vec<u8>> = receipts.iter().map(Encode::encode).collect();
        let all: Vec<PartRow<'_>> = rows.iter().map(|(key, value)| (&key[..], &value[..])).collect();
        let root = Hash(subtree(&hashed(&all), 0));
        let mut after = before.clone();
        after.append(&block.header.hash());
        let child = header(&after, block.header.hash(), root, (15, extrinsics_root(&encoded)), Hash::ZERO);
        let target = Target::below(&child).unwrap();
        Self { target, child, anchor: Anchor { block, receipts, start, older }, rows: rows.clone(), depth }
    }

    fn part(&self, depth: u8, part: u32) -> Vec<PartRow<'_>> {
        let rows = self.rows.iter().map(|(key, value)| (&key[..], &value[..]));
        let mut rows: Vec<PartRow<'_>> = rows.filter(|(key, _)| part_of(&key_hash(key), depth) == part).collect();
        rows.sort_by_key(|(key, _)| key_hash(key));
        rows
    }

    pub(super) fn manifest(&self, depth: u8) -> Manifest {
        let hash = |part| match &hashed(&self.part(depth, part))[..] {
            [] => PartHash::Empty,
            [(key, value)] => PartHash::Leaf(leaf_hash(key, value)),
            leaves => PartHash::Node(subtree(leaves, usize::from(depth))),
        };
        let mut parts: Vec<PartHash> = (0..1_u32 << depth).map(hash).collect();
        settle_leaves(&mut parts);
        Manifest { height: self.target.height, root: self.target.root, depth, parts }
    }

    /// The bytes of a piece at a depth.
    pub(super) fn piece(&self, depth: u8, piece: Piece) -> Vec<u8> {
        match piece {
            Piece::Manifest => self.manifest(depth).encode(),
            Piece::Anchor => self.anchor.encode(),
            Piece::Part(part) => encode_part(&self.part(depth, part)).unwrap(),
        }
    }

    /// All pieces at a depth, save parts without rows.
    pub(super) fn pieces(&self, depth: u8) -> BTreeMap<Piece, Vec<u8>> {
        let parts = (0..1_u32 << depth).filter(|part| !self.part(depth, *part).is_empty()).map(Piece::Part);
        let pieces = parts.chain([Piece::Manifest, Piece::Anchor]);
        pieces.map(|piece| (piece, self.piece(depth, piece))).collect()
    }
}

/// How a peer behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conduct {
    Honest,
    /// Answers late, but in time.
    Slow,
    /// Changes a byte of each answer.
    Liar,
    /// Never answers.
    Silent,
    /// Says that it has nothing.
    Without,
    /// Fails each second time.
    Flaky,
    /// Offers another state.
    OtherRoot,
    /// Offers a cut of its own and never answers.
    OtherDepth,
    /// Answers after the time for it is over.
    Late,
}

pub(super) fn any_conduct() -> impl Strategy<Value = Conduct> {
    use Conduct::{Flaky, Honest, Late, Liar, OtherDepth, OtherRoot, Silent, Slow, Without};
    prop::sample::select(vec![Honest, Slow, Liar, Silent, Without, Flaky, OtherRoot, OtherDepth, Late])
}

/// Peers around a machine, and what it did.
pub(super) struct World<'a> {
    fixture: &'a Fixture,
    conducts: Vec<Conduct>,
    pub(super) now_ms: u64,
    seed: u64,
    /// What will happen, by time.
    due: BTreeMap<(u64, u64), Input>,
    timer_ms: Option<u64>,
    open: Vec<(Peer, Piece)>,
    served: BTreeMap<Peer, usize>,
    pub(super) kept: BTreeMap<Piece, Vec<u8>>,
    pub(super) asked: Vec<Piece>,
    pub(super) offences: BTreeMap<Peer, Vec<Offence>>,
    pub(super) finished: bool,
}

impl<'a> World<'a> {
    pub(super) fn new(fixture: &'a Fixture, conducts: &[Conduct], seed: u64) -> Self {
        let mut world = Self {
            fixture,
            conducts: conducts.to_vec(),
            now_ms: 0,
            seed,
            due: BTreeMap::new(),
            timer_ms: None,
            open: Vec::new(),
            served: BTreeMap::new(),
            kept: BTreeMap::new(),
            asked: Vec::new(),
            offences: BTreeMap::new(),
            finished: false,
        };
        for (number, conduct) in conducts.iter().enumerate() {
            let mut offer = Offer { height: fixture.target.height, root: fixture.target.root, depth: fixture.depth };
            match conduct {
                Conduct::OtherRoot => offer.root[0] ^= 1,
                Conduct::OtherDepth => offer.depth += 1,
                _ => {}
            }
            let after_ms = world.random() % 100;
            world.later(after_ms, Input::Offered { peer: peer(number), offer });
        }
        world
    }

    /// Runs until the machine has finished, nothing is due, or so many inputs were given.
    pub(super) fn run(&mut self, machine: &mut SnapshotSync, steps: usize) {
        self.step(machine, Input::Tick);
        for _ in 0..steps {
            let next = self.due.first_key_value().map(|((at_ms, _), _)| *at_ms);
            let input = match (next, self.timer_ms) {
                _ if self.finished => return,
                (Some(at_ms), timer_ms) if timer_ms.is_none_or(|timer_ms| at_ms < timer_ms) => {
                    self.now_ms = self.now_ms.max(at_ms);
                    self.due.pop_first().unwrap().1
                }
                (_, Some(timer_ms)) => {
                    self.now_ms = self.now_ms.max(timer_ms);
                    self.timer_ms = None;
                    Input::Tick
                }
                _ => return,
            };
            assert!(self.now_ms < 3_600_000, "an hour has passed: {:?}", machine.progress());
            self.step(machine, input);
        }
    }

    pub(super) fn has_answered(&self, number: usize) -> bool {
        self.served.get(&peer(number)).is_some_and(|count| *count > 0)
    }

    fn step(&mut self, machine: &mut SnapshotSync, input: Input) {
        if let Input::Answered { peer, .. } = &input {
            *self.served.entry(*peer).or_default() += 1;
        }
        for effect in machine.handle(self.now_ms, input) {
            match effect {
                Effect::Ask { peer, piece } => self.answer(peer, piece),
                Effect::Keep { piece, bytes } => assert!(self.kept.insert(piece, bytes).is_none(), "{piece:?} twice"),
                Effect::DropAll => self.kept.clear(),
                Effect::Punish { peer, offence } => self.offences.entry(peer).or_default().push(offence),
                Effect::SetTimer { at_ms } => self.timer_ms = Some(at_ms),
                Effect::Stalled => self.timer_ms = None,
                Effect::Finished => self.finished = true,
            }
        }
        let in_flight = machine.progress().in_flight;
        assert!(in_flight <= MAX_IN_FLIGHT, "{in_flight} in flight");
    }

    fn answer(&mut self, peer: Peer, piece: Piece) {
        assert!(!self.kept.contains_key(&piece), "{piece:?} was there already");
        assert!(!self.offences.contains_key(&peer), "{peer:?} was punished and asked again");
        self.asked.push(piece);
        self.open.push((peer, piece));
        let (random, conduct) = (self.random(), self.conducts[usize::from(peer[0])]);
        let mut bytes = self.fixture.piece(self.fixture.depth, piece);
        let (after_ms, answer) = match conduct {
            Conduct::Silent | Conduct::OtherDepth => return,
            Conduct::Flaky if random % 2 == 0 => (5, Answer::Failed),
            Conduct::Honest | Conduct::Flaky => (10 + random % 200, Answer::Bytes(bytes)),
            Conduct::Slow => (ANSWER_MS / 2, Answer::Bytes(bytes)),
            Conduct::Late => (ANSWER_MS + 1, Answer::Bytes(bytes)),
            Conduct::Liar => {
                let at = usize::try_from(random).unwrap_or(0) % bytes.len();
                bytes[at] ^= 1 + (random >> 32) as u8 % 255;
                (10 + random % 50, Answer::Bytes(bytes))
            }
            Conduct::Without => (10, Answer::Absent),
            Conduct::OtherRoot => panic!("a peer of another state is asked for {piece:?}"),
        };
        self.later(after_ms, Input::Answered { peer, piece, answer });
    }

    fn later(&mut self, after_ms: u64, input: Input) {
        let tie = self.random();
        self.due.insert((self.now_ms + after_ms, tie), input);
    }

    fn random(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.seed ^ (self.seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
