//! The pieces of a snapshot that is being fetched, a file for each: so a node that is stopped goes on where it was.
//!
//! Pieces were checked before they come here, and are checked once more when they are imported: a file that the disk
//! has spoilt does no harm. It leaves out asking for pieces.

use super::DIRECTORY;
use anyhow::Context as _;
use parity_scale_codec::{DecodeAll, Encode};
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tenon_core::consensus::bbft::FinalityProof;
use tenon_core::sync::snapshot::{Manifest, Piece, Target, Trusted};
use tenon_types::Header;

/// The directory below that of the snapshots.
const INCOMING: &str = "incoming";
const UNFINISHED: &str = "unfinished";
/// The file that is there once all pieces are.
const TRUSTED: &str = "trusted";

/// The pieces of one snapshot.
#[derive(Debug)]
pub struct Incoming {
    directory: PathBuf,
}

impl Incoming {
    /// Opens what was fetched of a snapshot below the node's base path. Pieces of another one are removed.
    ///
    /// # Errors
    /// If the directory cannot be read or written.
    pub fn open(base: &Path, target: &Target) -> anyhow::Result<Self> {
        let incoming = Self { directory: base.join(DIRECTORY).join(INCOMING) };
        fs::create_dir_all(&incoming.directory).with_context(|| incoming.failed())?;
        let manifest = incoming.read(Piece::Manifest)?;
        if manifest.is_none_or(|bytes| Manifest::from_bytes(target, &bytes).is_err()) {
            incoming.drop_all()?;
        }
        Ok(incoming)
    }

    /// The manifest and the pieces that are there, to go on from.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn kept(&self) -> anyhow::Result<(Option<Vec<u8>>, BTreeSet<Piece>)> {
        let mut pieces = BTreeSet::new();
        for entry in fs::read_dir(&self.directory).with_context(|| self.failed())? {
            let name = entry.with_context(|| self.failed())?.file_name();
            pieces.extend(name.to_str().and_then(piece_of));
        }
        Ok((self.read(Piece::Manifest)?, pieces))
    }

    /// Keeps a piece that passed.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, piece: Piece, bytes: &[u8]) -> anyhow::Result<()> {
        let path = self.path(piece);
        let unfinished = path.with_extension(UNFINISHED);
        let write = || -> io::Result<()> {
            fs::write(&unfinished, bytes)?;
            fs::rename(&unfinished, &path)
        };
        write().with_context(|| format!("write {}", path.display()))
    }

    /// Reads a piece, if it is there.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(&self, piece: Piece) -> anyhow::Result<Option<Vec<u8>>> {
        let path = self.path(piece);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
        }
    }

    /// Takes note that all pieces are there, and of what makes the snapshot trusted: so it can be imported at any time.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn trust(&self, trusted: &Trusted) -> anyhow::Result<()> {
        let path = self.directory.join(TRUSTED);
        let unfinished = path.with_extension(UNFINISHED);
        let bytes = (&trusted.child, trusted.finality.to_bytes()).encode();
        let write = || -> io::Result<()> {
            let mut file = fs::File::create(&unfinished)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)
        };
        write().with_context(|| format!("write {}", path.display()))
    }

    /// The snapshot below the node's base path whose pieces are all there, if there is one. What does not read counts as
    /// none.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn complete(base: &Path) -> anyhow::Result<Option<(Self, Trusted)>> {
        let incoming = Self { directory: base.join(DIRECTORY).join(INCOMING) };
        let path = incoming.directory.join(TRUSTED);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
        };
        let read = <(Header, Vec<u8>)>::decode_all(&mut &bytes[..]).ok().and_then(|(child, finality)| {
            let finality = FinalityProof::from_bytes(&finality).ok()?;
            Some(Trusted { target: Target::below(&child).ok()?, child, finality })
        });
        Ok(read.map(|trusted| (incoming, trusted)))
    }

    /// Removes whatever was fetched below the node's base path.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn clear(base: &Path) -> anyhow::Result<()> {
        let directory = base.join(DIRECTORY).join(INCOMING);
        if directory.exists() { Self { directory }.drop_all() } else { Ok(()) }
    }

    /// Removes a piece, so that it is fetched again.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn forget(&self, piece: Piece) -> anyhow::Result<()> {
        let path = self.path(piece);
        fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))
    }

    /// Removes all pieces.
    ///
    /// # Errors
    /// If they cannot be removed.
    pub fn drop_all(&self) -> anyhow::Result<()> {
        fs::remove_dir_all(&self.directory).with_context(|| self.failed())?;
        fs::create_dir_all(&self.directory).with_context(|| self.failed())
    }

    fn path(&self, piece: Piece) -> PathBuf {
        self.directory.join(match piece {
            Piece::Manifest => "manifest".to_string(),
            Piece::Anchor => "anchor".to_string(),
            Piece::Part(part) => format!("part-{part}"),
        })
    }

    fn failed(&self) -> String {
        format!("read or write {}", self.directory.display())
    }
}

fn piece_of(name: &str) -> Option<Piece> {
    match name {
        "manifest" => Some(Piece::Manifest),
        "anchor" => Some(Piece::Anchor),
        _ => name.strip_prefix("part-")?.parse().ok().map(Piece::Part),
    }
}
