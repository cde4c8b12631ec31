//! Opening: tells our directory from a foreign one, another chain's, a newer one, a damaged one and one in use.
//!
//! A marker file is written before RocksDB touches the directory, so nothing of anyone else's is ever opened, and its
//! lock tells whether another process is at work. The genesis file is written after genesis was committed, so a
//! database that lost everything does not pass for a new one.

use std::{
    cmp::Ordering,
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::Path,
};

use rocksdb::{Cache, DB, WriteBatch};

use crate::{
    FORMAT, Finalized, Hash, Options, Store, StoreError,
    columns::{Column, Reclaim},
    keys, meta, options,
};

const MARKER: &str = "TENON-STORE";
const MARKER_TITLE: &str = "tenon store";
const GENESIS: &str = "TENON-GENESIS";
/// What a file is called until it is complete.
const UNFINISHED: &str = ".unfinished";

pub(crate) fn open(path: &Path, options: &Options) -> Result<Store, StoreError> {
    fs::create_dir_all(path).map_err(io_error("create", path))?;
    let lock = claim(path)?;
    check_files(path)?;
    let cache = Cache::new_hyper_clock_cache(options.cache_bytes, 0);
    let reclaim = Reclaim::default();
    let columns = Column::ALL.map(|column| (column.name(), column.options(options, &cache, &reclaim)));
    let db =
        DB::open_cf_with_opts(&options::database(options), path, columns).map_err(|error| open_error(error, path))?;
    let store = Store::new(db, options.clone(), path.to_owned(), reclaim, lock);
    check_format(&store)?;
    let finalized = store.finalized()?;
    check_genesis(&store, finalized.as_ref())?;
    if let Some(finalized) = finalized {
        check_columns(&store, &finalized)?;
        // Recovery has flushed and synced whatever it replayed, so what is pruned stays pruned.
        store.reclaim.set(finalized.oldest, finalized.oldest_state);
    }
    Ok(store)
}

/// Writes the file that says that the directory `path` is a store.
pub(crate) fn write_marker(path: &Path) -> Result<(), StoreError> {
    write_file(path, MARKER, &format!("{MARKER_TITLE}\nformat {FORMAT}\n"))
}

/// Writes the file that says that the store in `path` has a genesis.
pub(crate) fn write_genesis(path: &Path, genesis: &Hash) -> Result<(), StoreError> {
    let hex: String = genesis.iter().map(|byte| format!("{byte:02x}")).collect();
    write_file(path, GENESIS, &format!("0x{hex}\n"))
}

/// Removes that file, if it is there.
pub(crate) fn remove_genesis(path: &Path) -> Result<(), StoreError> {
    let file = path.join(GENESIS);
    match fs::remove_file(&file) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            return Err(StoreError::Io { action: "remove", path: file, source });
        }
        _ => {}
    }
    File::open(path).and_then(|directory| directory.sync_all()).map_err(io_error("write", path))
}

/// Takes the lock of the store in `path`, which is marked as one first when it is empty.
fn claim(path: &Path) -> Result<File, StoreError> {
    let marker = path.join(MARKER);
    if !marker.exists() {
        for entry in fs::read_dir(path).map_err(io_error("list", path))? {
            let name = entry.map_err(io_error("list", path))?.file_name();
            // A kill during creation leaves this one behind.
            if name != format!("{MARKER}{UNFINISHED}").as_str() {
                return Err(StoreError::Foreign {
                    path: path.to_owned(),
                    found: format!("the file {}", name.display()),
                });
            }
        }
        write_marker(path)?;
    }
    let text = fs::read_to_string(&marker).map_err(io_error("read", &marker))?;
    let format = text.strip_prefix(MARKER_TITLE).and_then(|rest| rest.trim().strip_prefix("format "));
    match format.and_then(|format| format.parse::<u32>().ok()) {
        None => {
            let found = format!("a file {MARKER} of another kind");
            return Err(StoreError::Foreign { path: path.to_owned(), found });
        }
        Some(found) => check_number(found)?,
    }
    let file = File::open(&marker).map_err(io_error("open", &marker))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(StoreError::Io { action: "lock", path: marker, source }),
    }
}

