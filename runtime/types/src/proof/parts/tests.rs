//! Random states cut at every depth: each part passes, and no other rows do in its place.

use alloc::collections::BTreeMap;
use alloc::vec;
use std::format;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::proof::TreeHash;

type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// A state cut at a depth, as a serving node has it.
struct Cut {
    root: TreeHash,
    depth: u8,
    hashes: Vec<PartHash>,
    parts: Vec<Rows>,
}

/// The definition of the tree, followed to the letter.
fn reference(leaves: &[(TreeHash, TreeHash)], depth: usize) -> TreeHash {
    match leaves {
        [] => EMPTY_HASH,
        [(key, value)] => leaf_hash(key, value),
        _ => {
            let (right, left): (Vec<_>, Vec<_>) = leaves.iter().partition(|(key, _)| key_bit(key, depth));
            internal_hash(&reference(&left, depth + 1), &reference(&right, depth + 1))
        }
    }
}

fn hashed(rows: &Rows) -> Vec<HashedRow> {
    rows.iter().map(|(key, value)| (key_hash(key), value_hash(value))).collect()
}

fn borrowed(rows: &Rows) -> Vec<PartRow<'_>> {
    rows.iter().map(|(key, value)| (&key[..], &value[..])).collect()
}

fn sort(rows: &mut Rows) {
    rows.sort_by_key(|(key, _)| key_hash(key));
}

fn cut(state: &BTreeMap<Vec<u8>, Vec<u8>>, depth: u8) -> Cut {
    let mut parts = vec![Rows::new(); part_count(depth).unwrap()];
    for (key, value) in state {
        parts[part_of(&key_hash(key), depth) as usize].push((key.clone(), value.clone()));
    }
    parts.iter_mut().for_each(sort);
    let all: Vec<_> = parts.iter().flat_map(hashed).collect();
    let hash = |rows: &Rows| match &hashed(rows)[..] {
        [] => PartHash::Empty,
        [(key, value)] => PartHash::Leaf(leaf_hash(key, value)),
        leaves => PartHash::Node(reference(leaves, usize::from(depth))),
    };
    let mut hashes: Vec<PartHash> = parts.iter().map(hash).collect();
    settle_leaves(&mut hashes);
    Cut { root: reference(&all, 0), depth, hashes, parts }
}

impl Cut {
    fn check(&self, part: usize, rows: &Rows) -> Result<(), PartError> {
        verify_part(part as u32, self.depth, &self.hashes[part], &borrowed(rows))
    }

    /// A part with rows, the more likely the more rows it has.
    fn occupied(&self, at: Index) -> usize {
        let owners = self.parts.iter().enumerate().flat_map(|(part, rows)| rows.iter().map(move |_| part));
        let owners: Vec<usize> = owners.collect();
        *at.get(&owners)
    }
}

fn any_state(least: usize) -> impl Strategy<Value = BTreeMap<Vec<u8>, Vec<u8>>> {
    let key = prop::collection::vec(any::<u8>(), 1..4);
    prop::collection::btree_map(key, prop::collection::vec(any::<u8>(), 0..5), least..120)
}

fn wrong_hash(result: Result<(), PartError>) -> bool {
    matches!(result, Err(PartError::WrongHash { .. }))
}

fn elsewhere(result: Result<(), PartError>) -> bool {
    matches!(result, Err(PartError::Elsewhere { .. }))
}

