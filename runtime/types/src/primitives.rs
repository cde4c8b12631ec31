//! Addresses, hashes and the names of the plain numbers.

use core::fmt;
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::{Path, Type, TypeInfo, build::Fields};

/// An amount of the native coin or of an asset, in its smallest unit.
pub type Amount = u128;
/// A quantity of execution; one is about a quarter of a nanosecond on the machine in `docs/benchmarks.md`.
pub type Gas = u64;
/// The height of a block. The genesis block is 0.
pub type BlockNumber = u32;

macro_rules! bytes32 {
    ($(#[$doc:meta])* $name:ident, $ident:literal, $module:literal) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, DecodeWithMemTracking,
        )]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// All bytes zero.
            pub const ZERO: Self = Self([0; 32]);
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl From<[u8; 32]> for $name {
            fn from(bytes: [u8; 32]) -> Self {
                Self(bytes)
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

        impl TypeInfo for $name {
            type Identity = Self;

            fn type_info() -> Type {
                Type::builder()
                    .path(Path::new($ident, $module))
                    .composite(Fields::unnamed().field(|field| field.ty::<[u8; 32]>()))
            }
        }
    };
}

bytes32!(
    /// The address of an account or of an instance.
    Address, "AccountId32", "sp_core::crypto"
);
bytes32!(
    /// A 32-byte hash.
    Hash, "H256", "primitive_types"
);

impl Address {
    /// Whoever calls hooks: the host itself. Nobody has a key for it, no transaction comes from it, and no instance stands
    /// there. Its coin pays the deposits for what hooks store, so that a transfer to it helps everybody.
    pub const SYSTEM: Self = Self(*b"tenon/system\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

/// The BLAKE2b hash with 32 bytes of output: block, transaction and code hashes.
pub fn blake2b_256(bytes: &[u8]) -> Hash {
    let hash = blake2b_simd::Params::new().hash_length(32).hash(bytes);
    let mut out = [0; 32];
    out.copy_from_slice(hash.as_bytes());
    Hash(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_is_named_in_its_address() {
        let (name, rest) = Address::SYSTEM.0.split_at(12);
        assert_eq!((name, rest), (&b"tenon/system"[..], &[0; 20][..]));
    }
}
