//! Tensority: a proof of work that multiplies matrices of 256 by 256 signed bytes.
//!
//! ```text
//! seed ──► Matrices (256, once for each seed) ──► SeedCache (bounded, shared)
//! header hash ──► four chains of 64 products ──► sum, fold, SHA3 ──► the hash of the work
//! ```
//!
//! [`Kernel`] is how products are computed: plain code, AVX2, AVX-512 VNNI or two for ARM, whichever the processor has; all of
//! them give the same bytes. [`Hasher`] computes one hash, [`hash_many`] and [`search`] many on all threads.
//! What bits, targets and work are is in `tenon_types::work`. [`ReferenceHeader`] reads and hashes headers of the network
//! that Tensority comes from.
//!
//! This leaves out any chain: whoever searches says how a nonce becomes a header hash, and whoever verifies says which
//! seed a height has. It reads no clock, opens no file and talks to nobody.

mod cache;
mod hash;
mod kernel;
mod matrices;
mod peak;
mod reference;
mod salsa;
mod search;
#[cfg(test)]
mod tests;

pub use cache::{MAX_SEEDS, SeedCache};
pub use hash::{Hasher, MULTIPLY_ADDS};
pub use kernel::{Kernel, KernelError};
pub use matrices::Matrices;
pub use peak::multiply_registers;
pub use reference::{HEADER_ONLY, HeaderError, MAX_HEADER_BYTES, ReferenceHeader};
pub use search::{Found, MAX_THREADS, Search, hash_many, search, threads};