proptest! {
    #[test]
    fn the_parts_of_any_state_pass_at_any_depth(state in any_state(0), depth in 0..=MAX_PART_DEPTH) {
        let cut = cut(&state, depth);
        prop_assert_eq!(verify_parts(&cut.root, depth, &cut.hashes), Ok(()));
        let mut found = BTreeMap::new();
        for (part, rows) in cut.parts.iter().enumerate() {
            let bytes = encode_part(&borrowed(rows)).unwrap();
            let sizes: usize = rows.iter().map(|(key, value)| row_bytes(key, value)).sum();
            prop_assert_eq!(bytes.len(), compact_bytes(rows.len()) + sizes);
            let decoded = decode_part(&bytes).unwrap();
            prop_assert_eq!(verify_part(part as u32, depth, &cut.hashes[part], &decoded), Ok(()));
            found.extend(decoded.iter().map(|(key, value)| (key.to_vec(), value.to_vec())));
        }
        prop_assert_eq!(found, state);
    }

    #[test]
    fn a_changed_missing_surplus_or_moved_row_is_refused(
        state in any_state(2), depth in 0..=MAX_PART_DEPTH, at in any::<Index>(), which in any::<Index>(),
        flip in 1_u8.., new in prop::collection::vec(any::<u8>(), 4),
    ) {
        let cut = cut(&state, depth);
        let part = cut.occupied(at);
        let good = cut.parts[part].clone();
        let row = which.index(good.len());

        let mut changed = good.clone();
        match changed[row].1.first_mut() {
            Some(byte) => *byte ^= flip,
            None => changed[row].1.push(flip),
        }
        prop_assert!(wrong_hash(cut.check(part, &changed)));

        let mut missing = good.clone();
        let moved = missing.remove(row);
        prop_assert!(wrong_hash(cut.check(part, &missing)));

        // The new key is longer than any other.
        let mut surplus = good.clone();
        surplus.push((new.clone(), vec![]));
        sort(&mut surplus);
        let place = surplus.iter().position(|(key, _)| *key == new).unwrap();
        let home = part_of(&key_hash(&new), depth);
        let refusal = cut.check(part, &surplus);
        if home as usize == part {
            prop_assert!(wrong_hash(refusal));
        } else {
            let expected = part as u32;
            prop_assert_eq!(refusal, Err(PartError::Elsewhere { row: place, found: home, expected }));
        }

        let mut twice = good.clone();
        twice.insert(row, good[row].clone());
        prop_assert_eq!(cut.check(part, &twice), Err(PartError::Unordered { row: row + 1 }));

        let other = (part + 1) % cut.parts.len();
        if other != part {
            let mut rows = cut.parts[other].clone();
            rows.push(moved);
            sort(&mut rows);
            prop_assert!(elsewhere(cut.check(other, &rows)));
            prop_assert!(elsewhere(cut.check(other, &good)));
        }
        if good.len() > 1 {
            let mut reversed = good;
            reversed.reverse();
            prop_assert_eq!(cut.check(part, &reversed), Err(PartError::Unordered { row: 1 }));
        }
    }

    #[test]
    fn hashes_of_parts_that_do_not_give_the_root_are_refused(
        state in any_state(1), depth in 0..=MAX_PART_DEPTH, at in any::<Index>(), byte in 0..32_usize, flip in 1_u8..,
    ) {
        let cut = cut(&state, depth);
        let part = cut.occupied(at);
        let wrong = |hashes: &[PartHash]| {
            let refusal = verify_parts(&cut.root, depth, hashes);
            let is_wrong = matches!(refusal, Err(PartError::WrongRoot { .. }));
            prop_assert!(is_wrong, "{:?}", refusal);
            Ok(())
        };
        let mut hashes = cut.hashes.clone();
        let mut hash = hashes[part].hash();
        hash[byte] ^= flip;
        hashes[part] = PartHash::Node(hash);
        wrong(&hashes)?;
        hashes[part] = PartHash::Empty;
        wrong(&hashes)?;
        for nothing in [PartHash::Leaf(EMPTY_HASH), PartHash::Node(EMPTY_HASH)] {
            hashes[part] = nothing;
            prop_assert_eq!(verify_parts(&cut.root, depth, &hashes), Err(PartError::NoHash { part }));
        }
        // One state has one list: a leaf is a node, and the other way round, nowhere.
        hashes = cut.hashes.clone();
        let alone = depth > 0 && cut.hashes[part ^ 1] == PartHash::Empty;
        hashes[part] = match cut.hashes[part] {
            PartHash::Leaf(hash) => PartHash::Node(hash),
            part => PartHash::Leaf(part.hash()),
        };
        if alone {
            wrong(&hashes)?;
        } else {
            prop_assert_eq!(verify_parts(&cut.root, depth, &hashes), Err(PartError::NotAlone { part }));
        }
        // A lone leaf rises from either side to the same place, and is found in the wrong part by its rows.
        if depth > 0 && !matches!(cut.hashes[part], PartHash::Leaf(_)) {
            let mut swapped = cut.hashes.clone();
            swapped.swap(part, part ^ 1);
            wrong(&swapped)?;
        }
        prop_assert_eq!(
            verify_parts(&cut.root, depth, &cut.hashes[1..]),
            Err(PartError::Count { found: cut.hashes.len() - 1, expected: cut.hashes.len() })
        );
    }

    #[test]
    fn bytes_that_are_not_exactly_rows_are_refused(state in any_state(1), at in any::<Index>(), more in any::<u8>()) {
        let rows: Rows = state.into_iter().collect();
        let bytes = encode_part(&borrowed(&rows)).unwrap();
        prop_assert_eq!(decode_part(&bytes).unwrap(), borrowed(&rows));
        prop_assert_eq!(decode_part(&bytes[..at.index(bytes.len())]), Err(PartError::Malformed));
        let longer = [&bytes[..], &[more]].concat();
        prop_assert_eq!(decode_part(&longer), Err(PartError::Malformed));
    }

    #[test]
    fn any_bytes_are_rows_in_one_form_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Ok(rows) = decode_part(&bytes) {
            prop_assert_eq!(encode_part(&rows), Ok(bytes));
        }
    }
}

#[test]
fn what_lies_beyond_the_bounds_is_refused() {
    assert_eq!(part_count(MAX_PART_DEPTH), Ok(4_096));
    assert_eq!(part_count(13), Err(PartError::Depth { found: 13 }));
    assert_eq!(verify_parts(&EMPTY_HASH, 13, &[]), Err(PartError::Depth { found: 13 }));
    let none = PartHash::Empty;
    assert_eq!(verify_part(4, 2, &none, &[]), Err(PartError::NoSuchPart { found: 4, expected: 4 }));
    assert_eq!(verify_part(0, 13, &none, &[]), Err(PartError::Depth { found: 13 }));
    let bytes = vec![0; MAX_PART_BYTES + 1];
    assert_eq!(decode_part(&bytes), Err(PartError::TooLarge { found: bytes.len() }));
    let found = 1 + 2 + 4 + bytes.len();
    assert_eq!(encode_part(&[(b"k", &bytes)]), Err(PartError::TooLarge { found }));
    // A count of a million rows in five bytes reserves nothing.
    assert_eq!(decode_part(&[2, 0x09, 0x3d, 0, 0]), Err(PartError::Malformed));
    assert_eq!(decode_part(&[]), Err(PartError::Malformed));
    assert_eq!(decode_part(&[0]), Ok(vec![]));
}

#[test]
fn a_refusal_says_what_was_found_and_what_was_expected() {
    let refusal = PartError::Elsewhere { row: 1, found: 2, expected: 3 };
    assert_eq!(format!("{refusal}"), "row 1 belongs to part 2, expected part 3");
    let refusal = PartError::Count { found: 1, expected: 2 };
    assert_eq!(format!("{refusal}"), "found the hashes of 1 parts, expected 2");
}
