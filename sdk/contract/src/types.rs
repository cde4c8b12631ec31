//! Addresses, hashes and amounts as modules see them. The encoding is that of `tenon-types`.

use crate::blake2b;
use core::fmt;
use parity_scale_codec::{Decode, Encode};

/// An amount of the native coin or of an asset, in its smallest unit. Modules are built with overflow checks: an
/// operator that overflows ends the call with its line, and `checked_*` turns it into an error of the module's own.
pub type Amount = u128;

macro_rules! bytes32 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        pub struct $name([u8; 32]);

        impl $name {
            /// All bytes zero.
            pub const ZERO: Self = Self([0; 32]);

            /// Takes the bytes.
            pub const fn new(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// Whether all bytes are zero.
            pub fn is_zero(&self) -> bool {
                self.0 == [0; 32]
            }
        }

        impl From<[u8; 32]> for $name {
            fn from(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }
        }

        impl From<$name> for [u8; 32] {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("0x")?;
                self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, formatter)
            }
        }
    };
}

bytes32!(
    /// The address of an account or of an instance. All zero is nobody's.
    Address
);
bytes32!(
    /// A 32-byte hash.
    Hash
);

impl Address {
    /// Whoever calls hooks: the host itself. No transaction comes from it, and no instance stands there.
    pub const SYSTEM: Self = Self(*b"tenon/system\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");

    /// The address of a protocol module, which follows from its name alone: `Address::of_module("assets")`. Meant for
    /// constants, as the hash is computed at compile time there.
    ///
    /// # Panics
    /// If the name has more than 64 bytes; at compile time in a constant.
    #[must_use]
    pub const fn of_module(name: &str) -> Self {
        /// Stands before the name in what is hashed.
        const PREFIX: &[u8] = b"tenon/module/";
        /// Bytes of a name.
        const MAX_NAME_BYTES: usize = 64;
        let name = name.as_bytes();
        assert!(name.len() <= MAX_NAME_BYTES, "a module's name has at most 64 bytes");
        let mut bytes = [0; PREFIX.len() + MAX_NAME_BYTES];
        let mut index = 0;
        while index < PREFIX.len() + name.len() {
            bytes[index] = if index < PREFIX.len() { PREFIX[index] } else { name[index - PREFIX.len()] };
            index += 1;
        }
        Self(blake2b::blake2b_256(bytes.split_at(index).0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_protocol_module_by_its_name() {
        const ASSETS: Address = Address::of_module("assets");
        let expected = blake2b_simd::Params::new().hash_length(32).hash(b"tenon/module/assets");
        assert_eq!(ASSETS.as_bytes(), expected.as_bytes());
    }
}
