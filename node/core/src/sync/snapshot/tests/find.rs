//! Finding a snapshot among peers of whom some lie or have too little, with real certificates of several epochs.

use super::super::*;
use super::world::peer;
use crate::consensus::bbft::{
    Certificate, Checkpoint, Epoch, EpochProof, FinalityProof, HeaderProof, LightClient, LightError, LightRules,
    Signature, Signers, Statement, Validator, ValidatorIndex, ValidatorSet, View, signed_bytes,
};
use parity_scale_codec::Encode;
use std::sync::LazyLock;
use tenon_crypto::bls::{BlsAggregate, BlsSecretKey};
use tenon_types::{Address, BlockInfo, Digest, DigestItem, ENGINE_ID, Hash, Header, Seal};

const EPOCH_BLOCKS: u32 = 4;
const BLOCKS: u32 = 15;
const VALIDATORS: usize = 4;
const NOW_MS: u64 = 1_000_000;

static SECRETS: LazyLock<Vec<BlsSecretKey>> =
    LazyLock::new(|| (1..=8).map(|seed| BlsSecretKey::from_seed(&[seed; 32])).collect());

/// The validators of an epoch: in each another one joins and one leaves.
fn validators(epoch: u64) -> Vec<Validator> {
    let first = usize::try_from(epoch).unwrap();
    let validator = |key: usize| Validator {
        account: Address([u8::try_from(key).unwrap(); 32]),
        bls_key: SECRETS[key].public_key().to_bytes(),
        weight: 1,
    };
    (first..first + VALIDATORS).map(validator).collect()
}

fn set_hash(epoch: u64) -> Hash {
    ValidatorSet::new(validators(epoch)).unwrap().hash()
}

fn epoch_of(height: u32) -> u64 {
    u64::from(height.saturating_sub(1) / EPOCH_BLOCKS)
}

/// A chain; `fork` tells one from another after its first block.
fn chain(fork: u8) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    for number in 0..=BLOCKS {
        let ends = number > 0 && number % EPOCH_BLOCKS == 0;
        let info = BlockInfo {
            time_ms: u64::from(number) * 10,
            producer: Address([1; 32]),
            base_fee: 3,
            parent_gas_used: 4,
            parent_receipts_root: Hash([2; 32]),
            ancestors: Hash([7; 32]),
            seal: Seal { epoch: epoch_of(number), ..Seal::default() },
            next_validators: ends.then(|| set_hash(epoch_of(number) + 1)),
        };
        let parent = headers.last();
        headers.push(Header {
            parent_hash: parent.map_or(Hash::ZERO, Header::hash),
            number,
            state_root: Hash([if number > 0 { fork } else { 0 }; 32]),
            extrinsics_root: Hash([9; 32]),
            digest: Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, info.encode())] },
        });
    }
    headers
}

/// The proof of a header, by the validators of an epoch.
fn prove(genesis: Hash, header: &Header, epoch: u64) -> HeaderProof {
    let statement = Statement::finalize(View(u64::from(header.number)), header.hash());
    let message = signed_bytes(genesis, Epoch(epoch), &statement);
    let (mut sum, mut signers) = (BlsAggregate::empty(), Signers::none(VALIDATORS));
    let first = usize::try_from(epoch).unwrap();
    for place in 0..VALIDATORS {
        sum.add(&SECRETS[first + place].sign(&message));
        assert!(signers.insert(ValidatorIndex::try_from(place).unwrap()));
    }
    let certificate = Certificate { statement, signers, signature: Signature(sum.to_bytes()) };
    HeaderProof { header: header.clone(), descendants: Vec::new(), certificate }
}

/// How a peer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conduct {
    Honest,
    /// Has no proof of any epoch.
    Forgetful,
    /// Never answers.
    Silent,
    /// Sends proofs of another block than was asked for.
    Beside,
    /// Signs headers of another chain with keys that are no validators'.
    Forger,
    /// Has no proof of headers above 11.
    Short,
}

struct World {
    headers: Vec<Header>,
    peers: Vec<Conduct>,
    finder: Finder,
    punished: Vec<(Peer, FinderError)>,
    kept: Vec<Epoch>,
    asked: usize,
}

