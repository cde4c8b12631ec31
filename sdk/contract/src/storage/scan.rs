//! Listing of ordered containers, a page of entries for each host call.

use super::decode;
use crate::{StorageKey, sys};
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::ops::Bound;
use parity_scale_codec::Decode;

/// Entries that one host call asks for.
const PAGE_ENTRIES: u32 = 32;
/// Bytes that one host call makes room for at first. It grows to what one entry needs.
const PAGE_BYTES: usize = 4 * 1024;

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
    prefix: Vec<u8>,
    /// Bytes of the prefix that are not part of the entry's own key.
    container_bytes: usize,
    direction: Direction,
    /// Where the next page starts, relative to the prefix; nothing is the end of a descending listing's range.
    start: Vec<u8>,
    /// A key, relative to the prefix, that the next page may begin with and that must be left out.
    skip: Option<Vec<u8>>,
    page: Vec<u8>,
    offset: usize,
    entries: u32,
    remaining: u32,
    ended: bool,
    kind: PhantomData<(K, V)>,
}

impl<K: StorageKey, V: Decode> Scan<K, V> {
    pub(super) fn new(prefix: Vec<u8>, container_bytes: usize, from: Bound<&K>, direction: Direction) -> Self {
        let part = prefix.len() - container_bytes;
        let relative = |key: &K| {
            let mut bytes = Vec::with_capacity(72);
            key.write_key(&mut bytes);
            if !bytes.starts_with(&prefix[container_bytes..]) {
                panic!("a listing starts at a key outside the part that it lists");
            }
            bytes.drain(..part);
            bytes
        };
        let (start, skip) = match from {
            Bound::Unbounded => (Vec::new(), None),
            Bound::Included(key) => (relative(key), None),
            Bound::Excluded(key) => (relative(key), Some(relative(key))),
        };
        Self {
            prefix,
            container_bytes,
            direction,
            start,
            skip,
            page: Vec::new(),
            offset: 0,
            entries: 0,
            remaining: u32::MAX,
            ended: false,
            kind: PhantomData,
        }
    }

    /// Ends after a number of entries, so that no more than those are fetched.
    #[must_use]
    pub fn limit(mut self, entries: u32) -> Self {
        self.remaining = entries;
        self
    }

    fn fetch(&mut self) {
        let skipped = u32::from(self.skip.is_some());
        let wanted = self.remaining.saturating_add(skipped).min(PAGE_ENTRIES);
        let mut capacity = PAGE_BYTES.max(self.page.capacity());
        loop {
            self.page = Vec::with_capacity(capacity);
            let result = self.scan(wanted);
            #[allow(clippy::cast_possible_truncation, reason = "entries stand in the upper 32 bits, bytes in the lower")]
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

    fn scan(&self, wanted: u32) -> u64 {
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

    fn part(&mut self) -> &[u8] {
        let header = self.offset + 4;
        let length = self.page[self.offset..header].iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte));
        self.offset = header + length;
        &self.page[header..self.offset]
    }

    /// The next entry of the page, with its key relative to the prefix.
    fn entry(&mut self) -> (Vec<u8>, V) {
        self.entries -= 1;
        let key = self.part().to_vec();
        let value = decode(self.part());
        (key, value)
    }
}

impl<K: StorageKey, V: Decode> Iterator for Scan<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        while self.remaining > 0 {
            if self.entries == 0 {
                if !self.ended {
                    self.fetch();
                }
                if self.ended {
                    return None;
                }
            }
            let (relative, value) = self.entry();
            if self.skip.take().is_some_and(|skip| skip == relative) {
                continue;
            }
            if self.entries == 0 {
                self.start.clone_from(&relative);
                self.skip = Some(relative.clone());
            }
            self.remaining -= 1;
            let mut full = self.prefix[self.container_bytes..].to_vec();
            full.extend_from_slice(&relative);
            return match K::read_key(&mut full.as_slice()) {
                Some(key) => Some((key, value)),
                None => panic!("a stored key does not decode to its type: was the layout changed without `migrate`?"),
            };
        }
        None
    }
}
