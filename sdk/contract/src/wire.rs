//! The encoding of arguments, results, stored values and event data: SCALE, the bytes of `parity-scale-codec`.
//!
//! It is written anew so that modules stay small and cheap. Reading never returns an error: bytes that do not decode
//! end the call at once, so no method carries the paths of a failed argument. Only the encoding that a value has is
//! read; a length or a tag written in another way is refused. Off the sandbox `parity-scale-codec` does this work.

use crate::{Address, Hash, rt};
use alloc::{string::String, vec::Vec};
use core::mem::MaybeUninit;

/// A type that a module reads and writes. `#[module_type]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read or written by a module",
    note = "use integers, bool, String, Vec, Option, arrays, tuples, Address, Hash, or mark your type with `#[module_type]`"
)]
pub trait Wire: Sized {
    /// Appends the encoding.
    fn put(&self, out: &mut Vec<u8>);

    /// Reads a value, or ends the call.
    fn take(reader: &mut Reader<'_>) -> Self;

    /// Appends values without their number.
    fn put_all(values: &[Self], out: &mut Vec<u8>) {
        values.iter().for_each(|value| value.put(out));
    }

    /// Reads values into all of a place.
    fn take_all(reader: &mut Reader<'_>, place: &mut [MaybeUninit<Self>]) {
        for slot in place {
            slot.write(Self::take(reader));
        }
    }
}

/// Bytes that are being read.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
    /// Where the argument begins.
    start: usize,
    /// How many arguments of a method's input were begun; 0 if this is no input.
    begun: u32,
    /// The names of a method's arguments, separated by commas, or how the call ends if this is no input.
    text: &'static str,
}

impl<'a> Reader<'a> {
    /// Reads a method's input, or anything else with what is said if it does not decode.
    pub(crate) const fn new(bytes: &'a [u8], text: &'static str) -> Self {
        Self { bytes, offset: 0, start: 0, begun: 0, text }
    }

    /// Counts an argument, for messages.
    pub(crate) fn begin(&mut self) {
        self.start = self.offset;
        self.begun = self.begun.wrapping_add(1);
    }

    /// The number of bytes that are left.
    pub const fn left(&self) -> usize {
        self.bytes.len().wrapping_sub(self.offset)
    }

    /// Ends the call unless everything was read.
    #[inline(never)]
    pub fn end(&self) {
        if self.left() > 0 {
            self.refuse_rest();
        }
    }

    #[cold]
    #[inline(never)]
    fn refuse_rest(&self) -> ! {
        if self.begun == 0 && !self.text.is_empty() {
            self.refuse();
        }
        let mut message = buffer();
        append(&mut message, decimal(self.left(), &mut [0; 20]));
        append(&mut message, b" bytes are left after the last argument");
        rt::bad_input(&message)
    }

    /// Ends the call: the bytes are not of the type.
    #[cold]
    #[inline(never)]
    pub fn refuse(&self) -> ! {
        if self.begun == 0 {
            rt::panic(self.text.as_bytes());
        }
        let mut message = buffer();
        append(&mut message, b"argument `");
        let mut place = 1u32;
        for byte in self.text.as_bytes() {
            if *byte == b',' {
                place = place.wrapping_add(1);
            } else if place == self.begun {
                append(&mut message, &[*byte]);
            }
        }
        append(&mut message, b"` does not decode at byte ");
        append(&mut message, decimal(self.start, &mut [0; 20]));
        append(&mut message, b" of the input");
        rt::bad_input(&message)
    }

    /// The address of the next bytes, which are stepped over.
    #[inline(never)]
    fn step(&mut self, count: usize) -> *const u8 {
        if count > self.left() {
            self.refuse();
        }
        // The offset stays within the slice.
        let at = self.bytes.as_ptr().wrapping_add(self.offset);
        self.offset = self.offset.wrapping_add(count);
        at
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        // SAFETY: `step` has checked that `N` bytes stand there.
        #[allow(unsafe_code, reason = "spares the check that was made already")]
        unsafe {
            self.step(N).cast::<[u8; N]>().read_unaligned()
        }
    }

    /// The next byte: a tag, for example.
    #[inline(never)]
    pub fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    /// The next bytes.
    fn slice(&mut self, count: usize) -> &'a [u8] {
        let at = self.step(count);
        // SAFETY: `step` has checked that `count` bytes of `bytes` stand there.
        #[allow(unsafe_code, reason = "spares the check that was made already")]
        unsafe {
            core::slice::from_raw_parts(at, count)
        }
    }

    /// A compact number of items, in its shortest form.
    #[inline(never)]
    fn count(&mut self) -> usize {
        let first = self.byte();
        let (value, least) = match first & 3 {
            0 => (u32::from(first >> 2), 0),
            1 => (u32::from(u16::from_le_bytes([first, self.byte()]) >> 2), 1 << 6),
            2 => {
                let [second, third, fourth] = self.array();
                (u32::from_le_bytes([first, second, third, fourth]) >> 2, 1 << 14)
            }
            _ if first == 3 => (u32::take(self), 1 << 30),
            _ => self.refuse(),
        };
        if value < least {
            self.refuse();
        }
        value as usize
    }

    /// A list's number of items, for which memory may be taken: each has a byte at least.
    fn items<T>(&mut self) -> usize {
        let count = self.count();
        if size_of::<T>() > 0 && count > self.left() {
            self.refuse();
        }
        count
    }
}

