//! Hand-built trees of one to three leaves, checked without the tree's own code.

use alloc::vec;

use super::*;

/// A key hash whose first byte is `first`.
fn key(first: u8) -> TreeHash {
    let mut hash = [7; 32];
    hash[0] = first;
    hash
}

fn leaf(first: u8) -> Terminal {
    Terminal::Leaf { key_hash: key(first), value_hash: [first; 32] }
}

/// Leaves at 0b00.., 0b01.. and 0b1..: the root's right child is a leaf, its left child an internal node.
fn three() -> (TreeHash, TreeHash) {
    let inner = internal_hash(&leaf(0x00).hash(), &leaf(0x40).hash());
    (internal_hash(&inner, &leaf(0x80).hash()), inner)
}

#[test]
fn hashes_are_domain_separated_and_stable() {
    let input = [[1; 32], [2; 32]].concat();
    assert_eq!(leaf_hash(&[1; 32], &[2; 32]), *blake3::keyed_hash(&[1; 32], &input).as_bytes());
    assert_eq!(internal_hash(&[1; 32], &[2; 32]), *blake3::keyed_hash(&[2; 32], &input).as_bytes());
    assert_eq!(key_hash(b"k"), *blake3::hash(b"k").as_bytes());
}

#[test]
fn prefix_comparison_counts_bits() {
    let (a, mut b) = ([0; 32], [0; 32]);
    b[1] = 0b0001_0000;
    assert!(shares_prefix(&a, &b, 11));
    assert!(!shares_prefix(&a, &b, 12));
    assert!(shares_prefix(&a, &a, 256));
    b = [0; 32];
    b[31] = 1;
    assert!(shares_prefix(&a, &b, 255));
    assert!(!shares_prefix(&a, &b, 256));
}

#[test]
fn empty_tree_proves_absence_of_any_key() {
    let proof = Proof { terminal: Terminal::Empty, siblings: vec![] };
    assert_eq!(proof.verify(&EMPTY_HASH, b"any"), Ok(None));
    assert!(matches!(proof.verify(&[1; 32], b"any"), Err(ProofError::WrongRoot { .. })));
}

#[test]
fn proves_presence_and_absence_by_another_leaf() {
    let (root, _) = three();
    let siblings = vec![leaf(0x80).hash(), leaf(0x00).hash()];
    let proof = Proof { terminal: leaf(0x40), siblings };
    assert_eq!(proof.verify_hashed(&root, &key(0x40)), Ok(Some([0x40; 32])));
    assert_eq!(proof.verify_hashed(&root, &key(0x41)), Ok(None));
    assert_eq!(proof.verify_hashed(&root, &key(0x01)), Err(ProofError::LeafOffPath { depth: 2 }));
    assert_eq!(Proof::from_bytes(&proof.encode()), Ok(proof));
}

#[test]
fn refuses_swapped_missing_and_surplus_siblings() {
    let (root, _) = three();
    let good = Proof { terminal: leaf(0x40), siblings: vec![leaf(0x80).hash(), leaf(0x00).hash()] };
    let mut bad = good.clone();
    bad.siblings.reverse();
    assert!(bad.verify_hashed(&root, &key(0x40)).is_err());
    bad = good.clone();
    bad.siblings.pop();
    assert!(bad.verify_hashed(&root, &key(0x40)).is_err());
    bad = good;
    bad.siblings.push(EMPTY_HASH);
    assert_eq!(bad.verify_hashed(&root, &key(0x40)), Err(ProofError::NotCompact { depth: 2 }));
    bad.siblings = vec![[1; 32]; 257];
    assert_eq!(bad.verify_hashed(&root, &key(0x40)), Err(ProofError::TooDeep { found: 257 }));
}

