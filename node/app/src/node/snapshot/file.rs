//! The file of a snapshot: its sections, then what they are.
//!
//! ```text
//! 8 bytes    "TENONSNP"
//! u32        version, little-endian like all numbers here
//! sections   the parts in order, then the anchor: each as it is sent to others
//! head       SCALE: the manifest, which has height, root, depth and the parts' hashes; place and hash of each section
//! u64        the head's length
//! 32 bytes   blake2b-256 of the head
//! ```
//!
//! Nothing is compressed: hashes and code, of which a state mostly consists, hardly get shorter. It leaves out what goes
//! into a section.

use anyhow::{Context as _, ensure};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use tenon_core::sync::snapshot::{MAX_MANIFEST_BYTES, MAX_PIECE_BYTES, Manifest, Offer};
use tenon_types::proof::MAX_PART_DEPTH;
use tenon_types::{Hash, blake2b_256};

const MAGIC: [u8; 8] = *b"TENONSNP";
const VERSION: u32 = 1;
/// Bytes before the first section.
pub(super) const START: u64 = 12;
const TRAILER_BYTES: u64 = 8 + 32;
/// Bytes of a head: the manifest, and 48 for each section.
const MAX_HEAD_BYTES: u64 = MAX_MANIFEST_BYTES as u64 + ((1 << MAX_PART_DEPTH) + 1) * 48 + 64;

/// Where a section lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Section {
    pub(super) start: u64,
    pub(super) bytes: u64,
    pub(super) hash: Hash,
}

#[derive(Encode, Decode)]
struct Head {
    manifest: Vec<u8>,
    sections: Vec<Section>,
}

/// An open snapshot.
#[derive(Debug)]
pub(super) struct SnapshotFile {
    file: File,
    pub(super) offer: Offer,
    pub(super) manifest: Vec<u8>,
    sections: Vec<Section>,
}

impl SnapshotFile {
    /// Opens a file and checks its head. Sections are checked as they are read.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
        let length = file.metadata()?.len();
        let mut start = [0; 12];
        file.read_exact_at(&mut start, 0).context("read the start")?;
        let (magic, version) = start.split_at(8);
        ensure!(magic == MAGIC, "found a file that begins with {magic:02x?}, expected a snapshot");
        let version = u32::from_le_bytes(version.try_into()?);
        ensure!(version == VERSION, "found version {version} of a snapshot, expected {VERSION}");
        let mut trailer = [0; 40];
        let trailer_at = length.checked_sub(TRAILER_BYTES).context("found a file without an end")?;
        file.read_exact_at(&mut trailer, trailer_at)?;
        let (bytes, hash) = trailer.split_at(8);
        let bytes = u64::from_le_bytes(bytes.try_into()?);
        ensure!(bytes <= MAX_HEAD_BYTES, "found a head of {bytes} bytes, expected at most {MAX_HEAD_BYTES}");
        let head_at =
            trailer_at.checked_sub(bytes).filter(|at| *at >= START).context("found a head that is cut off")?;
        let mut head = vec![0; usize::try_from(bytes)?];
        file.read_exact_at(&mut head, head_at)?;
        ensure!(blake2b_256(&head).0 == hash, "found a head with another hash than its own");
        let Head { manifest, sections } = Head::decode_all(&mut &head[..])?;
        let Manifest { height, root, depth, parts } = Manifest::decode_all(&mut &manifest[..])?;
        let (found, expected) = (sections.len(), parts.len() + 1);
        ensure!(found == expected, "found {found} sections, expected {expected}");
        for Section { start, bytes, .. } in &sections {
            let inside = *start >= START && start.checked_add(*bytes).is_some_and(|end| end <= head_at);
            ensure!(inside && *bytes <= MAX_PIECE_BYTES as u64, "found {bytes} bytes at {start}, expected a section");
        }
        Ok(Self { file, offer: Offer { height, root, depth }, manifest, sections })
    }

    /// How many parts there are. The section after them is the anchor.
    pub(super) fn parts(&self) -> usize {
        self.sections.len() - 1
    }

    /// Reads a section.
    pub(super) fn read(&self, section: usize) -> anyhow::Result<Vec<u8>> {
        let section = self.sections.get(section).context("no such section")?;
        let mut bytes = vec![0; usize::try_from(section.bytes)?];
        self.file.read_exact_at(&mut bytes, section.start)?;
        let found = blake2b_256(&bytes);
        ensure!(found == section.hash, "found a section with hash {found}, expected {}", section.hash);
        Ok(bytes)
    }
}

/// Writes what stands before the sections.
pub(super) fn write_start(file: &File) -> std::io::Result<()> {
    file.write_all_at(&MAGIC, 0)?;
    file.write_all_at(&VERSION.to_le_bytes(), MAGIC.len() as u64)
}

/// Writes what stands after the sections, and has the disk take it all.
pub(super) fn write_end(file: &File, end: u64, manifest: Vec<u8>, sections: Vec<Section>) -> std::io::Result<()> {
    let mut head = Head { manifest, sections }.encode();
    let (bytes, hash) = (head.len() as u64, blake2b_256(&head));
    head.extend_from_slice(&bytes.to_le_bytes());
    head.extend_from_slice(&hash.0);
    file.write_all_at(&head, end)?;
    file.sync_all()
}
