//! Makes the snapshot of a final height in three passes, with bounded memory and beside the chain's work.
//!
//! ```text
//! measure   one scan of the rows: how many bytes each of 4,096 parts has; from that the depth, and each part's place
//! spread    a second scan: each row to its part's place, by way of buffers
//! order     part by part: read, sorted by hashed key, compared with the tree's hash of the part, written back
//! ```
//!
//! Both scans see the state after one height, whatever becomes final meanwhile. A height that is pruned meanwhile gives
//! no snapshot. It leaves out when snapshots are made.

use super::super::chain::load_block;
use super::super::genesis::stored_accumulator;
use super::super::state::page_key;
use super::file::{START, Section, write_end, write_start};
use anyhow::{Context as _, bail, ensure};
use parity_scale_codec::{Compact, Encode};
use std::fs::File;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tenon_core::sync::snapshot::{ANCHOR_BLOCKS, Anchor, MAX_ANCHOR_BYTES, MAX_PIECE_BYTES, Manifest};
use tenon_host::tree::{Page, PageId, PageSource, part_hashes};
use tenon_store::{Scan, StateAt, Store};
use tenon_types::proof::{
    EMPTY_HASH, MAX_PART_DEPTH, PartHash, compact_bytes, decode_part, encode_part, key_hash, part_of, row_bytes,
    verify_part,
};
use tenon_types::{BlockNumber, Hash, blake2b_256};

/// Rows that wait to be written, in bytes.
const MAX_BUFFERED_BYTES: usize = 32 << 20;
/// Parts at the greatest depth.
const FINEST: usize = 1 << MAX_PART_DEPTH;

/// Rows and bytes of a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    rows: usize,
    bytes: u64,
}

impl Size {
    /// Bytes of the part as it is sent.
    fn encoded(self) -> u64 {
        self.bytes + compact_bytes(self.rows) as u64
    }
}

/// A part's place in the file.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u64,
    size: Size,
}

/// Writes the snapshot of a height into a new file, cut into parts of about so many bytes.
pub(super) fn make(store: &Store, height: u64, part_bytes: u64, path: &Path, stop: &AtomicBool) -> anyhow::Result<()> {
    let anchor = anchor(store, height)?;
    let state = store.state_at(height)?;
    let finest = measure(&state, stop)?;
    let depth = depth_for(&finest, part_bytes)?;
    let places = places(&finest, depth);
    let (root, hashes) = hashes(&state, depth)?;
    let file = File::options().read(true).write(true).create(true).truncate(true).open(path);
    let file = file.with_context(|| format!("create {}", path.display()))?;
    let end = places.last().map_or(START, |place| place.start + place.size.encoded());
    // Parts without rows are written last, and may lie at the end.
    file.set_len(end)?;
    write_start(&file)?;
    spread(&state, &file, depth, &places, stop)?;
    let mut sections = Vec::with_capacity(places.len() + 1);
    for ((part, place), hash) in (0_u32..).zip(&places).zip(&hashes) {
        ensure!(!stop.load(Ordering::Relaxed), "the node stops");
        sections.push(order(&file, part, depth, place, hash)?);
    }
    file.write_all_at(&anchor, end)?;
    sections.push(section(end, &anchor));
    let manifest = Manifest { height: BlockNumber::try_from(height)?, root, depth, parts: hashes }.encode();
    Ok(write_end(&file, end + anchor.len() as u64, manifest, sections)?)
}

/// The block at a height, its receipts and the blocks before it by hash.
fn anchor(store: &Store, height: u64) -> anyhow::Result<Vec<u8>> {
    let entry = load_block(store, height)?.context("the block of the snapshot is not final")?;
    let hash = |height| -> anyhow::Result<Hash> {
        store.hash_of(height)?.map(Hash).with_context(|| format!("the store has no hash of block {height}"))
    };
    let first = height.saturating_sub(ANCHOR_BLOCKS as u64);
    let start = stored_accumulator(store, first)?;
    let older = (first..height).map(hash).collect::<anyhow::Result<_>>()?;
    let receipts = entry.all_receipts().cloned().collect();
    let bytes = Anchor { block: entry.block, receipts, start, older }.encode();
    let found = bytes.len();
    ensure!(
        found <= MAX_ANCHOR_BYTES,
        "found a block with {found} bytes around it, expected at most {MAX_ANCHOR_BYTES}"
    );
    Ok(bytes)
}