#[test]
fn refuses_trailing_bytes_and_lengths_beyond_the_bound() {
    let proof = Proof { terminal: Terminal::Empty, siblings: vec![[1; 32]; 256] };
    let mut bytes = proof.encode();
    assert_eq!(Proof::from_bytes(&bytes), Ok(proof.clone()));
    bytes.push(0);
    assert_eq!(Proof::from_bytes(&bytes), Err(ProofError::Malformed));
    let long = Proof { siblings: vec![[1; 32]; 257], ..proof };
    assert_eq!(Proof::from_bytes(&long.encode()), Err(ProofError::Malformed));
    let multi = MultiProof { terminals: vec![], siblings: vec![[1; 32]; 3] };
    assert_eq!(MultiProof::from_bytes(&multi.encode()), Ok(multi.clone()));
    let deep = MultiTerminal { depth: 257, terminal: Terminal::Empty };
    let multi = MultiProof { terminals: vec![deep], ..multi };
    assert_eq!(MultiProof::from_bytes(&multi.encode()), Err(ProofError::Malformed));
}

#[test]
fn multiproof_shares_siblings_and_covers_absent_keys() {
    let (root, _) = three();
    let at = |depth, first| MultiTerminal { depth, terminal: leaf(first) };
    let proof = MultiProof { terminals: vec![at(2, 0x40), at(1, 0x80)], siblings: vec![leaf(0x00).hash()] };
    let keys = [key(0x40), key(0x41), key(0x80)];
    assert_eq!(proof.verify_hashed(&root, &keys), Ok(vec![Some([0x40; 32]), None, Some([0x80; 32])]));
    // The same claims do not cover the subtree that was only a sibling.
    assert!(proof.verify_hashed(&root, &[key(0x00), key(0x40), key(0x80)]).is_err());
    let mut surplus = proof.clone();
    surplus.siblings.push([9; 32]);
    assert_eq!(surplus.verify_hashed(&root, &keys), Err(ProofError::Surplus));
    let mut short = proof.clone();
    short.terminals.pop();
    assert_eq!(short.verify_hashed(&root, &keys), Err(ProofError::Incomplete));
    assert_eq!(proof.verify_hashed(&root, &[]), Err(ProofError::NoKeys));
    assert_eq!(proof.verify_hashed(&root, &[keys[1], keys[0]]), Err(ProofError::KeysUnordered));
    let many = vec![key(0); MAX_MULTIPROOF_KEYS + 1];
    assert_eq!(proof.verify_hashed(&root, &many), Err(ProofError::TooManyKeys { found: MAX_MULTIPROOF_KEYS + 1 }));
}

#[test]
fn multiproof_answers_in_the_order_of_the_keys_given() {
    let keys: [&[u8]; 2] = [b"one", b"two"];
    let entry = |key: &[u8]| Terminal::Leaf { key_hash: key_hash(key), value_hash: value_hash(key) };
    let mut leaves = [entry(keys[0]), entry(keys[1])];
    // The two hashes differ in some early bit; below the common prefix they are siblings.
    let (a, b) = (key_hash(keys[0]), key_hash(keys[1]));
    if a > b {
        leaves.reverse();
    }
    let depth = (0..256).find(|&depth| key_bit(&a, depth) != key_bit(&b, depth)).unwrap();
    let mut root = internal_hash(&leaves[0].hash(), &leaves[1].hash());
    for level in (0..depth).rev() {
        root = if key_bit(&a, level) { internal_hash(&EMPTY_HASH, &root) } else { internal_hash(&root, &EMPTY_HASH) };
    }
    let depth = u16::try_from(depth + 1).unwrap();
    let terminals = leaves.iter().map(|terminal| MultiTerminal { depth, terminal: *terminal }).collect();
    let proof = MultiProof { terminals, siblings: vec![EMPTY_HASH; usize::from(depth) - 1] };
    let values = vec![Some(value_hash(keys[0])), Some(value_hash(keys[1]))];
    assert_eq!(proof.verify(&root, &keys), Ok(values));
    assert_eq!(proof.verify(&root, &[keys[0], keys[0]]), Err(ProofError::KeysUnordered));
}
