//! Trees cut at every depth: the hashes of the parts give the root, and each part holds its own leaves.

use proptest::prelude::*;
use tenon_types::proof::{
    HashedRow, MAX_PART_DEPTH, PartError, PartHash, part_count, part_of, verify_hashed_part, verify_parts,
};

use super::*;
use crate::tree::{CutError, PageId, TreeError, part_hashes};

/// The leaves of each part.
fn parts_of(entries: &Entries, depth: u8) -> Vec<Vec<HashedRow>> {
    let mut parts = vec![Vec::new(); part_count(depth).unwrap()];
    for (key, value) in entries {
        parts[part_of(key, depth) as usize].push((*key, *value));
    }
    parts
}

proptest! {
    #[test]
    fn the_parts_of_a_tree_are_those_of_its_entries(entries in any_entries(200), depth in 0..=MAX_PART_DEPTH) {
        let tree = Tree::of(&entries);
        let hashes = part_hashes(&tree.pages, tree.root, depth).unwrap();
        prop_assert_eq!(verify_parts(&tree.root, depth, &hashes), Ok(()));
        for ((part, hash), rows) in (0_u32..).zip(&hashes).zip(&parts_of(&entries, depth)) {
            prop_assert_eq!(verify_hashed_part(part, depth, hash, rows), Ok(()), "part {}", part);
            prop_assert_eq!(*hash == PartHash::Empty, rows.is_empty(), "part {}", part);
        }
    }

    #[test]
    fn parts_in_any_order_make_the_same_tree_anew(
        entries in any_entries(200), depth in 0..=MAX_PART_DEPTH, turn in any::<prop::sample::Index>(),
    ) {
        let tree = Tree::of(&entries);
        let mut parts = parts_of(&entries, depth);
        let count = parts.len();
        parts.rotate_left(turn.index(count));
        let mut copy = Tree::default();
        for rows in parts {
            copy.apply(&rows.into_iter().map(|(key, value)| (key, Some(value))).collect(), 1);
        }
        prop_assert_eq!(copy.root, tree.root);
        prop_assert_eq!(copy.pages, tree.pages);
    }
}

#[test]
fn a_cut_that_is_too_deep_or_through_a_missing_page_is_refused() {
    let entries = (0..200_u8).map(|first| ([first; 32], [1; 32])).collect();
    let tree = Tree::of(&entries);
    let refusal = part_hashes(&tree.pages, tree.root, 13);
    assert_eq!(refusal, Err(CutError::Depth(PartError::Depth { found: 13 })));
    let missing = Err(CutError::Tree(TreeError::MissingPage { id: PageId::ROOT }));
    assert_eq!(part_hashes(&MemoryPages::default(), tree.root, 4), missing);
    assert_eq!(part_hashes(&MemoryPages::default(), EMPTY_HASH, 1), Ok(vec![PartHash::Empty; 2]));
}
