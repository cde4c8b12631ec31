//! Brings a fetched snapshot into the store: every piece checked once more, the tree built anew part by part.
//!
//! The pages above the cut are held in memory, 65 at most; those below belong to one part each and are written with it.
//! It leaves out fetching, and whether the genesis is the chain's: the caller knows its hash.

use super::super::chain::entry_of;
use super::super::finalize::event_rows;
use super::super::genesis::GENESIS_RECORD;
use super::super::state::page_key;
use super::incoming::Incoming;
use anyhow::{Context as _, ensure};
use parity_scale_codec::Encode;
use std::path::Path;
use std::time::Instant;
use tenon_core::sync::snapshot::{Anchor, Manifest, Piece, Target};
use tenon_host::tree::{self, MemoryPages, PageDiff};
use tenon_store::{Change, Finalized, FinalizedBatch, Import, Store};
use tenon_types::mmr::peaks_of;
use tenon_types::proof::{EMPTY_HASH, TreeHash, decode_part, hashed_rows, verify_hashed_part};
use tenon_types::{Genesis, Hash};

/// Threads that hash the tree of a part.
const TREE_THREADS: usize = 2;

/// Imports a snapshot whose pieces are all there, in place of the chain that the store holds, and removes the pieces.
///
/// `finality` is what shows that the snapshot's block is final. The store must be used by nobody else meanwhile. A piece that does not pass is removed, so that fetching goes on
/// with it. After an error while rows are written the store says that its import is unfinished; importing again mends
/// that.
///
/// # Errors
/// If a piece is missing or does not pass, the store refuses, or the disk fails.
pub fn import(
    store: &Store,
    (genesis, genesis_hash): (&Genesis, Hash),
    (target, finality): (&Target, &[u8]),
    incoming: &Incoming,
) -> anyhow::Result<Finalized> {
    let manifest = checked(incoming, Piece::Manifest, |bytes| Ok(Manifest::from_bytes(target, bytes)?))?;
    let anchor = checked(incoming, Piece::Anchor, |bytes| Ok(Anchor::from_bytes(target, bytes)?))?;
    let begun = store.begin_import(&genesis_hash.0, u64::from(target.height))?;
    store.put_record(GENESIS_RECORD, &genesis.encode())?;
    let mut rows = Rows { import: &begun, manifest: &manifest, top: MemoryPages::default(), root: EMPTY_HASH };
    for part in manifest.occupied() {
        checked(incoming, Piece::Part(part), |bytes| rows.put(part, bytes))?;
    }
    let (top, root) = (rows.top, rows.root);
    ensure!(root == target.root, "found the root {}, expected {}", Hash(root), Hash(target.root));
    let finalized = finish(begun, anchor, finality, &top)?;
    incoming.drop_all()?;
    Ok(finalized)
}

/// Imports what was fetched below the node's base path, if all of it is there. What cannot be imported is removed, and an
/// import that was begun is given up: the node then begins as if nothing had been fetched.
///
/// # Errors
/// If the store or the disk fails.
pub fn import_fetched(
    store: &Store,
    base: &Path,
    genesis: &Genesis,
    genesis_hash: impl FnOnce() -> anyhow::Result<Hash>,
) -> anyhow::Result<Option<Finalized>> {
    let Some((incoming, trusted)) = Incoming::complete(base)? else {
        store.abandon_import()?;
        return Ok(None);
    };
    let begun = Instant::now();
    let height = trusted.target.height;
    tracing::info!(target: "tenon::snapshot", height, "a snapshot is imported");
    let finality = trusted.finality.to_bytes();
    match import(store, (genesis, genesis_hash()?), (&trusted.target, &finality), &incoming) {
        Ok(finalized) => {
            let taken_ms = begun.elapsed().as_millis();
            tracing::info!(target: "tenon::snapshot", height, taken_ms, "a snapshot was imported");
            Ok(Some(finalized))
        }
        Err(error) => {
            let error = format!("{error:#}");
            tracing::warn!(target: "tenon::snapshot", height, error, "a snapshot cannot be imported, and is given up");
            store.abandon_import()?;
            incoming.drop_all()?;
            Ok(None)
        }
    }
}

/// Reads a piece for somebody who checks it. One that does not pass is removed.
fn checked<T>(incoming: &Incoming, piece: Piece, check: impl FnOnce(&[u8]) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let bytes = incoming.read(piece)?.with_context(|| format!("found no {piece:?} of the snapshot, expected all"))?;
    check(&bytes).or_else(|error| {
        if !error.is::<tenon_store::StoreError>() {
            incoming.forget(piece)?;
        }
        Err(error.context(format!("{piece:?} of the snapshot")))
    })
}

/// The rows that were written so far, and the tree above them.
struct Rows<'a> {
    import: &'a Import<'a>,
    manifest: &'a Manifest,
    /// The pages above the cut.
    top: MemoryPages,
    root: TreeHash,
}

impl Rows<'_> {
    fn put(&mut self, part: u32, bytes: &[u8]) -> anyhow::Result<()> {
        let (rows, depth) = (decode_part(bytes)?, self.manifest.depth);
        let hashed = hashed_rows(&rows);
        let expected = &self.manifest.parts[usize::try_from(part)?];
        verify_hashed_part(part, depth, expected, &hashed)?;
        let changes: Vec<tree::Change> = hashed.into_iter().map(|(key, value)| (key, Some(value))).collect();
        // No page below the cut is read: before this, the part was empty.
        let update = tree::update(&self.top, self.root, &changes, TREE_THREADS)?;
        let is_top = |bits: usize| bits < usize::from(depth);
        let (top, below): (PageDiff, PageDiff) = update.pages.into_iter().partition(|(id, _)| is_top(id.bit_depth()));
        let below: Vec<Change> =
            below.iter().map(|(id, page)| (page_key(id), page.as_ref().map(|page| page.encode()))).collect();
        self.import.put(&rows, &below)?;
        self.top.apply(&top);
        self.root = update.root;
        Ok(())
    }
}

/// Writes the block, which ends the import.
fn finish(import: Import<'_>, anchor: Anchor, finality: &[u8], top: &MemoryPages) -> anyhow::Result<Finalized> {
    let Anchor { block, receipts, start: mut accumulator, older } = anchor;
    let encoded = receipts.encode();
    let entry = entry_of(block, receipts);
    let peaks = peaks_of(accumulator.size()).into_iter().zip(accumulator.peaks());
    import.put_peaks(&peaks.map(|(place, peak)| (place.last, place.level, *peak)).collect::<Vec<_>>())?;
    for hash in &older {
        let height = accumulator.size();
        let nodes = (0..).zip(accumulator.append(hash));
        import.put_peaks(&nodes.map(|(level, node)| (height, level, node)).collect::<Vec<_>>())?;
    }
    let nodes = accumulator.append(&entry.hash);
    let older: Vec<[u8; 32]> = older.iter().rev().map(|hash| hash.0).collect();
    let pages: Vec<Change> = top.sorted().into_iter().map(|(id, page)| (page_key(id), Some(page.encode()))).collect();
    let transactions: Vec<[u8; 32]> = entry.transactions.iter().map(|hash| hash.0).collect();
    let header = &entry.block.header;
    let block = FinalizedBatch {
        height: u64::from(header.number),
        hash: entry.hash.0,
        parent_hash: header.parent_hash.0,
        block: &entry.block.encode(),
        receipts: &encoded,
        proof: finality,
        nodes: &nodes,
        state_changes: &[],
        page_changes: &pages,
        tx_hashes: &transactions,
        events: &event_rows(&entry),
    };
    Ok(import.finish(&block, &older)?)
}
