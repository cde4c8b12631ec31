//! How much a light client needs of a chain: proofs of old blocks under a new header, of chains of a thousand, ten thousand
//! and a hundred thousand blocks.

use super::*;
use tenon_types::extrinsics_root;
use tenon_types::mmr::{Accumulator, AncestorProof, MAX_PATH, Place};
use tenon_types::proof::{Ancestor, Inclusion, InclusionError, ListProof, Part, TreeHash};

/// A state of about a million entries: so many hashes beside a path.
const STATE_DEPTH: usize = 20;
/// Transactions of a block, and the bytes of each.
const TRANSACTIONS: usize = 1_000;
const TRANSACTION_BYTES: usize = 150;

/// A chain of one epoch without end, with the nodes of its accumulator.
struct Chain {
    world: World,
    headers: Vec<Header>,
    nodes: Vec<Vec<TreeHash>>,
    transactions: Vec<Vec<u8>>,
    entry: Proof,
}

impl Chain {
    fn new(height: u32) -> Self {
        let mut world = World::new(equal(&[0, 1, 2, 3]), 1);
        world.rules.epoch_blocks = 0;
        let transactions: Vec<Vec<u8>> =
            (0..TRANSACTIONS).map(|index| [&index.to_le_bytes()[..], &[3; TRANSACTION_BYTES - 8]].concat()).collect();
        let leaf = Terminal::Leaf { key_hash: key_hash(b"key"), value_hash: value_hash(b"value") };
        let entry = Proof { terminal: leaf, siblings: vec![[6; 32]; STATE_DEPTH] };
        let root = entry.verify(&[0; 32], b"key").err();
        let Some(ProofError::WrongRoot { found: root, .. }) = root else { panic!("{root:?}") };
        let (body, mut accumulator) = (extrinsics_root(&transactions), Accumulator::new());
        let (mut headers, mut nodes) = (vec![world.start.clone()], Vec::new());
        for _ in 0..height {
            let parent = headers.last().expect("there is the start");
            nodes.push(accumulator.append(&parent.hash()));
            let mut next = header(Some(parent), 0, time_of(parent) + 1, None);
            next = with_info(&next, |info| info.ancestors = accumulator.root());
            (next.state_root, next.extrinsics_root) = (Hash(root), body);
            headers.push(next);
        }
        Self { world, headers, nodes, transactions, entry }
    }

    fn ancestor(&self, height: u32, under: u32) -> Ancestor {
        let find = |Place { last, level }| self.nodes.get(last as usize)?.get(usize::from(level)).copied();
        let proof = AncestorProof::make(under.into(), height.into(), &find).expect("all nodes are there");
        Ancestor { header: self.headers[height as usize].clone(), proof }
    }

    fn transaction(&self, index: u32) -> Part {
        let bytes = self.transactions[index as usize].clone();
        Part::Transaction { bytes, proof: ListProof::make(&self.transactions, index).expect("there is one") }
    }

    fn entry(&self) -> Part {
        Part::Entry { key: b"key".to_vec(), value: Some(b"value".to_vec()), proof: self.entry.clone() }
    }

    fn prove(&self, height: u32, under: u32, part: Part) -> LightProof {
        let finality = self.world.prove(&self.headers[..=under as usize], under as usize);
        LightProof { finality, inclusion: Inclusion { ancestor: Some(self.ancestor(height, under)), part } }
    }

    fn now_ms(&self) -> u64 {
        time_of(self.headers.last().expect("there is the start"))
    }
}

