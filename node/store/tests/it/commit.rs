//! Committing and reading back.

use std::ops::Bound;

use tenon_store::{
    Direction, EventPosition, MAX_KEY_BYTES, MAX_RECORD_BYTES, Options, Scan, Store, StoreError, TransactionPosition,
};

use crate::support::{Block, changes, deterministic, genesis, hash, options, transaction};

#[test]
fn a_commit_is_readable_in_every_column() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &options()).unwrap();
    assert_eq!(store.finalized().unwrap(), None);
    assert!(matches!(store.state_at(0), Err(StoreError::Empty)));
    for height in 0..5 {
        deterministic(height).commit(&store).unwrap();
    }
    let finalized = store.finalized().unwrap().unwrap();
    assert_eq!((finalized.height, finalized.hash, finalized.oldest), (4, hash(4, 0), 0));
    assert_eq!(store.genesis().unwrap(), Some(hash(0, 0)));
    let block = deterministic(4);
    assert_eq!(store.block(4).unwrap().unwrap(), block.body());
    assert_eq!(store.receipts(4).unwrap().unwrap(), block.body()[1..]);
    assert_eq!(store.block(5).unwrap(), None);
    assert_eq!(store.hash_of(3).unwrap(), Some(hash(3, 0)));
    assert_eq!(store.height_of(&hash(3, 0)).unwrap(), Some(3));
    assert_eq!(store.height_of(&hash(9, 0)).unwrap(), None);
    let position = TransactionPosition { height: 4, index: 2 };
    assert_eq!(store.transaction(&transaction(4, 2)).unwrap(), Some(position));
    assert_eq!(store.transaction(&transaction(4, 9)).unwrap(), None);
    for (key, value) in &block.state {
        assert_eq!(&store.get(key).unwrap(), value);
    }
    for (id, page) in &block.pages {
        assert_eq!(&store.page(id).unwrap(), page);
    }
    let keys: Vec<&[u8]> = block.state.iter().map(|(key, _)| key.as_slice()).chain([&b""[..], b"none"]).collect();
    let values: Vec<_> = block.state.iter().map(|(_, value)| value.clone()).chain([None, None]).collect();
    assert_eq!(store.multi_get(&keys).unwrap(), values);
    assert_eq!((store.get(b"").unwrap(), store.page(b"").unwrap()), (None, None));
}

#[test]
fn events_are_found_by_topic_and_height_in_both_directions() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &options()).unwrap();
    for height in 0..9 {
        deterministic(height).commit(&store).unwrap();
    }
    let position = |height, index| EventPosition { height, index };
    let topic = [b'e', 1];
    let found = store.events(&topic, 1..=5, Direction::Ascending, 4).unwrap();
    assert_eq!(found, [position(1, 0), position(1, 1), position(1, 2), position(4, 0)]);
    let found = store.events(&topic, 0..=u64::MAX, Direction::Descending, 2).unwrap();
    assert_eq!(found, [position(7, 2), position(7, 1)]);
    assert_eq!(store.events(b"e", 0..=9, Direction::Ascending, 9).unwrap(), []);
    #[expect(clippy::reversed_empty_ranges, reason = "a caller may hand in any range")]
    let found = store.events(&topic, 5..=1, Direction::Ascending, 9).unwrap();
    assert_eq!(found, []);
}

#[test]
fn a_block_that_does_not_follow_is_refused_and_harms_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &options()).unwrap();
    let first = Block { height: 1, ..Block::default() };
    assert!(matches!(first.commit(&store), Err(StoreError::WrongHeight { found: 1, expected: 0 })));
    genesis(&[("a", "1")]).commit(&store).unwrap();
    let error = store.commit(&first.batch([9; 32], &[1])).unwrap_err();
    assert!(error.to_string().contains("0x0909"), "{error}");
    assert!(matches!(error, StoreError::WrongParent { .. }));
    let twice = Block { height: 1, state: changes(&[("k", "1"), ("a", "1"), ("k", "2")]), ..Block::default() };
    assert!(matches!(twice.commit(&store), Err(StoreError::DuplicateKey { key }) if key == b"k"));
    let empty = Block { height: 1, state: changes(&[("", "1")]), ..Block::default() };
    assert!(matches!(empty.commit(&store), Err(StoreError::KeyLength { found: 0, expected: MAX_KEY_BYTES })));
    let long = Block { height: 1, pages: vec![(vec![1; MAX_KEY_BYTES + 1], None)], ..Block::default() };
    assert!(matches!(long.commit(&store), Err(StoreError::KeyLength { .. })));
    first.commit(&store).unwrap();
    assert_eq!(store.finalized().unwrap().unwrap().height, 1);
}

