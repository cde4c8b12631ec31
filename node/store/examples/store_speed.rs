//! How fast the store commits and reads: `cargo run -p tenon-store --example store_speed [ROWS]`.
//!
//! Fills a state of ROWS rows (default 1,000,000), then commits blocks that change 20,000 rows and 4,000 pages each,
//! without and with an index of 20,000 transactions, and reads at random. It prints figures and asserts none.

#![allow(clippy::print_stdout, reason = "an example talks to the terminal")]

use std::{
    error::Error,
    path::Path,
    time::{Duration, Instant},
};

use tenon_store::{Change, FinalizedBatch, Hash, Options, Scan, Store};

const DEFAULT_ROWS: u64 = 1_000_000;
const CHANGES: u64 = 20_000;
const PAGES: u64 = 4_000;
const PAGE_BYTES: usize = 512;
const COMMITS: usize = 20;
const READS: u64 = 100_000;

struct Chain {
    store: Store,
    height: u64,
    parent: Hash,
    random: u64,
}

struct Block {
    state: Vec<Change>,
    pages: Vec<Change>,
    transactions: Vec<Hash>,
}

impl Chain {
    fn open(path: &Path, sync: bool) -> Result<Self, Box<dyn Error>> {
        let store = Store::open(path, &Options { sync, ..Options::default() })?;
        Ok(Self { store, height: 0, parent: [0; 32], random: 1 })
    }

    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 27)
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let words = length.div_ceil(8);
        let mut out: Vec<u8> = (0..words).flat_map(|_| self.random().to_le_bytes()).collect();
        out.truncate(length);
        out
    }

    /// Random changes to `count` of `rows` rows of `length` bytes, sorted by key as the executor hands them over.
    fn changes(&mut self, count: u64, rows: u64, length: usize) -> Vec<Change> {
        let mut changes: Vec<Change> = (0..count)
            .map(|_| {
                let row = self.random() % rows;
                (key(row), Some(self.bytes(length)))
            })
            .collect();
        changes.sort();
        changes.dedup_by(|left, right| left.0 == right.0);
        changes
    }

    fn block(&mut self, rows: u64, transactions: u64) -> Block {
        Block {
            state: self.changes(CHANGES, rows, 64),
            pages: self.changes(PAGES, (rows / 16).max(1), PAGE_BYTES),
            transactions: (0..transactions).map(|_| self.bytes(32).try_into().expect("32 bytes")).collect(),
        }
    }

    fn commit(&mut self, block: &Block) -> Result<Duration, Box<dyn Error>> {
        let mut hash = [1; 32];
        hash[..8].copy_from_slice(&self.height.to_be_bytes());
        let body = vec![7; 200 * block.transactions.len()];
        let started = Instant::now();
        self.store.commit(&FinalizedBatch {
            height: self.height,
            hash,
            parent_hash: self.parent,
            block: &body,
            receipts: &body,
            proof: &[],
            nodes: &[],
            state_changes: &block.state,
            page_changes: &block.pages,
            tx_hashes: &block.transactions,
            events: &[],
        })?;
        let took = started.elapsed();
        self.height += 1;
        self.parent = hash;
        Ok(took)
    }
}

fn key(row: u64) -> Vec<u8> {
    let mut key = row.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes().to_vec();
    key.extend_from_slice(&[0xab; 40]);
    key
}

fn main() -> Result<(), Box<dyn Error>> {
    let rows = match std::env::args().nth(1) {
        Some(rows) => rows.parse()?,
        None => DEFAULT_ROWS,
    };
    for sync in [false, true] {
        let directory = tempfile::tempdir()?;
        let mut chain = Chain::open(directory.path(), sync)?;
        fill(&mut chain, rows)?;
        println!("sync {sync}: {rows} rows, {CHANGES} changes and {PAGES} pages of {PAGE_BYTES} bytes a block");
        for transactions in [0, CHANGES] {
            let mut times = Vec::with_capacity(COMMITS);
            for _ in 0..COMMITS {
                let block = chain.block(rows, transactions);
                times.push(chain.commit(&block)?);
            }
            times.sort();
            println!(
                "  commit with {transactions} transactions: median {:.1} ms, worst {:.1} ms",
                times[COMMITS / 2].as_secs_f64() * 1e3,
                times[COMMITS - 1].as_secs_f64() * 1e3
            );
        }
        let empty = Block { state: Vec::new(), pages: Vec::new(), transactions: Vec::new() };
        let mut times = (0..200).map(|_| chain.commit(&empty)).collect::<Result<Vec<_>, _>>()?;
        times.sort();
        println!("  commit of an empty block: median {:.3} ms", times[100].as_secs_f64() * 1e3);
        read(&mut chain, rows)?;
    }
    Ok(())
}

fn fill(chain: &mut Chain, rows: u64) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    for first in (0..rows).step_by(50_000) {
        let last = rows.min(first + 50_000);
        let mut state: Vec<Change> = (first..last).map(|row| (key(row), Some(chain.bytes(64)))).collect();
        let pages = (first / 16..last / 16).map(|row| (key(row), Some(chain.bytes(PAGE_BYTES)))).collect();
        state.sort();
        chain.commit(&Block { state, pages, transactions: Vec::new() })?;
    }
    println!("filled in {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn read(chain: &mut Chain, rows: u64) -> Result<(), Box<dyn Error>> {
    let wanted: Vec<Vec<u8>> = (0..READS).map(|_| key(chain.random() % rows)).collect();
    let each = |started: Instant, count: u64| started.elapsed().as_secs_f64() * 1e6 / count as f64;
    let started = Instant::now();
    for key in &wanted {
        chain.store.get(key)?.ok_or("a row is missing")?;
    }
    println!("  get: {:.2} us", each(started, READS));
    let keys: Vec<&[u8]> = wanted.iter().map(Vec::as_slice).collect();
    let started = Instant::now();
    for keys in keys.chunks(256) {
        chain.store.multi_get(keys)?;
    }
    println!("  multi_get of 256: {:.2} us a key", each(started, READS));
    let old = chain.store.state_at(chain.height - 220)?;
    let started = Instant::now();
    for key in wanted.iter().take(10_000) {
        old.get(key)?.ok_or("a row is missing")?;
    }
    println!("  get 219 blocks back: {:.2} us", each(started, 10_000));
    let started = Instant::now();
    let found = chain.store.scan(&Scan::prefix(&[0x10]), usize::MAX)?.len();
    println!("  scan: {:.3} us a row", each(started, found.max(1) as u64));
    let started = Instant::now();
    let found = old.scan(&Scan::prefix(&[0x10]), usize::MAX)?.len();
    println!("  scan 219 blocks back: {:.3} us a row", each(started, found.max(1) as u64));
    let usage = chain.store.usage()?;
    println!("  tables {} MiB, write buffers {} MiB", usage.table_bytes >> 20, usage.write_buffer_bytes >> 20);
    Ok(())
}
