//! Reading old heights and taking blocks back.

use tenon_store::{Direction, Scan, Store, StoreError};

use crate::support::{Block, Rows, all, changes, deterministic, genesis, options, transaction};

#[test]
fn an_old_height_reads_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &options()).unwrap();
    genesis(&[("a", "0"), ("gone", "0")]).commit(&store).unwrap();
    Block { height: 1, state: changes(&[("a", "1"), ("gone", ""), ("new", "1")]), ..Block::default() }
        .commit(&store)
        .unwrap();
    Block { height: 2, state: changes(&[("a", ""), ("gone", "2")]), ..Block::default() }.commit(&store).unwrap();
    let read = |height, key: &str| store.state_at(height).unwrap().get(key.as_bytes()).unwrap();
    assert_eq!([0, 1, 2].map(|height| read(height, "a")), [Some(b"0".to_vec()), Some(b"1".to_vec()), None]);
    assert_eq!([0, 1, 2].map(|height| read(height, "gone")), [Some(b"0".to_vec()), None, Some(b"2".to_vec())]);
    assert_eq!([0, 1, 2].map(|height| read(height, "new")), [None, Some(b"1".to_vec()), Some(b"1".to_vec())]);
    let keys = |height, scan: Scan<'_>| {
        let rows = store.state_at(height).unwrap().scan(&scan, 9).unwrap();
        rows.into_iter().map(|(key, _)| String::from_utf8(key).unwrap()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!([0, 1, 2].map(|height| keys(height, Scan::prefix(b""))), ["a gone", "a new", "gone new"]);
    assert_eq!([0, 1, 2].map(|height| keys(height, Scan::prefix(b"").descending())), ["gone a", "new a", "new gone"]);
}

#[test]
fn an_old_state_stays_the_same_while_blocks_are_committed() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &options()).unwrap();
    let (mut state, mut pages) = (Rows::new(), Rows::new());
    for height in 0..10 {
        deterministic(height).apply(&mut state, &mut pages);
        deterministic(height).commit(&store).unwrap();
    }
    let old = store.state_at(9).unwrap();
    assert_eq!(old.height(), 9);
    for height in 10..40 {
        deterministic(height).commit(&store).unwrap();
        assert_eq!(all(|scan, limit| old.scan(scan, limit)), state, "at {height}");
        assert_eq!(all(|scan, limit| store.state_at(9).unwrap().scan(scan, limit)), state, "at {height}");
    }
    for id in (0..500_u16).map(|id| [&b"p"[..], &id.to_le_bytes()].concat()) {
        assert_eq!(store.state_at(9).unwrap().page(&id).unwrap(), pages.get(&id).cloned());
    }
}

#[test]
fn what_was_taken_back_leaves_no_trace() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &options()).unwrap();
    let (mut state, mut pages) = (Rows::new(), Rows::new());
    for height in 0..30 {
        if height <= 12 {
            deterministic(height).apply(&mut state, &mut pages);
        }
        deterministic(height).commit(&store).unwrap();
    }
    store.rollback_to(12).unwrap();
    store.rollback_to(12).unwrap();
    assert!(matches!(store.rollback_to(13), Err(StoreError::NotFinalized { found: 13, expected: 12 })));
    assert_eq!(store.finalized().unwrap().unwrap().height, 12);
    assert_eq!(all(|scan, limit| store.scan(scan, limit)), state);
    assert_eq!(store.block(13).unwrap(), None);
    assert_eq!(store.transaction(&transaction(14, 0)).unwrap(), None);
    assert_eq!(store.height_of(&crate::support::hash(13, 0)).unwrap(), None);
    assert_eq!(store.events(&[b'e', 1], 13..=99, Direction::Ascending, 9).unwrap(), []);
    let other = Block { fork: 1, ..deterministic(13) };
    other.commit(&store).unwrap();
    assert_eq!(store.block(13).unwrap().unwrap(), other.body());
    drop(store);
    let store = Store::open(directory.path(), &options()).unwrap();
    assert_eq!(all(|scan, limit| store.state_at(12).unwrap().scan(scan, limit)), state);
}
