//! Keeps the most recently used values in memory, up to a number of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// A map that forgets what was not used for longest.
#[derive(Debug)]
pub(crate) struct Recent<V> {
    most: usize,
    clock: AtomicU64,
    entries: RwLock<BTreeMap<[u8; 32], Entry<V>>>,
}

#[derive(Debug)]
struct Entry<V> {
    used: AtomicU64,
    value: Arc<V>,
}

impl<V> Recent<V> {
    /// Makes an empty map that holds at most so many values, and at least one.
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(1), clock: AtomicU64::new(0), entries: RwLock::new(BTreeMap::new()) }
    }

    /// Finds a value.
    pub(crate) fn get(&self, key: &[u8; 32]) -> Option<Arc<V>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(key)?;
        entry.used.store(self.tick(), Ordering::Relaxed);
        Some(Arc::clone(&entry.value))
    }

    /// Adds a value, unless another thread did so first, and returns the one that counts.
    pub(crate) fn insert(&self, key: [u8; 32], value: V) -> Arc<V> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get(&key) {
            return Arc::clone(&entry.value);
        }
        if entries.len() >= self.most {
            let oldest =
                entries.iter().min_by_key(|(_, entry)| entry.used.load(Ordering::Relaxed)).map(|(key, _)| *key);
            oldest.and_then(|oldest| entries.remove(&oldest));
        }
        let value = Arc::new(value);
        entries.insert(key, Entry { used: AtomicU64::new(self.tick()), value: Arc::clone(&value) });
        value
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_what_was_not_used_for_longest() {
        let recent = Recent::new(2);
        recent.insert([1; 32], 'a');
        recent.insert([2; 32], 'b');
        assert_eq!(recent.get(&[1; 32]).as_deref(), Some(&'a'));
        recent.insert([3; 32], 'c');
        assert_eq!(recent.get(&[2; 32]), None);
        assert_eq!(recent.get(&[1; 32]).as_deref(), Some(&'a'));
    }

    #[test]
    fn keeps_the_first_of_two_values_for_a_key() {
        let recent = Recent::new(2);
        recent.insert([1; 32], 'a');
        assert_eq!(*recent.insert([1; 32], 'b'), 'a');
    }
}
