//! A set in the order of its members.

use super::{Direction, Scan, contains, entry_key, remove, set};
use crate::{KeyPrefix, StorageKey};
use core::marker::PhantomData;
use core::ops::Bound;

/// Keys without values. It can be listed in order.
#[derive(Debug)]
pub struct Set<K> {
    prefix: u8,
    kind: PhantomData<K>,
}

impl<K: StorageKey> Set<K> {
    /// The set of a prefix. `#[storage]` calls this.
    pub const fn at(prefix: u8) -> Self {
        Self { prefix, kind: PhantomData }
    }

    /// Whether a key is a member.
    pub fn contains(&self, key: &K) -> bool {
        contains(&entry_key(self.prefix, key))
    }

    /// Adds a member, at the price of a write also if it was there.
    pub fn insert(&mut self, key: &K) {
        set(&entry_key(self.prefix, key), &[]);
    }

    /// Removes a member and says whether it was there.
    pub fn remove(&mut self, key: &K) -> bool {
        remove(&entry_key(self.prefix, key))
    }

    /// Lists the members from a bound on, in either direction.
    pub fn iter_from(&self, from: Bound<&K>, direction: Direction) -> Scan<K, ()> {
        Scan::new(entry_key(self.prefix, &()).into_vec(), from, direction)
    }

    /// Lists the members that begin with a part, from a bound on, in either direction.
    pub fn iter_within<P: KeyPrefix<K>>(&self, part: &P, from: Bound<&K>, direction: Direction) -> Scan<K, ()> {
        Scan::new(entry_key(self.prefix, part).into_vec(), from, direction)
    }
}
