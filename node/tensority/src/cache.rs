//! Matrices of the seeds that were used last, shared by all who verify or search. This leaves out which seed a height has.

use crate::{Kernel, Matrices};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tenon_types::Hash;

/// Seeds that a cache keeps at most, 16 MiB each: both sides of an epoch's border on several forks.
pub const MAX_SEEDS: usize = 8;

/// The matrices of a seed, or a place for them while somebody builds them.
type Place = Arc<OnceLock<Arc<Matrices>>>;

/// A cache of at most [`MAX_SEEDS`] seeds; the one that was not asked for the longest goes first. Who asks for a seed that
/// somebody else is building waits for it, and nobody else does.
#[derive(Debug)]
pub struct SeedCache {
    kernel: Kernel,
    max: usize,
    /// The seed that was asked for last is at the end.
    places: Mutex<Vec<(Hash, Place)>>,
}

impl SeedCache {
    /// Makes an empty cache of matrices for a kernel, of so many seeds: at least one, at most [`MAX_SEEDS`].
    pub fn new(kernel: Kernel, seeds: usize) -> Self {
        Self { kernel, max: seeds.clamp(1, MAX_SEEDS), places: Mutex::new(Vec::new()) }
    }

    /// The matrices of a seed, built on the calling thread if they are not there.
    pub fn matrices(&self, seed: &Hash) -> Arc<Matrices> {
        let place = self.place(seed);
        let matrices = Arc::clone(place.get_or_init(|| Arc::new(Matrices::build(seed, self.kernel))));
        assert_eq!(matrices.seed(), seed, "a place is filled with the matrices of its own seed");
        matrices
    }

    /// Seeds in the cache, the one that was asked for last at the end.
    pub fn seeds(&self) -> Vec<Hash> {
        self.locked().iter().map(|(seed, _)| *seed).collect()
    }

    /// The place of a seed, which becomes the one that was asked for last.
    fn place(&self, seed: &Hash) -> Place {
        let mut places = self.locked();
        let found = places.iter().position(|(other, _)| other == seed);
        let entry = match found {
            Some(index) => places.remove(index),
            None => {
                if places.len() >= self.max {
                    places.remove(0);
                }
                (*seed, Place::default())
            }
        };
        let place = Arc::clone(&entry.1);
        places.push(entry);
        place
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Vec<(Hash, Place)>> {
        // The list is whole between any two statements that hold the lock, so a panic elsewhere leaves it usable.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