/// Reads a stored value.
pub(crate) fn stored<T: Wire>(bytes: &[u8]) -> T {
    const COMPLAINT: &str = "a stored value does not decode to its type: was the layout changed without `migrate`?";
    whole(Reader::new(bytes, COMPLAINT))
}

/// Reads what a callee returned.
pub(crate) fn output<T: Wire>(bytes: &[u8]) -> T {
    whole(Reader::new(bytes, "the callee's output has another type than its interface says"))
}

fn whole<T: Wire>(mut reader: Reader<'_>) -> T {
    let value = T::take(&mut reader);
    reader.end();
    value
}

/// Appends bytes. One routine for all, as each copy of a vector's own growth costs a module 500 bytes.
#[inline(never)]
pub fn append(out: &mut Vec<u8>, bytes: &[u8]) {
    let needed = out.len().wrapping_add(bytes.len());
    if needed > out.capacity() {
        grow(out, needed);
    }
    // SAFETY: `out` has room for `needed` bytes, and is borrowed alone, so `bytes` are elsewhere.
    #[allow(unsafe_code, reason = "spares a second check of the capacity")]
    unsafe {
        core::ptr::copy_nonoverlapping(bytes.as_ptr(), out.as_mut_ptr().add(out.len()), bytes.len());
        out.set_len(needed);
    }
}

/// Bytes that a buffer has room for at first: a key, a value or an event.
const BUFFER_BYTES: usize = 256;

/// An empty buffer for a key, a value or an event.
#[inline(never)]
pub(crate) fn buffer() -> Vec<u8> {
    Vec::with_capacity(BUFFER_BYTES)
}

/// A list with room for items. The sandbox's allocator ends the call when there is no memory, so that no method needs
/// code for a list that could not be made.
pub(crate) fn with_room<T>(items: usize) -> Vec<T> {
    #[cfg(not(target_arch = "wasm32"))]
    return Vec::with_capacity(items);
    #[cfg(target_arch = "wasm32")]
    {
        let Ok(layout) = core::alloc::Layout::array::<T>(items) else { crate::allocator::used_up() };
        if layout.size() == 0 {
            return Vec::new();
        }
        // SAFETY: the layout is not empty, and the allocator returns a block of it or not at all.
        #[allow(unsafe_code, reason = "spares the paths of a vector that could not be made")]
        unsafe {
            Vec::from_raw_parts(alloc::alloc::alloc(layout).cast(), 0, items)
        }
    }
}

#[cold]
#[inline(never)]
fn grow(out: &mut Vec<u8>, needed: usize) {
    let mut larger = with_room(needed.saturating_mul(2));
    append(&mut larger, out);
    *out = larger;
}

/// Writes a number in decimal into a place for its digits.
#[inline(never)]
pub(crate) fn decimal(number: usize, digits: &mut [u8; 20]) -> &[u8] {
    let mut rest = number;
    let mut used = 0usize;
    for digit in digits.iter_mut().rev() {
        #[allow(clippy::cast_possible_truncation, reason = "a digit")]
        let low = (rest % 10) as u8;
        *digit = b'0' | low;
        rest /= 10;
        used = used.wrapping_add(1);
        if rest == 0 {
            break;
        }
    }
    digits.get(20usize.wrapping_sub(used)..).unwrap_or_default()
}

/// Appends a compact number.
#[inline(never)]
fn put_count(count: usize, out: &mut Vec<u8>) {
    #[allow(clippy::cast_possible_truncation, reason = "a list of the sandbox has 32 bits")]
    let count = count as u32;
    let (number, bytes) = match count {
        0..0x40 => (u64::from(count) << 2, 1),
        0x40..0x4000 => (u64::from(count) << 2 | 1, 2),
        0x4000..0x4000_0000 => (u64::from(count) << 2 | 2, 4),
        _ => (u64::from(count) << 8 | 3, 5),
    };
    append(out, number.to_le_bytes().get(..bytes).unwrap_or_default());
}

macro_rules! integers {
    ($($type:ty),*) => {
        $(impl Wire for $type {
            fn put(&self, out: &mut Vec<u8>) {
                append(out, &self.to_le_bytes());
            }

            fn take(reader: &mut Reader<'_>) -> Self {
                Self::from_le_bytes(reader.array())
            }
        })*
    };
}

integers!(u16, u32, u64, u128, i8, i16, i32, i64, i128);

