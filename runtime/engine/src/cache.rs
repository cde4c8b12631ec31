//! Keeps compiled code: the most recent in memory, and more on disk.
//!
//! Compiled code is native code that runs with the node's rights, so a file is trusted only if nobody else can have
//! written it: the directory must be ours and closed to others, and each file carries a MAC under a random key that
//! lies in that directory. A file that fails any check counts as absent. Code never comes from a peer.
//!
//! The key of an entry names everything that went into it: the code, the weights, the host-function table, and
//! wasmtime's version and settings. So a change of any of them can find no stale code.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{Hash as _, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use tenon_abi::ABI_VERSION;
use tenon_types::Hash;
use thiserror::Error;

use crate::weights::WEIGHTS_VERSION;

/// The version of wasmtime that the lock file names. A test compares the two.
pub(crate) const WASMTIME_VERSION: &str = "48.0.8";
/// Versions the layout of a file.
const FORMAT: &[u8] = b"tenon compiled code 1";
/// Bytes of a MAC.
const MAC_BYTES: usize = 32;
/// Bytes of the gas that making an instance costs.
const GAS_BYTES: usize = 8;
/// Bytes of the largest file that is read: far more than what the largest module compiles to.
const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;
/// Name of the file that holds the key of the MACs.
const SECRET_FILE: &str = "secret";
/// Ending of the files that hold compiled code.
const ENTRY_ENDING: &str = "native";

/// Why a directory cannot hold compiled code.
#[derive(Debug, Error)]
pub enum CacheError {
    /// The system refused.
    #[error("cannot use {path} for compiled code: {source}")]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Others may write there.
    #[error("{path}: found mode {mode:o}, expected 700: others may reach compiled code")]
    OpenToOthers {
        /// The directory or file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Another user owns it.
    #[error("{path}: found owner {found}, expected {expected}: another user may alter compiled code")]
    Owner {
        /// The directory or file.
        path: PathBuf,
        /// Its owner.
        found: u32,
        /// The user of this process.
        expected: u32,
    },
    /// The key has the wrong length.
    #[error("{path}: found {found} bytes, expected 32")]
    Secret {
        /// The file.
        path: PathBuf,
        /// Its length.
        found: usize,
    },
}

/// Compiled code with what else a program needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Compiled {
    pub(crate) artifact: Vec<u8>,
    pub(crate) instance_gas: u64,
}

/// Names everything that compiled code depends on.
pub(crate) fn key(code_hash: &Hash, engine: &wasmtime::Engine, weights_version: u32) -> [u8; 32] {
    let mut hasher = KeyHasher(blake3::Hasher::new());
    hasher.write(FORMAT);
    hasher.write(&code_hash.0);
    hasher.write(&weights_version.to_le_bytes());
    hasher.write(&ABI_VERSION.to_le_bytes());
    hasher.write(WASMTIME_VERSION.as_bytes());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    *hasher.0.finalize().as_bytes()
}

/// The weights that this build charges, for [`key`].
pub(crate) const CURRENT_WEIGHTS: u32 = WEIGHTS_VERSION;

/// Feeds what is hashed to BLAKE3, since the standard hashers give too few bits to name code.
struct KeyHasher(blake3::Hasher);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        let hash = self.0.finalize();
        hash.as_bytes().iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

/// The store on disk.
#[derive(Debug)]
pub(crate) struct DiskCache {
    directory: PathBuf,
    secret: [u8; 32],
    max_bytes: u64,
    /// Distinguishes the temporary files of this process.
    written: AtomicU64,
}

