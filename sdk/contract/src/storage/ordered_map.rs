//! A map in the order of its keys.

use super::{Direction, Map, Scan, entry_key};
use crate::{KeyPrefix, StorageKey, Wire};
use alloc::vec::Vec;
use core::ops::{Bound, Deref, DerefMut};

/// Values by key, listed in the order of the keys. It reads and writes like a [`Map`].
///
/// Listing costs one host call for each page of entries. Bound it: whoever pays must not depend on how many entries
/// others have made.
#[derive(Debug)]
pub struct OrderedMap<K, V> {
    map: Map<K, V>,
    prefix: u8,
}

impl<K: StorageKey, V: Wire> OrderedMap<K, V> {
    /// The map of a prefix. `#[storage]` calls this.
    pub const fn at(prefix: u8) -> Self {
        Self { map: Map::at(prefix), prefix }
    }

    /// Lists all entries in ascending order.
    pub fn iter(&self) -> Scan<K, V> {
        self.iter_from(Bound::Unbounded, Direction::Ascending)
    }

    /// Lists entries from a bound on, in either direction.
    pub fn iter_from(&self, from: Bound<&K>, direction: Direction) -> Scan<K, V> {
        Scan::new(entry_key(self.prefix, &()).into_vec(), from, direction)
    }

    /// Lists the entries whose key begins with a part, from a bound on, in either direction.
    pub fn iter_within<P: KeyPrefix<K>>(&self, part: &P, from: Bound<&K>, direction: Direction) -> Scan<K, V> {
        Scan::new(entry_key(self.prefix, part).into_vec(), from, direction)
    }

    /// Reads at most `limit` entries after `after`, in ascending order: the page that a query returns.
    pub fn page(&self, after: Option<&K>, limit: u32) -> Vec<(K, V)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.iter_from(from, Direction::Ascending).limit(limit).gather()
    }

    /// Reads at most `limit` entries after `after` whose key begins with a part, in ascending order.
    pub fn page_within<P: KeyPrefix<K>>(&self, part: &P, after: Option<&K>, limit: u32) -> Vec<(K, V)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.iter_within(part, from, Direction::Ascending).limit(limit).gather()
    }

    /// The entry with the lowest key.
    pub fn first(&self) -> Option<(K, V)> {
        self.iter().limit(1).next()
    }

    /// The entry with the highest key.
    pub fn last(&self) -> Option<(K, V)> {
        self.iter_from(Bound::Unbounded, Direction::Descending).limit(1).next()
    }
}

impl<K, V> Deref for OrderedMap<K, V> {
    type Target = Map<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.map
    }
}

impl<K, V> DerefMut for OrderedMap<K, V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.map
    }
}
