//! Importing a state: into an empty store, over an old chain, and again after a kill.

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use tenon_store::{Change, Finalized, FinalizedBatch, Import, MAX_IMPORT_HASHES, Node, Options, Store, StoreError};

use crate::support::{Rows, all, deterministic, hash, nodes, options};

const HEIGHT: u64 = 300;
const HASHES: u64 = 20;
/// The peaks over the blocks before: 300 = 256 + 32 + 8 + 4.
const PEAKS: [Node; 4] = [(255, 8, [8; 32]), (287, 5, [5; 32]), (295, 3, [3; 32]), (299, 2, [2; 32])];

/// The chain's state and pages after so many blocks, from 0 on.
fn rows_after(height: u64) -> (Rows, Rows) {
    let (mut state, mut pages) = (Rows::new(), Rows::new());
    for height in 0..=height {
        deterministic(height).apply(&mut state, &mut pages);
    }
    (state, pages)
}

fn put(import: &Import<'_>, state: &Rows, pages: &Rows) -> Result<(), StoreError> {
    let rows: Vec<(&[u8], &[u8])> = state.iter().map(|(key, value)| (&key[..], &value[..])).collect();
    let pages: Vec<Change> = pages.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
    let (first, second) = rows.split_at(rows.len() / 2);
    import.put(first, &pages)?;
    import.put(second, &[])
}

fn older() -> Vec<[u8; 32]> {
    (HEIGHT - HASHES..HEIGHT).rev().map(|height| hash(height, 0)).collect()
}

fn finish(import: Import<'_>) -> Result<Finalized, StoreError> {
    let mut block = deterministic(HEIGHT);
    block.state.clear();
    block.pages.clear();
    let body = block.body();
    import.finish(&block.batch(hash(HEIGHT - 1, 0), &body), &older())
}

fn import(store: &Store) -> Finalized {
    let (state, pages) = rows_after(HEIGHT);
    let import = store.begin_import(&hash(0, 0), HEIGHT).unwrap();
    put(&import, &state, &pages).unwrap();
    import.put_peaks(&PEAKS).unwrap();
    finish(import).unwrap()
}

/// Checks that the store holds the imported chain and nothing of an older one, and that it goes on.
fn check(store: &Store) {
    let finalized = store.finalized().unwrap().unwrap();
    let oldest_hash = HEIGHT - HASHES;
    let expected =
        Finalized { height: HEIGHT, hash: hash(HEIGHT, 0), oldest: HEIGHT, oldest_state: HEIGHT, oldest_hash };
    assert_eq!(finalized, expected);
    assert_eq!(store.genesis().unwrap(), Some(hash(0, 0)));
    assert_eq!(store.unfinished_import().unwrap(), None);
    let (mut state, mut pages) = rows_after(HEIGHT);
    let reads = |state: &Rows, pages: &Rows| {
        assert_eq!(all(|scan, limit| store.scan(scan, limit)), *state);
        for id in (0..500_u16).map(|id| [&b"p"[..], &id.to_le_bytes()].concat()) {
            assert_eq!(store.page(&id).unwrap().as_ref(), pages.get(&id));
        }
    };
    reads(&state, &pages);
    let body = deterministic(HEIGHT).body();
    assert_eq!(store.block(HEIGHT).unwrap().unwrap(), body);
    assert_eq!(store.receipts(HEIGHT).unwrap().unwrap(), body[1..]);
    assert!(matches!(store.block(HEIGHT - 1), Err(StoreError::Pruned { expected: HEIGHT, .. })));
    assert!(store.state_at(HEIGHT - 1).is_err());
    for height in HEIGHT - HASHES..=HEIGHT {
        assert_eq!(store.hash_of(height).unwrap(), Some(hash(height, 0)));
        assert_eq!(store.height_of(&hash(height, 0)).unwrap(), Some(height));
    }
    assert_eq!(store.height_of(&hash(3, 0)).unwrap(), None);
    for (height, level, node) in PEAKS {
        assert_eq!(store.node(height, level).unwrap(), Some(node));
    }
    for level in 0..=1 {
        assert_eq!(store.node(HEIGHT, level).unwrap(), nodes(HEIGHT).get(usize::from(level)).copied());
    }
    assert_eq!(store.node(63, 0).unwrap(), None, "of an older chain, or from before the import");
    let refusal = store.rollback_to(HEIGHT - 1).unwrap_err();
    assert!(matches!(refusal, StoreError::Pruned { .. }), "{refusal}");
    for height in HEIGHT + 1..HEIGHT + 40 {
        let block = deterministic(height);
        block.commit(store).unwrap();
        block.apply(&mut state, &mut pages);
    }
    reads(&state, &pages);
    store.rollback_to(HEIGHT).unwrap();
    let (state, pages) = rows_after(HEIGHT);
    reads(&state, &pages);
}