impl DiskCache {
    /// Opens a directory, or makes it.
    ///
    /// # Errors
    /// If others own it or may write there, or the system refuses.
    pub(crate) fn open(directory: &Path, max_bytes: u64) -> Result<Self, CacheError> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed(directory))?;
        // Whoever we are, a file that we make is ours: so no call for our user's number is needed.
        let probe = directory.join(format!("probe.{}", std::process::id()));
        let made = create(&probe).and_then(|file| file.metadata()).map_err(failed(&probe));
        let _ = fs::remove_file(&probe);
        let owner = made?.uid();
        check_private(directory, owner)?;
        let secret = read_or_make_secret(&directory.join(SECRET_FILE), owner)?;
        Ok(Self { directory: directory.to_owned(), secret, max_bytes, written: AtomicU64::new(0) })
    }

    /// Reads compiled code, if it is there and is what this key's owner wrote.
    pub(crate) fn load(&self, key: &[u8; 32]) -> Option<Compiled> {
        let mut bytes = Vec::new();
        File::open(self.path(key)).ok()?.take(MAX_FILE_BYTES).read_to_end(&mut bytes).ok()?;
        let (mac, content) = bytes.split_first_chunk::<MAC_BYTES>()?;
        // `blake3::Hash` compares in constant time.
        if self.mac(key, content) != *mac {
            return None;
        }
        let (gas, artifact) = content.split_first_chunk::<GAS_BYTES>()?;
        Some(Compiled { artifact: artifact.to_vec(), instance_gas: u64::from_le_bytes(*gas) })
    }

    /// Writes compiled code, then removes the oldest files if there are too many bytes.
    ///
    /// # Errors
    /// The system's. The node runs on without the file.
    pub(crate) fn save(&self, key: &[u8; 32], compiled: &Compiled) -> io::Result<()> {
        let content = [&compiled.instance_gas.to_le_bytes(), compiled.artifact.as_slice()].concat();
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let temporary = self.directory.join(format!("new.{}.{number}", std::process::id()));
        let write = || {
            let mut file = create(&temporary)?;
            file.write_all(self.mac(key, &content).as_bytes())?;
            file.write_all(&content)?;
            file.sync_all()?;
            fs::rename(&temporary, self.path(key))
        };
        let written = write();
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written?;
        self.shrink()
    }

    fn path(&self, key: &[u8; 32]) -> PathBuf {
        self.directory.join(blake3::Hash::from_bytes(*key).to_hex().as_str()).with_extension(ENTRY_ENDING)
    }

    fn mac(&self, key: &[u8; 32], content: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        hasher.update(key).update(content);
        hasher.finalize()
    }

    fn shrink(&self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            if entry.path().extension().is_some_and(|ending| ending == ENTRY_ENDING) {
                let metadata = entry.metadata()?;
                files.push((metadata.modified()?, metadata.len(), entry.path()));
            }
        }
        files.sort();
        let mut total: u64 = files.iter().map(|file| file.1).sum();
        for (_, bytes, path) in files {
            if total <= self.max_bytes {
                break;
            }
            fs::remove_file(path)?;
            total = total.saturating_sub(bytes);
        }
        Ok(())
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> CacheError + use<> {
    let path = path.to_owned();
    move |source| CacheError::Io { path, source }
}

/// Makes a file that only we may read. Fails if the name is taken, be it by a link.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn check_private(path: &Path, owner: u32) -> Result<(), CacheError> {
    let metadata = fs::symlink_metadata(path).map_err(failed(path))?;
    if metadata.uid() != owner {
        return Err(CacheError::Owner { path: path.to_owned(), found: metadata.uid(), expected: owner });
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 || metadata.file_type().is_symlink() {
        return Err(CacheError::OpenToOthers { path: path.to_owned(), mode });
    }
    Ok(())
}

fn read_or_make_secret(path: &Path, owner: u32) -> Result<[u8; 32], CacheError> {
    if !path.try_exists().map_err(failed(path))? {
        let mut secret = [0; 32];
        File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut secret)).map_err(failed(path))?;
        let temporary = path.with_extension(std::process::id().to_string());
        create(&temporary).and_then(|mut file| file.write_all(&secret)).map_err(failed(&temporary))?;
        // A link fails if another process was first; then its secret counts.
        let linked = fs::hard_link(&temporary, path);
        fs::remove_file(&temporary).map_err(failed(&temporary))?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(path)(error)),
            _ => {}
        }
    }
    check_private(path, owner)?;
    let bytes = fs::read(path).map_err(failed(path))?;
    let found = bytes.len();
    bytes.try_into().map_err(|_| CacheError::Secret { path: path.to_owned(), found })
}

#[cfg(test)]
mod tests;
