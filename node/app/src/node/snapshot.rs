//! Snapshots of the state after final blocks: made beside the chain's work, served to others from files, and imported.
//!
//! ```text
//! serving   finalizer -> SnapshotMaker::on_final -> a thread writes a file -> Snapshots -> manifest, parts, anchor
//! fetching  SnapshotSync (tenon-core) says what to keep -> Incoming: a file for each piece -> import -> the store
//! ```
//!
//! Every node makes its snapshots at the same heights and cuts them at the same depth, since both follow from the chain
//! alone: so the pieces of one snapshot can be had from several nodes side by side. It leaves out the network: who is
//! asked, and how the header after a snapshot comes to be trusted.

mod file;
mod import;
mod incoming;
mod make;
#[cfg(test)]
mod tests;

pub use import::{import, import_fetched};
pub use incoming::Incoming;

use anyhow::Context as _;
use file::SnapshotFile;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use tenon_core::sync::snapshot::Offer;
use tenon_store::Store;

/// Snapshots that are kept; older ones are removed.
pub const MAX_SNAPSHOTS: usize = 2;
/// Bytes that parts have at most on average, as long as the greatest depth allows. All nodes must cut alike.
const PART_BYTES: u64 = 1 << 20;
/// Where a node keeps its snapshots, below its base path.
const DIRECTORY: &str = "snapshots";
/// What a snapshot's file is called beside its height, and while it is written.
const FINISHED: &str = "snapshot";
const UNFINISHED: &str = "unfinished";

/// The snapshots that a node has, to be served to others.
#[derive(Debug)]
pub struct Snapshots {
    directory: PathBuf,
    part_bytes: u64,
    /// Oldest first.
    files: RwLock<Vec<Arc<SnapshotFile>>>,
}

impl Snapshots {
    /// Opens the snapshots below the node's base path. What is unfinished, damaged or surplus is removed.
    ///
    /// # Errors
    /// If the directory cannot be read or written.
    pub fn open(base: &Path) -> anyhow::Result<Self> {
        let directory = base.join(DIRECTORY);
        let failed = || format!("open the snapshots in {}", directory.display());
        fs::create_dir_all(&directory).with_context(failed)?;
        let mut files = Vec::new();
        for entry in fs::read_dir(&directory).with_context(failed)? {
            let path = entry.with_context(failed)?.path();
            let opened = match path.extension().and_then(|extension| extension.to_str()) {
                Some(FINISHED) => SnapshotFile::open(&path),
                Some(UNFINISHED) => Err(anyhow::anyhow!("it was not finished")),
                _ => continue,
            };
            match opened {
                Ok(file) => files.push(Arc::new(file)),
                Err(error) => {
                    tracing::warn!(target: "tenon::snapshot", path = %path.display(), %error, "a snapshot is removed");
                    fs::remove_file(&path).with_context(failed)?;
                }
            }
        }
        files.sort_by_key(|file| file.offer.height);
        let snapshots = Self { directory, part_bytes: PART_BYTES, files: RwLock::new(files) };
        snapshots.remove_surplus();
        Ok(snapshots)
    }

    /// What this node can tell others that it has, the newest last.
    #[must_use]
    pub fn offers(&self) -> Vec<Offer> {
        self.files().iter().map(|file| file.offer).collect()
    }

    /// The manifest of the snapshot at a height, if there is one.
    #[must_use]
    pub fn serve_manifest(&self, height: u64) -> Option<Vec<u8>> {
        Some(self.at(height)?.manifest.clone())
    }

    /// The rows of a part of the snapshot at a height, if there is such a one.
    #[must_use]
    pub fn serve_part(&self, height: u64, part: u32) -> Option<Vec<u8>> {
        let file = self.at(height)?;
        let section = usize::try_from(part).ok().filter(|section| *section < file.parts())?;
        read(&file, section)
    }

    /// The anchor of the snapshot at a height, if there is one.
    #[must_use]
    pub fn serve_anchor(&self, height: u64) -> Option<Vec<u8>> {
        let file = self.at(height)?;
        let section = file.parts();
        read(&file, section)
    }