impl World {
    fn new(peers: &[Conduct], own: u32) -> Self {
        let headers = chain(5);
        let rules = LightRules { chain: headers[0].hash(), epoch_blocks: EPOCH_BLOCKS, trust_period_ms: u64::MAX };
        let start = headers[0].hash();
        let checkpoint = Checkpoint { epoch: Epoch(0), start, start_ms: 0, since_ms: 0, validators: validators(0) };
        let finder = Finder::new(LightClient::new(rules, checkpoint).unwrap(), own, BTreeMap::new());
        Self { headers, peers: peers.to_vec(), finder, punished: Vec::new(), kept: Vec::new(), asked: 0 }
    }

    fn answer(&self, number: usize, question: Question) -> FinderInput {
        let (peer, genesis, conduct) = (peer(number), self.headers[0].hash(), self.peers[number]);
        let header = |height: u32| self.headers.get(height as usize);
        match (conduct, question) {
            (Conduct::Silent, _) => FinderInput::Failed { peer },
            (Conduct::Forgetful, Question::Epochs { .. }) => FinderInput::Epochs { peer, proofs: Vec::new() },
            (Conduct::Short, Question::Header { height: 12.. }) => FinderInput::Header { peer, proof: None },
            (_, Question::Epochs { first }) => {
                let proof = |epoch: u64| {
                    let last = header(u32::try_from(epoch + 1).unwrap() * EPOCH_BLOCKS)?;
                    let last = prove(genesis, last, epoch + u64::from(conduct == Conduct::Forger));
                    Some(EpochProof { last, next_validators: validators(epoch + 1) }.to_bytes())
                };
                FinderInput::Epochs { peer, proofs: (first.0..).map_while(proof).collect() }
            }
            (Conduct::Beside, Question::Header { height }) => {
                let proof = header(height - 1).map(|header| prove(genesis, header, epoch_of(height - 1)).to_bytes());
                FinderInput::Header { peer, proof }
            }
            (Conduct::Forger, Question::Header { height }) => {
                let other = chain(6);
                let forged = prove(genesis, &other[height as usize], epoch_of(height) + 1);
                FinderInput::Header { peer, proof: Some(forged.to_bytes()) }
            }
            (_, Question::Header { height }) => {
                let proof = header(height).map(|header| prove(genesis, header, epoch_of(height)).to_bytes());
                FinderInput::Header { peer, proof }
            }
        }
    }

    /// Has all peers offer snapshots of these heights, and runs until nothing is left to do.
    fn run(&mut self, heights: &[u32]) -> Option<Trusted> {
        let offers: Vec<Offer> =
            heights.iter().map(|height| Offer { height: *height, root: [5; 32], depth: 0 }).collect();
        let offered = |number| FinderInput::Offered { peer: peer(number), offers: offers.clone() };
        let mut inputs: std::collections::VecDeque<FinderInput> = (0..self.peers.len()).map(offered).collect();
        while let Some(input) = inputs.pop_front() {
            for effect in self.finder.handle(NOW_MS, input) {
                match effect {
                    FinderEffect::Ask { peer, question } => {
                        self.asked += 1;
                        inputs.push_back(self.answer(usize::from(peer[0]), question));
                    }
                    FinderEffect::Keep { epoch, proof } => {
                        EpochProof::from_bytes(&proof).unwrap();
                        self.kept.push(epoch);
                    }
                    FinderEffect::Punish { peer, error } => self.punished.push((peer, error)),
                    FinderEffect::Found(trusted) => return Some(*trusted),
                    FinderEffect::Stalled => {}
                }
            }
        }
        None
    }
}

#[test]
fn the_highest_snapshot_is_found_over_several_epochs_with_the_proof_of_its_block() {
    for (height, epochs) in [(3, 0), (4, 1), (5, 1), (8, 2), (10, 2), (12, 3), (14, 3)] {
        let mut world = World::new(&[Conduct::Honest], 0);
        let found = world.run(&[2, height]).unwrap();
        let (block, child) = (&world.headers[height as usize], &world.headers[height as usize + 1]);
        assert_eq!((found.target, &found.child), (Target::below(child).unwrap(), child));
        assert_eq!((found.target.height, found.target.block), (height, block.hash()));
        assert_eq!(found.finality.certificate.statement.digest, block.hash());
        assert_eq!(FinalityProof::from_bytes(&found.finality.to_bytes()).unwrap(), found.finality);
        assert_eq!(world.kept, (0..epochs).map(Epoch).collect::<Vec<_>>(), "{height}");
        assert!(world.punished.is_empty());
    }
}

