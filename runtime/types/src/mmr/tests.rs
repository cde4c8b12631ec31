//! The accumulator against a tree that is computed anew from all leaves, and its shape against vectors of RFC 6962.

use alloc::vec;
use std::collections::BTreeMap;
use std::string::String;

use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::*;

/// The head of RFC 6962, section 2.1, over leaves, as it is written there.
fn reference(leaves: &[TreeHash], join: Join) -> TreeHash {
    match leaves {
        [] => EMPTY_HASH,
        [leaf] => *leaf,
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(split);
            join(&reference(left, join), &reference(right, join))
        }
    }
}

fn block(height: u64) -> Hash {
    Hash(*blake3::hash(&height.to_le_bytes()).as_bytes())
}

/// A chain of so many blocks: its accumulator, and all nodes that were ever completed.
fn chain(size: u64) -> (Accumulator, BTreeMap<Place, TreeHash>) {
    let (mut accumulator, mut kept) = (Accumulator::new(), BTreeMap::new());
    for height in 0..size {
        let nodes = accumulator.append(&block(height));
        for (level, node) in (0..).zip(nodes) {
            assert_eq!(kept.insert(Place { last: height, level }, node), None, "a node is completed once");
        }
    }
    (accumulator, kept)
}

fn proof(kept: &BTreeMap<Place, TreeHash>, size: u64, height: u64) -> AncestorProof {
    AncestorProof::make(size, height, &|place| kept.get(&place).copied()).unwrap()
}

#[test]
fn the_root_is_that_of_the_whole_tree_at_every_size() {
    let (mut accumulator, mut leaves) = (Accumulator::new(), Vec::new());
    assert_eq!(accumulator.root(), root_of(0, &EMPTY_HASH));
    for height in 0..300 {
        accumulator.append(&block(height));
        leaves.push(leaf(height, &block(height)));
        assert_eq!(accumulator.root(), root_of(height + 1, &reference(&leaves, node)), "{height}");
        assert_eq!(accumulator.size(), height + 1);
        let places = peaks_of(height + 1);
        assert_eq!(places.len(), accumulator.peaks().len());
        assert_eq!(places.last().map(|place| place.last), Some(height));
    }
}

#[test]
fn every_block_is_proved_at_every_size_and_nowhere_else() {
    for size in 1..40 {
        let (accumulator, kept) = chain(size);
        let root = accumulator.root();
        for height in 0..size {
            let proof = proof(&kept, size, height);
            assert_eq!(path_length(size, height), Some(proof.path.len()));
            assert_eq!(proof.verify(&root, size, height, &block(height)), Ok(()));
            for other in (0..size + 2).filter(|other| *other != height) {
                assert!(proof.verify(&root, size, other, &block(height)).is_err(), "{size} {height} {other}");
                assert!(proof.verify(&root, size, other, &block(other)).is_err(), "{size} {height} {other}");
            }
            for wrong in (0..2 * size + 2).filter(|wrong| *wrong != size) {
                assert!(proof.verify(&root, wrong, height, &block(height)).is_err(), "{size} {height} {wrong}");
            }
        }
    }
}

#[test]
fn a_tree_with_its_last_leaf_doubled_has_another_root() {
    for size in 1..20 {
        let (once, _) = chain(size);
        let mut twice = once.clone();
        twice.append(&block(size - 1));
        assert_ne!(once.root(), twice.root());
        // Nor does the same head over another number of leaves have the same root.
        assert_ne!(root_of(size, &EMPTY_HASH), root_of(size + 1, &EMPTY_HASH));
    }
}

#[test]
fn an_inner_node_passes_for_no_leaf() {
    let (accumulator, kept) = chain(8);
    let root = accumulator.root();
    let whole = proof(&kept, 8, 5);
    // The 64 bytes below the node over blocks 4 and 5, as a block: a tree of four leaves of 64 bytes has the same nodes
    // above, and another root.
    let inner = Hash(kept[&Place { last: 5, level: 1 }]);
    let short = AncestorProof { path: whole.path[1..].to_vec() };
    for (size, height) in [(4, 2), (8, 5), (8, 4)] {
        assert!(short.verify(&root, size, height, &inner).is_err());
    }
    assert_eq!(climb(4, 2, inner.0, &short.path, node), Some(head(accumulator.peaks(), node)), "without a leaf's hash");
}

#[test]
fn what_is_left_out_is_named_and_bounds_hold() {
    let (accumulator, mut kept) = chain(13);
    let place = Place { last: 3, level: 2 };
    kept.remove(&place);
    let find = |place: Place| kept.get(&place).copied();
    assert_eq!(AncestorProof::make(13, 5, &find), Err(MmrError::Missing { place }));
    assert_eq!(AncestorProof::make(13, 13, &find), Err(MmrError::Position { found: 13, size: 13 }));
    assert_eq!(AncestorProof::make(0, 0, &find), Err(MmrError::Position { found: 0, size: 0 }));
    assert_eq!(path_length(u64::MAX, 0), Some(MAX_PATH));
    assert_eq!(peaks_of(u64::MAX).len(), MAX_PEAKS);
    assert!((0..64).all(|shift| path_length(u64::MAX, u64::MAX - (1 << shift)).unwrap() <= MAX_PATH));
    let peaks = accumulator.peaks().to_vec();
    assert_eq!(Accumulator::from_peaks(13, peaks.clone()), Ok(accumulator.clone()));
    assert_eq!(Accumulator::from_peaks(12, peaks.clone()), Err(MmrError::Peaks { found: 3, expected: 2 }));
    // Other peaks, or the same ones of another size, have another root: this is how a snapshot's are checked.
    let mut forged = peaks.clone();
    forged[1][0] ^= 1;
    assert_ne!(Accumulator::from_peaks(13, forged).unwrap().root(), accumulator.root());
    assert_ne!(Accumulator::from_peaks(14, peaks).unwrap().root(), accumulator.root());
}

