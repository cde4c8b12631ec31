//! A map without order.

use super::{contains, entry_key, load, remove, store};
use crate::StorageKey;
use core::marker::PhantomData;
use parity_scale_codec::{Decode, Encode};

/// Values by key. It cannot be listed; use an [`OrderedMap`](super::OrderedMap) for that.
#[derive(Debug)]
pub struct Map<K, V> {
    prefix: u8,
    kind: PhantomData<(K, V)>,
}

impl<K: StorageKey, V: Encode + Decode> Map<K, V> {
    /// The map of a prefix. `#[storage]` calls this.
    pub const fn at(prefix: u8) -> Self {
        Self { prefix, kind: PhantomData }
    }

    /// Reads a value.
    pub fn get(&self, key: &K) -> Option<V> {
        load(&entry_key(self.prefix, key))
    }

    /// Reads a value, or the type's default if there is none.
    pub fn get_or_default(&self, key: &K) -> V
    where
        V: Default,
    {
        self.get(key).unwrap_or_default()
    }

    /// Whether there is a value.
    pub fn contains(&self, key: &K) -> bool {
        contains(&entry_key(self.prefix, key))
    }

    /// Stores a value.
    pub fn set(&mut self, key: &K, value: &V) {
        store(&entry_key(self.prefix, key), value);
    }

    /// Stores a value, or removes the entry if the value is the type's default, so that its deposit returns.
    pub fn set_or_clear(&mut self, key: &K, value: &V)
    where
        V: Default + PartialEq,
    {
        if *value == V::default() {
            self.remove(key);
        } else {
            self.set(key, value);
        }
    }

    /// Removes an entry and says whether it was there.
    pub fn remove(&mut self, key: &K) -> bool {
        remove(&entry_key(self.prefix, key))
    }

    /// Reads and removes an entry.
    pub fn take(&mut self, key: &K) -> Option<V> {
        let bytes = entry_key(self.prefix, key);
        let value = load(&bytes);
        if value.is_some() {
            remove(&bytes);
        }
        value
    }
}
