//! A chain of a hundred headers: everything under every one of them is shown by the last, and nothing else is.

use super::*;
use crate::mmr::{Accumulator, Place};
use crate::proof::{Terminal, TreeHash, key_hash, list_root};
use crate::{Address, BlockInfo, Digest, DigestItem, ENGINE_ID, Seal};
use alloc::vec;
use std::collections::BTreeMap;

const BLOCKS: u32 = 100;

struct World {
    headers: Vec<Header>,
    nodes: BTreeMap<Place, TreeHash>,
}

fn transactions(number: u32) -> Vec<Vec<u8>> {
    (0..number % 5).map(|index| vec![number as u8; 60 + usize::try_from(index).unwrap()]).collect()
}

/// The receipts of the block before.
fn receipts(number: u32) -> Vec<Vec<u8>> {
    transactions(number.saturating_sub(1)).iter().map(|bytes| [&bytes[..9], &[bytes.len() as u8]].concat()).collect()
}

/// A state of one entry.
fn entry(number: u32) -> (Vec<u8>, Vec<u8>, Proof) {
    let (key, value) = (b"key".to_vec(), number.to_le_bytes().to_vec());
    let terminal = Terminal::Leaf { key_hash: key_hash(&key), value_hash: value_hash(&value) };
    (key, value, Proof { terminal, siblings: vec![] })
}

impl World {
    fn new() -> Self {
        let (mut headers, mut nodes): (Vec<Header>, BTreeMap<Place, TreeHash>) = Default::default();
        let mut accumulator = Accumulator::new();
        for number in 0..BLOCKS {
            let info = BlockInfo {
                time_ms: u64::from(number) * 500,
                producer: Address([1; 32]),
                base_fee: 1,
                parent_gas_used: 0,
                parent_receipts_root: list_root(&receipts(number)),
                ancestors: accumulator.root(),
                seal: Seal::default(),
                next_validators: None,
            };
            let header = Header {
                parent_hash: headers.last().map_or(Hash::ZERO, Header::hash),
                number,
                state_root: Hash(entry(number).2.terminal.hash()),
                extrinsics_root: list_root(&transactions(number)),
                digest: Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, info.encode())] },
            };
            for (level, node) in (0..).zip(accumulator.append(&header.hash())) {
                nodes.insert(Place { last: number.into(), level }, node);
            }
            headers.push(header);
        }
        Self { headers, nodes }
    }

    fn trusted(&self, number: u32) -> Commitments {
        Commitments::of(&self.headers[number as usize]).unwrap()
    }

    fn ancestor(&self, number: u32, under: u32) -> Ancestor {
        let find = |place| self.nodes.get(&place).copied();
        let proof = AncestorProof::make(under.into(), number.into(), &find).unwrap();
        Ancestor { header: self.headers[number as usize].clone(), proof }
    }

    /// Everything that is under a header, as another shows it.
    fn all(&self, number: u32, under: u32) -> Vec<Inclusion> {
        let ancestor = (number != under).then(|| self.ancestor(number, under));
        let (key, value, proof) = entry(number);
        let absent = Part::Entry { key: b"absent".to_vec(), value: None, proof: proof.clone() };
        let mut parts = vec![Part::Header, Part::Entry { key, value: Some(value), proof }, absent];
        for (index, bytes) in (0..).zip(transactions(number)) {
            let proof = ListProof::make(&transactions(number), index).unwrap();
            parts.push(Part::Transaction { bytes, proof });
        }
        for (index, bytes) in (0..).zip(receipts(number)) {
            let proof = ListProof::make(&receipts(number), index).unwrap();
            parts.push(Part::Receipt { bytes, proof });
        }
        parts.into_iter().map(|part| Inclusion { ancestor: ancestor.clone(), part }).collect()
    }
}

#[test]
fn everything_under_every_ancestor_is_shown() {
    let world = World::new();
    for under in [1, 2, 63, 64, 99] {
        for number in 0..=under {
            for inclusion in world.all(number, under) {
                assert_eq!(inclusion.check(&world.trusted(under)), Ok(world.trusted(number)), "{number} {under}");
                assert_eq!(Inclusion::from_bytes(&inclusion.encode()), Ok(inclusion.clone()));
            }
        }
    }
}

