//! The instance's own key space: four typed containers, and the plain functions below them.
//!
//! A container holds no data. Each access is one host call; nothing is read before it is asked for and nothing is
//! cached, so what a method does to storage is what its source says. A key is the field's prefix (one byte, its
//! position in the `#[storage]` struct unless `#[key(n)]` says otherwise) and the key's own encoding.

mod map;
mod ordered_map;
mod scan;
mod set;
mod value;

pub use map::Map;
pub use ordered_map::OrderedMap;
pub use scan::{Direction, Scan};
pub use set::Set;
pub use value::Value;

use crate::buffer::Buffer;
use crate::wire::{append, buffer, stored};
use crate::{StorageKey, Wire, sys};
use alloc::vec::Vec;

/// Bytes that a read makes room for at first; a longer value costs a second host call.
const GUESS_BYTES: usize = 256;

/// Reads the bytes under a key.
#[inline(never)]
pub fn get(key: &[u8]) -> Option<Vec<u8>> {
    sys::read(GUESS_BYTES, |out, capacity| {
        // SAFETY: the key is a live slice and `read` passes a buffer with its capacity.
        #[allow(unsafe_code, reason = "host call")]
        unsafe {
            sys::storage_get(sys::pointer(key.as_ptr()), sys::length(key), out, capacity)
        }
    })
}

/// Whether a key holds bytes.
pub fn contains(key: &[u8]) -> bool {
    // SAFETY: the key is a live slice; nothing is written to a buffer without capacity.
    #[allow(unsafe_code, reason = "host call")]
    let full = unsafe { sys::storage_get(sys::pointer(key.as_ptr()), sys::length(key), 0, 0) };
    full != tenon_abi::ABSENT
}

/// Stores bytes under a key.
#[inline(never)]
pub fn set(key: &[u8], value: &[u8]) {
    // SAFETY: both are live slices.
    #[allow(unsafe_code, reason = "host call")]
    unsafe {
        sys::storage_set(
            sys::pointer(key.as_ptr()),
            sys::length(key),
            sys::pointer(value.as_ptr()),
            sys::length(value),
        );
    }
}

/// Removes a key and says whether it was there.
#[inline(never)]
pub fn remove(key: &[u8]) -> bool {
    // SAFETY: the key is a live slice.
    #[allow(unsafe_code, reason = "host call")]
    let removed = unsafe { sys::storage_remove(sys::pointer(key.as_ptr()), sys::length(key)) };
    removed == 1
}

/// Reads the bytes under a key that live as long as the transaction.
pub fn transient_get(key: &[u8]) -> Option<Vec<u8>> {
    sys::read(GUESS_BYTES, |out, capacity| {
        // SAFETY: the key is a live slice and `read` passes a buffer with its capacity.
        #[allow(unsafe_code, reason = "host call")]
        unsafe {
            sys::transient_get(sys::pointer(key.as_ptr()), sys::length(key), out, capacity)
        }
    })
}

/// Stores bytes until the transaction ends. No bytes remove the key.
pub fn transient_set(key: &[u8], value: &[u8]) {
    // SAFETY: both are live slices.
    #[allow(unsafe_code, reason = "host call")]
    unsafe {
        sys::transient_set(
            sys::pointer(key.as_ptr()),
            sys::length(key),
            sys::pointer(value.as_ptr()),
            sys::length(value),
        );
    }
}

/// Reads and decodes. A value that does not decode was written by other code: the call ends as a panic.
#[inline(never)]
fn load<T: Wire>(key: &[u8]) -> Option<T> {
    get(key).map(|bytes| stored(&Buffer::of(bytes)))
}

#[inline(never)]
fn store<T: Wire>(key: &[u8], value: &T) {
    let mut bytes = buffer();
    value.put(&mut bytes);
    set(key, &Buffer::of(bytes));
}

/// Stores a value, or removes the entry if the value is the type's default.
#[inline(never)]
fn store_or_remove<T: Wire + Default + PartialEq>(key: &[u8], value: &T) {
    if *value == T::default() {
        remove(key);
    } else {
        store(key, value);
    }
}

/// The full key of an entry: the container's prefix and the entry's own key.
#[inline(never)]
fn entry_key<K: StorageKey>(prefix: u8, key: &K) -> Buffer {
    let mut bytes = buffer();
    append(&mut bytes, &[prefix]);
    key.write_key(&mut bytes);
    Buffer::of(bytes)
}
