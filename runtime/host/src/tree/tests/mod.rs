//! The tree against a naive one, over random histories; what the tests share.

mod pages;
mod parts;
mod proofs;
mod updates;

use std::collections::BTreeMap;

use proptest::prelude::*;
use tenon_types::proof::{EMPTY_HASH, TreeHash, internal_hash, key_bit, leaf_hash};

use super::{Change, MemoryPages, PageDiff, update};

/// The entries that a tree should hold.
type Entries = BTreeMap<TreeHash, TreeHash>;

/// The definition of the root, followed to the letter.
fn reference_root(entries: &Entries) -> TreeHash {
    fn subtree(entries: &[(&TreeHash, &TreeHash)], depth: usize) -> TreeHash {
        match entries {
            [] => EMPTY_HASH,
            [(key, value)] => leaf_hash(key, value),
            _ => {
                let (right, left): (Vec<_>, Vec<_>) = entries.iter().partition(|(key, _)| key_bit(key, depth));
                internal_hash(&subtree(&left, depth + 1), &subtree(&right, depth + 1))
            }
        }
    }
    subtree(&entries.iter().collect::<Vec<_>>(), 0)
}

/// A tree in memory beside the entries it should hold.
#[derive(Clone, Default)]
struct Tree {
    entries: Entries,
    root: TreeHash,
    pages: MemoryPages,
}

impl Tree {
    fn of(entries: &Entries) -> Self {
        let mut tree = Self::default();
        tree.apply(&entries.iter().map(|(key, value)| (*key, Some(*value))).collect(), 1);
        tree
    }

    fn apply(&mut self, batch: &BTreeMap<TreeHash, Option<TreeHash>>, threads: usize) -> PageDiff {
        let changes: Vec<Change> = batch.iter().map(|(key, value)| (*key, *value)).collect();
        let done = update(&self.pages, self.root, &changes, threads).unwrap();
        self.root = done.root;
        self.pages.apply(&done.pages);
        for (key, value) in changes {
            match value {
                Some(value) => self.entries.insert(key, value),
                None => self.entries.remove(&key),
            };
        }
        done.pages
    }
}

/// Keys that lie apart, keys that share a page, and keys that differ in the last bits alone.
fn any_key() -> impl Strategy<Value = TreeHash> {
    prop_oneof![
        any::<TreeHash>(),
        any::<u8>().prop_map(|first| {
            let mut key = [0; 32];
            key[0] = first;
            key
        }),
        (0_u8..2, 0_u8..31, 0_u8..8).prop_map(|(first, at, bits)| {
            let mut key = [0; 32];
            key[0] = first;
            key[usize::from(at)] ^= bits;
            key[31] = bits;
            key
        }),
        (0_u8..4).prop_map(|last| {
            let mut key = [0x5a; 32];
            key[31] = last;
            key
        }),
    ]
}

fn any_entries(most: usize) -> impl Strategy<Value = Entries> {
    prop::collection::btree_map(any_key(), any::<TreeHash>(), 0..most)
}

/// Batches over few keys, so that many changes replace and remove.
fn any_history() -> impl Strategy<Value = Vec<BTreeMap<TreeHash, Option<TreeHash>>>> {
    prop::collection::vec(any_key(), 1..60).prop_flat_map(|keys| {
        let value = prop_oneof![Just(None), (0_u8..3).prop_map(|value| Some([value; 32]))];
        let change = (prop::sample::select(keys), value);
        prop::collection::vec(prop::collection::btree_map(change.0, change.1, 0..40), 1..8)
    })
}
