//! Keys of storage containers: an encoding whose byte order is the order of the keys, and in which no key begins
//! another, so that keys can be joined and scanned by their first parts.

use crate::wire::append;
use crate::{Address, Hash};
use alloc::{string::String, vec::Vec};

/// A type that can be a key. Integers are written big-endian, texts and bytes are escaped and ended by two zeros.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a storage key",
    note = "use integers, bool, String, Vec<u8>, Address, Hash, tuples of them, or a fieldless enum with `#[module_type]`; a struct needs `#[module_type(key)]`"
)]
pub trait StorageKey: Sized {
    /// Appends the key.
    fn write_key(&self, out: &mut Vec<u8>);

    /// Takes a key off the front of `input`, or nothing if it is not one.
    fn read_key(input: &mut &[u8]) -> Option<Self>;
}

/// A first part of a composite key: `(A, B)` can be scanned for one `A`.
pub trait KeyPrefix<K>: StorageKey {}

fn take<const N: usize>(input: &mut &[u8]) -> Option<[u8; N]> {
    let (front, rest) = input.split_first_chunk::<N>()?;
    *input = rest;
    Some(*front)
}

macro_rules! unsigned {
    ($($type:ty),*) => {
        $(impl StorageKey for $type {
            fn write_key(&self, out: &mut Vec<u8>) {
                append(out, &self.to_be_bytes());
            }

            fn read_key(input: &mut &[u8]) -> Option<Self> {
                take(input).map(Self::from_be_bytes)
            }
        })*
    };
}

unsigned!(u8, u16, u32, u64, u128);

macro_rules! signed {
    ($($type:ty = $plain:ty),*) => {
        $(impl StorageKey for $type {
            fn write_key(&self, out: &mut Vec<u8>) {
                // The sign bit is turned so that negative numbers come first.
                (self.cast_unsigned() ^ Self::MIN.cast_unsigned()).write_key(out);
            }

            fn read_key(input: &mut &[u8]) -> Option<Self> {
                <$plain>::read_key(input).map(|turned| (turned ^ Self::MIN.cast_unsigned()).cast_signed())
            }
        })*
    };
}

signed!(i8 = u8, i16 = u16, i32 = u32, i64 = u64, i128 = u128);

macro_rules! bytes32 {
    ($($type:ty),*) => {
        $(impl StorageKey for $type {
            fn write_key(&self, out: &mut Vec<u8>) {
                append(out, self.as_bytes());
            }

            fn read_key(input: &mut &[u8]) -> Option<Self> {
                take(input).map(Self::new)
            }
        })*
    };
}

bytes32!(Address, Hash);

impl<const N: usize> StorageKey for [u8; N] {
    fn write_key(&self, out: &mut Vec<u8>) {
        append(out, self);
    }

    fn read_key(input: &mut &[u8]) -> Option<Self> {
        take(input)
    }
}

impl StorageKey for bool {
    fn write_key(&self, out: &mut Vec<u8>) {
        append(out, &[u8::from(*self)]);
    }

    fn read_key(input: &mut &[u8]) -> Option<Self> {
        match take(input)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

/// Appends bytes with their zeros escaped, and the end.
fn write_escaped(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        let escaped = [*byte, 0xff];
        append(out, if *byte == 0 { &escaped } else { &escaped[..1] });
    }
    append(out, &[0, 0]);
}

impl StorageKey for Vec<u8> {
    fn write_key(&self, out: &mut Vec<u8>) {
        write_escaped(self, out);
    }

    fn read_key(input: &mut &[u8]) -> Option<Self> {
        let mut key = Self::new();
        loop {
            match take(input)? {
                [0] => match take(input)? {
                    [0] => return Some(key),
                    [0xff] => key.push(0),
                    _ => return None,
                },
                [byte] => key.push(byte),
            }
        }
    }
}

impl StorageKey for String {
    fn write_key(&self, out: &mut Vec<u8>) {
        // A text holds the byte 0 only as U+0000, which the escape covers.
        write_escaped(self.as_bytes(), out);
    }

    fn read_key(input: &mut &[u8]) -> Option<Self> {
        Vec::read_key(input).and_then(|bytes| Self::from_utf8(bytes).ok())
    }
}

impl<K: StorageKey> StorageKey for Option<K> {
    fn write_key(&self, out: &mut Vec<u8>) {
        append(out, &[u8::from(self.is_some())]);
        if let Some(key) = self {
            key.write_key(out);
        }
    }

    fn read_key(input: &mut &[u8]) -> Option<Self> {
        match take(input)? {
            [0] => Some(None),
            [1] => K::read_key(input).map(Some),
            _ => None,
        }
    }
}

impl StorageKey for () {
    fn write_key(&self, _out: &mut Vec<u8>) {}

    fn read_key(_input: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*)),* $(,)?) => {
        $(impl<$($name: StorageKey),*> StorageKey for ($($name,)*) {
            fn write_key(&self, out: &mut Vec<u8>) {
                $(self.$index.write_key(out);)*
            }

            fn read_key(input: &mut &[u8]) -> Option<Self> {
                Some(($($name::read_key(input)?,)*))
            }
        })*
    };
}

tuples!((A 0, B 1), (A 0, B 1, C 2), (A 0, B 1, C 2, D 3));

impl<A: StorageKey, B: StorageKey> KeyPrefix<(A, B)> for A {}
impl<A: StorageKey, B: StorageKey, C: StorageKey> KeyPrefix<(A, B, C)> for A {}
impl<A: StorageKey, B: StorageKey, C: StorageKey> KeyPrefix<(A, B, C)> for (A, B) {}
impl<A: StorageKey, B: StorageKey, C: StorageKey, D: StorageKey> KeyPrefix<(A, B, C, D)> for A {}
impl<A: StorageKey, B: StorageKey, C: StorageKey, D: StorageKey> KeyPrefix<(A, B, C, D)> for (A, B) {}
impl<A: StorageKey, B: StorageKey, C: StorageKey, D: StorageKey> KeyPrefix<(A, B, C, D)> for (A, B, C) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Debug;

    fn encode<K: StorageKey>(key: &K) -> Vec<u8> {
        let mut out = Vec::new();
        key.write_key(&mut out);
        out
    }

    /// `keys` are ascending; their encodings must be too, and must read back.
    fn check<K: StorageKey + Debug + PartialEq>(keys: &[K]) {
        for pair in keys.windows(2) {
            assert!(encode(&pair[0]) < encode(&pair[1]), "{pair:?}");
        }
        for key in keys {
            let bytes = encode(key);
            let mut rest = bytes.as_slice();
            assert_eq!(K::read_key(&mut rest).as_ref(), Some(key));
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn encodes_keys_in_their_order() {
        check(&[0u64, 1, 255, 256, u64::MAX]);
        check(&[i64::MIN, -256, -1, 0, 1, i64::MAX]);
        check(&["", "\0", "\0a", "a", "a\0", "a\0b", "aa", "b"].map(String::from));
        check(&[(1u8, String::from("ab"), 3u16), (1, String::from("b"), 0), (2, String::new(), 0)]);
        check(&[None, Some(0u8), Some(1)]);
        check(&[false, true]);
    }

    #[test]
    fn refuses_keys_that_are_not_canonical() {
        assert_eq!(<Vec<u8>>::read_key(&mut [1, 0, 7, 0, 0].as_slice()), None);
        assert_eq!(bool::read_key(&mut [2].as_slice()), None);
        assert_eq!(u32::read_key(&mut [0, 0, 0].as_slice()), None);
    }
}
