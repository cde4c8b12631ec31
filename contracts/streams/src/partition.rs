//! Where an event belongs: the same functions for the module, for clients and for brokers.
//!
//! A partition is the first four bytes of BLAKE2b-256 of something, as a number with its highest byte first, modulo the
//! number of partitions. In other words: the first eight hex digits, divided, and what is left. The lower partitions are
//! preferred by less than the number of partitions in 2^32.
//!
//! Two levels: a key decides the partition of its stream, and both together the partition of a network of brokers. The
//! number of a stream's partitions never changes, so what is sent with one key stays together for good.
//!
//! Streamr's clients take MD5 of the key, its first four bytes with the lowest byte first and without their sign, and for
//! a number the number itself. This is another rule and gives other partitions. Here a key is bytes and nothing else: a
//! number is written out as whoever publishes agrees.

use tenon_contract::prelude::*;

/// BLAKE2b-256: in a module the host's, in a client its own.
pub type HashFunction = fn(&[u8]) -> Hash;

/// Names the purpose in what a stream's id is the hash of.
const ID_PURPOSE: &[u8] = b"tenon/streams/id";

/// The id of the stream that an instance created as its so-manieth: BLAKE2b-256 of `tenon/streams/id`, the chain, the
/// instance and the number with its highest byte first. It is good on one chain and for one instance, and never returns.
pub fn stream_id(hash: HashFunction, chain: &Hash, instance: &Address, number: u64) -> Hash {
    let parts = [ID_PURPOSE, chain.as_bytes(), instance.as_bytes(), &number.to_be_bytes()];
    hash(&parts.concat())
}

/// The partition of a stream with so many partitions in which events of a key belong. Nothing if there is no partition.
pub fn stream_partition(hash: HashFunction, key: &[u8], partitions: u16) -> Option<u16> {
    let partition = reduced(&hash(key), u32::from(partitions))?;
    Some(u16::try_from(partition).expect("what is left is below a number of 16 bits"))
}

/// The partition of a network with so many partitions in which a stream's partition belongs. A stream of one partition
/// is placed by its id alone, one of several by its id and the partition, with its highest byte first. Nothing if the
/// stream has no such partition, or the network has none.
pub fn network_partition(
    hash: HashFunction,
    stream: &Hash,
    partitions: u16,
    partition: u16,
    network: u32,
) -> Option<u32> {
    let mut place = stream.as_bytes().to_vec();
    if partitions > 1 {
        place.extend_from_slice(&partition.to_be_bytes());
    }
    if partition < partitions { reduced(&hash(&place), network) } else { None }
}

/// The first four bytes of a hash modulo a number.
fn reduced(hash: &Hash, modulus: u32) -> Option<u32> {
    let [a, b, c, d, ..] = *hash.as_bytes();
    u32::from_be_bytes([a, b, c, d]).checked_rem(modulus)
}
