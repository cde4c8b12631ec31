//! Updates: the root and the pages depend on the entries alone.

use std::sync::Arc;

use proptest::prelude::*;
use tenon_types::proof::{EMPTY_HASH, leaf_hash};

use super::*;
use crate::tree::{LayeredPages, PageId, PageSource, TreeError, get};

proptest! {
    #[test]
    fn any_history_gives_the_tree_of_its_entries(history in any_history()) {
        let mut tree = Tree::default();
        for batch in &history {
            tree.apply(batch, 1);
            prop_assert_eq!(tree.root, reference_root(&tree.entries));
            // The pages too, so no removed page is left behind and none is missing.
            prop_assert_eq!(&tree.pages, &Tree::of(&tree.entries).pages);
        }
        for key in history.iter().flat_map(BTreeMap::keys) {
            let found = get(&tree.pages, tree.root, key).unwrap();
            prop_assert_eq!(found.as_ref(), tree.entries.get(key));
        }
    }

    #[test]
    fn changes_one_by_one_equal_one_batch(history in any_history(), backwards in any::<bool>()) {
        for batch in &history {
            let mut whole = Tree::of(&batch.keys().step_by(2).map(|key| (*key, [9; 32])).collect());
            let mut single = whole.clone();
            let mut changes: Vec<_> = batch.iter().collect();
            if backwards {
                changes.reverse();
            }
            for (key, value) in changes {
                single.apply(&BTreeMap::from([(*key, *value)]), 1);
            }
            whole.apply(batch, 1);
            prop_assert_eq!(whole.root, single.root);
            prop_assert_eq!(&whole.pages, &single.pages);
        }
    }

    #[test]
    fn removing_what_was_added_restores_the_tree(before in any_entries(40), added in any_entries(40)) {
        let mut tree = Tree::of(&before);
        let (root, pages) = (tree.root, tree.pages.clone());
        tree.apply(&added.iter().map(|(key, value)| (*key, Some(*value))).collect(), 1);
        tree.apply(&added.keys().map(|key| (*key, before.get(key).copied())).collect(), 1);
        prop_assert_eq!(tree.root, root);
        prop_assert_eq!(&tree.pages, &pages);
        tree.apply(&before.keys().map(|key| (*key, None)).collect(), 1);
        prop_assert_eq!(tree.root, EMPTY_HASH);
        prop_assert_eq!(tree.pages.sorted().len(), 0);
    }

    #[test]
    fn layered_diffs_read_like_one_map(base in any_entries(40), history in any_history()) {
        let mut tree = Tree::of(&base);
        let finalized = tree.pages.clone();
        let mut layers: Vec<Arc<PageDiff>> = Vec::new();
        for batch in &history {
            let changes: Vec<Change> = batch.iter().map(|(key, value)| (*key, *value)).collect();
            let done = update(&LayeredPages::new(layers.clone(), &finalized), tree.root, &changes, 1).unwrap();
            prop_assert_eq!(&tree.apply(batch, 1), &done.pages);
            layers.insert(0, Arc::new(done.pages));
        }
        let layered = LayeredPages::new(layers, &finalized);
        for (id, page) in tree.pages.sorted() {
            prop_assert_eq!(layered.page(id), Some(Arc::clone(page)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_number_of_threads_gives_the_same_update(
        entries in prop::collection::btree_map(any_key(), any::<TreeHash>(), 0..1500),
        added in prop::collection::btree_map(any_key(), any::<TreeHash>(), 600..1500),
        prefix in prop::option::of(any::<u8>()),
        one_before in any::<bool>(),
    ) {
        // Sometimes all keys share a prefix, so that one thread has all the work; sometimes the tree is one leaf.
        let place = |(mut key, value): (TreeHash, TreeHash)| {
            if let Some(prefix) = prefix {
                key[0] = prefix;
            }
            (key, value)
        };
        let most = if one_before { 1 } else { usize::MAX };
        let before: Entries = entries.into_iter().take(most).map(place).collect();
        let added: Entries = added.into_iter().map(place).collect();
        let mut batch: BTreeMap<_, _> = added.into_iter().map(|(key, value)| (key, Some(value))).collect();
        batch.extend(before.keys().step_by(2).map(|key| (*key, None)));
        for batch in [batch, before.keys().map(|key| (*key, None)).collect()] {
            let tree = Tree::of(&before);
            let mut single = tree.clone();
            let diff = single.apply(&batch, 1);
            prop_assert_eq!(single.root, reference_root(&single.entries));
            for threads in [2, 5, 200] {
                let mut many = tree.clone();
                prop_assert_eq!(&many.apply(&batch, threads), &diff);
                prop_assert_eq!(many.root, single.root);
            }
        }
    }
}

#[test]
fn no_change_yields_no_pages() {
    let mut tree = Tree::of(&(0..50).map(|first| ([first; 32], [1; 32])).collect());
    let root = tree.root;
    let idle = BTreeMap::from([([3; 32], Some([1; 32])), ([51; 32], None), ([60; 32], None)]);
    assert!(tree.apply(&idle, 1).is_empty());
    assert!(tree.apply(&BTreeMap::new(), 4).is_empty());
    assert_eq!(tree.root, root);
}

#[test]
fn lone_leaf_is_the_root_and_lies_in_the_root_page() {
    let mut tree = Tree::default();
    let diff = tree.apply(&BTreeMap::from([([8; 32], Some([1; 32]))]), 1);
    assert_eq!(tree.root, leaf_hash(&[8; 32], &[1; 32]));
    assert_eq!(diff.keys().collect::<Vec<_>>(), [&PageId::ROOT]);
    let diff = tree.apply(&BTreeMap::from([([8; 32], None)]), 1);
    assert_eq!(diff, PageDiff::from([(PageId::ROOT, None)]));
}

#[test]
fn keys_that_differ_in_the_last_bit_lie_in_the_last_page() {
    let mut last = [0; 32];
    last[31] = 1;
    let tree = Tree::of(&Entries::from([([0; 32], [1; 32]), (last, [2; 32])]));
    assert_eq!(tree.root, reference_root(&tree.entries));
    assert_eq!(tree.pages.sorted().len(), 43);
}

#[test]
#[should_panic(expected = "sorted by key hash and unique")]
fn refuses_unsorted_changes() {
    let _ = update(&MemoryPages::default(), EMPTY_HASH, &[([2; 32], None), ([1; 32], None)], 1);
}

#[test]
fn reports_missing_and_foreign_pages() {
    let entries: Entries = (0..200).map(|first| ([first; 32], [1; 32])).collect();
    let mut tree = Tree::of(&entries);
    let change = [([7; 32], Some([2; 32]))];
    let nothing = MemoryPages::default();
    assert_eq!(update(&nothing, tree.root, &change, 1), Err(TreeError::MissingPage { id: PageId::ROOT }));
    let foreign = Tree::of(&Entries::from([([1; 32], [1; 32])]));
    let found = foreign.root;
    let wrong = TreeError::WrongPage { id: PageId::ROOT, expected: tree.root, found };
    assert_eq!(update(&foreign.pages, tree.root, &change, 1), Err(wrong));
    // A lost page below the root is reported on one thread and on many.
    let below = *tree.pages.sorted()[1].0;
    tree.pages.apply(&PageDiff::from([(below, None)]));
    let all: Vec<Change> = (0..=255).map(|first| ([first; 32], Some([2; 32]))).collect();
    assert_eq!(update(&tree.pages, tree.root, &all, 1), Err(TreeError::MissingPage { id: below }));
    let more: Vec<Change> = (0..1024_u16)
        .map(|number| {
            let mut key = [0; 32];
            key[..2].copy_from_slice(&(number << 6).to_be_bytes());
            (key, Some([2; 32]))
        })
        .collect();
    assert_eq!(update(&tree.pages, tree.root, &more, 4), Err(TreeError::MissingPage { id: below }));
}