#[test]
fn proofs_grow_with_the_logarithm_of_the_chain() {
    let chain = Chain::new(100_000);
    let mut client = chain.world.client();
    client.rules.trust_period_ms = u64::MAX;
    let mut sizes = Vec::new();
    for under in [1_000, 10_000, 100_000] {
        // The first block has the longest path, those of the middle others, the last ones the shortest.
        let heights = [1, 2, under / 3, under / 2, under - 5, under - 1];
        let size = |part: &dyn Fn() -> Part| {
            let bytes = heights.map(|height| {
                let proof = chain.prove(height, under, part());
                let found = client.check_inclusion(&proof, chain.now_ms()).expect("it lies there");
                assert_eq!((found.number, found.hash), (height, chain.headers[height as usize].hash()));
                let bytes = proof.to_bytes();
                assert_eq!(LightProof::from_bytes(&bytes), Ok(proof));
                bytes.len()
            });
            bytes.into_iter().max().expect("some heights")
        };
        sizes.push((size(&|| chain.transaction(999)), size(&|| chain.entry())));
    }
    // What the documents say. Ten times the blocks are at most four hashes more.
    assert_eq!(sizes, [(1_359, 1_659), (1_487, 1_787), (1_587, 1_887)]);
    assert!(sizes.windows(2).all(|pair| pair[1].0 - pair[0].0 <= 4 * 32 && pair[1].1 - pair[0].1 <= 4 * 32));
    // What has to be kept and what has to be trusted do not grow at all.
    assert_eq!(client.to_bytes().len(), chain.world.client().to_bytes().len());
    const { assert!(MAX_PATH * 32 == 2_048, "no chain's path is longer") };
}

#[test]
fn what_does_not_lie_under_the_header_is_refused_by_its_rule() {
    let chain = Chain::new(200);
    let client = chain.world.client();
    let good = chain.prove(70, 190, chain.transaction(5));
    assert!(client.check_inclusion(&good, chain.now_ms()).is_ok());
    let refused = |proof: &LightProof| client.check_inclusion(proof, chain.now_ms()).unwrap_err();
    let with = |inclusion| LightProof { inclusion, ..good.clone() };
    // A header that nobody made, whatever it says of its transactions.
    let mut forged = chain.ancestor(70, 190);
    forged.header.extrinsics_root = extrinsics_root(&[b"mine"]);
    let part = Part::Transaction { bytes: b"mine".to_vec(), proof: ListProof::make(&[b"mine"], 0).unwrap() };
    let error = refused(&with(Inclusion { ancestor: Some(forged), part }));
    assert!(matches!(error, LightError::Inclusion(InclusionError::Ancestor(_))), "{error}");
    assert_eq!(error.code(), 29);
    assert!(!error.hint().is_empty());
    // A branch of another header, and one from another height.
    let other = Ancestor { proof: chain.ancestor(71, 190).proof, ..chain.ancestor(70, 190) };
    let error = refused(&with(Inclusion { ancestor: Some(other), part: Part::Header }));
    assert!(matches!(error, LightError::Inclusion(InclusionError::Ancestor(_))), "{error}");
    // What lies under a later header does not lie under an earlier one.
    let early =
        LightProof { inclusion: chain.prove(100, 190, Part::Header).inclusion, ..chain.prove(1, 100, Part::Header) };
    assert!(matches!(refused(&early), LightError::Inclusion(InclusionError::Ancestor(_))));
    // A transaction that is not in the block, and an entry with another value.
    let mut wrong = chain.prove(70, 190, chain.transaction(5));
    if let Part::Transaction { bytes, .. } = &mut wrong.inclusion.part {
        bytes.push(0);
    }
    assert!(matches!(refused(&wrong), LightError::Inclusion(InclusionError::Transaction(_))));
    let mut wrong = chain.prove(70, 190, chain.entry());
    if let Part::Entry { value, .. } = &mut wrong.inclusion.part {
        *value = Some(b"other".to_vec());
    }
    assert!(matches!(refused(&wrong), LightError::Inclusion(InclusionError::Value { .. })));
    // No certificate, nothing that lies under it.
    let certificate = Certificate { signature: Signature([0; 48]), ..good.finality.certificate.clone() };
    let unsigned = LightProof { finality: HeaderProof { certificate, ..good.finality.clone() }, ..good.clone() };
    assert!(matches!(refused(&unsigned), LightError::Signature { .. }));
    let bytes = good.to_bytes();
    assert!((1..bytes.len()).all(|length| LightProof::from_bytes(&bytes[..length]).is_err()));
    assert_eq!(LightProof::from_bytes(&[&bytes[..], &[0]].concat()), Err(LightError::Trailing { found: 1 }));
}
