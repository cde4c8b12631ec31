//! Many hashes over the same matrices, on several threads: a list of headers, or a search for a nonce. This leaves out
//! what a header is: whoever searches gives a function from nonces to header hashes.

use crate::{Hasher, Matrices};
use core::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use tenon_types::Hash;
use tenon_types::work::Target;

/// Threads that a search runs at most.
pub const MAX_THREADS: usize = 1024;

/// A nonce whose hash meets the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The nonce.
    pub nonce: u64,
    /// The hash of the header with the nonce.
    pub header: Hash,
    /// The hash of the work: at most the target.
    pub work: Hash,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// What was found, of several the lowest nonce; absent if it was stopped, or no nonce in the range will do.
    pub found: Option<Found>,
    /// Hashes that were computed.
    pub hashes: u64,
}

/// Threads that this process may run at once; 1 where that cannot be known.
pub fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS)
}

/// Searches a range of nonces for one whose hash meets a target, until one is found, the range is done, or `stop` is set.
/// `header` gives the hash of the header with a nonce. With one thread, what is found is the lowest nonce of the range;
/// with several, the nonces below it that are not computed yet when it is found are computed to the end as well, so it is
/// the lowest then too. After `stop` is set each thread ends within one hash.
pub fn search(
    matrices: &Matrices,
    header: impl Fn(u64) -> Hash + Sync,
    nonces: Range<u64>,
    target: Target,
    threads: usize,
    stop: &AtomicBool,
) -> Search {
    let next = AtomicU64::new(nonces.start);
    let best = AtomicU64::new(nonces.end);
    let work = || {
        let mut hasher = Hasher::default();
        let mut result = Search { found: None, hashes: 0 };
        while !stop.load(Ordering::Relaxed) {
            // Nonces are handed out in their order, so all below one that was found are computed or being computed.
            let step = |nonce: u64| (nonce < best.load(Ordering::Relaxed)).then(|| nonce.wrapping_add(1));
            let Ok(nonce) = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step) else { break };
            let header = header(nonce);
            let work = hasher.hash(&header, matrices);
            result.hashes = result.hashes.saturating_add(1);
            if target.is_met_by(&work) {
                best.fetch_min(nonce, Ordering::Relaxed);
                result.found = Some(Found { nonce, header, work });
                break;
            }
        }
        result
    };
    let results = on_threads(threads, work);
    Search {
        found: results.iter().filter_map(|result| result.found).min_by_key(|found| found.nonce),
        hashes: results.iter().map(|result| result.hashes).sum(),
    }
}

/// The hashes of the work of some headers, in their order, on several threads.
pub fn hash_many(matrices: &Matrices, headers: &[Hash], threads: usize) -> Vec<Hash> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut hasher = Hasher::default();
        let mut done = Vec::new();
        while let Some((index, header)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            headers.get(index).map(|header| (index, header))
        } {
            done.push((index, hasher.hash(header, matrices)));
        }
        done
    };
    let mut done: Vec<(usize, Hash)> = on_threads(threads.min(headers.len()), work).into_iter().flatten().collect();
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, hash)| hash).collect()
}

/// Runs the same work on so many threads, the calling one among them, and collects what each returns.
fn on_threads<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    let others = threads.clamp(1, MAX_THREADS).saturating_sub(1);
    thread::scope(|scope| {
        let handles: Vec<_> = (0..others).map(|_| scope.spawn(&work)).collect();
        let mut results = vec![work()];
        results.extend(handles.into_iter().map(|handle| handle.join().expect("hashing does not panic")));
        results
    })
}
