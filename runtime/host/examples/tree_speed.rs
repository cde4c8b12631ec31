//! Measures the state tree in memory: leaf updates a second, encoding, decoding and proofs.
//!
//! Run with `cargo run -p tenon-host --example tree_speed [LEAVES] [BATCH] [ROUNDS]`. Figures for one thread are by the
//! time that the thread had a processor, where Linux tells it, so that a busy machine changes them less. Leaves out
//! any store.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tenon_host::tree::{Change, MemoryPages, Page, prove, update};
use tenon_types::proof::{EMPTY_HASH, TreeHash, key_hash, value_hash};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse().expect("arguments are numbers"));
    let leaves: u64 = arguments.next().unwrap_or(1_000_000);
    let batch: u64 = arguments.next().unwrap_or(10_000);
    let rounds: u64 = arguments.next().unwrap_or(20);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);

    let mut tree = (MemoryPages::default(), EMPTY_HASH);
    let started = Instant::now();
    apply(&mut tree, &changes(0..leaves, 0), threads);
    report(&format!("build {leaves} leaves, {threads} threads"), leaves, started.elapsed());

    for threads in [1, threads] {
        let replace = |round: u64| {
            let keys = (0..batch).map(move |index| mix(round * batch + index) % leaves);
            changes(keys, round + 1)
        };
        let insert = |round: u64| changes(leaves + round * batch..leaves + (round + 1) * batch, 1);
        let remove = |round: u64| insert(round).into_iter().map(|(key, _)| (key, None)).collect();
        measure(&mut tree, "replace", threads, rounds, replace);
        measure(&mut tree, "insert", threads, rounds, insert);
        measure(&mut tree, "remove", threads, rounds, remove);
    }

    let (pages, root) = &tree;
    let started = Instant::now();
    let encoded: Vec<_> = pages.sorted().into_iter().map(|(id, page)| (id, page.encode())).collect();
    report("encode pages", count(encoded.len()), started.elapsed());
    println!("{:>12} bytes in all", encoded.iter().map(|(_, bytes)| bytes.len()).sum::<usize>());
    let started = Instant::now();
    let decoded = encoded.iter().filter(|(id, bytes)| Page::decode(id, bytes).is_ok()).count();
    report("decode pages", count(decoded), started.elapsed());
    let started = Instant::now();
    let proven = (0..batch).filter(|index| {
        let key = name(mix(*index) % leaves);
        let proof = prove(pages, *root, &key).expect("the tree is whole");
        matches!(proof.verify_hashed(root, &key), Ok(Some(_)))
    });
    report("prove and verify", count(proven.count()), started.elapsed());
}

/// Applies `rounds` batches and prints the leaves a second, the making of the batches left out.
fn measure(
    tree: &mut (MemoryPages, TreeHash),
    what: &str,
    threads: usize,
    rounds: u64,
    batch: impl Fn(u64) -> Vec<Change>,
) {
    let (mut done, mut spent, mut best) = (0, Duration::ZERO, 0.0_f64);
    for round in 0..rounds {
        let changes = batch(round);
        let (started, busy) = (Instant::now(), on_processor());
        let pages = update(&tree.0, tree.1, &changes, threads).expect("the tree is whole");
        let took = match (busy, on_processor()) {
            (Some(before), Some(after)) if threads == 1 => after.saturating_sub(before),
            _ => started.elapsed(),
        };
        spent += took;
        done += count(changes.len());
        best = best.max(rate(count(changes.len()), took));
        tree.0.apply(&pages.pages);
        tree.1 = pages.root;
    }
    report(&format!("{what} {batch}, {threads} threads, best batch {best:.0}", batch = done / rounds), done, spent);
}

/// Returns how long this thread has had a processor.
fn on_processor() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn apply(tree: &mut (MemoryPages, TreeHash), changes: &[Change], threads: usize) {
    let done = update(&tree.0, tree.1, changes, threads).expect("the tree is whole");
    tree.0.apply(&done.pages);
    tree.1 = done.root;
}

/// Sets the leaves with these numbers.
fn changes(numbers: impl Iterator<Item = u64>, value: u64) -> Vec<Change> {
    let value = value_hash(&value.to_le_bytes());
    let sorted: BTreeMap<TreeHash, Option<TreeHash>> = numbers.map(|number| (name(number), Some(value))).collect();
    sorted.into_iter().collect()
}

fn name(number: u64) -> TreeHash {
    key_hash(&number.to_le_bytes())
}

/// Spreads numbers: the finalizer of SplitMix64.
fn mix(number: u64) -> u64 {
    let a = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let b = (a ^ (a >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    b ^ (b >> 31)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).expect("a count fits")
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn rate(number: u64, took: Duration) -> f64 {
    number as f64 / took.as_secs_f64()
}

fn report(what: &str, number: u64, took: Duration) {
    println!("{:>12.0} a second  {what}", rate(number, took));
}
