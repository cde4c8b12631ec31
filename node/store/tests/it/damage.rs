//! Directories that are not ours, or no longer whole: refused with what was found, never with a panic.

use std::{
    fs::{self, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use tenon_store::{FORMAT, Options, Scan, Store, StoreError};

use crate::support::{deterministic, hash, options, proof};

/// A closed store of 200 blocks, some in tables and some in the log.
fn store() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &options()).unwrap();
    for height in 0..200 {
        deterministic(height).commit(&store).unwrap();
        if height == 150 {
            store.compact();
        }
    }
    directory
}

fn open_error(path: &Path) -> StoreError {
    let error = Store::open(path, &options()).expect_err("the directory must be refused");
    assert!(!error.hint().is_empty());
    error
}

fn files(path: &Path, matches: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| matches(path.file_name().unwrap().to_str().unwrap()));
    paths.sort();
    paths
}

fn truncate(path: &Path, bytes: u64) {
    OpenOptions::new().write(true).open(path).unwrap().set_len(bytes).unwrap();
}

#[test]
fn another_chain_is_refused() {
    let directory = store();
    let other = Options { genesis: Some([5; 32]), ..options() };
    let error = Store::open(directory.path(), &other).unwrap_err();
    assert!(
        matches!(error, StoreError::WrongGenesis { expected, found } if expected == [5; 32] && found == hash(0, 0))
    );
    Store::open(directory.path(), &Options { genesis: Some(hash(0, 0)), ..options() }).unwrap();
    let empty = tempfile::tempdir().unwrap();
    let store = Store::open(empty.path(), &other).unwrap();
    assert!(matches!(deterministic(0).commit(&store), Err(StoreError::WrongGenesis { .. })));
}

#[test]
fn a_store_in_use_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &options()).unwrap();
    assert!(matches!(open_error(directory.path()), StoreError::Locked { .. }));
    drop(store);
    Store::open(directory.path(), &options()).unwrap();
}

#[test]
fn a_foreign_directory_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("thesis.txt"), "precious").unwrap();
    let error = open_error(directory.path());
    assert!(error.to_string().contains("found the file thesis.txt"), "{error}");
    assert_eq!(files(directory.path(), |_| true).len(), 1);
    fs::write(directory.path().join("TENON-STORE"), "something else").unwrap();
    assert!(matches!(open_error(directory.path()), StoreError::Foreign { .. }));
    let file = directory.path().join("thesis.txt");
    assert!(matches!(open_error(&file), StoreError::Io { .. }));
}

#[test]
fn a_newer_format_is_refused() {
    let directory = store();
    fs::write(directory.path().join("TENON-STORE"), format!("tenon store\nformat {}\n", FORMAT + 1)).unwrap();
    let error = open_error(directory.path());
    assert!(matches!(error, StoreError::NewerFormat { expected: FORMAT, .. }), "{error}");
}

#[test]
fn an_older_format_is_refused() {
    let directory = store();
    fs::write(directory.path().join("TENON-STORE"), format!("tenon store\nformat {}\n", FORMAT - 1)).unwrap();
    let error = open_error(directory.path());
    assert!(matches!(error, StoreError::OlderFormat { expected: FORMAT, .. }), "{error}");
    assert!(error.to_string().contains("found 3, expected 4"), "{error}");
}

#[test]
fn an_unfinished_creation_is_finished() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("TENON-STORE.unfinished"), "ten").unwrap();
    let store = Store::open(directory.path(), &options()).unwrap();
    deterministic(0).commit(&store).unwrap();
    drop(store);
    fs::remove_file(directory.path().join("TENON-GENESIS")).unwrap();
    Store::open(directory.path(), &options()).unwrap();
    assert!(directory.path().join("TENON-GENESIS").exists());
}

