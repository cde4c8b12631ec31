//! Where things lie in the state. Accounts lie where wallets look; everything of ours begins with a small tag byte,
//! which no 128-bit hash of a pallet's name that we use begins with.

use crate::{Address, Hash, blake2b_256};
use alloc::vec::Vec;

/// Tag of code: `code hash`.
const CODE: u8 = 0x01;
/// Tag of code records: `code hash`.
const MODULE: u8 = 0x02;
/// Tag of instance records: `address`.
const INSTANCE: u8 = 0x03;
/// Tag of instances' own storage: `address, key`.
const STORAGE: u8 = 0x04;
/// Tag of names of protocol modules: `name`.
const NAME: u8 = 0x05;
/// Tag of the chain's own values: `name`.
const CHAIN: u8 = 0x06;
/// Bytes before an instance's own key.
pub const STORAGE_PREFIX_BYTES: usize = 33;

/// The hash that Substrate's clients use for names: two 64-bit xxHash values with seeds 0 and 1.
pub fn twox_128(bytes: &[u8]) -> [u8; 16] {
    let mut out = [0; 16];
    out[..8].copy_from_slice(&twox_hash::XxHash64::oneshot(0, bytes).to_le_bytes());
    out[8..].copy_from_slice(&twox_hash::XxHash64::oneshot(1, bytes).to_le_bytes());
    out
}

/// The prefix of a storage item of a pallet, as clients compute it.
pub fn pallet_prefix(pallet: &str, item: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out[..16].copy_from_slice(&twox_128(pallet.as_bytes()));
    out[16..].copy_from_slice(&twox_128(item.as_bytes()));
    out
}

/// The first 32 bytes of every account's key: `System.Account`.
pub const ACCOUNT_PREFIX: [u8; 32] = [
    0x26, 0xaa, 0x39, 0x4e, 0xea, 0x56, 0x30, 0xe0, 0x7c, 0x48, 0xae, 0x0c, 0x95, 0x58, 0xce, 0xf7, 0xb9, 0x9d, 0x88,
    0x0e, 0xc6, 0x81, 0x79, 0x9c, 0x0c, 0xf3, 0x0e, 0x88, 0x86, 0x37, 0x1d, 0xa9,
];

/// The key of an account: `System.Account`, blake2_128_concat.
pub fn account(address: &Address) -> Vec<u8> {
    let hash = blake2b_simd::Params::new().hash_length(16).hash(&address.0);
    let mut key = Vec::with_capacity(80);
    key.extend_from_slice(&ACCOUNT_PREFIX);
    key.extend_from_slice(hash.as_bytes());
    key.extend_from_slice(&address.0);
    key
}

fn tagged(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = parts.concat();
    key.insert(0, tag);
    key
}

/// The key of code.
pub fn code(hash: &Hash) -> Vec<u8> {
    tagged(CODE, &[&hash.0])
}

/// The key of what the host records of code.
pub fn module(hash: &Hash) -> Vec<u8> {
    tagged(MODULE, &[&hash.0])
}

/// The prefix of every code record.
pub fn modules() -> Vec<u8> {
    tagged(MODULE, &[])
}

/// The key of what the host records of an instance.
pub fn instance(address: &Address) -> Vec<u8> {
    tagged(INSTANCE, &[&address.0])
}

/// The prefix of every instance record.
pub fn instances() -> Vec<u8> {
    tagged(INSTANCE, &[])
}

/// The key of an entry of an instance's own storage; with an empty key, the prefix of all of them.
pub fn storage(address: &Address, key: &[u8]) -> Vec<u8> {
    tagged(STORAGE, &[&address.0, key])
}

/// The key under which the address of a protocol module's instance lies.
pub fn name(name: &str) -> Vec<u8> {
    tagged(NAME, &[name.as_bytes()])
}

/// The prefix of every protocol module's name.
pub fn names() -> Vec<u8> {
    tagged(NAME, &[])
}

/// The key of one of the chain's own values.
pub fn chain(name: &str) -> Vec<u8> {
    tagged(CHAIN, &[name.as_bytes()])
}

/// The address of a protocol module, which follows from its name alone.
pub fn named_address(name: &str) -> Address {
    let mut bytes = b"tenon/module/".to_vec();
    bytes.extend_from_slice(name.as_bytes());
    Address(blake2b_256(&bytes).0)
}

/// The address of an instance: who creates it, from which code, with which salt.
pub fn instance_address(creator: &Address, code_hash: &Hash, salt: &Hash) -> Address {
    let mut bytes = b"tenon/instance/".to_vec();
    bytes.extend_from_slice(&creator.0);
    bytes.extend_from_slice(&code_hash.0);
    bytes.extend_from_slice(&salt.0);
    Address(blake2b_256(&bytes).0)
}

/// What a key of the state belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owned {
    /// An entry of an instance's own storage, with a key of so many bytes.
    Entry(usize),
    /// The host's record of an instance.
    Record,
}

/// The instance that a key belongs to, if it belongs to one.
pub fn owner(key: &[u8]) -> Option<(Address, Owned)> {
    let (tag, rest) = key.split_first()?;
    let (address, own) = rest.split_first_chunk::<32>()?;
    match *tag {
        STORAGE => Some((Address(*address), Owned::Entry(own.len()))),
        INSTANCE if own.is_empty() => Some((Address(*address), Owned::Record)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_lie_where_wallets_look() {
        assert_eq!(pallet_prefix("System", "Account"), ACCOUNT_PREFIX);
        assert_eq!(account(&Address::ZERO).len(), 80);
    }
}
