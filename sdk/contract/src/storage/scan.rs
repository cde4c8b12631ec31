//! Listing of ordered containers, a page of entries for each host call.

use crate::wire::{append, buffer, stored, with_room};
use crate::{StorageKey, Wire, rt, sys};
use alloc::{boxed::Box, vec::Vec};
use core::marker::PhantomData;
use core::ops::Bound;
use tenon_abi::limits;

/// Entries that one host call asks for.
const PAGE_ENTRIES: u32 = 32;
/// Bytes that one host call makes room for at first. It grows to what one entry needs.
const PAGE_BYTES: usize = 4 * 1024;
/// Bytes of a container's prefix.
const CONTAINER_BYTES: usize = 1;
/// Bytes of the longest key.
const MAX_KEY_BYTES: usize = limits::MAX_KEY_BYTES as usize;

/// The order of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From low keys to high ones.
    Ascending,
    /// From high keys to low ones.
    Descending,
}

/// An iterator over entries. It sees what is stored when it fetches a page: change the container after the listing,
/// not during it.
#[derive(Debug)]
pub struct Scan<K, V> {
    /// Boxed, so that a listing is handed on as a pointer.
    cursor: Box<Cursor>,
    kind: PhantomData<(K, V)>,
}

impl<K: StorageKey, V: Wire> Scan<K, V> {
    pub(super) fn new(prefix: Vec<u8>, from: Bound<&K>, direction: Direction) -> Self {
        let mut cursor = Cursor::boxed(prefix, direction);
        match from {
            Bound::Unbounded => {}
            Bound::Included(key) => {
                key.write_key(&mut cursor.key);
                let mut start = buffer();
                append(&mut start, cursor.relative());
                cursor.start = start;
            }
            Bound::Excluded(key) => {
                key.write_key(&mut cursor.key);
                cursor.continue_after_key();
            }
        }
        Self { cursor, kind: PhantomData }
    }

    /// Ends after a number of entries, so that no more than those are fetched.
    #[must_use]
    pub fn limit(mut self, entries: u32) -> Self {
        self.cursor.remaining = entries;
        self
    }

    /// Reads all entries into a list.
    pub(super) fn gather(self) -> Vec<(K, V)> {
        let mut entries = Vec::with_capacity(PAGE_ENTRIES as usize);
        for entry in self {
            if entries.len() == entries.capacity() {
                double(&mut entries);
            }
            if let Some(place) = entries.spare_capacity_mut().first_mut() {
                place.write(entry);
            }
            // SAFETY: there was room, and the entry was written into its first place.
            #[allow(unsafe_code, reason = "spares the vector's own growth, which is larger than a method")]
            unsafe {
                entries.set_len(entries.len().wrapping_add(1));
            }
        }
        entries
    }
}

/// Gives a full list twice its room.
#[cold]
fn double<T>(list: &mut Vec<T>) {
    let mut larger = with_room(list.len().saturating_mul(2));
    // SAFETY: the larger list has the room; the entries move there, and the old list forgets them.
    #[allow(unsafe_code, reason = "spares the vector's own growth, which is larger than a method")]
    unsafe {
        core::ptr::copy_nonoverlapping(list.as_ptr(), larger.as_mut_ptr(), list.len());
        larger.set_len(list.len());
        list.set_len(0);
    }
    *list = larger;
}

impl<K: StorageKey, V: Wire> Iterator for Scan<K, V> {
    type Item = (K, V);

    #[inline(never)]
    fn next(&mut self) -> Option<(K, V)> {
        let value = stored(self.cursor.advance()?);
        match K::read_key(&mut self.cursor.key.as_slice()) {
            Some(key) => Some((key, value)),
            None => rt::panic(b"a stored key does not decode to its type: was the layout changed without `migrate`?"),
        }
    }
}

/// The part of a listing that does not depend on its types.
#[derive(Debug)]
struct Cursor {
    /// The container's prefix and, behind that, the part of the keys that is listed.
    prefix: Vec<u8>,
    direction: Direction,
    /// Where the next page starts, relative to the prefix; empty is the end of a descending listing's range.
    start: Vec<u8>,
    /// The key of the newest entry, without the container's bytes.
    key: Vec<u8>,
    page: Vec<u8>,
    offset: usize,
    entries: u32,
    remaining: u32,
    ended: bool,
}

impl Cursor {
    /// A listing from the start, in a place of its own.
    #[inline(never)]
    fn boxed(prefix: Vec<u8>, direction: Direction) -> Box<Self> {
        Box::new(Self::new(prefix, direction))
    }

    const fn new(prefix: Vec<u8>, direction: Direction) -> Self {
        Self {
            prefix,
            direction,
            start: Vec::new(),
            key: Vec::new(),
            page: Vec::new(),
            offset: 0,
            entries: 0,
            remaining: u32::MAX,
            ended: false,
        }
    }

    /// The part that is listed, without the container's bytes.
    fn listed(&self) -> &[u8] {
        self.prefix.get(CONTAINER_BYTES..).unwrap_or_default()
    }

