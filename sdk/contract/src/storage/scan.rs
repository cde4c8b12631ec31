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
    /// Where the next page starts, relative to the prefix; empty is the end of a descending listing's range.
    start: Vec<u8>,
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
        let (start, after) = match from {
            Bound::Unbounded => (Vec::new(), None),
            Bound::Included(key) => (relative(key), None),
            Bound::Excluded(key) => (Vec::new(), Some(relative(key))),
        };
        let mut scan = Self {
            prefix,
            container_bytes,
            direction,
            start,
            page: Vec::new(),
            offset: 0,
            entries: 0,
            remaining: u32::MAX,
            ended: false,
            kind: PhantomData,
        };
        if let Some(key) = after {
            scan.continue_after(key);
        }
        scan
    }

    /// Ends after a number of entries, so that no more than those are fetched.
    #[must_use]
    pub fn limit(mut self, entries: u32) -> Self {
        self.remaining = entries;
        self
    }

    /// Lets the next page start right after a key, relative to the prefix.
    fn continue_after(&mut self, mut key: Vec<u8>) {
        match self.direction {
            Direction::Ascending => key.push(0),
            Direction::Descending => match key.pop() {
                // A key that ends in zero comes right after itself without that zero.
                None | Some(0) => {}
                Some(last) => {
                    key.push(last - 1);
                    key.resize(tenon_abi::limits::MAX_KEY_BYTES as usize - self.prefix.len(), u8::MAX);
                }
            },
        }
        self.ended = key.is_empty();
        self.start = key;
    }

    fn fetch(&mut self) {
        let wanted = self.remaining.min(PAGE_ENTRIES);
        let mut capacity = PAGE_BYTES.max(self.page.capacity());
        loop {
            self.page = Vec::with_capacity(capacity);
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

    fn part(&mut self) -> &[u8] {
        let header = self.offset + 4;
        let length =
            self.page[self.offset..header].iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte));
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
        if self.remaining == 0 {
            return None;
        }
        if self.entries == 0 && !self.ended {
            self.fetch();
        }
        if self.entries == 0 {
            return None;
        }
        let (relative, value) = self.entry();
        self.remaining -= 1;
        let mut full = self.prefix[self.container_bytes..].to_vec();
        full.extend_from_slice(&relative);
        if self.entries == 0 {
            self.continue_after(relative);
        }
        match K::read_key(&mut full.as_slice()) {
            Some(key) => Some((key, value)),
            None => panic!("a stored key does not decode to its type: was the layout changed without `migrate`?"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start_after(key: &[u8], direction: Direction) -> (Vec<u8>, bool) {
        let mut scan = Scan::<Vec<u8>, ()>::new(vec![7], 1, Bound::Unbounded, direction);
        scan.continue_after(key.to_vec());
        (scan.start, scan.ended)
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