#[test]
fn an_empty_store_holds_an_imported_state_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let expected = Options { genesis: Some(hash(0, 0)), ..options() };
    let store = Store::open(directory.path(), &expected).unwrap();
    import(&store);
    drop(store);
    let store = Store::open(directory.path(), &expected).unwrap();
    check(&store);
}

#[test]
fn an_import_takes_the_place_of_an_older_chain_and_records_stay() {
    for compacted in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), &options()).unwrap();
        for height in 0..100 {
            deterministic(height).commit(&store).unwrap();
        }
        store.put_record(b"signed", b"view 7").unwrap();
        if compacted {
            store.compact();
        }
        import(&store);
        assert_eq!(store.record(b"signed").unwrap().unwrap(), b"view 7");
        drop(store);
        let store = Store::open(directory.path(), &options()).unwrap();
        check(&store);
        store.compact();
        assert_eq!(all(|scan, limit| store.scan(scan, limit)), rows_after(HEIGHT).0);
        assert_eq!(store.record(b"signed").unwrap().unwrap(), b"view 7");
    }
}

#[test]
fn an_import_that_is_given_up_leaves_an_empty_store_for_a_chain_from_its_genesis_on() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &Options { history_blocks: 5, ..options() }).unwrap();
    store.abandon_import().unwrap();
    for height in 0..100 {
        deterministic(height).commit(&store).unwrap();
    }
    store.abandon_import().unwrap();
    assert_eq!(store.finalized().unwrap().unwrap().height, 99, "there was no import");
    store.put_record(b"signed", b"view 7").unwrap();
    let (state, pages) = rows_after(HEIGHT);
    put(&store.begin_import(&hash(0, 0), HEIGHT).unwrap(), &state, &pages).unwrap();
    store.abandon_import().unwrap();
    let is_empty = |store: &Store| {
        assert_eq!((store.finalized().unwrap(), store.genesis().unwrap()), (None, None));
        assert_eq!(store.unfinished_import().unwrap(), None);
        assert!(all(|scan, limit| store.scan(scan, limit)).is_empty());
        assert_eq!(store.record(b"signed").unwrap().unwrap(), b"view 7");
    };
    is_empty(&store);
    drop(store);
    let store = Store::open(directory.path(), &options()).unwrap();
    is_empty(&store);
    for height in 0..20 {
        deterministic(height).commit(&store).unwrap();
    }
    assert_eq!(store.block(3).unwrap().unwrap(), deterministic(3).body());
    assert!(store.state_at(3).is_ok());
    import(&store);
    check(&store);
}

#[test]
fn an_unfinished_import_says_so_and_starts_over() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &options()).unwrap();
    for height in 0..50 {
        deterministic(height).commit(&store).unwrap();
    }
    let begun = store.begin_import(&hash(0, 0), HEIGHT - 1).unwrap();
    // Rows that are not in the state that is imported in the end.
    begun.put(&[(b"stray", b"row")], &[(b"stray".to_vec(), Some(b"page".to_vec()))]).unwrap();
    drop(store);
    let store = Store::open(directory.path(), &options()).unwrap();
    assert_eq!(store.unfinished_import().unwrap(), Some(HEIGHT - 1));
    assert_eq!((store.finalized().unwrap(), store.genesis().unwrap()), (None, Some(hash(0, 0))));
    for height in [0, 50] {
        let refusal = deterministic(height).commit(&store).unwrap_err();
        assert!(matches!(refusal, StoreError::UnfinishedImport { height } if height == HEIGHT - 1), "{refusal}");
        assert!(!refusal.hint().is_empty());
    }
    assert!(matches!(store.rollback_to(0), Err(StoreError::Empty)));
    import(&store);
    assert_eq!((store.get(b"stray").unwrap(), store.page(b"stray").unwrap()), (None, None));
    check(&store);
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &options()).unwrap();
    for height in 0..4 {
        deterministic(height).commit(&store).unwrap();
    }
    let (found, expected) = (hash(0, 0), hash(0, 1));
    let refusal = store.begin_import(&expected, 9).unwrap_err();
    assert!(matches!(refusal, StoreError::WrongGenesis { found: f, expected: e } if (f, e) == (found, expected)));
    for height in [0, 3] {
        let refusal = store.begin_import(&hash(0, 0), height).unwrap_err();
        assert!(matches!(refusal, StoreError::StaleImport { found, expected: 4 } if found == height), "{refusal}");
    }
    assert_eq!(all(|scan, limit| store.scan(scan, limit)), rows_after(3).0);
    deterministic(4).commit(&store).unwrap();

    let import = store.begin_import(&hash(0, 0), 9).unwrap();
    assert!(matches!(import.put(&[(b"", b"row")], &[]), Err(StoreError::KeyLength { .. })));
    assert!(matches!(import.put(&[], &[(Vec::new(), None)]), Err(StoreError::KeyLength { .. })));
    let finish = |height: u64, block: FinalizedBatch<'_>, older: &[[u8; 32]]| {
        let import = store.begin_import(&hash(0, 0), 9).unwrap();
        import.finish(&FinalizedBatch { height, ..block }, older).unwrap_err()
    };
    let (block, body) = (deterministic(9), deterministic(9).body());
    let full = block.batch(hash(8, 0), &body);
    let bare = FinalizedBatch { state_changes: &[], page_changes: &[], ..full };
    assert!(matches!(finish(8, bare, &[]), StoreError::WrongHeight { found: 8, expected: 9 }));
    assert!(matches!(finish(9, full, &[]), StoreError::TooLarge { expected: 0, .. }));
    assert!(matches!(finish(9, bare, &[hash(7, 0)]), StoreError::WrongParent { .. }));
    assert!(matches!(finish(9, bare, &[hash(8, 0); 10]), StoreError::TooLarge { found: 10, expected: 9, .. }));
    const { assert!(MAX_IMPORT_HASHES >= 65_536) };
    // An import that another one has overtaken writes nothing more.
    let newer = store.begin_import(&hash(0, 0), 10).unwrap();
    let refusal = import.put(&[(b"k", b"v")], &[]).unwrap_err();
    assert!(matches!(refusal, StoreError::NoImport { found: Some(10), expected: 9 }), "{refusal}");
    drop(newer);
}

