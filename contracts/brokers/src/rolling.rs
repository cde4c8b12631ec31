//! The rolling hash: one hash for all events of a stream so far. The same functions for the module, for clients and for
//! brokers.
//!
//! It begins with SHA-256 of `tenon/brokers/events` and the stream's id. Each event replaces it by SHA-256 of itself and
//! the event's bytes. The hash has always 32 bytes, so no two lists of events are written the same.
//!
//! The events are those of the stream's canonical encoding, whole with their signatures. Those of one round, by their own
//! timestamps, stand in the order of their partitions, and those of one partition in the order in which that partition
//! has them.

use tenon_contract::prelude::*;

/// SHA-256: in a module the host's, in a client its own.
pub type HashFunction = fn(&[u8]) -> Hash;

/// Names the purpose in what a chain begins with.
const PURPOSE: &[u8] = b"tenon/brokers/events";

/// What the chain of a stream's events begins with.
pub fn start(sha2_256: HashFunction, stream: &Hash) -> Hash {
    sha2_256(&[PURPOSE, stream.as_bytes()].concat())
}

/// The chain with one event more.
pub fn next(sha2_256: HashFunction, chain: &Hash, event: &[u8]) -> Hash {
    sha2_256(&[chain.as_bytes(), event].concat())
}