/// Shows each row of the state to `visit`.
fn each_row(
    state: &StateAt<'_>,
    stop: &AtomicBool,
    mut visit: impl FnMut(&[u8], &[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut result = Ok(());
    state.scan_each(&Scan::prefix(b""), &mut |key, value| {
        result = if stop.load(Ordering::Relaxed) { Err(anyhow::anyhow!("the node stops")) } else { visit(key, value) };
        if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    result
}

/// The sizes of all parts at the greatest depth.
fn measure(state: &StateAt<'_>, stop: &AtomicBool) -> anyhow::Result<Vec<Size>> {
    let mut sizes = vec![Size::default(); FINEST];
    each_row(state, stop, |key, value| {
        let size = &mut sizes[usize::try_from(part_of(&key_hash(key), MAX_PART_DEPTH))?];
        size.rows += 1;
        size.bytes += row_bytes(key, value) as u64;
        Ok(())
    })?;
    Ok(sizes)
}

/// The sizes of the parts at a depth.
fn sizes(finest: &[Size], depth: u8) -> impl Iterator<Item = Size> {
    let sum = |sum: Size, size: &Size| Size { rows: sum.rows + size.rows, bytes: sum.bytes + size.bytes };
    finest.chunks(finest.len() >> depth).map(move |parts| parts.iter().fold(Size::default(), sum))
}

/// The least depth at which parts have so many bytes on average, and none is too large: it follows from the state.
fn depth_for(finest: &[Size], part_bytes: u64) -> anyhow::Result<u8> {
    let total: u64 = finest.iter().map(|size| size.bytes).sum();
    let fits = |depth: u8| sizes(finest, depth).all(|size| size.encoded() <= MAX_PIECE_BYTES as u64);
    let wanted = (0..MAX_PART_DEPTH).find(|depth| total >> depth <= part_bytes).unwrap_or(MAX_PART_DEPTH);
    match (wanted..=MAX_PART_DEPTH).find(|depth| fits(*depth)) {
        Some(depth) => Ok(depth),
        None => {
            bail!("found a state of {total} bytes, expected parts of at most {MAX_PIECE_BYTES} at {MAX_PART_DEPTH}")
        }
    }
}

/// The places of the parts, one after the other.
fn places(finest: &[Size], depth: u8) -> Vec<Place> {
    let mut start = START;
    let place = |size: Size| {
        let place = Place { start, size };
        start += size.encoded();
        place
    };
    sizes(finest, depth).map(place).collect()
}

/// The root of the state, and the hash of each part by the tree.
fn hashes(state: &StateAt<'_>, depth: u8) -> anyhow::Result<([u8; 32], Vec<PartHash>)> {
    let pages = Pages(state);
    let root = pages.page(&PageId::ROOT).map_or(EMPTY_HASH, |page| *page.root());
    Ok((root, part_hashes(&pages, root, depth)?))
}

/// The pages of a state. What cannot be read counts as missing, which the tree reports.
struct Pages<'a>(&'a StateAt<'a>);

impl PageSource for Pages<'_> {
    fn page(&self, id: &PageId) -> Option<Arc<Page>> {
        let bytes = self.0.page(&page_key(id)).ok()??;
        Page::decode(id, &bytes).ok().map(Arc::new)
    }
}

/// Writes each row into its part, in any order.
fn spread(state: &StateAt<'_>, file: &File, depth: u8, places: &[Place], stop: &AtomicBool) -> anyhow::Result<()> {
    let mut buffers: Vec<Vec<u8>> = vec![Vec::new(); places.len()];
    let mut ends: Vec<u64> = places.iter().map(|place| place.start + compact_bytes(place.size.rows) as u64).collect();
    let mut buffered = 0;
    let mut flush = |buffers: &mut Vec<Vec<u8>>| -> anyhow::Result<()> {
        for ((buffer, end), place) in buffers.iter_mut().zip(&mut ends).zip(places) {
            let next = *end + buffer.len() as u64;
            ensure!(next <= place.start + place.size.encoded(), "found more rows than were measured");
            file.write_all_at(buffer, *end)?;
            *end = next;
            buffer.clear();
        }
        Ok(())
    };
    each_row(state, stop, |key, value| {
        let buffer = &mut buffers[usize::try_from(part_of(&key_hash(key), depth))?];
        key.encode_to(buffer);
        value.encode_to(buffer);
        buffered += row_bytes(key, value);
        if buffered > MAX_BUFFERED_BYTES {
            buffered = 0;
            flush(&mut buffers)?;
        }
        Ok(())
    })?;
    flush(&mut buffers)
}

/// Puts the rows of a part in order, and checks that they are those of the tree.
fn order(file: &File, part: u32, depth: u8, place: &Place, hash: &PartHash) -> anyhow::Result<Section> {
    let mut bytes = vec![0; usize::try_from(place.size.encoded())?];
    file.read_exact_at(&mut bytes, place.start)?;
    let count = Compact(u32::try_from(place.size.rows)?).encode();
    bytes[..count.len()].copy_from_slice(&count);
    let mut rows = decode_part(&bytes)?;
    rows.sort_by_cached_key(|(key, _)| key_hash(key));
    verify_part(part, depth, hash, &rows).context("the state's rows and its tree contradict each other")?;
    let sorted = encode_part(&rows)?;
    file.write_all_at(&sorted, place.start)?;
    Ok(section(place.start, &sorted))
}

fn section(start: u64, bytes: &[u8]) -> Section {
    Section { start, bytes: bytes.len() as u64, hash: blake2b_256(bytes) }
}