    fn at(&self, height: u64) -> Option<Arc<SnapshotFile>> {
        self.files().iter().find(|file| u64::from(file.offer.height) == height).cloned()
    }

    fn files(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<SnapshotFile>>> {
        self.files.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The height of the newest one.
    #[must_use]
    pub fn newest(&self) -> Option<u64> {
        self.files().last().map(|file| u64::from(file.offer.height))
    }

    /// Makes the snapshot of a height, unless it is there.
    fn make(&self, store: &Store, height: u64, stop: &AtomicBool) -> anyhow::Result<()> {
        if self.at(height).is_some() {
            return Ok(());
        }
        let unfinished = self.path(height, UNFINISHED);
        if let Err(error) = make::make(store, height, self.part_bytes, &unfinished, stop) {
            // What lies there is of no use to anybody.
            drop(fs::remove_file(&unfinished));
            return Err(error);
        }
        let path = self.path(height, FINISHED);
        fs::rename(&unfinished, &path).with_context(|| format!("rename {}", unfinished.display()))?;
        let file = Arc::new(SnapshotFile::open(&path)?);
        {
            let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
            files.push(file);
            files.sort_by_key(|file| file.offer.height);
        }
        self.remove_surplus();
        Ok(())
    }

    fn remove_surplus(&self) {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let surplus = files.len().saturating_sub(MAX_SNAPSHOTS);
        for file in files.drain(..surplus) {
            let path = self.path(u64::from(file.offer.height), FINISHED);
            // Who is reading it reads on: the file goes when it is closed.
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(target: "tenon::snapshot", path = %path.display(), %error, "a snapshot stays");
            }
        }
    }

    fn path(&self, height: u64, extension: &str) -> PathBuf {
        self.directory.join(format!("{height}.{extension}"))
    }
}

/// Bytes that the disk has spoilt are not served.
fn read(file: &SnapshotFile, section: usize) -> Option<Vec<u8>> {
    match file.read(section) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            let height = file.offer.height;
            tracing::warn!(target: "tenon::snapshot", height, section, %error, "a snapshot cannot be read");
            None
        }
    }
}

/// Makes snapshots on a thread of its own, which ends when this is dropped, or is told to stop, in the middle of a
/// snapshot if need be.
#[derive(Debug)]
pub struct SnapshotMaker {
    every_blocks: u64,
    /// The height that was asked for last.
    asked: AtomicU64,
    due: SyncSender<u64>,
}

impl SnapshotMaker {
    /// Makes a snapshot every so many blocks; 0 makes none. The work is for a thread.
    pub fn new(
        store: Arc<Store>,
        snapshots: Arc<Snapshots>,
        every_blocks: u64,
        stop: Arc<AtomicBool>,
    ) -> (Self, impl FnOnce() + Send + 'static) {
        // One waits while one is made: a node that is too slow for each makes fewer.
        let (due, heights) = sync_channel(1);
        let asked = AtomicU64::new(snapshots.newest().unwrap_or(0));
        (Self { every_blocks, asked, due }, move || make_all(&store, &snapshots, &heights, &stop))
    }

    /// Takes note that blocks up to a height are final and in the store. Returns at once.
    pub fn on_final(&self, height: u64) {
        let Some(since) = height.checked_rem(self.every_blocks) else { return };
        let due = height - since;
        if due > self.asked.load(Ordering::Relaxed) && self.due.try_send(due).is_ok() {
            self.asked.store(due, Ordering::Relaxed);
        }
    }
}

fn make_all(store: &Store, snapshots: &Snapshots, heights: &Receiver<u64>, stop: &AtomicBool) {
    while let Ok(height) = heights.recv() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let begun = std::time::Instant::now();
        match snapshots.make(store, height, stop) {
            Ok(()) => {
                let taken_ms = begun.elapsed().as_millis();
                tracing::info!(target: "tenon::snapshot", height, taken_ms, "a snapshot was made");
            }
            Err(error) => {
                tracing::warn!(target: "tenon::snapshot", height, error = format!("{error:#}"), "no snapshot was made");
            }
        }
    }
}
