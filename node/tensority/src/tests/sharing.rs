//! The cache of seeds, and many hashes on several threads.

use super::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tenon_types::work::{Bits, Target};

const KEPT: usize = 2;

fn seed(number: u8) -> Hash {
    Hash([number; 32])
}

/// A target that about one of so many hashes meets.
fn one_in(hashes: u8) -> Target {
    let mut bytes = [0xff; 32];
    bytes[31] = 255 / hashes;
    Target::from_le_bytes(bytes).expect("a target")
}

fn header(nonce: u64) -> Hash {
    Hash(Sha3_256::digest(nonce.to_le_bytes()).into())
}

#[test]
fn the_cache_is_bounded_and_drops_the_seed_that_was_not_asked_for_the_longest() {
    let cache = SeedCache::new(Kernel::best(), KEPT);
    let first = cache.matrices(&seed(1));
    cache.matrices(&seed(2));
    assert!(Arc::ptr_eq(&first, &cache.matrices(&seed(1))), "built once");
    cache.matrices(&seed(3));
    assert_eq!(cache.seeds(), [seed(1), seed(3)]);
    assert!(Arc::ptr_eq(&first, &cache.matrices(&seed(1))), "the other one went");
    assert_eq!(first.seed(), &seed(1));
    assert!(format!("{:?}", SeedCache::new(Kernel::SCALAR, 99)).contains(&format!("max: {MAX_SEEDS}")));
}

#[test]
fn threads_that_ask_for_one_seed_share_what_one_of_them_builds() {
    let cache = SeedCache::new(Kernel::best(), KEPT);
    let all: Vec<Arc<Matrices>> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..4).map(|_| scope.spawn(|| cache.matrices(&seed(1)))).collect();
        asked.into_iter().map(|asked| asked.join().expect("built")).collect()
    });
    assert!(all.iter().all(|matrices| Arc::ptr_eq(matrices, &all[0])));
}

#[test]
fn many_hashes_come_in_the_order_of_their_headers() {
    let matrices = Matrices::build(&seed(1), Kernel::best());
    let headers: Vec<Hash> = (0..9).map(header).collect();
    let mut hasher = Hasher::default();
    let expected: Vec<Hash> = headers.iter().map(|header| hasher.hash(header, &matrices)).collect();
    for threads in [0, 1, 3, 64] {
        assert_eq!(hash_many(&matrices, &headers, threads), expected, "{threads} threads");
    }
    assert_eq!(hash_many(&matrices, &[], 2), []);
}

#[test]
fn a_search_finds_the_lowest_nonce_however_many_threads_search() {
    let matrices = Matrices::build(&seed(1), Kernel::best());
    let (target, stop) = (one_in(8), AtomicBool::new(false));
    let mut hasher = Hasher::default();
    let expected = (5..).find(|nonce| target.is_met_by(&hasher.hash(&header(*nonce), &matrices))).expect("one will do");
    for threads in [1, 2, 5] {
        let search = search(&matrices, header, 5..u64::MAX, target, threads, &stop);
        let found = search.found.expect("there is one");
        assert_eq!((found.nonce, found.header), (expected, header(expected)), "{threads} threads");
        assert_eq!(found.work, hasher.hash(&found.header, &matrices));
        assert!(search.hashes >= expected - 4, "{search:?}");
    }
}

#[test]
fn a_search_computes_each_nonce_of_its_range_once_and_no_other() {
    let matrices = Matrices::build(&seed(1), Kernel::best());
    let asked = Mutex::new(BTreeSet::new());
    let note = |nonce| {
        assert!(asked.lock().expect("whole").insert(nonce), "{nonce} twice");
        header(nonce)
    };
    let hardest = Bits(0x0100_0000_0001_0000).target().expect("a target of one");
    let search = search(&matrices, note, u64::MAX - 9..u64::MAX, hardest, 3, &AtomicBool::new(false));
    assert_eq!(search, Search { found: None, hashes: 9 });
    assert_eq!(asked.into_inner().expect("whole"), (u64::MAX - 9..u64::MAX).collect());
}

#[test]
fn a_search_that_is_told_to_stop_ends_with_nothing() {
    let matrices = Matrices::build(&seed(1), Kernel::best());
    let stop = AtomicBool::new(false);
    let after_three = |nonce| {
        if nonce == 3 {
            stop.store(true, Ordering::Relaxed);
        }
        header(nonce)
    };
    let hardest = Bits(0x0100_0000_0001_0000).target().expect("a target of one");
    let search = search(&matrices, after_three, 0..u64::MAX, hardest, 2, &stop);
    assert_eq!(search.found, None);
    assert!((4..=6).contains(&search.hashes), "{search:?}");
}

#[test]
fn registers_are_multiplied_as_often_as_asked() {
    assert_eq!(multiply_registers(Kernel::SCALAR, 1), None);
    for kernel in Kernel::all() {
        let once = multiply_registers(kernel, 1);
        assert_eq!(multiply_registers(kernel, 7), once.map(|once| once * 7), "{kernel}");
    }
}
