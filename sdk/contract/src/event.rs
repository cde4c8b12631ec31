//! Events: what a method tells the world, found by topics.
//!
//! Topic 0 is the BLAKE2b-256 hash of the event's signature: its name and the types of all its fields in order, for
//! example `Transfer(option<address>,option<address>,u128)`. The other topics are the fields marked `#[topic]`, at
//! most three; the data is the encoding of the remaining fields, in order.

use crate::buffer::Buffer;
use crate::wire::{append, buffer};
use crate::{Address, Hash, TypeName, blake2b, sys};
use alloc::vec::Vec;

/// An event. `#[event]` implements it.
pub trait Event {
    /// The topic that names the event.
    const SIGNATURE_TOPIC: [u8; 32];

    /// Appends the topics, 32 bytes each, signature first.
    fn put_topics(&self, out: &mut Vec<u8>);

    /// Appends the encoding of the fields that are no topics.
    fn put_data(&self, out: &mut Vec<u8>);

    /// The topics, signature first.
    fn topics(&self) -> Vec<[u8; 32]> {
        let mut topics = Vec::new();
        self.put_topics(&mut topics);
        topics.as_chunks().0.to_vec()
    }

    /// The encoding of the fields that are no topics.
    fn data(&self) -> Vec<u8> {
        let mut data = Vec::new();
        self.put_data(&mut data);
        data
    }
}

/// Emits an event.
pub fn emit<E: Event>(event: E) {
    let mut bytes = buffer();
    event.put_topics(&mut bytes);
    let topics = bytes.len();
    event.put_data(&mut bytes);
    emit_bytes(&Buffer::of(bytes), topics);
}

/// Emits topics and the data that stands after them.
#[inline(never)]
fn emit_bytes(bytes: &[u8], topics: usize) {
    let (topics, data) = bytes.split_at_checked(topics).unwrap_or_default();
    // SAFETY: the topics are live arrays of 32 bytes in a row, the data is a live slice.
    #[allow(unsafe_code, reason = "host call")]
    unsafe {
        sys::emit(
            sys::pointer(topics.as_ptr()),
            sys::length(topics) / 32,
            sys::pointer(data.as_ptr()),
            sys::length(data),
        );
    }
}

/// A field by which an event can be found: its encoding, filled up with zeros to 32 bytes. An absent address is all
/// zeros, a present one stands as it is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a topic",
    note = "topics are Address, Option<Address>, Hash, [u8; 32], bool and unsigned integers; hash anything longer"
)]
pub trait Topic {
    /// Appends the topic's 32 bytes.
    fn put_topic(&self, out: &mut Vec<u8>);
}

impl Topic for Address {
    fn put_topic(&self, out: &mut Vec<u8>) {
        append(out, self.as_bytes());
    }
}

impl Topic for Hash {
    fn put_topic(&self, out: &mut Vec<u8>) {
        append(out, self.as_bytes());
    }
}

impl Topic for [u8; 32] {
    fn put_topic(&self, out: &mut Vec<u8>) {
        append(out, self);
    }
}

impl Topic for Option<Address> {
    fn put_topic(&self, out: &mut Vec<u8>) {
        append(out, self.as_ref().unwrap_or(&Address::ZERO).as_bytes());
    }
}

impl Topic for bool {
    fn put_topic(&self, out: &mut Vec<u8>) {
        u8::from(*self).put_topic(out);
    }
}

macro_rules! integers {
    ($($type:ty),*) => {
        $(impl Topic for $type {
            fn put_topic(&self, out: &mut Vec<u8>) {
                append(out, &self.to_le_bytes());
                append(out, &[0; 32 - size_of::<Self>()]);
            }
        })*
    };
}

integers!(u8, u16, u32, u64, u128);

/// The topic of a signature. `#[event]` calls this at compile time.
#[doc(hidden)]
pub const fn signature_topic(name: &str, types: &[TypeName]) -> [u8; 32] {
    /// Bytes of a signature: a name and some types.
    const MAX_SIGNATURE_BYTES: usize = 2_048;
    let mut bytes = [0; MAX_SIGNATURE_BYTES];
    let mut length = copy(&mut bytes, 0, name);
    length = copy(&mut bytes, length, "(");
    let mut index = 0;
    while index < types.len() {
        if index > 0 {
            length = copy(&mut bytes, length, ",");
        }
        length = copy(&mut bytes, length, types[index].as_str());
        index += 1;
    }
    length = copy(&mut bytes, length, ")");
    blake2b::blake2b_256(bytes.split_at(length).0)
}

const fn copy(bytes: &mut [u8], start: usize, text: &str) -> usize {
    let text = text.as_bytes();
    let mut index = 0;
    while index < text.len() {
        bytes[start + index] = text[index];
        index += 1;
    }
    start + index
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TypeInfo;

    #[test]
    fn names_an_event_by_the_hash_of_its_signature() {
        let types = [<Option<Address>>::NAME, <Option<Address>>::NAME, <u128>::NAME];
        let expected = blake2b::blake2b_256(b"Transfer(option<address>,option<address>,u128)");
        assert_eq!(signature_topic("Transfer", &types), expected);
    }

    #[test]
    fn fills_integers_up_with_zeros() {
        let mut expected = [0; 32];
        expected[..2].copy_from_slice(&[0x34, 0x12]);
        let mut topic = Vec::new();
        0x1234u64.put_topic(&mut topic);
        assert_eq!(topic, expected);
    }
}
