//! Events: what a method tells the world, found by topics.
//!
//! Topic 0 is the BLAKE2b-256 hash of the event's signature: its name and the types of all its fields in order, for
//! example `Transfer(option<address>,option<address>,u128)`. The other topics are the fields marked `#[topic]`, at
//! most three; the data is the encoding of the remaining fields, in order.

use crate::{Address, Hash, TypeName, blake2b, sys};
use alloc::vec::Vec;

/// An event. `#[event]` implements it.
pub trait Event {
    /// The topic that names the event.
    const SIGNATURE_TOPIC: [u8; 32];

    /// The topics, signature first.
    fn topics(&self) -> Vec<[u8; 32]>;

    /// The encoding of the fields that are no topics.
    fn data(&self) -> Vec<u8>;
}

/// Emits an event.
pub fn emit<E: Event>(event: E) {
    let (topics, data) = (event.topics(), event.data());
    #[allow(clippy::cast_possible_truncation, reason = "the macro allows four topics")]
    let count = topics.len() as u32;
    // SAFETY: the topics are `count` live arrays of 32 bytes in a row, the data is a live slice.
    #[allow(unsafe_code, reason = "host call")]
    unsafe {
        sys::emit(sys::pointer(topics.as_ptr()), count, sys::pointer(data.as_ptr()), sys::length(&data));
    }
}

/// A field by which an event can be found: its encoding, filled up with zeros to 32 bytes. An absent address is all
/// zeros, a present one stands as it is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a topic",
    note = "topics are Address, Option<Address>, Hash, [u8; 32], bool and unsigned integers; hash anything longer"
)]
pub trait Topic {
    /// The topic.
    fn topic(&self) -> [u8; 32];
}

impl Topic for Address {
    fn topic(&self) -> [u8; 32] {
        *self.as_bytes()
    }
}

impl Topic for Hash {
    fn topic(&self) -> [u8; 32] {
        *self.as_bytes()
    }
}

impl Topic for [u8; 32] {
    fn topic(&self) -> [u8; 32] {
        *self
    }
}

impl Topic for Option<Address> {
    fn topic(&self) -> [u8; 32] {
        self.map_or([0; 32], |address| *address.as_bytes())
    }
}

impl Topic for bool {
    fn topic(&self) -> [u8; 32] {
        u8::from(*self).topic()
    }
}

macro_rules! integers {
    ($($type:ty),*) => {
        $(impl Topic for $type {
            fn topic(&self) -> [u8; 32] {
                let mut topic = [0; 32];
                topic[..size_of::<Self>()].copy_from_slice(&self.to_le_bytes());
                topic
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
        assert_eq!(0x1234u64.topic(), expected);
    }
}
