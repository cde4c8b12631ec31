//! A map without order.

use super::{contains, entry_key, load, remove, store, store_or_remove};
use crate::{StorageKey, Wire};
use core::marker::PhantomData;

/// Values by key. It cannot be listed; use an [`OrderedMap`](super::OrderedMap) for that.
#[derive(Debug)]
pub struct Map<K, V> {
    prefix: u8,
    kind: PhantomData<(K, V)>,
}

impl<K: StorageKey, V: Wire> Map<K, V> {
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
        store_or_remove(&entry_key(self.prefix, key), value);
    }

    /// Reads a value (or the default), changes it, and stores it or, if it is the default now, removes the entry.
    /// Returns what there is from now on. The key is put together once.
    ///
    /// # Errors
    /// What `change` returns. Nothing is changed then.
    #[inline]
    pub fn try_update<E>(&mut self, key: &K, change: impl FnOnce(V) -> Result<V, E>) -> Result<V, E>
    where
        V: Default + PartialEq,
    {
        let bytes = entry_key(self.prefix, key);
        let value = change(load(&bytes).unwrap_or_default())?;
        store_or_remove(&bytes, &value);
        Ok(value)
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