#[test]
fn a_damaged_current_file_is_refused() {
    let directory = store();
    let current = directory.path().join("CURRENT");
    truncate(&current, 5);
    assert!(matches!(open_error(directory.path()), StoreError::Corrupt { .. }));
    truncate(&current, 0);
    assert!(matches!(open_error(directory.path()), StoreError::Corrupt { .. }));
    fs::remove_file(&current).unwrap();
    let error = open_error(directory.path());
    assert!(error.to_string().contains("without CURRENT"), "{error}");
}

#[test]
fn a_database_that_lost_everything_is_no_new_one() {
    let directory = store();
    for file in files(directory.path(), |name| !name.starts_with("TENON")) {
        fs::remove_file(file).unwrap();
    }
    let error = open_error(directory.path());
    assert!(error.to_string().contains("an empty database beside"), "{error}");
}

#[test]
fn a_truncated_manifest_is_refused_or_opens_whole() {
    for parts in 0..8 {
        let directory = store();
        let manifest = files(directory.path(), |name| name.starts_with("MANIFEST")).remove(0);
        let bytes = fs::metadata(&manifest).unwrap().len();
        truncate(&manifest, bytes * parts / 8);
        match Store::open(directory.path(), &options()) {
            Ok(store) => check_whole(&store),
            Err(error) => assert!(matches!(error, StoreError::Corrupt { .. }), "{parts} eighths: {error:?}"),
        }
    }
}

#[test]
fn a_truncated_or_missing_table_is_refused() {
    let directory = store();
    let table = files(directory.path(), |name| name.ends_with(".sst")).remove(0);
    let bytes = fs::metadata(&table).unwrap().len();
    truncate(&table, bytes / 2);
    assert!(matches!(open_error(directory.path()), StoreError::Corrupt { .. }));
    fs::remove_file(&table).unwrap();
    let error = open_error(directory.path());
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[test]
fn a_flipped_bit_in_a_table_is_never_read_as_a_value() {
    let directory = store();
    for table in files(directory.path(), |name| name.ends_with(".sst")) {
        let mut file = OpenOptions::new().read(true).write(true).open(&table).unwrap();
        let mut byte = [0];
        file.seek(SeekFrom::Start(20)).unwrap();
        file.read_exact(&mut byte).unwrap();
        file.seek(SeekFrom::Start(20)).unwrap();
        file.write_all(&[byte[0] ^ 0x10]).unwrap();
    }
    let error = match Store::open(directory.path(), &options()) {
        Ok(store) => store.scan(&Scan::prefix(b""), usize::MAX).expect_err("the checksum is wrong"),
        Err(error) => error,
    };
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[test]
fn a_torn_log_gives_a_whole_store_at_an_earlier_height() {
    for parts in [0, 3, 6, 7] {
        let directory = store();
        let log = files(directory.path(), |name| name.ends_with(".log")).pop().unwrap();
        let bytes = fs::metadata(&log).unwrap().len();
        truncate(&log, bytes * parts / 8);
        match Store::open(directory.path(), &options()) {
            Ok(store) => check_whole(&store),
            Err(error) => assert!(matches!(error, StoreError::Corrupt { .. }), "{parts} eighths: {error:?}"),
        }
    }
}

#[test]
fn after_a_clean_stop_a_damaged_log_loses_nothing() {
    let directory = store();
    Store::open(directory.path(), &options()).unwrap().flush().unwrap();
    for log in files(directory.path(), |name| name.ends_with(".log")) {
        truncate(&log, 0);
    }
    let store = Store::open(directory.path(), &options()).unwrap();
    assert_eq!(store.finalized().unwrap().unwrap().height, 199);
    check_whole(&store);
}

/// Checks that the state is that of the finalized height.
fn check_whole(store: &Store) {
    let finalized = store.finalized().unwrap().unwrap();
    let (mut state, mut pages) = Default::default();
    for height in 0..=finalized.height {
        assert_eq!(store.proof(height).unwrap().unwrap_or_default(), proof(height), "height {height}");
        deterministic(height).apply(&mut state, &mut pages);
    }
    assert_eq!(crate::support::all(|scan, limit| store.scan(scan, limit)), state);
}