impl Wire for u8 {
    fn put(&self, out: &mut Vec<u8>) {
        append(out, &[*self]);
    }

    fn take(reader: &mut Reader<'_>) -> Self {
        reader.byte()
    }

    fn put_all(values: &[Self], out: &mut Vec<u8>) {
        append(out, values);
    }

    fn take_all(reader: &mut Reader<'_>, place: &mut [MaybeUninit<Self>]) {
        let at = reader.step(place.len());
        // SAFETY: `step` has checked that so many bytes stand there; the place is borrowed alone.
        #[allow(unsafe_code, reason = "copies into a place that is not written yet")]
        unsafe {
            core::ptr::copy_nonoverlapping(at, place.as_mut_ptr().cast(), place.len());
        }
    }
}

impl Wire for bool {
    fn put(&self, out: &mut Vec<u8>) {
        u8::from(*self).put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Self {
        match reader.byte() {
            0 => false,
            1 => true,
            _ => reader.refuse(),
        }
    }
}

macro_rules! bytes32 {
    ($($type:ty),*) => {
        $(impl Wire for $type {
            fn put(&self, out: &mut Vec<u8>) {
                append(out, self.as_bytes());
            }

            fn take(reader: &mut Reader<'_>) -> Self {
                Self::new(reader.array())
            }
        })*
    };
}

bytes32!(Address, Hash);

impl Wire for String {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(self.as_bytes(), out);
    }

    #[inline(never)]
    fn take(reader: &mut Reader<'_>) -> Self {
        let count = reader.count();
        let bytes = reader.slice(count);
        if !is_utf8(bytes) {
            reader.refuse();
        }
        let mut text = with_room(count);
        append(&mut text, bytes);
        // SAFETY: checked above.
        #[allow(unsafe_code, reason = "the check of the standard library is larger than most methods")]
        unsafe {
            Self::from_utf8_unchecked(text)
        }
    }
}

/// Appends bytes after their number.
#[inline(never)]
fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_count(bytes.len(), out);
    append(out, bytes);
}

/// Whether bytes are UTF-8: each character in its shortest form.
fn is_utf8(mut bytes: &[u8]) -> bool {
    while let [first, rest @ ..] = bytes {
        bytes = rest;
        let length = first.leading_ones();
        let (mut code, least) = match length {
            0 => continue,
            2 => (u32::from(first & 0x1f), 0x80),
            3 => (u32::from(first & 0x0f), 0x800),
            4 => (u32::from(first & 0x07), 0x1_0000),
            _ => return false,
        };
        for _ in 1..length {
            let [next @ 0x80..=0xbf, rest @ ..] = bytes else { return false };
            (bytes, code) = (rest, code << 6 | u32::from(next & 0x3f));
        }
        if code < least || char::from_u32(code).is_none() {
            return false;
        }
    }
    true
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_count(self.len(), out);
        T::put_all(self, out);
    }

    fn take(reader: &mut Reader<'_>) -> Self {
        let count = reader.items::<T>();
        let mut values = with_room(count);
        let place = values.spare_capacity_mut().get_mut(..count).unwrap_or_default();
        T::take_all(reader, place);
        // SAFETY: the capacity is `count` at least, and `take_all` has written as many.
        #[allow(unsafe_code, reason = "spares the growth of the vector")]
        unsafe {
            values.set_len(count);
        }
        values
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            None => 0u8.put(out),
            Some(value) => {
                1u8.put(out);
                value.put(out);
            }
        }
    }

    fn take(reader: &mut Reader<'_>) -> Self {
        bool::take(reader).then(|| T::take(reader))
    }
}

impl<T: Wire, const N: usize> Wire for [T; N] {
    fn put(&self, out: &mut Vec<u8>) {
        T::put_all(self, out);
    }

    fn take(reader: &mut Reader<'_>) -> Self {
        let mut values = [const { MaybeUninit::uninit() }; N];
        T::take_all(reader, &mut values);
        values.map(|value| {
            // SAFETY: `take_all` has written all of them.
            #[allow(unsafe_code, reason = "written just before")]
            unsafe {
                value.assume_init()
            }
        })
    }
}

impl Wire for () {
    fn put(&self, _: &mut Vec<u8>) {}

    fn take(_: &mut Reader<'_>) -> Self {}
}

macro_rules! tuples {
    ($(($($part:ident),+)),* $(,)?) => {
        $(#[allow(non_snake_case, reason = "a part is called after its type")]
        impl<$($part: Wire),+> Wire for ($($part),+) {
            fn put(&self, out: &mut Vec<u8>) {
                let ($($part),+) = self;
                $($part.put(out);)+
            }

            fn take(reader: &mut Reader<'_>) -> Self {
                ($($part::take(reader)),+)
            }
        })*
    };
}

tuples!((A, B), (A, B, C), (A, B, C, D), (A, B, C, D, E), (A, B, C, D, E, F));

#[cfg(test)]
mod tests;
