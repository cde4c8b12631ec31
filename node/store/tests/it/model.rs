//! Random histories against a model in memory: every kept height, both directions, and taking blocks back.

use std::{collections::BTreeMap, ops::Bound};

use proptest::prelude::*;
use tenon_store::{Change, Direction, Options, Row, Scan, Store};

use crate::support::{Block, Rows, hash, options};

const HISTORY_BLOCKS: u64 = 6;
/// Few bytes, among them those that the escaping treats apart, so that keys collide and nest.
const ALPHABET: [u8; 4] = [0x00, 0x01, 0x61, 0xff];

/// A prefix, where to start, whether descending, and a limit.
type Range = (Vec<u8>, Bound<Vec<u8>>, bool, usize);

#[derive(Clone, Debug)]
enum Step {
    Commit { state: Vec<Change>, pages: Vec<Change> },
    CommitTwo { first: Vec<Change>, second: Vec<Change> },
    Rollback { back: u64 },
    Reopen,
    Compact,
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(&ALPHABET[..]), 1..4)
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let value = prop::option::of(prop::collection::vec(any::<u8>(), 0..6));
    prop::collection::btree_map(key(), value, 0..12).prop_map(|rows| rows.into_iter().rev().collect())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (changes(), changes()).prop_map(|(state, pages)| Step::Commit { state, pages }),
        3 => (changes(), changes()).prop_map(|(first, second)| Step::CommitTwo { first, second }),
        2 => (0..5_u64).prop_map(|back| Step::Rollback { back }),
        1 => Just(Step::Reopen),
        1 => Just(Step::Compact),
    ]
}

fn scan() -> impl Strategy<Value = Range> {
    let start = prop_oneof![Just(Bound::Unbounded), key().prop_map(Bound::Included), key().prop_map(Bound::Excluded)];
    (prop::collection::vec(prop::sample::select(&ALPHABET[..]), 0..3), start, any::<bool>(), 0..20_usize)
}

/// What the store must hold: the rows after each height, and the forks that were committed.
#[derive(Default)]
struct Model {
    heights: BTreeMap<u64, (Rows, Rows)>,
    next: u64,
    fork: u8,
    parent: [u8; 32],
}

impl Model {
    fn block(&mut self, state: Vec<Change>, pages: Vec<Change>) -> (Block, [u8; 32]) {
        let block = Block { height: self.next, fork: self.fork, state, pages, ..Block::default() };
        let parent = self.parent;
        let (mut state, mut pages) =
            self.next.checked_sub(1).map_or_else(Default::default, |below| self.heights[&below].clone());
        block.apply(&mut state, &mut pages);
        self.heights.insert(self.next, (state, pages));
        self.parent = hash(self.next, self.fork);
        self.next += 1;
        (block, parent)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_random_history_reads_like_its_model(
        steps in prop::collection::vec(step(), 1..25),
        scans in prop::collection::vec(scan(), 4),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let options = Options { history_blocks: HISTORY_BLOCKS, ..options() };
        let mut store = Store::open(directory.path(), &options).unwrap();
        let (mut model, mut oldest) = (Model::default(), 0);
        for step in steps {
            match step {
                Step::Commit { state, pages } => {
                    let (block, parent) = model.block(state, pages);
                    store.commit(&block.batch(parent, &block.body())).unwrap();
                }
                Step::CommitTwo { first, second } => {
                    let (first, second) = (model.block(first.clone(), second.clone()), model.block(second, first));
                    let bodies = [first.0.body(), second.0.body()];
                    let batches = [first.0.batch(first.1, &bodies[0]), second.0.batch(second.1, &bodies[1])];
                    store.commit_many(&batches).unwrap();
                }
                Step::Rollback { back } => {
                    let Some(newest) = model.next.checked_sub(1) else { continue };
                    let target = newest.saturating_sub(back).max(oldest);
                    store.rollback_to(target).unwrap();
                    model.heights.retain(|height, _| *height <= target);
                    model.next = target + 1;
                    model.fork = model.fork.wrapping_add(1);
                    model.parent = store.finalized().unwrap().unwrap().hash;
                }
                Step::Reopen => {
                    drop(store);
                    store = Store::open(directory.path(), &options).unwrap();
                }
                Step::Compact => store.compact(),
            }
            oldest = oldest.max(model.next.saturating_sub(1).saturating_sub(HISTORY_BLOCKS));
            check(&store, &model, oldest, &scans);
        }
    }
}

fn check(store: &Store, model: &Model, oldest: u64, scans: &[Range]) {
    let Some(newest) = model.next.checked_sub(1) else { return assert_eq!(store.finalized().unwrap(), None) };
    let finalized = store.finalized().unwrap().unwrap();
    assert_eq!((finalized.height, finalized.hash, finalized.oldest), (newest, model.parent, oldest));
    for (height, (state, pages)) in model.heights.range(oldest..) {
        let at = store.state_at(*height).unwrap();
        for (prefix, start, descending, limit) in scans {
            let start = start.as_ref().map(Vec::as_slice);
            let mut scan = Scan::prefix(prefix).from(start);
            if *descending {
                scan = scan.descending();
            }
            let expected = expected(state, &scan, *limit);
            assert_eq!(at.scan(&scan, *limit).unwrap(), expected, "height {height} of {newest}, {scan:?}");
            if *height == newest {
                assert_eq!(store.scan(&scan, *limit).unwrap(), expected, "newest {newest}, {scan:?}");
            }
        }
        let known = model.heights.values().flat_map(|(state, pages)| state.keys().chain(pages.keys()));
        for key in known.collect::<std::collections::BTreeSet<_>>() {
            assert_eq!(at.get(key).unwrap().as_ref(), state.get(key), "height {height}, key {key:?}");
            assert_eq!(at.page(key).unwrap().as_ref(), pages.get(key), "height {height}, page {key:?}");
        }
    }
}

/// The rows that a scan must find, by filtering all of them.
fn expected(rows: &Rows, scan: &Scan<'_>, limit: usize) -> Vec<Row> {
    let ascending = scan.direction == Direction::Ascending;
    let inside = |key: &[u8]| match scan.start {
        Bound::Unbounded => true,
        Bound::Included(start) => key == start || (key > start) == ascending,
        Bound::Excluded(start) => key != start && (key > start) == ascending,
    };
    let mut found: Vec<Row> = rows
        .iter()
        .filter(|(key, _)| key.starts_with(scan.prefix) && inside(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !ascending {
        found.reverse();
    }
    found.truncate(limit);
    found
}