/// Whether two parts show the same: the place in a list is said and not shown, and a path without an entry shows the
/// absence of any key that lies there.
fn shows_no_more(one: &Part, other: &Part) -> bool {
    match (one, other) {
        (Part::Transaction { bytes, proof }, Part::Transaction { bytes: others, proof: its })
        | (Part::Receipt { bytes, proof }, Part::Receipt { bytes: others, proof: its }) => {
            (bytes, &proof.path) == (others, &its.path)
        }
        (Part::Entry { value: None, proof, .. }, Part::Entry { value: None, proof: its, .. }) => proof == its,
        _ => false,
    }
}

#[test]
fn what_is_of_another_header_or_changed_is_refused() {
    let world = World::new();
    let trusted = world.trusted(99);
    for inclusion in world.all(42, 99) {
        for other in [41, 43, 64, 98] {
            let moved = Inclusion { ancestor: Some(world.ancestor(other, 99)), ..inclusion.clone() };
            assert_eq!(moved.check(&trusted).is_ok(), inclusion.part == Part::Header, "{other} {:?}", inclusion.part);
            assert!(inclusion.check(&world.trusted(other)).is_err(), "{other}");
        }
        let encoded = inclusion.encode();
        for place in 0..encoded.len() {
            let mut bytes = encoded.clone();
            bytes[place] ^= 1;
            let Ok(changed) = Inclusion::from_bytes(&bytes) else { continue };
            let same = changed.ancestor == inclusion.ancestor && shows_no_more(&changed.part, &inclusion.part);
            assert!(changed.check(&trusted).is_err() || same, "byte {place} of {:?}", inclusion.part);
        }
    }
}

#[test]
fn each_refusal_has_its_number() {
    let world = World::new();
    let trusted = world.trusted(99);
    let code = |inclusion: &Inclusion| inclusion.check(&trusted).unwrap_err().code();
    let all = world.all(44, 99);
    let with = |change: &dyn Fn(&mut Inclusion), place: usize| {
        let mut changed = all[place].clone();
        change(&mut changed);
        code(&changed)
    };
    let silent = |one: &mut Inclusion| one.ancestor.as_mut().unwrap().header.digest.logs.clear();
    assert_eq!(with(&silent, 0), 3);
    let forged = |one: &mut Inclusion| one.ancestor.as_mut().unwrap().header.state_root = Hash([9; 32]);
    assert_eq!(with(&forged, 1), 4, "a header that is not of the chain");
    let elsewhere = |one: &mut Inclusion| one.ancestor.as_mut().unwrap().proof.path.reverse();
    assert_eq!(with(&elsewhere, 0), 4, "a branch that leads elsewhere");
    let longer = |one: &mut Inclusion| one.ancestor.as_mut().unwrap().proof.path.push([0; 32]);
    assert_eq!(with(&longer, 0), 4);
    let value = |one: &mut Inclusion| {
        if let Part::Entry { value, .. } = &mut one.part {
            *value = None
        }
    };
    assert_eq!(with(&value, 1), 8);
    let path = |one: &mut Inclusion| {
        if let Part::Entry { proof, .. } = &mut one.part {
            proof.siblings.push([1; 32])
        }
    };
    assert_eq!(with(&path, 1), 7);
    let bytes = |one: &mut Inclusion| match &mut one.part {
        Part::Transaction { bytes, .. } | Part::Receipt { bytes, .. } => bytes.push(0),
        _ => panic!("a list"),
    };
    assert_eq!((with(&bytes, 3), with(&bytes, all.len() - 1)), (5, 6));
    assert_eq!(Inclusion::from_bytes(&vec![0; MAX_INCLUSION_BYTES + 1]).unwrap_err().code(), 1);
    assert_eq!(Inclusion::from_bytes(&[&all[0].encode()[..], &[0]].concat()).unwrap_err().code(), 2);
    // The trusted header is none of its own ancestors.
    let own = Ancestor { header: world.headers[99].clone(), proof: AncestorProof::default() };
    assert_eq!(code(&Inclusion { ancestor: Some(own), part: Part::Header }), 4);
}