/// Checks what RocksDB itself would take for a new database, or for its own.
fn check_files(path: &Path) -> Result<(), StoreError> {
    if !path.join("CURRENT").exists() {
        for entry in fs::read_dir(path).map_err(io_error("list", path))? {
            let name = entry.map_err(io_error("list", path))?.file_name();
            // Neither is written before CURRENT, so a creation that was cut short leaves none of them.
            if Path::new(&name).extension().is_some_and(|extension| extension == "sst" || extension == "log") {
                return Err(StoreError::Corrupt {
                    found: format!("{} without CURRENT", name.display()),
                    expected: "both",
                });
            }
        }
        return Ok(());
    }
    let found = DB::list_cf(&rocksdb::Options::default(), path).map_err(|error| open_error(error, path))?;
    let known = |name: &String| name == "default" || Column::ALL.iter().any(|column| column.name() == name);
    match found.iter().find(|name| !known(name)) {
        Some(name) => Err(StoreError::Foreign { path: path.to_owned(), found: format!("the column {name}") }),
        None => Ok(()),
    }
}

fn check_format(store: &Store) -> Result<(), StoreError> {
    let Some(bytes) = store.read(Column::Meta, meta::FORMAT_KEY)? else {
        let mut batch = WriteBatch::default();
        batch.put_cf(store.column(Column::Meta), meta::FORMAT_KEY, FORMAT.to_be_bytes());
        return store.write(batch, true);
    };
    let bytes = bytes.as_ref().try_into().map_err(|_| meta::damaged(Column::Meta, "a format number"))?;
    check_number(u32::from_be_bytes(bytes))
}

fn check_number(found: u32) -> Result<(), StoreError> {
    match found.cmp(&FORMAT) {
        Ordering::Greater => Err(StoreError::NewerFormat { found, expected: FORMAT }),
        Ordering::Less => Err(StoreError::OlderFormat { found, expected: FORMAT }),
        Ordering::Equal => Ok(()),
    }
}

fn check_genesis(store: &Store, finalized: Option<&Finalized>) -> Result<(), StoreError> {
    let genesis = store.genesis()?;
    let is_imported = store.unfinished_import()?.is_some();
    if is_imported && finalized.is_some() {
        return Err(meta::damaged(Column::Meta, "an unfinished import or a finalized height, not both"));
    }
    if genesis.is_some() != (finalized.is_some() || is_imported) {
        return Err(meta::damaged(Column::Meta, "a genesis and a finalized height, or neither"));
    }
    let marked = store.path.join(GENESIS).exists();
    let Some(found) = genesis else {
        if marked {
            let found = format!("an empty database beside the file {GENESIS}");
            return Err(StoreError::Corrupt { found, expected: "the genesis block" });
        }
        return Ok(());
    };
    if let Some(expected) = store.options.genesis
        && found != expected
    {
        return Err(StoreError::WrongGenesis { found, expected });
    }
    if marked { Ok(()) } else { write_genesis(&store.path, &found) }
}

/// Checks that every column was written up to the finalized height, no less and no more.
fn check_columns(store: &Store, finalized: &Finalized) -> Result<(), StoreError> {
    let height = finalized.height.to_be_bytes();
    for column in Column::STAMPED {
        if store.read(column, keys::STAMP)?.as_deref() != Some(&height) {
            return Err(meta::damaged(column, "a stamp of the finalized height"));
        }
    }
    for column in Column::BY_HEIGHT {
        if store.read(column, &height)?.is_none() {
            return Err(meta::damaged(column, "a row for the finalized height"));
        }
    }
    if store.read(Column::Hashes, &height)?.as_deref() != Some(&finalized.hash) {
        return Err(meta::damaged(Column::Hashes, "the hash of the finalized block"));
    }
    Ok(())
}

/// Writes a file so that it is there completely or not at all, also after a power cut.
fn write_file(directory: &Path, name: &str, text: &str) -> Result<(), StoreError> {
    let (path, unfinished) = (directory.join(name), directory.join(format!("{name}{UNFINISHED}")));
    let write = || -> io::Result<()> {
        let mut file = File::create(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        File::open(directory)?.sync_all()
    };
    write().map_err(|source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::DiskFull(source.to_string()),
        _ => StoreError::Io { action: "write", path: path.clone(), source },
    })
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::Io { action, path, source }
}

/// Sorts out what RocksDB says when it cannot open: a file that it misses is damage too.
fn open_error(error: rocksdb::Error, path: &Path) -> StoreError {
    let text = error.to_string();
    if text.contains("lock") && error.kind() == rocksdb::ErrorKind::IOError {
        return StoreError::Locked { path: path.to_owned() };
    }
    if text.contains("No such file") || error.kind() == rocksdb::ErrorKind::InvalidArgument {
        return StoreError::Corrupt { found: text, expected: "intact files" };
    }
    error.into()
}