#[test]
fn encodings_have_one_form() {
    let (accumulator, kept) = chain(77);
    let bytes = accumulator.encode();
    assert_eq!(bytes.len(), 8 + 32 * 4);
    assert_eq!(Accumulator::from_bytes(&bytes), Ok(accumulator));
    assert_eq!(Accumulator::from_bytes(&bytes[..bytes.len() - 1]), Err(MmrError::Malformed));
    assert_eq!(Accumulator::from_bytes(&[&bytes[..], &[0]].concat()), Err(MmrError::Malformed));
    let proof = proof(&kept, 77, 40);
    assert_eq!(AncestorProof::from_bytes(&proof.encode()), Ok(proof.clone()));
    assert_eq!(AncestorProof::from_bytes(&[&proof.encode()[..], &[0]].concat()), Err(MmrError::Malformed));
    let long = AncestorProof { path: vec![[1; 32]; MAX_PATH + 1] };
    assert_eq!(AncestorProof::from_bytes(&long.encode()), Err(MmrError::Malformed));
}

proptest! {
    #[test]
    fn nothing_of_a_proof_may_be_changed(
        size in 1_u64..3_000, height in any::<prop::sample::Index>(), flip in any::<prop::sample::Index>(),
    ) {
        let (accumulator, kept) = chain(size);
        let height = height.index(usize::try_from(size).unwrap()) as u64;
        let (root, good) = (accumulator.root(), proof(&kept, size, height));
        prop_assert_eq!(good.verify(&root, size, height, &block(height)), Ok(()));
        prop_assert!(good.verify(&root, size, height, &block(height + 1)).is_err());
        prop_assert!(good.path.len() <= 64 - size.leading_zeros() as usize);
        if good.path.is_empty() {
            return Ok(());
        }
        let mut bad = good.clone();
        let bit = flip.index(bad.path.len() * 256);
        bad.path[bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
        let wrong = bad.verify(&root, size, height, &block(height));
        let refused = matches!(wrong, Err(MmrError::WrongRoot { .. }));
        prop_assert!(refused);
        bad = good.clone();
        bad.path.remove(bit / 256);
        let wrong = bad.verify(&root, size, height, &block(height));
        let refused = matches!(wrong, Err(MmrError::Length { .. }));
        prop_assert!(refused);
        bad = good;
        bad.path.insert(bit / 256, [0; 32]);
        let wrong = bad.verify(&root, size, height, &block(height));
        let refused = matches!(wrong, Err(MmrError::Length { .. }));
        prop_assert!(refused);
    }
}

fn sha_leaf(data: &[u8]) -> TreeHash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

fn sha_node(left: &TreeHash, right: &TreeHash) -> TreeHash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    let digits = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digits).collect()
}

fn hash(value: &Value) -> Option<TreeHash> {
    bytes(value).try_into().ok()
}

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../tests/vectors/merkle_rfc6962.json")).expect("the vectors are JSON")
}

#[test]
fn tree_heads_are_those_of_rfc_6962() {
    let vectors = vectors();
    let tree = &vectors["ct_reference_tree"];
    let (mut peaks, mut size) = (Vec::new(), 0);
    let roots = tree["roots_of_first_n"].as_array().unwrap();
    for (data, root) in tree["leaves"].as_array().unwrap().iter().zip(&roots[1..]) {
        append(size, &mut peaks, sha_leaf(&bytes(data)), sha_node);
        size += 1;
        assert_eq!(Some(head(&peaks, sha_node)), hash(root), "{size}");
    }
    assert_eq!(size, 8);
}

#[test]
fn inclusion_proofs_are_those_of_rfc_6962() {
    let vectors = vectors();
    let cases = vectors["inclusion"].as_array().unwrap();
    let mut seen = (0, 0);
    for case in cases {
        let name: String = case["name"].as_str().unwrap().into();
        let (index, size) = (case["index"].as_u64().unwrap(), case["size"].as_u64().unwrap());
        let path: Option<Vec<TreeHash>> = case["proof"].as_array().unwrap().iter().map(hash).collect();
        let (leaf, root) = (hash(&case["leaf_hash"]), hash(&case["root"]));
        // What is not 32 bytes long cannot be a hash here.
        let holds = match (leaf, root, path) {
            (Some(leaf), Some(root), Some(path)) => climb(size, index, leaf, &path, sha_node) == Some(root),
            _ => false,
        };
        assert_eq!(holds, case["valid"].as_bool().unwrap(), "{name}");
        *if holds { &mut seen.0 } else { &mut seen.1 } += 1;
    }
    assert!(seen.0 >= 3 && seen.1 >= 40, "{seen:?}");
}

#[test]
fn a_list_whose_last_leaf_is_doubled_has_another_head() {
    let vectors = vectors();
    let doubled = &vectors["must_differ_in_your_tree (CVE-2012-2459)"];
    let leaves: Vec<TreeHash> = doubled["bitcoin_root_of"].as_array().unwrap().iter().filter_map(hash).collect();
    assert_eq!(leaves.len(), 3);
    let of = |leaves: &[TreeHash]| {
        let mut peaks = Vec::new();
        for (size, leaf) in (0..).zip(leaves) {
            append(size, &mut peaks, *leaf, sha_node);
        }
        head(&peaks, sha_node)
    };
    assert_ne!(of(&leaves), of(&[&leaves[..], &leaves[2..]].concat()));
}
