//! Proofs: each claim that holds has one, and nothing else passes.

use proptest::prelude::*;
use tenon_types::proof::{EMPTY_HASH, MAX_MULTIPROOF_KEYS, MultiProof, Proof, ProofError};

use parity_scale_codec::Encode;

use super::*;
use crate::tree::{TreeError, prove, prove_many};

/// Keys of the tree, keys beside them and keys far from them.
fn probes(entries: &Entries, others: &[TreeHash]) -> Vec<TreeHash> {
    let beside = entries.keys().map(|key| {
        let mut key = *key;
        key[31] ^= 1;
        key
    });
    let mut keys: Vec<_> = entries.keys().copied().chain(beside).chain(others.iter().copied()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn any_keys() -> impl Strategy<Value = Vec<TreeHash>> {
    prop::collection::vec(any_key(), 1..10)
}

proptest! {
    #[test]
    fn every_key_has_a_proof_of_its_value_or_absence(entries in any_entries(50), others in any_keys()) {
        let tree = Tree::of(&entries);
        for key in probes(&entries, &others) {
            let proof = prove(&tree.pages, tree.root, &key).unwrap();
            prop_assert_eq!(proof.verify_hashed(&tree.root, &key), Ok(entries.get(&key).copied()));
            prop_assert_eq!(Proof::from_bytes(&proof.encode()), Ok(proof));
        }
    }

    #[test]
    fn any_mutation_of_a_proof_is_refused(
        entries in any_entries(50), others in any_keys(), at in any::<prop::sample::Index>(), flip in 1_u8..,
    ) {
        let tree = Tree::of(&entries);
        for key in probes(&entries, &others) {
            let proof = prove(&tree.pages, tree.root, &key).unwrap();
            let mut root = tree.root;
            root[at.index(32)] ^= flip;
            prop_assert!(proof.verify_hashed(&root, &key).is_err());
            // For another key a proof may hold as well, but never for what is not so.
            let mut other = key;
            other[at.index(32)] ^= flip;
            if let Ok(claim) = proof.verify_hashed(&tree.root, &other) {
                prop_assert_eq!(claim, entries.get(&other).copied());
            }
            let mut bytes = proof.encode();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let claim = Proof::from_bytes(&bytes).and_then(|proof| proof.verify_hashed(&tree.root, &key));
            prop_assert!(claim.is_err());
            let mut longer = proof.clone();
            let place = at % (proof.siblings.len() + 1);
            longer.siblings.insert(place, if flip & 1 == 0 { EMPTY_HASH } else { [flip; 32] });
            prop_assert!(longer.verify_hashed(&tree.root, &key).is_err());
            let mut shorter = proof;
            if !shorter.siblings.is_empty() {
                shorter.siblings.remove(at % shorter.siblings.len());
                prop_assert!(shorter.verify_hashed(&tree.root, &key).is_err());
            }
        }
    }

    #[test]
    fn one_multiproof_covers_any_set_of_keys(
        entries in any_entries(50), others in any_keys(), picks in prop::collection::vec(any::<bool>(), 120),
    ) {
        let tree = Tree::of(&entries);
        let mut keys = probes(&entries, &others);
        let mut picks = picks.into_iter();
        keys.retain(|_| picks.next().unwrap_or(true));
        if keys.is_empty() {
            return Ok(());
        }
        let proof = prove_many(&tree.pages, tree.root, &keys).unwrap();
        let values: Vec<_> = keys.iter().map(|key| entries.get(key).copied()).collect();
        prop_assert_eq!(proof.verify_hashed(&tree.root, &keys), Ok(values));
        prop_assert_eq!(MultiProof::from_bytes(&proof.encode()), Ok(proof.clone()));
        // The order in which they are asked for makes no difference.
        keys.reverse();
        prop_assert_eq!(prove_many(&tree.pages, tree.root, &keys), Ok(proof));
    }

    #[test]
    fn any_mutation_of_a_multiproof_is_refused(
        entries in any_entries(30), others in any_keys(), at in any::<prop::sample::Index>(), flip in 1_u8..,
    ) {
        let tree = Tree::of(&entries);
        let keys = probes(&entries, &others);
        let proof = prove_many(&tree.pages, tree.root, &keys[..keys.len().div_ceil(2)]).unwrap();
        let keys = &keys[..keys.len().div_ceil(2)];
        let mut root = tree.root;
        root[at.index(32)] ^= flip;
        prop_assert!(proof.verify_hashed(&root, keys).is_err());
        let mut bytes = proof.encode();
        let place = at.index(bytes.len());
        bytes[place] ^= flip;
        let claim = MultiProof::from_bytes(&bytes).and_then(|proof| proof.verify_hashed(&tree.root, keys));
        prop_assert!(claim.is_err());
        let mut changed = proof.clone();
        let place = at.index(changed.siblings.len() + 1);
        changed.siblings.insert(place, [flip; 32]);
        prop_assert!(changed.verify_hashed(&tree.root, keys).is_err());
        changed = proof.clone();
        changed.siblings.reverse();
        prop_assert!(changed == proof || changed.verify_hashed(&tree.root, keys).is_err());
        changed = proof.clone();
        changed.terminals.reverse();
        prop_assert!(changed == proof || changed.verify_hashed(&tree.root, keys).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_no_proof(bytes in prop::collection::vec(any::<u8>(), 0..400), key in any_key()) {
        if let Ok(proof) = Proof::from_bytes(&bytes) {
            prop_assert_eq!(proof.encode(), bytes.clone());
            prop_assert!(proof.verify_hashed(&[1; 32], &key).is_err());
        }
        if let Ok(proof) = MultiProof::from_bytes(&bytes) {
            prop_assert_eq!(proof.encode(), bytes);
            prop_assert!(proof.verify_hashed(&[1; 32], &[key]).is_err());
        }
    }
}

#[test]
fn multiproof_is_bounded_by_its_number_of_keys() {
    let tree = Tree::of(&Entries::from([([1; 32], [1; 32])]));
    assert_eq!(prove_many(&tree.pages, tree.root, &[]), Err(TreeError::NoKeys));
    let keys: Vec<TreeHash> = (0_u16..1025)
        .map(|number| {
            let mut key = [0; 32];
            key[..2].copy_from_slice(&number.to_be_bytes());
            key
        })
        .collect();
    let most = TreeError::TooManyKeys { limit: MAX_MULTIPROOF_KEYS, found: 1025 };
    assert_eq!(prove_many(&tree.pages, tree.root, &keys), Err(most));
    let proof = prove_many(&tree.pages, tree.root, &keys[1..]).unwrap();
    assert_eq!(proof.terminals.len(), 1);
    assert_eq!(proof.verify_hashed(&tree.root, &keys[1..]).map(|values| values.len()), Ok(1024));
}

#[test]
fn multiproof_is_smaller_than_its_proofs_apart() {
    let entries: Entries = (0..=255).map(|first| ([first; 32], [1; 32])).collect();
    let tree = Tree::of(&entries);
    let keys: Vec<TreeHash> = entries.keys().step_by(8).copied().collect();
    let together = prove_many(&tree.pages, tree.root, &keys).unwrap().encode().len();
    let apart: usize = keys.iter().map(|key| prove(&tree.pages, tree.root, key).unwrap().encode().len()).sum();
    assert!(together * 3 < apart * 2, "{together} bytes together, {apart} apart");
}

#[test]
fn proof_of_the_deepest_leaf_has_256_siblings() {
    let mut last = [0; 32];
    last[31] = 1;
    let tree = Tree::of(&Entries::from([([0; 32], [1; 32]), (last, [2; 32])]));
    let proof = prove(&tree.pages, tree.root, &last).unwrap();
    assert_eq!(proof.siblings.len(), 256);
    assert_eq!(proof.verify_hashed(&tree.root, &last), Ok(Some([2; 32])));
    let other = [0x80; 32];
    let absent = prove(&tree.pages, tree.root, &other).unwrap();
    assert_eq!(absent.verify_hashed(&tree.root, &other), Ok(None));
    assert_eq!(proof.verify_hashed(&tree.root, &other), Err(ProofError::LeafOffPath { depth: 256 }));
}