#[test]
fn several_blocks_in_one_commit_equal_one_by_one() {
    let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [one, many] = [0, 1].map(|index: usize| Store::open(directories[index].path(), &options()).unwrap());
    let blocks: Vec<Block> = (0..20).map(deterministic).collect();
    let bodies: Vec<Vec<u8>> = blocks.iter().map(Block::body).collect();
    let parent = |height: u64| height.checked_sub(1).map_or([0; 32], |below| hash(below, 0));
    let batches: Vec<_> =
        blocks.iter().zip(&bodies).map(|(block, body)| block.batch(parent(block.height), body)).collect();
    for block in &blocks {
        block.commit(&one).unwrap();
    }
    many.commit_many(&batches[..7]).unwrap();
    many.commit_many(&[]).unwrap();
    many.commit_many(&batches[7..]).unwrap();
    for height in 0..20 {
        let all = |store: &Store| store.state_at(height).unwrap().scan(&Scan::prefix(b""), 1_000).unwrap();
        assert_eq!(all(&one), all(&many), "height {height}");
    }
    let gap = [deterministic(20), deterministic(22)];
    let batches = [gap[0].batch(hash(19, 0), &[1]), gap[1].batch(hash(20, 0), &[1])];
    assert!(matches!(many.commit_many(&batches), Err(StoreError::WrongHeight { found: 22, expected: 21 })));
    assert_eq!(many.finalized().unwrap().unwrap().height, 19);
}

#[test]
fn a_snapshot_does_not_see_later_commits() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &options()).unwrap();
    genesis(&[("a", "1"), ("b", "1")]).commit(&store).unwrap();
    let snapshot = store.snapshot().unwrap();
    Block { height: 1, state: changes(&[("a", "2"), ("b", ""), ("c", "2")]), ..Block::default() }
        .commit(&store)
        .unwrap();
    assert_eq!(snapshot.finalized().unwrap().height, 0);
    assert_eq!(snapshot.get(b"a").unwrap().unwrap(), b"1");
    assert_eq!(snapshot.multi_get(&[b"b", b"c"]).unwrap(), [Some(b"1".to_vec()), None]);
    assert_eq!(snapshot.scan(&Scan::prefix(b""), 9).unwrap().len(), 2);
    assert_eq!(snapshot.block(1).unwrap(), None);
    assert!(matches!(snapshot.into_state_at(1), Err(StoreError::NotFinalized { found: 1, expected: 0 })));
    assert_eq!(store.get(b"a").unwrap().unwrap(), b"2");
}

#[test]
fn a_scan_pages_through_a_prefix_in_both_directions() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &options()).unwrap();
    genesis(&[("a", "1"), ("b", "1"), ("b1", "1"), ("b2", "1"), ("c", "1")]).commit(&store).unwrap();
    let keys = |scan: Scan<'_>, limit| {
        let rows = store.scan(&scan, limit).unwrap();
        rows.into_iter().map(|(key, _)| String::from_utf8(key).unwrap()).collect::<Vec<_>>().join(" ")
    };
    let scan = Scan::prefix(b"b");
    assert_eq!(keys(scan, 9), "b b1 b2");
    assert_eq!(keys(scan, 2), "b b1");
    assert_eq!(keys(scan.from(Bound::Excluded(b"b1")), 9), "b2");
    assert_eq!(keys(scan.from(Bound::Included(b"b1")), 9), "b1 b2");
    assert_eq!(keys(scan.from(Bound::Included(b"a")), 9), "b b1 b2");
    assert_eq!(keys(scan.from(Bound::Included(b"c")), 9), "");
    assert_eq!(keys(scan.descending(), 2), "b2 b1");
    assert_eq!(keys(scan.descending().from(Bound::Excluded(b"b1")), 9), "b");
    assert_eq!(keys(scan.descending().from(Bound::Included(b"b1")), 9), "b1 b");
    assert_eq!(keys(scan.descending().from(Bound::Included(b"a")), 9), "");
    assert_eq!(keys(Scan::prefix(b"").descending(), 0), "");
    assert_eq!(keys(Scan::prefix(b"").descending(), 9), "c b2 b1 b a");
}

#[test]
fn records_survive_reopening_and_are_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &options()).unwrap();
    store.put_record(b"vote", b"7").unwrap();
    let large = store.put_record(b"vote", &vec![0; MAX_RECORD_BYTES + 1]).unwrap_err();
    assert!(matches!(large, StoreError::TooLarge { .. }));
    drop(store);
    let store = Store::open(directory.path(), &options()).unwrap();
    assert_eq!(store.record(b"vote").unwrap().unwrap(), b"7");
    assert_eq!(store.record(b"none").unwrap(), None);
}

#[test]
fn a_checkpoint_is_a_store_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path().join("first"), &options()).unwrap();
    for height in 0..3 {
        deterministic(height).commit(&store).unwrap();
    }
    let copy = directory.path().join("second");
    store.checkpoint(&copy).unwrap();
    deterministic(3).commit(&store).unwrap();
    let copy = Store::open(copy, &Options { genesis: Some(hash(0, 0)), ..options() }).unwrap();
    assert_eq!(copy.finalized().unwrap().unwrap().height, 2);
    deterministic(3).commit(&copy).unwrap();
    assert_eq!(copy.scan(&Scan::prefix(b""), 1_000).unwrap(), store.scan(&Scan::prefix(b""), 1_000).unwrap());
}