const DIRECTORY: &str = "TENON_IMPORT_TEST_DIRECTORY";
const STOP_AFTER: &str = "TENON_IMPORT_TEST_STOP_AFTER";

/// What the parent starts: an import over an older chain, told step by step, which goes no further after some steps.
#[test]
fn importer_process() {
    let Some(directory) = env::var_os(DIRECTORY) else { return };
    let mut left: usize = env::var(STOP_AFTER).unwrap().parse().unwrap();
    let mut say = |what: &str| {
        eprintln!("{what}");
        left -= 1;
        if left == 0 {
            // Until the parent ends it.
            loop {
                std::thread::park();
            }
        }
    };
    let store = Store::open(Path::new(&directory), &Options { sync: true, ..options() }).unwrap();
    let (state, pages) = rows_after(HEIGHT);
    let import = store.begin_import(&hash(0, 0), HEIGHT).unwrap();
    say("begun");
    for (key, value) in &state {
        import.put(&[(key, value)], &[]).unwrap();
        say("row");
    }
    put(&import, &state, &pages).unwrap();
    import.put_peaks(&PEAKS).unwrap();
    say("put");
    finish(import).unwrap();
    say("finished");
}

/// Kills an import after it has said so many lines, and opens what it leaves.
fn killed_after(lines: usize, stop_after: usize, directory: &Path) -> Store {
    let store = Store::open(directory, &options()).unwrap();
    for height in 0..10 {
        deterministic(height).commit(&store).unwrap();
    }
    drop(store);
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["import::importer_process", "--exact", "--nocapture"]);
    command.env(DIRECTORY, directory).env(STOP_AFTER, stop_after.to_string());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap()).lines().take(lines);
    assert_eq!(said.map(Result::unwrap).count(), lines);
    child.kill().unwrap();
    child.wait().unwrap();
    Store::open(directory, &options()).unwrap()
}

#[test]
fn a_killed_import_is_unfinished_until_its_last_write() {
    let rows = rows_after(HEIGHT).0.len();
    for lines in [1, 2, rows / 2, rows + 1, rows + 2, rows + 3] {
        let directory = tempfile::tempdir().unwrap();
        let store = killed_after(lines, lines, directory.path());
        let expected = (lines < rows + 3).then_some(HEIGHT);
        assert_eq!(store.unfinished_import().unwrap(), expected, "{lines} lines");
        if expected.is_some() {
            import(&store);
        }
        check(&store);
    }
}

#[test]
fn an_import_killed_at_any_moment_is_unfinished_or_whole() {
    for lines in [1, 40, 80, 160, 240] {
        let directory = tempfile::tempdir().unwrap();
        let store = killed_after(lines, usize::MAX, directory.path());
        if store.unfinished_import().unwrap().is_some() {
            import(&store);
        }
        check(&store);
    }
}
