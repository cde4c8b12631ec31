//! What falls out of the window is refused, and its space comes back.

use std::path::Path;

use tenon_store::{Direction, Options, Store, StoreError};

use crate::support::{Block, Rows, all, deterministic, options, transaction};

#[test]
fn a_pruned_height_is_refused_with_the_oldest_one() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &Options { history_blocks: 5, ..options() }).unwrap();
    let (mut state, mut pages) = (Rows::new(), Rows::new());
    for height in 0..20 {
        deterministic(height).commit(&store).unwrap();
        if height <= 14 {
            deterministic(height).apply(&mut state, &mut pages);
        }
    }
    let error = store.state_at(13).err().unwrap();
    assert_eq!(error.to_string(), "the height is pruned: found 13, expected at least 14");
    assert!(matches!(store.block(13), Err(StoreError::Pruned { found: 13, expected: 14 })));
    assert!(matches!(store.receipts(0), Err(StoreError::Pruned { found: 0, expected: 14 })));
    assert!(matches!(store.rollback_to(13), Err(StoreError::Pruned { .. })));
    assert_eq!(store.transaction(&transaction(13, 0)).unwrap(), None);
    assert_eq!(store.events(&[b'e', 1], 0..=15, Direction::Ascending, 99).unwrap(), []);
    assert_eq!(store.hash_of(2).unwrap(), Some(crate::support::hash(2, 0)));
    assert_eq!(all(|scan, limit| store.state_at(14).unwrap().scan(scan, limit)), state);
    store.rollback_to(14).unwrap();
    assert_eq!(all(|scan, limit| store.scan(scan, limit)), state);
}

#[test]
fn states_may_be_kept_for_fewer_blocks_than_the_blocks_themselves() {
    let directory = tempfile::tempdir().unwrap();
    let both = |history_blocks, history_states| Options { history_blocks, history_states, ..options() };
    let store = Store::open(directory.path(), &both(150, 20)).unwrap();
    let (mut state, mut pages) = (Rows::new(), Rows::new());
    for height in 0..200 {
        deterministic(height).commit(&store).unwrap();
        if height <= 179 {
            deterministic(height).apply(&mut state, &mut pages);
        }
    }
    store.compact();
    let finalized = store.finalized().unwrap().unwrap();
    assert_eq!((finalized.oldest, finalized.oldest_state), (49, 179));
    for height in 49..200 {
        assert_eq!(store.block(height).unwrap().unwrap(), deterministic(height).body());
        let found = store.transaction(&transaction(height, 0)).unwrap().map(|found| found.height);
        assert_eq!(found, (height % 5 > 0).then_some(height));
    }
    assert!(matches!(store.block(48), Err(StoreError::Pruned { found: 48, expected: 49 })));
    assert!(matches!(store.state_at(178).err().unwrap(), StoreError::Pruned { found: 178, expected: 179 }));
    assert!(matches!(store.rollback_to(178), Err(StoreError::Pruned { found: 178, expected: 179 })));
    assert_eq!(all(|scan, limit| store.state_at(179).unwrap().scan(scan, limit)), state);
    drop(store);
    // No more states than blocks, and what is gone stays gone.
    let store = Store::open(directory.path(), &both(30, 1_000)).unwrap();
    deterministic(200).commit(&store).unwrap();
    let finalized = store.finalized().unwrap().unwrap();
    assert_eq!((finalized.oldest, finalized.oldest_state), (170, 179));
    store.rollback_to(179).unwrap();
    assert_eq!(all(|scan, limit| store.scan(scan, limit)), state);
}

#[test]
fn an_archive_keeps_everything_and_a_pruned_store_stays_pruned() {
    let directory = tempfile::tempdir().unwrap();
    let archive = Options { archive: true, history_blocks: 5, ..options() };
    let store = Store::open(directory.path(), &archive).unwrap();
    for height in 0..20 {
        deterministic(height).commit(&store).unwrap();
    }
    assert!(store.state_at(0).is_ok());
    drop(store);
    let store = Store::open(directory.path(), &Options { archive: false, ..archive.clone() }).unwrap();
    deterministic(20).commit(&store).unwrap();
    assert_eq!(store.finalized().unwrap().unwrap().oldest, 15);
    drop(store);
    let store = Store::open(directory.path(), &archive).unwrap();
    deterministic(21).commit(&store).unwrap();
    assert!(matches!(store.state_at(14), Err(StoreError::Pruned { found: 14, expected: 15 })));
}

#[test]
fn a_long_run_does_not_eat_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let bounded = Options { history_blocks: 32, write_buffer_bytes: 4 << 20, ..options() };
    let store = Store::open(directory.path(), &bounded).unwrap();
    let mut written = 0;
    for height in 0..1_500_u64 {
        let value = |byte: u64| Some(transaction(height, byte).repeat(8));
        let state = (0..200_u64).map(|row| (row.to_be_bytes().to_vec(), value(row))).collect();
        let transactions = (0..100).map(|index| transaction(height, index)).collect();
        let events = (0..100).map(|index| (vec![1; 32], index)).collect();
        let block = Block { height, state, transactions, events, ..Block::default() };
        let body: Vec<u8> = (0..500).flat_map(|index| transaction(height, 1_000 + index)).collect();
        let parent = store.finalized().unwrap().map_or([0; 32], |finalized| finalized.hash);
        store.commit(&block.batch(parent, &body)).unwrap();
        written += 2 * 200 * 256 + 2 * body.len();
    }
    let running = disk_bytes(directory.path());
    assert!(running < 96 << 20, "{running} bytes are left of {written} written");
    store.compact();
    let left = disk_bytes(directory.path());
    assert!(left < 32 << 20, "{left} bytes are left of {written} written, after compaction");
    let window = store.state_at(1_499 - 32).unwrap();
    assert_eq!(window.get(&7_u64.to_be_bytes()).unwrap(), Some(transaction(1_499 - 32, 7).repeat(8)));
}

fn disk_bytes(path: &Path) -> u64 {
    std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().metadata().map_or(0, |file| file.len())).sum()
}