#[test]
fn one_honest_peer_among_liars_and_silent_ones_is_enough() {
    use Conduct::{Beside, Forger, Forgetful, Honest, Silent};
    for place in 0..5 {
        let mut peers = vec![Forger, Beside, Silent, Forgetful];
        peers.insert(place, Honest);
        let mut world = World::new(&peers, 0);
        let found = world.run(&[10]).unwrap();
        assert_eq!(found.target.root, [5; 32]);
        for (liar, error) in &world.punished {
            let conduct = peers[usize::from(liar[0])];
            let is_fit = match error {
                FinderError::Height { found: 9, expected: 10 } => conduct == Beside,
                FinderError::Light(_) => conduct == Forger,
                _ => false,
            };
            assert!(is_fit, "{conduct:?} for {error}");
        }
    }
}

#[test]
fn a_snapshot_that_nobody_can_prove_is_passed_over_for_a_lower_one() {
    let mut world = World::new(&[Conduct::Short, Conduct::Short], 0);
    assert_eq!(world.run(&[11, 10, 9]).unwrap().target.height, 10, "the header above 11 is not to be had");
    assert!(world.punished.is_empty());
    let mut world = World::new(&[Conduct::Short], 0);
    assert_eq!(world.run(&[11]), None);
    // Another peer, who has it.
    world.peers.push(Conduct::Honest);
    assert_eq!(world.run(&[11]).unwrap().target.height, 11);
}

#[test]
fn what_helps_nobody_is_not_asked_for() {
    let mut world = World::new(&[Conduct::Honest], 10);
    assert_eq!((world.run(&[3, 10]), world.asked), (None, 0), "this node has that");
    let mut world = World::new(&[], 0);
    assert_eq!((world.run(&[3]), world.asked), (None, 0));
    assert_eq!(world.finder.handle(NOW_MS, FinderInput::Begin), [FinderEffect::Stalled]);
    let mut world = World::new(&[Conduct::Forger, Conduct::Forgetful], 0);
    assert_eq!(world.run(&[14]), None);
    assert_eq!(world.punished.len(), 1);
    assert!(matches!(world.punished[0].1, FinderError::Light(LightError::Signature { .. })), "{:?}", world.punished);
    // It is asked nothing any more, whatever it offers; who is gone is not asked either.
    let asked = world.asked;
    world.finder.handle(NOW_MS, FinderInput::Gone { peer: peer(1) });
    world.peers.truncate(1);
    assert_eq!((world.run(&[14]), world.asked), (None, asked));
}

#[test]
fn what_nobody_asked_for_changes_nothing() {
    let mut world = World::new(&[Conduct::Honest, Conduct::Honest], 0);
    let offer = Offer { height: 10, root: [5; 32], depth: 0 };
    let offered = |number| FinderInput::Offered { peer: peer(number), offers: vec![offer] };
    let effects = world.finder.handle(NOW_MS, offered(0));
    let question = Question::Epochs { first: Epoch(0) };
    assert_eq!(effects, [FinderEffect::Ask { peer: peer(0), question }]);
    assert_eq!(world.finder.handle(NOW_MS, offered(1)), []);
    for unasked in [
        FinderInput::Epochs { peer: peer(1), proofs: vec![vec![1]] },
        FinderInput::Header { peer: peer(1), proof: Some(vec![1]) },
        FinderInput::Failed { peer: peer(1) },
        FinderInput::Gone { peer: peer(2) },
    ] {
        assert_eq!(world.finder.handle(NOW_MS, unasked), []);
    }
    // Bytes that are nothing, from who was asked: another peer is.
    let wrong = FinderInput::Epochs { peer: peer(0), proofs: vec![vec![1]] };
    let effects = world.finder.handle(NOW_MS, wrong);
    let is_told = matches!(&effects[..], [
        FinderEffect::Punish { peer: liar, error: FinderError::Light(_) },
        FinderEffect::Ask { peer: other, .. },
    ] if *liar == peer(0) && *other == peer(1));
    assert!(is_told, "{effects:?}");
}