    /// The newest key behind the part that is listed.
    fn relative(&self) -> &[u8] {
        match self.key.strip_prefix(self.listed()) {
            Some(relative) => relative,
            None => rt::panic(b"a listing starts at a key outside the part that it lists"),
        }
    }

    /// Lets the next page start right after the newest key.
    #[inline(never)]
    fn continue_after_key(&mut self) {
        let relative = self.relative();
        let mut start = buffer();
        match (self.direction, relative) {
            (Direction::Ascending, _) => {
                append(&mut start, relative);
                append(&mut start, &[0]);
            }
            // A key that ends in zero comes right after itself without that zero.
            (Direction::Descending, [front @ .., 0]) => append(&mut start, front),
            (Direction::Descending, [front @ .., last]) => {
                append(&mut start, front);
                append(&mut start, &[last.wrapping_sub(1)]);
                while start.len() < MAX_KEY_BYTES.saturating_sub(self.prefix.len()) {
                    append(&mut start, &[u8::MAX]);
                }
            }
            (Direction::Descending, []) => {}
        }
        self.ended = start.is_empty();
        self.start = start;
    }

    /// Steps to the next entry: its key stands in `key`, its value is returned.
    #[inline(never)]
    fn advance(&mut self) -> Option<&[u8]> {
        if self.remaining == 0 {
            return None;
        }
        if self.entries == 0 && !self.ended {
            self.fetch();
        }
        if self.entries == 0 {
            return None;
        }
        self.entries = self.entries.wrapping_sub(1);
        self.remaining = self.remaining.wrapping_sub(1);
        let relative = part(&self.page, &mut self.offset);
        self.key.clear();
        append(&mut self.key, self.prefix.get(CONTAINER_BYTES..).unwrap_or_default());
        append(&mut self.key, relative);
        let value = part(&self.page, &mut self.offset);
        let (at, length) = (value.as_ptr(), value.len());
        if self.entries == 0 {
            self.continue_after_key();
        }
        // SAFETY: the value stands in the page, which is replaced by `fetch` alone.
        #[allow(unsafe_code, reason = "the next start is worked out while the value is borrowed from the page")]
        Some(unsafe { core::slice::from_raw_parts(at, length) })
    }

    fn fetch(&mut self) {
        let wanted = self.remaining.min(PAGE_ENTRIES);
        let mut capacity = PAGE_BYTES.max(self.page.capacity());
        loop {
            if self.page.capacity() < capacity {
                self.page = with_room(capacity);
            }
            let result = self.call_host(wanted);
            #[allow(
                clippy::cast_possible_truncation,
                reason = "entries stand in the upper 32 bits, bytes in the lower"
            )]
            let (entries, bytes) = ((result >> 32) as u32, result as u32 as usize);
            if entries == 0 && bytes > capacity {
                capacity = bytes;
                continue;
            }
            // SAFETY: the host wrote `bytes` bytes from the start of the buffer, at most its capacity.
            #[allow(unsafe_code, reason = "the host fills the buffer")]
            unsafe {
                self.page.set_len(bytes.min(capacity));
            }
            self.entries = entries;
            self.offset = 0;
            self.ended = entries == 0;
            return;
        }
    }

    fn call_host(&self, wanted: u32) -> u64 {
        #[allow(clippy::cast_possible_truncation, reason = "a capacity of the sandbox has 32 bits")]
        let capacity = self.page.capacity() as u32;
        // SAFETY: prefix and start are live slices, and the buffer has the capacity given.
        #[allow(unsafe_code, reason = "host call")]
        unsafe {
            sys::storage_scan(
                sys::pointer(self.prefix.as_ptr()),
                sys::length(&self.prefix),
                sys::pointer(self.start.as_ptr()),
                sys::length(&self.start),
                u32::from(self.direction == Direction::Descending),
                wanted,
                sys::pointer(self.page.as_ptr()),
                capacity,
            )
        }
    }
}

/// The part of a page at an offset, which stands behind its length. The offset moves behind it.
#[inline(never)]
fn part<'a>(page: &'a [u8], offset: &mut usize) -> &'a [u8] {
    let rest = page.get(*offset..).unwrap_or_default();
    let part = rest.split_first_chunk().and_then(|(length, rest)| rest.get(..u32::from_le_bytes(*length) as usize));
    let part = part.unwrap_or_default();
    *offset = offset.wrapping_add(part.len()).wrapping_add(4);
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start_after(key: &[u8], direction: Direction) -> (Vec<u8>, bool) {
        let mut cursor = Cursor::new(vec![7], direction);
        cursor.key = key.to_vec();
        cursor.continue_after_key();
        (cursor.start, cursor.ended)
    }

    #[test]
    fn continues_ascending_at_the_next_possible_key() {
        assert_eq!(start_after(&[1, 2], Direction::Ascending), (vec![1, 2, 0], false));
    }

    #[test]
    fn continues_descending_below_the_last_key() {
        assert_eq!(start_after(&[1, 0], Direction::Descending), (vec![1], false));
        assert_eq!(start_after(&[0], Direction::Descending), (vec![], true));
        let (start, ended) = start_after(&[1, 2], Direction::Descending);
        assert_eq!((start.len(), &start[..3], ended), (255, [1, 1, 255].as_slice(), false));
    }
}
